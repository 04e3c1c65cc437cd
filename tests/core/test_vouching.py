"""Deniable lines: the two know what was said, and nothing they signed shows it to anybody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from parley.core.effects import Outcome
from parley.core.entry import Plaintext, Precedence, Type, body_of
from parley.core.errors import Misused, Refused
from parley.core.kept import Change
from parley.core.keys import Prekey, SigningKey, hmac_sha256, sha256
from parley.core.opening import TheirOpen
from parley.core.packets import Checkpoint, Cosign, Kind, Rekey
from parley.core.record import Head
from parley.core.seal import Epoch, associated, envelope_locator, open_info, seal_entry
from parley.core.speaking import ENVELOPE, frame
from parley.core.terms import OurKeys, Terms
from parley.core.vouching import (
    RecordKey,
    check_code,
    code_block,
    code_of,
    record_key,
)
from parley.core.wire import decode
from tests.core.conversation import (
    LINE_ID,
    Clock,
    Station,
    in_service,
    opens,
    packets,
    prekey,
    talk,
    terms_of,
    text_of,
    two_stations,
)

LATER = 1 << 20
KEY = bytes(range(32))


def on_a_deniable_line(**options: Any) -> tuple[Station, Station]:
    north, south = in_service(deniable=True, **options)
    north.says("One.")
    south.says("Two.")
    talk(north, south)
    north.clock.passes(1.0)
    talk(north, south)
    return north, south


def head_of(station: Station, dir: int, size: int) -> Head:
    return Head(LINE_ID, 1, dir, size, station._root_at(dir, size))


# --- the record key


def test_H1_both_sides_come_by_one_record_key_and_keep_nothing_it_was_made_from() -> None:
    north, south = on_a_deniable_line()
    key = north.line.record_key.key
    assert key is not None
    assert key == south.line.record_key.key
    for station in (north, south):
        assert decode(station.cells["record key"]) == key
        assert "record shares" not in station.cells
        station.starts()
        assert station.line.record_key.key == key


def test_H1_the_record_key_is_made_of_both_shares_as_written_out() -> None:
    a, b = bytes([1]) * 32, bytes([2]) * 32
    for inc in (1, 7):
        extracted = hmac_sha256(bytes(32), a + b)
        info = b"pl1 rec" + LINE_ID + inc.to_bytes(4)
        assert record_key(LINE_ID, inc, a, b) == hmac_sha256(extracted, info + b"\x01")
    for order in ((0, a), (1, b)), ((1, b), (0, a)):
        made, change = RecordKey(terms_of(0, deniable=True), {}), Change(LINE_ID, 1, (0, 0))
        for dir, share in order:
            made.take(dir, share, change)
        assert made.key == record_key(LINE_ID, 1, a, b)


def test_H5_the_code_over_a_base_as_written_out() -> None:
    made = RecordKey(terms_of(0, deniable=True), {"record key": KEY})
    said = b"base\x01" + (3).to_bytes(4) + (7).to_bytes(8)
    assert made.base_code(1, 3, 7) == hmac_sha256(KEY, said)


@pytest.mark.parametrize("first", [0, 1])
def test_H1_whichever_open_comes_first(first: int) -> None:
    pair = two_stations(deniable=True)
    near, far = pair[first], pair[1 - first]
    sent = near.settles()
    far.hears(*sent)  # before it has made an OPEN of its own
    assert far.line.record_key.key is None
    assert "record shares" in near.cells
    near.starts()  # the share outlives a start
    near.hears(*far.settles())
    near.settles()
    assert near.line.record_key.key == far.line.record_key.key is not None


def test_H1_a_share_of_the_record_key_gives_no_key_of_an_entry() -> None:
    info0 = open_info(LINE_ID, 1, 0, bytes(32), prekey(1).public)
    made = Epoch.first(bytes(32), None, info0, bytes(1168))
    epoch = made.epoch
    known = {epoch.kl, epoch.ka, epoch.nk, *epoch._chain.values()}
    derived = {hmac_sha256(made.share, label) for label in (b"chain", b"loc", b"aux", b"next")}
    assert made.share not in known
    assert not derived & known
    assert record_key(LINE_ID, 1, made.share, KEY) != record_key(LINE_ID, 2, made.share, KEY)
    assert record_key(LINE_ID, 1, made.share, KEY) != record_key(LINE_ID, 1, KEY, made.share)


def test_H1_an_attributable_line_has_no_record_key() -> None:
    north, south = in_service()
    north.says("One.")
    talk(north, south)
    assert north.line.record_key.key is None
    assert not {"record key", "record shares"} & {*north.cells, *south.cells}


def test_H1_nothing_can_be_vouched_for_without_the_record_key() -> None:
    nothing = RecordKey(terms_of(0, deniable=True), {})
    with pytest.raises(Misused):
        nothing.block(b"")


# --- heads


def test_H2_heads_bear_a_code_and_no_signature() -> None:
    north, south = on_a_deniable_line()
    for station in (north, south):
        assert {(head.kind, head.dir) for head in station.heads} == {
            ("checkpoint", 0),
            ("checkpoint", 1),
        }
        for row in station.heads:
            head = head_of(station, row.dir, row.size)
            assert row.block == code_block(station.line.record_key.key or b"", LINE_ID, head.text)
            assert row.root == head.root
        assert (station.state.our_cover.vouched, station.state.their_cover.vouched) == (1, 1)
        assert station.state.our_cover.sizes[:4] == [0, 0, 0, 0]


def test_H2_a_code_stands_for_one_head_under_one_key() -> None:
    text = Head(LINE_ID, 1, 0, 1, bytes(32)).text
    block = code_block(KEY, LINE_ID, text)
    check_code(KEY, LINE_ID, text, block)
    name = f"parley.invalid/{LINE_ID.hex()}/record".encode()
    assert block == b"\x01\x10" + sha256(name + b"\n\x10")[:4] + hmac_sha256(KEY, text)
    for key, line, words, given in (
        (bytes(32), LINE_ID, text, block),
        (KEY, bytes(16), text, block),
        (KEY, LINE_ID, text + b"\n", block),
        (KEY, LINE_ID, text, block[:-1] + bytes([block[-1] ^ 1])),
        (KEY, LINE_ID, text, block + b"\0"),
    ):
        with pytest.raises(Refused) as caught:
            check_code(key, line, words, given)
        assert caught.value.rule == "H2"
    with pytest.raises(Refused):
        code_of(LINE_ID, block[:-1])


def test_H2_vouching_comes_again_with_the_heartbeat_and_not_because_of_a_minute() -> None:
    north, south = on_a_deniable_line()
    before = len(north.heads)
    for _ in range(8):
        north.clock.passes(11.0)
        talk(north, south, ticks=2)
    assert len(north.heads) == before
    north.starts()
    talk(north, south)
    assert north.heads[-1].size == 1  # made anew after a start, as a signed one is


def test_H2_who_missed_a_checkpoint_gets_it_again() -> None:
    north, south = on_a_deniable_line()
    for count in (2, 3):
        north.says(str(count))
        talk(north, south, ticks=2)
    north.clock.passes(1.0)
    assert packets(north.settles())  # and lost
    assert (north.state.our_cover.vouched, south.state.their_cover.vouched) == (3, 2)
    north.clock.passes(1.0)
    south.says("What about it?")  # and with it a STATUS that tells what South lacks
    talk(north, south, ticks=4)
    assert south.state.their_cover.vouched == 3


def test_H2_a_head_whose_code_does_not_stand_is_refused_and_changes_nothing() -> None:
    north, south = on_a_deniable_line()
    head = head_of(south, 1, 1)
    assert north.hears(south.signs_own(1, LATER)) == [Outcome.REFUSED]  # a true signature
    forged = Checkpoint(1, head.root, code_block(KEY, LINE_ID, head.text)).to_bytes()
    assert north.hears(south.seals(Kind.CHECKPOINT, forged, LATER)) == [Outcome.REFUSED]
    assert north.state.halted is None


def test_H2_a_code_over_another_past_halts_the_line() -> None:
    north, south = on_a_deniable_line()
    head = replace(head_of(south, 1, 1), root=bytes(32))
    block = code_block(south.line.record_key.key or b"", LINE_ID, head.text)
    packet = Checkpoint(1, head.root, block).to_bytes()
    assert north.hears(south.seals(Kind.CHECKPOINT, packet, LATER)) == [Outcome.HALTED]
    north.settles()
    assert north.state.halted == ("the record they vouched for differs from the one they sent us")
    assert "contradiction" in north.cells


def test_H2_a_checkpoint_before_our_own_open_is_too_early() -> None:
    north, south = two_stations(deniable=True)
    south.hears(*opens(north.settles()))
    packet = Checkpoint(0, head_of(north, 0, 0).root, bytes(38)).to_bytes()
    assert south.hears(north.seals(Kind.CHECKPOINT, packet, LATER)) == [Outcome.EARLY]


def test_H3_an_entry_is_authentic_and_then_vouched_for_and_never_signed() -> None:
    north, south = on_a_deniable_line()
    for count in range(40):
        north.says(str(count))
        talk(north, south, ticks=1)
    seen = {north.state.our_cover.attribution(39)}
    for _ in range(70):
        north.clock.passes(1.0)
        talk(north, south, ticks=2)
        seen |= {north.state.our_cover.attribution(n) for n in range(41)}
        seen |= {south.state.their_cover.attribution(n) for n in range(41)}
    assert seen == {"authentic", "vouched"}
    assert south.state.their_cover.attribution(40) == "vouched"


def test_H4_nobody_signs_a_receipt_and_one_that_comes_is_refused() -> None:
    north, south = on_a_deniable_line()
    assert not [head for head in (*north.heads, *south.heads) if head.kind == "cosign"]
    for size in (1, 99):
        assert north.hears(south.signs_theirs(size, LATER, root=bytes(32))) == [Outcome.REFUSED]
    assert north.state.halted is None
    assert (north.state.they_cosigned, north.state.we_cosigned) == (0, 0)
    change = Change(LINE_ID, 1, (1, 1))
    with pytest.raises(Refused) as caught:
        north.line._heads.hear_cosign(Cosign(1, 5, b""), north.clock.now, change)
    assert caught.value.rule == "H4"


# --- fresh keys


def rekeyed() -> tuple[Station, Station]:
    north, south = in_service(deniable=True, rekey_entries=3)
    for count in range(12):
        (north, south)[count % 2].says(f"word {count}")
        north.clock.passes(1.0)
        talk(north, south, ticks=4)
    return north, south


def test_H5_both_directions_get_fresh_keys() -> None:
    north, south = rekeyed()
    assert north.state.epochs == (2, 2)
    assert south.state.epochs == (2, 2)
    assert [text_of(row) for row in south.theirs] == [f"word {n}" for n in range(0, 12, 2)]
    assert {head.size for head in south.heads} >= {5, 6}
    assert (south.state.our_cover.vouched, south.state.their_cover.vouched) == (6, 6)


def test_H5_the_transcript_is_bound_to_no_size() -> None:
    epoch = Epoch.first(bytes(32), None, b"info", bytes(1168)).epoch
    terms = terms_of(0, deniable=True)
    early, late = (
        epoch.next(KEY, bytes(1168), prekey(1).public, base, terms.bound_base(base))
        for base in (3, 7)
    )
    assert early.et == late.et == epoch.next(KEY, bytes(1168), prekey(1).public, 0).et
    assert (early.base, late.base) == (3, 7)
    attributable = terms_of(0)
    assert attributable.bound_base(7) == 7


def about_to_rekey() -> tuple[Station, Station]:
    """North has made a REKEY that South has not heard."""
    north, south = in_service(deniable=True, rekey_entries=2)
    north.says("One.")
    north.says("Two.")
    north.settles()
    north.clock.passes(0.1)
    north.settles()
    return north, south


def rekey_of(station: Station) -> Rekey:
    """What a station's REKEY says, as the other side opens it."""
    _, data, _ = decode(station.cells["rekey"])
    epoch = station.epoch
    aad = associated(LINE_ID, 1, station.terms.side, epoch.e, None, epoch.et)
    plain = epoch.open_packet(Kind.REKEY, int.from_bytes(data[6:10]), aad, data[10:])
    assert plain is not None
    return Rekey.parse(plain, station.terms.suite)


