"""Suite 2: other keys, the same line; chosen in the agreement and nowhere else."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric import ec, mlkem

from parley.core.agreement import Paper, terms
from parley.core.effects import Outcome
from parley.core.errors import Malformed, Misused, Newer, ParleyError, Refused
from parley.core.identity import LETTER_BYTES_MAX, Certificate, Letter, letter_body
from parley.core.keys import (
    COSIGN_ED25519,
    COSIGN_MLDSA44,
    COSIGN_MLDSA87,
    ED25519,
    MLDSA44,
    MLDSA87,
    MLKEM1024_P384,
    SIGNATURE_BYTES,
    XWING,
    Prekey,
    SigningKey,
    check_prekey,
    hybrid,
    seal_to,
    sha256,
)
from parley.core.opening import OPEN_BYTES_MAX, TheirOpen, make_open
from parley.core.packets import PREKEYS_MAX, Prekeys
from parley.core.record import Head, origin, subtree_message
from parley.core.suites import SUITE_1, SUITE_2, SUITES, suite_of
from parley.core.wire import Reader, decode, encode
from tests.core.checks import all_hold
from tests.core.conversation import (
    LINE_ID,
    in_service,
    opens,
    our_keys,
    talk,
    terms_of,
    two_stations,
)
from tests.core.parties import agreement, in_order, party, seed, signed
from tests.core.test_heads import verified

A, B = in_order(party("North", suite=SUITE_2), party("South", suite=SUITE_2))
LETTERS = (A.letter, B.letter)
OLD_A, OLD_B = in_order(party("North"), party("South"))
KEY = SigningKey("parley.invalid/0f/A/station", bytes(range(64)), MLDSA87)
MESSAGE = b"pl1 open and so on"
PREKEY = Prekey(bytes(range(32)), MLKEM1024_P384)


# --- which there are


def test_U1_a_suite_is_a_number_of_the_agreement() -> None:
    assert [suite_of(each.number) for each in SUITES] == [SUITE_1, SUITE_2]
    for number in (0, 3):
        with pytest.raises(Newer, match=f"knows no suite {number}") as caught:
            suite_of(number)
        assert caught.value.rule == "U1"
    assert agreement(A, B, suite=2).hash != agreement(A, B).hash


def test_U1_an_agreement_of_suite_2_stands_and_gives_its_terms() -> None:
    made = signed(A, B, suite=2)
    stands = Paper.parse(made.to_bytes()).verify(*LETTERS)
    for ours, theirs in ((A, B), (B, A)):
        found = terms(stands, ours.letter, ours.keys, theirs.letter)
        assert found.suite is SUITE_2
        mirrored = terms(stands, theirs.letter, theirs.keys, ours.letter)
        assert found.their_keys.log == mirrored.our_keys.log.public
        assert found.their_keys.station == mirrored.our_keys.station.public
        assert found.their_keys.cosigner == mirrored.our_keys.cosigner.public
        assert len(found.their_keys.station.mldsa) == 2592
        assert (len(found.our_prekey), len(found.their_prekey)) == (1665, 1665)


def test_U1_a_prekey_is_of_the_suite_that_is_agreed() -> None:
    short = (OLD_A.prekey.public, OLD_B.prekey.public)
    for number, prekeys in ((1, (A.prekey.public, B.prekey.public)), (2, short)):
        with pytest.raises(Malformed, match="prekey"):
            Paper.parse(Paper(agreement(A, B, suite=number, prekeys=prekeys)).to_bytes())
    with pytest.raises(Malformed):
        agreement(A, B, suite=2, prekeys=(b"", b"")).with_ours(0, OLD_A.prekey.public, True)


def test_U1_an_open_of_another_suite_does_not_fit() -> None:
    """The suite is in the hash of the agreement, and so in every OPEN."""
    north, south = terms_of(0, suite=SUITE_2), terms_of(1)
    frame = make_open(north, lambda count: b"\x03" * count).frame
    with pytest.raises(Refused):
        TheirOpen.parse(frame, south)
    with pytest.raises(Refused) as caught:
        TheirOpen.parse(frame, replace(terms_of(1, suite=SUITE_2), h_agr=bytes(32)))
    assert caught.value.rule == "S1"


# --- keys


def test_U2_a_secret_sealed_to_a_prekey_opens_with_it_and_under_nothing_else() -> None:
    secret = b"\x07" * 32
    sealed = seal_to(PREKEY.public, secret, b"info", MLKEM1024_P384)
    assert (len(PREKEY.public), len(sealed)) == (1665, 1713)
    assert PREKEY.open(sealed, b"info") == secret
    for at in (0, 1567, 1568, 1664, 1665, 1712):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(Refused):
            PREKEY.open(bytes(changed), b"info")
    for bad in (b"", sealed[:-1], sealed + b"\x00"):
        with pytest.raises(Malformed):
            PREKEY.open(bad, b"info")
    with pytest.raises(Misused):
        Prekey(bytes(31), MLKEM1024_P384)


def test_U2_a_prekey_grows_as_the_draft_has_it() -> None:
    """SHAKE256 to 64 bytes for ML-KEM-1024 and 48 for the scalar; lattice first."""
    wide = hashlib.shake_256(PREKEY.seed).digest(64 + 48)
    lattice = mlkem.MLKEM1024PrivateKey.from_seed_bytes(wide[:64])
    curve = ec.derive_private_key(int.from_bytes(wide[64:], "big"), ec.SECP384R1())
    assert PREKEY.public[:1568] == lattice.public_key().public_bytes_raw()
    numbers = curve.public_key().public_numbers()
    point = numbers.x.to_bytes(48, "big") + numbers.y.to_bytes(48, "big")
    assert PREKEY.public[1568:] == b"\x04" + point
    suite = hpke.Suite(hpke.KEM.MLKEM1024_P384, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)
    sealed = seal_to(PREKEY.public, b"\x07" * 32, b"info", MLKEM1024_P384)
    assert suite.decrypt(sealed, hpke.MLKEM1024P384PrivateKey(lattice, curve), b"info")


def test_U2_what_is_no_key_is_refused() -> None:
    assert check_prekey(PREKEY.public, MLKEM1024_P384) == PREKEY.public
    lattice, point = PREKEY.public[:1568], PREKEY.public[1568:]
    off = point[:-1] + bytes([point[-1] ^ 1])
    for bad in (b"\xff" * 1568 + point, lattice + off, lattice + b"\x00" * 97):
        with pytest.raises(Refused) as caught:
            check_prekey(bad, MLKEM1024_P384)
        assert caught.value.rule == "K6"
    compressed = bytes([2 + (point[-1] & 1)]) + point[1:49]
    for bad in (lattice + compressed, lattice + bytes([6 + (point[-1] & 1)]) + point[1:]):
        with pytest.raises(Refused):
            check_prekey(bad, MLKEM1024_P384)
    with pytest.raises(Malformed):
        check_prekey(PREKEY.public, XWING)


def test_U4_both_suites_grow_from_one_seed_and_share_nothing_but_ed25519() -> None:
    one = SigningKey(KEY.public.name, KEY.seed)
    assert one.public.ed25519 == KEY.public.ed25519
    assert one.public.mldsa[:32] != KEY.public.mldsa[:32]  # rho: FIPS 204 hashes k and l into it
    own = our_keys(0)
    assert own.of(SUITE_2).publics == our_keys(0, SUITE_2).publics
    assert own.of(SUITE_2).of(SUITE_1).publics == own.publics
    assert KEY.named("other").public == KEY.public.named("other")


def test_U5_station_keys_sign_with_ml_dsa_87() -> None:
    block = KEY.block(hybrid(MESSAGE, MLDSA87))
    assert len(block) == 1 + 5 + 64 + 5 + SIGNATURE_BYTES[MLDSA87] == 4702
    assert KEY.public.check(Reader(block), hybrid(MESSAGE, MLDSA87)) == [ED25519, MLDSA87]
    for wanted in (hybrid(MESSAGE), hybrid(MESSAGE + b".", MLDSA87)):
        with pytest.raises(ParleyError):
            KEY.public.check(Reader(block), wanted)
    assert KEY.public.usable() is KEY.public


def test_U5_heads_bear_ml_dsa_87_over_the_message_of_c2sp() -> None:
    head, key = Head(LINE_ID, 1, 0, 12, b"\x09" * 32), KEY.public
    log = origin(LINE_ID, 0, 1)
    tree = subtree_message(key.name, 0, log, 12, head.root)
    timed = subtree_message(key.name, 5, log, 12, head.root)
    assert head.checkpoint(key) == ((ED25519, head.text), (COSIGN_MLDSA87, tree))
    assert head.cosignature(key, 5)[1] == (COSIGN_MLDSA87, timed)
    assert SigningKey(key.name, KEY.seed).public.cosigns == COSIGN_MLDSA44
    # What C2SP has given no number takes FF and a name of its own.
    named = key.name.encode() + b"\n\xffparley.invalid/cosignature/ml-dsa-87" + key.mldsa
    assert key.key_id(COSIGN_MLDSA87) == sha256(named)[:4]
    assert key.key_id(MLDSA87) == sha256(key.name.encode() + b"\n\x09" + key.mldsa)[:4]


# --- certificates


def test_U3_a_certificate_without_keys_of_suite_2_is_as_it_was() -> None:
    old = OLD_A.certificate
    assert list(decode(old.to_bytes())) == list(range(1, 8))
    assert Certificate.parse(old.to_bytes()) == old
    assert old.keys(SUITE_1) == (old.station, old.log, old.cosigner)
    with pytest.raises(Refused) as caught:
        old.keys(SUITE_2)
    assert caught.value.rule == "U3"


def test_U3_a_certificate_bears_the_keys_of_both_suites() -> None:
    both = A.certificate
    assert Certificate.parse(both.to_bytes()) == both
    assert both.keys(SUITE_2) == A.keys.of(SUITE_2).publics
    assert both.keys(SUITE_1) == OLD_A.certificate.keys(SUITE_1)
    assert Letter.parse(A.letter.raw).digits == OLD_A.letter.digits


@pytest.mark.parametrize("value", [None, [], [bytes(2592)] * 2, [bytes(2592), bytes(2592), b""]])
def test_U3_keys_of_suite_2_are_three_or_not_there(value: object) -> None:
    fields = {**decode(OLD_A.certificate.to_bytes()), 8: value}
    with pytest.raises(Malformed, match="of suite 2") as caught:
        Certificate.parse(encode(fields))
    assert caught.value.rule == "I5"


def test_U3_suite_2_needs_the_keys_of_both_stations() -> None:
    for a, b, lacking in ((OLD_A, B, OLD_A), (A, OLD_B, OLD_B)):
        paper = Paper(agreement(a, b, suite=2, prekeys=(A.prekey.public, B.prekey.public)))
        with pytest.raises(Refused, match=f"station of {lacking.letter.party}") as caught:
            paper.fits(a.letter, b.letter)
        assert caught.value.rule == "U3"
        assert "new letter" in caught.value.hint
        plain = agreement(a, b, prekeys=(OLD_A.prekey.public, OLD_B.prekey.public))
        Paper(plain).fits(a.letter, b.letter)


def test_U3_our_own_keys_must_be_those_of_our_letter() -> None:
    other = replace(A.certificate, mldsa87=B.certificate.mldsa87)
    stands = agreement(A, B, suite=2, certificates=(other.hash, B.certificate.hash))
    letter = replace(A.letter, certificates=(other,))
    with pytest.raises(Refused) as caught:
        terms(stands, letter, A.keys, B.letter)
    assert caught.value.rule == "I16"


# --- limits


def test_U6_the_longest_documents_fit_their_limits() -> None:
    signed_certificate = (A.certificate, A.root.sign(A.certificate.message))
    tongues = [f"{'x' * 3}-{'A' * 8}"] * 8
    body = letter_body(A.root.party, [signed_certificate] * 4, tongues, ["b" * 120] * 8, 1 << 31)
    assert len(body) + 2 * (1 + 69 + 5 + 4627) + 5 < LETTER_BYTES_MAX
    north = terms_of(0, suite=SUITE_2)
    frame = make_open(north, lambda count: b"\x03" * count).frame
    more = (PREKEYS_MAX - 2) * (SUITE_2.kem.prekey_bytes + 16)
    assert len(frame) + more < OPEN_BYTES_MAX
    offered = dict.fromkeys(range(1, PREKEYS_MAX + 1), PREKEY.public)
    packet = Prekeys(offered, KEY.block(hybrid(MESSAGE, MLDSA87)))
    assert len(packet.to_bytes()) + 31 < 70_000  # W11
    assert Prekeys.parse(packet.to_bytes(), SUITE_2) == packet


# --- the line


def test_a_line_of_suite_2_speaks_renews_its_keys_and_is_signed_for() -> None:
    north, south = in_service(suite=SUITE_2, rekey_entries=5)
    for turn in range(20):
        for near in (north, south):
            near.says(f"Turn {turn}.")
        talk(north, south, 3)
        if turn % 5 == 4:
            north.clock.passes(61.0)
            talk(north, south, 6)
    talk(north, south, 12)
    all_hold(north, south)
    assert north.reads() == south.reads() == [f"Turn {turn}." for turn in range(20)]
    assert min(min(station.state.epochs) for station in (north, south)) >= 3
    for station in (north, south):
        assert station.state.healed.quantum
        found = {tuple(verified(station, head)) for head in station.heads}
        assert (ED25519, COSIGN_MLDSA87) in found
        assert (COSIGN_ED25519, COSIGN_MLDSA87) in found
        assert station.state.our_cover.attribution(0) == "cosigned"
        assert station.state.our_cover.signed_both > 0
        assert station.state.our_cover.cosigned_both > 0
        assert MLDSA44 not in {algorithm for each in found for algorithm in each}


def test_a_line_of_suite_2_goes_on_after_a_start() -> None:
    north, south = in_service(suite=SUITE_2)
    north.says("Before.")
    talk(north, south)
    for station in (north, south):
        station.starts()
    south.says("After.")
    talk(north, south)
    assert (south.reads(), north.reads()) == (["Before."], ["After."])


def test_U1_stations_that_read_another_suite_do_not_open() -> None:
    """What a person would see: the line never comes into service, and nothing is believed."""
    north, _ = two_stations(suite=SUITE_2)
    _, south = two_stations()
    for _ in range(4):
        north.clock.passes(1.0)
        south.clock.passes(1.0)
        for near, far in ((north, south), (south, north)):
            outcomes = far.hears(*opens(near.settles()))
            assert set(outcomes) <= {Outcome.REFUSED}
    assert not north.state.in_service
    assert not south.state.in_service
    assert seed("agreement")[:32] == north.terms.h_agr


def test_a_deniable_line_of_suite_2_renews_its_keys_and_signs_no_head() -> None:
    north, south = in_service(suite=SUITE_2, deniable=True, rekey_entries=3)
    for turn in range(12):
        north.says(f"Turn {turn}.")
        south.says(f"Turn {turn}.")
        talk(north, south, 3)
    talk(north, south, 12)
    assert north.reads() == south.reads() == [f"Turn {turn}." for turn in range(12)]
    assert min(min(station.state.epochs) for station in (north, south)) >= 2
    assert north.state.our_cover.attribution(0) == "vouched"
