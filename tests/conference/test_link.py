"""Two media links and a bad link between them, in simulated time (spec/media-link.md)."""

from __future__ import annotations

import random
import statistics
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.bearers import DATAGRAM_BYTES_MAX
from parley.conference.inside import Kind
from parley.conference.link import (
    FRAME_BYTES_WAITING_MAX,
    FRAMES_WAITING_MAX,
    HELLO_S,
    KEY_REQUEST_S,
    PICTURE_WAITS_S,
    SOUND_WAITING_MAX,
    MediaLink,
)
from parley.conference.report import Report
from parley.conference.seal import HELLO, SEALED
from parley.conference.wanted import Wanted
from parley.exercise.emulator import Conditions
from parley.exercise.media_call import MediaCall
from vectors.of_media import PICTURE, SOUND, header

BAD = Conditions(delay_ms=40, jitter_ms=50, loss=0.05)
NEAR = Conditions(delay_ms=20)
NARROW = Conditions(delay_ms=20, kbps=64, queue_ms=400)


def sound(sequence: int, size: int = 60, **about: Any) -> bytes:
    return header({**SOUND, "sequence": sequence, "captured_us": 1, **about}) + bytes(size)


def picture(sequence: int, size: int = 2_000, **about: Any) -> bytes:
    return header({**PICTURE, "sequence": sequence, "captured_us": 1, **about}) + bytes(size)


def link(side: int, now: float = 0.0, seed: int = 0) -> MediaLink:
    chance = random.Random(f"{side} {seed}")
    return MediaLink(bytes(32), side, now, entropy=chance.randbytes, kbps_max=600)


def exchange(a: MediaLink, b: MediaLink, now: float, room: int | None = None) -> None:
    """What both have to send, both ways, at once."""
    for one, other in ((a, b), (b, a)):
        for datagram in one.datagrams(now, room):
            assert len(datagram) <= DATAGRAM_BYTES_MAX
            other.receive(datagram, now)


def pair() -> tuple[MediaLink, MediaLink]:
    a, b = link(0), link(1)
    for turn in range(11):
        exchange(a, b, turn * HELLO_S / 2)
    assert a.up
    assert b.up
    return a, b


# What an emulated link shows.


@pytest.mark.parametrize("overtakes", [False, True])
def test_pictures_and_sound_survive_a_link_that_loses_and_delays(overtakes: bool) -> None:
    conditions = Conditions(delay_ms=40, jitter_ms=50, loss=0.05, overtakes=overtakes)
    call = MediaCall(1, conditions)
    call.run(12)
    for end, other in (call.ends, reversed(call.ends)):
        heard = end.page.heard
        assert heard.pictures_between(2, 12) >= 27 * 10
        assert end.link.figures()["sound_lost"] <= 1
        assert (
            len(heard.sound) >= other.page.sound_sent - 15
        )  # before both had greeted, or on its way
        assert max(heard.sound_ages_s(2)) < 0.25
        assert end.link.rate.kbps == 600  # what is lost by chance takes nothing


@pytest.mark.parametrize("overtakes", [False, True])
@pytest.mark.parametrize("loss", [0.0, 0.03, 0.08])
def test_the_loss_that_is_told_is_that_of_the_link(loss: float, overtakes: bool) -> None:
    """Whatever was repeated in time, and not what was only overtaken."""
    call = MediaCall(1, Conditions(delay_ms=40, jitter_ms=50, loss=loss, overtakes=overtakes))
    call.run(4)
    told = []
    for _ in range(4):
        call.run(5)  # as long as a figure covers
        told += [end.link.figures()["lost"] for end in call.ends]
    assert statistics.mean(told) == pytest.approx(loss, rel=0.15, abs=0.002), told
    assert all(each == pytest.approx(loss, abs=0.03 if loss else 0.004) for each in told), told


def test_sound_outlives_a_link_that_falls_to_64_kbit_s() -> None:
    call = MediaCall(1, NEAR)
    call.run(5)
    call.becomes(NARROW)
    offered = [end.out.bytes_in for end in call.ends]
    call.run(30)
    for end, before in zip(call.ends, offered, strict=True):
        beeps = [end.page.heard.hears(5.5 + 1.4 * n) for n in range(20)]
        assert sum(beeps) >= 18
        assert (end.out.bytes_in - before) * 8 / 1000 / 30 < 64
        assert end.page.heard.pictures_between(8, 14) == 0
        figures = end.link.figures()
        assert figures["sheds"] >= 1
        assert figures["breaks"] >= 1