def test_H5_a_rekey_with_another_base_is_refused() -> None:
    north, south = about_to_rekey()
    packet = rekey_of(north)
    assert packet.base == 2
    moved = replace(packet, base=1).to_bytes()
    assert south.hears(north.seals(Kind.REKEY, moved, LATER)) == [Outcome.REFUSED]
    with pytest.raises(Refused) as caught:
        south.line._rekeying._without_base_code(replace(packet, base=1))
    assert caught.value.rule == "H5"
    bare = replace(packet, block=packet.block[32:]).to_bytes()
    assert south.hears(north.seals(Kind.REKEY, bare, LATER)) == [Outcome.REFUSED]
    assert south.hears(north.seals(Kind.REKEY, packet.to_bytes(), LATER)) == [Outcome.OK]


# --- STATUS


def test_H6_a_status_states_whole_roots_and_a_shorter_one_is_refused() -> None:
    north, south = on_a_deniable_line()
    for short in (8, 16):
        assert north.hears(south.states(LATER, short)) == [Outcome.REFUSED]
    assert north.hears(south.states(LATER, 32)) == [Outcome.OK]
    assert north.hears(south.states(LATER + 1, 32, own_root=bytes(31) + b"\1")) == [Outcome.HALTED]


# --- what is signed


class Watched(SigningKey):
    """A key that remembers what it signed."""

    signed: list[bytes]

    def block(self, wanted: Any) -> bytes:
        self.signed += [message for _, message in wanted]
        return super().block(wanted)


