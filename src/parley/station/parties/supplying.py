"""What was lost with a disk is taken in from the counterpart's evidence of it.

The record is held by both, so the counterpart's export of the incarnation that has ended is also
our backup. It is checked as evidence is, and then against what both RESUMEs say: it must go on
where our record ends, and give exactly the root that both sides signed for. Whose words the
entries are is proved by the heads in it, not by the file. Source: spec/resume.md N9.
"""

from __future__ import annotations

import base64
import binascii
import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from parley.core.effects import Covered
from parley.core.entry import read_body
from parley.core.errors import Refused
from parley.core.kept import Change, EntryRow, HeadRow
from parley.core.record import Tree
from parley.core.resuming import End, ends
from parley.core.wire import decode, encode
from parley.evidence import audit
from parley.station.acts.operations import Beside, operation
from parley.station.acts.person import Person
from parley.station.entries import files, messages
from parley.station.entries.unsaid import Unsaid, sizes_of
from parley.station.line.evidence import documents_of
from parley.station.line.lines import OpenLine
from parley.station.parties import resuming

if TYPE_CHECKING:
    from parley.station.station import Station

SUPPLY_BYTES_MAX = 1 << 30  # a million entries of a record that is whole


@dataclass(frozen=True, slots=True)
class Supply:
    """What evidence of the other side brings that is missing here, checked whole."""

    old: int  # the incarnation that ended
    began: int  # and the one that then began
    ended: tuple[End, End]
    stated: tuple[End, End]  # as far as our own RESUME goes: what is here already
    receipted: int  # of our log, as our RESUME states it
    found: tuple[list[EntryRow], list[EntryRow]]
    trees: tuple[Tree, Tree]
    text: bytes


@dataclass(slots=True)
class Upload:
    """One file on its way in. It has a name, so that pieces of another that was broken off are not
    put before it, and what is found of that other later is not taken for this one."""

    name: str
    pieces: list[bytes] = field(default_factory=list)
    found: Supply | None = None  # once all has come and was checked


@operation("line.supply", roles=("operator",), reads=True, setup=True)
def supply(
    station: Station,
    who: Person,
    *,
    evidence: str,
    more: bool = False,
    upload: str | None = None,
    line: str | None = None,
) -> dict[str, Any] | Beside:
    """Check the other side's export of an incarnation that has ended, of which something is missing
    here. It may come in pieces: `more` says that another one follows, which bears the `upload`
    that the first one got. It is checked beside the loop, and `line.supply.take` takes in what was
    checked, and nothing else."""
    new = station.line(line).current
    if upload is None:
        new.upload = Upload(station.entropy(8).hex())
    mine = _upload(new, upload)
    mine.pieces.append(_bytes(evidence))
    if sum(map(len, mine.pieces)) > SUPPLY_BYTES_MAX:
        new.upload = None
        raise Refused("This is more than a record can be.", "Name the right file.", "N9")
    if more:
        return {"line": new.agreed.hex, "upload": mine.name, "pieces": len(mine.pieces)}
    pieces, mine.pieces = mine.pieces, []
    lacking = _lacking(station, new)
    here = {life.inc for life in new.lives}
    resumes = {inc: new.line.resumes(inc) for inc in lacking.values()}
    h_agr, wall = documents_of(station.store, new).agreement.hash, station.now.wall

    def work() -> dict[str, Any]:
        text = b"".join(pieces)
        documents = audit.verify(io.BytesIO(text)).documents
        old = documents.inc
        if documents.agreement.hash != h_agr or old not in lacking:
            wanted = f"{new.agreed.hex[:8]}@{max(lacking)}"
            raise Refused(
                f"This is not evidence of incarnation {max(lacking)} of the line"
                f" {new.agreed.name}.",
                f"The other side writes it with `parley export --line {wanted}`.",
                "N9",
            )
        if old not in here:
            raise Refused(
                f"Nothing of incarnation {old} is here that could be added to.",
                "Keep this evidence beside the record.",
                "N9",
            )
        a, b = resumes[lacking[old]]
        ours = (a, b)[new.ours]
        stated = (ours.own, ours.held) if new.ours == 0 else (ours.held, ours.own)
        ended = ends(a, b)
        found, trees = _read(text, stated, ended, wall)
        mine.found = Supply(old, lacking[old], ended, stated, ours.own.size, found, trees, text)
        return {
            "line": new.agreed.hex,
            "upload": mine.name,
            "name": new.agreed.name,
            "of": old,
        }

    return Beside(work)


