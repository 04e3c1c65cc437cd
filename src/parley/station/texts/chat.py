"""Operators' chat of a line: what those who keep it going say to each other, one person alone.

It stands in the record as entries of type 03 and is no official text: nobody releases it, nothing
is asked of whoever reads it, and it rings nowhere. What keeps its words out of messages is in
`quoting.py`. Source: spec/chat.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.catalogue.chat import CHAT_BYTES_MAX
from parley.core.effects import Saying
from parley.core.entry import Key, Precedence, Status, Type, body_of, check_text, read_body
from parley.core.errors import Refused
from parley.core.kept import EntryRow
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import HANDLERS, READERS, Person
from parley.station.line import roster
from parley.station.line.lines import OpenLine, posix, since_2020
from parley.station.line.wording import check_mark
from parley.station.texts.views import entry_view, names_of

if TYPE_CHECKING:
    from parley.station.station import Station

CHATTERS = ("watch", "operator", "engineer")  # who keep the line going
WAITING_MAX = 32  # so that what was said when nothing carried it is not read out as news
SHOWN = 100
SHOWN_MAX = 1000


@operation("chat.say", roles=CHATTERS)
def say(station: Station, who: Person, *, text: Words, line: str | None = None) -> dict[str, Any]:
    """Say something in the operators' chat of a line; it is no message, and goes out at once."""
    open_line = station.line(line).current
    check_text(text)
    check_mark(text, open_line.agreed.mark)
    if len(text.encode()) > CHAT_BYTES_MAX:
        raise Refused(
            f"A line of chat may have {CHAT_BYTES_MAX:,} bytes at most.",
            "What is to be said at length is written as a message, which a second person releases.",
            "O1",
        )
    if len(_waiting(station, open_line)) >= WAITING_MAX:
        raise Refused(
            f"{WAITING_MAX} lines of chat wait to be sent on this line.",
            "They go out with the next path. What cannot wait is a message.",
            "O3",
        )
    if not who.roles.intersection(HANDLERS):
        roster.name_too(station, open_line, who)
    header: dict[int, Any] = {Key.DRAFTER: who.id}
    if not open_line.numbers_at_once(station.state(open_line)):
        header[Key.COMPOSED] = since_2020(station.now.wall)
    body = body_of(Type.CHAT, header, text)
    saying = Saying(Type.CHAT, Precedence.ROUTINE, open_line.agreed.mark, body)
    result: dict[str, Any] = {
        "line": open_line.agreed.hex,
        "status": open_line.agreed.mark.name,
        "text": text,
        "n": None,
        "waiting": None,
    }
    station.await_number(open_line, station.say(open_line, saying), result)
    return result


@operation("chat.show", roles=(*READERS, "operator", "engineer"), reads=True, setup=True)
def show(
    station: Station,
    who: Person,
    *,
    line: str | None = None,
    before: int | None = None,
    limit: int = SHOWN,
) -> dict[str, Any]:
    """The chat of a line, all its incarnations, oldest first; the newest unless `before` is given,
    the place of an entry. And what of ours waits to be sent."""
    open_line = station.line(line).current
    upto = (1 << 53) if before is None else before
    most = max(1, min(limit, SHOWN_MAX))
    found: list[tuple[int, dict[str, Any]]] = []
    for life in open_line.lives:
        found += _said(station, life, upto, most + 1)
    found.sort(key=lambda item: item[0])
    shown = found[-most:]
    return {
        "line": open_line.agreed.hex,
        "line_name": open_line.agreed.name,
        "counterpart": open_line.agreed.counterpart,
        "mark": open_line.agreed.mark.name,
        "chat": [view for _, view in shown],
        "before": shown[0][0] if len(found) > most else None,
        "waiting": _waiting(station, open_line) if before is None else [],
        "read_upto": _read_upto(station, open_line, who),
    }


@operation("chat.seen", roles=CHATTERS, quiet=True)
def seen(station: Station, who: Person, *, entry: int, line: str | None = None) -> dict[str, Any]:
    """A person has had the chat of a line on a screen, up to the entry of that place."""
    open_line = station.line(line).current
    newest = max((_newest(station, life) for life in open_line.lives), default=0)
    upto = min(max(entry, _read_upto(station, open_line, who)), newest)
    station.store.sql(
        "REPLACE INTO chat_read (person, line_id, entry) VALUES (?, ?, ?)",
        (who.id, open_line.id, upto),
    )
    station.publish("chat", open_line, state="read")
    return {"line": open_line.agreed.hex, "read_upto": upto}


