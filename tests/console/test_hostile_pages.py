"""Every page there is, read by each role, when the other side's names and words mean harm.

The other station runs software that lets any text pass. A page shows it as text: no element, no
attribute, no template and no sign that turns what stands around it comes out of it.
"""

from __future__ import annotations

import re
import time
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from html.parser import HTMLParser
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import pytest_asyncio
from starlette.applications import Starlette
from starlette.routing import Route

from parley.catalogue.calls import moment
from parley.console.app import build
from parley.console.tongues import TONGUES
from parley.core import entry
from parley.station.acts.person import ROLES
from parley.station.station import Station
from tests.console import world as made
from tests.console.asking import ask
from tests.console.world import Post, World
from tests.places import few
from tests.playbook import day_of

pytestmark = pytest.mark.asyncio(loop_scope="module")

MARKUP = "'\"><img zzz src=x onerror=alert(1)><script zzz>alert(1)</script>"
TEMPLATE = "{{7191*7191}}{% zzz %}${7191*7191}%(zzz)s%s%"
SHORT = "\"><b zzz>{{7191*7191}}%s'"  # for a name of at most 64 bytes
TURNED = f"{SHORT}\u202e"  # the rest of the line runs the other way
CLOSED = f"{SHORT}\u2069\u202e"  # and no isolation around it holds
LONG = "W" * 300
HARM = f"{MARKUP} {TEMPLATE} \u202eturned\u2069 {LONG}"
PARTY = 'South"><b zzz>{{7191*7191}}'


ORDER = sorted(ROLES, key=lambda role: role != "watch")


class Seen(HTMLParser):
    """A page as a browser reads it: what in it was made by somebody else's words."""

    def __init__(self) -> None:
        super().__init__()
        self.faults: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if any("zzz" in name or name.startswith("on") or name == "style" for name in given):
            self.faults.append(self.get_starttag_text() or tag)
        if tag in ("iframe", "object", "embed", "img", "base") or (
            tag == "script" and "src" not in given and given.get("type") != "application/json"
        ):
            self.faults.append(self.get_starttag_text() or tag)
        for name in ("src", "href", "action", "formaction"):
            where = given.get(name) or "/"
            if where.startswith("//") or (where[0] not in "/#?" and where[:8] != "otpauth:"):
                self.faults.append(f"{name}={where}")
        if tag == "input":
            given.pop("value", None)  # what one typed stands in its field as it is
        self.text += [value or "" for value in given.values()]

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @classmethod
    def of(cls, page: str) -> list[str]:
        """What is wrong with a page."""
        seen = cls()
        seen.feed(page)
        said = "\n".join(seen.text)
        for sign in ("51710481", "\u202e"):
            if sign in said:
                at = said.index(sign)
                seen.faults.append(f"{sign!r} in {said[max(0, at - 60) : at + 30]!r}")
        return seen.faults


@dataclass
class Hostile:
    """Two stations after everything that can be said was said with harm in it."""

    world: World
    app: Starlette
    names: dict[str, list[str]] = field(default_factory=dict)  # what stands in a path's places


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def hostile(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Hostile]:
    folder: Path = tmp_path_factory.mktemp("hostile")
    with pytest.MonkeyPatch.context() as loose:
        # Texts that mislead are refused at our side before they are sent (E10 to E13), which binds
        # nobody else's software.
        loose.setattr(entry, "_DOUBTFUL", re.compile("(?!)"))
        north, south = made.found(folder, "North"), made.found(folder, PARTY)
        for post in (north, south):
            for role in ROLES:
                add = {"name": f"{role} {SHORT}", "office": MARKUP, "roles": [role]}
                if post is south:
                    add |= {"name": f"{role[:7]} {CLOSED}", "office": f"{MARKUP}\u202e"}
                person = post.set_up("person.add", **add)
                post.ids[role] = person["id"]
            post.set_up("desk.add", name=SHORT)
        made.introduce(north, south)
        made.agree(north, south, "EXERCISE", f"Line {SHORT}", level="military")
        north.set_up("bearer.add", listen="127.0.0.1:0")
        async with north, south:
            (bearer,) = (await north.ask("operator", "bearer.list"))["bearers"]
            await south.ask("operator", "bearer.add", dial=bearer["listen"])
            both = World(north, south)

            async def up() -> bool:
                seen = [(await post.ask("watch", "status"))["lines"][0] for post in (north, south)]
                return all(line["observed"] == "heard" and line["in_service"] for line in seen)

            await both.until(up)
            await say_all(both)
            loose.undo()
            assert north.station is not None
            found = Hostile(both, build(north.station))
            await fill(found)
            yield found


