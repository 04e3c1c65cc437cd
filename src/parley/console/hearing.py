"""Which tabs of the station's browsers can ring, as they say themselves.

A tab tells when its person has heard the test tone, and says so again while it lives. Nothing of
it is kept: after a restart every tab is asked anew. When nobody at the station has a tab that
rings, every page says so, since a FLASH would be seen only by somebody who happens to look.
"""

from __future__ import annotations

from collections.abc import Callable

TOLD_S_MAX = 150.0  # a tab in the background may be let to speak once a minute only
LEAVING_S = 3.0
TABS_MAX = 256


class Ears:
    """The tabs that ring now."""

    def __init__(self, mono: Callable[[], float]) -> None:
        self._mono = mono
        self._tabs: dict[str, tuple[int, float]] = {}
        self._known: list[int] = []

    def tell(self, tab: str, person: int, hears: bool) -> None:
        """A tab of that person says whether it can ring."""
        self._tabs.pop(tab, None)
        if hears:
            self._tabs[tab] = (person, self._mono())
        while len(self._tabs) > TABS_MAX:
            del self._tabs[next(iter(self._tabs))]

    def leave(self, tab: str) -> None:
        """A tab leaves its page: it is closed, or its next page speaks in a moment."""
        if tab in self._tabs:
            person, _ = self._tabs[tab]
            self._tabs[tab] = (person, self._mono() - TOLD_S_MAX + LEAVING_S)

    def changed(self) -> bool:
        """Whether it is other persons' tabs that ring than when this was asked last: one has spoken
        up, or one was not heard of for too long."""
        before, self._known = self._known, self.persons()
        return self._known != before

    def persons(self) -> list[int]:
        """Whose tabs ring."""
        oldest = self._mono() - TOLD_S_MAX
        return sorted({person for person, at in self._tabs.values() if at >= oldest})
