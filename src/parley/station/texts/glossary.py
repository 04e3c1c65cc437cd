"""The glossary of a line: terms in our language and in theirs, and names that nobody translates.

Each side keeps its own, by people who write and translate; a file carries the pairs to the other
side, and the SHA-256 over them tells by telephone whether both hold the same. A warning says what a
term was once taken for; it is our own and goes into no file.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.catalogue.protecting import places
from parley.core.entry import check_text
from parley.core.errors import Refused
from parley.station.acts.fields import field
from parley.station.acts.operations import Words, operation, repeating
from parley.station.acts.person import LOOKERS, Person
from parley.station.line.lines import OpenLine
from parley.station.staff.people import check_name
from parley.station.texts.critical import LOOKED_AT_MAX

if TYPE_CHECKING:
    from parley.station.station import Station

TERM_BYTES_MAX = 200
WARNING_BYTES_MAX = 500
TERMS_MAX = 500  # of one line: each text is searched for all of them
KEEPERS = ("drafter", "interpreter")


@dataclass(frozen=True, slots=True)
class Entry:
    """One term."""

    id: int
    ours: str
    theirs: str
    protected: bool
    warning: str
    person: int
    at: float

    def said(self, ours: bool) -> str:
        """As a message of that side has it."""
        return self.ours if ours else self.theirs

    def rendered(self, ours: bool) -> str:
        """As a translation of a message of that side has it."""
        return self.theirs if ours else self.ours


def entries(station: Station, open_line: OpenLine) -> list[Entry]:
    """The terms of a line, oldest first."""
    rows = station.store.sql(
        "SELECT id, ours, theirs, protected, warning, person, at FROM glossary"
        " WHERE line_id = ? AND ended IS NULL ORDER BY id",
        (open_line.id,),
    )
    return [
        Entry(
            row["id"],
            row["ours"],
            row["theirs"],
            bool(row["protected"]),
            row["warning"],
            row["person"],
            row["at"],
        )
        for row in rows
    ]


def protected(station: Station, open_line: OpenLine) -> list[str]:
    """Names of ours that nobody translates."""
    return [each.ours for each in entries(station, open_line) if each.protected]


def found_in(terms: Iterable[Entry], text: str, *, ours: bool = True) -> list[dict[str, Any]]:
    """The terms that stand in a text of one side, with how the other side says them."""
    return [
        {
            "term": each.said(ours),
            "rendering": each.rendered(ours),
            "protected": each.protected,
            "warning": each.warning,
        }
        for each in terms
        if places(text[:LOOKED_AT_MAX], [each.said(ours)])
    ]


@operation("glossary.list", roles=LOOKERS, reads=True)
def glossary_list(station: Station, who: Person, *, line: str | None = None) -> dict[str, Any]:
    """All terms of a line, and the SHA-256 by which both sides tell whether they hold the same."""
    open_line = station.line(line).current
    found = entries(station, open_line)
    return {
        "line": open_line.agreed.hex,
        "line_name": open_line.agreed.name,
        "sha256": _hash(open_line, found),
        "terms": [
            {
                "term": each.id,
                "ours": each.ours,
                "theirs": each.theirs,
                "protected": each.protected,
                "warning": each.warning,
                "by": station.people.view(each.person),
                "at": each.at,
            }
            for each in found
        ],
        "file": _file(open_line, found),
    }


@operation("glossary.add", roles=KEEPERS)
def glossary_add(
    station: Station,
    who: Person,
    *,
    ours: str,
    theirs: str | None = None,
    protect: bool = False,
    warning: Words | None = None,
    line: str | None = None,
) -> dict[str, Any]:
    """Put a term into the glossary; with `protect` it is a name that nobody translates, and every
    draft in which it stands says so."""
    open_line = station.line(line).current
    with field("ours"):
        check_name(ours, "A term", TERM_BYTES_MAX)
    with field("theirs"):
        if theirs is None and not protect:
            error = Refused(
                f"The glossary has no rendering of {ours}.",
                "Say how they write it, or that it is not to be translated.",
            )
            raise repeating(error, ours)
        theirs = theirs or ours
        check_name(theirs, "A rendering", TERM_BYTES_MAX)
    if warning:
        _check_warning(warning)
    _put(station, who, open_line, ours, theirs, protect, warning or "")
    return glossary_list(station, who, line=open_line.agreed.hex)


@field("warning")
def _check_warning(warning: str) -> None:
    check_text(warning)
    if len(warning.encode()) > WARNING_BYTES_MAX:
        raise Refused(f"A warning has at most {WARNING_BYTES_MAX} bytes.", "Write it shorter.")


@operation("glossary.end", roles=KEEPERS)
def glossary_end(
    station: Station, who: Person, *, term: int, line: str | None = None
) -> dict[str, Any]:
    """Take a term out of the glossary; drafts and messages that have it marked keep the mark."""
    open_line = station.line(line).current
    ended = station.store.sql(
        "UPDATE glossary SET ended = ?, ended_by = ? WHERE id = ? AND line_id = ? AND ended IS NULL"
        " RETURNING id",
        (station.now.wall, who.id, term, open_line.id),
    )
    if not ended:
        raise Refused(f"The glossary has no term {term}.", "`parley glossary list` shows them.")
    return glossary_list(station, who, line=open_line.agreed.hex)


@operation("glossary.take", roles=KEEPERS)
def glossary_take(
    station: Station, who: Person, *, file: str, line: str | None = None
) -> dict[str, Any]:
    """Take in the pairs of a glossary file of the other side; what is here already stays."""
    open_line = station.line(line).current
    known = {(each.protected, each.ours, each.theirs) for each in entries(station, open_line)}
    for protect, mine, other in _read(open_line, file):
        check_name(mine, "A term", TERM_BYTES_MAX)
        check_name(other, "A rendering", TERM_BYTES_MAX)
        if (protect, mine, other) not in known:
            _put(station, who, open_line, mine, other, protect, "")
    return glossary_list(station, who, line=open_line.agreed.hex)


def _read(open_line: OpenLine, file: str) -> list[tuple[bool, str, str]]:
    """The terms of a file as our side has them: protected, ours, theirs."""
    try:
        given = json.loads(file)
        if given["line"] != open_line.agreed.hex:
            raise ValueError(given["line"])
        pairs = [(kept is True, str(a), str(b)) for kept, a, b in given["terms"]]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Refused(
            "This is no glossary of this line.", "`parley glossary export` writes one there."
        ) from error
    return [(kept, a, b) if open_line.ours == 0 else (kept, b, a) for kept, a, b in pairs]


def _put(
    station: Station,
    who: Person,
    open_line: OpenLine,
    ours: str,
    theirs: str,
    protect: bool,
    warning: str,
) -> None:
    known = entries(station, open_line)
    if len(known) >= TERMS_MAX:
        raise Refused(f"The glossary has {TERMS_MAX} terms already.", "End some that are over.")
    if any(each.ours == ours for each in known):
        error = Refused(f"The glossary has {ours} already.", "End that term first.")
        error.field = "ours"
        raise repeating(error, ours)
    station.store.sql(
        "INSERT INTO glossary (line_id, ours, theirs, protected, warning, person, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (open_line.id, ours, theirs, protect, warning, who.id, station.now.wall),
    )


def _pairs(open_line: OpenLine, found: list[Entry]) -> list[list[Any]]:
    """Each term as both sides write it down: whether it is protected, party A's way, party B's."""
    return sorted(
        [each.protected, *((each.ours, each.theirs)[:: 1 if open_line.ours == 0 else -1])]
        for each in found
    )


def _file(open_line: OpenLine, found: list[Entry]) -> str:
    terms = ",\n  ".join(json.dumps(each, ensure_ascii=False) for each in _pairs(open_line, found))
    return f'{{"line": "{open_line.agreed.hex}", "terms": [\n  {terms}\n]}}\n'


def _hash(open_line: OpenLine, found: list[Entry]) -> str:
    said = json.dumps(_pairs(open_line, found), ensure_ascii=False, separators=(",", ":"))
    return sha256(said.encode()).hexdigest()
