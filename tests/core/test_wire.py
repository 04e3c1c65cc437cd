"""One value, one spelling: what decodes encodes to the same bytes, and nothing else decodes."""

from typing import Any

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Malformed, Misused
from parley.core.wire import DEPTH_MAX, Reader, decode, encode, exceeds, u8, u16, u32, u64, uvar

UINT64_MAX = (1 << 64) - 1

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-1 - UINT64_MAX, UINT64_MAX)
    | st.binary(max_size=40)
    | st.text(max_size=40)
)
keys = st.integers(-1 - UINT64_MAX, UINT64_MAX) | st.binary(max_size=8) | st.text(max_size=8)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


def refused(data: str) -> str:
    """The rule by which these bytes (in hexadecimal) are refused."""
    with pytest.raises(Malformed) as caught:
        decode(bytes.fromhex(data))
    return caught.value.rule


def in_order(value: Any) -> Any:
    """The same value with each map's pairs as the wire has them, to compare with cbor2."""
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: encode(pair[0]))
        return {key: in_order(item) for key, item in pairs}
    return [in_order(item) for item in value] if isinstance(value, list) else value


@given(values)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert decode(encode(value)) == value


@given(values)
def test_an_independent_library_writes_and_reads_the_same(value: Any) -> None:
    assert cbor2.dumps(in_order(value)) == encode(value)
    assert cbor2.loads(encode(value)) == value


@given(st.binary(max_size=60))
def test_what_decodes_encodes_to_the_same_bytes(data: bytes) -> None:
    try:
        value = decode(data)
    except Malformed:
        return
    assert encode(value) == data


@given(values, st.data())
def test_a_changed_byte_never_gives_the_same_value(value: Any, data: st.DataObject) -> None:
    good = encode(value)
    at = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[at] ^= data.draw(st.integers(1, 255))
    try:
        other = decode(bytes(bad))
    except Malformed:
        return
    assert encode(other) == bytes(bad)


@pytest.mark.parametrize(
    "data", ["1817", "1900ff", "1a0000ffff", "1b00000000ffffffff", "5800", "7817", "9800", "b800"]
)
def test_W1_a_longer_form_of_a_number_is_refused(data: str) -> None:
    assert refused(data) == "W1"


@pytest.mark.parametrize("data", ["5f4100ff", "7f6161ff", "9f00ff", "bf0000ff", "1c", "1f", "5c"])
def test_W2_indefinite_lengths_are_refused(data: str) -> None:
    assert refused(data) == "W2"


@pytest.mark.parametrize("data", ["c000", "d820", "f7", "f93c00", "fa3fc00000", "f8ff", "e0", "ff"])
def test_W3_tags_floats_and_other_simple_values_are_refused(data: str) -> None:
    assert refused(data) == "W3"


@pytest.mark.parametrize(
    "data", ["", "18", "4201", "6261", "82", "8201", "a1", "a101", "5affffffff"]
)
def test_W4_a_value_that_breaks_off_is_refused(data: str) -> None:
    assert refused(data) == "W4"


def test_W4_a_length_that_lies_allocates_nothing() -> None:
    assert refused("9bffffffffffffffff") == "W4"


@pytest.mark.parametrize("data", ["61ff", "62c080", "63eda080", "64f4908080"])
def test_W5_a_text_that_is_not_utf8_is_refused(data: str) -> None:
    assert refused(data) == "W5"


def test_W5_nothing_is_normalised() -> None:
    for text in ("é", "e\u0301", "\u200f\u200d", "ﬁ"):
        assert decode(encode(text)) == text


@pytest.mark.parametrize(
    "data",
    [
        "a201000100",  # twice
        "a202000100",  # falling
        "a220001818" + "00",  # RFC 7049's order, shorter first
        "a1f500",  # a key that is true
        "a1f600",  # null
    ],
)
def test_W6_keys_stand_once_and_in_order(data: str) -> None:
    assert refused(data) == "W6"


def test_W6_a_list_is_no_key() -> None:
    assert refused("a18000") in ("W6", "W8")


