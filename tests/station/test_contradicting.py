"""What the other side signed against itself leaves the station as a file that anybody can check."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from parley.console.app import build
from parley.core.keys import Prekey, sha256
from parley.core.opening import make_open
from parley.core.packets import Checkpoint, Kind
from parley.core.record import Head
from parley.core.resuming import End, Resume
from parley.core.speaking import OPEN, RESUME, frame
from parley.core.terms import Terms
from parley.evidence import contradiction
from parley.station.line.evidence import documents_of
from parley.station.machine.config import CONFIG_NAME, template
from parley.station.texts import contradicting
from tests.cli.terminal import Person
from tests.console.test_supplied import Seat
from tests.playbook import Post, two_stations

ANOTHER = b"\x05" * 32


def sends(liar: Post, make: Any) -> None:
    """Put a frame on the wire that is signed with this station's true keys."""

    def work() -> None:
        open_line = liar.station.lines[0]
        made = make(open_line.line.line)
        for path in open_line.paths:
            path.send_all([made])

    liar.stage.do(lambda: liar.station.in_next_step(work))


def signs(size: int, root: bytes) -> Any:
    """A CHECKPOINT of its own log, over any root."""

    def make(line: Any) -> bytes:
        terms: Terms = line.terms
        head = Head(terms.line_id, terms.inc, terms.side, size, root)
        required, _ = head.checkpoint(terms.our_keys.log.public)
        packet = Checkpoint(size, root, terms.our_keys.log.block([required]))
        sealed: bytes = line._seal_packet(Kind.CHECKPOINT, packet.to_bytes())
        return sealed

    return make


