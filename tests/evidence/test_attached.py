"""Files in the record: how a message names them, how their pieces follow, what a check counts."""

from __future__ import annotations

import zlib
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.core.entry import Key, Marks, Precedence, Status, Type, body_of
from parley.core.wire import Value, decode, encode
from parley.evidence.attached import (
    FILE_BYTES_MAX,
    FILES_BYTES_MAX,
    FILES_MAX,
    MEDIA_BYTES_MAX,
    NAME_BYTES_MAX,
    OPEN_MAX,
    PIECE_BYTES_MAX,
    PIECE_BYTES_MIN,
    READ_MAX,
    Named,
    Piece,
    Tally,
    cut,
    read_named,
    read_piece,
)

TEXT = "text/plain; charset=utf-8"
HASH = bytes(range(32))
FILE: list[Value] = [HASH, 40, TEXT, "x.txt"]


def with_(place: int, value: Value) -> list[Value]:
    """A file as it is named, but for one part."""
    return [*FILE[:place], value, *FILE[place + 1 :]]


def another(n: int) -> list[Value]:
    """A file with a hash of its own."""
    return with_(0, n.to_bytes(32, "big"))


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        [FILE, FILE],  # one hash twice
        [another(n) for n in range(FILES_MAX + 1)],
        [FILE[:3]],
        [with_(0, HASH[:31])],
        [with_(0, "x" * 32)],
        [with_(1, 0)],
        [with_(1, True)],
        [with_(1, FILE_BYTES_MAX + 1)],
        [with_(2, 7)],
        [with_(2, "x" * (MEDIA_BYTES_MAX + 1))],
        [with_(3, "")],
        [with_(3, b"x.txt")],
        [with_(3, "x" * (NAME_BYTES_MAX + 1))],
        [[*another(n)[:1], FILE_BYTES_MAX, TEXT, "x.txt"] for n in range(3)],  # too much in all
    ],
)
def test_F2_files_of_another_form_are_none(value: Value) -> None:
    assert read_named({Key.ATTACHMENTS: value}) is None


def test_F1_files_are_read_as_they_are_named() -> None:
    named = [Named(HASH, 40, TEXT, "x.txt"), Named(bytes(32), FILE_BYTES_MAX, "", "y")]
    assert read_named({Key.ATTACHMENTS: [each.value() for each in named]}) == named
    assert read_named({}) is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        [HASH, 0],
        [HASH[:31], 0, b"x"],
        [HASH, -1, b"x"],
        [HASH, False, b"x"],
        [HASH, FILE_BYTES_MAX, b"x"],
        [HASH, 0, b""],
        [HASH, 0, "x"],
        [HASH, 0, bytes(PIECE_BYTES_MAX + 1)],
    ],
)
def test_F3_a_piece_of_another_form_is_none(value: Value) -> None:
    assert read_piece(value) is None


def test_F3_a_piece_is_shown_by_its_place() -> None:
    piece = read_piece([HASH, 16, b"abc"])
    assert piece is not None
    assert piece.words == f"bytes 16 to 19 of file {HASH.hex()}"


def test_F5_no_more_files_at_once_are_followed_than_there_is_room_for() -> None:
    tally, data = Tally(), b"a" * 40
    for first in range(0, OPEN_MAX, FILES_MAX):
        names = [another(n) for n in range(first, first + FILES_MAX)]
        tally.take(0, Type.TEXT, 0, body_of(Type.TEXT, {Key.ATTACHMENTS: names}, "See them."))
    last: list[Value] = with_(0, sha256(data).digest())
    tally.take(0, Type.TEXT, 0, body_of(Type.TEXT, {Key.ATTACHMENTS: [last]}, "One more."))
    piece = Piece(sha256(data).digest(), 0, data)
    tally.take(0, Type.FILE_PIECE, 0, body_of(Type.FILE_PIECE, {}, piece.payload()))
    assert (tally.whole, tally.wrong, tally.missing) == (0, 0, OPEN_MAX + 1)


def test_F5_what_names_no_file_is_passed_over() -> None:
    tally = Tally()
    tally.take(0, Type.TEXT, 0, body_of(Type.TEXT, {}, "Nothing goes with it."))
    answer = body_of(Type.TEST_ANSWER, {Key.ATTACHMENTS: [FILE]}, "It came.")
    tally.take(0, Type.TEST_ANSWER, 0, answer)  # files go with messages alone
    assert (tally.whole, tally.wrong, tally.missing) == (0, 0, 0)


