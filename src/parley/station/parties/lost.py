"""What is missing here of incarnations that have ended, and the counterpart's evidence held against
what was signed.

A station that was put back may lack the tail of an incarnation, and whole ones behind it. Where the
newest of them ended, the RESUMEs of the incarnation at work say; its evidence bears the two that
began it, and these say where the one before it ended: so the chain is followed without a hole,
back to an incarnation that is here. Source: spec/resume.md N9, N12 and N13.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from parley.core.errors import Refused
from parley.core.kept import EntryRow
from parley.core.life import SUPPLIED
from parley.core.record import Tree
from parley.core.resuming import End, Resume, ends
from parley.core.wire import decode
from parley.evidence import audit
from parley.station.line.evidence import documents_of
from parley.station.line.lines import OpenLine
from parley.station.parties.resuming import Roots, lacks
from parley.store.reading import Reading

if TYPE_CHECKING:
    from parley.station.station import Station

Ends = tuple[End, End]
NOTHING: Ends = (End(), End())
PIECE_BYTES = 1 << 20  # of a file that waits; a database holds no value of more than 10^9


@dataclass(frozen=True, slots=True)
class Gap:
    """An ended incarnation of which something is missing here."""

    old: int
    began: int  # the incarnation whose RESUMEs say where its logs ended
    ended: Ends
    lost: tuple[int, int]  # entries of each log
    behind: bool  # whether the one that then began was lost here as well

    @property
    def is_none(self) -> bool:
        """Whether nothing is missing after all."""
        return not any(self.lost)


@dataclass(frozen=True, slots=True)
class Supply:
    """What evidence of the other side brings that is missing here, checked whole."""

    gap: Gap
    stated: Ends  # as far as our own RESUME goes: what is here already
    found: tuple[list[EntryRow], list[EntryRow]]
    trees: tuple[Tree, Tree]
    proved: tuple[int, int]  # of each log, what more than their word stands for
    text: bytes
    begun: tuple[Resume, Resume] | None = None  # A's and B's, of an incarnation that was lost whole
    before: Gap | None = None  # and what they say of the one before it


@dataclass(frozen=True, slots=True)
class Waits:
    """Evidence that stands by itself, of an incarnation whose end is not known here yet."""

    inc: int
    text: bytes


@dataclass(frozen=True, slots=True)
class Past:
    """What is here of a line's incarnations, read once; files are held against it in a thread."""

    line_id: bytes
    name: str
    h_agr: bytes
    ours: int
    at_work: int
    sizes: Mapping[int, tuple[int, int]]  # by direction, of every incarnation that is here
    stated: Mapping[int, Ends]  # by our newest RESUME of each that has ended
    ends_known: frozenset[int]
    gaps: Mapping[int, Gap]

    @classmethod
    def of(cls, station: Station, new: OpenLine) -> Past:
        """As it is durable now; Refused where nothing is missing."""
        store, lives = station.store, {life.inc: life for life in new.lives}
        sizes = {
            row["inc"]: (row["size_0"], row["size_1"])
            for row in store.sql(
                "SELECT inc, size_0, size_1 FROM records WHERE line_id = ?", (new.id,)
            )
            if row["inc"] in lives
        }
        rows = store.sql(
            "SELECT * FROM resumptions WHERE line_id = ? AND inc <= ? AND of >= ? ORDER BY inc",
            (*new.key, new.base.terms.inc),
        )
        stated: dict[int, Ends] = {}
        gaps: dict[int, Gap] = {}
        for row in rows:
            resume = new.line.resumes(row["inc"])[new.ours]
            pair = (resume.own, resume.held) if new.ours == 0 else (resume.held, resume.own)
            stated[resume.of] = pair
            if row["whole"] is None:
                ended = (
                    End(row["size_0"], bytes(row["root_0"])),
                    End(row["size_1"], bytes(row["root_1"])),
                )
                lost = (row["lost_0"], row["lost_1"])
                behind = was_lost(store, new.id, row["inc"])
                gaps[row["of"]] = Gap(row["of"], row["inc"], ended, lost, behind)
        if not gaps:
            raise Refused(
                f"Nothing is missing of the line {new.agreed.name}.",
                "There is nothing to take in.",
                "N9",
            )
        return cls(
            line_id=new.id,
            name=new.agreed.name,
            h_agr=documents_of(store, new).agreement.hash,
            ours=new.ours,
            at_work=new.inc,
            sizes=sizes,
            stated=stated,
            ends_known=frozenset(row["of"] for row in rows),
            gaps=gaps,
        )

    # --- one file

    def verify(self, text: bytes) -> audit.Report:
        """Whether it is evidence of this line, and stands by itself."""
        report = audit.verify(io.BytesIO(text))
        if report.documents.agreement.hash != self.h_agr:
            raise self._not_wanted()
        return report

    def check_may_wait(self, inc: int) -> None:
        """Refuse evidence of an incarnation that cannot be one of those that were lost, or the one
        before them (N13)."""
        if inc in self.ends_known and inc != self.at_work:
            raise Refused(
                f"Of incarnation {inc} of the line {self.name} nothing is missing here.",
                f"What is missing is of incarnation {max(self.gaps)}.",
                "N9",
            )
        newer = [old for old in self.gaps if old > inc and old not in self.sizes]
        older = [each for each in self.sizes if newer and each < min(newer)]
        if not newer or inc < max(older):
            raise self._not_wanted()

    def _not_wanted(self) -> Refused:
        inc = max(self.gaps)
        return Refused(
            f"This is not evidence of incarnation {inc} of the line {self.name}.",
            f"The other side writes it with `parley export --line {self.line_id.hex()[:8]}@{inc}`.",
            "N9",
        )

    def fit(self, gap: Gap, report: audit.Report, text: bytes, roots: Roots, at: float) -> Supply:
        """What it brings of what is missing; Refused where it does not end as was signed, or the
        chain of incarnations has a hole."""
        whole = gap.old not in self.sizes
        stated = NOTHING if whole else self.stated.get(gap.old, NOTHING)
        begun = report.documents.resumes if whole else None
        before = None if begun is None else self._before(gap.old, begun, roots)
        found, trees = _read(text, stated, gap.ended, at)
        # Of our log our own signature, of theirs that of either: else it rests on their word.
        signed = [max(report.signed[dir], report.cosigned[dir] * (dir != self.ours))
                  for dir in (0, 1)]  # fmt: skip
        a, b = (min(size, end.size) for size, end in zip(signed, gap.ended, strict=True))
        return Supply(gap, stated, found, trees, (a, b), text, begun, before)

    def _before(self, inc: int, begun: tuple[Resume, Resume], roots: Roots) -> Gap:
        """What the RESUMEs that began a lost incarnation say of the one before it."""
        of, ended = max(each.of for each in begun), ends(*begun)
        if of in self.sizes:
            stated = self.stated.get(of, NOTHING)
            fits = of not in self.ends_known and all(
                end.size > here.size or end == here for end, here in zip(ended, stated, strict=True)
            )
            size = self.sizes[of]
            a, b = (
                lacks(roots, (self.line_id, of), dir, size[dir], stated[dir], ended[dir])
                for dir in (0, 1)
            )
        else:
            fits = of > max(each for each in self.sizes if each < inc)
            a, b = ended[0].size, ended[1].size
        if not fits:
            raise Refused(
                f"This evidence says that incarnation {inc} followed on what is not the record of"
                " incarnation "
                f"{of} here.",
                "Keep both; call the duty officer.",
                "N12",
            )
        return Gap(of, inc, ended, (a, b), behind=True)