def watched(terms: Terms) -> Terms:
    keys = []
    for key in (terms.our_keys.station, terms.our_keys.log, terms.our_keys.cosigner):
        keys.append(Watched(key.public.name, key.seed))
        keys[-1].signed = []
    return replace(terms, our_keys=OurKeys(*keys))


def signed_by(station: Station) -> tuple[list[bytes], list[bytes]]:
    """What the station key signed, and what the log and cosigner keys did."""
    keys = station.terms.our_keys
    found: list[list[bytes]] = []
    for key in (keys.station, keys.log, keys.cosigner):
        assert isinstance(key, Watched)
        found.append(key.signed)
    return found[0], found[1] + found[2]


def spoken(deniable: bool) -> tuple[Station, Station]:
    """Two stations with watched keys, after talk, renewals of both directions, and a restart."""
    clock = Clock()
    terms = [terms_of(side, deniable=deniable, rekey_entries=3) for side in (0, 1)]
    north, south = (Station(watched(each), clock) for each in terms)
    talk(north, south)
    for count in range(9):
        north.says(f"word {count}")
        south.says(f"answer {count}")
        clock.passes(30.0)
        talk(north, south, ticks=4)
    north.starts()
    north.line.renew()
    south.line.renew()
    for _ in range(4):
        clock.passes(11.0)
        talk(north, south, ticks=6)
    return north, south


