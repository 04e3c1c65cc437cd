"""Beginning a line anew: who asks, who agrees, and what becomes of what was under way.

A line that has halted, or on which nothing is heard, goes on in a new incarnation once a watch
officer of each side has said so (docs/decisions/0009). What the other side holds of ours is not
said twice, what it never had is said again, in its order and with the history of its draft; all
that was said before stays readable where it was. Source: spec/resume.md.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from parley.core.effects import Begun, Saying
from parley.core.entry import Precedence, Type, body_of, check_text
from parley.core.errors import Refused
from parley.core.keys import Entropy
from parley.core.life import Life, ends_of
from parley.core.record import EMPTY_ROOT
from parley.core.resuming import REASON_BYTES_MAX, End, Resume, ends
from parley.core.terms import Terms
from parley.station.acts.fields import field
from parley.station.acts.operations import Words, operation
from parley.station.acts.own_acts import Own
from parley.station.acts.person import Person
from parley.station.entries import early, files, messages
from parley.station.entries.unsaid import Unsaid, body_again, drafts_point_somewhere
from parley.station.line import meeting
from parley.station.line.declared import ALL, Act, Declared, Limits, Scope
from parley.station.line.lines import Agreed, OpenLine, PastLine, since_2020
from parley.station.line.standing import check_not_closed
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

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
    place = (store, terms.line_id, terms.inc)
    terms = replace(terms, psk0=meeting.unmixed(*place), later_psk=meeting.later(*place))
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


# --- what is missing


class Roots(Protocol):
    """Who knows the root of a log at a size it has had."""

    def root_at(self, line_id: bytes, inc: int, dir: int, size: int, /) -> bytes:
        """The root there."""
        ...


def lacks(store: Roots, key: tuple[bytes, int], dir: int, size: int, stated: End, end: End) -> int:
    """How many entries of an ended log are missing here when `size` are here. Where one is, those
    behind what we stated may be others under the same numbers: they count as missing too; and all
    of them where what we stated is another log."""
    if size >= end.size:
        root = store.root_at(*key, dir, end.size) if end.size else EMPTY_ROOT
        if root == end.root:
            return 0
    return end.size - (stated.size if stated.size < end.size else 0)


# --- when a new incarnation begins


def ending(life: Life, before: int) -> tuple[int, tuple[End, End]]:
    """Of which incarnation the RESUMEs here say how it ended, and where: `before`, which was at
    work here, unless a later one is missing. One that only the other side began, and in which
    nothing is known to have been said, is passed over (N10)."""
    a, b = life.resumes(life.inc)
    newest = of, ended = max(a.of, b.of), ends(a, b)
    while of > before and not any(end.size for end in ended) and (pair := life.resumes(of)):
        of, ended = max(pair[0].of, pair[1].of), ends(*pair)
    return (of, ended) if of == before else newest


def begun(station: Station, open_line: OpenLine, begun: Begun) -> None:
    """In the step's transaction: the old incarnation is put by, and what is to be said again is
    said. What has come with their OPEN is noted next, so the declared state is read after that."""
    store, before = station.store, open_line.inc
    open_line.take_up(open_line.base, *load_again(station, open_line))
    old, ours, theirs = open_line.life(before), begun.ours, begun.theirs
    assert old is not None
    of, ended = ending(open_line.line, before)
    state = station.state(old)
    sizes = (state.our_size, state.their_size) if old.ours == 0 else (
        state.their_size, state.our_size
    )  # fmt: skip
    stated = (ours.own, ours.held) if old.ours == 0 else (ours.held, ours.own)
    if of == before:
        lost = [lacks(store, old.key, dir, sizes[dir], stated[dir], ended[dir]) for dir in (0, 1)]
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
    if state.halted is None:  # else it was told then
        early.halted(station, old)
    station.after_commit(partial(early.nothing_shown, open_line))
    station.after_commit(partial(early.say_what_waits, station, open_line))
    they_hold = ended[old.ours].size if of == before else ours.own.size
    files.begun(station, open_line, old, they_hold)
    _move_drafts(station, old, open_line)
    again = given = 0
    if any(lost):  # nobody can tell yet whose the numbers are that we gave since
        drafts_point_somewhere(
            station, old, open_line, dict.fromkeys(range(ours.own.size, state.our_size))
        )
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
    if of != before:
        given = Unsaid.of(station, old, ours.own.size).give_back(station, old, open_line)
    if theirs.of < ours.of:
        _suspends_again(station, open_line, before)
    station.roster_changed = True
    sentence = in_words(open_line.agreed.counterpart, lost, old.ours, again, of == before)
    if given:
        sentence += f" {given} released here and not known to be there: open drafts again."
    station.trail.happened(station.now.wall, Own.BEGUN_ANEW, sentence, open_line.agreed.name)
    station.publish("line", open_line, state="begun anew", sentence=sentence)


def _suspends_again(station: Station, open_line: OpenLine, before: int) -> None:
    """They were put back beyond what ended, and may not know of a suspension of ours (N11)."""
    read_declared(station, open_line)
    old = open_line.life(before)
    assert old is not None
    for act in old.declared.standing(_limits(station, old)):
        if act.dir == old.ours:
            scope = Scope(since_2020(act.begins), act.types, act.precedences)
            body = body_of(Type.SUSPEND, {}, scope.payload(act.words))
            mark = open_line.agreed.mark
            saying = Saying(Type.SUSPEND, Precedence.IMMEDIATE, mark, body)
            station.say(open_line, saying, again=True)


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
        " WHERE d.id IN (SELECT draft FROM open_drafts) AND d.line_id = ? AND d.inc = ?",
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


@field("reason")
def _check_reason(reason: str) -> None:
    check_text(reason)
    if len(reason.encode()) > REASON_BYTES_MAX or "\n" in reason:
        raise Refused(
            f"A reason is one line of at most {REASON_BYTES_MAX} bytes.", "Say it in a few words."
        )


@operation("line.resume", roles=("watch",))
def line_resume(
    station: Station, who: Person, *, reason: Words, line: str | None = None
) -> dict[str, Any]:
    """Ask the other side to begin the line anew, or agree when it asks."""
    open_line = station.line(line).current
    _check_reason(reason)
    if not close_unheard(open_line):
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


def close_unheard(open_line: OpenLine) -> bool:
    """Whether nothing but our own CLOSE ends the line, and the other side, which asks to begin it
    anew, states a log without it: it listens no more here, and hears it there (N11)."""
    declared, theirs = open_line.declared, open_line.line.resumption.theirs
    if theirs is None or not declared.closing:
        return False
    theirs_hold = theirs.held.size if theirs.of == open_line.inc else 0
    stands = max(ends_of(open_line.line.line)[0].size, theirs_hold)
    return all(act.dir == open_line.ours and act.n >= stands for act in declared.closes())


def resumption_view(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """What is asked for, and what became of the last one."""
    asked = open_line.line.resumption
    step = next_step(open_line, station.state(open_line).halted is not None)
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
        "next": step and step[0],
        "by": step and step[1],
        "close_unheard": close_unheard(open_line),
        "last": last,
        "missing": missing(station, open_line),
    }


def missing(station: Station, open_line: OpenLine) -> list[dict[str, Any]]:
    """What is missing here of which incarnation that has ended, newest first."""
    rows = station.store.sql(
        "SELECT of, lost_0, lost_1 FROM resumptions"
        " WHERE line_id = ? AND inc <= ? AND of >= ? AND whole IS NULL ORDER BY of DESC",
        (*open_line.key, open_line.base.terms.inc),
    )
    return [
        {
            "of": row["of"],
            "ours": row[f"lost_{open_line.ours}"],
            "theirs": row[f"lost_{open_line.theirs}"],
            "whole": open_line.life(row["of"]) is None,  # nothing of it is here
            "asked_as": f"{open_line.agreed.hex[:8]}@{row['of']}",
        }
        for row in rows
    ]


def _asked(resume: Resume) -> dict[str, Any]:
    return {"inc": resume.inc, "reason": resume.reason}


def next_step(open_line: OpenLine, halted: bool) -> tuple[str, str | None] | None:
    """Who is to do what, in a sentence, and by which command; None when the line goes on and nobody
    asks."""
    asked, there = open_line.line.resumption, open_line.agreed.counterpart
    if asked.ours is None and asked.theirs is None:
        if not halted or open_line.stop is not None:
            return None
        if open_line.agreed.terms.deniable:
            return (
                f"Call {there} by another way. A deniable line does not begin anew: both agree"
                " anew.",
                "parley agree propose --replaces LINE",
            )
        return (
            f"Call {there} by another way. When both know why, a watch officer of each side begins"
            " the line anew.",
            "parley resume",
        )
    if asked.ours is None and close_unheard(open_line):
        return (
            f"{there} asked to begin the line anew before it heard that we closed it, and hears"
            " nothing now. When a watch officer here agrees, that is said again and ends the line.",
            "parley resume",
        )
    if asked.ours is None and open_line.declared.closing:
        return (
            f"{there} asks to begin the line anew, which is closed and does not. Call {there} by"
            " another way; to speak again, agree on a new line.",
            None,
        )
    if asked.ours is None:
        return (
            f"{there} asks to begin the line anew. When a watch officer here agrees, the record is"
            " kept and both get fresh keys.",
            "parley resume",
        )
    if asked.theirs is None:
        return (
            f"We have asked to begin the line anew; a watch officer at {there} is to agree.",
            None,
        )
    return "Both have agreed; the line begins anew with the next exchange.", None
