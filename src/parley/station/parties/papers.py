"""Papers of a root that change who stands for a party: revocation and succession, as they come in.

A revocation stops the lines of the stations it names at once. A succession puts the next root
under the introduction that people compared. Either is taken once; what contradicts it or was
signed against its own word is kept as evidence (spec/succession.md C5 to C12).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.core.agreement import Paper
from parley.core.errors import Refused
from parley.core.identity import Party
from parley.core.succession import Revocation, Succession
from parley.station.acts.operations import operation
from parley.station.acts.own_acts import EXCLUDED, KEYS_REVOKED, TWO_HEIRS
from parley.station.acts.person import Person
from parley.station.line import stops
from parley.station.line.lines import OpenLine
from parley.station.line.vouching import keep_refused, party_now, party_of, revoked_upto
from parley.station.parties.letters import from_base64
from parley.station.parties.lives import letters_of

if TYPE_CHECKING:
    from parley.station.station import Station


# --- revocation


@dataclass(frozen=True, slots=True)
class Touched:
    """A line that a revocation stops."""

    open_line: OpenLine
    certificate: str  # the station's name


@operation("revocation.accept", roles=("operator", "watch"), setup=True)
def revocation_accept(station: Station, who: Person, *, revocation: str) -> dict[str, Any]:
    """Take a root's word that older certificates stand no more: their lines stop at once."""
    content = from_base64("revocation", revocation)
    try:
        paper = Revocation.parse(content)
    except Refused as error:
        raise Refused(
            f"This revocation does not stand: {error.sentence}.", "Ask for it again.", error.rule
        ) from error
    party = party_now(station, paper.fingerprint)
    try:
        paper.verify(party.root)
    except Refused as error:
        raise Refused(
            f"This revocation is not by the root of {party.name} that is in force:"
            f" {error.sentence}.",
            f"Nothing was revoked; ask {party.name} by another way.",
            "C6",
        ) from error
    known = revoked_upto(station.store, paper.fingerprint) >= paper.upto
    stopped: list[str] = []
    if not known:
        station.store.sql(
            "INSERT INTO revocations (fingerprint, upto, reason, made, file, accepted)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                paper.fingerprint,
                paper.upto,
                paper.reason,
                paper.made,
                content,
                station.now.wall,
            ),
        )
        _burn_proposals(station, paper)
        for touched in _touched(station, paper):
            why = KEYS_REVOKED % {
                "party": party.name,
                "name": touched.certificate,
                "upto": paper.upto,
                "reason": paper.reason.rstrip("."),
            }
            stops.put(station, touched.open_line, "revoked", why, None)
            stopped.append(touched.open_line.agreed.name)
    return {
        "party": party.name,
        "upto": paper.upto,
        "reason": paper.reason,
        "made": paper.made,
        "known": known,
        "stopped": stopped,
    }


def _touched(station: Station, paper: Revocation) -> list[Touched]:
    """Lines in force on which a revoked certificate speaks, at their side or at ours."""
    found = []
    for open_line in station.lines:
        for letter in letters_of(station, open_line):
            if letter.fingerprint != paper.fingerprint or letter.certificate.serial > paper.upto:
                continue
            found.append(Touched(open_line, letter.certificate.name))
    return found


def _burn_proposals(station: Station, paper: Revocation) -> None:
    """What was on its way to be agreed with that party begins anew: its prekeys are burnt."""
    for row in station.store.sql("SELECT key, paper FROM proposals"):
        if paper.fingerprint in Paper.parse(row["paper"]).agreement.fingerprints:
            station.store.put_secret(f"prekey {bytes(row['key']).hex()}", None)
            station.store.sql("DELETE FROM proposals WHERE key = ?", (row["key"],))


# --- succession


@operation("succession.accept", roles=("operator",), setup=True)
def succession_accept(station: Station, who: Person, *, succession: str) -> dict[str, Any]:
    """Take the next root of a party in place of the one before; no digits are compared anew."""
    content = from_base64("succession", succession)
    try:
        paper = Succession.parse(content)
    except Refused as error:
        raise Refused(
            f"This succession does not stand: {error.sentence}.", "Ask for it again.", error.rule
        ) from error
    gone = party_of(station, paper.fingerprint)
    if gone is None:
        raise Refused(
            "This succession is of a party whose letter was not accepted here.",
            "Meet, and accept the party's letter by its digits.",
            "C10",
        )
    rows = station.store.sql(
        "SELECT file FROM successions WHERE fingerprint = ?", (paper.fingerprint,)
    )
    if rows and paper.contradicts(Succession.parse(rows[0]["file"])):
        _refuse_heir(station, paper, gone, content, TWO_HEIRS)
    try:
        party = paper.follow(gone)
    except Refused as error:
        if _bears_old(paper, gone):
            _refuse_heir(station, paper, gone, content, EXCLUDED)
        raise Refused(
            f"This succession is refused: {error.sentence}.", error.hint, error.rule
        ) from error
    if not rows:
        station.store.sql(
            "INSERT INTO successions (fingerprint, heir, file, accepted) VALUES (?, ?, ?, ?)",
            (paper.fingerprint, party.fingerprint, content, station.now.wall),
        )
        station.publish("papers", None, state="succession", party=party.name)
    return {
        "party": party.name,
        "ours": gone.root == station.home.letter.who.root,
        "by_old_root": paper.signed_by(gone),
        "reason": paper.reason,
        "made": paper.made,
        "digits": party.digits,
        "known": bool(rows),
    }


def _bears_old(paper: Succession, gone: Party) -> bool:
    try:
        return paper.fingerprint == gone.fingerprint and paper.signed_by(gone)
    except Refused:
        return False


def _refuse_heir(
    station: Station, paper: Succession, gone: Party, content: bytes, did: str
) -> None:
    why = did % {"party": gone.name}
    keep_refused(station, paper.fingerprint, why, content)
    raise Refused(
        f"{why}; this paper is kept as evidence and changes nothing.",
        "Call the duty officer, trust neither heir, and meet again.",
        "C12",
    )
