"""Who sits at the console: one-time links, browsers, and the seats people have in them.

A seat is a session: one person in one browser, which is known by a secret in its cookie and may
hold several people's seats side by side. A seat falls asleep when nobody acts in it for long, and
at its end. Asleep it still rings and says that a FLASH waits; it shows and does nothing else until
its person has signed in again. The database keeps hashes of all secrets of browsers and links.

A link is used once, within its time, and of a person the newest alone. It is how one enrols, and
how one who has lost password, codes or keys begins again: what was enrolled before is gone from
then on.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.core.errors import Refused
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.station.staff.turned import GRACE_S, Before
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

SECRET_BYTES = 32
LINK_MINUTES = 60
LINK_MINUTES_MAX = 24 * 60  # a link that lies about for longer is a key under the mat
SEAT_DAYS = 30  # how long a seat that sleeps goes on ringing
SEATS_PER_BROWSER_MAX = 16
TRAIL_ROWS = 10_000  # so many are looked at for the newest time: the last one may be from after
SEEN_S = 30.0  # how exactly it is kept when somebody last acted
AGENT_CHARACTERS_MAX = 120
OVERSEERS = ("operator", "engineer")  # who sees everybody's sessions


class Overtaken(Refused):
    """Another sign-in in the same browser came first, and its answer was still on the way there."""

    kind = "overtaken"


@dataclass(frozen=True, slots=True)
class Sitting:
    """A seat as it is now."""

    id: int
    person: Person
    browser: int
    token: str  # what every form of it bears
    awake: bool
    enrolled: bool
    fresh: bool  # the person proved lately to be that person
    sleeps: float  # when it falls asleep if nobody acts
    seen: float
    taken: float
    theme: str | None


def sit(
    station: Station, person: Person, token: str | None, address: str, agent: str
) -> dict[str, Any]:
    """Take a seat, or wake one's own; the browser's new secret. Nobody who had put a secret of his
    own into this browser knows the new one: so a secret that was turned takes part in no newer one,
    and Overtaken lets the browser ask again, with what it has got by then."""
    now = station.onward.at(station.now)
    sign_in = station.home.config.sign_in
    given = token
    browser = None if given is None else browser_of(station.store, given)
    turned = None if given is None else station.turned.find(_hash(given), station.now.mono)
    if browser is None and turned is not None:
        raise Overtaken(
            "Somebody else signed in in this browser at the same moment.", "Send it again."
        )
    token = _secret(station)
    if browser is None:
        (row,) = station.store.sql(
            "INSERT INTO browsers (hash, made) VALUES (?, ?) RETURNING id", (_hash(token), now)
        )
        browser = row["id"]
    else:
        station.store.sql("UPDATE browsers SET hash = ? WHERE id = ?", (_hash(token), browser))
    if given is not None:
        newest = station.store.sql("SELECT coalesce(max(id), 0) AS id FROM seats")[0]["id"]
        before = Before(browser, newest, now, station.now.mono + GRACE_S)
        station.turned.note(_hash(given), before, station.now.mono)
    station.store.sql("DELETE FROM seats WHERE taken < ?", (now - SEAT_DAYS * 86_400,))
    others = station.store.sql(
        "SELECT count(*) AS n FROM seats WHERE browser = ? AND person != ?", (browser, person.id)
    )
    if others[0]["n"] >= SEATS_PER_BROWSER_MAX:
        raise Refused("This browser holds as many seats as it can.", "Give one up first.")
    ends = now + 3_600 * sign_in.session_hours
    station.store.sql(
        "INSERT INTO seats (browser, person, form, address, agent, taken, seen, ends, proved)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (browser, person) DO UPDATE SET"
        " address = excluded.address, agent = excluded.agent, taken = excluded.taken,"
        " seen = excluded.seen, ends = excluded.ends, proved = excluded.proved",
        (
            *(browser, person.id, station.entropy(SECRET_BYTES), address),
            *(agent[:AGENT_CHARACTERS_MAX], now, now, ends, now),
        ),
    )
    return {"person": person.view(), "token": token}


@operation("signin.link", setup=True)
def signin_link(
    station: Station, who: Person, *, person: int, minutes: int = LINK_MINUTES
) -> dict[str, Any]:
    """A link by which a person takes a seat at the console, once; `/sign-in/` and its secret."""
    if who.id != person and "operator" not in who.roles:
        raise Refused(
            f"{who.name} may make a sign-in link for {who.name} only.",
            "Ask the operator, or sign in with your own link.",
        )
    found = station.people.must_be_here(person)
    if not 1 <= minutes <= LINK_MINUTES_MAX:
        raise Refused(f"A link lasts 1 to {LINK_MINUTES_MAX} minutes.", "Make it when it is used.")
    secret = _secret(station)
    now = station.onward.at(station.now)
    expires = now + 60 * minutes
    station.store.sql("DELETE FROM sign_in_links WHERE expires < ?", (expires - 172_800,))
    # One that went astray, or that somebody else holds, is worth nothing beside a newer one.
    station.store.sql(
        "UPDATE sign_in_links SET expires = min(expires, ?) WHERE person = ? AND used IS NULL",
        (now - 1, person),
    )
    station.store.sql(
        "INSERT INTO sign_in_links (hash, person, made, expires) VALUES (?, ?, ?, ?)",
        (_hash(secret), person, now, expires),
    )
    path = f"/sign-in/{secret}"
    address = None if station.console is None else station.console + path
    return {
        "person": found.view(),
        "path": path,
        "address": address,
        "expires": station.onward.shown(expires, station.now),
        "anew": is_enrolled(station.store, person),
        "certificate": station.console_certificate,
    }


@operation("signin.use")
def signin_use(
    station: Station,
    who: Person,
    *,
    secret: str,
    token: str | None = None,
    address: str = "",
    agent: str = "",
) -> dict[str, Any]:
    """Take the seat that your link gives, in the browser of that cookie or in a new one."""
    person = holder_of(station, secret)
    if person.id != who.id:
        raise Refused("This link is somebody else's.", "Use your own.")
    now = station.onward.at(station.now)
    station.store.sql("UPDATE sign_in_links SET used = ? WHERE hash = ?", (now, _hash(secret)))
    if is_enrolled(station.store, person.id):
        forget(station, person.id)
    return sit(station, person, token, address, agent)


@operation("signin.leave")
def signin_leave(station: Station, who: Person, *, token: str) -> dict[str, Any]:
    """Give up your seat in the browser of that cookie."""
    station.store.sql(
        "DELETE FROM seats WHERE person = ? AND browser = ?",
        (who.id, browser_of(station.store, token)),
    )
    station.publish("session", None)
    return {"person": who.view()}


@operation("session.list", reads=True, setup=True)
def session_list(station: Station, who: Person) -> dict[str, Any]:
    """Who sits in which browser since when: your own sessions; everybody's for operator and
    engineer. With the sign-in alarms that nobody has seen yet."""
    oversees = bool(who.roles.intersection(OVERSEERS))
    rows = station.store.sql("SELECT * FROM seats ORDER BY id")
    sessions = []
    for row in rows:
        person = station.people.person(row["person"])
        if person is None or not (oversees or person.id == who.id):
            continue
        sessions.append(
            {
                "session": row["id"],
                "person": {"id": person.id, "name": person.name},
                "awake": _is_awake(station, row),
                "address": row["address"],
                "agent": row["agent"],
                **{
                    name: station.onward.shown(row[name], station.now)
                    for name in ("taken", "seen", "ends")
                },
                "theme": row["theme"],
            }
        )
    return {"sessions": sessions, "alarms": station.gate.alarms() if oversees else []}


@operation("session.revoke", setup=True)
def session_revoke(station: Station, who: Person, *, session: int) -> dict[str, Any]:
    """End a session at once, also its alarm: your own; anybody's for the operator."""
    rows = station.store.sql("SELECT person FROM seats WHERE id = ?", (session,))
    if not rows or not (rows[0]["person"] == who.id or "operator" in who.roles):
        raise Refused(
            f"There is no session {session} that {who.name} could end.",
            "`parley session list` shows those there are; the operator ends those of others.",
        )
    station.store.sql("DELETE FROM seats WHERE id = ?", (session,))
    station.publish("session", None)
    return {"session": session, "person": station.people.name(rows[0]["person"])}


