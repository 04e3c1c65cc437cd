"""The tree is RFC 6962's, a leaf is 140 bytes, and both sides read the two logs in one order."""

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Malformed, Misused, Refused
from parley.core.keys import COSIGN_ED25519, COSIGN_MLDSA44, ED25519, SigningKey, sha256
from parley.core.record import (
    EMPTY_ROOT,
    ROOTS_REMEMBERED,
    Head,
    Leaf,
    Log,
    Tree,
    check_group,
    commitment,
    joint_key,
    key_name,
    leaf_hash,
    note_text,
    origin,
    subtree_message,
)
from parley.core.wire import Reader

LINE = bytes(range(16))
LEAF = Leaf(
    LINE,
    inc=1,
    dir=1,
    n=5,
    type=1,
    marks=0xC8,
    time=1000,
    seen=3,
    seen_root=bytes([1]) * 32,
    et=bytes([2]) * 32,
    blind=bytes([3]) * 32,
    body=b"body",
)

# The leaves and roots published with the reference implementation of RFC 6962.
PUBLISHED_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
PUBLISHED_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def naive_root(leaves: list[bytes]) -> bytes:
    """RFC 6962 section 2.1, word for word."""
    if len(leaves) < 2:
        return leaves[0] if leaves else EMPTY_ROOT
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return sha256(b"\x01" + naive_root(leaves[:half]) + naive_root(leaves[half:]))


# --- leaves


def test_R1_a_leaf_is_a_hash_over_140_bytes() -> None:
    fields = (
        b"\x01"
        + LINE
        + (1).to_bytes(4, "big")
        + b"\x01"
        + (5).to_bytes(8, "big")
        + b"\x01\xc8"
        + (1000).to_bytes(4, "big")
        + (3).to_bytes(8, "big")
        + bytes([1]) * 32
        + bytes([2]) * 32
        + hashlib.sha256(b"\x02" + bytes([3]) * 32 + b"body").digest()
    )
    assert len(fields) == 140
    assert LEAF.hash() == hashlib.sha256(b"\x00" + fields).digest()


