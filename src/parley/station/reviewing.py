"""Between drafter and releaser: review, hold, send back, take back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.entry import check_text
from parley.core.errors import Refused
from parley.station.acts.operations import Words, operation
from parley.station.acts.own_acts import TAKEN_BACK as TAKEN_BACK_BY
from parley.station.acts.own_acts import Own
from parley.station.acts.person import HANDLERS, Person
from parley.station.entries import draft_steps
from parley.station.entries.draft_steps import FREED, HELD, REVIEWED, SENT_BACK, TAKEN_BACK, note
from parley.station.line import delegating
from parley.station.releasing import check_lent, check_read, check_second_person, wrote_for
from parley.station.texts.drafts import Draft, load, load_open, view

if TYPE_CHECKING:
    from parley.station.station import Station

REMARK_BYTES_MAX = 2_000


@operation("draft.review", roles=("releaser",), lent=True)
def draft_review(station: Station, who: Person, *, draft: int, sha256: str) -> dict[str, Any]:
    """Say, as somebody who will not release it, that exactly these bytes may go out."""
    found = load_open(station, draft)
    lent = delegating.authority(station, who, "reviewer", found.open_line, found.precedence)
    check_second_person(station, found, who)
    check_lent(station, found, lent)
    check_read(found, sha256)
    by = None if lent is None else lent.id
    note(station, draft, who.id, REVIEWED, sha256=found.sha256, delegation=by)
    if lent is not None:
        wrote_for(station, who, Own.REVIEWED_LENT, draft, lent, "reviewed")
    return _told(station, found, "reviewed")


@operation("draft.hold", roles=HANDLERS)
def draft_hold(station: Station, who: Person, *, draft: int, reason: Words) -> dict[str, Any]:
    """Keep a draft from being released until somebody frees it."""
    found = load_open(station, draft)
    _check_remark(reason)
    if draft_steps.steps_of(station, draft).hold is not None:
        raise Refused(f"Draft {draft} is held already.", "`parley draft show` says by whom.")
    note(station, draft, who.id, HELD, reason)
    return _told(station, found, "held")


@operation("draft.free", roles=HANDLERS)
def draft_free(station: Station, who: Person, *, draft: int) -> dict[str, Any]:
    """Let a draft that was held be released again."""
    found = load_open(station, draft)
    if draft_steps.steps_of(station, draft).hold is None:
        raise Refused(f"Nobody holds draft {draft}.", "It can be released.")
    note(station, draft, who.id, FREED)
    return _told(station, found, "freed")


@operation("draft.send_back", roles=("releaser",), lent=True)
def draft_send_back(station: Station, who: Person, *, draft: int, reason: Words) -> dict[str, Any]:
    """Give a draft back to its drafter with a remark; it is edited before it can be released."""
    found = load_open(station, draft)
    lent = delegating.authority(station, who, "reviewer", found.open_line, found.precedence)
    _check_remark(reason)
    note(station, draft, who.id, SENT_BACK, reason, delegation=lent.id if lent else None)
    if lent is not None:
        wrote_for(station, who, Own.SENT_BACK_LENT, draft, lent, "sent back")
    return _told(station, found, "sent back")


@operation("draft.take_back", roles=HANDLERS)
def draft_take_back(station: Station, who: Person, *, draft: int, reason: Words) -> dict[str, Any]:
    """Take a released message back before it has left: once it has a number, only a retraction
    helps."""
    found = load(station, draft)
    _check_remark(reason)
    rows = station.store.sql("SELECT queue_id, n FROM releases WHERE draft = ?", (draft,))
    if not rows:
        raise Refused(f"Draft {draft} has not been released.", "Withdraw or hold it instead.")
    if rows[0]["n"] is not None:
        raise Refused(
            f"Draft {draft} has left as message {rows[0]['n']}.",
            f"Retract it: `parley say --prepared retraction --retracts {rows[0]['n']}`.",
        )
    queue_id = rows[0]["queue_id"]
    note(station, draft, who.id, TAKEN_BACK, TAKEN_BACK_BY % {"name": who.name, "why": reason})
    found.open_line.current.line.line.give_back(lambda row: row.id == queue_id)
    station.publish("draft", found.open_line, draft=draft, state="taken back")
    return {"draft": draft, "taken_back": True}


def _check_remark(text: str) -> None:
    check_text(text)
    if len(text.encode()) > REMARK_BYTES_MAX:
        raise Refused(f"A remark has {REMARK_BYTES_MAX:,} bytes at most.", "Write it shorter.")


def _told(station: Station, draft: Draft, state: str) -> dict[str, Any]:
    station.publish("draft", draft.open_line, draft=draft.id, state=state)
    return view(station, draft)
