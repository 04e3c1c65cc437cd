"""What the other side signed against itself, as texts that anybody can check without the record.

The core keeps the first CHECKPOINT, OPEN and RESUME that contradicts what is known; here each is
laid beside what it contradicts (spec/contradiction.md). Nothing here is trusted: whoever reads the
text checks both signatures.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.core.errors import Refused
from parley.core.record import Tree
from parley.core.resuming import Resume
from parley.core.wire import decode
from parley.evidence.contradiction import Contradiction, Two, TwoHeads, TwoOpens, TwoResumes
from parley.evidence.sections import Documents, NotWhole
from parley.station.acts.operations import Beside, operation
from parley.station.acts.person import READERS, Person
from parley.station.line.evidence import documents_of
from parley.station.line.lines import OpenLine
from parley.store.reading import Reader

if TYPE_CHECKING:
    from parley.station.station import Station

ALONE = (
    "They signed a head over %(size)s entries that differs from what they sent us, and no other"
    " head that they signed covers those entries: it proves nothing to others."
)
VOUCHED = (
    "They vouched for a head over %(size)s entries that differs from what they sent us. On a"
    " deniable line nobody signs: it proves nothing to others."
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One contradiction that a line kept: what it is laid beside, or why there is nothing."""

    kind: str
    shown: Contradiction | None
    why: str = ""


@operation("contradictions", roles=(*READERS, "operator"), reads=True, setup=True)
def contradictions(station: Station, who: Person, *, line: str | None = None) -> Beside:
    """What the other side signed against itself in one incarnation: texts anybody can verify."""
    open_line = station.line(line)
    documents = documents_of(station.store, open_line)

    def work() -> dict[str, Any]:
        with station.store.reader() as reader:
            found = [_told(each) for each in kept_of(reader, open_line, documents)]
        return {"line": open_line.agreed.hex, "contradictions": found}

    return Beside(work)


@operation("contradiction.take", roles=(*READERS, "operator"), setup=True)
def take(station: Station, who: Person, *, kind: str, line: str | None = None) -> Beside:
    """One of them, to take away: `heads`, `opens` or `resumes`. The audit trail has who took it."""
    open_line = station.line(line)
    documents, there = documents_of(station.store, open_line), open_line.agreed.counterpart

    def work() -> dict[str, Any]:
        with station.store.reader() as reader:
            found = {each.kind: each for each in kept_of(reader, open_line, documents)}
        if kind not in found:
            raise Refused(
                f"{there} signed nothing of the kind {kind!r:.20} against itself.",
                "`parley export` says what was kept.",
            )
        if found[kind].shown is None:
            raise Refused(found[kind].why, "It is kept here, and convinces nobody else.")
        return {"line": open_line.agreed.hex, **_told(found[kind])}

    return Beside(work, noted={"line": open_line.address})


def _told(kept: Kept) -> dict[str, Any]:
    shown = kept.shown
    return {
        "kind": kept.kind,
        "signer": None if shown is None else shown.signer,
        "text": None if shown is None else shown.text(),
        "why": kept.why,
    }


def kept_of(reader: Reader, open_line: OpenLine, documents: Documents) -> Iterator[Kept]:
    """What one incarnation kept, each beside what it contradicts."""
    cells = reader.load(*open_line.key, open_line.ours).cells
    side = open_line.theirs
    if "contradiction" in cells:
        size, root, block = decode(cells["contradiction"])
        if documents.agreement.deniable:
            yield Kept(TwoHeads.name, None, VOUCHED % {"size": size})
        elif (heads := _two_heads(reader, open_line, size, root, block)) is None:
            yield Kept(TwoHeads.name, None, ALONE % {"size": size})
        else:
            yield _kept(documents, side, heads)
    if "equivocation" in cells:
        first, second = decode(cells["their open"]), decode(cells["equivocation"])
        yield _kept(documents, side, TwoOpens(first, second))
    if "other resume" in cells:
        second = decode(cells["other resume"])
        begins = Resume.parse(second, open_line.base.terms, side).inc
        there = reader.load(open_line.id, begins, open_line.ours).cells
        yield _kept(documents, side, TwoResumes(decode(there["their resume"]), second))


def _kept(documents: Documents, side: int, two: Two) -> Kept:
    try:
        return Kept(two.name, Contradiction(documents, side, two).check())
    except NotWhole as error:  # such as an OPEN that somebody changed where nothing is signed
        return Kept(two.name, None, f"What was kept proves nothing to others: {error.why}.")


def _two_heads(
    reader: Reader, open_line: OpenLine, size: int, root: bytes, block: bytes
) -> TwoHeads | None:
    """The head beside the first of theirs that covers its entries, and the way to that one."""
    rows = reader.sql(
        "SELECT size, root, block FROM heads WHERE line_id = ? AND inc = ? AND dir = ?"
        " AND kind = 'checkpoint' AND size >= max(?, 1) ORDER BY size, length(block) LIMIT 1",
        (*open_line.key, open_line.theirs, size),
    )
    if size == 0 or not rows:
        return None
    later, later_root, later_block = rows[0]
    leaves = list(reader.leaves(*open_line.key, open_line.theirs, later))
    held = _root(leaves[:size])
    way = tuple(consistency(leaves, size))
    return TwoHeads(size, root, block, held, later, later_root, later_block, way)


def consistency(leaves: Sequence[bytes], size: int, whole: bool = True) -> list[bytes]:
    """The way from the tree of the first `size` leaves to that of all (RFC 6962 section 2.1.2)."""
    if size == len(leaves):
        return [] if whole else [_root(leaves)]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    if size <= split:
        return [*consistency(leaves[:split], size, whole), _root(leaves[split:])]
    return [*consistency(leaves[split:], size - split, False), _root(leaves[:split])]


def _root(leaves: Sequence[bytes]) -> bytes:
    tree = Tree()
    tree.grow(*leaves)
    return tree.fold()
