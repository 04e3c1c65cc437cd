"""What a station does with frames it cannot read: give them back, or drop and count them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from parley.conference.frame import PICTURE_BYTES_MAX
from parley.conference.line_loop import LineLoop
from parley.conference.loop import KEY_REQUEST_S, Loop
from parley.conference.queues import (
    FRAME_COST_BYTES,
    PICTURE_BYTES_WAITING_MAX,
    RATE_BYTES_S,
    SOUND_WAITING_MAX,
)
from vectors.of_media import PICTURE, SOUND, header

KEY_WORD = '{"t":"key"}'


def sound(sequence: int, size: int = 60, **about: Any) -> bytes:
    return header({**SOUND, "sequence": sequence, "captured_us": 1, **about}) + bytes(size)


def picture(sequence: int, size: int = 2_000, **about: Any) -> bytes:
    return header({**PICTURE, "sequence": sequence, "captured_us": 1, **about}) + bytes(size)


def given_back(loop: Loop | LineLoop) -> list[bytes | str]:
    back = []
    while (item := loop.next()) is not None:
        back.append(item)
    return back


def test_M8_frames_come_back_byte_for_byte_and_in_order() -> None:
    loop = Loop(0)
    frames = [picture(0, key=True), picture(1), picture(2)]
    for frame in frames:
        loop.take(frame, 0)
    assert given_back(loop) == frames
    counts = loop.counts()
    assert counts["came"] == counts["went"] == {"frames": 3, "bytes": sum(map(len, frames))}
    assert not any(counts["dropped"].values())


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (b"", "malformed"),
        (bytes(100), "malformed"),
        (sound(1, size=5_000), "oversized"),
        (picture(1, size=PICTURE_BYTES_MAX), "oversized"),
        (sound(1, party=1), "foreign"),
        (picture(1, sender=1), "foreign"),
        (sound(0), "repeated"),
        (picture(0, key=True), "repeated"),
    ],
)
def test_M8_what_is_wrong_is_dropped_whole_and_counted(frame: bytes, reason: str) -> None:
    loop = Loop(0)
    loop.take(sound(0), 0)
    loop.take(picture(0, key=True), 0)
    given_back(loop)
    loop.take(frame, 0)
    assert given_back(loop) == []
    assert {why: n for why, n in loop.counts()["dropped"].items() if n} == {reason: 1}
    loop.take(sound(7), 0)
    assert given_back(loop) == [sound(7)]


def test_M8_numbers_begin_anew_with_an_epoch_and_with_no_more_tracks_than_a_page_has() -> None:
    loop = Loop(0)
    for epoch in range(17):
        loop.take(sound(0, epoch=epoch), 0)
    assert len(given_back(loop)) == 16
    assert loop.counts()["dropped"]["foreign"] == 1


def test_M8_who_sends_too_fast_loses_what_is_too_much_and_nothing_later() -> None:
    loop = Loop(0)
    burst = RATE_BYTES_S // (FRAME_COST_BYTES + len(picture(0)))
    for number in range(burst + 50):
        loop.take(picture(number, key=True), 0)
    assert loop.counts()["dropped"]["too fast"] == 50
    given_back(loop)
    loop.take(picture(burst + 50, key=True), 0.1)
    assert given_back(loop) == [picture(burst + 50, key=True)]


def test_M8_sound_is_held_to_what_a_voice_is() -> None:
    loop = Loop(0)
    for number in range(1_000):  # ten seconds of the shortest frames there are, 24 kbit/s
        loop.take(sound(number, 30, length_ms=10), number / 100)
    assert loop.counts()["dropped"]["too fast"] == 0
    for number in range(1_000, 1_100):
        loop.take(sound(number, 1_000), 10)
    assert loop.counts()["dropped"]["too fast"] > 65
    loop.take(picture(0, key=True), 10)
    assert picture(0, key=True) in given_back(loop)  # nothing else is held up by it


def test_M9_old_sound_gives_way_to_new_and_sound_goes_before_pictures() -> None:
    loop = Loop(0)
    loop.take(picture(0, key=True), 0)
    for number in range(SOUND_WAITING_MAX + 3):
        loop.take(sound(number), 0)
    back = given_back(loop)
    assert back == [*(sound(n) for n in range(3, SOUND_WAITING_MAX + 3)), picture(0, key=True)]
    assert loop.counts()["dropped"]["waiting"] == 3


def test_M9_pictures_that_nobody_takes_go_until_a_key_frame() -> None:
    loop = Loop(0)
    size = 100_000
    kept = PICTURE_BYTES_WAITING_MAX // (size + 24)
    loop.take(picture(0, size, key=True), 0)
    for number in range(1, kept + 1):
        loop.take(picture(number, size), 0)
    assert loop.counts()["dropped"]["waiting"] == kept + 1
    assert given_back(loop) == [KEY_WORD]
    loop.take(picture(kept + 1), KEY_REQUEST_S / 2)  # of no use without those that went
    assert given_back(loop) == []
    loop.take(picture(kept + 2), KEY_REQUEST_S)
    assert given_back(loop) == [KEY_WORD]
    loop.take(picture(kept + 3, key=True), 1)
    loop.take(picture(kept + 4), 1)
    assert given_back(loop) == [picture(kept + 3, key=True), picture(kept + 4)]


def test_M9_a_key_frame_takes_the_place_of_all_that_wait() -> None:
    loop = Loop(0)
    for number in range(5):
        loop.take(picture(number, 100_000, key=number == 0), 0)
    fresh = picture(5, 100_000, key=True)
    loop.take(fresh, 0)
    loop.take(picture(6), 0)
    assert given_back(loop) == [KEY_WORD, fresh, picture(6)]


def test_M12_a_page_asks_for_a_key_frame_and_for_nothing_else() -> None:
    loop = Loop(0)
    for word in ("", "key", '{"t": "key"}', "[" * 300, "\U0001f54a", '{"t":"counts"}'):
        loop.hear(word, 0)
    assert loop.next() is None
    assert loop.counts()["dropped"]["malformed"] == 6
    for now in (0.0, 0.1, 0.2):  # asked three times within 300 ms, told once
        loop.hear(KEY_WORD, now)
    assert given_back(loop) == [KEY_WORD]
    told = json.loads(loop.told())
    assert told["t"] == "counts"
    assert told["dropped"] == loop.counts()["dropped"]
