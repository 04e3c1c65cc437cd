"""By what a person is known at the console: a password with a one-time code, or a passkey.

    await by_password(station, who, name=..., password=..., code=...)   takes a seat
    await prove(station, sitting, code=...)                             says once more who one is

Passwords are kept as Argon2id with the second of the two parameter sets that RFC 9106 recommends
(64 MiB, 3 passes, 4 lanes), and hashed in a thread of their own, one after another: the station's
loop never waits for one. Codes are those of RFC 6238 (SHA-1, six digits, 30 seconds, one step of
drift either way); none is taken twice. Whoever is not here is answered like one who is, as late.

What is here is asked by the console alone: its operations stand in no list, so that nobody says
over the control socket that a password was right.
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from parley.core.errors import Refused, Unavailable
from parley.station.acts.fields import field
from parley.station.acts.operations import inner
from parley.station.acts.own_acts import Own
from parley.station.acts.person import Person
from parley.station.staff.gate import ADDRESS
from parley.station.staff.sessions import Overtaken, Sitting, browser_of, is_known, seated, sit

if TYPE_CHECKING:
    from parley.station.station import Station

PASSWORD_CHARACTERS_MIN = 12  # NIST SP 800-63B asks for 8 where there is a second factor
PASSWORD_BYTES_MAX = 1024
CODE_STEP_S = 30
DRIFT_STEPS = 1
HASHING_MAX = 16  # who waits to be hashed; more are asked to come again
NOBODY = Person(0, "somebody unknown", "")
_NOBODYS_SECRET = "A" * 32

_HASHER = PasswordHasher.from_parameters(RFC_9106_LOW_MEMORY)
_THREAD = ThreadPoolExecutor(1, "passwords")
_WAITING: set[asyncio.Future[Any]] = set()


class NotKnown(Refused):
    """Who asks did not prove to be that person."""

    kind = "not known"


def not_known() -> NotKnown:
    """One sentence for every reason: whoever guesses learns nothing of names."""
    return NotKnown(
        "Name, password and code do not belong together",
        "A code is good once and for half a minute: wait for the next. Who has lost either asks"
        " the operator for a sign-in link",
    )


@dataclass(frozen=True, slots=True)
class Asking:
    """Where a request comes from."""

    address: str
    agent: str = ""
    token: str | None = None


async def by_password(
    station: Station, asking: Asking, *, name: str, password: str, code: str
) -> dict[str, Any]:
    """Take a seat by password and code; Refused when they are not that person's."""
    person = next((each for each in station.people.here() if each.name == name), None)
    keys = _keys(station, asking, person, name)
    begin(station, keys)
    rows = [] if person is None else _row(station, person.id)
    kept = rows[0]["password"] if rows else None
    matched = await beside(_matches, kept or await beside(_nobodys_password), password)
    arguments = {
        "matched": matched and kept is not None,
        "code": code,
        "token": asking.token,
        "address": asking.address,
        "agent": asking.agent,
    }
    try:
        answer = await station.ask(_password, person or NOBODY, arguments)
    except Overtaken:
        station.gate.passed(keys)  # it was that person; the code is as good as before
        raise
    station.gate.passed(keys)
    return answer


async def prove(station: Station, sitting: Sitting, asking: Asking, code: str) -> None:
    """Say once more who one is, by a fresh code."""
    keys = [(f"browser {sitting.browser} {sitting.person.id}", f"for {sitting.person.name}")]
    begin(station, keys)
    await station.ask(_prove, sitting.person, {"seat": sitting.id, "code": code})
    station.gate.passed(keys)


async def enrol(station: Station, sitting: Sitting, password: str, code: str) -> None:
    """Keep a new password, and the secret that was shown once a code of it was typed."""
    check_password(password, sitting.person)
    hashed = await beside(_HASHER.hash, password)
    given = {"password": hashed, "code": code, "seat": sitting.id}
    await station.ask(_enrol, sitting.person, given)


async def pending_secret(station: Station, sitting: Sitting) -> tuple[str, str]:
    """The secret to put into an application for codes, and its address (otpauth)."""
    answer = await station.ask(_enrol_begin, sitting.person, {})
    secret: str = answer["secret"]
    uri = pyotp.TOTP(secret).provisioning_uri(
        name=sitting.person.name, issuer_name=station.home.name
    )
    return secret, uri


async def beside(work: Any, *arguments: Any) -> Any:
    """Hash beside the loop, one after another: each takes 64 MiB."""
    if len(_WAITING) >= HASHING_MAX:
        raise Unavailable("Too many are signing in at once.", "Try again in a few seconds.")
    waiting = asyncio.get_running_loop().run_in_executor(_THREAD, work, *arguments)
    _WAITING.add(waiting)
    try:
        return await waiting
    finally:
        _WAITING.discard(waiting)


@field("password")
def check_password(password: str, person: Person) -> None:
    """A password is long; nothing else is asked of it (NIST SP 800-63B, 5.1.1)."""
    if len(password) < PASSWORD_CHARACTERS_MIN:
        raise Refused(
            f"A password has at least {PASSWORD_CHARACTERS_MIN} characters",
            "Take several words that do not belong together",
        )
    if len(password.encode(errors="replace")) > PASSWORD_BYTES_MAX:
        raise Refused(f"A password has at most {PASSWORD_BYTES_MAX} bytes", "Take a shorter one")
    if len(set(password)) < 5 or person.name.lower() in password.lower():
        raise Refused(
            "This password is the first that would be tried",
            "Take several words that do not belong together, without your name",
        )


# --- what happens in the station's step


