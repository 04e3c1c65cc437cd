"""The secret that a browser had until a moment ago.

Whoever signs in gives the browser a new secret, and the answer that brings it takes its time. What
the browser's other tabs ask for meanwhile bears the old one. For half a minute that goes on showing
the seats that were there before: nobody who had put a secret of his own into the browser sees more
by it than he did, and the seat that was taken not at all. In memory alone: a restart forgets it.

Who signs in with an old secret has been overtaken by another sign-in, or holds what somebody else
put into the browser. Which of the two, only the browser knows: it asks again, and what it has got
by then takes part in all its seats, while the old secret takes part in none.
"""

from __future__ import annotations

from dataclasses import dataclass

GRACE_S = 30.0


@dataclass(frozen=True, slots=True)
class Before:
    """What an old secret goes on showing."""

    browser: int
    seats: int  # the newest seat that there was
    taken: float  # a seat that was taken then, or since, sleeps
    until: float  # on the monotonic clock


class Turned:
    """The old secrets of one station, by their hash."""

    def __init__(self) -> None:
        self._known: dict[bytes, Before] = {}

    def note(self, hash: bytes, before: Before, mono: float) -> None:
        """A browser has another secret than that from now on."""
        self._known = {key: each for key, each in self._known.items() if each.until > mono}
        self._known[hash] = before

    def find(self, hash: bytes, mono: float) -> Before | None:
        """What that secret goes on showing, while it does."""
        before = self._known.get(hash)
        return before if before is not None and mono < before.until else None
