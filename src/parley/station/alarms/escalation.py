"""What follows when the last deputy did not acknowledge either: everyone, then the outside.

The watch calls the holders of a desk and its deputies, each with a clock of its own (`watch.py`).
After the last of them everyone at the station is called. When still nobody acknowledges, a web
address and a program are, if somebody set them up: a pager, a bell. What each did stands in the
audit trail and beside the message. A step that fails is tried once more, and no failure of it
reaches the line. Choice: docs/decisions/0030.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from parley.core.entry import Precedence
from parley.core.errors import Misused, ParleyError, Refused
from parley.station.acts import own_acts
from parley.station.acts.operations import Beside, operation
from parley.station.acts.person import Person
from parley.station.line.lines import OpenLine
from parley.station.machine import outside
from parley.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from parley.station.station import Station

NEVER = float("inf")
AFTER_S, AFTER_S_MAX = 120.0, 86_400.0  # from calling everyone to calling outside
RETRY_S = 30.0
FORMAT = "parley escalation 1"
AT_ONCE_MAX = 16  # calls to the outside that may be under way
EVERYONE, WEBHOOK, COMMAND = "everyone", "webhook", "command"
_NEVER_SET = {"least": int(Precedence.IMMEDIATE), "after_s": AFTER_S, WEBHOOK: "", COMMAND: "[]"}

WANTING = {"reply": "no reply was given", "office": "an office did not acknowledge"}

Work = Callable[[], Coroutine[Any, Any, str]]
# Line, incarnation, number, step; what was expected has its own number, below zero.
Key = tuple[bytes, int, int, str]


class Escalation:
    """The steps beyond the deputies, for all lines of a station."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._serving = False
        self._under_way: dict[Key, asyncio.Task[None]] = {}
        self._due = NEVER
        self.load()

    def load(self) -> None:
        """Go on with what is durable and still to be tried."""
        rows = self._station.store.sql("SELECT min(due) AS due FROM escalated")
        self._due = NEVER if rows[0]["due"] is None else rows[0]["due"]

    def start(self) -> None:
        """From now on the outside is called; before, a station only sets its folder up."""
        self._serving = True

    async def stop(self) -> None:
        """Call nobody more. What was under way is tried again at the next start."""
        self._serving = False
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def wake_at(self) -> float:
        """The monotonic second at which somebody is to be called."""
        if self._due == NEVER or not self._serving or len(self._under_way) >= AT_ONCE_MAX:
            return NEVER
        station = self._station
        return station.now.mono + max(self._due - station.steady(), 0.0)

    def begin(self, open_line: OpenLine, n: int, precedence: Precedence) -> None:
        """Nobody at the desk acknowledged a message of theirs: call everyone, and set the clock for
        the outside."""
        station, settings = self._station, _settings(self._station.store)
        if precedence < settings["least"]:
            return
        now, due = station.now.wall, station.steady() + settings["after_s"]
        steps: list[tuple[str, float | None, str]] = [(EVERYONE, None, "called")]
        steps += [(step, due, "") for step in _outside(settings)]
        for step, when, outcome in steps:
            station.store.sql(
                "INSERT OR IGNORE INTO escalated VALUES (?, ?, ?, ?, ?, ?, 0, ?)",
                (*open_line.key, n, step, now, when, outcome),
            )
        self._due = min(self._due, due) if len(steps) > 1 else self._due
        self._write(open_line, n, precedence, EVERYONE, own_acts.EVERYBODY)
        kind = "alarm" if n >= 0 else "overdue"
        station.publish(
            kind, open_line, state=EVERYONE, dir="theirs", n=n, precedence=precedence.name
        )

    def put_off(self, open_line: OpenLine, n: int) -> None:
        """It is not wanted now: nobody is called for it, until it begins anew."""
        self._station.store.sql(
            "DELETE FROM escalated WHERE line_id = ? AND inc = ? AND n = ?", (*open_line.key, n)
        )

    def look(self) -> None:
        """Take the steps that are due; within the transaction of a step."""
        station = self._station
        if not self._serving or self._due > station.steady():
            return
        settings = _settings(station.store)
        for row in station.store.sql(
            "SELECT * FROM escalated WHERE due <= ? ORDER BY due LIMIT ?",
            (station.steady(), AT_ONCE_MAX),
        ):
            key: Key = (row["line_id"], row["inc"], row["n"], row["step"])
            if key in self._under_way or len(self._under_way) >= AT_ONCE_MAX:
                continue
            message = _message(station, key)
            if message is None or message["acknowledged"] is not None:
                station.store.sql(
                    "DELETE FROM escalated WHERE line_id = ? AND inc = ? AND n = ? AND step = ?",
                    key,
                )
            else:
                work = _calling(settings, row["step"], facts(station, message))
                station.after_commit(partial(self._call, key, work))
        self._find_due()

    def _call(self, key: Key, work: Work | None) -> None:
        self._under_way[key] = asyncio.create_task(self._carry_out(key, work))

    async def _carry_out(self, key: Key, work: Work | None) -> None:
        """Call, and bring what became of it into the next step."""
        outcome, well = own_acts.NOT_SET_UP, True
        try:
            if work is not None:
                outcome = await work()
        except ParleyError as error:
            outcome, well = error.sentence.rstrip("."), False
        except asyncio.CancelledError:
            self._under_way.pop(key, None)
            raise
        except Exception as error:  # our own mistake is told like any failure, and stops nothing
            outcome, well = own_acts.MISTAKE % {"error": type(error).__name__}, False
        self._station.in_next_step(partial(self._note, key, outcome, well))

    def _note(self, key: Key, outcome: str, well: bool) -> None:
        """A call has ended; the first that failed is made again."""
        station = self._station
        rows = station.store.sql(
            "UPDATE escalated SET tries = tries + 1, at = ?, outcome = ?,"
            " due = CASE WHEN ? OR tries >= 1 THEN NULL ELSE ? END"
            " WHERE line_id = ? AND inc = ? AND n = ? AND step = ? RETURNING due",
            (station.now.wall, outcome, well, station.steady() + RETRY_S, *key),
        )
        station.after_commit(partial(self._ended, key))
        if not rows:
            return
        open_line, message = station.line_of(key[0], key[1]), _message(station, key)
        again = rows[0]["due"] is not None
        precedence = Precedence(message["precedence"]) if message else Precedence.ROUTINE
        self._write(open_line, key[2], precedence, key[3], outcome, again)
        station.publish(
            "message", open_line, state="escalated", dir="theirs", n=key[2], step=key[3], well=well
        )

    def _ended(self, key: Key) -> None:
        self._under_way.pop(key, None)
        self._find_due()

    def _find_due(self) -> None:
        """The next that is not under way already."""
        rows = self._station.store.sql(
            "SELECT line_id, inc, n, step, due FROM escalated WHERE due IS NOT NULL"
            " ORDER BY due LIMIT ?",
            (2 * AT_ONCE_MAX,),
        )
        self._due = min(
            (
                row["due"]
                for row in rows
                if (row["line_id"], row["inc"], row["n"], row["step"]) not in self._under_way
            ),
            default=NEVER,
        )

    def _write(
        self,
        open_line: OpenLine,
        n: int,
        precedence: Precedence,
        step: str,
        said: str,
        again: bool = False,
    ) -> None:
        station, values = self._station, {"n": abs(n), "precedence": precedence.name, "said": said}
        if again:
            told = own_acts.MESSAGE_AGAIN if n >= 0 else own_acts.OVERDUE_AGAIN
            values["seconds"] = f"{RETRY_S:g}"
        else:
            told = own_acts.OF_MESSAGE if n >= 0 else own_acts.OF_OVERDUE
        act = own_acts.Own(f"escalation: {step}")
        station.trail.happened(station.now.wall, act, told % values, open_line.agreed.name)


