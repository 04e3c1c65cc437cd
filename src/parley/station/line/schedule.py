"""When human tests are due on a line: by the clock in turns, or so long after the newest answer.

By the clock (key 31 of the agreement): hour k of the schedule begins k times `every` after the
beginning of 1970, UTC; A calls in the even ones and B in the odd ones, as Washington and Moscow do.
Source: spec/testing.md T1. Without it: so long after the newest answer (key 23), and either side
may call, spec/testing.md T2. Where the agreement has neither, the station's own setting,
spec/testing.md T3.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.core.agreement import SPAN_S_MAX
from parley.core.entry import Status
from parley.core.errors import Misused
from parley.station.line.clauses import span

if TYPE_CHECKING:
    from parley.station.line.lines import OpenLine
    from parley.station.station import Station

EVERY_S_MIN = 600
WITHIN_S = 900  # to call a test by the clock, and to answer one, where nothing else was agreed
ANSWER_S = 3_600  # to answer a test where none is agreed by the clock
ASKED_BEFORE_S = 3_600  # so long before one is due the watch is asked for it

Testing = tuple[int, int, int]  # every, called within, answered in; seconds


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often people test a line, who calls, and how long each may take."""

    source: str = "none"  # agreement, settings, none
    every_s: int = 0
    window_s: int = 0
    answer_s: int = ANSWER_S
    turns: bool = False

    @property
    def asks(self) -> bool:
        """Whether any test is due at all."""
        return self.every_s > 0

    @property
    def shared(self) -> bool:
        """Whether both sides know it."""
        return self.source == "agreement"

    def view(self) -> dict[str, Any]:
        """As plain JSON, with a sentence."""
        return {
            "source": self.source,
            "turns": self.turns,
            "every_s": self.every_s,
            "window_s": self.window_s,
            "answer_s": self.answer_s,
            "sentence": self._sentence(),
        }

    def _sentence(self) -> str:
        if not self.asks:
            return "No human test is asked for."
        if self.turns:
            return (
                f"A human test every {span(self.every_s)} by the clock of UTC, in turns: called"
                f" within {span(self.window_s)}, answered within {span(self.answer_s)}."
            )
        whose = "By agreement" if self.shared else "By this station's own setting"
        return (
            f"{whose} a human test is answered at least once in {span(self.every_s)};"
            f" each within {span(self.answer_s)}."
        )


NONE = Schedule()


def schedule_of(station: Station, open_line: OpenLine) -> Schedule:
    """What was agreed, else what is set here. On an exercise line only tests by the clock are due:
    key 23 is in every agreement, and an exercise is no promise to be awake every day (T4)."""
    agreed = open_line.agreed
    every, window, answer = agreed.testing
    if every:
        return Schedule("agreement", every, window, answer, turns=True)
    if agreed.mark != Status.ACTUAL:
        return NONE
    hours = station.home.config.tests.every_hours
    source, every = ("agreement", agreed.test_s) if agreed.test_s else ("settings", 3_600 * hours)
    if not every:
        return NONE
    return Schedule(source, every, every, min(ANSWER_S, every))


def by_the_clock(base: Testing, given: Mapping[str, int]) -> Testing:
    """Key 31 from the terms a person gives, over what was proposed before (T1)."""
    if not given:
        return base
    every = given.get("test_turns_s", base[0])
    if every == 0 and given.keys() == {"test_turns_s"}:
        return (0, 0, 0)
    if not EVERY_S_MIN <= every <= SPAN_S_MAX:
        raise Misused(
            "Tests in turns come every 10 minutes to 366 days.", "Such as `--tests-in-turn 1h`."
        )
    usual = min(WITHIN_S, every // 2)
    window = given.get("test_window_s", base[1] or usual)
    answer = given.get("test_answer_s", base[2] or usual)
    if not (1 <= window <= every and 1 <= answer <= every):
        raise Misused(
            "A test is called and answered before the next one is due.",
            "Give --test-window and --test-answer at most the time between two tests.",
        )
    return every, window, answer
