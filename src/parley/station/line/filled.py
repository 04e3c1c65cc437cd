"""Whether both sides' desks are filled: until then a line is not in service (spec/entry.md E19).

Our first desk receives what names none. It is filled while somebody holds it and a deputy is named.
Rosters tell the other side, so both stations say the same of both sides. It bars nothing: what is
said passes, and rings (docs/decisions/0039).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.station.line.lines import OpenLine
from parley.station.line.roster import their_desks
from parley.station.staff.desks import desks_of

if TYPE_CHECKING:
    from parley.station.station import Station


def gap(desks: list[dict[str, Any]]) -> str:
    """What is missing at the first desk of a side; nothing when it is filled."""
    if not desks:
        return "no desk is set up"
    first = desks[0]
    if not first["holders"]:
        return f"nobody holds the desk {first['name']}"
    if not first["deputies"]:
        return f"the desk {first['name']} has no deputy"
    return ""


def view(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """Whether the line is in service as far as people go, and the sentence when it is not."""
    ours, theirs = gap(desks_of(station.store)), gap(their_desks(station.store, open_line))
    sentences = []
    if ours:
        sentences.append(f"Not in service, our desk is not filled: {ours}.")
    if theirs:
        sentences.append(f"Not in service, their desk is not filled: {theirs}.")
    return {
        "ours": not ours,
        "theirs": not theirs,
        "gaps": {"ours": ours, "theirs": theirs},
        "sentence": " ".join(sentences),
    }
