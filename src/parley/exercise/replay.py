"""`parley replay`: the messages of a file through two fresh stations, every stage of every one.

Two `parley serve` processes on loopback, a line marked EXERCISE, six people at each, and nothing
but the public control sockets. One message after the other is drafted, released, received,
displayed, opened, passed on, read back and confirmed; a stage is over when it stands in both
records. At the end both stations' evidence is exported, verified and compared (`tally.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from parley.core.errors import Malformed
from parley.core.identity import Fields
from parley.exercise.calls import whole_record
from parley.exercise.crew import Crew, View
from parley.exercise.exchange import Exchange, Telegram
from parley.exercise.pair import Pair
from parley.exercise.tally import Tally

STAGES = (
    "drafted",
    "released",
    "received",
    "displayed",
    "opened",
    "passed",
    "read back",
    "confirmed",
)
OFFICE = "Office of the principal"
# What was once said passes as it was said: no message of the past was written for our limits.
AS_LONG_AS_IT_WAS = {"writing": {"words_flash": 0, "words_immediate": 0}}
SETTLE_S = 0.1

Progress = Callable[[int, int, str], None]


@dataclass(slots=True)
class Passage:
    """One message on its way: its number in its sender's log, and the seconds of each stage."""

    telegram: Telegram
    n: int = -1
    seconds: dict[str, float] = field(default_factory=dict)
    differs: list[str] = field(default_factory=list)  # what did not arrive as it was written

    @property
    def total_s(self) -> float:
        """From the first letter of the draft to understood."""
        return sum(self.seconds.values())


@dataclass(frozen=True, slots=True)
class Replayed:
    """What came of it."""

    passages: list[Passage]
    evidence: dict[str, str]  # by party
    restarts: int
    tally: Tally


def replay(
    exchange: Exchange, folder: Path, tell: Callable[[str], None], progress: Progress
) -> Replayed:
    """Make two stations in `folder`, pass every message, and hold both records against the file."""
    progress(0, len(exchange.telegrams), "making two stations")
    pair = Pair.make(folder, exchange.parties, _languages(exchange), AS_LONG_AS_IT_WAS)
    return replay_on(pair, exchange, tell, progress)


def replay_on(
    pair: Pair, exchange: Exchange, tell: Callable[[str], None], progress: Progress
) -> Replayed:
    """The same with a pair that is there, under the names of its parties."""
    try:
        return asyncio.run(_replay(exchange, pair, tell, progress))
    finally:
        pair.stop()


def _languages(exchange: Exchange) -> tuple[str, str]:
    """What each party speaks first: the language of the first message it sends."""
    first: dict[str, str] = {}
    for telegram in exchange.telegrams:
        first.setdefault(telegram.sender, telegram.language)
    a, b = (_language(first.get(party, "")) for party in exchange.parties)
    return a, b


def _language(tag: str) -> str:
    """The tag where a letter can bear it, else English: every message bears its own anyway."""
    with suppress(Malformed):
        return Fields("the letter", "").language(tag)
    return "en"


async def _replay(
    exchange: Exchange, pair: Pair, tell: Callable[[str], None], progress: Progress
) -> Replayed:
    crews = {post.name: Crew(post, tell) for post in (pair.a, pair.b)}
    for crew in crews.values():
        crew.post.console_port = None  # nobody looks
        crew.post.start()
    keepers = [asyncio.create_task(crew.keep()) for crew in crews.values()]
    try:
        for crew in crews.values():
            await crew.in_service()
        passages = []
        for telegram in exchange.telegrams:
            progress(telegram.number - 1, len(exchange.telegrams), "passing messages")
            ours, theirs = crews[telegram.sender], crews[telegram.receiver]
            passages.append(await Passing(telegram, ours, theirs).run())
        progress(len(passages), len(exchange.telegrams), "comparing the records")
        await _settled(*crews.values())
        evidence = {
            name: await whole_record(partial(crew.ask, "auditor")) for name, crew in crews.items()
        }
    finally:
        for keeper in keepers:
            keeper.cancel()
        for crew in crews.values():
            crew.leave()
    sent = [(passage.telegram, passage.n) for passage in passages]
    tally = await asyncio.to_thread(Tally.of, sent, list(evidence.values()))
    for passage in passages:
        tally.complaints += passage.differs
    return Replayed(passages, evidence, sum(crew.restarts for crew in crews.values()), tally)


