"""What a call gave up for its link, in lines for the audit trail (spec/media-link.md X21).

Pictures go before sound, and sound before text. Whether they do is measured by the other station,
so that it could write into our trail as it likes: a change is told at once, the next after a
minute, each further one after twice as long, up to an hour. The figures are of the whole call.
"""

from __future__ import annotations

from typing import Final

from parley.conference.rate import Rate
from parley.station.acts.own_acts import MEDIA_GOES, MEDIA_OVER, MEDIA_SHED

FIRST_S: Final = 60.0  # between two lines
MOST_S: Final = 3_600.0


class GivenUp:
    """What was told of one call."""

    def __init__(self) -> None:
        self._told = (0, 0, False)
        self._due_at = 0.0
        self._wait_s = FIRST_S

    def look(self, rate: Rate, now: float, *, over: bool = False) -> str | None:
        """A sentence when there is something new and it is time, or the call is over."""
        stands = (rate.sheds, rate.cuts, rate.shed)
        if stands == self._told or (now < self._due_at and not over):
            return None
        if self._due_at:
            self._wait_s = min(MOST_S, 2 * self._wait_s)
        self._told, self._due_at = stands, now + self._wait_s
        said = MEDIA_OVER if over else MEDIA_SHED if rate.shed else MEDIA_GOES
        return said % {"times": rate.sheds, "cuts": rate.cuts, "kbps": int(rate.kbps)}
