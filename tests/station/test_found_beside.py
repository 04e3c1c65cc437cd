"""What stands beside a message is found too: translations, and names and texts of attachments.

They come later than the message, and the index learns of them by itself.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import pytest

from parley.catalogue.files import OTHER_FORM
from parley.core.errors import Refused
from parley.station.texts import indexing, places
from tests.playbook import Post, Posts, Voice, two_stations
from tests.station.test_attachments import attaches, noise, sends, states
from tests.station.test_early import across_a_gap, mended
from tests.station.test_finding import finds, marked
from tests.station.test_translating import hired

# How each is written, what is looked for, and what of it is marked.
SIX = {
    "en": ("The lighthouse keeper saw nothing.", "lighthouse", ["lighthouse"]),
    "fr": ("Le gardien du phare n'a rien été dit.", "PHARE ete", ["phare", "été"]),
    "es": ("El guardián del faro no vio nada.", '"guardian del faro"', ["guardián del faro"]),
    "ru": ("Смотритель маяка ещё ничего не видел.", "маяка еще", ["маяка", "ещё"]),
    "ar": ("لم يرَ حارس المنارة شيئًا.", "المناره شيئا", ["المنارة", "شيئًا"]),
    "zh": ("灯塔看守人什么也没看见。", "灯塔 看", ["灯塔看", "看"]),
}


@pytest.fixture(scope="module")
def iversen(shared: Posts) -> Voice:
    return hired(shared[0], "Iversen")


def received(shared: Posts, text: str, **more: Any) -> int:
    north, south = shared
    n = south.sends(text, **more)
    north.hears(n)
    return n


def translates(voice: Voice, n: int, text: str, stage: str = "rough", **more: Any) -> int:
    given = {"n": n, "stage": stage, "language": "en", "text": text, **more}
    made: int = voice.asks("translation.add", **given)["translation"]
    return made


def where(found: dict[str, Any]) -> list[str]:
    return [each["in"] for each in found["where"]]


@pytest.mark.parametrize("language", SIX)
def test_a_translation_is_found_in_every_language(
    shared: Posts, iversen: Voice, language: str
) -> None:
    text, words, marks = SIX[language]
    n = received(shared, f"Unser Turm, {language}.")
    assert finds(shared[0].watch, words) == []  # the message is in the index before
    made = translates(iversen, n, text, "sight", language=language)
    (found,) = finds(shared[0].watch, words)
    assert (found["dir"], found["n"], found["kind"], found["is_message"]) == (
        *("theirs", n, "text"),
        True,
    )
    (place,) = found["where"]
    assert (place["in"], place["translation"]) == ("translation", made)
    assert (place["stage"], place["language"], place["by"]["name"]) == (
        "sight",
        language,
        "Iversen",
    )
    assert marked(found) == marks
    assert text in found["excerpt"]
    assert finds(shared[1].watch, words) == []  # it is ours alone, and never crossed


def test_an_amended_translation_is_found_by_its_newest_words(shared: Posts, iversen: Voice) -> None:
    north = shared[0]
    n = received(shared, "Der Bagger liegt still.")
    first = translates(iversen, n, "The dredger is a drudge.")
    assert finds(north.watch, "drudge")[0]["n"] == n
    second = translates(iversen, n, "The dredger lies idle.", amends=first, reason="A word.")
    assert finds(north.watch, "drudge") == []
    (found,) = finds(north.watch, "dredger idle")
    assert [each["translation"] for each in found["where"]] == [second]
    # Both before anybody looks.
    third = translates(iversen, n, "The dredger is drunk.", amends=second, reason="A word.")
    translates(iversen, n, "The dredger is quiet.", amends=third, reason="A word.")
    assert finds(north.watch, "drunk") == finds(north.watch, "idle") == []
    assert finds(north.watch, "dredger quiet")[0]["n"] == n


def test_an_index_that_has_an_amended_translation_still_shows_nothing_of_it(
    shared: Posts, iversen: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was amended between two looks of one search."""
    north = shared[0]
    n = received(shared, "Die Weiche klemmt.")
    first = translates(iversen, n, "The soft one jams.")
    assert len(finds(north.watch, "jams")) == 1
    monkeypatch.setattr(indexing, "_take_translations", lambda *_: 0)
    translates(iversen, n, "The points are stuck.", amends=first, reason="A word.")
    assert finds(north.watch, "jams") == []


