"""What is shown in a call, on its way between stations: pictures that each stand by themselves.

It goes behind sound and before faces (spec/showing.md B8 to B10). A picture of text is large and
changes rarely, so it may take seconds, and a newer one takes the place of one that waits.
"""

from __future__ import annotations

from collections import deque
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from parley.conference.frame import PICTURE_BYTES_MAX, Header, Kind
from parley.conference.pictures import PicturesOut, Piece
from parley.conference.rate import LADDER, Budget
from parley.conference.wanted import Stream
from parley.core.errors import Refused

TURNS: Final = 4  # of four pieces that leave, three are of what is shown and one of a face
SHOWN_KBPS_MIN: Final = 20  # where the link takes no faces
QUEUE_MS_MAX: Final = 40  # there it waits behind any queue, which would be sound's
UNHEARD_S: Final = 0.35  # and while no report comes
PATIENCE_S: Final = 5.0  # for the next piece of a picture
UNFINISHED_MAX: Final = 2  # pictures of a stream
STREAMS_MAX: Final = 4
KEY_REQUEST_S: Final = 1.0  # of such a picture: it is large


def beside(budget: Budget, pages: int, showing: bool) -> dict[str, Any]:
    """A page's part of a budget: while something is shown faces have a quarter of it (B9)."""
    told = asdict(budget)
    if not showing:
        return {**told, "pictures_kbps": budget.pictures_kbps // pages, "shown_kbps": 0}
    if not budget.pictures:
        return {**told, "shown_kbps": SHOWN_KBPS_MIN}
    faces = budget.pictures_kbps // TURNS
    _, width, height, pictures_s = next(step for step in LADDER if faces >= step[0])
    return {
        **told,
        "pictures_kbps": max(1, faces // pages),
        "width": min(width, budget.width),
        "height": min(height, budget.height),
        "pictures_s": min(pictures_s, budget.pictures_s),
        "shown_kbps": max(SHOWN_KBPS_MIN, budget.pictures_kbps - faces),
    }


class ShownOut:
    """One picture under way, and the newest that waits for it."""

    def __init__(self) -> None:
        self._cut = PicturesOut()
        self._pieces: deque[bytes] = deque()
        self._next: tuple[Header, bytes] | None = None
        self._turn = 0

    @property
    def waits(self) -> bool:
        """Whether there is a piece to send."""
        return bool(self._pieces) or self._next is not None

    def add(self, header: Header, frame: bytes) -> bool:
        """A picture is to go; whether it takes the place of one that waited."""
        replaced = self._next is not None
        self._next = (header, frame)
        return replaced

    def is_due(self, others_wait: bool) -> bool:
        """Whether the next piece that leaves is one of these."""
        if not self.waits:
            return False
        self._turn = (self._turn + 1) % TURNS
        return not others_wait or self._turn != 0

    def piece(self) -> bytes:
        """The next piece, when there is one."""
        if not self._pieces and self._next is not None:
            self._pieces.extend(self._cut.cut(*self._next))
            self._next = None
        return self._pieces.popleft()

    def clear(self) -> None:
        """Nothing is shown any more."""
        self._pieces.clear()
        self._next = None


@dataclass(slots=True)
class _Picture:
    """One picture as its pieces come."""

    count: int
    came_at: float
    pieces: dict[int, bytes] = field(default_factory=dict)


@dataclass(slots=True)
class _Stream:
    """One stream as it comes."""

    next: int = 0  # what is older is not given on any more
    pictures: dict[int, _Picture] = field(default_factory=dict)


class ShownIn:
    """Pieces put together. The newest that is whole is given on, older ones are let go."""

    def __init__(self) -> None:
        self.given_up = 0
        self.foreign = 0  # whole, and not what it was announced as
        self._streams: dict[Stream, _Stream] = {}

    @property
    def held_bytes(self) -> int:
        """What unfinished pictures take."""
        pictures = (p for stream in self._streams.values() for p in stream.pictures.values())
        return sum(len(part) for picture in pictures for part in picture.pieces.values())

    def take(self, piece: Piece, now: float) -> bytes | None:
        """A piece came, for the first time or again: the frame that it makes whole."""
        stream = self._streams.setdefault(piece.stream, _Stream())
        while len(self._streams) > STREAMS_MAX:
            del self._streams[next(iter(self._streams))]
        if piece.picture < stream.next:
            return None
        picture = stream.pictures.get(piece.picture)
        if picture is None:
            picture = stream.pictures[piece.picture] = _Picture(piece.count, now)
            while len(stream.pictures) > UNFINISHED_MAX:
                del stream.pictures[min(stream.pictures)]
        if picture.count != piece.count:
            return None
        picture.came_at = now
        picture.pieces[piece.index] = piece.data
        if len(picture.pieces) < picture.count:
            return None
        stream.next = piece.picture + 1
        stream.pictures = {n: each for n, each in stream.pictures.items() if n >= stream.next}
        return self._whole(piece.stream, b"".join(picture.pieces[i] for i in range(picture.count)))

    def late(self, now: float) -> list[Stream]:
        """Streams of which a picture was given up, so that another is asked for."""
        late: list[Stream] = []
        for name, stream in self._streams.items():
            gone = [n for n, each in stream.pictures.items() if now - each.came_at > PATIENCE_S]
            for number in gone:
                del stream.pictures[number]
                self.given_up += 1
            if gone:
                late.append(name)
        return late

    def _whole(self, name: Stream, frame: bytes) -> bytes | None:
        try:
            header = Header.parse(frame) if len(frame) <= PICTURE_BYTES_MAX else None
        except Refused:
            header = None
        of = header and (header.sender, header.track)
        if header is None or header.kind is not Kind.SHOWN or of != name:
            self.foreign += 1
            return None
        return frame
