"""Frames on a stream: however it is cut, the same frames come out (W11)."""

from __future__ import annotations

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parley.bearers import FRAME_BYTES_MAX
from parley.bearers.framing import LENGTH_BYTES, FrameReader, framed, framed_all
from parley.core.errors import Misused

LARGEST = b"L" * FRAME_BYTES_MAX
FRAMES = st.lists(st.binary(min_size=1, max_size=300) | st.just(LARGEST), max_size=12)


def read_in_pieces(stream: bytes, cuts: list[int]) -> tuple[list[bytes], FrameReader]:
    reader = FrameReader()
    frames: list[bytes] = []
    at = 0
    for cut in [*sorted(cut % (len(stream) + 1) for cut in cuts), len(stream)]:
        frames += reader.take(stream[at:cut])
        assert reader.held < LENGTH_BYTES + FRAME_BYTES_MAX
        at = cut
    return frames, reader


@given(FRAMES, st.lists(st.integers(min_value=0), max_size=40))
def test_any_cut_gives_the_same_frames(frames: list[bytes], cuts: list[int]) -> None:
    heard, reader = read_in_pieces(framed_all(frames), cuts)
    assert heard == frames
    assert not reader.fault
    assert reader.held == 0


@given(st.lists(st.binary(min_size=1, max_size=40), max_size=6))
def test_byte_by_byte(frames: list[bytes]) -> None:
    reader = FrameReader()
    stream = framed_all(frames)
    heard = [frame for at in range(len(stream)) for frame in reader.take(stream[at : at + 1])]
    assert heard == frames


@given(st.binary(max_size=2_000), st.lists(st.integers(min_value=0), max_size=40))
@example(b"\x00\x00\x01A\x00\x00\x00\x00\x00\x01B", [])
@example(b"\x00\x00\x01A\xff\xff\xff", [4, 5, 6])
def test_junk_gives_the_same_frames_and_the_same_fault(stream: bytes, cuts: list[int]) -> None:
    at_once, reader_at_once = read_in_pieces(stream, [])
    in_pieces, reader_in_pieces = read_in_pieces(stream, cuts)
    assert in_pieces == at_once
    assert reader_in_pieces.fault == reader_at_once.fault


@given(FRAMES, st.sampled_from([0, FRAME_BYTES_MAX + 1, 0xFFFFFF]), st.binary(max_size=50))
def test_frames_before_a_fault_are_given_and_nothing_after(
    frames: list[bytes], size: int, rest: bytes
) -> None:
    reader = FrameReader()
    assert reader.take(framed_all(frames) + size.to_bytes(3, "big") + rest) == frames
    assert reader.fault == ("oversize" if size else "empty")
    assert reader.take(framed(b"after")) == []
    assert reader.held == 0


def test_the_largest_frame_passes() -> None:
    reader = FrameReader()
    assert reader.take(framed(LARGEST)) == [LARGEST]
    assert reader.take(framed(b"next")) == [b"next"]


def test_a_frame_in_pieces_is_not_copied_for_each_piece() -> None:
    # What is held grows in place: were it joined anew for every piece, its identity would change.
    reader = FrameReader()
    held = reader._held
    for at in range(0, FRAME_BYTES_MAX, 100):
        assert reader.take(framed(LARGEST)[at : at + 100]) == []
        assert reader._held is held
    assert reader.take(LARGEST[-LENGTH_BYTES:]) == [LARGEST]


@pytest.mark.parametrize("frame", [b"", LARGEST + b"!"], ids=["empty", "oversize"])
def test_our_own_mistake_is_not_sent(frame: bytes) -> None:
    with pytest.raises(Misused):
        framed(frame)


def test_a_megabyte_of_junk_is_soon_over() -> None:
    reader = FrameReader()
    chance = random.Random(1)
    while not reader.fault:
        reader.take(chance.randbytes(1 << 16))
    assert reader.take(chance.randbytes(1 << 20)) == []
    assert reader.held == 0
