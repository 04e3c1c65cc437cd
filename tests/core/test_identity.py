"""Letters: what they say is what was signed, and 48 digits stand for who signed."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.agreement import AGREEMENT_LABEL
from parley.core.errors import Malformed, Misused, Refused
from parley.core.identity import (
    BEARERS_MAX,
    CERTIFICATE_LABEL,
    CERTIFICATES_MAX,
    FINGERPRINT_BITS,
    FINGERPRINT_BYTES,
    LANGUAGES_MAX,
    LETTER_BYTES_MAX,
    LETTER_LABEL,
    NAME_BYTES_MAX,
    NOTE_BYTES_MAX,
    ROOT,
    TIME_MAX,
    Certificate,
    Letter,
    Party,
    check_name,
    check_root,
    commit_to,
    digits,
    finish_letter,
    letter_body,
    read_digits,
)
from parley.core.keys import SigningKey, VerifyKey, sha256
from parley.core.suites import SUITE_1
from parley.core.wire import decode, encode, uvar
from tests.core.parties import MADE, Known, party, seed
from tests.places import places, some_or_all

NAMES = st.text(
    st.characters(codec="utf-8", exclude_categories=["C", "Z"]), min_size=1, max_size=24
)


def letter_of(known: Known, fields: dict[int, object]) -> bytes:
    """A letter that says something else, and is signed for it by root and station."""
    body = decode(encode(letter_map(known)))
    body.update(fields)
    raw = encode(body)
    root = known.root.sign(LETTER_LABEL + raw)
    station = known.keys.station.block([(1, LETTER_LABEL + raw), (7, LETTER_LABEL + raw)])
    return uvar(len(raw)) + raw + root + station


def letter_map(known: Known) -> dict[int, object]:
    certificate = known.certificate
    signed = [(certificate, known.root.sign(certificate.message))]
    found: dict[int, object] = decode(
        letter_body(known.root.party, signed, ["en", "ru"], ["tcp x:1"], MADE)
    )
    return found


def test_a_letter_says_what_was_put_in() -> None:
    north = party("North")
    letter = Letter.parse(north.letter.raw)
    assert letter == north.letter
    assert letter.party == "North"
    assert letter.certificate == north.certificate
    assert letter.certificate.name == "North watch"
    assert letter.languages == ("en", "ru")
    assert letter.bearers == ("tcp north.example:4242",)
    assert letter.issued == MADE
    assert len(letter.raw) < 16_000


@given(
    NAMES, st.lists(st.sampled_from(["en", "ru", "zh-Hans", "sr-Latn-RS"]), min_size=1, max_size=8)
)
def test_I6_whatever_a_party_is_called_its_letter_comes_back(name: str, tags: list[str]) -> None:
    north = party("North")
    who = Party(name, north.root.key.public, north.root.party.next_root_commit)
    signed = [(north.certificate, north.root.sign(north.certificate.message))]
    body = letter_body(who, signed, tags, [], MADE)
    letter = finish_letter(body, north.root.sign(LETTER_LABEL + body), north.keys.station)
    assert (letter.party, letter.languages) == (name, tuple(tags))
    assert letter.digits == who.digits


@some_or_all(8)
def test_I7_a_letter_with_any_byte_changed_is_refused(step: int) -> None:
    raw = party("North").letter.raw
    for at in places(len(raw), step):
        changed = bytearray(raw)
        changed[at] ^= 1 << at % 8
        with pytest.raises(Refused):
            Letter.parse(bytes(changed))


@given(st.data())
def test_I7_a_letter_cut_or_lengthened_is_refused(data: st.DataObject) -> None:
    raw = party("North").letter.raw
    end = data.draw(st.integers(0, len(raw) - 1))
    with pytest.raises(Refused):
        Letter.parse(raw[:end])
    with pytest.raises(Refused):
        Letter.parse(raw + data.draw(st.binary(min_size=1, max_size=40)))


@given(st.binary(max_size=200))
def test_I6_junk_is_refused(junk: bytes) -> None:
    with pytest.raises(Refused):
        Letter.parse(junk)


def test_I6_a_letter_longer_than_the_limit_is_not_even_read() -> None:
    with pytest.raises(Malformed, match="too long") as caught:
        Letter.parse(bytes(LETTER_BYTES_MAX + 1))
    assert caught.value.rule == "I6"
    with pytest.raises(Malformed) as shorter:
        Letter.parse(bytes(LETTER_BYTES_MAX))
    assert "too long" not in str(shorter.value)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({1: 2}, "of version 2, which this station does not know"),
        ({1: 0}, "of a version this station does not know"),
        ({1: True}, "of a version this station does not know"),  # Python takes it for 1
        ({2: ""}, "party"),
        ({2: "North\nSouth"}, "party"),
        ({2: " North"}, "party"),
        ({2: "North\u202e"}, "party"),
        ({2: "N" * 121}, "party"),
        ({2: b"North"}, "party"),
        ({4: bytes(31)}, "next root commit"),
        ({5: []}, "certificates"),
        ({5: [[b"", b""]] * 5}, "certificates"),
        ({5: ["certificate"]}, "certificates"),
        ({6: []}, "languages"),
        ({6: ["English"]}, "language"),
        ({6: ["en"] * 9}, "languages"),
        ({7: ["tcp"] * 9}, "bearers"),
        ({7: ["tcp", ""]}, "bearer"),
        ({8: -1}, "date"),
        ({8: True}, "date"),
        ({9: 0}, "fields"),
    ],
)
def test_I6_a_letter_of_another_form_is_refused(fields: dict[int, object], why: str) -> None:
    with pytest.raises(Malformed, match=rf"^the letter.*\b{why}\b") as caught:
        Letter.parse(letter_of(party("North"), fields))
    assert caught.value.rule == "I6"


@pytest.mark.parametrize(
    "fields",
    [
        {2: "N" * 120},
        {6: ["en"] * 8},
        {7: []},
        {7: ["tcp"] * 8},
        {8: 0},
        {8: TIME_MAX},
    ],
    ids=str,
)
def test_I6_what_stands_at_a_limit_is_read(fields: dict[int, object]) -> None:
    north = party("North")
    assert Letter.parse(letter_of(north, fields)).certificate == north.certificate


def test_I6_a_letter_has_at_most_four_certificates() -> None:
    north = party("North")
    signed = [north.certificate.to_bytes(), north.root.sign(north.certificate.message)]
    assert Letter.parse(letter_of(north, {5: [signed] * 4})).certificates == (
        (north.certificate,) * 4
    )
    for wrong in ([signed] * 5, [[*signed, b""]], [[signed[0], "text"]]):
        with pytest.raises(Malformed, match="certificates") as caught:
            Letter.parse(letter_of(north, {5: wrong}))
        assert caught.value.rule == "I6"


def test_I6_nothing_follows_the_signature_of_a_certificate() -> None:
    north = party("North")
    signed = [north.certificate.to_bytes(), north.root.sign(north.certificate.message) + b"\x00"]
    with pytest.raises(Refused) as caught:
        Letter.parse(letter_of(north, {5: [signed]}))
    assert caught.value.rule == "W7"


def test_I5_I6_the_limits_are_those_of_the_page() -> None:
    assert (LETTER_BYTES_MAX, NAME_BYTES_MAX, NOTE_BYTES_MAX) == (98_304, 120, 2_000)
    assert (CERTIFICATES_MAX, LANGUAGES_MAX, BEARERS_MAX) == (4, 8, 8)
    assert (FINGERPRINT_BYTES, FINGERPRINT_BITS) == (20, 159)
    assert TIME_MAX == 253_402_300_799


def test_I2_a_root_that_is_no_key_is_refused() -> None:
    north = party("North")
    for wrong in ([bytes(32), bytes(1951)], [bytes(31), bytes(1952)], [bytes(32)]):
        with pytest.raises(Malformed, match=r"^the letter's root is"):
            Letter.parse(letter_of(north, {3: wrong}))


def test_I7_a_certificate_of_another_root_is_refused() -> None:
    north, south = party("North"), party("South")
    foreign = [south.certificate.to_bytes(), south.root.sign(south.certificate.message)]
    with pytest.raises(Refused):
        Letter.parse(letter_of(north, {5: [foreign]}))


def test_I7_a_letter_signed_by_another_station_is_refused() -> None:
    north, south = party("North"), party("South")
    body = encode(letter_map(north))
    with pytest.raises(Refused):
        finish_letter(body, north.root.sign(LETTER_LABEL + body), south.keys.station)


@pytest.mark.parametrize(
    ("key", "value", "why"),
    [
        (1, "", "station name"),
        (1, 2, "station name"),
        (2, 0, "serial"),
        (2, 1 << 32, "serial"),
        (3, [bytes(32), bytes(1311)], "station key"),
        (4, [bytes(31), bytes(1312)], "log key"),
        (5, [bytes(32)], "cosigner key"),
        (6, "mirrored", "does not keep what it signs"),
        (7, -1, "first day"),
        (7, TIME_MAX + 1, "first day"),
        (8, [bytes(2592)] * 2, "keys of suite 2"),
        (8, [bytes(2592)] * 4, "keys of suite 2"),
        (8, [bytes(2592), bytes(2592), bytes(2591)], "key of suite 2"),
        (9, 0, "does not have the fields"),
    ],
)
def test_I5_U3_a_certificate_of_another_form_is_refused(key: int, value: object, why: str) -> None:
    body = decode(party("North").certificate.to_bytes())
    assert Certificate.parse(encode(body)) == party("North").certificate
    with pytest.raises(Malformed, match=rf"the certificate('s)? {why}\b|cosigner {why}") as caught:
        Certificate.parse(encode({**body, key: value}))
    assert caught.value.rule == "I5"


@pytest.mark.parametrize(
    ("key", "value"), [(1, "N" * 120), (2, 1), (2, (1 << 32) - 1), (7, 0), (7, TIME_MAX)]
)
def test_I5_what_stands_at_a_limit_is_read(key: int, value: object) -> None:
    body = decode(party("North").certificate.to_bytes())
    assert Certificate.parse(encode({**body, key: value})).to_bytes() == encode(
        {**body, key: value}
    )


def test_I2_each_key_of_a_letter_has_the_name_of_its_use() -> None:
    letter = Letter.parse(party("North").letter.raw)
    keys = (letter.who.root, *letter.certificate.keys(SUITE_1))
    assert [key.name for key in keys] == [
        "parley.invalid/root",
        "parley.invalid/station",
        "parley.invalid/log",
        "parley.invalid/cosigner",
    ]


def test_I1_a_signature_on_one_kind_of_document_stands_for_no_other() -> None:
    north = party("North")
    labels = [CERTIFICATE_LABEL, LETTER_LABEL, AGREEMENT_LABEL]
    for signed in labels:
        for read in labels:
            block = north.root.sign(signed + b"words")
            with nullcontext() if read == signed else pytest.raises(Refused):
                check_root(block, read + b"words", north.letter.who.root)


# --- the digits


def test_I3_the_digits_are_the_first_159_bits_of_the_hash() -> None:
    north = party("North").letter
    root = north.who.root
    named = ["North", root.ed25519, root.mldsa, north.who.next_root_commit]
    hashed = sha256(b"parley letter v1" + encode(named))
    number = int(f"{int.from_bytes(hashed):0256b}"[:159], 2)
    assert north.digits.replace(" ", "") == str(number).zfill(48)
    assert [len(group) for group in north.digits.split(" ")] == [4] * 12


def test_I3_certificates_may_change_under_the_digits() -> None:
    first, second = party("North", 1), party("North", 2)
    assert first.certificate != second.certificate
    assert first.letter.digits == second.letter.digits


def test_I3_another_name_root_or_successor_gives_other_digits() -> None:
    who = party("North").letter.who
    others = [
        replace(who, name="north"),
        replace(who, root=party("South").letter.who.root),
        replace(who, next_root_commit=bytes(32)),
    ]
    assert len({other.digits for other in [who, *others]}) == 4


@given(st.integers(0, (1 << 159) - 1), st.sampled_from(["", " ", "  ", "-", "\n", "."]))
def test_I3_digits_are_read_back_however_they_are_grouped(number: int, between: str) -> None:
    fingerprint = number.to_bytes(20)
    assert read_digits(digits(fingerprint).replace(" ", between)) == fingerprint


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("", "digits"),
        ("four", "digits"),
        ("1234", "48 digits"),
        ("1" * 49, "48 digits"),
        ("9" * 48, "no fingerprint"),
        (str(1 << 159), "no fingerprint"),
        ("٠" * 48, "digits"),
    ],
)
def test_I3_what_is_no_fingerprint_is_refused(typed: str, why: str) -> None:
    with pytest.raises(Refused, match=why) as caught:
        read_digits(typed)
    assert caught.value.rule == "I3"


def test_I4_a_root_commits_to_its_successor() -> None:
    successor = SigningKey(ROOT, seed("North", "next root"), root=True).public
    assert party("North").letter.who.next_root_commit == sha256(successor.ed25519 + successor.mldsa)
    assert commit_to(VerifyKey(ROOT, bytes(32), bytes(1952))) != commit_to(successor)


@pytest.mark.parametrize(
    "name", ["", " ", "two\nlines", "two\u2028lines", "a\tb", "x" * 121, "half \ud800"]
)
def test_a_name_no_document_could_carry_is_our_own_mistake(name: str) -> None:
    with pytest.raises(Misused, match="does not fit: what you gave's party"):
        check_name("party", name)
    assert check_name("party", "Ministerium für Auswärtiges") == "Ministerium für Auswärtiges"
