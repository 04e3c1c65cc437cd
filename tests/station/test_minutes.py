"""A minute is proposed, changed, accepted; readouts are attached; both sides read the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.minutes import Minute
from parley.core.entry import Type, body_of
from parley.core.errors import Misused, Refused
from parley.station.call import minutes
from tests.playbook import Post, Voice, two_stations
from tests.station.test_call_requests import answered, asked, at
from tests.station.test_early import LONG, Gap, mended
from tests.station.test_held import call, sees
from tests.station.test_recording import both_join

FACTS: dict[str, Any] = {
    "began": "2026-12-03 08:02Z",
    "ended": "2026-12-03 08:41Z",
    "present": ["North; Chairman; General North", "South; Chairman; General South"],
}
ENDED, LATER = "2026-12-03 08:41Z", "2026-12-03 08:45Z"
SAME = ("call", "state", "sentence", "agenda", "purpose")


def drafted(post: Post, **given: Any) -> str:
    text: str = post.drafter.asks("minute.draft", **{**FACTS, **given})["text"]
    return text


def proposed(post: Post, peer: Post, text: str) -> int:
    n: int = post.releases(post.drafter.asks("minute.propose", text=text))["n"]
    peer.hears(n)
    return n


def accepted(post: Post, peer: Post, n: int) -> int:
    m: int = post.releases(post.drafter.asks("minute.accept", n=n))["n"]
    peer.hears(m)
    return m


def shown(post: Post, call: str | None = None) -> dict[str, Any]:
    return post.watch.asks("minute.show", call=call)


def both(north: Post, south: Post, call: str | None = None) -> dict[str, Any]:
    """What north is shown; south is shown the same."""
    ours, theirs = shown(north, call), shown(south, call)
    assert [ours[key] for key in SAME] == [theirs[key] for key in SAME]
    texts = [[each["text"] for each in view["proposed"]] for view in (ours, theirs)]
    assert texts[0] == texts[1]
    agreed = [
        view["agreed"] and (view["agreed"]["text"], view["agreed"]["said"])
        for view in (ours, theirs)
    ]
    assert agreed[0] == agreed[1]
    return ours


def test_Y5_a_minute_of_a_call_asked_for_is_changed_and_agreed(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(north, south, agenda=["Meetings at sea", "The next call"])
        answered(south, north, n, "accept", time=at(south, 60 * 3_600))
        call = f"North {n}"
        assert both(north, south)["state"] == "none"
        text = drafted(north, call=f"ours {n}", touched=["1"])
        assert text.startswith(f"CALL MINUTE\nCall: {call}\nHeld by: video\n")
        assert "Touched: Meetings at sea\nNot touched: The next call" in text
        first = proposed(north, south, text)
        assert south.line()["minutes"]["waiting"][0]["n"] == first
        assert north.line()["minutes"]["waiting"] == []
        assert both(north, south)["sentence"] == (
            f"North proposed a minute (North {first}); South has not answered it."
        )
        other = text + "\nAgreed: Both sides keep the rules of 1972."
        second = proposed(south, north, other)
        assert north.reads(second)["answers"] == first
        view = both(north, south)
        assert view["state"] == "two proposed"
        last = accepted(north, south, second)
        view = both(north, south)
        assert view["state"] == "agreed"
        assert view["agreed"]["said"] == [f"South {second}", f"North {last}"]
        assert view["agreed"]["text"] == other
        assert south.reads(last)["text"] == other
        assert north.line()["minutes"] == {"waiting": [], "more": 0}
        with pytest.raises(Refused, match="already"):
            north.drafter.asks("minute.accept", n=second)
        # What is agreed stands in the record, also after a restart.
        north.stops()
        north.starts()
        assert shown(north)["agreed"]["text"] == other


@pytest.mark.story
def test_Y6_two_proposals_that_cross_end_with_one_minute(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        gap = Gap(south)  # what North says comes late
        long = ["Both sides keep the rules." * 36] * 3
        ours, theirs = (drafted(north, ended=end, agreed=long) for end in (ENDED, LATER))
        first = north.releases(north.drafter.asks("minute.propose", text=ours))["n"]
        second = proposed(south, north, theirs)
        mended(south, gap, first)
        assert both(north, south)["state"] == "two proposed"
        # Each is polite and accepts the other's, and these cross too.
        gap.mended = False
        third = north.releases(north.drafter.asks("minute.accept", n=second))["n"]
        assert shown(north)["agreed"]["text"] == theirs
        fourth = accepted(south, north, first)
        mended(south, gap, third)
        view = both(north, south)
        assert view["state"] == "agreed"
        assert {view["agreed"]["text"], *(each["text"] for each in view["replaced"])} == {
            ours,
            theirs,
        }
        assert view["sentence"].startswith("Both have said this text")
        assert view["agreed"]["said"] in (
            [f"North {first}", f"South {fourth}"],
            [f"South {second}", f"North {third}"],
        )


def test_Y5_an_older_proposal_cannot_be_accepted_behind_the_back_of_a_newer(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        old = drafted(north)
        first = proposed(north, south, old)
        second = proposed(north, south, old.replace(ENDED, LATER))
        with pytest.raises(Refused, match=f"in message {second}") as refusal:
            south.drafter.asks("minute.accept", n=first)
        assert refusal.value.rule == "Y5"
        proposed(south, north, old)  # who says it all the same has only proposed it
        assert both(north, south)["state"] == "two proposed"


def test_Y3_what_has_not_the_form_is_shown_as_text_and_is_no_minute(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        for type, payload in (
            (Type.MINUTE, "We spoke."),
            (Type.MINUTE, [1, 2]),
            (Type.READOUT, "CALL READOUT\nCall: North 2"),
        ):
            n = north.utters(type, body_of(type, {8: [9, "x"]}, payload))
            assert south.hears(n)["text"] in (payload, None)
        assert south.watch.asks("minute.list")["calls"] == []
        with pytest.raises(Refused, match="proposes no minute"):
            south.drafter.asks("minute.accept", n=n)
        with pytest.raises(Refused, match="not the form") as refusal:
            south.drafter.asks("minute.propose", text="We spoke.")
        assert refusal.value.rule == "Y3"
        draft = south.drafter.asks("minute.propose", text=drafted(south))
        with pytest.raises(Refused, match="not the form"):
            south.releaser.asks("draft.edit", draft=draft["draft"], text="We spoke.")


@pytest.mark.parametrize(
    "given",
    [
        {"began": "yesterday"},
        {"ended": "2026-12-03 08:01Z"},
        {"ended": "2026-12-05 08:02Z"},
        {"present": ["General North"]},
        {"present": ["North; "]},
        {"present": ["a; b; c; d"]},
        {"interrupted": ["08:10Z"]},
        {"interrupted": ["2026-12-03 07:10Z to 2026-12-03 08:12Z"]},
        {"agreed": ["two\nlines"]},
        {"held_by": " "},
        {"touched": [f"item {each}" for each in range(41)]},
    ],
)
def test_Y2_what_nobody_could_sign_is_refused_before_it_is_a_draft(
    north: Post, given: dict[str, Any]
) -> None:
    with pytest.raises((Refused, Misused)):
        drafted(north, **given)


@pytest.fixture(scope="module")
def north(tmp_path_factory: pytest.TempPathFactory) -> Any:
    with two_stations(tmp_path_factory.mktemp("minutes")) as (north, _):
        yield north


def test_Y7_each_side_states_for_itself_and_the_two_are_compared(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        proposed(north, south, drafted(north, touched=["Meetings at sea"]))
        call = shown(north)["call"]
        assert call == "not in this record, begun 2026-12-03 08:02Z"
        ours = {
            "with_whom": "General South",
            "topics": ["1"],
            "text": "The General North spoke on 3 December at 08:02 of 12 ships.",
        }
        n = north.releases(north.drafter.asks("readout.write", **ours))["n"]
        text = south.hears(n)["text"]
        assert text.startswith(f"CALL READOUT\nCall: {call}\nBy: North\nDate: 2026-12-03\n")
        assert "Topic: 1. Meetings at sea" in text
        alone = south.watch.asks("readout.compare")
        assert {row["mark"] for row in alone["rows"]} == {
            "South has attached none",
            "as in the minute",
        }
        assert alone["differences"] == 0
        theirs = {
            "with_whom": "General North",
            "date": "2026-12-04",
            "by": "Минобороны",
            "text": "4 декабря: о 12 кораблях.",
            "topics": ["Пролив"],
            "language": "ru",
        }
        m = south.releases(south.drafter.asks("readout.write", **theirs))["n"]
        assert north.hears(m)["language"] == "ru"
        views = [post.watch.asks("readout.compare") for post in (north, south)]
        rows = {row["what"]: row for row in views[0]["rows"]}
        assert rows["Date of the call"]["mark"] == "differ"
        assert (rows["Date of the call"]["ours"], rows["Date of the call"]["theirs"]) == (
            "2026-12-03",
            "2026-12-04",
        )
        assert rows["1. Meetings at sea"]["mark"] == "only North"
        assert rows["Пролив"]["mark"] == "only South"
        assert rows["12"]["mark"] == "same"
        assert views[0]["differences"] == views[1]["differences"] > 0
        assert [row["mark"] for row in views[1]["rows"]].count("only South") == (
            [row["mark"] for row in views[0]["rows"]].count("only South")
        )
        with pytest.raises(Refused, match="says something") as refusal:
            north.drafter.asks("readout.write", **{**ours, "text": " "})
        assert refusal.value.rule == "Y7"
        with pytest.raises(Misused, match="no date"):
            north.drafter.asks("readout.write", **{**ours, "date": "3 December"})
        with pytest.raises(Refused, match="language tag"):
            north.drafter.asks("readout.write", **{**ours, "language": "Russian!"})


def test_Y4_calls_that_the_record_does_not_know_are_told_apart_by_their_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minutes, "KEPT_MAX", 3)
    with two_stations(tmp_path) as (north, south):
        with pytest.raises(Refused, match="No call of this line"):
            shown(south)
        proposed(north, south, drafted(north))
        proposed(south, north, drafted(south, began="2026-12-03 08:05Z"))
        other = {"began": "2026-12-09 08:02Z", "ended": "2026-12-09 09:02Z"}
        proposed(south, north, drafted(south, **other))
        assert both(north, south)["state"] == "proposed"
        found = [each["state"] for each in north.watch.asks("minute.list")["calls"]]
        assert found == ["proposed", "two proposed"]
        # The oldest of more than are read gives way, and stays in the record.
        proposed(north, south, drafted(north, **other))
        assert both(north, south)["state"] == "agreed"
        assert len(north.watch.asks("minute.list")["calls"]) == 2
        with pytest.raises(Refused, match="There is no minute"):
            shown(north, "North 999")
        with pytest.raises(Refused, match="There is no minute"):
            shown(north, "ours 999")


def test_Y5_what_gives_way_gives_way_in_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(minutes, "KEPT_MAX", 3)
    written, text_of = list[Any](), minutes._text

    def writes(said: Any) -> str:
        assert not any(said is each for each in written)  # each once, however many others come
        written.append(said)
        return text_of(said)

    monkeypatch.setattr(minutes, "_text", writes)
    with two_stations(tmp_path) as (north, south):
        text = drafted(north)
        proposed(north, south, text)
        proposed(south, north, text)
        assert both(north, south)["state"] == "agreed"
        for hour in (10, 12):
            other = {"began": f"2026-12-09 {hour}:02Z", "ended": f"2026-12-09 {hour}:52Z"}
            proposed(south, north, drafted(south, **other))
        # Half of the oldest pair would say that South has proposed what both have said.
        for post in (north, south):
            found = [each["state"] for each in post.watch.asks("minute.list")["calls"]]
            assert found == ["proposed", "proposed"]
        assert len(north.line()["minutes"]["waiting"]) == 2


def test_Y4_a_minute_behind_a_gap_is_none_before_it_joins(tmp_path: Path) -> None:
    with two_stations(tmp_path, provisional="FLASH") as (north, south):
        gap = Gap(south)
        north.says(LONG)
        draft = north.drafter.asks("minute.propose", text=drafted(north), precedence="FLASH")
        n = north.releases(draft)["n"]
        south.event("alarm", n=n)
        assert south.line()["minutes"] == {"waiting": [], "more": 0}
        mended(south, gap, n)
        assert [each["n"] for each in south.line()["minutes"]["waiting"]] == [n]


def test_Y1_the_text_of_a_draft_is_read_back(north: Post) -> None:
    minute = Minute.parse(drafted(north, agreed=["One.", "Two."], held_by="voice"))
    assert minute is not None
    assert minute.agreed == ("One.", "Two.")
    assert minute.facts.held_by == "voice"


def test_Y9_a_minute_begins_with_what_the_record_says_of_the_call(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = asked(
            north, south, agenda=["Meetings at sea"], earliest=at(north, 0), latest=at(north, 7_200)
        )
        answered(south, north, n, "accept", time=at(north, 60))
        south.watch.asks("call.begin")
        south.watch.asks("call.join")
        sees(north, "joined")
        north.watch.asks("call.join", medium="video")
        north.watch.asks("call.hold")
        north.watch.asks("call.end")
        sees(south, "ended")
        drafts = [
            Minute.parse(drafter.asks("minute.draft", call=name)["text"])
            for drafter, name in ((north.drafter, f"ours {n}"), (south.drafter, f"theirs {n}"))
        ]
        assert drafts[0] is not None
        assert drafts[0] == drafts[1]  # both read the same of it
        facts = drafts[0].facts
        assert facts.held_by == "video"
        assert sorted(each.party for each in facts.present) == ["North", "South"]
        assert len(facts.interruptions) == 1
        assert facts.not_touched == ("Meetings at sea",)  # nobody has said yet what was
        again = north.drafter.asks("minute.draft", call=f"ours {n}", ended=at(north, 3_600))
        assert f"Ended: {at(north, 3_600)}" in again["text"]
        with pytest.raises(Misused, match="does not know when"):
            north.drafter.asks("minute.draft")
        shown = north.drafter.asks("minute.list")["calls"][0]["held"]
        assert len(shown["present"]) == 2
        # What the drafter has struck out does not come back.
        bare = north.drafter.asks("minute.draft", call=f"ours {n}", interrupted=[])
        assert "Interrupted" not in bare["text"]
        assert "Present: South" in bare["text"]


def test_Y9_two_persons_of_one_long_office_stand_in_the_draft_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = "驻联合国代表团军事参谋长兼海上事务联络办公室第一值班组值班长"  # 90 bytes
    names = ["欧阳司马上官诸葛夏侯慕容甲", "欧阳司马上官诸葛夏侯慕容乙"]  # 39 bytes
    party = "海洋与渔业及海上事务部联合行动协调司第三处"[:20] * 2  # 120 bytes
    monkeypatch.setattr(minutes, "parties_of", lambda *_: [party, party])
    with two_stations(tmp_path) as (north, south):
        both_join(north, south)
        for n, name in enumerate(names):
            person = {"name": name, "office": office, "roles": ["watch"]}
            added = north.operator.asks("person.add", **person)
            voice = Voice(north, added["id"], name, added["token"])
            voice.asks("call.join", medium="voice")
            sees(north, "joined", 3 + n)
            voice.hangs_up()
        north.watch.asks("call.end")
        sees(north, "ended")
        text = north.drafter.asks("minute.draft", call=f"{party} {call(north)['n']}")["text"]
        minute = Minute.parse(text)
        assert minute is not None
        long = [each for each in minute.facts.present if each.office != "watch"]
        assert [each.name for each in long] == names
        assert {each.party for each in long} == {party}
        assert {each.office for each in long} == {office[:11] + "…"}  # 37 bytes are left for it


def test_Y9_what_was_recorded_and_shown_stands_in_the_draft(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        both_join(north, south)
        north.watch.asks("call.record", how="ask")
        sees(south, "recording asked")
        south.watch.asks("call.record", how="agree")
        south.watch.asks("call.ask_to_show", item="Chart; of the strait", shown="document")
        sees(north, "recording agreed")
        sees(north, "showing asked")
        north.watch.asks("call.agree_to_see")
        sees(south, "showing agreed")
        north.watch.asks("call.stop_showing")
        # What nobody agreed to was neither shown nor recorded.
        north.watch.asks("call.ask_to_show", item="Our own list", shown="screen")
        sees(south, "showing asked", 2)
        south.watch.asks("call.stop_showing")
        north.watch.asks("call.record", how="withdraw")
        sees(south, "recording withdrawn")
        south.watch.asks("call.record", how="ask")
        sees(north, "recording asked", 2)
        north.watch.asks("call.end")
        sees(south, "ended")
        name = f"North {call(north)['n']}"
        texts = [post.drafter.asks("minute.draft", call=name)["text"] for post in (north, south)]
        assert texts[0] == texts[1]  # both read the same of it
        minute = Minute.parse(texts[0])
        assert minute is not None
        assert [each.by.party for each in minute.facts.recorded] == ["North", "South"]
        (shown,) = minute.facts.shown
        assert (shown.item, shown.by.party) == ("Chart, of the strait", "South")
        assert texts[0].count("\nShown: ") == 1
        # What the drafter writes stands in its place, and what has not the form is refused.
        own = f"{at(north, 0)} to {at(north, 0)}; screen; The map; North; Adviser"
        times = {"began": at(north, -3_600), "ended": at(north, 3_600)}
        changed = north.drafter.asks("minute.draft", call=name, shown=[own], **times)["text"]
        assert f"\nShown: {own}" in changed
        assert "Chart" not in changed
        for wrong in ({"shown": [own.replace("screen", "film")]}, {"recorded": ["08:00Z"]}):
            with pytest.raises(Misused, match="says not what was"):
                north.drafter.asks("minute.draft", call=name, **wrong)
        listed = south.drafter.asks("minute.list")["calls"][0]["held"]
        assert listed["shown"] == [shown.text()]
        assert len(listed["recorded"]) == 2


def test_Y9_a_call_at_once_has_the_name_of_its_opening(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        north.watch.asks("call.begin")
        north.watch.asks("call.end")
        sees(south, "ended")
        n = north.watch.asks("call.show")["call"]["n"]
        (held,) = south.drafter.asks("minute.list")["calls"]
        assert held["call"] == f"North {n}"
        assert not held["held"]["present"]
