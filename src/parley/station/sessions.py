"""Who sits at the console: one-time sign-in links, browsers, and the seats people have in them.

A link is used once, within its time. It gives a seat: one person in one browser. A browser is
known by a secret in its cookie and may hold several people's seats side by side. The database
keeps hashes of all secrets; whoever ends (`person.end`) has no seat from that moment on.
"""

from __future__ import annotations

import base64
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.core.errors import Refused
from parley.station.operations import operation
from parley.station.person import Person
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

SECRET_BYTES = 32
LINK_MINUTES = 60
LINK_MINUTES_MAX = 24 * 60  # a link that lies about for longer is a key under the mat
SEAT_DAYS = 7
SEATS_PER_BROWSER_MAX = 16


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
    expires = station.now.wall + 60 * minutes
    station.store.sql("DELETE FROM sign_in_links WHERE expires < ?", (expires - 172_800,))
    station.store.sql(
        "INSERT INTO sign_in_links (hash, person, made, expires) VALUES (?, ?, ?, ?)",
        (_hash(secret), person, station.now.wall, expires),
    )
    path = f"/sign-in/{secret}"
    address = None if station.console is None else station.console + path
    return {
        "person": found.view(),
        "path": path,
        "address": address,
        "expires": expires,
        "certificate": station.console_certificate,
    }


@operation("signin.use")
def signin_use(
    station: Station, who: Person, *, secret: str, token: str | None = None
) -> dict[str, Any]:
    """Take the seat that your link gives, in the browser of that cookie or in a new one."""
    person = holder_of(station, secret)
    if person.id != who.id:
        raise Refused("This link is somebody else's.", "Use your own.")
    now = station.now.wall
    station.store.sql("UPDATE sign_in_links SET used = ? WHERE hash = ?", (now, _hash(secret)))
    browser = None if token is None else _browser(station.store, token)
    if browser is None:
        token = _secret(station)
        station.store.sql("INSERT INTO browsers (hash, made) VALUES (?, ?)", (_hash(token), now))
        browser = _browser(station.store, token)
    station.store.sql("DELETE FROM seats WHERE ends < ?", (now,))
    taken = station.store.sql("SELECT count(*) AS n FROM seats WHERE browser = ?", (browser,))
    if taken[0]["n"] >= SEATS_PER_BROWSER_MAX:
        raise Refused("This browser holds as many seats as it can.", "Give one up first.")
    station.store.sql(
        "INSERT OR REPLACE INTO seats (browser, person, taken, ends) VALUES (?, ?, ?, ?)",
        (browser, person.id, now, now + SEAT_DAYS * 86_400),
    )
    return {"person": person.view(), "token": token}


@operation("signin.leave")
def signin_leave(station: Station, who: Person, *, token: str) -> dict[str, Any]:
    """Give up your seat in the browser of that cookie."""
    station.store.sql(
        "DELETE FROM seats WHERE person = ? AND browser = ?",
        (who.id, _browser(station.store, token)),
    )
    return {"person": who.view()}


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
    if rows[0]["expires"] < station.clock.now().wall:
        raise Refused("This sign-in link has expired.", "Ask the engineer for a new one.")
    return station.people.must_be_here(rows[0]["person"])


def seated(station: Station, token: str) -> list[Person]:
    """Who has a seat in the browser of that cookie now, in the order they sat down."""
    rows = station.store.sql(
        "SELECT person FROM seats JOIN browsers ON browser = id"
        " WHERE hash = ? AND ends > ? ORDER BY taken, person",
        (_hash(token), station.clock.now().wall),
    )
    here = {person.id: person for person in station.people.here()}
    return [here[row["person"]] for row in rows if row["person"] in here]


def _secret(station: Station) -> str:
    return base64.urlsafe_b64encode(station.entropy(SECRET_BYTES)).decode().rstrip("=")


def _hash(secret: str) -> bytes:
    return sha256(secret.encode(errors="surrogatepass")).digest()


def _browser(store: SqliteStore, token: str) -> int | None:
    rows = store.sql("SELECT id FROM browsers WHERE hash = ?", (_hash(token),))
    return rows[0]["id"] if rows else None
