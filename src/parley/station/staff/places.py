"""Where the two parties are: the time zone by which their people live.

No letter names one, and everything that is said or kept is UTC. It is set here, for our own desk
and for each counterpart, so that a wall can show whether it is night there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parley.core.errors import Misused
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.line.lines import OpenLine
    from parley.station.station import Station

HERE = b""  # stands for our own side


def check_zone(zone: str) -> str:
    """A zone this machine knows."""
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Misused(
            f"This machine knows no time zone {zone!r:.60}.",
            "Write it as Europe/Oslo or Asia/Shanghai; UTC is one too.",
        ) from error
    return zone


def zone_of(store: SqliteStore, line_id: bytes = HERE) -> str | None:
    """The zone that was set, if any."""
    rows = store.sql("SELECT zone FROM places WHERE line_id = ?", (line_id,))
    return rows[0]["zone"] if rows else None


def view(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """Both sides of a line."""
    return {"ours": zone_of(station.store), "theirs": zone_of(station.store, open_line.id)}


@operation("place.set", roles=("operator",), setup=True)
def place_set(
    station: Station, who: Person, *, zone: str, line: str | None = None
) -> dict[str, Any]:
    """Set the time zone of our own desk, or with `line` that of its counterpart."""
    key = HERE if line is None else station.line(line).id
    if zone:
        station.store.sql("REPLACE INTO places VALUES (?, ?)", (key, check_zone(zone)))
    else:
        station.store.sql("DELETE FROM places WHERE line_id = ?", (key,))
    return _places(station)


@operation("place.list", reads=True, setup=True)
def place_list(station: Station, who: Person) -> dict[str, Any]:
    """The time zones that are set."""
    return _places(station)


def _places(station: Station) -> dict[str, Any]:
    return {
        "ours": {"party": station.home.party, "zone": zone_of(station.store)},
        "theirs": [
            {
                "line": each.agreed.hex,
                "party": each.agreed.counterpart,
                "zone": zone_of(station.store, each.id),
            }
            for each in station.lines
        ],
    }
