"""What is asked for again and what is repeated: enough on a lossy link, nothing on a full one."""

from __future__ import annotations

import pytest

from parley.conference.delay import MEMORY_S, Delay, apart_ms, ms_of
from parley.conference.repair import (
    ASKS_MAX,
    FIRST_ASK_S,
    GAP_MAX,
    GAPS_MAX,
    GIVE_UP_S,
    KEPT_MAX,
    KEPT_S,
    SAVED_BYTES_MAX,
    SHARE,
    WINDOW_S,
    Missing,
    Repeats,
)
from parley.conference.report import NEVER_MS, Report
from parley.conference.wanted import KEYS_MAX, MISSING_MAX, Wanted
from parley.core.errors import Malformed

RTT_S = 0.1


def test_X14_a_gap_is_asked_for_a_few_times_and_given_up() -> None:
    missing = Missing()
    assert missing.take(0, 0.0) == (True, True)
    assert missing.take(3, 0.0) == (True, True)
    assert missing.to_ask(FIRST_ASK_S / 2, RTT_S) == []
    assert missing.to_ask(0.02, RTT_S) == [1, 2]
    assert missing.to_ask(0.03, RTT_S) == []
    assert missing.take(1, 0.1) == (True, False)
    assert missing.take(1, 0.1) == (False, False)
    assert missing.take(3, 0.1) == (False, False)
    asked = sum(missing.to_ask(0.02 + step / 100, RTT_S) == [2] for step in range(1, 48))
    assert asked == min(ASKS_MAX - 1, 3)
    assert missing.to_ask(GIVE_UP_S + 0.01, RTT_S) == []
    assert (missing.lost, missing.recovered, missing.repeated) == (1, 1, 2)


def test_X13_the_share_lost_is_of_what_was_due_since_the_last_report() -> None:
    missing = Missing()
    assert missing.share_lost() == 0
    for number in (0, 1, 2, 4, 5, 9):
        missing.take(number, 0.0)
    assert missing.share_lost() == pytest.approx(0.4)
    missing.take(10, 0.0)
    missing.take(3, 0.0)  # repeated at our wish: not lost, and no more than all came
    assert missing.share_lost() == 0


def test_what_came_when_it_was_sent_again_was_lost_and_what_was_overtaken_was_not() -> None:
    missing = Missing()
    for number in (0, 1, 5, 6):
        missing.take(number, 0.0)
    assert missing.to_ask(0.02, RTT_S) == [2, 3, 4]
    missing.take(2, 0.02 + RTT_S / 4)  # sooner than anybody can have answered
    missing.take(3, 0.02 + RTT_S)
    assert missing.share_missed(0.2) == pytest.approx(1 / 7)
    missing.to_ask(GIVE_UP_S + 0.01, RTT_S)  # the fourth never came
    assert missing.share_missed(0.6) == pytest.approx(2 / 7)
    for number in range(7, 14):
        missing.take(number, 1.0)
    assert missing.share_missed(1.0) == pytest.approx(2 / 14)
    assert missing.share_missed(1.1 + WINDOW_S) == 0  # what is long past counts no more


def test_a_jump_of_numbers_is_a_new_beginning_and_holds_little() -> None:
    missing = Missing()
    missing.take(0, 0.0)
    missing.take(GAP_MAX + 1, 0.0)
    assert missing.to_ask(0.1, RTT_S) == []
    for number in range(1_000, 10_000, GAP_MAX):
        missing.take(number, 0.0)
    assert len(missing._gaps) == GAPS_MAX
    assert len(missing.to_ask(0.1, RTT_S)) == MISSING_MAX


def test_X14_repeats_are_paid_for_by_a_share_of_the_budget() -> None:
    repeats = Repeats()
    for number in range(100):
        repeats.keep(number, bytes(1_000), 0.0)
    at_once = [repeats.again(number, 600, 0.0) for number in range(100)]
    assert sum(each is not None for each in at_once) == SAVED_BYTES_MAX // 1_000
    gained = 600_000 / 8 * SHARE * 0.1
    later = [repeats.again(number, 600, 0.1) for number in range(100)]
    assert sum(each is not None for each in later) == int(gained // 1_000)
    assert repeats.again(99, 600, KEPT_S + 0.1) is None  # too long ago
    assert repeats.again(100, 600, 0.1) is None  # never sent
    for number in range(3 * KEPT_MAX):
        repeats.keep(number, b"", 5.0)
    assert len(repeats._kept) == KEPT_MAX


def test_X13_reports_have_one_form() -> None:
    report = Report(1, 2, NEVER_MS, 4, 5, 51 / 255, 7)
    assert Report.parse(report.to_bytes()) == report
    high = Report(0, 0, 0, 0, 1 << 20, 1.0, 1 << 20)
    assert Report.parse(high.to_bytes()).queue_ms == 0xFFFF
    for wrong in (b"", report.to_bytes()[:-1], report.to_bytes() + b"\x00"):
        with pytest.raises(Malformed):
            Report.parse(wrong)


def test_X14_wants_have_one_form() -> None:
    wanted = Wanted((1, 2, 1 << 31), ((7, 16), (8, 0)))
    assert Wanted.parse(wanted.to_bytes()) == wanted
    assert Wanted.parse(Wanted().to_bytes()) == Wanted()
    full = Wanted(tuple(range(MISSING_MAX + 1))).to_bytes()
    keys = Wanted((), tuple((n, 1) for n in range(KEYS_MAX + 1))).to_bytes()
    for wrong in (b"", b"\x00", wanted.to_bytes()[:-1], wanted.to_bytes() + b"\x00", full, keys):
        with pytest.raises(Malformed):
            Wanted.parse(wrong)


def test_X13_delay_is_a_low_percentile_over_the_least() -> None:
    delay = Delay()
    assert delay.queue_ms(0.0) == 0
    for n in range(20):  # a clock that is an hour behind, and a machine that is busy now and then
        now = 1 + n / 100
        delay.take(ms_of(now - 3_600 - 0.05 - 0.3 * (n % 3 == 0)), now)
    assert delay.queue_ms(1.2) == 0
    for n in range(30):  # then a queue
        now = 2 + n / 100
        delay.take(ms_of(now - 3_600 - 0.05 - 0.2), now)
    assert delay.queue_ms(2.3) == pytest.approx(200, abs=1)
    assert delay.queue_ms(9) == 0  # nothing came lately
    late = 3 + MEMORY_S  # a way that became longer is believed
    delay.take(ms_of(late - 3_600 - 0.25), late)
    assert delay.queue_ms(late) == 0


def test_times_are_apart_across_their_wrap() -> None:
    assert apart_ms(5, (1 << 32) - 5) == 10
    assert apart_ms((1 << 32) - 5, 5) == -10
