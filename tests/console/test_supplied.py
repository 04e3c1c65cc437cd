"""What was lost here and supplied by the other side says so on every page that shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette

from parley.console import printed
from parley.console.app import build
from parley.station.machine.config import CONFIG_NAME, template
from tests.console.asking import Answer, ask
from tests.playbook import Post
from tests.station.test_lost import put_back_by, written
from tests.station.test_resuming import supplies

SUPPLIED, BY_WORD = "SUPPLIED BY THE OTHER SIDE", "ON ITS WORD ALONE"


class Seat:
    """Somebody in front of the console."""

    def __init__(self, post: Post, app: Starlette, role: str) -> None:
        self._post, self._app = post, app
        self._id = post.people[role].id
        link = getattr(post, role).asks("signin.link", person=self._id)["path"]
        self._cookies = post.stage.run(ask(app, link, {})).cookies()

    def sees(self, path: str) -> str:
        """The text of a page."""
        return self.sends(path).text

    def does(self, path: str) -> None:
        """Press a button that stands on the first screen."""
        token = self.sees("/").partition('name="token" value="')[2].partition('"')[0]
        self.sends(path, {"token": token})

    def sends(self, path: str, form: dict[str, str] | None = None) -> Answer:
        """What comes back of a form that is sent, or of a page."""
        asked = ask(self._app, f"/s/{self._id}{path}", form, self._cookies)
        return self._post.stage.run(asked)


def above_the_text(page: str) -> str:
    """A page of a message up to its first word."""
    return page[: page.index('<div class="text')]


def row_of(page: str, address: str) -> str:
    """The row of a list that leads there."""
    (row,) = re.findall(rf'<a class="msg[^>]*{address}">.*?</a>', page, re.DOTALL)
    return str(row)


@pytest.mark.story
def test_N14_pages_say_what_was_supplied_and_what_rests_on_a_word(tmp_path: Path) -> None:
    with put_back_by(tmp_path, 1) as (north, south):
        north.stops()
        (north.folder / CONFIG_NAME).write_text(template(sign_in={"enrol": "may"}))
        north.starts()
        app = build(north.station)
        watch, auditor = Seat(north, app, "watch"), Seat(north, app, "auditor")
        assert "All of incarnation 2 is missing here." in watch.sees("/")
        supplies(north, written(south, 2, without=north.station.lines[0].ours))
        assert "Entries of incarnation 1 are missing here" in watch.sees("/")
        line = north.line()["line"]
        n = max(m["n"] for m in north.watch.asks("inbox", all=True)["messages"] if m["inc"] == 2)
        ours = max(
            m["n"] for m in north.watch.asks("outbox", all=True)["messages"] if m["inc"] == 2
        )
        for page in (
            auditor.sees(f"/record?line={line}@2"),
            auditor.sees("/find?words=incarnation"),
            auditor.sees("/timeline?words=incarnation"),
            watch.sees(f"/messages/{line}@2/ours/{ours}"),
        ):
            assert SUPPLIED in page
            assert BY_WORD in page
        opened = watch.sees(f"/messages/{line}@2/theirs/{n}")
        assert "ON THEIR WORD ALONE" in opened  # that somebody here opened it
        assert f"/messages/{line[:8]}@2/theirs/{n}/open" in opened  # its clock runs
        for marked in (
            above_the_text(opened),
            above_the_text(watch.sees(f"/messages/{line}@2/theirs/{n}/print")),
            row_of(watch.sees("/inbox?all=1"), f"@2/theirs/{n}"),
        ):
            assert SUPPLIED in marked
        for marked in (
            above_the_text(watch.sees(f"/messages/{line}@2/ours/{ours}")),
            above_the_text(watch.sees(f"/messages/{line}@2/ours/{ours}/print")),
            row_of(watch.sees("/sent?all=1"), f"@2/ours/{ours}"),
            row_of(watch.sees(f"/thread/{line}@2/ours/{ours}"), f"@2/ours/{ours}"),
        ):
            assert SUPPLIED in marked
            assert BY_WORD in marked
        assert "ON THEIR WORD ALONE" in watch.sees(f"/messages/{line}@2/theirs/{n}/print")
        watch.does(f"/messages/{line}@2/theirs/{n}/open")
        opened = watch.sees(f"/messages/{line}@2/theirs/{n}")
        assert f"/messages/{line[:8]}@2/theirs/{n}/open" not in opened
        view = north.watch.asks("message", n=ours, dir="ours", line="@2")
        record = north.auditor.asks("record", line="@2")
        assert "no signature shows" in printed.message(view, record, "North", "South")
        rows = north.auditor.asks("timeline", words="incarnation")
        assert BY_WORD in printed.rows("timeline", rows, "North")
        for page in (
            watch.sees(f"/messages/{line}@1/theirs/{n}"),
            watch.sees(f"/record?line={line}"),
        ):
            assert SUPPLIED not in page