async def release(post: Post, draft: dict[str, Any]) -> int:
    """Released by a second person; its number."""
    shown = await post.ask("releaser", "draft.show", draft=draft["draft"])
    given = {name: shown[name] for name in ("draft", "sha256", "displayed")}
    n: int = (await post.ask("releaser", "release", **given))["n"]
    return n


async def say_all(both: World) -> None:
    """Each side says whatever there is to say, the other side's with all the harm there is."""
    north, south = both.north, both.south
    first = await release(
        south,
        await south.ask(
            "drafter",
            "draft.new",
            text=f"{HARM} at 1127Z on 3 December",
            subject=f"{TURNED} {MARKUP}",
            precedence="FLASH",
            protect=["turned"],
        ),
    )
    ask_call = {"purpose": f"{MARKUP} {CLOSED}", "at_once": True, "agenda": [TURNED, MARKUP]}
    named = dict.fromkeys(("asked_by", "asked_for", "languages"), TURNED)
    wish = await release(south, await south.ask("drafter", "call.ask", **ask_call, **named))
    mine = await release(
        north, await north.ask("drafter", "draft.new", text=MARKUP, subject=SHORT, answers=first)
    )
    await both.until(lambda: _has(south, mine))
    await south.ask("watch", "open", n=mine)
    await south.ask("watch", "pass", n=mine, office=CLOSED)
    await south.ask("watch", "unable", n=mine, reason=HARM)
    await south.ask("watch", "test.call", text=TURNED)
    await both.until(lambda: _has(north, wish))
    yes = await north.ask("drafter", "call.answer", n=wish, answer="accept", time=await _now(north))
    answer = await release(north, yes)
    await both.until(lambda: _has(south, answer))
    await south.ask("watch", "call.rehearse", medium="text")
    for post in (south, north):
        await both.until(partial(_rehearses, post))
        await post.ask("watch", "call.join", rehearsal=True)
    await both.until(lambda: _rehearses(south, 2))
    await south.ask("watch", "call.check", item="text", result="failed", words=HARM)
    await south.ask("watch", "call.end")
    await south.ask("watch", "call.begin", medium="text")
    for role in ("watch", "principal", "interpreter"):
        await south.ask(role, "call.join")
    await south.ask("principal", "call.say", text=HARM)
    await south.ask("watch", "call.agenda", items=[TURNED, MARKUP])
    await south.ask("watch", "call.join", medium="voice")
    await south.ask("watch", "call.ask_to_show", item=SHORT, shown="screen")
    last = await south.ask("interpreter", "call.caption", text=HARM, language="ar")
    await both.until(lambda: _has(north, last["n"]))
    called = (await north.ask("watch", "test.call"))["n"]
    await both.until(lambda: _has(south, called))
    certified = await south.ask("watch", "test.answer", n=called, text=TURNED, errors=HARM)
    await both.until(lambda: _has(north, certified["n"]))
    await south.ask("watch", "presence.state", here=True)
    given = await south.ask("drafter", "draft.attach.give", data=b64encode(HARM.encode()).decode())
    named = {"upload": given["upload"], "name": f"{TURNED}.txt"}
    with_file = await south.ask("drafter", "draft.new", text="See it.", reply_by="1")
    await south.ask("drafter", "draft.attach", draft=with_file["draft"], **named)
    await release(south, with_file)
    said = (await south.ask("watch", "chat.say", text=HARM))["n"]
    await both.until(lambda: _has(north, said))
    await north.ask("drafter", "draft.new", text=f"{MARKUP} {TEMPLATE}", from_chat=True)
    # And at this side with what people of the house may write.
    await north.ask("watch", "open", n=first)
    await north.ask("watch", "pass", n=first, office=SHORT)
    (passing, *_) = (await north.ask("watch", "distribution.list", n=first))["offices"]
    await north.ask("watch", "distribution.onward", passing=passing["passing"], office=MARKUP)
    await north.ask(
        "watch", "distribution.acknowledge", passing=passing["passing"], by=SHORT, text=MARKUP
    )
    assert north.station is not None
    north.station.in_next_step(partial(as_if_days_had_gone, north.station))
    found = await north.ask("watch", "overdue.list")
    assert {SHORT, MARKUP} & {each["office"] for each in found["overdue"]}
    await north.ask("interpreter", "glossary.add", ours=SHORT, theirs=MARKUP, warning=TEMPLATE)
    translated = {"stage": "rough", "language": "en", "text": f"{MARKUP} {TEMPLATE}"}
    await north.ask("interpreter", "translation.add", n=first, **translated)
    began = f"{datetime.now(UTC) - timedelta(hours=1):%Y-%m-%d %H:%MZ}"
    due = {"desk": 1, "person": north.ids["watch"], "for_s": 36_000}
    for since in ({}, {"since": began}):
        await north.ask("operator", "roster.add", **due, **since)
    lent = {"role": "releaser", "to": north.ids["watch"], "for_s": 36_000}
    await north.ask("releaser", "delegation.give", **lent)
    about = {"text": MARKUP, "subject": SHORT, "from_chat": True}
    held = await north.ask("drafter", "draft.new", **about)
    await north.ask("releaser", "draft.hold", draft=held["draft"], reason=TEMPLATE)
    order = await south.ask("drafter", "suspend", reason=f"{HARM}\n{TURNED}")
    suspended = await release(south, order)
    await both.until(lambda: _has(north, suspended))
    await north.ask("watch", "desk.hold", desk=1)
    code = (await north.ask("watch", "watch.show"))["code"]
    await north.ask("watch", "watch.hand_over", text=TEMPLATE, code=code)


