"""A form that brings a file: what is read of it, and when it is read no further."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import pytest_asyncio
from starlette.applications import Starlette

from parley.catalogue.drawing import RAW_BYTES_MAX
from tests.console.asking import Answer, ask, sit
from tests.console.world import World

pytestmark = pytest.mark.asyncio(loop_scope="module")

EDGE = "edge-of-a-part"
PIECE = bytes(65_536)  # as much as the server hands on at once
OURS: dict[str, Any] = {
    "origin": "http://console",
    "sec_fetch_site": "same-origin",
    "content_type": f"multipart/form-data; boundary={EDGE}",
}


def part(name: str, value: str | bytes) -> bytes:
    """A field, or the beginning of a file."""
    kind = f'; filename="{name}.txt"' if isinstance(value, bytes) else ""
    head = f'\r\n--{EDGE}\r\nContent-Disposition: form-data; name="{name}"{kind}\r\n\r\n'
    return head.encode() + (value if isinstance(value, bytes) else value.encode())


END = f"\r\n--{EDGE}--\r\n".encode()


class Sent:
    """A body on its way; how much of it was asked for."""

    def __init__(self, *pieces: bytes, then: int = 0) -> None:
        self.pieces, self.then, self.taken = pieces, then, 0

    def __iter__(self) -> Iterator[bytes]:
        for piece in (*self.pieces, *(PIECE for _ in range(self.then // len(PIECE))), END):
            self.taken += len(piece)
            yield piece


class Drafter:
    """Who may attach a file, and the page where it is done."""

    def __init__(self, app: Starlette, path: str, cookies: dict[str, str], token: str) -> None:
        self._app, self._path, self._cookies, self.token = app, path, cookies, token

    async def attaches(self, sent: Iterable[bytes | asyncio.Event]) -> Answer:
        return await ask(self._app, self._path, sent, self._cookies, **OURS)


@pytest_asyncio.fixture(loop_scope="module")
async def dana(pair: World, app: Starlette) -> Drafter:
    north = pair.north
    draft = (await north.ask("Dana", "draft.new", text="See what goes with it."))["draft"]
    cookies = await sit(north, app, "Dana")
    path = f"/s/{north.ids['Dana']}/drafts/{draft}"
    page = await ask(app, path, cookies=cookies)
    token = page.text.partition('name="token" value="')[2].partition('"')[0]
    assert token
    return Drafter(app, f"{path}/attach", cookies, token)


@pytest.mark.parametrize("first", ["none", "another", "after"])
async def test_a_file_without_the_token_of_its_seat_is_not_read(dana: Drafter, first: str) -> None:
    before, after = {
        "none": (b"", b""),
        "another": (part("token", "x" * 43), b""),
        "after": (b"", part("token", dana.token)),
    }[first]
    sent = Sent(before + part("file", PIECE) + after, then=RAW_BYTES_MAX)
    answer = await dana.attaches(sent)
    assert answer.status == 403
    assert "does not belong to this seat" in answer.text
    assert sent.taken <= 3 * len(PIECE)


async def test_a_first_field_that_never_ends_is_not_read_to_its_end(dana: Drafter) -> None:
    sent = Sent(part("token", dana.token), *(b"x" for _ in range(6_000)))
    assert (await dana.attaches(sent)).status in (403, 422)
    assert sent.taken < 5_000


async def test_a_form_with_a_token_and_no_file_or_nothing_at_all_is_answered(dana: Drafter) -> None:
    answer = await dana.attaches(Sent(part("token", dana.token)))
    assert "No file was chosen." in answer.text
    for sent in (Sent(), Sent(part("file", b"Amity"))):
        assert (await dana.attaches(sent)).status == 403


async def test_a_file_is_attached_however_small_the_pieces_come(dana: Drafter) -> None:
    body = part("token", dana.token) + part("file", b"Amity 55 10 N\n")
    answer = await dana.attaches(Sent(*(body[at : at + 1] for at in range(len(body)))))
    assert answer.status == 303
    assert answer.header("location").endswith("?done=attached")


async def test_a_session_has_two_files_on_their_way_and_no_more(dana: Drafter) -> None:
    """Whoever sits here could have it hold eight MiB for each connection just as well."""
    rest = asyncio.Event()
    slow: list[bytes | asyncio.Event] = [
        part("token", dana.token),
        rest,
        part("file", b"Amity"),
        END,
    ]
    tasks = [asyncio.create_task(dana.attaches(slow)) for _ in range(2)]
    await asyncio.sleep(0.1)  # both are asked for what comes next
    one_more = Sent(part("token", dana.token) + part("file", PIECE), then=RAW_BYTES_MAX)
    answer = await dana.attaches(one_more)
    assert answer.status == 422
    assert "2 files from this seat are on their way already." in answer.text
    assert one_more.taken == 0
    rest.set()
    await asyncio.gather(*tasks)
    assert "on their way" not in (await dana.attaches(Sent(part("token", dana.token)))).text


@pytest.mark.parametrize("path", ["/sign-in", "/sign-in/options", "/tongue"])
async def test_before_anybody_has_a_seat_no_file_is_read(app: Starlette, path: str) -> None:
    """Whoever reaches the console could have it hold eight MiB for each connection."""
    sent = Sent(part("name", "Wanda") + part("file", PIECE), then=RAW_BYTES_MAX)
    assert (await ask(app, path, sent, **OURS)).status == 403
    assert sent.taken == 0
