"""Operators' chat: one person says it, the other side reads it, and it stays out of messages."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.chat import CHAT_BYTES_MAX
from parley.core.entry import Key, Precedence, Type, body_of
from parley.core.errors import Refused
from parley.station.acts.operations import find
from parley.station.acts.person import ROLES
from parley.station.texts.chat import WAITING_MAX
from tests.playbook import Post, Posts, day_of, two_stations
from tests.station.test_early import LONG, Gap, rings

SAID = "Our second path is slow tonight, we change the modem at 0200Z."
DRAFTED = f"For your information.\n{SAID.upper()}"


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posts]:
    with two_stations(tmp_path_factory.mktemp("chat")) as posts:
        yield posts


def chats(post: Post) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = post.watch.asks("chat.show")["chat"]
    return found


def arrives(post: Post, text: str) -> dict[str, Any]:
    """Wait for a line of chat, and read it."""
    post.until(lambda: any(each["text"] == text for each in chats(post)))
    return next(each for each in reversed(chats(post)) if each["text"] == text)


def says(post: Post, text: str = SAID) -> dict[str, Any]:
    return post.watch.asks("chat.say", text=text)


# --- said and heard


def test_O1_one_person_says_it_and_both_sides_read_it_by_name(pair: Posts) -> None:
    north, south = pair
    said = says(north)
    assert (said["status"], said["waiting"]) == ("EXERCISE", None)
    heard = arrives(south, SAID)
    assert (heard["dir"], heard["n"], heard["status"]) == ("theirs", said["n"], "EXERCISE")
    assert heard["by"]["name"] == "Dahl"
    assert heard["precedence"] == "ROUTINE"
    north.until(lambda: chats(north)[-1]["received"])
    assert chats(north)[-1]["dir"] == "ours"
    assert north.auditor.asks("chat.show")["chat"] == chats(north)


@pytest.mark.parametrize(
    ("text", "rule"), [("a\tb", "E10"), (" ", "E14"), ("x" * (CHAT_BYTES_MAX + 1), "O1")]
)
def test_O1_what_no_message_may_have_no_chat_has(pair: Posts, text: str, rule: str) -> None:
    with pytest.raises(Refused) as fault:
        says(pair[0], text)
    assert fault.value.rule == rule


def test_O1_words_that_contradict_the_mark_are_refused(pair: Posts) -> None:
    with pytest.raises(Refused, match=r"says .not a drill."):
        says(pair[0], "Believe us, this is not a drill.")


def test_O1_only_who_keeps_the_line_going_speaks(pair: Posts) -> None:
    north, _ = pair
    for role in ("drafter", "releaser", "auditor"):
        with pytest.raises(Refused, match="Only a watch officer or an operator or an engineer"):
            north.people[role].asks("chat.say", text=SAID)
    assert find("chat.say").roles == ("watch", "operator", "engineer")
    assert set(find("chat.show").roles) < set(ROLES)


def test_O2_it_is_no_message_and_rings_nowhere_whatever_it_claims(tmp_path: Path) -> None:
    with two_stations(tmp_path, flash_s=60) as (north, south):
        body = body_of(Type.CHAT, {Key.DRAFTER: 4, Key.ANSWERS: [1, 0]}, "Wake up, all of you!")
        n = north.utters(Type.CHAT, body, Precedence.FLASH)
        heard = arrives(south, "Wake up, all of you!")
        assert (heard["n"], heard["precedence"]) == (n, "FLASH")
        status = south.watch.asks("status")
        assert status["alarms"] == []
        assert status["lines"][0]["oldest_unanswered"] is None
        assert status["lines"][0]["days_since_contact"] is None
        assert south.watch.asks("inbox")["messages"] == []
        with pytest.raises(Refused, match=f"There is no message {n} of theirs"):
            south.watch.asks("open", n=n)
        with pytest.raises(Refused, match=f"There is no message {n} of theirs"):
            south.drafts("Yes?", answers=n)
        assert {"chat"} == kinds(south) & {"chat", "alarm", "message"}


def test_O2_it_waits_for_its_turn_behind_a_gap(tmp_path: Path) -> None:
    with two_stations(tmp_path, provisional="FLASH", flash_s=60) as (north, south):
        gap = Gap(south)
        north.says(LONG)
        n = north.utters(Type.CHAT, body_of(Type.CHAT, {}, "Early?"), Precedence.FLASH)
        query = "SELECT n FROM held WHERE n = ?"
        south.until(lambda: south.stage.do(lambda: south.station.store.sql(query, (n,))))
        assert chats(south) == []
        assert south.watch.asks("inbox")["messages"] == []
        gap.mended = True
        arrives(south, "Early?")
        assert "alarm" not in {each["kind"] for each in rings(south) if each["n"] == n}


def kinds(post: Post) -> set[str]:
    """What was told so far."""
    found: set[str] = set()
    while not post.happened.empty():
        found.add(post.happened.get()["kind"])
    return found


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        body_of(Type.CHAT, {6: "who"}, 7),
        body_of(Type.CHAT, {}, "x" * (CHAT_BYTES_MAX + 1)),
    ],
)
def test_O2_what_is_no_chat_is_shown_as_what_it_is(pair: Posts, body: bytes) -> None:
    north, south = pair
    n = north.utters(Type.CHAT, body)
    south.until(lambda: chats(south)[-1]["n"] == n)
    assert chats(south)[-1]["problem"] == "an entry that cannot be read"
    assert chats(south)[-1]["text"] is None
    says(north, "The line goes on.")
    arrives(south, "The line goes on.")


def test_O5_what_is_too_long_for_the_chat_hides_none_of_it(pair: Posts) -> None:
    """A single entry of theirs as long as all that is compared would have kept the rest out."""
    north, south = pair
    said = "The dredger works in the fairway until the tide turns."
    says(south, said)
    arrives(north, said)
    n = south.utters(Type.CHAT, body_of(Type.CHAT, {}, "Buoy " * 9_000))
    north.until(lambda: chats(north)[-1]["n"] == n)
    assert [each["text"] for each in north.drafter.asks("text.check", text=said)["chat"]] == [said]


def test_O4_an_engineer_is_named_to_the_other_side_once_he_has_spoken(pair: Posts) -> None:
    north, south = pair
    told = south.stage.do(lambda: str(south.station.store.sql("SELECT value FROM roster_theirs")))
    north.operator.asks("chat.say", text="This is the operator at North.")
    heard = arrives(south, "This is the operator at North.")
    (name,) = {each["by"]["name"] for each in chats(north) if each["n"] == heard["n"]}
    assert heard["by"]["name"] == name
    assert name not in told


def test_what_was_not_seen_is_counted_for_each_person_until_it_is(pair: Posts) -> None:
    north, south = pair
    says(north, "Are you there tonight?")
    last = arrives(south, "Are you there tonight?")
    unread = south.line()["chat"]["unread"]
    assert unread >= 1
    assert south.line()["chat"]["newest"] == last["kept"]
    seen = south.watch.asks("chat.seen", entry=1 << 40)
    assert seen["read_upto"] >= last["entry"]
    assert south.line()["chat"]["unread"] == 0
    assert south.deputy.asks("status")["lines"][0]["chat"]["unread"] == unread
    assert south.watch.asks("chat.seen", entry=1)["read_upto"] == seen["read_upto"]
    assert south.watch.asks("chat.show")["read_upto"] == seen["read_upto"]


def test_it_is_shown_in_parts(pair: Posts) -> None:
    north, _ = pair
    for number in range(3):
        says(north, f"Part {number}.")
    newest = north.watch.asks("chat.show", limit=2)
    assert [each["text"] for each in newest["chat"]] == ["Part 1.", "Part 2."]
    before = north.watch.asks("chat.show", limit=1, before=newest["before"])
    assert [each["text"] for each in before["chat"]] == ["Part 0."]


def test_O7_it_is_found_and_marked_and_stands_in_the_log_of_the_day(pair: Posts) -> None:
    north, _ = pair
    said = says(north, "The quince tree is in flower.")
    found = north.auditor.asks("find", words="quince")["found"]
    assert [(each["n"], each["kind"], each["is_message"]) for each in found] == [
        (said["n"], "chat", False)
    ]
    assert north.auditor.asks("find", kind="chat", words="quince")["found"]
    assert north.auditor.asks("timeline", words="quince")["rows"] == []
    (again,) = north.auditor.asks("find", words="quince")["found"]
    rows = north.auditor.asks("daylog", date=day_of(again["kept"]))["rows"]
    assert [row["text"] for row in rows if row["kind"] == "chat"][-1] == (
        "The quince tree is in flower."
    )


# --- kept out of messages


def test_O6_words_of_the_chat_are_refused_until_the_writer_says_they_are_meant(
    pair: Posts,
) -> None:
    north, south = pair
    says(south)
    arrives(north, SAID)
    with pytest.raises(Refused, match="stand in the operators' chat") as fault:
        north.drafts(DRAFTED)
    assert fault.value.rule == "O6"
    draft = north.drafts(DRAFTED, from_chat=True)
    shown = north.releaser.asks("draft.show", draft=draft["draft"])
    assert SAID in {each["text"] for each in shown["chat"]}
    assert shown["from_chat"]["by"]["name"] == "Olsen"
    assert "theirs" in shown["from_chat"]["remark"]
    n = north.releases(draft)["n"]
    assert south.hears(n)["text"] == DRAFTED


def test_O6_whoever_edits_says_it_again_for_the_new_words(pair: Posts) -> None:
    north, _ = pair
    says(north, "We will send you the new timetable of the ferries tomorrow.")
    draft = north.drafts("The timetable comes.")
    pasted = "We will send you the new timetable of the ferries today."
    with pytest.raises(Refused, match="stand in the operators' chat"):
        north.drafter.asks("draft.edit", draft=draft["draft"], text=pasted)
    edited = north.drafter.asks("draft.edit", draft=draft["draft"], text=pasted, from_chat=True)
    assert edited["from_chat"] is not None
    # What stands there already asks nothing again.
    urgent = north.drafter.asks("draft.edit", draft=draft["draft"], precedence="PRIORITY")
    assert urgent["from_chat"] is None  # but these are other bytes, of which nobody said it
    with pytest.raises(Refused, match="stand in the operators' chat"):
        north.drafter.asks("draft.edit", draft=draft["draft"], text=pasted + " All of them.")


def test_O6_what_is_said_in_the_chat_later_is_shown_to_the_releaser(pair: Posts) -> None:
    north, _ = pair
    draft = north.drafts("The icebreaker leaves the harbour at noon on Monday.")
    says(north, "They ask: the icebreaker leaves the harbour at noon on Monday?")
    shown = north.releaser.asks("draft.show", draft=draft["draft"])
    assert shown["chat_found"] == 1
    assert shown["from_chat"] is None


def test_O6_who_says_so_of_words_that_are_not_there_is_noted_all_the_same(pair: Posts) -> None:
    north, _ = pair
    draft = north.drafts("Nothing of that was said before.", from_chat=True)
    assert draft["from_chat"]["by"]["name"] == "Olsen"
    assert draft["from_chat"]["remark"] == ""


def test_O8_what_one_person_says_of_a_message_is_held_against_the_chat_too(pair: Posts) -> None:
    north, south = pair
    chatted = "Our second pump is broken and the crew has no spare part."
    says(north, chatted)
    arrives(south, chatted)
    n = north.sends("Send your ship at 0410Z.")
    south.hears(n)
    for op, given in (
        ("unable", {"reason": chatted}),
        ("readback", {"fields": {"name": chatted}}),
    ):
        with pytest.raises(Refused, match="stand in the operators' chat") as fault:
            south.watch.asks(op, n=n, **given)
        assert fault.value.rule == "O8"
    south.watch.asks("unable", n=n, reason="It cannot sail.")  # words of one's own ask nothing
    south.watch.asks("readback", n=n, fields={"name": chatted}, from_chat=True)
    north.until(lambda: "read back" in north.stages(n))
    with pytest.raises(Refused, match="stand in the operators' chat"):
        north.watch.asks("correct", n=n, text=chatted)
    north.watch.asks("correct", n=n, text=chatted, from_chat=True)
    south.watch.asks("unable", n=n, reason=chatted, from_chat=True)
    trail = south.auditor.asks("audit")["rows"]
    assert [row["arguments"].get("from_chat") for row in trail if row["act"] == "unable"][
        -1
    ] is True


def test_O5_a_text_is_compared_while_it_is_typed(pair: Posts) -> None:
    north, _ = pair
    says(north, "Twelve grey seals were seen at the northern buoy.")
    found = north.drafter.asks("text.check", text="twelve GREY seals — were seen at it")
    assert found["chat_found"] == 1
    assert found["refused"] is None
    asked = north.drafter.asks("chat.compare", text="Seals were seen.")
    assert asked == {"chat": [], "chat_found": 0}


# --- when nothing carries it


def test_O3_it_waits_for_a_path_but_not_much_of_it(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, south):
        north.starts()
        for number in range(WAITING_MAX):
            assert says(north, f"Said alone, {number}.")["n"] is None
        with pytest.raises(Refused, match="wait to be sent") as fault:
            says(north, "One more.")
        assert fault.value.rule == "O3"
        shown = north.watch.asks("chat.show")
        assert (len(shown["waiting"]), shown["chat"]) == (WAITING_MAX, [])
        assert shown["waiting"][0]["by"]["name"] == "Dahl"
        # What waits is held against drafts, too.
        says_it = north.drafter.asks("chat.compare", text="Said alone, 7.")
        assert says_it["chat"][0]["n"] is None
        south.starts()
        arrives(south, f"Said alone, {WAITING_MAX - 1}.")
        assert north.watch.asks("chat.show")["waiting"] == []
        first = chats(south)[0]
        assert first["composed"] <= first["time"]


def test_O3_it_passes_in_a_suspension(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        order = north.drafter.asks("suspend", reason="Until further notice.")
        north.releases(order)
        south.until(lambda: south.line()["declared"] == "suspended")
        says(south, "We have your suspension here.")
        arrives(north, "We have your suspension here.")
