"""How a station comes into being: its folder and keys, the root's word for it, its first operator.

`begin` makes keys and the request that is carried to the root; `finish` takes the answer. With
the root's folder at hand both happen at once. Nothing serves yet, so whoever holds the folder
works in it: `set_up` gives a station that carries out operations in this process, under the lock.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from parley.core.errors import Misused, ParleyError, Refused
from parley.core.identity import Letter
from parley.core.keys import Entropy
from parley.station.acts.person import AT_THE_MACHINE
from parley.station.machine.carried import ANSWER, LETTER, REQUEST, carry, take_up
from parley.station.machine.clock import SystemClock
from parley.station.machine.config import CONFIG_NAME, Config, template
from parley.station.machine.folder import (
    KEYS_NAME,
    LAST_KEY_NAME,
    LETTER_NAME,
    REQUEST_NAME,
    Home,
    lock,
    make_keys,
    make_private,
    read_keys,
    read_whole,
    write_keys,
    write_whole,
)
from parley.station.parties.root import Answer, Request
from parley.station.staff.people import TOKENS
from parley.station.station import Station
from parley.store.sqlite import SqliteStore

OPERATOR = "operator"


def begin(
    path: Path,
    name: str,
    languages: Sequence[str],
    bearers: Sequence[str] = (),
    *,
    entropy: Entropy = os.urandom,
    settings: dict[str, dict[str, Any]] | None = None,
) -> Request:
    """Make the folder with keys, settings and the request to the root."""
    keys = make_keys(entropy)
    request = Request.of(name, keys, languages, bearers)
    if (path / KEYS_NAME / LAST_KEY_NAME).exists():
        raise Refused(
            f"There is a station in {path} already.",
            "Name another folder; a station is never made over another.",
        )
    new = not path.exists()
    make_private(path)
    with undone(path, new), lock(path):
        write_whole(path / CONFIG_NAME, template(**(settings or {})).encode())
        Config.read(path / CONFIG_NAME)
        write_whole(path / REQUEST_NAME, carry(REQUEST, request.to_bytes()))
        write_keys(path / KEYS_NAME, keys)
    return request


@contextmanager
def undone(path: Path, new: bool) -> Iterator[None]:
    """Leave no half of a station behind when its making fails."""
    try:
        yield
    except ParleyError:
        if new:
            shutil.rmtree(path, ignore_errors=True)
        raise


def requested(path: Path) -> Request:
    """The request of a station that has no answer yet."""
    return Request.parse(take_up(REQUEST, read_whole(path / REQUEST_NAME)))


def finish(path: Path, answer: bytes) -> Letter:
    """Take the root's answer: the letter is made, and the operator has a token."""
    with lock(path):
        # A crash may have come between the letter and the operator: then it is done again.
        if (path / LETTER_NAME).exists() and (path / TOKENS / f"{OPERATOR}.token").exists():
            raise Refused(f"The station in {path} has its letter.", "`parley introduce` shows it.")
        letter = Answer.parse(take_up(ANSWER, answer)).finish(read_keys(path / KEYS_NAME))
        asked = requested(path)
        if (letter.certificate.name, letter.languages) != (asked.station, asked.languages):
            raise Refused(
                "This answer is to another request of this station.",
                "Carry the request that lies in its folder to the root.",
            )
        write_whole(path / LETTER_NAME, carry(LETTER, letter.raw))
    with set_up(path) as station:
        station.perform(
            "person.add",
            AT_THE_MACHINE,
            {"name": OPERATOR, "office": "operator", "roles": [OPERATOR]},
        )
    with suppress(OSError):
        (path / REQUEST_NAME).unlink()
    return letter


@contextmanager
def set_up(path: Path, entropy: Entropy = os.urandom) -> Iterator[Station]:
    """A station that serves nobody and carries out operations here; it holds the folder's lock."""
    home = Home.open(path)
    with home.lock():
        store = SqliteStore(home.database)
        try:
            yield Station(home, store, clock=SystemClock(), entropy=entropy)
        finally:
            store.close()


def check_languages(tags: str) -> list[str]:
    """Languages as they are typed, `en,ru`; Misused when there is none."""
    found = [tag.strip() for tag in tags.split(",") if tag.strip()]
    if not found:
        raise Misused(
            "A party speaks at least one language.", "Give its tag, such as en or zh-Hans."
        )
    return found
