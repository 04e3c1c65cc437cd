"""What somebody types and has not kept: held by the address of its page, until it is kept.

A page replaces what itself has held, and what it was shown when it began as long as that is as it
was shown. So of two pages at one address neither writes over the other: each has a text of its own.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from parley.core.errors import Misused, Refused
from parley.station.acts.operations import HIDDEN, Words, operation
from parley.station.acts.person import HANDLERS, Person

if TYPE_CHECKING:
    from parley.station.station import Station

WRITERS = (*HANDLERS, "interpreter")
FORM_BYTES_MAX = 450_000  # the longest text, each of its signs written as an escape, and the rest
TEXTS_MAX = 50  # unfinished texts of one person; what is held already is not given up for another
FIRST_WORDS = 200  # characters of a text in a list
PLACE = re.compile(r"/(?:[!-.0-~][!-~]{0,499})?", re.ASCII)
PAGE = re.compile(r"[0-9a-z-]{1,40}", re.ASCII)


@operation("typing.keep", roles=WRITERS, quiet=True)
def typing_keep(
    station: Station, who: Person, *, place: Words, page: str, form: Words, shown: int = 0
) -> dict[str, Any]:
    """Hold what somebody types, as their page tells it; only they see it, and it goes nowhere."""
    try:
        read = json.loads(form)
        kept = json.dumps(read)  # half characters become escapes, which any table takes
        whole = isinstance(read, dict) and len(kept) <= FORM_BYTES_MAX and not HIDDEN & read.keys()
    except (ValueError, RecursionError):
        whole, kept = False, ""
    if not whole or not PLACE.fullmatch(place) or not PAGE.fullmatch(page):
        raise Misused("This is nothing that a page has typed.")
    _forget(station, who, page, shown)
    held = station.store.sql("SELECT count(*) FROM unfinished WHERE person = ?", (who.id,))
    if held[0][0] >= TEXTS_MAX:
        raise Refused(
            f"{TEXTS_MAX} unfinished texts of yours are held, which is the most.",
            "Keep one as a draft, or throw one away on the page Write.",
        )
    rows = station.store.sql(
        "INSERT INTO unfinished (person, place, page, form, at) VALUES (?, ?, ?, ?, ?)"
        " RETURNING id",
        (who.id, place, page, kept, station.now.wall),
    )
    return {"id": rows[0]["id"], "at": station.now.wall}


@operation("typing.show", roles=WRITERS, reads=True)
def typing_show(station: Station, who: Person, *, place: Words, page: str = "") -> dict[str, Any]:
    """What this person typed at that address and has not kept: on that page, or else last."""
    rows = station.store.sql(
        "SELECT id, page, form, at FROM unfinished WHERE person = ? AND place = ?"
        " ORDER BY page = ? DESC, id DESC LIMIT 1",
        (who.id, place, page),
    )
    if not rows:
        return {"id": 0, "page": "", "form": None, "at": None}
    return {**dict(rows[0]), "form": json.loads(rows[0]["form"])}


@operation("typing.list", roles=WRITERS, reads=True)
def typing_list(station: Station, who: Person) -> dict[str, Any]:
    """All that this person typed and has not kept, the newest first, each with its first words."""
    rows = station.store.sql(
        "SELECT id, place, page, form, at FROM unfinished WHERE person = ? ORDER BY id DESC",
        (who.id,),
    )
    return {
        "texts": [
            {
                **{name: row[name] for name in ("id", "place", "page", "at")},
                "words": _longest(json.loads(row["form"]))[:FIRST_WORDS],
            }
            for row in rows
        ]
    }


@operation("typing.end", roles=WRITERS, quiet=True)
def typing_end(station: Station, who: Person, *, page: str, shown: int = 0) -> dict[str, Any]:
    """Forget what that page held, and what it was shown: it was kept as a draft, or its writer does
    not want it any more."""
    _forget(station, who, page, shown)
    return {}


def _forget(station: Station, who: Person, page: str, shown: int) -> None:
    station.store.sql(
        "DELETE FROM unfinished WHERE person = ? AND (page = ? OR id = ?)", (who.id, page, shown)
    )


def _longest(form: dict[str, Any]) -> str:
    """The words of a form by which its writer knows it."""
    return max((value for value in form.values() if isinstance(value, str)), key=len, default="")
