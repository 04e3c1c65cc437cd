"""What was lost with a disk is taken in from the counterpart's evidence of it.

The record is held by both, so the counterpart's export of the incarnation that has ended is also
our backup. It is checked as evidence is, and then against what both RESUMEs say: it must go on
where our record ends, and give exactly the root that both sides signed for. Whose words the
entries are is proved by the heads in it, not by the file. An incarnation that was lost whole comes
in the same way, and brings the RESUMEs that say where the one before it ended; a file that comes
before its turn waits. Source: spec/resume.md N9, N12 to N14.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from parley.core.effects import Covered
from parley.core.entry import read_body
from parley.core.errors import Refused
from parley.core.kept import Change, EntryRow, HeadRow
from parley.core.record import Tree
from parley.core.resuming import End, Resume
from parley.core.wire import decode, encode
from parley.station.acts.operations import Beside, operation
from parley.station.acts.own_acts import ON_THEIR_WORD, TAKEN_IN, WAITS, Own
from parley.station.acts.person import Person
from parley.station.entries import files, supplied
from parley.station.entries.unsaid import Unsaid, sizes_of
from parley.station.line.lines import OpenLine, posix
from parley.station.parties import resuming
from parley.station.parties.lost import (
    PIECE_BYTES,
    Past,
    Supply,
    Waits,
    checked,
    section,
    waiting,
)

if TYPE_CHECKING:
    from parley.station.station import Station

SUPPLY_BYTES_MAX = 1 << 30  # a million entries of a record that is whole


@dataclass(slots=True)
class Upload:
    """One file on its way in. It has a name, so that pieces of another that was broken off are not
    put before it, and what is found of that other later is not taken for this one."""

    name: str
    pieces: list[bytes] = field(default_factory=list)
    # Once all has come and was checked: the file, and what waited for it.
    found: list[Supply] | Waits | None = None


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
    """Check the other side's export of an incarnation that has ended, of which something or all is
    missing here. It may come in pieces: `more` says that another one follows, which bears the
    `upload` that the first one got. It is checked beside the loop, and `line.supply.take` takes in
    what was checked, and nothing else."""
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
    past, wall = Past.of(station, new), station.now.wall

    def work() -> dict[str, Any]:
        with station.store.reader() as reader:
            kept = partial(waiting, reader, past.line_id)
            mine.found = checked(past, reader, kept, b"".join(pieces), wall)
        return {
            "line": new.agreed.hex,
            "upload": mine.name,
            "name": new.agreed.name,
            "of": _of(mine.found),
            "waits": isinstance(mine.found, Waits),
        }

    return Beside(work)


@operation("line.supply.take", roles=("operator",), setup=True)
def supply_take(
    station: Station, who: Person, *, upload: str | None = None, line: str | None = None
) -> dict[str, Any]:
    """Take in what was found whole, all of it or nothing."""
    new = station.line(line).current
    given = _upload(new, upload).found if upload or new.upload else None
    station.after_commit(partial(setattr, new, "upload", None))  # else it is not given again
    if given is None:
        raise Refused(
            "No evidence was checked that could be taken in.",
            "Give it first: `parley supply FILE`.",
            "N9",
        )
    past = Past.of(station, new)
    if isinstance(given, Waits):
        return _keep_waiting(station, new, past, given)
    gap = past.gaps.get(given[0].gap.old)
    if gap is None or gap.began != given[0].gap.began:
        raise Refused("This was taken in already.", "There is nothing more to do.", "N9")
    told = [_take_in(station, new, each) for each in given]
    last = given[-1].before
    if last is not None and not last.is_none and _drop(station, new, last.old):
        told.append(
            {"sentence": f"What was given before as incarnation {last.old} does not end as was"
                         " signed, and was put away."}
        )  # fmt: skip
    left = resuming.missing(station, new)
    if not left:
        _drop(station, new)
    sentences = [each["sentence"] for each in told]
    sentences += [_missing_in_words(new, each) for each in left]
    return {
        "line": new.agreed.hex,
        "name": new.agreed.name,
        "of": given[0].gap.old,
        "waits": False,
        "supplied": told[0]["supplied"],
        "said_again": told[0]["said_again"],
        "missing": left,
        "sentence": " ".join(sentences),
        "sentences": sentences,
    }


def _of(found: list[Supply] | Waits) -> int:
    return found.inc if isinstance(found, Waits) else found[0].gap.old


def _upload(new: OpenLine, name: str | None) -> Upload:
    """The one that is on its way in, if it still is the one of that name."""
    if new.upload is None or name not in (None, new.upload.name):
        raise Refused("Another file was given since.", "Give this one again, whole.", "N9")
    return new.upload


def _bytes(packed: str) -> bytes:
    try:
        return base64.b64decode(packed, validate=True)
    except binascii.Error as error:
        raise Refused("The file did not arrive as it was read.", "Give it again.", "N9") from error


# --- what waits for the end of an incarnation (N13)


def _keep_waiting(station: Station, new: OpenLine, past: Past, given: Waits) -> dict[str, Any]:
    store = station.store
    if given.inc in past.gaps or waiting(store, new.id, given.inc):
        raise Refused("Another file was given since.", "Give this one again, whole.", "N13")
    for part, at in enumerate(range(0, len(given.text), PIECE_BYTES)):
        store.sql(
            "INSERT INTO supply_waits (line_id, inc, part, text) VALUES (?, ?, ?, ?)",
            (new.id, given.inc, part, given.text[at : at + PIECE_BYTES]),
        )
    sentence = WAITS % {"inc": given.inc, "last": max(past.gaps)}
    station.trail.happened(station.now.wall, Own.EVIDENCE_WAITS, sentence, new.agreed.name)
    return {
        "line": new.agreed.hex,
        "name": new.agreed.name,
        "of": given.inc,
        "waits": True,
        "sentence": sentence,
        "sentences": [sentence],
    }


def _drop(station: Station, new: OpenLine, inc: int | None = None) -> bool:
    """Let evidence that waited go; whether any did."""
    rows = station.store.sql(
        "DELETE FROM supply_waits WHERE line_id = ?1 AND (?2 IS NULL OR inc = ?2) RETURNING id",
        (new.id, inc),
    )
    return bool(rows)


# --- taking in


def _take_in(station: Station, new: OpenLine, given: Supply) -> dict[str, Any]:
    store, counterpart, found, gap = station.store, new.agreed.counterpart, given.found, given.gap
    if given.begun is not None:
        _begin(station, new, given, given.begun)
    old = new.life(gap.old)
    assert old is not None
    receipted = given.stated[old.ours].size
    before = None if gap.behind or given.begun else Unsaid.of(station, old, receipted)
    _replace(station, old, given.stated, found, given.trees)
    _keep_heads(station, old, gap.ended, given.text)
    _note(station, old, given)
    for row in sorted((*found[0], *found[1]), key=lambda row: (row.n + 1 + row.seen, row.dir)):
        content = read_body(row.type, row.marks, row.body)
        supplied.joins(station, old, row, content, row.n < given.proved[row.dir])
        files.took(station, old, row, content)
    supplied.spoken_of(station, old)
    again = 0 if before is None else before.say_again(station, old, new, found[old.ours])
    store.sql(
        "UPDATE resumptions SET whole = ?, said_again = ? WHERE line_id = ? AND inc = ?",
        (station.now.wall, again, new.id, gap.began),
    )
    _drop(station, new, gap.old)
    new.take_up(new.base, *resuming.load_again(station, new))
    if gap.began == new.inc:
        new.line.is_whole(True)
    resuming.read_declared(station, new)
    sentence = _in_words(given, old, counterpart, again)
    station.trail.happened(station.now.wall, Own.WHOLE_AGAIN, sentence, new.agreed.name)
    station.publish("line", new, state="whole", sentence=sentence)
    return {
        "supplied": {"ours": len(found[old.ours]), "theirs": len(found[old.theirs])},
        "said_again": again,
        "sentence": sentence,
    }


def _in_words(given: Supply, old: OpenLine, counterpart: str, again: int) -> str:
    found = given.found
    by_word = {
        dir: sum(row.n >= given.proved[dir] for row in found[dir]) for dir in (old.ours, old.theirs)
    }
    count = {"ours": len(found[old.ours]), "theirs": len(found[old.theirs]), "who": counterpart}
    sentence = TAKEN_IN % {**count, "inc": old.inc, "again": again}
    if any(by_word.values()):
        rest = {"ours": by_word[old.ours], "theirs": by_word[old.theirs], "who": counterpart}
        sentence += f" {ON_THEIR_WORD % rest}"
    return sentence


def _begin(station: Station, new: OpenLine, given: Supply, begun: tuple[Resume, Resume]) -> None:
    """An incarnation that was lost whole is one of the past, and what the RESUMEs that began it say
    of the one before it is known (N12)."""
    store, gap, before = station.store, given.gap, given.before
    assert before is not None
    store.enrol(new.id, gap.old, new.ours)
    cells = new.line.take_in(begun[new.ours], begun[new.theirs])
    store.keep(Change(new.id, gap.old, (0, 0), cells=cells))
    times = [posix(row.time) for rows in given.found for row in rows[:1]]
    (a, b), wall = before.ended, station.now.wall
    store.sql(
        "INSERT INTO resumptions (line_id, inc, of, size_0, root_0, size_1, root_1, begun,"
        " asked_by, their_ask, lost_0, lost_1, whole)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *(new.id, gap.old, before.old, a.size, a.root, b.size, b.root),
            *(min(times, default=wall), begun[new.ours].reason, begun[new.theirs].reason),
            *before.lost,
            wall if before.is_none and new.life(before.old) else None,
        ),
    )
    new.take_up(new.base, *resuming.load_again(station, new))


def _note(station: Station, old: OpenLine, given: Supply) -> None:
    """Which entries are here by the other side's evidence (N14)."""
    for dir in (0, 1):
        station.store.sql(
            "INSERT INTO supplied VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                *(*old.key, dir, given.stated[dir].size, given.gap.ended[dir].size),
                *(given.proved[dir], station.now.wall),
            ),
        )


def _missing_in_words(new: OpenLine, gap: dict[str, Any]) -> str:
    """What is to be asked for next."""
    what = "All" if gap["whole"] else f"{gap['ours']} entries of ours and {gap['theirs']} of theirs"
    return (
        f"{what} of incarnation {gap['of']} is still missing:"
        f" {new.agreed.counterpart} writes it with `parley export --line {gap['asked_as']}`."
    )


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
    for side, size, kind, time, root, block in section(text, "heads", "entries"):
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
