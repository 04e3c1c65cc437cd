"""Beginning a line anew: who asks, who agrees, and what becomes of what was under way.

A line that has halted, or on which nothing is heard, goes on in a new incarnation once a watch
officer of each side has said so (docs/decisions/0009). What the other side holds of ours is not
said twice, what it never had is said again, in its order and with the history of its draft; all
that was said before stays readable where it was. Source: spec/resume.md.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from parley.core.effects import Begun, Saying
from parley.core.entry import (
    BARE_TYPES,
    Key,
    Precedence,
    Type,
    body_of,
    check_text,
    read_body,
)
from parley.core.errors import Refused
from parley.core.kept import Change, EntryRow, QueueRow
from parley.core.keys import Entropy
from parley.core.life import Life
from parley.core.record import EMPTY_ROOT
from parley.core.resuming import REASON_BYTES_MAX, End, Resume, ends, in_order
from parley.core.terms import Terms
from parley.core.wire import Value
from parley.station import meeting, messages
from parley.station.declared import ALL, Act, Declared, Limits
from parley.station.lines import Agreed, OpenLine, PastLine
from parley.station.operations import Words, operation
from parley.station.person import Person
from parley.station.standing import check_not_closed
from parley.store import Store
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

# About the line itself: each incarnation says these for itself.
NOT_SAID_AGAIN = frozenset((Type.SERVICE, Type.ROSTER))


# --- a line and its incarnations


def _next(store: SqliteStore, terms: Terms) -> int:
    """The incarnation that a later agreement of this line began; above all when there is none."""
    rows = store.sql(
        "SELECT min(inc) FROM agreements WHERE line_id = ? AND inc > ?", (terms.line_id, terms.inc)
    )
    return rows[0][0] or 1 << 32


def load(store: SqliteStore, agreed: Agreed, entropy: Entropy) -> tuple[Life, list[PastLine]]:
    """A line as it was kept: the incarnation at work, and those that have ended."""
    terms = agreed.terms
    terms = replace(terms, later_psk=meeting.later(store, terms.line_id, terms.inc))
    kept = {
        each.inc: store.load(terms.line_id, each.inc, terms.side)
        for each in store.enrolled()
        if each.line_id == terms.line_id and terms.inc <= each.inc < _next(store, terms)
    }
    life = Life(terms, kept, entropy, partial(store.root_at, terms.line_id))
    rows = store.sql(
        "SELECT whole FROM resumptions WHERE line_id = ? AND inc = ?", (terms.line_id, life.inc)
    )
    life.is_whole(not rows or rows[0]["whole"] is not None)
    return life, [PastLine(agreed, life.line_of(inc, kept[inc])) for inc in life.past]


def take_up(station: Station, agreed: Agreed) -> OpenLine:
    """A line that was agreed on, as it stands now."""
    open_line = OpenLine(agreed, *load(station.store, agreed, station.entropy))
    read_declared(station, open_line)
    return open_line


def take_up_again(station: Station, open_line: OpenLine) -> None:
    """The same line as it is durable now."""
    open_line.take_up(open_line.base, *load(station.store, open_line.base, station.entropy))
    read_declared(station, open_line)


def read_declared(station: Station, open_line: OpenLine) -> None:
    """What both sides have said about the line itself, and what of ours waits to be said; a
    suspension stands until both lift it, in whatever incarnation (N11)."""
    carried: list[Act] = []
    for life in open_line.lives:
        life.declared = Declared(life.ours, *life.agreed.suspending)
        life.declared.acts += carried
        for entry in messages.about_the_line(station, life):
            life.declared.add(entry)
        standing = life.declared.standing(_limits(station, life))
        carried = [replace(act, n=-1, seen=0) for act in standing]
    for row in open_line.line.line.queue:
        open_line.declared.waits(row, station.now.wall)


def _limits(station: Station, life: OpenLine) -> Limits:
    """How far its logs go: where they ended, so that both sides are of one mind."""
    rows = station.store.sql(
        "SELECT size_0, size_1 FROM resumptions WHERE line_id = ? AND of = ?", life.key
    )
    return (rows[0]["size_0"], rows[0]["size_1"]) if rows else ALL


# --- what is missing, and what is to be said again


def lacks(store: Store, key: tuple[bytes, int], dir: int, size: int, end: End) -> int:
    """How many entries of an ended log are missing here, or differ, when `size` are here."""
    if size >= end.size:
        root = store.root_at(*key, dir, end.size) if end.size else EMPTY_ROOT
        return 0 if root == end.root else end.size
    return end.size - size


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
            " RETURNING *",
            (*old.key, old.ours, size),
        ):
            acts.setdefault(act["n"], []).append(tuple(act))
        return cls([*store.entries(*old.key, old.ours, size), *queue], drafts, acts)

    def say_again(
        self, station: Station, old: OpenLine, new: OpenLine, held: list[EntryRow]
    ) -> int:
        """Say in the new incarnation what is not among `held`; how many entries."""
        store, again = station.store, 0
        pairs = unsaid(self.rows, held)
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
            if before >= 0 and not any(each.n == before for each in held):
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
        sizes = store.sql(
            "SELECT size_0, size_1 FROM records WHERE line_id = ? AND inc = ?", old.key
        )[0]
        store.keep(
            Change(
                *old.key,
                (sizes[old.ours], sizes[old.theirs]),
                queue_drop=[row.id for row in self.rows if isinstance(row, QueueRow)],
                outbox_drop_below=1 << 62,
            )
        )
        return again

    def _act_again(self, station: Station, before: int, inc: int, n: int) -> None:
        """What an entry says about others it says under its new number too."""
        for act in self.acts.get(before, ()):
            station.store.sql(
                "INSERT OR IGNORE INTO acts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*act[:4], inc, act[5], n, *act[7:]),
            )


_OURS = (Key.FOLLOWS, Key.REVOKES)  # references to entries of our own


def _points_nowhere(row: EntryRow | QueueRow, ours: int, places: dict[int, int | None]) -> bool:
    """Whether it corrects or retracts an entry of ours that is not in the ended log under the
    number it names: nobody has that one, or the number is of another."""
    content = read_body(row.type, row.marks, row.body)
    named = [content.header.get(key) for key in _OURS] if content else []
    return any(
        isinstance(each, list) and len(each) == 2 and each[0] == ours
        and places.get(each[1], each[1]) != each[1]
        for each in named
    )  # fmt: skip


def _comes_back(
    station: Station, old: OpenLine, new: OpenLine, draft: int, row: EntryRow | QueueRow
) -> None:
    """Its draft is open again, without the reference, and says why (N10)."""
    (written,) = station.store.sql("SELECT body FROM drafts WHERE id = ?", (draft,))
    content = read_body(row.type, row.marks, bytes(written["body"]))
    assert content is not None
    header = dict(content.header)
    named = [header.pop(key)[1] for key in _OURS if key in header]
    body = body_again(row.type, row.marks, body_of(row.type, header, content.payload), old.inc)
    (release,) = station.store.sql(
        "DELETE FROM releases WHERE draft = ? RETURNING person, at", (draft,)
    )
    why = (
        f"It corrected or retracted {named[0]} of ours in incarnation {old.inc}, which"
        f" {new.agreed.counterpart} never had under that number and which has another one now."
    )
    station.store.sql(
        "UPDATE drafts SET inc = ?, base = 0, body = ? WHERE id = ?", (new.inc, body, draft)
    )
    station.store.sql(
        "INSERT INTO given_back (draft, releaser, released, at, why) VALUES (?, ?, ?, ?, ?)",
        (draft, release["person"], release["at"], station.now.wall, why),
    )
    station.trail.happened(
        station.now.wall, f"given back ({new.agreed.name})", f"draft {draft}: {why}"
    )
    station.publish("draft", new, draft=draft, state="given back")


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


# --- when a new incarnation begins


def begun(station: Station, open_line: OpenLine, begun: Begun) -> None:
    """In the step's transaction: the old incarnation is put by, and what is to be said again is
    said."""
    store, before = station.store, open_line.inc
    open_line.take_up(open_line.base, *load_again(station, open_line))
    old, ours, theirs = open_line.life(before), begun.ours, begun.theirs
    assert old is not None
    a, b = in_order(begun.terms, ours, theirs)
    ended = ends(a, b)
    state = station.state(old)
    sizes = (state.our_size, state.their_size) if old.ours == 0 else (
        state.their_size, state.our_size
    )  # fmt: skip
    of = max(a.of, b.of)
    if of == before:
        lost = [lacks(store, old.key, dir, sizes[dir], ended[dir]) for dir in (0, 1)]
    else:  # they were in a later one, of which nothing is here
        lost = [ended[0].size, ended[1].size]
    store.sql(
        "INSERT INTO resumptions (line_id, inc, of, size_0, root_0, size_1, root_1, begun,"
        " asked_by, their_ask, lost_0, lost_1, whole)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            *open_line.key,
            of,
            ended[0].size,
            ended[0].root,
            ended[1].size,
            ended[1].root,
            station.now.wall,
            ours.reason,
            theirs.reason,
            *lost,
            None if any(lost) or of != before else station.now.wall,
        ),
    )
    open_line.line.is_whole(not any(lost) and of == before)
    # What was shown across a gap and never joined is said again by its speaker.
    store.sql(
        "DELETE FROM messages WHERE line_id = ? AND inc = ? AND dir = ? AND n >= ?",
        (*old.key, old.theirs, state.their_size),
    )
    open_line.shown_upto, open_line.shown_early = 0, frozenset()
    _move_drafts(station, old, open_line)
    again = 0
    if of == before and not lost[old.ours]:
        size = ended[old.ours].size
        held = store.entries(*old.key, old.ours, ours.own.size, size - ours.own.size)
        again = Unsaid.of(station, old, ours.own.size).say_again(station, old, open_line, held)
        store.sql(
            "UPDATE resumptions SET said_again = ? WHERE line_id = ? AND inc = ?",
            (again, *open_line.key),
        )
        if size > state.receipted:
            store.sql(
                "INSERT OR IGNORE INTO receipts VALUES (?, ?, ?, ?)",
                (*old.key, size, station.now.wall),
            )
    read_declared(station, open_line)
    station.roster_changed = True
    sentence = in_words(open_line.agreed.counterpart, lost, old.ours, again, of == before)
    station.trail.happened(station.now.wall, f"line begun anew ({open_line.agreed.name})", sentence)
    station.publish("line", open_line, state="begun anew", sentence=sentence)


def load_again(station: Station, open_line: OpenLine) -> tuple[Life, list[PastLine]]:
    """The same life, and its past with the incarnation that has just ended."""
    terms = open_line.base.terms
    life = open_line.line
    past = [
        PastLine(
            open_line.base,
            life.line_of(inc, station.store.load(terms.line_id, inc, terms.side)),
        )
        for inc in life.past
    ]
    return life, past


def _move_drafts(station: Station, old: OpenLine, new: OpenLine) -> None:
    """Drafts that are open are of the line, not of an incarnation."""
    store = station.store
    for row in store.sql(
        "SELECT d.id, d.type, d.precedence, d.status, d.body FROM drafts d"
        " LEFT JOIN releases r ON r.draft = d.id"
        " WHERE d.line_id = ? AND d.inc = ? AND r.draft IS NULL AND d.withdrawn IS NULL",
        old.key,
    ):
        marks = row["precedence"] << 6 | row["status"] << 3
        body = body_again(row["type"], marks, bytes(row["body"]), old.inc)
        store.sql(
            "UPDATE drafts SET inc = ?, base = 0, body = ? WHERE id = ?", (new.inc, body, row["id"])
        )


def in_words(counterpart: str, lost: list[int], ours: int, again: int, same: bool) -> str:
    """What became of the old incarnation, in a sentence or two."""
    said = {0: "Nothing of ours had to be said again", 1: "1 entry of ours, which they never had,"
            " is said again"}.get(again, f"{again} entries of ours, which they never had, are said"
            " again")  # fmt: skip
    if same and not any(lost):
        return f"Both hold the same record. {said}."
    missing = f"{lost[ours]} of ours and {lost[1 - ours]} of theirs"
    return (
        f"Entries are missing here: {missing}. {counterpart} holds them; take in its export with"
        " `parley supply`."
    )


# --- operations


@operation("line.resume", roles=("watch",))
def line_resume(
    station: Station, who: Person, *, reason: Words, line: str | None = None
) -> dict[str, Any]:
    """Ask the other side to begin the line anew, or agree when it asks."""
    open_line = station.line(line).current
    check_text(reason)
    if len(reason.encode()) > REASON_BYTES_MAX or "\n" in reason:
        raise Refused(
            f"A reason is one line of at most {REASON_BYTES_MAX} bytes.", "Say it in a few words."
        )
    check_not_closed(open_line)
    if open_line.agreed.terms.deniable:
        raise Refused(
            "A deniable line does not begin anew: a RESUME is signed, and says what was said.",
            "Agree anew: `parley agree propose --replaces LINE`.",
            "N2",
        )
    if open_line.stop is not None:
        open_line.check_not_halted(station.state(open_line))
    if open_line.base.psk0 and open_line.line.terms.later_psk is None:
        raise Refused(
            "This line was agreed on with a secret of the meeting, of which an earlier version kept"
            " nothing for a new beginning.",
            "Propose a new line.",
            "N3",
        )
    asked = open_line.line.resumption
    made = open_line.line.resume(reason, station.now)
    station.publish("line", open_line, state="resuming")
    return {
        "line": open_line.agreed.hex,
        "name": open_line.agreed.name,
        "counterpart": open_line.agreed.counterpart,
        "inc": made.inc,
        "answers": asked.theirs is not None,
        "reason": made.reason,
    }


def resumption_view(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """What is asked for, and what became of the last one."""
    asked = open_line.line.resumption
    rows = station.store.sql(
        "SELECT * FROM resumptions WHERE line_id = ? AND inc = ?", open_line.key
    )
    last = None
    if rows:
        row = rows[0]
        lost = (row["lost_0"], row["lost_1"])
        last = {
            "of": row["of"],
            "begun": row["begun"],
            "our_reason": row["asked_by"],
            "their_reason": row["their_ask"],
            "lost": {"ours": lost[open_line.ours], "theirs": lost[open_line.theirs]},
            "said_again": row["said_again"],
            "whole": row["whole"],
        }
    return {
        "ours": asked.ours and _asked(asked.ours),
        "theirs": asked.theirs and _asked(asked.theirs),
        "next": next_step(open_line, station.state(open_line).halted is not None),
        "last": last,
    }


def _asked(resume: Resume) -> dict[str, Any]:
    return {"inc": resume.inc, "reason": resume.reason}


def next_step(open_line: OpenLine, halted: bool) -> str | None:
    """Who is to do what, in a sentence; None when the line goes on and nobody asks."""
    asked, there = open_line.line.resumption, open_line.agreed.counterpart
    if asked.ours is None and asked.theirs is None:
        if not halted or open_line.stop is not None:
            return None
        if open_line.agreed.terms.deniable:
            return (
                f"Call {there} by another way. A deniable line does not begin anew: both agree anew"
                " (`parley agree propose --replaces LINE`)."
            )
        return (
            f"Call {there} by another way. When both know why, a watch officer of each side begins"
            " the line anew, by `parley resume` or on the page of lines."
        )
    if asked.ours is None:
        return (
            f"{there} asks to begin the line anew. A watch officer here agrees, by `parley resume`"
            " or on the page of lines: the record is kept, and both get fresh keys."
        )
    if asked.theirs is None:
        return f"We have asked to begin the line anew; a watch officer at {there} is to agree."
    return "Both have agreed; the line begins anew with the next exchange."
