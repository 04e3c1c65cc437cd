"""What a station lets in from a page, and what waits for one (spec/media.md M8, M9).

Nothing here ends a connection, waits, or holds more than the limits below.
"""

from __future__ import annotations

from collections import deque
from typing import Final

from parley.conference.frame import PICTURE_BYTES_MAX, Header, Kind
from parley.core.errors import Refused

SOUND_WAITING_MAX: Final = 25  # frames: half a second of one sender
PICTURE_BYTES_WAITING_MAX: Final = 524_288
RATE_BYTES_S: Final = 1_500_000  # twelve megabits, eight times the best picture of a call
FRAME_COST_BYTES: Final = 1_000  # so that a flood of small frames is a flood too
# Sound leaves at once whatever the link takes (X18), so that it is held to what a voice is: 24
# kbit/s in frames of 10 ms come to 21,000, with the header, the tag and this for each.
SOUND_RATE_BYTES_S: Final = 32_000
SOUND_COST_BYTES: Final = 100
# What is shown stands still or changes once a second, and each picture of it is whole.
SHOWN_RATE_BYTES_S: Final = PICTURE_BYTES_MAX
TRACKS_MAX: Final = 16  # more than any page has

Stream = tuple[int, int, int]  # party, sender, track


class Inlet:
    """What one page may send: its own frames, each once, and no flood."""

    def __init__(self, now: float, party: int = 0, sender: int = 0) -> None:
        self.party, self.sender = party, sender
        self._newest: dict[tuple[Kind, int, int], int] = {}
        self._credit = float(RATE_BYTES_S)
        self._sound_credit = float(SOUND_RATE_BYTES_S)
        self._shown_credit = 2.0 * SHOWN_RATE_BYTES_S
        self._counted_at = now

    def check(self, frame: bytes, now: float) -> Header | str:
        """The header of a frame that may pass, or why it is dropped."""
        if not self._affordable(len(frame), now):
            return "too fast"
        try:
            header = Header.parse(frame)
        except Refused as error:
            return error.kind
        if (header.party, header.sender) != (self.party, self.sender):
            return "foreign"
        if header.kind is Kind.SOUND:
            if self._sound_credit < len(frame) + SOUND_COST_BYTES:
                return "too fast"
            self._sound_credit -= len(frame) + SOUND_COST_BYTES
        if header.kind is Kind.SHOWN:
            if self._shown_credit < len(frame) + FRAME_COST_BYTES:
                return "too fast"
            self._shown_credit -= len(frame) + FRAME_COST_BYTES
        track = (header.kind, header.track, header.epoch)
        if header.sequence <= self._newest.get(track, -1):
            return "repeated"
        if track not in self._newest and len(self._newest) >= TRACKS_MAX:
            # In a call epochs come one after the other, and the oldest track is over.
            if not self.sender:
                return "foreign"
            del self._newest[next(iter(self._newest))]
        self._newest[track] = header.sequence
        return header

    def _affordable(self, size: int, now: float) -> bool:
        spent = now - self._counted_at
        self._counted_at = now
        self._credit = min(RATE_BYTES_S, self._credit + RATE_BYTES_S * spent)
        sound = self._sound_credit + SOUND_RATE_BYTES_S * spent
        self._sound_credit = min(SOUND_RATE_BYTES_S, sound)
        shown = self._shown_credit + SHOWN_RATE_BYTES_S * spent
        self._shown_credit = min(2 * SHOWN_RATE_BYTES_S, shown)
        if self._credit < size + FRAME_COST_BYTES:
            return False
        self._credit -= size + FRAME_COST_BYTES
        return True


class Outlet:
    """Frames that wait for one page to read them: sound first, then what is shown, of which the
    newest alone waits, then faces. Of too much the oldest goes."""

    def __init__(self) -> None:
        self.dropped = 0
        self._sound: deque[bytes] = deque()
        self._shown: bytes | None = None
        self._pictures: deque[tuple[Stream, bytes]] = deque()
        self._picture_bytes = 0
        self._broken: set[Stream] = set()  # go on with a key frame only

    def add(self, header: Header, frame: bytes, senders: int = 1) -> set[Stream]:
        """Let a frame wait, or drop and count it; whose next picture has to be a key frame."""
        if header.kind is Kind.SOUND:
            if len(self._sound) >= SOUND_WAITING_MAX * senders:
                self._sound.popleft()  # old sound is worth less than new
                self.dropped += 1
            self._sound.append(frame)
            return set()
        if header.kind is Kind.SHOWN:
            self.dropped += self._shown is not None  # an older one, and each is whole by itself
            self._shown = frame
            return set()
        stream = (header.party, header.sender, header.track)
        if stream in self._broken and not header.key:
            self.dropped += 1
            return {stream}
        asks: set[Stream] = set()
        if self._picture_bytes + len(frame) > PICTURE_BYTES_WAITING_MAX:
            # Without one of them those behind it are worth nothing: all go, and a new start is due.
            self.dropped += len(self._pictures)
            asks = {stream, *(each for each, _ in self._pictures)}
            self._broken |= asks
            self._pictures.clear()
            self._picture_bytes = 0
            if not header.key:
                self.dropped += 1
                return asks
        self._broken.discard(stream)
        self._pictures.append((stream, frame))
        self._picture_bytes += len(frame)
        return asks

    def next(self) -> bytes | None:
        """What goes to the page next."""
        if self._sound:
            return self._sound.popleft()
        if self._shown is not None:
            frame, self._shown = self._shown, None
            return frame
        if self._pictures:
            _, frame = self._pictures.popleft()
            self._picture_bytes -= len(frame)
            return frame
        return None