VALUES = st.none() | st.integers(0, 1 << 40) | st.binary(max_size=40) | st.text(max_size=9)


@settings(max_examples=60)
@given(st.lists(VALUES | st.lists(VALUES, max_size=5), max_size=4))
def test_F2_F3_any_value_is_files_and_a_piece_or_none(value: Value) -> None:
    assert read_named({16: value}) is None or isinstance(value, list)
    piece = read_piece(value)
    assert piece is None or read_piece(decode(encode(piece.payload()))) == piece


def test_F4_a_piece_continues_what_is_there_and_is_not_too_small() -> None:
    size = PIECE_BYTES_MAX + 10
    first, last = cut(HASH, bytes(size), 0), cut(HASH, bytes(size), PIECE_BYTES_MAX)
    assert first.follows(0, size)
    assert last.follows(first.end, size)
    assert not first.follows(first.end, size)  # again
    assert not last.follows(0, size)  # before its turn
    assert not Piece(HASH, 0, bytes(PIECE_BYTES_MIN - 1)).follows(0, size)
    assert not Piece(HASH, 0, bytes(20)).follows(0, 10)


def test_F5_a_check_of_a_record_tells_whole_from_wrong_and_missing() -> None:
    tally, good, lie = Tally(), b"a" * 40, b"b" * 40
    hashes = [sha256(good).digest(), bytes(32), bytes([1]) * 32]
    header: dict[int, Value] = {
        Key.ATTACHMENTS: [Named(each, 40, TEXT, "x.txt").value() for each in hashes]
    }
    tally.take(0, Type.TEXT, 0, body_of(Type.TEXT, header, "See them."))
    for hash, data in zip(hashes, (good, lie), strict=False):
        piece = Piece(hash, 0, data)
        tally.take(1, Type.FILE_PIECE, 0, body_of(Type.FILE_PIECE, {}, piece.payload()))
        tally.take(0, Type.FILE_PIECE, 0, body_of(Type.FILE_PIECE, {}, piece.payload()))
    tally.take(0, Type.FILE_PIECE, 0, b"\xff\x58\x20")
    assert (tally.whole, tally.wrong, tally.missing) == (1, 1, 1)


def test_F5_a_file_of_two_pieces_is_whole_with_the_second() -> None:
    data = bytes(PIECE_BYTES_MAX) + b"the rest"
    hash, tally = sha256(data).digest(), Tally()
    names: list[Value] = [[hash, len(data), TEXT, "x.txt"]]
    tally.take(0, Type.TEXT, 0, body_of(Type.TEXT, {Key.ATTACHMENTS: names}, "See it."))
    for start, missing in ((0, 1), (PIECE_BYTES_MAX, 0)):
        piece = cut(hash, data, start)
        tally.take(0, Type.FILE_PIECE, 0, body_of(Type.FILE_PIECE, {}, piece.payload()))
        assert tally.missing == missing
    assert tally.whole == 1


def test_F3_F4_a_file_that_two_messages_name_is_one_and_crosses_once() -> None:
    tally, data = Tally(), b"a" * 40
    hash = sha256(data).digest()
    piece = body_of(Type.FILE_PIECE, {}, Piece(hash, 0, data).payload())

    def names(size: int) -> None:
        value: list[Value] = [[hash, size, TEXT, "x.txt"]]
        tally.take(0, Type.TEXT, 0, body_of(Type.TEXT, {Key.ATTACHMENTS: value}, "See it."))

    names(40)
    names(40)
    assert tally.missing == 1
    tally.take(0, Type.FILE_PIECE, 0, piece)
    names(40)
    names(41)
    assert (tally.whole, tally.wrong, tally.missing) == (1, 0, 0)


