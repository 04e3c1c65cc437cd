"""The record as people read it, in the order both sides agree on, and as evidence for others."""

from __future__ import annotations

import base64
from collections.abc import Generator
from typing import TYPE_CHECKING, Any

from parley.core.entry import read_body
from parley.core.errors import Misused, Refused
from parley.core.kept import EntryRow
from parley.evidence.vouched import RecordKeyFile
from parley.station.acts.operations import Beside, InTurns, operation
from parley.station.acts.own_acts import UP_TO
from parley.station.acts.person import READERS, Person
from parley.station.entries.messages import NOT_MESSAGES
from parley.station.entries.supplied import Supplied
from parley.station.line.evidence import Place, documents_of, piece, prove
from parley.station.line.lines import OpenLine, posix
from parley.station.texts.views import Names, entry_view, names_of

if TYPE_CHECKING:
    from parley.station.station import Station

PAGE_ROWS = 200
ROWS_MAX = 1000


@operation("record", roles=READERS, reads=True)
def record(
    station: Station,
    who: Person,
    *,
    start: int | None = None,
    limit: int = PAGE_ROWS,
    line: str | None = None,
) -> InTurns:
    """Entries of both sides in joint order from position `start`, or the newest; and the heads."""
    return InTurns(_record(station, station.line(line), start, max(1, min(limit, ROWS_MAX))))


def _record(
    station: Station, open_line: OpenLine, start: int | None, limit: int
) -> Generator[None, None, dict[str, Any]]:
    state = station.state(open_line)
    total = state.our_size + state.their_size
    start = max(0, total - limit) if start is None else max(0, start)
    ours, theirs = open_line.ours, open_line.theirs
    root_at = station.store.root_at
    names = {dir: names_of(station, open_line, dir) for dir in (ours, theirs)}
    supplied = Supplied.of(station.store, open_line.key)
    rows: list[dict[str, Any]] = []
    for row in station.store.entries(*open_line.key, None, start, limit):
        shown = _row(open_line, start + len(rows), row, names[row.dir])
        rows.append(shown | {"supplied": supplied.view(row.dir, row.n)})
        yield
    return {
        "line": open_line.address,
        "inc": open_line.inc,
        "policy": open_line.agreed.policy,
        "start": start,
        "total": total,
        "entries": rows,
        "heads": {
            "ours": {
                "size": state.our_size,
                "root": root_at(*open_line.key, ours, state.our_size).hex(),
                "signed_by_them": state.they_cosigned,
                "vouched": state.our_cover.vouched,
            },
            "theirs": {
                "size": state.their_size,
                "root": root_at(*open_line.key, theirs, state.their_size).hex(),
                "signed_by_us": state.we_cosigned,
                "vouched": state.their_cover.vouched,
            },
        },
    }


def _row(open_line: OpenLine, position: int, entry: EntryRow, names: Names) -> dict[str, Any]:
    content = read_body(entry.type, entry.marks, entry.body)
    return {
        "position": position,
        "dir": open_line.side(entry.dir),
        "n": entry.n,
        "is_message": entry.type not in NOT_MESSAGES,
        **entry_view(entry, content, names),
        "time": posix(entry.time),
        "kept": entry.wall,
        "seen": entry.seen,
        "leaf": entry.leaf.hex(),
    }


@operation("export", roles=(*READERS, "operator"), setup=True)
def export(
    station: Station, who: Person, *, after: list[int] | None = None, line: str | None = None
) -> Beside:
    """The record as evidence, a piece at a time: one text that anybody can verify offline.

    `next` of a piece, given as `after`, brings the piece that follows; it is null with the last.
    Whoever exports reads every text, so the audit trail has it: whose record, up to which roots.
    """
    open_line = station.line(line)
    documents = documents_of(station.store, open_line)
    state = station.state(open_line)
    sizes = (state.our_size, state.their_size)
    upto = sizes if open_line.ours == 0 else sizes[::-1]
    place = Place.after(after, upto)
    runs = Supplied.of(station.store, open_line.key)
    supplied = {open_line.side(dir): runs.count(dir) for dir in (0, 1)}
    exports, key, upto = station.exports, open_line.key, place.upto
    known = after is not None and exports.has(who.id, key, upto)
    noted = None if known else _noted(open_line) | _roots(station, open_line, upto)
    if not known:
        exports.begin(who.id, key, upto)

    def work() -> dict[str, Any]:
        with station.store.reader() as reader:
            text, following = piece(reader, key, documents, place)
        if following is None:
            exports.end(who.id, key)
        policy = open_line.agreed.policy
        return {
            "line": open_line.agreed.hex,
            "policy": policy,
            "evidence": text,
            "next": following,
            "supplied": supplied,
            "counterpart": open_line.agreed.counterpart,
        }

    return Beside(work, noted=noted)


def _noted(open_line: OpenLine) -> dict[str, Any]:
    """For the audit trail: which line it was, also where nobody had to name it."""
    return {"line": open_line.address}


def _roots(station: Station, open_line: OpenLine, upto: tuple[int, int]) -> dict[str, Any]:
    """And how much of both logs, under which roots: whoever shows the file later has this one."""
    return {
        open_line.side(dir): UP_TO
        % {
            "count": upto[dir],
            "root": station.store.root_at(*open_line.key, dir, upto[dir]).hex(),
        }
        for dir in (open_line.ours, open_line.theirs)
    }


@operation("prove", roles=(*READERS, "operator"), setup=True)
def prove_one(
    station: Station, who: Person, *, n: int, dir: str = "theirs", line: str | None = None
) -> Beside:
    """One entry with its proof and without the others: a text that anybody can verify offline."""
    open_line = station.line(line)
    documents = documents_of(station.store, open_line)
    if dir not in ("ours", "theirs"):
        raise Misused(f"There is no direction {dir!r:.20}.", "ours or theirs.")
    whose = open_line.ours if dir == "ours" else open_line.theirs
    given = _record_key(open_line)

    def work() -> dict[str, Any]:
        with station.store.reader() as reader:
            proof = prove(reader, open_line.key, documents, whose, n, given)
        return {
            "line": open_line.agreed.hex,
            "policy": open_line.agreed.policy,
            "dir": "AB"[whose],
            "n": n,
            "proof": proof.text(),
        }

    return Beside(work, noted=_noted(open_line) | {"dir": dir})


@operation("export.key", roles=("operator",), setup=True)
def export_key(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """The record key of a deniable line, for a verifier of one of the two parties (H10)."""
    open_line = station.line(line)
    found = _record_key(open_line)
    if open_line.agreed.policy != "deniable":
        raise Misused(
            f"The line {open_line.agreed.name} is attributable: its record is signed.",
            "Anybody can check it without a key; leave --key out.",
        )
    if found is None:
        raise Refused(
            f"The line {open_line.agreed.name} has no record key before both sides opened it.",
            "Serve both stations until the line is in service.",
            "H1",
        )
    key = base64.b64encode(found.to_bytes()).decode()
    return {"line": open_line.agreed.hex, "key": key}


def _record_key(open_line: OpenLine) -> RecordKeyFile | None:
    key = open_line.line.line.record_key.key
    return None if key is None else RecordKeyFile(*open_line.key, key)
