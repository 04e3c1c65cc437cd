"""kill -9 of either station at random moments under load; in the end both records are whole.

    python -m parley.exercise.torture --cycles 200 --seed 1

Two real `parley serve` processes on loopback; at both, people draft, release and open as fast as
the station answers. A cycle kills one of them (now and then both), while it starts, while it works
or while it recovers, and starts it again. At the end nothing may be lost, doubled or reordered:
what was acknowledged as released is in both records once and in order, both records are equal,
and both evidences verify. The seed decides whom and when; the machine adds its own chance.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from parley.core.errors import ParleyError, Refused, Unavailable
from parley.evidence import audit
from parley.exercise.calls import Calls, whole_record
from parley.exercise.ledger import Findings, Stands, compare, entries_of, entry_lines
from parley.exercise.pair import Pair
from parley.exercise.post import Post
from parley.exercise.speaker import Speaker

BOTH_OF = 8  # one kill of so many takes both stations
AT_START_OF = 4  # and one of so many does not wait until the station serves
START_S_MAX = 30.0
WHOLE_S_MAX = 120.0


async def torment(
    pair: Pair, cycles: int, seed: int, tell: Callable[[str], None] = print
) -> Findings:
    """Run the cycles against a pair that is not serving yet; what was found."""
    chance = random.Random(seed)
    posts = (pair.a, pair.b)
    speakers = [
        Speaker(post.name, post.folder, post.tokens, random.Random(chance.random()))
        for post in posts
    ]
    for post in posts:
        post.start()
    talks = [asyncio.create_task(speaker.run()) for speaker in speakers]
    try:
        for cycle in range(1, cycles + 1):
            await _one_kill(posts, chance)
            if cycle % 10 == 0:
                sure = sum(said.sure for each in speakers for said in each.ledger.said)
                tell(f"{cycle} of {cycles} cycles, {sure} messages released")
        await _until_said(speakers)
        for speaker in speakers:
            speaker.stop()
        await asyncio.wait_for(asyncio.gather(*talks), START_S_MAX)
        await until_whole(posts)
        evidence = [await export(post) for post in posts]
    finally:
        for talk in talks:
            talk.cancel()
        for post in posts:
            post.stop()
    return await asyncio.to_thread(judge, speakers, evidence, tell)


async def _one_kill(posts: tuple[Post, Post], chance: random.Random) -> None:
    victims = [chance.choice(posts)] if chance.randrange(BOTH_OF) else list(posts)
    if chance.randrange(AT_START_OF):
        await asyncio.gather(*(until_serving(post) for post in posts))
        await asyncio.sleep(chance.uniform(0.0, 0.6))
    else:
        await asyncio.sleep(chance.uniform(0.0, 1.0))
    for post in victims:
        post.kill()
    for post in victims:
        post.start()


async def _until_said(speakers: list[Speaker]) -> None:
    """Wait until somebody has spoken: on a slow machine the kills may have left no time for it."""
    deadline = time.monotonic() + START_S_MAX
    while not any(said.sure for speaker in speakers for said in speaker.ledger.said):
        if time.monotonic() > deadline:
            return  # the count of messages will say so
        await asyncio.sleep(0.02)


async def until_serving(post: Post) -> None:
    """Wait until the station answers; Unavailable after half a minute."""
    deadline = time.monotonic() + START_S_MAX
    while True:
        try:
            calls = await Calls.open(post.folder, post.tokens["watch"])
            await calls.ask("whoami")
            calls.close()
            return
        except Unavailable:
            if time.monotonic() > deadline or not post.alive():
                raise
            await asyncio.sleep(0.02)


async def until_whole(posts: tuple[Post, Post]) -> None:
    """Wait until each record holds all that either side has released, and stays so."""
    for post in posts:
        await until_serving(post)
    calls = [await Calls.open(post.folder, post.tokens["watch"]) for post in posts]
    deadline = time.monotonic() + WHOLE_S_MAX
    before: object = None
    while True:
        ours, theirs = [(await each.ask("status"))["lines"][0] for each in calls]
        now = [
            [line["our_size"], line["their_size"], line["receipted"], line["queued"]]
            for line in (ours, theirs)
        ]
        size, other = ours["our_size"], ours["their_size"]
        if now == [[size, other, size, 0], [other, size, other, 0]] and now == before:
            break
        if time.monotonic() > deadline:
            raise Unavailable(
                f"The records are not equal after {WHOLE_S_MAX:g} s (own size, their size,"
                f" receipted, queued): {now[0]} and {now[1]}."
            )
        before = now
        await asyncio.sleep(0.2)
    for each in calls:
        each.close()


async def export(post: Post) -> str:
    """The station's evidence."""
    calls = await Calls.open(post.folder, post.tokens["auditor"])
    evidence = await whole_record(calls.ask)
    calls.close()
    return evidence


def judge(speakers: list[Speaker], evidence: list[str], tell: Callable[[str], None]) -> Findings:
    """Verify both evidences, hold them against each other and against what was said."""
    for text in evidence:
        audit.verify(io.BytesIO(text.encode()))
    if entry_lines(evidence[0]) != entry_lines(evidence[1]):
        raise Refused("the two records differ")
    record = list(entries_of(evidence[0]))
    found = Findings()
    doubts = sum(speaker.doubts for speaker in speakers)
    tell(f"{len(record)} entries in both records; {doubts} releases lost their answer to a kill")
    for speaker, dir in zip(speakers, _directions(speakers, record), strict=True):
        found.add(compare(speaker.ledger, record, dir))
        found.unsaid += speaker.trouble
    for kind in ("lost", "doubled", "reordered", "unsaid"):
        for each in getattr(found, kind)[:10]:
            tell(f"{kind}: {each}")
    return found


def _directions(speakers: list[Speaker], record: list[Stands]) -> tuple[int, int]:
    """Which of the two logs each side's words stand in; a stray word is found by `compare`."""
    first = {said.text for said in speakers[0].ledger.said}
    second = {said.text for said in speakers[1].ledger.said}
    for entry in record:
        if not isinstance(entry.payload, str):
            continue
        if entry.payload in first:
            return (entry.dir, 1 - entry.dir)
        if entry.payload in second:
            return (1 - entry.dir, entry.dir)
    return (0, 1)


def main() -> int:
    """The command line; 0 when nothing was found."""
    parser = argparse.ArgumentParser(description="kill -9 stations under load and count")
    parser.add_argument("--cycles", type=int, default=200)
    parser.add_argument("--seed", type=int, default=None)
    chosen = parser.parse_args()
    seed = random.SystemRandom().randrange(1 << 32) if chosen.seed is None else chosen.seed
    print(f"seed {seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="parley-") as folder:
        pair = Pair.make(Path(folder))
        try:
            found = asyncio.run(torment(pair, chosen.cycles, seed))
        except ParleyError as error:
            print(f"not whole, seed {seed}: {error}", file=sys.stderr)
            return 1
    print(found.sentence(chosen.cycles))
    return 0 if found.whole and found.messages else 1


if __name__ == "__main__":
    sys.exit(main())