@inner("signin.password")
def _password(
    station: Station,
    who: Person,
    *,
    matched: bool,
    code: str,
    token: str | None,
    address: str,
    agent: str,
) -> dict[str, Any]:
    """Take a seat by password and code."""
    # The code is tried in any case, so that nobody learns from a clock which of both was wrong.
    step = _step_of(station, who, code)
    if not matched or step is None:
        raise not_known()
    _use(station, who, step)
    return sit(station, who, token, address, agent)


@inner("signin.prove")
def _prove(station: Station, who: Person, *, seat: int, code: str) -> dict[str, Any]:
    """Prove once more, by a fresh code, who sits here."""
    step = _step_of(station, who, code)
    if step is None:
        raise NotKnown(
            "This code is not the one of now, or it was used already",
            "Wait for the next one, half a minute at most",
        )
    _use(station, who, step)
    proved(station, seat)
    return {}


@inner("signin.enrol-begin")
def _enrol_begin(station: Station, who: Person) -> dict[str, Any]:
    """Show a secret for one-time codes."""
    station.store.sql("INSERT OR IGNORE INTO factors (person) VALUES (?)", (who.id,))
    pending = _row(station, who.id)[0]["pending"]
    if pending is None:
        pending = _base32(station.entropy(20))  # as long as a key of HMAC-SHA-1 (RFC 4226)
        station.store.sql("UPDATE factors SET pending = ? WHERE person = ?", (pending, who.id))
    return {"secret": pending}


@inner("signin.enrol")
def _enrol(station: Station, who: Person, *, password: str, code: str, seat: int) -> dict[str, Any]:
    """Set password and one-time codes; who does so in that seat has proved it there alone."""
    rows = _row(station, who.id)
    pending = rows[0]["pending"] if rows else None
    step = None if pending is None else _step(pending, code, station.now.wall, 0)
    with field("first-code"):
        if step is None:
            raise NotKnown(
                "This is not a code of that secret, at the station's time",
                "Look whether the clock of your device is right, and type the code of now",
            )
    station.store.sql(
        "UPDATE factors SET password = ?, code_secret = pending, pending = NULL, code_step = ?,"
        " since = ? WHERE person = ?",
        (password, step, station.now.wall, who.id),
    )
    proved(station, seat)
    return {}


def proved(station: Station, seat: int) -> None:
    """Who sits there has proved to be that person."""
    now = station.onward.at(station.now)
    station.store.sql("UPDATE seats SET proved = ?, seen = ? WHERE id = ?", (now, now, seat))


def _row(station: Station, person: int) -> list[Any]:
    return station.store.sql("SELECT * FROM factors WHERE person = ?", (person,))


def _step_of(station: Station, who: Person, code: str) -> int | None:
    rows = _row(station, who.id)
    secret = rows[0]["code_secret"] if rows else None
    used = rows[0]["code_step"] if rows else 0
    found = _step(secret or _NOBODYS_SECRET, code, station.now.wall, used)
    return found if secret else None


def _step(secret: str, code: str, wall: float, used: int) -> int | None:
    """Which step this is the code of, none before or at the one that was used."""
    typed = "".join(code.split())
    if not (typed.isascii() and typed.isdigit()):
        return None
    codes = pyotp.TOTP(secret, interval=CODE_STEP_S)
    newest = int(wall) // CODE_STEP_S + DRIFT_STEPS
    found = None
    for step in range(newest - 2 * DRIFT_STEPS, newest + 1):
        if hmac.compare_digest(codes.generate_otp(step), typed) and step > used:
            found = step
    return found


def _use(station: Station, who: Person, step: int) -> None:
    station.store.sql("UPDATE factors SET code_step = ? WHERE person = ?", (step, who.id))


def _base32(raw: bytes) -> str:
    return base64.b32encode(raw).decode()


def _matches(kept: str, password: str) -> bool:
    try:
        return _HASHER.verify(kept, password.encode(errors="surrogatepass"))
    except VerificationError:
        return False


@cache
def _nobodys_password() -> str:
    return _HASHER.hash("nobody's")


def _keys(
    station: Station, asking: Asking, person: Person | None, name: str
) -> list[tuple[str, str]]:
    """What a try is counted for. A browser where that person sat before stands for itself."""
    if person is not None and is_known(station, asking.token, person.id):
        digest = sha256((asking.token or "").encode()).hexdigest()
        return [(f"browser {digest} {person.id}", f"for {person.name} at a desk of theirs")]
    said = f"for {person.name}" if person else "for a name that nobody here has"
    digest = sha256(name.encode(errors="surrogatepass")).hexdigest()
    return [(f"name {digest}", said), _address_of(asking)]


def place_of(station: Station, asking: Asking) -> tuple[str, str]:
    """Where somebody asks who is not named: a browser that has seats stands for itself."""
    browser = None if asking.token is None else browser_of(station.store, asking.token)
    if browser is None or not seated(station, browser):
        return _address_of(asking)
    return f"browser {browser}", f"from {asking.address}"


def _address_of(asking: Asking) -> tuple[str, str]:
    return f"{ADDRESS}{asking.address}", f"from {asking.address}"


def begin(station: Station, keys: list[tuple[str, str]]) -> None:
    """A try begins, unless it has to wait; the watch is told of one too many."""
    wait_s = station.gate.wait_s(keys)
    if wait_s > 0:
        raise Waiting(
            f"After so many failures the next try is taken in {math.ceil(wait_s)} seconds",
            "If this is not you, tell the operator; a browser in which you sat before does not wait"
            " for others",
        )
    told = station.gate.begin(keys)
    if told is not None:

        def tell() -> None:
            station.trail.happened(station.now.wall, Own.SIGN_IN_ALARM, told)
            station.publish("session", None)

        station.in_next_step(tell)


class Waiting(Refused):
    """A try came too early after failures."""

    kind = "waiting"
