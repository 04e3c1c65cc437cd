"""Files that go with messages, in the record: their pieces gathered, judged, sent and read.

The message goes first, at its own precedence; the pieces follow as ROUTINE entries, one at a time
and only while nothing else waits, so nothing ever stands behind a file. Whatever a counterpart
sends is in the record all the same; what has another form is just no piece of a file. A file that
is whole is judged in a thread beside the loop, and nothing of it is shown before. Source:
spec/files.md F3 to F6, F11 to F13.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from parley.catalogue.files import SHOWN, judge, looks_like_picture
from parley.core.effects import Saying
from parley.core.entry import Content, Key, Precedence, Status, Type, body_of, read_body
from parley.core.errors import ParleyError, Refused
from parley.core.kept import EntryRow
from parley.core.wire import Value
from parley.evidence.attached import Named, cut, read_named, read_piece
from parley.station.acts.operations import Beside, Operation, operation
from parley.station.acts.person import AT_THE_MACHINE, LOOKERS, Person
from parley.station.entries import messages
from parley.station.line.declared import is_rescue
from parley.station.line.lines import OpenLine
from parley.store.reading import Reading

if TYPE_CHECKING:
    from parley.station.acts.control import Answer
    from parley.station.station import Station

UNRECEIPTED_MAX = 8  # pieces on their way: half of what may be in flight below FLASH
READ_BYTES_MAX = 393_216  # of one answer: in base64 half of the longest request

COMING, JUDGED, OTHERWISE = "coming", "being judged", "named otherwise before"


# --- as entries join the record


def took(station: Station, open_line: OpenLine, entry: EntryRow, content: Content | None) -> None:
    """An entry of either side has joined the record: it may name files, or be a piece of one."""
    if content is None or entry.type not in (Type.TEXT, Type.FILE_PIECE):
        return
    if entry.type == Type.FILE_PIECE:
        _gather(station, open_line, entry, content.payload)
        return
    for each in read_named(content.header) or ():
        station.store.sql(
            "INSERT OR IGNORE INTO files (line_id, dir, sha256, size, media)"
            " VALUES (?, ?, ?, ?, ?)",
            (open_line.id, entry.dir, each.sha256, each.size, each.media),
        )
        open_line.current.files_wait |= entry.dir == open_line.ours


def _gather(station: Station, open_line: OpenLine, entry: EntryRow, payload: Value) -> None:
    piece = read_piece(payload)
    file = _row(station.store, open_line, entry.dir, piece.sha256) if piece else None
    if piece is None or file is None or not piece.follows(file["held"], file["size"]):
        return
    station.store.sql(
        "INSERT OR IGNORE INTO pieces VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*open_line.key, entry.dir, entry.n, piece.sha256, piece.start, len(piece.data)),
    )
    station.store.sql(
        "UPDATE files SET held = ? WHERE line_id = ? AND dir = ? AND sha256 = ?",
        (piece.end, open_line.id, entry.dir, piece.sha256),
    )
    if piece.end == file["size"]:
        judge_next(station, open_line.current)
    elif 4 * piece.end // file["size"] > 4 * piece.start // file["size"]:
        _tell(station, open_line, entry.dir, piece.sha256, COMING)  # pages renew four times


def _row(store: Reading, open_line: OpenLine, dir: int, hash: bytes) -> Any | None:
    rows = store.sql(
        "SELECT * FROM files WHERE line_id = ? AND dir = ? AND sha256 = ?",
        (open_line.id, dir, hash),
    )
    return rows[0] if rows else None


def _tell(station: Station, open_line: OpenLine, dir: int, hash: bytes, state: str) -> None:
    station.publish("file", open_line, dir=open_line.side(dir), sha256=hash.hex(), state=state)


# --- what it turned out to be


def judge_next(station: Station, open_line: OpenLine) -> None:
    """Look into the next file that is whole, beside the loop, one at a time (F6)."""
    rows = station.store.sql(
        "SELECT dir, sha256 FROM files WHERE line_id = ? AND held = size AND verdict IS NULL"
        " LIMIT 1",
        (open_line.id,),
    )
    for row in rows:
        begin = partial(_begin, station, open_line, row["dir"], bytes(row["sha256"]))
        station.after_commit(begin)


def _begin(station: Station, open_line: OpenLine, dir: int, hash: bytes) -> None:
    if open_line.judging:
        return
    open_line.judging = True

    def reply(answer: Answer) -> None:
        open_line.judging = False
        if not isinstance(answer, ParleyError):
            given = partial(_judged, station, open_line, dir, hash, answer["verdict"])
            station.in_next_step(given)

    looking = Operation(
        "file.judge", partial(_look, open_line, dir, hash), (), True, False, True, ()
    )
    station.submit(looking, AT_THE_MACHINE, {}, reply)


def _look(open_line: OpenLine, dir: int, hash: bytes, station: Station, who: Person) -> Beside:
    reader = station.store.reader

    def work() -> dict[str, Any]:
        with reader() as record:
            file = _row(record, open_line, dir, hash)
            assert file is not None
            data = read_bytes(record, open_line.id, dir, hash)
            return {"verdict": judge(hash, file["media"], data)}

    return Beside(work)


def _judged(station: Station, open_line: OpenLine, dir: int, hash: bytes, verdict: str) -> None:
    station.store.sql(
        "UPDATE files SET verdict = ? WHERE line_id = ? AND dir = ? AND sha256 = ? AND held = size",
        (verdict, open_line.id, dir, hash),
    )
    _tell(station, open_line, dir, hash, verdict)
    judge_next(station, open_line)


def read_bytes(
    record: Reading, line_id: bytes, dir: int, hash: bytes, start: int = 0, most: int = 1 << 32
) -> bytes:
    """The bytes of a file from `start` on, at least `most` of them if there are so many."""
    rows = record.sql(
        "SELECT p.start AS at, e.type, e.marks, e.body FROM pieces p JOIN entries e"
        " ON e.line_id = p.line_id AND e.inc = p.inc AND e.dir = p.dir AND e.n = p.n"
        " WHERE p.line_id = ? AND p.dir = ? AND p.sha256 = ? AND p.start + p.size > ?"
        " AND p.start < ? ORDER BY p.start",
        (line_id, dir, hash, start, start + most),
    )
    found = bytearray()
    for row in rows:
        content = read_body(row["type"], row["marks"], bytes(row["body"]))
        piece = read_piece(content.payload) if content else None
        assert piece is not None
        found += piece.data[max(0, start - piece.start) :]
    return bytes(found)


# --- pieces of ours


def moved(station: Station, open_line: OpenLine) -> None:
    """Something of the line has changed: in the next step the next piece may go."""
    if open_line.files_wait and not open_line.files_soon:
        open_line.files_soon = True
        station.in_next_step(partial(go_on, station, open_line))


def take_up(station: Station, open_line: OpenLine) -> None:
    """After a start: what was left to be sent, and to be judged."""
    open_line.files_wait = True
    moved(station, open_line)
    station.in_next_step(partial(judge_next, station, open_line))


def go_on(station: Station, open_line: OpenLine) -> None:
    """Release the next piece, if nothing else waits and not too many are on their way (F11)."""
    open_line.files_soon = False
    state, declared = station.state(open_line), open_line.declared
    if state.halted is not None or state.queued or declared.closing or declared.closes():
        return
    of_ours = (open_line.id, open_line.ours)
    rows = station.store.sql(  # from the few files, and not from all that was ever released
        "SELECT f.draft, f.sha256, w.size, w.held, d.type, d.precedence, d.status, d.body"
        " FROM draft_files f CROSS JOIN releases r ON r.draft = f.draft"
        " JOIN drafts d ON d.id = f.draft"
        " JOIN files w ON w.line_id = r.line_id AND w.dir = ?2 AND w.sha256 = f.sha256"
        " WHERE r.line_id = ?1 AND r.n IS NOT NULL AND f.bytes IS NOT NULL ORDER BY r.at, f.place",
        of_ours,
    )
    on_their_way = station.store.sql(
        "SELECT sha256 FROM pieces WHERE line_id = ? AND inc = ? AND dir = ? AND n >= ?",
        (*open_line.key, open_line.ours, state.receipted),
    )
    hashes = {bytes(row["sha256"]) for row in on_their_way}
    left = len(rows)
    for row in rows:
        if row["held"] < row["size"]:
            if len(on_their_way) < UNRECEIPTED_MAX:
                _say_piece(station, open_line, row)
            break
        if bytes(row["sha256"]) not in hashes:  # they hold all of it, and the record has it
            left -= 1
            station.store.sql(
                "UPDATE draft_files SET bytes = NULL WHERE draft = ? AND sha256 = ?",
                (row["draft"], row["sha256"]),
            )
    open_line.files_wait = left > 0


def _say_piece(station: Station, open_line: OpenLine, row: Any) -> None:
    marks = row["precedence"] << 6 | row["status"] << 3
    content = read_body(row["type"], marks, bytes(row["body"]))
    rescue = content is not None and is_rescue(content.header)
    ((data,),) = station.store.sql(
        "SELECT bytes FROM draft_files WHERE draft = ? AND sha256 = ?",
        (row["draft"], row["sha256"]),
    )
    urgency, status = Precedence.ROUTINE, Status(row["status"])
    barring = open_line.declared.bars(
        Type.FILE_PIECE, urgency, rescue, station.now.wall, status=status
    )
    if barring:
        return  # it goes on once the suspension is lifted
    header: dict[int, Value] = {Key.RESCUE: True} if rescue else {}
    payload = cut(bytes(row["sha256"]), bytes(data), row["held"]).payload()
    body = body_of(Type.FILE_PIECE, header, payload)
    station.say(open_line, Saying(Type.FILE_PIECE, urgency, status, body))


def begun(station: Station, open_line: OpenLine, old: OpenLine, size: int) -> None:
    """The line has begun anew, and of the old log of ours they hold `size` entries: pieces behind
    that are said again in the new one (F12)."""
    store = station.store
    gone = store.sql(
        "DELETE FROM pieces WHERE line_id = ? AND inc = ? AND dir = ? AND n >= ? RETURNING sha256",
        (*old.key, old.ours, size),
    )
    for hash in {bytes(row["sha256"]) for row in gone}:
        store.sql(
            "UPDATE files SET verdict = NULL, held = (SELECT coalesce(max(p.start + p.size), 0)"
            " FROM pieces p WHERE p.line_id = ?1 AND p.dir = ?2 AND p.sha256 = ?3)"
            " WHERE line_id = ?1 AND dir = ?2 AND sha256 = ?3",
            (open_line.id, old.ours, hash),
        )
    take_up(station, open_line)


# --- as people see them


def texts_of(station: Station, draft: int) -> list[str]:
    """The words of a draft's texts; a picture begins as no text does."""
    rows = station.store.sql(
        "SELECT bytes FROM draft_files WHERE draft = ? AND bytes IS NOT NULL", (draft,)
    )
    found = [bytes(row["bytes"]) for row in rows]
    return [each.decode() for each in found if not looks_like_picture(each)]


