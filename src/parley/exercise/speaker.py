"""Somebody who drafts, releases and opens at one station without pause, over every death of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from parley.core.errors import ParleyError, Refused, Unavailable
from parley.exercise.calls import Calls
from parley.exercise.ledger import Ledger, Said

BATCH_MAX = 16
OPENED_OF = 8  # one message of so many is opened by the watch officer
AGAIN_S = 0.02  # between attempts to reach a station that is starting
PRECEDENCES = ("ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH")
WEIGHTS = (70, 15, 10, 5)
WORDS = ("we have", "received", "your message", "and shall", "answer", "我们已经收到", "получили")


@dataclass(slots=True)
class Waiting:
    """A draft that the station has, to be released."""

    draft: int
    sha256: str
    said: Said


class Speaker:
    """Keeps one station busy, and its own ledger of what the station answered."""

    def __init__(
        self, name: str, folder: Path, tokens: Mapping[str, str], chance: random.Random
    ) -> None:
        """`tokens` by role: drafter, releaser, watch."""
        self.ledger = Ledger()
        self.trouble: list[str] = []  # what no kill explains
        self.doubts = 0  # releases whose answer a kill took away
        self._name, self._folder, self._tokens, self._chance = name, folder, tokens, chance
        self._number = self._attempt = 0
        self._displayed = 0  # their entries that have been on a screen of ours
        self._waiting: list[Waiting] = []
        self._in_doubt: list[Waiting] = []  # a release was asked for, and no answer came
        self._stopping = False

    def stop(self) -> None:
        """Finish what is under way and `run` returns."""
        self._stopping = True

    async def run(self) -> None:
        """Speak until told to stop and nothing is in doubt any more."""
        while not (self._stopping and not self._in_doubt):
            open_calls: list[Calls] = []
            speaking = False
            try:
                for role in ("drafter", "releaser", "watch"):
                    open_calls.append(await Calls.open(self._folder, self._tokens[role]))
                speaking = True
                await self._speak(*open_calls)
            except Unavailable as error:
                # Killed, or not yet there. What a living station answers is another matter.
                if speaking and not any(calls.lost.is_set() for calls in open_calls):
                    self.trouble.append(str(error))
                await asyncio.sleep(AGAIN_S)
            finally:
                for calls in open_calls:
                    calls.close()

    async def _speak(self, drafter: Calls, releaser: Calls, watch: Calls) -> None:
        await watch.listen(lambda event: self._hear(watch, event))
        self._displayed = (await watch.ask("status"))["lines"][0]["their_size"]
        await self._clear_doubt(releaser)
        while not self._stopping:
            batch = [self._compose() for _ in range(self._chance.randint(1, BATCH_MAX))]
            drafts = await asyncio.gather(
                *(
                    drafter.ask(
                        "draft.new", text=said.text, precedence=PRECEDENCES[said.precedence]
                    )
                    for said in batch
                )
            )
            for said, draft in zip(batch, drafts, strict=True):
                self._waiting.append(Waiting(draft["draft"], draft["sha256"], said))
            await self._release(releaser)

    async def _release(self, releaser: Calls) -> None:
        """Ask for the release of all that waits; raise if the station dies before it answered."""
        # From here on the station may have released them, whether or not we are told.
        asked, self._waiting = self._waiting, []
        answers = []
        for item in asked:
            self._attempt += 1
            if item.said.order < 0:
                self.ledger.said.append(item.said)
            item.said.order = self._attempt
            answers.append(
                releaser.ask(
                    "release", draft=item.draft, sha256=item.sha256, displayed=self._displayed
                )
            )
        gone: Unavailable | None = None
        released = await asyncio.gather(*answers, return_exceptions=True)
        for item, answer in zip(asked, released, strict=True):
            if isinstance(answer, Unavailable):
                self._in_doubt.append(item)
                self.doubts += 1
                gone = answer
            elif isinstance(answer, Refused) and "Since this draft" in answer.sentence:
                self._waiting.append(item)  # something came in between; look, and ask again
            elif isinstance(answer, ParleyError):
                self.trouble.append(f"{item.said.text}: {answer}")
            elif isinstance(answer, BaseException):
                raise answer
            else:
                item.said.sure = True
        if gone is not None:
            raise gone

    async def _clear_doubt(self, releaser: Calls) -> None:
        """It may have happened without our being told: look, and see that it happens only once."""
        while self._in_doubt:
            item = self._in_doubt[0]
            shown = await releaser.ask("draft.show", draft=item.draft)
            if shown["state"] == "released":
                item.said.sure = True
                try:
                    await releaser.ask("release", draft=item.draft, sha256=item.sha256)
                    self.trouble.append(f"{item.said.text}: released twice")
                except Refused:
                    pass
            else:
                self._waiting.append(item)
            del self._in_doubt[0]

    def _compose(self) -> Said:
        self._number += 1
        words = " ".join(self._chance.choices(WORDS, k=self._chance.randint(1, 40)))
        (precedence,) = self._chance.choices(range(4), WEIGHTS)
        return Said(f"{self._name} {self._number} {words}", precedence)

    def _hear(self, watch: Calls, event: dict[str, Any]) -> None:
        """See what arrives, and open some of it; each once, so that a second one is a double."""
        if event.get("kind") != "message" or event.get("dir") != "theirs":
            return
        n = event["n"]
        self._displayed = max(self._displayed, n + 1)
        if n in self.ledger.opened or self._chance.randrange(OPENED_OF):
            return
        self.ledger.opened[n] = False
        answer = watch.ask("open", n=n)

        def done(answer: asyncio.Future[dict[str, Any]]) -> None:
            with suppress(Unavailable):
                try:
                    answer.result()
                    self.ledger.opened[n] = True
                except Refused as refusal:
                    self.trouble.append(f"opening of {n}: {refusal}")

        answer.add_done_callback(done)
