"""A line is suspended, lifted by a test of both, and closed; nothing that people wrote is lost."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.core.entry import Precedence, Type, body_of
from parley.core.errors import Misused, Refused
from parley.core.life import Life
from parley.station.line.declared import WORDS_MAX
from parley.station.line.standing import SHOWN_MAX
from tests.playbook import Post, two_stations

REASON = "Manoeuvres in the strait"


def orders(post: Post, op: str, **given: Any) -> dict[str, Any]:
    """One person writes an order, another releases it."""
    answer = post.releases(post.drafter.asks(op, **given))
    return answer


def suspended(post: Post, peer: Post, **given: Any) -> int:
    n: int = orders(post, "suspend", reason=REASON, **given)["n"]
    peer.hears(n)
    return n


def standing(post: Post) -> dict[str, Any]:
    view: dict[str, Any] = post.line()["standing"]
    return view


def declared(post: Post) -> str:
    state: str = post.line()["declared"]
    return state


def trail(post: Post) -> list[str]:
    return [f"{row['act']}: {row['outcome']}" for row in post.auditor.asks("audit")["rows"]]


def test_D12_both_sides_read_the_same_state_and_the_officer_sees_why(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        assert declared(north) == declared(south) == "open"
        n = suspended(north, south)
        assert declared(north) == declared(south) == "suspended"
        assert "Suspended by North since" in standing(south)["sentence"]
        assert "Suspended by us since" in standing(north)["sentence"]
        for post in (north, south):
            assert REASON in standing(post)["sentence"]
            assert "search and rescue" in standing(post)["next"]
            post.event("line", state="suspended")
            assert any(row.startswith("line suspended") for row in trail(post))
        message = south.reads(n)
        assert (message["kind"], message["precedence"], message["text"]) == (
            "suspend",
            "IMMEDIATE",
            REASON,
        )
        assert message["order"].startswith("Suspends everything")
        assert {message["drafter"]["name"], *(each["name"] for each in message["releasers"])} == {
            north.drafter.name,
            north.releaser.name,
        }
        south.stops()
        south.starts()
        assert declared(south) == "suspended"


def test_D5_what_does_not_pass_is_refused_with_what_still_does(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        before = south.drafts("Written before.")
        n = suspended(north, south)
        for post in (north, south):
            with pytest.raises(Refused, match="suspended by") as refusal:
                post.drafts("Not now.", "FLASH")
            assert refusal.value.exit_code == 1
            assert "search and rescue" in refusal.value.hint
            assert refusal.value.rule == "D5"
        with pytest.raises(Refused, match="suspended"):
            south.releases(before)
        assert south.drafter.asks("draft.show", draft=before["draft"])["state"] == "open"
        south.watch.asks("open", n=n)
        south.watch.asks("readback", n=n, fields={"when": "now"})
        test = north.watch.asks("test.call")
        south.hears(test["n"])
        answer = south.watch.asks("test.answer", n=test["n"], text="Read and understood.")
        north.hears(answer["n"])
        north.until(lambda: "read back" in north.stages(n))


def test_D4_search_and_rescue_always_passes_and_shows_as_such_on_both_sides(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, south):
        suspended(north, south)
        draft = south.drafts("A trawler burns at 12-30N.", "FLASH", rescue=True)
        assert draft["rescue"]
        n = south.releases(draft)["n"]
        message = north.hears(n)
        assert message["rescue"]
        assert message["in_spite"] is None
        assert south.reads(n, "ours")["rescue"]
        changed = north.drafts("Rescued.", rescue=True)
        plain = north.drafter.asks("draft.edit", draft=changed["draft"], rescue=False)
        assert not plain["rescue"]
        with pytest.raises(Refused, match="suspended"):
            north.releases(plain)


def test_D4_flash_passes_where_that_was_agreed(tmp_path: Path) -> None:
    with two_stations(tmp_path, suspension_flash=True) as (north, south):
        suspended(north, south)
        assert "FLASH" in standing(south)["next"]
        north.hears(south.sends("It is urgent.", "FLASH"))
        with pytest.raises(Refused, match="suspended"):
            south.says("It is not.", "IMMEDIATE")


def test_D2_a_line_is_suspended_in_part(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        suspended(north, south, kinds=["text"], precedences=["ROUTINE", "PRIORITY"])
        assert declared(south) == "suspended in part"
        assert "text messages of ROUTINE and PRIORITY" in standing(south)["sentence"]
        with pytest.raises(Refused, match="suspended"):
            south.drafts("Routine.")
        north.hears(south.sends("Immediate.", "IMMEDIATE"))
        with pytest.raises(Misused, match="no kind"):
            north.drafter.asks("suspend", reason=REASON, kinds=["test"])


def test_D7_a_suspension_is_lifted_once_both_have_tested(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        with pytest.raises(Refused, match="not suspended"):
            north.drafter.asks("lift")
        suspended(north, south)
        idle = north.drafter.asks("lift", text="Never used.")
        n = orders(south, "lift", text="The lighthouse shows two flashes.")["n"]
        assert north.hears(n)["order"].startswith("A test to lift")
        assert declared(north) == declared(south) == "suspended"
        assert standing(north)["suspensions"][0]["tested"] == {"ours": False, "theirs": True}
        assert "this side has not, South has tested" in standing(north)["next"]
        with pytest.raises(Refused, match="suspended"):
            south.says("Too early.")
        south.hears(orders(north, "lift")["n"])
        assert declared(north) == declared(south) == "open"
        north.event("line", state="open")
        with pytest.raises(Refused, match="not suspended"):
            north.releases(idle)
        north.hears(south.sends("Good to hear you again."))


def test_D6_what_had_no_number_yet_is_given_back_to_its_drafter(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = suspended(north, south)
        south.hears(orders(north, "lift")["n"])
        north.hears(orders(south, "lift")["n"])
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        waiting = north.drafts("It waits for a path.")
        assert north.releases(waiting)["n"] is None
        assert orders(north, "suspend", reason="Weather")["n"] is None
        back = north.drafter.asks("draft.show", draft=waiting["draft"])
        assert back["state"] == "open"
        assert "Suspended by us" in back["given_back"]["why"]
        assert back["given_back"]["releaser"] == north.releaser.name
        assert back["text"] == "It waits for a path."
        assert declared(north) == "suspended"
        assert any(row.startswith("given back") for row in trail(north))
        north.stops()
        north.starts()
        assert declared(north) == "suspended"
        with pytest.raises(Refused, match="suspended"):
            north.releases(waiting)
        south.starts()
        south.until(lambda: declared(south) == "suspended")
        assert south.line()["their_size"] == north.line()["our_size"]
        assert n >= 0


def test_D6_an_answer_that_is_given_back_answers_nothing(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = south.sends("A question.")
        north.hears(n)
        south.stops()
        north.until(lambda: not north.line()["path_up"])
        answer = north.drafts("An answer.", answers=n)
        north.releases(answer, displayed=n + 1)
        assert "answered" in north.stages(n, "theirs")
        orders(north, "suspend", reason="Weather")
        assert "answered" not in north.stages(n, "theirs")


def test_D3_a_suspension_with_notice_takes_effect_when_its_time_has_come(tmp_path: Path) -> None:
    with two_stations(tmp_path, suspension_notice_s=3600) as (north, south):
        with pytest.raises(Refused, match="after notice at least"):
            north.drafter.asks("suspend", reason=REASON, in_s=60)
        suspended(north, south, in_s=7200)
        assert declared(north) == declared(south) == "open"
        assert "To be suspended by North from" in standing(south)["sentence"]
        n = south.sends("Before it is.")
        assert north.hears(n)["in_spite"] is None
        north.clock.skip(7300)
        for post in (north, south):
            post.event("line", state="suspended")
            assert declared(post) == "suspended"
        with pytest.raises(Refused, match="suspended"):
            south.says("Too late.")


def test_D3_without_a_time_the_notice_agreed_runs_from_the_order(tmp_path: Path) -> None:
    with two_stations(tmp_path, suspension_notice_s=3600) as (north, south):
        suspended(north, south)
        (view,) = standing(south)["suspensions"]
        assert view["from"] == view["at"] + 3600
        assert not view["in_effect"]


def test_D10_who_speaks_on_is_heard_and_shown_to_have_done_so(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        n = suspended(north, south)

        def speak() -> None:
            south.station.lines[0].declared.acts.clear()

        south.stage.do(lambda: south.station.in_next_step(speak))
        south.until(lambda: declared(south) == "open")
        message = north.hears(south.sends("In spite of it."))
        assert message["text"] == "In spite of it."
        assert message["in_spite"] == "Sent although the line was suspended by us."
        assert north.reads(n, "ours")["in_spite"] is None


def test_D2_a_suspension_that_cannot_be_read_suspends_everything(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        body = body_of(Type.SUSPEND, {}, ["?", 1])
        n = north.utters(Type.SUSPEND, body)
        south.hears(n)
        assert declared(south) == declared(north) == "suspended"


def test_D12_of_very_many_suspensions_few_stand_beside_the_line(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        told: list[int] = []
        for size in (0, 3 * SHOWN_MAX):
            for _ in range(size):
                reason = "x" * 20_000
                body = body_of(Type.SUSPEND, {}, [reason, 0, [], []])
                n = south.utters(Type.SUSPEND, body, Precedence.IMMEDIATE)
                north.hears(n)
            told.append(sum(map(len, trail(north))))
        view = standing(north)
        assert len(view["suspensions"]) == SHOWN_MAX
        assert view["next"].startswith(f"Further suspensions: {2 * SHOWN_MAX}. What still passes")
        assert len(view["sentence"]) < SHOWN_MAX * (WORDS_MAX + 100)
        assert told[1] - told[0] < SHOWN_MAX * SHOWN_MAX * (WORDS_MAX + 100)


def test_D8_a_close_is_answered_and_ends_everything(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        ringing = south.sends("Nobody opened this.", "FLASH")
        north.hears(ringing)
        left = south.drafts("Never sent.")
        n = orders(north, "close", reason="The agreement ends today")["n"]
        message = south.hears(n)
        assert message["order"].startswith("Closes the line for good")
        north.until(lambda: len(standing(north)["closed"]) == 2)
        for post in (north, south):
            assert declared(post) == "closed"
            assert any(row.startswith("line closed") for row in trail(post))
            for op, given in (
                ("draft.new", {"text": "More."}),
                ("suspend", {"reason": "x"}),
                ("close", {"reason": "x"}),
            ):
                with pytest.raises(Refused, match="was closed by"):
                    post.drafter.asks(op, **given)
            with pytest.raises(Refused, match="was closed by"):
                post.watch.asks("test.call")
            with pytest.raises(Refused, match="was closed by"):
                post.watch.asks("line.renew")
        with pytest.raises(Refused, match="was closed by"):
            south.releases(left)
        north.watch.asks("open", n=ringing)
        assert north.watch.asks("status")["alarms"] == []
        north.watch.asks("display", n=ringing)
        with pytest.raises(Refused, match="closed"):
            north.watch.asks("pass", n=ringing, office="Duty officer")


def test_D9_keys_are_erased_and_the_record_can_still_be_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_stations(tmp_path) as (north, south):
        n = south.sends("Words to keep.")
        north.hears(n)
        orders(north, "close", reason="Done")

        def over() -> bool:
            north.clock.skip(5)
            return bool(north.line()["erased"] and south.line()["erased"])

        north.until(over)
        north.until(lambda: not north.line()["bearers"])  # nobody is called for it any more
        with monkeypatch.context() as patch:  # as if another line had come
            patch.setattr(Life, "erased", property(lambda self: False))
            north.stage.do(lambda: north.station.bearings.call_again())
            north.until(lambda: north.line()["bearers"])
        for post in (north, south):
            post.stops()
            post.starts()
            view = post.line()
            (bearer,) = post.operator.asks("bearer.list")["bearers"]
            assert (bearer["dial_attempts"], bearer["listening"]) == (0, post is south)
            assert view["erased"]
            assert view["observed"] == "over"
            assert view["declared"] == "closed"
            assert view["they_cosigned"] == view["our_size"]
            assert view["we_cosigned"] == view["their_size"]
            evidence = post.auditor.asks("export")["evidence"]
            assert "Parley" in evidence
        assert north.reads(n)["text"] == "Words to keep."


def test_D11_nobody_suspends_or_closes_a_line_alone(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        both = north.drafter
        for op, given in (("suspend", {"reason": REASON}), ("close", {"reason": REASON})):
            draft = both.asks(op, **given)
            with pytest.raises(Refused, match="Only a releaser"):
                both.asks("release", draft=draft["draft"], sha256=draft["sha256"])
            edited = north.releaser.asks("draft.edit", draft=draft["draft"], text="Changed")
            assert edited["text"] == "Changed"
            assert edited["order"] == draft["order"]
            with pytest.raises(Refused, match="changed"):
                north.releases(edited)
        with pytest.raises(Refused, match="2,000 bytes"):
            both.asks("close", reason="x" * 2_001)
        assert declared(north) == "open"
