"""Whatever comes in, an outcome comes out; entries join strictly in order, each once."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.core.effects import Outcome
from parley.core.entry import EPOCH_2020, Precedence, Type, body_of
from parley.core.hearing import (
    CIPHERTEXTS_REMEMBERED,
    HELD_BYTES_MAX,
    SEALED_AT,
)
from parley.core.packets import Kind
from parley.core.wire import decode, u8, u16, u32
from tests.core.conversation import (
    TICK_S,
    Station,
    changed,
    cross,
    envelopes,
    in_service,
    opens,
    packets,
    talk,
    two_stations,
)


def plaintext(
    body: bytes = b"\x82\xa0\x61x", kind: int = 1, marks: int = 8, seen: int = 0
) -> bytes:
    return u8(kind) + u8(marks) + u16(seen) + u32(1000) + body


# --- L1: whatever the bytes


@pytest.mark.parametrize(
    ("data", "outcome"),
    [
        (b"", Outcome.REFUSED),
        (b"\x20", Outcome.REFUSED),
        (b"\x00" * 50, Outcome.REFUSED),  # version 0
        (b"\x40" + bytes(50), Outcome.NEWER),  # version 2
        (b"\x21" + bytes(50), Outcome.REFUSED),  # a bit where zero is written
        (b"\x22" + bytes(50), Outcome.REFUSED),
        (b"\x28" + bytes(50), Outcome.REFUSED),  # a piece of a larger frame: reserved
        (b"\x30" + bytes(50), Outcome.REFUSED),  # RESUME: reserved
        (b"\x20" + bytes(50), Outcome.UNKNOWN),
        (b"\x20\x00", Outcome.UNKNOWN),
        (b"\x24" + bytes(50), Outcome.UNKNOWN),
        (b"\x24\x00", Outcome.UNKNOWN),
        (b"\x2c" + bytes(50), Outcome.REFUSED),
        (b"\x2c\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", Outcome.REFUSED),
    ],
)
def test_L1_W10_W12_junk_is_counted_and_forgotten(data: bytes, outcome: Outcome) -> None:
    north, south = in_service()
    before = south.cells
    assert south.hears(data) == [outcome]
    south.settles()
    assert south.cells == before
    assert south.state.counts[outcome.value] == 1
    north.says("Nothing happened.")
    talk(north, south)
    assert south.reads() == ["Nothing happened."]


@pytest.fixture(scope="module")
def overheard() -> tuple[Station, list[bytes]]:
    """A station in the middle of a conversation, and genuine frames it has not heard yet."""
    north, south = two_stations(chance="overheard")
    recorded = north.settles() + south.settles()
    talk(north, south)
    for count in range(4):
        north.says(f"Genuine {count}", Precedence(count))
    north.clock.passes(2.0)
    genuine = recorded + north.settles()
    south.hears(*envelopes(genuine)[:2])
    south.settles()
    return south, genuine


@settings(max_examples=400)
@given(data=st.data())
def test_L1_no_bytes_make_it_raise(
    overheard: tuple[Station, list[bytes]], data: st.DataObject
) -> None:
    south, genuine = overheard
    base = data.draw(st.sampled_from(genuine) | st.binary(max_size=80))
    frame_ = bytearray(base)
    for _ in range(data.draw(st.integers(0, 3))):
        if frame_:
            frame_[data.draw(st.integers(0, len(frame_) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(frame_)))
    end = data.draw(st.sampled_from((b"", b"\x00", b"more")))
    (outcome,) = south.hears(bytes(frame_[:cut]) + end)
    if bytes(frame_[:cut]) + end != base:
        assert outcome not in (Outcome.OK, Outcome.HALTED, Outcome.EQUIVOCATION)


@settings(max_examples=200, deadline=None)
@given(kind=st.integers(0, 0x2F), plain=st.binary(max_size=120), counter=st.integers(0, 2**32 - 1))
def test_L1_no_authentic_packet_makes_it_raise(kind: int, plain: bytes, counter: int) -> None:
    north, south = settled()
    south.starts(path=False)
    (outcome,) = south.hears(north.seals(kind, plain, counter))
    assert outcome in Outcome
    south.line.settle(south.clock.now, 0)


@settings(max_examples=200, deadline=None)
@given(plain=st.binary(max_size=120), ahead=st.integers(0, 1100))
def test_L1_E4_no_authentic_entry_is_refused(plain: bytes, ahead: int) -> None:
    north, south = settled()
    south.starts(path=False)
    (outcome,) = south.hears(north.writes(north.state.our_size + ahead, plain))
    if ahead >= south.terms.window:
        assert outcome is Outcome.UNKNOWN
    elif len(plain) < 8:
        assert outcome is Outcome.HALTED
    elif outcome is not Outcome.OK:
        assert outcome is Outcome.HALTED
        assert "has seen more" in str(south.state.halted)
    south.line.settle(south.clock.now, 0)


_SETTLED: list[tuple[Station, Station]] = []


def settled() -> tuple[Station, Station]:
    """Two stations after some talk; the tests above throw away what they do to them."""
    if not _SETTLED:
        north, south = in_service()
        for text in ("One.", "Two.", "Three."):
            north.says(text)
            south.says(text)
            talk(north, south, ticks=3)
        _SETTLED.append((north, south))
    return _SETTLED[0]


def test_L1_a_reflected_frame_is_nobodys() -> None:
    north, south = in_service()
    north.says("Mine.")
    north.clock.passes(TICK_S)
    frames = north.settles()
    assert set(north.hears(*frames)) == {Outcome.UNKNOWN}
    recorded = two_stations(chance="overheard")[0].settles()
    assert north.hears(*opens(recorded)) == [Outcome.REFUSED]
    assert south.state.halted is None


# --- L2: OPEN


def test_L2_S1_an_open_is_accepted_once_and_burns_the_prekey() -> None:
    north, south = two_stations()
    assert "prekey" in south.cells
    (theirs,) = opens(north.settles())
    assert south.hears(theirs, theirs) == [Outcome.OK, Outcome.DUPLICATE]
    south.settles()
    assert "prekey" not in south.cells
    south.starts()
    assert south.hears(theirs) == [Outcome.DUPLICATE]


def test_L2_a_crash_before_it_is_kept_leaves_the_prekey() -> None:
    north, south = two_stations()
    (theirs,) = opens(north.settles())
    assert south.hears(theirs) == [Outcome.OK]
    south.starts()
    assert "prekey" in south.cells
    assert south.hears(theirs) == [Outcome.OK]


def test_L2_S2_another_shared_secret_is_refused_and_burns_nothing() -> None:
    north, _ = two_stations(psk0=b"\x01" * 32)
    _, south = two_stations(psk0=b"\x02" * 32)
    _, right = two_stations(psk0=b"\x01" * 32)
    (theirs,) = opens(north.settles())
    assert south.hears(theirs) == [Outcome.DIFFERS]
    south.settles()
    assert south.notices == ["refused open"]
    assert south.hears(theirs, theirs, source="a stranger with a recording") == [
        Outcome.DIFFERS,
        Outcome.DIFFERS,
    ]
    south.settles()
    assert south.notices == ["refused open"]
    assert "prekey" in south.cells
    assert "in" not in south.cells
    right.store = south.store  # the mistyped secret is put right
    right.starts()
    assert right.hears(theirs) == [Outcome.OK]


def test_L2_an_open_after_the_prekey_was_lost_is_refused() -> None:
    north, south = two_stations()
    (theirs,) = opens(north.settles())
    south.line._ears._prekey = None
    assert south.hears(theirs) == [Outcome.REFUSED]


def test_S1_a_second_open_is_equivocation_and_both_are_kept_once() -> None:
    north, south = in_service()
    liar, _ = two_stations(chance="another start from nothing")
    (second,) = opens(liar.settles())
    first = u8(0x2C) + decode(south.cells["their open"])
    assert south.hears(second, second, first) == [
        Outcome.EQUIVOCATION,
        Outcome.EQUIVOCATION,
        Outcome.DUPLICATE,
    ]
    south.settles()
    assert decode(south.cells["equivocation"]) == second[1:]
    assert south.notices.count("equivocation") == 1
    south.starts()  # the evidence does not stand in the way of the next start
    assert south.hears(second) == [Outcome.EQUIVOCATION]
    south.settles()
    assert south.notices.count("equivocation") == 1
    north.says("It changes nothing.")
    talk(north, south)
    assert south.reads() == ["It changes nothing."]


def test_S1_five_opens_a_second_are_looked_at_of_each_source() -> None:
    north, south = two_stations()
    (theirs,) = opens(north.settles())
    forged = changed(theirs)  # its last signature does not stand
    assert south.hears(*[forged] * 6, source="stranger") == [Outcome.REFUSED] * 6
    assert south.hears(theirs, source="stranger") == [Outcome.REFUSED]
    assert south.hears(theirs, source="north") == [Outcome.OK]


def test_S1_patience_is_back_after_a_second() -> None:
    north, south = two_stations()
    (theirs,) = opens(north.settles())
    south.hears(*[changed(theirs)] * 5)
    assert south.hears(theirs) == [Outcome.REFUSED]
    south.clock.passes(1.0)
    assert south.hears(theirs) == [Outcome.OK]


# --- L7, L10: entries


def test_L7_an_envelope_beyond_the_window_matches_nothing_and_is_sent_again() -> None:
    north, south = in_service(window=128)
    ahead = north.writes(128, plaintext())
    last = north.writes(127, plaintext())
    assert south.hears(ahead, last) == [Outcome.UNKNOWN, Outcome.OK]
    assert south.hears(north.writes(0, plaintext()), ahead) == [Outcome.OK, Outcome.OK]


def test_S5_a_locator_may_belong_to_several_entries() -> None:
    """Five bytes collide once in a trillion pairs; here they are made to."""
    north, south = in_service()
    for count in range(3):
        north.says(str(count))
    sealed = envelopes(north.settles())
    ears = south.line._ears
    first, last = sealed[0][:SEALED_AT], sealed[2][:SEALED_AT]
    both = ears.expected[last] + ears.expected[first]
    ears.expected[first] = ears.expected[last] = both
    shared = first + sealed[2][SEALED_AT:]
    assert south.hears(shared, sealed[1], sealed[0]) == [Outcome.OK] * 3
    south.settles()
    assert south.reads() == ["0", "1", "2"]


def test_L7_what_no_locator_matches_is_sifted_out_and_counted() -> None:
    north, south = in_service()
    north.says("One.")
    good = north.settles()
    junk = [b"\x20" + bytes(50), b"\x24" + bytes(50), b"\x20", b"\x24\x00"]
    others = [b"\x2c" + bytes(50), b"\x28" + bytes(50), b"\x40", b"\x00\x01"]
    mixed = [data for three in zip(junk, good * 2, others, strict=False) for data in three]
    assert south.line.sift(mixed) == [data for data in mixed if data not in junk]
    lost = len(mixed) - len(south.line.sift(mixed))
    assert south.state.counts[Outcome.UNKNOWN] == 2 * lost > 0
    before = south.state.counts
    assert south.line.sift(good) == good
    assert south.line.sift([b""]) == [b""]  # it is heard, and refused
    assert south.state.counts == before
    assert Outcome.OK in south.hears(*good)


def test_L7_nothing_is_sifted_out_before_their_open_was_accepted() -> None:
    """A STATUS may come in one reading with the OPEN that brings its keys."""
    north, south = two_stations()
    first = south.settles()
    assert north.line.sift([*first, b"\x20" + bytes(50)]) == [*first, b"\x20" + bytes(50)]
    assert north.state.counts == {}


def test_L1_an_envelope_cut_short_does_not_open() -> None:
    north, south = in_service()
    whole = north.writes(0, plaintext())
    assert south.hears(*[whole[:at] for at in range(6, len(whole))]) == [Outcome.FORGED] * (
        len(whole) - 6
    )
    assert south.hears(whole) == [Outcome.OK]


def test_L10_entries_join_in_order_whatever_the_order_they_come_in() -> None:
    north, south = in_service()
    for count in range(30):
        north.says(str(count))
    sealed = envelopes(north.settles())
    random.Random(7).shuffle(sealed)
    for data in sealed:
        assert south.hears(data) == [Outcome.OK]
        south.settles()
        assert south.reads() == [str(count) for count in range(len(south.reads()))]
    assert south.reads() == [str(count) for count in range(30)]
    assert [row.n for row in south.heard] == list(range(30))
    assert south.store.load(bytes(range(16)), 1, 1).held == []


def test_L10_one_that_came_early_survives_a_restart_and_joins_once() -> None:
    north, south = in_service()
    for count in range(3):
        north.says(str(count))
    zero, one, two = envelopes(north.settles())
    assert south.hears(two, two) == [Outcome.OK, Outcome.DUPLICATE]
    south.settles()
    south.starts()
    assert south.hears(two, one, zero) == [Outcome.DUPLICATE, Outcome.OK, Outcome.OK]
    south.settles()
    assert south.reads() == ["0", "1", "2"]
    assert south.hears(zero, one, two) == [Outcome.UNKNOWN] * 3
    assert south.store.load(bytes(range(16)), 1, 1).held == []


def test_R3_how_far_they_had_seen_is_known_after_a_restart() -> None:
    north, south = in_service()
    for count in range(3):
        north.says(str(count))
        south.says(str(count))
        talk(north, south, ticks=3)
    seen = south.theirs[-1].seen
    assert seen == 2
    south.starts()
    assert south.line._ears._seen == seen


def test_L10_early_ones_are_acknowledged_out_of_order() -> None:
    north, south = in_service()
    for count in range(70):
        north.says(str(count))
    sealed = envelopes(north.settles())
    south.hears(*sealed[1:])
    cross(south, north)
    assert north.line._voice._they_hold == frozenset(range(1, 65))  # 64 bits


def test_L10_what_came_early_has_a_limit_and_comes_again() -> None:
    north, south = in_service()
    big = plaintext(bytes(60_000))
    early = [north.writes(n, big) for n in range(1, HELD_BYTES_MAX // 60_000 + 2)]
    outcomes = south.hears(*early)
    assert outcomes == [Outcome.OK] * (len(early) - 1) + [Outcome.EARLY]
    assert south.hears(north.writes(0, big), early[-1]) == [Outcome.OK] * 2
    assert south.hears(*[north.writes(len(early) + 1 + n, big) for n in range(3)])[0] is Outcome.OK


def test_L10_both_sides_hold_the_same_leaves() -> None:
    north, south = in_service()
    for count in range(5):
        north.says(f"north {count}")
        south.says(f"south {count}")
        talk(north, south, ticks=2)
    for dir in (0, 1):
        ours, theirs = north.log(dir), south.log(dir)
        assert [(row.leaf, row.root, row.seen) for row in ours] == [
            (row.leaf, row.root, row.seen) for row in theirs
        ]


@pytest.mark.parametrize(
    ("kind", "marks", "body"),
    [
        (0x01, 0x08, b""),  # nothing
        (0x01, 0x38, b"\x82\xa0\x61x"),  # a status that is not in use
        (0x01, 0x0A, b"not deflate"),
        (0x01, 0x0C, b"\x82\xa0\x61x"),  # a dictionary that nobody named
        (0x01, 0x09, b"\x82\xa0\x61x\x80\x00\x00"),  # padded
        (0x01, 0x09, b"\x00\x00"),  # padded, without its 80
        (0x42, 0x08, b"\x01"),  # a kind this station does not know
        (0xFF, 0xFF, b"\xff" * 40),
        (0x10, 0x08, b"\x80"),
    ],
)
def test_E4_E5_E6_what_is_authentic_is_logged_whatever_it_holds(
    kind: int, marks: int, body: bytes
) -> None:
    north, south = in_service()
    assert south.hears(north.writes(0, plaintext(body, kind, marks))) == [Outcome.OK]
    south.settles()
    (row,) = south.theirs
    assert (row.type, row.marks) == (kind, marks)
    assert row.body == (b"\x82\xa0\x61x" if body.endswith(b"\x80\x00\x00") else body)
    south.hears(north.writes(1, plaintext(body_of(Type.TEXT, {}, "Goes on."))))
    south.settles()
    assert south.reads()[-1] == "Goes on."


def test_E1_a_wrong_clock_decides_nothing() -> None:
    north, south = in_service()
    for wall in (0.0, EPOCH_2020 - 1.0, 1e12):
        north.clock.wall = wall
        north.says(f"{wall}")
        talk(north, south)
    assert [row.time for row in south.theirs] == [0, 0, (1 << 32) - 1]
    assert south.state.halted is None


# --- L14: packets


def test_L14_a_packet_is_acted_on_once_and_never_after_a_newer_one() -> None:
    north, south = in_service()
    north.clock.passes(TICK_S)
    (older,) = packets([north.states(1 << 20)])
    newer = north.states((1 << 20) + 1)
    assert south.hears(newer, newer, older) == [Outcome.OK, Outcome.DUPLICATE, Outcome.STALE]
    south.settles()
    south.starts()
    assert south.hears(newer, older) == [Outcome.DUPLICATE, Outcome.STALE]


def test_L14_a_recording_is_no_sign_of_life() -> None:
    north, south = in_service()
    recorded = north.states(1 << 20)
    assert south.hears(recorded) == [Outcome.OK]
    south.clock.passes(60.0)
    assert south.hears(recorded) == [Outcome.DUPLICATE]
    assert south.state.last_received_s == 60.0
    assert not Outcome.DUPLICATE.authentic
    assert Outcome.OK.authentic
    assert Outcome.HALTED.authentic


def test_L14_ciphertexts_of_the_last_64_are_remembered() -> None:
    north, south = in_service()
    sent = [north.states((1 << 20) + at) for at in range(CIPHERTEXTS_REMEMBERED + 1)]
    assert set(south.hears(*sent)) == {Outcome.OK}
    assert south.hears(sent[0], sent[1]) == [Outcome.STALE, Outcome.DUPLICATE]


def test_S7_a_packet_that_does_not_open_changes_nothing() -> None:
    north, south = in_service()
    good = north.states(1 << 20)
    cells = south.cells
    bad = [changed(good), changed(good, 9), good[:-1], good + b"\x00", good[:12], good[:8]]
    assert south.hears(*bad) == [Outcome.FORGED] * 5 + [Outcome.REFUSED]
    south.settles()
    assert south.cells == cells
    assert south.hears(good) == [Outcome.OK]


def test_S8_a_kind_this_station_does_not_know_is_counted_and_ignored() -> None:
    north, south = in_service()
    for kind in (0, 6, 7, 0x2F):
        assert south.hears(north.seals(kind, b"whatever", 1)) == [Outcome.IGNORED]
    assert south.hears(north.seals(0x60, b"whatever", 1)) == [Outcome.UNKNOWN]
    assert south.state.counts[Outcome.IGNORED.value] == 4


def test_S8_S10_a_known_kind_that_does_not_parse_is_refused_and_not_the_newest() -> None:
    north, south = in_service()
    counter = 1 << 20
    for kind in (Kind.STATUS, Kind.CHECKPOINT, Kind.COSIGN):
        assert south.hears(north.seals(kind, b"\x01", counter)) == [Outcome.REFUSED]
    assert south.hears(north.states(counter)) == [Outcome.OK]


def test_a_status_before_our_own_open_is_too_early() -> None:
    north, south = two_stations()
    (theirs,) = opens(north.settles())
    assert south.hears(theirs, north.states(9, echo=0)) == [Outcome.OK, Outcome.EARLY]
    south.settles()
    assert south.hears(north.states(9, echo=0)) == [Outcome.OK]