def test_the_text_itself_is_told_first_and_translations_by_their_stage(
    shared: Posts, iversen: Voice
) -> None:
    north = shared[0]
    n = received(shared, "Le Vigilant est un remorqueur.")
    for stage in ("sight", "official", "rough"):
        translates(iversen, n, f"The Vigilant is a tug, {stage}.", stage)
    (found,) = finds(north.watch, "vigilant")
    assert found["excerpt"] == "Le Vigilant est un remorqueur."
    assert where(found) == ["text", *["translation"] * 3]
    (found,) = finds(north.watch, "vigilant tug")
    assert [each["stage"] for each in found["where"]] == ["official", "rough", "sight"]
    assert found["excerpt"] == "The Vigilant is a tug, official."
    # All words stand in one place: words of two texts are no hit.
    assert finds(north.watch, "remorqueur tug") == []


def test_the_conditions_are_those_of_the_message(shared: Posts, iversen: Voice) -> None:
    north = shared[0]
    n = received(shared, "Nebel über dem Sund.", precedence="PRIORITY")
    translates(iversen, n, "Fog over the sound, thick as wadding.")
    for asked, many in (
        ({"precedence": "PRIORITY", "dir": "theirs", "status": "EXERCISE", "kind": "text"}, 1),
        ({"precedence": "FLASH"}, 0),
        ({"dir": "ours"}, 0),
        ({"status": "ACTUAL"}, 0),
        ({"kind": "minute"}, 0),
        ({"until": "2020-01-01"}, 0),
        ({"since": "2020-01-01", "unanswered": True}, 1),
        ({"person": "moreau"}, 1),
        ({"person": "iversen"}, 0),
        ({"line": north.line()["name"]}, 1),
    ):
        assert len(finds(north.watch, "wadding", **asked)) == many, asked
    rows = north.watch.asks("timeline", words="wadding")["rows"]
    assert [row["n"] for row in rows if row["is_message"]] == [n]
    # Without words a message is one row, however much stands beside it.
    entries = [each["entry"] for each in finds(north.watch, dir="theirs")]
    assert len(entries) == len(set(entries))


def test_pages_follow_each_other_where_much_stands_beside(shared: Posts, iversen: Voice) -> None:
    north = shared[0]
    numbers = [received(shared, f"Boje {at}.") for at in range(3)]
    for n in numbers:
        for stage in ("sight", "rough", "official") * 2:
            translates(
                iversen, n, f"A buoy marks the shoal: {stage}.", stage, seen=seen(iversen, n)
            )
    paged, before = [], None
    while True:
        more: dict[str, Any] = {} if before is None else {"before": before}
        page = north.watch.asks("find", words="shoal", limit=1, **more)
        paged += [(each["n"], len(each["where"])) for each in page["found"]]
        before = page["next"]
        if before is None:
            break
    assert paged == [(n, 6) for n in reversed(numbers)]


def seen(voice: Voice, n: int) -> str:
    """The word for the differences of these texts: the number of the buoy is left out."""
    text = "A buoy marks the shoal: official."
    word: str = voice.asks("translation.compare", n=n, text=text)["word"]
    return word


def test_who_may_not_read_finds_nothing(shared: Posts, iversen: Voice) -> None:
    north = shared[0]
    n = received(shared, "Schnee.")
    translates(iversen, n, "Sleet and slush.")
    assert len(finds(north.auditor, "slush")) == 1
    for voice in (iversen, north.operator):
        with pytest.raises(Refused):
            voice.asks("find", words="slush")


def test_a_translation_of_a_provisional_message_is_found_once_that_is_in_the_record(
    tmp_path: Path,
) -> None:
    with across_a_gap(tmp_path) as (_, south, gap, n):
        juul = hired(south, "Juul")
        south.event("alarm", n=n)
        first = translates(juul, n, "N'ouvrez pas le fou.", language="fr")
        assert finds(south.watch, "ouvrez") == []
        translates(juul, n, "N'ouvrez pas le feu.", language="fr", amends=first, reason="A letter.")
        assert finds(south.watch, "ouvrez") == []
        mended(south, gap, n)
        (found,) = finds(south.watch, "ouvrez")
        assert (found["n"], where(found)) == (n, ["translation"])
        assert finds(south.watch, "fou") == []


# --- attachments


def test_names_and_texts_of_attachments_are_found_on_both_sides(shared: Posts) -> None:
    north, south = shared
    said = sends(
        north,
        ("Лоцман ведёт судно.\n引航员已登船。\n".encode(), "Fairway überall.txt"),
        (noise(60, 40), "海图 7.png"),
    )
    south.until(lambda: states(south, said["n"]) == ["shown", "shown"])
    for post, dir in ((north, "ours"), (south, "theirs")):
        for words, place, marks in (
            ("лоцман ведет", ("attachment", 1, "Fairway überall.txt"), ["Лоцман", "ведёт"]),
            ("引航员", ("attachment", 1, "Fairway überall.txt"), ["引航员"]),
            ("UBERALL", ("attachment name", 1, "Fairway überall.txt"), ["überall"]),
            ("海图", ("attachment name", 2, "海图 7.png"), ["海图"]),
        ):
            (found,) = finds(post.watch, words)
            assert (found["dir"], found["n"]) == (dir, said["n"])
            (told,) = found["where"]
            assert (told["in"], told["attachment"], told["name"]) == place
            assert marked(found) == marks
    assert finds(south.watch, "лоцман", precedence="FLASH") == []


