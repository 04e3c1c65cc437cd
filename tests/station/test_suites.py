"""A line of suite 2, from the proposal to a message that both have signed for."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from parley.core.agreement import Paper
from parley.core.errors import Refused
from parley.core.suites import SUITE_1, SUITE_2
from parley.core.wire import decode
from parley.evidence import audit, proof
from parley.station.founding import begin, finish
from parley.station.line.clauses import cautions, render
from parley.station.machine.carried import ANSWER, carry
from parley.station.parties import root as module
from parley.station.parties.root import Request, RootFolder
from tests.playbook import Post, two_stations
from tests.station.founded import (
    NOW,
    PASSPHRASE,
    Founded,
    agreed,
    copied,
    found,
    introduce,
    introduced,
    make_root,
)
from tests.station.test_introductions import propose, read, sign


@contextmanager
def of_an_earlier_build() -> Iterator[None]:
    """Requests as a station made them that knew one suite only."""
    made = Request.of

    def bare(*given: Any) -> Request:
        return replace(made(*given), mldsa87=())

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.Request, "of", bare)
        yield


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Founded, Founded]:
    return copied(introduced, tmp_path)


def test_U3_a_new_station_has_the_keys_of_both_suites(pair: tuple[Founded, Founded]) -> None:
    for station in pair:
        keys = station.home().keys
        certificate = station.letter.certificate
        for suite in (SUITE_1, SUITE_2):
            assert keys.of(suite).publics == certificate.keys(suite)


def test_a_line_of_suite_2_is_proposed_read_signed_and_opened(
    pair: tuple[Founded, Founded],
) -> None:
    north, south = pair
    proposal = north.does("agree.propose", party="South", terms={"suite": 2})
    assert proposal["suite"] == 2
    assert "suite 2: ML-KEM-1024 with P-384, Ed25519 with ML-DSA-87" in " ".join(
        proposal["text"].split()
    )
    whole = agreed(north, south, suite=2)
    for station in pair:
        assert station.does("agree.accept", agreement=whole)["name"]
        with station.at_work() as at_work:
            (line,) = at_work.station.lines
            assert line.agreed.terms.suite is SUITE_2
        (listed,) = [
            each for each in station.does("agree.list")["agreements"] if each["state"] == "open"
        ]
        assert listed["suite"] == 2


def test_U1_a_number_that_nobody_knows_cannot_be_proposed(pair: tuple[Founded, Founded]) -> None:
    with pytest.raises(Refused, match="no suite 3") as caught:
        propose(pair[0], suite=3)
    assert caught.value.rule == "U1"


@pytest.mark.parametrize("older", ["North", "South"])
def test_U3_a_station_without_keys_of_suite_2_is_named(tmp_path: Path, older: str) -> None:
    stations = []
    for name in ("North", "South"):
        if name == older:
            with of_an_earlier_build():
                stations.append(found(tmp_path / name, name))
        else:
            stations.append(found(tmp_path / name, name))
    north, south = stations
    introduce(north, south)
    with pytest.raises(Refused, match=f"the station of {older} has no keys of suite 2") as caught:
        propose(north, suite=2)
    assert "new letter" in caught.value.hint
    assert north.does("agree.list") == {"agreements": []}
    south.does("agree.accept", agreement=agreed(north, south))  # suite 1, as ever


def test_U3_an_answer_that_certifies_other_keys_of_suite_2_is_refused(tmp_path: Path) -> None:
    root = make_root(tmp_path / "root", "North")
    asked = begin(tmp_path / "north", "North watch", ["en"])
    other = begin(tmp_path / "other", "North watch", ["en"])
    for wrong in (other.mldsa87, ()):
        answer = root.certify(replace(asked, mldsa87=wrong), root.unlock(PASSPHRASE), NOW)
        if wrong:
            with pytest.raises(Refused, match="other keys"):
                finish(tmp_path / "north", carry(ANSWER, answer.to_bytes()))
        else:  # a root of an earlier build knows nothing of them
            letter = finish(tmp_path / "north", carry(ANSWER, answer.to_bytes()))
            assert letter.certificate.mldsa87 == ()


def test_U3_a_request_of_an_earlier_build_is_certified_as_before(tmp_path: Path) -> None:
    root = make_root(tmp_path / "root", "North")
    with of_an_earlier_build():
        asked = begin(tmp_path / "north", "North watch", ["en"])
    assert list(decode(asked.to_bytes())) == list(range(1, 8))
    assert Request.parse(asked.to_bytes()) == asked
    answer = root.certify(asked, root.unlock(PASSPHRASE), NOW)
    letter = finish(tmp_path / "north", carry(ANSWER, answer.to_bytes()))
    assert letter.certificate.mldsa87 == ()


def _renewed(post: Post) -> bool:
    return bool(min(post.line()["epochs"].values()) > 0)


def _agrees(post: Post) -> bool:
    return bool(post.line()["records_agree"])


@pytest.mark.story
def test_a_message_passes_from_hand_to_hand_on_a_line_of_suite_2(tmp_path: Path) -> None:
    """Over TCP between two stations, with fresh keys; both export one record with one proof."""
    with two_stations(tmp_path, suite=2) as (north, south):
        n = north.sends("Ceasefire at 0600Z on 3 May.", "FLASH")
        assert south.hears(n)["text"] == "Ceasefire at 0600Z on 3 May."
        south.watch.asks("open", n=n)
        north.watch.asks("line.renew")
        for post in (north, south):
            post.until(partial(_renewed, post))
        answer = south.sends("Understood.", "FLASH", answers=n)
        assert north.hears(answer)["answers"] == n
        for post in (north, south):
            post.until(partial(_agrees, post))
            assert post.line()["healed_against_quantum"]
            assert post.line()["suite"] == {
                "number": 2,
                "words": "ML-KEM-1024 with P-384, Ed25519 with ML-DSA-87",
            }
        assert north.reads(n, "ours")["attribution"] == "cosigned"
        records = [post.auditor.asks("export")["evidence"].encode() for post in (north, south)]
        reports = [audit.verify(io.BytesIO(each), all_signatures=True) for each in records]
        assert reports[0].roots == reports[1].roots
        shown = north.auditor.asks("prove", n=n, dir="ours")["proof"].encode()
        assert proof.verify(io.BytesIO(shown)).words == "Ceasefire at 0600Z on 3 May."


# --- no way down unseen


def test_U7_other_terms_of_a_weaker_suite_ask_for_a_word(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    asked = propose(north, suite=2)
    amended = south.does("agree.propose", amends=asked, terms={"suite": 1})
    shown = north.does("agree.show", agreement=amended["agreement"])
    assert {each["word"] for each in shown["cautions"]} == {"WITHOUT", "WEAKER"}
    assert any("Encryption" in each and "ML-DSA-44" in each for each in shown["differences"])
    with pytest.raises(Refused, match="is weaker than suite 2") as caught:
        sign(north, amended["agreement"])
    assert "WEAKER" in caught.value.hint
    words = ["WITHOUT", "WEAKER"]
    ready = north.does("agree.sign", agreement=amended["agreement"], words=words)
    assert read(ready["agreement"]).agreement.suite == 1
    # South named the weaker suite itself, and never held a proposal of the stronger one.
    assert sign(south, north.signs(ready["agreement"]))


def test_U7_so_does_a_later_line_at_the_same_level(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    whole = agreed(north, south, suite=2)
    for station in pair:
        station.does("agree.accept", agreement=whole)
    lower = north.does("agree.propose", party="South", terms={"name": "Second"})
    assert [each["word"] for each in lower["cautions"]] == ["WITHOUT", "WEAKER"]
    other_level = north.does(
        "agree.propose", party="South", terms={"name": "Third", "level": "leaders"}
    )
    assert [each["word"] for each in other_level["cautions"]] == ["WITHOUT"]
    same = north.does("agree.propose", party="South", terms={"name": "Fourth", "suite": 2})
    assert [each["word"] for each in same["cautions"]] == ["WITHOUT"]


def test_U7_so_does_an_agreement_that_replaces_a_stronger_one(
    pair: tuple[Founded, Founded],
) -> None:
    north, south = pair
    whole = agreed(north, south, suite=2, name="Blue")
    for station in pair:
        station.does("agree.accept", agreement=whole)
    same = north.does("agree.propose", replaces="Blue", terms={})
    assert (same["suite"], [each["word"] for each in same["cautions"]]) == (2, ["WITHOUT"])
    lower = north.does("agree.propose", replaces="Blue", terms={"suite": 1})
    assert [each["word"] for each in lower["cautions"]] == ["WITHOUT", "WEAKER"]


def test_U7_the_root_remembers_what_it_signed(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    strong = read(agreed(north, south, suite=2)).agreement
    root = RootFolder(north.root.path)
    weak = replace(strong, suite=1, nonce=bytes(32))
    assert root.suite_before(weak) == 2
    assert [each.word for each in cautions(weak, 2)] == ["WITHOUT", "WEAKER"]
    assert root.suite_before(replace(weak, level="leaders")) == 1
    assert make_root(root.path.with_name("new"), "North").suite_before(weak) == 1
    assert "ML-DSA-44" in render(weak)


def test_U7_a_root_of_an_earlier_build_noted_no_suite(pair: tuple[Founded, Founded]) -> None:
    north, south = pair
    whole = read(agreed(north, south)).agreement
    file = north.root.path / "signed.jsonl"
    lines = [
        line.split(', "suite"')[0].rstrip("}\n") + "}" for line in file.read_text().split("\n")
    ]
    file.write_text("\n".join(line for line in lines if line != "}") + "\n")
    assert north.root.suite_before(whole) == 1
    again = Paper(whole)
    assert north.root.sign(again, north.root.unlock(PASSPHRASE), NOW).signed(
        whole.parties.index("North")
    )
