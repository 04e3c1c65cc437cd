"""A station of a simulated world that is given papers: who follows a root, what is revoked, and
what replaces the agreement (spec/succession.md).

The papers are true, and what they say is judged by the core; what follows from them is kept and
done as `line/stops.py` and `parties/replacing.py` do it, on a SimDisk.
"""

from __future__ import annotations

from contextlib import suppress

from parley.core.entry import Precedence, Type
from parley.core.errors import Refused, Unavailable
from parley.core.kept import Change, EntryRow, QueueRow
from parley.core.line import Line
from parley.core.succession import Revocation, Succession
from parley.core.terms import Instant
from parley.core.wire import encode
from parley.exercise.checks import text_of
from parley.exercise.papers import Papers, prekeys_of
from parley.exercise.resident import Resident, Words
from parley.station.line.lines import Stop
from parley.station.line.stops import KEYS

TAKEN = "papers"
Given = Succession | Revocation | Papers
PAPERS: list[Given] = []  # a disk has the number of a paper that was taken


class Renewed(Resident):
    """One station whose people take papers."""

    SAYS_FIRST = True
    papers: Papers  # of the agreement in force
    _given: list[Given]
    _read = 0  # papers that are taken into account
    stop: Stop | None = None

    def begins_by(self, papers: Papers) -> Renewed:
        """The agreement it starts with."""
        self.papers, self._given = papers, []
        self.known = [side.letter.who for side in papers.sides]
        self.revoked: dict[bytes, int] = {}  # serials, by the fingerprint of who gave them
        self.heirs: dict[bytes, Succession] = {}
        return self

    def is_given(self, paper: Given) -> bool:
        """People here take a paper; whether it stands. What does not changes nothing."""
        try:
            self._judge(paper)
        except Refused:
            return False
        self._given.append(paper)
        self.soon()
        return True

    def has_taken(self, paper: Given) -> bool:
        """Whether a paper counts here."""
        return any(each is paper for each in self._taken[: self._read])

    @property
    def has_unread(self) -> bool:
        """Whether a paper is kept, and what it ends has no keys, while the power failed before it
        was taken into account."""
        return len(self._taken) > self._read

    @property
    def _taken(self) -> list[Given]:
        return [PAPERS[at] for at in self.disk.notes.get(TAKEN, [])]

    # --- what a paper says

    def _side(self, fingerprint: bytes) -> int:
        for side, party in enumerate(self.known):
            if party.fingerprint == fingerprint:
                return side
        raise Refused("this paper is of no party that is known here", rule="C6")

    def _judge(self, paper: Given) -> None:
        """Refused unless it may be taken now."""
        match paper:
            case Succession():
                before = self.heirs.get(paper.fingerprint)
                if before is not None:
                    raise Refused("the root has an heir", rule="C12")
                paper.follow(self.known[self._side(paper.fingerprint)])
            case Revocation():
                paper.verify(self.known[self._side(paper.fingerprint)].root)
            case Papers():
                self._judge_agreement(paper)

    def _judge_agreement(self, papers: Papers) -> None:
        letters = [side.letter for side in papers.sides]
        if papers.agreement.replaces != self.papers.agreement.hash:
            raise Refused("this replaces another agreement than the one in force", rule="C3")
        for letter in letters:
            side = self._side(letter.fingerprint)
            if letter.certificate.serial <= self.revoked.get(self.known[side].fingerprint, 0):
                raise Refused("this certificate was revoked", rule="C8")
        papers.terms(self.base.side, self.world.options)

    def _takes(self, paper: Given) -> None:
        """In the transaction of the step: the paper is kept, and what it ends has no keys."""
        self._judge(paper)
        PAPERS.append(paper)
        self.disk.note(TAKEN, len(PAPERS) - 1)
        ended = isinstance(paper, Papers) or (
            isinstance(paper, Revocation) and self._bears(paper) and self.stop is None
        )
        if ended:
            key = (self.base.line_id, self.base.inc)
            sizes = (len(self.ours), len(self.theirs))
            gone: dict[str, bytes | None] = dict.fromkeys(KEYS)
            self.disk.keep(Change(*key, sizes, cells=gone))
        if isinstance(paper, Papers):
            terms = paper.terms(self.base.side, self.world.options)
            self.disk.enrol(terms.line_id, terms.inc, terms.side)
            prekey = prekeys_of(terms.side, terms.inc, terms.suite)
            cells: dict[str, bytes | None] = {"prekey": encode(prekey.seed)}
            self.disk.keep(Change(terms.line_id, terms.inc, (0, 0), cells=cells))

    def _bears(self, paper: Revocation) -> bool:
        """Whether the line stands on a certificate that a revocation takes back (C7)."""
        letters = [side.letter for side in self.papers.sides]
        return any(
            letter.fingerprint == paper.fingerprint and letter.certificate.serial <= paper.upto
            for letter in letters
        )

    def _counts(self, paper: Given) -> None:
        """A paper that is kept, after the step or after a start."""
        match paper:
            case Succession():
                side = self._side(paper.fingerprint)
                self.known[side] = paper.follow(self.known[side])
                self.heirs[paper.fingerprint] = paper
            case Revocation():
                self.revoked[paper.fingerprint] = paper.upto
                if self._bears(paper):
                    self.stop = Stop("revoked", paper.reason, 0.0)
            case Papers():
                self._gives_back()
                self.papers, self.stop = paper, None
                self.base = self.terms = paper.terms(self.base.side, self.world.options)

    def _gives_back(self) -> None:
        """C4: what was released and not receipted is a draft again."""
        waiting: list[EntryRow | QueueRow] = [
            *self.ours[self.kept_receipts() :],
            *self.disk.queue_of(self.terms.line_id, self.terms.inc),
        ]
        texts = {text_of(row) for row in waiting if row.type == Type.TEXT}
        self.spoken.doubtful += [words for words in self.spoken.sure if words[1] in texts]
        self.spoken.sure = [words for words in self.spoken.sure if words[1] not in texts]

    # --- the step

    @property
    def incs(self) -> list[int]:
        """Those of the agreement in force."""
        key = (self.base.line_id, self.base.inc)
        return [each.inc for each in self.disk.enrolled() if (each.line_id, each.inc) >= key
                and each.line_id == self.base.line_id]  # fmt: skip

    def _line_again(self) -> None:
        taken = self._taken
        for paper in taken[self._read :]:
            self._counts(paper)
        self._read, self._given = len(taken), []
        super()._line_again()
        self.open_line.stop = self.stop

    def _says(self, line: Line, words: Words, now: Instant) -> bool:
        return self.stop is None and super()._says(line, words, now)

    def _settle(self, now: Instant) -> bool:
        given, self._given = self._given, []
        more = super()._settle(now) if self.stop is None else False
        for paper in given:
            with suppress(Refused):
                self._takes(paper)
                break  # the others are given again
        return more

    def step(self) -> None:
        """A step, and what a paper that it kept changes."""
        super().step()
        if len(self.disk.notes.get(TAKEN, [])) > self._read:
            for end in self.ends:
                if end.up:
                    end.is_cut_off()
            with suppress(Unavailable):
                self.disk.scrub()
            self._line_again()
            self.soon()

    def _arm(self, now: Instant, again: bool) -> None:
        if self.stop is None:
            super()._arm(now, again)


def heard_of_all(station: Renewed) -> list[tuple[Precedence, str]]:
    """All texts that are in its record of the other side's, through both lines, in order."""
    keys = sorted({(each.inc, each.line_id) for each in station.disk.enrolled()})
    rows = [row for inc, line in keys for row in station.disk.log(line, inc, station.base.theirs)]
    return [(Precedence(row.marks >> 6), text_of(row)) for row in rows if row.type == Type.TEXT]
