"""RESUME as a document, and what two of them say together."""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from parley.core.errors import Malformed, Misused, Refused
from parley.core.keys import XWING, hmac_sha256, hybrid, sha256
from parley.core.record import EMPTY_ROOT
from parley.core.resuming import (
    INC_AHEAD_MAX,
    REASON_BYTES_MAX,
    RESUME_BYTES_MAX,
    End,
    Resume,
    beginning,
    ends,
    in_order,
    later_psk,
    terms_after,
)
from parley.core.suites import SUITE_1
from parley.core.wire import encode, u32, uvar
from tests.core.conversation import prekey, terms_of

ONE, OTHER = bytes([1]) * 32, bytes([2]) * 32


def resume(side: int = 0, inc: int = 2, of: int = 1, **given: Any) -> Resume:
    """A RESUME of one side."""
    logs = (given.get("own", End(3, ONE)), given.get("held", End(2, OTHER)))
    return Resume.make(terms_of(side), inc, of, logs, prekey(side), given.get("reason", "why"))


def test_N1_a_RESUME_has_one_form() -> None:
    made = resume()
    read = Resume.parse(made.to_bytes(), terms_of(1), 0)
    assert read.check(terms_of(1).their_keys.station, SUITE_1) is read
    assert read == made
    assert (read.inc, read.of, read.own, read.held) == (2, 1, End(3, ONE), End(2, OTHER))


def document(**changes: Any) -> bytes:
    """A RESUME of A with fields changed, signed as it stands."""
    terms = terms_of(0)
    fields: dict[str, Any] = {
        "version": 1,
        "line": terms.line_id,
        "inc": 2,
        "dir": 0,
        "h_agr": terms.h_agr,
        "of": 1,
        "size": 3,
        "root": ONE,
        "their_size": 2,
        "their_root": OTHER,
        "prekey": prekey(0).public,
        "reason": "why",
    }
    body = encode(list((fields | changes).values()))
    block = terms.our_keys.station.block(hybrid(b"pl1 resume" + sha256(body)))
    return uvar(len(body)) + body + block


@pytest.mark.parametrize(
    "change",
    [
        {"version": 2},
        {"version": True},
        {"line": bytes(16)},
        {"dir": 1},
        {"dir": False},
        {"h_agr": bytes(32)},
        {"inc": 1},
        {"inc": 1 << 32},
        {"inc": None},
        {"of": 0},
        {"of": 2},
        {"of": True},
        {"size": -1},
        {"size": 1 << 63},
        {"size": 0},
        {"their_size": "2"},
        {"their_size": 0},
        {"root": ONE[:31]},
        {"their_root": OTHER + b"\0"},
        {"prekey": bytes(XWING.prekey_bytes - 1)},
        {"reason": ""},
        {"reason": "x" * (REASON_BYTES_MAX + 1)},
        {"reason": b"why"},
        {"reason": "why\u202e"},
        {"reason": "\x1b[2J"},
        {"reason": "one line\nand another"},
        {"more": 1},
    ],
    ids=str,
)
def test_N1_every_other_form_is_refused(change: dict[str, Any]) -> None:
    assert Resume.parse(document(), terms_of(1), 0).inc == 2
    with pytest.raises((Refused, Malformed)) as fault:
        Resume.parse(document(**change), terms_of(1), 0)
    assert fault.value.rule == "N1"


