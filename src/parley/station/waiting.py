"""Which open drafts wait for one person: to be read and released or reviewed, or to be mended."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence
from parley.core.errors import Refused
from parley.station.acts.person import HANDLERS, Person
from parley.station.entries.draft_steps import needs_three, steps_of
from parley.station.line import delegating
from parley.station.line.delegation import Delegation
from parley.station.line.lines import OpenLine
from parley.station.releasing import check_lent
from parley.station.texts.drafts import Draft, newest

if TYPE_CHECKING:
    from parley.station.station import Station

# Who of a role somebody is: themselves, by a delegation, or not at all.
Authority = Callable[[str, OpenLine, Precedence], Delegation | Refused | None]


URGENT = (Precedence.FLASH, Precedence.IMMEDIATE)


def view(station: Station, who: Person) -> dict[str, Any]:
    """The numbers of the drafts that wait for this person, oldest first; and the highest precedence
    among them, where it is one that rings."""
    waiting = drafts_for(station, who)
    found = {draft.precedence for draft in waiting}
    urgent = next((each.name for each in URGENT if each in found), None)
    return {"drafts": [draft.id for draft in waiting], "urgent_draft": urgent}


def drafts_for(station: Station, who: Person) -> list[Draft]:
    """The drafts that wait for this person, oldest first."""
    if not who.roles.intersection(HANDLERS):
        return []
    authority = cache(partial(_authority, station, who))  # asked once for many drafts
    return [draft for draft in newest(station) if _waits(station, who, draft, authority)]


def _waits(station: Station, who: Person, draft: Draft, authority: Authority) -> bool:
    steps = steps_of(station, draft.id)
    if draft.over or steps.hold is not None:
        return False
    wrote = who.id == draft.person or who.id in draft.editors
    if wrote or steps.sent_back is not None:
        return wrote and steps.sent_back is not None
    if needs_three(station, draft.open_line):
        reviews = steps.reviews(draft.sha256)
        if not reviews:
            return _may(station, draft, authority, "reviewer")
        if all(each["person"] == who.id for each in reviews):
            return False
    return _may(station, draft, authority, "releaser")


def _authority(
    station: Station, who: Person, role: str, open_line: OpenLine, precedence: Precedence
) -> Delegation | Refused | None:
    try:
        return delegating.authority(station, who, role, open_line, precedence)
    except Refused as refused:
        return refused


def _may(station: Station, draft: Draft, authority: Authority, role: str) -> bool:
    """Whether they could now, by a role of their own or one that was lent to them."""
    lent = authority(role, draft.open_line, draft.precedence)
    if isinstance(lent, Refused):
        return False
    try:
        check_lent(station, draft, lent)
    except Refused:
        return False
    return True
