"""What is asked is checked against the operation's own annotations, before anything happens."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Any

import pytest

import parley.station.serving
from parley.core.errors import Misused, Refused
from parley.station.acts.operations import (
    REGISTRY,
    WORDS_OF,
    Operation,
    find,
    for_the_trail,
    operation,
)
from parley.station.acts.person import ROLES, Person

assert parley.station.serving.OPERATIONS_IN


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_name_nobody_knows_is_misused() -> None:
    with pytest.raises(Misused) as fault:
        find("draft.burn")
    assert "draft.burn" in fault.value.sentence
    assert fault.value.hint


@pytest.mark.parametrize(
    ("name", "given", "named"),
    [
        ("draft.show", {}, "draft"),
        ("draft.show", {"draft": "1"}, "draft"),
        ("draft.show", {"draft": True}, "draft"),
        ("draft.show", {"draft": 1.0}, "draft"),
        ("draft.show", {"draft": None}, "draft"),
        ("draft.show", {"draft": 1 << 60}, "draft"),
        ("draft.show", {"draft": 1, "shape": "round"}, "shape"),
        ("person.add", {"name": "x", "office": "y", "roles": "watch"}, "roles"),
        ("person.add", {"name": "x", "office": "y", "roles": ["watch", 1]}, "roles"),
        ("person.add", {"name": "x", "office": "y", "roles": ["watch"] * 5000}, "roles"),
        ("person.add", {"name": "\ud800", "office": "y", "roles": ["watch"]}, "name"),
        ("readback", {"n": 1, "fields": {"time": 6}}, "fields"),
        ("readback", {"n": 1, "fields": ["time"]}, "fields"),
        ("message", {"n": float("nan")}, "n"),
    ],
)
def test_an_argument_that_does_not_fit_is_named(
    name: str, given: dict[str, Any], named: str
) -> None:
    with pytest.raises(Misused) as fault:
        find(name).check_arguments(given)
    assert repr(named) in fault.value.sentence


def test_a_number_that_is_too_long_is_told_as_that() -> None:
    find("open").check_arguments({"n": 10**15 - 1})
    with pytest.raises(Misused) as fault:
        find("open").check_arguments({"n": 10**16})
    assert "at most 15 digits" in fault.value.hint


def test_arguments_that_fit_pass_unchanged() -> None:
    given = {"text": "Half a character \ud800 is the operation's own business.", "answers": None}
    assert find("draft.new").check_arguments(given) == given


def test_who_lacks_the_role_is_refused_with_a_way_on() -> None:
    drafter = Person(7, "Olsen", "", frozenset(("drafter",)))
    with pytest.raises(Refused) as fault:
        find("release").check_person(drafter)
    assert "Olsen" in fault.value.sentence
    assert "releaser" in fault.value.sentence
    assert fault.value.hint
    find("whoami").check_person(drafter)


def test_an_operator_alone_may_only_set_up_look_after_the_machine_and_chat() -> None:
    operator = Person(1, "operator", "", frozenset(("operator",)))
    for each in REGISTRY.values():
        if each.reads or each.setup or not each.roles:
            continue
        if each.name in ("chat.say", "chat.seen"):  # with whoever keeps the line going there
            each.check_person(operator)
            continue
        with pytest.raises(Refused):
            each.check_person(operator)


def test_the_page_of_roles_says_of_each_operation_who_may_do_it() -> None:
    page = (Path(__file__).parents[2] / "docs" / "roles.md").read_text(encoding="utf-8")
    told: dict[str, set[str]] = {}
    for who, names in re.findall(r"^\| ([a-z, -]+) \| (`.*`) \|$", page, re.MULTILINE):
        roles = set() if who == "anybody who works here" else set(who.split(", "))
        for name in names.strip("`").split("` `"):
            assert name not in told
            told[name] = roles
    assert told == {each.name: set(each.roles) for each in REGISTRY.values()}
    (lent,) = re.findall(r"(.*) are also done by whoever was lent", re.sub(r"\s+", " ", page))
    assert set(re.findall(r"`([a-z._]+)`", lent.rpartition(". ")[2])) == {
        each.name for each in REGISTRY.values() if each.lent
    }


def test_every_operation_says_what_it_does_and_names_roles_that_exist() -> None:
    for each in REGISTRY.values():
        assert each.summary, each.name
        assert set(each.roles) <= set(ROLES), each.name


def test_there_are_no_two_operations_of_one_name() -> None:
    with pytest.raises(Misused):
        operation("draft.new")(lambda station, who: {})


def test_the_trail_keeps_no_secret_and_no_words() -> None:
    kept = for_the_trail(
        "draft.new",
        {"secret": "a", "text": "Ceasefire.", "subject": "North", "draft": 3, "to_desks": None}
        | {"fields": {"time": "0600Z"}, "persons": list(range(500))},
        digest,
    )
    assert kept["secret"] == "(not kept)"
    assert kept["draft"] == 3
    assert "Ceasefire" not in kept["text"]
    assert digest("Ceasefire.") in kept["text"]
    assert "North" not in kept["subject"]
    assert "0600Z" not in kept["fields"]
    assert len(kept["persons"]) < 120
    assert kept["to_desks"] is None


def test_what_is_kept_as_words_of_one_operation_is_an_argument_of_it() -> None:
    for name, words in WORDS_OF.items():
        assert set(words) <= {parameter.name for parameter in find(name).parameters}, name


def test_an_operation_is_plain_data() -> None:
    found = find("draft.withdraw")
    assert isinstance(found, Operation)
    assert [each.name for each in found.parameters] == ["draft"]
