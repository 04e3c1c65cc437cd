"""What stands around every page: whose station, who sits here, the lines, the marks, the alarms."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from parley.console import views
from parley.console.marking import FRAMES
from parley.console.tongues import N_, _
from parley.station.acts.operations import find
from parley.station.acts.person import Person
from parley.station.call.series import REMIND_S
from parley.station.staff.sessions import Sitting

View = dict[str, Any]

# What pages offer to those who may do it.
OFFERED = (
    *(
        "inbox",
        "outbox",
        "record",
        "thread",
        "export",
        "find",
        "audit",
        "draft.new",
        "draft.list",
        "draft.edit",
        "draft.attach",
        "release",
    ),
    *("display", "open", "pass", "readback", "unable", "wait", "confirm", "correct"),
    *("call.show", "call.begin", "call.join", "call.check"),
    *("watch.show", "watch.accept", "delegation.list", "delegation.give"),
    *("roster.list", "roster.add", "roster.take"),
    *("desk.hold", "test.call", "test.answer", "overdue.take"),
    *("suspend", "line.stop", "line.undo", "line.resume"),
    *("minute.list", "minute.propose"),
    *("call.list", "call.ask", "call.answer", "call.withdraw"),
    *("translation.list", "translation.add"),
    *("distribution.list", "distribution.onward", "distribution.acknowledge"),
    *("glossary.list", "glossary.add", "draft.review", "draft.hold", "draft.send_back"),
    *("chat.show", "chat.say", "chat.seen", "presence.state"),
    "session.seen",
)
KEYS = {"/find": "/"}  # of pages that have a key of their own; the others have numbers

RINGING = ("FLASH", "IMMEDIATE")  # until a named person has opened it


@dataclass(frozen=True, slots=True)
class Seat:
    """A person's place in one browser: `/s/3/` and the token that its forms bear."""

    person: Person
    token: str
    sitting: Sitting

    @property
    def path(self) -> str:
        """What the paths of this seat's pages begin with."""
        return f"/s/{self.person.id}"


@dataclass(slots=True)
class Frame:
    """The `page` of every template."""

    seat: str
    token: str
    person: View
    station: View
    now: float
    seq: int
    status: View
    lines: list[View]
    names: views.Names
    flashes: list[View]
    urgent: list[View]  # IMMEDIATE, which rings too
    overdue: list[View]  # what did not come and is in nobody's hands, for whom it concerns
    unanswered: list[View]  # clocks that ran out, at either side, with nobody having acted
    nav: list[View]
    may: dict[str, bool]
    rings: bool  # this seat's tabs ring: a watch officer sits here
    ringing: list[View]  # lines with a call that is open, and that nobody of this side has joined
    heard_by: list[str]  # who has a tab that rings, in any browser
    sitting: Sitting
    marks: set[str] = field(default_factory=set)

    @property
    def guesses(self) -> list[View]:
        """Sign-ins that failed too often, for whoever may say that it was seen."""
        return self.status["sign_in_alarms"] if self.may["session.seen"] else []

    @property
    def rehearsals(self) -> list[View]:
        """Lines with a rehearsal that is open now, for whoever may see calls."""
        return [
            each
            for each in self.lines
            if self.may["call.show"] and each["call"] and each["call"]["rehearsal"]
        ]

    @property
    def near_calls(self) -> list[View]:
        """Agreed calls that begin within a quarter of an hour, or were to begin just now."""
        return [each for each in self._agreed() if each["left_s"] <= REMIND_S]

    @property
    def call_turns(self) -> list[float]:
        """When pages begin to say that a call is near; then each looks again by itself."""
        return [each["at"] - REMIND_S for each in self._agreed() if each["left_s"] > REMIND_S]

    def _agreed(self) -> list[View]:
        return [
            {**call["next"], "purpose": call["purpose"]}
            | {name: line[name] for name in ("line", "mark", "counterpart")}
            for line in self.lines
            if self.may["call.show"] and (line["call"] is None or line["call"]["rehearsal"])
            for call in line["calls"]["live"]
            if call["next"] is not None
        ]

    @property
    def not_come(self) -> list[View]:
        """Who is due at a desk by the roster and has not come."""
        return [late for desk in self.status["roster"] for late in desk["late"]]

    def due_at(self, desk: int) -> View | None:
        """Who is due at that desk, where anybody keeps a roster for it."""
        return next((each for each in self.status["roster"] if each["desk"] == desk), None)

    @property
    def mark(self) -> str:
        """The one mark of this page, or MIXED."""
        return mark_of(self.marks)

    @property
    def trouble(self) -> str:
        """What could not be kept lately, by its name."""
        return trouble_of(self.status["trouble"])

    def late_on(self, line: View) -> list[View]:
        """What did not come on a line and is in nobody's hands."""
        late = [views.late(each, self.names, self.person["id"]) for each in self.status["overdue"]]
        return [each for each in late if each["hex"] == line["line"]]

    @property
    def bearers_down(self) -> list[View]:
        """What keeps a bearer of this station from serving, each in a sentence."""
        return [each["trouble"] for each in self.status["bearers"] if each["trouble"]]

    @property
    def mark_word(self) -> str:
        """For the title, where every page says it first."""
        return mark_word(self.mark)

    @property
    def mark_sentence(self) -> str:
        """For the bars at the top and the bottom."""
        return mark_sentence(self.mark)

    def line(self, name: str) -> View | None:
        """The line of that number, or of that beginning of it; behind an @ may stand the number of
        an incarnation that has ended."""
        hex, older = views.parts(name)
        found = [line for line in self.lines if line["line"].startswith(hex)]
        if len(found) != 1 and (hex or not found):
            return None
        view = {**found[0], "hex": found[0]["line"], "older": older}
        if not older:
            return view
        if older not in map(str, view["ended"]):
            return None
        return {**view, "line": views.of_incarnation(view["hex"], older)}

    def only(self, line: View, status: str = "") -> None:
        """This page shows one line only, so it bears that line's mark; one message with a status of
        its own, such as a TEST on a line that is ACTUAL, bears that."""
        self.marks = {status if status in FRAMES else line["mark"]}


