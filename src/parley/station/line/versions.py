"""When the other station speaks a newer version: said to people once, not at every frame.

A frame that claims another version cannot be checked. It is believed as far as this: where it came
by a path that we dialled or that had proved itself, or where it names the line, people are told
what it looks like. From strangers such frames are only counted. Source: spec/display.md G10.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from parley.core.effects import Noticed

if TYPE_CHECKING:
    from parley.station.line.lines import OpenLine
    from parley.station.station import Station

TOLD_EVERY_S = 3_600.0


def tell(station: Station) -> None:
    """Write into the audit trail and on the screens what was found, at most once an hour a line."""
    found = station.carrying.newer
    if not found:
        return
    station.after_commit(found.clear)  # what is undone is told once more
    for open_line, peer in found.items():
        before = open_line.newer_at
        station.after_commit(partial(setattr, open_line, "newer_at", station.now.mono))
        if before is None or station.now.mono - before > TOLD_EVERY_S:
            notice = Noticed("of another version", f"{sentence(open_line)} It came from {peer}.")
            station.watch.noticed(open_line, notice)


def sentence(open_line: OpenLine) -> str:
    """What people are told."""
    return (
        f"The station of {open_line.agreed.counterpart} seems to speak a newer version than this"
        " one; nothing of it is understood. Ask its engineer, and run the newer Parley at both."
    )


def view(station: Station, open_line: OpenLine) -> str | None:
    """The sentence while such frames come; None an hour after the last."""
    at = open_line.newer_at
    return None if at is None or station.now.mono - at > TOLD_EVERY_S else sentence(open_line)
