"""`python -m bench.frames_end FOLDER SIDE SECRET`: a station that holds one end of a call.

It is a station process like any other, with a page made of numbers in place of a person's. A line
on its standard input, `SINCE UNTIL` in POSIX seconds, is answered by a line of JSON; the end of its
input ends it.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any, Final

from parley.conference.link import TICK_S, MediaLink
from parley.conference.running import RunningLink
from parley.exercise.media_page import CAMERA, MediaPage
from parley.station.serving import serving
from parley.station.station import Station

SPOKEN_EACH_S: Final = 1.4
SPOKEN_S: Final = 0.06


class CallEnd:
    """One end: the running link, and the page."""

    def __init__(self, station: Station, side: int, secret: bytes) -> None:
        self.page = MediaPage(side, random.Random(side), begins=time.time())
        now = station.clock.now().mono
        self.running = RunningLink(
            station,
            next(iter(station.lines)),
            MediaLink(secret, side, now, entropy=os.urandom, kbps_max=600),
            on_frame=lambda frame: self.page.take(frame, time.time()),
            on_budget=lambda _: None,
            on_key=lambda _: self.page.ask_key(),
        )

    async def lives(self) -> None:
        """Capture and send until the end."""
        self.running.start()
        while True:
            for frame in self.page.frames(time.time(), self.running.link.budget()):
                self.running.send(frame)
            if self.page.wants_key:
                self.page.wants_key = False
                self.running.link.ask_key(1 - self.page.sender, CAMERA)
            await asyncio.sleep(TICK_S)

    def told(self, since: float, until: float) -> dict[str, Any]:
        """What came of a time."""
        heard = self.page.heard
        spoken = [since + 0.5 + SPOKEN_EACH_S * n for n in range(1000)]
        spoken = [at for at in spoken if at < until - 0.5]
        shown = [
            (at, age)
            for at, age in zip(heard.pictures, heard.picture_ages_s, strict=True)
            if since <= at < until
        ]
        return {
            "pictures_s": len(shown) / (until - since),
            "picture_ages_ms": [age * 1000 for _, age in shown],
            "sound_ages_ms": [
                (came - captured) * 1000
                for captured, came, _ in heard.sound.values()
                if since <= captured < until
            ],
            "spoken": len(spoken),
            "heard": sum(heard.hears(at, SPOKEN_S) for at in spoken),
            "by": self.running.carried_by.partition(" ")[0],
            "cpu_s": time.process_time(),
            "figures": self.running.link.figures(),
        }


async def main(folder: str, side: str, secret: str) -> None:
    """Serve, and answer until nobody asks any more."""
    async with serving(Path(folder)) as station:
        end = CallEnd(station, int(side), bytes.fromhex(secret))
        living = asyncio.create_task(end.lives())
        questions = asyncio.StreamReader()
        await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(questions), sys.stdin
        )
        while question := await questions.readline():
            since, until = map(float, question.split())
            print(json.dumps(end.told(since, until)), flush=True)
        end.running.stop()
        living.cancel()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
