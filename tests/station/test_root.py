"""The root's folder: a passphrase opens it, and it knows what it has signed."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest

from parley.core.agreement import Paper
from parley.core.errors import Malformed, Misused, Refused, Unavailable
from parley.core.identity import ROOT, Letter, commit_to
from parley.core.keys import SigningKey
from parley.core.wire import decode, encode
from parley.station.founding import begin, check_languages, finish, requested
from parley.station.machine.carried import ANSWER, carry
from parley.station.machine.folder import make_keys, write_whole
from parley.station.parties.root import NEXT_NAME, Answer, Request, RootFolder, open_key
from tests.core.parties import agreement
from tests.core.parties import party as known
from tests.station.founded import CHEAP, NOW, PASSPHRASE, found, make_root


@pytest.fixture
def root(tmp_path: Path) -> RootFolder:
    return make_root(tmp_path / "root", "North")


REQUEST = Request.of("North watch", make_keys(os.urandom), ["en"], ["tcp 192.0.2.1:4000"])


def test_the_passphrase_opens_the_root_and_nothing_else_does(root: RootFolder) -> None:
    assert root.unlock(PASSPHRASE).party == root.party
    assert RootFolder(root.path).party == root.party
    for wrong in ["", PASSPHRASE.upper(), PASSPHRASE + " "]:
        with pytest.raises(Refused, match="does not open"):
            root.unlock(wrong)


def test_two_ways_of_typing_one_letter_are_one(tmp_path: Path) -> None:
    RootFolder.make(tmp_path / "root", "North", "Schlüsselwörter\u0301", os.urandom, CHEAP)
    RootFolder(tmp_path / "root").unlock("Schlu\u0308sselwo\u0308rter\u0301")


def test_no_file_holds_a_key_in_the_clear(root: RootFolder) -> None:
    seed = root.unlock(PASSPHRASE).key.seed
    for file in root.path.iterdir():
        content = file.read_bytes()
        assert file.stat().st_mode & 0o077 == 0
        for half in (seed[:32], seed[32:]):
            assert half not in content
            assert half.hex().encode() not in content


def test_I4_the_next_root_lies_beside_it_to_be_carried_away(root: RootFolder) -> None:
    seed = open_key(root.path / "next-root.key", "North", NEXT_NAME, PASSPHRASE)
    successor = SigningKey(ROOT, seed, root=True).public
    assert root.party.next_root_commit == commit_to(successor)
    (root.path / "next-root.key").rename(root.path.parent / "elsewhere.key")
    root.unlock(PASSPHRASE)


def test_one_key_does_not_pass_for_the_other(root: RootFolder) -> None:
    (root.path / "next-root.key").replace(root.path / "root.key")
    with pytest.raises(Refused, match="does not open"):
        root.unlock(PASSPHRASE)


def test_a_root_is_never_made_over_another(root: RootFolder) -> None:
    with pytest.raises(Refused, match="already"):
        make_root(root.path, "North")


def test_a_short_passphrase_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="at least 10"):
        RootFolder.make(tmp_path / "root", "North", "too short", os.urandom, CHEAP)
    with pytest.raises(Misused, match="party"):
        RootFolder.make(tmp_path / "root", "", PASSPHRASE, os.urandom, CHEAP)
    assert not (tmp_path / "root").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "parley root key 2"),
        ("scrypt_n", 3),
        ("scrypt_n", 1 << 30),
        ("scrypt_n", "2"),
        ("salt", "00"),
        ("sealed", "zz"),
        ("nonce", None),
    ],
)
def test_a_damaged_key_file_is_told(root: RootFolder, name: str, value: object) -> None:
    file = root.path / "root.key"
    write_whole(file, json.dumps({**json.loads(file.read_bytes()), name: value}).encode())
    with pytest.raises(Unavailable, match="not a whole key file"):
        root.unlock(PASSPHRASE)


def test_keys_of_another_root_are_refused(root: RootFolder, tmp_path: Path) -> None:
    other = make_root(tmp_path / "other", "North")
    (other.path / "root.key").replace(root.path / "root.key")
    with pytest.raises(Unavailable, match="not those of"):
        root.unlock(PASSPHRASE)


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b'{"format": "parley root 2"}'])
def test_a_damaged_folder_is_told(root: RootFolder, content: bytes) -> None:
    write_whole(root.path / "root.json", content)
    with pytest.raises(Unavailable, match="damaged"):
        RootFolder(root.path)


def test_a_folder_without_a_root_says_how_one_is_made(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(Unavailable, match="no root in") as error:
        RootFolder(tmp_path)
    assert "parley root new" in error.value.hint


# --- certifying stations


def test_a_request_comes_back(tmp_path: Path) -> None:
    assert Request.parse(REQUEST.to_bytes()) == REQUEST
    assert len(REQUEST.number.replace(" ", "")) == 16
    begun = begin(tmp_path / "north", "North watch", ["en", "ru"])
    assert requested(tmp_path / "north") == begun


@pytest.mark.parametrize(("key", "value"), [(1, 2), (2, ""), (3, []), (6, ["x y"]), (7, ["a"] * 9)])
def test_a_request_of_another_form_is_refused(key: int, value: object) -> None:
    with pytest.raises(Malformed):
        Request.parse(encode({**decode(REQUEST.to_bytes()), key: value}))
    with pytest.raises(Misused):
        Request.of("North\nwatch", make_keys(os.urandom), ["en"], [])
    with pytest.raises(Misused, match="language"):
        Request.of("North watch", make_keys(os.urandom), ["English"], [])


def test_serials_rise_with_each_certificate(root: RootFolder) -> None:
    unlocked = root.unlock(PASSPHRASE)
    for _ in range(3):
        root.certify(REQUEST, unlocked, NOW)
    assert [line["serial"] for line in root.signed()] == [1, 2, 3]
    assert all(line["station"] == "North watch" for line in root.signed())


def test_an_answer_makes_the_letter(tmp_path: Path) -> None:
    north = found(tmp_path / "north", "North", name="Watch room", languages=["en", "ru"])
    letter = north.letter
    assert (letter.party, letter.certificate.name, letter.languages) == (
        "North",
        "Watch room",
        ("en", "ru"),
    )
    assert letter.certificate.serial == 1
    assert letter.digits == north.root.party.digits
    assert not (north.folder / "request.parley").exists()


def test_an_answer_for_other_keys_is_refused(tmp_path: Path, root: RootFolder) -> None:
    begin(tmp_path / "north", "North watch", ["en"])
    begin(tmp_path / "second", "North watch", ["en"])
    unlocked = root.unlock(PASSPHRASE)
    other = root.certify(requested(tmp_path / "second"), unlocked, NOW)
    with pytest.raises(Refused, match="does not certify this station"):
        finish(tmp_path / "north", carry(ANSWER, other.to_bytes()))
    mixed = replace(
        requested(tmp_path / "north"),
        keys=(requested(tmp_path / "north").keys[0], *REQUEST.keys[1:]),
    )
    with pytest.raises(Refused, match="other keys"):
        finish(tmp_path / "north", carry(ANSWER, root.certify(mixed, unlocked, NOW).to_bytes()))
    renamed = replace(requested(tmp_path / "north"), station="Another room")
    with pytest.raises(Refused, match="another request"):
        finish(tmp_path / "north", carry(ANSWER, root.certify(renamed, unlocked, NOW).to_bytes()))
    with pytest.raises(Malformed):
        Answer.parse(encode({1: 2, 2: b"", 3: b""}))


def test_a_station_is_finished_once(tmp_path: Path) -> None:
    north = found(tmp_path / "north", "North")
    answer = north.root.certify(REQUEST, north.root.unlock(PASSPHRASE), NOW)
    with pytest.raises(Refused, match="has its letter"):
        finish(north.folder, carry(ANSWER, answer.to_bytes()))
    with pytest.raises(Refused, match="already"):
        begin(north.folder, "North watch", ["en"])
    assert Letter.parse(north.letter.raw) == north.home().letter


def test_a_station_whose_words_do_not_fit_leaves_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Misused):
        begin(tmp_path / "north", "North watch", ["English"])
    with pytest.raises(Misused):
        begin(tmp_path / "north", "North watch", ["en"], settings={"console": {"port": 70_000}})
    assert not (tmp_path / "north").exists()
    assert check_languages(" en, zh-Hans,") == ["en", "zh-Hans"]
    with pytest.raises(Misused):
        check_languages(" ,")


# --- signing agreements


def test_I17_a_root_signs_a_line_and_incarnation_in_one_form_only(root: RootFolder) -> None:
    unlocked = root.unlock(PASSPHRASE)
    third = known("South")
    ours = root.party.fingerprint
    pair = sorted((ours, third.letter.fingerprint))
    made = agreement(
        known("North"),
        third,
        fingerprints=tuple(pair),
        parties=("North", "South") if pair[0] == ours else ("South", "North"),
    )
    signed = root.sign(Paper(made), unlocked, NOW)
    assert signed.signed(made.side_of(ours))
    root.sign(Paper(made), unlocked, NOW)  # the same again, after a file was lost
    with pytest.raises(Refused, match="another agreement for the line Blue Line"):
        root.sign(Paper(replace(made, heartbeat_s=11)), unlocked, NOW)
    root.sign(Paper(replace(made, nonce=bytes(32))), unlocked, NOW)
    root.sign(Paper(replace(made, inc=2)), unlocked, NOW)
    with pytest.raises(Refused, match="incarnation 2"):
        root.sign(Paper(replace(made, inc=1, heartbeat_s=11)), unlocked, NOW)
    assert [line["kind"] for line in root.signed()] == ["agreement"] * 4


def test_a_root_signs_only_for_its_own_party(root: RootFolder) -> None:
    with pytest.raises(Refused, match="two other parties"):
        root.sign(Paper(agreement(known("East"), known("West"))), root.unlock(PASSPHRASE), NOW)


def test_a_root_that_does_not_know_what_it_signed_signs_nothing(root: RootFolder) -> None:
    write_whole(root.path / "signed.jsonl", b"{half of a li")
    with pytest.raises(Unavailable, match="damaged"):
        root.certify(REQUEST, root.unlock(PASSPHRASE), NOW)


def test_a_station_whose_making_was_cut_off_is_made_again(tmp_path: Path) -> None:
    folder, root = tmp_path / "north", make_root(tmp_path / "root", "North")
    begin(folder, "North watch", ["en"])
    (folder / "keys" / "cosigner.key").unlink()  # the power failed before the last key
    request = begin(folder, "North watch", ["en"])
    answer = carry(ANSWER, root.certify(request, root.unlock(PASSPHRASE), NOW).to_bytes())
    write_whole(folder / "letter.parley", b"")  # and here before the operator was taken on
    finish(folder, answer)
    assert (folder / "tokens" / "operator.token").exists()
