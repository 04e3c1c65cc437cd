"""A station gets new keys, and a line a new life: what ends, what goes on, what comes back.

The root certifies new keys under the next serial; digits and introduction stay. An agreement that
names the one it replaces ends that line's life: its keys are erased, its record stays, and what was
released on it and never received comes back to its drafter, who knows better than a machine whether
it is still to be said (spec/succession.md C2 to C4).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parley.core.agreement import Agreement, Paper
from parley.core.entry import Content, Type, body_of, read_body
from parley.core.errors import Refused
from parley.core.identity import Letter
from parley.core.keys import Entropy
from parley.station.acts.own_acts import REPLACED, SERIAL, WHEN_ENDED, Own
from parley.station.acts.person import Person
from parley.station.entries.messages import CLOCKED_TYPES
from parley.station.line import stops, vouching
from parley.station.line.lines import OpenLine
from parley.station.machine.carried import ANSWER, LETTER, REQUEST, carry, take_up
from parley.station.machine.clock import stamp
from parley.station.machine.folder import (
    KEYS_NAME,
    LETTER_NAME,
    NEXT_NAME,
    REQUEST_NAME,
    Home,
    drop_keys,
    make_keys,
    read_keys,
    write_keys,
    write_whole,
)
from parley.station.parties.letters import Known, by_fingerprint
from parley.station.parties.lives import letters_of
from parley.station.parties.root import Answer, Request
from parley.station.texts.drafts import REFERENCES

if TYPE_CHECKING:
    from parley.station.station import Station

# What an agreement says of this one life alone; all else is carried over into the next.
OF_ONE_LIFE = frozenset(
    ("nonce", "inc", "parties", "fingerprints", "certificates", "compared", "prekeys", "made",
     "languages", "address", "replaces")
)  # fmt: skip


# --- new keys for a station


def begin(path: Path, *, entropy: Entropy = os.urandom) -> Request:
    """New keys beside those in force, and the request to certify them; the station serves on."""
    home = Home.open(path)
    keys = make_keys(entropy)
    request = Request.of(home.name, keys, home.languages, home.letter.bearers)
    write_keys(path / KEYS_NAME / NEXT_NAME, keys)
    write_whole(path / REQUEST_NAME, carry(REQUEST, request.to_bytes()))
    return request


def finish(station: Station, answer: bytes) -> Letter:
    """Take the root's answer in a station that serves nobody: new letter, new keys (C2)."""
    home, before = station.home, station.home.letter
    coming = home.path / KEYS_NAME / NEXT_NAME
    if not coming.exists():
        raise Refused(
            "No new keys of this station wait to be certified.", "`parley rotate` makes them."
        )
    letter = Answer.parse(take_up(ANSWER, answer)).finish(read_keys(coming))
    if letter.fingerprint != vouching.heir_of(station.store, before.fingerprint):
        raise Refused(
            "This answer is not by the root of this station's party.",
            "Where the root was followed by the next one, first `parley accept` its succession.",
            "C2",
        )
    vouching.check_letter(station, letter)
    if letter.certificate.serial <= before.certificate.serial:
        raise Refused(
            f"This answer bears serial {letter.certificate.serial}, and"
            f" {before.certificate.serial} is in force.",
            "Let the root certify anew; each certificate bears a higher serial.",
            "C2",
        )
    write_keys(home.path / KEYS_NAME / str(before.certificate.serial), home.keys)
    with station.store.transaction():
        station.trail.happened(
            station.now.wall,
            Own.KEYS_REPLACED,
            SERIAL % {"new": letter.certificate.serial, "old": before.certificate.serial},
        )
    # Whoever opens the folder finds the letter before with the keys before, or both new: keys that
    # wait are put in place by the first who reads the letter about them.
    write_whole(home.path / LETTER_NAME, carry(LETTER, letter.raw))
    Home.open(home.path)
    (home.path / REQUEST_NAME).unlink(missing_ok=True)
    drop_unneeded(station)
    return letter


def drop_unneeded(station: Station) -> None:
    """Remove keys of certificates that no line of ours stands on any more."""
    needed = {
        str(_serial(station, each)) for each in station.lines if not (each.stop and each.stop.final)
    }
    for path in (station.home.path / KEYS_NAME).iterdir():
        if path.is_dir() and path.name.isdigit() and path.name not in needed:
            drop_keys(path)


def _serial(station: Station, open_line: OpenLine) -> int:
    return letters_of(station, open_line)[0].certificate.serial


# --- a new life for a line


Fresh = Callable[[Any, int, Letter, Letter], Agreement]  # a new agreement between two letters


def successor(station: Station, line: OpenLine, fresh: Fresh) -> tuple[int, Known, Agreement]:
    """Our side, their letter, and what would replace the agreement of a line: its terms between the
    letters of now.

    While both roots are those of before it is the same line in its next incarnation; under another
    root it is a line of another number (C3).
    """
    (row,) = station.store.sql(
        "SELECT paper FROM agreements WHERE line_id = ? AND inc = ?", line.base_key
    )
    old = Paper.parse(row["paper"]).agreement
    before = letters_of(station, line)[1]
    theirs = by_fingerprint(station.store, vouching.heir_of(station.store, before.fingerprint))
    if theirs is None:
        raise Refused(
            f"The letter of {before.party} under its new root was not accepted here.",
            "Ask for it, and `parley accept` it; no digits are needed.",
            "C11",
        )
    vouching.check_letter(station, theirs.letter)
    ours = station.home.letter
    side = 0 if ours.fingerprint < theirs.letter.fingerprint else 1
    base = fresh(station, side, ours, theirs.letter)
    kept = {
        field.name: getattr(old, field.name)
        for field in fields(old)
        if field.name not in OF_ONE_LIFE
    }
    address = old.address if old.parties == base.parties else (old.address[1], old.address[0])
    made = replace(base, **kept, address=address, replaces=old.hash)
    if old.fingerprints != base.fingerprints:
        return side, theirs, made
    incs = [each.inc for each in station.store.enrolled() if each.line_id == line.id]
    return side, theirs, replace(made, nonce=old.nonce, inc=1 + max(incs))


