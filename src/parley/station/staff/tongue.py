"""In which of the six languages a person reads the console: chosen once, true at every desk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.errors import Refused
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

# By their codes in BCP 47: the six official languages of the United Nations.
CODES = ("en", "zh-Hans", "ru", "fr", "es", "ar")


def tongue_of(store: SqliteStore, person: int) -> str | None:
    """The code a person has chosen; None when nobody chose."""
    rows = store.sql("SELECT tongue FROM tongues WHERE person = ?", (person,))
    return rows[0]["tongue"] if rows else None


@operation("person.tongue", setup=True)
def person_tongue(station: Station, who: Person, *, person: int, tongue: str) -> dict[str, Any]:
    """Choose the language in which a person reads the console."""
    if who.id != person and "operator" not in who.roles:
        raise Refused(
            f"{who.name} chooses a language for {who.name} only.",
            "Ask the operator, or choose for yourself.",
        )
    found = station.people.must_be_here(person)
    if tongue not in CODES:
        raise Refused(f"The console has no language {tongue!r:.40}.", f"It has {', '.join(CODES)}.")
    station.store.sql(
        "INSERT OR REPLACE INTO tongues (person, tongue) VALUES (?, ?)", (person, tongue)
    )
    return {"person": found.view(), "tongue": tongue}
