"""Every form of the console is sent with something wrong in each field: the page comes back with
what was typed, and what is wrong stands beside a field."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest
from starlette.applications import Starlette

from tests.console.asking import Answer, ask, sit
from tests.console.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

A_SIGN, TOO_MUCH, NO_FIGURE = "a\tb", "x" * 70_000, "soon"  # what no field takes
PAGES = (
    *("/", "/inbox", "/sent", "/alarms", "/calls", "/calls/ask", "/compose", "/declare", "/drafts"),
    *("/record", "/minutes", "/minutes/draft", "/watch", "/find", "/timeline", "/glossary"),
    *("/chat", "/you", "/tests", "/overdue"),
)
# A reason to stop a line is whatever a watch officer typed in a hurry; it stops the line.
# What a form asks for before it looks at anything else.
GOOD = {
    "began": "2026-01-01 08:00Z",
    "ended": "2026-01-01 09:00Z",
    "ours": "Ulan",
    "theirs": "Ulan",
}
ONCE = {"first-code"}  # a code is never shown again
FOUND = {
    "Both": {("/compose", "text"), ("/calls/at-once", "purpose"), ("/minutes/draft", "agreed")},
    "Rene": {("/find", "person"), ("/find", "since")},
    "Aline": {("/find", "person"), ("/timeline", "person"), ("/daylog", "date")},
}
TAKES_ALL = re.compile("/stop$")


@dataclass(frozen=True, slots=True)
class Form:
    """A form as the page has it: what stands in it, and in which fields people write."""

    action: str
    method: str
    values: dict[str, str] = field(default_factory=dict)
    typed: dict[str, bool] = field(default_factory=dict)  # whether a number or a time is meant


class Forms(HTMLParser):
    """The forms of a page, and beside which fields something is wrong."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self.faults: set[str] = set()
        self._described: dict[str, str] = {}
        self._form: Form | None = None
        self._area = self._select = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        name, kind = given.get("name", ""), given.get("type", "text")
        if "fault" in given.get("class", "").split() and "hidden" not in given:
            self.faults.add(given["id"])
        self._described |= dict.fromkeys(given.get("aria-describedby", "").split(), name)
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get"))
            self.forms.append(self._form)
        if self._form is None or "disabled" in given:
            return
        values = self._form.values
        if tag == "textarea":
            self._area = name
            values[name] = ""
            self._form.typed[name] = False
        elif tag == "select":
            self._select = name
        elif (
            tag == "option" and self._select and ("selected" in given or self._select not in values)
        ):
            values[self._select] = given.get("value", "")
        elif tag == "input" and name and (kind not in ("checkbox", "radio") or "checked" in given):
            values[name] = given.get("value", "")
            if kind in ("text", "search", "number"):
                self._form.typed[name] = "figures" in given.get("class", "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._form = None
        if tag in ("textarea", "select"):
            self._area = self._select = ""

    def handle_data(self, data: str) -> None:
        if self._form is not None and self._area:
            self._form.values[self._area] += data

    def marked(self) -> dict[str, str]:
        """What is wrong, and the field that it describes."""
        return {fault: self._described.get(fault, "") for fault in self.faults}

    def values(self, name: str) -> set[str]:
        """What stands in the fields of that name."""
        return {each.values.get(name, "").removeprefix("\n") for each in self.forms}


def wrongly(form: Form) -> Iterator[tuple[str, dict[str, str]]]:
    """The form with one field wrong, as somebody may send it."""
    good = {name: GOOD[name] for name in form.typed if name in GOOD and not form.values[name]}
    for name, figures in form.typed.items():
        for wrong in (A_SIGN, TOO_MUCH, *((NO_FIGURE,) if figures else ())):
            yield name, {**form.values, **good, name: wrong}


async def send(
    app: Starlette, form: Form, given: dict[str, str], cookies: dict[str, str]
) -> Answer:
    if form.method == "post":
        return await ask(app, form.action, given, cookies)
    return await ask(app, f"{form.action}?{urlencode(given)}", cookies=cookies)


@pytest.mark.parametrize("who", ["Both", "Rene", "Aline"])
async def test_what_is_wrong_stands_beside_a_field(pair: World, app: Starlette, who: str) -> None:
    north = pair.north
    if not (found := (await north.ask("Both", "inbox", all=True))["messages"]):
        n = (await pair.say(pair.south, "Where are you at 1127?", "PRIORITY"))["n"]

        async def came() -> bool:
            return bool((await north.ask("Both", "status"))["lines"][0]["their_size"] > n)

        await pair.until(came)
        found = (await north.ask("Both", "inbox", all=True))["messages"]
        await north.ask("Both", "desk.hold", desk=1)
    draft = (await north.ask("Dana", "draft.new", text="We come."))["draft"]
    line = (await north.ask("Both", "status"))["lines"][0]["line"][:8]
    cookies, seat = await sit(north, app, who), f"/s/{north.ids[who]}"
    refused, silent = set[tuple[str, str]](), list[tuple[str, str]]()
    wrong: list[object] = []
    for path in (*PAGES, f"/messages/{line}/theirs/{found[0]['n']}", f"/drafts/{draft}"):
        page = await ask(app, seat + path, cookies=cookies)
        for form in Forms(page.text).forms if page.status == 200 else ():
            sent = Form(form.action or seat + path, form.method, form.values, form.typed)
            where = sent.action.removeprefix(seat)
            for name, given in () if TAKES_ALL.search(where) else wrongly(sent):
                answer = await send(app, sent, given, cookies)
                if answer.status < 400:
                    silent.append((where, name))
                    continue
                refused.add((where, name))
                back = Forms(answer.text)
                marked = back.marked()
                typed = name in ONCE or given[name] in back.values(name)
                if not (marked and typed and {*marked.values()} <= {*form.values}):
                    wrong.append((where, name, given[name][:5], marked, typed))
    assert not wrong
    assert not [each for each in silent if each not in refused]
    assert FOUND[who] <= refused