@operation("line.supply.take", roles=("operator",), setup=True)
def supply_take(
    station: Station, who: Person, *, upload: str | None = None, line: str | None = None
) -> dict[str, Any]:
    """Take in what was found whole, all of it or nothing."""
    new = station.line(line).current
    given = _upload(new, upload).found if upload or new.upload else None
    new.upload = None
    if given is None:
        raise Refused(
            "No evidence was checked that could be taken in.",
            "Give it first: `parley supply FILE`.",
            "N9",
        )
    if _lacking(station, new).get(given.old) != given.began:
        raise Refused("This was taken in already.", "There is nothing more to do.", "N9")
    old = new.life(given.old)
    assert old is not None
    return _take_in(station, old, new, given)


def _upload(new: OpenLine, name: str | None) -> Upload:
    """The one that is on its way in, if it still is the one of that name."""
    if new.upload is None or name not in (None, new.upload.name):
        raise Refused("Another file was given since.", "Give this one again, whole.", "N9")
    return new.upload


def _lacking(station: Station, new: OpenLine) -> dict[int, int]:
    """Incarnations of which something is missing, and for each the one that began when it ended."""
    rows = station.store.sql(
        "SELECT inc, of FROM resumptions WHERE line_id = ? AND inc <= ? AND whole IS NULL"
        " ORDER BY inc",
        new.key,
    )
    lacking = {row["of"]: row["inc"] for row in rows if row["of"] >= new.base.terms.inc}
    if not lacking:
        raise Refused(
            f"Nothing is missing of the line {new.agreed.name}.",
            "There is nothing to take in.",
            "N9",
        )
    return lacking


def _bytes(packed: str) -> bytes:
    try:
        return base64.b64decode(packed, validate=True)
    except binascii.Error as error:
        raise Refused("The file did not arrive as it was read.", "Give it again.", "N9") from error


def _section(text: bytes, name: str, following: str) -> Iterator[list[str]]:
    """The lines of one section of evidence that was verified, in their parts."""
    body = text.split(f"\n--- {name}\n".encode(), 1)[1].split(f"\n--- {following}\n".encode(), 1)[0]
    return (line.split(" ") for line in body.decode().splitlines())


def _read(
    text: bytes, stated: tuple[End, End], ended: tuple[End, End], wall: float
) -> tuple[tuple[list[EntryRow], list[EntryRow]], tuple[Tree, Tree]]:
    """What is missing behind `stated`, from evidence that was verified, and both logs as they
    ended."""
    found: tuple[list[EntryRow], list[EntryRow]] = ([], [])
    trees = (Tree(), Tree())
    for _, _, packed in _section(text, "entries", "end"):
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


