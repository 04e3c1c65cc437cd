"""Keys of other people's making, blocks taken apart, and secrets sealed to a prekey."""

import base64
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Malformed, Misused, ParleyError, Refused
from parley.core.keys import (
    COSIGN_ED25519,
    COSIGN_MLDSA44,
    COSIGN_MLDSA87,
    ED25519,
    MLDSA44,
    MLDSA65,
    MLDSA87,
    SIGNATURE_BYTES,
    XWING,
    Prekey,
    SigningKey,
    VerifyKey,
    check_prekey,
    hkdf32,
    hmac_sha256,
    hybrid,
    same,
    seal_to,
    sha256,
)
from parley.core.vouching import CODE, CODE_BYTES
from parley.core.wire import Reader

MESSAGE = b"pl1 open and so on"
STATION = SigningKey("parley.invalid/0f/A/station", bytes(range(64)))
ROOT = SigningKey("parley.invalid/root", bytes(range(64)), root=True)
BLOCK = STATION.block(hybrid(MESSAGE))
PREKEY = Prekey(bytes(range(32)))
SECRET = bytes([7]) * 32


def rule_of(block: bytes, message: bytes = MESSAGE, key: VerifyKey = STATION.public) -> str:
    with pytest.raises(Refused) as caught:
        key.check(Reader(block), hybrid(message))
    return caught.value.rule


# --- derivation


def test_K1_derivation_is_that_of_the_standards() -> None:
    assert sha256(b"abc").hex().startswith("ba7816bf8f01cfea")
    # RFC 4231, case 2.
    assert (
        hmac_sha256(b"Jefe", b"what do ya want for nothing?").hex().startswith("5bdcc146bf60754e")
    )
    # RFC 5869, case 1: the first block.
    okm = hkdf32(bytes(range(13)), bytes([0x0B]) * 22, bytes(range(0xF0, 0xFA)))
    assert okm.hex() == "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"


def test_K1_secrets_are_compared_whole() -> None:
    assert same(b"a" * 32, b"a" * 32)
    assert not same(b"a" * 32, b"a" * 31 + b"b")
    assert not same(b"a" * 32, b"a" * 31)


# --- names and blocks


