"""Lines that stand still: stopped by people on a voice call, by a revocation, or for good.

A stopped line neither speaks nor hears. What it had taken before stays in the record; frames that
come for it are like those of strangers. A watch officer stops a line at once, by the phrase that
both sides agreed to speak in distress or with a reason in words; another person lets it go on.
Papers stop a line too (`standing.py`), and then nobody can (spec/succession.md C4, C7, C13).
"""

from __future__ import annotations

import re
from functools import partial
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from parley.core.errors import Misused, Refused
from parley.core.greeting import CARRIED
from parley.core.kept import Change
from parley.core.keys import same
from parley.core.life import HELD, MADE
from parley.station.acts.fields import field
from parley.station.acts.operations import operation
from parley.station.acts.own_acts import STOP, Own
from parley.station.acts.person import Person
from parley.station.line import meeting
from parley.station.line.lines import OpenLine, Stop
from parley.station.line.wording import fold
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

PHRASE_LETTERS_MIN = 8
REASON_BYTES_MAX = 400
SCRYPT_N = 1 << 14  # 16 MiB and some 50 ms: a phrase is spoken, so it is not long


def load(station: Station) -> None:
    """Read anew which lines stand still, and why: what is for good before what is not."""
    found: dict[tuple[bytes, int], Stop] = {}
    rows = station.store.sql(
        "SELECT * FROM stops WHERE undone IS NULL"
        " ORDER BY CASE kind WHEN 'person' THEN 0 WHEN 'revoked' THEN 1 ELSE 2 END"
    )
    for row in rows:
        key = (bytes(row["line_id"]), row["inc"])
        found[key] = Stop(row["kind"], row["why"], row["at"], row["person"])
    for open_line in [*station.lines, *station.earlier_lines]:
        open_line.stop = found.get(open_line.base_key)


def keys_gone(store: SqliteStore, line_id: bytes, inc: int) -> bool:
    """Whether the keys of a line are gone, so that it is only looked at (C4, C7)."""
    return bool(
        store.sql(
            "SELECT 1 FROM stops WHERE line_id = ? AND inc = ? AND kind <> 'person'", (line_id, inc)
        )
    )


KEYS = (
    "prekey",
    "out",
    "in",
    "past",
    "prekeys",
    "their prekeys",
    "rekey",
    "record shares",
    CARRIED,
)  # cells


def _burn(station: Station, open_line: OpenLine) -> None:
    """Erase every key of a line: nothing that was recorded of it opens any more, and nothing that
    was on its way to a new incarnation begins."""
    state = open_line.line.state(station.now)
    gone: dict[str, bytes | None] = dict.fromkeys(KEYS)
    station.store.keep(Change(*open_line.key, (state.our_size, state.their_size), cells=gone))
    for inc in open_line.line.pending:
        cells = gone | dict.fromkeys((MADE, HELD))
        station.store.keep(Change(open_line.id, inc, (0, 0), cells=cells))
    meeting.burn(station.store, *open_line.base_key)
    station.after_commit(station.store.scrub)


def put(station: Station, open_line: OpenLine, kind: str, why: str, who: Person | None) -> None:
    """Stop a line: durable with this step, and at once."""
    station.store.sql(
        "INSERT OR IGNORE INTO stops (line_id, inc, kind, why, person, at)"
        " VALUES (?, ?, ?, ?, ?, ?)",
        (*open_line.base_key, kind, why, None if who is None else who.id, station.now.wall),
    )
    station.publish("line", open_line, state="stopped", sentence=f"{why}.")
    told, name = STOP % {"kind": kind, "why": why}, open_line.agreed.name
    station.trail.happened(station.now.wall, Own.STOPPED, told, name)
    if open_line.stop is None:
        station.settle_line(open_line)  # what it has taken in this step is kept
    station.after_commit(partial(take_up_again, station, open_line))
    open_line.stop = Stop(kind, why, station.now.wall, None if who is None else who.id)
    if open_line.stop.final:
        _burn(station, open_line)


def take_up_again(station: Station, open_line: OpenLine) -> None:
    """A line was stopped, or may go on: let it be as it is durable now."""
    for path in list(open_line.paths):
        station.carrying.unbind(path, station.now)
        path.close("the line was stopped")
    station.reload(open_line)
    open_line.claims.heard_at = None  # it goes on as after a start
    load(station)
    station.bearings.call_again()
    station.in_next_step(lambda: None)  # whatever is due now is done then


def view(station: Station, open_line: OpenLine) -> dict[str, Any] | None:
    """Why a line stands still, for people; None when it does not."""
    stop = open_line.stop
    if stop is None:
        return None
    by = None
    if stop.person is not None:
        by = station.people.name(stop.person) if stop.person else "somebody at the machine"
    return {"kind": stop.kind, "why": stop.why, "at": stop.at, "by": by, "hint": stop.hint}


# --- by people


