"""An exchange of messages in a file, for `parley replay`: who said what to whom, and how urgent.

    {"messages": [{"sender": "Moscow", "receiver": "Washington", "text": "…", "language": "en",
                   "precedence": "FLASH", "times_edt": {"transmitted": "07:47", …}}, …]}

Other keys are left alone. Everything is checked before anything is sent, and a refusal names the
message by its place in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from parley.core.entry import Precedence, Status, check_text
from parley.core.errors import Refused, Unavailable
from parley.station.line.wording import check_mark
from parley.station.texts.drafts import LANGUAGE

FILE_BYTES_MAX = 64 << 20
NAME_BYTES_MAX = 64
MINUTES_A_DAY = 1440
KEYS = ("sender", "receiver", "text", "language", "precedence")
_MOMENT = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\Z")


@dataclass(frozen=True, slots=True)
class Telegram:
    """One message of an exchange, as the file has it."""

    number: int  # its place in the file, from 1
    sender: str
    receiver: str
    text: str
    language: str
    precedence: str
    label: str = ""  # a date or document number, where the file has one
    # What people noted at the time, in minutes after `transmitted`; negative for what came before.
    noted: Mapping[str, int] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """The hash of its text."""
        return sha256(self.text.encode()).hexdigest()

    @property
    def words(self) -> int:
        """How many words it has."""
        return len(self.text.split())


@dataclass(frozen=True, slots=True)
class Exchange:
    """All messages of a file, in its order, between two parties."""

    title: str
    parties: tuple[str, str]  # in the order in which they first appear
    telegrams: tuple[Telegram, ...]

    @classmethod
    def read(cls, path: Path) -> Exchange:
        """Read and check a file; Refused names the first message that does not pass."""
        try:
            with path.open("rb") as file:
                raw = file.read(FILE_BYTES_MAX + 1)
        except OSError as error:
            raise Unavailable(
                f"The file {path} cannot be read: {error.strerror or error}.",
                "Give a JSON file with messages.",
            ) from error
        if len(raw) > FILE_BYTES_MAX:
            raise Refused(f"The file {path} is larger than 64 MiB.", "Cut it into several files.")
        try:
            value = json.loads(raw.decode("utf-8-sig"))
        except UnicodeDecodeError as error:
            raise Refused(
                f"The file {path} is not UTF-8 at byte {error.start + 1}.", "Save it as UTF-8."
            ) from error
        except (ValueError, RecursionError) as error:
            raise Refused(f"The file {path} is not JSON: {error}.", _FORM) from error
        return cls.parse(value)

    @classmethod
    def parse(cls, value: Any) -> Exchange:
        """Check what a file holds."""
        messages = value.get("messages") if isinstance(value, dict) else None
        if not isinstance(messages, list) or not messages:
            raise Refused("The file has no messages.", _FORM)
        parties: list[str] = []
        telegrams = []
        for number, message in enumerate(messages, 1):
            telegram = _telegram(number, message)
            for name in (telegram.sender, telegram.receiver):
                if name not in parties:
                    parties.append(name)
            if len(parties) > 2:
                raise _refused(
                    number,
                    f"{parties[2]!r} is a third name; {parties[0]} and {parties[1]} stand before",
                    "A line has two parties; give each line a file of its own.",
                )
            telegrams.append(telegram)
        title = value.get("title")
        return cls(
            title if isinstance(title, str) else "",
            (parties[0], parties[1]),
            tuple(telegrams),
        )


_FORM = 'It is an object with a list "messages", each with ' + ", ".join(KEYS) + "."


def _refused(number: int, why: str, hint: str, rule: str = "") -> Refused:
    why = why.rstrip(".")
    return Refused(f"Message {number} of the file cannot be sent: {why}.", hint, rule)


def _telegram(number: int, message: Any) -> Telegram:
    if not isinstance(message, dict):
        raise _refused(number, "it is not an object", _FORM)
    for key in KEYS:
        if not isinstance(message.get(key), str):
            said = "is not a text" if key in message else "is missing"
            raise _refused(number, f"its {key} {said}", _FORM)
    for key in ("sender", "receiver"):
        _check_name(number, key, message[key])
    if message["sender"] == message["receiver"]:
        raise _refused(
            number, f"{message['sender']} speaks to itself", "A line has two different parties."
        )
    if message["precedence"] not in Precedence.__members__:
        raise _refused(
            number,
            f"there is no precedence {message['precedence']!r:.40}",
            f"It is one of {', '.join(each.name for each in reversed(Precedence))}.",
        )
    if not LANGUAGE.fullmatch(message["language"]):
        raise _refused(
            number,
            f"{message['language']!r:.40} is not the code of a language",
            "Write it as BCP 47 does, for example en, ru or zh-Hans.",
        )
    try:
        check_text(message["text"])
        check_mark(message["text"], Status.EXERCISE)
    except Refused as fault:
        raise _refused(number, f"its text: {fault.sentence}", fault.hint, fault.rule) from fault
    return Telegram(
        number,
        message["sender"],
        message["receiver"],
        message["text"],
        message["language"],
        message["precedence"],
        label=_label(message),
        noted=_noted(message),
    )


def _check_name(number: int, key: str, name: str) -> None:
    try:
        check_text(name)
    except Refused as fault:
        raise _refused(number, f"its {key}: {fault.sentence}", fault.hint, fault.rule) from fault
    if "\n" in name or name != name.strip() or len(name.encode()) > NAME_BYTES_MAX:
        raise _refused(
            number,
            f"its {key} is no name",
            f"A name is one line of at most {NAME_BYTES_MAX} bytes without spaces at its ends.",
        )


def _label(message: Mapping[str, Any]) -> str:
    for key in ("date", "document"):
        value = message.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool):
            return str(value)[:20]
    return ""


def _noted(message: Mapping[str, Any]) -> dict[str, int]:
    """Minutes after `transmitted`; a note that is no time of day is left out."""
    times = next(
        (
            value
            for key, value in message.items()
            if key.startswith("times") and isinstance(value, dict)
        ),
        {},
    )
    moments = {name: minute for name, at in times.items() if (minute := _minute(at)) is not None}
    start = moments.pop("transmitted", None)
    if start is None:
        return {}
    # Notes bear no date: one that seems to lie more than half a day back was made after midnight.
    half = MINUTES_A_DAY // 2
    return {name: (at - start + half) % MINUTES_A_DAY - half for name, at in moments.items()}


def _minute(at: Any) -> int | None:
    found = _MOMENT.match(at) if isinstance(at, str) else None
    return int(found[1]) * 60 + int(found[2]) if found else None
