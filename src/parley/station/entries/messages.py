"""What the station notes of every entry as it joins the record, so that people find it quickly.

The words stand in the record alone. Here is which entries are messages, which entry says what
about which, and since when the other side holds ours. It happens in the same transaction that
keeps the entry. Nothing a counterpart writes may stop it: what does not have the form of its kind
is in the record all the same, and just says nothing about any message.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.core.entry import (
    BARE_TYPES,
    Content,
    Key,
    Precedence,
    Type,
)
from parley.core.errors import Refused
from parley.core.kept import EntryRow
from parley.core.wire import Value, encode, u8
from parley.station.acts.own_acts import BACK, Own
from parley.station.entries import draft_steps, early
from parley.station.line import distrust, roster
from parley.station.line.lines import OpenLine, posix
from parley.station.line.standing import declared_view

if TYPE_CHECKING:
    from parley.station.station import Station

# Entries that are about the line or about other entries; all others, those of types this station
# does not know included, are messages that people see.
NOT_MESSAGES = BARE_TYPES | {
    Type.CHAT,
    Type.SERVICE,
    Type.ROSTER,
    Type.PRESENCE,
    Type.CALL_EVENT,
    Type.CONSENT,
    Type.FILE_PIECE,
}
# What must be acknowledged; an answer to a test need not be, operators' chat never is
# (spec/chat.md O2), and after a CLOSE nothing can be.
CLOCKED_TYPES = frozenset(
    (
        *(Type.TEXT, 0x02, 0x04, Type.TEST, Type.CALL_REQUEST, Type.CALL_ANSWER),
        *(Type.MINUTE, Type.READOUT, Type.SUSPEND, Type.LIFT),
    )
)
# What the act of release adds to the header, and the times: all else is what was drafted.
RELEASE_KEYS = frozenset((Key.COMPOSED, Key.RELEASED, Key.RELEASERS, Key.DISPLAYED))
ABOUT_KEYS = {Key.ANSWERS: "answered", Key.FOLLOWS: "corrected by", Key.REVOKES: "retracted by"}
ACKNOWLEDGED_BY = frozenset((Type.OPENED, Type.PASSED, Type.READBACK, Type.UNABLE, Type.WAIT))
ACTS = {
    Type.DISPLAYED: "displayed",
    Type.OPENED: "opened",
    Type.PASSED: "passed",
    Type.READBACK: "read back",
    Type.CONFIRMED: "confirmed",
    Type.CORRECTED: "corrected",
    Type.UNABLE: "unable",
    Type.WAIT: "wait",
}
DETAIL_CHARACTERS_MAX = 4096
ACTS_MAX = 256  # of one kind that one side says of one message: every page lists them
RANGES_MAX = 512  # of one DISPLAYED; a station writes no more of them (`DISPLAY_MAX`), a liar would

Act = tuple[int, int, str, int | None, str]  # about dir, about n, act, person, detail
About = tuple[OpenLine, Act]  # in which incarnation of the line


def content_bytes(type: int, marks: int, content: Content | None, body: bytes) -> bytes:
    """Type, marks and body as drafted: what two persons release, and what both sides can compare.
    The times and what the release itself adds are left out."""
    if content is not None and content.header:
        header = {key: value for key, value in content.header.items() if key not in RELEASE_KEYS}
        body = encode([header, content.payload])
    return u8(type) + u8(marks) + body


def content_hash(type: int, marks: int, content: Content | None, body: bytes) -> str:
    """SHA-256 of exactly that."""
    return sha256(content_bytes(type, marks, content, body)).hexdigest()


# --- as entries join the record


def numbered(station: Station, open_line: OpenLine, queue_id: int, entry: EntryRow) -> None:
    """An entry of ours has its number."""
    distrust.claimed(station, open_line, entry)
    key, waiting = open_line.key, -1 - queue_id
    changed = station.store.sql(
        "UPDATE acts SET n = ?, at_ours = ? WHERE line_id = ? AND by_inc = ? AND dir = ? AND n = ?"
        " RETURNING inc, about_dir, about, act",
        (entry.n, entry.wall, *key, entry.dir, waiting),
    )
    for act in changed:
        about = station.line_of(open_line.id, act["inc"])
        _stage(station, about, act["about_dir"], act["about"], act["act"], entry.wall)
    open_line.declared.add(entry)
    if entry.type in NOT_MESSAGES:
        return
    station.store.sql(
        "UPDATE releases SET n = ? WHERE line_id = ? AND inc = ? AND queue_id = ? AND n IS NULL",
        (entry.n, *key, queue_id),
    )
    remember(station, open_line, entry, None)
    _stage(station, open_line, entry.dir, entry.n, "numbered", entry.wall, entry.marks)


def given_back(station: Station, open_line: OpenLine, queue_id: int) -> None:
    """A released entry has left the queue unsaid: its draft is open again (spec/declared.md D6)."""
    key = open_line.key
    station.store.sql(
        "DELETE FROM acts WHERE line_id = ? AND by_inc = ? AND dir = ? AND n = ?",
        (*key, open_line.ours, -1 - queue_id),
    )
    rows = station.store.sql(
        "DELETE FROM releases WHERE line_id = ? AND inc = ? AND queue_id = ? AND n IS NULL"
        " RETURNING draft, person, at",
        (*key, queue_id),
    )
    why = declared_view(open_line, station.now.wall)["sentence"]
    for row in rows:
        taken = draft_steps.steps_of(station, row["draft"]).taken_back(row["at"])
        comes_back(station, open_line, row, taken or why)


def comes_back(station: Station, open_line: OpenLine, release: Any, why: str) -> None:
    """A draft that was released, by whom and when, and is not sent: open again, with the reason."""
    draft, at = release["draft"], station.now.wall
    station.store.sql(
        "INSERT INTO given_back (draft, releaser, released, at, why) VALUES (?, ?, ?, ?, ?)",
        (draft, release["person"], release["at"], at, why),
    )
    station.trail.happened(
        at,
        Own.GIVEN_BACK,
        BACK % {"draft": draft, "why": why},
        open_line.agreed.name,
    )
    station.publish("draft", open_line, draft=draft, state="given back")


def about_the_line(station: Station, open_line: OpenLine) -> list[EntryRow]:
    """Entries that suspended, lifted or closed a line, in the order they joined our record."""
    rows = station.store.sql(
        "SELECT dir, n FROM messages WHERE line_id = ? AND inc = ? AND type IN (80, 81, 82)"
        " ORDER BY kept, n",
        open_line.key,
    )
    return [
        station.entry(open_line, row["dir"], row["n"])
        for row in rows  # one that came before its turn is of no record, and may never be
        if not is_early(station, open_line, row["dir"], row["n"])
    ]


def heard(station: Station, open_line: OpenLine, entry: EntryRow, content: Content | None) -> None:
    """An entry of theirs has joined the record."""
    distrust.claimed(station, open_line, entry)
    if entry.type in NOT_MESSAGES:
        if content is not None and entry.type in ACTS:
            for about, act in acts_of(station, open_line, entry, content):
                index(station, about, entry, act)
            if entry.type == Type.DISPLAYED:
                displayed(station, open_line, entry, content.payload)
        elif content is not None and entry.type == Type.ROSTER:
            roster.hear(station.store, open_line, content)
            station.publish("line", open_line, state="roster")
        return
    precedence, more = Precedence(entry.marks >> 6), {}
    if not remember(station, open_line, entry, content):
        early.joined(station, open_line, entry)
        more["state"] = "joined"
    elif entry.type in CLOCKED_TYPES:
        ring(station, open_line, entry.n, precedence)
    station.publish(
        "message", open_line, dir="theirs", n=entry.n, precedence=precedence.name, **more
    )
    if content is not None:
        for about, act in references(open_line, entry.dir, entry.type, content):
            index(station, about, entry, act)


def receipted(station: Station, open_line: OpenLine, upto: int) -> None:
    """They hold all entries of ours below `upto`."""
    station.store.sql(
        "INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, ?)",
        (*open_line.key, upto, station.now.wall),
    )
    station.publish("stage", open_line, stage="received", dir="ours", upto=upto)


def ring(
    station: Station, open_line: OpenLine, n: int, precedence: Precedence, **more: Any
) -> None:
    """Tell those who watch that a message of theirs is here."""
    station.publish(
        "alarm",
        open_line,
        state="ringing",
        dir="theirs",
        n=n,
        precedence=precedence.name,
        **more,
    )


def remember(
    station: Station, open_line: OpenLine, entry: EntryRow, content: Content | None
) -> bool:
    """Note a message and start its clock; False for one that was shown provisionally before, and
    whose clock runs (spec/display.md G2). `content` is that of a message of theirs."""
    due = None
    if entry.type in CLOCKED_TYPES:
        due = station.steady() + open_line.clock_s(entry.marks >> 6)
        station.watch.expect(due)
    new = station.store.sql(
        "INSERT OR IGNORE INTO messages"
        " (line_id, inc, dir, n, type, marks, precedence, kept, desk, due)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING n",
        (
            *open_line.key,
            entry.dir,
            entry.n,
            entry.type,
            entry.marks,
            entry.marks >> 6,
            entry.wall,
            _desk(content),
            due,
        ),
    )
    return bool(new)


def _desk(content: Content | None) -> int | None:
    desks = content.header.get(Key.TO_DESKS) if content else None
    first = desks[0] if isinstance(desks, list) and desks else None
    return first if type(first) is int and 0 <= first < 1 << 32 else None


# --- what an entry says about a message


def mentioned(open_line: OpenLine, value: Value) -> tuple[OpenLine, int] | None:
    """The entry that a number means: of this incarnation, or as [n, inc] of an older one (N8)."""
    if is_number(value):
        return open_line, value
    if isinstance(value, list) and len(value) == 2 and all(map(is_number, value)):
        life = open_line.life(value[1])
        return None if life is None else (life, value[0])
    return None


def acts_of(
    station: Station, open_line: OpenLine, entry: EntryRow, content: Content
) -> list[About]:
    """What an acknowledgement says about which message; nothing when it lacks its form."""
    type, payload = entry.type, content.payload
    if not isinstance(payload, list) or not payload or type == Type.DISPLAYED:
        return []
    found = mentioned(open_line, payload[0])
    if found is None:
        return []
    about, n = found
    other = 1 - entry.dir
    if type in (Type.CONFIRMED, Type.CORRECTED):
        return _about_read_back(station, about, other, n, Type(type), payload)
    if not is_message(station, about, other, n):
        return []
    person, detail = None, ""
    if type == Type.OPENED and len(payload) > 1 and is_number(payload[1]):
        person = payload[1]
    elif type in (Type.PASSED, Type.READBACK) and len(payload) > 1:
        detail = in_words(payload[1])
    elif type == Type.UNABLE and len(payload) > 2:
        detail = in_words(payload[2])
    elif type == Type.WAIT and len(payload) > 1 and is_number(payload[1]):
        detail = str(int(posix(payload[1])))
    return [(about, (other, n, ACTS[Type(type)], person, detail))]


def references(open_line: OpenLine, dir: int, type: int, content: Content) -> list[About]:
    """Which messages a message of direction `dir` answers, corrects or retracts: it answers those
    of the other side, and takes back nobody's words but its own speaker's (E23)."""
    found: list[About] = []
    for key, act in ABOUT_KEYS.items():
        value = content.header.get(key)
        if not (isinstance(value, list) and len(value) in (2, 3) and all(map(is_number, value))):
            continue
        if value[0] == (1 - dir if key == Key.ANSWERS else dir):
            life = open_line.life(value[2]) if len(value) == 3 else open_line
            found += [] if life is None else [(life, (value[0], value[1], act, None, ""))]
    payload = content.payload
    if type == Type.TEST_ANSWER and isinstance(payload, list) and payload:
        test = mentioned(open_line, payload[0])
        if test is not None:
            found.append((test[0], (1 - dir, test[1], "answered", None, "")))
    return found


def index(
    station: Station,
    open_line: OpenLine,
    entry: EntryRow,
    act: Act,
    inc: int | None = None,
    *,
    deals: bool = True,
) -> None:
    """Note what an entry, of the incarnation at work unless given, says about a message; and stop
    its clock, if it `deals` with it."""
    about_dir, about, name, _, _ = act
    if about_dir not in (0, 1) or not is_message(station, open_line, about_dir, about):
        return
    if _is_said_often(station, open_line, act, entry.dir):
        return
    by = (open_line.current.inc if inc is None else inc, entry.dir, entry.n)
    note_act(station, open_line, act, by, entry.wall, posix(entry.time))
    # Only the reader's side acknowledges; it may do so by answering at once.
    if deals and about_dir != entry.dir and (entry.type in ACKNOWLEDGED_BY or name == "answered"):
        acknowledge(station, open_line, about_dir, about)
    _stage(station, open_line, about_dir, about, name, entry.wall)


def _is_said_often(station: Station, open_line: OpenLine, act: Act, dir: int) -> bool:
    """Whether a side has said the same of a message so often that once more stands in the record
    alone."""
    about_dir, about, name, _, _ = act
    rows = station.store.sql(
        "SELECT 1 FROM acts WHERE line_id = ? AND inc = ? AND about_dir = ? AND about = ?"
        " AND dir = ? AND act = ? LIMIT ?",
        (*open_line.key, about_dir, about, dir, name, ACTS_MAX),
    )
    return len(rows) >= ACTS_MAX


def acknowledge(station: Station, open_line: OpenLine, dir: int, n: int) -> None:
    """A person of the reader's side has dealt with it: its clock stops."""
    changed = station.store.sql(
        "UPDATE messages SET acknowledged = ?, due = NULL"
        " WHERE line_id = ? AND inc = ? AND dir = ? AND n = ? AND acknowledged IS NULL"
        " RETURNING precedence",
        (station.now.wall, *open_line.key, dir, n),
    )
    for row in changed:
        station.publish(
            "message",
            open_line,
            state="acknowledged",
            dir=open_line.side(dir),
            n=n,
            precedence=Precedence(row["precedence"]).name,
        )


