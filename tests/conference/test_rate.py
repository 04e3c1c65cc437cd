"""The budget: what takes it down, what lets it grow, and what a page is told."""

from __future__ import annotations

from typing import Any

import pytest

from parley.conference.rate import (
    AFTER_CUT_S,
    CUT_S,
    KBPS_MIN,
    RETRY_KBPS,
    RETRY_S,
    RETRY_S_MAX,
    Rate,
)

RTT_S = 0.1


class Talk:
    """A rate that is told something ten times a second."""

    def __init__(self, kbps: float = 600, kbps_max: float = 600) -> None:
        self.now = 0.0
        self.rate = Rate(0.0, kbps, kbps_max)
        self.broke = 0

    def passes(
        self,
        seconds: float,
        *,
        silent: bool = False,
        queue_ms: int = 0,
        lost: float = 0.0,
        received: float = 600,
        sent: float = 600,
    ) -> None:
        until = self.now + seconds
        while self.now < until:
            self.now += 0.1
            if not silent:
                self.rate.report(
                    self.now, queue_ms=queue_ms, lost=lost, received_kbps=received, sent_kbps=sent
                )
            self.broke += self.rate.tick(self.now, RTT_S)


def test_X15_random_loss_is_no_full_link() -> None:
    talk = Talk()
    talk.passes(30, lost=0.2)
    assert talk.rate.kbps == 600
    talk.passes(30, lost=0.3)
    assert talk.rate.kbps < 200


def shed(seconds: float = 2.0) -> Talk:
    """Pictures were given up, and the link is good again."""
    talk = Talk()
    talk.passes(seconds, queue_ms=300, received=64)
    assert talk.rate.shed
    return talk


@pytest.mark.parametrize(
    "hiccup",
    [
        {"seconds": 0.5, "silent": True},
        {"seconds": 0.1, "queue_ms": 200},
        {"seconds": 0.1, "lost": 0.3},
    ],
    ids=lambda hiccup: next(name for name in hiccup if name != "seconds"),
)
def test_X17_a_busy_machine_now_and_then_keeps_no_picture_away(hiccup: dict[str, Any]) -> None:
    talk = shed()
    for _ in range(3):
        talk.passes(RETRY_S - 2)
        talk.passes(**hiccup)
    assert not talk.rate.shed
    talk.passes(30)
    assert talk.rate.kbps == 600


@pytest.mark.parametrize(
    "full", [{"queue_ms": 200}, {"lost": 0.3}, {"silent": True}], ids=["queue", "lost", "silent"]
)
def test_X17_a_link_that_is_full_now_and_then_gets_no_pictures(full: dict[str, Any]) -> None:
    talk = shed()
    for _ in range(10):
        talk.passes(RETRY_S - 2)
        talk.passes(0.5, **full)
        talk.passes(0.3, queue_ms=200 if "silent" in full else 0)
    assert talk.rate.shed


def test_X15_one_late_report_is_a_busy_machine() -> None:
    talk = Talk()
    for _ in range(20):
        talk.passes(0.1, queue_ms=400)
        talk.passes(0.3)
    assert talk.rate.kbps == 600


@pytest.mark.parametrize(("queue_ms", "reports", "kbps"), [(100, 2, 552), (300, 2, 420)])
def test_X15_delay_is_a_full_link(queue_ms: int, reports: int, kbps: int) -> None:
    talk = Talk()
    talk.passes(0.1 * reports - 0.05, queue_ms=queue_ms)
    assert talk.rate.kbps == pytest.approx(kbps)
    talk.passes(5, queue_ms=queue_ms)
    assert talk.rate.kbps < 200


def test_X15_no_more_than_came() -> None:
    talk = Talk()
    talk.passes(0.2, queue_ms=300, received=200)
    assert talk.rate.kbps == pytest.approx(170)


def test_X15_a_collapse_halves_at_once() -> None:
    talk = Talk()
    talk.passes(0.2, queue_ms=70, lost=0.5, received=300)
    assert talk.rate.kbps == pytest.approx(255)