@operation("line.stop", roles=("watch", "operator"), setup=True)
def line_stop(
    station: Station,
    who: Person,
    *,
    line: str | None = None,
    phrase: str | None = None,
    reason: str | None = None,
) -> dict[str, Any]:
    """Stop a line at once: the distress phrase was spoken, or for a reason."""
    if (phrase is None) == (reason is None):
        raise Misused(
            "A line is stopped by the phrase heard or for a reason, one of the two.",
            "Give --reason, if there is no phrase.",
        )
    open_line = station.line(line).current
    if open_line.stop is not None:
        raise Refused(f"The line is stopped already: {open_line.stop.why}.", open_line.stop.hint)
    if phrase is not None:
        _check_phrase(station, open_line, phrase)
        why = f"{who.name} stopped the line: the distress phrase was spoken"
    else:
        why = f"{who.name} stopped the line: {_reason(reason or '')}"
    put(station, open_line, "person", why, who)
    return {"line": open_line.agreed.hex, "name": open_line.agreed.name, "why": why}


@operation("line.undo", roles=("watch", "operator"), setup=True)
def line_undo(
    station: Station, who: Person, *, reason: str, line: str | None = None
) -> dict[str, Any]:
    """Let a line go on that a person stopped; by another person than that one."""
    open_line = station.line(line).current
    stop = open_line.stop
    if stop is None:
        raise Refused("The line is not stopped.", "`parley status` shows how it stands.")
    if stop.final:
        raise Refused(f"Nobody can let this line go on: {stop.why}.", stop.hint, "C7")
    if stop.person == who.id:
        raise Refused(
            f"{who.name} stopped this line and cannot let it go on.",
            "A second person does, after speaking to the other side.",
            "C13",
        )
    said = _reason(reason)
    station.store.sql(
        "UPDATE stops SET undone = ? WHERE line_id = ? AND inc = ? AND kind = 'person'"
        " AND undone IS NULL",
        (station.now.wall, *open_line.base_key),
    )
    sentence = f"{who.name} let the line go on: {said}"
    told, name = STOP % {"kind": "person", "why": sentence}, open_line.agreed.name
    station.trail.happened(station.now.wall, Own.GOES_ON, told, name)
    station.publish("line", open_line, state="goes on", sentence=f"{sentence}.")
    station.after_commit(partial(take_up_again, station, open_line))
    return {"line": open_line.agreed.hex, "name": open_line.agreed.name, "was": stop.why}


@operation("line.phrase", roles=("watch", "operator"), setup=True)
def line_phrase(
    station: Station, who: Person, *, phrase: str, line: str | None = None
) -> dict[str, Any]:
    """Keep the phrase that both sides agreed to speak in distress, as its hash."""
    open_line = station.line(line).current
    words = _spoken(phrase)
    if len(words) < PHRASE_LETTERS_MIN:
        raise Refused(
            f"A distress phrase has at least {PHRASE_LETTERS_MIN} letters.",
            "Three or four words that fit into a talk and are never said by chance are good.",
        )
    salt = station.entropy(16)
    station.store.sql(
        "REPLACE INTO phrases (line_id, salt, hash, at) VALUES (?, ?, ?, ?)",
        (open_line.id, salt, _hash(words, salt), station.now.wall),
    )
    return {"line": open_line.agreed.hex, "name": open_line.agreed.name}


def has_phrase(station: Station, open_line: OpenLine) -> bool:
    """Whether a phrase is kept for this line."""
    return bool(station.store.sql("SELECT 1 FROM phrases WHERE line_id = ?", (open_line.id,)))


@field("phrase")
def _check_phrase(station: Station, open_line: OpenLine, phrase: str) -> None:
    rows = station.store.sql("SELECT salt, hash FROM phrases WHERE line_id = ?", (open_line.id,))
    if not rows:
        raise Refused(
            f"No distress phrase is kept for the line {open_line.agreed.name}.",
            "Stop it with --reason; `parley stop --agree` keeps a phrase.",
            "C13",
        )
    if not same(_hash(_spoken(phrase), rows[0]["salt"]), rows[0]["hash"]):
        raise Refused(
            "That is not the phrase that was agreed; the line goes on.",
            "Type it again, or stop the line with --reason.",
            "C13",
        )


def _spoken(phrase: str) -> str:
    """A phrase as it is heard: neither case nor stops nor spaces are."""
    return re.sub(r"[\W_]+", "", fold(phrase))


def _hash(words: str, salt: bytes) -> bytes:
    return Scrypt(salt=salt, length=32, n=SCRYPT_N, r=8, p=1).derive(words.encode())


@field("reason")
def _reason(text: str) -> str:
    said = text.strip().rstrip(".")
    if not said or said.splitlines() != [said] or len(said.encode()) > REASON_BYTES_MAX:
        raise Refused(
            f"A reason is one line of at most {REASON_BYTES_MAX} bytes.",
            "Say in a few words why.",
        )
    return said
