"""Two things that one station signed: what the file says, and that every byte of it counts."""

from __future__ import annotations

import io
import random
from dataclasses import replace
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core import agreement as agreeing
from parley.core.keys import SigningKey, hybrid, sha256
from parley.core.record import Tree
from parley.core.resuming import terms_after
from parley.core.seal import open_info
from parley.core.wire import Reader, decode, encode, uvar
from parley.evidence import contradiction
from parley.evidence.contradiction import (
    Contradiction,
    Two,
    TwoOpens,
    TwoResumes,
    check_consistent,
)
from parley.evidence.sections import Documents, NotWhole
from parley.station.texts.contradicting import consistency
from tests.evidence.contradicted import (
    ANOTHER,
    LIAR,
    asked,
    documents,
    of_each_kind,
    opened,
    root,
    shown,
    sides,
    signed,
    terms,
    two_heads,
)
from tests.places import places, some_or_all

TWOS = cache(of_each_kind)
KINDS = pytest.mark.parametrize("kind", range(3), ids=["heads", "opens", "resumes"])


def verify(text: str | bytes) -> Contradiction:
    return contradiction.verify(io.BytesIO(text.encode() if isinstance(text, str) else text))


def refused(two: Two, why: str, documents_: Documents | None = None, side: int = LIAR) -> None:
    with pytest.raises(NotWhole, match=why):
        Contradiction(documents_ or documents(), side, two).check()


@KINDS
def test_Z1_a_contradiction_is_read_back(kind: int) -> None:
    given = shown(TWOS()[kind])
    read = verify(given.check().text())
    assert read == given
    assert read.text() == given.text()
    assert read.signer == sides()[LIAR].letter.party
    assert read.inc == (3 if kind == 2 else 1)


@KINDS
def test_Z1_it_opens_with_who_signed_what(kind: int) -> None:
    two = TWOS()[kind]
    opening, _, rest = shown(two).text().partition("\n--- agreement\n")
    assert opening.startswith("Parley contradiction, version 1\n")
    assert max(map(len, opening.splitlines())) <= 100
    for words in (f"both by {sides()[LIAR].letter.party} (B)", two.title, f"its {two.key} key"):
        assert words in opening
    for letter in documents().letters:
        assert letter.digits in opening
    for line in two.in_words().splitlines():
        assert line in opening
    assert rest.partition("\n--- contradiction\n")[2].startswith(f"{two.name} B\nfirst ")


def test_Z1_the_first_stands_first() -> None:
    heads, opens, resumes = (shown(two) for two in TWOS())
    text = heads.text()
    assert f"\nFirst     5 entries, root {ANOTHER.hex()}\nSecond    13 entries, root " in text
    assert f"{root(13).hex()};\n          the first 5 of them have {root(5).hex()}\n" in text
    assert "letter B certifies the log key under" in text
    for pair in (opens, resumes):
        assert isinstance(pair.two, TwoOpens | TwoResumes)
        first, second = pair.two.first, pair.two.second
        assert f"\nFirst     {len(first)} bytes, SHA-256 {sha256(first).hex()}\n" in pair.text()
        assert f"\nSecond    {len(second)} bytes, SHA-256 {sha256(second).hex()}\n" in pair.text()
        assert "letter B certifies the station key under" in pair.text()
    assert "\nBegins    incarnation 3\nFirst " in resumes.text()


@KINDS
@some_or_all(80)
def test_Z5_any_byte_changed_is_refused(kind: int, step: int) -> None:
    text = shown(TWOS()[kind]).text().encode()
    begin = text.index(b"\n--- contradiction\n")
    chance = random.Random(5)
    for at in (*places(len(text), step, begin), *range(0, begin, 1499)):
        changed = bytearray(text)
        changed[at] ^= chance.randrange(1, 256)
        with pytest.raises(NotWhole):
            verify(bytes(changed))


@KINDS
def test_Z5_no_byte_may_lack_or_follow(kind: int) -> None:
    text = shown(TWOS()[kind]).text()
    for bad in (text[:-1], text + "\n", text.replace("\n--- contradiction\n", "\n--- other\n")):
        with pytest.raises(NotWhole):
            verify(bad)