def say_about(station: Station, open_line: OpenLine, queue_id: int, act: Act) -> None:
    """An entry of ours about a message is released; it gets its number in its turn."""
    by = (open_line.current.inc, open_line.ours, -1 - queue_id)
    note_act(station, open_line, act, by, station.now.wall)


def note_act(
    station: Station,
    open_line: OpenLine,
    act: Act,
    by: tuple[int, int, int],
    ours: float,
    theirs: float | None = None,
) -> None:
    """What is said of a message, by the entry of an incarnation, direction and number; when, by our
    clock and by that of its speaker."""
    about_dir, about, name, person, detail = act
    station.store.sql(
        "INSERT OR IGNORE INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (*open_line.key, about_dir, about, *by, name, ours, theirs, person, detail),
    )


def displayed(
    station: Station,
    open_line: OpenLine,
    entry: EntryRow,
    payload: Value,
    inc: int | None = None,
) -> None:
    """Ranges of ours they had on a screen. Each message counts once, however often they say so."""
    for item in payload[:RANGES_MAX] if isinstance(payload, list) else []:
        if not (isinstance(item, list) and len(item) in (2, 3) and all(map(is_number, item))):
            continue
        life = open_line.life(item[2]) if len(item) == 3 else open_line
        if life is None:
            continue
        for n in mark_displayed(station, life, 1 - entry.dir, item[0], item[1]):
            act: Act = (1 - entry.dir, n, "displayed", None, "")
            index(station, life, entry, act, inc)


