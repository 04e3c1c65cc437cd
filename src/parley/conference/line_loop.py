"""A page's own frames, sent to the other station and given back by it: the way a call will go.

Frames are cut into pieces, each of which asks to be given back (spec/media-link.md X20). Nothing is
repeated, so delay and loss are those of the way; how much may be sent is found as in a call.
"""

from __future__ import annotations

import json
import statistics
import struct
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from parley.conference.delay import Delay, ms_of
from parley.conference.frame import Header, Kind
from parley.conference.loop import KEY_REQUEST_S, WORD_BYTES_MAX
from parley.conference.queues import Inlet, Outlet
from parley.conference.rate import Budget, Rate
from parley.core.errors import Refused
from parley.station.call.echo import BACK, Echo
from parley.station.line.lines import OpenLine
from parley.station.line.media import ASKED, TAG_BYTES, TAG_ENDS

if TYPE_CHECKING:
    from parley.station.station import Station

TICK_S: Final = 0.1
PIECE_BYTES: Final = 1_080
GIVEN_UP_S: Final = 1.0  # a piece that is not back by then is lost
LATELY_S: Final = 5.0
KBPS_FIRST: Final = 300.0
UNFINISHED_MAX: Final = 64
SAMPLES_MAX: Final = 2_048

_HEAD: Final = struct.Struct(">IIBB")  # number, frame, index, last index


@dataclass(slots=True)
class _Frame:
    """One frame as its pieces come back."""

    pieces: dict[int, bytes] = field(default_factory=dict)


