"""Drafts: what one person writes and another releases, to the byte.

A draft is kept as the body it will have, header map and payload. Who releases it quotes the
SHA-256 of exactly that, with its type and marks; if anybody changed a letter in between, the two
differ. Nobody releases what they wrote or changed themselves. If messages of theirs arrived since
the draft was begun, the releaser has to have seen them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from parley.catalogue.counting import count_words
from parley.catalogue.forms import gist
from parley.catalogue.protecting import of_spans
from parley.core.entry import (
    Content,
    Key,
    Precedence,
    Status,
    Type,
    read_body,
)
from parley.core.errors import Misused, Refused
from parley.station.acts.operations import operation
from parley.station.acts.person import HANDLERS, Person
from parley.station.entries import draft_steps, files, messages, quoting
from parley.station.entries.replying import reply_by
from parley.station.line import delegating, delegation
from parley.station.line.declared import is_rescue
from parley.station.line.lines import OpenLine
from parley.station.line.standing import order
from parley.station.line.wording import advice, words_max
from parley.station.texts import glossary
from parley.station.texts.critical import critical

if TYPE_CHECKING:
    from parley.station.station import Station

KINDS = {"text": Type.TEXT, "test": Type.TEST}
# What is written bears the mark of its line, but for these.
STATUSES = {"test": Status.TEST, "service": Status.SERVICE}
WORDS_AT = {Type.TEST: 1, Type.SUSPEND: 0}  # where the words stand, in payloads that are lists
LISTED_MAX = 200
LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)
REFERENCES = {"answers": Key.ANSWERS, "corrects": Key.FOLLOWS, "retracts": Key.REVOKES}


@dataclass(frozen=True)
class Draft:
    """One draft, as the database has it."""

    id: int
    open_line: OpenLine
    person: int
    editors: tuple[int, ...]
    at: float
    base: int
    type: Type
    precedence: Precedence
    status: Status
    body: bytes
    withdrawn: float | None
    released: float | None
    releaser: int | None
    n: int | None
    delegation: int | None = None  # by which it was released, when by one
    returned: str | None = None  # why it is here again, when it was released on an earlier line

    @property
    def marks(self) -> int:
        """The marks it will bear."""
        return self.precedence << 6 | self.status << 3

    @cached_property
    def content(self) -> Content:
        """Header map and payload."""
        content = read_body(self.type, self.marks, self.body)
        if content is None:
            raise Misused(f"draft {self.id} cannot be read")
        return content

    @cached_property
    def exact(self) -> bytes:
        """The bytes that its releaser consents to."""
        return messages.content_bytes(self.type, self.marks, self.content, self.body)

    @cached_property
    def sha256(self) -> str:
        """What its releaser quotes."""
        return messages.content_hash(self.type, self.marks, self.content, self.body)

    @property
    def text(self) -> str:
        """The words."""
        payload = self.content.payload
        words: str = payload[WORDS_AT[self.type]] if self.type in WORDS_AT else payload
        return words

    @property
    def subject(self) -> str:
        """What it is about, where its writer says so."""
        return str(self.content.header.get(Key.SUBJECT, ""))

    @property
    def over(self) -> bool:
        """Whether the life of the line that it was written for is over."""
        stop = self.open_line.stop
        return stop is not None and stop.over

    @property
    def state(self) -> str:
        """Where it stands."""
        if self.released is not None:
            return "released"
        return "open" if self.withdrawn is None else "withdrawn"


_SELECT = (
    "SELECT d.*, r.at AS released, r.person AS releaser, r.n AS n,"
    " r.delegation AS delegation"
    " FROM drafts d LEFT JOIN releases r ON r.draft = d.id"
)
_OPEN = " WHERE d.id IN (SELECT draft FROM open_drafts)"  # they are few among all that ever were


def load(station: Station, id: int) -> Draft:
    """A draft by its number."""
    rows = station.store.sql(f"{_SELECT} WHERE d.id = ?", (id,))
    if not rows:
        raise Refused(f"There is no draft {id}.", "`parley draft list` shows those that are open.")
    return _draft(station, rows[0])


def load_open(station: Station, id: int) -> Draft:
    """A draft that can still be changed or released."""
    draft = load(station, id)
    if draft.state != "open":
        raise Refused(
            f"Draft {id} has been {draft.state}.", "Write a new one; nothing takes words back."
        )
    return draft


def _draft(station: Station, row: Any) -> Draft:
    return Draft(
        row["id"],
        station.line_of(bytes(row["line_id"]), row["inc"]),
        row["person"],
        tuple(int(id) for id in row["editors"].split(",") if id),
        row["at"],
        row["base"],
        Type(row["type"]),
        Precedence(row["precedence"]),
        Status(row["status"]),
        bytes(row["body"]),
        row["withdrawn"],
        row["released"],
        row["releaser"],
        row["n"],
        row["delegation"],
        row["returned"],
    )


def protected_in(draft: Draft) -> list[tuple[int, int]]:
    """Where names stand that are not to be translated."""
    return of_spans(draft.text, draft.content.header.get(Key.PROTECTED)) or []


def names_kept(draft: Draft) -> list[str]:
    """Those names, each once."""
    return list(dict.fromkeys(draft.text[start:end] for start, end in protected_in(draft)))


def view(station: Station, draft: Draft) -> dict[str, Any]:
    """A draft as plain JSON, with the exact hash and what arrived since it was begun."""
    header = draft.content.header
    open_line, people = draft.open_line, station.people
    text = draft.text
    arrived = [] if draft.state != "open" else arrived_since(station, draft)
    return {
        "draft": draft.id,
        "line": open_line.agreed.hex,
        "line_name": open_line.agreed.name,
        "state": draft.state,
        "by": {"id": draft.person, "name": people.name(draft.person)},
        "editors": [{"id": id, "name": people.name(id)} for id in draft.editors],
        "at": draft.at,
        "kind": kind_name(draft.type),
        "order": order(draft.type, draft.content.payload),
        "rescue": is_rescue(header),
        "reply_by": reply_by(header),
        "given_back": _given_back(station, draft.id),
        "status": draft.status.name,
        "precedence": draft.precedence.name,
        "language": header.get(Key.LANGUAGE, open_line.agreed.our_language),
        "subject": header.get(Key.SUBJECT),
        "gist": gist(draft.type, text),
        "from_desk": header.get(Key.FROM_DESK),
        "to_desks": header.get(Key.TO_DESKS, []),
        "text": text,
        "attachments": files.listed(header),
        **messages.references_view(open_line, header, REFERENCES),
        "sha256": draft.sha256,
        "bytes": len(text.encode()),
        "words": count_words(text),
        "advice": advice(text),
        "arrived_since": arrived,
        "displayed": arrived[-1]["n"] + 1 if arrived else draft.base,
        "returned": draft.returned,
        **draft_steps.view(station, open_line, draft.id, draft.sha256),
        "released_at": draft.released,
        "releaser": draft.releaser,
        "released_by": None if draft.releaser is None else people.view(draft.releaser),
        "delegation": delegation.short(station, draft.delegation),
        "n": draft.n,
    }


def _given_back(station: Station, draft: int) -> dict[str, Any] | None:
    """Why a released draft came back without a number, the last time it did."""
    rows = station.store.sql(
        "SELECT releaser, at, why FROM given_back WHERE draft = ? ORDER BY id DESC LIMIT 1",
        (draft,),
    )
    if not rows:
        return None
    row = rows[0]
    return {"at": row["at"], "why": row["why"], "releaser": station.people.name(row["releaser"])}


def arrived_since(station: Station, draft: Draft, displayed: int = 0) -> list[dict[str, Any]]:
    """Their messages that came after the draft was begun, oldest first; with `displayed` those that
    the releaser has not seen."""
    open_line = draft.open_line
    rows = station.store.sql(
        "SELECT n, type, marks, kept FROM messages WHERE line_id = ? AND inc = ? AND dir = ?"
        " AND n >= ? AND n < ? ORDER BY n LIMIT ?",
        (
            *open_line.key,
            open_line.theirs,
            max(draft.base, displayed),
            open_line.their_size,
            LISTED_MAX,
        ),
    )
    return [
        {
            "n": row["n"],
            "kind": kind_name(row["type"]),
            "precedence": Precedence(row["marks"] >> 6).name,
            "kept": row["kept"],
        }
        for row in rows
    ]


def kind_name(type: int) -> str:
    """A kind of entry in a word."""
    try:
        return Type(type).name.lower().replace("_", " ")
    except ValueError:
        return "unknown"


def read_precedence(name: str) -> Precedence:
    """A precedence by name, in whatever case."""
    found = Precedence.__members__.get(name.upper())
    if found is None:
        raise Misused(
            f"There is no precedence {name!r:.40}.", "FLASH, IMMEDIATE, PRIORITY or ROUTINE."
        )
    return found


def begin(
    station: Station,
    open_line: OpenLine,
    who: Person,
    type: Type,
    urgency: Precedence,
    status: Status,
    body: bytes,
) -> dict[str, Any]:
    """A new draft; everything in it has been checked."""
    now, joined = station.now.wall, open_line.their_size
    rows = station.store.sql(
        "INSERT INTO drafts (line_id, inc, person, at, base, type, precedence, status, body)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
        (
            *open_line.key,
            who.id,
            now,
            joined,
            type,
            urgency,
            status,
            body,
        ),
    )
    draft = Draft(
        rows[0]["id"],
        open_line,
        who.id,
        (),
        now,
        joined,
        type,
        urgency,
        status,
        body,
        None,
        None,
        None,
        None,
    )
    station.publish("draft", open_line, draft=draft.id, state="new", precedence=urgency.name)
    return view(station, draft)


@operation("draft.list", roles=HANDLERS, reads=True)
def draft_list(
    station: Station, who: Person, *, all: bool = False, line: str | None = None
) -> dict[str, Any]:
    """Drafts that are open, oldest first; with `all` also the newest released and withdrawn."""
    open_line = station.line(line) if line is not None else None
    return {
        "drafts": [
            view(station, draft)
            | {
                "lent": lent_to(station, who, draft),
                "lent_review": lent_to(station, who, draft, "reviewer"),
            }
            for draft in newest(station, all=all)
            if draft.open_line.current is open_line or (open_line is None and not draft.over)
        ]
    }


def newest(station: Station, *, all: bool = False) -> list[Draft]:
    """The newest that are open, or of all that ever were, oldest first."""
    still = "" if all else _OPEN
    rows = station.store.sql(f"{_SELECT}{still} ORDER BY d.id DESC LIMIT {LISTED_MAX}")
    return [_draft(station, row) for row in reversed(rows)]


def lent_to(
    station: Station, who: Person, draft: Draft, role: str = "releaser"
) -> dict[str, Any] | None:
    """By which delegation this person could release it now, or review it; None where they need
    none, or have none."""
    found = delegating.may(station, who, role, draft.open_line, draft.precedence)
    return None if found is None else delegation.short(station, found.id)


@operation("draft.show", roles=HANDLERS, reads=True)
def draft_show(station: Station, who: Person, *, draft: int) -> dict[str, Any]:
    """One draft: the exact text, its bytes and their hash, and what arrived since it was begun."""
    found = load(station, draft)
    if found.over:
        found.open_line.check_not_halted(station.state(found.open_line))
    return {
        **view(station, found),
        "lent": lent_to(station, who, found),
        "lent_review": lent_to(station, who, found, "reviewer"),
        "exact": found.exact.hex(),
        "elements": critical(found.text, found.at, protected_in(found)),
        "protected": names_kept(found),
        "glossary": glossary.found_in(glossary.entries(station, found.open_line), found.text),
        "words_max": words_max(found.precedence, station.home.config.writing),
        **quoting.view(
            quoting.found_in(station, found.text, found.subject, *files.texts_of(station, draft))
        ),
    }


@operation("draft.withdraw", roles=("drafter", "releaser"))
def draft_withdraw(station: Station, who: Person, *, draft: int) -> dict[str, Any]:
    """Put a draft aside for good."""
    before = load_open(station, draft)
    station.store.sql("UPDATE drafts SET withdrawn = ? WHERE id = ?", (station.now.wall, draft))
    station.store.sql("DELETE FROM draft_files WHERE draft = ?", (draft,))
    station.publish("draft", before.open_line, draft=draft, state="withdrawn")
    return view(station, load(station, draft))
