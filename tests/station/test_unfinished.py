"""What is typed and not kept is held for its writer, each page of theirs by itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from parley.core.errors import Misused, Refused
from parley.station.texts.unfinished import FORM_BYTES_MAX, TEXTS_MAX
from parley.store.migrations import migrations_of_this_version
from parley.store.sqlite import SqliteStore
from tests.playbook import Posts, Voice

FORM = json.dumps({"text": "We are not \ud800 at", "precedence": "FLASH", "seen": ""})


def keeps(voice: Voice, text: str, page: str, shown: int = 0, place: str = "/compose") -> int:
    form = json.dumps({"text": text})
    id: int = voice.asks("typing.keep", place=place, page=page, form=form, shown=shown)["id"]
    return id


def texts(voice: Voice) -> list[str]:
    return [each["words"] for each in voice.asks("typing.list")["texts"]]


def test_what_is_typed_survives_and_is_nobodys_act(shared: Posts) -> None:
    north, _ = shared
    before = north.auditor.asks("audit", limit=1)["rows"][-1]["id"]
    north.drafter.asks("typing.keep", place="/compose", page="a", form=FORM)
    found = north.drafter.asks("typing.show", place="/compose")
    assert found["form"]["text"] == "We are not \ud800 at"
    assert north.drafter.asks("typing.show", place="/compose?line=7")["form"] is None
    # Only its writer sees it.
    assert north.watch.asks("typing.show", place="/compose")["form"] is None
    assert texts(north.watch) == []
    after = north.auditor.asks("audit", limit=1)["rows"][-1]["id"]
    assert after == before
    north.drafter.asks("typing.end", page="a")
    assert north.drafter.asks("typing.show", place="/compose")["form"] is None


@pytest.mark.parametrize(
    ("place", "page", "form"),
    [
        ("/compose", "a", ""),
        ("/compose", "a", "[]"),
        ("/compose", "a", "{"),
        ("/compose", "a", "[" * 99_999),
        ("/compose", "a", json.dumps({"text": "x" * FORM_BYTES_MAX})),
        ("/compose", "a", json.dumps({"code": "123456"})),
        ("compose", "a", FORM),
        ("//elsewhere", "a", FORM),
        ("/x" * 999, "a", FORM),
        ("/compose", "", FORM),
        ("/compose", "A page", FORM),
    ],
)
def test_what_no_page_types_is_not_held(shared: Posts, place: str, page: str, form: str) -> None:
    north, _ = shared
    with pytest.raises(Misused):
        north.drafter.asks("typing.keep", place=place, page=page, form=form)


def test_the_longest_text_is_held_in_any_script(shared: Posts) -> None:
    north, _ = shared
    keeps(north.drafter, "\U0001f6a2" * 16_384, "a")
    keeps(north.drafter, "\n\u4e09" * 16_384, "b")
    assert len(texts(north.drafter)) == 2
    for page in "ab":
        north.drafter.asks("typing.end", page=page)


def test_of_two_pages_neither_writes_over_the_other(shared: Posts) -> None:
    north, _ = shared
    dana = north.drafter
    first = keeps(dana, "We saw one.", "a")
    # Another page is shown it, and goes on with it; the first one goes on as well.
    second = keeps(dana, "We saw one ship.", "b", shown=first)
    assert texts(dana) == ["We saw one ship."]
    keeps(dana, "We saw one aircraft.", "a")
    assert texts(dana) == ["We saw one aircraft.", "We saw one ship."]
    # A page that was shown what has changed since, or is told twice, takes the place of nothing.
    keeps(dana, "We saw one ship, ours.", "b")
    keeps(dana, "We saw none.", "c", shown=second)
    keeps(dana, "We saw none.", "c", shown=second)
    three = ["We saw none.", "We saw one ship, ours.", "We saw one aircraft."]
    assert texts(dana) == three
    assert dana.asks("typing.show", place="/compose", page="b")["form"]["text"] == three[1]
    assert dana.asks("typing.show", place="/compose")["form"]["text"] == three[0]
    # To end one ends no other, and nobody else's.
    north.watch.asks("typing.end", page="b")
    dana.asks("typing.end", page="b", shown=second)
    assert texts(dana) == [three[0], three[2]]
    for page in "ac":
        dana.asks("typing.end", page=page)


def test_what_is_held_is_not_given_up_for_more(shared: Posts) -> None:
    north, _ = shared
    dana = north.drafter
    for n in range(TEXTS_MAX):
        keeps(dana, f"Text {n}.", f"p{n}")
    with pytest.raises(Refused, match="50 unfinished texts of yours"):
        keeps(dana, "One more.", "more")
    keeps(dana, "Text 0, gone on with.", "p0")
    assert len(texts(dana)) == TEXTS_MAX
    dana.asks("typing.end", page="p7")
    keeps(dana, "One more.", "more")
    for page in ("more", *(f"p{n}" for n in range(TEXTS_MAX))):
        dana.asks("typing.end", page=page)


def test_what_was_held_before_addresses_were_is_found_at_them(tmp_path: Path) -> None:
    path = tmp_path / "parley.db"
    known = migrations_of_this_version()
    store = SqliteStore(path, migrations=[each for each in known if each.number < 31])
    plain = {"text": "We are not \ud800 at", "rescue": True, "pasted": False, "answers": ""}
    about = {**plain, "line": "0a1b@2", "answers": "12"}
    with store.transaction():
        for person, draft, form in ((1, 0, plain), (2, 0, about), (1, 7, plain)):
            row = (person, draft, json.dumps(form), 1_700_000_000.0)
            store.sql("INSERT INTO typing VALUES (?, ?, ?, ?)", row)
    store.close()
    store = SqliteStore(path)
    rows = store.sql("SELECT person, place, page, form FROM unfinished ORDER BY person, place")
    assert [tuple(row)[:3] for row in rows] == [
        (1, "/compose", "before-0"),
        (1, "/drafts/7/edit", "before-7"),
        (2, "/compose?line=0a1b@2&answers=12", "before-0"),
    ]
    assert json.loads(rows[0]["form"]) == plain
    store.close()
