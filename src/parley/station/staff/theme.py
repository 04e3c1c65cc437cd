"""In which colours a seat is drawn: chosen where one sits, since it is the room that is dark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.errors import Refused
from parley.station.acts.operations import operation
from parley.station.acts.person import Person

if TYPE_CHECKING:
    from parley.station.station import Station

THEMES = ("system", "day", "night", "contrast")


@operation("session.theme", setup=True)
def session_theme(station: Station, who: Person, *, session: int, theme: str) -> dict[str, Any]:
    """Choose in which colours the pages of a session are drawn."""
    rows = station.store.sql("SELECT person FROM seats WHERE id = ?", (session,))
    if not rows or not (rows[0]["person"] == who.id or "operator" in who.roles):
        raise Refused(
            f"There is no session {session} for which {who.name} could choose colours.",
            "`parley session list` shows those there are; the operator chooses for others.",
        )
    if theme not in THEMES:
        raise Refused(f"The console has no theme {theme!r:.40}.", f"It has {', '.join(THEMES)}.")
    station.store.sql("UPDATE seats SET theme = ? WHERE id = ?", (theme, session))
    return {"session": session, "person": station.people.name(rows[0]["person"]), "theme": theme}
