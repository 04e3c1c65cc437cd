"""A page's own frames, given back to it: what a seat rehearses with before a call.

Sans-I/O: the socket hands in what came and takes out what is to go. Nothing here ends a
connection, waits, or holds more than the limits below (spec/media.md M8, M9).
"""

from __future__ import annotations

import json
from collections import Counter, deque
from typing import Any, Final

from parley.conference.frame import Header, Kind
from parley.core.errors import Refused

SOUND_WAITING_MAX: Final = 25  # frames: half a second
PICTURE_BYTES_WAITING_MAX: Final = 524_288
RATE_BYTES_S: Final = 1_500_000  # twelve megabits, eight times the best picture of a call
FRAME_COST_BYTES: Final = 1_000  # so that a flood of small frames is a flood too
WORD_BYTES_MAX: Final = 256
KEY_REQUEST_S: Final = 0.3  # a key frame is large: asked for more often it would fill the link

DROPPED: Final = ("malformed", "oversized", "foreign", "repeated", "too fast", "waiting")


class Loop:
    """One seat's loop through its own station, from one opening of the socket to its end."""

    def __init__(self, now: float) -> None:
        self.came = Counter[str]()  # frames and bytes
        self.went = Counter[str]()
        self.dropped = Counter[str]()  # by the reasons above
        self._newest: dict[tuple[Kind, int, int], int] = {}
        self._sound: deque[bytes] = deque()
        self._pictures: deque[bytes] = deque()
        self._picture_bytes = 0
        self._needs_key = False
        self._asked_key_at = -KEY_REQUEST_S
        self._asks_key = False
        self._credit = float(RATE_BYTES_S)
        self._counted_at = now

    def take(self, frame: bytes, now: float) -> None:
        """A frame came, monotonic seconds. It waits to be given back, or is dropped and counted."""
        self.came["frames"] += 1
        self.came["bytes"] += len(frame)
        reason = self._reason(frame, now)
        if reason:
            self.dropped[reason] += 1

    def hear(self, word: str, now: float) -> None:
        """A word of the page. It can ask for a key frame; anything else is counted."""
        if len(word) <= WORD_BYTES_MAX and word == '{"t":"key"}':
            self._ask_key(now)
        else:
            self.dropped["malformed"] += 1

    def next(self) -> bytes | str | None:
        """What goes to the page next: a word, then sound, then pictures."""
        if self._asks_key:
            self._asks_key = False
            return '{"t":"key"}'
        if self._sound:
            frame = self._sound.popleft()
        elif self._pictures:
            frame = self._pictures.popleft()
            self._picture_bytes -= len(frame)
        else:
            return None
        self.went["frames"] += 1
        self.went["bytes"] += len(frame)
        return frame

    def counts(self) -> dict[str, Any]:
        """What came, went and was dropped, since the socket was opened."""
        dropped = {reason: self.dropped[reason] for reason in DROPPED}
        return {"came": dict(self.came), "went": dict(self.went), "dropped": dropped}

    def told(self) -> str:
        """The same as a word to the page."""
        return json.dumps({"t": "counts", **self.counts()}, separators=(",", ":"))

    def _reason(self, frame: bytes, now: float) -> str:
        """Why a frame is dropped; nothing where it waits."""
        if not self._affordable(len(frame), now):
            return "too fast"
        try:
            header = Header.parse(frame)
        except Refused as error:
            return error.kind
        if header.party or header.sender:
            return "foreign"  # in a loop nobody else is there
        track = (header.kind, header.track, header.epoch)
        if header.sequence <= self._newest.get(track, -1):
            return "repeated"
        if track not in self._newest and len(self._newest) >= 16:
            return "foreign"  # more tracks than any page has
        self._newest[track] = header.sequence
        return self._keep(header, frame, now)

    def _affordable(self, size: int, now: float) -> bool:
        spent = now - self._counted_at
        self._counted_at = now
        self._credit = min(RATE_BYTES_S, self._credit + RATE_BYTES_S * spent)
        if self._credit < size + FRAME_COST_BYTES:
            return False
        self._credit -= size + FRAME_COST_BYTES
        return True

    def _keep(self, header: Header, frame: bytes, now: float) -> str:
        if header.kind is Kind.SOUND:
            if len(self._sound) == SOUND_WAITING_MAX:
                self._sound.popleft()  # old sound is worth less than new
                self.dropped["waiting"] += 1
            self._sound.append(frame)
            return ""
        if self._needs_key and not header.key:
            self._ask_key(now)
            return "waiting"
        if self._picture_bytes + len(frame) > PICTURE_BYTES_WAITING_MAX:
            # Without one of them those behind it are worth nothing: all go, and a new start is due.
            self.dropped["waiting"] += len(self._pictures)
            self._pictures.clear()
            self._picture_bytes = 0
            self._needs_key = not header.key
            self._ask_key(now)
            if not header.key:
                return "waiting"
        self._needs_key = self._needs_key and not header.key
        self._pictures.append(frame)
        self._picture_bytes += len(frame)
        return ""

    def _ask_key(self, now: float) -> None:
        if now - self._asked_key_at >= KEY_REQUEST_S:
            self._asked_key_at = now
            self._asks_key = True
