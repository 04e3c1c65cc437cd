"""What stands in the cells of a disk, found without asking the core: epochs and keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parley.core.wire import Value

# e, base, et, kl, ka, nk, chain, its place, keys of entries still missing; as `Epoch.cell` says.
_SHAPE = [int, int, bytes, bytes, bytes, bytes, bytes, int, dict]


def epochs_in(value: Value) -> Iterator[list[Any]]:
    """All epochs inside a decoded value that have a key left."""
    if not isinstance(value, list):
        return
    if [type(item) for item in value] == _SHAPE:
        if value[5]:  # else it is erased, and only its packets are still known
            yield value
        return
    for item in value:
        yield from epochs_in(item)


def strings_in(value: Value) -> Iterator[bytes]:
    """All byte strings inside a decoded value."""
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from strings_in(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings_in(item)
