"""A message as people see it: its words, who wrote and released them, and every stage with both
clocks.

All of it is made from the record when it is asked for; nothing here is kept. What a counterpart
wrote is given as it came: pages and terminals make control characters visible (spec/entry.md).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.catalogue.attendance import Presence
from parley.catalogue.chat import words_of
from parley.catalogue.forms import gist
from parley.catalogue.protecting import of_spans
from parley.core.entry import Content, Key, Marks, Precedence, Type, read_body
from parley.core.kept import EntryRow
from parley.core.record import check_group
from parley.core.wire import Value
from parley.evidence.attached import read_named, read_piece
from parley.station.alarms.escalation import steps_of
from parley.station.alarms.tested import certified
from parley.station.alarms.watch import clock_view
from parley.station.entries import early, files, messages
from parley.station.entries.replying import reply_by, reply_view
from parley.station.entries.supplied import Supplied
from parley.station.line import roster
from parley.station.line.declared import is_rescue
from parley.station.line.delegation import short
from parley.station.line.lines import OpenLine, posix
from parley.station.line.standing import in_spite, order
from parley.station.staff.desks import desks_of
from parley.station.texts.drafts import kind_name

if TYPE_CHECKING:
    from parley.station.station import Station
    from parley.store.sqlite import SqliteStore

UNREADABLE = "an entry that cannot be read"
KNOWN_KEYS = frozenset(int(key) for key in Key)
TEXTS = frozenset(
    (
        *(Type.TEXT, Type.SUSPEND, Type.LIFT, Type.CLOSE, Type.MINUTE, Type.READOUT),
        *(Type.CALL_REQUEST, Type.CALL_ANSWER, Type.CALL_EVENT, Type.CONSENT),
    )
)  # whose payload is the words, or begins with them
GROUP = "check group"  # of a read-back's fields, the one with the six digits (spec/entry.md E9)
FIELDS_MAX = 32  # of a read-back; of theirs no more are shown
UNKNOWN = "entry of a type this station does not know"


@dataclass(frozen=True, slots=True)
class Names:
    """Who is behind the numbers of one side, as that side told."""

    persons: dict[int, tuple[str, str]]
    desks: dict[int, str]

    def person(self, id: Value) -> dict[str, Any] | None:
        """A person of a number in an entry."""
        if not messages.is_number(id):
            return None
        name, office = self.persons.get(id, (f"person {id}", ""))
        return {"id": id, "name": name, "office": office}

    def desk(self, id: Value) -> str | None:
        """A desk of a number in an entry."""
        return self.desks.get(id, f"desk {id}") if messages.is_number(id) else None


def names_of(station: Station, open_line: OpenLine, dir: int) -> Names:
    """The names of the side that speaks in this direction."""
    if dir == open_line.ours:
        persons = {person.id: (person.name, person.office) for person in station.people.everybody()}
        desks = {desk["desk"]: desk["name"] for desk in desks_of(station.store)}
        return Names(persons, desks)
    told = roster.theirs(station.store, open_line)
    return Names(
        {id: (value[0], value[1]) for id, value in told[roster.PERSONS].items()},
        {id: value[0] for id, value in told[roster.DESKS].items()},
    )


class Viewer:
    """Makes views of one line's messages, with what they have in common read once."""

    def __init__(self, station: Station, open_line: OpenLine) -> None:
        self._station = station
        self._line = open_line
        self._names = {dir: names_of(station, open_line, dir) for dir in (0, 1)}
        state = station.state(open_line)
        self._supplied: dict[int, Supplied] = {}  # by incarnation, once asked for
        self._cover = {open_line.ours: state.our_cover, open_line.theirs: state.their_cover}

    def message(self, row: Any) -> dict[str, Any]:
        """One message with its stages; `row` is of the table messages."""
        open_line, dir, n = self._line, row["dir"], row["n"]
        provisional = early.view(self._station, open_line, n) if dir == open_line.theirs else None
        if provisional:
            entry = early.entry_of(self._station, open_line, row)
        else:
            entry = self._station.entry(open_line, dir, n)
        content = read_body(entry.type, entry.marks, entry.body)
        header: dict[Value, Value] = content.header if content else {}
        names, others = self._names[dir], self._names[1 - dir]
        released_by = header.get(Key.RELEASERS)
        to_desks = header.get(Key.TO_DESKS)
        ours = dir == open_line.ours
        default = open_line.agreed.our_language if ours else open_line.agreed.their_language
        acts = self._acts(dir, n)
        shown = entry_view(entry, content, names)
        protected = of_spans(shown["text"] or "", header.get(Key.PROTECTED))
        return {
            "line": open_line.address,
            "inc": open_line.inc,
            "line_name": open_line.agreed.name,
            "dir": open_line.side(dir),
            "n": n,
            **shown,
            "protected": protected or [],
            "attachments": files.view(self._station, open_line, dir, header),
            "language": _text(header.get(Key.LANGUAGE)) or default,
            "subject": _text(header.get(Key.SUBJECT)),
            "sha256": messages.content_hash(entry.type, entry.marks, content, entry.body),
            "leaf": entry.leaf.hex(),
            "check_group": "" if provisional else check_group(entry.leaf),
            "provisional": provisional,
            "certified": certified(header),
            "drafter": names.person(header.get(Key.DRAFTER)),
            "releasers": [names.person(id) for id in _numbers(released_by)],
            "desks": {
                "from": names.desk(header.get(Key.FROM_DESK)),
                "to": [others.desk(id) for id in _numbers(to_desks)],
            },
            "composed": _time(header.get(Key.COMPOSED), entry),
            "released": _time(header.get(Key.RELEASED), entry),
            "time": posix(entry.time),
            "went_back_s": self._went_back(entry),
            "kept": entry.wall,
            "seen": entry.seen,
            **{
                name: found
                for which, key, about in (
                    ("answers", Key.ANSWERS, 1 - dir),
                    ("corrects", Key.FOLLOWS, dir),
                    ("retracts", Key.REVOKES, dir),
                )
                for name, found in messages.reference_view(open_line, which, header.get(key), about)
            },
            "retracted": any(act["act"] == "retracted by" for act in acts),
            "acknowledged": row["acknowledged"],
            "reply": reply_view(
                header, any(act["act"] == "answered" for act in acts), self._station.now.wall
            ),
            "stages": self._stages(entry, header, acts, row["kept"]),
            "clock": clock_view(self._station, row),
            "escalation": [] if ours else steps_of(self._station, open_line, n),
            "in_spite": in_spite(open_line, entry, is_rescue(header)),
            "attribution": self._cover[dir].attribution(n),
            "supplied": self._supplied_of(open_line.inc).view(dir, n),
            "raw_header": {
                str(key): _plain(value)
                for key, value in header.items()
                if not _is_known(key)
                or (key == Key.PROTECTED and protected is None)
                or (key == Key.ATTACHMENTS and read_named(header) is None)
                or (key == Key.REPLY_BY and reply_by(header) is None)
            },
        }

    def _went_back(self, entry: EntryRow) -> int:
        """By how much it claims to be earlier than the entry before it (spec/display.md G7)."""
        if entry.n == 0 or not entry.leaf:
            return 0
        before = self._station.entry(self._line, entry.dir, entry.n - 1)
        return max(before.time - entry.time, 0)

    def _supplied_of(self, inc: int) -> Supplied:
        if inc not in self._supplied:
            self._supplied[inc] = Supplied.of(self._station.store, (self._line.id, inc))
        return self._supplied[inc]

    # Stages.

    def _acts(self, dir: int, n: int) -> list[Any]:
        return self._station.store.sql(
            "SELECT * FROM acts WHERE line_id = ? AND inc = ? AND about_dir = ? AND about = ?"
            " ORDER BY at_ours, by_inc, abs(n)",
            (*self._line.key, dir, n),
        )

    def _stages(
        self, entry: EntryRow, header: dict[Value, Value], acts: list[Any], kept: float
    ) -> list[dict[str, Any]]:
        ours = entry.dir == self._line.ours
        names = self._names[entry.dir]
        stages = self._drafting(entry, header, names) if ours else []
        if not ours:
            stages += [
                _stage("drafted", _time(header.get(Key.COMPOSED), entry), None,
                       names.person(header.get(Key.DRAFTER))),
                _stage("released", _time(header.get(Key.RELEASED), entry), None,
                       *(names.person(id) for id in _numbers(header.get(Key.RELEASERS))[:1])),
            ]  # fmt: skip
        sealed = posix(entry.time)
        stages.append(_stage("numbered", *((None, entry.wall) if ours else (sealed, None))))
        done = [self._act(entry, act) for act in acts]
        if not ours and not entry.leaf:
            return [*stages, _stage("shown provisionally", None, kept), *done]
        received = self._received(entry.n) if ours else (None, entry.wall)
        if received is not None:
            stages.append(_stage("received", *received))
        if not ours and kept != entry.wall:  # what came before its turn was shown and opened first
            before = [stage for stage in done if stage["stage"] == early.OPENED]
            done = [stage for stage in done if stage not in before]
            stages[-1:-1] = [_stage("shown provisionally", None, kept), *before]
        return stages + done

    def _drafting(
        self, entry: EntryRow, header: dict[Value, Value], names: Names
    ) -> list[dict[str, Any]]:
        rows = self._station.store.sql(
            "SELECT d.at AS drafted, d.person AS drafter, r.at AS released, r.person AS releaser,"
            " r.delegation AS delegation"
            " FROM releases r JOIN drafts d ON d.id = r.draft"
            " WHERE r.line_id = ? AND r.inc = ? AND r.n = ?",
            (*self._line.key, entry.n),
        )
        if not rows:  # called without a draft, as a test may be
            by = names.person(header.get(Key.DRAFTER))
            return [_stage("released", None, entry.wall, by)]
        row = rows[0]
        return [
            _stage("drafted", None, row["drafted"], names.person(row["drafter"])),
            _stage("released", None, row["released"], names.person(row["releaser"]))
            | {"delegation": short(self._station, row["delegation"])},
        ]

    def _received(self, n: int) -> tuple[float | None, float] | None:
        """When they held it: by their cosignature's clock, and when we heard of it."""
        rows = self._station.store.sql(
            "SELECT wall FROM receipts WHERE line_id = ? AND inc = ? AND upto > ?"
            " ORDER BY upto LIMIT 1",
            (*self._line.key, n),
        )
        if not rows:
            return None
        signed = self._station.store.sql(
            "SELECT time FROM heads WHERE line_id = ? AND inc = ? AND dir = ?"
            " AND kind = 'cosign' AND size > ? ORDER BY size LIMIT 1",
            (*self._line.key, self._line.ours, n),
        )
        return (float(signed[0]["time"]) if signed else None, rows[0]["wall"])

    def _act(self, entry: EntryRow, act: Any) -> dict[str, Any]:
        names = self._names[act["dir"]]
        person = names.person(act["person"]) if act["person"] is not None else None
        name, detail = act["act"], act["detail"]
        office = detail if name == "passed" else person["office"] if person else None
        stage = _stage(name, act["at_theirs"], act["at_ours"], person)
        stage["office"] = office
        stage["n"] = act["n"] if act["n"] >= 0 else None
        stage["side"] = self._line.side(act["dir"])
        stage["by_word"] = self._supplied_of(act["by_inc"]).by_word(act["dir"], act["n"])
        if name == "read back":
            stage["detail"] = detail
            stage["fields"] = fields_of(self._station.store, self._line, act)
            if GROUP in stage["fields"]:
                stage["matches"] = stage["fields"][GROUP] == check_group(entry.leaf)
        elif name == "wait":
            stage["until"] = float(detail) if detail else None
        elif name != "passed":
            stage["detail"] = detail
        if name in messages.ABOUT_KEYS.values() and act["n"] >= 0:  # by another message
            stage["by_line"] = self._station.line_of(self._line.id, act["by_inc"]).address
        if act["n"] < 0:
            stage["waiting"] = "released, waiting for its number"
        return stage