def test_H7_no_signature_on_a_deniable_line_covers_text_size_or_root() -> None:
    north, south = spoken(deniable=True)
    sizes = {"pl1 open": 8 + (8 + 16 + 4 + 1 + 32 + 32) + 1168 + 32}
    for station in (north, south):
        by_station, by_others = signed_by(station)
        assert by_others == []
        roots = [station._root_at(row.dir, row.n + 1) for dir in (0, 1) for row in station.log(dir)]
        rekeys = 0
        for message in by_station:
            assert not any(root in message for root in roots)
            assert not any(row.leaf in message for dir in (0, 1) for row in station.log(dir))
            if message.startswith(b"pl1 open"):
                assert len(message) == sizes["pl1 open"]
            elif message.startswith(b"pl1 prekeys"):
                assert len(message) == 11 + 21 + 4 + 32 + 32
            else:  # label, line, inc, dir, epoch, prekey id, base, et, H(enc), H(pk)
                assert message.startswith(b"pl1 rekey sig" + LINE_ID)
                assert len(message) == 13 + 21 + 4 + 4 + 8 + 3 * 32
                assert message[13 + 21 + 8 :][:8] == bytes(8)
                rekeys += 1
        assert rekeys >= 2


def test_H7_on_an_attributable_line_they_do() -> None:
    """The same looks find something where there is something to find."""
    north, _ = spoken(deniable=False)
    by_station, by_others = signed_by(north)
    assert any(north._root_at(0, 9) in message for message in by_others)
    bases = [message[13 + 21 + 8 :][:8] for message in by_station if b"pl1 rekey sig" in message]
    assert any(base != bytes(8) for base in bases)


