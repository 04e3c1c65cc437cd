"""How lines and the keys beneath them stand, for people: stops, certificates, earlier lives."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from parley.core.agreement import Paper
from parley.core.identity import Certificate, Letter
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.station.entries.messages import CLOCKED_TYPES
from parley.station.line import stops, vouching
from parley.station.line.lines import OpenLine
from parley.station.machine.clock import stamp

if TYPE_CHECKING:
    from parley.station.station import Station

DAY_S = 86_400
YEAR_DAYS = 365  # a station's keys are replaced within it
WARN_DAYS = 335  # a month is time to carry files to a root in another place


def line_life(station: Station, open_line: OpenLine) -> dict[str, Any]:
    """Why a line stands still, on which certificates it stands, and what papers say of them."""
    ours, theirs = letters_of(station, open_line)
    return {
        "stopped": stops.view(station, open_line),
        "has_phrase": stops.has_phrase(station, open_line),
        "certificates": {
            "ours": _certificate(station, ours.certificate),
            "theirs": _certificate(station, theirs.certificate),
        },
        "papers": vouching.papers_of(station, theirs.fingerprint),
    }


def our_certificate(station: Station) -> dict[str, Any]:
    """The certificate in force of this station, and whether it was taken back."""
    letter = station.home.letter
    upto = vouching.revoked_upto(station.store, letter.fingerprint)
    return {
        **_certificate(station, letter.certificate),
        "revoked": letter.certificate.serial <= upto,
    }


def earlier(station: Station) -> list[dict[str, Any]]:
    """Lines that were replaced: how to read their record, and what nobody has acknowledged."""
    return [
        {
            "line": each.agreed.hex,
            "inc": each.inc,
            "name": each.agreed.name,
            "counterpart": each.agreed.counterpart,
            "why": each.stop.why if each.stop else "",
            "at": each.stop.at if each.stop else None,
            "read_it_as": f"{each.agreed.name}@{each.inc}",
            "entries": sum((station.state(each).our_size, station.state(each).their_size)),
            "unacknowledged": unacknowledged(station, each),
        }
        for each in station.earlier_lines
    ]


def unacknowledged(station: Station, open_line: OpenLine) -> list[int]:
    """Messages of theirs that nobody here had dealt with."""
    rows = station.store.sql(
        "SELECT n, type FROM messages WHERE line_id = ? AND inc = ? AND dir = ?"
        " AND acknowledged IS NULL ORDER BY n",
        (*open_line.key, open_line.theirs),
    )
    return [row["n"] for row in rows if row["type"] in CLOCKED_TYPES]


def letters_of(station: Station, open_line: OpenLine) -> tuple[Letter, Letter]:
    """Our letter and theirs, as the agreement of a line was made from them."""
    (row,) = station.store.sql(
        "SELECT ours, theirs FROM agreements WHERE line_id = ? AND inc = ?", open_line.base_key
    )
    return _read(row["ours"]), _read(row["theirs"])


_read = lru_cache(maxsize=128)(Letter.parse)  # its signatures cost milliseconds, each time


def _certificate(station: Station, certificate: Certificate) -> dict[str, Any]:
    return {
        "station": certificate.name,
        "serial": certificate.serial,
        "valid_from": certificate.valid_from,
        "days": age_days(station, certificate),
    }


def age_days(station: Station, certificate: Certificate) -> int:
    """How old a certificate is by our clock, whole days."""
    return int(max(station.now.wall - certificate.valid_from, 0) // DAY_S)


def troubles(station: Station) -> Iterator[tuple[str, str]]:
    """All about keys and papers that a person should see to, each with what to do."""
    ours = station.home.letter
    upto = vouching.revoked_upto(station.store, ours.fingerprint)
    if ours.certificate.serial <= upto:
        yield (
            f"Our own root has revoked the keys of this station (certificates up to {upto}).",
            "Make new ones: `parley rotate`, and agree anew with everybody.",
        )
    for open_line in station.lines:
        stop = open_line.stop
        if stop is not None:
            yield f"The line {open_line.agreed.name} is stopped: {stop.why}.", stop.hint
    days = age_days(station, ours.certificate)
    if days >= WARN_DAYS:
        yield (
            f"The certificate {ours.certificate.serial} of this station is {days} days old; keys"
            f" are replaced within {YEAR_DAYS}.",
            "`parley rotate` makes new keys for the root to certify.",
        )
    for open_line in station.lines:
        for side, letter in zip(("ours", "theirs"), letters_of(station, open_line), strict=True):
            days = age_days(station, letter.certificate)
            if days >= WARN_DAYS:
                yield (
                    f"The line {open_line.agreed.name} stands on a certificate of {side} that is"
                    f" {days} days old (serial {letter.certificate.serial}, from"
                    f" {stamp(letter.certificate.valid_from)}).",
                    "Agree anew on newer ones: `parley agree propose --replaces LINE`.",
                )
    for row in station.store.sql("SELECT why, at FROM refused_papers ORDER BY id DESC"):
        yield (
            f"A refused paper is kept as evidence ({stamp(row['at'])}): {row['why']}.",
            "Call the duty officer; `parley status` shows what else is known of that party.",
        )


@operation("agree.list", roles=("operator",), reads=True, setup=True)
def agree_list(station: Station, who: Person) -> dict[str, Any]:
    """What is on its way, and what opened a line."""
    store = station.store
    found = []
    over = {each.base.terms.h_agr for each in station.earlier_lines}
    for state, rows in (
        ("on its way", store.sql("SELECT paper, NULL AS ours FROM proposals ORDER BY at")),
        ("open", store.sql("SELECT paper, ours FROM agreements ORDER BY opened")),
    ):
        for row in rows:
            agreement = Paper.parse(row["paper"]).agreement
            ours = _read(row["ours"]) if row["ours"] else station.home.letter
            found.append(
                {
                    "line": agreement.line_id.hex(),
                    "name": agreement.name,
                    "counterpart": agreement.parties[1 - agreement.side_of(ours.fingerprint)],
                    "mark": agreement.mark.name,
                    "level": agreement.level,
                    "suite": agreement.suite,
                    "made": agreement.made,
                    "state": "replaced" if agreement.hash in over else state,
                    "complete": agreement.complete,
                    "sha256": agreement.hash.hex(),
                }
            )
    return {"agreements": found}