def test_X15_it_grows_again_up_to_the_most() -> None:
    talk = Talk(kbps=100)
    talk.passes(60)
    assert talk.rate.kbps == 600


def test_X16_silence_breaks_the_circuit() -> None:
    talk = Talk()
    talk.passes(1, silent=True)
    assert talk.rate.kbps == 600  # nobody has ever answered: the call has not begun
    talk.passes(0.5)
    talk.passes(0.4, silent=True)
    assert talk.rate.kbps == 300
    talk.passes(2, silent=True)
    assert (talk.rate.kbps, talk.rate.shed) == (KBPS_MIN, True)
    assert talk.broke == talk.rate.breaks > 5


def test_X16_a_short_silence_with_nothing_behind_it_was_a_busy_station() -> None:
    talk = Talk()
    talk.passes(0.5)
    talk.passes(0.8, silent=True)
    assert talk.rate.kbps < 200
    talk.passes(0.4)
    assert (talk.rate.kbps, talk.rate.shed) == (540, False)
    talk.passes(0.8, silent=True)  # again, and too soon for that
    talk.passes(0.5)
    assert talk.rate.kbps < 200


@pytest.mark.parametrize("behind", [{"queue_ms": 200}, {"lost": 0.2}])
def test_X16_behind_a_full_link_nothing_is_given_back(behind: dict[str, Any]) -> None:
    talk = Talk()
    talk.passes(0.5)
    talk.passes(0.8, silent=True)
    left = talk.rate.kbps
    talk.passes(0.1, **behind)
    talk.passes(0.5)
    assert talk.rate.kbps <= left


def test_X15_a_link_that_takes_all_grows_sooner() -> None:
    calm, other = Talk(kbps=100), Talk(kbps=100)
    calm.passes(6)
    other.passes(6, queue_ms=60)
    assert calm.rate.kbps > 1.3 * other.rate.kbps


def test_X17_pictures_go_before_sound_and_come_back_later_each_time() -> None:
    talk = Talk()
    waits = []
    for _ in range(5):
        talk.passes(10, queue_ms=300, received=50)
        assert (talk.rate.shed, talk.rate.budget().pictures) == (True, False)
        before = talk.now
        while talk.rate.shed:
            talk.passes(0.1, received=50)
        waits.append(round(talk.now - before))
        assert RETRY_KBPS <= talk.rate.kbps < 80
    assert waits == [RETRY_S, 2 * RETRY_S, 4 * RETRY_S, RETRY_S_MAX, RETRY_S_MAX]
    talk.passes(40)  # this one holds
    assert talk.rate.kbps > 300
    talk.passes(10, queue_ms=300, received=50)
    before = talk.now
    while talk.rate.shed:
        talk.passes(0.1)
    assert round(talk.now - before) == RETRY_S


def test_X17_after_a_cut_it_goes_on_with_half() -> None:
    talk = Talk()
    talk.passes(1)
    talk.passes(CUT_S + 17, silent=True)
    assert (talk.rate.shed, talk.rate.sheds) == (True, 1)
    talk.passes(AFTER_CUT_S + 0.3)
    assert (talk.rate.kbps, talk.rate.cuts) == (300, 1)
    assert talk.rate.budget().pictures


def test_X19_what_a_page_is_told() -> None:
    def told(kbps: float, lost: float = 0.0) -> tuple[object, ...]:
        rate = Rate(0.0, kbps, 3_000)
        rate.lost = lost
        budget = rate.budget()
        assert budget.pictures_kbps <= max(20, kbps)
        return budget.width, budget.pictures_s, budget.sound_ms, rate.redundancy

    assert told(1_500) == (1280, 30, 20, 3)
    assert told(600) == (640, 30, 20, 3)
    assert told(200) == (640, 15, 60, 2)
    assert told(120) == (320, 10, 60, 2)
    assert told(90) == (320, 6, 60, 1)
    assert told(90, lost=0.05) == (320, 6, 60, 2)
    assert told(50, lost=0.05) == (320, 6, 60, 1)
