"""The agreement to the letter: what stands at each limit is read, and what is beyond is refused."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from typing import Any

import pytest

from parley.core.agreement import (
    AGREEMENT_BYTES_MAX,
    ATTRIBUTABLE,
    DENIABLE,
    FIELDS_ALWAYS,
    PSK_BYTES,
    ROOT_BLOCK_BYTES,
    SPAN_S_MAX,
    UNSIGNED,
    Agreement,
    Paper,
    psk0,
    terms,
)
from parley.core.entry import Status
from parley.core.errors import Malformed, Refused
from parley.core.identity import TIME_MAX
from parley.core.wire import decode, encode
from tests.core.parties import agreement, in_order, party, signed

A, B = in_order(party("North"), party("South"))
LETTERS = (A.letter, B.letter)
MAP: dict[int, Any] = decode(agreement(A, B).to_bytes())
KEY = {field.name: key for key, field in enumerate(fields(Agreement), 2)}
YEAR_S = 366 * 86_400


def test_I12_I14_I18_the_limits_are_those_of_the_page() -> None:
    assert (FIELDS_ALWAYS, AGREEMENT_BYTES_MAX, SPAN_S_MAX) == (27, 65_536, YEAR_S)
    assert (ATTRIBUTABLE, DENIABLE, PSK_BYTES, UNSIGNED) == (0, 1, 32, b"\x00")
    assert ROOT_BLOCK_BYTES == len(signed(A, B).blocks[0]) == 1 + 5 + 64 + 5 + 3_309


def test_I12_what_nobody_chose_is_what_the_pages_propose() -> None:
    plain = agreement(A, B)
    assert (plain.mark, plain.level, plain.suite, plain.policy) == (Status.EXERCISE, "duty", 1, 0)
    assert (plain.clocks, plain.calls) == ((21_600, 10_800, 1_800, 600), (172_800, 600))
    assert (plain.heartbeat_s, plain.window, plain.attribution) == (10, 1_024, (1_024, 60))
    assert (plain.test_s, plain.testing, plain.provisional) == (86_400, (0, 0, 0), 0)
    assert (plain.psk0, plain.padding, plain.suspending) == (False, False, (False, 0))
    assert (plain.tables, plain.replaces, plain.address) == ((), b"", ("", ""))
    assert (plain.tests, plain.suspension) == ("", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("inc", 1),
        ("inc", (1 << 32) - 1),
        ("name", "N" * 120),
        ("made", 0),
        ("made", TIME_MAX),
        ("languages", [["en"] * 8, ["en"]]),
        ("mark", 0),
        ("mark", 1),
        ("policy", 0),
        ("policy", 1),
        ("clocks", [YEAR_S] * 4),
        ("clocks", [1] * 4),
        ("heartbeat_s", 1),
        ("heartbeat_s", 86_400),
        ("window", 128),
        ("window", 8_192),
        ("attribution", [1, 1]),
        ("attribution", [1 << 20, YEAR_S]),
        ("test_s", 0),
        ("test_s", YEAR_S),
        ("tests", "x" * 2_000),
        ("suspension", "x" * 2_000),
        ("address", ["x" * 400, ""]),
        ("replaces", bytes(32)),
        ("suspending", [False, YEAR_S]),
        ("suspending", [True, 0]),
        ("provisional", 1),
        ("provisional", 3),
        ("calls", [60, YEAR_S]),
        ("calls", [YEAR_S, 60]),
        ("testing", [1, 1, 1]),
        ("testing", [YEAR_S, YEAR_S, 1]),
    ],
)
def test_I12_what_stands_at_a_limit_is_read(name: str, value: object) -> None:
    given = encode({**MAP, KEY[name]: value})
    assert Agreement.read(given).to_bytes() == given


@pytest.mark.parametrize(
    ("name", "value", "why", "rule"),
    [
        ("nonce", bytes(33), "nonce is", "I12"),
        ("inc", 0, "incarnation is", "I12"),
        ("name", "N" * 121, "name is", "I12"),
        ("parties", ["North", "South", "East"], "parties is", "I12"),
        ("parties", ["North", ""], "party is", "I12"),
        ("fingerprints", [bytes(20), bytes(21)], "fingerprint is", "I12"),
        ("fingerprints", [bytes(20)] * 2, "parties are not two", "I13"),
        ("fingerprints", [bytes(20)], "fingerprints is", "I12"),
        ("certificates", [bytes(32), bytes(31)], "certificate is", "I12"),
        ("certificates", [bytes(32)], "certificates is", "I12"),
        ("compared", [True], "comparisons is", "I12"),
        ("compared", [True, 1], "comparison is", "I12"),
        ("prekeys", [None], "prekeys is", "I12"),
        ("prekeys", [bytes(1215), None], "prekey is", "I12"),
        ("made", TIME_MAX + 1, "date is", "I12"),
        ("made", -1, "date is", "I12"),
        ("languages", [["en"]], "languages is", "I12"),
        ("languages", [["en"], ["en"] * 9], "languages is", "I12"),
        ("mark", 2, "mark is", "I12"),
        ("mark", -1, "mark is", "I12"),
        ("level", "", "level is", "I12"),
        ("suite", 0, "suite is", "I12"),
        ("suite", 1 << 16, "suite is", "I12"),
        ("policy", 2, "policy is", "I12"),
        ("policy", -1, "policy is", "I12"),
        ("clocks", [4, 3, 2, 0], "clock is", "I12"),
        ("clocks", [YEAR_S + 1, 3, 2, 1], "clock is", "I12"),
        ("clocks", [4, 3, 2], "clocks is", "I12"),
        ("clocks", [5, 4, 3, 2, 1], "clocks is", "I12"),
        ("clocks", [1, 2, 3, 4], "clocks give a higher", "I12"),
        ("heartbeat_s", 86_401, "heartbeat is", "I12"),
        ("window", 8_193, "window is", "I12"),
        ("attribution", [(1 << 20) + 1, 1], "attribution is", "I12"),
        ("attribution", [1, 0], "attribution is", "I12"),
        ("attribution", [1, YEAR_S + 1], "attribution is", "I12"),
        ("attribution", [1, 1, 1], "attribution is", "I12"),
        ("padding", True, "padding promises", "I12"),
        ("padding", 0, "padding is", "I12"),
        ("tables", [b""] * 9, "tables is", "I12"),
        ("tables", [b""], "tables promises", "I12"),
        ("test_s", YEAR_S + 1, "time between tests is", "I12"),
        ("tests", "x" * 2_001, "test schedule is", "I12"),
        ("suspension", 5, "suspension terms is", "I12"),
        ("address", ["x" * 401, ""], "form of address is", "I12"),
        ("address", [""], "address is", "I12"),
        ("replaces", bytes(31), "agreement it replaces is", "I12"),
        ("suspending", [True], "suspension is", "I12"),
        ("suspending", [True, YEAR_S + 1], "notice of suspension is", "I12"),
        ("provisional", -1, "provisional display is", "I12"),
        ("calls", [60], "calls is", "I12"),
        ("calls", [60, YEAR_S + 1], "time to answer a call request is", "I12"),
        ("testing", [YEAR_S + 1, 1, 1], "time between tests by the clock is", "I12"),
        ("testing", [2, 1, 0], "time for a test by the clock is", "I12"),
        ("testing", [2, 1, 3], "time for a test by the clock is", "I12"),
        ("testing", [1, 1, 1, 1], "tests by the clock is", "I12"),
    ],
)
def test_I12_I13_what_is_beyond_is_refused_by_its_name(
    name: str, value: object, why: str, rule: str
) -> None:
    with pytest.raises(Malformed, match=f"^the agreement's {why}") as caught:
        Agreement.read(encode({**MAP, KEY[name]: value}))
    assert caught.value.rule == rule


@pytest.mark.parametrize("number", [3, 65_535])
def test_I12_a_suite_that_nobody_knows_is_refused_by_its_number(number: int) -> None:
    with pytest.raises(Malformed, match=f"suite {number}"):
        Agreement.read(encode({**MAP, KEY["suite"]: number}))


@pytest.mark.parametrize("change", [{1: 0}, {1: True}, {1: 2}, {999: 0}])
def test_I12_another_version_or_field_is_refused_by_the_rule(change: dict[int, object]) -> None:
    with pytest.raises(Malformed, match=r"^the agreement (is|does)") as caught:
        Agreement.read(encode({**MAP, **change}))
    assert caught.value.rule == "I12"


def test_I14_without_a_side_there_is_neither_its_prekey_nor_its_comparison() -> None:
    both = agreement(A, B, compared=(True, True))
    assert both.without(1).compared == (True, False)
    assert both.without(0).compared == (False, True)
    assert both.without(0).prekeys == (b"", both.prekeys[1])


def test_I14_one_byte_more_than_the_limit_is_not_even_read() -> None:
    for size, too_long in ((AGREEMENT_BYTES_MAX, False), (AGREEMENT_BYTES_MAX + 1, True)):
        with pytest.raises(Malformed) as caught:
            Paper.parse(bytes(size))
        assert ("too long" in str(caught.value)) is too_long
    assert caught.value.rule == "I14"


def test_I13_I14_I15_a_paper_is_refused_by_the_rule() -> None:
    paper, proposal = signed(A, B), agreement(A, B).without(1)
    block = paper.blocks[0]
    third = party("East")
    renewed = party(B.letter.party, serial=2).letter
    misnamed = Paper(agreement(A, B, parties=("North", "Nobody")))
    stronger = Paper(agreement(A, B, suite=2))  # and no letter has its keys
    refusals: dict[str, list[Callable[[], object]]] = {
        "I13": [
            lambda: paper.verify(A.letter, third.letter),
            lambda: paper.verify(B.letter, A.letter),
            lambda: paper.verify(A.letter, renewed),
            lambda: misnamed.verify(*LETTERS),
        ],
        "I14": [
            lambda: Paper(proposal).sign(A.root),
            lambda: Paper.parse(Paper(proposal, (block, UNSIGNED)).to_bytes()),
            lambda: Paper.parse(Paper(proposal, (UNSIGNED, block)).to_bytes()),
        ],
        "I15": [
            lambda: Paper(agreement(A, B)).verify(*LETTERS),
            lambda: Paper(agreement(A, B), paper.blocks[::-1]).verify(*LETTERS),
            lambda: Paper(paper.agreement, (block + b"\x00", paper.blocks[1])).verify(*LETTERS),
        ],
        "W7": [
            lambda: Paper.parse(paper.to_bytes() + b"\x00"),
        ],
        "U3": [lambda: stronger.fits(*LETTERS)],
    }
    for rule, asked in refusals.items():
        for refusal in asked:
            with pytest.raises(Refused) as caught:
                refusal()
            assert caught.value.rule == rule


def test_I16_I18_terms_are_refused_by_the_rule() -> None:
    plain, with_secret = agreement(A, B), agreement(A, B, psk0=True)
    for rule, given, keys, secret in (
        ("I16", plain, B.keys, None),
        ("I18", plain, A.keys, bytes(32)),
        ("I18", with_secret, A.keys, None),
    ):
        with pytest.raises(Refused) as caught:
            terms(given, A.letter, keys, B.letter, secret)
        assert caught.value.rule == rule
    renewed = party(B.letter.party, serial=2).letter
    with pytest.raises(Refused, match="another station") as caught:
        terms(plain, A.letter, A.keys, renewed)
    assert caught.value.rule == "I13"
    for one, other in ((31, 32), (32, 33)):
        with pytest.raises(Refused) as caught:
            psk0(bytes(one), bytes(other), with_secret)
        assert caught.value.rule == "I18"