def took(station: Station, open_line: OpenLine, entry: EntryRow) -> None:
    """A line of chat has joined the record: pages renew themselves, and nothing rings (O2)."""
    if entry.type == Type.CHAT:
        station.publish("chat", open_line, dir=open_line.side(entry.dir), n=entry.n)


def status_view(station: Station, open_line: OpenLine, who: Person) -> dict[str, Any]:
    """What a first page says of it: how much of theirs this person has not seen, the newest."""
    upto = _read_upto(station, open_line, who)
    rows = [
        row
        for life in open_line.lives
        for row in station.store.sql(
            "SELECT count(*) AS count, max(wall) AS newest FROM entries"
            " WHERE line_id = ? AND inc = ? AND type = 3 AND dir = ? AND id > ?",
            (*life.key, life.theirs, upto),
        )
    ]
    return {
        "unread": sum(row["count"] for row in rows),
        "newest": max((row["newest"] for row in rows if row["newest"] is not None), default=None),
    }


def _said(
    station: Station, open_line: OpenLine, before: int, limit: int
) -> list[tuple[int, dict[str, Any]]]:
    rows = station.store.sql(
        "SELECT id, dir, n FROM entries WHERE line_id = ? AND inc = ? AND type = 3 AND id < ?"
        " ORDER BY id DESC LIMIT ?",
        (*open_line.key, before, limit),
    )
    names = {dir: names_of(station, open_line, dir) for dir in (0, 1)} if rows else {}
    receipted = station.state(open_line).receipted
    found: list[tuple[int, dict[str, Any]]] = []
    for row in rows:
        entry = station.entry(open_line, row["dir"], row["n"])
        content = read_body(entry.type, entry.marks, entry.body)
        header = content.header if content else {}
        view = entry_view(entry, content)
        ours = entry.dir == open_line.ours
        found.append(
            (
                row["id"],
                {
                    "entry": row["id"],
                    "line": open_line.address,
                    "inc": open_line.inc,
                    "dir": open_line.side(entry.dir),
                    "n": entry.n,
                    "status": view["status"],
                    "precedence": view["precedence"],
                    "text": view["text"],
                    "problem": view["problem"],
                    "by": names[entry.dir].person(header.get(Key.DRAFTER)),
                    "composed": _composed(header, posix(entry.time)),
                    "time": posix(entry.time),
                    "kept": entry.wall,
                    "received": entry.n < receipted if ours else True,
                },
            )
        )
    return found


def _waiting(station: Station, open_line: OpenLine) -> list[dict[str, Any]]:
    """What of ours has no number yet, in its order."""
    rows = station.store.sql(
        "SELECT marks, body FROM queue WHERE line_id = ? AND inc = ? AND type = 3 ORDER BY id",
        open_line.key,
    )
    names = names_of(station, open_line, open_line.ours) if rows else None
    found: list[dict[str, Any]] = []
    for row in rows:
        content = read_body(Type.CHAT, row["marks"], row["body"])
        assert content is not None
        assert names is not None
        found.append(
            {
                "status": Status(row["marks"] >> 3 & 7).name,
                "text": content.payload,
                "by": names.person(content.header.get(Key.DRAFTER)),
                "composed": _composed(content.header, station.now.wall),
            }
        )
    return found


def _composed(header: dict[Any, Any], otherwise: float) -> float:
    """When it was said, where it had to wait for its number."""
    at = header.get(Key.COMPOSED)
    return posix(at) if type(at) is int and 0 <= at < 1 << 32 else otherwise


def _newest(station: Station, open_line: OpenLine) -> int:
    rows = station.store.sql(
        "SELECT max(id) AS id FROM entries WHERE line_id = ? AND inc = ? AND type = 3",
        open_line.key,
    )
    return int(rows[0]["id"] or 0)


def _read_upto(station: Station, open_line: OpenLine, who: Person) -> int:
    rows = station.store.sql(
        "SELECT entry FROM chat_read WHERE person = ? AND line_id = ?", (who.id, open_line.id)
    )
    return int(rows[0]["entry"]) if rows else 0
