"""Lines that begin anew: what was found by these worlds is planted again, and found again."""

import pytest

from parley.core.effects import Outcome
from parley.core.life import Life
from parley.core.resuming import End, ends
from parley.core.terms import Instant
from parley.exercise import lasting
from parley.exercise.anew import Anew
from parley.exercise.violation import Violation


@pytest.mark.parametrize("seed", [1, 4])
def test_N6_a_line_begins_anew_with_one_past(seed: int) -> None:
    world = Anew(seed)
    assert world.run().messages
    assert world.put_back_in


def test_N5_who_is_put_back_while_it_asks_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    """World 9: it repeats a RESUME that the other side has long lived through."""
    hear = Life._hear_resume

    def for_a_recording(self: Life, data: bytes, now: Instant, source: str) -> Outcome:
        outcome = hear(self, data, now, source)
        return Outcome.DUPLICATE if outcome is Outcome.ASKED and _old(self, data) else outcome

    def _old(self: Life, data: bytes) -> bool:
        return any(self._held[inc].to_bytes() == data for inc in self._held if inc < self.inc)

    Anew(9).run()
    monkeypatch.setattr(Life, "_hear_resume", for_a_recording)
    with pytest.raises(Violation, match="L1: they never spoke again"):
        Anew(9).run()


@pytest.mark.story
def test_N10_what_only_the_other_side_began_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """World 19: people ask once more before one side has begun what the other has."""

    def newest(life: Life, before: int) -> tuple[int, tuple[End, End]]:
        a, b = life.resumes(life.inc)
        return max(a.of, b.of), ends(a, b)

    Anew(19).run()
    monkeypatch.setattr(lasting, "ending", newest)
    monkeypatch.setattr(lasting.Lasting, "_gives_back", lambda self, inc: None)
    with pytest.raises(Violation, match="messages are lost"):
        Anew(19).run()