class LineLoop:
    """One seat's loop through the other station, from one opening of the socket to its end."""

    def __init__(self, station: Station, open_line: OpenLine, wake: Callable[[], None]) -> None:
        self.dropped = Counter[str]()
        now = station.clock.now().mono
        self.rate = Rate(now, KBPS_FIRST, 1_500)
        self._station, self._open_line, self._wake = station, open_line, wake
        self._inlet, self._outlet = Inlet(now), Outlet()
        self._echo = Echo(station)  # we send where we would give back
        self._words: list[str] = []
        self._asked_key_at = -KEY_REQUEST_S
        self._number = self._frame = 0
        self._frames: dict[int, _Frame] = {}
        self._under_way: dict[int, tuple[float, bytes]] = {}  # when each piece was sent, its head
        self._delay = Delay()
        self._rtts_ms: deque[tuple[float, float]] = deque(maxlen=SAMPLES_MAX)
        self._fates: deque[tuple[float, bool]] = deque(maxlen=SAMPLES_MAX)  # whether it came back
        self._sent_bytes = self._back_bytes = 0
        self._sent_kbps = self._back_kbps = 0.0
        self._lost = self._known = 0  # since the last tick
        self._heard = False
        self._budget: Budget | None = None
        self._tag = station.entropy(TAG_BYTES)
        station.carrying.media.open(open_line, self._tag, self._came)
        self._alarm = station.clock.call_at(now + TICK_S, self._tick)

    # --- from the page

    def take(self, frame: bytes, now: float) -> None:
        """A frame came. It goes to the other station in pieces, or is dropped and counted."""
        header = self._inlet.check(frame, now)
        if isinstance(header, str):
            self.dropped[header] += 1
        elif not self._echo.gives(self._open_line):
            self.dropped["line is not free"] += 1
        elif header.kind is not Kind.SOUND and self.rate.shed:
            self.dropped["shed"] += 1
        else:
            self._send(frame, now)

    def _send(self, frame: bytes, now: float) -> None:
        media, last = self._station.carrying.media, (len(frame) - 1) // PIECE_BYTES
        for index in range(last + 1):
            part = frame[index * PIECE_BYTES : (index + 1) * PIECE_BYTES]
            head = _HEAD.pack(self._number, self._frame, index, last)
            datagram = bytes((ASKED,)) + self._tag + head + part
            if not media.send(self._open_line, datagram):
                self.dropped["no path takes it"] += 1
                break  # without one piece the others are worth nothing
            self._under_way[self._number] = (now, head)
            self._number = self._number + 1 & 0xFFFF_FFFF
            self._sent_bytes += len(datagram)
        self._frame = self._frame + 1 & 0xFFFF_FFFF

    def hear(self, word: str, now: float) -> None:
        """A word of the page. It can ask for a key frame; anything else is counted."""
        if len(word) <= WORD_BYTES_MAX and word == '{"t":"key"}':
            self._ask_key(now)
        else:
            self.dropped["malformed"] += 1

    # --- from the other station

    def _came(self, datagram: bytes) -> None:
        now = self._station.clock.now().mono
        if datagram[0] != BACK or len(datagram) <= TAG_ENDS + _HEAD.size:
            self.dropped["foreign"] += 1
            return
        head = datagram[TAG_ENDS : TAG_ENDS + _HEAD.size]
        number, frame, index, last = _HEAD.unpack(head)
        sent_at, sent = self._under_way.get(number, (0.0, b""))
        if head != sent:
            self.dropped["foreign"] += 1  # not ours, back before, or not as it went
            return
        del self._under_way[number]
        self._heard = True
        self._back_bytes += len(datagram)
        self._delay.take(ms_of(sent_at), now)
        self._rtts_ms.append((now, 1000 * (now - sent_at)))
        self._fate(now, True)
        kept = self._frames.setdefault(frame, _Frame())
        kept.pieces[index] = datagram[TAG_ENDS + _HEAD.size :]
        if len(kept.pieces) == last + 1:
            del self._frames[frame]
            self._give(b"".join(kept.pieces[each] for each in range(last + 1)), now)
        while len(self._frames) > UNFINISHED_MAX:
            del self._frames[next(iter(self._frames))]

    def _give(self, frame: bytes, now: float) -> None:
        try:
            header = Header.parse(frame)
        except Refused as error:
            self.dropped[error.kind] += 1
            return
        if self._outlet.add(header, frame):
            self._ask_key(now)
        self._wake()

    def _fate(self, now: float, back: bool) -> None:
        self._fates.append((now, back))
        self._known += 1
        self._lost += not back

    # --- time

    def _tick(self) -> None:
        now = self._station.clock.now().mono
        for number in [n for n, (at, _) in self._under_way.items() if now - at > GIVEN_UP_S]:
            del self._under_way[number]
            self._fate(now, False)
        self._sent_kbps = self._sent_bytes * 8 / 1000 / TICK_S
        self._back_kbps = self._back_bytes * 8 / 1000 / TICK_S
        if self._known and self._heard:
            self.rate.report(
                now,
                queue_ms=self._delay.queue_ms(now),
                lost=self._lost / self._known,
                received_kbps=self._back_kbps,
                sent_kbps=self._sent_kbps,
            )
        self._sent_bytes = self._back_bytes = self._lost = self._known = 0
        self.rate.tick(now, (self._rtt_ms(now) or 0.0) / 1000)
        budget = self.rate.budget()
        if budget != self._budget:
            self._budget = budget
            self._say({"t": "budget", **asdict(budget)})
        self._alarm = self._station.clock.call_at(now + TICK_S, self._tick)

    def _rtt_ms(self, now: float) -> float | None:
        lately = [ms for at, ms in self._rtts_ms if now - at <= LATELY_S]
        return round(statistics.median(lately), 1) if lately else None

    # --- to the page

    def next(self) -> bytes | str | None:
        """What goes to the page next: words, then sound, then pictures."""
        return self._words.pop(0) if self._words else self._outlet.next()

    def told(self) -> str:
        """Once a second: what was dropped, and what the way is like."""
        return json.dumps(
            {"t": "counts", "dropped": self._all_dropped(), "link": self.figures()},
            separators=(",", ":"),
        )

    def figures(self) -> dict[str, Any]:
        """The way to the other station and back, of the last five seconds."""
        now = self._station.clock.now().mono
        fates = [back for at, back in self._fates if now - at <= LATELY_S]
        path = self._station.carrying.media.carried_by(self._open_line)
        return {
            "free": self._echo.gives(self._open_line),
            "by": path.name.partition(" ")[0] if path is not None else "",
            "back": sum(fates),
            "rtt_ms": self._rtt_ms(now),
            "lost": round(1 - sum(fates) / len(fates), 3) if fates else None,
            "budget_kbps": int(self.rate.kbps),
            "pictures": not self.rate.shed,
        }

    def leave(self) -> None:
        """The socket is closed: nothing is left behind."""
        self._alarm.cancel()
        self._station.carrying.media.close(self._open_line, self._tag)

    def _all_dropped(self) -> dict[str, int]:
        return {**self.dropped, "waiting": self._outlet.dropped}

    def _ask_key(self, now: float) -> None:
        if now - self._asked_key_at >= KEY_REQUEST_S:
            self._asked_key_at = now
            self._say({"t": "key"})

    def _say(self, word: dict[str, Any]) -> None:
        kept = [each for each in self._words if json.loads(each)["t"] != word["t"]]
        self._words = [*kept, json.dumps(word, separators=(",", ":"))]  # only the newest counts
        self._wake()
