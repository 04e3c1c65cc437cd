"""Sound on the link: what each datagram repeats, and in which order it is given on."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.conference.frame import Header
from parley.conference.sound import REORDER_S, STREAMS_MAX, WAITING_MAX, SoundIn, SoundOut, unpack
from parley.core.errors import Malformed
from vectors.of_media import PICTURE, SOUND, header


def sound(sequence: int, size: int = 60, **about: int) -> tuple[Header, bytes]:
    frame = header({**SOUND, "sequence": sequence, "captured_us": 1, **about}) + bytes(size)
    return Header.parse(frame), frame


def packed(out: SoundOut, sequence: int, frames: int = 3, bytes_max: int = 1_000) -> bytes:
    return out.pack(*sound(sequence), frames, bytes_max)


def numbers(body: bytes) -> list[int]:
    return [about.sequence for about, _ in unpack(body)]


def given_on(frames: list[bytes]) -> list[int]:
    return [Header.parse(frame).sequence for frame in frames]


def test_X11_each_datagram_repeats_the_frames_before_it() -> None:
    out = SoundOut()
    assert [numbers(packed(out, n)) for n in range(4)] == [[0], [0, 1], [0, 1, 2], [1, 2, 3]]
    assert numbers(packed(out, 4, frames=2)) == [3, 4]
    assert numbers(packed(out, 5, frames=1)) == [5]
    assert numbers(packed(out, 6, bytes_max=1 + 2 * 86)) == [5, 6]  # as many as fit
    assert packed(out, 7, bytes_max=86) == b""
    assert unpack(packed(out, 8))[-1] == sound(8)


def test_X11_tracks_do_not_mix_and_the_longest_unused_is_forgotten() -> None:
    out = SoundOut()
    for track in range(STREAMS_MAX + 1):
        out.pack(*sound(0, track=track), 3, 1_000)
    assert numbers(out.pack(*sound(1, track=STREAMS_MAX), 3, 1_000)) == [0, 1]
    assert numbers(out.pack(*sound(1, track=0), 3, 1_000)) == [1]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x00",
        b"\x04",
        b"\x01",
        b"\x01\x00",
        b"\x01\x00\x05abc",
        b"\x01\x00\x03abc",
        b"\x01\x00\x54" + sound(0)[1] + b"behind",
        b"\x01\x00\x54" + header({**PICTURE, "sequence": 0, "captured_us": 1}) + bytes(60),
    ],
)
def test_X11_what_has_another_form_is_no_sound(body: bytes) -> None:
    with pytest.raises(Malformed):
        unpack(body)


def test_X11_a_lost_datagram_is_made_good_by_the_next() -> None:
    out, come = SoundOut(), SoundIn()
    heard: list[int] = []
    for n in range(30):
        body = packed(out, n)
        if n % 3 == 0:  # two of three are lost
            for about, frame in unpack(body):
                heard += given_on(come.take(about, frame, n * 0.02))
    assert heard == list(range(28))
    assert come.lost == 0


def test_X11_a_gap_is_waited_for_and_then_passed() -> None:
    come = SoundIn()
    assert given_on(come.take(*sound(0), 0.0)) == [0]
    assert come.take(*sound(2), 0.0) == []
    assert come.take(*sound(2), 0.0) == []  # again
    assert come.tick(REORDER_S / 2) == []
    assert given_on(come.tick(REORDER_S)) == [2]
    assert come.take(*sound(1), REORDER_S) == []  # too late
    assert come.lost == 1
    for n in range(4, 4 + WAITING_MAX):
        assert come.take(*sound(n), 1.0) == []
    assert given_on(come.take(*sound(4 + WAITING_MAX), 1.0)) == list(range(4, 5 + WAITING_MAX))


def test_a_flood_of_tracks_holds_little() -> None:
    come = SoundIn()
    for n in range(1_000):
        come.take(*sound(5, track=n % 256, sender=n), 0.0)
    assert len(come._tracks) == STREAMS_MAX


@given(st.permutations(range(12)))
def test_whatever_the_order_each_frame_is_given_on_once_and_in_order(order: list[int]) -> None:
    come = SoundIn()
    heard: list[int] = []
    for n in order:
        heard += given_on(come.take(*sound(n), 0.0))
    heard += given_on(come.tick(1.0))
    assert heard == sorted(set(heard))
    assert heard[-1] == 11
