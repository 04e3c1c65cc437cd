"""Who works here: persons, what each may do, and the token by which each is known.

A token is 32 random bytes in a file of its own, readable by its owner only; the database keeps its
SHA-256. A person who ends keeps the number for good, since entries of the record name it, and the
token is dead at once.
"""

from __future__ import annotations

import base64
import hmac
from collections.abc import Callable
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parley.core.entry import check_text
from parley.core.errors import Misused, Refused, Unavailable
from parley.station.acts.operations import operation
from parley.station.acts.person import ROLES, Person
from parley.station.machine.folder import write_whole
from parley.station.staff import sessions
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

TOKEN_BYTES = 32
NAME_BYTES_MAX = 64
OFFICE_BYTES_MAX = 120
TOKENS = "tokens"


class People:
    """All persons of the station, as the database has them."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._known: dict[int, Person] = {}
        self._tokens: list[tuple[bytes, Person]] = []
        self.load()

    def load(self) -> None:
        """Read them anew, after a change or a step that was undone."""
        rows = self._store.sql("SELECT id, name, office, roles, token, ended FROM persons")
        self._known = {
            row["id"]: Person(
                row["id"], row["name"], row["office"], frozenset(row["roles"].split(","))
            )
            for row in rows
        }
        self._tokens = [
            (bytes(row["token"]), self._known[row["id"]]) for row in rows if row["ended"] is None
        ]

    def by_token(self, token: str) -> Person | None:
        """Whose token this is. All are compared, each in constant time."""
        digest = sha256(token.encode(errors="surrogatepass")).digest()
        found: Person | None = None
        for known, person in self._tokens:
            if hmac.compare_digest(known, digest):
                found = person
        return found

    def here(self) -> list[Person]:
        """All who have not ended."""
        return [person for _, person in self._tokens]

    def everybody(self) -> list[Person]:
        """All who ever worked here; entries name them."""
        return list(self._known.values())

    def person(self, id: int) -> Person | None:
        """Who has this number, whether still here or not."""
        return self._known.get(id)

    def must_be_here(self, id: int) -> Person:
        """Who has this number; Refused when nobody who works here has it."""
        for person in self.here():
            if person.id == id:
                return person
        raise Refused(
            f"Nobody at this station has the number {id}.", "`parley person list` shows who works."
        )

    def view(self, id: int) -> dict[str, Any]:
        """Somebody who works or worked here, by number, name and office."""
        person = self._known.get(id)
        return {"id": id, "name": self.name(id), "office": person.office if person else ""}

    def name(self, id: int) -> str:
        """A name for a number, for people."""
        person = self._known.get(id)
        return person.name if person else f"person {id}"


def check_name(name: str, what: str, bytes_max: int = NAME_BYTES_MAX) -> str:
    """The name itself when it is one line that passes as a text and is short enough."""
    try:
        check_text(name)
    except Refused as fault:
        raise Refused(f"{what} does not pass: {fault.sentence}.", fault.hint) from fault
    if name.splitlines() != [name] or name != name.strip() or len(name.encode()) > bytes_max:
        raise Refused(
            f"{what} is one line of at most {bytes_max} bytes without spaces at its ends.",
            "Write it shorter.",
        )
    return name


def write_token(folder: Path, name: str, entropy: Callable[[int], bytes]) -> tuple[str, Path]:
    """A fresh token in a file of its own; (token, where it is)."""
    token = base64.urlsafe_b64encode(entropy(TOKEN_BYTES)).decode().rstrip("=")
    path = folder / TOKENS / f"{name}.token"
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise Unavailable(
            f"The token of {name} cannot be written to {path.parent}: {error.strerror or error}.",
            "Look whether the station's own user may write there and the disk has room.",
        ) from error
    write_whole(path, f"{token}\n".encode())  # the token stands nowhere else
    return token, path


def _forget_token(file: Path, dead: bytes) -> None:
    """Remove the file of that token, unless somebody of the same name has it by now."""
    with suppress(OSError):
        if hmac.compare_digest(sha256(file.read_bytes().strip()).digest(), dead):
            file.unlink()


@operation("whoami", reads=True)
def whoami(station: Station, who: Person) -> dict[str, Any]:
    """Who this token belongs to, and which station this is."""
    return {
        "person": who.view(),
        "station": {"name": station.home.name, "party": station.home.party},
    }


@operation("person.add", roles=("operator",), setup=True)
def person_add(
    station: Station, who: Person, *, name: str, office: str, roles: list[str]
) -> dict[str, Any]:
    """Take somebody on: a number, a name, roles, and a token of their own."""
    check_name(name, "A name")
    if "/" in name or name.startswith("."):
        raise Refused("A name has no slash and does not begin with a dot.", "It names a file too.")
    check_name(office, "An office", OFFICE_BYTES_MAX)
    unknown = [role for role in roles if role not in ROLES]
    if unknown or not roles:
        said = f"There is no role {unknown[0]!r:.40}" if unknown else "A person needs a role"
        raise Misused(f"{said}.", f"Roles are {', '.join(ROLES)}.")
    if any(person.name == name for person in station.people.here()):
        raise Refused(
            f"Somebody called {name} works here already.",
            "Use another name, or end that person first.",
        )
    token, path = write_token(station.home.path, name, station.entropy)
    ordered = ",".join(role for role in ROLES if role in roles)
    station.store.sql(
        "INSERT INTO persons (name, office, roles, token, since) VALUES (?, ?, ?, ?, ?)",
        (name, office, ordered, sha256(token.encode()).digest(), station.now.wall),
    )
    id = station.store.sql("SELECT last_insert_rowid() AS id")[0]["id"]
    station.people.load()
    station.roster_changed = True
    return {"id": id, "token": token, "file": str(path)}


@operation("person.list", reads=True, setup=True)
def person_list(station: Station, who: Person) -> dict[str, Any]:
    """Who works here."""
    return {"persons": [person.view() for person in station.people.here()]}


@operation("person.end", roles=("operator",), setup=True)
def person_end(station: Station, who: Person, *, person: int) -> dict[str, Any]:
    """Let somebody go: the token is dead at once, and desks are no longer held."""
    gone = station.people.must_be_here(person)
    if {each.id for each in station.people.here() if "operator" in each.roles} == {person}:
        raise Refused(
            f"{gone.name} is the only operator here, and nobody else could set the station up.",
            "Add another first: `parley person add NAME operator`.",
        )
    station.store.sql("UPDATE persons SET ended = ? WHERE id = ?", (station.now.wall, person))
    station.store.sql("DELETE FROM holders WHERE person = ?", (person,))
    station.store.sql("DELETE FROM deputies WHERE person = ?", (person,))
    station.store.sql(
        "UPDATE delegations SET ended = ?, ended_by = ?"
        " WHERE ended IS NULL AND ? IN (lender, borrower)",
        (station.now.wall, who.id, person),
    )
    station.watch.delegations.changed()
    station.store.sql(
        "UPDATE duties SET struck = ?, struck_by = ?, look = NULL"
        " WHERE struck IS NULL AND person = ? AND until > ?",
        (station.now.wall, who.id, person, station.now.wall),
    )
    station.watch.duties.changed()
    sessions.forget(station, person)
    # Once it is kept that the person ended: who is killed before has lost nobody's token, and who
    # is killed after leaves a file that opens nothing.
    dead = station.store.sql("SELECT token FROM persons WHERE id = ?", (person,))[0]["token"]
    file = station.home.path / TOKENS / f"{gone.name}.token"
    station.after_commit(lambda: _forget_token(file, bytes(dead)))
    station.people.load()
    station.roster_changed = True
    return {"person": gone.view()}
