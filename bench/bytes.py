"""What one message costs on the wire: its envelope and the one STATUS that receipts it."""

from __future__ import annotations

import asyncio

from bench.driver import Crew, text_of
from bench.proxy import ENVELOPE, PACKET, Crossing, Wire
from bench.table import Figure

QUIET_S = 2.5  # longer than heads wait to be signed, shorter than a heartbeat
REPEATS = 3
AIMS = {60: "192", 300: ""}


async def measure(here: Crew, there: Crew, wire: Wire) -> list[Figure]:
    """`here` dialled the wire, so its frames go forward."""
    figures = []
    for size in AIMS:
        seen: list[list[Crossing]] = []
        opening: list[Crossing] = []
        for number in range(REPEATS):
            draft = await here.draft(text_of(size, number))
            await asyncio.sleep(QUIET_S)
            wire.crossings.clear()
            n = (await here.release(draft))["n"]
            await here.until_receipted(n + 1)
            await asyncio.sleep(0.2)
            seen.append(list(wire.crossings))
            if number == 0:
                await asyncio.sleep(QUIET_S)
                wire.crossings.clear()
                await there.watch.ask("open", n=n)
                await there.until_receipted((await there.line())["our_size"])
                await asyncio.sleep(0.2)
                opening = list(wire.crossings)
        figures += _figures(size, seen, opening)
    return figures


def _figures(size: int, seen: list[list[Crossing]], opening: list[Crossing]) -> list[Figure]:
    envelope = max(_first(each, True, ENVELOPE) for each in seen)
    status = max(_first(each, False, PACKET) for each in seen)
    everything = max(sum(crossing.bytes for crossing in each) for each in seen)
    acknowledgement = _first(opening, False, ENVELOPE)
    receipt = _first(opening, True, PACKET)
    note = f"envelope {envelope} (text {size}) and STATUS {status}"
    return [
        Figure(f"bytes of a {size} B message", envelope + status, "B", AIMS[size], note),
        Figure(
            f"  all within 0.2 s of a {size} B message", everything, "B", "", "both STATUS, heads"
        ),
        Figure(
            "  OPENED and its STATUS",
            acknowledgement + receipt,
            "B",
            "",
            f"envelope {acknowledgement} and STATUS {receipt}",
        ),
    ]


def _first(crossings: list[Crossing], forward: bool, kind: int) -> int:
    """The size of the first frame of a kind in one direction."""
    return next((c.bytes for c in crossings if c.forward == forward and c.kind == kind), 0)