def test_F5_no_more_files_that_were_read_are_remembered_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("parley.evidence.attached.READ_MAX", 1)
    tally = Tally()
    for data in (b"a" * 40, b"b" * 40):
        hash = sha256(data).digest()
        value: list[Value] = [[hash, 40, TEXT, "x.txt"]]
        said = body_of(Type.TEXT, {Key.ATTACHMENTS: value}, "See it.")
        tally.take(0, Type.TEXT, 0, said)
        piece = Piece(hash, 0, data).payload()
        tally.take(0, Type.FILE_PIECE, 0, body_of(Type.FILE_PIECE, {}, piece))
        tally.take(0, Type.TEXT, 0, said)
    assert (tally.whole, tally.missing) == (2, 1)  # of the second it is not known any more


def test_F1_F3_the_limits_are_those_of_the_page() -> None:
    assert (FILES_MAX, FILE_BYTES_MAX, FILES_BYTES_MAX) == (8, 2_097_152, 4_194_304)
    assert (PIECE_BYTES_MIN, PIECE_BYTES_MAX) == (1_024, 16_384)
    assert (MEDIA_BYTES_MAX, NAME_BYTES_MAX) == (64, 120)
    assert (OPEN_MAX, READ_MAX) == (1_024, 65_536)


def test_F1_files_are_read_up_to_every_limit() -> None:
    long: Value = [HASH, FILE_BYTES_MAX, "m" * MEDIA_BYTES_MAX, "n" * NAME_BYTES_MAX]
    short: Value = [bytes(32), 1, "", "n"]
    largest: list[Value] = [[*another(n)[:1], FILE_BYTES_MAX, "", "n"] for n in range(2)]
    for files in ([long], [short], largest, [another(n) for n in range(FILES_MAX)]):
        named = read_named({Key.ATTACHMENTS: files})
        assert named is not None
        assert [each.value() for each in named] == files


def test_F2_a_list_that_holds_one_other_thing_names_no_file() -> None:
    others: list[Value] = [None, {}, "four", [HASH, 40, TEXT, "x.txt", 5]]
    for other in others:
        assert read_named({Key.ATTACHMENTS: [FILE, other]}) is None


@pytest.mark.parametrize(
    ("start", "data"),
    [(0, b"x"), (FILE_BYTES_MAX - 1, b"x"), (1, bytes(PIECE_BYTES_MAX))],
)
def test_F3_a_piece_is_read_up_to_every_limit(start: int, data: bytes) -> None:
    assert read_piece([HASH, start, data]) == Piece(HASH, start, data)


def test_F4_the_least_piece_that_is_not_the_last() -> None:
    least = Piece(HASH, 0, bytes(PIECE_BYTES_MIN))
    assert least.follows(0, PIECE_BYTES_MIN + 1)
    assert least.follows(0, PIECE_BYTES_MIN)
    assert not least.follows(0, PIECE_BYTES_MIN - 1)
    assert not least.follows(1, PIECE_BYTES_MIN + 1)


def test_F5_what_is_no_piece_and_what_nobody_named_is_passed_over() -> None:
    tally = Tally()
    for payload in (Piece(HASH, 0, b"x").payload(), [HASH, -1, b"x"], "text"):
        tally.take(0, Type.FILE_PIECE, 0, body_of(Type.FILE_PIECE, {}, payload))
    assert (tally.whole, tally.wrong, tally.missing) == (0, 0, 0)


def test_F5_a_text_that_was_made_smaller_names_files_too() -> None:
    deflate = zlib.compressobj(wbits=-15)
    said = body_of(Type.TEXT, {Key.ATTACHMENTS: [FILE]}, "See it. " * 99)
    body = deflate.compress(said) + deflate.flush()
    assert b"\x58\x20" not in body
    tally = Tally()
    tally.take(0, Type.TEXT, Marks(Precedence.ROUTINE, Status.ACTUAL, compression=1).byte(), body)
    assert tally.missing == 1


def test_F5_there_is_room_again_when_a_file_is_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parley.evidence.attached.OPEN_MAX", 1)
    tally = Tally()
    for data in (b"a" * 40, b"b" * 40):
        hash = sha256(data).digest()
        value: list[Value] = [[hash, 40, TEXT, "x.txt"]]
        tally.take(0, Type.TEXT, 0, body_of(Type.TEXT, {Key.ATTACHMENTS: value}, "See it."))
        piece = Piece(hash, 0, data).payload()
        tally.take(0, Type.FILE_PIECE, 0, body_of(Type.FILE_PIECE, {}, piece))
    assert (tally.whole, tally.wrong, tally.missing) == (2, 0, 0)
