"""Prepared texts with what agreement, people and record tell filled in; to begin a draft with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.catalogue.form import moment
from parley.catalogue.minutes import Attendee, Minute
from parley.catalogue.prepared import PREPARED, Prepared, blanks, language_of
from parley.catalogue.prepared_texts.limits import span_in
from parley.core.entry import Precedence
from parley.core.errors import Misused
from parley.station.acts.operations import operation
from parley.station.acts.person import READERS, Person
from parley.station.call.minutes import Talk
from parley.station.call.minuting import find_talk
from parley.station.entries import messages
from parley.station.line.lines import OpenLine, posix

if TYPE_CHECKING:
    from parley.station.station import Station


@operation("prepared.list", roles=READERS, reads=True)
def prepared_list(station: Station, who: Person) -> dict[str, Any]:
    """The prepared texts there are."""
    return {
        "prepared": [
            {"name": each.name, "what": each.what, "precedence": each.precedence}
            | {"about": each.about}
            for each in PREPARED.values()
        ]
    }


@operation("prepared.fill", roles=("drafter",), reads=True)
def prepared_fill(
    station: Station,
    who: Person,
    *,
    name: str,
    call: str | None = None,
    about: int | None = None,
    line: str | None = None,
    language: str | None = None,
) -> dict[str, Any]:
    """One prepared text, in that language or ours on the line, filled from the agreement and, for a
    note after it, from a call; `about` is the number of the message that it answers or retracts."""
    found = PREPARED.get(name)
    if found is None:
        raise Misused(
            f"There is no prepared text {name!r:.40}.", f"There is: {', '.join(PREPARED)}."
        )
    of = station.line(line)
    open_line = of.current
    talk = find_talk(station, open_line, call)
    tag = language or open_line.agreed.our_language
    written = language_of(tag)
    subject, text = found.in_language(written).fill(
        {
            **_of_line(station, open_line, written),
            **_of_call(open_line, station, talk),
            **_of_message(station, of, found, about),
        }
    )
    return {
        "line": open_line.agreed.hex,
        "name": name,
        "language": tag if tag.partition("-")[0].lower() == written else written,
        "what": found.what,
        "subject": "" if blanks(subject) else subject,
        "precedence": found.precedence,
        "text": text,
        "blanks": list(dict.fromkeys(blanks(text))),
    }


def _of_line(station: Station, open_line: OpenLine, language: str) -> dict[str, str]:
    agreed = open_line.agreed
    return {
        "our_party": station.home.party,
        "their_party": agreed.counterpart,
        "their_address": agreed.their_address,
        "line": agreed.name,
        "level": agreed.level,
        "flash": span_in(language, agreed.clocks_s[Precedence.FLASH]),
        "immediate": span_in(language, agreed.clocks_s[Precedence.IMMEDIATE]),
    }


def _of_message(
    station: Station, of: OpenLine, text: Prepared, about: int | None
) -> dict[str, str]:
    """The message that a text answers or retracts, as people say its number, and its time."""
    if about is None:
        return {}
    if not text.about:
        raise Misused(f"The prepared text {text.name!r:.40} is about no other message.")
    dir = of.theirs if text.about == "answers" else of.ours
    messages.must_find(station, of, dir, about)
    return {"ref": str(about), "sent": moment(int(posix(station.entry(of, dir, about).time)))}


def _of_call(open_line: OpenLine, station: Station, talk: Talk | None) -> dict[str, str]:
    """What the minute, agreed or only proposed, tells; and before there is one, the request."""
    if talk is None:
        return {}
    known: dict[str, str] = {}
    if talk.request is not None:
        known["topics"] = _listed(talk.request.agenda) or talk.request.purpose
    minute = talk.minute
    return known | (_of_minute(minute, station.home.party, open_line) if minute else {})


def _of_minute(minute: Minute, ours: str, open_line: OpenLine) -> dict[str, str]:
    facts = minute.facts
    began, ended = moment(facts.began), moment(facts.ended)
    known = {
        "date": began[:10],
        "began": began[11:16],
        "ended": ended[11:16] if began[:10] == ended[:10] else ended,
        "topics": _listed(facts.touched),
        "agreed": _listed(each.rstrip(".") for each in minute.agreed),
    }
    for party, name, office in (
        (ours, "our_principal", "our_office"),
        (open_line.agreed.counterpart, "their_principal", "their_office"),
    ):
        first = _first_of(minute, party)
        if first is not None:
            known |= {name: first.name, office: first.office}
    return known


def _first_of(minute: Minute, party: str) -> Attendee | None:
    return next((each for each in minute.facts.present if each.party == party), None)


def _listed(items: Any) -> str:
    return "; ".join(items)
