"""How a line stands, in the words that people read: who suspended or closed it, what still passes.

Declared stands beside observed on every screen: a line may be suspended and its other side be
heard, and a line may be open and silent. What may not be said is refused here, with what to do.
"""

from __future__ import annotations

from typing import Any

from parley.core.effects import LineState
from parley.core.entry import Precedence, Status, Type
from parley.core.errors import Refused
from parley.core.kept import EntryRow
from parley.core.wire import Value
from parley.station.line.declared import Act, read_suspension
from parley.station.line.lines import OpenLine, posix
from parley.station.machine.clock import stamp

SHOWN_MAX = 8  # suspensions beside a line, the oldest; a counterpart may write any number
PASSES = "search and rescue, acknowledgements, tests and SERVICE"


def check_passes(
    open_line: OpenLine,
    type: int,
    precedence: int,
    rescue: bool,
    wall: float,
    status: int = Status.ACTUAL,
) -> None:
    """Refuse what the declared state does not let pass (spec/declared.md D5, D8)."""
    check_not_closed(open_line)
    barring = open_line.declared.bars(type, precedence, rescue, wall, status=status)
    if barring is None:
        return
    raise Refused(
        _suspended(open_line, barring, _IS),
        f"What still passes: {passes(open_line)}. Keep the text; both sides lift the suspension"
        " by `parley lift`.",
        "D5",
    )


def check_not_closed(open_line: OpenLine) -> None:
    """Refuse whatever comes after a CLOSE (spec/declared.md D8)."""
    closes = open_line.declared.closes()
    if closes or open_line.declared.closing:
        who = by(open_line, closes[0]) if closes else "us"
        raise Refused(
            f"The line {open_line.agreed.name} was closed by {who}.",
            "Its record stays; to speak again, agree on a new line.",
            "D8",
        )


def by(open_line: OpenLine, act: Act) -> str:
    """Whose act it was."""
    return "us" if act.dir == open_line.ours else open_line.agreed.counterpart


def passes(open_line: OpenLine) -> str:
    """What is said in every suspension of this line."""
    return f"{PASSES}{' and FLASH' if open_line.declared.flash_passes else ''}"


def scope(types: tuple[int, ...], precedences: tuple[int, ...]) -> str:
    """What a suspension is of: everything, or a part."""
    kinds = " and ".join(map(_kind, types))
    if not precedences:
        return kinds or "everything"
    only = " and ".join(Precedence(each).name for each in precedences)
    if types == (Type.TEXT,):
        return f"text messages of {only}"
    return f"{kinds} of {only}" if kinds else f"messages of {only}"


def _kind(type: int) -> str:
    return "text messages" if type == Type.TEXT else f"type {type:02X}"


def _moment(wall: float) -> str:
    return f"{stamp(wall)[:19].replace('T', ' ')}Z"


# How it is said that a line is suspended: all of it by us, by them; a part of it by us, by them. In
# `at` stand the moment, and behind it what follows: that it waits for its number, and why.
_IS = (
    "The line %(line)s is suspended by us since %(at)s.",
    "The line %(line)s is suspended by %(who)s since %(at)s.",
    "The line %(line)s is suspended for %(part)s by us since %(at)s.",
    "The line %(line)s is suspended for %(part)s by %(who)s since %(at)s.",
)
_SINCE = (
    "Suspended by us since %(at)s.",
    "Suspended by %(who)s since %(at)s.",
    "Suspended for %(part)s by us since %(at)s.",
    "Suspended for %(part)s by %(who)s since %(at)s.",
)
_FROM = (
    "To be suspended by us from %(at)s.",
    "To be suspended by %(who)s from %(at)s.",
    "To be suspended for %(part)s by us from %(at)s.",
    "To be suspended for %(part)s by %(who)s from %(at)s.",
)
_WAITS = "%(at)s, which waits for its number"
_WAITS_WHY = "%(at)s, which waits for its number: %(why)s"


def _suspended(open_line: OpenLine, act: Act, told: tuple[str, str, str, str]) -> str:
    """Suspended, how much of it, by whom, since when, why."""
    at, why = _moment(act.since), act.words.rstrip(".")
    if act in open_line.declared.pending:
        at = (_WAITS_WHY if why else _WAITS) % {"at": at, "why": why}
    elif why:
        at = f"{at}: {why}"
    part = bool(act.types or act.precedences)
    return told[2 * part + (act.dir != open_line.ours)] % {
        "line": open_line.agreed.name,
        "part": scope(act.types, act.precedences),
        "who": open_line.agreed.counterpart,
        "at": at,
    }


def order(type: int, payload: Value) -> str | None:
    """What a SUSPEND, LIFT or CLOSE does, in words; None for all else."""
    if type == Type.SUSPEND:
        _, said = read_suspension(payload)
        when = f"from {_moment(posix(said.begins))} on" if said.begins else "as soon as agreed"
        what = scope(said.types, said.precedences)
        return f"Suspends {what}, {when}; {PASSES} still pass."
    if type == Type.LIFT:
        return "A test to lift the suspension; it is lifted once both sides have tested."
    if type == Type.CLOSE:
        return "Closes the line for good; the other station answers, and all its keys are erased."
    return None