def trouble_of(told: View | None) -> str:
    """A name for what could not be kept: whether it is what a page shows already, in its own
    language. Empty while all is kept."""
    return "" if told is None else sha256(told["sentence"].encode()).hexdigest()[:8]


def mark_of(marks: set[str]) -> str:
    """One word for the marks of several lines."""
    return "NONE" if not marks else marks.copy().pop() if len(marks) == 1 else "MIXED"


def mark_word(mark: str) -> str:
    """The mark in a title."""
    return {"MIXED": "ACTUAL+EXERCISE", "NONE": _("NO LINE")}.get(mark, mark)


def mark_sentence(mark: str) -> str:
    """The mark in words."""
    return {
        **FRAMES,
        "MIXED": _("ACTUAL AND EXERCISE: EACH LINE AND MESSAGE SAYS WHICH IT IS"),
        "NONE": _("NO LINE IS OPEN"),
    }.get(mark, mark)


def build(seat: Seat, status: View, now: float, seq: int, heard_by: list[str]) -> Frame:
    """The frame for one seat, from what the station says of itself."""
    who = seat.person
    lines = [views.line(line) for line in status["lines"]]
    names = views.Names(seat.path, status["station"]["party"], lines)
    may = {op: may_do(who, op) for op in OFFERED}
    rings = [
        views.alarm(alarm, names)
        for alarm in status["alarms"]
        # Once everyone is called, those too see it who may not read it.
        if alarm["precedence"] in RINGING
        and alarm["dir"] == "theirs"
        and (may["inbox"] or alarm["escalation"])
    ]
    flashes = [alarm for alarm in rings if alarm["precedence"] == "FLASH"]
    urgent = [alarm for alarm in rings if alarm["precedence"] == "IMMEDIATE"]
    unanswered = [
        {**views.alarm(alarm, names), "dir": alarm["dir"]}
        for alarm in status["alarms"]
        if alarm["state"] == "nobody answered"
        and may["inbox"]
        and not (alarm["precedence"] in RINGING and alarm["dir"] == "theirs")  # it rings above
    ]
    return Frame(
        seat=seat.path,
        token=seat.token,
        person=who.view(),
        station=status["station"],
        now=now,
        seq=seq,
        status=status,
        lines=lines,
        names=names,
        flashes=flashes,
        urgent=urgent,
        overdue=[
            views.late(each, names, who.id)
            for each in status["overdue"]
            # As with a message: once everyone is called, everyone sees it.
            if may["overdue.take"] or each["escalation"]
        ],
        unanswered=unanswered,
        ringing=[
            line
            for line in lines
            if line["call"]
            and line["call"]["rings"]
            and may["call.check" if line["call"]["rehearsal"] else "call.join"]
        ],
        nav=_nav(
            may,
            {
                "/drafts": len(status["drafts"]),
                "/calls": sum(views.calls_for_us(line) for line in lines),
                "/chat": sum(line["chat"]["unread"] for line in lines) if may["chat.seen"] else 0,
                "/tests": sum(map(views.tests_for_us, lines)) if may["test.answer"] else 0,
            },
            status["urgent_draft"],
        ),
        may=may,
        rings=may["open"],
        heard_by=heard_by,
        sitting=seat.sitting,
        marks={line["mark"] for line in lines},
    )


def may_do(who: Person, operation: str) -> bool:
    """Whether a person's roles allow an operation: what is not allowed is not offered."""
    roles = find(operation).roles
    return not roles or bool(who.roles.intersection(roles))


def _nav(may: dict[str, bool], waiting: dict[str, int], urgent: str | None) -> list[View]:
    pages = (
        ("/", N_("Lines"), True),
        ("/inbox", N_("Inbox"), may["inbox"]),
        ("/compose", N_("Write"), may["draft.new"]),
        ("/drafts", N_("Drafts"), may["draft.list"]),
        ("/sent", N_("Sent"), may["outbox"]),
        ("/calls", N_("Calls"), may["call.list"]),
        ("/call", N_("Call"), may["call.show"]),
        ("/minutes", N_("Minutes"), may["minute.list"]),
        ("/record", N_("Record"), may["record"]),
        ("/find", N_("Find"), may["find"]),
        ("/watch", N_("Watch"), True),
        ("/audit", N_("Audit trail"), may["audit"]),
        ("/glossary", N_("Glossary"), may["glossary.list"]),
        ("/chat", N_("Chat"), may["chat.show"]),
        ("/tests", N_("Tests"), True),
        ("/green-room", N_("Green room"), True),
        ("/wall", N_("Wall"), True),
        ("/you", N_("You"), True),
    )
    numbers = iter(range(1, 11))  # the tenth has 0, as on the keyboard
    return [
        {
            "path": path,
            "name": name,
            "key": KEYS.get(path) or str(next(numbers, "")).replace("10", "0"),
            "count": waiting.get(path, 0),
            "urgent": urgent if path == "/drafts" else None,
        }
        for path, name, allowed in pages
        if allowed
    ]