def of(post: Post, **where: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = post.auditor.asks("contradictions", **where)["contradictions"]
    return found


def checked(told: dict[str, Any]) -> contradiction.Contradiction:
    shown = contradiction.verify(io.BytesIO(told["text"].encode()))
    assert told["signer"] == shown.signer == "South"
    assert told["kind"] == shown.two.name
    return shown


def signed_upto(post: Post, size: int) -> bool:
    """Whether we hold a head of theirs that covers so many entries."""
    heads = post.station.store.heads(*post.station.lines[0].key, post.station.lines[0].theirs)
    return any(head.size >= size and head.kind == "checkpoint" for head in heads)


def test_Z2_a_head_that_contradicts_is_laid_beside_one_that_covers_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        assert of(north) == []
        for words in ("One.", "Two.", "Three."):
            n = north.hears(south.sends(words))["n"]
        north.until(lambda: signed_upto(north, n + 1))
        sends(south, signs(n, ANOTHER))
        north.until(lambda: north.line()["halted"])
        (told,) = of(north)
        two = checked(told).two
        assert isinstance(two, contradiction.TwoHeads)
        assert (two.size, two.root) == (n, ANOTHER)
        assert two.later_size >= n  # the first that covers it, and they may have signed at any time


def test_Z2_a_head_that_nothing_signed_stands_against_proves_nothing(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = north.hears(south.sends("One."))["n"]
        north.until(lambda: signed_upto(north, n + 1))
        forget = "DELETE FROM heads WHERE dir = ?"

        def forgets() -> None:
            north.station.store.sql(forget, (north.station.lines[0].theirs,))

        north.stage.do(lambda: north.station.in_next_step(forgets))
        sends(south, signs(n + 1, ANOTHER))
        north.until(lambda: north.line()["halted"])
        (told,) = of(north)
        assert (told["text"], told["signer"]) == (None, None)
        assert told["why"].startswith(f"They signed a head over {n + 1} entries that differs")
        assert "proves nothing to others" in told["why"]


def test_H8_on_a_deniable_line_no_head_contradicts_before_others(tmp_path: Path) -> None:
    with two_stations(tmp_path, policy="deniable") as (north, south):
        n = north.hears(south.sends("One."))["n"]

        def vouches(line: Any) -> bytes:
            terms: Terms = line.terms
            head = Head(terms.line_id, terms.inc, terms.side, n + 1, ANOTHER)
            block = line.record_key.block(head.text)
            plain = Checkpoint(n + 1, ANOTHER, block).to_bytes()
            sealed: bytes = line._seal_packet(Kind.CHECKPOINT, plain)
            return sealed

        sends(south, vouches)
        north.until(lambda: north.line()["halted"])
        (told,) = of(north)
        assert told["text"] is None
        assert "deniable" in told["why"]


def test_Z3_a_second_opening_is_laid_beside_the_first(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        chance = iter(sha256(bytes([n])) for n in range(256))
        sends(
            south, lambda line: frame(OPEN, make_open(line.terms, lambda n: next(chance)[:n]).frame)
        )
        north.until(lambda: of(north))
        (told,) = of(north)
        assert isinstance(checked(told).two, contradiction.TwoOpens)
        (shown,) = north.line()["signed_two"]
        assert shown.startswith("South signed two different openings of this line")
        assert "Call South by another way" in shown
        assert "two different openings" in Person(north.folder, north.watch.name).does("status").out
        assert south.line()["signed_two"] == []
        north.stops()
        north.starts()
        assert north.line()["signed_two"] == [shown]
        m = north.hears(south.sends("The line goes on."))
        assert m["text"] == "The line goes on."


def test_Z3_whoever_takes_the_record_from_the_page_takes_it_too(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.stops()
        (north.folder / CONFIG_NAME).write_text(template(sign_in={"enrol": "may"}))
        north.starts()
        auditor = Seat(north, build(north.station), "auditor")
        assert "/record/contradiction" not in auditor.sees("/record")
        chance = iter(sha256(bytes([n])) for n in range(256))
        sends(
            south, lambda line: frame(OPEN, make_open(line.terms, lambda n: next(chance)[:n]).frame)
        )
        north.until(lambda: of(north))
        page = auditor.sees("/record")
        assert "South signed two things that contradict each other." in page
        assert "Download the two openings" in page
        line = north.line()["line"]
        asked = {"token": page.partition('name="token" value="')[2].partition('"')[0], "line": line}
        file = auditor.sends("/record/contradiction", {**asked, "kind": "opens"})
        shown = contradiction.verify(io.BytesIO(file.text.encode()))
        assert isinstance(shown.two, contradiction.TwoOpens)
        name = f"record-{line[:8]}.evidence.opens"
        assert file.header("content-disposition") == f'attachment; filename="{name}"'
        row = north.auditor.asks("audit")["rows"][-1]
        assert (row["name"], row["act"]) == (north.auditor.name, "contradiction.take")
        assert row["arguments"] == {"line": line, "kind": "opens"}
        none = auditor.sends("/record/contradiction", {**asked, "kind": "heads"})
        assert none.status == 422
        assert "signed nothing of the kind" in none.text


def test_Z4_a_second_resume_is_laid_beside_the_first(tmp_path: Path) -> None:
    def asks(reason: str) -> Any:
        def make(line: Any) -> bytes:
            made = Resume.make(line.terms, 2, 1, (End(), End()), Prekey(ANOTHER), reason)
            return frame(RESUME, made.to_bytes())

        return make

    with two_stations(tmp_path) as (north, south):
        for reason in ("after the fire", "after the flood"):
            sends(south, asks(reason))
        north.until(lambda: of(north))
        (told,) = of(north)
        shown = checked(told)
        assert isinstance(shown.two, contradiction.TwoResumes)
        assert shown.inc == 2
        (sentence,) = north.line()["signed_two"]
        assert sentence.startswith("South signed two different requests to begin this line anew")
        (north.folder / CONFIG_NAME).write_text(template(sign_in={"enrol": "may"}))
        north.stops()
        north.starts()
        assert north.line()["signed_two"] == [sentence]
        assert "CONTRADICTED" in Seat(north, build(north.station), "watch").sees("/")


def test_Z3_what_was_kept_and_proves_nothing_says_why(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        open_line = north.station.lines[0]
        documents = north.stage.do(lambda: documents_of(north.station.store, open_line))
        kept = contradicting._kept(documents, open_line.theirs, contradiction.TwoOpens(b"", b""))
        assert kept.shown is None
        assert kept.why.startswith("What was kept proves nothing to others: ")