def in_spite(open_line: OpenLine, entry: EntryRow, rescue: bool) -> str | None:
    """The sentence beside an entry that was said in spite of the declared state (D10)."""
    act = open_line.declared.in_spite_of(entry, rescue)
    if act is None:
        return None
    state = "closed" if act.type == Type.CLOSE else "suspended"
    return f"Sent although the line was {state} by {by(open_line, act)}."


def declared_view(open_line: OpenLine, wall: float) -> dict[str, Any]:
    """The declared state for every screen: a word, a sentence, and what is next.

    Source: spec/declared.md D12.
    """
    declared = open_line.declared
    closes = declared.closes()
    acts = [*declared.standing(), *declared.pending]
    holding = [act for act in acts if act.begins <= wall]
    whole = any(not act.types and not act.precedences for act in holding)
    state = "open"
    sentences: list[str] = []
    following = ""
    if closes or open_line.declared.closing:
        state = "closed"
        sentences = [_closed(open_line, act) for act in closes] or ["Closed by us, not yet told."]
        if len(closes) < 2:
            following = "It is over once the other station has answered."
    elif holding or acts:
        state = "suspended" if whole else "suspended in part" if holding else "open"
        sentences = [_standing(open_line, act, wall) for act in acts[:SHOWN_MAX]]
        else_ = "all else, and in any case " if holding and not whole else ""
        following = f"What still passes: {else_}{passes(open_line)}. {_lifting(open_line, acts)}"
        if len(acts) > SHOWN_MAX:  # not in what is told whenever it changes: each rings by itself
            following = f"Further suspensions: {len(acts) - SHOWN_MAX}. {following}"
    return {
        "state": state,
        "sentence": " ".join(sentences),
        "next": following,
        "suspensions": [_view(open_line, act, wall) for act in acts[:SHOWN_MAX]],
        "closed": [{"by": open_line.side(act.dir), "n": act.n, "at": act.at} for act in closes],
    }


def _closed(open_line: OpenLine, act: Act) -> str:
    at = f"{_moment(act.at)}: {act.words.rstrip('.')}" if act.words else _moment(act.at)
    if act.dir == open_line.ours:
        return f"Closed by us at {at}."
    return f"Closed by {open_line.agreed.counterpart} at {at}."


def _standing(open_line: OpenLine, act: Act, wall: float) -> str:
    return _suspended(open_line, act, _FROM if act.begins > wall else _SINCE)


def _lifting(open_line: OpenLine, acts: list[Act]) -> str:
    tested = {"ours": True, "theirs": True}
    for act in acts:
        own, other = open_line.declared.tested(act)
        mine, other_side = (own, other) if act.dir == open_line.ours else (other, own)
        tested["ours"] &= mine
        tested["theirs"] &= other_side
    us, they = ("has tested" if tested[side] else "has not" for side in ("ours", "theirs"))
    return f"Lifted once both have tested: this side {us}, {open_line.agreed.counterpart} {they}."


def _view(open_line: OpenLine, act: Act, wall: float) -> dict[str, Any]:
    own, other = open_line.declared.tested(act)
    ours = act.dir == open_line.ours
    return {
        "by": open_line.side(act.dir),
        "n": act.n if act.n >= 0 else None,
        "at": act.at,
        "from": act.since,
        "in_effect": act.begins <= wall,
        "reason": act.words,
        "scope": scope(act.types, act.precedences),
        "tested": {"ours": own if ours else other, "theirs": other if ours else own},
    }


def two_view(open_line: OpenLine, state: LineState) -> list[str]:
    """What they signed against themselves while the line goes on, and what to do."""
    there = open_line.agreed.counterpart
    said = {
        "OPEN": f"{there} signed two different openings of this line; it goes on by the first. Both"
        " are kept, and `parley export` lays them side by side for anybody to check. Call"
        f" {there} by another way.",
        "RESUME": f"{there} signed two different requests to begin this line anew. Both are kept,"
        " and `parley export` lays them side by side for anybody to check. Call"
        f" {there} by another way.",
    }
    return [said[each] for each in state.signed_two]


def differs_view(open_line: OpenLine, state: LineState) -> str | None:
    """What is wrong and what to do, where their opening of the line was made with another secret.
    It says of neither whether it is the right one."""
    if not (open_line.base.psk0 and state.secret_differs):
        return None
    there = open_line.agreed.counterpart
    return (
        f"The secrets of the meeting differ: those given here are not those given at {there}."
        f" Nothing is said before they are the same. Ask {there} by another way which files both"
        " took; whoever gave others gives the right ones: `parley agree secrets`."
    )
