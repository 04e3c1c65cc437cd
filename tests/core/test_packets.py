"""STATUS, CHECKPOINT and COSIGN: one form each, and no other is read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Malformed
from parley.core.packets import (
    COUNTER_LAST,
    COUNTER_MAX,
    KINDS,
    TIME_MAX,
    Checkpoint,
    Cosign,
    Flag,
    Kind,
    Prekeys,
    Status,
)
from parley.core.suites import SUITE_1
from parley.core.wire import u32, u64, uvar

sizes = st.integers(0, (1 << 64) - 1)
contigs = st.integers(0, 1 << 62)
roots = st.binary(min_size=32, max_size=32)


@st.composite
def statuses(draw: st.DrawFn) -> Status:
    contig = draw(contigs)
    return Status(
        size=draw(sizes),
        contig=contig,
        sack=frozenset(contig + 1 + bit for bit in draw(st.sets(st.integers(0, 63)))),
        own_root=draw(roots),
        their_root=draw(roots),
        epoch=draw(sizes),
        echo=draw(st.integers(0, (1 << 32) - 1)),
        cover=draw(sizes),
        flags=draw(st.integers(0, 255)),
    )


@given(statuses(), st.sampled_from((8, 16, 32)))
def test_S10_a_status_is_read_back_with_its_roots_as_long_as_sent(
    status: Status, root_bytes: int
) -> None:
    read = Status.parse(status.to_bytes(root_bytes))
    assert (read.own_root, read.their_root) == (
        status.own_root[:root_bytes],
        status.their_root[:root_bytes],
    )
    assert read.to_bytes(root_bytes) == status.to_bytes(root_bytes)
    assert (read.size, read.contig, read.sack, read.epoch, read.echo, read.cover, read.flags) == (
        status.size,
        status.contig,
        status.sack,
        status.epoch,
        status.echo,
        status.cover,
        status.flags,
    )


def a_status(sack: frozenset[int] = frozenset(), flags: int = 0) -> Status:
    return Status(300, 2, sack, b"\xaa" * 32, b"\xbb" * 32, 0, 9, 1, flags)


def test_S10_a_status_byte_for_byte() -> None:
    assert a_status(frozenset({3, 5, 11})).to_bytes(8).hex(" ") == " ".join(
        ("ac 02", "02", "02 05 01", "08", *["aa"] * 8, *["bb"] * 8, "00", "00 00 00 09", "01 00")
    )


def test_S10_sack_shows_64_entries_and_none_before_them() -> None:
    told = a_status(frozenset({0, 2, 3, 66, 67})).to_bytes(8)
    assert Status.parse(told).sack == {3, 66}


def test_S10_the_tail_is_passed_over() -> None:
    plain = a_status(flags=0x10).to_bytes(16)
    for tail in (b"", b"\x01\x00", b"\x01\x02ab\xff\x01c"):
        assert Status.parse(plain + tail).flags == 0x10
    for tail in (b"\x01", b"\x01\x02a", b"\x01\x80"):
        with pytest.raises(Malformed):
            Status.parse(plain + tail)


@pytest.mark.parametrize("root_bytes", [0, 7, 9, 31, 33, 255])
def test_S10_another_root_length_is_refused(root_bytes: int) -> None:
    plain = bytearray(a_status().to_bytes(8))
    plain[4] = root_bytes
    with pytest.raises(Malformed) as caught:
        Status.parse(bytes(plain) + bytes(400))
    assert caught.value.rule == "S10"


def test_S10_a_longer_sack_is_refused() -> None:
    with pytest.raises(Malformed) as caught:
        Status.parse(b"\x00\x00\x09" + bytes(60))
    assert caught.value.rule == "S10"


@given(st.integers(0, 60))
def test_S10_a_status_that_breaks_off_is_refused(at: int) -> None:
    plain = a_status(frozenset({3})).to_bytes(16)
    with pytest.raises(Malformed):
        Status.parse(plain[: min(at, len(plain) - 1)])


@given(sizes, roots, st.binary(max_size=90))
def test_S11_a_checkpoint_is_read_back(size: int, root: bytes, block: bytes) -> None:
    packet = Checkpoint(size, root, block)
    assert packet.to_bytes() == uvar(size) + root + block
    assert Checkpoint.parse(packet.to_bytes()) == packet


@given(sizes, st.integers(0, TIME_MAX), st.binary(max_size=90))
def test_S12_a_cosign_is_read_back(size: int, time: int, block: bytes) -> None:
    packet = Cosign(size, time, block)
    assert packet.to_bytes() == uvar(size) + u64(time) + block
    assert Cosign.parse(packet.to_bytes()) == packet


def test_S12_a_cosign_breaks_off_or_has_a_time_that_cannot_be() -> None:
    for data in (b"", b"\x01", b"\x01" + bytes(7), b"\x01" + b"\x80" + bytes(7)):
        with pytest.raises(Malformed):
            Cosign.parse(data)
    with pytest.raises(Malformed):
        Checkpoint.parse(b"\x01" + bytes(31))


def test_the_numbers_of_the_byte_tables() -> None:
    """Both sides of a test read a constant alike, so a wrong one is noticed only here."""
    assert (COUNTER_MAX, COUNTER_LAST) == (4_293_918_720, 4_294_967_295)
    assert TIME_MAX == 9_223_372_036_854_775_807
    assert [int(kind) for kind in Kind] == [1, 2, 3, 4, 5]
    assert [int(flag) for flag in Flag] == [0x01, 0x02, 0x04, 0x10, 0x20]
    assert list(KINDS) == list(range(48))


def test_S10_nine_bytes_of_sack_are_refused_however_whole_the_packet() -> None:
    for count, passes in ((8, True), (9, False)):
        data = b"\x00\x00" + bytes([count]) + b"\xff" * count + b"\x08" + bytes(16 + 1 + 4 + 1 + 1)
        if passes:
            assert len(Status.parse(data).sack) == 64
        else:
            with pytest.raises(Malformed) as caught:
                Status.parse(data)
            assert caught.value.rule == "S10"


def test_S12_a_time_that_cannot_be_is_refused_by_its_rule() -> None:
    assert Cosign.parse(b"\x01" + u64(TIME_MAX)).time == TIME_MAX
    with pytest.raises(Malformed) as caught:
        Cosign.parse(b"\x01" + u64(TIME_MAX + 1))
    assert caught.value.rule == "S12"


def test_S15_sixteen_prekeys_pass_and_seventeen_do_not() -> None:
    key = bytes(SUITE_1.kem.prekey_bytes)
    offered = dict.fromkeys(range(1, 17), key)
    assert Prekeys.parse(Prekeys(offered, b"").to_bytes(), SUITE_1).offered == offered
    for numbers in (range(1, 18), [1, 1], [2, 1], [0]):
        items = b"".join(u32(number) + key for number in numbers)
        with pytest.raises(Malformed) as caught:
            Prekeys.parse(bytes([len(numbers)]) + items, SUITE_1)
        assert caught.value.rule == "S15"
