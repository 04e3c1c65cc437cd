"""Pictures on the link, in pieces that fit a datagram (X12)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Final

from parley.conference.frame import KEY, PICTURE_BYTES_MAX, Header, Kind
from parley.conference.wanted import Stream
from parley.core.errors import Malformed, Refused

PIECE_BYTES: Final = 1_080
PIECES_MAX: Final = -(-PICTURE_BYTES_MAX // PIECE_BYTES)
STREAMS_MAX: Final = 16
UNFINISHED_MAX: Final = 64  # pictures of a stream
HELD_BYTES_MAX: Final = 1 << 20  # of all of them
PATIENCE_S: Final = 0.25  # for a picture that is missing; longer on a long way

_HEAD: Final = struct.Struct(">HBIBB")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of one picture."""

    stream: Stream
    picture: int  # counts the pictures of this stream on this link
    index: int
    count: int
    data: bytes

    def to_bytes(self) -> bytes:
        """The body of a datagram. The count is less by one than the pieces, so that 256 fit."""
        return _HEAD.pack(*self.stream, self.picture, self.index, self.count - 1) + self.data

    @classmethod
    def parse(cls, body: bytes) -> Piece:
        """Read one; Malformed when it has another form."""
        if not _HEAD.size < len(body) <= _HEAD.size + PIECE_BYTES:
            raise Malformed("a piece of a picture that is empty or too long", rule="X12")
        sender, track, picture, index, last = _HEAD.unpack_from(body)
        if index > last or last >= PIECES_MAX:
            raise Malformed("a piece that no picture has", rule="X12")
        if index < last and len(body) < _HEAD.size + PIECE_BYTES:
            raise Malformed("a piece that is short and not the last", rule="X12")
        return cls((sender, track), picture, index, last + 1, body[_HEAD.size :])


class PicturesOut:
    """Cuts pictures, and counts those of each stream."""

    def __init__(self) -> None:
        self._next: dict[Stream, int] = {}

    def cut(self, header: Header, frame: bytes) -> list[bytes]:
        """A picture as bodies of datagrams."""
        stream = (header.sender, header.track)
        picture = self._next.pop(stream, 0)
        self._next[stream] = picture + 1 & 0xFFFF_FFFF
        if len(self._next) > STREAMS_MAX:
            del self._next[next(iter(self._next))]
        parts = [frame[at : at + PIECE_BYTES] for at in range(0, len(frame), PIECE_BYTES)]
        return [
            Piece(stream, picture, index, len(parts), part).to_bytes()
            for index, part in enumerate(parts)
        ]


@dataclass(slots=True)
class _Picture:
    """One picture as its pieces come."""

    since: float
    count: int
    pieces: dict[int, bytes] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        return len(self.pieces) == self.count

    @property
    def size(self) -> int:
        return sum(map(len, self.pieces.values()))

    def joined(self) -> bytes:
        return b"".join(self.pieces[index] for index in range(self.count))


@dataclass(slots=True)
class _Stream:
    """One stream as it comes."""

    next: int
    pictures: dict[int, _Picture] = field(default_factory=dict)


class PicturesIn:
    """Pieces put together, and pictures put in order."""

    def __init__(self) -> None:
        self.given_up = 0  # times that a stream went on without what was missing
        self.foreign = 0  # whole pictures that are not what they were announced as
        self._streams: dict[Stream, _Stream] = {}
        self._held = 0

    def take(self, piece: Piece, now: float) -> None:
        """A piece came, for the first time or again."""
        stream = self._streams.get(piece.stream)
        if stream is None:
            stream = self._streams[piece.stream] = _Stream(piece.picture)
            if len(self._streams) > STREAMS_MAX:
                self._forget(self._streams.pop(next(iter(self._streams))))
        if piece.picture < stream.next:
            return
        picture = stream.pictures.get(piece.picture)
        if picture is None:
            if len(stream.pictures) >= UNFINISHED_MAX:
                return
            picture = stream.pictures[piece.picture] = _Picture(now, piece.count)
        room = HELD_BYTES_MAX - self._held - len(piece.data)
        if piece.count == picture.count and piece.index not in picture.pieces and room >= 0:
            picture.pieces[piece.index] = piece.data
            self._held += len(piece.data)

    def ready(self, now: float, rtt_s: float) -> tuple[list[bytes], list[Stream]]:
        """Pictures that may be given on, in order; and the streams that need a key frame."""
        ready: list[bytes] = []
        need: list[Stream] = []
        patience_s = max(PATIENCE_S, 3 * rtt_s + 0.1)  # three times asked for
        for name, stream in self._streams.items():
            while stream.pictures:
                first = stream.pictures.get(stream.next)
                if first is not None and first.whole:
                    ready += self._whole(name, stream, stream.next)
                    stream.next += 1
                    continue
                since = min(each.since for each in stream.pictures.values())
                full = self._held >= HELD_BYTES_MAX // 2
                if now - since <= patience_s and not full:
                    break
                self.given_up += 1
                start = self._start(stream)
                if start is None:
                    start = max(stream.pictures) + 1
                    need.append(name)
                for number in [each for each in stream.pictures if each < start]:
                    self._drop(stream, number)
                stream.next = start
        return ready, need

    def _whole(self, name: Stream, stream: _Stream, number: int) -> list[bytes]:
        frame = self._drop(stream, number).joined()
        try:
            header = Header.parse(frame)
        except Refused:
            header = None
        if header is None or header.kind is not Kind.PICTURE:
            self.foreign += 1
            return []
        if (header.sender, header.track) != name:
            self.foreign += 1
            return []
        return [frame]

    def _start(self, stream: _Stream) -> int | None:
        """The oldest whole key frame there is."""
        for number in sorted(stream.pictures):
            picture = stream.pictures[number]
            if picture.whole and picture.pieces[0][2:3] == bytes((KEY,)):  # its flags (M1)
                return number
        return None

    def _drop(self, stream: _Stream, number: int) -> _Picture:
        picture = stream.pictures.pop(number)
        self._held -= picture.size
        return picture

    def _forget(self, stream: _Stream) -> None:
        for number in list(stream.pictures):
            self._drop(stream, number)
