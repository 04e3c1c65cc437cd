"""What is open at a station, as one watch hands it to the next: the station finds it by itself.

Each item is a fact: a word that says which, and named values, none of them a clock that runs. It
changes only when the matter does, so that who went through a list went through exactly this. The
line of the fact is what is signed, the same whoever reads; the sentence in English, and in the
other languages of the console, says it to people (docs/decisions/0056). The key of an item is the
beginning of the SHA-256 of its line.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.catalogue.facts import SENTENCES
from parley.core.entry import Precedence, read_body
from parley.station.alarms.watch import ALARMS_MAX, NEVER, missed, running
from parley.station.call import call_requests, minutes
from parley.station.entries import messages
from parley.station.entries.draft_steps import steps_of
from parley.station.entries.replying import reply_by
from parley.station.line import filled
from parley.station.line.lines import OpenLine
from parley.station.line.standing import declared_view
from parley.station.machine.clock import moment
from parley.station.staff import duties
from parley.station.staff.desks import desk_for, desks_of
from parley.station.texts import drafts
from parley.station.texts.line_tests import next_due

if TYPE_CHECKING:
    from parley.station.station import Station

KEY_DIGITS = 12
SOON_S = 43_200  # a watch: what is due within it belongs to who comes on
REPLIES_S = 15 * 86_400  # a reply is expected within 14 days
REPLIES_MAX = 500  # messages of one side looked through for one
DRAFTS_MAX = 200


@dataclass(frozen=True, slots=True)
class Item:
    """One open matter."""

    kind: str
    what: str  # which of the sentences
    values: Mapping[str, str]
    loud: bool = False  # it cannot wait for the end of a hand-over
    line: str | None = None
    dir: str | None = None
    n: int | None = None
    draft: int | None = None

    @property
    def fact(self) -> str:
        """What is signed, on one line: no words of the other side pass for a line of a sheet."""
        known = self.values if self.line is None else {**self.values, "address": _short(self.line)}
        return " ".join((self.what, *(f"{name}={_quoted(value)}" for name, value in known.items())))

    @property
    def text(self) -> str:
        """The fact in an English sentence."""
        return SENTENCES[self.what] % self.values

    @property
    def key(self) -> str:
        """What it is known by: the beginning of the SHA-256 of its fact."""
        return sha256(self.fact.encode()).hexdigest()[:KEY_DIGITS]

    def view(self) -> dict[str, Any]:
        """The item as plain JSON."""
        return {
            "key": self.key,
            "kind": self.kind,
            "what": self.what,
            "values": dict(self.values),
            "fact": self.fact,
            "text": self.text,
            "loud": self.loud,
            "line": self.line,
            "dir": self.dir,
            "n": self.n,
            "draft": self.draft,
        }


def _short(address: str) -> str:
    """A line as addresses of pages name it, with the number of an incarnation that has ended."""
    hex, at, inc = address.partition("@")
    return f"{hex[:8]}{at}{inc}"


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def open_items(station: Station) -> list[Item]:
    """Everything that is open now, what rings first, each value on one line."""
    found = list(_messages(station))
    for open_line in station.lines:
        found += _line(station, open_line)
        found += _replies(station, open_line)
        found += _calls(station, open_line)
    found += [*_desks(station), *_drafts(station)]
    return [
        replace(item, values={k: " ".join(v.split()) for k, v in item.values.items()})
        for item in found
    ]


def code_of(items: list[Item]) -> str:
    """One code for a whole list as it was shown."""
    return sha256(" ".join(item.key for item in items).encode()).hexdigest()[:KEY_DIGITS]


def _messages(station: Station) -> Iterator[Item]:
    """What nobody has acknowledged, here and there, the most urgent first."""
    left = ALARMS_MAX
    for precedence in reversed(Precedence):
        for open_line in (life for each in station.lines for life in each.lives):
            for dir in (open_line.theirs, open_line.ours):
                lane = (*open_line.key, dir, int(precedence))
                rows = missed(station.store, lane, left) + running(station.store, lane, NEVER, left)
                for row in rows:
                    yield _message(station, open_line, row)
                left -= len(rows)
                if left <= 0:
                    return


def _message(station: Station, open_line: OpenLine, row: Any) -> Item:
    side, precedence = open_line.side(row["dir"]), Precedence(row["marks"] >> 6).name
    values = {"precedence": precedence, "n": str(row["n"])}
    if side == "theirs":
        values["counterpart"] = open_line.agreed.counterpart
    values |= {"line": open_line.agreed.name, "kept": moment(row["kept"])}
    state, by = "running", row["due"]
    if row["missed"] is not None:
        state, by = "missed", row["missed"]
    elif row["called"]:
        desk, state = desk_for(station, row["desk"]), "called"
        deputies = desk["deputies"] if desk else []
        called = deputies[row["called"] - 1 : row["called"]]
        values["called"] = ", ".join(map(station.people.name, called))
    values["by"] = moment(by)
    loud = side == "theirs" and precedence in ("FLASH", "IMMEDIATE")
    what = f"message.{side}.{state}"
    return Item("message", what, values, loud, open_line.address, side, row["n"])


def _replies(station: Station, open_line: OpenLine) -> Iterator[Item]:
    """Messages that say by when a reply is expected, and have none."""
    for dir in (open_line.theirs, open_line.ours):
        for row in station.store.sql(
            "SELECT m.* FROM messages m WHERE m.line_id = ? AND m.inc = ? AND m.dir = ?"
            " AND m.kept >= ? AND m.type = 1 AND NOT EXISTS (SELECT 1 FROM acts a"
            " WHERE a.line_id = m.line_id AND a.inc = m.inc AND a.about_dir = m.dir"
            " AND a.about = m.n AND a.act = 'answered') ORDER BY m.kept DESC LIMIT ?",
            (*open_line.key, dir, station.now.wall - REPLIES_S, REPLIES_MAX),
        ):
            if messages.is_early(station, open_line, dir, row["n"]):
                continue
            entry = station.entry(open_line, dir, row["n"])
            content = read_body(entry.type, entry.marks, entry.body)
            due = reply_by(content.header) if content else None
            if due is not None:
                yield _reply(open_line, entry.n, open_line.side(dir), due)


def _reply(open_line: OpenLine, n: int, side: str, due: float) -> Item:
    values = {"n": str(n), "line": open_line.agreed.name, "by": moment(due)}
    if side == "ours":
        return Item("reply", "reply.theirs", values, False, open_line.address, side, n)
    values["counterpart"] = open_line.agreed.counterpart
    return Item("reply", "reply.ours", values, False, open_line.address, side, n)


def _line(station: Station, open_line: OpenLine) -> Iterator[Item]:
    """How a line stands, where it is not open and heard."""
    now = station.now.wall
    state = station.state(open_line)
    declared = declared_view(open_line, now)

    def item(kind: str, what: str, loud: bool = False, **values: str) -> Item:
        return Item(kind, what, {"line": open_line.agreed.name} | values, loud, open_line.address)

    if open_line.stop is not None:
        yield item("line", "line.stopped", True, why=open_line.stop.why)
    elif state.halted is not None:
        yield item("line", "line.halted", True, why=state.halted)
    elif declared["state"] == "closed":
        yield item("line", "line.closed", declared=declared["sentence"])
        return
    elif not state.in_service:
        yield item("line", "line.not-opened")
    elif (observed := open_line.observe(state)) != "heard":
        if observed == "silent":
            yield item("line", "line.silent", True)
        else:
            yield item("line", "line.not-heard")
    if declared["sentence"]:
        yield item("suspension", "line.declared", declared=declared["sentence"])
    gaps = filled.view(station, open_line)["gaps"]
    if ours := gaps["ours"]:
        yield item("service", "line.ours-not-filled", gap=ours)
    if theirs := gaps["theirs"]:
        yield item("service", "line.theirs-not-filled", gap=theirs)
    due = next_due(station, open_line)
    if due is not None and due < now + SOON_S:
        yield item("test", "test.due", due < now, by=moment(due))


def _calls(station: Station, open_line: OpenLine) -> Iterator[Item]:
    """Calls that are asked for or held, and minutes that wait for us."""
    line = {"line": open_line.agreed.name}
    for call in call_requests.status_view(station, open_line)["live"]:
        if call["off"] is not None:  # withdrawn, and still told of
            continue
        dir, n = call["dir"], call["n"]
        values = {"n": str(n), **line, "state": str(call["state"])}
        if dir == "theirs":
            values["counterpart"] = open_line.agreed.counterpart
        yield Item("call", f"call.{dir}", values, False, call["line"], dir, n)
    for minute in minutes.status_view(station, open_line)["waiting"]:
        values = line | {"minute": minute["sentence"]}
        yield Item("minute", "minute.waits", values, False, minute["line"], "theirs", minute["n"])


def _desks(station: Station) -> Iterator[Item]:
    """Desks at which nobody sits, or nobody would hear a FLASH."""
    ringing = set(station.hears())
    for desk in desks_of(station.store):
        if not desk["holders"]:
            yield Item("desk", "desk.empty", {"desk": desk["name"]})
        elif not ringing.intersection(desk["holders"]):
            yield Item("desk", "desk.deaf", {"desk": desk["name"]}, True)
    for late in (late for desk in duties.view(station) for late in desk["late"]):
        yield Item("roster", late["what"], late["values"], True)
    for warning in duties.warnings(station, SOON_S):
        yield Item("roster", warning["what"], warning["values"])


def _drafts(station: Station) -> Iterator[Item]:
    """Drafts that are neither sent nor withdrawn."""
    for row in station.store.sql(
        "SELECT draft AS id, NULL AS released FROM open_drafts UNION ALL"
        " SELECT draft, draft FROM releases INDEXED BY releases_waiting WHERE n IS NULL"
        " ORDER BY id LIMIT ?",
        (DRAFTS_MAX,),
    ):
        draft = drafts.load(station, row["id"])
        if draft.over:
            continue
        steps, open_line = steps_of(station, draft.id), draft.open_line
        values = {"draft": str(draft.id), "precedence": draft.precedence.name}
        values["line"] = open_line.agreed.name
        state = "open"
        if row["released"] is not None:
            state = "released"
        elif steps.hold is not None:
            state, values["person"] = "held", station.people.name(steps.hold["person"])
        elif steps.sent_back is not None:
            state, values["person"] = "sent-back", station.people.name(steps.sent_back["person"])
        what, address = f"draft.{state}", open_line.address
        yield Item("draft", what, values, False, address, draft=draft.id)