async def _settled(one: Crew, other: Crew) -> None:
    """Wait until each holds all of the other's entries, and both have signed for them."""

    async def found() -> bool | None:
        a = (await one.ask("watch", "status"))["lines"][0]
        b = (await other.ask("watch", "status"))["lines"][0]
        sizes = (a["our_size"], a["their_size"])
        whole = (
            (b["their_size"], b["our_size"]) == sizes
            and (a["receipted"], b["receipted"]) == sizes
            and not a["queued"]
            and not b["queued"]
            and a["records_agree"]
            and b["records_agree"]
        )
        return True if whole else None

    await one.until("both records signed by both", found)


class Passing:
    """One message through all its stages."""

    def __init__(self, telegram: Telegram, ours: Crew, theirs: Crew) -> None:
        self._telegram = telegram
        self._ours, self._theirs = ours, theirs
        self._passage = Passage(telegram)
        self._since = time.monotonic()

    async def run(self) -> Passage:
        """All stages in order; the passage with their times."""
        self._since = time.monotonic()
        draft = await self._draft()
        self._mark("drafted")
        self._passage.n = await self._release(draft)
        self._mark("released")
        received = await self._ours.until("received", self._staged("received", self._our_view))
        arrived = await self._theirs.until("the message itself", self._their_view)
        self._mark("received")
        self._passage.differs = differences(self._telegram, received, arrived)
        n = self._passage.n
        for stage, op, arguments in (
            ("displayed", "display", {}),
            ("opened", "open", {}),
            ("passed", "pass", {"office": OFFICE}),
            # On a real line the sender says the six digits over another channel.
            ("read back", "readback", {"group": received["check_group"]}),
        ):
            await self._theirs.do(
                "watch", op, self._stands(stage, self._their_view), n=n, **arguments
            )
            await self._ours.until(stage, self._staged(stage, self._our_view))
            self._mark(stage)
        await self._ours.do("drafter", "confirm", self._stands("confirmed", self._our_view), n=n)
        await self._theirs.until("confirmed", self._staged("confirmed", self._their_view))
        self._mark("confirmed")
        return self._passage

    def _mark(self, stage: str) -> None:
        now = time.monotonic()
        self._passage.seconds[stage] = now - self._since
        self._since = now

    async def _draft(self) -> View:
        """A draft of this message; there is never more than one that is open."""

        async def drafts() -> list[View]:
            found: list[View] = (await self._ours.ask("drafter", "draft.list"))["drafts"]
            return found

        async def stands() -> bool:
            return bool(await drafts())

        await self._ours.do(
            "drafter",
            "draft.new",
            stands,
            text=self._telegram.text,
            precedence=self._telegram.precedence,
            language=self._telegram.language,
        )
        (draft,) = await drafts()
        return draft

    async def _release(self, draft: View) -> int:
        """Released by another person; the number it got."""

        async def shown() -> View:
            return await self._ours.ask("releaser", "draft.show", draft=draft["draft"])

        async def stands() -> bool:
            return bool((await shown())["state"] == "released")

        async def number() -> int | None:
            n: int | None = (await shown())["n"]
            return n

        await self._ours.do(
            "releaser",
            "release",
            stands,
            draft=draft["draft"],
            sha256=draft["sha256"],
            displayed=draft["displayed"],
        )
        return await self._ours.until("its number", number)

    async def _our_view(self) -> View | None:
        return await self._ours.ask("watch", "message", n=self._passage.n, dir="ours")

    async def _their_view(self) -> View | None:
        """The message as it stands at the other station; None before it is there."""
        status = await self._theirs.ask("watch", "status")
        if status["lines"][0]["their_size"] <= self._passage.n:
            return None
        return await self._theirs.ask("watch", "message", n=self._passage.n, dir="theirs")

    @staticmethod
    def _staged(
        stage: str, view: Callable[[], Awaitable[View | None]]
    ) -> Callable[[], Awaitable[View | None]]:
        async def found() -> View | None:
            shown = await view()
            return shown if shown is not None and has(shown, stage) else None

        return found

    @staticmethod
    def _stands(
        stage: str, view: Callable[[], Awaitable[View | None]]
    ) -> Callable[[], Awaitable[bool]]:
        async def stands() -> bool:
            shown = await view()
            return shown is not None and has(shown, stage)

        return stands


def differences(telegram: Telegram, sent: View, arrived: View) -> list[str]:
    """What does not stand at both stations as the file has it."""
    wanted = {
        "text": telegram.text,
        "language": telegram.language,
        "precedence": telegram.precedence,
        "status": "EXERCISE",
        "sha256": sent["sha256"],
    }
    return [
        f"message {telegram.number} has another {key} at one station"
        for key, value in wanted.items()
        if sent[key] != value or arrived[key] != value
    ]


def has(view: View, stage: str) -> bool:
    """Whether a message has reached a stage."""
    stages: list[dict[str, Any]] = view["stages"]
    return any(each["stage"] == stage for each in stages)
