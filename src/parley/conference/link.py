"""The media link of one call: sealed frames of pages, from our station to theirs and back.

Sans-I/O: whoever drives it hands in frames of its pages and datagrams that came, asks every few
milliseconds what is to be sent, and gives on what came whole. It opens no frame of a page and never
raises on what comes (spec/media-link.md). Reading order: `seal`, `inside`, `sound`, `pictures`,
`repair`, `delay`, `report`, `wanted`, `rate`, and here how they go together.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass
from typing import Any, Final

from parley.bearers import DATAGRAM_BYTES_MAX
from parley.conference.delay import Delay, apart_ms, ms_of
from parley.conference.frame import Header, Kind
from parley.conference.inside import HEAD_BYTES, Inside, inside
from parley.conference.inside import Kind as Inner
from parley.conference.pictures import PicturesIn, PicturesOut, Piece
from parley.conference.rate import KBPS_FIRST, KBPS_MAX, KBPS_MIN, Budget, Rate
from parley.conference.repair import Missing, Repeats
from parley.conference.report import NEVER_MS, Report
from parley.conference.seal import HELLO, OVERHEAD_BYTES, CallSeal, Entropy, Greeted
from parley.conference.shown import QUEUE_MS_MAX, UNHEARD_S, ShownIn, ShownOut
from parley.conference.sound import SoundIn, SoundOut
from parley.conference.wanted import KEYS_MAX, Stream, Wanted
from parley.core.errors import Malformed, Refused

TICK_S: Final = 0.005  # `datagrams` is asked this often
WANTED_EACH_S: Final = 0.02  # a share of 64 kbit/s, and no small one, where each loss had its own
STALL_S: Final = 0.1
# A station that came to read late knows of nothing it then reads when it came; for a while, since
# each turn reads one datagram. A machine that is always late has to believe what it sees.
LATE_S: Final = 0.03
UNSURE_S: Final = 0.03
UNSURE_S_MAX: Final = 0.5
HELLO_S: Final = 0.2
ANSWERS_EACH_S: Final = 0.05  # a flood of recorded greetings gets so many answers
REPORT_S: Final = 0.1
REPORT_SLOWLY_S: Final = 0.2  # where little comes
REPORT_SLOWLY_KBPS: Final = 200
KEY_REQUEST_S: Final = 0.3
SOUND_WAITING_MAX: Final = 12  # datagrams; on a path that takes none, old sound is worth nothing
PICTURE_WAITS_S: Final = 0.3
PACKET_COST_BYTES: Final = 60  # of headers below us, for pacing
FRAMES_WAITING_MAX: Final = 256  # whole frames that nobody fetches
FRAME_BYTES_WAITING_MAX: Final = 1 << 20

BODY_BYTES_MAX: Final = DATAGRAM_BYTES_MAX - OVERHEAD_BYTES - HEAD_BYTES
REPEATS_QUEUE_MS_MAX: Final = 120
RTT_S_MAX: Final = 30.0


@dataclass(slots=True)
class _Waiting:
    """One picture that has not left."""

    stream: Stream
    since: float
    key: bool
    pieces: deque[bytes]
    begun: bool = False


class MediaLink:
    """One side of one call's media, from its start at this station to its end."""

    def __init__(
        self,
        secret: bytes,
        side: int,
        now: float,
        *,
        entropy: Entropy,
        kbps_first: float = KBPS_FIRST,
        kbps_max: float = KBPS_MAX,
    ) -> None:
        self.counts = Counter[str]()  # what came, went and was dropped
        self.rate = Rate(now, kbps_first, kbps_max)
        self.rtt_s = 0.1
        self.sent_kbps = self.received_kbps = 0.0
        self._rtt_known = False
        self._seal = CallSeal(secret, side, entropy)
        self._hello_at, self._answered_at = -HELLO_S, -ANSWERS_EACH_S
        self._hello_due = True
        # Out.
        self._number = 0
        self._sound_out, self._pictures_out = SoundOut(), PicturesOut()
        self._urgent: deque[bytes] = deque()  # plain datagrams: sound, and what is repeated
        self._pictures: deque[_Waiting] = deque()
        self._shown = ShownOut()
        self._broken: set[Stream] = set()  # streams of ours that go on with a key frame only
        self._repeats = Repeats()
        self._allowance, self._allowed_at = 0.0, now
        self._ticked_at = self._sure_at = now
        self._unsure_until = now
        self._sent_bytes, self._sent_since = 0, now  # since their last report
        self._keys_asked: dict[Stream, float] = {}  # of our pages' streams
        self._key_requests: deque[Stream] = deque(maxlen=KEYS_MAX)
        # In.
        self._begin_in()
        self._frames: deque[bytes] = deque()
        self._frame_bytes = 0
        self._reported_at = self._wanted_at = now
        self._came_bytes = 0
        self._their_report: tuple[int, float] | None = None
        self._asking: dict[Stream, None] = {}  # key frames of theirs that we want
        self._asked: dict[Stream, float] = {}

    def _begin_in(self) -> None:
        self._missing, self._delay = Missing(), Delay()
        self._lost_here = 0.0
        self._sound_in, self._pictures_in = SoundIn(), PicturesIn()
        self._shown_in = ShownIn()

    @property
    def tag(self) -> bytes:
        """By which datagrams of this call are known."""
        return self._seal.tag

    @property
    def up(self) -> bool:
        """Whether both sides have shown that they are there now, and not a recording of them."""
        return self._seal.agreed

    @property
    def waits(self) -> bool:
        """Whether something is there that goes as soon as it may, or is asked for soon."""
        due = self._pictures or self._urgent or self._asking or self._missing.any
        return bool(due) or self._shown.waits

    # --- what our pages send

    def send(self, frame: bytes, now: float, header: Header | None = None) -> str:
        """Take a whole frame of a page of ours; nothing, or why it was dropped."""
        try:
            header = header or Header.parse(frame)
        except Refused as error:
            return self._drop(error.kind)
        if not self.up:
            return self._drop("not up")
        if header.kind is Kind.SOUND:
            return self._send_sound(header, frame, now)
        if header.kind is Kind.SHOWN:
            self.counts["shown out"] += 1
            return self._drop("shown anew") if self._shown.add(header, frame) else ""
        return self._send_picture(header, frame, now)

    def ask_key(self, sender: int, track: int) -> None:
        """A page of ours needs a key frame of one of theirs (at most once in 300 ms goes)."""
        if len(self._asking) < KEYS_MAX:
            self._asking[sender, track] = None

    def stop_shown(self) -> None:
        """Nothing is shown any more: what waits of it does not leave (B6)."""
        self._shown.clear()

    def _send_sound(self, header: Header, frame: bytes, now: float) -> str:
        body = self._sound_out.pack(header, frame, self.rate.redundancy, BODY_BYTES_MAX)
        if not body:
            return self._drop("oversized")
        self._urgent.append(self._numbered(Inner.SOUND, body, now))
        if len(self._urgent) > SOUND_WAITING_MAX:
            self._urgent.popleft()
            self._drop("late sound")
        self.counts["sound out"] += 1
        return ""

    def _send_picture(self, header: Header, frame: bytes, now: float) -> str:
        stream = (header.sender, header.track)
        if self.rate.shed:
            self._broken.add(stream)
            return self._drop("shed")
        if stream in self._broken:
            if not header.key:
                self._want_key(stream, now)
                return self._drop("no key")
            self._broken.discard(stream)
        pieces = deque(self._pictures_out.cut(header, frame))
        self._pictures.append(_Waiting(stream, now, header.key, pieces))
        self.counts["pictures out"] += 1
        return ""

    # --- what is to go

    def datagrams(self, now: float, room: int | None = None) -> list[bytes]:
        """What is to be sent now, in order; `room` is what leaves now rather than waits (bytes).

        Sound goes whether there is room or not. What could not be sent is told by `unsent`.
        """
        out: list[bytes] = []
        if self._hello_due or (not self._seal.confirmed and now - self._hello_at >= HELLO_S):
            self._hello_at, self._hello_due = now, False
            out.append(self._seal.hello())
        if not self.up:
            return out
        self._tick(now)
        for plain in self._reports(now):
            out.append(self._seal.seal(plain))
        while self._urgent:
            out.append(self._seal.seal(self._urgent.popleft()))
            self._allowance -= len(out[-1]) + PACKET_COST_BYTES
        left = BODY_BYTES_MAX * 1024 if room is None else room - sum(map(len, out))
        for plain in self._paced(now, left):
            out.append(self._seal.seal(plain))
        self._sent_bytes += sum(len(each) + PACKET_COST_BYTES for each in out)
        self.counts["datagrams out"] += len(out)
        return out

    def unsent(self, now: float) -> None:
        """The path took less than was to go."""
        self.counts["unsent"] += 1
        if self.up:  # until then it is not known what the path takes
            self.rate.less(now, 0.8)

    def _tick(self, now: float) -> None:
        stall_s = now - self._ticked_at
        self._ticked_at = now
        if stall_s > LATE_S:
            self._unsure_until = now + UNSURE_S
        if stall_s > STALL_S:  # this machine was busy, and what came meanwhile has not been read
            self.rate.stalled(now, stall_s)
            for each in self._pictures:
                each.since += stall_s
        if self.rate.tick(now, self.rtt_s):
            self._clear_pictures(now)
        self._give(self._sound_in.tick(now))
        self._take_pictures(now)

    def _numbered(self, kind: Inner, body: bytes, now: float) -> bytes:
        number = self._number
        self._number += 1
        plain = inside(kind, number, ms_of(now), body)
        self._repeats.keep(number, plain, now)
        return plain

    def _paced(self, now: float, room: int) -> list[bytes]:
        """Pieces of pictures, as fast as the budget lets them go (X18)."""
        kbps = max(self.rate.kbps, KBPS_MIN)
        spent = now - self._allowed_at
        burst = 14_000 if kbps > 800 else 6_000 if kbps > 200 else 1_500
        speed = kbps * (2.5 if kbps > 300 else 1.3) * 1000 / 8
        self._allowance = max(-burst, min(burst, self._allowance + spent * speed))
        self._allowed_at = now
        plain: list[bytes] = []
        first = self._pictures[0] if self._pictures else None
        if first is not None and now - first.since > PICTURE_WAITS_S and not first.begun:
            self._clear_pictures(now)
            if not self._shown.waits:  # else it waited for what is shown, and no link is full
                self.rate.less(now, 0.7)
        narrow = self._is_narrow(now)
        while self._allowance > 0 and room > 0:
            if not narrow and self._shown.is_due(others_wait=bool(self._pictures)):
                kind, body = Inner.SHOWN, self._shown.piece()
            elif self._pictures:
                kind, body = Inner.PIECE, self._next_piece()
            else:
                break
            cost = len(body) + HEAD_BYTES + OVERHEAD_BYTES
            self._allowance -= cost + PACKET_COST_BYTES
            room -= cost
            plain.append(self._numbered(kind, body, now))
        return plain

    def _next_piece(self) -> bytes:
        first = self._pictures[0]
        first.begun = True
        body = first.pieces.popleft()
        if not first.pieces:
            self._pictures.popleft()
        return body

    def _is_narrow(self, now: float) -> bool:
        """Whether what is shown waits: no faces are sent, and what goes may stand before sound."""
        if not self.rate.shed:
            return False
        heard_at = self._their_report[1] if self._their_report is not None else -UNHEARD_S
        return self.rate.queue_ms > QUEUE_MS_MAX or now - heard_at > UNHEARD_S

    def _clear_pictures(self, now: float) -> None:
        """Those that wait are late: all go, and each stream begins again with a key frame."""
        for each in self._pictures:
            self._broken.add(each.stream)
            self._want_key(each.stream, now)
            self._drop("late picture")
        self._pictures.clear()

    def _want_key(self, stream: Stream, now: float) -> None:
        if now - self._keys_asked.get(stream, -KEY_REQUEST_S) < KEY_REQUEST_S:
            return
        self._keys_asked[stream] = now
        if len(self._keys_asked) > 4 * KEYS_MAX:
            del self._keys_asked[next(iter(self._keys_asked))]
        if stream not in self._key_requests:
            self._key_requests.append(stream)

    # --- what came

    def receive(self, datagram: bytes, now: float) -> None:
        """Take a datagram of whomever; what is not theirs, or comes again, is counted."""
        self.counts["datagrams in"] += 1
        if datagram[:1] == bytes((HELLO,)):
            self._greeted(self._seal.hear_hello(datagram), now)
            return
        plain = self._seal.open(datagram)
        if plain is None:
            self._drop("unopened")
            return
        try:
            said = Inside.parse(plain)
        except Malformed:
            self._drop("malformed")
            return
        self._opened(said, len(datagram), now)

    def _greeted(self, what: Greeted, now: float) -> None:
        if what is Greeted.NOTHING:
            self._drop("unopened")
        elif what is Greeted.BEGUN:
            self.counts["runs"] += 1
            self._begin_in()
            self._their_report = None
            self._hello_due = True
        elif what is Greeted.ANSWER and now - self._answered_at >= ANSWERS_EACH_S:
            self._answered_at = now
            self._hello_due = True

    def _opened(self, said: Inside, size: int, now: float) -> None:
        if isinstance(said.body, Report):
            self._hear_report(said.body, now)
            return
        if isinstance(said.body, Wanted):
            self._hear_wanted(said.body, now)
            return
        self._came_bytes += size + PACKET_COST_BYTES
        first, newest = self._missing.take(said.number, now)
        if not first:
            return
        if newest and self._is_sure(now):
            self._delay.take(said.sent_ms, now)
        if isinstance(said.body, Piece) and said.kind is Inner.SHOWN:
            whole = self._shown_in.take(said.body, now)
            if whole is not None:
                self.counts["shown in"] += 1
                self._wait(whole)
            return
        if isinstance(said.body, Piece):
            self._pictures_in.take(said.body, now)
            self._take_pictures(now)
            return
        for header, frame in said.body:
            self._give(self._sound_in.take(header, frame, now))

    def _is_sure(self, now: float) -> bool:
        """Whether what is read now came now, and the delay is the link's."""
        late = now - self._ticked_at > LATE_S or now < self._unsure_until
        if late and now - self._sure_at < UNSURE_S_MAX:
            return False
        self._sure_at = now
        return True

    def _take_pictures(self, now: float) -> None:
        whole, need = self._pictures_in.ready(now, self.rtt_s)
        for frame in whole:
            self.counts["pictures in"] += 1
            self._wait(frame)
        for sender, track in need + self._shown_in.late(now):
            self.ask_key(sender, track)

    def _give(self, frames: list[bytes]) -> None:
        for frame in frames:
            self.counts["sound in"] += 1
            self._wait(frame)

    def _wait(self, frame: bytes) -> None:
        self._frames.append(frame)
        self._frame_bytes += len(frame)
        while len(self._frames) > FRAMES_WAITING_MAX or self._frame_bytes > FRAME_BYTES_WAITING_MAX:
            self._frame_bytes -= len(self._frames.popleft())
            self._drop("unfetched")

    def frames(self) -> list[bytes]:
        """Whole frames of their pages that came since last asked, each track in order."""
        frames = list(self._frames)
        self._frames.clear()
        self._frame_bytes = 0
        return frames

    def key_requests(self) -> list[Stream]:
        """Senders and tracks of ours whose next picture is to be a key frame."""
        requests = list(self._key_requests)
        self._key_requests.clear()
        return requests

    # --- what the stations tell each other

    def _reports(self, now: float) -> list[bytes]:
        """Plain reports that are due. None of them has a number, for a report that counts as
        media looks like loss."""
        plain: list[bytes] = []
        since = now - self._reported_at
        kbps = self._came_bytes * 8 / 1000 / max(since, REPORT_S)
        if since >= (REPORT_S if kbps > REPORT_SLOWLY_KBPS else REPORT_SLOWLY_S):
            plain.append(self._unnumbered(Inner.REPORT, self._report(since, now).to_bytes(), now))
            self._reported_at = now
        if now - self._wanted_at >= WANTED_EACH_S:
            full = self._delay.queue_ms(now) > REPEATS_QUEUE_MS_MAX
            missing = [] if full else self._missing.to_ask(now, self.rtt_s)
            keys = [each for each in self._asking if self._may_ask(each, now)]
            self._asking.clear()
            if missing or keys:
                self._wanted_at = now
                wanted = Wanted(tuple(missing), tuple(keys))
                plain.append(self._unnumbered(Inner.WANTED, wanted.to_bytes(), now))
        return plain

    def _unnumbered(self, kind: Inner, body: bytes, now: float) -> bytes:
        return inside(kind, 0, ms_of(now), body)

    def _may_ask(self, stream: Stream, now: float) -> bool:
        if now - self._asked.get(stream, -KEY_REQUEST_S) < KEY_REQUEST_S:
            return False
        self._asked.pop(stream, None)
        self._asked[stream] = now
        if len(self._asked) > 4 * KEYS_MAX:
            del self._asked[next(iter(self._asked))]
        return True

    def _report(self, since: float, now: float) -> Report:
        echo_ms, held_ms = 0, NEVER_MS
        if self._their_report is not None:
            echo_ms, came_at = self._their_report
            held_ms = min(NEVER_MS - 1, int((now - came_at) * 1000))
        came, self._came_bytes = self._came_bytes, 0
        self._lost_here = self._missing.share_missed(now)
        self.received_kbps = came * 8 / 1000 / since
        return Report(
            sent_ms=ms_of(now),
            echo_ms=echo_ms,
            held_ms=held_ms,
            newest=max(0, self._missing.newest),
            received_kbps=round(self.received_kbps),
            lost=self._missing.share_lost(),
            queue_ms=self._delay.queue_ms(now),
        )

    def _hear_report(self, report: Report, now: float) -> None:
        self._their_report = (report.sent_ms, now)
        if report.held_ms != NEVER_MS:
            rtt_s = max(0, apart_ms(ms_of(now), report.echo_ms) - report.held_ms) / 1000
            if rtt_s < RTT_S_MAX:
                self.rtt_s = 0.8 * self.rtt_s + 0.2 * rtt_s if self._rtt_known else rtt_s
                self._rtt_known = True
        since = max(0.05, now - self._sent_since)
        self.sent_kbps = self._sent_bytes * 8 / 1000 / since
        self._sent_bytes, self._sent_since = 0, now
        self.rate.report(
            now,
            queue_ms=report.queue_ms,
            lost=report.lost,
            received_kbps=report.received_kbps,
            sent_kbps=self.sent_kbps,
        )

    def _hear_wanted(self, wanted: Wanted, now: float) -> None:
        for stream in wanted.keys:
            self._want_key(stream, now)
        full = max(self.rate.queue_ms, self._delay.queue_ms(now)) > REPEATS_QUEUE_MS_MAX
        if full or self.rate.shed:
            return
        for number in wanted.missing:
            again = self._repeats.again(number, self.rate.kbps, now)
            if again is not None and len(self._urgent) < SOUND_WAITING_MAX:
                self._urgent.append(again)

    # --- what may be known

    def budget(self) -> Budget:
        """What our pages may send now."""
        return self.rate.budget()

    def figures(self) -> dict[str, Any]:
        """How it goes, as plain JSON."""
        return {
            "up": self.up,
            "rtt_ms": round(self.rtt_s * 1000, 1) if self._rtt_known else None,
            "lost": round(self._lost_here, 3),  # by the way here, before anything was repeated
            "queue_ms": self.rate.queue_ms,
            "sent_kbps": round(self.sent_kbps),
            "received_kbps": round(self.received_kbps),
            "budget_kbps": int(self.rate.kbps),
            "pictures": not self.rate.shed,
            "sheds": self.rate.sheds,
            "breaks": self.rate.breaks,
            "cuts": self.rate.cuts,
            "repeats": self._repeats.sent,
            "recovered": self._missing.recovered,
            "sound_lost": self._sound_in.lost,
            "pictures_given_up": self._pictures_in.given_up,
            "counts": dict(sorted(self.counts.items())),
        }

    def _drop(self, reason: str) -> str:
        self.counts[f"dropped: {reason}"] += 1
        return reason
