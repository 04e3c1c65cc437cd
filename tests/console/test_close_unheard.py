"""The other side asks for a new beginning on a line that we closed: the page lets people agree."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from parley.console.app import build
from parley.station.machine.config import CONFIG_NAME, template
from tests.console.test_supplied import Seat
from tests.playbook import two_stations
from tests.station.test_begun_anew import both_closed

AGREE = "Agree to begin the line anew"


def test_N11_the_page_lets_people_agree_to_what_ends_the_line(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, south):
        south.stops()
        north.watch.asks("line.resume", reason="The other station is down.")
        north.stops()
        (south.folder / CONFIG_NAME).write_text(template(sign_in={"enrol": "may"}))
        south.starts()
        south.releases(south.drafter.asks("close", reason="For good."))
        watch = Seat(south, build(south.station), "watch")
        assert AGREE not in watch.sees("/")
        north.starts()
        south.until(lambda: south.line()["resumption"]["theirs"])
        page = watch.sees("/")
        assert AGREE in page
        assert "before it heard that we closed it" in page
        south.watch.asks("line.resume", reason="Then it hears that the line is closed.")
        for post in (north, south):
            post.until(partial(both_closed, post, 2))
        assert AGREE not in watch.sees("/")