@operation("session.seen", roles=("watch", *OVERSEERS), setup=True)
def session_seen(station: Station, who: Person) -> dict[str, Any]:
    """Say that you have seen the alarms about refused sign-ins: they stand down."""
    seen = station.gate.alarms()
    station.after_commit(station.gate.seen)
    station.publish("session", None)
    return {"seen": [each["sentence"] for each in seen]}


def holder_of(station: Station, secret: str) -> Person:
    """Whose link this is; Refused when it was used, has expired or never was one."""
    rows = station.store.sql(
        "SELECT person, expires, used FROM sign_in_links WHERE hash = ?", (_hash(secret),)
    )
    if not rows:
        raise Refused("This is no sign-in link of this station.", "Ask the engineer for a new one.")
    if rows[0]["used"] is not None:
        raise Refused(
            "This sign-in link was used already.",
            "If it was not you, tell the engineer now; a new link is needed in any case.",
        )
    if rows[0]["expires"] < station.onward.at(station.clock.now()):
        raise Refused("This sign-in link has expired.", "Ask the engineer for a new one.")
    return station.people.must_be_here(rows[0]["person"])


def shown_to(station: Station, token: str) -> int | Before | None:
    """Which browser has that secret in its cookie, or had it until a moment ago."""
    browser = browser_of(station.store, token)
    if browser is not None:
        return browser
    return station.turned.find(_hash(token), station.clock.now().mono)


