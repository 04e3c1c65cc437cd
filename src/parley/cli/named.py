"""Somebody or something of the station, by the number it has or by its name."""

from __future__ import annotations

from collections.abc import Iterable

from parley.cli.client import Asking
from parley.core.errors import Refused


def desk(station: Asking, given: str) -> int:
    """The number of a desk."""
    if _is_number(given):
        return int(given)
    desks = station.call("desk.list")["desks"]
    known = [(each["desk"], each["name"]) for each in desks]
    return _found("desk", given, known, "`parley desk add NAME` sets one up.")


def person(station: Asking, given: str) -> int:
    """The number of somebody who works here; names are given once."""
    if _is_number(given):
        return int(given)
    persons = station.call("person.list")["persons"]
    known = [(each["id"], each["name"]) for each in persons]
    return _found("person", given, known, "`parley person add NAME ROLE` takes somebody on.")


def _is_number(given: str) -> bool:
    return given.isascii() and given.isdigit()


def _found(what: str, given: str, known: Iterable[tuple[int, str]], nobody: str) -> int:
    known = list(known)
    for number, name in known:
        if name == given:
            return number
    listed = ", ".join(f"{number} {name}" for number, name in known)
    raise Refused(
        f"There is no {what} {given!r:.130} here.", f"There is: {listed}." if known else nobody
    )