# --- what is told, and to whom


def facts(station: Station, message: Any) -> dict[str, Any]:
    """What the outside is told of a message: where to look, and nothing that was said."""
    open_line = station.line_of(bytes(message["line_id"]), message["inc"])
    is_expected = isinstance(message, dict)
    return {
        "format": FORMAT,
        "station": station.home.name,
        "party": station.home.party,
        "line": open_line.agreed.name,
        "counterpart": open_line.agreed.counterpart,
        "mark": open_line.agreed.mark.name,
        "precedence": Precedence(message["precedence"]).name,
        "number": message["n"],
        "received": round(message["kept"]),
        "now": round(station.now.wall),
        "state": WANTING.get(message["kind"], "") if is_expected else "nobody acknowledged",
    }


def _outside(settings: dict[str, Any]) -> list[str]:
    return [step for step in (WEBHOOK, COMMAND) if settings[step] not in ("", "[]")]


def _calling(settings: dict[str, Any], step: str, told: dict[str, Any]) -> Work | None:
    """What is to be done for a step; nothing when it was taken off meanwhile."""
    if step not in _outside(settings):
        return None
    if step == WEBHOOK:
        return partial(outside.call, settings[WEBHOOK], told)
    return partial(outside.run, json.loads(settings[COMMAND]), told)


def _message(station: Station, key: Key) -> Any:
    """The message that a step is for; below zero, what was expected and did not come."""
    if key[2] < 0:
        return _expected(station, -key[2])
    open_line = station.line_of(key[0], key[1])
    rows = station.store.sql(
        "SELECT * FROM messages WHERE line_id = ? AND inc = ? AND dir = ? AND n = ?",
        (*open_line.key, open_line.theirs, key[2]),
    )
    return rows[0] if rows else None


