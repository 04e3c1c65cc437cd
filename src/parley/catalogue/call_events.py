"""What happens in a call, each as a text that a person reads who has nothing but the record.

An event is a title and lines of `Label: value` in a fixed order; words of people follow an empty
line. Who opened, joined, spoke by text, muted or left is said by the station of that person, whose
line signs it. Source: spec/held.md V1 to V3; spec/rehearsal.md P1.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Self

from parley.catalogue.calls import VALUE_BYTES_MAX, Medium

TITLE: Final = "CALL EVENT"
WORDS_BYTES_MAX: Final = 2_000  # of one text in a call, as of a note beside an acknowledgement
NAME_BYTES_MAX: Final = 256
LANGUAGE_BYTES_MAX: Final = 64
NUMBER_MAX: Final = 1 << 32
PAGES_MAX: Final = 16  # of both sides that send sound or pictures in one call
KEY_BYTES: Final = 32 + 1184  # X25519 (RFC 7748), then ML-KEM-768 (FIPS 203)
FILE_BYTES_MAX: Final = 1 << 48
PLANS_MAX: Final = 20  # items of an agenda, as of a request
PLAN_MINUTES_MAX: Final = 1_440
SECRET_BYTES: Final = 1088 + 32 + 16  # an ML-KEM-768 ciphertext, then 32 bytes sealed


class Happened(StrEnum):
    """What an event says."""

    OPENED = "opened"
    JOINED = "joined"
    LEFT = "left"
    SAID = "said"
    MUTED = "muted"
    UNMUTED = "unmuted"
    HELD = "held"
    RESUMED = "resumed"
    ENDED = "ended"
    COMMITTED = "committed"
    REVEALED = "revealed"
    SEALED = "sealed"
    MODE = "mode"
    INTERPRETING = "interpreting"
    ON_THE_FLOOR = "on the floor"
    RELIEVED = "relieved"
    HANDED_OVER = "handed over"
    ACKNOWLEDGED = "acknowledged"
    TAKEN_BACK = "taken back"
    CAPTIONED = "captioned"
    PLANNED = "planned"
    TOUCHED = "touched"
    RECORDING_ASKED = "recording asked"
    RECORDING_AGREED = "recording agreed"
    RECORDING_WITHDRAWN = "recording withdrawn"
    RECORDED = "recorded"
    REHEARSING = "rehearsal opened"
    CHECKED = "checked"
    SHOWING_ASKED = "showing asked"
    SHOWING_AGREED = "showing agreed"
    SHOWING_STOPPED = "showing stopped"


SHOWINGS: Final = frozenset(  # to show a document or a screen (spec/showing.md B1)
    (Happened.SHOWING_ASKED, Happened.SHOWING_AGREED, Happened.SHOWING_STOPPED)
)
# What both sides consent to: entries of type 42, all others of type 32 (spec/recording.md J1).
CONSENTS: Final = SHOWINGS | {
    Happened.RECORDING_ASKED,
    Happened.RECORDING_AGREED,
    Happened.RECORDING_WITHDRAWN,
    Happened.RECORDED,
}


class Shown(StrEnum):
    """What is shown: a picture of one document, or a screen or window as it changes."""

    DOCUMENT = "document"
    SCREEN = "screen"


class Channel(StrEnum):
    """What words of a caption repeat: who speaks on the floor, or an interpreter."""

    ORIGINAL = "original"
    INTERPRETED = "interpreted"


class Mode(StrEnum):
    """How a call is interpreted: in turns on the floor, or at the same time in channels."""

    CONSECUTIVE = "consecutive"
    SIMULTANEOUS = "simultaneous"


class Result(StrEnum):
    """What a duty officer found of one thing that is tried in a rehearsal."""

    GOOD = "good"
    FAILED = "failed"
    NOT_NEEDED = "not needed"


@dataclass(frozen=True, slots=True)
class CallEvent:
    """One event of a call. What its kind does not use is left out."""

    event: Happened
    person: int  # who did it, by the number of its station
    name: str = ""
    office: str = ""
    role: str = ""
    medium: Medium | None = None
    link: bytes = b""  # the secret of the media link
    round: bytes = b""  # which pages agree on keys
    commitment: bytes = b""
    key: bytes = b""
    epoch: int | None = None
    secrets: tuple[tuple[str, bytes], ...] = ()  # by the page they are for
    words: str = ""
    to: int | None = None  # another person of a side, by number
    language: str = ""
    channel: Channel | None = None
    mode: Mode | None = None
    plan: tuple[tuple[int, str], ...] = ()  # items of an agenda with their minutes, 0 for none
    item: str = ""
    recording: int | None = None  # which one of the call, from 1
    hash: bytes = b""  # SHA-256 of a file
    size: int | None = None  # of a file, bytes
    length_ms: int | None = None  # of a recording
    result: Result | None = None  # of what was tried in a rehearsal
    showing: int | None = None  # which one of the call, from 1
    shown: Shown | None = None

    def text(self) -> str:
        """The one text of this event (V1)."""
        lines = [TITLE, f"Event: {self.event}", f"Person: {self.person}"]
        for label, value in (
            ("Name", self.name),
            ("Office", self.office),
            ("Role", self.role),
            ("Medium", self.medium or ""),
            ("Link", self.link.hex()),
            ("Round", self.round.hex()),
            ("Commitment", self.commitment.hex()),
            ("Key", _base64(self.key)),
            ("Epoch", _number(self.epoch)),
            *(("Secret", f"{page} {_base64(secret)}") for page, secret in self.secrets),
            ("To", _number(self.to)),
            ("Language", self.language),
            ("Channel", self.channel or ""),
            ("Mode", self.mode or ""),
            *(("Plan", f"{minutes} {item}") for minutes, item in self.plan),
            ("Item", self.item),
            ("Recording", _number(self.recording)),
            ("Hash", self.hash.hex()),
            ("Bytes", _number(self.size)),
            ("Milliseconds", _number(self.length_ms)),
            ("Result", self.result or ""),
            ("Showing", _number(self.showing)),
            ("Shown", self.shown or ""),
        ):
            if value:
                lines.append(f"{label}: {value}")
        form = "\n".join(lines)
        return f"{form}\n\n{self.words}" if self.words else form

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The event that a text is, or None for a text that has not its form (V3)."""
        form, _, words = text.partition("\n\n")
        first, *rest = form.split("\n")
        if first != TITLE:
            return None
        lines = [(label, value) for label, _, value in (line.partition(": ") for line in rest)]
        found = dict(lines)
        try:
            event = cls(
                Happened(found["Event"]),
                int(found["Person"]),
                found.get("Name", ""),
                found.get("Office", ""),
                found.get("Role", ""),
                Medium(found["Medium"]) if "Medium" in found else None,
                bytes.fromhex(found.get("Link", "")),
                bytes.fromhex(found.get("Round", "")),
                bytes.fromhex(found.get("Commitment", "")),
                _bytes(found.get("Key", "")),
                _int(found, "Epoch"),
                tuple(_secret(value) for label, value in lines if label == "Secret"),
                words,
                _int(found, "To"),
                found.get("Language", ""),
                Channel(found["Channel"]) if "Channel" in found else None,
                Mode(found["Mode"]) if "Mode" in found else None,
                tuple(_plan(value) for label, value in lines if label == "Plan"),
                found.get("Item", ""),
                _int(found, "Recording"),
                bytes.fromhex(found.get("Hash", "")),
                _int(found, "Bytes"),
                _int(found, "Milliseconds"),
                Result(found["Result"]) if "Result" in found else None,
                _int(found, "Showing"),
                Shown(found["Shown"]) if "Shown" in found else None,
            )
        except (KeyError, ValueError):
            return None
        return event if event.text() == text and event.is_whole() else None

    def is_whole(self) -> bool:
        """Whether it has what its kind has, and nothing else (V2)."""
        has = {
            field
            for field in FIELDS
            if getattr(self, field) not in ("", b"", None, ())
        }  # fmt: skip
        needs, may = NEEDS[self.event]
        return (
            needs <= has <= needs | may
            and 0 <= self.person < NUMBER_MAX
            and (self.result is not Result.FAILED or self.words != "")
            and all(fits(getattr(self, field)) for field, fits in FIELDS.items() if field in has)
        )


