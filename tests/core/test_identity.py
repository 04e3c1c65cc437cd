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
    CERTIFICATE_LABEL,
    LETTER_BYTES_MAX,
    LETTER_LABEL,
    ROOT,
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
from parley.core.wire import Reader, decode, encode, uvar
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
    with pytest.raises(Malformed, match="too long"):
        Letter.parse(bytes(LETTER_BYTES_MAX + 1))


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
        ({8: -1}, "date"),
        ({8: True}, "date"),
        ({9: 0}, "fields"),
    ],
)
def test_I6_a_letter_of_another_form_is_refused(fields: dict[int, object], why: str) -> None:
    with pytest.raises(Malformed, match=why):
        Letter.parse(letter_of(party("North"), fields))


def test_I2_a_root_that_is_no_key_is_refused() -> None:
    north = party("North")
    with pytest.raises(Malformed, match="root"):
        Letter.parse(letter_of(north, {3: [bytes(32), bytes(1951)]}))
    with pytest.raises(Malformed, match="root"):
        Letter.parse(letter_of(north, {3: [bytes(32)]}))


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
    ("key", "value"),
    [(1, ""), (2, 0), (2, 1 << 32), (3, [bytes(32), bytes(1311)]), (6, "mirrored"), (7, 1 << 41)],
)
def test_I5_a_certificate_of_another_form_is_refused(key: int, value: object) -> None:
    body = decode(party("North").certificate.to_bytes())
    assert Certificate.parse(encode(body)) == party("North").certificate
    with pytest.raises(Malformed):
        Certificate.parse(encode({**body, key: value}))


def test_I1_a_signature_on_one_kind_of_document_stands_for_no_other() -> None:
    north = party("North")
    labels = [CERTIFICATE_LABEL, LETTER_LABEL, AGREEMENT_LABEL]
    for signed in labels:
        for read in labels:
            block = Reader(north.root.sign(signed + b"words"))
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
        ("٠" * 48, "digits"),
    ],
)
def test_I3_what_is_no_fingerprint_is_refused(typed: str, why: str) -> None:
    with pytest.raises(Refused, match=why):
        read_digits(typed)


def test_I4_a_root_commits_to_its_successor() -> None:
    successor = SigningKey(ROOT, seed("North", "next root"), root=True).public
    assert party("North").letter.who.next_root_commit == sha256(successor.ed25519 + successor.mldsa)
    assert commit_to(VerifyKey(ROOT, bytes(32), bytes(1952))) != commit_to(successor)


@pytest.mark.parametrize(
    "name", ["", " ", "two\nlines", "two\u2028lines", "a\tb", "x" * 121, "half \ud800"]
)
def test_a_name_no_document_could_carry_is_our_own_mistake(name: str) -> None:
    with pytest.raises(Misused):
        check_name("party", name)
    assert check_name("party", "Ministerium für Auswärtiges") == "Ministerium für Auswärtiges"
