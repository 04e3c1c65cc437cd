"""`python -m bench.link_between TCP [UDP]`: the emulated link, in a process of its own.

It has to be on time whatever else the machine does, as a cable would, so it goes before others
where it may. It takes what comes for the two ports that are given, prints a line of JSON with the
ports it listens on, and reads from its standard input, line by line as JSON, what the link becomes.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sys
from contextlib import suppress

from parley.exercise.emulator import Conditions
from parley.exercise.relays import TcpRelay, UdpRelay

NICENESS = -10


async def main(tcp: int, *udp: int) -> None:
    """Carry until nobody says any more what the link is like."""
    with suppress(PermissionError):
        os.nice(NICENESS)
    relays: list[TcpRelay | UdpRelay] = [TcpRelay(tcp, Conditions(), random.Random(1))]
    relays += [UdpRelay(port, Conditions(), random.Random(2)) for port in udp]
    print(json.dumps([await relay.start() for relay in relays]), flush=True)
    words = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(words), sys.stdin
    )
    while word := await words.readline():
        for relay in relays:
            relay.becomes(Conditions(**json.loads(word)))


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