def _number(value: int | None) -> str:
    return "" if value is None else str(value)


def _int(found: dict[str, str], label: str) -> int | None:
    return int(found[label]) if label in found else None


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)


def _secret(value: str) -> tuple[str, bytes]:
    page, _, secret = value.partition(" ")
    return page, _bytes(secret)


def _plan(value: str) -> tuple[int, str]:
    minutes, _, item = value.partition(" ")
    return int(minutes), item


def _is_line(value: str) -> bool:
    return value.splitlines() == [value] and len(value.encode()) <= NAME_BYTES_MAX


def _secrets_fit(secrets: tuple[tuple[str, bytes], ...]) -> bool:
    return len(secrets) < PAGES_MAX and all(
        re.fullmatch(r"[AB]\d{1,5}", page, re.ASCII) and len(secret) == SECRET_BYTES
        for page, secret in secrets
    )


def _plan_fits(plan: tuple[tuple[int, str], ...]) -> bool:
    return len(plan) <= PLANS_MAX and all(
        0 <= minutes <= PLAN_MINUTES_MAX and is_item(item) for minutes, item in plan
    )


def is_item(value: str) -> bool:
    """Whether that can be an item of an agenda, as a request and a minute have it."""
    return value.strip() == value and _is_line(value) and len(value.encode()) <= VALUE_BYTES_MAX