def seated(station: Station, browser: int | Before) -> list[Sitting]:
    """The seats in a browser, in the order they were first taken."""
    if isinstance(browser, Before):
        return [
            replace(each, awake=each.awake and each.taken < browser.taken)
            for each in seated(station, browser.browser)
            if each.id <= browser.seats
        ]
    rows = station.store.sql(
        "SELECT * FROM seats WHERE browser = ? AND taken > ? ORDER BY id",
        (browser, station.onward.at(station.clock.now()) - SEAT_DAYS * 86_400),
    )
    here = {person.id: person for person in station.people.here()}
    return [_sitting(station, here[row["person"]], row) for row in rows if row["person"] in here]


def _sitting(station: Station, person: Person, row: Any) -> Sitting:
    sign_in = station.home.config.sign_in
    now = station.onward.at(station.clock.now())
    made = hmac.new(bytes(row["form"]), b"parley form", sha256)
    return Sitting(
        id=row["id"],
        person=person,
        browser=row["browser"],
        token=made.hexdigest()[:40],
        awake=_is_awake(station, row),
        enrolled=is_enrolled(station.store, person.id),
        fresh=now < row["proved"] + 60 * sign_in.proof_minutes,
        sleeps=min(row["ends"], row["seen"] + 60 * sign_in.idle_minutes),
        seen=row["seen"],
        taken=row["taken"],
        theme=row["theme"],
    )


def _is_awake(station: Station, row: Any) -> bool:
    idle_s = 60 * station.home.config.sign_in.idle_minutes
    now = station.onward.at(station.clock.now())
    return bool(now < min(row["ends"], row["seen"] + idle_s))


def acts(station: Station, sitting: Sitting) -> None:
    """Somebody acts in that seat: it stays awake for longer."""
    now = station.onward.at(station.clock.now())
    if now - sitting.seen >= SEEN_S:
        query = "UPDATE seats SET seen = ? WHERE id = ? AND seen < ?"

        def keep() -> None:
            station.store.sql(query, (now, sitting.id, now))

        station.in_next_step(keep)


def is_known(station: Station, token: str | None, person: int) -> bool:
    """Whether that person has a seat, awake or asleep, in the browser of that cookie."""
    browser = None if token is None else browser_of(station.store, token)
    return browser is not None and any(
        each.person.id == person for each in seated(station, browser)
    )


def is_enrolled(store: SqliteStore, person: int) -> bool:
    """Whether that person has a password and codes, or a passkey."""
    return bool(
        store.sql(
            "SELECT 1 FROM factors WHERE person = ? AND password IS NOT NULL"
            " UNION ALL SELECT 1 FROM passkeys WHERE person = ? LIMIT 1",
            (person, person),
        )
    )


def forget(station: Station, person: int) -> None:
    """What that person enrolled is gone, and every session ends."""
    station.store.sql("DELETE FROM factors WHERE person = ?", (person,))
    station.store.sql("DELETE FROM passkeys WHERE person = ?", (person,))
    station.store.sql("DELETE FROM seats WHERE person = ?", (person,))
    station.publish("session", None)


def _secret(station: Station) -> str:
    return base64.urlsafe_b64encode(station.entropy(SECRET_BYTES)).decode().rstrip("=")


def _hash(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogatepass")).digest()


def newest_time(store: SqliteStore) -> float:
    """The newest time that was written of sessions and links, or lately into the audit trail."""
    rows = store.sql(
        "SELECT max(at) AS at FROM (SELECT max(taken, seen, proved) AS at FROM seats"
        " UNION ALL SELECT max(made, coalesce(used, 0)) FROM sign_in_links"
        " UNION ALL SELECT at FROM (SELECT at FROM trail ORDER BY id DESC LIMIT ?))",
        (TRAIL_ROWS,),
    )
    return rows[0]["at"] or 0.0


def browser_of(store: SqliteStore, token: str) -> int | None:
    """Which browser has that secret in its cookie."""
    rows = store.sql("SELECT id FROM browsers WHERE hash = ?", (_hash(token),))
    return rows[0]["id"] if rows else None
