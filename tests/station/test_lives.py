"""Two stations that serve: a line is stopped, goes on, is replaced while it is up, and revoked."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.core.agreement import Paper
from parley.core.errors import Halted
from parley.station.founding import set_up
from parley.station.machine.carried import ANSWER, carry
from parley.station.parties.heirs import revoke
from parley.station.parties.replacing import begin, finish
from parley.station.parties.root import RootFolder
from tests.playbook import PASSPHRASE, Post, found, two_stations
from tests.station.founded import packed
from tests.station.succeeding import read


@pytest.fixture
def stations(tmp_path: Path) -> Iterator[tuple[Post, Post]]:
    for name in ("north-root", "south-root"):  # what they sign here, they sign for this test alone
        shutil.copytree(found({}) / name, tmp_path / name)
    with two_stations(tmp_path) as posts:
        yield posts


def root_of(post: Post) -> RootFolder:
    return RootFolder(post.folder.with_name(f"{post.folder.name}-root"))


def signed(post: Post, agreement: str) -> str:
    root = root_of(post)
    paper: Paper = root.sign(read(agreement), root.unlock(PASSPHRASE), int(time.time()))
    return packed(paper.to_bytes())


def test_C13_a_stopped_line_neither_speaks_nor_hears_until_people_let_it(
    stations: tuple[Post, Post],
) -> None:
    north, south = stations
    south.hears(north.sends("Before."))
    size = south.line()["their_size"]
    south.watch.asks("line.stop", reason="The voice on the call was wrong.")
    view = south.line()
    assert (view["declared"], view["bearers"]) == ("stopped", [])
    draft = north.drafts("Meanwhile.")
    north.releases(draft)
    with pytest.raises(Halted, match="the call was wrong"):
        south.drafts("Not now.")
    # North is told nothing: it hears silence, however its calls are answered.
    north.clock.skip(60)
    north.until(lambda: north.line()["observed"] == "silent")
    assert south.line()["their_size"] == size
    south.operator.asks("line.undo", reason="They called back; it was a bad line.")
    south.until(lambda: south.line()["their_size"] > size)
    assert south.line()["declared"] == "open"
    north.until(lambda: north.line()["receipted"] == north.line()["our_size"])


def test_C2_C3_keys_are_replaced_and_the_line_opens_anew_while_the_other_serves(
    stations: tuple[Post, Post],
) -> None:
    north, south = stations
    south.hears(north.sends("Under the old keys."))
    request = begin(north.folder)  # while it serves
    north.stops()
    root = root_of(north)
    answer = root.certify(request, root.unlock(PASSPHRASE), int(time.time()))
    with set_up(north.folder) as station:
        letter = finish(station, carry(ANSWER, answer.to_bytes()))
    north.starts()
    north.is_in_service()  # the line goes on with the keys it was agreed with
    south.hears(north.sends("Under the old keys still."))
    south.operator.asks("accept", letter=packed(letter.raw))
    name = south.line()["name"]
    proposal = south.operator.asks("agree.propose", replaces=name, terms={})["agreement"]
    words = ["WITHOUT"]
    ready = north.operator.asks("agree.sign", agreement=proposal, words=words)["agreement"]
    half = signed(north, ready)
    back = south.operator.asks("agree.sign", agreement=half, words=words)["agreement"]
    whole = signed(south, back)
    told = south.operator.asks("agree.accept", agreement=whole)["replaced"]
    assert len(told["unacknowledged"]) == 2
    assert south.line()["inc"] == 2
    north.operator.asks("agree.accept", agreement=whole)
    for each in (north, south):
        each.is_in_service()
    n = north.sends("Under the new keys.")
    south.hears(n)
    assert north.line()["certificates"]["ours"]["serial"] == letter.certificate.serial
    (over,) = south.operator.asks("status")["earlier"]
    for each in (north, south):
        record = each.auditor.asks("record", line=over["read_it_as"])
        texts = [entry["text"] for entry in record["entries"] if entry["kind"] == "text"]
        assert texts == ["Under the old keys.", "Under the old keys still."]
    # A restart finds both lives where they were.
    south.stops()
    south.starts()
    south.is_in_service()
    assert south.operator.asks("status")["earlier"] == [over]
    north.until(lambda: north.line()["path_up"])
    north.says("After a restart.")
    south.until(lambda: south.line()["their_size"] == n + 2)


def test_C7_a_revoked_station_speaks_on_and_nobody_hears(stations: tuple[Post, Post]) -> None:
    north, south = stations
    south.hears(north.sends("Before."))
    root = root_of(north)
    upto = max(each.get("serial", 0) for each in root.signed())
    paper = revoke(root, root.unlock(PASSPHRASE), upto, "Stolen.", int(time.time()))
    size = south.line()["their_size"]
    told = south.watch.asks("revocation.accept", revocation=packed(paper.to_bytes()))
    assert told["stopped"] == [south.line()["name"]]
    event = south.event("line", state="stopped")
    assert "has revoked the keys of its North watch" in event["sentence"]
    north.releases(north.drafts("From the thief.", "FLASH"))
    north.clock.skip(60)
    north.until(lambda: north.line()["observed"] == "silent")
    assert (south.line()["their_size"], south.line()["declared"]) == (size, "stopped")
    south.stops()
    south.starts()
    assert south.line()["declared"] == "stopped"
    assert south.line()["their_size"] == size
