"""A role is lent for a scope and a time, and the station enforces it at the moment of the act."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Misused, Refused
from tests.playbook import Post, Voice, two_stations

HOUR_S = 3_600


def at(post: Post, ahead_s: float) -> str:
    """A time from now, as it is typed; to the minute, so that it is a little earlier."""
    wall = post.clock.now().wall + ahead_s
    return datetime.fromtimestamp(wall, UTC).strftime("%Y-%m-%d %H:%MZ")


def lends(post: Post, whom: Voice, hours: float = 2, **more: Any) -> dict[str, Any]:
    """The releaser lends the role."""
    given = {"role": "releaser", "to": whom.id, "until": at(post, hours * HOUR_S), **more}
    return post.releaser.asks("delegation.give", **given)


def releases(who: Voice, draft: dict[str, Any]) -> dict[str, Any]:
    """Somebody reads a draft, and releases it."""
    shown = who.asks("draft.show", draft=draft["draft"])
    given = {name: shown[name] for name in ("draft", "sha256", "displayed")}
    return who.asks("release", **given)


def test_a_role_is_lent_used_and_shown_and_ends_by_itself(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        first, second = north.drafts("Snow."), north.drafts("More snow.")
        with pytest.raises(Refused, match="Only a releaser may do this"):
            releases(north.watch, first)
        lent = lends(north, north.watch)
        assert (lent["state"], lent["scope"]) == ("in force", "a releaser on every line")
        north.event("delegation", state="began")
        shown = north.watch.asks("draft.show", draft=first["draft"])
        assert shown["lent"]["for"]["name"] == north.releaser.name
        n = releases(north.watch, first)["n"]

        # On our pages for whom; to the other side who it was, for they are told no more.
        by = {"id": lent["delegation"], "until": lent["until"]}
        by |= {"for": north.operator.asks("person.list")["persons"][2]}
        by["for"].pop("roles")
        (stage,) = [each for each in north.reads(n, "ours")["stages"] if each["delegation"]]
        assert (stage["stage"], stage["by"]["name"]) == ("released", north.watch.name)
        assert stage["delegation"] == by
        assert north.watch.asks("draft.show", draft=first["draft"])["delegation"] == by
        (theirs,) = south.hears(n)["releasers"]
        assert theirs["name"] == north.watch.name

        north.clock.skip(lent["until"] - north.clock.now().wall - 2)
        assert north.watch.asks("delegation.list")["delegations"][0]["state"] == "in force"
        north.clock.skip(3)
        with pytest.raises(Refused, match=r"The delegation of Berg to Dahl ended at .*Z\."):
            releases(north.watch, second)
        assert north.watch.asks("delegation.list")["delegations"] == []
        trail = north.auditor.asks("audit")["rows"]
        acts = [row["act"] for row in trail if "delegation" in row["act"]]
        assert acts == [
            *("delegation.give", "delegation began", "release by delegation", "delegation ended")
        ]
        (row,) = [row for row in trail if row["act"] == "release by delegation"]
        assert (row["name"], row["arguments"]["for"]) == (north.watch.name, north.releaser.name)
        assert row["arguments"]["draft"] == first["draft"]


def test_one_that_begins_later_waits_and_begins_by_itself(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Snow.")
        lent = lends(north, north.watch, since=at(north, HOUR_S))
        assert lent["state"] == "waits"
        with pytest.raises(Refused, match="begins at"):
            releases(north.watch, draft)
        north.clock.skip(HOUR_S + 1)
        north.event("delegation", state="began")
        assert releases(north.watch, draft)["n"] is not None


def test_no_clock_that_is_set_back_revives_it(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Snow.")
        lent = lends(north, north.watch, 0.05)
        # Set back before the station looked: its steady clock goes on all the same.
        north.clock.set_wrong(-2 * HOUR_S)
        north.clock.skip(lent["until"] - lent["set_at"] + 1)
        with pytest.raises(Refused, match="ended at"):
            releases(north.watch, draft)

        # Set back while the station stood still: what it wrote before is not undone by that.
        lent = lends(north, north.watch, 5)
        north.clock.set_wrong(6 * HOUR_S)
        north.drafts("The clock is wrong, and this was written by it.")
        north.stops()
        north.clock.set_wrong(0)
        north.starts()
        with pytest.raises(Refused, match="ended at"):
            releases(north.watch, draft)
        assert north.watch.asks("delegation.list")["delegations"] == []


def test_one_that_waits_for_a_clock_that_was_set_back_wakes_nobody(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        lent = lends(north, north.watch, 5, since=at(north, HOUR_S))
        north.clock.set_wrong(-2 * HOUR_S)
        north.clock.skip(HOUR_S + 60)  # the steady clock is past its start, the other is not
        assert north.watch.asks("delegation.list")["delegations"][0]["state"] == "waits"
        left: list[float] = []

        def looks() -> None:
            due = north.station.watch.delegations.wake_at()
            left.append(due - north.station.clock.now().mono)

        north.stage.do(looks)
        assert 1.5 * HOUR_S < left[0] < 2.5 * HOUR_S
        north.clock.skip(2 * HOUR_S)
        north.event("delegation", state="began")
        north.clock.skip(lent["until"] - lent["since"] - 2 * HOUR_S)
        north.event("delegation", state="ended")


def test_two_persons_stay_two_also_by_delegation(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        lends(north, north.drafter)
        own = north.drafts("My own.")
        with pytest.raises(Refused, match=r"wrote draft .* and cannot release it"):
            releases(north.drafter, own)
        # Who lent the role changed this one, and could not release it: so nobody does for them.
        lends(north, north.watch)
        north.releaser.asks("draft.edit", draft=own["draft"], text="Ours.")
        with pytest.raises(Refused, match=r"Berg has worked on draft .* nobody reviews"):
            releases(north.watch, own)
        # Nor does anybody lend on what was lent, or lend it to themselves.
        until = at(north, HOUR_S)
        with pytest.raises(Refused, match="Only an operator or a releaser"):
            north.watch.asks("delegation.give", role="releaser", to=north.deputy.id, until=until)
        for lender, whom, sentence in (
            (north.watch, north.deputy, "not have the role releaser of their own"),
            (north.releaser, north.operator, "to themselves"),
        ):
            given = {"role": "releaser", "by": lender.id, "to": whom.id, "until": until}
            with pytest.raises(Refused, match=sentence):
                north.operator.asks("delegation.give", **given)
        other = north.operator.asks("person.add", name="Roy", office="2", roles=["releaser"])
        with pytest.raises(Refused, match="cannot lend a role of"):
            lends(north, north.watch, by=other["id"])
        close = north.drafter.asks("close", reason="The talks are over.")
        with pytest.raises(Refused, match="not closed by delegation"):
            releases(north.watch, close)


def test_the_reviewer_of_three_is_another_also_by_delegation(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        station, home = north.station, north.station.home
        writing = replace(home.config.writing, three_persons=("Blue Line",))
        station.home = replace(home, config=replace(home.config, writing=writing))
        lends(north, north.watch)
        draft = north.drafts("Snow.")
        north.releaser.asks("draft.review", draft=draft["draft"], sha256=draft["sha256"])
        with pytest.raises(Refused, match=r"Berg reviewed draft .* cannot release it too"):
            releases(north.watch, draft)


def test_only_what_was_lent_is_covered(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        lent = lends(north, north.watch, precedences=["flash", "IMMEDIATE"], line="Blue Line")
        words = "a releaser on the line Blue Line, FLASH and IMMEDIATE only"
        assert lent["scope"] == words
        with pytest.raises(Refused, match="does not cover this: ROUTINE on Blue Line"):
            releases(north.watch, north.drafts("Snow."))
        assert releases(north.watch, north.drafts("Fire.", "FLASH"))["n"] is not None

        # The scope of another line: the same row, for a line that this is not.
        def moved() -> None:
            north.station.store.sql("UPDATE delegations SET line_id = zeroblob(16)")

        north.stage.do(lambda: north.station.in_next_step(moved))
        with pytest.raises(Refused, match="FLASH on Blue Line"):
            releases(north.watch, north.drafts("Fire.", "FLASH"))


def test_it_is_taken_back_at_once_and_falls_with_either_person(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        draft = north.drafts("Snow.")
        lent = lends(north, north.watch)["delegation"]
        with pytest.raises(Refused, match="between two others"):
            north.deputy.asks("delegation.end", delegation=lent)
        assert north.releaser.asks("delegation.end", delegation=lent)["state"] == "taken back"
        with pytest.raises(Refused, match=r"taken back at .* by Berg"):
            releases(north.watch, draft)
        with pytest.raises(Refused, match="has ended already"):
            north.operator.asks("delegation.end", delegation=lent)

        # Who was lent it goes, and with them the role; who lent it goes, and takes it along.
        lends(north, north.deputy)
        north.operator.asks("person.end", person=north.deputy.id)
        with pytest.raises(Refused, match="belongs to nobody"):
            releases(north.deputy, draft)
        lends(north, north.watch)
        roy = north.operator.asks("person.add", name="Roy", office="Second", roles=["releaser"])
        north.operator.asks("person.end", person=north.releaser.id)
        with pytest.raises(Refused, match=r"taken back at .* by operator"):
            releases(north.watch, draft)
        assert north.auditor.asks("delegation.list")["delegations"] == []
        assert len(north.auditor.asks("delegation.list", all=True)["delegations"]) == 3
        # And a lender whose role is gone has lent nothing, whatever stands in the table.
        given = {"role": "releaser", "by": roy["id"], "to": north.watch.id}
        north.operator.asks("delegation.give", **given, until=at(north, HOUR_S))

        def demoted() -> None:
            north.station.store.sql(
                "UPDATE persons SET roles = 'drafter' WHERE id = ?", (roy["id"],)
            )
            north.station.people.load()

        north.stage.do(lambda: north.station.in_next_step(demoted))
        with pytest.raises(Refused, match="Roy, who lent the role, has it no more"):
            releases(north.watch, draft)


def test_what_cannot_be_lent_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        refused: list[tuple[dict[str, Any], str]] = [
            ({"role": "watch"}, "is not lent"),
            ({"role": "drafter"}, "is not lent"),
            ({"to": north.releaser.id}, "another person"),
            ({"to": north.auditor.id}, "may not read what goes out"),
            ({"to": 999}, "Nobody at this station"),
            ({"until": at(north, -HOUR_S)}, "is over"),
            ({"until": at(north, 32 * 24 * HOUR_S)}, "31 days at most"),
            ({"since": at(north, 3 * HOUR_S)}, "not after the start"),
            ({"until": None, "for_s": -(1 << 50)}, "not after the start"),
            ({"until": None, "for_s": 1 << 50}, "31 days at most"),
            ({"level": "no such"}, "No line has the level"),
            ({"line": "no such"}, "no such"),
        ]
        for given, sentence in refused:
            with pytest.raises(Refused, match=sentence):
                lends(north, north.watch, **given)
        misused: list[tuple[dict[str, Any], str]] = [
            ({"until": "tomorrow"}, "is no time"),
            ({"for_s": 60}, "Until when"),
            ({"precedences": ["LOUD"]}, "no precedence"),
            ({"line": "Blue Line", "level": "military"}, "one line or for one level"),
        ]
        for given, sentence in misused:
            with pytest.raises(Misused, match=sentence):
                lends(north, north.watch, **given)
        roy = north.operator.asks("person.add", name="Roy", office="2", roles=["releaser"])
        with pytest.raises(Refused, match="has the role releaser"):
            lends(north, north.watch, to=roy["id"])


def three_persons(north: Post) -> None:
    """On this line somebody reviews what another releases."""
    home = north.station.home
    writing = replace(home.config.writing, three_persons=("Blue Line",))
    north.station.home = replace(home, config=replace(home.config, writing=writing))


def reviews(who: Voice, draft: dict[str, Any]) -> dict[str, Any]:
    """Somebody reads a draft, and says that exactly this may go out."""
    shown = who.asks("draft.show", draft=draft["draft"])
    return who.asks("draft.review", draft=draft["draft"], sha256=shown["sha256"])


def test_a_review_is_lent_for_a_scope_and_a_time_and_shown_and_releases_nothing(
    tmp_path: Path,
) -> None:
    with two_stations(tmp_path) as (north, _):
        three_persons(north)
        taken_on = north.operator.asks("person.add", name="Roy", office="2", roles=["releaser"])
        roy = Voice(north, taken_on["id"], "Roy", taken_on["token"])
        north.people["roy"] = roy
        draft, routine = north.drafts("Fire.", "FLASH"), north.drafts("Snow.")
        with pytest.raises(Refused, match="Only a releaser may do this"):
            reviews(north.watch, draft)
        lent = lends(north, north.watch, role="reviewer", precedences=["FLASH"])
        assert lent["scope"] == "a reviewer on every line, FLASH only"
        assert north.watch.asks("draft.show", draft=draft["draft"])["lent_review"] is not None
        assert north.watch.asks("draft.show", draft=routine["draft"])["lent_review"] is None
        with pytest.raises(Refused, match="does not cover this: ROUTINE on Blue Line"):
            reviews(north.watch, routine)
        reviewed = reviews(north.watch, draft)["reviewed"]
        assert (reviewed["by"]["name"], reviewed["delegation"]["for"]["name"]) == ("Dahl", "Berg")
        # Who reviews does not release, and whose review it is does not either: three stay three.
        with pytest.raises(Refused, match="does not have the role releaser"):
            releases(north.watch, draft)
        with pytest.raises(Refused, match=r"was reviewed for Berg, who cannot release it too"):
            releases(north.releaser, draft)
        lends(north, north.deputy)
        with pytest.raises(Refused, match=r"was reviewed for Berg, who cannot release it too"):
            releases(north.deputy, draft)
        assert releases(roy, draft)["n"] is not None
        (row,) = [
            row
            for row in north.auditor.asks("audit")["rows"]
            if row["act"] == "review by delegation"
        ]
        assert (row["name"], row["arguments"]["for"]) == ("Dahl", "Berg")

        # Over is over; and who was lent all of the role reviews, too.
        second = north.drafts("More fire.", "FLASH")
        north.releaser.asks("delegation.end", delegation=lent["delegation"])
        with pytest.raises(Refused, match="was taken back at"):
            reviews(north.watch, second)
        assert reviews(north.deputy, second)["reviewed"]["by"]["name"] == north.deputy.name


def test_nobody_reviews_their_own_by_delegation_nor_what_the_lender_wrote(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        three_persons(north)
        lends(north, north.drafter, role="reviewer")
        own = north.drafts("My own.")
        with pytest.raises(Refused, match=r"wrote draft .* and cannot"):
            reviews(north.drafter, own)
        lends(north, north.watch, role="reviewer")
        north.releaser.asks("draft.edit", draft=own["draft"], text="Ours.")
        with pytest.raises(Refused, match=r"Berg has worked on draft .* nobody reviews"):
            reviews(north.watch, own)
        sent_back = north.watch.asks("draft.send_back", draft=own["draft"], reason="Say where.")
        assert sent_back["sent_back"]["delegation"]["for"]["name"] == "Berg"
        with pytest.raises(Refused, match="not have the role releaser of their own"):
            north.operator.asks(
                "delegation.give",
                role="reviewer",
                by=north.watch.id,
                to=north.deputy.id,
                until=at(north, HOUR_S),
            )
