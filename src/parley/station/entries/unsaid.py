"""What was released on a line that begins anew, and what the other side may never have had of it.

It is said again, in its order and with all that is noted of it; what refers to an entry that nobody
has comes back to its drafter. Source: spec/resume.md N8 and N10.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.core.effects import Saying
from parley.core.entry import BARE_TYPES, Key, Precedence, Type, body_of, read_body
from parley.core.errors import Refused
from parley.core.kept import Change, EntryRow, QueueRow
from parley.core.wire import Value
from parley.station.acts.own_acts import NOT_KNOWN_HERE, POINTED_AT
from parley.station.entries import early, messages
from parley.station.line.lines import OpenLine
from parley.store.reading import Reading

if TYPE_CHECKING:
    from parley.station.station import Station

# About the line itself: each incarnation says these for itself. Pieces of files too, since it is
# known how much of each the other side holds (spec/files.md F12).
NOT_SAID_AGAIN = frozenset((Type.SERVICE, Type.ROSTER, Type.FILE_PIECE))


def sizes_of(store: Reading, life: OpenLine) -> tuple[int, int]:
    """How many entries are here of our log and of theirs, as they are in the store now."""
    (row,) = store.sql("SELECT size_0, size_1 FROM records WHERE line_id = ? AND inc = ?", life.key)
    return row[life.ours], row[life.theirs]


def unsaid(
    said: Iterable[EntryRow | QueueRow], held: Iterable[EntryRow]
) -> list[tuple[EntryRow | QueueRow, EntryRow | None]]:
    """Of what we released, in its order, what the other side does not hold, beside the entry where
    it does (N10).

    It is told by its words and not by its number: a station that was restored gave what it had
    released before other numbers.
    """
    there: dict[tuple[int, int, bytes], list[EntryRow]] = {}
    for row in held:
        there.setdefault((row.type, row.marks, row.body), []).append(row)
    found: list[tuple[EntryRow | QueueRow, EntryRow | None]] = []
    for each in said:
        same = there.get((each.type, each.marks, each.body))
        if same:
            found.append((each, same.pop(0)))
        elif each.type not in NOT_SAID_AGAIN:
            found.append((each, None))
    return found


@dataclass(frozen=True, slots=True)
class Unsaid:
    """What of ours the other side may not hold, with all that is noted of it."""

    rows: list[EntryRow | QueueRow]
    drafts: dict[int, int]  # by number in the log, or -1 minus the one in the queue
    acts: dict[int, list[tuple[Any, ...]]]

    @classmethod
    def of(cls, station: Station, old: OpenLine, size: int) -> Unsaid:
        """Our log from `size` on, and what waits behind it."""
        store = station.store
        queue = sorted(
            store.load(*old.key, old.ours).queue, key=lambda row: (-row.precedence, row.id)
        )
        drafts = {
            -1 - row["queue_id"] if row["n"] is None else row["n"]: row["draft"]
            for row in store.sql(
                "SELECT draft, queue_id, n FROM releases WHERE line_id = ? AND inc = ?"
                " AND (n IS NULL OR n >= ?)",
                (*old.key, size),
            )
        }
        acts: dict[int, list[tuple[Any, ...]]] = {}
        for act in store.sql(
            "DELETE FROM acts WHERE line_id = ? AND by_inc = ? AND dir = ? AND (n < 0 OR n >= ?)"
            " AND act <> ? RETURNING *",
            (*old.key, old.ours, size, early.OPENED),
        ):
            acts.setdefault(act["n"], []).append(tuple(act))
        return cls([*store.entries(*old.key, old.ours, size), *queue], drafts, acts)

    def say_again(
        self, station: Station, old: OpenLine, new: OpenLine, held: list[EntryRow]
    ) -> int:
        """Say in the new incarnation what is not among `held`; how many entries."""
        store, again = station.store, 0
        pairs, numbers = unsaid(self.rows, held), {row.n for row in held}
        places = {
            row.n: same.n if same else None for row, same in pairs if isinstance(row, EntryRow)
        }
        for row, same in pairs:
            before = -1 - row.id if isinstance(row, QueueRow) else row.n
            draft = self.drafts.get(before)
            if same is not None:
                store.sql("UPDATE releases SET n = ? WHERE draft = ?", (same.n, draft))
                self._act_again(station, before, old.inc, same.n)
                continue
            if before >= 0 and before not in numbers:
                store.sql(
                    "DELETE FROM messages WHERE line_id = ? AND inc = ? AND dir = ? AND n = ?",
                    (*old.key, old.ours, before),
                )
            if draft is not None and _points_nowhere(row, old.ours, places):
                _comes_back(station, old, new, draft, row)
                continue
            body = body_again(row.type, row.marks, row.body, old.inc)
            saying = Saying(row.type, Precedence(row.marks >> 6), row.marks >> 3 & 7, body)
            queue_id = station.say(new, saying, again=True)
            again += 1
            store.sql(
                "UPDATE releases SET inc = ?, queue_id = ?, n = NULL WHERE draft = ?",
                (new.inc, queue_id, draft),
            )
            self._act_again(station, before, new.inc, -1 - queue_id)
        drafts_point_somewhere(station, old, new, places)
        self._leave_nothing(station, old)
        return again

    def give_back(self, station: Station, old: OpenLine, new: OpenLine) -> int:
        """Open the drafts again, since an incarnation is missing here in which they may have been
        said; how many. Acknowledgements are given up (docs/decisions/0012)."""
        why, store = _unknown(new), station.store
        given = 0
        for row in self.rows:
            before = -1 - row.id if isinstance(row, QueueRow) else row.n
            if before >= 0:
                store.sql(
                    "DELETE FROM messages WHERE line_id = ? AND inc = ? AND dir = ? AND n = ?",
                    (*old.key, old.ours, before),
                )
            draft = self.drafts.get(before)
            if draft is not None:
                _comes_back(station, old, new, draft, row, why)
                given += 1
        self._leave_nothing(station, old)
        return given

    def _leave_nothing(self, station: Station, old: OpenLine) -> None:
        """Nothing waits in what has ended."""
        station.store.keep(
            Change(
                *old.key,
                sizes_of(station.store, old),
                queue_drop=[row.id for row in self.rows if isinstance(row, QueueRow)],
                outbox_drop_below=1 << 62,
            )
        )

    def _act_again(self, station: Station, before: int, inc: int, n: int) -> None:
        """What an entry says about others it says under its new number too."""
        for act in self.acts.get(before, ()):
            station.store.sql(
                "INSERT OR IGNORE INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*act[:4], inc, act[5], n, *act[7:]),
            )


_OURS = (Key.FOLLOWS, Key.REVOKES)  # references to entries of our own


def _points_nowhere(row: EntryRow | QueueRow, ours: int, places: Mapping[int, int | None]) -> bool:
    """Whether it corrects or retracts an entry of ours that is not in the ended log under the
    number it names: nobody has that one, or the number is of another."""
    content = read_body(row.type, row.marks, row.body)
    named = [content.header.get(key) for key in _OURS] if content else []
    return any(isinstance(each, list) and _nowhere(each, [ours], places) for each in named)


def _nowhere(value: list[Value], log: list[Value], places: Mapping[int, int | None]) -> bool:
    """Whether a reference [dir, n, ...] is to that log, and to an entry it has elsewhere or not."""
    if len(value) < 2 or [value[0], *value[2:]] != log or not isinstance(value[1], int):
        return False
    return places.get(value[1], value[1]) != value[1]


def drafts_point_somewhere(
    station: Station, old: OpenLine, new: OpenLine, places: Mapping[int, int | None]
) -> None:
    """What an open draft corrects or retracts must stand in the ended log under that number: else
    it loses the reference and says so (N10)."""
    for row in station.store.sql(
        "SELECT d.id, d.type, d.precedence, d.status, d.body FROM drafts d"
        " WHERE d.id IN (SELECT draft FROM open_drafts) AND d.line_id = ? AND d.inc = ?",
        new.key,
    ):
        content = read_body(row["type"], row["precedence"] << 6 | row["status"] << 3, row["body"])
        assert content is not None
        header = dict(content.header)
        log: list[Value] = [old.ours, old.inc]
        lost = [key for key in _OURS if key in header and _nowhere(header[key], log, places)]
        if not lost:
            continue
        named = [header.pop(key)[1] for key in lost]
        why = _why(new, named[0], old.inc)
        station.store.sql(
            "UPDATE drafts SET body = ?, returned = ? WHERE id = ?",
            (body_of(row["type"], header, content.payload), why, row["id"]),
        )
        station.publish("draft", new, draft=row["id"], state="edited")


def check_whole(station: Station, open_line: OpenLine) -> None:
    """Refuse to correct or retract what may stand under another number with them (N10)."""
    if not station.store.sql(
        "SELECT 1 FROM resumptions WHERE line_id = ? AND of = ? AND whole IS NOT NULL",
        open_line.key,
    ):
        raise Refused(
            f"Entries of incarnation {open_line.inc} are missing here; ours may have other numbers"
            " with the other side.",
            "Take them in first: `parley supply`.",
            "N10",
        )


def _why(new: OpenLine, n: Value, inc: int) -> str:
    return POINTED_AT % {"n": n, "inc": inc, "who": new.agreed.counterpart}


def _unknown(new: OpenLine) -> str:
    return NOT_KNOWN_HERE % {"who": new.agreed.counterpart}


def _comes_back(
    station: Station,
    old: OpenLine,
    new: OpenLine,
    draft: int,
    row: EntryRow | QueueRow,
    why: str = "",
) -> None:
    """Its draft is open again, without the reference, and says why (N10)."""
    (written,) = station.store.sql("SELECT body FROM drafts WHERE id = ?", (draft,))
    content = read_body(row.type, row.marks, bytes(written["body"]))
    assert content is not None
    header = dict(content.header)
    named = [header.pop(key)[1] for key in _OURS if key in header]
    body = body_again(row.type, row.marks, body_of(row.type, header, content.payload), old.inc)
    (release,) = station.store.sql(
        "DELETE FROM releases WHERE draft = ? RETURNING draft, person, at", (draft,)
    )
    station.store.sql(
        "UPDATE drafts SET inc = ?, base = 0, body = ? WHERE id = ?", (new.inc, body, draft)
    )
    messages.comes_back(station, new, release, why or _why(new, named[0], old.inc))


def body_again(type: int, marks: int, body: bytes, inc: int) -> bytes:
    """A body to be said in a later incarnation: what it refers to is of incarnation `inc` (N8)."""
    content = read_body(type, marks, body)
    if content is None:
        return body

    def older(n: Value) -> Value:
        return [n, inc] if isinstance(n, int) else n

    header = {
        key: [*value, inc]
        if key in (Key.ANSWERS, Key.FOLLOWS, Key.REVOKES)
        and isinstance(value, list)
        and len(value) == 2
        else value
        for key, value in content.header.items()
    }
    payload = content.payload
    if isinstance(payload, list) and payload:
        if type == Type.DISPLAYED:
            payload = [[*run, inc] if len(run) == 2 else run for run in payload]
        elif type in BARE_TYPES or type == Type.TEST_ANSWER:
            payload = [older(payload[0]), *payload[1:]]
    return body_of(type, header, payload)
