"""The socket of a call, asked by a client that is no browser and keeps to no rule."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus

from parley.conference import room
from tests.conference.test_loop import picture, sound
from tests.console.test_media_socket import cookie, ours
from tests.console.world import PATIENCE_S, Post, World

pytestmark = pytest.mark.asyncio(loop_scope="session")


class Client:
    """One page's socket, and what came by it."""

    def __init__(self, open: ClientConnection) -> None:
        self.open = open
        self.frames: list[bytes] = []
        self.words: list[dict[str, Any]] = []

    @classmethod
    async def of(cls, post: Post, name: str, line: str = "") -> Client:
        secret = await cookie(post, name)
        address = f"{post.seat(name).replace('http:', 'ws:')}/media/call?line={line or 'North'}"
        given = ours(post, secret)
        return cls(await connect(address, additional_headers=given, max_size=None))

    async def says(self, **word: Any) -> None:
        await self.open.send(json.dumps(word))

    async def until(self, what: Any) -> Any:
        """Read until that is true of what came; what it gives."""
        async with asyncio.timeout(PATIENCE_S):
            while not (found := what(self)):
                item = await self.open.recv()
                if isinstance(item, bytes):
                    self.frames.append(item)
                else:
                    self.words.append(json.loads(item))
            return found

    def last(self, t: str) -> dict[str, Any]:
        return next((word for word in reversed(self.words) if word["t"] == t), {})

    async def joins(self) -> dict[str, Any]:
        await self.says(t="join", medium="video")
        await self.until(lambda c: c.last("call").get("me"))
        state = self.last("call")
        return next(each for each in state["pages"] if each["page"] == state["me"])

    async def dropped(self, reason: str, count: int = 1) -> None:
        await self.until(lambda c: c.last("counts").get("dropped", {}).get(reason, 0) >= count)


def line(world: World) -> str:
    assert world.north.station is not None
    return world.north.station.lines[0].agreed.hex


@pytest.mark.story
async def test_M13_frames_go_from_page_to_page_and_nothing_else_does(stations: World) -> None:
    await stations.north.ask("Wanda", "call.begin")
    a = await Client.of(stations.north, "Wanda", line(stations))
    await a.open.send(sound(0))
    await a.dropped("not in the call")
    me = await a.joins()
    at = {"party": me["party"], "sender": me["sender"]}
    b = await Client.of(stations.south, "Wen", line(stations))
    other = await b.joins()
    await a.until(lambda c: len(c.last("call")["pages"]) == 2)
    await a.until(lambda c: (c.last("counts").get("link") or {}).get("up"))
    for frame in (
        sound(0),  # of the loop
        sound(0, party=other["party"], sender=other["sender"]),
        sound(0, party=me["party"], sender=9),
    ):
        await a.open.send(frame)
    await a.dropped("foreign", 3)
    await a.open.send(b"junk")
    await a.dropped("malformed")
    first, second = sound(0, **at), sound(1, **at)
    await a.open.send(first)
    await a.open.send(first)
    await a.dropped("repeated")
    await a.open.send(second)
    await b.until(lambda c: second in c.frames)
    assert [frame for frame in b.frames if frame not in (first, second)] == []
    await a.open.send(picture(0, key=True, **at))
    await b.until(lambda c: picture(0, key=True, **at) in c.frames)
    assert Counter(b.frames).most_common(1)[0][1] == 1
    await b.says(t="key", page=me["page"])
    await a.until(lambda c: c.last("key"))

    await a.says(t="mute", on=True)
    await a.until(
        lambda c: c.last("call")["pages"] and any(e["muted"] for e in c.last("call")["pages"])
    )
    await a.open.send(sound(2, **at))
    await a.dropped("muted")
    await stations.south.ask("Wen", "call.hold")
    await a.until(lambda c: c.last("call")["state"] == "on hold")
    await a.open.send(picture(1, key=True, **at))
    await a.dropped("on hold")
    await stations.north.ask("Wanda", "call.end")
    await b.until(lambda c: c.last("call")["state"] == "none")
    await a.open.close()
    await b.open.close()


async def test_M14_a_page_that_is_gone_comes_back_or_has_left(
    stations: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stations.north.ask("Wanda", "call.begin")
    a = await Client.of(stations.north, "Wanda", line(stations))
    me = await a.joins()
    await a.open.close()
    again = await Client.of(stations.north, "Wanda", line(stations))
    await again.until(lambda c: c.last("call"))
    assert again.last("call")["me"] is None
    assert again.last("call")["claims"] == ""
    await again.says(t="here", page="B9")
    await again.until(lambda c: c.last("call")["claims"] == "B9")
    assert again.last("call")["me"] is None
    await again.says(t="here", page=me["page"])
    await again.until(lambda c: c.last("call")["me"] == me["page"])
    monkeypatch.setattr(room, "LOST_S", 0.0)
    await again.open.close()

    async def has_left() -> bool:
        view = (await stations.north.ask("Wanda", "call.show"))["call"]
        return view["attendees"][0]["left"] is not None

    await stations.until(has_left)
    rows = (await stations.north.ask("Aline", "audit"))["rows"]
    assert any(row["act"].startswith("left the call") for row in rows)


@pytest.mark.story
async def test_M15_words_that_are_none_of_ours_are_counted(stations: World) -> None:
    a = await Client.of(stations.north, "Wanda", line(stations))
    await a.until(lambda c: c.last("call").get("state") == "none")
    for count, word in enumerate(
        ("{", "[]", '{"t":1}', '{"t":"call.end"}', '{"t":"key","page":7}', "x" * 70_000), 1
    ):
        await a.open.send(word)
        await a.dropped("malformed", count)
    await a.says(t="key", page="A1")
    await a.says(t="join", medium="video")
    await a.until(lambda c: "No call is open" in c.last("refused").get("sentence", ""))
    await a.says(t="seal", round="00")
    await a.until(lambda c: c.last("refused").get("act") == "seal")
    await a.open.close()
    with pytest.raises(InvalidStatus):
        await Client.of(stations.north, "Wanda", "nowhere")