def mark_displayed(
    station: Station, open_line: OpenLine, dir: int, first: int, count: int
) -> list[int]:
    """Note that messages were displayed; the numbers of those that had not been."""
    rows = station.store.sql(
        "UPDATE messages INDEXED BY messages_not_displayed SET displayed = 1 WHERE line_id = ?"
        " AND inc = ? AND dir = ? AND n >= ? AND n < ? AND displayed = 0 RETURNING n",
        (*open_line.key, dir, first, min(first + count, 1 << 53)),
    )
    return sorted(row["n"] for row in rows)


def _about_read_back(
    station: Station, open_line: OpenLine, dir: int, n: int, type: Type, payload: list[Value]
) -> list[About]:
    """What CONFIRMED or CORRECTED says about the message that READBACK `n` was about."""
    rows = station.store.sql(
        "SELECT inc, about_dir, about FROM acts"
        " WHERE line_id = ? AND by_inc = ? AND dir = ? AND n = ? AND act = 'read back'",
        (*open_line.key, dir, n),
    )
    detail = in_words(payload[1]) if type == Type.CORRECTED and len(payload) > 1 else ""
    return [
        (
            station.line_of(open_line.id, row["inc"]),
            (row["about_dir"], row["about"], ACTS[type], None, detail),
        )
        for row in rows[:1]
    ]