def test_K2_a_note_signed_by_somebody_else_is_read() -> None:
    """The example of C2SP signed-note: its key id and its signature."""
    published = base64.b64decode("ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
    signed = base64.b64decode(
        "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="
    )
    text = (
        b"If you think cryptography is the answer to your problem,\n"
        b"then you don't know what your problem is.\n"
    )
    key = VerifyKey("PeterNeumann", published[1:], STATION.public.mldsa)
    assert key.key_id(ED25519).hex() == "c74f20a3"
    assert key.check(Reader(bytes([1, ED25519]) + signed), [(ED25519, text)]) == [ED25519]


def test_K2_a_signature_for_one_line_verifies_on_no_other() -> None:
    elsewhere = STATION.public.named("parley.invalid/10/A/station")
    assert rule_of(BLOCK, key=elsewhere) == "K4"
    assert elsewhere.key_id(ED25519) != STATION.public.key_id(ED25519)


def test_K3_the_numbers_of_the_algorithms_are_those_of_the_page() -> None:
    """Both sides of a test read a constant alike, so a wrong one is noticed only here."""
    page = (Path(__file__).parents[2] / "spec" / "keys.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ([0-9A-F]{2}) \| .* \| ([\d,]+) \|$", page, re.MULTILINE)
    listed = {int(number, 16): int(size.replace(",", "")) for number, size in rows}
    assert listed.pop(CODE) == CODE_BYTES
    assert listed == SIGNATURE_BYTES
    assert (ED25519, COSIGN_ED25519, COSIGN_MLDSA44, MLDSA44) == (1, 4, 6, 7)
    assert (MLDSA65, MLDSA87, COSIGN_MLDSA87) == (8, 9, 10)


def test_K3_a_block_is_ascending_whatever_order_was_asked_for() -> None:
    block = STATION.block(list(reversed(hybrid(MESSAGE))))
    assert STATION.public.check(Reader(block), hybrid(MESSAGE)) == [ED25519, MLDSA44]
    assert len(block) == 1 + 5 + 64 + 5 + 2420


def test_K4_exactly_the_required_signatures_in_their_order() -> None:
    ed, ml = STATION.block([(ED25519, MESSAGE)]), STATION.block([(MLDSA44, MESSAGE)])
    for block in (ed, ml, b"\x00", b"\x02" + ml[1:] + ed[1:], b"\x02" + ed[1:] + ed[1:]):
        assert rule_of(block) == "K4"
    assert rule_of(b"\x03" + BLOCK[1:] + ed[1:]) == "K4"


@given(st.integers(0, len(BLOCK) - 1), st.integers(1, 255))
def test_K4_no_changed_byte_is_accepted(at: int, change: int) -> None:
    block = bytearray(BLOCK)
    block[at] ^= change
    with pytest.raises(ParleyError):
        STATION.public.check(Reader(bytes(block)), hybrid(MESSAGE))


def test_K4_a_block_that_breaks_off_is_refused() -> None:
    for size in (0, 1, 3, 69, 70, len(BLOCK) - 1):
        with pytest.raises(Refused):
            STATION.public.check(Reader(BLOCK[:size]), hybrid(MESSAGE))


def test_K4_another_message_or_another_key_is_refused() -> None:
    assert rule_of(BLOCK, MESSAGE + b".") == "K4"
    other = SigningKey(STATION.public.name, bytes(64))
    assert rule_of(other.block(hybrid(MESSAGE))) == "K4"


def test_K5_both_signatures_must_stand() -> None:
    forged = SigningKey(STATION.public.name, STATION.seed[:32] + bytes(32))
    half = forged.block(hybrid(MESSAGE))  # the right Ed25519, another ML-DSA
    assert rule_of(half) == "K4"


def test_K5_optional_signatures_stand_all_or_not_at_all() -> None:
    required, optional = [(COSIGN_ED25519, b"text")], [(COSIGN_MLDSA44, b"tree")]
    few, all_ = STATION.block(required), STATION.block(required + optional)
    assert STATION.public.check(Reader(few), required, optional) == [COSIGN_ED25519]
    both = [COSIGN_ED25519, COSIGN_MLDSA44]
    assert STATION.public.check(Reader(all_), required, optional) == both
    for count in (0, 3):  # a count that fits neither is refused, whatever follows it
        with pytest.raises(Refused) as caught:
            STATION.public.check(Reader(bytes([count]) + all_[1:]), required, optional)
        assert caught.value.rule == "K4"
    bad = STATION.block([(COSIGN_ED25519, b"text"), (COSIGN_MLDSA44, b"twig")])
    with pytest.raises(Refused):
        STATION.public.check(Reader(bad), required, optional)


def test_a_root_signs_with_the_larger_ml_dsa() -> None:
    wanted = hybrid(MESSAGE, MLDSA65)
    block = ROOT.block(wanted)
    assert len(block) == 1 + 5 + 64 + 5 + SIGNATURE_BYTES[MLDSA65]
    assert ROOT.public.check(Reader(block), wanted) == [ED25519, MLDSA65]


# y of the eight points of small order, and the same points written less than canonically.
SMALL_ORDER = [
    *(bytes([y]) + bytes(31) for y in (0, 1)),
    b"\xec" + b"\xff" * 30 + b"\x7f",
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    *(bytes([y]) + b"\xff" * 30 + b"\x7f" for y in (0xED, 0xEE)),
]


@pytest.mark.parametrize("sign", [0, 0x80])
@pytest.mark.parametrize("point", SMALL_ORDER)
def test_I2_a_key_of_small_order_is_refused(point: bytes, sign: int) -> None:
    point = point[:31] + bytes([point[31] | sign])
    with pytest.raises(Malformed, match="anybody can sign") as caught:
        VerifyKey("", point, STATION.public.mldsa).usable()
    assert caught.value.rule == "I2"


@pytest.mark.parametrize("lengths", [(31, 1312), (33, 1312), (32, 1311), (32, 1953)])
def test_I2_what_is_no_key_is_refused(lengths: tuple[int, int]) -> None:
    with pytest.raises(Malformed, match="not one") as caught:
        VerifyKey("", bytes([9] * lengths[0]), bytes(lengths[1])).usable()
    assert caught.value.rule == "I2"


def test_I2_a_key_is_usable_itself() -> None:
    for key in (STATION.public, ROOT.public):
        assert key.usable() is key


def test_the_same_seed_grows_the_same_key_under_any_name() -> None:
    assert STATION.named("other").public == STATION.public.named("other")
    with pytest.raises(Misused):
        SigningKey("short", bytes(63))


# --- sealing


def test_K6_a_secret_sealed_to_a_prekey_opens_with_it() -> None:
    sealed = seal_to(PREKEY.public, SECRET, b"info")
    assert (len(PREKEY.public), len(sealed)) == (XWING.prekey_bytes, XWING.sealed_bytes)
    assert PREKEY.open(sealed, b"info") == SECRET


def test_K6_it_opens_under_nothing_else() -> None:
    sealed = seal_to(PREKEY.public, SECRET, b"info")
    with pytest.raises(Refused) as caught:
        PREKEY.open(sealed, b"another info")
    assert caught.value.rule == "K6"
    with pytest.raises(Refused):
        Prekey(bytes(32)).open(sealed, b"info")
    for at in (0, 1100, 1120, XWING.sealed_bytes - 1):
        changed = bytearray(sealed)
        changed[at] ^= 1
        with pytest.raises(Refused):
            PREKEY.open(bytes(changed), b"info")


def test_K6_lengths_are_fixed() -> None:
    sealed = seal_to(PREKEY.public, SECRET, b"info")
    for bad in (b"", sealed[:-1], sealed + b"\x00"):
        with pytest.raises(Malformed) as caught:
            PREKEY.open(bad, b"info")
        assert caught.value.rule == "K6"
    for key in (b"", PREKEY.public[:-1], PREKEY.public + b"\x00"):
        with pytest.raises(Malformed) as caught:
            seal_to(key, SECRET, b"info")
        assert caught.value.rule == "K6"
    with pytest.raises(Misused):
        Prekey(bytes(31))


def test_K6_what_is_no_key_is_refused() -> None:
    assert check_prekey(PREKEY.public) == PREKEY.public
    for bad in (b"\xff" * XWING.prekey_bytes, PREKEY.public[:1184] + bytes(32)):
        with pytest.raises(Refused) as caught:
            check_prekey(bad)
        assert caught.value.rule == "K6"


def test_K7_two_sealings_of_one_secret_differ() -> None:
    """HPKE draws its own randomness; an OPEN is recognised by the hash of what was sent."""
    assert seal_to(PREKEY.public, SECRET, b"") != seal_to(PREKEY.public, SECRET, b"")
