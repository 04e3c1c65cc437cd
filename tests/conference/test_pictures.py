"""Pictures in pieces: put together in order, given up in time, and never more held than allowed."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.conference.frame import PICTURE_BYTES_MAX, Header
from parley.conference.pictures import (
    HELD_BYTES_MAX,
    PATIENCE_S,
    PIECE_BYTES,
    PIECES_MAX,
    STREAMS_MAX,
    UNFINISHED_MAX,
    PicturesIn,
    PicturesOut,
    Piece,
)
from parley.core.errors import Malformed
from vectors.of_media import PICTURE, SOUND, header

RTT_S = 0.02


def picture(sequence: int, size: int = 3_000, *, key: bool = False, **about: int) -> bytes:
    fields = {**PICTURE, "sequence": sequence, "captured_us": 1, "key": key, **about}
    return header(fields) + bytes(size)


def cut(out: PicturesOut, frame: bytes) -> list[Piece]:
    return [Piece.parse(body) for body in out.cut(Header.parse(frame), frame)]


def take(come: PicturesIn, pieces: list[Piece], now: float = 0.0) -> None:
    for piece in pieces:
        come.take(piece, now)


def test_X12_a_picture_is_cut_and_joined() -> None:
    out, come = PicturesOut(), PicturesIn()
    frames = [picture(0, key=True), picture(1, 17), picture(2, PICTURE_BYTES_MAX - 24)]
    for frame in frames:
        pieces = cut(out, frame)
        assert {len(piece.data) for piece in pieces[:-1]} <= {PIECE_BYTES}
        take(come, [*reversed(pieces), *pieces])
    assert come.ready(0.0, RTT_S) == (frames, [])
    assert come._held == 0


@pytest.mark.parametrize(
    "body",
    [
        b"",
        bytes(9),
        bytes(9 + PIECE_BYTES + 1),
        bytes(7) + b"\x01\x00" + b"piece",  # the second of one
        bytes(7) + b"\x00\x01" + b"short and not the last",
        bytes(8) + bytes((PIECES_MAX,)) + bytes(PIECE_BYTES),
    ],
)
def test_X12_what_has_another_form_is_no_piece(body: bytes) -> None:
    with pytest.raises(Malformed):
        Piece.parse(body)


def test_X12_a_missing_picture_holds_up_its_stream_and_no_other() -> None:
    out, come = PicturesOut(), PicturesIn()
    first, second = cut(out, picture(0, key=True)), cut(out, picture(1))
    other = picture(0, 17, key=True, sender=5)
    take(come, first)
    come.ready(0.0, RTT_S)
    take(come, cut(out, picture(2)))
    take(come, second[1:])
    take(come, cut(out, other))
    assert come.ready(0.1, RTT_S) == ([other], [])
    take(come, second[:1], 0.2)
    assert come.ready(0.2, RTT_S) == ([picture(1), picture(2)], [])


def test_X12_what_stays_missing_is_given_up_to_the_next_key_frame() -> None:
    out, come = PicturesOut(), PicturesIn()
    take(come, cut(out, picture(0, key=True)))
    come.ready(0.0, RTT_S)
    for n in (1, 2, 3):
        take(come, cut(out, picture(n, key=n == 3))[n == 1 :])
    assert come.ready(PATIENCE_S, RTT_S) == ([], [])
    assert come.ready(PATIENCE_S + 0.01, RTT_S) == ([picture(3, key=True)], [])
    take(come, cut(out, picture(4))[1:], 1.0)
    take(come, cut(out, picture(5)), 1.0)
    assert come.ready(1.3, 0.2) == ([], [])  # on a long way it is waited for longer
    assert come.ready(1.71, 0.2) == ([], [(0, 16)])
    assert (come.given_up, come._held) == (2, 0)
    take(come, cut(out, picture(6, key=True)), 2.0)
    assert come.ready(2.0, RTT_S) == ([picture(6, key=True)], [])


def test_X12_what_is_not_what_it_says_is_dropped() -> None:
    come = PicturesIn()
    wrong = [header({**SOUND, "sequence": 0, "captured_us": 1}) + bytes(60), b"k", bytes(50)]
    foreign = picture(0, sender=3)
    for number, frame in enumerate([*wrong, foreign]):
        come.take(Piece((0, 16), number, 0, 1, frame), 0.0)
    assert come.ready(0.0, RTT_S) == ([], [])
    assert come.foreign == 4


def test_a_flood_of_pieces_holds_little() -> None:
    come = PicturesIn()
    for n in range(4_000):
        come.take(Piece((n % 40, 16), 7 + n // 40, n % 9, 10, bytes(PIECE_BYTES)), 0.0)
    assert len(come._streams) <= STREAMS_MAX
    assert come._held <= HELD_BYTES_MAX
    for n in range(200):
        come.take(Piece((1, 1), n, 0, 2, bytes(PIECE_BYTES)), 0.0)
    assert max(len(each.pictures) for each in come._streams.values()) <= UNFINISHED_MAX
    come.ready(9.0, RTT_S)
    assert come._held == 0
    out = PicturesOut()
    for n in range(STREAMS_MAX + 1):
        cut(out, picture(0, sender=n))
    assert len(out._next) == STREAMS_MAX


@given(st.randoms(use_true_random=False), st.integers(1, 6))
def test_whatever_the_order_each_picture_comes_once_whole_and_in_order(
    chance: random.Random, count: int
) -> None:
    out, come = PicturesOut(), PicturesIn()
    frames = [picture(n, key=n == 0) for n in range(count)]
    first, *later = [cut(out, frame) for frame in frames]
    take(come, first)
    pieces = [piece for each in later for piece in each] * 2
    chance.shuffle(pieces)
    take(come, pieces)
    assert come.ready(0.0, RTT_S) == (frames, [])
