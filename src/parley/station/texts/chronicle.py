"""What happened when, across lines: the timeline of an incident, and the log of a day.

Both are made beside the loop from the record, and found by the index of words. Every row has two
times: our clock, when this station kept it, and the clock of whoever said it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from parley.core.errors import Misused
from parley.station.acts.fields import field
from parley.station.acts.operations import Beside, operation
from parley.station.acts.person import READERS, Person
from parley.station.texts.finding import Life, Search, asked, lives_of, moment
from parley.station.texts.indexing import catch_up
from parley.station.texts.places import LineKey
from parley.store.reading import Reader
from parley.store.words import Query, word_index

if TYPE_CHECKING:
    from parley.station.station import Station

ROWS_MAX = 500  # of messages in a timeline
DAY_ROWS_MAX = 5000  # of entries in a day; the record itself has no such limit
_DAY = re.compile(r"\d{4}-\d\d-\d\d")


@operation("timeline", roles=READERS, reads=True, setup=True)
def timeline(
    station: Station,
    who: Person,
    *,
    words: str = "",
    line: str | None = None,
    dir: str | None = None,
    precedence: str | None = None,
    status: str | None = None,
    since: str | None = None,
    until: str | None = None,
    person: str | None = None,
) -> Beside:
    """The messages that a search finds, on all lines, with what became of each; oldest first."""
    lives = lives_of(station, line)
    query = replace(
        asked(lives, words, dir, precedence, status, since, until, person), messages=True, after=0
    )
    home, reader, party = station.home.path, station.store.reader, station.home.party

    def work() -> dict[str, Any]:
        with word_index(home) as index, reader() as record:
            behind = catch_up(index, record)
            search = Search(index, record, lives, query, whole=True)
            found = search.page(ROWS_MAX)
            rows = [*found["found"]]
            for each in found["found"]:
                rows += _stages(record, lives, each, search)
            rows.sort(key=lambda row: (row["kept"], row["entry"], not row["is_message"]))
            more = found["next"] is not None
            words = list(query.words)
            return {"party": party, "rows": rows, "more": more, "words": words, "behind": behind}

    return Beside(work)


def _stages(
    record: Reader, lives: Mapping[LineKey, Life], message: dict[str, Any], search: Search
) -> list[dict[str, Any]]:
    """What people did with a message, as rows of their own."""
    key, life = _life(lives, message)
    dir = life.ours if message["dir"] == "ours" else 1 - life.ours
    rows = record.sql(
        "SELECT * FROM acts WHERE line_id = ? AND inc = ? AND about_dir = ? AND about = ?"
        " AND n >= 0 AND act NOT IN ('displayed', 'answered', 'corrected by', 'retracted by')",
        (*key, dir, message["n"]),
    )
    carried = ("line", "line_name", "counterpart", "precedence", "status", "entry")
    return [
        {
            **{name: message[name] for name in carried},
            "kind": row["act"],
            "dir": "ours" if row["dir"] == life.ours else "theirs",
            "n": row["n"],
            "about": {name: message[name] for name in ("line", "dir", "n")},
            "kept": row["at_ours"],
            "time": row["at_theirs"],
            "by": [
                person
                for id in [row["person"]]
                if id is not None and (person := life.names[row["dir"]].person(id))
            ],
            "text": row["detail"] or None,
            "is_message": False,
            "retracted": False,
            "supplied": search.supplied((key[0], row["by_inc"])).view(row["dir"], row["n"]),
        }
        for row in rows
    ]


def _life(lives: Mapping[LineKey, Life], message: dict[str, Any]) -> tuple[LineKey, Life]:
    return next((key, life) for key, life in lives.items() if life.address == message["line"])


def _day(date: str) -> tuple[float, float]:
    """When that day begins and ends."""
    with suppress(Misused):
        begins, ends = moment(date), moment(date, end=True)
        if begins is not None and ends is not None and _DAY.fullmatch(date.strip()):
            return begins, ends
    raise Misused(f"{date!r:.40} is no day.", "Write it as 2026-11-29; days are UTC.")


@operation("daylog", roles=READERS, reads=True, setup=True)
def daylog(station: Station, who: Person, *, date: str, line: str | None = None) -> Beside:
    """All that joined the record on a day, UTC by our clock, oldest first; and how the logs and the
    audit trail stood when it ended."""
    with field("date"):
        begins, ends = _day(date)
    lives = lives_of(station, line)
    query = Query(lines=tuple(lives), since=begins, until=ends, after=0)
    home, reader, party = station.home.path, station.store.reader, station.home.party

    def work() -> dict[str, Any]:
        with word_index(home) as index, reader() as record:
            behind = catch_up(index, record)
            found = Search(index, record, lives, query, whole=True).page(DAY_ROWS_MAX)
            rows = sorted(found["found"], key=lambda row: (row["kept"], row["entry"]))
            return {
                "party": party,
                "date": date.strip(),
                "rows": rows,
                "more": found["next"] is not None,
                "behind": behind,
                "heads": _heads(record, lives, ends),
                "trail": _trail(record, ends),
            }

    return Beside(work)


def _heads(record: Reader, lives: Mapping[LineKey, Life], ends: float) -> list[dict[str, Any]]:
    """Size and root of each log as it was then."""
    heads: list[dict[str, Any]] = []
    for key, life in lives.items():
        for dir in (life.ours, 1 - life.ours):
            last = record.sql(
                "SELECT n, root FROM entries WHERE line_id = ? AND inc = ? AND dir = ? AND wall < ?"
                " ORDER BY n DESC LIMIT 1",
                (*key, dir, ends),
            )
            if last:
                heads.append(
                    {
                        "line": life.address,
                        "line_name": life.name,
                        "counterpart": life.counterpart,
                        "dir": "ours" if dir == life.ours else "theirs",
                        "size": last[0]["n"] + 1,
                        "root": bytes(last[0]["root"]).hex(),
                    }
                )
    return heads


def _trail(record: Reader, ends: float) -> dict[str, Any] | None:
    """The audit trail's newest row then."""
    rows = record.sql("SELECT id, hash FROM trail WHERE at < ? ORDER BY id DESC LIMIT 1", (ends,))
    return {"row": rows[0]["id"], "hash": bytes(rows[0]["hash"]).hex()} if rows else None
