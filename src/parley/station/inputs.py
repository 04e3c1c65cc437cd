"""What waits for a step of the station: what people ask, and what is to be done in passing.

Who asks hears that a step was undone, and asks again. A deed has nobody who does: it is done again
once a step can be kept, unless it was the deed itself that failed.
"""

from __future__ import annotations

import logging
import sqlite3
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from parley.station.answering import Call

# No step takes so long that a FLASH behind it is late: so many inputs, the frames that `Arrivals`
# gives, and so many bytes of ROUTINE that get their numbers, come to some ten milliseconds.
STEP_INPUTS_MAX = 32

_log = logging.getLogger("parley.station")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something to be done within a step, in its transaction."""

    do: Callable[[], None]

    def __call__(self) -> None:
        """Do it."""
        self.do()


Input = Call | Deed | Callable[[], None]


class Inputs:
    """What waits, in order."""

    def __init__(self) -> None:
        self._waiting: deque[Input] = deque()
        self._again: list[Deed] = []
        self._at_work: Input | None = None

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def repeats(self) -> bool:
        """Whether deeds of a step that was undone are to be done again."""
        return bool(self._again)

    def add(self, each: Input) -> None:
        """Let it wait."""
        self._waiting.append(each)

    def take(self, *, repeating: bool) -> list[Input]:
        """The next few; when it is time, first what is to be done again."""
        if repeating:
            self._waiting.extendleft(reversed(self._again))
            self._again.clear()
        return [self._waiting.popleft() for _ in range(min(len(self._waiting), STEP_INPUTS_MAX))]

    def one_by_one(self, inputs: Sequence[Input]) -> Iterator[Input]:
        """Each in turn, so that it is known which of them failed."""
        for self._at_work in inputs:
            yield self._at_work
        self._at_work = None

    def undone(self, inputs: Sequence[Input], error: Exception) -> None:
        """The step that took them was undone. A disk that is full, or a database that somebody
        locks, is no deed's fault; what else went wrong would go wrong again with the deed."""
        at_work, self._at_work = self._at_work, None
        world = isinstance(error.__cause__, sqlite3.Error)
        for each in inputs:
            if not isinstance(each, Deed):
                continue
            if world or (at_work is not None and each is not at_work):
                self._again.append(each)
            else:
                _log.warning("what was to be done in a step that failed is not done again")

    def clear(self) -> list[Call]:
        """Forget all that waits; who asked is to be told."""
        asked = [each for each in self._waiting if isinstance(each, Call)]
        self._waiting.clear()
        self._again.clear()
        return asked