def test_after_a_cut_of_20_s_it_goes_on_by_itself() -> None:
    call = MediaCall(1, NEAR)
    call.run(4)
    call.becomes(Conditions(cut=True))
    call.run(20)
    call.becomes(NEAR)
    call.run(7)
    for end in call.ends:
        assert end.page.heard.hears(24.5, length_s=6)
        assert end.page.heard.pictures_between(28, 31) >= 85
        assert (end.link.rate.cuts, end.link.figures()["counts"]["runs"]) == (1, 1)


def test_a_station_that_comes_up_again_is_taken_up() -> None:
    call = MediaCall(3, NEAR)
    call.run(3)
    call.ends[1].link = call.fresh_link(1)
    call.run(3)
    for end in call.ends:
        assert end.page.heard.pictures_between(4, 6) >= 58
        assert end.page.heard.hears(3.5, length_s=2)
    assert call.ends[0].link.figures()["counts"]["runs"] == 2


def test_the_same_seed_is_the_same_call() -> None:
    calls = [MediaCall(7, BAD) for _ in range(2)]
    for call in calls:
        call.run(2)
    one, other = ([end.link.figures() for end in call.ends] for call in calls)
    assert one == other


# What one link does.


def test_X7_greetings_are_repeated_until_they_are_answered() -> None:
    a = link(0)
    (hello,) = a.datagrams(0.0)
    assert hello[0] == HELLO
    assert hello[1:5] == a.tag
    assert a.datagrams(HELLO_S / 2) == []
    assert len(a.datagrams(HELLO_S)) == 1
    assert a.send(sound(0), 0.0) == "not up"
    a.unsent(0.3)
    assert a.rate.kbps == 600  # no path yet says nothing of the path to come


def test_X7_a_flood_of_recorded_greetings_gets_few_answers() -> None:
    a, b = pair()
    recorded = link(1, seed=9).datagrams(0.0)[0]
    answers = 0
    for step in range(1_000):
        a.receive(recorded, 1 + step / 1_000)
        answers += sum(each[0] == HELLO for each in a.datagrams(1 + step / 1_000))
    assert answers <= 21
    assert a.send(sound(0), 2.0) == ""
    exchange(a, b, 2.0)
    assert b.frames() == [sound(0)]


def test_frames_cross_byte_for_byte_and_stations_add_nothing() -> None:
    a, b = pair()
    sent = [sound(0), picture(0, key=True), sound(1), picture(1, 9_000)]
    for frame in sent:
        assert a.send(frame, 1.0) == ""
    for step in range(20):
        exchange(a, b, 1 + step / 100)
    came = b.frames()
    assert sorted(came) == sorted(sent)
    assert b.frames() == []
    assert [frame for frame in came if frame[0] == 0x12] == [sent[1], sent[3]]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [(b"", "malformed"), (bytes(100), "malformed"), (sound(0, 1_200), "oversized")],
)
def test_X11_what_is_no_frame_or_fits_nowhere_is_dropped(frame: bytes, reason: str) -> None:
    a, _ = pair()
    assert a.send(frame, 1.0) == reason
    assert a.figures()["counts"][f"dropped: {reason}"] == 1


def test_X16_a_station_that_was_busy_has_not_heard_silence() -> None:
    a, b = pair()
    assert a.send(picture(0, key=True), 1.05) == ""
    exchange(a, b, 1.05, room=0)
    a.datagrams(2.05, 0)  # a second later, and nothing of theirs has been read yet
    assert (a.rate.breaks, a.rate.kbps, a.key_requests()) == (0, 600, [])
    for step in range(1, 50):
        a.datagrams(2.05 + step / 100, 0)
    assert a.rate.breaks > 0


@pytest.mark.parametrize("who_is_late", ["the link", "the reader"])
def test_X13_what_a_busy_station_reads_late_is_no_queue(who_is_late: str) -> None:
    a, b = pair()
    for n in range(100):  # each comes at once, and both sides know the way
        now = 1.2 + n / 50
        assert a.send(sound(n), now) == ""
        exchange(a, b, now)
    late: list[bytes] = []
    for n in range(100, 120):
        now = 1.2 + n / 50
        assert a.send(sound(n), now) == ""
        late += a.datagrams(now)
        if who_is_late == "the link":
            b.datagrams(now)
    for datagram in late:
        b.receive(datagram, now)
    b.datagrams(now)
    told = b.figures()
    reports = [each for each in b.datagrams(now + 0.1) if each[0] == SEALED]
    for each in reports:
        a.receive(each, now + 0.1)
    assert told["counts"]["sound in"] == 120
    assert (a.figures()["queue_ms"] > 0) is (who_is_late == "the link")