def in_words(value: Value) -> str:
    """A read-back or a text as people see it."""
    if isinstance(value, dict):
        value = "; ".join(f"{field}: {said}" for field, said in value.items())
    return str(value)[:DETAIL_CHARACTERS_MAX] if isinstance(value, str | int) else ""


def is_number(value: Value) -> bool:
    """Whether a value can be the number of an entry, a person, or a moment."""
    return type(value) is int and 0 <= value < 1 << 53


def dir_of(open_line: OpenLine, key: Key) -> int:
    """In whose log a reference of ours belongs."""
    return open_line.theirs if key == Key.ANSWERS else open_line.ours


def references_view(
    open_line: OpenLine, header: Mapping[Value, Value], names: Mapping[str, Key]
) -> dict[str, Any]:
    """The references of a draft, by name."""
    found: dict[str, Any] = {}
    for name, key in names.items():
        found.update(reference_view(open_line, name, header.get(key), dir_of(open_line, key)))
    return found


def reference_view(open_line: OpenLine, name: str, value: Value, dir: int) -> list[tuple[str, Any]]:
    """The number a header refers to, in the log where such a reference belongs, and the line with
    the incarnation it is of."""
    if isinstance(value, list) and len(value) in (2, 3) and all(map(is_number, value)):
        life = open_line.life(value[2]) if len(value) == 3 else open_line
        if value[0] == dir and life is not None:
            return [(name, int(value[1])), (f"{name}_line", life.address)]
    return [(name, None), (f"{name}_line", None)]