async def _now(post: Post) -> str:
    """The minute, as it is typed."""
    return moment((await post.ask("watch", "status"))["now"])


async def _rehearses(post: Post, people: int = 0) -> bool:
    """Whether a rehearsal is open there, and so many have come."""
    call = (await post.ask("watch", "call.show"))["call"]
    return bool(call) and len(call["attendees"]) >= people


def as_if_days_had_gone(station: Station) -> None:
    """Nothing that is expected has come in its time."""
    station.store.sql("UPDATE expected SET missed = due, look = NULL WHERE came IS NULL")


async def _has(post: Post, n: int) -> bool:
    return bool((await post.ask("watch", "status"))["lines"][0]["their_size"] > n)


async def fill(found: Hostile) -> None:
    """What stands in the places of an address."""
    north = found.world.north
    status = (await north.ask("watch", "status"))["lines"][0]
    drafts = await north.ask("drafter", "draft.list")
    inbox = (await north.ask("watch", "inbox", all=True))["messages"]
    found_n = [0, 1, *(each["n"] for each in inbox)]
    found.names = {
        "line": [status["line"][:8]],
        "dir": ["theirs", "ours"],
        "n": [str(n) for n in found_n],
        "draft": [str(each["draft"]) for each in drafts["drafts"]],
        "verb": [TURNED, "suspend", "unable"],
    }


@pytest.mark.parametrize("role", few(ORDER, 1))
async def test_hostile_words_are_text_on_every_page_for_each_role(
    hostile: Hostile, role: str
) -> None:
    north, app = hostile.world.north, hostile.app
    link = (await north.ask(role, "signin.link", person=north.ids[role]))["path"]
    cookies = (await ask(app, link, {})).cookies()
    code = list(TONGUES)[list(ROLES).index(role) % len(TONGUES)]
    await north.ask(role, "person.tongue", person=north.ids[role], tongue=code)
    faults = []
    for path in paths_of(hostile, north.ids[role]):
        page = await ask(app, path, cookies=cookies)  # a fault of ours raises here
        assert page.status in (200, 303, 400, 403, 404, 422), path
        if path.endswith("/attachments/1") and page.status == 200:
            assert page.header("content-type") == "text/plain; charset=utf-8"
            continue  # a browser makes no page of it
        faults += [(path, fault) for fault in Seen.of(page.text)]
    assert faults == []


def paths_of(hostile: Hostile, seat: int) -> list[str]:
    """The address of every page, with what may stand in each of its places."""
    paths = []
    for route in hostile.app.routes:
        if isinstance(route, Route) and "GET" in (route.methods or ()) and route.path != "/events":
            places = {**hostile.names, "seat": [str(seat)], "secret": [SHORT], "place": ["1"]}
            named = list(route.param_convertors)
            for values in product(*(places[each] for each in named)):
                paths.append(route.path_format.format_map(dict(zip(named, values, strict=True))))
    assert len(paths) > 80
    words, now = quote(f"zzz {TURNED}"), time.time()
    return [
        *paths,
        *(f"/s/{seat}/{each}?words=zzz" for each in ("find", "timeline", "timeline/print")),
        *(f"/s/{seat}/find?{each}={words}" for each in ("words", "line", "since", "person")),
        # It was said within the last minutes, perhaps yesterday.
        *(f"/s/{seat}/daylog?date={day}" for day in {day_of(now - 900), day_of(now)}),
    ]
