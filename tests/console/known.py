"""People who have enrolled, and a clock that a test moves on."""

from __future__ import annotations

from dataclasses import dataclass

import pyotp

from parley.core.terms import Instant
from parley.station.machine.clock import Clock, SystemClock
from parley.station.staff import factors
from parley.station.staff.factors import Asking
from parley.station.staff.gate import Gate
from parley.station.staff.sessions import Sitting, browser_of, seated
from tests.console.world import Post, World

PASSWORD = "eleven boats under the ice"
HERE = Asking("127.0.0.1", "a test")


class Later(SystemClock):
    """The system's clock, and so many seconds more; it begins with a step of codes, so that none
    ends between two lines of a test."""

    def __init__(self) -> None:
        self.later_s = factors.CODE_STEP_S - super().now().wall % factors.CODE_STEP_S
        self.set_back_s = 0.0  # the wall clock alone

    def now(self) -> Instant:
        """This moment, moved on."""
        now = super().now()
        return Instant(now.wall + self.later_s - self.set_back_s, now.mono + self.later_s)


def forget_failures(pair: World, still: bool = False) -> None:
    """Nobody waits for what somebody tried before; and when two are compared, the time that a busy
    machine takes for one of them does not shorten its wait."""
    station = pair.north.station
    assert station is not None
    now = station.clock.now()
    station.gate = Gate((lambda: now) if still else station.clock.now)


@dataclass
class Known:
    """Somebody who has a password and codes."""

    post: Post
    name: str
    secret: str
    clock: Later

    def code(self, steps: int = 0) -> str:
        """The code of now, or of some steps from now."""
        return pyotp.TOTP(self.secret).generate_otp(
            int(self.clock.now().wall) // factors.CODE_STEP_S + steps
        )

    def next_code(self) -> str:
        """A code that was not used: half a minute has passed."""
        self.clock.later_s += factors.CODE_STEP_S
        return self.code()

    async def signs_in(self, code: str, asking: Asking = HERE, password: str = PASSWORD) -> str:
        """By name, password and code; the browser's secret."""
        assert self.post.station is not None
        answer = await factors.by_password(
            self.post.station, asking, name=self.name, password=password, code=code
        )
        token: str = answer["token"]
        return token

    def sitting(self, token: str) -> Sitting | None:
        """The seat in the browser of that secret."""
        assert self.post.station is not None
        browser = browser_of(self.post.station.store, token)
        seats = [] if browser is None else seated(self.post.station, browser)
        return next((each for each in seats if each.person.name == self.name), None)


async def known(post: Post, name: str) -> Known:
    """Somebody takes a seat by a link, and enrols."""
    station = post.station
    assert station is not None
    clock: Clock = station.clock
    if not isinstance(clock, Later):
        station.clock = clock = Later()
    secret = (await post.link(name)).rpartition("/")[2]
    taken = await post.ask(name, "signin.use", secret=secret, address=HERE.address)
    made = Known(post, name, "", clock)
    sitting = made.sitting(taken["token"])
    assert sitting is not None
    made.secret, _ = await factors.pending_secret(station, sitting)
    await factors.enrol(station, sitting, PASSWORD, made.code())
    return made