@KINDS
def test_Z1_the_keys_of_the_other_side_did_not_sign_it(kind: int) -> None:
    refused(TWOS()[kind], ".", side=0)


def test_Z1_the_preamble_says_what_the_file_shows() -> None:
    text = shown(two_heads()).text()
    with pytest.raises(NotWhole, match="preamble"):
        verify(text.replace("two heads of one log", "two heads of a log"))


# --- two heads


@pytest.mark.parametrize("later", [1, 2, 3, 4, 7, 8, 13, 16, 30])
def test_Z2_any_two_sizes(later: int) -> None:
    for size in range(1, later + 1):
        verify(shown(two_heads(size, later)).check().text())


@given(st.integers(1, 70), st.integers(0, 70))
def test_Z2_the_way_leads_from_every_size_to_every_later_one(size: int, more: int) -> None:
    hashes = [sha256(bytes([n])) for n in range(size + more)]
    small, large = Tree(), Tree()
    small.grow(*hashes[:size])
    large.grow(*hashes)
    way = consistency(hashes, size)
    check_consistent(size, small.fold(), size + more, large.fold(), way)
    wrong = [(ANOTHER, large.fold(), way), (small.fold(), ANOTHER, way)]
    wrong += [(small.fold(), large.fold(), [*way, ANOTHER])]
    wrong += [(small.fold(), large.fold(), way[:-1])] if way else []
    for begins, ends, path in wrong:
        with pytest.raises(NotWhole, match="do not lead"):
            check_consistent(size, begins, size + more, ends, path)


def test_Z2_the_second_may_not_be_the_shorter() -> None:
    with pytest.raises(NotWhole, match="do not lead"):
        check_consistent(4, root(4), 3, root(3), [])
    with pytest.raises(NotWhole, match="do not lead"):
        check_consistent(4, root(4), 8, root(8), [])


def test_Z2_what_the_second_holds_is_shown_by_its_way() -> None:
    for other in (replace(two_heads(), held=bytes(32)), replace(two_heads(), path=())):
        refused(other, "do not lead")


def test_Z2_no_hash_is_too_few_or_too_many() -> None:
    """Each of these would come out at the two roots, or at no answer, if it were followed."""
    two, three, four = sha256(b"two"), sha256(b"three"), sha256(b"four")
    root3, root4 = node(two, three), node(two, node(three, four))
    check_consistent(3, root3, 4, root4, [three, four, two])
    wrong: list[tuple[int, bytes, int, bytes, list[bytes]]] = [
        (3, root3, 4, root4, []),
        (3, root3, 3, root3, [three, two]),
        (4, root4, 3, root3, [three, four, two]),
        (3, node(ANOTHER, root3), 4, node(ANOTHER, root4), [three, four, two, ANOTHER]),
    ]
    for each in wrong:
        with pytest.raises(NotWhole, match="contradiction: the hashes do not lead"):
            check_consistent(*each)


def node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right)


def test_Z2_heads_of_one_history_contradict_nothing() -> None:
    true = replace(two_heads(), root=root(5), block=signed(5, root(5)))
    refused(true, "of one history")


@pytest.mark.parametrize("cut", [1, 31])
def test_Z2_two_honest_heads_cannot_be_cut_elsewhere(cut: int) -> None:
    """31 bytes beside 33 are hashed as 32 beside 32 are, and would make another `held` of them."""
    honest = replace(two_heads(4, 8), root=root(4), block=signed(4, root(4)))
    joined = honest.held + honest.path[0]
    for at in (32 - cut, 32 + cut):
        forged = replace(honest, held=joined[:at], path=(joined[at:], *honest.path[1:]))
        refused(forged, "do not lead")
        with pytest.raises(NotWhole):
            verify(shown(forged).text())


def test_Z2_both_signatures_stand() -> None:
    other = SigningKey("another", bytes(64))
    stranger = replace(terms(LIAR).our_keys, log=other.named(terms(LIAR).our_keys.log.public.name))
    two = two_heads()
    refused(replace(two, block=signed(5, ANOTHER, keys=stranger)), "first head")
    refused(replace(two, later_block=signed(13, root(13), keys=stranger)), "second head")
    refused(replace(two, block=signed(5, ANOTHER, inc=2)), "first head")
    refused(replace(two, later_block=signed(13, root(12))), "second head")


