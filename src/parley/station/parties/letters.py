"""Introductions: our letter for others, and theirs, accepted once a person has typed the digits.

Whoever can change a letter on its way cannot change what two people read to each other by another
way. So the digits of a letter that is not accepted yet are shown nowhere: they can only be heard.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.core.errors import Misused, Refused
from parley.core.identity import Letter, read_digits
from parley.core.keys import same
from parley.station.acts.operations import operation
from parley.station.acts.person import Person
from parley.station.line import vouching
from parley.station.machine.folder import Home
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station


@dataclass(frozen=True, slots=True)
class Known:
    """A letter that we accepted, and whether a person compared its digits."""

    letter: Letter
    compared: bool


def known(store: SqliteStore) -> list[Known]:
    """All letters in force."""
    rows = store.sql("SELECT file, compared FROM letters WHERE replaced IS NULL ORDER BY id")
    return [Known(Letter.parse(row["file"]), bool(row["compared"])) for row in rows]


def by_fingerprint(store: SqliteStore, fingerprint: bytes) -> Known | None:
    """The letter in force of one party."""
    rows = store.sql(
        "SELECT file, compared FROM letters WHERE fingerprint = ? AND replaced IS NULL",
        (fingerprint,),
    )
    return Known(Letter.parse(rows[0]["file"]), bool(rows[0]["compared"])) if rows else None


def before_it(store: SqliteStore, fingerprint: bytes) -> Known | None:
    """The letter in force of that party under an earlier root."""
    rows = store.sql(
        "SELECT s.fingerprint, l.file, l.compared FROM successions s LEFT JOIN letters l"
        " ON l.fingerprint = s.fingerprint AND l.replaced IS NULL WHERE s.heir = ?",
        (fingerprint,),
    )
    if not rows:
        return None
    if rows[0]["file"] is None:
        return before_it(store, bytes(rows[0]["fingerprint"]))
    return Known(Letter.parse(rows[0]["file"]), bool(rows[0]["compared"]))


def by_name(store: SqliteStore, party: str) -> Known:
    """The letter in force of a party by its name; Refused when there is none."""
    wanted = party.strip().casefold()
    for each in known(store):
        if each.letter.party.casefold() == wanted:
            return each
    names = ", ".join(each.letter.party for each in known(store)) or "nobody yet"
    raise Refused(
        f"No letter of {party!r:.130} was accepted here.",
        f"Accept it with `parley accept`. Known: {names}.",
        "I8",
    )


def from_base64(what: str, packed: str) -> bytes:
    """The bytes of an argument."""
    try:
        return base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Misused(
            f"The {what} is not base64.", "Give the file to the `parley` verb."
        ) from error


def to_base64(content: bytes) -> str:
    """Bytes as they stand in JSON."""
    return base64.b64encode(content).decode()


# --- operations


@operation("introduce", roles=("operator",), reads=True, setup=True)
def introduce(station: Station, who: Person) -> dict[str, Any]:
    """Our letter of introduction, and the digits to be read to the other party."""
    letter = station.home.letter
    return {
        "letter": to_base64(letter.raw),
        "digits": letter.digits,
        "party": letter.party,
        "station": letter.certificate.name,
    }


@operation("letter.show", roles=("operator",), reads=True, setup=True)
def letter_show(station: Station, who: Person, *, letter: str) -> dict[str, Any]:
    """What a letter says, without its digits; and whether digits must be typed to accept it."""
    read = _theirs(station.store, station.home, letter)
    before = _before(station.store, read)
    return {
        "party": read.party,
        "station": read.certificate.name,
        **_dated(read),
        "languages": list(read.languages),
        "bearers": list(read.bearers),
        "issued": read.issued,
        "known": before is not None,
        "compared": before is not None and before.compared,
    }


@operation("letter.list", roles=("operator",), reads=True, setup=True)
def letter_list(station: Station, who: Person) -> dict[str, Any]:
    """The parties whose letters were accepted."""
    return {
        "letters": [
            {
                "party": each.letter.party,
                "station": each.letter.certificate.name,
                **_dated(each.letter),
                "papers": vouching.papers_of(station, each.letter.fingerprint),
                "digits": each.letter.digits,
                "compared": each.compared,
                "languages": list(each.letter.languages),
                "bearers": list(each.letter.bearers),
            }
            for each in known(station.store)
        ]
    }


@operation("accept", roles=("operator",), setup=True)
def accept(
    station: Station,
    who: Person,
    *,
    letter: str,
    digits: str | None = None,
    fingerprint: str | None = None,
) -> dict[str, Any]:
    """Accept a letter by the digits a person heard, or by a fingerprint that a script was given."""
    if digits is not None and fingerprint is not None:
        raise Misused(
            "A letter is accepted by digits heard or by a fingerprint, not by both.",
            "Give the digits if a person heard them.",
        )
    read = _theirs(station.store, station.home, letter)
    vouching.check_letter(station, read)
    before = _before(station.store, read)
    _check_place(station.store, read, before)
    typed = digits if digits is not None else fingerprint
    compared = before is not None and before.compared
    if typed is not None:
        _check_digits(read, typed)
        compared = compared or digits is not None
    elif not compared:
        raise Refused(
            f"The letter of {read.party} was not compared.",
            "Have its 48 digits read to you by a way it did not come, and type what you hear.",
            "I8",
        )
    _put(station, read, compared)
    return {
        "party": read.party,
        "station": read.certificate.name,
        **_dated(read),
        "compared": compared,
        "replaced": before is not None,
        "before": None if before is None else _dated(before.letter),
        "new_root": before is not None and before.letter.fingerprint != read.fingerprint,
    }


def _dated(letter: Letter) -> dict[str, Any]:
    return {"serial": letter.certificate.serial, "valid_from": letter.certificate.valid_from}


def _before(store: SqliteStore, read: Letter) -> Known | None:
    """What the letter would replace: one of the same digits, or of the root before (C2, C11)."""
    return by_fingerprint(store, read.fingerprint) or before_it(store, read.fingerprint)


def _theirs(store: SqliteStore, home: Home, packed: str) -> Letter:
    try:
        read = Letter.parse(from_base64("letter", packed))
    except Refused as error:
        raise Refused(
            f"This letter does not stand: {error.sentence}.",
            error.hint or "Ask the other party for its letter again.",
            error.rule,
        ) from error
    if read.who.root == home.letter.who.root or home.letter.fingerprint == vouching.heir_of(
        store, read.fingerprint
    ):
        raise Refused(
            "This is our own letter.", "Give it to the other party, and accept theirs.", "I10"
        )
    return read


def _check_place(store: SqliteStore, read: Letter, before: Known | None) -> None:
    if (
        before is not None
        and before.letter.fingerprint == read.fingerprint
        and before.letter.certificate.serial > read.certificate.serial
    ):
        raise Refused(
            f"This letter of {read.party} is older than the one accepted before: its certificate"
            f" is {read.certificate.serial}, and {before.letter.certificate.serial} stands.",
            "Ask for the newest one.",
            "I9",
        )
    for each in known(store):
        if before is not None and each.letter.fingerprint == before.letter.fingerprint:
            continue
        if (
            each.letter.party.casefold() == read.party.casefold()
            and each.letter.fingerprint != read.fingerprint
        ):
            raise Refused(
                f"Another party is known here as {read.party}.",
                "If its root was replaced, accept the succession first, or meet again; if not,"
                " this letter is not theirs.",
                "I9",
            )


def _check_digits(read: Letter, typed: str) -> None:
    try:
        heard = read_digits(typed)
    except Refused as error:
        raise Refused(
            f"{error.sentence[:1].upper()}{error.sentence[1:]}.", error.hint, "I8"
        ) from error
    if not same(heard, read.fingerprint):
        raise Refused(
            "The digits differ from those of this letter.",
            "Have them read again. If they differ again, this is not the letter they sent:"
            " do not use it, and tell them.",
            "I8",
        )


def _put(station: Station, read: Letter, compared: bool) -> None:
    before = _before(station.store, read)
    for fingerprint in {read.fingerprint, *([before.letter.fingerprint] if before else [])}:
        station.store.sql(
            "UPDATE letters SET replaced = ? WHERE fingerprint = ? AND replaced IS NULL",
            (station.now.wall, fingerprint),
        )
    station.store.sql(
        "INSERT INTO letters (fingerprint, party, compared, file, accepted) VALUES (?, ?, ?, ?, ?)",
        (read.fingerprint, read.party, int(compared), read.raw, station.now.wall),
    )
