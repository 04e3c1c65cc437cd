"""Entries of the newer kinds as they join the record: chat, presence, files, tests, calls.

`heard` makes bodies out of nothing; here they are well formed and a few places of them changed, so
that what looks into them is reached. What a station keeps of them and all its screens follow.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256
from typing import Any

from fuzz.script import Script, edited
from fuzz.stations import _Place, _place, _row, _show, _sizes, _Undone
from parley.catalogue.attendance import Presence
from parley.catalogue.call_events import CallEvent, Happened
from parley.catalogue.calls import CallAnswer, CallRequest, Medium, Verdict
from parley.core.effects import Heard
from parley.core.entry import Key, Type, body_of
from parley.core.kept import Change
from parley.core.wire import Value
from parley.evidence.attached import Named, cut
from parley.station import noting
from parley.station.acts.person import AT_THE_MACHINE
from parley.station.alarms.tested import tests_of
from parley.station.call.call_history import call_history
from parley.station.call.call_requests import call_list
from parley.station.call.calls import Calls as Requests
from parley.station.call.held import Calls
from parley.station.call.holding import call_show
from parley.station.call.minutes import Minutes
from parley.station.call.openings import Openings
from parley.station.handing_over import watch_show
from parley.station.status import status
from parley.station.texts import attendance, chat
from parley.station.texts.line_tests import schedule_show

ENTRIES_MAX = 6
_FILE = b"Amity 55 10 N, 012 30 E\n"
_HASH = sha256(_FILE).digest()
_TIME = 1_793_000_040  # a whole minute


def _event(kind: Happened, **more: Any) -> str:
    return CallEvent(kind, 4, **more).text()


_WHO = {"name": "Wen", "office": "duty"}
_REQUEST = CallRequest(
    *("Wen", "Dahl", "watch", "Radar", Medium.VOICE, "English", "none"),
    *(_TIME, _TIME + 3_600, _TIME - 60),
    weekly_min=30,
)
_FIRST: dict[int, Value] = {Key.ANSWERS: [1, 0]}
# Each with its type, header and payload; [1, 0] names the first entry of an input.
_SAID: tuple[tuple[int, dict[int, Value], Value], ...] = (
    (Type.CHAT, {Key.DRAFTER: 4, Key.COMPOSED: 1 << 27}, "Our second path is down."),
    (Type.PRESENCE, {Key.DRAFTER: 4}, Presence(4, True).payload()),
    (Type.TEXT, {Key.ATTACHMENTS: [Named(_HASH, 24, "text/plain", "x.txt").value()]}, "See it."),
    (Type.FILE_PIECE, {}, cut(_HASH, _FILE, 0).payload()),
    (Type.TEST, {}, [1, "Long shadows lie across the mown field."]),
    (Type.TEST_ANSWER, {25: True}, [0, "The wind turns the pages."]),
    (Type.TEXT, {Key.REPLY_BY: 1 << 27}, "May our ship enter?"),
    (Type.CALL_REQUEST, {}, _REQUEST.text()),
    (Type.CALL_ANSWER, _FIRST, CallAnswer(Verdict.ACCEPT, _TIME).text()),
    (Type.CALL_EVENT, {}, _event(Happened.OPENED, medium=Medium.VOICE, link=bytes(32), **_WHO)),
    (
        Type.CALL_EVENT,
        _FIRST,
        _event(Happened.JOINED, role="duty officer", medium=Medium.VOICE, **_WHO),
    ),
    (Type.CONSENT, _FIRST, _event(Happened.RECORDING_ASKED)),
    (Type.CONSENT, _FIRST, _event(Happened.RECORDING_AGREED, recording=1)),
    (Type.CONSENT, _FIRST, _event(Happened.RECORDING_WITHDRAWN, recording=1)),
    (
        Type.CONSENT,
        _FIRST,
        _event(Happened.RECORDED, recording=1, hash=bytes(32), size=9, length_ms=9),
    ),
    (Type.CALL_EVENT, _FIRST, _event(Happened.ENDED, **_WHO)),
    (Type.WAIT, {}, [0, 1 << 27]),
)
_BODIES = tuple((kind, body_of(kind, header, said)) for kind, header, said in _SAID)


def joined(data: bytes) -> None:
    """Whatever they say, nothing raises, no screen lacks, and what is known grows no faster."""
    place, script = _place(mark="ACTUAL", test_turns_s=600), Script(data)
    station, open_line = place.station, place.open_line
    _read_at_first(place)
    with suppress(_Undone), station.store.transaction():
        for n in range(ENTRIES_MAX):
            if script.over:
                break
            kind, body = _BODIES[script.number() % len(_BODIES)]
            if script.number() & 1:
                body = edited(body, script)
            row = _row(open_line, open_line.theirs, n, body, kind, script.number() & 0xF8)
            if script.number() & 1:
                row = replace(row, time=script.number(4))
            station.store.keep(Change(*open_line.key, _sizes(open_line, n), entries=[row]))
            open_line.line.line._ears.log.size = n + 1
            noting.note(station, open_line, Heard(row))
        _show(station, open_line)
        _screens(place)
        raise _Undone
    station._happened.clear()
    station._after.clear()
    station._inputs.clear()
    open_line.line.line._ears.log.size = 0


def _read_at_first(place: _Place) -> None:
    """What grows as entries join has been read from the record before."""
    station, open_line = place.station, place.open_line
    open_line.calls = open_line.minutes = open_line.held = open_line.tested = None
    open_line.openings = None
    open_line.files_wait = open_line.files_soon = open_line.judging = False
    for known in (Requests, Minutes, Calls, Openings):
        known.of(station, open_line)
    tests_of(station, open_line)


def _screens(place: _Place) -> None:
    station, open_line = place.station, place.open_line
    station.watch.look()
    for op in (status, chat.show, watch_show, schedule_show):
        json.dumps(op(station, AT_THE_MACHINE))
    json.dumps(attendance.status_view(station, open_line))
    told = _calls(place)
    _read_at_first(place)
    assert _calls(place) == told, "read anew, the record says something else"


def _calls(place: _Place) -> str:
    of_calls = (call_list, call_history, call_show)
    return json.dumps([op(place.station, AT_THE_MACHINE) for op in of_calls])
