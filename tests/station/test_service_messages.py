"""A service message: a text of status SERVICE, about the line, that passes in a suspension."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Misused, Refused
from tests.playbook import DAY_S, Posts, two_stations
from tests.station.test_attachments import attaches, states
from tests.station.test_declaring import suspended

OUTAGE = "Our second path is off from 0600Z to 0630Z."


def test_E24_two_persons_say_it_and_the_other_side_reads_it_as_service(shared: Posts) -> None:
    north, south = shared
    words = "The third cable is off until 0630Z."
    draft = north.drafts(OUTAGE, "PRIORITY", kind="service", subject="Outage")
    assert (draft["kind"], draft["status"], draft["precedence"]) == ("text", "SERVICE", "PRIORITY")
    changed = north.drafter.asks("draft.edit", draft=draft["draft"], text=words)
    assert changed["status"] == "SERVICE"
    n = north.releases(changed)["n"]
    heard = south.hears(n)
    assert (heard["status"], heard["text"]) == ("SERVICE", words)
    assert heard["clock"] is not None  # it is acknowledged as any message is
    south.watch.asks("open", n=n)
    north.until(lambda: "opened" in north.stages(n))
    (found,) = south.auditor.asks("find", words="third cable", status="SERVICE")["found"]
    assert found["n"] == n
    assert not south.auditor.asks("find", words="third cable", status="EXERCISE")["found"]


def test_D4_it_passes_in_a_suspension_and_is_not_said_in_spite_of_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        suspended(north, south)
        for post, other in ((south, north), (north, south)):
            with pytest.raises(Refused, match="suspended by"):
                post.drafts(OUTAGE)
            n = post.releases(post.drafts(OUTAGE, "IMMEDIATE", kind="service"))["n"]
            message = other.hears(n)
            assert (message["status"], message["in_spite"]) == ("SERVICE", None)
            assert post.reads(n, "ours")["in_spite"] is None


def test_F11_what_is_attached_to_it_passes_with_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        suspended(north, south)
        draft = south.drafts(OUTAGE, kind="service")
        attached = attaches(south.drafter, draft["draft"], b"Pump 2: off.\n", "pumps.txt")
        n = south.releases(attached)["n"]
        north.hears(n)
        north.until(lambda: states(north, n) == ["shown"])


def test_D6_one_that_waits_when_a_suspension_comes_is_not_given_back(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.stops()
        said = north.releases(north.drafts(OUTAGE, kind="service"))
        plain = north.releases(north.drafts("Hold."))
        north.releases(north.drafter.asks("suspend", reason="Manoeuvres."))
        shown = {
            each["draft"]: north.drafter.asks("draft.show", draft=each["draft"])["state"]
            for each in (said, plain)
        }
        assert list(shown.values()) == ["released", "open"]


def test_E24_it_answers_corrects_and_retracts_service_messages_only(shared: Posts) -> None:
    north, south = shared
    order = north.sends("Hold at the river.")
    theirs = south.sends("Where do you hold?")
    north.hears(theirs)
    for name, n in (("retracts", order), ("corrects", order), ("answers", theirs)):
        about: dict[str, Any] = {name: n}
        with pytest.raises(Refused, match="is no service message") as fault:
            north.drafts(OUTAGE, kind="service", **about)
        assert fault.value.rule == "E24"
    draft = north.drafts(OUTAGE, kind="service")
    with pytest.raises(Refused, match="is no service message"):
        north.drafter.asks("draft.edit", draft=draft["draft"], retracts=order)
    n = north.releases(draft)["n"]
    again = north.drafts("It is on again.", kind="service", corrects=n)
    assert again["status"] == "SERVICE"
    assert north.drafts("As you were.", corrects=n)["status"] == "EXERCISE"


def test_its_words_contradict_no_mark(shared: Posts) -> None:
    north, _ = shared
    for text in ("This is not a drill.", "EXERCISE EXERCISE EXERCISE", "This is a test."):
        with pytest.raises(Refused, match="marked SERVICE"):
            north.drafts(text, kind="service")
        checked = north.drafter.asks("text.check", text=text, kind="service")
        assert "marked SERVICE" in checked["refused"]["sentence"]
    assert north.drafter.asks("text.check", text=OUTAGE, kind="service")["refused"] is None
    with pytest.raises(Misused, match="no kind 'letter'"):
        north.drafts(OUTAGE, kind="letter")


def test_no_suspension_is_of_service_messages(shared: Posts) -> None:
    north, _ = shared
    with pytest.raises(Misused, match="no kind 'service' of message to suspend"):
        north.drafter.asks("suspend", reason="Manoeuvres.", kinds=["service"])


def test_it_is_no_contact_between_the_parties(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.hears(north.sends("Good morning."))
        north.clock.skip(3 * DAY_S)
        south.hears(north.sends(OUTAGE, kind="service"))
        assert north.line()["days_since_contact"] == 3
