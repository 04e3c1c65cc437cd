"""To record a call together: ask, agree, withdraw, and say which file it is.

Source: spec/recording.md.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from parley.catalogue.call_events import FILE_BYTES_MAX, NUMBER_MAX, CallEvent, Happened
from parley.core.errors import Misused, Refused
from parley.station.acts.operations import operation
from parley.station.acts.person import CALLERS, Person
from parley.station.call.held import Calls, Held
from parley.station.call.held_consents import STOPPERS
from parley.station.call.held_parts import DUTY
from parley.station.call.held_recording import RECORDINGS_MAX, Recording
from parley.station.call.holding import about
from parley.station.call.taking_part import in_call

if TYPE_CHECKING:
    from parley.station.station import Station

_SHOWS = "`parley call show` shows it."


@operation("call.record", roles=("watch", "principal"))
def call_record(
    station: Station, who: Person, *, how: str, line: str | None = None
) -> dict[str, Any]:
    """Ask to record the call, agree that it is recorded, or withdraw that."""
    if how not in ("ask", "agree", "withdraw"):
        raise Misused(f"A recording is not {how!r:.40}.", "ask, agree or withdraw.")
    roles = STOPPERS if how == "withdraw" else (DUTY,)
    open_line, held, me = in_call(station, who, line, roles, "J2")
    recordings = held.standing.recordings
    now = recordings.now
    if how == "withdraw":
        if now is None:
            raise Refused("Nothing is recorded, and nobody asks to.", _SHOWS, "J2")
        event = CallEvent(Happened.RECORDING_WITHDRAWN, me.person, recording=now.number)
        return about(station, open_line, held, event)
    if not me.sends:
        raise Refused(
            f"{who.name} takes part by text, and the file is made by a page with sound.",
            "Join with the microphone at the console, then do that again.",
            "J2",
        )
    if held.standing.on_hold:
        raise Refused("The call is on hold.", "Go on first: `parley call hold --off`.", "J4")
    if how == "ask":
        if now is not None:
            if now.on:
                raise Refused("The call is recorded already.", _SHOWS, "J2")
            raise Refused("It is asked for already that the call is recorded.", _SHOWS, "J2")
        if len(recordings.all) >= RECORDINGS_MAX:
            raise Refused(
                f"{RECORDINGS_MAX} recordings were asked for in this call; no more would count.",
                "A duty officer ends the call and opens another.",
                "J5",
            )
        return about(station, open_line, held, CallEvent(Happened.RECORDING_ASKED, me.person))
    if now is None or now.on or now.asker.dir == me.dir:
        raise Refused("The other side does not ask to record the call.", _SHOWS, "J3")
    event = CallEvent(Happened.RECORDING_AGREED, me.person, recording=now.number)
    return about(station, open_line, held, event)


@operation("call.recorded", roles=CALLERS)
def call_recorded(
    station: Station,
    who: Person,
    *,
    recording: int,
    hash: str,
    size: int,
    length_ms: int,
    line: str | None = None,
) -> dict[str, Any]:
    """Say which file a recording has become: its SHA-256 in hexadecimal, bytes, milliseconds."""
    if not re.fullmatch(r"[0-9a-f]{64}", hash, re.ASCII):
        raise Misused("That is no SHA-256 in hexadecimal.")
    if not (0 < size < FILE_BYTES_MAX and 0 < length_ms < NUMBER_MAX):
        raise Misused("A file has bytes, and a recording a length.")
    open_line = station.line(line).current
    open_line.check_not_halted(station.state(open_line))
    for held in reversed(list(Calls.of(station, open_line))):
        found = held.standing.recordings.of(recording)
        if found is not None and _waits(held, found, who):
            event = CallEvent(
                Happened.RECORDED,
                who.id,
                recording=recording,
                hash=bytes.fromhex(hash),
                size=size,
                length_ms=length_ms,
            )
            return about(station, open_line, held, event)
    raise Refused(
        f"No recording {recording} of a call waits for a file of {who.name}.", _SHOWS, "J6"
    )


def _waits(held: Held, found: Recording, who: Person) -> bool:
    ours = held.life.ours
    maker = found.maker(ours)
    over = found.ended is not None and ours not in found.kept
    return over and maker is not None and maker.person == who.id
