"""What the record says of a call that was held, as the facts of a minute.

Both stations read the same; each party still says itself what it signs. Source: spec/minute.md Y9.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from parley.catalogue.calls import CallRequest
from parley.catalogue.minutes import ITEMS_MAX, Attendee, Consented, Facts, call_name
from parley.station.call.calls import Calls as Requests
from parley.station.call.held import Calls, Held
from parley.station.call.held_consents import Consent
from parley.station.line.lines import OpenLine

if TYPE_CHECKING:
    from parley.station.station import Station


def calls_held(
    station: Station, open_line: OpenLine, parties: Sequence[str]
) -> Iterator[tuple[str, Facts]]:
    """The calls of a line that have ended, by the name a minute gives them, oldest first."""
    for held in Calls.of(station, open_line):
        if held.standing.ended is not None and not held.rehearsal:
            request = request_of(station, open_line, held)
            found = facts_of(held, parties, request.agenda if request else ())
            if request is None or request.weekly_min is not None:
                # Of a standing call each has a minute of its own, so it has a name of its own (Q8);
                # and an opening may name what is no request at all, or none that was agreed (V4).
                name = call_name(parties[held.entry.dir], held.entry.n, held.life.inc)
                found = replace(found, call=name)
            yield found.call, found


def items_asked(station: Station, open_line: OpenLine, held: Held) -> tuple[str, ...]:
    """The agenda of the request that a call answers; none where there was none."""
    request = request_of(station, open_line, held)
    return request.agenda if request else ()


def request_of(station: Station, open_line: OpenLine, held: Held) -> CallRequest | None:
    """The request that a call answers, if it names one that was agreed."""
    return next(
        (
            each.request
            for each in Requests.of(station, open_line)
            if each.place == held.request and each.agreed() is not None
        ),
        None,
    )


def facts_of(held: Held, parties: Sequence[str], asked: tuple[str, ...] = ()) -> Facts:
    """Times, people, items and interruptions of a call that has ended, and what was recorded and
    shown in it; `parties` by direction."""
    place = held.request or (held.life.inc, held.entry.dir, held.entry.n)
    inc, dir, n = place
    standing = held.standing
    _, ended, _ = standing.ended or (0, held.opened, None)
    ended = max(ended, held.opened)  # each is by the clock of who said it
    present = [_attendee(parties[each.dir], each.office, each.name) for each in standing.attendees]
    last, interruptions = held.opened, []
    for start, end in standing.interruptions:
        start = min(max(start, last), ended)
        last = min(max(ended if end is None else end, start), ended)
        interruptions.append((start, last))

    def within(given: Consent) -> tuple[float, float]:
        start = min(max(given.agreed or held.opened, held.opened), ended)
        return start, min(max(ended if given.ended is None else given.ended, start), ended)

    recorded = [
        Consented(within(each), _attendee(parties[who.dir], who.office, who.name).fitted())
        for each in standing.recordings.all
        for who in (each.asker, each.agreer)  # their pages made the files (recording.md J7)
        if who is not None and each.agreed is not None
    ]
    shown = [
        Consented(
            within(each),
            _attendee(parties[each.asker.dir], each.asker.office, each.asker.name).fitted(),
            each.shown,
            _part(each.item),
        )
        for each in standing.showings.all
        if each.agreed is not None
    ]
    touched = standing.parts.touched
    items = list(dict.fromkeys(item for _, item in standing.parts.agenda(asked)))
    return Facts(
        call_name(parties[dir], n, inc),
        str(held.event.medium),
        held.opened,
        ended,
        tuple(each.fitted() for each in dict.fromkeys(present))[:ITEMS_MAX],
        tuple(each for each in items if each in touched),
        tuple(each for each in items if each not in touched),
        interruptions=tuple(interruptions[:ITEMS_MAX]),
        recorded=tuple(recorded[:ITEMS_MAX]),
        shown=tuple(shown[:ITEMS_MAX]),
    )


def _attendee(party: str, office: str, name: str) -> Attendee:
    """Somebody in the parts of a line; whoever shortens them does it with `fitted`."""
    return Attendee(party, _part(office) or "no office", _part(name))


def _part(text: str) -> str:
    """Words of a person as one part of a line."""
    return " ".join(text.replace(";", ",").split())
