"""Files that go with a message: how it names them, how their pieces stand in the record.

A message names each by hash, size, media type and name (header key 16); behind it, entry by entry,
come the bytes. Nothing here looks into a file: what may be shown is decided by
`catalogue/files.py`. What lacks the form of its kind is none. Source: spec/files.md F1 to F5.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from parley.core.entry import Key, Type, read_body
from parley.core.wire import Value
from parley.evidence.sections import OnlyWhole

FILES_MAX = 8  # of one message
FILE_BYTES_MAX = 2 << 20  # a picture of two thousand pixels a side, as a rule
FILES_BYTES_MAX = 4 << 20  # of one message: half a minute at a megabit a second
PIECE_BYTES_MAX = 16_384  # what may stand before a FLASH on a path
PIECE_BYTES_MIN = 1_024  # but for the last: a liar's file is not of a million pieces
MEDIA_BYTES_MAX = 64
NAME_BYTES_MAX = 120
OPEN_MAX = 1_024  # files at once that a check of evidence follows; more are counted as not whole
READ_MAX = 65_536  # files that it has read and knows when they are named again


@dataclass(frozen=True, slots=True)
class Named:
    """One file as its message names it."""

    sha256: bytes
    size: int
    media: str
    name: str

    def value(self) -> list[Value]:
        """As it stands in the header map (F1)."""
        return [self.sha256, self.size, self.media, self.name]


def read_named(header: Mapping[Any, Value]) -> list[Named] | None:
    """The files that a header names; None where key 16 is missing or has another form (F2)."""
    value = header.get(Key.ATTACHMENTS)
    if not (isinstance(value, list) and 1 <= len(value) <= FILES_MAX):
        return None
    found = [_named(each) for each in value]
    files = [each for each in found if each is not None]
    if len(files) < len(value) or len({each.sha256 for each in files}) < len(files):
        return None
    return files if sum(each.size for each in files) <= FILES_BYTES_MAX else None


def _named(value: Value) -> Named | None:
    if not (isinstance(value, list) and len(value) == 4):
        return None
    hash, size, media, name = value
    if (
        isinstance(hash, bytes)
        and len(hash) == 32
        and type(size) is int
        and 1 <= size <= FILE_BYTES_MAX
        and isinstance(media, str)
        and isinstance(name, str)
        and len(media.encode()) <= MEDIA_BYTES_MAX
        and 1 <= len(name.encode()) <= NAME_BYTES_MAX
    ):
        return Named(hash, size, media, name)
    return None


@dataclass(frozen=True, slots=True)
class Piece:
    """Some bytes of a file, and where in it they begin."""

    sha256: bytes  # of the whole file
    start: int
    data: bytes

    @property
    def end(self) -> int:
        """Where the next piece begins."""
        return self.start + len(self.data)

    @property
    def words(self) -> str:
        """What the record shows in its place."""
        return f"bytes {self.start} to {self.end} of file {self.sha256.hex()}"

    def payload(self) -> list[Value]:
        """The payload of its entry (F3)."""
        return [self.sha256, self.start, self.data]

    def follows(self, held: int, size: int) -> bool:
        """Whether it is the next one of a file of which so much is here (F4)."""
        large = len(self.data) >= PIECE_BYTES_MIN or self.end == size
        return large and self.start == held and self.end <= size


def read_piece(payload: Value) -> Piece | None:
    """The piece of a payload; None for another form (F3)."""
    if not (isinstance(payload, list) and len(payload) == 3):
        return None
    hash, start, data = payload
    if (
        isinstance(hash, bytes)
        and len(hash) == 32
        and type(start) is int
        and 0 <= start < FILE_BYTES_MAX
        and isinstance(data, bytes)
        and 1 <= len(data) <= PIECE_BYTES_MAX
    ):
        return Piece(hash, start, data)
    return None


def cut(hash: bytes, data: bytes, start: int) -> Piece:
    """The piece of a file that begins there."""
    return Piece(hash, start, data[start : start + PIECE_BYTES_MAX])


# --- while evidence is read


@dataclass(slots=True)
class _Open:
    size: int
    held: int = 0
    hash: Any = field(default_factory=sha256)  # None where an earlier check took its first bytes


@dataclass(slots=True)
class Tally:
    """The files of a record, counted as its entries go by."""

    whole: int = 0  # all pieces are here, and give the hash that the message names
    wrong: int = 0  # all pieces are here, and give another
    _open: dict[tuple[int, bytes], _Open] = field(default_factory=dict)
    _read: set[tuple[int, bytes]] = field(default_factory=set)
    _seen: int = 0

    @property
    def missing(self) -> int:
        """Files of which not all stands in this record."""
        return self._seen - self.whole - self.wrong

    def kept(self) -> list[Value]:
        """What a later check goes on from (R21)."""
        files = [[*key, file.size, file.held] for key, file in self._open.items()]
        return [
            self.whole,
            self.wrong,
            files,
            [list(key) for key in sorted(self._read)],
            self._seen,
        ]

    @classmethod
    def going_on(cls, kept: list[Value]) -> Tally:
        """The files as they were kept."""
        whole, wrong, files, read, seen = kept
        open = {
            (dir, hash): _Open(size, held, None if held else sha256())
            for dir, hash, size, held in files
        }
        return cls(whole, wrong, open, {(dir, hash) for dir, hash in read}, seen)

    def take(self, dir: int, type: int, marks: int, body: bytes) -> None:
        """The next entry of one log."""
        if b"\x58\x20" not in body and not marks & 0x06:
            return  # no hash stands in it: a million texts are passed over at once
        content = read_body(type, marks, body)
        if content is None:
            return
        if type == Type.TEXT:
            self._name(dir, read_named(content.header) or ())
        elif type == Type.FILE_PIECE and (piece := read_piece(content.payload)):
            self._piece(dir, piece)

    def _name(self, dir: int, files: Iterable[Named]) -> None:
        for each in files:
            key = (dir, each.sha256)
            if key in self._open or key in self._read:
                continue  # named again: it crosses once (F3, F4)
            self._seen += 1
            if len(self._open) < OPEN_MAX:
                self._open[key] = _Open(each.size)

    def _piece(self, dir: int, piece: Piece) -> None:
        key = (dir, piece.sha256)
        file = self._open.get(key)
        if file is None or not piece.follows(file.held, file.size):
            return
        if file.hash is None:
            raise OnlyWhole("a file of which a part was verified before goes on")
        file.hash.update(piece.data)
        file.held = piece.end
        if file.held == file.size:
            right = file.hash.digest() == piece.sha256
            self.whole, self.wrong = self.whole + right, self.wrong + (not right)
            del self._open[key]
            if len(self._read) < READ_MAX:
                self._read.add(key)