def test_W6_the_order_is_that_of_the_bytes() -> None:
    assert encode({-1: 0, 24: 0, "a": 0, b"": 0, 0: 0}).hex() == "a50000181800200040006161" + "00"


def test_W7_bytes_behind_a_value_or_a_packet_are_refused() -> None:
    assert refused("0000") == "W7"
    packet = Reader(b"\x01\x02")
    packet.take(1)
    with pytest.raises(Malformed) as caught:
        packet.end()
    assert caught.value.rule == "W7"


def parts(value: Any) -> int:
    """How many values and keys stand in it."""
    if isinstance(value, list):
        return 1 + sum(map(parts, value))
    return 1 + sum(1 + parts(each) for each in value.values()) if isinstance(value, dict) else 1


@given(values)
def test_the_parts_of_a_value_are_counted_without_making_it(value: Any) -> None:
    data, count = encode(value), parts(value)
    assert [exceeds(data, most) for most in (count - 1, count, count + 1)] == [True, False, False]


def test_a_list_of_more_parts_than_there_are_bytes_has_too_many() -> None:
    assert exceeds(bytes.fromhex("9bffffffffffffffff00"), 2)
    with pytest.raises(Malformed):
        exceeds(bytes.fromhex("9bffffffffffffffff00"), 3)


def test_W8_nesting_is_bounded() -> None:
    assert decode(bytes([0x81]) * DEPTH_MAX + b"\x00")
    assert refused("81" * (DEPTH_MAX + 1) + "00") == "W8"
    assert refused("81" * 10_000 + "00") == "W8"
    assert refused("a100" * (DEPTH_MAX + 1) + "00") == "W8"


@pytest.mark.parametrize("around", ["81", "a100"])
def test_W8_eight_levels_of_lists_or_maps_pass_and_nine_do_not(around: str) -> None:
    whole = bytes.fromhex(around * 8 + "05")
    assert encode(decode(whole)) == whole
    assert refused(around * 9 + "05") == "W8"


@pytest.mark.parametrize(
    ("number", "data"),
    [(0, "00"), (127, "7f"), (128, "8001"), (16_383, "ff7f"), (16_384, "808001")],
)
def test_W9_a_uvar_has_seven_bits_a_byte(number: int, data: str) -> None:
    assert uvar(number) == bytes.fromhex(data)
    assert Reader(bytes.fromhex(data)).uvar() == number


@given(st.integers(0, UINT64_MAX))
def test_W9_uvar_is_read_back(number: int) -> None:
    packet = Reader(uvar(number) + b"!")
    assert packet.uvar() == number
    assert packet.rest() == b"!"


@pytest.mark.parametrize("data", ["8000", "ff00", "80" * 9 + "02", "80" * 10 + "00", "ff" * 11])
def test_W9_a_longer_uvar_is_refused(data: str) -> None:
    with pytest.raises(Malformed) as caught:
        Reader(bytes.fromhex(data)).uvar()
    assert caught.value.rule == "W9"


def test_W4_a_packet_that_breaks_off_is_refused() -> None:
    for read in (Reader(b"\x80").uvar, lambda: Reader(b"\x01").uint(2)):
        with pytest.raises(Malformed) as caught:
            read()
        assert caught.value.rule == "W4"


def test_numbers_of_fixed_width_are_big_endian() -> None:
    assert (u8(1) + u16(1) + u32(1) + u64(1)).hex() == "010001000000010000000000000001"
    assert Reader(u32(0x01020304)).uint(4) == 0x01020304


@pytest.mark.parametrize("value", [1.0, object(), UINT64_MAX + 1, -2 - UINT64_MAX, "\ud800"])
def test_what_the_wire_has_no_form_for_is_our_own_mistake(value: Any) -> None:
    with pytest.raises(Misused):
        encode(value)
    with pytest.raises(Misused):
        encode([value])


@pytest.mark.parametrize("number", [-1, UINT64_MAX + 1])
def test_a_uvar_has_64_bits(number: int) -> None:
    with pytest.raises(Misused):
        uvar(number)


@pytest.mark.parametrize("key", [True, False, None])
def test_W6_we_write_no_such_key_ourselves(key: Any) -> None:
    with pytest.raises(Misused):
        encode({key: 0})
