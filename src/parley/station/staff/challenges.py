"""What browsers were asked to sign with a passkey and have not answered: for whom, until when."""

from __future__ import annotations

from collections import Counter

from parley.core.keys import Entropy

CHALLENGE_BYTES = 32
CHALLENGE_S = 120.0
AGAIN_S = 10.0  # longer than a browser takes that is sent to ask again
CHALLENGES_MAX = 256  # then the oldest goes of whoever asked for most


class Challenges:
    """The open challenges of one station."""

    def __init__(self, entropy: Entropy) -> None:
        self._entropy = entropy
        self._asked: dict[bytes, tuple[int, float, str]] = {}

    def make(self, mono: float, person: int, asker: str) -> bytes:
        """A fresh challenge; of nobody yet (0) when it is for signing in. Who asks for very many
        takes none from others."""
        challenge = self._entropy(CHALLENGE_BYTES)
        self._ask(challenge, person, mono + CHALLENGE_S, asker)
        return challenge

    def leave_open(self, mono: float, challenge: bytes, asker: str) -> None:
        """What somebody signed in by can be answered once more, soon: nothing came of it yet."""
        self._ask(challenge, 0, mono + AGAIN_S, asker)

    def _ask(self, challenge: bytes, person: int, until: float, asker: str) -> None:
        self._asked[challenge] = (person, until, asker)
        if len(self._asked) > CHALLENGES_MAX:
            ((most, _),) = Counter(each[2] for each in self._asked.values()).most_common(1)
            del self._asked[next(key for key, each in self._asked.items() if each[2] == most)]

    def take(self, mono: float, challenge: bytes, person: int) -> bool:
        """Whether it was asked of that person and is answered for the first time, in time."""
        whose, until, _ = self._asked.pop(challenge, (-1, 0.0, ""))
        return whose == person and mono <= until