def fields_of(store: SqliteStore, open_line: OpenLine, act: Any) -> dict[str, str]:
    """What a read-back says, by the names of its fields; what has none is the check group."""
    detail = act["detail"]
    if ": " not in detail:
        return {GROUP: detail} if detail else {}
    if act["n"] < 0:
        return {}  # ours, and without a number yet
    entry = store.entries(open_line.id, act["by_inc"], act["dir"], act["n"], 1)[0]
    content = read_body(entry.type, entry.marks, entry.body)
    payload = content.payload if content else None
    said = payload[1] if isinstance(payload, list) and len(payload) > 1 else None
    if not isinstance(said, dict):
        return {GROUP: detail}
    fields, room = {}, messages.DETAIL_CHARACTERS_MAX
    for name, value in sorted(said.items(), key=lambda field: field[0] != GROUP)[:FIELDS_MAX]:
        shown = str(name)[:room]
        fields[shown] = str(value)[: room - len(shown)]
        room -= len(shown) + len(fields[shown])
    return fields


def entry_view(
    entry: EntryRow, content: Content | None, names: Names | None = None
) -> dict[str, Any]:
    """What any entry shows: kind, marks, words, with the names of the side that said it. Also of
    those this station cannot read."""
    marks = Marks.parse(entry.marks)
    kind = kind_name(entry.type)
    text, problem = _words(entry, content, names), None
    if kind == "unknown":
        problem = UNKNOWN
    elif content is None or text is None:
        problem = UNREADABLE
    return {
        "kind": kind,
        "type": entry.type,
        "precedence": Precedence(entry.marks >> 6).name,
        "status": marks.status.name if marks else "UNKNOWN",
        "rescue": content is not None and is_rescue(content.header),
        "order": None if content is None else order(entry.type, content.payload),
        "text": text,
        "gist": gist(entry.type, text or ""),
        "problem": problem,
        "raw": entry.body.hex() if problem else None,
    }


