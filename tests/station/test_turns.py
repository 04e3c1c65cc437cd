"""A long answer is made in turns, and none of them keeps what has come in waiting."""

from __future__ import annotations

import asyncio
from collections.abc import Generator
from typing import Any

import pytest

from parley.station import answering
from parley.station.acts.control import Answer
from parley.station.acts.operations import InTurns
from parley.station.answering import TURN_S, finish


class Watch:
    """A clock that goes on with each piece of work."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        self.done: list[str] = []
        monkeypatch.setattr(answering, "perf_counter", lambda: self.now)

    def work(self, pieces: int, piece_s: float) -> InTurns:
        def steps() -> Generator[None, None, dict[str, Any]]:
            for _ in range(pieces):
                self.now += piece_s
                self.done.append("piece")
                yield
            return {"pieces": pieces}

        return InTurns(steps())


@pytest.mark.parametrize(("piece_s", "a_turn"), [(TURN_S / 4, 4), (TURN_S * 0.7, 2), (1.0, 1)])
def test_a_turn_ends_when_its_time_is_over(
    monkeypatch: pytest.MonkeyPatch, piece_s: float, a_turn: int
) -> None:
    watch, answers = Watch(monkeypatch), list[Answer]()

    async def loop() -> None:
        finish(answers.append, watch.work(9, piece_s), asyncio.get_running_loop())
        while not answers:
            watch.done.append("another")
            await asyncio.sleep(0)

    asyncio.run(loop())
    assert answers == [{"pieces": 9}]
    turns = "".join(each[0] for each in watch.done).split("a")
    assert [len(turn) for turn in turns if turn] == [a_turn] * (9 // a_turn) + [9 % a_turn] * (
        9 % a_turn > 0
    )


def test_without_a_loop_it_is_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[Answer] = []
    finish(answers.append, Watch(monkeypatch).work(9, 1.0), None)
    assert answers == [{"pieces": 9}]
