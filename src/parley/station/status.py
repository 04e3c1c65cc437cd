"""What the station's first page says: is the line alive, who was heard, what waits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import parley
from parley.core.effects import LineState
from parley.station import waiting
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.station.alarms import escalation, overdue
from parley.station.alarms.overdue import oldest_owed
from parley.station.alarms.watch import alarms, oldest_unanswered
from parley.station.call import call_requests, holding, minutes
from parley.station.line import distrust, filled, versions
from parley.station.line.bearing import describe
from parley.station.line.clauses import SUITES
from parley.station.line.figures import figures as figures_of
from parley.station.line.lines import OpenLine
from parley.station.line.roster import their_desks
from parley.station.line.standing import declared_view, differs_view, two_view
from parley.station.machine.clock import synchronised
from parley.station.parties import lives
from parley.station.parties.renewing import keys_view
from parley.station.parties.resuming import resumption_view
from parley.station.staff import duties, officer, places
from parley.station.staff.desks import desk_view, desks_of
from parley.station.texts import attendance, chat
from parley.station.texts.line_tests import last_test, next_due, status_view

if TYPE_CHECKING:
    from parley.station.station import Station

DAY_S = 86_400


@operation("status", reads=True, setup=True)
def status(
    station: Station, who: Person, *, line: str | None = None, figures: bool = False
) -> dict[str, Any]:
    """The station, its lines as declared and as observed, alarms, bearers; with the figures of the
    last day and month when they are asked for, which every page need not pay."""
    lines = list(station.lines) if line is None else [station.line(line).current]
    return {
        "station": {
            "name": station.home.name,
            "party": station.home.party,
            "version": parley.__version__,
            "started": station.started.wall,
            "clock_synchronised": synchronised(),
        },
        "now": station.now.wall,
        "lines": [
            line_view(station, each)
            | {"chat": chat.status_view(station, each, who)}
            | ({"figures": figures_of(station, each.current)} if figures else {})
            for each in lines
        ],
        **waiting.view(station, who),
        "earlier": lives.earlier(station),
        "certificate": lives.our_certificate(station),
        "alarms": alarms(station),
        "overdue": overdue.view(station),
        "watch": officer.view(station),
        "roster": duties.view(station),
        "sign_in_alarms": station.gate.alarms(),
        "escalation": escalation.view(station),
        "audit_head": station.trail.head.hex(),
        "bearers": describe(station),
        "console": {"address": station.console, "certificate": station.console_certificate},
        "strange_frames": station.carrying.strange_frames,
        "trouble": station.hardship.view(station.now),
    }


def line_view(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """One line as people see it."""
    agreed, state = open_line.agreed, station.state(open_line)
    declared = declared_view(open_line, station.now.wall)
    return {
        "line": agreed.hex,
        "inc": open_line.inc,
        "ended": [life.inc for life in open_line.past],
        "name": agreed.name,
        "counterpart": agreed.counterpart,
        "their_address": agreed.their_address,
        "level": agreed.level,
        "mark": agreed.mark.name,
        "policy": agreed.policy,
        "verified": agreed.verified,
        "languages": {"ours": agreed.our_language, "theirs": agreed.their_language},
        "declared": _declared(open_line, state, declared["state"]),
        "standing": declared,
        "observed": open_line.observe(state),
        "silent_after_s": open_line.silent_after_s(),
        "last_heard_s": state.last_heard_s,
        "last_received_s": state.last_received_s,
        "last_test": last_test(station, open_line),
        "next_test": next_due(station, open_line),
        "tests": status_view(station, open_line.current),
        "places": places.view(station, open_line),
        "calls": call_requests.status_view(station, open_line),
        "minutes": minutes.status_view(station, open_line),
        "call": holding.status_view(station, open_line),
        "days_since_contact": _days_since_contact(station, open_line),
        "in_service": state.in_service,
        "filled": filled.view(station, open_line),
        "presence": attendance.status_view(station, open_line),
        "path_up": state.path_up,
        "halted": state.halted,
        "resumption": resumption_view(station, open_line),
        "secret_differs": differs_view(open_line, state),
        "signed_two": two_view(open_line, state),
        "they_halted": state.they_halted,
        "our_size": state.our_size,
        "their_size": state.their_size,
        "their_announced": state.their_announced,
        "receipted": state.receipted,
        "queued": state.queued,
        "oldest_unanswered": oldest_unanswered(station, open_line),
        "oldest_unanswered_there": oldest_unanswered(station, open_line, ours=True),
        "oldest_owed": oldest_owed(station, open_line),
        "oldest_owed_there": oldest_owed(station, open_line, ours=True),
        "erased": state.erased,
        "records_agree": open_line.records_agree(state),
        "we_cosigned": state.we_cosigned,
        "they_cosigned": state.they_cosigned,
        "we_vouched": state.our_cover.vouched,
        "they_vouched": state.their_cover.vouched,
        "clock": distrust.view(station, open_line),
        "newer": versions.view(station, open_line),
        **keys_view(state),
        **lives.line_life(station, open_line),
        "suite": {"number": agreed.terms.suite.number, "words": SUITES[agreed.terms.suite.number]},
        "bearers": [path.name for path in open_line.paths],
        "in_use": [path.name for path in open_line.in_use()],
        "counts": state.counts,
        "desks": {
            "ours": [desk_view(station, desk) for desk in desks_of(station.store)],
            "theirs": their_desks(station.store, open_line),
        },
        "calls_s": agreed.calls_s,
        "clocks_s": dict(
            zip(("ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH"), agreed.clocks_s, strict=True)
        ),
    }


def _declared(open_line: OpenLine, state: LineState, by_people: str) -> str:
    if open_line.stop is not None:
        return "stopped"
    if open_line.line.resting:
        return "resuming"
    if state.halted is not None:
        return "halted"
    return by_people if state.in_service or by_people != "open" else "waiting"


def _days_since_contact(station: Station, open_line: OpenLine) -> int | None:
    """Whole days since the last message, tests and service messages not counted; None when there
    was none yet."""
    newest = [
        rows[0]["kept"]
        for life in open_line.lives
        for dir in (0, 1)
        if (
            rows := station.store.sql(
                "SELECT kept FROM messages WHERE line_id = ? AND inc = ? AND dir = ?"
                " AND type <> 5 AND type <> 6 AND marks & 56 <> 24 ORDER BY n DESC LIMIT 1",
                (*life.key, dir),
            )
        )
    ]
    return int(max(station.now.wall - max(newest), 0) // DAY_S) if newest else None