def test_X18_pictures_that_wait_too_long_go_and_a_key_frame_is_asked_for() -> None:
    a, b = pair()
    assert a.send(picture(0, key=True), 1.0) == ""
    assert a.send(picture(0, 500, key=True, sender=4), 1.0) == ""
    for step in range(5):
        exchange(a, b, 1.0 + step * (PICTURE_WAITS_S + 0.01) / 4, room=0)
    assert a.key_requests() == [(0, 16), (4, 16)]
    assert a.key_requests() == []
    assert a.send(picture(1), 1.4) == "no key"
    assert a.send(picture(2, key=True), 1.4) == ""
    assert a.rate.kbps < 600


def test_X18_of_sound_that_no_path_takes_the_newest_is_kept() -> None:
    a, _ = pair()
    for n in range(40):
        assert a.send(sound(n), 1.0) == ""
    assert a.figures()["counts"]["dropped: late sound"] == 40 - SOUND_WAITING_MAX
    assert sum(each[0] == SEALED for each in a.datagrams(1.0)) >= SOUND_WAITING_MAX


def test_X17_a_link_that_has_shed_takes_no_picture_and_then_a_key_frame_first() -> None:
    a, _ = pair()
    a.rate.shed = True
    assert a.send(picture(0, key=True), 1.0) == "shed"
    a.rate.shed = False
    assert a.send(picture(1), 1.0) == "no key"
    assert a.key_requests() == [(0, 16)]
    assert a.send(picture(2), 1.1) == "no key"
    assert a.key_requests() == []  # just asked
    assert a.send(picture(3), 1.1 + KEY_REQUEST_S) == "no key"
    assert a.key_requests() == [(0, 16)]


def test_X14_a_key_frame_is_asked_for_across_the_link_and_not_too_often() -> None:
    a, b = pair()
    asked = []
    for step in range(100):
        b.ask_key(3, 16)
        exchange(a, b, 1 + step / 100)
        asked += a.key_requests()
    assert asked == [(3, 16)] * 4
    for sender in range(100):
        b.ask_key(sender, 16)
    exchange(a, b, 3.0)
    exchange(a, b, 3.0)
    assert len(a.key_requests()) <= 8


def test_X14_a_full_link_repeats_nothing() -> None:
    a, b = pair()
    wanted = b._unnumbered(Kind.WANTED, Wanted((0,)).to_bytes(), 1.0)
    a.send(sound(0), 1.0)
    a.datagrams(1.0)
    for queue_ms, repeats in ((500, 0), (0, 1)):
        report = Report(0, 0, 0xFFFF, 0, 600, 0.0, queue_ms)
        a.receive(b._seal.seal(b._unnumbered(Kind.REPORT, report.to_bytes(), 1.0)), 1.0)
        a.receive(b._seal.seal(wanted), 1.0)
        assert a.figures()["repeats"] == repeats


def test_what_nobody_fetches_is_bounded() -> None:
    a, b = pair()
    for n in range(2 * FRAMES_WAITING_MAX):
        a.send(sound(n), 1 + n / 50)
        exchange(a, b, 1 + n / 50)
    assert len(b._frames) == FRAMES_WAITING_MAX
    for n in range(40):
        b._wait(picture(n, 60_000))
    assert b._frame_bytes <= FRAME_BYTES_WAITING_MAX
    assert b.frames()[-1] == picture(39, 60_000)


def test_X10_an_authentic_peer_that_speaks_nonsense_is_counted() -> None:
    a, b = pair()
    nonsense = [
        b"",
        b"\x01",
        bytes(9),
        b"\x05" + bytes(8),
        *(bytes((k,)) + bytes(9) for k in range(6)),
    ]
    for plain in nonsense:
        a.receive(b._seal.seal(plain), 1.0)
    assert a.figures()["counts"]["dropped: malformed"] + 1 >= len(nonsense) - 1
    assert a.frames() == []


@settings(max_examples=50, deadline=None)
@given(st.lists(st.binary(max_size=1_200), max_size=8), st.booleans())
def test_whatever_comes_nothing_is_raised(plains: list[bytes], authentic: bool) -> None:
    a, b = pair()
    for now, plain in enumerate(plains, 1):
        head = bytes((1 + now % 4,))
        said = b._seal.seal(head + bytes(8) + plain) if authentic else bytes((SEALED,)) + plain
        a.receive(said, float(now))
        a.receive(plain, float(now))
        a.datagrams(float(now))
    a.frames()
    a.figures()
