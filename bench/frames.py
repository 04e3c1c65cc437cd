"""`python -m bench.frames`: sound and pictures between two station processes, on links as they are.

Real stations, their real line by TCP, and by QUIC beside it, through a relay on loopback that
delays, loses, narrows and cuts. The pages are numbers: no codec and no browser is measured here.
The last line is JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import statistics
import sys
import time
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bench.link import Link, linked
from bench.table import machine, percentile
from parley.exercise.emulator import Conditions
from parley.exercise.post import environment

NEAR = Conditions(delay_ms=20)
SETTLES_S = 4.0


@dataclass(frozen=True, slots=True)
class Case:
    """What a link is like, one part after the other; the last one is measured."""

    name: str
    parts: tuple[tuple[Conditions, float], ...]
    kinds: tuple[str, ...] = ("quic", "tcp")


CASES = (
    Case("20 ms each way", ((NEAR, 12.0),)),
    Case(
        "40 ms, up to 50 more, 5 % lost",
        ((Conditions(delay_ms=40, jitter_ms=50, loss=0.05), 20.0),),
    ),
    Case(
        "falls to 64 kbit/s",
        ((NEAR, 6.0), (Conditions(delay_ms=20, kbps=64, queue_ms=400), 30.0)),
    ),
    Case("after a cut of 20 s", ((NEAR, 6.0), (Conditions(cut=True), 20.0), (NEAR, 15.0))),
)


@asynccontextmanager
async def ends(kind: str) -> AsyncIterator[tuple[list[Process], Link]]:
    """Both stations, at the two ends of a line that goes through the link."""
    secret = secrets.token_hex(32)
    async with linked(NEAR, kind) as (pair, link):
        processes = [
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.frames_end", str(post.folder), str(side), secret),
                stdin=PIPE,
                stdout=PIPE,
                env=environment(),
                limit=1 << 24,
            )
            for side, post in enumerate((pair.a, pair.b))
        ]
        try:
            yield processes, link
        finally:
            for process in processes:
                if process.returncode is None and process.stdin is not None:
                    process.stdin.close()
                await process.wait()


async def ask(process: Process, since: float, until: float) -> dict[str, Any]:
    """What one end says of a time."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{since} {until}\n".encode())
    told: dict[str, Any] = json.loads(await process.stdout.readline())
    return told


async def until_up(processes: Sequence[Process], kind: str) -> None:
    """Wait until media goes both ways by this kind of path."""
    async with asyncio.timeout(60):
        while True:
            told = [await ask(each, time.time(), time.time() + 1) for each in processes]
            if all(each["figures"]["up"] and each["by"] == kind for each in told):
                return
            await asyncio.sleep(0.2)


async def measure(case: Case, kind: str) -> dict[str, Any]:
    """One case by one kind of path: the worse of both ways, and processor time of both."""
    async with ends(kind) as (processes, link):
        await until_up(processes, kind)
        await asyncio.sleep(SETTLES_S)
        since = until = time.time()
        for conditions, seconds in case.parts:
            link.becomes(conditions)
            since = time.time()
            before = [await ask(each, since, since + 1) for each in processes]
            await asyncio.sleep(seconds)
            until = time.time()
        told = [await ask(each, since, until) for each in processes]
    return {
        "case": case.name,
        "by": kind,
        "pictures_s": round(min(each["pictures_s"] for each in told), 1),
        **_ages("picture", [each["picture_ages_ms"] for each in told]),
        **_ages("sound", [each["sound_ages_ms"] for each in told]),
        "spoken": told[0]["spoken"],
        "heard": min(each["heard"] for each in told),
        "processor_share": round(
            max(
                (after["cpu_s"] - first["cpu_s"]) / (until - since)
                for first, after in zip(before, told, strict=True)
            ),
            3,
        ),
        "figures": [each["figures"] for each in told],
    }


def _ages(name: str, both: Sequence[Sequence[float]]) -> dict[str, float | None]:
    worse = [(round(statistics.median(ages)), round(percentile(ages, 95))) for ages in both if ages]
    if len(worse) < len(both):
        return {f"{name}_p50_ms": None, f"{name}_p95_ms": None}
    p50, p95 = (max(each[n] for each in worse) for n in (0, 1))
    return {f"{name}_p50_ms": p50, f"{name}_p95_ms": p95}


COLUMNS = (
    ("case", 32),
    ("by", 5),
    ("pictures_s", 11),
    ("picture_p50_ms", 15),
    ("picture_p95_ms", 15),
    ("sound_p50_ms", 13),
    ("sound_p95_ms", 13),
    ("heard", 6),
    ("spoken", 7),
    ("processor_share", 15),
)


def main() -> None:
    """Measure, print a table, and a last line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m bench.frames", description="measure calls")
    parser.add_argument("--by", choices=("quic", "tcp"), action="append")
    parser.add_argument("--case", type=int, choices=range(1, len(CASES) + 1), action="append")
    asked = parser.parse_args()
    facts = machine()
    for name, value in facts.items():
        print(f"{name:<16}{value}")
    print("\n" + "".join(f"{name:<{width}} " for name, width in COLUMNS), flush=True)
    rows = []
    for number, case in enumerate(CASES, 1):
        for kind in case.kinds:
            if (asked.case and number not in asked.case) or (asked.by and kind not in asked.by):
                continue
            row = asyncio.run(measure(case, kind))
            rows.append(row)
            print("".join(f"{row[name]!s:<{width}} " for name, width in COLUMNS), flush=True)
    print(json.dumps({"machine": facts, "calls": rows}, separators=(",", ":")))


if __name__ == "__main__":
    main()