def checked(
    past: Past, roots: Roots, kept: Callable[[int], bytes], text: bytes, wall: float
) -> list[Supply] | Waits:
    """What a file brings, and behind it those that wait and whose end it brings (N13); `kept` is
    asked for what waits of an incarnation."""
    report = past.verify(text)
    inc = report.documents.inc
    if inc not in past.gaps:
        past.check_may_wait(inc)
        if before := kept(inc):
            raise Refused(
                f"Evidence of incarnation {inc} was given before and waits"
                f"{'' if before == text else '; this is another one'}.",
                f"Give that of incarnation {max(past.gaps)} first: it shows what is right.",
                "N13",
            )
        return Waits(inc, text)
    found = [past.fit(past.gaps[inc], report, text, roots, wall)]
    while (gap := found[-1].before) and not gap.is_none:
        waited = kept(gap.old)
        if not waited:
            break
        try:
            found.append(past.fit(gap, past.verify(waited), waited, roots, wall))
        except Refused:
            break  # it is put away, and its gap stands
    return found


def was_lost(store: Reading, line_id: bytes, inc: int) -> bool:
    """Whether an incarnation was lost here whole, and supplied since."""
    return bool(
        store.sql(
            "SELECT 1 FROM cells WHERE line_id = ? AND inc = ? AND name = ? LIMIT 1",
            (line_id, inc, SUPPLIED),
        )
    )


def waiting(store: Reading, line_id: bytes, inc: int) -> bytes:
    """The evidence of an incarnation that waits here; nothing where none does."""
    return b"".join(
        row["text"]
        for row in store.sql(
            "SELECT text FROM supply_waits WHERE line_id = ? AND inc = ? ORDER BY part",
            (line_id, inc),
        )
    )


def section(text: bytes, name: str, following: str) -> Iterator[list[str]]:
    """The lines of one section of evidence that was verified, in their parts."""
    body = text.split(f"\n--- {name}\n".encode(), 1)[1].split(f"\n--- {following}\n".encode(), 1)[0]
    return (line.split(" ") for line in body.decode().splitlines())


def _read(
    text: bytes, stated: Ends, ended: Ends, wall: float
) -> tuple[tuple[list[EntryRow], list[EntryRow]], tuple[Tree, Tree]]:
    """What is missing behind `stated`, from evidence that was verified, and both logs as they
    ended."""
    found: tuple[list[EntryRow], list[EntryRow]] = ([], [])
    trees = (Tree(), Tree())
    for _, _, packed in section(text, "entries", "end"):
        dir, n, type, marks, time, seen, et, blind, body, leaf = decode(base64.b64decode(packed))
        if n >= ended[dir].size:
            continue  # said by its writer, and never receipted: said again since
        trees[dir].grow(leaf)
        root = trees[dir].fold()
        if n + 1 == stated[dir].size and root != stated[dir].root:
            raise Refused(
                f"This is another record than ours: log {'AB'[dir]} differs below entry {n + 1}.",
                "Keep both; call the duty officer.",
                "N9",
            )
        if n < stated[dir].size:
            continue
        if blind is None:
            raise Refused("A body is left out of this evidence.", "Ask for all of it.", "N9")
        found[dir].append(
            EntryRow(dir, n, type, marks, time, seen, et, blind, body, leaf, root, wall)
        )
    for dir in (0, 1):
        if trees[dir].size != ended[dir].size or trees[dir].fold() != ended[dir].root:
            raise Refused(
                f"This evidence does not give log {'AB'[dir]} as both RESUMEs state it:"
                f" {ended[dir].size} entries.",
                "Ask the other side for its export of that incarnation.",
                "N9",
            )
    return found, trees
