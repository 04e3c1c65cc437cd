"""What was typed and sent when the session had ended: the station keeps it. While it can keep
nothing, as on a full disk, the page that asks for signing in carries it unseen, and whoever has
signed in gets it back.
"""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from parley.console.guard import Form
from parley.console.tongues import N_
from parley.core.errors import ParleyError
from parley.station.acts.operations import HIDDEN
from parley.station.acts.person import Person
from parley.station.staff import kept_forms

if TYPE_CHECKING:
    from parley.console.frame import View
    from parley.station.station import Station

FIELD = "unkept"
Pairs = list[tuple[str, str]]
# Where somebody writes words, and what stands beside them when they are given back: a form with one
# of these fields is worth keeping, a bare button is not.
WRITTEN = {
    "text": N_("Text"),
    "subject": N_("Subject"),
    "reason": N_("Reason"),
    "words": N_("Text"),
    "purpose": N_("Purpose"),
    "agenda": N_("Agenda"),
    "items": N_("Agenda"),
    "languages": N_("Languages"),
    "office": N_("To which office"),
    "ours": N_("As we say it"),
    "theirs": N_("As they say it"),
    "warning": N_("Warning"),
    "errors": N_("What was wrong"),
    "with_whom": N_("With whom"),
    "topics": N_("Other topics"),
    "held_by": N_("Who held it"),
    "present": N_("Present"),
    "touched": N_("Other topics touched"),
    "interrupted": N_("Interruptions"),
    "recorded": N_("Recorded, as both sides agreed"),
    "shown": N_("Shown, as both sides agreed"),
    "agreed": N_("What both agreed to write down"),
    "began": N_("Began"),
    "ended": N_("Ended"),
    "deputy": N_("Deputy"),
}


def is_written(pairs: Pairs) -> bool:
    """Whether somebody wrote words into that form."""
    return any(name in WRITTEN and value.strip() for name, value in pairs)


def packed(path: str, pairs: Pairs) -> str:
    """A form as the page carries it, without secrets."""
    fields = [pair for pair in pairs if pair[0] not in HIDDEN]
    return json.dumps([path, fields], ensure_ascii=False)


def carried(form: Form, seat: str) -> list[tuple[str, Pairs]]:
    """The forms that came with one, each with its address, which is one of that seat."""
    found = []
    for value in form.all(FIELD):
        with suppress(ValueError, RecursionError):
            match json.loads(value):
                case [str(path), list(fields)] if _is_of(path, seat):
                    pairs = [pair for pair in map(_pair, fields) if pair is not None]
                    found.append((path, pairs))
    return found


async def keep(station: Station, who: Person, form: Form, seat: str) -> list[View]:
    """Keep at last what came with that form; what still cannot be, as the page shows it."""
    left: list[View] = []
    for path, pairs in carried(form, seat):
        if not is_written(pairs):
            continue
        try:
            await kept_forms.keep(station, who, path, pairs)
        except ParleyError:
            left.append({"id": None, "path": path, "fields": pairs, "at": station.now.wall})
    return left


def _is_of(path: str, seat: str) -> bool:
    return path.startswith(f"{seat}/") and path.isascii() and path.isprintable()


def _pair(field: object) -> tuple[str, str] | None:
    match field:
        case [str(name), str(value)] if name not in HIDDEN:
            return name, value
    return None
