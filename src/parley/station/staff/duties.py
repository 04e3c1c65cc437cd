"""The duty roster: who is due at which desk when, what is wrong with it, and who has not come.

It says who should come and moves nothing: the watch passes by two signatures (`handing_over.py`).
Who is due and has not come some minutes after their start is said on every page and rings once at
the watch officers'; each as many minutes later the next deputy of the desk is called, until the
person comes, somebody takes it in hand, or the duty is over. Choice: docs/decisions/0046.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.catalogue.facts import SENTENCES
from parley.core.errors import Refused
from parley.station.acts.fields import field
from parley.station.acts.operations import operation
from parley.station.acts.own_acts import ALL_CALLED, HAS_COME, IS_CALLED, Own
from parley.station.acts.person import READERS, Person
from parley.station.machine.clock import moment
from parley.station.staff import officer
from parley.station.staff.desks import desk_of, desks_of
from parley.station.staff.duty import (
    Duty,
    Fault,
    faults,
    now_and_next,
    read,
    said,
    typed_end,
    typed_moment,
)

if TYPE_CHECKING:
    from parley.station.station import Station

NEVER = float("inf")
SHOWN_S = 8 * 86_400  # ahead, on a page
COMING_MAX = 500  # duties that are not over
HOURS_MAX = 7 * 24  # of one duty
HOUR_S = 3_600


class Duties:
    """When there is next something to look at."""

    def __init__(self, station: Station) -> None:
        self._station = station
        self._due = NEVER  # on the wall clock
        self._look = NEVER  # on the steady clock
        self.load()

    def load(self) -> None:
        """Go on with what is durable."""
        self.changed()

    def changed(self) -> None:
        """Find out anew what is next."""
        store, now = self._station.store, self._station.now.wall
        rows = store.sql(
            "SELECT min(CASE WHEN since > ? THEN since ELSE until END) AS turn, min(look) AS look,"
            " min(CASE WHEN came IS NULL AND late IS NULL THEN since + ? END) AS late"
            " FROM duties WHERE struck IS NULL AND until > ?",
            (now, self._late_s(), now),
        )
        row = rows[0]
        self._due = min((row[name] for name in ("turn", "late") if row[name]), default=NEVER)
        self._look = NEVER if row["look"] is None else row["look"]

    def wake_at(self) -> float:
        """The monotonic second at which somebody is due, late, or due no more."""
        station = self._station
        waits = min(self._due - station.now.wall, self._look - station.steady())
        return NEVER if waits == NEVER else station.now.mono + max(waits, 0.0) + 0.01

    def look(self) -> None:
        """Note who has come and who has not; within the transaction of a step."""
        station, now = self._station, self._station.now.wall
        turn = self._due <= now
        if not (turn or self._look <= station.steady() or station.roster_changed):
            return
        for each in on_now(station):
            if each.came is not None:
                continue
            if is_there(station, each):
                self._came(each)
            elif each.late is None and now >= each.since + self._late_s():
                self._late(each)
            elif each.look is not None and each.look <= station.steady():
                self._call_next(each)
        if turn:
            station.publish("roster", None, state="turn")
        self.changed()

    def _late_s(self) -> float:
        return self._station.home.config.watch.late_minutes * 60.0

    def _came(self, each: Duty) -> None:
        station = self._station
        station.store.sql(
            "UPDATE duties SET came = ?, look = NULL WHERE id = ?", (station.now.wall, each.id)
        )
        if each.late is not None:
            self._tell(Own.ROSTER_CAME, each, HAS_COME % {"name": station.people.name(each.person)})

    def _late(self, each: Duty) -> None:
        station = self._station
        station.store.sql(
            "UPDATE duties SET late = ?, look = ? WHERE id = ?",
            (station.now.wall, station.steady() + self._late_s(), each.id),
        )
        self._tell(Own.ROSTER_LATE, each, missing(station, each))

    def _call_next(self, each: Duty) -> None:
        station = self._station
        deputies = desk_of(station.store, each.desk)["deputies"]
        if each.called >= len(deputies):
            station.store.sql("UPDATE duties SET look = NULL WHERE id = ?", (each.id,))
            self._tell(Own.ROSTER_NOBODY, each, f"{missing(station, each)} {ALL_CALLED}")
            return
        station.store.sql(
            "UPDATE duties SET called = ?, look = ? WHERE id = ?",
            (each.called + 1, station.steady() + self._late_s(), each.id),
        )
        called = IS_CALLED % {"name": station.people.name(deputies[each.called])}
        self._tell(Own.ROSTER_DEPUTY, each, f"{missing(station, each)} {called}")

    def _tell(self, act: Own, each: Duty, said: str) -> None:
        station, state = self._station, act.removeprefix("roster: ")
        station.trail.happened(station.now.wall, act, said)
        station.publish("roster", None, state=state, duty=each.id, desk=each.desk, sentence=said)


def is_there(station: Station, each: Duty) -> bool:
    """Whether who is due has taken the watch, or at another desk than the first sits there."""
    desks = desks_of(station.store)
    if each.desk == desks[0]["desk"]:
        has = officer.officer(station.store)
        return any(has == other.person for other in on_now(station) if other.desk == each.desk)
    holders: list[int] = desk_of(station.store, each.desk)["holders"]
    return each.person in holders


def missing(station: Station, each: Duty) -> str:
    """Who is due and has not come, in words."""
    what, values = _missed(station, each)
    return SENTENCES[what] % values


def _missed(station: Station, each: Duty) -> tuple[str, dict[str, str]]:
    desk, first = desk_of(station.store, each.desk), desks_of(station.store)[0]["desk"]
    return "roster.no-watch" if each.desk == first else "roster.not-there", {
        "person": station.people.name(each.person),
        "desk": desk["name"],
        "since": moment(each.since),
    }


def coming(station: Station) -> list[Duty]:
    """What is not over, and of each desk what ended last, in the order of its beginning."""
    now = station.now.wall
    rows = station.store.sql(
        "SELECT * FROM duties d WHERE struck IS NULL AND (until > ? OR until ="
        " (SELECT max(until) FROM duties e WHERE e.desk = d.desk AND e.struck IS NULL))"
        " ORDER BY since, id LIMIT ?",
        (now, COMING_MAX),
    )
    return [read(row) for row in rows]


def on_now(station: Station) -> list[Duty]:
    """Who is due now, at any desk."""
    return [each for each in coming(station) if each.is_now(station.now.wall)]


def warnings(station: Station, within_s: float = NEVER) -> list[dict[str, Any]]:
    """Gaps and double bookings that begin within a time, each in a sentence."""
    now = station.now.wall
    return [
        _warning(station, each)
        for each in faults(coming(station), now)
        if each.since < now + within_s
    ]


def view(station: Station) -> list[dict[str, Any]]:
    """Each desk with a roster: who is due now, who comes next, and who has not come."""
    now, found = station.now.wall, coming(station)
    shown = []
    for desk in desks_of(station.store):
        of_desk = [each for each in found if each.desk == desk["desk"]]
        if not of_desk:
            continue
        due, after = now_and_next(of_desk, now)
        late = [
            _late_view(station, each)
            for each in of_desk
            if each.is_now(now) and each.late is not None and each.came is None
        ]
        shown.append(
            {
                "desk": desk["desk"],
                "name": desk["name"],
                "now": None if due is None else _duty_view(station, due),
                "next": None if after is None else _duty_view(station, after),
                "late": late,
            }
        )
    return shown


@operation("roster.list", roles=("operator", *READERS), reads=True, setup=True)
def roster_list(station: Station, who: Person) -> dict[str, Any]:
    """Who is due at which desk in the coming days, and gaps and double bookings in words."""
    now = station.now.wall
    return {
        "duties": [
            _duty_view(station, each)
            for each in coming(station)
            if each.until > now and each.since < now + SHOWN_S
        ],
        "now": view(station),
        "warnings": warnings(station),
        "late_minutes": station.home.config.watch.late_minutes,
    }


@operation("roster.add", roles=("operator", "watch"), setup=True)
def roster_add(
    station: Station,
    who: Person,
    *,
    desk: int,
    person: int,
    until: str | None = None,
    for_s: int | None = None,
    since: str | None = None,
) -> dict[str, Any]:
    """Put a watch officer on the roster of a desk, from a start to an end."""
    desk_of(station.store, desk)
    found = station.people.must_be_here(person)
    with field("person"):
        if "watch" not in found.roles:
            raise Refused(
                f"{found.name} does not have the role watch.",
                "Name a watch officer: `parley person list` shows them.",
            )
    now = station.now.wall
    with field("since"):
        begins = now if since is None else typed_moment(since)
    with field("until"):
        ends = typed_end(begins, until, for_s)
        if ends <= now:
            raise Refused(f"{moment(ends)} is over.", "Name an end that is to come, UTC.")
        if ends <= begins:
            raise Refused("The end is not after the start.", "Name a later end.")
        if ends - begins > HOURS_MAX * HOUR_S:
            raise Refused(
                f"Nobody is due for more than {HOURS_MAX} hours at once.",
                "Divide it among several.",
            )
    if len(coming(station)) >= COMING_MAX:
        raise Refused(f"The roster has {COMING_MAX} entries.", "Strike out what is not needed.")
    station.store.sql(
        "INSERT INTO duties (desk, person, since, until, set_by, set_at) VALUES (?, ?, ?, ?, ?, ?)",
        (desk, person, begins, ends, who.id, now),
    )
    id = station.store.sql("SELECT last_insert_rowid() AS id")[0]["id"]
    return _changed(station, id, "added")


@operation("roster.strike", roles=("operator", "watch"), setup=True)
def roster_strike(station: Station, who: Person, *, duty: int) -> dict[str, Any]:
    """Strike an entry of the roster out."""
    _standing(station, duty)
    station.store.sql(
        "UPDATE duties SET struck = ?, struck_by = ?, look = NULL WHERE id = ?",
        (station.now.wall, who.id, duty),
    )
    return _changed(station, duty, "struck out")


@operation("roster.take", roles=("watch",))
def roster_take(station: Station, who: Person, *, duty: int) -> dict[str, Any]:
    """Take in hand that somebody has not come: no more deputies are called."""
    found = _standing(station, duty)
    if found.late is None or found.came is not None:
        raise Refused("Nobody is missed there.", "`parley roster` shows who is due.")
    station.store.sql(
        "UPDATE duties SET came = ?, came_by = ?, look = NULL WHERE id = ?",
        (station.now.wall, who.id, duty),
    )
    return _changed(station, duty, "taken in hand")


def _standing(station: Station, duty: int) -> Duty:
    rows = station.store.sql("SELECT * FROM duties WHERE id = ? AND struck IS NULL", (duty,))
    if not rows:
        raise Refused(f"There is no entry {duty} on the roster.", "`parley roster` lists them.")
    found = read(rows[0])
    if found.until <= station.now.wall:
        raise Refused(f"Entry {duty} is over and stays.", "Nothing is left to do.")
    return found


def _changed(station: Station, duty: int, state: str) -> dict[str, Any]:
    station.watch.duties.changed()
    station.publish("roster", None, state=state, duty=duty)
    rows = station.store.sql("SELECT * FROM duties WHERE id = ?", (duty,))
    return {"entry": _duty_view(station, read(rows[0])), "warnings": warnings(station)}


def _duty_view(station: Station, each: Duty) -> dict[str, Any]:
    return {
        "duty": each.id,
        "desk": each.desk,
        "desk_name": desk_of(station.store, each.desk)["name"],
        "person": station.people.view(each.person),
        "since": each.since,
        "until": each.until,
        "came": each.came,
        "late": each.late,
    }


def _late_view(station: Station, each: Duty) -> dict[str, Any]:
    deputies = desk_of(station.store, each.desk)["deputies"][: each.called]
    what, values = _missed(station, each)
    return {
        **_duty_view(station, each),
        "first": each.desk == desks_of(station.store)[0]["desk"],
        "called": [station.people.view(id) for id in deputies],
        "what": what,
        "values": values,
        "sentence": SENTENCES[what] % values,
    }


def _warning(station: Station, fault: Fault) -> dict[str, Any]:
    desks = {desk["desk"]: desk["name"] for desk in desks_of(station.store)}
    names = [station.people.name(id) for id in fault.persons]
    what, values = said(fault, desks, names, station.now.wall)
    return {
        "kind": fault.kind,
        "desk": fault.desk,
        "desk_name": desks[fault.desk],
        "other": None if fault.other is None else desks[fault.other],
        "since": fault.since,
        "until": fault.until,
        "persons": names,
        "what": what,
        "values": values,
        "sentence": SENTENCES[what] % values,
    }
