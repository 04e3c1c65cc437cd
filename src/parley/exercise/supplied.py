"""A station of a simulated world that takes in what it lost with a disk, whole incarnations too.

What the files bring is judged by the station's own code (`parties/lost.py`) from true evidence;
what is kept of it is what `parties/supplying.py` keeps, on a SimDisk.
"""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from parley.core.effects import Begun
from parley.core.errors import Refused
from parley.core.kept import Change
from parley.core.life import SUPPLIED, Life
from parley.core.terms import Instant
from parley.core.wire import decode, encode
from parley.exercise.lasting import MISSING, Lasting
from parley.station.parties.lost import Ends, Gap, Past, Supply, Waits, checked
from parley.station.parties.resuming import ending, lacks

ENDED, WHOLE, WAITING, PLACES = "ended", "whole", "waiting", "places"


class Ended(NamedTuple):
    """How an incarnation ended, by the RESUMEs that began another."""

    began: int
    of: int
    ended: Ends
    lost: tuple[int, int]  # entries of each log


class Place(NamedTuple):
    """Where in the record something stands that was supplied."""

    inc: int
    dir: int
    start: int
    stop: int


class Supplied(Lasting):
    """One station through all incarnations, those too that it lost."""

    refused = 0  # files that did not stand, or did not fit

    def begins_anew(self, begun: Begun, now: Instant) -> None:
        """As `station.resuming` does it; what is missing of either log is noted."""
        old, open_line, disk = self.terms, self.open_line, self.disk
        open_line.take_up(open_line.base, open_line.line, [])
        self.terms = begun.terms
        self._read_declared()
        of, ended = ending(open_line.line, old.inc)
        stated = self._stated(begun.terms.inc)
        if of == old.inc:
            log = partial(disk.log, old.line_id, old.inc)
            a, b = (
                lacks(disk, (old.line_id, of), dir, len(log(dir)), stated[dir], ended[dir])
                for dir in (0, 1)
            )
        else:
            a, b = ended[0].size, ended[1].size
        disk.note(ENDED, Ended(begun.terms.inc, of, ended, (a, b)))
        whole = of == old.inc and not a + b
        if whole:
            disk.note(WHOLE, begun.terms.inc)
        open_line.line.is_whole(whole)
        size = stated[old.side].size
        if of != old.inc:
            self._gives_back(old.inc)
        elif (a, b)[old.side]:
            disk.note(MISSING, (of, size))
        else:
            self._says_again(of, size, log(old.side)[size : ended[old.side].size], now)

    def _load(self) -> Life:
        life = super()._load()
        rows = [each for each in self._rows() if each.began == life.inc]
        life.is_whole(not rows or life.inc in self.disk.notes.get(WHOLE, []))
        return life

    def _rows(self) -> list[Ended]:
        return sorted(self.disk.notes.get(ENDED, []))

    def _stated(self, inc: int) -> Ends:
        """What our RESUME for an incarnation says of the logs of A and B."""
        ours = self.open_line.line.resumes(inc)[self.base.side]
        return (ours.own, ours.held) if self.base.side == 0 else (ours.held, ours.own)

    # --- what is missing

    def waits_for(self) -> list[int]:
        """Incarnations of which something is missing here, as far as they are known."""
        whole = self.disk.notes.get(WHOLE, [])
        return [each.of for each in self._rows() if each.began not in whole]

    def past(self) -> Past:
        """What is here, as `Past.of` reads it from the station's tables."""
        life, line_id, whole = self.open_line.line, self.base.line_id, self.waits_for()
        sizes = {
            inc: (len(self.disk.log(line_id, inc, 0)), len(self.disk.log(line_id, inc, 1)))
            for inc in (*life.past, life.inc)
        }
        stated, gaps = dict[int, Ends](), dict[int, Gap]()
        for row in self._rows():
            resume = life.resumes(row.began)[self.base.side]
            stated[resume.of] = self._stated(row.began)
            if row.of in whole:
                behind = SUPPLIED in self.disk.cells_of(line_id, row.began)
                gaps[row.of] = Gap(row.of, row.began, row.ended, row.lost, behind)
        return Past(
            line_id, "World", self.base.h_agr, self.base.side, life.inc, sizes, stated,
            frozenset(row.of for row in self._rows()), gaps,
        )  # fmt: skip

    def waiting(self, inc: int) -> bytes:
        """The evidence of an incarnation that waits here for its end."""
        texts = [text for of, text in self.disk.notes.get(WAITING, []) if of == inc]
        return bytes(texts[-1]) if texts else b""

    # --- taking in

    def is_given(self, evidence: bytes) -> None:
        """People here give a file of the other side's: it is checked, and taken in by a step."""
        if not self.on or not self.waits_for():
            return
        try:
            found = checked(self.past(), self.disk, self.waiting, evidence, self.clock.now.wall)
        except Refused:
            self.refused += 1
        else:
            self.told(partial(self._takes, found))

    def _takes(self, found: list[Supply] | Waits) -> None:
        if not self.disk.is_open:
            return  # the step was undone, and the file is given again
        gaps = self.past().gaps
        if isinstance(found, Waits):
            if found.inc not in gaps and not self.waiting(found.inc):
                self.disk.note(WAITING, (found.inc, found.text))
            return
        gap = gaps.get(found[0].gap.old)
        if gap is None or gap.began != found[0].gap.began:
            return
        for each in found:
            self._takes_in(each)
        last = found[-1].before
        if last is not None and not last.is_none:
            self._lets_go(last.old)

    def _lets_go(self, inc: int) -> None:
        if self.waiting(inc):
            self.disk.note(WAITING, (inc, b""))

    def _takes_in(self, given: Supply) -> None:
        """As `supplying._take_in` does it."""
        disk, line_id, life, side = (
            self.disk,
            self.base.line_id,
            self.open_line.line,
            self.base.side,
        )
        gap, found, stated = given.gap, given.found, given.stated
        if given.begun is not None and given.before is not None:
            before = given.before
            disk.enrol(line_id, gap.old, side)
            begun = life.take_in(given.begun[side], given.begun[1 - side])
            disk.keep(Change(line_id, gap.old, (0, 0), cells=begun))
            disk.note(ENDED, Ended(gap.old, before.old, before.ended, before.lost))
            if before.is_none and before.old in (*life.past, life.inc):
                disk.note(WHOLE, gap.old)
        if not gap.behind and given.begun is None and gap.lost[side]:
            self._says_again(gap.old, stated[side].size, found[side], self.clock.now)
        here = [len(disk.log(line_id, gap.old, dir)) for dir in (0, 1)]
        a, b = (stated[dir].size if found[dir] else here[dir] for dir in (0, 1))
        sizes = (a, b)
        kept = decode(disk.cells_of(line_id, gap.old).get("trees", encode([[], []])))
        trees = [
            given.trees[dir].frontier if found[dir] else kept[at]
            for at, dir in enumerate((side, 1 - side))
        ]
        change = Change(line_id, gap.old, (sizes[side], sizes[1 - side]))
        change.entries, change.cells = [*found[0], *found[1]], {"trees": encode(trees)}
        disk.put_in_place(change, sizes)
        for dir in (0, 1):
            disk.note(PLACES, Place(gap.old, dir, sizes[dir], sizes[dir] + len(found[dir])))
        disk.note(WHOLE, gap.began)
        self._lets_go(gap.old)
        if gap.began == life.inc:
            life.is_whole(True)
