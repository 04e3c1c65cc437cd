"""A page's socket is read on while a few messages wait, and no further."""

from __future__ import annotations

import asyncio
from typing import Any

import uvicorn
from websockets.asyncio.client import connect

from parley.console.page_socket import SMALL_BYTES_MAX, WAITING_MAX, PageSocket
from tests.bearers.playbook import until

SENT = 3 * WAITING_MAX


async def test_a_few_messages_wait_and_behind_them_or_a_large_one_nothing_is_read() -> None:
    made: list[PageSocket] = []
    reads = asyncio.Event()
    came: list[bytes] = []

    class Seen(PageSocket):
        def __init__(self, *given: Any, **more: Any) -> None:
            super().__init__(*given, **more)
            made.append(self)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        while True:
            await reads.wait()
            message = await receive()
            if message["type"] == "websocket.disconnect":
                return
            came.append(message["bytes"])

    async def until_come(count: int) -> None:
        await until(lambda: made[0].queue.qsize() + len(came) == count)

    def paused() -> bool:
        return made[0].read_paused

    server = uvicorn.Server(
        uvicorn.Config(app, port=0, ws=Seen, lifespan="off", log_config=None, ws_max_size=1 << 20)
    )
    serving = asyncio.create_task(server.serve())
    await until(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    async with connect(f"ws://127.0.0.1:{port}", compression=None) as page:
        for n in range(WAITING_MAX - 1):
            await page.send(bytes((n,)))
        await until_come(WAITING_MAX - 1)
        assert not paused()
        await page.send(bytes((WAITING_MAX - 1,)))
        await until_come(WAITING_MAX)
        assert paused()
        for n in range(WAITING_MAX, SENT):
            await page.send(bytes((n,)))
        reads.set()
        await until(lambda: len(came) == SENT)
        assert came == [bytes((n,)) for n in range(SENT)]
        assert not paused()
        reads.clear()
        await page.send(b"taken by the receive that waits")
        await until(lambda: len(came) == SENT + 1)
        await page.send(bytes(SMALL_BYTES_MAX + 1))
        await until_come(SENT + 2)
        assert paused()
        reads.set()
    server.should_exit = True
    await serving
