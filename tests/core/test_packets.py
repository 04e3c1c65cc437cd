"""STATUS, CHECKPOINT and COSIGN: read back as written, and no other way."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Malformed
from parley.core.packets import ROOT_LENGTHS, TIME_MAX, Checkpoint, Cosign, Flag, Status
from parley.core.wire import u64, uvar

U64 = st.integers(0, (1 << 64) - 1)
ROOT = bytes(range(32))
STATUS = Status(
    size=12,
    contig=300,
    sack=frozenset({302, 364}),
    own_root=ROOT,
    their_root=ROOT[::-1],
    epoch=0,
    echo=70_000,
    cover=12,
    flags=Flag.HALTED,
)

# An own size and contig, the SACK's length and bytes, the root's length, both roots, epoch, echo,
# cover, flags.
STATUS_8 = "0cac020802000000000000800800010203040506071f1e1d1c1b1a191800"
STATUS_8 += "000111700c01"


def refused(data: bytes) -> Malformed:
    with pytest.raises(Malformed) as caught:
        Status.parse(data)
    return caught.value


def test_S10_a_status_stands_on_the_wire_as_the_page_says() -> None:
    assert STATUS.to_bytes(8).hex() == STATUS_8


@given(U64, st.integers(0, 1 << 40), st.sets(st.integers(1, 64)), st.sampled_from(ROOT_LENGTHS))
def test_S10_a_status_is_read_back(size: int, contig: int, sack: set[int], root: int) -> None:
    ahead = frozenset(contig + further for further in sack)
    status = replace(STATUS, size=size, contig=contig, sack=ahead)
    short = replace(status, own_root=ROOT[:root], their_root=ROOT[::-1][:root])
    assert Status.parse(status.to_bytes(root)) == short


def test_S10_what_is_too_far_ahead_is_not_in_the_sack() -> None:
    status = replace(STATUS, sack=frozenset({299, 300, 301, 365}))
    assert Status.parse(status.to_bytes(8)).sack == {301}


def test_S10_unknown_flags_and_tail_fields_are_passed_over() -> None:
    plain = replace(STATUS, flags=0xFF).to_bytes(16)
    assert Status.parse(plain).flags == 0xFF
    assert Status.parse(plain + b"\x07\x00" + b"\x08\x02ab") == Status.parse(plain)


@pytest.mark.parametrize("tail", [b"\x07", b"\x07\x02a", b"\x07\x80"])
def test_S10_a_tail_that_breaks_off_is_refused(tail: bytes) -> None:
    refused(STATUS.to_bytes(16) + tail)


@pytest.mark.parametrize("length", [0, 7, 9, 31, 33])
def test_S10_other_root_lengths_are_refused(length: int) -> None:
    plain = bytes.fromhex("0cac0200") + bytes([length]) + bytes(2 * length + 7)
    assert refused(plain).rule == "S10"


def test_S10_a_longer_sack_is_refused() -> None:
    assert refused(bytes.fromhex("0cac0209") + bytes(60)).rule == "S10"


def test_S7_a_packet_that_breaks_off_is_refused() -> None:
    plain = STATUS.to_bytes(32)
    for size in range(len(plain)):
        refused(plain[:size])
    for bad in (b"", b"\x0c", uvar(12) + ROOT[:31]):
        with pytest.raises(Malformed):
            Checkpoint.parse(bad)
    for bad in (b"", uvar(12), uvar(12) + bytes(7)):
        with pytest.raises(Malformed):
            Cosign.parse(bad)


@given(U64, st.binary(max_size=80))
def test_S11_a_checkpoint_is_read_back(size: int, block: bytes) -> None:
    packet = Checkpoint(size, ROOT, block)
    assert packet.to_bytes() == uvar(size) + ROOT + block
    assert Checkpoint.parse(packet.to_bytes()) == packet


@given(U64, st.integers(0, TIME_MAX), st.binary(max_size=80))
def test_S12_a_cosign_is_read_back(size: int, time: int, block: bytes) -> None:
    packet = Cosign(size, time, block)
    assert packet.to_bytes() == uvar(size) + u64(time) + block
    assert Cosign.parse(packet.to_bytes()) == packet


def test_S12_a_time_that_cannot_be_is_refused() -> None:
    with pytest.raises(Malformed) as caught:
        Cosign.parse(uvar(1) + u64(TIME_MAX + 1))
    assert caught.value.rule == "S12"
