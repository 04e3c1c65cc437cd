"""The seal on datagrams of a call: who may open them, how often, and what a restart does."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.conference.seal import (
    HELLO_BYTES,
    OVERHEAD_BYTES,
    RUNS_MAX,
    WINDOW,
    CallSeal,
    Greeted,
    ReplayWindow,
)
from parley.core.errors import Misused

SECRET = bytes(range(32))


def side(number: int, seed: int = 0, secret: bytes = SECRET) -> CallSeal:
    return CallSeal(secret, number, random.Random(f"{number} {seed}").randbytes)


def greeted(a: CallSeal, b: CallSeal) -> None:
    """Both know each other's run."""
    assert b.hear_hello(a.hello()) is Greeted.ANSWER
    assert a.hear_hello(b.hello()) is Greeted.BEGUN
    assert b.hear_hello(a.hello()) is Greeted.BEGUN


def pair() -> tuple[CallSeal, CallSeal]:
    a, b = side(0), side(1)
    greeted(a, b)
    return a, b


def test_X6_both_derive_one_tag_and_others_another() -> None:
    assert side(0).tag == side(1).tag != side(0, secret=bytes(32)).tag
    for secret, number in ((bytes(31), 0), (SECRET, 2)):
        with pytest.raises(Misused):
            side(number, secret=secret)


def test_X7_nothing_is_sealed_before_both_know_both() -> None:
    a, b = side(0), side(1)
    assert not a.agreed
    with pytest.raises(Misused):
        a.seal(b"early")
    assert a.open(bytes(100)) is None
    greeted(a, b)
    said = a.seal(b"words")
    assert len(said) == OVERHEAD_BYTES + 5
    assert (b.confirmed, b.open(said), b.confirmed) == (False, b"words", True)
    assert a.hear_hello(b.hello()) is Greeted.KNOWN


def test_X7_crossing_greetings_meet() -> None:
    a, b = side(0), side(1)
    from_a, from_b = a.hello(), b.hello()
    assert a.hear_hello(from_b) is Greeted.ANSWER
    assert b.hear_hello(from_a) is Greeted.ANSWER
    assert b.hear_hello(a.hello()) is Greeted.BEGUN
    assert a.hear_hello(b.hello()) is Greeted.BEGUN
    assert b.open(a.seal(b"words")) == b"words"


def test_X7_a_restarted_side_is_taken_up_and_a_recording_of_it_is_not() -> None:
    a, b = pair()
    recorded, said = b.hello(), b.seal(b"of the first run")
    again = side(1, seed=1)
    assert a.hear_hello(again.hello()) is Greeted.ANSWER
    assert a.open(said) == b"of the first run"  # what it knows goes on until the new one proves
    assert again.hear_hello(a.hello()) is Greeted.BEGUN
    assert a.hear_hello(again.hello()) is Greeted.BEGUN
    assert a.open(again.seal(b"of the second")) == b"of the second"
    assert a.hear_hello(recorded) is Greeted.NOTHING
    assert a.open(b.seal(b"of the first run")) is None
    assert again.open(a.seal(b"still")) == b"still"


def test_X7_an_old_greeting_gets_an_answer_and_changes_nothing() -> None:
    a, b = pair()
    stale = side(1, seed=7).hello()
    assert a.hear_hello(stale) is Greeted.ANSWER
    assert b.open(a.seal(b"goes on")) == b"goes on"


def test_X7_a_run_that_is_over_never_begins_again_however_many_followed() -> None:
    a = side(0)
    recorded, said = [], []
    for seed in range(RUNS_MAX + 3):
        b = side(1, seed=seed)
        a.hear_hello(b.hello())
        b.hear_hello(a.hello())
        recorded.append(b.hello())
        if a.hear_hello(recorded[-1]) is Greeted.ANSWER:  # it has a new run of its own
            b.hear_hello(a.hello())
            assert a.hear_hello(b.hello()) is Greeted.BEGUN
        for each in recorded[:-1]:
            assert a.hear_hello(each) in (Greeted.NOTHING, Greeted.ANSWER)
        said.append(a.seal(b"the same words"))
        assert b.open(said[-1]) == b"the same words"
    assert len({each[13:] for each in said}) == len(said)  # no key seals under one number twice
    assert len(a._over) <= RUNS_MAX


def test_X8_both_directions_and_all_runs_have_keys_of_their_own() -> None:
    a, b = pair()
    said = a.seal(b"once")
    assert a.open(said) is None  # its own comes back
    c, d = side(0), side(1, seed=3)
    greeted(c, d)
    assert c.seal(b"once") != said
    assert d.open(said) is None
    assert b.open(said) == b"once"


def test_X9_each_opens_once_and_none_that_is_long_past() -> None:
    a, b = pair()
    said = [a.seal(bytes((n % 256,))) for n in range(WINDOW + 2)]
    assert b.open(said[1]) == b"\x01"
    assert b.open(said[1]) is None
    assert b.open(said[-1]) is not None
    assert b.open(said[0]) is None  # too old
    assert b.open(said[2]) == b"\x02"


def test_forged_bytes_open_nothing() -> None:
    a, b = pair()
    said, hello = a.seal(b"words"), a.hello()
    assert len(hello) == HELLO_BYTES
    for at in range(len(said)):
        assert b.open(said[:at] + bytes((said[at] ^ 1,)) + said[at + 1 :]) is None
        assert b.open(said[:at]) is None
    for at in range(len(hello)):
        wrong = hello[:at] + bytes((hello[at] ^ 1,)) + hello[at + 1 :]
        assert b.hear_hello(wrong) is Greeted.NOTHING
        assert b.hear_hello(hello[:at]) is Greeted.NOTHING
    assert a.hear_hello(a.hello()) is Greeted.NOTHING  # its own
    assert b.open(said) == b"words"


@given(st.lists(st.integers(0, 4 * WINDOW), max_size=60))
def test_the_replay_window_is_a_set_that_forgets_the_oldest(counters: list[int]) -> None:
    window, seen = ReplayWindow(), set[int]()
    for counter in counters:
        newest = max(seen, default=-1)
        assert window.may_come(counter) == (counter not in seen and counter > newest - WINDOW)
        if window.may_come(counter):
            window.came(counter)
            seen.add(counter)
    assert window.newest == max(seen, default=-1)
