"""Words found in all that was said, by both sides, on every line and in every life of it.

They are found in what an entry says and in what stands beside it (`places`): its translations, and
names and texts of its attachments. The index is derived (`indexing`), and whoever searches lets it
catch up first, in a thread beside the loop; what is shown is read from the record itself. A search
changes nothing, and no trace of it is kept.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from parley.core.entry import BARE_TYPES, Content, Key, Precedence, Status, Type, read_body
from parley.core.errors import Misused, Refused
from parley.core.kept import EntryRow
from parley.core.wire import Value
from parley.station.acts.fields import field
from parley.station.acts.operations import Beside, operation
from parley.station.acts.person import READERS, Person
from parley.station.entries import messages
from parley.station.entries.supplied import Supplied
from parley.station.line.lines import OpenLine, posix
from parley.station.texts import views
from parley.station.texts.indexing import NOT_INDEXED, catch_up
from parley.station.texts.places import LineKey, Place, read, words_of
from parley.store.folding import fold, hits, origin
from parley.store.reading import Reader
from parley.store.words import Hit, Query, WordIndex, forget, word_index

if TYPE_CHECKING:
    from parley.station.station import Station

WORDS_MAX = 16  # of one search
CHARACTERS_MAX = 400  # of what is typed
SHOWN = 50
SHOWN_MAX = 200
AROUND = 80  # characters shown on both sides of what was found
_TERM = re.compile(r'"([^"]*)"|(\S+)')
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d)(:\d\d)?Z?)?")

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Life:
    """What a row of the answer says of its line, as it was when the search began."""

    address: str
    name: str
    counterpart: str
    ours: int
    names: Mapping[int, views.Names]


# --- what is asked


def terms(words: str) -> tuple[str, ...]:
    """The words of a search, folded; between quotation marks several are one."""
    if len(words) > CHARACTERS_MAX:
        raise Misused(
            f"A search has at most {CHARACTERS_MAX} characters.", "Give a few words of the text."
        )
    typed = (quoted or word for quoted, word in _TERM.findall(words))
    found = tuple(dict.fromkeys(folded for each in typed if (folded := fold(each).strip())))
    if len(found) > WORDS_MAX:
        raise Misused(
            f"A search has at most {WORDS_MAX} words.", "Put a phrase between quotation marks."
        )
    if words.strip() and not found:
        raise Misused("Nothing of that can be looked for.", "Give a word with letters or digits.")
    return found


def moment(text: str | None, *, end: bool = False) -> float | None:
    """A day or a minute, UTC, as POSIX seconds; a day as an `end` is its last moment."""
    if not text:
        return None
    found = _MOMENT.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError
        day, minute, second = found.groups()
        at = datetime.fromisoformat(f"{day}T{minute or '00:00'}{second or ''}+00:00")
        if end:
            at += timedelta(seconds=1) if second else timedelta(minutes=1) if minute else DAY
    except (ValueError, OverflowError):  # no day follows the last of the year 9999
        raise Misused(
            f"{text!r:.40} is no day and no time.", "Write 2026-11-29, or 2026-11-29 08:30Z (UTC)."
        ) from None
    return at.timestamp()


def named(text: str | None, kinds: type[Precedence] | type[Status], what: str) -> int | None:
    """A precedence or a status by its name."""
    if not text:
        return None
    if text.upper() not in kinds.__members__:
        raise Misused(f"There is no {what} {text!r:.20}.", ", ".join(kinds.__members__) + ".")
    return int(kinds[text.upper()])


def _types(kind: str | None) -> tuple[int, ...]:
    if not kind:
        return ()
    kinds = {type.name.lower().replace("_", " "): int(type) for type in set(Type) - NOT_INDEXED}
    if kind not in kinds:
        raise Misused(f"There is no kind {kind!r:.30}.", ", ".join(sorted(kinds)) + ".")
    return (kinds[kind],)


def _chosen(station: Station, line: str | None) -> dict[LineKey, OpenLine]:
    lines = [*station.lines, *station.earlier_lines] if not line else [station.line(line)]
    if line and "@" in line:
        return {each.key: each for each in lines}
    return {life.key: life for each in lines for life in each.lives}


def lives_of(station: Station, line: str | None) -> dict[LineKey, Life]:
    """The lines to search, all incarnations, with the names of their people."""
    return {
        key: Life(
            each.address,
            each.agreed.name,
            each.agreed.counterpart,
            each.ours,
            {dir: views.names_of(station, each, dir) for dir in (0, 1)},
        )
        for key, each in _chosen(station, line).items()
    }


def sides(
    lives: Mapping[LineKey, Life], dir: str | None
) -> tuple[tuple[bytes, int, int], ...] | None:
    """The one side of each line that is meant; None for both."""
    if dir not in (None, "", "ours", "theirs"):
        raise Misused(f"There is no direction {dir!r:.20}.", "ours or theirs.")
    if not dir:
        return None
    return tuple(
        (*key, life.ours if dir == "ours" else 1 - life.ours) for key, life in lives.items()
    )


def people(
    lives: Mapping[LineKey, Life], person: str | None
) -> tuple[tuple[bytes, int, int, int], ...] | None:
    """Everybody whose name or office has that in it; None when nobody is named."""
    wanted = fold(person or "").strip()
    if not wanted:
        return None
    found = tuple(
        (*key, dir, id)
        for key, life in lives.items()
        for dir, names in life.names.items()
        for id, (name, office) in names.persons.items()
        if wanted in fold(f"{name} {office}")
    )
    if not found:
        raise Refused(
            f"Nobody on either side has {person!r:.60} in their name or office.",
            "Write a part of a name or of an office, as it stands beside what they said.",
        )
    return found


def asked(
    lives: Mapping[LineKey, Life],
    words: str,
    dir: str | None,
    precedence: str | None,
    status: str | None,
    since: str | None,
    until: str | None,
    person: str | None,
) -> Query:
    """The conditions that every search has, read from what a person typed."""
    with field("words"):
        sought = terms(words)
    with field("since"):
        begins = moment(since)
    with field("until"):
        ends = moment(until, end=True)
    with field("person"):
        persons = people(lives, person)
    return Query(
        words=sought,
        lines=tuple(lives),
        sides=sides(lives, dir),
        precedence=named(precedence, Precedence, "precedence"),
        status=named(status, Status, "status"),
        since=begins,
        until=ends,
        persons=persons,
    )


@operation("find", roles=READERS, reads=True, setup=True)
def find_words(
    station: Station,
    who: Person,
    *,
    words: str = "",
    line: str | None = None,
    dir: str | None = None,
    precedence: str | None = None,
    status: str | None = None,
    kind: str | None = None,
    since: str | None = None,
    until: str | None = None,
    person: str | None = None,
    unanswered: bool = False,
    before: int | None = None,
    limit: int = SHOWN,
) -> Beside:
    """Entries that have all the words, newest first: messages, what was said about them, calls,
    minutes, readouts. Without words, the messages that the other conditions leave."""
    lives = lives_of(station, line)
    query = replace(
        asked(lives, words, dir, precedence, status, since, until, person),
        types=_types(kind),
        messages=unanswered or not (words.strip() or kind),
        before=before,
    )
    shown = max(1, min(limit, SHOWN_MAX))
    home, reader = station.home.path, station.store.reader

    def work() -> dict[str, Any]:
        with word_index(home) as index, reader() as record:
            behind = catch_up(index, record)
            found = Search(index, record, lives, query, unanswered=unanswered)
            return {**found.page(shown), "words": list(query.words), "behind": behind}

    return Beside(work)


@operation("find.rebuild", roles=("operator", "auditor"), setup=True)
def rebuild(station: Station, who: Person) -> dict[str, Any]:
    """Forget the index of words; the next search makes it anew from the record."""
    station.after_commit(lambda: forget(station.home.path))
    return {"forgotten": True}


# --- what is found


class Search:
    """One search, in a thread beside the loop."""

    def __init__(
        self,
        index: WordIndex,
        record: Reader,
        lives: Mapping[LineKey, Life],
        query: Query,
        *,
        unanswered: bool = False,
        whole: bool = False,
    ) -> None:
        """With `whole` each entry comes with its text instead of an excerpt."""
        self._index = index
        self._record = record
        self._lives = lives
        self._query = query
        self._unanswered = unanswered
        self._whole = whole
        self._supplied: dict[LineKey, Supplied] = {}

    def supplied(self, key: LineKey) -> Supplied:
        """What of an incarnation the other side supplied."""
        if key not in self._supplied:
            self._supplied[key] = Supplied.of(self._record, key)
        return self._supplied[key]

    def page(self, limit: int) -> dict[str, Any]:
        """The next so many; `next` is where the page after it begins, or None."""
        found: list[dict[str, Any]] = []
        query = self._query
        while True:
            rows = self._index.find(query, limit + 1)
            for hit in rows:
                if len(found) == limit:
                    return {"found": found, "next": found[-1]["entry"]}
                view = self._view(hit)
                if view is not None:
                    found.append(view)
            if len(rows) <= limit:
                return {"found": found, "next": None}
            last = rows[-1].entry
            if query.after is None:
                query = replace(query, before=last)
            else:
                query = replace(query, after=last)

    def _view(self, hit: Hit) -> dict[str, Any] | None:
        joined = self._record.joined(hit.entry - 1, 1)
        if not joined or joined[0][2].leaf != hit.leaf:  # an index of another copy of the record
            return None
        _, key, row = joined[0]
        life = self._lives[key]
        acts = self._acts(key, row.dir, row.n)
        if self._unanswered and (
            row.type not in messages.CLOCKED_TYPES or acts & {"answered", "retracted by"}
        ):
            return None
        content = read_body(row.type, row.marks, row.body)
        header: dict[Value, Value] = content.header if content else {}
        subject, drafter = header.get(Key.SUBJECT), header.get(Key.DRAFTER)
        stands = self._places(key, row, hit.places)
        if not stands:
            return None
        return {
            "entry": hit.entry,
            "line": life.address,
            "inc": key[1],
            "line_name": life.name,
            "counterpart": life.counterpart,
            "dir": "ours" if row.dir == life.ours else "theirs",
            "n": row.n,
            **{
                name: value
                for name, value in views.entry_view(row, content, life.names[row.dir]).items()
                if name in ("kind", "precedence", "status", "rescue", "problem", "gist")
            },
            "subject": subject if isinstance(subject, str) else None,
            "drafter": life.names[row.dir].person(drafter),
            "time": posix(row.time),
            "kept": row.wall,
            "is_message": row.type not in messages.NOT_MESSAGES,
            "retracted": "retracted by" in acts,
            "supplied": self.supplied(key).view(row.dir, row.n),
            "about": self._about(key, row),
            **(self._text(row, content, life) if self._whole else {}),
            "where": [each.told for each in stands],
            **({} if self._whole else excerpt(stands[0].text, self._query.words)),
        }

    def _places(self, key: LineKey, row: EntryRow, places: Sequence[int]) -> list[Place]:
        """Where the words stand now: what was amended since it was indexed has others."""
        found = read(self._record, key, row, places)
        return [
            each
            for each in found
            if not self._query.words or _has_all(fold(each.text), self._query.words)
        ]

    def _text(self, entry: EntryRow, content: Content | None, life: Life) -> dict[str, Any]:
        """All of its words, and what they can be compared by."""
        header: dict[Value, Value] = content.header if content else {}
        bare = entry.type in BARE_TYPES  # an acknowledgement: what of it people wrote
        shown = views.entry_view(entry, content, life.names[entry.dir])
        text = "; ".join(words_of(entry)) if bare else shown["text"]
        opened = entry.type == Type.OPENED and content and isinstance(content.payload, list)
        who = content.payload[1:2] if opened and content else header.get(Key.RELEASERS)
        language = header.get(Key.LANGUAGE)
        return {
            "text": text,
            "sha256": sha256(text.encode()).hexdigest() if text is not None else None,
            "leaf": entry.leaf.hex(),
            "language": language if isinstance(language, str) else None,
            "by": [
                person
                for id in (who if isinstance(who, list) else [])
                if (person := life.names[entry.dir].person(id))
            ],
        }

    def _acts(self, key: LineKey, dir: int, n: int) -> set[str]:
        rows = self._record.sql(
            "SELECT DISTINCT act FROM acts"
            " WHERE line_id = ? AND inc = ? AND about_dir = ? AND about = ?",
            (*key, dir, n),
        )
        return {row["act"] for row in rows}

    def _about(self, key: LineKey, entry: EntryRow) -> dict[str, Any] | None:
        """Which message an acknowledgement is about."""
        if entry.type not in BARE_TYPES:
            return None
        rows = self._record.sql(
            "SELECT inc, about_dir, about FROM acts"
            " WHERE line_id = ? AND by_inc = ? AND dir = ? AND n = ? LIMIT 1",
            (*key, entry.dir, entry.n),
        )
        for row in rows:
            life = self._lives.get((key[0], row["inc"]))
            if life is not None:
                side = "ours" if row["about_dir"] == life.ours else "theirs"
                return {"line": life.address, "dir": side, "n": row["about"]}
        return None


def _has_all(folded: str, words: Sequence[str]) -> bool:
    return all(word in folded for word in words)


def excerpt(text: str, words: Sequence[str]) -> dict[str, Any]:
    """What stands around the first word found, and where the words are in it."""
    folded = fold(text)
    at = min((at for word in words if (at := folded.find(word)) >= 0), default=0)
    found = origin(text, at) if at else 0
    start = max(0, found - AROUND)
    end = min(len(text), found + 2 * AROUND)
    shown = text[start:end]
    return {
        "excerpt": shown,
        "hits": [list(span) for span in hits(shown, words)],
        "begins": start == 0,
        "ends": end == len(text),
    }
