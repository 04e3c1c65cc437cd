"""Which entries are here by the other side's evidence, since they were lost with a disk.

They are in the record as all others, and shown as what they are: supplied; and where no signature
but the other side's own word shows whose they are, that too. Source: spec/resume.md N14.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.core.entry import Content, Type, read_body
from parley.core.kept import EntryRow
from parley.station.entries import messages
from parley.station.line import roster
from parley.station.line.lines import OpenLine
from parley.store.reading import Reading

if TYPE_CHECKING:
    from parley.station.station import Station


SPEAK_OF_NOTHING = frozenset((Type.SERVICE, Type.ROSTER, Type.CHAT, Type.FILE_PIECE))


@dataclass(frozen=True, slots=True)
class Supplied:
    """What was supplied of both logs of one incarnation."""

    runs: Mapping[int, tuple[int, int, int, float]]  # by direction: from, up to, proved below, when

    @classmethod
    def of(cls, store: Reading, key: tuple[bytes, int]) -> Supplied:
        """As it is kept."""
        rows = store.sql("SELECT * FROM supplied WHERE line_id = ? AND inc = ?", key)
        return cls({row["dir"]: (row["n"], row["upto"], row["proved"], row["at"]) for row in rows})

    def view(self, dir: int, n: int) -> dict[str, Any] | None:
        """When an entry was supplied, and whether it rests on their word alone; None where it was
        heard or said here."""
        first, upto, proved, at = self.runs.get(dir, (0, 0, 0, 0.0))
        return {"at": at, "by_word": n >= proved} if first <= n < upto else None

    def by_word(self, dir: int, n: int) -> bool:
        """Whether their word alone says that this was said."""
        found = self.view(dir, n)
        return found is not None and bool(found["by_word"])

    def count(self, dir: int) -> dict[str, int]:
        """How many entries of a log, and how many of them rest on their word alone."""
        first, upto, proved, _ = self.runs.get(dir, (0, 0, 0, 0.0))
        return {"entries": upto - first, "by_word": upto - max(first, min(proved, upto))}


def without_their_word(store: Reading, open_line: OpenLine, acts: Iterable[Any]) -> list[Any]:
    """What was said of a message, but for what we said by the other side's word alone: that holds
    nobody here back from doing it (spec/resume.md N14)."""
    known: dict[int, Supplied] = {}

    def by_word(act: Any) -> bool:
        inc = act["by_inc"]
        if inc not in known:
            known[inc] = Supplied.of(store, (open_line.id, inc))
        return known[inc].by_word(act["dir"], act["n"])

    return [act for act in acts if act["dir"] != open_line.ours or not by_word(act)]


# --- in the record again


def joins(
    station: Station,
    open_line: OpenLine,
    entry: EntryRow,
    content: Content | None,
    proved: bool,
) -> None:
    """An entry of either side that was lost here stands in the record again: nothing rings, but a
    clock runs where nobody had dealt with it (spec/resume.md N9). That somebody here had done so
    must be `proved` by our own signature, else it is the other side's word (N14)."""
    at = open_line.current
    at.calls = at.minutes = at.openings = at.tested = None  # read anew when asked for
    found: list[messages.About] = []
    if entry.type not in messages.NOT_MESSAGES:
        messages.remember(
            station, open_line, entry, None if entry.dir == open_line.ours else content
        )
        found = messages.references(open_line, entry.dir, entry.type, content) if content else []
    elif content is not None and entry.type in messages.ACTS:
        found = messages.acts_of(station, open_line, entry, content)
        if entry.type == Type.DISPLAYED:
            messages.displayed(station, open_line, entry, content.payload, open_line.inc)
    elif content is not None and entry.type == Type.ROSTER and entry.dir != open_line.ours:
        roster.hear(station.store, open_line, content)
    for about, act in found:
        deals = proved or entry.dir != open_line.ours
        messages.index(station, about, entry, act, open_line.inc, deals=deals)


def spoken_of(station: Station, open_line: OpenLine) -> None:
    """What entries of later incarnations say about messages of one that has just been supplied: it
    was heard when these were not here."""
    store = station.store
    for life in open_line.current.lives:
        if life.inc <= open_line.inc:
            continue
        known = Supplied.of(store, life.key)
        for entry in store.walk(*life.key):  # by pages: pieces of files are long
            content = read_body(entry.type, entry.marks, entry.body)
            if content is None or entry.type in SPEAK_OF_NOTHING:
                continue
            if entry.type == Type.DISPLAYED:
                messages.displayed(station, life, entry, content.payload, life.inc)
                continue
            if entry.type in messages.ACTS:
                found = messages.acts_of(station, life, entry, content)
            else:
                found = messages.references(life, entry.dir, entry.type, content)
            for about, act in found:
                if about is open_line:
                    deals = entry.dir != life.ours or not known.by_word(entry.dir, entry.n)
                    messages.index(station, about, entry, act, life.inc, deals=deals)
