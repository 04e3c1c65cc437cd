"""Introductions: a letter is accepted by what a person heard, and never shows what to say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Malformed, Misused, Refused
from parley.core.identity import (
    LETTER_LABEL,
    Certificate,
    Letter,
    Party,
    PartyRoot,
    finish_letter,
    letter_body,
)
from parley.station.parties.root import RootFolder
from tests.core.parties import Known, party
from tests.station.founded import AtWork, Founded, found, packed

SOUTH = party("South")


@pytest.fixture
def north(tmp_path: Path) -> Founded:
    return found(tmp_path / "north", "North")


def accept(station: Founded | AtWork, **how: Any) -> dict[str, Any]:
    """Accept a letter, South's unless another is given."""
    return station.does("accept", **({"letter": packed(SOUTH.letter.raw)} | how))


def test_our_letter_and_digits_are_for_the_other_party(north: Founded) -> None:
    told = north.does("introduce")
    assert told["letter"] == packed(north.letter.raw)
    assert told["digits"] == north.letter.digits
    assert (told["party"], told["station"]) == ("North", "North watch")


def test_I8_a_person_types_the_digits_heard(north: Founded) -> None:
    heard = SOUTH.letter.digits.replace(" ", "  ")
    assert accept(north, digits=heard) == {
        "party": "South",
        "station": "South watch",
        "serial": 1,
        "valid_from": SOUTH.letter.certificate.valid_from,
        "compared": True,
        "replaced": False,
        "before": None,
        "new_root": False,
    }
    (letter,) = north.does("letter.list")["letters"]
    assert (letter["party"], letter["compared"]) == ("South", True)


def test_I8_a_script_gives_a_fingerprint_and_nobody_has_compared(north: Founded) -> None:
    assert accept(north, fingerprint=SOUTH.letter.digits)["compared"] is False
    assert accept(north, digits=SOUTH.letter.digits)["compared"] is True
    assert accept(north, fingerprint=SOUTH.letter.digits)["compared"] is True


def wrong(digits: str) -> str:
    return digits[:-1] + ("1" if digits[-1] == "0" else "0")


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ({}, "was not compared"),
        ({"digits": wrong(SOUTH.letter.digits)}, "digits differ"),
        ({"fingerprint": wrong(SOUTH.letter.digits)}, "digits differ"),
        ({"digits": ""}, "Only digits"),
        ({"digits": SOUTH.letter.digits[:-5]}, "these are 44"),
        ({"digits": party("East").letter.digits}, "digits differ"),
    ],
)
def test_I8_without_the_right_digits_nothing_is_accepted(
    north: Founded, how: dict[str, str], why: str
) -> None:
    with pytest.raises(Refused, match=why) as refusal:
        accept(north, **how)
    assert refusal.value.rule == "I8"
    assert north.does("letter.list")["letters"] == []


def test_I8_the_expected_digits_are_told_nowhere(north: Founded) -> None:
    groups = SOUTH.letter.digits.split(" ")
    pairs = list(pairwise(groups))  # four digits alone turn up by chance
    with north.at_work() as station:
        told = [str(station.does("letter.show", letter=packed(SOUTH.letter.raw)))]
        for how in ({"digits": wrong(SOUTH.letter.digits)}, {"digits": "1"}, {}):
            with pytest.raises(Refused) as refusal:
                accept(station, **how)
            told.append(str(refusal.value.to_dict()))
        told.append(str(station.does("audit")["rows"]))
    for line in told:
        assert not any(a + b in line or f"{a} {b}" in line for a, b in pairs)


def test_digits_and_fingerprint_together_are_misuse(north: Founded) -> None:
    digits = SOUTH.letter.digits
    with pytest.raises(Misused):
        accept(north, digits=digits, fingerprint=digits)
    with pytest.raises(Misused, match="base64"):
        north.does("accept", letter="§", digits=digits)


def test_a_letter_that_was_changed_does_not_stand(north: Founded) -> None:
    raw = bytearray(SOUTH.letter.raw)
    raw[700] ^= 1
    with pytest.raises(Refused, match="does not stand"):
        north.does("accept", letter=packed(bytes(raw)), digits=SOUTH.letter.digits)
    with pytest.raises(Refused, match="does not stand"):
        north.does("letter.show", letter=packed(b"junk"))


def test_I10_our_own_letter_is_refused(north: Founded, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="our own letter"):
        north.does("accept", letter=packed(north.letter.raw), digits=north.letter.digits)
    second = found(tmp_path / "second", "North", RootFolder(north.root.path), name="Spare")
    with pytest.raises(Refused, match="our own letter"):
        north.does("accept", letter=packed(second.letter.raw), digits=second.letter.digits)


def test_I9_a_newer_letter_replaces_without_being_compared_again(north: Founded) -> None:
    newer = party("South", serial=2)
    accept(north, digits=SOUTH.letter.digits)
    assert north.does("letter.show", letter=packed(newer.letter.raw))["compared"] is True
    told = accept(north, letter=packed(newer.letter.raw))
    assert (told["replaced"], told["compared"]) == (True, True)
    assert len(north.does("letter.list")["letters"]) == 1
    with pytest.raises(Refused, match="older than"):
        accept(north, digits=SOUTH.letter.digits)


def test_I9_a_newer_letter_of_one_never_compared_still_is_not(north: Founded) -> None:
    newer = party("South", serial=2)
    accept(north, fingerprint=SOUTH.letter.digits)
    with pytest.raises(Refused, match="was not compared"):
        accept(north, letter=packed(newer.letter.raw))


def test_I9_nobody_takes_the_name_of_a_party_we_know(north: Founded) -> None:
    accept(north, digits=SOUTH.letter.digits)
    impostor = renamed(party("West"), "SOUTH")
    with pytest.raises(Refused, match="Another party is known here as SOUTH"):
        north.does("accept", letter=packed(impostor.raw), digits=impostor.digits)


def renamed(known: Known, name: str) -> Letter:
    """The letter of another root that says it is `name`."""
    root = PartyRoot(name, known.root.key.seed, known.letter.who.next_root_commit)
    certificate: Certificate = replace(known.certificate, name=f"{name} watch")
    who = Party(name, root.key.public, known.letter.who.next_root_commit)
    body = letter_body(who, [(certificate, root.sign(certificate.message))], ["en"], [], 0)
    return finish_letter(body, root.sign(LETTER_LABEL + body), known.keys.station)


def test_only_the_operator_introduces(north: Founded) -> None:
    with north.at_work() as station:
        station.does("person.add", name="Writer", office="Desk", roles=["drafter"])
        writer = next(each for each in station.station.people.here() if each.name == "Writer")
        with pytest.raises(Refused, match="Only an operator may do this"):
            station.station.perform("introduce", writer, {})


def test_a_letter_of_another_version_says_what_to_ask_for(north: Founded) -> None:
    body = letter_body(SOUTH.letter.who, [], ["en"], [], 0).replace(b"\x01\x01", b"\x01\x02", 1)
    raw = (len(body)).to_bytes(1, "big") if len(body) < 128 else leb(len(body))
    with pytest.raises(Refused, match="version") as refusal:
        north.does("accept", letter=packed(raw + body), digits=SOUTH.letter.digits)
    assert not isinstance(refusal.value, Malformed)
    assert "version 1" in refusal.value.hint


def leb(number: int) -> bytes:
    return bytes([number & 0x7F | 0x80, number >> 7])
