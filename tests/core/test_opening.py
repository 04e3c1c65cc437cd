"""OPEN: made once, of one form, for one line, with one shared secret."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from parley.core import opening, wire
from parley.core.effects import Outcome
from parley.core.errors import Malformed, Newer, Refused
from parley.core.keys import Prekey, hybrid, sha256
from parley.core.opening import (
    OPEN_BYTES_MAX,
    OPENS_PER_S,
    PREKEYS_OFFERED,
    SOURCES_MAX,
    Patience,
    TheirOpen,
    make_open,
)
from parley.core.packets import PREKEYS_MAX
from parley.core.resuming import Resume
from parley.core.seal import open_info
from parley.core.terms import Terms
from parley.core.wire import Reader, Value, decode, encode, u8, uvar
from tests.core.conversation import in_service, opens, prekey, terms_of, two_stations

NORTH, SOUTH = terms_of(0), terms_of(1)


def made() -> tuple[list[Value], bytes]:
    """North's OPEN, cut into its list and its signature block."""
    frame = make_open(NORTH, lambda count: b"\x03" * count).frame
    packet = Reader(frame)
    return decode(packet.take(packet.uvar())), packet.rest()


def packed(value: Value, block: bytes) -> bytes:
    document = encode(value)
    return uvar(len(document)) + document + block


def signed(value: list[Value]) -> bytes:
    """An OPEN of these fields with true signatures over what the fields say."""
    info0 = open_info(NORTH.line_id, 1, 0, NORTH.h_agr, NORTH.their_prekey)
    message = b"pl1 open" + info0 + value[5] + sha256(encode(value[6]))
    return packed(value, NORTH.our_keys.station.block(hybrid(message)))


def test_S1_what_one_makes_the_other_reads() -> None:
    ours = make_open(NORTH, lambda count: b"\x03" * count)
    theirs = TheirOpen.parse(ours.frame, SOUTH)
    epoch = theirs.accept(theirs.check(SOUTH), SOUTH, prekey(1).seed).epoch
    assert epoch.cell() == ours.epoch.cell()
    assert [item[0] for item in theirs.prekeys] == [1, 2]
    assert [item[1] for item in theirs.prekeys] == [
        Prekey(ours.prekeys[number]).public for number in (1, 2)
    ]
    assert 6_000 < len(ours.frame) < 6_300


def test_S1_an_open_is_for_one_line_incarnation_direction_and_agreement() -> None:
    value, block = made()
    for at, other in enumerate((2, bytes(16), 2, 1, bytes(32))):
        wrong = [*value]
        wrong[at] = other
        with pytest.raises(Refused) as caught:
            TheirOpen.parse(packed(wrong, block), SOUTH)
        assert caught.value.rule == "S1"
    for at in (0, 2):
        with pytest.raises(Refused):
            TheirOpen.parse(packed([*value[:at], True, *value[at + 1 :]], block), SOUTH)


def test_G10_an_open_of_a_newer_version_is_known_by_the_line_it_names() -> None:
    value, block = made()
    with pytest.raises(Newer) as newer:
        TheirOpen.parse(packed([2, value[1], "anything"], block), SOUTH)
    assert newer.value.rule == "S1"
    for other in ([2, bytes(16), *value[2:]], [1, *value[1:-1]], [True, *value[1:]], [2]):
        with pytest.raises(Refused) as caught:
            TheirOpen.parse(packed(other, block), SOUTH)
        assert not isinstance(caught.value, Newer)


PUBLIC = b"\x05" * 1216


@pytest.mark.parametrize(
    ("at", "other"),
    [
        (5, b"\x01" * 1167),
        (5, "text"),
        (7, b"\x01" * 15),
        (7, 5),
        (6, None),
        (6, [[1, PUBLIC]] * (PREKEYS_MAX + 1)),
        (6, [[1, PUBLIC, 3]]),
        (6, [1]),
        (6, [[0, PUBLIC]]),
        (6, [["1", PUBLIC]]),
        (6, [[True, PUBLIC]]),
        (6, [[1 << 32, PUBLIC]]),
        (6, [[2, PUBLIC], [1, PUBLIC]]),
        (6, [[1, PUBLIC], [1, PUBLIC]]),
        (6, [[1, PUBLIC[1:]]]),
        (6, [[1, "text"]]),
        (5, True),
    ],
)
def test_S1_a_field_of_another_form_is_refused(at: int, other: Any) -> None:
    value, _ = made()
    value[at] = other
    with pytest.raises(Malformed) as caught:
        TheirOpen.parse(packed(value, b""), SOUTH)
    assert caught.value.rule == "S1"