@pytest.mark.parametrize(
    "change",
    [
        {"line_id": bytes(16)},
        {"inc": 2},
        {"dir": 0},
        {"n": 6},
        {"type": 2},
        {"marks": 0xC0},
        {"time": 1001},
        {"seen": 4},
        {"seen_root": bytes(32)},
        {"et": bytes(32)},
        {"blind": bytes(32)},
        {"body": b"bodY"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_R1_a_leaf_commits_to_every_field(change: dict[str, Any]) -> None:
    assert replace(LEAF, **change).hash() != LEAF.hash()


def test_R2_a_body_is_hidden_by_what_blinds_it() -> None:
    """The leaf can be checked by who knows only the commitment."""
    committed = commitment(LEAF.blind, LEAF.body)
    known = leaf_hash(LINE, 1, 1, 5, 1, 0xC8, 1000, 3, LEAF.seen_root, LEAF.et, committed)
    assert known == LEAF.hash()
    assert commitment(bytes(32), LEAF.body) != committed


def test_E9_a_check_group_is_six_digits_of_the_leaf() -> None:
    number = int.from_bytes(hashlib.sha256(b"pl1 check" + LEAF.hash()).digest()[:4], "big")
    assert check_group(LEAF.hash()) == str(number % 10**6).zfill(6)
    # Zeros in front are spoken too.
    groups = [check_group(at.to_bytes(32, "big")) for at in range(40)]
    assert any(group.startswith("0") for group in groups)
    assert {len(group) for group in groups} == {6}


# --- the tree


def test_R4_the_tree_is_that_of_rfc_6962() -> None:
    log = Log()
    assert [log.root.hex()] == PUBLISHED_ROOTS[:1]
    for leaf, root in zip(PUBLISHED_LEAVES, PUBLISHED_ROOTS[1:], strict=True):
        assert log.append(sha256(b"\x00" + bytes.fromhex(leaf))).hex() == root
    assert [log.root_at(size).hex() for size in range(9)] == PUBLISHED_ROOTS


def test_R4_a_tree_begins_empty_and_takes_many_leaves_at_once() -> None:
    tree = Tree()
    assert (tree.size, tree.fold(), tree.frontier) == (0, EMPTY_ROOT, [])
    tree.grow(*(sha256(b"\x00" + bytes.fromhex(leaf)) for leaf in PUBLISHED_LEAVES))
    assert (tree.size, tree.fold().hex()) == (8, PUBLISHED_ROOTS[8])


@given(st.integers(0, 70), st.integers(0, 70))
def test_R4_a_log_goes_on_from_its_frontier(before: int, after: int) -> None:
    leaves = [sha256(bytes([at])) for at in range(before + after)]
    log = Log()
    for leaf in leaves[:before]:
        log.append(leaf)
    log = Log(log.size, log.frontier)
    for leaf in leaves[before:]:
        log.append(leaf)
    assert log.root == naive_root(leaves)
    assert log.size == before + after


def test_R4_a_frontier_must_fit_its_size() -> None:
    with pytest.raises(Malformed):
        Log(3, [bytes(32)])


def test_R5_two_logs_with_one_root_hold_the_same_entries() -> None:
    ours, theirs = Log(), Log()
    for at in range(9):
        assert ours.append(sha256(bytes([at]))) == theirs.append(sha256(bytes([at])))
    assert ours.append(sha256(b"this")) != theirs.append(sha256(b"that"))
    for at in range(9):  # they never meet again
        assert ours.append(sha256(bytes([at]))) != theirs.append(sha256(bytes([at])))


def test_R5_the_past_is_asked_for_what_is_no_longer_remembered() -> None:
    asked = []

    def past(size: int) -> bytes:
        asked.append(size)
        return bytes([size % 256]) * 32

    log = Log(past=past)
    for at in range(ROOTS_REMEMBERED + 2):
        log.append(sha256(at.to_bytes(4, "big")))
    log.forget()
    assert log.root_at(0) == EMPTY_ROOT
    assert log.root_at(2) == bytes([2]) * 32
    assert log.root_at(ROOTS_REMEMBERED + 2) == log.root
    assert asked == [2]


def test_R5_so_many_roots_are_remembered_and_no_more() -> None:
    asked: list[int] = []

    def past(size: int) -> bytes:
        asked.append(size)
        return bytes(32)

    assert ROOTS_REMEMBERED == 4096
    log = Log(past=past)
    for at in range(ROOTS_REMEMBERED + 5):
        log.append(sha256(at.to_bytes(4, "big")))
        log.forget()
    for size in range(1, log.size + 1):
        log.root_at(size)
    assert asked == list(range(1, log.size - ROOTS_REMEMBERED + 1))


@pytest.mark.parametrize("size", [2, -1])
def test_there_is_no_root_of_the_future(size: int) -> None:
    log = Log()
    log.append(bytes(32))
    with pytest.raises(Misused):
        log.root_at(size)


@given(st.data())
def test_R6_the_joint_order_rises_along_what_was_seen(data: st.DataObject) -> None:
    """Two speakers with any delay between them: whoever had seen an entry comes after it."""
    sizes, seen = [0, 0], [0, 0]
    entries: list[tuple[int, int, int]] = []
    for _ in range(data.draw(st.integers(0, 30))):
        dir = data.draw(st.integers(0, 1))
        seen[dir] = data.draw(st.integers(seen[dir], sizes[1 - dir]))
        entries.append((dir, sizes[dir], seen[dir]))
        sizes[dir] += 1
    order = [(dir, n) for dir, n, _ in sorted(entries, key=lambda entry: joint_key(*entry))]
    assert len({joint_key(*entry) for entry in entries}) == len(entries)
    for dir, n, had_seen in entries:
        place = order.index((dir, n))
        assert all(order.index((1 - dir, other)) < place for other in range(had_seen))
        assert n == 0 or order.index((dir, n - 1)) < place


# --- heads


def test_R7_a_checkpoint_is_three_lines() -> None:
    assert origin(LINE, 1, 3) == f"parley.invalid/{LINE.hex()}/B/3"
    text = note_text(LINE, 0, 1, 12, bytes(32)).decode()
    root = base64.b64encode(bytes(32)).decode()
    assert text == f"parley.invalid/{LINE.hex()}/A/1\n12\n{root}\n"


LOG_KEY = SigningKey(key_name(LINE, 0, "log"), bytes(64))
COSIGNER = SigningKey(key_name(LINE, 1, "cosigner"), bytes([1]) * 64)
HEAD = Head(LINE, 1, 0, 12, bytes([9]) * 32)


def test_R8_a_log_key_signs_the_text_and_may_sign_the_tree() -> None:
    name = LOG_KEY.public.name
    required, optional = HEAD.checkpoint(LOG_KEY.public)
    assert required == (ED25519, HEAD.text)
    assert optional == (COSIGN_MLDSA44, subtree_message(name, 0, origin(LINE, 0, 1), 12, HEAD.root))
    for wanted in ([required], [required, optional]):
        found = LOG_KEY.public.check(Reader(LOG_KEY.block(wanted)), [required], [optional])
        assert len(found) == len(wanted)


def test_R9_a_cosignature_bears_a_time() -> None:
    required, optional = HEAD.cosignature(COSIGNER.public, 1_800_000_000)
    assert required[0] == COSIGN_ED25519
    assert required[1] == b"cosignature/v1\ntime 1800000000\n" + HEAD.text
    assert optional[0] == COSIGN_MLDSA44
    block = COSIGNER.block([required])
    later, _ = HEAD.cosignature(COSIGNER.public, 1_800_000_001)
    with pytest.raises(Refused):
        COSIGNER.public.check(Reader(block), [later], [optional])


def test_R9_the_subtree_message_is_that_of_c2sp() -> None:
    message = subtree_message("n", 1, "log", 2, bytes(32))
    start, size = bytes(8), (2).to_bytes(8, "big")
    time = (1).to_bytes(8, "big")
    expected = b"subtree/v1\n\x00" + b"\x01n" + time + b"\x03log" + start + size + bytes(32)
    assert message == expected