# What each field must be like, and which of them each kind of event needs and may have.
FIELDS: Final[dict[str, Callable[..., bool]]] = {
    "name": _is_line,
    "office": _is_line,
    "role": _is_line,
    "medium": lambda medium: True,
    "link": lambda link: len(link) == 32,
    "round": lambda round: len(round) == 16,
    "commitment": lambda commitment: len(commitment) == 32,
    "key": lambda key: len(key) == KEY_BYTES,
    "epoch": lambda epoch: 0 <= epoch <= 255,
    "secrets": _secrets_fit,
    "words": lambda words: len(words.encode()) <= WORDS_BYTES_MAX,
    "to": lambda to: 0 <= to < NUMBER_MAX,
    "language": lambda language: is_item(language) and len(language.encode()) <= LANGUAGE_BYTES_MAX,
    "channel": lambda channel: True,
    "mode": lambda mode: True,
    "plan": _plan_fits,
    "item": is_item,
    "recording": lambda recording: 0 < recording < NUMBER_MAX,
    "hash": lambda hash: len(hash) == 32,
    "size": lambda size: 0 < size < FILE_BYTES_MAX,
    "length_ms": lambda length_ms: 0 < length_ms < NUMBER_MAX,
    "result": lambda result: True,
    "showing": lambda showing: 0 < showing < NUMBER_MAX,
    "shown": lambda shown: True,
}
_NOBODY: frozenset[str] = frozenset()
_WHO = frozenset(("name", "office"))
_RECORDING = frozenset(("recording",))
_SHOWING = frozenset(("showing",))
NEEDS: Final[dict[Happened, tuple[frozenset[str], frozenset[str]]]] = {
    Happened.OPENED: (_WHO | {"medium", "link"}, _NOBODY),
    Happened.JOINED: (_WHO | {"role", "medium"}, _NOBODY),
    Happened.LEFT: (_NOBODY, _NOBODY),
    Happened.SAID: (frozenset(("words",)), _NOBODY),
    Happened.MUTED: (_NOBODY, _NOBODY),
    Happened.UNMUTED: (_NOBODY, _NOBODY),
    Happened.HELD: (_WHO, _NOBODY),
    Happened.RESUMED: (_WHO, _NOBODY),
    Happened.ENDED: (_WHO, frozenset(("words",))),
    Happened.COMMITTED: (frozenset(("round", "commitment")), _NOBODY),
    Happened.REVEALED: (frozenset(("round", "key")), _NOBODY),
    Happened.SEALED: (frozenset(("round", "epoch", "secrets")), _NOBODY),
    Happened.MODE: (frozenset(("mode",)), _NOBODY),
    Happened.INTERPRETING: (frozenset(("language",)), _NOBODY),
    Happened.ON_THE_FLOOR: (_NOBODY, _NOBODY),
    Happened.RELIEVED: (frozenset(("to", "language")), _NOBODY),
    Happened.HANDED_OVER: (frozenset(("to",)), _NOBODY),
    Happened.ACKNOWLEDGED: (frozenset(("to",)), _NOBODY),
    Happened.TAKEN_BACK: (_NOBODY, _NOBODY),
    Happened.CAPTIONED: (frozenset(("language", "channel", "words")), _NOBODY),
    Happened.PLANNED: (frozenset(("plan",)), _NOBODY),
    Happened.TOUCHED: (frozenset(("item",)), _NOBODY),
    Happened.RECORDING_ASKED: (_NOBODY, _NOBODY),
    Happened.RECORDING_AGREED: (_RECORDING, _NOBODY),
    Happened.RECORDING_WITHDRAWN: (_RECORDING, _NOBODY),
    Happened.RECORDED: (_RECORDING | {"hash", "size", "length_ms"}, _NOBODY),
    Happened.REHEARSING: (_WHO | {"medium", "link"}, _NOBODY),
    Happened.CHECKED: (frozenset(("item", "result")), frozenset(("words",))),
    Happened.SHOWING_ASKED: (frozenset(("item", "shown")), _NOBODY),
    Happened.SHOWING_AGREED: (_SHOWING, _NOBODY),
    Happened.SHOWING_STOPPED: (_SHOWING, _NOBODY),
}