def test_S1_another_shape_is_refused() -> None:
    value, block = made()
    for wrong in (value[:7], [*value, 1], dict[str, int](), 5):
        with pytest.raises(Malformed) as caught:
            TheirOpen.parse(packed(wrong, block), SOUTH)
        assert caught.value.rule == "S1"
    with pytest.raises(Malformed):
        TheirOpen.parse(packed(value, bytes(OPEN_BYTES_MAX)), SOUTH)
    with pytest.raises(Malformed):
        TheirOpen.parse(b"", SOUTH)


def test_S1_U6_the_limits_are_those_of_the_page() -> None:
    assert (OPEN_BYTES_MAX, OPENS_PER_S, PREKEYS_OFFERED) == (40_960, 5, 2)
    assert SOURCES_MAX == 256


def test_S1_one_byte_more_than_the_limit_is_not_even_read() -> None:
    value, block = made()
    whole = packed(value, block)
    longest = whole + bytes(OPEN_BYTES_MAX - len(whole))
    assert TheirOpen.parse(longest, SOUTH).block.startswith(block)
    with pytest.raises(Malformed, match="too long") as caught:
        TheirOpen.parse(longest + b"\x00", SOUTH)
    assert caught.value.rule == "S1"


def test_S1_a_prekey_that_is_no_key_is_refused_though_it_is_signed() -> None:
    value, _ = made()
    bad = [[1, PUBLIC], [2, b"\xff" * 1216]]
    with pytest.raises(Refused):
        TheirOpen.parse(signed([*value[:6], bad, value[7]]), SOUTH).check(SOUTH)


def test_S1_every_secret_of_an_open_has_32_bytes_of_chance() -> None:
    drawn: list[int] = []

    def entropy(count: int) -> bytes:
        drawn.append(count)
        return bytes([len(drawn)]) * count

    ours = make_open(NORTH, entropy)
    assert drawn == [32, 32, 32]
    assert ours.prekeys == {1: b"\x02" * 32, 2: b"\x03" * 32}


def test_S1_no_prekeys_and_sixteen_are_read() -> None:
    value, _ = made()
    for offered in ([], [[number, PUBLIC] for number in range(1, PREKEYS_MAX + 1)]):
        theirs = TheirOpen.parse(signed([*value[:6], offered, value[7]]), SOUTH)
        assert theirs.check(SOUTH)


@pytest.mark.parametrize("at", [0, 1, 2, 30, 80, 2_000, -1])
def test_K5_both_signatures_must_stand(at: int) -> None:
    value, block = made()
    wrong = bytearray(block)
    wrong[at] ^= 1
    with pytest.raises(Refused) as caught:
        TheirOpen.parse(packed(value, bytes(wrong)), SOUTH).check(SOUTH)
    assert caught.value.rule == "K4"


def test_K5_one_signature_is_not_enough_and_nothing_follows_them() -> None:
    value, block = made()
    alone = b"\x01" + block[1 : 1 + 69]
    for wrong, rule in ((alone, "K4"), (block + b"\x00", "W7"), (b"", "W4")):
        with pytest.raises(Refused) as caught:
            TheirOpen.parse(packed(value, wrong), SOUTH).check(SOUTH)
        assert caught.value.rule == rule


def test_S2_the_confirmation_must_be_that_of_the_secret() -> None:
    value, _ = made()
    theirs = TheirOpen.parse(signed([*value[:7], bytes(16)]), SOUTH)
    with pytest.raises(Refused, match="the shared secret differs") as caught:
        theirs.accept(theirs.check(SOUTH), SOUTH, prekey(1).seed)
    assert caught.value.rule == "S2"


@pytest.mark.parametrize("sealed", [bytes(1168), b"\xff" * 1168])
def test_K6_what_does_not_open_is_refused_though_it_is_signed(sealed: bytes) -> None:
    value, _ = made()
    theirs = TheirOpen.parse(signed([*value[:5], sealed, *value[6:]]), SOUTH)
    with pytest.raises(Refused) as caught:
        theirs.accept(theirs.check(SOUTH), SOUTH, prekey(1).seed)
    assert caught.value.rule == "K6"


def test_S1_two_signings_of_one_open_are_one_open() -> None:
    value, block = made()
    again = signed(value)
    assert again != packed(value, block)
    assert TheirOpen.parse(again, SOUTH).hash == TheirOpen.parse(packed(value, block), SOUTH).hash