# --- finding them


def is_message(station: Station, open_line: OpenLine, dir: int, n: int) -> bool:
    """Whether that entry is a message in the record."""
    return find(station, open_line, dir, n) is not None


def find(station: Station, open_line: OpenLine, dir: int, n: int) -> Any | None:
    """The row of a message, or None."""
    rows = station.store.sql(
        "SELECT * FROM messages WHERE line_id = ? AND inc = ? AND dir = ? AND n = ?",
        (*open_line.key, dir, n),
    )
    return rows[0] if rows else None


def is_early(station: Station, open_line: OpenLine, dir: int, n: int) -> bool:
    """Whether a message of that number can be in no record yet."""
    return dir == open_line.theirs and n >= open_line.their_size


def must_find(
    station: Station, open_line: OpenLine, dir: int, n: int, *, early_too: bool = False
) -> Any:
    """The row of a message; Refused when there is none of this number, or a provisional one."""
    row = find(station, open_line, dir, n)
    if row is None:
        whose = "ours" if dir == open_line.ours else "theirs"
        verb = "outbox" if whose == "ours" else "inbox"
        raise Refused(
            f"There is no message {n} of {whose} on the line {open_line.agreed.name}.",
            f"`parley {verb}` shows the numbers.",
        )
    if not early_too and is_early(station, open_line, dir, n):
        missing = early.outstanding(station, open_line, n)
        raise Refused(
            f"Message {n} is provisional: {missing} of theirs must come before it.",
            "Until it has joined the record it can be read and opened, and nothing else.",
            rule="G3",
        )
    return row


def _stage(
    station: Station,
    open_line: OpenLine,
    dir: int,
    n: int,
    stage: str,
    at: float,
    marks: int | None = None,
) -> None:
    more: dict[str, Any] = {}
    if marks is not None:
        more["precedence"] = Precedence(marks >> 6).name
    station.publish("stage", open_line, dir=open_line.side(dir), n=n, stage=stage, at=at, **more)