def test_Z2_heads_of_a_deniable_line_are_signed_by_nobody() -> None:
    agreement = replace(documents().agreement, policy=agreeing.DENIABLE)
    refused(two_heads(), "H4", replace(documents(), agreement=agreement))


# --- two openings


def test_Z3_openings_that_say_the_same_contradict_nothing() -> None:
    """ML-DSA signs at random, so a true station's OPEN may bear two signatures."""
    once = opened(1)
    packet = Reader(once)
    document = packet.take(packet.uvar())
    sealed, prekeys = decode(document)[5:7]
    of = terms(LIAR)
    info0 = open_info(of.line_id, of.inc, LIAR, of.h_agr, of.their_prekey)
    message = b"pl1 open" + info0 + sealed + sha256(encode(prekeys))
    again = uvar(len(document)) + document + of.our_keys.station.block(hybrid(message))
    assert again != once
    refused(TwoOpens(once, again), "say the same")


def test_Z3_what_nobody_signed_contradicts_nothing() -> None:
    """The key confirmation of an OPEN is under no signature: a relay could change it."""
    once = opened(1)
    refused(TwoOpens(once, changed(once, at=7, to=bytes(16))), "say the same")


def changed(frame: bytes, *, at: int, to: object) -> bytes:
    """An OPEN with one field of its document changed; its signatures as they were."""
    packet = Reader(frame)
    value = decode(packet.take(packet.uvar()))
    value[at] = to
    document = encode(value)
    return uvar(len(document)) + document + packet.rest()


@pytest.mark.parametrize(
    ("at", "to"),
    [(0, 2), (1, bytes(16)), (2, 2), (3, 0), (4, bytes(32)), (5, 7), (6, 7), (7, 7)],
)
def test_Z3_an_opening_of_anything_else_is_refused(at: int, to: object) -> None:
    refused(TwoOpens(opened(1), changed(opened(2), at=at, to=to)), "second OPEN.*no OPEN of this")


def test_Z3_both_signatures_stand() -> None:
    sealed = decode(opened(1)[2:][: Reader(opened(1)).uvar()])[5]
    refused(TwoOpens(changed(opened(1), at=6, to=[]), opened(2)), "first OPEN")
    refused(TwoOpens(opened(1), changed(opened(2), at=5, to=sealed)), "second OPEN")
    refused(TwoOpens(opened(1), opened(2) + b"\x00"), "second OPEN")
    refused(TwoOpens(b"", opened(2)), "first OPEN")


def test_Z3_openings_of_a_later_incarnation() -> None:
    """Its OPENs are bound to both RESUMEs, and sealed to the prekey of the other side's."""
    both = (asked(2, "ours", 0), asked(2, "theirs", 1))
    later = Documents.read(*documents().raw, *both)
    assert later.resumes is not None
    of = terms_after(terms(LIAR), later.resumes[LIAR], later.resumes[1 - LIAR])
    two = TwoOpens(opened(1, of=of), opened(2, of=of))
    given = Contradiction(later, LIAR, two).check()
    assert verify(given.text()).inc == 2
    refused(two, "first OPEN")
    refused(TwoOpens(opened(1), opened(2)), "first OPEN", later)


# --- two RESUMEs


def test_Z4_resumes_of_two_incarnations_contradict_nothing() -> None:
    refused(TwoResumes(asked(3, "one"), asked(4, "one")), "different incarnations")
    refused(TwoResumes(asked(3, "one"), asked(3, "one")), "say the same")


def test_Z4_both_signatures_stand() -> None:
    one, other = asked(3, "one"), asked(3, "other")
    refused(TwoResumes(one[:-1] + b"\x00\x00", other), "first RESUME")
    refused(TwoResumes(one, other[:-1]), "second RESUME")
    refused(TwoResumes(one, asked(3, "other", side=0)), "second RESUME")
