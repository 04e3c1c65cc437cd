"""One key per entry, used once, and gone; packets that open nowhere but in their place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Misused
from parley.core.keys import hkdf32, hmac_sha256, sha256
from parley.core.seal import (
    CHAIN_STEPS_MAX,
    ENVELOPE_OVERHEAD,
    Epoch,
    associated,
    envelope_locator,
    open_entry,
    open_info,
    packet_locator,
    seal_entry,
)
from parley.core.wire import decode, encode

LINE = bytes(range(16))
INFO0 = open_info(LINE, 1, 0, sha256(b"agreement"), bytes(1216))
SECRET, SEALED = bytes([7]) * 32, bytes(1168)


def fresh() -> Epoch:
    return Epoch.first(SECRET, None, INFO0, SEALED).epoch


def known(epoch: Epoch, below: int = 40) -> set[int]:
    """The entries whose keys can be made from what was kept."""
    kept = Epoch.from_cell(decode(encode(epoch.cell())))
    found = set()
    for n in range(below):
        try:
            kept.message_key(n)
        except Misused:
            continue
        found.add(n)
    return found


# --- from the secret to the keys


def test_S1_the_first_secret_is_bound_to_line_direction_agreement_and_prekey() -> None:
    hashed = sha256(b"agreement")
    infos = {
        open_info(LINE, 1, 0, hashed, bytes(1216)),
        open_info(bytes(16), 1, 0, hashed, bytes(1216)),
        open_info(LINE, 2, 0, hashed, bytes(1216)),
        open_info(LINE, 1, 1, hashed, bytes(1216)),
        open_info(LINE, 1, 0, bytes(32), bytes(1216)),
        open_info(LINE, 1, 0, hashed, bytes(1215) + b"\x01"),
    }
    assert len(infos) == 6
    assert b"pl1 open" + LINE + bytes([0, 0, 0, 1, 0]) + hashed + sha256(bytes(1216)) == INFO0


def test_S2_everything_grows_from_the_root_key_as_the_page_says() -> None:
    psk0 = bytes([5]) * 32
    made = Epoch.first(SECRET, psk0, INFO0, SEALED)
    et = sha256(INFO0 + SEALED)
    rk = hkdf32(psk0, SECRET, et)
    assert made.confirmation == hmac_sha256(rk, b"open")[:16]
    assert (made.epoch.et, made.epoch.e, made.epoch.base) == (et, 0, 0)
    assert made.epoch.kl == hmac_sha256(rk, b"loc")
    assert made.epoch.ka == hmac_sha256(rk, b"aux")
    assert made.epoch.nk == hmac_sha256(rk, b"next")
    chain = hmac_sha256(rk, b"chain")
    for n in range(3):
        message = hmac_sha256(chain, b"\x01")
        assert made.epoch.message_key(n).key == hmac_sha256(message, b"\x03")
        assert made.epoch.message_key(n).blind == hmac_sha256(message, b"\x04")
        chain = hmac_sha256(chain, b"\x02")


def test_S2_another_secret_of_the_meeting_gives_another_confirmation() -> None:
    confirmations = {
        Epoch.first(SECRET, psk0, INFO0, SEALED).confirmation
        for psk0 in (None, bytes([5]) * 32, bytes([6]) * 32)
    }
    assert len(confirmations) == 3


def test_S3_no_root_key_and_no_first_link_is_kept() -> None:
    rk = hkdf32(bytes(32), SECRET, sha256(INFO0 + SEALED))
    epoch = fresh()
    assert rk not in encode(epoch.cell())
    epoch.message_key(3)
    epoch.retire(4, set())
    kept = encode(epoch.cell())
    assert rk not in kept
    assert hmac_sha256(rk, b"chain") not in kept


def test_S3_a_chain_is_followed_only_so_far() -> None:
    with pytest.raises(Misused):
        fresh().message_key(CHAIN_STEPS_MAX + 1)


# --- retiring


def test_S4_what_is_below_is_gone_and_what_is_above_is_not() -> None:
    epoch = fresh()
    later = fresh().message_key(9)
    epoch.message_key(4)
    epoch.retire(5, set())
    assert known(epoch) == set(range(5, 40))
    with pytest.raises(Misused):
        epoch.message_key(4)
    assert epoch.message_key(9) == later


def test_S4_an_entry_that_came_early_loses_its_key_and_leaves_those_before_it() -> None:
    epoch = fresh()
    epoch.retire(2, {5, 7})
    assert known(epoch) == {2, 3, 4, 6, *range(8, 40)}
    assert epoch.message_key(3) == fresh().message_key(3)


@given(st.lists(st.tuples(st.integers(0, 12), st.sets(st.integers(0, 20), max_size=5)), max_size=6))
def test_S4_no_retired_key_comes_back(steps: list[tuple[int, set[int]]]) -> None:
    epoch, gone, below = fresh(), set[int](), 0
    for further, also in steps:
        below += further
        gone |= set(range(below)) | also
        epoch.retire(below, gone - set(range(below)))
        epoch = Epoch.from_cell(decode(encode(epoch.cell())))
        assert known(epoch, 100) == set(range(100)) - gone


# --- envelopes


def test_S5_a_locator_shows_no_number() -> None:
    kl = fresh().kl
    locators = {envelope_locator(kl, n) for n in range(1024)}
    assert len(locators) == 1024
    assert {len(locator) for locator in locators} == {5}
    assert envelope_locator(kl, 3) == hmac_sha256(kl, b"\x00" + (3).to_bytes(8, "big"))[:5]


@given(st.binary(max_size=60))
def test_S6_an_envelope_opens_in_its_place_and_no_other(plain: bytes) -> None:
    epoch = fresh()
    key = epoch.message_key(3)
    place: dict[str, Any] = {"line_id": LINE, "inc": 1, "dir": 0, "e": 0, "n": 3, "et": epoch.et}
    sealed = seal_entry(key, associated(**place), plain)
    assert len(sealed) + 5 == len(plain) + ENVELOPE_OVERHEAD
    assert open_entry(key, associated(**place), sealed) == plain
    for field, other in {
        "line_id": bytes(16),
        "inc": 2,
        "dir": 1,
        "e": 1,
        "n": 4,
        "et": bytes(32),
    }.items():
        assert open_entry(key, associated(**{**place, field: other}), sealed) is None
    assert open_entry(epoch.message_key(4), associated(**place), sealed) is None


def test_S6_what_is_too_short_to_be_sealed_does_not_open() -> None:
    epoch = fresh()
    aad = associated(LINE, 1, 0, 0, 0, epoch.et)
    for size in range(17):
        assert open_entry(epoch.message_key(0), aad, bytes(size)) is None
        assert epoch.open_packet(1, 1, aad, bytes(size)) is None


# --- packets


def test_S8_each_kind_of_packet_has_a_locator() -> None:
    kl = fresh().kl
    assert len({packet_locator(kl, kind) for kind in range(0x30)}) == 0x30
    assert packet_locator(kl, 1) == hmac_sha256(kl, b"\x01\x01")[:5]


def test_S9_a_packet_opens_as_its_kind_and_counter_only() -> None:
    epoch = fresh()
    aad = associated(LINE, 1, 0, 0, None, epoch.et)
    sealed = epoch.seal_packet(1, 7, aad, b"status")
    assert epoch.open_packet(1, 7, aad, sealed) == b"status"
    assert epoch.open_packet(1, 8, aad, sealed) is None
    assert epoch.open_packet(4, 7, aad, sealed) is None
    assert epoch.open_packet(1, 7, aad + b"\x00", sealed) is None
