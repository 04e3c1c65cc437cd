"""Files that go with a message, read for a page: whole, and the words of a text."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from typing import Any

from parley.catalogue.files import PNG, TEXT
from parley.console.desk import Visit
from parley.console.frame import View
from parley.core.errors import ParleyError

Read = Callable[[int], Awaitable[View]]


async def with_words(visit: Visit, draft: int | None, where: View, files: list[View]) -> list[View]:
    """The files with the words of each text among them that is shown."""
    found = []
    for file in files:
        words = None
        if file["media"] == TEXT and (draft is not None or file["shown"]):
            read = (
                of_message(visit, where, file)
                if draft is None
                else of_draft(visit, draft, file["place"])
            )
            with suppress(ParleyError):  # a message that came before its turn: not yet
                words = b"".join([part async for part in parts(read, await read(0))]).decode()
        found.append({**file, "words": words, "is_picture": file["media"] == PNG})
    return found


def of_draft(visit: Visit, draft: int, place: int) -> Read:
    """How the bytes of a draft's file are read, from a place on."""
    return lambda start: visit.call("draft.attachment", draft=draft, place=place, start=start)


def of_message(visit: Visit, where: View, file: View) -> Read:
    """The same of a message's, which is read only if it may be shown."""
    given: dict[str, Any] = {**where, "sha256": file["sha256"]}
    return lambda start: visit.call("attachment.read", **given, start=start)


async def parts(read: Read, part: View) -> AsyncIterator[bytes]:
    """All bytes of a file, whose first ones were read."""
    yield base64.b64decode(part["data"])
    while part["next"] is not None:
        part = await read(part["next"])
        yield base64.b64decode(part["data"])
