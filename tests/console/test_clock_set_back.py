"""A clock that is set back lets nobody sit, prove or sign in for longer."""

from __future__ import annotations

import pytest

from parley.core.errors import Refused
from parley.core.terms import Instant
from parley.station.machine.onward import Onward
from tests.console.known import Known, known
from tests.console.world import World

pytestmark = [pytest.mark.asyncio(loop_scope="session")]
DAY_S = 86_400


async def again(stations: World, wanda: Known) -> None:
    """The station of that clock, stopped and started anew; its clock knows nothing of before."""
    north = stations.north
    await north.__aexit__()
    north.clock = wanda.clock
    await north.__aenter__()


async def test_a_session_sleeps_when_its_time_has_passed(stations: World) -> None:
    wanda = await known(stations.north, "Wanda")
    token = await wanda.signs_in(wanda.next_code())
    wanda.clock.set_back_s = 7 * DAY_S
    sitting = wanda.sitting(token)
    assert sitting is not None
    assert (sitting.awake, sitting.fresh) == (True, True)
    wanda.clock.later_s += 6 * 60
    sitting = wanda.sitting(token)
    assert sitting is not None
    assert (sitting.awake, sitting.fresh) == (True, False)
    wanda.clock.later_s += 30 * 60
    sitting = wanda.sitting(token)
    assert sitting is not None
    assert not sitting.awake
    (shown,) = [
        each
        for each in (await stations.north.ask("Wanda", "session.list"))["sessions"]
        if each["session"] == sitting.id
    ]
    # People compare what is shown with the clock that they see.
    assert wanda.clock.now().wall - shown["taken"] == pytest.approx(36 * 60, abs=30)
    # And who signs in anew sits as long as ever.
    secret = (await stations.north.link("Wanda")).rpartition("/")[2]
    taken = await stations.north.ask("Wanda", "signin.use", secret=secret)
    sitting = wanda.sitting(taken["token"])
    assert sitting is not None
    assert (sitting.awake, sitting.fresh) == (True, True)


async def test_a_link_expires_when_its_time_has_passed(stations: World) -> None:
    north = stations.north
    wanda = await known(north, "Wanda")
    secret = (await north.link("Dana")).rpartition("/")[2]
    wanda.clock.set_back_s = 7 * DAY_S
    wanda.clock.later_s += 61 * 60
    with pytest.raises(Refused, match="has expired"):
        await north.ask("Dana", "signin.use", secret=secret)
    answer = await north.ask("Dana", "signin.link", person=north.ids["Dana"], minutes=10)
    assert answer["expires"] - wanda.clock.now().wall == pytest.approx(600, abs=30)
    assert await north.ask("Dana", "signin.use", secret=answer["path"].rpartition("/")[2])


async def test_a_start_with_a_clock_set_back_goes_on_where_the_station_was(
    stations: World,
) -> None:
    north = stations.north
    wanda = await known(north, "Wanda")
    token = await wanda.signs_in(wanda.next_code())
    secret = (await north.link("Dana")).rpartition("/")[2]
    wanda.clock.later_s += 20 * 60
    await north.ask("Wanda", "desk.list")
    await north.ask("Wanda", "session.seen")  # the newest that the station has written of a time
    wanda.clock.set_back_s = 7 * DAY_S
    await again(stations, wanda)
    sitting = wanda.sitting(token)
    assert sitting is not None
    assert (sitting.awake, sitting.fresh) == (True, False)
    wanda.clock.later_s += 11 * 60
    sitting = wanda.sitting(token)
    assert sitting is not None
    assert not sitting.awake
    wanda.clock.later_s += 30 * 60
    with pytest.raises(Refused, match="has expired"):
        await north.ask("Dana", "signin.use", secret=secret)


@pytest.mark.parametrize("slept", [True, False], ids=["slept", "set right"])
async def test_it_goes_ahead_with_the_wall_clock(slept: bool) -> None:
    """A machine that slept has a monotonic clock that stood still."""
    onward = Onward(0.0, Instant(1_000.0, 5.0))
    assert onward.at(Instant(1_010.0, 15.0)) == 1_010
    assert onward.at(Instant(5_000.0, 16.0)) == 5_000
    back = Instant(5_001.0 if slept else 900.0, 17.0)
    assert onward.at(back) == 5_001
    assert onward.at(Instant(5_000.0, 16.0)) == 5_001  # a moment of before
