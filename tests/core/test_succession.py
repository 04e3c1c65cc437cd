"""Keys that are lost: what a root may take back, and which root may take its place."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.agreement import UNSIGNED
from parley.core.errors import Malformed, Newer, Refused
from parley.core.identity import LETTER_LABEL, ROOT, PartyRoot, commit_to
from parley.core.keys import SigningKey
from parley.core.succession import (
    PAPER_BYTES_MAX,
    REVOCATION_LABEL,
    SUCCESSION_LABEL,
    Revocation,
    Succession,
)
from parley.core.wire import Reader, decode, encode, uvar
from tests.core.parties import MADE, party, seed
from tests.places import places, some_or_all

NORTH, SOUTH = party("North"), party("South")
NORTH_ROOT = NORTH.root.key.public
LABELS = {Revocation: REVOCATION_LABEL, Succession: SUCCESSION_LABEL}


def heir(name: str = "North", after: str = "root after") -> PartyRoot:
    """The root that a party has bound itself to, with its own next one."""
    following = SigningKey(ROOT, seed(name, after), root=True).public
    return PartyRoot(name, seed(name, "next root"), commit_to(following))


def revocation(root: PartyRoot = NORTH.root) -> Revocation:
    told = Revocation(NORTH.letter.fingerprint, 1, "The station burned.", MADE)
    return told.signed(root)


def succession(
    new: PartyRoot | None = None, old: PartyRoot | None = NORTH.root, reason: str = "In order."
) -> Succession:
    return Succession.make(NORTH.letter.who, new or heir(), old, reason, MADE)


def body_of(paper: bytes) -> bytes:
    file = Reader(paper)
    return file.take(file.uvar())


def said_otherwise(paper: Revocation | Succession, fields: dict[int, object]) -> bytes:
    """A paper that says something else, signed for it by whoever signed it."""
    raw = encode({**decode(body_of(paper.to_bytes())), **fields})
    signed = LABELS[type(paper)] + raw
    blocks = (
        NORTH.root.sign(signed)
        if isinstance(paper, Revocation)
        else heir().sign(signed) + NORTH.root.sign(signed)
    )
    return uvar(len(raw)) + raw + blocks


# --- what a root takes back


def test_C5_a_revocation_says_what_was_signed() -> None:
    told = revocation()
    read = Revocation.parse(told.to_bytes()).verify(NORTH_ROOT)
    assert read == told
    assert (read.fingerprint, read.upto, read.reason) == (
        NORTH.letter.fingerprint,
        1,
        "The station burned.",
    )


@some_or_all(8)
@pytest.mark.parametrize("make", [revocation, succession])
def test_C5_C9_a_paper_with_any_byte_changed_is_refused(
    make: Callable[[], Revocation], step: int
) -> None:
    raw = make().to_bytes()
    for at in places(len(raw), step):
        changed = bytearray(raw)
        changed[at] ^= 1 << at % 8
        with pytest.raises(Refused):
            read_all(bytes(changed), make is revocation)


def read_all(raw: bytes, revokes: bool) -> object:
    if revokes:
        return Revocation.parse(raw).verify(NORTH_ROOT)
    return Succession.parse(raw).follow(NORTH.letter.who)


@given(st.data(), st.booleans())
def test_C5_C9_a_paper_cut_or_lengthened_is_refused(data: st.DataObject, revokes: bool) -> None:
    raw = (revocation() if revokes else succession()).to_bytes()
    end = data.draw(st.integers(0, len(raw) - 1))
    for other in (raw[:end], raw + data.draw(st.binary(min_size=1, max_size=40))):
        with pytest.raises(Refused):
            read_all(other, revokes)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({1: 2}, "version"),
        ({1: True}, "version"),
        ({2: bytes(19)}, "'s fingerprint is"),
        ({3: 0}, "'s serial is"),
        ({3: 1 << 32}, "'s serial is"),
        ({4: ""}, "'s reason is"),
        ({4: "Lost.\nFound."}, "'s reason is"),
        ({5: -1}, "'s date is"),
        ({6: 0}, "fields"),
    ],
)
def test_C5_a_revocation_of_another_form_is_refused(fields: dict[int, object], why: str) -> None:
    with pytest.raises(Malformed, match=why) as caught:
        Revocation.parse(said_otherwise(revocation(), fields))
    assert caught.value.rule == "C5"


def test_C5_C9_a_paper_of_a_later_version_is_said_to_be_newer() -> None:
    for paper in (revocation(), succession()):
        with pytest.raises(Newer, match="of version 2, which this station does not know"):
            type(paper).parse(said_otherwise(paper, {1: 2}))


@pytest.mark.parametrize(("kind", "rule"), [(Revocation, "C5"), (Succession, "C9")])
def test_C5_C9_a_paper_has_at_most_16384_bytes(
    kind: type[Revocation] | type[Succession], rule: str
) -> None:
    assert PAPER_BYTES_MAX == 16_384
    for size, long in ((16_384, False), (16_385, True)):
        with pytest.raises(Malformed) as caught:
            kind.parse(bytes(size))
        assert ("too long" in str(caught.value)) is long
        assert (caught.value.rule == rule) or not long


def test_C5_C9_every_serial_and_every_date_that_a_paper_can_name_is_read() -> None:
    for upto, made in ((1, 0), ((1 << 32) - 1, MADE)):
        told = Revocation(NORTH.letter.fingerprint, upto, "Lost.", made).signed(NORTH.root)
        assert Revocation.parse(told.to_bytes()).verify(NORTH_ROOT) == told
    first = Succession.make(NORTH.letter.who, heir(), None, "Lost.", 0)
    assert Succession.parse(first.to_bytes()) == first


def test_C6_a_foreign_root_revokes_nobody() -> None:
    told = Revocation.parse(revocation(SOUTH.root).to_bytes())
    with pytest.raises(Refused, match="another key"):
        told.verify(NORTH_ROOT)


def test_C6_a_station_does_not_revoke_by_its_own_key() -> None:
    body = body_of(revocation().to_bytes())
    message = REVOCATION_LABEL + body
    block = NORTH.keys.station.block([(1, message), (7, message)])
    told = Revocation.parse(uvar(len(body)) + body + block)
    with pytest.raises(Refused, match="another key"):
        told.verify(NORTH_ROOT)


def test_C1_what_a_root_signed_as_something_else_is_no_revocation() -> None:
    body = body_of(revocation().to_bytes())
    assert (REVOCATION_LABEL, SUCCESSION_LABEL) == (
        b"parley revocation v1",
        b"parley succession v1",
    )
    for label in (LETTER_LABEL, SUCCESSION_LABEL):
        told = Revocation.parse(uvar(len(body)) + body + NORTH.root.sign(label + body))
        with pytest.raises(Refused, match="does not verify"):
            told.verify(NORTH_ROOT)


# --- which root takes the place of another


@pytest.mark.parametrize("old", [NORTH.root, None])
def test_C10_the_root_that_the_digits_named_takes_the_place(old: PartyRoot | None) -> None:
    told = succession(old=old)
    read = Succession.parse(told.to_bytes())
    assert read == told
    after = read.follow(NORTH.letter.who)
    assert after == heir().party
    assert after.fingerprint != NORTH.letter.fingerprint
    assert read.signed_by(NORTH.letter.who) is (old is not None)


def test_C10_any_other_root_is_refused_with_one_sentence() -> None:
    thief = PartyRoot("North", seed("thief"), bytes(32))
    for old in (None, NORTH.root):  # though the thief holds the old root too
        told = Succession.parse(succession(thief, old).to_bytes())
        with pytest.raises(Refused, match="not the root that North had bound itself to") as error:
            told.follow(NORTH.letter.who)
        assert "meet again" in error.value.hint
        assert error.value.rule == "C10"


def test_C10_a_succession_is_of_one_root_alone() -> None:
    told = Succession.parse(succession().to_bytes())
    with pytest.raises(Refused, match="another root") as caught:
        told.follow(SOUTH.letter.who)
    assert caught.value.rule == "C10"
    after = told.follow(NORTH.letter.who)
    with pytest.raises(Refused, match="another root"):
        told.follow(after)


def test_C9_a_new_root_that_did_not_sign_is_refused() -> None:
    told = succession()
    with pytest.raises(Refused, match="another key"):
        Succession.parse(replace(told, blocks=(told.blocks[1], UNSIGNED)).to_bytes())
    forged = replace(told, blocks=(told.blocks[0], told.blocks[0]))
    with pytest.raises(Refused, match="another key"):
        Succession.parse(forged.to_bytes()).follow(NORTH.letter.who)


@pytest.mark.parametrize(
    ("fields", "why"),
    [
        ({1: 2}, "version"),
        ({1: True}, "version"),
        ({2: bytes(21)}, "'s fingerprint is"),
        ({3: [bytes(32)]}, "'s root is"),
        ({3: [bytes(32), bytes(1952)]}, "public key"),
        ({4: None}, "next root commit"),
        ({5: " "}, "'s reason: "),
        ({6: True}, "'s date is"),
        ({6: -1}, "'s date is"),
        ({7: 0}, "fields"),
    ],
)
def test_C9_a_succession_of_another_form_is_refused(fields: dict[int, object], why: str) -> None:
    with pytest.raises(Malformed, match=why) as caught:
        Succession.parse(said_otherwise(succession(), fields))
    assert caught.value.rule in ("C9", "I2")  # I2 where a key is none
    with pytest.raises(Malformed, match="last block") as caught:
        Succession.parse(replace(succession(), blocks=(succession().blocks[0], b"")).to_bytes())
    assert caught.value.rule == "C9"


def test_C12_two_heirs_contradict_each_other() -> None:
    told = succession()
    assert told.contradicts(succession(heir(after="another root after")))
    assert told.contradicts(succession(PartyRoot("North", seed("thief"), bytes(32))))
    assert not told.contradicts(succession(old=None, reason="Lost."))
    south = Succession.make(SOUTH.letter.who, heir("South"), None, "Lost.", MADE)
    assert told.contradicts(south) is False
