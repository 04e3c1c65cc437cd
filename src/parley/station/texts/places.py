"""Where in a message words may stand: in what it says, and in what stands beside it.

Beside it are its translations, which are this station's own, and the names and texts of its
attachments. They may come later than the message. Each place has a number within its message, by
which the index of words knows it (`store/words.py`); what stands there is read from the record and
the station's own tables each time it is shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from parley.catalogue.files import SHOWN, TEXT
from parley.core.entry import Key, Type, read_body
from parley.core.kept import EntryRow
from parley.core.wire import Value
from parley.evidence.attached import FILES_MAX, Named, read_named
from parley.station.entries.files import read_bytes
from parley.store.reading import Reader

# Numbers: 0 is what the entry says; from 1 on names of its files in their order, from 17 on their
# texts, from 33 on translations by their own numbers.
SAID = 0
_TEXTS, _TRANSLATIONS = 16, 32
PLACES_MAX = 32  # of one entry that are looked at: all but translations, and the newest of those
_STAGES = ("official", "rough", "sight")  # in the order in which people ask for them

LineKey = tuple[bytes, int]


@dataclass(frozen=True, slots=True)
class Place:
    """What stands at one place of an entry, and what is said of it where it was found."""

    told: dict[str, Any]
    text: str
    rank: tuple[int, int, int]  # in which order places are told


def name_of(file: int) -> int:
    """The place of the name of a file, counted from 1."""
    return file


def text_of(file: int) -> int:
    """The place of the text of a file, counted from 1."""
    return _TEXTS + file


def translation_of(id: int) -> int:
    """The place of a translation."""
    return _TRANSLATIONS + id


def read(record: Reader, key: LineKey, entry: EntryRow, places: Sequence[int]) -> list[Place]:
    """What stands at these places now, in the order in which it is told; what is not there any
    more, as a translation that was amended, is left out."""
    first = sorted(places, key=lambda place: (place > _TRANSLATIONS, -place))[:PLACES_MAX]
    found = [_read(record, key, entry, place) for place in first]
    return sorted((each for each in found if each), key=lambda each: each.rank)


def _read(record: Reader, key: LineKey, entry: EntryRow, place: int) -> Place | None:
    if place == SAID:
        return Place({"in": "text"}, "\n".join(words_of(entry)), (0, 0, 0))
    if place > _TRANSLATIONS:
        return _translation(record, key, entry, place - _TRANSLATIONS)
    file = place - _TEXTS if place > _TEXTS else place
    files = named_in(entry)
    if not 1 <= file <= len(files):
        return None
    named = files[file - 1]
    if place <= FILES_MAX:
        told = {"in": "attachment name", "attachment": file, "name": named.name}
        return Place(told, named.name, (2, file, 0))
    text = text_in(record, key[0], entry.dir, named)
    told = {"in": "attachment", "attachment": file, "name": named.name}
    return None if text is None else Place(told, text, (3, file, 0))


def _translation(record: Reader, key: LineKey, entry: EntryRow, id: int) -> Place | None:
    rows = record.sql(
        "SELECT t.*, p.name, p.office FROM translations t LEFT JOIN persons p ON p.id = t.person"
        " WHERE t.id = ?1 AND t.line_id = ?2 AND t.inc = ?3 AND t.dir = ?4 AND t.n = ?5"
        " AND NOT EXISTS (SELECT 1 FROM translations WHERE amends = ?1)",
        (id, *key, entry.dir, entry.n),
    )
    for row in rows:
        told = {
            "in": "translation",
            "translation": id,
            "stage": row["stage"],
            "language": row["language"],
            "by": {"id": row["person"], "name": row["name"], "office": row["office"]},
            "at": row["at"],
        }
        return Place(told, row["text"], (1, _STAGES.index(row["stage"]), -id))
    return None


# --- what an entry says, and which files go with it


def words_of(entry: EntryRow) -> list[str]:
    """All that people wrote in an entry: subject and payload. What cannot be read has none."""
    content = read_body(entry.type, entry.marks, entry.body)
    if content is None:
        return []
    return _texts([content.header.get(Key.SUBJECT), content.payload])


def _texts(value: Value) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        value = [each for pair in value.items() for each in pair]
    return [text for each in value for text in _texts(each)] if isinstance(value, list) else []


def named_in(entry: EntryRow) -> list[Named]:
    """The files that go with a message."""
    if entry.type != Type.TEXT:
        return []
    content = read_body(entry.type, entry.marks, entry.body)
    header: Mapping[Value, Value] = content.header if content else {}
    return read_named(header) or []


def text_in(record: Reader, line_id: bytes, dir: int, named: Named) -> str | None:
    """The words of a file, where it is a text that may be shown; else None."""
    if named.media != TEXT:
        return None
    rows = record.sql(
        "SELECT 1 FROM files WHERE line_id = ? AND dir = ? AND sha256 = ?"
        " AND size = ? AND media = ? AND held = size AND verdict = ?",
        (line_id, dir, named.sha256, named.size, named.media, SHOWN),
    )
    if not rows:
        return None
    data = read_bytes(record, line_id, dir, named.sha256)[: named.size]
    return data.decode(errors="replace")
