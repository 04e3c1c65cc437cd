"""OPEN: made once, read strictly, accepted only with the right prekey and the right secret."""

from dataclasses import replace
from functools import cache
from typing import Any

import pytest

from parley.core.errors import ParleyError, Refused
from parley.core.keys import Prekey, SigningKey, hybrid, sha256
from parley.core.opening import (
    OPEN_BYTES_MAX,
    OPENS_PER_S,
    PREKEYS_MAX,
    PREKEYS_OFFERED,
    SOURCES_MAX,
    MadeOpen,
    Patience,
    TheirOpen,
    make_open,
)
from parley.core.record import key_name
from parley.core.seal import Epoch, open_info
from parley.core.terms import OurKeys, Terms, TheirKeys
from parley.core.wire import Reader, decode, encode, uvar

LINE = bytes(range(16))
PREKEYS = (Prekey(bytes([1]) * 32), Prekey(bytes([2]) * 32))


@cache
def keys(side: int) -> OurKeys:
    return OurKeys(
        *(
            SigningKey(key_name(LINE, side, use), sha256(f"{side}{use}".encode()) * 2)
            for use in ("station", "log", "cosigner")
        )
    )


def terms(side: int, **changes: Any) -> Terms:
    theirs = keys(1 - side)
    plain = Terms(
        line_id=LINE,
        inc=1,
        side=side,
        h_agr=sha256(b"agreement"),
        our_prekey=PREKEYS[side].public,
        their_prekey=PREKEYS[1 - side].public,
        our_keys=keys(side),
        their_keys=TheirKeys(theirs.station.public, theirs.log.public, theirs.cosigner.public),
    )
    return replace(plain, **changes)


NORTH, SOUTH = terms(0), terms(1)


@cache
def made() -> MadeOpen:
    return make_open(NORTH, iter_entropy())


def iter_entropy() -> Any:
    """Bytes that differ from call to call and are the same in every run."""
    count = iter(range(1_000))
    return lambda size: sha256(next(count).to_bytes(4, "big"))[:size]


def document() -> list[Any]:
    packet = Reader(made().frame)
    value: list[Any] = decode(packet.take(packet.uvar()))
    return value


def signed_anew(value: list[Any]) -> bytes:
    """An OPEN with other content that North's station really signed."""
    info0 = open_info(LINE, 1, 0, NORTH.h_agr, NORTH.their_prekey)
    message = b"pl1 open" + info0 + value[5] + sha256(encode(value[6]))
    packed = encode(value)
    return uvar(len(packed)) + packed + NORTH.our_keys.station.block(hybrid(message))


def opened(data: bytes) -> Epoch:
    """What South makes of an OPEN."""
    theirs = TheirOpen.parse(data, SOUTH)
    return theirs.accept(theirs.check(SOUTH), SOUTH, PREKEYS[1].seed)


def refused(data: bytes, heard_by: Terms = SOUTH) -> str:
    with pytest.raises(Refused) as caught:
        TheirOpen.parse(data, heard_by).check(heard_by)
    return caught.value.rule


def test_S1_an_open_crosses_and_both_have_one_epoch() -> None:
    assert opened(made().frame).cell() == made().epoch.cell()


def test_S1_it_offers_prekeys_whose_seeds_the_maker_keeps() -> None:
    offered = document()[6]
    assert [number for number, _ in offered] == list(range(1, PREKEYS_OFFERED + 1))
    assert all(Prekey(made().prekeys[number]).public == public for number, public in offered)


def test_S1_it_is_recognised_by_its_content_and_not_by_its_signatures() -> None:
    again = TheirOpen.parse(signed_anew(document()), SOUTH)
    first = TheirOpen.parse(made().frame, SOUTH)
    assert again.block != first.block
    assert again.hash == first.hash


@pytest.mark.parametrize(
    "change",
    [
        {"line_id": bytes(16)},
        {"inc": 2},
        {"h_agr": bytes(32)},
        {"side": 0},  # their own direction back at them
    ],
    ids=lambda change: next(iter(change)),
)
def test_S1_an_open_for_something_else_is_refused(change: dict[str, Any]) -> None:
    assert refused(made().frame, replace(SOUTH, **change)) == "S1"


def test_S1_a_number_is_not_true() -> None:
    value = document()
    value[2] = True
    assert refused(signed_anew(value)) == "S1"


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (5, b""),
        (5, "text"),
        (6, None),
        (6, [[1, b"short"]]),
        (6, [[0, bytes(1216)]]),
        (6, [[2, bytes(1216)], [1, bytes(1216)]]),
        (6, [[1, bytes(1216)], [1, bytes(1216)]]),
        (6, [[1 << 32, bytes(1216)]]),
        (6, [[1]]),
        (6, [[n, bytes(1216)] for n in range(1, PREKEYS_MAX + 2)]),
        (7, bytes(15)),
        (7, None),
    ],
)
def test_S1_another_shape_is_refused(place: int, value: Any) -> None:
    changed = document()
    changed[place] = value
    packed = encode(changed)
    assert refused(uvar(len(packed)) + packed + b"\x00") == "S1"


def test_S1_junk_and_giants_are_refused() -> None:
    packed = encode([1, 2])
    assert refused(uvar(len(packed)) + packed) == "S1"
    assert refused(bytes(OPEN_BYTES_MAX + 1)) == "S1"
    for size in range(0, len(made().frame), 97):
        with pytest.raises(Refused):
            TheirOpen.parse(made().frame[:size], SOUTH).check(SOUTH)


def test_S1_no_changed_byte_is_accepted() -> None:
    frame = made().frame
    for at in range(0, len(frame), 41):
        changed = bytearray(frame)
        changed[at] ^= 1
        with pytest.raises(ParleyError):
            opened(bytes(changed))


def test_S1_bytes_behind_it_are_refused() -> None:
    assert refused(made().frame + b"\x00") == "W7"


def test_S1_another_station_cannot_sign_it() -> None:
    stranger = replace(NORTH, our_keys=keys(1))
    assert refused(make_open(stranger, iter_entropy()).frame) == "K4"


def test_S2_the_shared_secret_must_be_the_same() -> None:
    ours, theirs = terms(0, psk0=bytes([5]) * 32), terms(1, psk0=bytes([6]) * 32)
    heard = TheirOpen.parse(make_open(ours, iter_entropy()).frame, theirs)
    with pytest.raises(Refused, match="shared secret differs") as caught:
        heard.accept(heard.check(theirs), theirs, PREKEYS[1].seed)
    assert caught.value.rule == "S2"
    right = terms(1, psk0=ours.psk0)
    assert heard.accept(heard.check(right), right, PREKEYS[1].seed).e == 0


def test_S2_another_prekey_does_not_open_it() -> None:
    heard = TheirOpen.parse(made().frame, SOUTH)
    with pytest.raises(Refused) as caught:
        heard.accept(heard.check(SOUTH), SOUTH, PREKEYS[0].seed)
    assert caught.value.rule == "K6"


def test_S1_only_so_many_a_second_are_looked_at_and_each_source_has_its_own() -> None:
    patience = Patience()
    assert all(patience.with_one_more("near", 0.1 * count) for count in range(OPENS_PER_S))
    assert not patience.with_one_more("near", 0.9)
    assert patience.with_one_more("far", 0.9)
    assert patience.with_one_more("near", 1.0)


def test_S1_many_sources_cost_little() -> None:
    patience = Patience()
    for count in range(10 * SOURCES_MAX):
        assert patience.with_one_more(f"source {count}", 0.0)
