"""What may be said passes whole, and what may not comes back with place, reason and advice."""

import zlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from parley.core import wire
from parley.core.entry import (
    BARE_TYPES,
    BODY_BYTES_MAX,
    BODY_PARTS_MAX,
    EPOCH_2020,
    INFLATED_BYTES_MAX,
    INFLATED_PARTS_MAX,
    SUBJECT_BYTES_MAX,
    TEXT_BYTES_MAX,
    Content,
    Key,
    Marks,
    Plaintext,
    Precedence,
    Status,
    Type,
    body_of,
    check_subject,
    check_text,
    read_body,
)
from parley.core.errors import Malformed, Misused, Refused
from parley.core.wire import encode

TEXT = "Ceasefire at 0600Z."


def refusal(text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        check_text(text)
    return caught.value


# --- the plaintext


@given(
    st.integers(0, 255),
    st.integers(0, 255).filter(lambda marks: not marks & 1),
    st.integers(0, 65_535),
    st.integers(0, (1 << 32) - 1),
    st.binary(max_size=40),
)
def test_E1_time_and_all_else_is_read_as_sent(
    kind: int, marks: int, seen: int, time: int, body: bytes
) -> None:
    plain = Plaintext(kind, marks, seen, time, body)
    assert Plaintext.parse(plain.to_bytes()) == plain


def test_E2_less_than_the_fixed_part_is_no_entry() -> None:
    for size in range(8):
        with pytest.raises(Malformed) as caught:
            Plaintext.parse(bytes(size))
        assert caught.value.rule == "E2"
    assert Plaintext.parse(bytes(8)).body == b""


@given(st.sampled_from(Precedence), st.sampled_from(Status), st.integers(0, 3), st.booleans())
def test_E3_marks_fill_one_byte(
    precedence: Precedence, status: Status, compression: int, padded: bool
) -> None:
    marks = Marks(precedence, status, compression, padded)
    assert Marks.parse(marks.byte()) == marks


def test_E3_the_bits_stand_where_the_page_says() -> None:
    assert Marks(Precedence.FLASH, Status.ACTUAL).byte() == 0b11_000_00_0
    assert Marks(Precedence.ROUTINE, Status.SERVICE).byte() == 0b00_011_00_0
    assert Marks(Precedence.ROUTINE, Status.ACTUAL, 2, True).byte() == 0b00_000_10_1


@pytest.mark.parametrize("status", [4, 5, 6, 7])
def test_E5_a_status_not_in_use_makes_an_entry_unreadable(status: int) -> None:
    assert Marks.parse(status << 3) is None
    assert read_body(Type.TEXT, status << 3, body_of(Type.TEXT, {}, TEXT)) is None


@given(st.binary(max_size=20), st.integers(0, 20))
def test_E6_a_pad_is_removed(body: bytes, zeros: int) -> None:
    padded = bytes([1, 1]) + bytes(6) + body + b"\x80" + bytes(zeros)
    assert Plaintext.parse(padded).body == body


def test_E6_what_lacks_its_80_is_no_pad_and_stays() -> None:
    for body in (b"", b"\x00\x00", b"abc\x00"):
        assert Plaintext.parse(bytes([1, 1]) + bytes(6) + body).body == body


def test_E6_a_body_without_the_mark_has_no_pad_whatever_its_end() -> None:
    for body in (b"abc\x80", b"abc\x80\x00\x00", b"abc\x00"):
        assert Plaintext.parse(bytes([1, 0]) + bytes(6) + body).body == body
        assert Plaintext.parse(bytes([1, 8]) + bytes(6) + body).body == body


def test_E6_only_zeros_follow_the_80_of_a_pad() -> None:
    for end in (b"x", b"\x00x", b"\x01"):
        body = b"abc\x80" + end
        assert Plaintext.parse(bytes([1, 1]) + bytes(6) + body).body == body


def test_the_numbers_of_the_byte_tables() -> None:
    """Both sides of a test read a constant alike, so a wrong one is noticed only here."""
    types = [
        *(1, 3, 5, 6, 7),
        *range(0x10, 0x18),
        *(0x20, 0x21, 0x30, 0x31, 0x32, 0x40, 0x41, 0x42, 0x50, 0x51, 0x52, 0x61),
    ]
    assert [int(each) for each in Type] == types
    assert [int(each) for each in Key] == [*range(1, 18), 24]
    assert [int(each) for each in Precedence] == [int(each) for each in Status] == [0, 1, 2, 3]
    assert frozenset(range(0x10, 0x18)) == BARE_TYPES
    assert (TEXT_BYTES_MAX, BODY_BYTES_MAX, INFLATED_BYTES_MAX) == (65_536, 67_584, 65_536)
    assert SUBJECT_BYTES_MAX == 200
    assert datetime(2020, 1, 1, tzinfo=UTC).timestamp() == EPOCH_2020


# --- header and payload


def test_E4_an_unknown_type_is_read_like_any_other() -> None:
    assert read_body(0xC0, 0, encode([{}, "for later"])) == Content({}, "for later")


@given(st.sampled_from(sorted(BARE_TYPES)), st.integers(0, 1 << 40))
def test_E7_an_acknowledgement_is_its_payload_alone(kind: int, n: int) -> None:
    body = body_of(kind, {}, [n, 3])
    assert body == encode([n, 3])
    assert read_body(kind, 0, body) == Content({}, [n, 3])


def test_E7_a_message_has_a_header_map_and_unknown_keys_stay() -> None:
    header: dict[int, Any] = {Key.LANGUAGE: "en", Key.DRAFTER: 4, 99: [1], Key.SUBJECT: 7}
    content = read_body(Type.TEXT, 0, body_of(Type.TEXT, header, TEXT))
    assert content == Content(header, TEXT)


@pytest.mark.parametrize(
    "body", [b"", b"\x00", encode([{}]), encode([[], "x"]), encode({}), encode([{}, "x"]) + b"\x00"]
)
def test_E5_a_body_of_another_shape_cannot_be_read(body: bytes) -> None:
    assert read_body(Type.TEXT, 0, body) is None


@given(st.sampled_from(sorted(BARE_TYPES)))
def test_E8_acknowledgements_are_10_to_17(kind: int) -> None:
    assert 0x10 <= kind <= 0x17


def deflated(plain: bytes) -> bytes:
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return squeeze.compress(plain) + squeeze.flush()


def test_E5_raw_deflate_is_read_and_nothing_near_it() -> None:
    marks = Marks(Precedence.ROUTINE, Status.ACTUAL, compression=1).byte()
    squeezed = deflated(encode([{}, TEXT]))
    assert read_body(Type.TEXT, marks, squeezed) == Content({}, TEXT)
    for bad in (squeezed[:-1], squeezed + b"\x00", b"", b"\xff" * 9):
        assert read_body(Type.TEXT, marks, bad) is None


def test_E5_a_small_packet_cannot_fill_the_memory() -> None:
    marks = Marks(Precedence.ROUTINE, Status.ACTUAL, compression=1).byte()
    bomb = deflated(encode([{}, "a" * (64 * INFLATED_BYTES_MAX)]))
    assert len(bomb) < INFLATED_BYTES_MAX // 8
    assert read_body(Type.TEXT, marks, bomb) is None


@pytest.mark.parametrize(
    ("compression", "most"), [(0, BODY_PARTS_MAX), (1, INFLATED_PARTS_MAX)], ids=["plain", "small"]
)
def test_E5_of_very_many_parts_none_is_built(
    compression: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (BODY_PARTS_MAX, INFLATED_PARTS_MAX) == (4_096, 512)
    marks = Marks(Precedence.ROUTINE, Status.ACTUAL, compression).byte()

    def body(parts: int) -> bytes:
        plain = encode([{1: 2}, [0] * (parts - 5)])  # the two lists, the map, its key and value
        return deflated(plain) if compression else plain

    assert read_body(Type.TEXT, marks, body(most)) == Content({1: 2}, [0] * (most - 5))
    monkeypatch.setattr(wire, "_item", None)
    assert read_body(Type.TEXT, marks, body(most + 1)) is None


def test_E5_no_station_writes_a_body_of_very_many_parts() -> None:
    assert body_of(Type.DISPLAYED, {}, [0] * (BODY_PARTS_MAX - 1))
    with pytest.raises(Misused):
        body_of(Type.DISPLAYED, {}, [0] * BODY_PARTS_MAX)


@pytest.mark.parametrize("compression", [2, 3])
def test_E5_no_agreement_of_this_version_names_a_dictionary(compression: int) -> None:
    marks = Marks(Precedence.ROUTINE, Status.ACTUAL, compression).byte()
    assert read_body(Type.TEXT, marks, deflated(encode([{}, TEXT]))) is None


def test_a_body_that_fits_no_envelope_is_our_own_mistake() -> None:
    head = len(encode([{}, "a" * 65_536])) - 65_536
    assert len(body_of(Type.TEXT, {}, "a" * (BODY_BYTES_MAX - head))) == BODY_BYTES_MAX
    with pytest.raises(Misused):
        body_of(Type.TEXT, {}, "a" * (BODY_BYTES_MAX - head + 1))


# --- which texts pass


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        "two\nlines",
        "Прекратить огонь в 06:00.",
        "停火时间：六点整。",
        "وقف إطلاق النار \u200fالساعة 6",
        "ཞི་བདེ། ក្រុម \u200dक्ष\u200c",
        "e\u0301 é ﬁ",
        "🕊️ 👩\u200d✈️",
        "<b>&amp;</b> `x` {{ y }} '; DROP TABLE--",
        "\u00a0a",
        "a" * TEXT_BYTES_MAX,
    ],
)
def test_these_texts_pass(text: str) -> None:
    check_text(text)