def _take_in(station: Station, old: OpenLine, new: OpenLine, given: Supply) -> dict[str, Any]:
    store, counterpart, found = station.store, new.agreed.counterpart, given.found
    before = Unsaid.of(station, old, given.receipted)
    _replace(station, old, given.stated, found, given.trees)
    _keep_heads(station, old, given.ended, given.text)
    for row in sorted((*found[0], *found[1]), key=lambda row: (row.n + 1 + row.seen, row.dir)):
        content = read_body(row.type, row.marks, row.body)
        messages.supplied(station, old, row, content)
        files.took(station, old, row, content)
    again = before.say_again(station, old, new, found[old.ours])
    store.sql(
        "UPDATE resumptions SET whole = ?, said_again = ? WHERE line_id = ? AND inc = ?",
        (station.now.wall, again, new.id, given.began),
    )
    new.take_up(new.base, *resuming.load_again(station, new))
    if given.began == new.inc:
        new.line.is_whole(True)
    resuming.read_declared(station, new)
    sentence = (
        f"{len(found[old.ours])} entries of ours and {len(found[old.theirs])} of theirs were"
        f" taken in from {counterpart}'s evidence of incarnation {old.inc};"
        f" {again} of ours are said again."
    )
    station.trail.happened(station.now.wall, f"record whole again ({new.agreed.name})", sentence)
    station.publish("line", new, state="whole", sentence=sentence)
    return {
        "line": new.agreed.hex,
        "name": new.agreed.name,
        "of": old.inc,
        "supplied": {"ours": len(found[old.ours]), "theirs": len(found[old.theirs])},
        "said_again": again,
        "sentence": sentence,
    }


def _replace(
    station: Station,
    old: OpenLine,
    stated: tuple[End, End],
    found: tuple[list[EntryRow], list[EntryRow]],
    trees: tuple[Tree, Tree],
) -> None:
    """Put the entries that ended the logs where ours ended otherwise."""
    store = station.store
    for dir in (0, 1):
        if found[dir]:
            gone = (*old.key, dir, stated[dir].size)
            store.sql(
                "DELETE FROM entries WHERE line_id = ? AND inc = ? AND dir = ? AND n >= ?", gone
            )
            store.sql(
                "DELETE FROM messages WHERE line_id = ? AND inc = ? AND dir = ? AND n >= ?", gone
            )
            store.sql(
                "UPDATE records SET size_0 = iif(?3, size_0, ?4), size_1 = iif(?3, ?4, size_1)"
                " WHERE line_id = ?1 AND inc = ?2",
                gone,
            )
    before = sizes_of(store, old)
    kept = decode(store.load(*old.key, old.ours).cells.get("trees", encode([[], []])))
    frontiers = [
        trees[dir].frontier if found[dir] else kept[at]
        for at, dir in enumerate((old.ours, old.theirs))
    ]
    cells: dict[str, bytes | None] = {"trees": encode(frontiers)}
    store.keep(Change(*old.key, before, entries=[*found[0], *found[1]], cells=cells))
    for dir in (0, 1):  # what was signed here for a tail that nobody held is of no record
        store.sql(
            "DELETE FROM heads WHERE line_id = ?1 AND inc = ?2 AND dir = ?3 AND size > ?4"
            " AND root IS NOT (SELECT root FROM entries e WHERE e.line_id = ?1 AND e.inc = ?2"
            " AND e.dir = ?3 AND e.n = heads.size - 1)",
            (*old.key, dir, stated[dir].size),
        )


def _keep_heads(station: Station, old: OpenLine, ended: tuple[End, End], text: bytes) -> None:
    """The signed heads of their evidence prove whose words the entries are."""
    store = station.store
    known = {(head.dir, head.kind, head.block) for head in store.heads(*old.key)}
    cover = {dir: Covered() for dir in (0, 1)}
    new: list[HeadRow] = []
    for side, size, kind, time, root, block in _section(text, "heads", "entries"):
        head = HeadRow(
            "AB".index(side), int(size), base64.b64decode(root), kind, int(time),
            base64.b64decode(block), station.now.wall,
        )  # fmt: skip
        if head.size > ended[head.dir].size:
            continue
        # A block begins with how many signatures it bears; the second is ML-DSA's.
        cover[head.dir] = cover[head.dir].grown(kind == "cosign", head.size, head.block[0] > 1)
        if (head.dir, head.kind, head.block) not in known:
            new.append(head)
    cells: dict[str, bytes | None] = {
        "signed": encode([cover[old.ours].sizes, cover[old.theirs].sizes])
    }
    store.keep(Change(*old.key, sizes_of(store, old), heads=new, cells=cells))