def replaced_by(station: Station, agreement: Agreement) -> OpenLine | None:
    """The line in force that an agreement replaces; Refused when it may not (C3)."""
    if not agreement.replaces:
        return None
    rows = station.store.sql(
        "SELECT line_id, inc, name FROM agreements WHERE hash = ?", (agreement.replaces,)
    )
    if not rows:
        return None  # a station that is new here; our root knows what it signed
    open_line = station.line_of(bytes(rows[0]["line_id"]), rows[0]["inc"]).current
    if open_line.stop is not None and open_line.stop.over:
        raise Refused(
            f"This agreement replaces one that was replaced before: {open_line.stop.why}.",
            "Propose to replace the one in force: `parley agree list`.",
            "C3",
        )
    ours = station.home.letter.fingerprint
    letters = letters_of(station, open_line)
    now = {vouching.heir_of(station.store, letter.fingerprint) for letter in letters}
    if now != set(agreement.fingerprints) or ours not in now:
        raise Refused(
            "This agreement would replace a line with another party.",
            "Propose a new line.",
            "C3",
        )
    return open_line


def retire(station: Station, old: OpenLine, new: Agreement, who: Person) -> dict[str, Any]:
    """End the life of a line that `new` replaces: what came back, what nobody acknowledged."""
    made = stamp(new.made)
    stops.put(
        station,
        old,
        "replaced",
        REPLACED % {"made": made, "inc": old.inc},
        who,
    )
    back = _give_back(station, old, new)
    rows = station.store.sql(
        "UPDATE messages SET due = NULL WHERE line_id = ? AND inc = ? AND dir = ?"
        " AND acknowledged IS NULL RETURNING n, type",
        (*old.key, old.theirs),
    )
    station.store.sql("UPDATE messages SET due = NULL WHERE line_id = ? AND inc = ?", old.key)
    unread = sorted(row["n"] for row in rows if row["type"] in CLOCKED_TYPES)
    for n in unread:
        station.trail.happened(
            station.now.wall,
            Own.NOT_ACKNOWLEDGED,
            WHEN_ENDED % {"n": n, "inc": old.inc},
            old.agreed.name,
        )
    station.store.sql("UPDATE bearers SET line_id = ? WHERE line_id = ?", (new.line_id, old.id))
    station.after_commit(lambda: station.bearings.calls_for(old.id, new.line_id))
    station.after_commit(lambda: drop_unneeded(station))
    return {
        "line": old.agreed.hex,
        "inc": old.inc,
        "read_it_as": f"{old.agreed.name}@{old.inc}",
        "returned": back,
        "unacknowledged": unread,
    }


def _give_back(station: Station, old: OpenLine, new: Agreement) -> list[dict[str, Any]]:
    """Make drafts of what was released and never received, and move those that were open."""
    if new.mark != old.agreed.mark:
        return []  # words written for an exercise are not to be released as meant, nor the reverse
    store, key = station.store, (new.line_id, new.inc)
    party = old.agreed.counterpart
    told: list[dict[str, Any]] = []
    receipted = old.line.state(station.now).receipted
    rows = store.sql(
        "SELECT d.*, r.at AS released, r.n AS n FROM releases r JOIN drafts d ON d.id = r.draft"
        " WHERE r.line_id = ? AND r.inc = ? AND (r.n IS NULL OR r.n >= ?) ORDER BY d.id",
        (*old.key, receipted),
    )
    for row in rows:
        when = stamp(row["released"])
        why = (
            f"Released {when} in incarnation {old.inc} and never sent."
            if row["n"] is None
            else f"Released {when} as number {row['n']} of incarnation {old.inc}; {party} did not"
            " confirm that it came, and may have it or not."
        )
        body, about = _body_anew(row, old)
        if body is None:
            continue
        (made,) = store.sql(
            "INSERT INTO drafts (line_id, inc, person, editors, at, base, type, precedence, status,"
            " body, returned) VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?) RETURNING id",
            (
                *key,
                row["person"],
                row["editors"],
                station.now.wall,
                row["type"],
                row["precedence"],
                row["status"],
                body,
                why + about,
            ),
        )
        told.append({"draft": made["id"], "n": row["n"], "why": why + about})
    rows = store.sql(
        "SELECT d.* FROM drafts d"
        " WHERE d.id IN (SELECT draft FROM open_drafts) AND d.line_id = ? AND d.inc = ?",
        old.key,
    )
    for row in rows:
        body, about = _body_anew(row, old)
        if body is not None:
            why = f"Begun in incarnation {old.inc}.{about}"
            store.sql(
                "UPDATE drafts SET line_id = ?, inc = ?, base = 0, body = ?, returned = ?"
                " WHERE id = ?",
                (*key, body, why, row["id"]),
            )
    return told


def _body_anew(row: Any, old: OpenLine) -> tuple[bytes | None, str]:
    """The body without what it says of messages of the life before, and that in words. A test is
    called anew instead."""
    marks = row["precedence"] << 6 | row["status"] << 3
    content: Content | None = read_body(row["type"], marks, row["body"])
    if content is None or row["type"] == Type.TEST:
        return None, ""
    header, about = dict(content.header), ""
    for word, reference in REFERENCES.items():
        named = header.pop(reference, None)
        if named is not None:
            about += f" It {word} {old.side(named[0])} {named[1]} of that incarnation."
    return body_of(row["type"], header, content.payload), about