def listed(header: Mapping[Value, Value]) -> list[dict[str, Any]]:
    """The files that a header names."""
    return [
        {
            "place": place,
            "name": each.name,
            "media": each.media,
            "size": each.size,
            "sha256": each.sha256.hex(),
        }
        for place, each in enumerate(read_named(header) or (), 1)
    ]


def view(
    station: Station, open_line: OpenLine, dir: int, header: Mapping[Value, Value]
) -> list[dict[str, Any]]:
    """The files that a message names, each with what is here of it."""
    files = zip(listed(header), read_named(header) or (), strict=True)
    return [{**told, **_state(station, open_line, dir, named)} for told, named in files]


def _state(station: Station, open_line: OpenLine, dir: int, named: Named) -> dict[str, Any]:
    file = _row(station.store, open_line, dir, named.sha256)
    held, state = (file["held"], file["verdict"] or JUDGED) if file else (0, COMING)
    if held < named.size:
        state = COMING
    if file and (file["size"], file["media"]) != (named.size, named.media):
        held, state = 0, OTHERWISE
    if dir == open_line.ours:
        held = _received(station, open_line, named.sha256)
    # Of a file of ours `held` is what the other side holds.
    return {"state": state, "shown": state == SHOWN, "held": held}


def _received(station: Station, open_line: OpenLine, hash: bytes) -> int:
    """How much of a file of ours they hold."""
    current = open_line.current
    rows = station.store.sql(
        "SELECT coalesce(max(start + size), 0) AS held FROM pieces"
        " WHERE line_id = ? AND dir = ? AND sha256 = ? AND (inc < ? OR n < ?)",
        (open_line.id, open_line.ours, hash, current.inc, station.state(current).receipted),
    )
    return int(rows[0]["held"])


