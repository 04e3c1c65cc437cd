"""Codec, packets, bodies, texts, and frames on a stream."""

from __future__ import annotations

import unicodedata
import zlib
from typing import Any

import cbor2

from fuzz.script import Script
from parley.bearers import FRAME_BYTES_MAX
from parley.bearers.framing import LENGTH_BYTES, FrameReader, framed_all
from parley.core.entry import (
    BODY_BYTES_MAX,
    FIXED_BYTES,
    INFLATED_BYTES_MAX,
    SUBJECT_BYTES_MAX,
    TEXT_BYTES_MAX,
    Plaintext,
    body_of,
    check_subject,
    check_text,
    read_body,
)
from parley.core.errors import Malformed, Refused
from parley.core.packets import Checkpoint, Cosign, Status
from parley.core.wire import DEPTH_MAX, UINT_MAX, Reader, decode, encode, uvar


def cbor(data: bytes) -> None:
    """One encoding per value, and an independent decoder reads the same value."""
    try:
        value = decode(data)
    except Malformed as error:
        assert error.rule in {f"W{n}" for n in range(1, 9)}
        assert not _is_ours(data), "we refuse what we would write"
        return
    assert encode(value) == data
    assert _like(cbor2.loads(data), value), "an independent decoder reads another value"


def _is_ours(data: bytes) -> bool:
    """Whether an independent decoder reads a value that we would write just so."""
    try:
        value = cbor2.loads(data)
        return _fits(value, DEPTH_MAX) and encode(value) == data
    except Exception:  # whatever a lenient decoder makes of bytes that are not CBOR
        return False


def _fits(value: Any, depth: int) -> bool:
    if value is None or isinstance(value, bool | bytes | str):
        return True
    if isinstance(value, int):
        return -UINT_MAX - 1 <= value <= UINT_MAX
    if depth and type(value) is list:
        return all(_fits(item, depth - 1) for item in value)
    if depth and type(value) is dict:
        return all(_fits(key, 0) and _fits(item, depth - 1) for key, item in value.items())
    return False


def _like(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_like, one, other))
    if isinstance(one, dict):
        return list(one) == list(other) and all(map(_like, one.values(), other.values()))
    return bool(one == other)


def numbers(data: bytes) -> None:
    """LEB128: what is read is written the same."""
    packet = Reader(data)
    try:
        number = packet.uvar()
    except Malformed as error:
        assert error.rule in ("W4", "W9")
        return
    assert uvar(number) == data[: packet.at]


def packets(data: bytes) -> None:
    """STATUS, CHECKPOINT and COSIGN."""
    try:
        status = Status.parse(data)
    except Malformed:
        pass
    else:
        assert Status.parse(status.to_bytes(len(status.own_root))) == status
        assert len(status.sack) <= 64
    for packet in (Checkpoint, Cosign):
        try:
            read = packet.parse(data)
        except Malformed:
            continue
        assert read.to_bytes() == data


def body(data: bytes) -> None:
    """A plaintext as an envelope sealed it, and the body of an entry."""
    try:
        plain = Plaintext.parse(data)
    except Malformed:
        assert len(data) < FIXED_BYTES
        return
    if not plain.marks & 1:
        assert plain.to_bytes() == data
    _read(plain.type, plain.marks, plain.body)
    squeezer = zlib.compressobj(wbits=-15)
    _read(plain.type, plain.marks & ~6 | 2, squeezer.compress(plain.body) + squeezer.flush())


def _read(kind: int, marks: int, body: bytes) -> None:
    content = read_body(kind, marks, body)
    if content is None:
        return
    try:
        again = body_of(kind, content.header, content.payload)
    except Refused as error:
        raise AssertionError("what was read cannot be written") from error
    if marks & 6:
        assert len(again) <= INFLATED_BYTES_MAX
    elif len(body) <= BODY_BYTES_MAX:
        assert again == body


def text(data: bytes) -> None:
    """Which texts pass, by a second reading of the rules."""
    words = _decoded(data)
    expected = _passes(words)
    try:
        check_text(words)
    except Refused as error:
        assert not expected, "a text was refused that should pass"
        assert error.hint
        assert error.rule
    else:
        assert expected, "a text passed that should be refused"
    try:
        check_subject(words)
    except Refused:
        return
    assert expected
    assert len(words.encode()) <= SUBJECT_BYTES_MAX
    assert "\n" not in words


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("latin-1")


def _passes(words: str) -> bool:
    """E10 to E15 by the properties of characters instead of by ranges."""
    seen = False
    for character in words:
        code, category = ord(character), unicodedata.category(character)
        if (category == "Cc" and character != "\n") or category == "Cs" or code == 0xFEFF:
            return False
        if unicodedata.bidirectional(character) in (
            *("LRE", "RLE", "LRO", "RLO", "PDF"),
            *("LRI", "RLI", "FSI", "PDI"),
        ):
            return False
        if code & 0xFFFF >= 0xFFFE or 0xFDD0 <= code < 0xFDF0:
            return False
        seen |= not character.isspace() and category != "Cf"
    return seen and len(words.encode()) <= TEXT_BYTES_MAX


def framing(data: bytes) -> None:
    """A stream gives the same frames however it is cut, and holds one unfinished frame at most."""
    script = Script(data)
    cuts = [script.number() + 1 for _ in range(8)]
    stream = script.rest()
    whole = FrameReader()
    frames = whole.take(stream)
    pieces, found, at = FrameReader(), [], 0
    while at < len(stream):
        count = cuts[at % 8]
        found += pieces.take(stream[at : at + count])
        assert pieces.held <= FRAME_BYTES_MAX + LENGTH_BYTES
        at += count
    assert found == frames
    assert pieces.fault == whole.fault
    assert stream.startswith(framed_all(frames))
    if whole.fault:
        assert not whole.take(stream), "a stream with a fault says nothing more"
