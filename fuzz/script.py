"""Bytes as a list of choices: how a target reads more from its input than one value."""

from __future__ import annotations

from typing import Any

from parley.core.errors import Malformed
from parley.core.wire import decode, encode


class Script:
    """Reads choices from bytes; what is missing at the end is zero."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def over(self) -> bool:
        """Whether all was read."""
        return self._at >= len(self._data)

    def number(self, width: int = 1) -> int:
        """A number of so many bytes."""
        return int.from_bytes(self._take(width), "big")

    def some(self) -> bytes:
        """As many bytes as the next two say."""
        return self._take(self.number(2))

    def rest(self) -> bytes:
        """All that is left."""
        return self._take(len(self._data))

    def _take(self, count: int) -> bytes:
        start = self._at
        self._at += count
        return self._data[start : self._at]


def edited(base: bytes, script: Script) -> bytes:
    """A document with a few places changed, as bytes or as values, as the script says."""
    if script.number() & 1:
        return _spliced(base, script)
    value = decode(base)
    for _ in range(4):
        if script.over:
            break
        value = _grafted(value, script, 3)
    try:
        return encode(value)
    except TypeError:  # a graft made a map out of keys that do not sort
        return base


def _spliced(base: bytes, script: Script) -> bytes:
    out = bytearray(base)
    for _ in range(4):
        if script.over:
            break
        at = script.number(2) % (len(out) + 1)
        gone = script.number()
        out[at : at + gone] = script.some()
    return bytes(out)


def _grafted(value: Any, script: Script, depth: int) -> Any:
    """The value with one branch replaced by another value, or with one more, or without one."""
    choice = script.number()
    if depth == 0 or choice < 128 or not isinstance(value, list | dict) or not value:
        try:
            return decode(script.some(), 4)
        except Malformed:
            return value
    if isinstance(value, list):
        at = choice % len(value)
        return [*value[:at], _grafted(value[at], script, depth - 1), *value[at + 1 :]]
    key = list(value)[choice % len(value)]
    return {**value, key: _grafted(value[key], script, depth - 1)}
