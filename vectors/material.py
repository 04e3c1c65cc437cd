"""What all vectors are made of: seeds, a line, how a value is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from parley.core.errors import ParleyError
from parley.core.keys import (
    MLDSA44,
    MLDSA87,
    SigningKey,
    VerifyKey,
    sha256,
)
from parley.core.wire import Reader, Value

LINE_ID = bytes(range(16))
INC = 1

ML_DSA = {MLDSA44: "ml-dsa-44", MLDSA87: "ml-dsa-87"}

Page = dict[str, Any]
Keep = Callable[[str, Callable[[bytes], object], Callable[[], bytes]], str]


def seed(name: str) -> bytes:
    """32 bytes that everybody can make again: SHA-256 of "parley vectors/" and a name."""
    return sha256(b"parley vectors/" + name.encode())


def signing(name: str, use: str, mldsa: int = MLDSA44) -> SigningKey:
    """A signing key under a name, from the seeds "<use> ed25519" and "<use> ml-dsa"."""
    return SigningKey(name, seed(f"{use} ed25519") + seed(f"{use} ml-dsa"), mldsa)


def rule_of(act: Callable[..., object], *given: object) -> str:
    """The rule by which something is refused; none when it is not."""
    try:
        act(*given)
    except ParleyError as error:
        return error.rule
    return ""


def shown(value: Value) -> Any:
    """A value of the wire as JSON: its kind, and numbers as texts, which JSON cannot shorten."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return {"int": str(value)}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, str):
        return {"text": value}
    if isinstance(value, list):
        return {"list": [shown(item) for item in value]}
    return {"map": [[shown(key), shown(item)] for key, item in value.items()]}


def reader(data: str) -> Reader:
    """A cursor over bytes in hexadecimal."""
    return Reader(bytes.fromhex(data))


def same(ours: bytes, theirs: bytes) -> None:
    """Assert that two byte strings are one."""
    assert ours == theirs


def verifies(key: VerifyKey, wanted: list[tuple[int, bytes]]) -> Callable[[bytes], object]:
    def check(block: bytes) -> None:
        reader = Reader(block)
        key.check(reader, wanted)
        reader.end()

    return check
