"""When a STATUS leaves, when they last echoed one of ours, and which counters are still free.

A heartbeat is due whatever happens, a STATUS soon after something moved; what is repeated until it
is acted on has a beat of its own, because on a line that is never quiet no heartbeat is ever due.
Source: spec/line.md L11, L20, L21, L24.
"""

from __future__ import annotations

from collections.abc import Mapping

from parley.core.kept import Change
from parley.core.packets import COUNTER_LAST, COUNTER_MAX, Kind
from parley.core.seal import Epoch, associated, packet_locator
from parley.core.speaking import PACKET, frame
from parley.core.terms import Instant, Terms
from parley.core.wire import Value, encode, u32

STATUS_GAP_S = 0.020  # on a fast bearer
STATUS_SENT_MAX = 4096  # remembered until they echo one (L24)
COUNTER_SKIP = 1 << 16  # each start skips these, so that an image repeats none of its own start
COUNTER_BLOCK = 1 << 12


class Pulse:
    """The rhythm of our packets; all of it is of this start only."""

    def __init__(self, heartbeat_s: float) -> None:
        self._heartbeat_s = heartbeat_s
        self._due_at: float | None = None
        self._status_at = self._repeated_at = float("-inf")
        self._sent: dict[int, float] = {}  # by counter of a STATUS
        self.heard_at: float | None = None  # when our newest STATUS left that they have echoed
        self.received_at: float | None = None

    def path_up(self, now: Instant) -> None:
        """A heartbeat is due at once, and everything that is repeated."""
        self._due_at = now.mono
        self._status_at = self._repeated_at = float("-inf")

    def soon(self, now: Instant, wait_s: float = 0.0) -> None:
        """Something has moved: a STATUS is due after so long."""
        due = max(now.mono + wait_s, self._status_at + STATUS_GAP_S)
        if self._due_at is None or due < self._due_at:
            self._due_at = due

    def status_due(self, now: Instant) -> bool:
        """Whether a STATUS is to leave now."""
        heartbeat = now.mono >= self._status_at + self._heartbeat_s
        return heartbeat or (self._due_at is not None and now.mono >= self._due_at)

    def status_tried(self, now: Instant) -> None:
        """None is due until something moves, or a heartbeat has passed (L20)."""
        self._status_at, self._due_at = now.mono, None

    def status_sent(self, counter: int, now: Instant) -> None:
        """Remember when one left, until it is echoed (L24)."""
        self._sent[counter] = now.mono
        if len(self._sent) > STATUS_SENT_MAX:
            del self._sent[next(iter(self._sent))]

    def repeat(self, now: Instant) -> bool:
        """Whether what is repeated is due again; it is then done (L12, L25)."""
        if now.mono < self._repeated_at + self._heartbeat_s:
            return False
        self._repeated_at = now.mono
        return True

    def received(self, echo: int, now: Instant) -> None:
        """A STATUS of theirs has come, with what they echo."""
        self.received_at = now.mono
        if echo in self._sent:
            sent = self._sent[echo]
            self.heard_at = max(sent, self.heard_at or sent)  # L21
            self._sent = {c: t for c, t in self._sent.items() if c >= echo}

    def wake_at(self) -> float:
        """The monotonic second at which something is due."""
        beat = min(self._status_at, self._repeated_at) + self._heartbeat_s
        return beat if self._due_at is None else min(beat, self._due_at)


class Counters:
    """Which packet of its kind each is: a number that no start of ours has used (L11)."""

    def __init__(self, cells: Mapping[str, Value]) -> None:
        self._reserved: dict[int, int] = cells.get("counters", {})
        self._last: dict[int, int] = {
            kind: top + COUNTER_SKIP for kind, top in self._reserved.items()
        }

    def last(self, kind: Kind) -> int:
        """The number of our newest packet of this kind, 0 before the first."""
        return self._last.get(kind, 0)

    @property
    def used_up(self) -> bool:
        """Whether this incarnation is over."""
        return any(last >= COUNTER_MAX for last in self._last.values())

    def seal(self, kind: Kind, plain: bytes, epoch: Epoch, terms: Terms, change: Change) -> bytes:
        """A packet as a frame, under a counter that was durably reserved."""
        counter = self.last(kind) + 1
        self._last[kind] = counter
        if counter > self._reserved.get(kind, 0):
            self._reserved[kind] = min(counter + COUNTER_BLOCK, COUNTER_LAST)
            change.cells["counters"] = encode(self._reserved)
        aad = associated(*terms.place(terms.side), epoch.e, None, epoch.et)
        sealed = epoch.seal_packet(kind, counter, aad, plain)
        return frame(PACKET, packet_locator(epoch.kl, kind) + u32(counter) + sealed)
