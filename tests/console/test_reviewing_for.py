"""A review that was lent: the page offers it within its scope, and says for whom it was made."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest

from parley.console.app import build
from parley.core.errors import Refused
from tests.console.asking import ask
from tests.console.test_testing import cookies_of
from tests.console.world import World

REVIEW = '/review"'
RELEASE = '/release"'


@pytest.mark.asyncio(loop_scope="session")
async def test_a_review_is_offered_to_whom_it_was_lent_and_no_release(stations: World) -> None:
    north = stations.north
    assert north.station is not None
    home = north.station.home
    writing = replace(home.config.writing, three_persons=("North – South",))
    north.station.home = replace(home, config=replace(home.config, writing=writing))
    flash = await north.ask("Dana", "draft.new", text="Fire.", precedence="FLASH")
    snow = await north.ask("Dana", "draft.new", text="Snow.")
    until = time.strftime("%Y-%m-%d %H:%MZ", time.gmtime(time.time() + 7_200))
    app = build(north.station)
    cookies = {name: await cookies_of(north, app, name) for name in ("Wanda", "Rene", "Both")}

    async def shows(name: str, path: str) -> str:
        seat = f"/s/{north.ids[name]}"
        return (await ask(app, f"{seat}{path}", cookies=cookies[name])).text

    path = f"/drafts/{flash['draft']}"
    assert REVIEW not in await shows("Wanda", path)
    assert '<option value="reviewer">' in await shows("Rene", "/watch/delegations")
    lent = {"role": "reviewer", "to": north.ids["Wanda"], "until": until, "precedences": ["FLASH"]}
    await north.ask("Rene", "delegation.give", **lent)
    page = await shows("Wanda", path)
    assert REVIEW in page
    assert "You review it for <b>Rene</b>, by delegation until" in page
    assert RELEASE not in page
    assert REVIEW not in await shows("Wanda", f"/drafts/{snow['draft']}")
    form = {"token": page.partition('data-token="')[2].partition('"')[0]}
    form["sha256"] = flash["sha256"]
    done = await ask(app, f"/s/{north.ids['Wanda']}{path}/review", form, cookies["Wanda"])
    assert done.status == 303
    for name in ("Wanda", "Rene", "Both"):
        said = "Reviewed by <b>Wanda</b> for <b>Rene</b> by delegation at"
        assert said in await shows(name, path)
    assert "You have reviewed it; another releaser releases it." in await shows("Wanda", path)
    # The station refuses who lent it; a third person releases.
    shown = await north.ask("Rene", "draft.show", draft=flash["draft"])
    given = {name: shown[name] for name in ("draft", "sha256", "displayed")}
    for name, why in (("Rene", "reviewed for Rene"), ("Wanda", "not have the role releaser")):
        with pytest.raises(Refused, match=why):
            await north.ask(name, "release", **given)
    # Who has reviewed it too may release it on the review of the other, and both stand there.
    await north.ask("Both", "draft.review", draft=flash["draft"], sha256=flash["sha256"])
    page = await shows("Both", path)
    assert said in page
    assert "Reviewed by <b>Both</b> at" in page
    assert RELEASE in page
    assert (await north.ask("Both", "release", **given))["released_at"] > 0
