"""Sound on the link: each datagram repeats the frames before it, since nobody waits for lost
sound (X11).

WebCodecs conceals no lost Opus packet and decodes no in-band correction, so the frame itself goes
again: three in each datagram, two on a narrow link, one below 60 kbit/s.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from parley.conference.frame import Header, Kind
from parley.core.errors import Malformed, Refused

FRAMES_MAX: Final = 3  # in a datagram
STREAMS_MAX: Final = 16
REORDER_S: Final = 0.05  # a frame that is missing is waited for so long
WAITING_MAX: Final = 4  # frames behind a gap; with more the gap is passed

_LENGTH: Final = struct.Struct(">H")
Stream = tuple[int, int, int]  # sender, track, epoch


def stream_of(header: Header) -> Stream:
    """Which sequence a frame belongs to."""
    return header.sender, header.track, header.epoch


class SoundOut:
    """What was sent last of each track, for the datagrams that follow."""

    def __init__(self) -> None:
        self._last: dict[Stream, deque[bytes]] = {}

    def pack(self, header: Header, frame: bytes, frames: int, bytes_max: int) -> bytes:
        """The body of a datagram with this frame and up to `frames` - 1 before it, newest last;
        empty when it fits no datagram."""
        key = stream_of(header)
        last = self._last.pop(key, None) or deque(maxlen=FRAMES_MAX - 1)
        chosen, room = [frame], bytes_max - 1 - _LENGTH.size - len(frame)
        if room < 0:
            self._last[key] = last
            return b""
        for before in list(reversed(last))[: frames - 1]:
            room -= _LENGTH.size + len(before)
            if room < 0:
                break
            chosen.insert(0, before)
        last.append(frame)
        self._last[key] = last  # last in order: the stream used longest ago goes first
        if len(self._last) > STREAMS_MAX:
            del self._last[next(iter(self._last))]
        parts = [_LENGTH.pack(len(each)) + each for each in chosen]
        return bytes((len(chosen),)) + b"".join(parts)


def unpack(body: bytes) -> list[tuple[Header, bytes]]:
    """The frames of a datagram, oldest first; Malformed when it has another form."""
    if not body or not 0 < body[0] <= FRAMES_MAX:
        raise Malformed("a datagram of sound without its count", rule="X11")
    frames: list[tuple[Header, bytes]] = []
    at = 1
    for _ in range(body[0]):
        if at + _LENGTH.size > len(body):
            raise Malformed("a datagram of sound that breaks off", rule="X11")
        start = at + _LENGTH.size
        at = start + int(_LENGTH.unpack_from(body, at)[0])
        if at > len(body):
            raise Malformed("a datagram of sound that breaks off", rule="X11")
        frame = body[start:at]
        try:
            header = Header.parse(frame)
        except Refused as error:
            raise Malformed(f"sound that is no frame: {error}", rule="X11") from error
        if header.kind is not Kind.SOUND:
            raise Malformed("a picture among sound", rule="X11")
        frames.append((header, frame))
    if at != len(body):
        raise Malformed("bytes behind the last frame of sound", rule="X11")
    return frames


@dataclass(slots=True)
class _Track:
    """One sequence as it comes."""

    next: int
    waiting: dict[int, tuple[float, bytes]] = field(default_factory=dict)


class SoundIn:
    """Frames of sound, put in order."""

    def __init__(self) -> None:
        self.lost = 0  # frames that never came
        self._tracks: dict[Stream, _Track] = {}

    def take(self, header: Header, frame: bytes, now: float) -> list[bytes]:
        """A frame came, for the first time or again: those that may be given on."""
        key = stream_of(header)
        track = self._tracks.get(key)
        if track is None:
            track = self._tracks[key] = _Track(header.sequence)
            if len(self._tracks) > STREAMS_MAX:
                del self._tracks[next(iter(self._tracks))]
        if header.sequence < track.next or header.sequence in track.waiting:
            return []
        track.waiting[header.sequence] = (now, frame)
        return self._ready(track, now)

    def tick(self, now: float) -> list[bytes]:
        """Frames that have waited long enough for one before them."""
        return [frame for track in self._tracks.values() for frame in self._ready(track, now)]

    def _ready(self, track: _Track, now: float) -> list[bytes]:
        ready: list[bytes] = []
        while track.waiting:
            held = track.waiting.pop(track.next, None)
            if held is not None:
                ready.append(held[1])
                track.next += 1
                continue
            first = min(track.waiting)
            if len(track.waiting) <= WAITING_MAX and now - track.waiting[first][0] < REORDER_S:
                break
            self.lost += first - track.next
            track.next = first
        return ready