def _words(entry: EntryRow, content: Content | None, names: Names | None) -> str | None:
    payload = content.payload if content else None
    if entry.type in (Type.TEST, Type.TEST_ANSWER):
        if isinstance(payload, list) and len(payload) == 2:
            return _text(payload[1])
        return None
    if entry.type == Type.SUSPEND and isinstance(payload, list) and payload:
        return _text(payload[0])
    if entry.type == Type.CHAT:
        return words_of(content)
    if entry.type in TEXTS:
        return _text(payload)
    if entry.type == Type.PRESENCE:
        stated = Presence.parse(payload)
        if stated is None:
            return None
        who = names.person(stated.person) if names else None
        return stated.words(", ".join(filter(None, (who["name"], who["office"]))) if who else "")
    if entry.type == Type.FILE_PIECE:
        piece = read_piece(payload)
        return None if piece is None else piece.words
    return None if content is None else json.dumps(_plain(payload), ensure_ascii=False)


def _plain(value: Value) -> Any:
    """A value of an entry as JSON; bytes become hexadecimal."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    return value


def _stage(
    name: str, at_theirs: float | None, at_ours: float | None, by: Any = None
) -> dict[str, Any]:
    return {
        "stage": name,
        "at_theirs": at_theirs,
        "at_ours": at_ours,
        "by": by,
        "office": by["office"] if by else None,
        "detail": "",
        "delegation": None,  # by which somebody did it for another
        "by_word": False,  # whether the other side alone says so, of what was lost here
    }


def _time(value: Value, entry: EntryRow) -> float:
    """A time of the header; absent means the entry's own (E7)."""
    is_time = type(value) is int and 0 <= value < 1 << 32
    return posix(value if is_time else entry.time)


def _text(value: Value) -> str | None:
    return value if isinstance(value, str) else None


def _numbers(value: Value) -> list[int]:
    return [item for item in value if messages.is_number(item)] if isinstance(value, list) else []


def _is_known(key: Value) -> bool:
    return key in KNOWN_KEYS
