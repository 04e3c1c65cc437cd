"""In which colours a seat is drawn: chosen by who sits there or the operator, and kept with it."""

from __future__ import annotations

import pytest

from parley.core.errors import Refused
from parley.station.staff.sessions import browser_of, seated
from parley.station.staff.theme import THEMES
from tests.playbook import Posts


def test_a_theme_goes_with_the_seat_and_is_kept_when_it_is_taken_again(shared: Posts) -> None:
    north, _ = shared

    def sit(token: str | None) -> str:
        link = north.watch.asks("signin.link", person=north.watch.id)["path"]
        secret = link.removeprefix("/sign-in/")
        return str(north.watch.asks("signin.use", secret=secret, token=token)["token"])

    def drawn(token: str) -> tuple[int, str | None]:
        browser = browser_of(north.station.store, token)
        assert browser is not None
        (sitting,) = seated(north.station, browser)
        return sitting.id, sitting.theme

    desk, tablet = sit(None), sit(None)
    session, before = drawn(desk)
    assert before is None
    for theme in THEMES:
        assert north.watch.asks("session.theme", session=session, theme=theme)["theme"] == theme
    assert drawn(sit(desk)) == (session, THEMES[-1])
    assert drawn(tablet)[1] is None
    north.operator.asks("session.theme", session=session, theme="night")
    listed = north.watch.asks("session.list")["sessions"]
    assert [each["theme"] for each in listed if each["session"] == session] == ["night"]
    with pytest.raises(Refused, match="could choose colours"):
        north.drafter.asks("session.theme", session=session, theme="day")
    with pytest.raises(Refused, match="no theme"):
        north.watch.asks("session.theme", session=session, theme="sepia")
