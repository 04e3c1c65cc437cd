"""Where the control socket of a folder is, for those who listen on it and those who call.

A module of its own, since every verb of the command line calls and none needs what it takes to
listen: that would be a third of the time a verb takes to start.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

REQUEST_BYTES_MAX = 1 << 20  # the longest text with every character escaped, twice over
SOCKET_NAME = "control.sock"
ADDRESS_BYTES_MAX = 100  # the kernel takes 107


@contextmanager
def address(path: Path) -> Iterator[str]:
    """What to bind or connect to: the path, or a short way to it when it is too long for one."""
    if len(os.fsencode(path)) <= ADDRESS_BYTES_MAX:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
