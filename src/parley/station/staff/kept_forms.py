"""What was typed and sent when the session had ended: kept, and given back after signing in.

Secrets are not kept, and of each person only the newest few for a week.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from parley.core.errors import Refused
from parley.station.acts.operations import HIDDEN, inner
from parley.station.acts.person import Person

if TYPE_CHECKING:
    from parley.station.station import Station

KEPT_MAX = 8
KEPT_DAYS = 7


async def keep(station: Station, who: Person, path: str, pairs: list[tuple[str, str]]) -> None:
    """Keep a form that was sent to that path, with its query."""
    fields = [pair for pair in pairs if pair[0] not in HIDDEN]
    arguments = {"path": path, "fields": json.dumps(fields, ensure_ascii=False)}
    await station.ask(_keep, who, arguments)


async def drop(station: Station, who: Person, id: int) -> None:
    """It was sent again, or is not needed."""
    await station.ask(_drop, who, {"form": id})


def kept(station: Station, who: Person) -> list[dict[str, Any]]:
    """What is kept for that person, the newest first."""
    rows = station.store.sql(
        "SELECT id, path, fields, at FROM kept_forms WHERE person = ? ORDER BY id DESC", (who.id,)
    )
    return [
        {"id": row["id"], "path": row["path"], "fields": json.loads(row["fields"]), "at": row["at"]}
        for row in rows
    ]


@inner("signin.keep-form")
def _keep(station: Station, who: Person, *, path: str, fields: str) -> dict[str, Any]:
    """Keep a form that was sent from a session that had ended."""
    same = "SELECT 1 FROM kept_forms WHERE person = ? AND path = ? AND fields = ?"
    if not station.store.sql(same, (who.id, path, fields)):
        station.store.sql(
            "INSERT INTO kept_forms (person, path, fields, at) VALUES (?, ?, ?, ?)",
            (who.id, path, fields, station.now.wall),
        )
    station.store.sql(
        "DELETE FROM kept_forms WHERE at < ? OR person = ? AND id NOT IN"
        " (SELECT id FROM kept_forms WHERE person = ? ORDER BY id DESC LIMIT ?)",
        (station.now.wall - KEPT_DAYS * 86_400, who.id, who.id, KEPT_MAX),
    )
    return {}


@inner("signin.drop-form")
def _drop(station: Station, who: Person, *, form: int) -> dict[str, Any]:
    """Forget a kept form."""
    gone = station.store.sql(
        "DELETE FROM kept_forms WHERE id = ? AND person = ? RETURNING id", (form, who.id)
    )
    if not gone:
        raise Refused("This form is not kept any more.", "Begin again on its page.")
    return {}
