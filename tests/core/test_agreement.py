"""Agreements: both roots sign one map, and everything people read of it is made from that map."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.agreement import (
    AGREEMENT_BYTES_MAX,
    FIELDS_ALWAYS,
    UNSIGNED,
    Agreement,
    Paper,
    line_id,
    psk0,
    terms,
)
from parley.core.entry import Status
from parley.core.errors import Malformed, Newer, Refused
from parley.core.keys import Prekey, hkdf32, sha256
from parley.core.wire import decode, encode, uvar
from parley.station.line.clauses import CLAUSES, cautions, check_words, difference, render, span
from tests.core.parties import MADE, agreement, in_order, party, seed, signed
from tests.places import places, some_or_all

NORTH, SOUTH = party("North"), party("South")
A, B = in_order(NORTH, SOUTH)
LETTERS = (A.letter, B.letter)

NOTES = st.text(st.characters(codec="utf-8", exclude_categories=["C", "Z"]), max_size=60)
CHANGES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {},
    optional={
        "inc": st.integers(1, (1 << 32) - 1),
        "mark": st.sampled_from([Status.ACTUAL, Status.EXERCISE]),
        "level": st.sampled_from(["leaders", "military", "notification", "duty"]),
        "psk0": st.booleans(),
        "compared": st.tuples(st.booleans(), st.booleans()),
        "clocks": st.tuples(*[st.integers(1, 10**6)] * 4).map(
            lambda found: tuple(sorted(found, reverse=True))
        ),
        "heartbeat_s": st.integers(1, 86_400),
        "window": st.integers(128, 8192),
        "attribution": st.tuples(st.integers(1, 1 << 20), st.integers(1, 10**6)),
        "test_s": st.integers(0, 10**6),
        "tests": NOTES,
        "suspension": NOTES,
        "address": st.tuples(NOTES, NOTES),
        "replaces": st.one_of(st.just(b""), st.binary(min_size=32, max_size=32)),
        "suspending": st.tuples(st.booleans(), st.integers(0, 10**6)),
        "provisional": st.integers(0, 3),
        "calls": st.tuples(st.integers(60, 10**6), st.integers(60, 10**6)),
        "testing": st.integers(1, 10**6).flatmap(
            lambda every: st.tuples(st.just(every), *[st.integers(1, every)] * 2)
        ),
    },
)


@given(CHANGES)
def test_I12_what_was_agreed_comes_back(changes: dict[str, Any]) -> None:
    made = agreement(A, B, **changes)
    assert Agreement.read(made.to_bytes()) == made
    assert Paper.parse(Paper(made).to_bytes()).agreement == made
    assert made.hash == sha256(b"parley agreement v1" + made.to_bytes())


def test_I15_an_agreement_stands_once_both_roots_have_signed() -> None:
    paper = signed(NORTH, SOUTH)
    assert Paper.parse(paper.to_bytes()).verify(*LETTERS) == agreement(NORTH, SOUTH)
    for side, known in enumerate((A, B)):
        half = Paper(agreement(A, B)).sign(known.root)
        assert [half.signed(0), half.signed(1)] == [side == 0, side == 1]
        with pytest.raises(Refused, match="not signed by"):
            half.verify(*LETTERS)


@some_or_all(8)
def test_I15_an_agreement_with_any_byte_changed_is_refused(step: int) -> None:
    raw = signed(NORTH, SOUTH).to_bytes()
    for at in places(len(raw), step):
        changed = bytearray(raw)
        changed[at] ^= 1 << at % 8
        with pytest.raises(Refused):
            Paper.parse(bytes(changed)).verify(*LETTERS)


def test_I15_signatures_do_not_stand_for_other_words() -> None:
    blocks = signed(NORTH, SOUTH).blocks
    with pytest.raises(Refused, match="not as"):
        Paper(agreement(A, B, heartbeat_s=11), blocks).verify(*LETTERS)
    with pytest.raises(Refused, match="not as"):
        Paper(agreement(A, B), (blocks[1], blocks[0])).verify(*LETTERS)


@given(st.data())
def test_I14_an_agreement_cut_or_lengthened_is_refused(data: st.DataObject) -> None:
    raw = signed(NORTH, SOUTH).to_bytes()
    with pytest.raises(Refused):
        Paper.parse(raw[: data.draw(st.integers(0, len(raw) - 1))]).verify(*LETTERS)
    with pytest.raises(Refused):
        Paper.parse(raw + data.draw(st.binary(min_size=1, max_size=40)))


@given(st.binary(max_size=200))
def test_I14_junk_is_refused(junk: bytes) -> None:
    with pytest.raises(Refused):
        Paper.parse(junk)


def test_I14_only_a_complete_agreement_is_signed() -> None:
    proposal = agreement(A, B).without(1)
    assert not proposal.complete
    with pytest.raises(Refused, match="lacks"):
        Paper(proposal).sign(A.root)
    block = signed(A, B).blocks[0]
    with pytest.raises(Malformed, match="not complete"):
        Paper.parse(Paper(proposal, (block, UNSIGNED)).to_bytes())
    with pytest.raises(Refused, match="lacks"):
        Paper.parse(Paper(proposal).to_bytes()).verify(*LETTERS)
    with pytest.raises(Malformed, match="too long"):
        Paper.parse(bytes(AGREEMENT_BYTES_MAX + 1))


def test_a_proposal_is_completed_by_the_other_side_alone() -> None:
    proposal = agreement(A, B).without(1)
    complete = proposal.with_ours(1, B.prekey.public, True)
    assert complete == agreement(A, B)
    assert complete.without(1) == proposal
    with pytest.raises(Refused):
        proposal.with_ours(1, bytes(7), True)


MAP: dict[int, Any] = decode(agreement(A, B).to_bytes())
KEY = {field.name: key for key, field in enumerate(fields(Agreement), 2)}


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("nonce", bytes(31), "nonce"),
        ("inc", 0, "incarnation"),
        ("inc", True, "incarnation"),
        ("inc", 1 << 32, "incarnation"),
        ("name", "", "name"),
        ("parties", ["North"], "parties"),
        ("parties", ["North", "South\n"], "party"),
        ("fingerprints", [bytes(20), bytes(19)], "fingerprint"),
        ("fingerprints", list(reversed(MAP[KEY["fingerprints"]])), "not in order"),
        ("fingerprints", MAP[KEY["fingerprints"]][:1] * 2, "not two"),
        ("certificates", [bytes(32), None], "certificate"),
        ("compared", [True, 1], "comparison"),
        ("prekeys", [bytes(1215), None], "prekey"),
        ("prekeys", [b"", None], "prekey"),
        ("prekeys", [False, None], "prekey"),
        ("made", "today", "date"),
        ("made", 253_402_300_800, "date"),
        ("languages", [["en"], []], "languages"),
        ("languages", [["en"], ["EN!"]], "language"),
        ("mark", 2, "mark"),
        ("level", "two\nlines", "level"),
        ("level", "two\u2028lines", "level"),
        ("suite", 3, "no suite 3"),
        ("policy", 2, "policy"),
        ("psk0", 0, "secret"),
        ("clocks", [1, 2, 3], "clocks"),
        ("clocks", [600, 1800, 10800, 21600], "higher precedence"),
        ("clocks", [4, 3, 2, 0], "clock"),
        ("heartbeat_s", 0, "heartbeat"),
        ("window", 127, "window"),
        ("attribution", [1024], "attribution"),
        ("attribution", [0, 60], "attribution"),
        ("padding", True, "does not know"),
        ("padding", None, "padding"),
        ("tables", [bytes(32)], "does not know"),
        ("test_s", -1, "tests"),
        ("tests", "a\tb", "a tab"),
        ("suspension", "x" * 2001, "suspension"),
        ("address", ["Excellency", "\ufeff"], "form of address"),
        ("replaces", b"", "replaces"),
        ("suspending", [True], "suspension"),
        ("suspending", [1, 0], "FLASH in suspension"),
        ("suspending", [True, -1], "notice of suspension"),
        ("provisional", 4, "provisional display"),
        ("calls", [3600], "calls"),
        ("calls", [3600, 59], "time to answer a call request"),
        ("testing", [3600, 900], "tests by the clock"),
        ("testing", [3600, 3601, 900], "time for a test by the clock"),
        ("testing", [3600, 900, 0], "time for a test by the clock"),
        ("testing", [0, 900, 900], "time for a test by the clock"),
    ],
)
def test_I12_an_agreement_of_another_form_is_refused(name: str, value: object, why: str) -> None:
    with pytest.raises(Malformed, match=why):
        Agreement.read(encode({**MAP, KEY[name]: value}))


def test_I12_another_version_and_further_fields_are_refused() -> None:
    with pytest.raises(Newer, match="of version 2, which this station does not know"):
        Agreement.read(encode({1: 2, 999: "whatever it means"}))  # G10: before its fields
    with pytest.raises(Malformed, match="of a version this station does not know"):
        Agreement.read(encode({**MAP, 1: 0}))
    with pytest.raises(Malformed, match="of a version this station does not know"):
        Agreement.read(encode({**MAP, 1: True}))
    with pytest.raises(Malformed, match="fields"):
        Agreement.read(encode({**MAP, 999: 0}))
    with pytest.raises(Malformed, match="fields"):
        Agreement.read(encode({key: value for key, value in MAP.items() if key != len(MAP)}))
    body = encode(MAP)
    assert Paper.parse(uvar(len(body)) + body + bytes(2)).agreement == agreement(A, B)


LATER = [field for key, field in enumerate(fields(Agreement), 2) if key > FIELDS_ALWAYS]


def test_I21_what_was_added_later_is_left_out_where_it_has_its_default() -> None:
    assert list(MAP) == list(range(1, FIELDS_ALWAYS + 1))
    assert LATER
    for field in LATER:
        assert Agreement.read(encode(MAP)) == agreement(A, B, **{field.name: field.default})
        default = list(field.default) if isinstance(field.default, tuple) else field.default
        with pytest.raises(Malformed, match="by silence") as refusal:
            Agreement.read(encode({**MAP, KEY[field.name]: default}))
        assert refusal.value.rule == "I21"


def test_I21_a_suspension_on_terms_is_in_the_map_and_in_the_text() -> None:
    made = agreement(A, B, suspending=(True, 7200))
    assert decode(made.to_bytes())[28] == [True, 7200]
    assert made.hash != agreement(A, B).hash
    text = " ".join(render(made).split())
    assert "Suspension FLASH passes in suspension." in text
    assert "Takes effect 2 hours after notice at the earliest." in text
    assert "Suspension no terms agreed" in " ".join(render(agreement(A, B)).split())


def test_G1_what_is_shown_across_a_gap_is_in_the_map_and_in_the_text() -> None:
    made = agreement(A, B, provisional=3)
    assert decode(made.to_bytes())[29] == 3
    assert made.hash != agreement(A, B).hash
    assert 29 not in decode(agreement(A, B).to_bytes())
    assert "FLASH is shown at once, PROVISIONAL" in " ".join(render(made).split())
    both = " ".join(render(agreement(A, B, provisional=2)).split())
    assert "IMMEDIATE and above is shown at once" in both
    assert "every entry is shown in its turn" in " ".join(render(agreement(A, B)).split())


def test_T1_tests_by_the_clock_are_in_the_map_and_in_the_text() -> None:
    made = agreement(A, B, testing=(3_600, 900, 600))
    assert decode(made.to_bytes())[31] == [3_600, 900, 600]
    assert made.hash != agreement(A, B).hash
    assert 31 not in decode(agreement(A, B).to_bytes())
    text = " ".join(render(made).split())
    assert "every 1 hour by the clock of UTC, in turns: the even ones by A, the odd" in text
    assert "called within 15 minutes and answered within 10 minutes" in text


def test_Q4_the_time_to_answer_a_request_for_a_call_is_in_the_map_and_in_the_text() -> None:
    made = agreement(A, B, calls=(86_400, 300))
    assert decode(made.to_bytes())[30] == [86_400, 300]
    assert made.hash != agreement(A, B).hash
    assert 30 not in decode(agreement(A, B).to_bytes())
    assert "answered within 1 day, FLASH within 5 minutes" in " ".join(render(made).split())


def test_I13_an_agreement_fits_only_the_letters_it_was_made_from() -> None:
    paper = signed(A, B)
    third = party("East").letter
    with pytest.raises(Refused, match="two other parties"):
        paper.verify(A.letter, third)
    with pytest.raises(Refused, match="not in order"):
        paper.verify(B.letter, A.letter)
    renewed = party(B.letter.party, serial=2).letter
    with pytest.raises(Refused, match="another station"):
        paper.verify(A.letter, renewed)
    misnamed = Paper(agreement(A, B, parties=("North", "Nobody"))).sign(A.root).sign(B.root)
    with pytest.raises(Refused, match="misnames"):
        misnamed.verify(*LETTERS)
    with pytest.raises(Refused, match="two other parties"):
        Paper(agreement(A, B)).sign(party("East").root)


def test_I11_the_line_is_named_by_both_fingerprints_and_a_nonce() -> None:
    made = agreement(A, B)
    ends = A.letter.fingerprint + B.letter.fingerprint
    assert made.line_id == sha256(b"parley line v1" + ends + seed("nonce")[:32])[:16]
    assert made.line_id != replace(made, nonce=bytes(32)).line_id
    assert line_id(*made.fingerprints, made.nonce) == made.line_id


# --- terms


def test_I16_both_sides_read_the_same_terms() -> None:
    made = signed(A, B).verify(*LETTERS)
    ours = terms(made, A.letter, A.keys, B.letter)
    theirs = terms(made, B.letter, B.keys, A.letter)
    assert (ours.side, theirs.side) == (0, 1)
    assert ours.line_id == theirs.line_id == made.line_id
    assert ours.h_agr == theirs.h_agr == made.hash
    assert ours.our_prekey == theirs.their_prekey == A.prekey.public
    assert ours.their_prekey == theirs.our_prekey == B.prekey.public
    assert (ours.window, ours.heartbeat_s, ours.psk0) == (1024, 10.0, None)
    for mine, yours in ((ours, theirs), (theirs, ours)):
        for use in ("station", "log", "cosigner"):
            key = getattr(mine.our_keys, use).public
            assert key == getattr(yours.their_keys, use)
            assert key.name == f"parley.invalid/{made.line_id.hex()}/{'AB'[mine.side]}/{use}"


def test_I16_keys_of_another_letter_are_refused() -> None:
    made = agreement(A, B)
    with pytest.raises(Refused, match="our keys"):
        terms(made, A.letter, B.keys, B.letter)
    with pytest.raises(Refused, match="two other parties"):
        terms(made, party("East").letter, A.keys, B.letter)
    # A line that is over is only looked at (C4): the keys it spoke with may be gone.
    assert terms(made, A.letter, B.keys, B.letter, over=True).h_agr == made.hash


def test_I18_a_secret_of_the_meeting_is_there_when_agreed_and_only_then() -> None:
    with_secret = agreement(A, B, psk0=True)
    secret = psk0(bytes(32), b"\x01" * 32, with_secret)
    salted = bytes(32) + b"\x01" * 32
    info = b"pl1 psk0" + A.letter.fingerprint + B.letter.fingerprint
    assert secret == hkdf32(bytes(32), salted, info)
    assert terms(with_secret, A.letter, A.keys, B.letter, secret).psk0 == secret
    with pytest.raises(Refused, match="secret"):
        terms(with_secret, A.letter, A.keys, B.letter)
    with pytest.raises(Refused, match="secret"):
        terms(agreement(A, B), A.letter, A.keys, B.letter, secret)
    assert terms(with_secret, A.letter, A.keys, B.letter, spent=True).psk0 is None
    with pytest.raises(Refused, match="32 bytes"):
        psk0(bytes(31), bytes(32), with_secret)


# --- what people read


def test_I20_the_text_says_what_matters() -> None:
    text = render(
        agreement(
            A,
            B,
            mark=Status.ACTUAL,
            address=("Excellency", "Minister"),
            suspension="Thirty days' notice in writing.\nSearch and rescue always passes.",
        )
    )
    for words in [
        "AGREEMENT ON A DIRECT LINE (ACTUAL)",
        "FLASH within 10 minutes, IMMEDIATE within 30 minutes,",
        "PRIORITY within 3 hours, ROUTINE within 6 hours",
        f"{A.letter.party}: Excellency; {B.letter.party}: Minister",
        "                  Search and rescue always passes.",
        "SHA-256 of this agreement: ",
    ]:
        assert words in text
    assert max(map(len, text.split("\n"))) <= 91
    assert "UNVERIFIED" not in text


def test_I20_who_has_not_compared_is_named() -> None:
    text = render(agreement(A, B, compared=(True, False)))
    assert f"nobody of {B.letter.party} compared the digits of {A.letter.party}" in " ".join(
        text.split()
    )
    assert "UNVERIFIED" in text


@given(CHANGES)
def test_I20_every_change_of_a_clause_is_a_sentence(changes: dict[str, Any]) -> None:
    old, new = agreement(A, B), agreement(A, B, **changes)
    found = difference(old, new)
    assert bool(found) == (old != new)
    assert difference(new, new) == []
    if new.heartbeat_s != old.heartbeat_s:
        (sentence,) = [each for each in found if each.startswith("Heartbeat")]
        assert "at least once in 10 seconds” is" not in sentence
        assert span(new.heartbeat_s) in sentence


SAME_TO_READ = {"nonce", "prekeys", "policy", "padding", "tables"}


def test_I20_every_field_a_person_can_judge_has_a_clause() -> None:
    """Left out: what has one value in this version, and the prekeys, which nobody can read."""
    other = agreement(
        party("East"),
        party("West"),
        inc=2,
        name="Red Line",
        compared=(False, False),
        made=MADE + 86_400,
        languages=(("fr",), ("ar",)),
        mark=Status.ACTUAL,
        level="leaders",
        suite=2,
        psk0=True,
        clocks=(4, 3, 2, 1),
        heartbeat_s=1,
        window=128,
        attribution=(1, 1),
        test_s=0,
        tests="none",
        suspension="none",
        suspending=(True, 3600),
        provisional=2,
        calls=(3600, 300),
        testing=(3600, 900, 600),
        address=("a", "b"),
        replaces=bytes(32),
    )
    ours = agreement(A, B)
    for field in fields(Agreement):
        changed = replace(ours, **{field.name: getattr(other, field.name)})
        seen = difference(ours, changed)
        assert bool(seen) or field.name in SAME_TO_READ, field.name
    assert len(difference(ours, other)) == len(CLAUSES)


def test_I19_a_line_without_a_secret_asks_for_a_typed_word() -> None:
    weak = agreement(A, B)
    (caution,) = cautions(weak)
    with pytest.raises(Refused, match="no secret exchanged in person") as refusal:
        check_words(weak, [])
    assert caution.word in refusal.value.hint
    with pytest.raises(Refused):
        check_words(weak, [caution.word.lower()])
    check_words(weak, [caution.word])
    check_words(agreement(A, B, psk0=True), [])


def test_times_are_told_in_the_largest_unit_that_fits() -> None:
    told = {0: "no time", 1: "1 second", 90: "90 seconds", 600: "10 minutes", 3600: "1 hour"}
    assert {seconds: span(seconds) for seconds in told} == told
    assert span(21_600) == "6 hours"
    assert span(86_400 * 7) == "7 days"


def test_a_prekey_in_an_agreement_is_a_key() -> None:
    assert Prekey(seed("North", "prekey")[:32]).public in agreement(A, B).prekeys
