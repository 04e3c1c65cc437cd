"""Effects of a line made durable, and what people will ask about them noted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from parley.core.effects import (
    Begun,
    Early,
    Effect,
    Enrol,
    GivenBack,
    Heard,
    Keep,
    Noticed,
    Numbered,
    Receipted,
)
from parley.core.entry import Content, read_body
from parley.core.kept import EntryRow
from parley.station.call import calls, held, minutes, openings
from parley.station.entries import early, files, messages
from parley.station.line.lines import OpenLine
from parley.station.parties import resuming
from parley.station.texts import attendance, chat

if TYPE_CHECKING:
    from parley.station.station import Station


def note(station: Station, open_line: OpenLine, effect: Effect) -> None:
    """Within the step's transaction."""
    match effect:
        case Keep(change):
            station.store.keep(change)
        case Enrol(line_id, inc, side):
            station.store.enrol(line_id, inc, side)
        case Begun():
            resuming.begun(station, open_line, effect)
        case Numbered(queue_id, entry):
            messages.numbered(station, open_line, queue_id, entry)
            station.numbered(open_line, queue_id, entry.n)
            content = read_body(entry.type, entry.marks, entry.body)
            _joined(station, open_line, entry, content)
        case Heard(entry):
            content = read_body(entry.type, entry.marks, entry.body)
            messages.heard(station, open_line, entry, content)
            _joined(station, open_line, entry, content)
        case Early(row):
            early.came(station, open_line, row)
        case Receipted(upto):
            messages.receipted(station, open_line, upto)
            files.moved(station, open_line)
        case GivenBack(queue_id):
            messages.given_back(station, open_line, queue_id)
        case Noticed():
            station.watch.noticed(open_line, effect)
            if effect.kind == "erased":
                station.after_commit(station.bearings.call_no_more)


def _joined(
    station: Station, open_line: OpenLine, entry: EntryRow, content: Content | None
) -> None:
    """An entry of either side stands in the record. What it says was read once, for all."""
    station.watch.expecting.took(open_line, entry, content)
    calls.took(open_line, entry, content)
    minutes.took(open_line, entry)
    openings.took(open_line, entry)
    held.took(station, open_line, entry)
    files.took(station, open_line, entry, content)
    files.moved(station, open_line)
    chat.took(station, open_line, entry)
    attendance.took(station, open_line, entry)
