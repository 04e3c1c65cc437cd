"""A presence statement: one side says that its principal is at the terminal, or has left.

Its payload is [person, 1 or 0]; what a later version adds is passed over. Source: spec/entry.md
E20.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from parley.core.wire import Value

PERSON_MAX = 1 << 32  # as in a roster


@dataclass(frozen=True, slots=True)
class Presence:
    """Who it is about, by the number of the speaker's roster, and whether he is there."""

    person: int
    here: bool

    @classmethod
    def parse(cls, payload: Value) -> Self | None:
        """What a payload states; None when it has not the form."""
        if not isinstance(payload, list) or len(payload) < 2:
            return None
        person, here = payload[:2]
        if type(person) is not int or not 0 <= person < PERSON_MAX:
            return None
        if type(here) is not int or here not in (0, 1):
            return None
        return cls(person, bool(here))

    def payload(self) -> Value:
        """As it is said."""
        return [self.person, int(self.here)]

    def words(self, name: str = "") -> str:
        """What it says; with the number alone for whoever has nothing but the record."""
        who = name or f"person {self.person}"
        if self.here:
            return f"The principal, {who}, is at the terminal."
        return f"The principal, {who}, has left the terminal."