def test_H7_the_seal_of_a_fresh_secret_shows_no_size_either() -> None:
    """Whoever gives a prekey away shows what a signed REKEY was sealed for: not a size."""
    north, south = about_to_rekey()
    packet = rekey_of(north)
    seed, _ = decode(south.cells["prekeys"])[0][packet.prekey]
    place = LINE_ID + (1).to_bytes(4) + b"\0"
    key = Prekey(seed)
    numbers = packet.e.to_bytes(4) + packet.prekey.to_bytes(4)
    for base, opens_it in ((0, True), (packet.base, False)):
        info = (
            b"pl1 rekey seal"
            + place
            + numbers
            + base.to_bytes(8)
            + north.epoch.et
            + sha256(key.public)
        )
        try:
            key.open(packet.sealed, info)
            opened = True
        except Refused:
            opened = False
        assert opened is opens_it


def test_H11_who_was_told_can_write_as_the_other_did() -> None:
    """South forges North's words from North's OPEN and the key that it is sealed to."""
    north, south = two_stations(deniable=True)
    (sent,) = opens(north.settles())
    theirs = TheirOpen.parse(sent[1:], south.terms)
    made = theirs.accept(theirs.check(south.terms), south.terms, prekey(1).seed)
    body = body_of(Type.TEXT, {}, "What North never said.")
    plain = Plaintext(Type.TEXT, 8, 0, 1000, body).to_bytes()
    aad = associated(LINE_ID, 1, 0, 0, 0, made.epoch.et)
    sealed = seal_entry(made.epoch.message_key(0), aad, plain)
    south.hears(sent)
    assert south.hears(frame(ENVELOPE, envelope_locator(made.epoch.kl, 0) + sealed)) == [Outcome.OK]
    south.settles()
    assert south.reads() == ["What North never said."]


def test_D9_a_closed_deniable_line_erases_its_keys_and_keeps_what_its_record_is_checked_with() -> (
    None
):
    north, south = on_a_deniable_line()
    for side in (north, south):
        side.says("", Precedence.IMMEDIATE, Type.CLOSE)
    for _ in range(30):
        north.clock.passes(1.0)
        talk(north, south, ticks=2)
    for side in (north, south):
        assert side.state.erased
        assert "out" not in side.cells
        assert decode(side.cells["record key"]) == side.line.record_key.key is not None
        assert side.state.our_cover.vouched == side.state.their_cover.vouched == 2
