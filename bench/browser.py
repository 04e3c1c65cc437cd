"""A Chromium for measuring, spoken to by its own protocol and by nothing in between.

A driver of tests follows every frame of every socket of a page, which here would cost as much as
the call that is measured. Source: Chrome DevTools Protocol, over `--remote-debugging-pipe`.
"""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

PATIENCE_S: Final = 30.0
FLAGS: Final = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-pipe",
)


class Browser:
    """One process, and what it was asked and has not answered yet."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.WriteTransport) -> None:
        self._reader, self._writer = reader, writer
        self._asked: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._hears: dict[str, Callable[[str, dict[str, Any]], None]] = {}
        self._last = 0

    async def ask(self, method: str, session: str = "", **params: object) -> dict[str, Any]:
        """What it answers; raises RuntimeError with its words where it refuses."""
        self._last += 1
        word = {"id": self._last, "method": method, "params": params}
        if session:
            word["sessionId"] = session
        answer = self._asked[self._last] = asyncio.get_running_loop().create_future()
        self._writer.write(json.dumps(word).encode() + b"\0")
        async with asyncio.timeout(PATIENCE_S):
            told: dict[str, Any] = await answer
            return told

    def hear(self, session: str, tell: Callable[[str, dict[str, Any]], None]) -> None:
        """Be told of what happens there."""
        self._hears[session] = tell

    async def listen(self) -> None:
        """Until it ends."""
        while True:
            try:
                word = json.loads((await self._reader.readuntil(b"\0"))[:-1])
            except asyncio.IncompleteReadError:
                return
            if (answer := self._asked.pop(word.get("id", 0), None)) is None:
                tell = self._hears.get(word.get("sessionId", ""))
                if tell is not None and "method" in word:
                    tell(word["method"], word["params"])
            elif answer.done():
                continue
            elif "error" in word:
                answer.set_exception(RuntimeError(word["error"]["message"]))
            else:
                answer.set_result(word["result"])

    async def page(self, width: int, height: int) -> Page:
        """A new page with no policy of its own, so that what measures may stand in it."""
        target = await self.ask("Target.createTarget", url="about:blank")
        page = Page(self, await self.attached(target["targetId"]))
        self.hear(page.session, page.told)
        for method, params in (
            ("Page.enable", {}),
            ("Page.setBypassCSP", {"enabled": True}),
            ("Emulation.setDeviceMetricsOverride", _screen(width, height)),
            (
                "Target.setAutoAttach",
                {"autoAttach": True, "waitForDebuggerOnStart": False, "flatten": True},
            ),
        ):
            await self.ask(method, page.session, **params)
        return page

    async def attached(self, target: str) -> str:
        """The session of a page."""
        told = await self.ask("Target.attachToTarget", targetId=target, flatten=True)
        return str(told["sessionId"])


class Page:
    """One page, and the workers in it."""

    def __init__(self, browser: Browser, session: str) -> None:
        self._browser = browser
        self.session = session
        self._workers: dict[str, str] = {}
        self._came = asyncio.Event()

    def told(self, method: str, params: dict[str, Any]) -> None:
        """Something happened in it."""
        if method == "Target.attachedToTarget" and params["targetInfo"]["type"] == "worker":
            self._workers[params["targetInfo"]["url"]] = params["sessionId"]
            self._came.set()

    async def before(self, script: str) -> None:
        """Run this in every document before its own scripts."""
        await self._browser.ask(
            "Page.addScriptToEvaluateOnNewDocument", self.session, source=script
        )

    async def go(self, address: str) -> None:
        """Load it."""
        told = await self._browser.ask("Page.navigate", self.session, url=address)
        if "errorText" in told:
            raise RuntimeError(f"{address}: {told['errorText']}")

    async def run(self, script: str, session: str = "") -> Any:
        """The value of an expression, or of the promise it is."""
        told = await self._browser.ask(
            "Runtime.evaluate",
            session or self.session,
            expression=script,
            awaitPromise=True,
            returnByValue=True,
        )
        if "exceptionDetails" in told:
            raise RuntimeError(json.dumps(told["exceptionDetails"])[:400])
        return told["result"].get("value")

    async def until(self, script: str) -> None:
        """Wait for an expression to become true; a page that is being left is asked again."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    if await self.run(f"!!({script})"):
                        return
                except RuntimeError:
                    pass
                await asyncio.sleep(0.05)

    async def worker(self, path: str) -> str:
        """The session of the worker that was made from this path."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                for url, session in self._workers.items():
                    if url.endswith(path):
                        return session
                self._came.clear()
                await self._came.wait()

    async def close(self) -> None:
        """Leave it, as somebody who closes the tab does."""
        await self._browser.ask("Page.close", self.session)


def _screen(width: int, height: int) -> dict[str, object]:
    return {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}


def _spawn(command: list[str], ends: list[int]) -> int:
    nothing = [(os.POSIX_SPAWN_OPEN, each, os.devnull, os.O_RDWR, 0) for each in (0, 1, 2)]
    spoken = [(os.POSIX_SPAWN_DUP2, end, 3 + at) for at, end in enumerate(ends)]
    return os.posix_spawn(command[0], command, os.environ, file_actions=[*nothing, *spoken])


@asynccontextmanager
async def browser(
    chromium: Path, *flags: str, processors: Collection[int] = ()
) -> AsyncIterator[Browser]:
    """A fresh Chromium with a profile of its own, gone afterwards; on some processors only where
    they are named."""
    loop = asyncio.get_running_loop()
    (to_read, to_write), (from_read, from_write) = os.pipe(), os.pipe()
    # It reads on 3 and writes on 4, which may be other ends of these pipes now.
    ends = [fcntl.fcntl(each, fcntl.F_DUPFD_CLOEXEC, 10) for each in (to_read, from_write)]
    with tempfile.TemporaryDirectory(
        prefix="parley-chromium-", ignore_cleanup_errors=True
    ) as profile:
        pid = _spawn([str(chromium), *FLAGS, *flags, f"--user-data-dir={profile}"], ends)
        if processors:
            os.sched_setaffinity(pid, processors)  # as for all that it starts
        for each in (to_read, from_write, *ends):
            os.close(each)
        reader = asyncio.StreamReader(limit=1 << 26)
        await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(from_read, "rb")
        )
        writer, _ = await loop.connect_write_pipe(asyncio.Protocol, os.fdopen(to_write, "wb"))
        made = Browser(reader, writer)
        listening = asyncio.create_task(made.listen())
        try:
            yield made
        finally:
            try:
                await made.ask("Browser.close")
            finally:
                writer.close()
                await asyncio.to_thread(os.waitpid, pid, 0)
                listening.cancel()