@pytest.mark.parametrize("parts", [[0] * 6_000, dict.fromkeys(range(1500), 0)])
@pytest.mark.parametrize("read", [TheirOpen.parse, partial(Resume.parse, side=0)])
def test_S1_of_a_document_of_very_many_parts_none_is_built(
    parts: Value, read: Callable[[bytes, Terms], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    value, _ = made()
    built, item = list[int](), wire._item

    def counted(data: bytes, at: int, depth: int) -> tuple[Value, int]:
        built.append(at)
        return item(data, at, depth)

    monkeypatch.setattr(wire, "_item", counted)
    with pytest.raises(Malformed) as caught:
        read(packed([*value[:5], parts], b""), SOUTH)
    assert caught.value.rule == "S1"
    assert len(built) < wire.PARTS_MAX == 256


def test_S1_patience_is_for_each_source_and_has_an_end() -> None:
    patience = Patience()
    assert [patience.with_one_more("a", 0.1 * at) for at in range(6)] == [True] * 5 + [False]
    assert patience.with_one_more("b", 0.5)
    assert patience.with_one_more("a", 1.0)
    assert not patience.with_one_more("a", 1.05)
    for source in range(2 * SOURCES_MAX):
        assert patience.with_one_more(str(source), 2.0)
    assert len(patience._heard) == SOURCES_MAX
    assert all(len(times) <= OPENS_PER_S for times in patience._heard.values())


def test_S1_an_open_changed_where_nothing_is_signed_is_a_copy() -> None:
    _, south = in_service()
    packet = Reader(decode(south.cells["their open"]))
    *signed, confirmation = decode(packet.take(packet.uvar()))
    other = encode([*signed, bytes(len(confirmation))])
    relayed = u8(0x2C) + uvar(len(other)) + other + packet.rest()
    assert south.hears(relayed) == [Outcome.DUPLICATE]
    south.starts()
    assert south.hears(relayed) == [Outcome.DUPLICATE]
    assert "equivocation" not in south.notices
    assert "equivocation" not in south.cells
    liar, _ = two_stations(chance="another start from nothing")
    assert south.hears(*opens(liar.settles())) == [Outcome.EQUIVOCATION]
    assert south.state.signed_two == ("OPEN",)


def recast(open_frame: bytes, confirmation: bytes) -> bytes:
    """An OPEN as whoever carries it can change it: its confirmation is under no signature."""
    packet = Reader(open_frame[1:])
    *fields, _ = decode(packet.take(packet.uvar()))
    return open_frame[:1] + packed([*fields, confirmation], packet.rest())


def test_S2_a_refused_open_is_told_once_however_whoever_carries_it_changes_it() -> None:
    north, _ = two_stations(psk0=b"\x01" * 32)
    _, south = two_stations(psk0=b"\x02" * 32)
    (theirs,) = opens(north.settles())
    for change in range(8):
        south.clock.passes(1.0)
        assert south.hears(recast(theirs, bytes([change]) * 16)) == [Outcome.DIFFERS]
        south.settles()
    assert south.notices == ["refused open"]


def test_S1_no_more_than_five_a_second_of_one_source_are_even_decoded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    north, south = two_stations()
    (theirs,) = opens(north.settles())
    decoded: list[bytes] = []

    def counting(data: bytes) -> Value:
        decoded.append(data)
        return decode(data)

    monkeypatch.setattr(opening, "decode", counting)
    # As many small values as may be: the names of the line are there, nothing else is.
    costly = packed([1, NORTH.line_id, *[0] * (wire.PARTS_MAX - 3)], b"")
    assert south.hears(*[u8(0x2C) + costly] * 50, source="a stranger") == [Outcome.REFUSED] * 50
    assert len(decoded) == OPENS_PER_S
    # One that does not name the line costs no decoding, and none of the patience with its source.
    foreign = packed([1, bytes(16), *[0] * (wire.PARTS_MAX - 3)], b"")
    assert set(south.hears(*[u8(0x2C) + foreign] * 50, source="here")) == {Outcome.REFUSED}
    assert len(decoded) == OPENS_PER_S
    assert south.hears(theirs, source="here") == [Outcome.OK]
    assert south.hears(*[theirs] * 9, source="here") == [Outcome.DUPLICATE] * 9
    assert len(decoded) == OPENS_PER_S + 1
