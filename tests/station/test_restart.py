"""A station that stops in the middle goes on where it was."""

from __future__ import annotations

from pathlib import Path

from tests.playbook import two_stations


def test_what_was_released_while_the_other_was_away_arrives_once_and_in_order(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        first = north.sends("One.")
        south.hears(first)
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        for text in ("Two.", "Three.", "Four."):
            said = north.says(text)
            assert said["n"] is None
            assert "waiting for a path" in said["waiting"]
        waiting = north.watch.asks("outbox")["waiting"]
        assert [each["draft"] for each in waiting] == [2, 3, 4]
        north.stops()
        north.starts()
        assert len(north.watch.asks("outbox")["waiting"]) == 3
        south.starts()
        south.hears(first + 3)
        texts = [each["text"] for each in south.watch.asks("inbox", all=True)["messages"]]
        assert texts == ["One.", "Two.", "Three.", "Four."]
        assert north.watch.asks("outbox")["waiting"] == []


def test_drafts_desks_and_people_are_still_there(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Finish this tomorrow.")
        before = north.auditor.asks("audit")
        north.stops()
        north.starts()
        again = north.drafter.asks("draft.show", draft=draft["draft"])
        assert again["sha256"] == draft["sha256"]
        assert north.auditor.asks("audit")["head"] == before["head"]
        assert north.operator.asks("desk.list")["desks"][0]["holders"]


def test_many_restarts_in_the_middle_of_an_exchange(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        texts: list[str] = []
        for cycle in range(6):
            for n in range(5):
                texts.append(f"{cycle}/{n}")
                north.says(texts[-1])
            victim = (north, south)[cycle % 2]
            victim.stops()
            victim.starts()
        south.until(lambda: south.line()["their_size"] > len(texts))
        south.until(lambda: len(south.watch.asks("inbox", all=True)["messages"]) == len(texts))
        heard = [each["text"] for each in south.watch.asks("inbox", all=True)["messages"]]
        assert heard == texts
        north.until(lambda: north.line()["receipted"] == north.line()["our_size"])
        assert north.line()["halted"] is south.line()["halted"] is None


def test_a_roster_is_not_told_again(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        size = north.line()["our_size"]
        north.stops()
        north.starts()
        north.until(lambda: north.line()["path_up"])
        n = north.sends("After the restart.")
        assert n == size
        south.hears(n)


def test_a_long_queue_drains_when_the_path_returns(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        drafting, releasing = north.drafter.caller(), north.releaser.caller()
        for n in range(300):
            drafting.ask("draft.new", text=f"{n} " + "x" * 500)
        drafts = [drafting.result(drafting.read()) for _ in range(300)]
        for draft in drafts:
            releasing.ask("release", draft=draft["draft"], sha256=draft["sha256"])
        for _ in drafts:
            assert releasing.result(releasing.read())["waiting"]
        assert north.line()["queued"] == 300
        south.starts()
        north.until(lambda: north.line()["queued"] == 0)
        south.until(lambda: south.line()["their_size"] == north.line()["our_size"])
        heard = south.watch.asks("inbox", all=True)["messages"]
        assert [each["text"].split()[0] for each in heard] == [str(n) for n in range(300)]
