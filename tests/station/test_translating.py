"""Sight, rough and official translations beside an original that nobody touches."""

from __future__ import annotations

from typing import Any

import pytest

from parley.core.errors import Misused, Refused
from tests.playbook import Post, Posts, Voice

ORIGINAL = "Le «Amity» quitte le port à 14h30 le 8 juin 2026."


def hired(post: Post, name: str) -> Voice:
    made = post.operator.asks("person.add", name=name, office="Bureau", roles=["interpreter"])
    voice = post.people[name] = Voice(post, made["id"], name, made["token"])
    return voice


@pytest.fixture(scope="module")
def room(shared: Posts) -> tuple[Voice, Voice, int, Posts]:
    north, south = shared
    n = south.sends(ORIGINAL)
    north.hears(n)
    return hired(north, "Iversen"), hired(north, "Juul"), n, shared


def kept(voice: Voice, n: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = voice.asks("translation.list", n=n)["translations"]
    return found


def test_an_interpreter_reads_translates_amends_and_another_certifies(
    room: tuple[Voice, Voice, int, Posts],
) -> None:
    iversen, juul, n, (north, south) = room
    before = iversen.asks("message", n=n)
    sight = iversen.asks(
        "translation.add", n=n, stage="sight", language="en", text="Amity sails at 1530."
    )
    marks = {(row["value"], row["mark"]) for row in sight["compared"]}
    assert {("Amity", "same"), ("14:30", "omitted"), ("2026-06-08", "omitted")} <= marks
    assert sight["by"]["name"] == "Iversen"
    words = "The “Amity” leaves port at 14:30 on 8 June 2026."
    with pytest.raises(Refused, match="amends and why"):
        juul.asks(
            "translation.add", n=n, stage="rough", language="en", text=words,
            amends=sight["translation"],
        )  # fmt: skip
    rough = juul.asks(
        "translation.add", n=n, stage="rough", language="en", text=words,
        amends=sight["translation"], reason="The time was 14:30.",
    )  # fmt: skip
    assert rough["differs"] == 0
    with pytest.raises(Refused, match="amended already"):
        iversen.asks(
            "translation.add", n=n, stage="rough", language="en", text=words,
            amends=sight["translation"], reason="Again.",
        )  # fmt: skip
    official = juul.asks("translation.add", n=n, stage="official", language="en", text=words)
    with pytest.raises(Refused, match="cannot certify"):
        juul.asks("translation.certify", translation=official["translation"], text="True.")
    with pytest.raises(Refused, match="rough"):
        iversen.asks("translation.certify", translation=rough["translation"], text="True.")
    certified = iversen.asks("translation.certify", translation=official["translation"], text="T.")
    assert certified["certificate"]["by"]["name"] == "Iversen"
    with pytest.raises(Refused, match="certified already"):
        iversen.asks("translation.certify", translation=official["translation"], text="T.")

    listed = {each["translation"]: each for each in kept(north.watch, n)}
    assert next(iter(listed)) == official["translation"]
    earlier = listed[rough["translation"]]["earlier"]
    assert [each["text"] for each in earlier] == ["Amity sails at 1530."]
    assert sight["translation"] not in listed
    after = iversen.asks("message", n=n)
    assert (after["text"], after["leaf"]) == (ORIGINAL, before["leaf"])
    sent = south.watch.asks("translation.list", n=n, dir="ours")
    assert sent["translations"] == []  # nothing of it crossed the line


def test_an_official_one_that_differs_is_kept_by_who_has_seen_how(
    room: tuple[Voice, Voice, int, Posts],
) -> None:
    iversen, juul, n, (north, _) = room
    asked = {"n": n, "language": "en", "text": "The “Amity” leaves port at 14:30 on 9 June 2026."}
    for stage in ("sight", "rough"):  # these are quick, and differ
        made = iversen.asks("translation.add", stage=stage, **asked)
        assert (made["differs"], made["seen"]) == (2, 0)
    before = len(kept(iversen, n))
    about = {"n": n, "text": asked["text"]}
    word = iversen.asks("translation.compare", **about)["word"]
    other = iversen.asks("translation.compare", n=n, text="The “Amity” leaves port.")
    assert other["word"] != word
    for seen in ({}, {"seen": other["word"]}):
        with pytest.raises(Refused, match="differs from the original"):
            iversen.asks("translation.add", stage="official", **asked, **seen)
    assert len(kept(iversen, n)) == before
    made = iversen.asks("translation.add", stage="official", **asked, seen=word)
    assert (made["differs"], made["seen"]) == (2, 2)
    row = north.auditor.asks("audit")["rows"][-1]
    assert (row["act"], row["arguments"]["seen"]) == ("translation.add", word)
    # An amendment is looked at anew; one that agrees needs no such word.
    amends = {"amends": made["translation"], "reason": "The day."}
    with pytest.raises(Refused, match="differs from the original"):
        juul.asks("translation.add", stage="official", **asked | {"text": "Amity."}, **amends)
    right = "The “Amity” leaves port at 14:30 on 8 June 2026."
    last = juul.asks("translation.add", stage="official", **asked | {"text": right}, **amends)
    assert (last["differs"], last["seen"]) == (0, 0)
    (listed,) = [each for each in kept(juul, n) if each["translation"] == last["translation"]]
    assert listed["earlier"][0]["seen"] == 2
    with pytest.raises(Refused, match="Only an interpreter"):
        north.watch.asks("translation.compare", **about)


@pytest.mark.parametrize(
    ("given", "fault"),
    [
        ({"stage": "guess"}, Misused),
        ({"language": "english!"}, Refused),
        ({"text": "a\tb"}, Refused),
        ({"dir": "both"}, Misused),
        ({"n": 999}, Refused),
        ({"amends": 999, "reason": "none"}, Refused),
    ],
)
def test_what_is_no_translation_is_refused(
    room: tuple[Voice, Voice, int, Posts], given: dict[str, Any], fault: type[Exception]
) -> None:
    iversen, _, n, _ = room
    asked = {"n": n, "stage": "sight", "language": "en", "text": "Amity sails."}
    with pytest.raises(fault):
        iversen.asks("translation.add", **(asked | given))


def test_only_interpreters_translate_and_they_write_nothing_else(
    room: tuple[Voice, Voice, int, Posts],
) -> None:
    iversen, _, n, (north, _) = room
    with pytest.raises(Refused, match="Only an interpreter"):
        north.watch.asks("translation.add", n=n, stage="sight", language="en", text="a")
    for op, more in (("draft.new", {"text": "a"}), ("open", {"n": n}), ("record", {})):
        with pytest.raises(Refused):
            iversen.asks(op, **more)


def test_a_translation_of_another_message_is_not_amended_here(
    room: tuple[Voice, Voice, int, Posts],
) -> None:
    iversen, _, n, (north, south) = room
    made = iversen.asks("translation.add", n=n, stage="sight", language="en", text="Amity sails.")
    other = south.sends("Bonjour.")
    north.hears(other)
    with pytest.raises(Refused, match="another message"):
        iversen.asks(
            "translation.add", n=other, stage="sight", language="en", text="Hello.",
            amends=made["translation"], reason="x",
        )  # fmt: skip
