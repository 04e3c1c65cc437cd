"""The watch goes from one named person to another, with everything that is open, and both sign."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.facts import SENTENCES
from parley.core.errors import Refused
from parley.station.open_items import Item
from tests.playbook import Post, Voice, two_stations

NOTE = "The ferry reports late.\nTheir officer speaks French."


def signs(post: Post, who: Voice, text: str = NOTE, **more: Any) -> dict[str, Any]:
    """Read the list, and sign exactly that."""
    code = who.asks("watch.show")["code"]
    return who.asks("watch.hand_over", text=text, code=code, **more)


def accepts(who: Voice, sheet: int) -> dict[str, Any]:
    """Go through every item, and accept."""
    items = [item["key"] for item in who.asks("watch.show")["items"]]
    return who.asks("watch.accept", sheet=sheet, items=items)


def has(post: Post) -> str:
    """Who has the watch, as every page says it."""
    name: str = post.watch.asks("status")["watch"]["officer"]["name"]
    return name


def test_a_flash_in_the_middle_is_gone_through_and_rings_until_it_is_opened(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        routine = south.sends("The harbour is closed.")
        north.hears(routine)
        signed = signs(north, north.watch)
        assert NOTE.splitlines()[0] in signed["text"]
        assert f'message.theirs.running precedence="ROUTINE" n="{routine}"' in signed["text"]
        assert sha256(signed["text"].encode()).hexdigest() == signed["sha256"]

        # Whoever signed still has the watch: there is no moment without a name.
        assert has(north) == north.watch.name
        shown = north.deputy.asks("watch.show")
        assert shown["sheet"]["note"] == NOTE
        flash = south.sends("Fire on board.", "FLASH")
        north.hears(flash)
        gone_through = [item["key"] for item in shown["items"]]
        with pytest.raises(Refused, match=f"FLASH {flash} of") as refused:
            north.deputy.asks("watch.accept", sheet=signed["sheet"], items=gone_through)
        assert "marked new" in refused.value.hint
        assert has(north) == north.watch.name
        for who in (north.watch, north.deputy):
            (new,) = [item for item in who.asks("watch.show")["items"] if item["new"]]
            assert (new["n"], new["dir"], new["loud"]) == (flash, "theirs", True)

        accepted = accepts(north.deputy, signed["sheet"])
        assert has(north) == north.deputy.name
        assert "(NEW)" in accepted["text"]
        assert signed["sha256"] in accepted["text"]
        (alarm, _) = north.watch.asks("status")["alarms"]
        assert (alarm["n"], alarm["state"]) == (flash, "ringing")
        assert [each["name"] for each in alarm["called"]] == [north.deputy.name]
        north.deputy.asks("open", n=flash)
        assert len(north.watch.asks("status")["alarms"]) == 1

        # Both acts stand in the audit trail with the hash of what was signed, and in the log.
        trail = {
            row["act"]: (row["name"], row["arguments"])
            for row in north.auditor.asks("audit")["rows"]
            if row["act"] in ("watch handed over", "watch accepted")
        }
        assert trail["watch handed over"][0] == north.watch.name
        assert trail["watch handed over"][1]["sha256"] == signed["sha256"]
        assert trail["watch accepted"][0] == north.deputy.name
        assert trail["watch accepted"][1]["sha256"] == accepted["sha256"]
        log = north.auditor.asks("watch.log")["log"]
        assert [row["act"] for row in log] == ["accepted", "handed over", "taken up"]
        (kept,) = north.auditor.asks("watch.log", sheet=signed["sheet"])["log"]
        assert kept["text"] == signed["text"]


def test_who_signs_and_who_accepts_are_two_and_exactly_this_is_signed(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        with pytest.raises(Refused, match="has the watch, and hands it over"):
            signs(north, north.deputy)
        old = north.watch.asks("watch.show")["code"]
        north.hears(south.sends("Snow."))
        with pytest.raises(Refused, match="not the one that was shown"):
            north.watch.asks("watch.hand_over", text="", code=old)
        for nobody in (north.watch.id, north.drafter.id):
            with pytest.raises(Refused, match="cannot accept this watch"):
                signs(north, north.watch, to=nobody)
        with pytest.raises(Refused, match="not a hand-over that waits"):
            accepts(north.deputy, 1)
        signed = signs(north, north.watch, "", to=north.deputy.id)
        with pytest.raises(Refused, match="takes another person"):
            accepts(north.watch, signed["sheet"])
        with pytest.raises(Refused, match="Only a watch officer"):
            accepts(north.releaser, signed["sheet"])
        again = signs(north, north.watch, "Once more.")
        with pytest.raises(Refused, match="not a hand-over that waits"):
            accepts(north.deputy, signed["sheet"])
        accepts(north.deputy, again["sheet"])
        with pytest.raises(Refused, match="not a hand-over that waits"):
            accepts(north.deputy, again["sheet"])


def test_what_was_settled_meanwhile_is_named(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = south.sends("The harbour is closed.")
        north.hears(n)
        signed = signs(north, north.watch)
        north.watch.asks("open", n=n)
        shown = north.deputy.asks("watch.show")
        (settled,) = shown["settled"]
        assert f"ROUTINE {n} of" in settled["text"]
        accepted = accepts(north.deputy, signed["sheet"])
        said = f"Settled or changed since it was handed over: 1\n- {settled['fact']}\n"
        assert accepted["text"].endswith(said)


def test_the_station_finds_by_itself_what_is_open(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        waits = north.drafts("Kept back.", "IMMEDIATE")["draft"]
        north.releaser.asks("draft.hold", draft=waits, reason="Not yet.")
        asked = south.sends("When do you sail?", reply_by="60")
        north.hears(asked)
        north.watch.asks("open", n=asked)
        ours = north.sends("Where is the ferry?", reply_by="90")
        south.hears(ours)
        south.watch.asks("open", n=ours)
        north.until(lambda: "opened" in north.stages(ours))
        lift = north.releases(north.drafter.asks("suspend", reason="The talks are over."))
        assert lift["n"] is not None
        found = {item["kind"]: item["text"] for item in north.watch.asks("watch.show")["items"]}
        holder = north.releaser.name
        assert found["draft"] == f"Draft {waits}, IMMEDIATE, on Blue Line: held by {holder}."
        assert "Suspended by us" in found["suspension"]
        replies = [
            item["text"].partition(" by ")[0]
            for item in north.watch.asks("watch.show")["items"]
            if item["kind"] == "reply"
        ]
        assert replies == [
            f"Message {asked} of South on Blue Line wants our reply",
            f"Message {ours} of ours on Blue Line wants their reply",
        ]
        assert found["desk"] == "The desk watch desk is deaf: no tab of who holds it rings."


def test_who_fell_ill_is_followed_for_a_reason_that_stays(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        with pytest.raises(Refused, match="some words"):
            north.deputy.asks("watch.take", reason=" ")
        taken = north.deputy.asks("watch.take", reason="Dahl fainted.")
        assert f"From: {north.watch.name}" in taken["text"]
        assert "| Dahl fainted." in taken["text"]
        assert has(north) == north.deputy.name
        with pytest.raises(Refused, match="You have the watch"):
            north.deputy.asks("watch.take", reason="Again.")
        desk = north.operator.asks("desk.list")["desks"][0]
        assert [each["name"] for each in desk["holders"]] == [north.deputy.name]


def test_who_has_the_watch_does_not_just_leave(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.deputy.asks("desk.hold", desk=1)
        with pytest.raises(Refused, match="handed over before you leave"):
            north.watch.asks("desk.leave", desk=1)
        accepts(north.deputy, signs(north, north.watch)["sheet"])

        def told() -> bool:
            holders = south.line()["desks"]["theirs"][0]["holders"]
            return [each["name"] for each in holders] == [north.deputy.name]

        south.until(told)
        north.operator.asks("person.end", person=north.deputy.id)
        watch = north.watch.asks("status")["watch"]
        assert (watch["officer"]["name"], watch["here"]) == (north.deputy.name, False)
        north.watch.asks("watch.take", reason="Who had it left the service.")
        assert has(north) == north.watch.name


def test_words_of_the_other_side_are_no_lines_of_a_sheet(tmp_path: Path) -> None:
    """A reason of theirs with line breaks in it would read like items that were gone through."""
    with two_stations(tmp_path) as (north, south):
        reason = "Work.\nOpen items: 0\n\u2028Accepted: by nobody"
        draft = south.drafter.asks("suspend", reason=reason)
        south.releaser.asks("release", draft=draft["draft"], sha256=draft["sha256"])
        north.until(lambda: north.line()["declared"] == "suspended")
        signed = signs(north, north.watch)
        items = north.watch.asks("watch.show")["items"]
        assert any("Open items: 0" in item["fact"] for item in items)
        assert all(item["fact"].splitlines() == [item["fact"]] for item in items)
        lines = signed["text"].splitlines()
        assert "Open items: 0" not in lines
        assert len(lines[lines.index(f"Open items: {len(items)}") + 1 :]) == len(items)


def test_what_is_signed_are_facts_and_each_is_known_by_its_hash(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.hears(south.sends("The harbour is closed."))
        north.operator.asks("roster.add", desk=1, person=north.watch.id, for_s=3_600)
        items = north.watch.asks("watch.show")["items"]
        signed = signs(north, north.watch)["text"].splitlines()
        at = signed.index(f"Open items: {len(items)}") + 1
        assert signed[at:] == [
            f"{n}. [{item['key']}] {item['fact']}" for n, item in enumerate(items, 1)
        ]
        assert {item["what"] for item in items} >= {"message.theirs.running", "desk.deaf"}
        assert [item["what"] for item in items if item["kind"] == "roster"] == [
            "roster.nobody-from"
        ]
        for item in items:
            assert item["key"] == sha256(item["fact"].encode()).hexdigest()[:12]
            assert item["text"] == SENTENCES[item["what"]] % item["values"]
            assert item["fact"].startswith(item["what"])
            assert all(f'="{value}"' in item["fact"] for value in item["values"].values())


def test_a_value_with_quotes_in_it_passes_for_no_other_value(tmp_path: Path) -> None:
    desk = {"desk": 'North" (NEW) line="Red'}
    assert Item("desk", "desk.empty", desk).fact == (r'desk.empty desk="North\" (NEW) line=\"Red"')


def test_a_hand_over_that_an_earlier_release_signed_is_still_accepted(tmp_path: Path) -> None:
    """Its items were sentences: they count as settled, and what is open as new."""
    with two_stations(tmp_path) as (north, _):
        signed = signs(north, north.watch)
        old = '[{"key":"0123456789ab","kind":"desk","text":"Nobody holds the desk North."}]'

        def aged() -> None:
            north.station.store.sql(
                "UPDATE watch_log SET items = ? WHERE act = 'handed over'", (old,)
            )

        north.stage.do(lambda: north.station.in_next_step(aged))
        shown = north.deputy.asks("watch.show")
        assert [item["text"] for item in shown["settled"]] == ["Nobody holds the desk North."]
        assert all(item["new"] for item in shown["items"])
        accepted = accepts(north.deputy, signed["sheet"])
        assert accepted["text"].endswith("- Nobody holds the desk North.\n")
