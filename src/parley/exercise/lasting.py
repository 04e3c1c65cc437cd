"""A station of a simulated world whose line begins anew, as often as people ask for it."""

from __future__ import annotations

from collections.abc import Sequence

from parley.core.effects import Begun, Saying
from parley.core.entry import Precedence, Status, Type
from parley.core.kept import EntryRow, QueueRow
from parley.core.terms import Instant
from parley.exercise.checks import text_of
from parley.exercise.resident import Resident
from parley.station.entries.unsaid import unsaid
from parley.station.parties.resuming import ending, lacks

MISSING, SUPPLIED, FORGOTTEN = "missing", "supplied", "forgotten"


class Lasting(Resident):
    """One station through all incarnations of its line."""

    SAYS_FIRST = True

    def resumes(self) -> None:
        """People here ask for a new beginning, or agree to one."""
        self.told(lambda: self.open_line.line.resume("people", self.clock.now))

    def begins_anew(self, begun: Begun, now: Instant) -> None:
        """As `station.resuming` does it: the old incarnation is put by, and what of it the other
        side never had is said again, at once or when what is missing here was supplied."""
        old, open_line = self.terms, self.open_line
        open_line.take_up(open_line.base, open_line.line, [])
        self.terms = begun.terms
        self._read_declared()
        of, both = ending(open_line.line, old.inc)
        ended = both[old.side]
        size, stated = len(self.disk.log(old.line_id, old.inc, old.side)), begun.ours.own
        if of != old.inc:
            self.disk.note(FORGOTTEN, old.inc)  # a whole one is lost; `supplied` gets it back
            self._gives_back(old.inc)
        elif lacks(self.disk, (old.line_id, old.inc), old.side, size, stated, ended):
            self.disk.note(MISSING, (old.inc, stated.size))
        else:
            held = self.disk.log(old.line_id, old.inc, old.side)[stated.size : ended.size]
            self._says_again(old.inc, stated.size, held, now)

    def waits_for(self) -> list[int]:
        """Incarnations of which entries of ours are missing here."""
        supplied = self.disk.notes.get(SUPPLIED, [])
        return [inc for inc, _ in self.disk.notes.get(MISSING, []) if inc not in supplied]

    def is_supplied(self, inc: int, whole: Sequence[EntryRow]) -> None:
        """The other side's copy of our log of an ended incarnation has come, up to its end."""

        def takes() -> None:
            if self.disk.is_open and inc in self.waits_for():  # else the step was undone
                (size,) = [at for of, at in self.disk.notes[MISSING] if of == inc]
                self._says_again(inc, size, whole[size:], self.clock.now)
                self.disk.note(SUPPLIED, inc)

        self.told(takes)

    def _gives_back(self, inc: int) -> None:
        """What may have been said in what is missing is a draft again: people ask first."""
        log = self.disk.log(self.terms.line_id, inc, self.terms.side)
        waiting: list[EntryRow | QueueRow] = [*log, *self.disk.queue_of(self.terms.line_id, inc)]
        texts = {text_of(row) for row in waiting if row.type == Type.TEXT}
        sure = self.spoken.sure
        self.spoken.doubtful += [words for words in sure if words[1] in texts]
        self.spoken.sure = [words for words in sure if words[1] not in texts]

    def _says_again(self, inc: int, size: int, held: Sequence[EntryRow], now: Instant) -> None:
        queue = self.disk.queue_of(self.terms.line_id, inc)
        queue.sort(key=lambda row: (-row.precedence, row.id))
        log = self.disk.log(self.terms.line_id, inc, self.terms.side)
        rows: list[EntryRow | QueueRow] = [*log[size:], *queue]
        for row, same in unsaid(rows, held):
            if same is None and row.type == Type.TEXT:
                urgency = Precedence(row.marks >> 6)
                saying = Saying(Type.TEXT, urgency, Status.EXERCISE, row.body)
                self.open_line.line.say(saying, now)
