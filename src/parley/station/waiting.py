"""Which open drafts wait for one person: to be read and released or reviewed, or to be mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parley.core.errors import Refused
from parley.station.acts.person import HANDLERS, Person
from parley.station.entries.draft_steps import needs_three, steps_of
from parley.station.line import delegating
from parley.station.releasing import check_lent
from parley.station.texts.drafts import Draft, newest_open

if TYPE_CHECKING:
    from parley.station.station import Station


def drafts_for(station: Station, who: Person) -> list[int]:
    """The numbers of the drafts that wait for this person, oldest first."""
    if not who.roles.intersection(HANDLERS):
        return []
    return [draft.id for draft in newest_open(station) if _waits(station, who, draft)]


def _waits(station: Station, who: Person, draft: Draft) -> bool:
    steps = steps_of(station, draft.id)
    if draft.over or steps.hold is not None:
        return False
    wrote = who.id == draft.person or who.id in draft.editors
    if wrote or steps.sent_back is not None:
        return wrote and steps.sent_back is not None
    if needs_three(station, draft.open_line):
        reviews = steps.reviews(draft.sha256)
        if not reviews:
            return _may(station, who, draft, "reviewer")
        if all(each["person"] == who.id for each in reviews):
            return False
    return _may(station, who, draft, "releaser")


def _may(station: Station, who: Person, draft: Draft, role: str) -> bool:
    """Whether they could now, by a role of their own or one that was lent to them."""
    try:
        lent = delegating.authority(station, who, role, draft.open_line, draft.precedence)
        check_lent(station, draft, lent)
    except Refused:
        return False
    return True
