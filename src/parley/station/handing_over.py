"""To hand the watch over: one officer signs what is open, another goes through it and accepts.

Both sign a sheet: plain text with who, when, the words of the outgoing officer and every open item,
as a fact that is the same in every language and that both were shown beside its sentence in theirs.
Its SHA-256 stands in the audit trail with the act, and the sheet is kept as it is; `sha256sum` of
a sheet that was saved gives the same. An item that comes in the middle is on the list of both from
that moment, and is gone through like the others. Source: docs/decisions/0038, 0056.
"""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.core.entry import check_text
from parley.core.errors import Refused
from parley.station.acts.fields import field
from parley.station.acts.operations import Words, operation
from parley.station.acts.own_acts import Own
from parley.station.acts.person import READERS, Person
from parley.station.machine.clock import moment
from parley.station.open_items import Item, code_of, open_items
from parley.station.staff import officer
from parley.station.staff.desks import desks_of

if TYPE_CHECKING:
    from parley.station.station import Station

NOTE_BYTES_MAX = 16_384  # four pages: who writes more has a file for it
LISTED_MAX = 200
KEEPERS = (*READERS, "operator")  # who may read the log


@operation("watch.show", roles=KEEPERS, reads=True)
def watch_show(station: Station, who: Person) -> dict[str, Any]:
    """Who has the watch, what is open now, and the hand-over that waits, if one does."""
    items = open_items(station)
    waits = officer.waiting(station.store)
    signed = _signed(waits)
    return {
        **officer.view(station),
        "items": [
            {**item.view(), "new": waits is not None and item.key not in signed} for item in items
        ],
        "code": code_of(items),
        "settled": _settled(signed, items),
        "sheet": None if waits is None else _row_view(station, waits),
    }


@operation("watch.hand_over", roles=("watch",))
def watch_hand_over(
    station: Station, who: Person, *, text: Words, code: str, to: int | None = None
) -> dict[str, Any]:
    """Sign the watch away: a note, and the list of what is open, exactly as it was shown."""
    _check_has(station, who)
    with field("text"):
        _check_note(text)
    meant = None if to is None else _another(station, who, to)
    items = open_items(station)
    if code != code_of(items):
        raise Refused(
            "The list of open items is not the one that was shown: something came or changed.",
            "Read it again, and sign what stands there now.",
        )
    sheet = _outgoing(station, who, meant, text, items)
    return _keep(
        station, officer.HANDED, who, sheet, items, note=text, meant=meant.id if meant else None
    )


@operation("watch.accept", roles=("watch",))
def watch_accept(station: Station, who: Person, *, sheet: int, items: list[str]) -> dict[str, Any]:
    """Accept the watch after going through every item that is open; from then on you have it."""
    waits = officer.waiting(station.store)
    if waits is None or waits["id"] != sheet:
        raise Refused(
            f"Sheet {sheet} is not a hand-over that waits.", "`parley watch show` shows the one."
        )
    if waits["person"] == who.id:
        raise Refused(
            "Nobody accepts their own hand-over: that takes another person.",
            "Another watch officer signs in and accepts.",
        )
    if waits["meant"] not in (None, who.id):
        raise Refused(
            f"This hand-over is for {station.people.name(waits['meant'])}.",
            "Whoever hands over signs again, for you or for anybody.",
        )
    now_open = open_items(station)
    left = [item for item in now_open if item.key not in items]
    if left:
        raise Refused(
            f"Not gone through ({len(left)}): {left[0].text}",
            "Go through every open item; what came since the list was shown is marked new.",
        )
    before = station.people.person(waits["person"])
    written = _incoming(station, who, waits, now_open)
    kept = _keep(station, officer.ACCEPTED, who, written, now_open, answers=sheet)
    _sits(station, who, before)
    return kept


@operation("watch.take", roles=("watch",))
def watch_take(station: Station, who: Person, *, reason: str) -> dict[str, Any]:
    """Take the watch over from somebody who cannot hand it over, for a reason that stays."""
    had = officer.officer(station.store)
    if had == who.id:
        raise Refused("You have the watch.", "`parley watch hand-over` hands it over.")
    with field("reason"):
        if not reason.strip():
            raise Refused("The reason is some words.", "Say why it could not be handed over.")
        _check_note(reason)
    items = open_items(station)
    before = None if had is None else station.people.person(had)
    act = officer.TAKEN_UP if had is None else officer.TAKEN_OVER
    sheet = "\n".join(
        (
            *_head(station),
            f"{act.capitalize()}: {moment(station.now.wall)} by {_named(who)}",
            f"From: {_named(before) if before else 'nobody'}, who signed nothing",
            "Reason:",
            *_quoted(reason),
            *_listed(items, frozenset(item.key for item in items)),
            "",
        )
    )
    kept = _keep(station, act, who, sheet, items, note=reason)
    _sits(station, who, before)
    return kept


@operation("watch.log", roles=KEEPERS, reads=True)
def watch_log(
    station: Station, who: Person, *, sheet: int | None = None, limit: int = LISTED_MAX
) -> dict[str, Any]:
    """The watch log, newest first: who had the watch, from when, and each sheet; or one of them."""
    rows = station.store.sql(
        "SELECT * FROM watch_log WHERE id = coalesce(?, id) ORDER BY id DESC LIMIT ?",
        (sheet, max(1, min(limit, LISTED_MAX))),
    )
    if sheet is not None and not rows:
        raise Refused(f"There is no sheet {sheet}.", "`parley watch log` lists them.")
    return {
        "station": station.home.name,
        "party": station.home.party,
        "log": [_row_view(station, row) for row in rows],
    }


