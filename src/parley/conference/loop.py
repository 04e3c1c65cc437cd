"""A page's own frames, given back to it: what a seat rehearses with before a call.

Sans-I/O: the socket hands in what came and takes out what is to go (spec/media.md M8, M9, M12).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import Any, Final

from parley.conference.queues import Inlet, Outlet

WORD_BYTES_MAX: Final = 256
KEY_REQUEST_S: Final = 0.3  # a key frame is large: asked for more often it would fill the link

DROPPED: Final = ("malformed", "oversized", "foreign", "repeated", "too fast", "waiting")


class Loop:
    """One seat's loop through its own station, from one opening of the socket to its end."""

    def __init__(self, now: float, wake: Callable[[], None] = lambda: None) -> None:
        self.came = Counter[str]()  # frames and bytes
        self.went = Counter[str]()
        self.dropped = Counter[str]()  # by the reasons above
        self._inlet, self._outlet = Inlet(now), Outlet()
        self._asked_key_at = -KEY_REQUEST_S
        self._asks_key = False
        self._wake = wake

    def take(self, frame: bytes, now: float) -> None:
        """A frame came, monotonic seconds. It waits to be given back, or is dropped and counted."""
        self.came["frames"] += 1
        self.came["bytes"] += len(frame)
        header = self._inlet.check(frame, now)
        if isinstance(header, str):
            self.dropped[header] += 1
        else:
            if self._outlet.add(header, frame):
                self._ask_key(now)
            self._wake()

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
        frame = self._outlet.next()
        if frame is None:
            return None
        self.went["frames"] += 1
        self.went["bytes"] += len(frame)
        return frame

    def leave(self) -> None:
        """The socket is closed: nothing is left behind."""

    def counts(self) -> dict[str, Any]:
        """What came, went and was dropped, since the socket was opened."""
        self.dropped["waiting"] = self._outlet.dropped
        dropped = {reason: self.dropped[reason] for reason in DROPPED}
        return {"came": dict(self.came), "went": dict(self.went), "dropped": dropped}

    def told(self) -> str:
        """The same as a word to the page."""
        return json.dumps({"t": "counts", **self.counts()}, separators=(",", ":"))

    def _ask_key(self, now: float) -> None:
        if now - self._asked_key_at >= KEY_REQUEST_S:
            self._asked_key_at = now
            self._asks_key = True
