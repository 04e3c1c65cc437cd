"""One key per entry; a retired key, and every key it could be made from again, is gone."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.core.errors import Misused
from parley.core.keys import hmac_sha256, sha256
from parley.core.seal import (
    CHAIN_STEPS_MAX,
    ENVELOPE_OVERHEAD,
    LOCATOR_BYTES,
    TAG_BYTES,
    Epoch,
    associated,
    envelope_locator,
    open_entry,
    open_info,
    packet_locator,
    seal_entry,
)
from parley.core.wire import Value, decode, encode, u32, u64
from tests.core.conversation import LINE_ID

SECRET, SEALED = b"\x07" * 32, b"\x09" * 1168
INFO = open_info(LINE_ID, 1, 0, sha256(b"agreement"), b"\x05" * 1216)
RK = hmac_sha256(
    hmac_sha256(bytes(32), SECRET), sha256(INFO + SEALED) + b"\x01"
)  # HKDF written out


def an_epoch() -> Epoch:
    return Epoch.first(SECRET, None, INFO, SEALED).epoch


def chain_keys(count: int) -> list[bytes]:
    """CK_0 and on, written out from spec/seal.md."""
    keys = [hmac_sha256(RK, b"chain")]
    while len(keys) < count:
        keys.append(hmac_sha256(keys[-1], b"\x02"))
    return keys


def holds(cell: list[Value], key: bytes) -> bool:
    return key in encode(cell)


def test_S2_the_first_epoch_as_written_out() -> None:
    made = Epoch.first(SECRET, None, INFO, SEALED)
    epoch = made.epoch
    assert made.confirmation == hmac_sha256(RK, b"open")[:16]
    assert made.share == hmac_sha256(RK, b"rec")
    assert epoch.et == sha256(INFO + SEALED)
    assert (epoch.kl, epoch.ka, epoch.nk) == tuple(
        hmac_sha256(RK, label) for label in (b"loc", b"aux", b"next")
    )
    message = hmac_sha256(chain_keys(4)[3], b"\x01")
    key = epoch.message_key(3)
    assert key.key == hmac_sha256(message, b"\x03")
    assert key.blind == hmac_sha256(message, b"\x04")


def test_S2_the_secret_of_the_meeting_changes_every_key() -> None:
    one, other = (Epoch.first(SECRET, psk0, INFO, SEALED) for psk0 in (None, b"\x01" * 32))
    assert one.confirmation != other.confirmation
    assert one.epoch.kl != other.epoch.kl
    assert one.epoch.et == other.epoch.et
    assert Epoch.first(SECRET, bytes(32), INFO, SEALED).confirmation == one.confirmation


def test_S3_the_root_key_is_kept_nowhere() -> None:
    epoch = an_epoch()
    assert not holds(epoch.cell(), RK)
    assert RK not in [value for value in vars(epoch).values() if isinstance(value, bytes)]
    epoch.message_key(5)
    assert not holds(epoch.cell(), RK)


@pytest.mark.parametrize("n", [0, 5])
def test_S4_a_retired_key_cannot_be_made_again(n: int) -> None:
    epoch = an_epoch()
    epoch.message_key(n)
    epoch.retire(n + 1, set())
    for copy in (epoch, Epoch.from_cell(decode(encode(epoch.cell())))):
        with pytest.raises(Misused):
            copy.message_key(n)
        assert copy.message_key(n + 1).key
    assert not any(holds(epoch.cell(), key) for key in chain_keys(n + 1))


def test_S4_keys_between_are_kept_and_the_chain_stands_behind_the_last_retired() -> None:
    epoch = an_epoch()
    keys = [an_epoch().message_key(n) for n in range(8)]
    epoch.retire(3, {5})
    cell = epoch.cell()
    *_, chain, at, skipped = cell
    assert (chain, at, sorted(skipped)) == (chain_keys(7)[6], 6, [3, 4])
    again = Epoch.from_cell(decode(encode(cell)))
    assert [again.message_key(n) for n in (3, 4, 6, 7)] == [keys[n] for n in (3, 4, 6, 7)]
    for n in (0, 1, 2, 5):
        with pytest.raises(Misused):
            again.message_key(n)


def test_S4_numbers_that_are_stepped_over_cost_no_memory() -> None:
    epoch = an_epoch()
    epoch.message_key(2)
    epoch.retire(5_000, set())
    assert (len(epoch._message), list(epoch._chain)) == (0, [5_000])
    assert epoch.cell()[6] == chain_keys(5_001)[5_000]


def test_S4_a_row_left_behind_below_the_log_revives_no_key() -> None:
    epoch = an_epoch()
    epoch.message_key(9)
    epoch.retire(8, {2})
    assert min(decode(encode(epoch.cell()))[7:8]) == 8
    assert not any(holds(epoch.cell(), key) for key in chain_keys(8))


@settings(max_examples=40)
@given(st.lists(st.tuples(st.integers(0, 12), st.sets(st.integers(0, 30))), max_size=5))
def test_S4_whatever_was_retired_stays_so(steps: list[tuple[int, set[int]]]) -> None:
    epoch, below, gone = an_epoch(), 0, set[int]()
    true = [an_epoch().message_key(n) for n in range(40)]
    for more, also in steps:
        below += more
        gone |= {n for n in also if n >= below}
        epoch.retire(below, {n for n in gone if n >= below})
        epoch = Epoch.from_cell(decode(encode(epoch.cell())))
    for n in range(40):
        if n < below or n in gone:
            with pytest.raises(Misused):
                epoch.message_key(n)
        else:
            assert epoch.message_key(n) == true[n]


def test_S3_a_chain_is_followed_a_million_steps_and_no_further() -> None:
    epoch = an_epoch()
    with pytest.raises(Misused):
        epoch.message_key(CHAIN_STEPS_MAX + 1)
    assert epoch.message_key(1_000).key


def test_S5_S8_locators_as_written_out() -> None:
    epoch = an_epoch()
    assert envelope_locator(epoch.kl, 3) == hmac_sha256(epoch.kl, b"\x00" + u64(3))[:5]
    assert packet_locator(epoch.kl, 1) == hmac_sha256(epoch.kl, b"\x01\x01")[:5]


def test_S6_an_envelope_opens_only_as_what_it_is() -> None:
    epoch = an_epoch()
    key = epoch.message_key(3)
    aad = associated(LINE_ID, 1, 0, 0, 3, epoch.et)
    assert aad == LINE_ID + u32(1) + b"\x00" + u32(0) + u64(3) + epoch.et
    sealed = seal_entry(key, aad, b"words")
    assert len(sealed) == 5 + 16
    assert open_entry(key, aad, sealed) == b"words"
    for other in (
        associated(LINE_ID, 2, 0, 0, 3, epoch.et),
        associated(LINE_ID, 1, 1, 0, 3, epoch.et),
        associated(LINE_ID, 1, 0, 1, 3, epoch.et),
        associated(LINE_ID, 1, 0, 0, 4, epoch.et),
        associated(LINE_ID, 1, 0, 0, 3, bytes(32)),
        associated(bytes(16), 1, 0, 0, 3, epoch.et),
    ):
        assert open_entry(key, other, sealed) is None
    assert open_entry(epoch.message_key(4), aad, sealed) is None


def test_S9_a_packet_opens_under_its_counter_and_kind_alone() -> None:
    epoch = an_epoch()
    aad = associated(LINE_ID, 1, 0, 0, None, epoch.et)
    assert aad == LINE_ID + u32(1) + b"\x00" + u32(0) + epoch.et
    sealed = epoch.seal_packet(1, 9, aad, b"status")
    assert epoch.open_packet(1, 9, aad, sealed) == b"status"
    assert epoch.open_packet(1, 10, aad, sealed) is None
    assert epoch.open_packet(4, 9, aad, sealed) is None
    assert epoch.open_packet(1, 9, aad + b"\x00", sealed) is None
    assert epoch.open_packet(1, 9, aad, b"") is None


def test_the_numbers_of_the_byte_tables() -> None:
    assert (LOCATOR_BYTES, TAG_BYTES, ENVELOPE_OVERHEAD) == (5, 16, 21)
    assert CHAIN_STEPS_MAX == 1_048_576


def test_S3_steps_are_counted_from_where_the_chain_stands() -> None:
    """After two million entries the next one is one step away."""
    cell = an_epoch().cell()
    cell[7] = 2 * CHAIN_STEPS_MAX
    assert Epoch.from_cell(cell).message_key(2 * CHAIN_STEPS_MAX + 1).key


def test_S4_what_the_chain_gives_is_not_kept_beside_it() -> None:
    epoch = an_epoch()
    epoch.message_key(3)
    *_, at, skipped = epoch.cell()
    assert (at, skipped) == (0, {})
    epoch.retire(1, {2})
    *_, at, skipped = epoch.cell()
    assert (at, set(skipped)) == (3, {1})