# --- what they check


def _check_has(station: Station, who: Person) -> None:
    has = officer.officer(station.store)
    if has == who.id:
        return
    if has is None:
        raise Refused("Nobody has the watch yet.", "Hold the first desk: `parley desk hold`.")
    raise Refused(
        f"{station.people.name(has)} has the watch, and hands it over.",
        "Who cannot be asked is followed by `parley watch take`, with a reason.",
    )


def _check_note(text: str) -> None:
    if text:
        check_text(text)
    if len(text.encode()) > NOTE_BYTES_MAX:
        raise Refused(f"A hand-over note has {NOTE_BYTES_MAX:,} bytes at most.", "Say it shorter.")


def _another(station: Station, who: Person, id: int) -> Person:
    found = station.people.must_be_here(id)
    if found.id == who.id or "watch" not in found.roles:
        raise Refused(
            f"{found.name} cannot accept this watch.", "Name another person who is a watch officer."
        )
    return found


# --- what they keep


def _keep(
    station: Station, act: str, who: Person, sheet: str, items: list[Item], **more: Any
) -> dict[str, Any]:
    """The row of the watch log, and of the audit trail."""
    digest = sha256(sheet.encode()).hexdigest()
    shown = json.dumps([item.view() for item in items], separators=(",", ":"))
    id = officer.note(station, act, who, items=shown, sheet=sheet, sha256=digest, **more)
    signed = {"sheet": id, "sha256": digest, "items": len(items)}
    station.trail.write(station.now.wall, who, Own(f"watch {act}"), signed, "signed")
    return {"sheet": id, "sha256": digest, "text": sheet, **officer.view(station)}


def _sits(station: Station, who: Person, before: Person | None) -> None:
    """Who has the watch holds the first desk, and who had it leaves it."""
    for desk in desks_of(station.store)[:1]:
        if before is not None:
            station.store.sql(
                "DELETE FROM holders WHERE desk = ? AND person = ?", (desk["desk"], before.id)
            )
        station.store.sql(
            "INSERT OR IGNORE INTO holders (desk, person, since) VALUES (?, ?, ?)",
            (desk["desk"], who.id, station.now.wall),
        )
    station.roster_changed = True


def _signed(waits: Any | None) -> dict[str, dict[str, Any]]:
    """The items of a hand-over that waits, by their keys."""
    if waits is None:
        return {}
    return {item["key"]: item for item in json.loads(waits["items"])}


def _settled(signed: dict[str, dict[str, Any]], items: list[Item]) -> list[dict[str, Any]]:
    """What was open when the hand-over was signed, and is no more, or has changed."""
    still = {item.key for item in items}
    return [item for key, item in signed.items() if key not in still]


def _row_view(station: Station, row: Any) -> dict[str, Any]:
    def person(id: int | None) -> dict[str, Any] | None:
        return None if id is None else station.people.view(id)

    return {
        "sheet": row["id"],
        "act": row["act"],
        "by": person(row["person"]),
        "at": row["at"],
        "from": person(row["before"]),
        "to": person(row["meant"]),
        "answers": row["answers"],
        "note": row["note"],
        "items": json.loads(row["items"]),
        "text": row["sheet"],
        "sha256": row["sha256"],
    }


# --- sheets


def _head(station: Station) -> tuple[str, ...]:
    return (
        "Parley watch sheet",
        f"Station: {station.home.name}, of {station.home.party}",
    )


def _named(who: Person) -> str:
    return f"{who.name} ({who.office})" if who.office not in ("", who.name) else who.name


def _quoted(text: str) -> list[str]:
    return [f"| {line}" for line in text.splitlines()] if text.strip() else ["(none)"]


def _listed(items: list[Item], known: frozenset[str] | set[str]) -> list[str]:
    return [
        f"Open items: {len(items)}",
        *(
            f"{at}. [{item.key}] {item.fact}{'' if item.key in known else ' (NEW)'}"
            for at, item in enumerate(items, 1)
        ),
    ]


def _outgoing(
    station: Station, who: Person, meant: Person | None, text: str, items: list[Item]
) -> str:
    return "\n".join(
        (
            *_head(station),
            f"Signed: {moment(station.now.wall)} by {_named(who)}, who hands the watch over",
            f"For: {_named(meant) if meant else 'any watch officer'}",
            "Note:",
            *_quoted(text),
            *_listed(items, {item.key for item in items}),
            "",
        )
    )


def _incoming(station: Station, who: Person, waits: Any, items: list[Item]) -> str:
    signed = _signed(waits)
    settled = _settled(signed, items)
    return "\n".join(
        (
            *_head(station),
            f"Accepted: {moment(station.now.wall)} by {_named(who)}, who has the watch",
            f"Handed over: {moment(waits['at'])} by {station.people.name(waits['person'])},"
            f" sheet {waits['id']}, SHA-256 {waits['sha256']}",
            "Gone through, each of them:",
            *_listed(items, set(signed)),
            f"Settled or changed since it was handed over: {len(settled)}",
            # A sheet of an earlier release has sentences.
            *(f"- {item.get('fact', item['text'])}" for item in settled),
            "",
        )
    )
