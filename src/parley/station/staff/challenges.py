"""What browsers were asked to sign with a passkey and have not answered: for whom, until when."""

from __future__ import annotations

from parley.core.keys import Entropy

CHALLENGE_BYTES = 32
CHALLENGE_S = 120.0
CHALLENGES_MAX = 256  # the oldest goes first


class Challenges:
    """The open challenges of one station."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._asked: dict[bytes, tuple[int, float]] = {}

    def make(self, mono: float, person: int) -> bytes:
        """A fresh challenge; of nobody yet (0) when it is for signing in."""
        challenge = self._entropy(CHALLENGE_BYTES)
        self._asked[challenge] = (person, mono + CHALLENGE_S)
        while len(self._asked) > CHALLENGES_MAX:
            del self._asked[next(iter(self._asked))]
        return challenge

    def take(self, mono: float, challenge: bytes, person: int) -> bool:
        """Whether it was asked of that person and is answered for the first time, in time."""
        whose, until = self._asked.pop(challenge, (-1, 0.0))
        return whose == person and mono <= until
