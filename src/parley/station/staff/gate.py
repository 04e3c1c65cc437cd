"""Whoever guesses at a sign-in waits longer each time, and the watch is told.

Failures are counted for a name and for an address, and after a few of them the next try waits, at
most a minute. A browser in which the person sat before is counted by itself: who guesses elsewhere
makes nobody at a desk wait. Nobody is locked out for good, so that nobody can lock out a watch: a
guess a minute finds no password with a one-time code. Counts are in memory: a restart forgets them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from parley.core.terms import Instant

FREE_TRIES = 4
WAIT_S_MAX = 60.0
ALARM_TRIES = 6
FORGET_S = 3_600.0  # without another failure
KEYS_MAX = 4_096
ADDRESS = "address "


@dataclass(slots=True)
class _Count:
    said: str  # what it is counted for, in words
    tries: int = 0
    at: float = 0.0
    since: float = 0.0
    told: bool = False


class Gate:
    """The failures of one station."""

    def __init__(self, now: Callable[[], Instant]) -> None:
        self._now = now
        self._counts: dict[str, _Count] = {}

    def wait_s(self, keys: Sequence[tuple[str, str]]) -> float:
        """How long the next try has to wait."""
        waits = [0.0]
        for key, _ in keys:
            count = self._counts.get(key)
            if count is not None and count.tries >= FREE_TRIES:
                wait = min(WAIT_S_MAX, 2.0 ** (count.tries - FREE_TRIES + 1))
                waits.append(count.at + wait - self._now().mono)
        return max(waits)

    def begin(self, keys: Sequence[tuple[str, str]]) -> str | None:
        """A try begins, and counts as failed until it has passed: many at once are many. What the
        watch must be told, if this is the one too many."""
        told = None
        now = self._now().mono
        for key, said in keys:
            count = self._counts.pop(key, None)
            if count is None or now - count.at > FORGET_S:
                count = _Count(said, since=self._now().wall)
            count.tries += 1
            count.at = now
            self._counts[key] = count  # the newest last
            if count.tries == ALARM_TRIES:
                count.told = True
                told = self._sentence(count)
        while len(self._counts) > KEYS_MAX:
            del self._counts[next(iter(self._counts))]
        return told

    def passed(self, keys: Sequence[tuple[str, str]]) -> None:
        """It was that person. What the watch was told stays until somebody has seen it, and an
        address keeps its other failures: one's own password shall not help to guess another's."""
        for key, _ in keys:
            count = self._counts.get(key)
            if count is None:
                continue
            count.tries -= 1
            if key.startswith(ADDRESS):
                continue
            if count.told:
                count.at = -FORGET_S
            else:
                del self._counts[key]

    def alarms(self) -> list[dict[str, Any]]:
        """What the watch is told and nobody has seen."""
        return [
            {"sentence": self._sentence(count), "since": count.since}
            for count in self._counts.values()
            if count.told
        ]

    def seen(self) -> None:
        """Somebody has seen them all. Who waits, waits on."""
        for count in self._counts.values():
            count.told = False

    def _sentence(self, count: _Count) -> str:
        return f"Signing in failed {count.tries} times {count.said}."