@operation("attachment.read", roles=LOOKERS, reads=True)
def attachment_read(
    station: Station,
    who: Person,
    *,
    n: int,
    sha256: str,
    dir: str = "theirs",
    start: int = 0,
    line: str | None = None,
) -> Beside:
    """Bytes of a file that goes with a message, from `start` on; only of one that may be shown."""
    open_line = station.line(line)
    side = open_line.ours if dir == "ours" else open_line.theirs
    row = messages.must_find(station, open_line, side, n)
    entry = station.entry(open_line, side, row["n"])
    content = read_body(entry.type, entry.marks, entry.body)
    found = [
        each
        for each in view(station, open_line, side, content.header if content else {})
        if each["sha256"] == sha256.lower()
    ]
    if not found:
        raise Refused(f"Message {n} has no such attachment.", "`parley message` lists them.")
    file = found[0]
    if not file["shown"]:
        raise Refused(
            f"The attachment {file['place']} of message {n} is not shown: {file['state']}.",
            "`parley message` says how it stands.",
            "F6",
        )
    reader, hash = station.store.reader, bytes.fromhex(sha256)

    def work() -> dict[str, Any]:
        with reader() as record:
            data = read_bytes(record, open_line.id, side, hash, max(start, 0), READ_BYTES_MAX)
        return part(file, data[:READ_BYTES_MAX], max(start, 0))

    return Beside(work)


def part(file: dict[str, Any], data: bytes, start: int) -> dict[str, Any]:
    """Some bytes of a file as an answer."""
    end = start + len(data)
    return {
        "name": file["name"],
        "media": file["media"],
        "size": file["size"],
        "sha256": file["sha256"],
        "data": base64.b64encode(data).decode(),
        "next": end if data and end < file["size"] else None,
    }