@pytest.mark.parametrize(
    "change",
    [
        {"reason": "x" * REASON_BYTES_MAX},
        {"reason": "é" * (REASON_BYTES_MAX // 2)},
        {"inc": (1 << 32) - 1, "of": (1 << 32) - 2},
        {"size": (1 << 63) - 1},
        {"their_size": (1 << 63) - 1},
    ],
    ids=str,
)
def test_N1_what_stands_at_a_limit_is_read(change: dict[str, Any]) -> None:
    read = Resume.parse(document(**change), terms_of(1), 0)
    assert read.check(terms_of(1).their_keys.station, SUITE_1) is read


def test_N1_N2_the_limits_are_those_of_the_page() -> None:
    assert (RESUME_BYTES_MAX, INC_AHEAD_MAX, REASON_BYTES_MAX) == (8_192, 64, 400)


def test_N1_one_byte_more_than_the_limit_is_not_even_read() -> None:
    whole = resume().to_bytes()
    longest = whole + bytes(RESUME_BYTES_MAX - len(whole))
    assert Resume.parse(longest, terms_of(1), 0).reason == "why"
    with pytest.raises(Malformed, match="too long") as fault:
        Resume.parse(longest + b"\x00", terms_of(1), 0)
    assert fault.value.rule == "N1"


def test_N1_nothing_follows_its_signatures() -> None:
    longer = Resume.parse(resume().to_bytes() + b"\x00", terms_of(1), 0)
    with pytest.raises(Malformed) as fault:
        longer.check(terms_of(1).their_keys.station, SUITE_1)
    assert fault.value.rule == "W7"


@pytest.mark.parametrize("reason", ["", "two\nlines", "x" * (REASON_BYTES_MAX + 1), "a\u202eb"])
def test_N1_a_reason_that_may_not_be_said_is_our_own_mistake(reason: str) -> None:
    with pytest.raises(Misused, match="a reason is one line"):
        resume(reason=reason)


def test_N11_none_is_made_on_a_deniable_line() -> None:
    terms = terms_of(0, deniable=True)
    with pytest.raises(Misused) as fault:
        Resume.make(terms, 2, 1, (End(), End()), prekey(0), "why")
    assert fault.value.rule == "N11"


def test_N1_an_empty_log_has_the_root_of_nothing() -> None:
    empty = {"size": 0, "root": EMPTY_ROOT, "their_size": 0, "their_root": EMPTY_ROOT}
    assert Resume.parse(document(**empty), terms_of(1), 0).own == End()


def test_N1_a_prekey_that_is_none_is_refused() -> None:
    bad = Resume.parse(document(prekey=b"\xff" * XWING.prekey_bytes), terms_of(1), 0)
    with pytest.raises(Refused):
        bad.check(terms_of(1).their_keys.station, SUITE_1)


def test_N4_of_each_log_the_longer_claim_counts() -> None:
    for own, held in product((1, 5), (1, 5)):
        a = resume(0, own=End(own, ONE), held=End(4, ONE))
        b = resume(1, own=End(4, ONE), held=End(held, ONE))
        assert ends(a, b)[0] == End(max(own, held), ONE)
        assert ends(b, a)[1] == End(max(own, held), ONE)


def test_N4_equally_long_and_different_the_readers_counts() -> None:
    a = resume(0, own=End(3, ONE), held=End(2, OTHER))
    b = resume(1, own=End(2, ONE), held=End(3, OTHER))
    assert ends(a, b) == (End(3, OTHER), End(2, OTHER))


def test_N4_who_was_in_an_older_incarnation_knows_nothing_of_the_newer() -> None:
    a = resume(0, inc=4, of=3, own=End(3, ONE), held=End(2, ONE))
    b = resume(1, inc=4, of=1, own=End(9, OTHER), held=End(9, OTHER))
    assert ends(a, b) == (End(3, ONE), End(2, ONE))
    assert ends(b, a) == (End(2, ONE), End(3, ONE))
    assert beginning(a, b) == [2, 3, [3, ONE], [2, ONE]]


def test_N3_both_RESUMEs_enter_the_terms_of_the_incarnation_they_begin() -> None:
    a, b = resume(0), resume(1, reason="because")
    ours, theirs = (terms_after(terms_of(side), *pair) for side, pair in ((0, (a, b)), (1, (b, a))))
    assert ours.inc == theirs.inc == 2
    assert ours.h_agr == theirs.h_agr
    assert ours.h_agr == sha256(b"pl1 resume" + terms_of(0).h_agr + a.document + b.document)
    assert (ours.our_prekey, ours.their_prekey) == (theirs.their_prekey, theirs.our_prekey)
    assert in_order(terms_of(0), a, b) == in_order(terms_of(1), b, a) == (a, b)
    other = terms_after(terms_of(0), a, resume(1, reason="because of that"))
    assert other.h_agr != ours.h_agr
    assert ours.psk0 is None
    assert later_psk(bytes(32)) != bytes(32)


def test_N3_of_the_secret_of_the_meeting_only_what_it_leaves_behind_enters() -> None:
    later = later_psk(bytes(32))
    assert later == hmac_sha256(bytes(32), b"pl1 later")
    terms = replace(terms_of(0), psk0=bytes(32), later_psk=later)
    begun = terms_after(terms, resume(0, inc=7), resume(1, inc=7))
    assert begun.psk0 == hmac_sha256(later, b"pl1 resume" + u32(7))
    assert begun.later_psk == later