def test_a_text_that_comes_after_its_message_was_indexed_is_found(shared: Posts) -> None:
    north, south = shared
    draft = attaches(
        north.drafter, north.drafts("See the tide.")["draft"], b"slack water\n" * 5000, "t.txt"
    )
    station = south.station
    said = north.releases(draft)
    south.hears(said["n"])
    finds(south.watch, "slack")  # whatever of it is there is looked at now and again
    south.until(lambda: states(south, said["n"]) == ["shown"])
    (found,) = finds(south.watch, "slack water")
    assert (found["n"], where(found)) == (said["n"], ["attachment"])

    def judged(verdict: str | None) -> None:
        def write() -> None:
            station.store.sql("UPDATE files SET verdict = ? WHERE held = 60000", (verdict,))

        def written() -> bool:
            rows = station.store.sql("SELECT verdict FROM files WHERE held = 60000")
            return bool(rows[0]["verdict"] == verdict)

        south.stage.do(lambda: station.in_next_step(write))
        south.until(written)

    # It is whole, and nobody knows yet what it is; then it is something else.
    judged(None)
    south.operator.asks("find.rebuild")
    assert finds(south.watch, "slack water") == []
    judged("shown")
    assert len(finds(south.watch, "slack water")) == 1
    judged(OTHER_FORM)
    assert finds(south.watch, "slack water") == []  # the index has it, and it may not be shown
    judged("shown")


def test_a_text_that_two_messages_name_is_found_at_the_first_and_its_names_at_both(
    shared: Posts,
) -> None:
    north, south = shared
    first = sends(north, (b"Heaving line\n", "knots one.txt"))
    south.until(lambda: states(south, first["n"]) == ["shown"])
    again = sends(north, (b"Heaving line\n", "knots two.txt"))
    south.until(lambda: states(south, again["n"]) == ["shown"])
    assert [each["n"] for each in finds(south.watch, "heaving")] == [first["n"]]
    assert [each["n"] for each in finds(south.watch, "knots")] == [again["n"], first["n"]]


# --- the index


def test_the_index_is_made_anew_with_what_stands_beside(shared: Posts, iversen: Voice) -> None:
    north = shared[0]
    n = received(shared, "Leuchtfeuer aus.")
    translates(iversen, n, "The beacon is dark.")
    assert len(finds(north.watch, "beacon")) == 1
    north.operator.asks("find.rebuild")
    assert len(finds(north.watch, "beacon")) == 1


def test_translations_of_another_copy_of_the_station_are_not_kept(tmp_path: Path) -> None:
    """A backup had fewer of them, and their numbers are given again."""
    with two_stations(tmp_path) as (north, south):
        juul = hired(south, "Juul")
        n = north.sends("Hold on.")
        south.hears(n)
        translates(juul, n, "Tenez bon.")
        assert len(finds(south.watch, "tenez")) == 1
        south.stops()
        with sqlite3.connect(south.folder / "parley.db") as store:
            store.execute("UPDATE translations SET text = 'Attendez.', at = at + 1")
        store.close()
        south.starts()
        assert finds(south.watch, "tenez") == []
        assert len(finds(south.watch, "attendez")) == 1


def test_of_one_message_only_so_many_places_are_looked_at(
    shared: Posts, iversen: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "PLACES_MAX", 3)
    n = received(shared, "Moor und Meer.")
    made = [translates(iversen, n, f"Moor and mere, {at}.") for at in range(5)]
    (found,) = finds(shared[0].watch, "moor")
    assert where(found) == ["text", "translation", "translation"]
    assert [each["translation"] for each in found["where"][1:]] == [made[4], made[3]]


def test_what_is_left_to_take_in_is_said(
    shared: Posts, iversen: Voice, monkeypatch: pytest.MonkeyPatch
) -> None:
    north: Post = shared[0]
    n = received(shared, "Letzte.")
    finds(north.watch, "letzte")
    monkeypatch.setattr(indexing, "SLICE_ENTRIES", 1)
    monkeypatch.setattr(indexing.catch_up, "__defaults__", (1,))
    for at in range(3):
        translates(iversen, n, f"The last, {'abc'[at]}.")
    assert [north.watch.asks("find", words="last")["behind"] for _ in range(3)] == [2, 1, 0]
