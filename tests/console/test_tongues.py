"""The console in six languages: which one a page speaks, and that values turn nothing around."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from jinja2 import Environment, StrictUndefined
from starlette.applications import Starlette

from parley.catalogue.calls import Verdict
from parley.console import tongues, words
from parley.console.tongues import FSI, PDI, TONGUES, chosen
from parley.console.vocabulary import call_name, said
from parley.station.call.calls import outcome
from parley.station.staff.tongue import CODES
from tests.console.asking import ask, sit
from tests.console.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_the_languages_are_those_of_the_station() -> None:
    assert tuple(TONGUES) == CODES


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("", "en"),
        ("de-DE", "en"),
        ("ar-EG,ar;q=0.9,en;q=0.8", "ar"),
        ("de, fr-CH;q=0.4, ru;q=0.7", "ru"),
        ("zh-TW", "zh-Hans"),
        ("fr;q=0, es", "es"),
        ("fr;q=x;;,,=", "en"),
    ],
)
async def test_the_browser_decides_until_somebody_chooses(accepted: str, code: str) -> None:
    assert chosen(None, accepted).code == code
    assert chosen("es", accepted).code == "es"
    assert chosen("tlh", accepted).code == code


async def test_a_page_outside_any_seat_speaks_as_asked(app: Starlette) -> None:
    page = await ask(app, "/", accept_language="ar")
    assert '<html lang="ar" dir="rtl">' in page.text
    assert 'id="page-words">{' in page.text  # what its scripts say, where tongue.js looks for it
    answer = await ask(app, "/tongue", {"tongue": "ru", "back": "/sign-in/abc-_1"})
    assert (answer.status, answer.header("location")) == (303, "/sign-in/abc-_1")
    page = await ask(app, "/", cookies=answer.cookies(), accept_language="ar")
    assert '<html lang="ru" dir="ltr">' in page.text
    for back in ("//evil.example/", "https://evil.example/", "/sign-in/../../x", ""):
        answer = await ask(app, "/tongue", {"tongue": "tlh", "back": back})
        assert (answer.header("location"), answer.cookies()) == ("/", {})


async def test_a_seat_speaks_as_its_person_chose(pair: World, app: Starlette) -> None:
    north = pair.north
    cookies = await sit(pair.north, app, "Wanda")
    path = f"/s/{north.ids['Wanda']}/watch"
    assert '<html lang="en"' in (await ask(app, path, cookies=cookies)).text
    await north.ask("Wanda", "person.tongue", person=north.ids["Wanda"], tongue="ar")
    page = await ask(app, path, cookies={**cookies, tongues.COOKIE: "fr"})
    assert '<html lang="ar" dir="rtl"' in page.text
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    answer = await ask(
        app, path.replace("/watch", "/tongue"), {"tongue": "es", "token": token}, cookies
    )
    assert (answer.status, answer.cookies()[tongues.COOKIE]) == (303, "es")
    assert '<html lang="es"' in (await ask(app, path, cookies=cookies)).text


@pytest.mark.parametrize("code", CODES)
async def test_a_value_is_escaped_and_cannot_turn_what_stands_around_it(code: str) -> None:
    made = Environment(autoescape=True, undefined=StrictUndefined)
    tongues.install(made)
    page = made.from_string(
        "{{ _('Read back %(ref)s', ref=ref) }}{% trans x=ref %}100 %{{ x }}{% endtrans %}"
    )
    tongues.use(TONGUES[code])
    assert "<" not in page.render(ref="<b>")
    turned = page.render(ref="\u202eשלום")
    assert turned.count(FSI) == turned.count(PDI) == 2
    assert "100 %" in turned
    assert (FSI in page.render(ref="North 12")) == (TONGUES[code].dir == "rtl")


async def test_numbers_and_spans_follow_the_language() -> None:
    for code, shown, span, part in (
        ("en", "12,345", "3 hours", "99.98 %"),
        ("ru", "12\u00a0345", "3 часа", "99,98\u00a0%"),
        ("fr", "12\u202f345", "3\u00a0heures", "99,98\u00a0%"),
        ("zh-Hans", "12,345", "3小时", "99.98%"),
        ("ar", "12,345", "3 ساعات", "99.98%"),
    ):
        tongues.use(TONGUES[code])
        assert tongues.number(12_345) == shown
        assert tongues.duration(3, "hour") == span
        assert words.share(0.99989) == part  # never more than it was


async def test_a_catalogue_says_whether_a_native_reader_has_reviewed_it() -> None:
    for locale in (Path(tongues.__file__).parent / "locale").iterdir():
        text = (locale / "LC_MESSAGES" / "parley.po").read_text("utf-8")
        assert '"Reviewed-By-Native-Reader: no\\n"' in text.partition("\n\n")[0]


PAGES = (
    *("/", "/inbox", "/sent", "/alarms", "/calls", "/calls/ask", "/compose", "/declare"),
    *("/drafts", "/record", "/minutes", "/watch", "/green-room", "/call", "/keys", "/find"),
    *("/timeline", "/minutes/draft", "/glossary", "/chat", "/wall", "/you", "/kept"),
    *("/daylog?date=2026-01-01", "/timeline/print?words=1127"),
)


@pytest.mark.parametrize("code", CODES)
async def test_each_page_is_made_in_each_language(pair: World, app: Starlette, code: str) -> None:
    """Every page of a seat with a message, a draft and an open line; none has a hole."""
    north, south = pair.north, pair.south
    if not await _has_come(pair):
        await pair.say(south, "الآن 1127.", "FLASH", subject="Now")
        await pair.until(lambda: _has_come(pair))
    draft = await north.ask("Dana", "draft.new", text="We have understood.", precedence="ROUTINE")
    both = north.ids["Both"]
    await north.ask("Both", "person.tongue", person=both, tongue=code)
    cookies = await sit(pair.north, app, "Both")
    line = (await north.ask("Wanda", "status"))["lines"][0]["line"]
    found = (await north.ask("Wanda", "inbox", all=True))["messages"]
    message = f"/messages/{line[:8]}/theirs/{found[0]['n']}"
    of_line = (f"/declare?line={line}", f"/calls/ask?line={line}")
    of_message = (message, f"{message}/print", message.replace("/messages/", "/thread/"))
    for path in (*PAGES, *of_message, *of_line, f"/drafts/{draft['draft']}"):
        page = await ask(app, f"/s/{both}{path}", cookies=cookies)
        assert page.status == 200, (path, page.text[-600:])
        assert f'<html lang="{code}" dir="{TONGUES[code].dir}"' in page.text
        assert "%(" not in page.text.partition("<body>")[2], path
        ids = re.findall(r'\bid="([^"]+)"', page.text)
        assert len(ids) == len(set(ids)), path  # scripts find each part by its one name
    refused = await ask(app, f"/s/{both}/drafts/999", cookies=cookies)
    assert refused.status == 422
    assert ("There is no draft 999." in refused.text) == (code == "en")


async def _has_come(pair: World) -> bool:
    return bool((await pair.north.ask("Wanda", "inbox", all=True))["messages"])


async def test_a_sentence_of_the_station_is_found_by_its_pattern() -> None:
    tongues.use(TONGUES["fr"])
    assert said("There is no draft 7.").unescape() == "Il n'y a pas de projet 7."
    assert said("the line is closed") == "La ligne est fermée."
    nested = said("A name does not pass: the text is empty or only white space.")
    assert nested.unescape() == "Un nom ne passe pas : le texte est vide ou n'a que des blancs."
    assert said("Nobody <b>foresaw</b> this.") == (
        '<span lang="en" dir="ltr">Nobody &lt;b&gt;foresaw&lt;/b&gt; this.</span>'
    )
    tongues.use(TONGUES["en"])
    assert said("Nobody foresaw `this`") == "Nobody foresaw this."


SERVED = (
    "Not in service, our desk is not filled: nobody holds the desk Xyz."
    " Not in service, their desk is not filled: the desk Xyz has no deputy."
)
LATIN = re.compile(r"[A-Za-z]{2,}")


@pytest.mark.parametrize("code", [code for code in TONGUES if code != "en"])
async def test_sentences_in_a_row_are_translated_each_and_whole(code: str) -> None:
    """What the wall says of a desk, and what became of a call: no half is left in English."""
    tongues.use(TONGUES[code])
    try:
        with_time = (Verdict.ACCEPT, Verdict.PROPOSE, Verdict.DEPUTY)
        answers = [
            outcome(verdict, whom, at)
            for verdict in (*with_time, Verdict.DECLINE, Verdict.TEXT)
            for whom in ("", "Xyz")
            for at in ((None, 1_900_000_000) if verdict in with_time else (None,))
        ]
        told = (
            SERVED,
            *answers,
            f"{answers[1]} Nobody had answered by 2030-01-01 10:00Z.",
            "Both have said this text (Xyz 5 and Xyz 6). Xyz proposes to change it (Xyz 7).",
            "The principal, Xyz, is at the terminal.",
            "We ended the standing call: Xyz.",
        )
        for sentence in told:
            shown = said(sentence)
            assert 'lang="en"' not in shown, sentence
            assert not re.search(r"[.。]\W*[.。]", shown.unescape()), shown
            if code in ("zh-Hans", "ru", "ar"):
                assert set(LATIN.findall(shown.unescape())) <= {"Xyz"}, shown
            else:
                assert not re.search(r"\b(?:service|nobody|We|said)\b,? [a-z]+ (?:desk|the)", shown)
        assert "begun" not in call_name("not in this record, begun 2026-12-03 08:02Z")
        assert call_name("North 5") == "North 5"
    finally:
        tongues.use(TONGUES["en"])
