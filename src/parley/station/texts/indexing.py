"""How the index of words learns of what there is to find (`store/words.py`).

Whoever searches lets it catch up first, in a thread beside the loop: with the entries that joined
the record since, with the translations that were written since, and with the texts of attachments
that have come whole since and may be shown. All of it is read from the record and the station's own
tables, and nothing of it is ever told to the index by who writes it: an index that is lost, or of
another copy of the record, is made anew.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from parley.catalogue.files import SHOWN, TEXT
from parley.core.entry import Key, Type, read_body
from parley.core.errors import ParleyError
from parley.core.kept import EntryRow
from parley.core.wire import Value
from parley.evidence.attached import read_piece
from parley.station.entries import messages
from parley.station.texts.places import (
    LineKey,
    name_of,
    named_in,
    text_in,
    text_of,
    translation_of,
    words_of,
)
from parley.store.folding import fold
from parley.store.reading import Reader
from parley.store.words import File, Indexed, WordIndex, row_of, word_index

if TYPE_CHECKING:
    from parley.station.station import Station

# Of one search and of one transaction: what a search waits for at most, some seconds.
CAUGHT_UP_MAX = 20_000
SLICE_ENTRIES = 128  # at most 8 MiB of texts in memory
FILES_AT_ONCE = 4  # at most 8 MiB
LEFT_TO_SEARCHES = 1000  # entries: a search takes in so many in passing
# Names of people and desks, and what machines say to each other, are not looked for.
NOT_INDEXED = frozenset((Type.ROSTER, Type.SERVICE, Type.DISPLAYED))


def catch_up(index: WordIndex, record: Reader, most: int = CAUGHT_UP_MAX) -> int:
    """Take in what there is since; how many entries and translations are still to come."""
    done = 0
    while done < most:
        upto, leaf = index.upto()
        if not _stands(record, upto, leaf) or not _translation_stands(record, index):
            index.begin_anew()
            continue
        taken = _take_entries(index, record, upto) or _take_translations(index, record)
        if not taken:
            break
        done += taken
    _take_files(index, record, most)
    left = record.sql("SELECT count(*) FROM entries WHERE id > ?", (index.upto()[0],))
    more = record.sql("SELECT count(*) FROM translations WHERE id > ?", (index.translations()[0],))
    return int(left[0][0]) + int(more[0][0])


async def catch_up_beside(station: Station) -> None:
    """After a start on a record that was never indexed, as one of an earlier Parley, or that is far
    behind: slice by slice in a thread, so that the first search finds it done."""
    home, reader = station.home.path, station.store.reader
    entries = station.store.sql("SELECT coalesce(max(id), 0) FROM entries")[0][0]
    if entries < LEFT_TO_SEARCHES:
        return

    def work() -> int:
        with word_index(home) as index, reader() as record:
            return catch_up(index, record, SLICE_ENTRIES)

    loop = asyncio.get_running_loop()
    with suppress(ParleyError):  # the first search says what is wrong
        while await loop.run_in_executor(None, work):
            pass


# --- entries


def _stands(record: Reader, entry: int, leaf: bytes) -> bool:
    """Whether the last entry that was taken in is still the one of that number: a database that was
    brought back from a backup may hold another."""
    if not entry:
        return True
    found = record.sql("SELECT leaf FROM entries WHERE id = ?", (entry,))
    return bool(found) and bytes(found[0]["leaf"]) == leaf


def _take_entries(index: WordIndex, record: Reader, upto: int) -> int:
    """The next slice of entries; how many they are."""
    joined = record.joined(upto, SLICE_ENTRIES)
    if not joined:
        return 0
    rows: list[Indexed] = []
    files: list[tuple[File, int, int]] = []
    due: set[File] = set()
    for id, key, entry in joined:
        if entry.type not in NOT_INDEXED:
            rows.append(said := _indexed(id, key, entry))
            for file, named in enumerate(named_in(entry), 1):
                rows.append(replace(said, place=name_of(file), text=fold(named.name)))
                if named.media == TEXT:
                    files.append(((key[0], entry.dir, named.sha256), id, text_of(file)))
        due.update(_file_of(key, entry))
    index.add(upto, rows, joined[-1][0], joined[-1][2].leaf, files, due)
    return len(joined)


def _file_of(key: LineKey, entry: EntryRow) -> Iterator[File]:
    """The file of which an entry is a piece."""
    if entry.type == Type.FILE_PIECE:
        content = read_body(entry.type, entry.marks, entry.body)
        piece = read_piece(content.payload) if content else None
        if piece is not None:
            yield key[0], entry.dir, piece.sha256


def _indexed(id: int, key: LineKey, entry: EntryRow) -> Indexed:
    content = read_body(entry.type, entry.marks, entry.body)
    header: dict[Value, Value] = content.header if content else {}
    releasers = header.get(Key.RELEASERS)
    named = [header.get(Key.DRAFTER), *(releasers if isinstance(releasers, list) else [])]
    if entry.type == Type.OPENED and content and isinstance(content.payload, list):
        named += content.payload[1:2]
    return Indexed(
        id,
        entry.leaf,
        *key,
        entry.dir,
        entry.n,
        entry.type,
        entry.marks >> 6,
        entry.marks >> 3 & 7,
        entry.wall,
        entry.type not in messages.NOT_MESSAGES,
        frozenset(each for each in named if isinstance(each, int) and messages.is_number(each)),
        fold("\n".join(words_of(entry))),
    )


# --- translations


def _translation_stands(record: Reader, index: WordIndex) -> bool:
    """As of an entry: ids of translations that a backup did not have are given again."""
    id, at = index.translations()
    if not id:
        return True
    found = record.sql("SELECT at FROM translations WHERE id = ?", (id,))
    return bool(found) and found[0]["at"] == at


def _take_translations(index: WordIndex, record: Reader) -> int:
    """The next slice of translations, and those whose messages have joined the record since; how
    many are new. One that was amended gives way."""
    before = index.early()
    since = record.sql(
        "SELECT * FROM translations WHERE id > ? ORDER BY id LIMIT ?",
        (index.translations()[0], SLICE_ENTRIES),
    )
    waited = [row for id in before for row in _translations(record, id)]
    if not since and not waited:
        return 0
    rows, gone, early = [], [], []
    for row in (*waited, *since):
        joined = _entry_of(record, row)
        if joined is None:
            early.append(row["id"])
            continue
        id, key, entry = joined
        if row["amends"] is not None:
            gone.append(row_of(id, translation_of(row["amends"])))
        if not record.sql("SELECT 1 FROM translations WHERE amends = ?", (row["id"],)):
            place = translation_of(row["id"])
            said = _indexed(id, key, entry)
            rows.append(replace(said, place=place, text=fold(row["text"])))
    if since or early != before:
        upto = (since[-1]["id"], since[-1]["at"]) if since else None
        index.add_translations(rows, gone, early, upto)
    return len(since)


def _translations(record: Reader, id: int) -> list[Any]:
    return record.sql("SELECT * FROM translations WHERE id = ?", (id,))


def _entry_of(record: Reader, row: Any) -> tuple[int, LineKey, EntryRow] | None:
    """The message of a translation, where it has joined the record."""
    found = record.sql(
        "SELECT id FROM entries WHERE line_id = ? AND inc = ? AND dir = ? AND n = ?",
        (row["line_id"], row["inc"], row["dir"], row["n"]),
    )
    return record.joined(found[0]["id"] - 1, 1)[0] if found else None


# --- texts of attachments


def _take_files(index: WordIndex, record: Reader, most: int) -> None:
    """Texts of which a piece came: those that are whole and may be shown. A text that several
    messages name is found at the first, so that nobody fills the disk by naming it."""
    due = index.files_due()[:most]
    for at in range(0, len(due), FILES_AT_ONCE):
        rows: list[Indexed] = []
        done: list[File] = []
        for file, id, place in due[at : at + FILES_AT_ONCE]:
            state = _verdict(record, file)
            if state is None:
                continue  # it is being judged
            done.append(file)
            if state == SHOWN:
                rows += _text_rows(record, id, place)
        index.add_files(rows, done)


def _verdict(record: Reader, file: File) -> str | None:
    """What a file turned out to be; empty where it is not whole, None where nobody knows yet."""
    rows = record.sql(
        "SELECT held = size AS whole, verdict FROM files"
        " WHERE line_id = ? AND dir = ? AND sha256 = ?",
        file,
    )
    if not rows or not rows[0]["whole"]:
        return ""
    verdict: str | None = rows[0]["verdict"]
    return verdict


def _text_rows(record: Reader, id: int, place: int) -> Sequence[Indexed]:
    joined: Iterable[tuple[int, LineKey, EntryRow]] = record.joined(id - 1, 1)
    for number, key, entry in joined:
        for file, named in enumerate(named_in(entry), 1):
            if text_of(file) == place:
                text = text_in(record, key[0], entry.dir, named)
                if text is not None:
                    return [replace(_indexed(number, key, entry), place=place, text=fold(text))]
    return []