@given(st.text(min_size=1))
@example("a\u2028b")
def test_a_text_passes_whole_or_comes_back_whole(text: str) -> None:
    try:
        check_text(text)
    except Refused:
        return
    assert read_body(Type.TEXT, 0, body_of(Type.TEXT, {}, text)) == Content({}, text)


@pytest.mark.parametrize("code", [*range(0x0A), *range(0x0B, 0x20), *range(0x7F, 0xA0)])
def test_E10_control_characters_are_refused(code: int) -> None:
    assert refusal(f"a{chr(code)}b").rule == "E10"


def test_E10_a_tab_comes_with_advice() -> None:
    fault = refusal("Hold.\nAll\tunits.")
    assert "line 2, character 4" in str(fault)
    assert "spaces" in fault.hint


@pytest.mark.parametrize("code", [*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
def test_E11_what_reorders_words_is_refused(code: int) -> None:
    assert refusal(f"a{chr(code)}b").rule == "E11"


@pytest.mark.parametrize("text", ["\ufeffa", "a\ufeff"])
def test_E12_a_byte_order_mark_is_refused(text: str) -> None:
    assert refusal(text).rule == "E12"


@pytest.mark.parametrize(
    "code", [0xFDD0, 0xFDEF, 0xFFFE, 0xFFFF, 0x1FFFE, 0x10FFFF, 0xD800, 0xDFFF]
)
def test_E13_noncharacters_and_lone_surrogates_are_refused(code: int) -> None:
    fault = refusal(f"a{chr(code)}")
    assert fault.rule == "E13"
    assert "character 2" in str(fault)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u3000\u00a0", "\u200b\u200d", "\u2028"])
def test_E14_nothing_is_no_text(text: str) -> None:
    assert refusal(text).rule == "E14"


@pytest.mark.parametrize("text", ["a" * (TEXT_BYTES_MAX + 1), "é" * (TEXT_BYTES_MAX // 2 + 1)])
def test_E15_bytes_count_and_not_characters(text: str) -> None:
    fault = refusal(text)
    assert fault.rule == "E15"
    assert "65,536" in str(fault)


def test_a_refusal_says_in_which_line_and_at_which_character() -> None:
    for text, place in (
        ("\t", "line 1, character 1"),
        ("a\t", "line 1, character 2"),
        ("\n\t", "line 2, character 1"),
        ("\n\na\t", "line 3, character 2"),
        ("one\ntwo\tthree", "line 2, character 4"),
    ):
        assert str(refusal(text)).startswith(f"{place}: a tab cannot")


def rule_of(code: int) -> str:
    """By the numbers: the rule by which a character does not pass; nothing where it does."""
    if (code < 0x20 and code != 0x0A) or 0x7F <= code <= 0x9F:
        return "E10"
    if code in {*range(0x202A, 0x202F), *range(0x2066, 0x206A)}:
        return "E11"
    if code == 0xFEFF:
        return "E12"
    if code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF or 0xD800 <= code <= 0xDFFF:
        return "E13"
    return ""


def test_E10_E11_E12_E13_every_character_passes_or_is_refused_by_its_rule() -> None:
    ends = (plane << 16 | last for plane in range(1, 17) for last in (0xFFFD, 0xFFFE, 0xFFFF))
    for code in (*range(0x10000), *ends):
        rule = rule_of(code)
        if not rule:
            check_text(f"a{chr(code)}")
            continue
        said = refusal(f"a{chr(code)}")
        assert said.rule == rule, hex(code)
        assert code == 0x09 or f"U+{code:04X} cannot be sent" in said.sentence


def test_E16_a_subject_passes_as_a_text_too() -> None:
    for subject, rule in (("a\u202eb", "E11"), (" ", "E14"), ("\ufeffa", "E12")):
        with pytest.raises(Refused) as caught:
            check_subject(subject)
        assert caught.value.rule == rule


def test_E16_a_subject_is_one_short_line() -> None:
    check_subject("s" * SUBJECT_BYTES_MAX)
    for subject in (
        "two\nlines",
        "two\u2028lines",
        "end\u2029",
        "s" * (SUBJECT_BYTES_MAX + 1),
        "é" * 101,
    ):
        with pytest.raises(Refused) as caught:
            check_subject(subject)
        assert caught.value.rule == "E16"
    with pytest.raises(Refused):
        check_subject("")
