"""Somebody who drafts, releases and opens at one station without pause, over every death of it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
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
WORDS = (
    "we have received your message and shall answer before noon 我们已经收到 мы получили".split()
)


class Speaker:
    """Keeps one station busy and its own ledger of what the station answered."""

    def __init__(
        self, name: str, folder: Path, tokens: Mapping[str, str], chance: random.Random
    ) -> None:
        """`tokens` by role: drafter, releaser, watch."""
        self.ledger = Ledger()
        self.trouble: list[str] = []  # refusals that no kill explains
        self._name, self._folder, self._tokens, self._chance = name, folder, tokens, chance
        self._number = 0
        self._in_doubt: list[tuple[int, str, Said]] = []  # released, and no answer came
        self._stopping = False

    def stop(self) -> None:
        """Finish what is under way and `run` returns."""
        self._stopping = True

    async def run(self) -> None:
        """Speak until told to stop and nothing is in doubt any more."""
        while not (self._stopping and not self._in_doubt):
            open_calls: list[Calls] = []
            try:
                for role in ("drafter", "releaser", "watch"):
                    open_calls.append(await Calls.open(self._folder, self._tokens[role]))
                await self._speak(*open_calls)
            except Unavailable:
                await asyncio.sleep(AGAIN_S)  # killed, or not yet there
            finally:
                for calls in open_calls:
                    calls.close()

    async def _speak(self, drafter: Calls, releaser: Calls, watch: Calls) -> None:
        await self._ask_again(releaser)
        await watch.listen(lambda event: self._open(watch, event))
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
            # From here on the station may have released them, whether or not we are told.
            for said, draft in zip(batch, drafts, strict=True):
                self.ledger.said.append(said)
                self._in_doubt.append((draft["draft"], draft["sha256"], said))
            answers = [
                releaser.ask("release", draft=id, sha256=sha) for id, sha, _ in self._in_doubt
            ]
            released = await asyncio.gather(*answers, return_exceptions=True)
            self._take(released)

    def _take(self, released: list[Any]) -> None:
        """Strike out what was answered; raise when the station went away before the last."""
        doubt, self._in_doubt = self._in_doubt, []
        gone: Unavailable | None = None
        for item, answer in zip(doubt, released, strict=True):
            if isinstance(answer, Unavailable):
                self._in_doubt.append(item)
                gone = answer
            elif isinstance(answer, ParleyError):
                self.trouble.append(f"{item[2].text}: {answer}")
            elif isinstance(answer, BaseException):
                raise answer
            else:
                item[2].sure = True
        if gone is not None:
            raise gone

    async def _ask_again(self, releaser: Calls) -> None:
        """It may have happened without our being told: ask again, and take a refusal for that."""
        for item in list(self._in_doubt):
            draft, sha256, said = item
            try:
                await releaser.ask("release", draft=draft, sha256=sha256)
            except Refused as refusal:
                shown = await releaser.ask("draft.show", draft=draft)
                if shown["status"] != "released":
                    self.trouble.append(f"{said.text}: {refusal}")
            said.sure = True
            self._in_doubt.remove(item)

    def _compose(self) -> Said:
        self._number += 1
        words = " ".join(self._chance.choices(WORDS, k=self._chance.randint(1, 40)))
        (precedence,) = self._chance.choices(range(4), WEIGHTS)
        return Said(f"{self._name} {self._number} {words}", precedence)

    def _open(self, watch: Calls, event: dict[str, Any]) -> None:
        """Open some of what arrives; each at most once, so that a second one is a double."""
        if event.get("kind") != "message" or event.get("dir") != "theirs":
            return
        n = event["n"]
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
