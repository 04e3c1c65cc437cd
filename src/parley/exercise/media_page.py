"""A page of a call without a person: it sends what its budget allows, and keeps book of what came.

Its frames have headers as spec/media.md has them, and chance bytes where a page's are sealed; a
station cannot tell. What it makes of what comes is what a page would: a picture counts when all
since the last key frame are there, sound when it comes before its time is over.
"""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass, field
from typing import Final

from parley.conference.frame import KEY, TAG_BYTES, VERSION, Header, Kind
from parley.conference.rate import Budget

CAMERA: Final = 16
LATE_S: Final = 1.2  # sound that is later is of no use in a conversation
KEY_TIMES: Final = 4  # a key frame is so many times as large as another
KEY_ASKED_EACH_S: Final = 0.3
_HEADER: Final = struct.Struct(">BBBBIQHHBBBB")


def header(
    kind: Kind,
    track: int,
    sequence: int,
    captured_s: float,
    *,
    key: bool = False,
    ms: int = 0,
    size: tuple[int, int] = (0, 0),
    place: tuple[int, int] = (0, 0),
) -> bytes:
    """The clear header of a frame (M1), of the party and sender in `place`."""
    first = VERSION << 4 | kind
    captured_us = round(captured_s * 1e6)
    w, h = size[0] // 8, size[1] // 8
    flags = KEY * key
    return _HEADER.pack(first, track, flags, ms, sequence, captured_us, *place, 0, 0, w, h)


@dataclass(slots=True)
class Heard:
    """What came of a call."""

    sound: dict[int, tuple[float, float, int]] = field(
        default_factory=dict
    )  # by sequence: captured, came, ms
    pictures: list[float] = field(default_factory=list)  # when one was shown
    picture_ages_s: list[float] = field(default_factory=list)
    left_out: int = 0  # pictures that could not be decoded

    def sound_ages_s(self, since: float = 0.0) -> list[float]:
        """How old sound was when it came."""
        return [came - captured for captured, came, _ in self.sound.values() if captured >= since]

    def hears(self, at: float, length_s: float = 0.06) -> bool:
        """Whether what was said then has come in time, whole."""
        covered = 0.0
        for captured, came, ms in self.sound.values():
            if came - captured <= LATE_S:
                begins, ends = max(at, captured), min(at + length_s, captured + ms / 1000)
                covered += max(0.0, ends - begins)
        return covered >= length_s - 0.001

    def pictures_between(self, since: float, until: float) -> int:
        """Pictures shown in a time."""
        return sum(since <= each < until for each in self.pictures)


class MediaPage:
    """One seat's page: a camera and a microphone that never rest."""

    def __init__(self, sender: int, chance: random.Random, begins: float = 0.0) -> None:
        self.heard = Heard()
        self.sender = sender
        self.sound_sent = self.pictures_sent = 0
        self.wants_key = False  # of the far page: its pictures cannot be decoded
        self._chance = chance
        self._picture_due = self._sound_due = begins
        self._needs_key = True  # the next picture is to be one
        self._showing: int | None = None  # sequence of the last picture shown
        self._asked_at = begins - KEY_ASKED_EACH_S

    def ask_key(self) -> None:
        """The far page needs a key frame."""
        self._needs_key = True

    def frames(self, now: float, budget: Budget) -> list[bytes]:
        """What is captured by now."""
        frames: list[bytes] = []
        while self._sound_due + budget.sound_ms / 1000 <= now:
            captured = self._sound_due
            self._sound_due += budget.sound_ms / 1000
            size = budget.sound_kbps * budget.sound_ms // 8
            frames.append(
                header(
                    Kind.SOUND,
                    0,
                    self.sound_sent,
                    captured,
                    ms=budget.sound_ms,
                    place=(0, self.sender),
                )
                + self._sealed(size)
            )
            self.sound_sent += 1
        while self._picture_due <= now:
            if not budget.pictures:
                self._picture_due = now + 0.001
                break
            captured = self._picture_due
            self._picture_due += 1 / budget.pictures_s
            size = round(budget.pictures_kbps * 125 / budget.pictures_s)
            size = round(size * (0.7 + 0.6 * self._chance.random()))
            key, self._needs_key = self._needs_key, False
            about = header(
                Kind.PICTURE,
                CAMERA,
                self.pictures_sent,
                captured,
                key=key,
                size=(budget.width, budget.height),
                place=(0, self.sender),
            )
            frames.append(about + self._sealed(size * (KEY_TIMES if key else 1)))
            self.pictures_sent += 1
        return frames

    def take(self, frame: bytes, now: float) -> None:
        """A frame of the far page came."""
        about = Header.parse(frame)
        captured = about.captured_us / 1e6
        if about.kind is Kind.SOUND:
            self.heard.sound.setdefault(about.sequence, (captured, now, about.length_ms))
            return
        if about.key or (self._showing is not None and about.sequence == self._showing + 1):
            self._showing = about.sequence
            self.heard.pictures.append(now)
            self.heard.picture_ages_s.append(now - captured)
            return
        self._showing = None
        self.heard.left_out += 1
        if now - self._asked_at >= KEY_ASKED_EACH_S:
            self._asked_at = now
            self.wants_key = True

    def _sealed(self, size: int) -> bytes:
        return self._chance.randbytes(max(1, size) + TAG_BYTES)
