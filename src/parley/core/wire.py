"""One encoding per value: our subset of CBOR (RFC 8949 section 4.2.1), LEB128 and a cursor.

Whatever decodes encodes to the same bytes, so a hash of a value and a hash of its bytes are the
same thing, and two stations can never read one document in two ways.
"""

from __future__ import annotations

from typing import Any

from parley.core.errors import Malformed, Misused

DEPTH_MAX = 8  # the deepest document, an agreement, has four levels
PARTS_MAX = 256  # of an OPEN or RESUME: with sixteen prekeys an OPEN has 57
UINT_MAX = (1 << 64) - 1

# The values of the subset: int, bytes, str, bool, None, list, dict. A recursive alias would only
# say `object` at greater length; every reader of a decoded value checks the type it needs.
Value = Any


def u8(number: int) -> bytes:
    """One byte."""
    return number.to_bytes(1, "big")


def u16(number: int) -> bytes:
    """Two bytes, big-endian."""
    return number.to_bytes(2, "big")


def u32(number: int) -> bytes:
    """Four bytes, big-endian."""
    return number.to_bytes(4, "big")


def u64(number: int) -> bytes:
    """Eight bytes, big-endian."""
    return number.to_bytes(8, "big")


def uvar(number: int) -> bytes:
    """Unsigned LEB128 in its shortest form, at most 64 bits (spec/wire.md W9)."""
    if not 0 <= number <= UINT_MAX:
        raise Misused(f"{number} does not fit an unsigned 64-bit number")
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


# --- writing

# As unions they would be made anew each time.
_KEYS, _LISTS, _NO_KEYS = (int, bytes, str), (list, tuple), (list, dict, bool)


def encode(value: Value) -> bytes:
    """The only CBOR encoding of `value` (spec/wire.md W1 to W8)."""
    out = bytearray()
    _put(out, value)
    return bytes(out)


def _put(out: bytearray, value: Value) -> None:
    if value is None:
        out.append(0xF6)
    elif value is True:
        out.append(0xF5)
    elif value is False:
        out.append(0xF4)
    elif isinstance(value, int):
        _put_head(out, *((0, value) if value >= 0 else (1, -1 - value)))
    elif isinstance(value, bytes):
        _put_head(out, 2, len(value))
        out += value
    elif isinstance(value, str):
        try:
            text = value.encode()
        except UnicodeEncodeError as error:
            raise Misused("a lone surrogate has no UTF-8 form") from error
        _put_head(out, 3, len(text))
        out += text
    elif isinstance(value, _LISTS):
        _put_head(out, 4, len(value))
        for item in value:
            _put(out, item)
    elif isinstance(value, dict):
        _put_head(out, 5, len(value))
        for key, item in sorted([(_key(key), item) for key, item in value.items()]):
            out += key
            _put(out, item)
    else:
        raise Misused(f"{type(value).__name__} is not one of the wire's types")


def _key(key: Value) -> bytes:
    if not isinstance(key, _KEYS) or key is True or key is False:
        raise Misused("a map key is a number, bytes or a text")
    return encode(key)


def _put_head(out: bytearray, major: int, number: int) -> None:
    if number < 24:
        out.append(major << 5 | number)
        return
    for width, code in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if number < 1 << 8 * width:
            out.append(major << 5 | code)
            out += number.to_bytes(width, "big")
            return
    raise Misused(f"{number} does not fit an unsigned 64-bit number")


# --- reading


def decode(data: bytes, depth: int = DEPTH_MAX) -> Value:
    """The value whose only encoding is `data`; Malformed for every other spelling."""
    value, end = _item(data, 0, depth)
    if end != len(data):
        raise Malformed(f"{len(data) - end} bytes follow the value", rule="W7")
    return value


_SIMPLE: dict[int, Value] = {20: False, 21: True, 22: None}


