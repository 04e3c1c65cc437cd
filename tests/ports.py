"""Ports on loopback for stations of tests, each for one process of the tests only.

A port is chosen before its station listens there, so two that choose at the same moment must not
choose the same: each process has a block of its own, held by a name that the system gives to one
at a time and takes back when the process ends. All lie below the ports that the system gives to
callers, of which a browser uses many, and away from those that exercises choose.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from itertools import cycle

BLOCK_PORTS = 100
BLOCKS = range(10_100, 20_000, BLOCK_PORTS)


def free_port() -> int:
    """A port that nobody has now, and that no other process of the tests is given."""
    turn = _turn()
    for _ in range(BLOCK_PORTS):
        port = next(turn)
        if _is_free(port):
            return port
    raise AssertionError(f"no port is free below {port}")


@cache
def _turn() -> Iterator[int]:
    """The ports of this process, again and again, beginning with the one after the last."""
    for first in BLOCKS:
        held = socket.socket(socket.AF_UNIX)
        with suppress(OSError):
            held.bind(f"\0parley-tests-{first}")
            _HELD.append(held)
            return cycle(range(first, first + BLOCK_PORTS))
        held.close()
    raise AssertionError("too many tests at once: no block of ports is left")


_HELD: list[socket.socket] = []


def _is_free(port: int) -> bool:
    """Whether somebody could listen there now, by TCP and by UDP."""
    with suppress(OSError):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(type=kind) as tried:
                tried.bind(("127.0.0.1", port))
        return True
    return False
