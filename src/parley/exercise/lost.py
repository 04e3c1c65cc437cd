"""Worlds in which a station is put back by whole incarnations, and gets them from the other side.

People begin the line anew several times after a backup was made; then it is put back, and the line
begins anew once more. The other side's evidence is given in any order, early, twice, or damaged.
In the end both hold the same leaves of every incarnation there was (spec/resume.md N12 to N14).
"""

from __future__ import annotations

from dataclasses import replace

from parley.core.entry import Type
from parley.core.life import SUPPLIED
from parley.core.terms import Terms
from parley.exercise.anew import PEOPLE_S, Anew, one_past
from parley.exercise.declaring import KEYS
from parley.exercise.lasting import Lasting
from parley.exercise.papers import Papers
from parley.exercise.resident import Resident
from parley.exercise.supplied import PLACES, Supplied
from parley.exercise.violation import hold
from parley.exercise.world import Options, Tally

LOST_MAX = 3  # incarnations between the backup and the accident
AT_RANDOM = 0.5  # so often the file that is given is any of those there are
DAMAGED = 0.1  # so often a byte of it is another
NEVER = {*KEYS, "open", "receipts", "signed"}  # cells of an incarnation that was lost whole


class Lost(Anew):
    """A line that begins anew, and a station that knows nothing of it any more."""

    kind = "lost"
    resident = Supplied

    def draws(self) -> Options:
        """Every bearer carries both ways, so that the line can begin anew in bad times."""
        options = super().draws()
        return replace(
            options,
            messages=min(options.messages, 500),
            burst=min(options.burst, 20),
            one_way=None,
            loss=min(options.loss, 0.3),
            long_texts=False,
        )

    def settles(self) -> tuple[Resident, Resident]:
        """Two stations with an agreement that can be shown."""
        self.papers = Papers.of(self.options)
        return super().settles()

    def terms(self, side: int) -> Terms:
        """As the agreement has them."""
        return self.papers.terms(side, self.options)

    def run(self) -> Tally:
        """A backup, new beginnings, the accident, and people who mend it."""
        chance, bad_s = self.chance, self.options.bad_s
        self.later(0.0, self._people_speak)
        self.later(PEOPLE_S, self._people_look)
        self.runs_until(chance.uniform(0.0, bad_s / 4))
        victim = chance.choice(self.people)
        image = victim.disk.copied(victim.power, victim.chance)
        before = {text for _, text in (*victim.spoken.sure, *victim.spoken.doubtful)}
        last = self._newest() + chance.randrange(1, LOST_MAX + 1)
        while self._newest() < last and self.now < bad_s:
            self.runs_until(self.now + chance.uniform(1.0, bad_s / 8))
            for station in self.people:
                station.resumes()
        self.runs_until(self.now + chance.uniform(0.0, bad_s / 8))
        self.puts_back(victim, image, before)
        return self.mends()

    def _newest(self) -> int:
        return max(side.terms.inc for side in self.sides)

    def _supplies(self, station: Lasting, inc: int) -> None:
        """The other side exports what was asked for, or something else; it may not arrive whole."""
        other = self.people[station.terms.theirs]
        life = other.open_line.line
        # Of one that was passed over there are two RESUMEs and no entry (N10).
        ended = [each for each in range(1, life.inc) if each in life.past or life.resumes(each)]
        if self.chance.random() < AT_RANDOM and ended:
            inc = self.chance.choice(ended)
        if inc not in ended:
            return
        evidence = self.evidence(other, inc)
        assert isinstance(station, Supplied)
        if self.chance.random() < DAMAGED:
            at = self.chance.randrange(len(evidence) - 1)
            damaged = evidence[:at] + bytes([evidence[at] ^ 1]) + evidence[at + 1 :]
            refused = station.refused
            station.is_given(damaged)
            hold(
                "N12", station.refused > refused or not station.waits_for(), "it was not looked at"
            )
            return
        station.is_given(evidence)

    def evidence(self, station: Resident, inc: int) -> bytes:
        """What a station exports of an incarnation."""
        disk, line_id = station.disk, station.base.line_id
        begun = station.open_line.line.resumes(inc)
        return self.papers.evidence(begun, disk.entries(line_id, inc), disk.heads(line_id, inc))

    def checks_all(self) -> None:
        """What was supplied stays what it is."""
        super().checks_all()
        for station in self.people:
            nothing_is_done_with_what_was_supplied(station)

    def at_the_end(self) -> Tally:
        """And all of the past is in both records."""
        tally = super().at_the_end()
        both_hold_the_past(self.sides)
        for station in self.people:
            supplied = {place.inc for place in station.disk.notes.get(PLACES, [])}
            self.told(f"{station.name} was supplied with incarnations {sorted(supplied)}")
        return tally


def both_hold_the_past(sides: tuple[Resident, ...]) -> None:
    """I20: of every incarnation that ended both hold the same leaves, up to where it ended. One in
    which nothing was said may have been passed over (N10)."""
    for past, inc in one_past(sides):
        for dir, rows in enumerate(past):
            leaves = [row.leaf for row in rows]
            for side in sides if rows else ():
                hold("I20", inc in side.open_line.line.past, f"{side.name} lacks incarnation {inc}")
                here = side.disk.log(side.base.line_id, inc, dir)[: len(rows)]
                same = [row.leaf for row in here] == leaves
                hold("I20", same, f"{side.name} holds another log {dir} of incarnation {inc}")


def nothing_is_done_with_what_was_supplied(station: Resident) -> None:
    """I21: it is told as heard by nobody; nothing of it is signed, sealed, receipted or waits."""
    disk, line_id = station.disk, station.base.line_id
    for inc, dir, start, stop in disk.notes.get(PLACES, []):
        hold("I21", inc in station.open_line.line.past or not station.on, "it is not of the past")
        heard = disk.notes.get(f"inbox {inc}", [])
        if dir != station.base.side:
            hold("I21", not any(start <= n < stop for n in heard), "what was supplied was heard")
            ends = [head.size for head in disk.heads(line_id, inc, dir, "cosign")]
            hold("I21", max(ends, default=0) <= start, "what was supplied was signed")
        if SUPPLIED in disk.cells_of(line_id, inc):
            kept = disk.load(line_id, inc, station.base.side)
            hold("I21", not (kept.outbox or kept.held), "something of it is on its way")
            # What would have begun it here may stand there since before the accident.
            hold("I21", all(row.type == Type.SERVICE for row in kept.queue), "it waits to be said")
            hold("I21", kept.cells.keys().isdisjoint(NEVER), "keys or receipts of it are kept")
            hold("I21", not disk.heads(line_id, inc), "something of it was signed here")
