"""A message from one officer's hands to the other's, and back: every stage, both clocks."""

from __future__ import annotations

import io
from pathlib import Path

from parley.evidence.audit import verify
from tests.playbook import two_stations


def test_a_message_is_understood_and_both_hold_one_record(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        draft = north.drafts("Ceasefire at 0600Z on 3 May.", "FLASH", subject="Ceasefire")
        assert draft["status"] == "EXERCISE"
        said = north.releases(draft)
        n = said["n"]
        assert said["waiting"] is None

        alarm = south.event("alarm", state="ringing", n=n)
        assert alarm["precedence"] == "FLASH"
        heard = south.hears(n)
        assert heard["text"] == "Ceasefire at 0600Z on 3 May."
        assert heard["subject"] == "Ceasefire"
        assert heard["sha256"] == draft["sha256"] == said["sha256"]
        assert heard["drafter"]["name"] == north.drafter.name
        assert [each["name"] for each in heard["releasers"]] == [north.releaser.name]

        south.watch.asks("display", n=n)
        south.watch.asks("open", n=n)
        south.watch.asks("pass", n=n, office="Office of the Chairman")
        group = north.reads(n, "ours")["check_group"]
        assert south.watch.asks("readback", n=n, group=group)["matches"]
        north.until(lambda: "read back" in north.stages(n))
        north.watch.asks("confirm", n=n)
        south.until(lambda: "confirmed" in south.stages(n, "theirs"))
        answer = south.says("Understood. We hold our fire.", "FLASH", answers=n)
        north.until(lambda: {"answered", "received"} <= set(north.stages(n)))

        expected = [
            "drafted",
            "released",
            "numbered",
            "received",
            "displayed",
            "opened",
            "passed",
            "read back",
            "confirmed",
            "answered",
        ]
        assert north.stages(n) == expected
        assert south.stages(n, "theirs") == expected
        ours, theirs = north.reads(n, "ours"), south.reads(n)
        opened = {stage["stage"]: stage for stage in ours["stages"]}["opened"]
        assert opened["by"]["name"] == south.watch.name
        assert opened["at_theirs"] is not None
        assert opened["at_ours"] is not None
        passed = {stage["stage"]: stage for stage in theirs["stages"]}["passed"]
        assert passed["office"] == "Office of the Chairman"
        assert north.hears(answer["n"])["answers"] == n
        north.until(lambda: north.line()["records_agree"])
        south.until(lambda: south.line()["records_agree"])
        assert north.reads(n, "ours")["attribution"] == "cosigned"

        records = [
            [entry["leaf"] for entry in post.auditor.asks("record")["entries"]]
            for post in (north, south)
        ]
        assert records[0] == records[1]
        evidence = [post.auditor.asks("export")["evidence"].encode() for post in (north, south)]
        reports = [verify(io.BytesIO(each)) for each in evidence]
        assert reports[0].roots == reports[1].roots
        assert reports[0].entries == reports[1].entries


def test_that_both_records_agree_is_told_when_the_last_signature_has_come(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        for text in ("One.", "Two."):
            south.hears(north.sends(text))
            for post in (north, south):
                post.event("line", state="records agree")
                assert post.line()["records_agree"]


def test_every_text_arrives_byte_for_byte(tmp_path: Path) -> None:
    texts = [
        "مرحبا \u200fالعالم",
        "e\u0301 is not \u00e9",
        "<script>alert(1)</script> & co",
        "नमस्ते\u200dदुनिया",
        "👩‍🚒\nשלום",
        "\u200e 北京 3月5日 06:00Z",
    ]
    with two_stations(tmp_path) as (north, south):
        for text in texts:
            said = north.says(text)
            assert south.hears(said["n"])["text"] == text


def test_the_longest_text_passes(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        text = "Ж" * 32_768
        said = north.says(text)
        assert south.hears(said["n"])["text"] == text


def test_messages_cross_and_keep_their_order(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        sent = {post: [post.sends(f"{post.folder.name} {n}") for n in range(20)]
                for post in (north, south)}  # fmt: skip
        for reader, speaker in ((south, north), (north, south)):
            reader.hears(sent[speaker][-1])
            texts = [each["text"] for each in reader.watch.asks("inbox", all=True)["messages"]]
            assert texts == [f"{speaker.folder.name} {n}" for n in range(20)]


def test_a_second_message_may_correct_and_retract_the_first(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        first = north.sends("Meet at 0600Z.")
        second = north.sends("Correction: meet at 0700Z.", corrects=first)
        third = north.sends("We do not meet.", retracts=second)
        assert south.hears(third)["retracts"] == second
        assert south.reads(second)["corrects"] == first
        assert south.reads(second)["retracted"]
        assert "corrected by" in south.stages(first, "theirs")
        assert not south.reads(first)["retracted"]