def _item(data: bytes, at: int, depth: int) -> tuple[Value, int]:
    major, number, at = _head(data, at)
    if major == 7:
        return _SIMPLE[number], at
    if major == 0:
        return number, at
    if major == 1:
        return -1 - number, at
    if number > len(data) - at:
        raise Malformed("the value is longer than its bytes", rule="W4")
    if major == 2:
        return data[at : at + number], at + number
    if major == 3:
        try:
            return data[at : at + number].decode(), at + number
        except UnicodeDecodeError as error:
            raise Malformed("a text is not UTF-8", rule="W5") from error
    if depth == 0:
        raise Malformed(f"the value is nested more than {DEPTH_MAX} deep", rule="W8")
    if major == 4:
        items: list[Value] = []
        for _ in range(number):
            item, at = _item(data, at, depth - 1)
            items.append(item)
        return items, at
    return _map(data, at, number, depth)


def _map(data: bytes, at: int, count: int, depth: int) -> tuple[dict[Value, Value], int]:
    found: dict[Value, Value] = {}
    last = b""
    for _ in range(count):
        start = at
        key, at = _item(data, at, 0)
        if isinstance(key, _NO_KEYS) or key is None:
            raise Malformed("a map key is neither a number, bytes nor a text", rule="W6")
        if data[start:at] <= last:
            raise Malformed("map keys are repeated or out of order", rule="W6")
        last = data[start:at]
        found[key], at = _item(data, at, depth - 1)
    return found, at


def _head(data: bytes, at: int) -> tuple[int, int, int]:
    """(major type, number, next position); refuses tags, floats, indefinite and longer forms."""
    if at >= len(data):
        raise Malformed("the value breaks off", rule="W4")
    major, number = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        if number not in _SIMPLE:
            raise Malformed("floats and further simple values are not used", rule="W3")
        return major, number, at
    if major == 6:
        raise Malformed("tags are not used", rule="W3")
    if number < 24:
        return major, number, at
    if number > 27:
        raise Malformed("indefinite lengths are not used", rule="W2")
    width = 1 << number - 24
    if at + width > len(data):
        raise Malformed("the value breaks off", rule="W4")
    number = int.from_bytes(data[at : at + width], "big")
    if number < (24 if width == 1 else 1 << 4 * width):
        raise Malformed("a number is not in its shortest form", rule="W1")
    return major, number, at + width


def exceeds(data: bytes, most: int) -> bool:
    """Whether a value has more parts (values, and keys of maps), for the price of so many."""
    at, left = 0, 1
    for _ in range(most):
        if not left:
            return False
        major, number, at = _head(data, at)
        left += {4: number, 5: 2 * number}.get(major, 0) - 1
        at += number if major in (2, 3) else 0
    return left > 0


class Reader:
    """A cursor over bytes that refuses to read past the end."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self.at + count
        if end > len(self.data):
            raise Malformed("the packet breaks off", rule="W4")
        start, self.at = self.at, end
        return self.data[start:end]

    def uint(self, width: int) -> int:
        """A big-endian number of `width` bytes."""
        return int.from_bytes(self.take(width), "big")

    def uvar(self) -> int:
        """A LEB128 number in its shortest form, at most 64 bits."""
        number = shift = 0
        while True:
            byte = self.uint(1)
            number |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                if (byte == 0 and shift > 7) or number > UINT_MAX:
                    raise Malformed("a number is not in its shortest form", rule="W9")
                return number
            if shift > 63:
                raise Malformed("a number is longer than 64 bits", rule="W9")

    def document(self) -> bytes:
        """A document behind its length, of so few parts that a stranger's may be decoded (S1)."""
        document = self.take(self.uvar())
        if exceeds(document, PARTS_MAX):
            raise Malformed(f"a document has more than {PARTS_MAX} parts", rule="S1")
        return document

    def rest(self) -> bytes:
        """All bytes not yet read."""
        return self.take(len(self.data) - self.at)

    def end(self) -> None:
        """Refuse bytes after the last field."""
        if self.at != len(self.data):
            raise Malformed(f"{len(self.data) - self.at} bytes follow the packet", rule="W7")
