"""What is open at a station, as one watch hands it to the next: the station finds it by itself.

Each item is a fact in a sentence, without a clock that runs: it changes only when the matter does,
so that who went through a list went through exactly this. The key of an item is the beginning of
the SHA-256 of its sentence.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

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
    text: str
    loud: bool = False  # it cannot wait for the end of a hand-over
    line: str | None = None
    dir: str | None = None
    n: int | None = None
    draft: int | None = None

    @property
    def key(self) -> str:
        """What it is known by: its words."""
        return sha256(f"{self.kind} {self.line} {self.text}".encode()).hexdigest()[:KEY_DIGITS]

    def view(self) -> dict[str, Any]:
        """The item as plain JSON."""
        return {
            "key": self.key,
            "kind": self.kind,
            "text": self.text,
            "loud": self.loud,
            "line": self.line,
            "dir": self.dir,
            "n": self.n,
            "draft": self.draft,
        }


def open_items(station: Station) -> list[Item]:
    """Everything that is open now, what rings first, each on one line: no words of the other side
    pass for a line of a sheet."""
    found = list(_messages(station))
    for open_line in station.lines:
        found += _line(station, open_line)
        found += _replies(station, open_line)
        found += _calls(station, open_line)
    found += [*_desks(station), *_drafts(station)]
    return [replace(item, text=" ".join(item.text.split())) for item in found]


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
    name, n, kept = open_line.agreed.name, row["n"], moment(row["kept"])
    them = open_line.agreed.counterpart
    if side == "ours":
        what = f"The {precedence} {n} of ours on {name}, kept {kept}, is not acknowledged there"
    else:
        what = f"The {precedence} {n} of {them} on {name}, kept {kept}, is not opened"
    if row["missed"] is not None:
        text = f"{what}; nobody answered by {moment(row['missed'])}."
    elif row["called"]:
        desk = desk_for(station, row["desk"])
        deputies = desk["deputies"] if desk else []
        called = ", ".join(map(station.people.name, deputies[row["called"] - 1 : row["called"]]))
        text = f"{what}; {called} is called, until {moment(row['due'])}."
    else:
        text = f"{what}; its clock runs until {moment(row['due'])}."
    loud = side == "theirs" and precedence in ("FLASH", "IMMEDIATE")
    return Item("message", text, loud, open_line.address, side, n)


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
    name, by = open_line.agreed.name, moment(due)
    text = (
        f"Message {n} of {open_line.agreed.counterpart} on {name} wants our reply by {by}."
        if side == "theirs"
        else f"Message {n} of ours on {name} wants their reply by {by}."
    )
    return Item("reply", text, False, open_line.address, side, n)


def _line(station: Station, open_line: OpenLine) -> Iterator[Item]:
    """How a line stands, where it is not open and heard."""
    name, now = open_line.agreed.name, station.now.wall
    state = station.state(open_line)
    declared = declared_view(open_line, now)

    def item(kind: str, text: str, loud: bool = False) -> Item:
        return Item(kind, text, loud, open_line.address)

    if open_line.stop is not None:
        yield item("line", f"The line {name} is stopped: {open_line.stop.why}.", True)
    elif state.halted is not None:
        yield item("line", f"The line {name} is halted: {state.halted}.", True)
    elif declared["state"] == "closed":
        yield item("line", f"The line {name} is closed. {declared['sentence']}")
        return
    elif not state.in_service:
        yield item("line", f"The line {name} has not been opened by both stations yet.")
    elif (observed := open_line.observe(state)) != "heard":
        if observed == "silent":
            yield item("line", f"The line {name} is silent.", True)
        else:
            yield item("line", f"The line {name} has not been heard since the start.")
    if declared["sentence"]:
        yield item("suspension", f"Declared on {name}: {declared['sentence']}")
    gaps = filled.view(station, open_line)["gaps"]
    if ours := gaps["ours"]:
        text = f"The line {name} is not in service, our desk is not filled: {ours}."
        yield item("service", text)
    if theirs := gaps["theirs"]:
        text = f"The line {name} is not in service, their desk is not filled: {theirs}."
        yield item("service", text)
    due = next_due(station, open_line)
    if due is not None and due < now + SOON_S:
        yield item("test", f"A human test on {name} is due by {moment(due)}.", due < now)


def _calls(station: Station, open_line: OpenLine) -> Iterator[Item]:
    """Calls that are asked for or held, and minutes that wait for us."""
    name = open_line.agreed.name
    for call in call_requests.status_view(station, open_line)["live"]:
        n, state, them = call["n"], call["state"], open_line.agreed.counterpart
        text = (
            f"Our request for a call, message {n} on {name}: {state}."
            if call["dir"] == "ours"
            else f"The request of {them} for a call, message {n} on {name}: {state}."
        )
        yield Item("call", text, False, open_line.address, call["dir"], call["n"])
    for minute in minutes.status_view(station, open_line)["waiting"]:
        text = f"A minute on {name} waits for us: {minute['sentence']}"
        yield Item("minute", text, False, open_line.address, "theirs", minute["n"])


def _desks(station: Station) -> Iterator[Item]:
    """Desks at which nobody sits, or nobody would hear a FLASH."""
    ringing = set(station.hears())
    for desk in desks_of(station.store):
        if not desk["holders"]:
            yield Item("desk", f"Nobody holds the desk {desk['name']}.")
        elif not ringing.intersection(desk["holders"]):
            text = f"The desk {desk['name']} is deaf: no tab of who holds it rings."
            yield Item("desk", text, True)
    for late in (late for desk in duties.view(station) for late in desk["late"]):
        yield Item("roster", late["sentence"], True)
    for warning in duties.warnings(station, SOON_S):
        yield Item("roster", warning["sentence"], False)


def _drafts(station: Station) -> Iterator[Item]:
    """Drafts that are neither sent nor withdrawn."""
    for row in station.store.sql(
        "SELECT d.id, r.draft AS released FROM drafts d LEFT JOIN releases r ON r.draft = d.id"
        " WHERE d.withdrawn IS NULL AND (r.draft IS NULL OR r.n IS NULL) ORDER BY d.id LIMIT ?",
        (DRAFTS_MAX,),
    ):
        draft = drafts.load(station, row["id"])
        if draft.over:
            continue
        steps, name = steps_of(station, draft.id), draft.open_line.agreed.name
        who = station.people.name
        what = f"Draft {draft.id}, {draft.precedence.name}, on {name}"
        if row["released"] is not None:
            text = f"{what}: released, and not sent yet."
        elif steps.hold is not None:
            text = f"{what}: held by {who(steps.hold['person'])}."
        elif steps.sent_back is not None:
            text = f"{what}: sent back by {who(steps.sent_back['person'])}."
        else:
            text = f"{what}: open, nobody has released it."
        yield Item("draft", text, False, draft.open_line.address, draft=draft.id)