def _expected(station: Station, id: int) -> dict[str, Any] | None:
    """A row of what is expected (`expecting.py`), as of a message."""
    rows = station.store.sql("SELECT * FROM expected WHERE id = ?", (id,))
    if not rows:
        return None
    ended = rows[0]["came"] if rows[0]["taken"] is None else rows[0]["taken"]
    return {**dict(rows[0]), "kept": rows[0]["due"], "acknowledged": ended}


def _settings(store: SqliteStore) -> dict[str, Any]:
    rows = store.sql("SELECT least, after_s, webhook, command FROM escalation")
    return dict(rows[0]) if rows else dict(_NEVER_SET)


# --- for people


def steps_of(station: Station, open_line: OpenLine, n: int) -> list[dict[str, Any]]:
    """What was done for a message of theirs, in the order of the steps."""
    rows = station.store.sql(
        "SELECT step, at, due, tries, outcome FROM escalated"
        " WHERE line_id = ? AND inc = ? AND n = ? ORDER BY step = 'command', step = 'webhook'",
        (*open_line.key, n),
    )
    return [
        {
            "step": row["step"],
            "at": row["at"],
            "tries": row["tries"],
            "in_s": None if row["due"] is None else max(row["due"] - station.steady(), 0.0),
            "outcome": row["outcome"],
        }
        for row in rows
    ]


def view(station: Station) -> dict[str, Any]:
    """What is set up, without what may be secret in an address or an argument."""
    settings = _settings(station.store)
    command: list[str] = json.loads(settings[COMMAND])
    failed = station.store.sql(
        "SELECT step, at, outcome FROM escalated WHERE tries > 0"
        " AND step <> 'everyone' ORDER BY at DESC LIMIT 1"
    )
    return {
        "from": Precedence(settings["least"]).name,
        "after_s": settings["after_s"],
        "webhook": outside.host_of(settings[WEBHOOK]) if settings[WEBHOOK] else None,
        "command": command[0] if command else None,
        "last": dict(failed[0]) if failed else None,
    }


@operation("escalation.show", reads=True, setup=True)
def escalation_show(station: Station, who: Person) -> dict[str, Any]:
    """What is called when nobody at the desk acknowledges."""
    return view(station)


@operation("escalation.set", roles=("operator", "engineer"), setup=True)
def escalation_set(
    station: Station,
    who: Person,
    *,
    least: str | None = None,
    after_s: int | None = None,
    webhook: str | None = None,
    command: list[str] | None = None,
) -> dict[str, Any]:
    """Set up what is called; an empty address or command takes it off."""
    found = _settings(station.store)
    if least is not None:
        if least not in Precedence.__members__:
            raise Misused(
                f"{least!r:.40} is no precedence.", "ROUTINE, PRIORITY, IMMEDIATE, FLASH."
            )
        found["least"] = int(Precedence[least])
    if after_s is not None:
        if not 0 <= after_s <= AFTER_S_MAX:
            raise Misused(
                "The outside is called within a day.", "0 calls it together with everyone."
            )
        found["after_s"] = float(after_s)
    if webhook is not None:
        found[WEBHOOK] = outside.check_webhook(webhook) if webhook else ""
    if command is not None:
        found[COMMAND] = json.dumps(outside.check_command(command) if command else [])
    station.store.sql(
        "REPLACE INTO escalation VALUES (1, ?, ?, ?, ?)",
        (found["least"], found["after_s"], found[WEBHOOK], found[COMMAND]),
    )
    return view(station)


@operation("escalation.try", roles=("operator", "engineer"), setup=True)
def escalation_try(station: Station, who: Person) -> Beside:
    """Call the outside now, and see whether it answers; it is told that this is a test."""
    settings = _settings(station.store)
    if not _outside(settings):
        raise Refused(
            "Neither a web address nor a program is set up.",
            "`parley escalation set --webhook URL` or `--command` sets one up.",
        )
    told = {
        "format": FORMAT,
        "station": station.home.name,
        "party": station.home.party,
        "precedence": Precedence.ROUTINE.name,
        "now": round(station.now.wall),
        "state": "test",
    }
    return Beside(lambda: {"tried": [_try(settings, step, told) for step in _outside(settings)]})


def _try(settings: dict[str, Any], step: str, told: dict[str, Any]) -> dict[str, Any]:
    work = _calling(settings, step, told)
    assert work is not None
    try:
        return {"step": step, "well": True, "outcome": asyncio.run(work())}
    except ParleyError as error:
        return {"step": step, "well": False, "outcome": error.sentence.rstrip(".")}
