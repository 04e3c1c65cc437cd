"""Vectors of media-link.md: greetings, keys and sealed datagrams, and what is inside them."""

from __future__ import annotations

import struct
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from parley.conference.inside import Inside
from vectors.material import Page, rule_of, seed
from vectors.of_media import FIRST, PICTURE, SHOWN, SOUND, header

RUNS = (seed("media link run 0")[:16], seed("media link run 1")[:16])


def derived(secret: bytes, info: bytes, size: int) -> bytes:
    """X6."""
    label = b"parley media link 1 "
    return HKDF(hashes.SHA256(), size, bytes(32), label + info).derive(secret)


def hello(secret: bytes, side: int, nonce: bytes, run: bytes, echo: bytes) -> bytes:
    """X7."""
    clear = b"\x12" + derived(secret, b"tag", 4)
    key = derived(secret, b"hello" + bytes((side,)), 32)
    return clear + nonce + AESGCM(key).encrypt(nonce, run + echo, clear)


def keys(secret: bytes, side: int) -> tuple[bytes, bytes]:
    """X8: key and salt of one direction between the two runs."""
    okm = derived(secret, b"data" + bytes((side,)) + RUNS[side] + RUNS[1 - side], 44)
    return okm[:32], okm[32:]


def sealed(secret: bytes, side: int, counter: int, plain: bytes) -> bytes:
    """X8."""
    key, salt = keys(secret, side)
    clear = b"\x11" + derived(secret, b"tag", 4) + struct.pack(">Q", counter)
    nonce = bytes(a ^ b for a, b in zip(salt, counter.to_bytes(12, "big"), strict=True))
    return clear + AESGCM(key).encrypt(nonce, plain, clear)


def inside(kind: int, number: int, sent_ms: int, body: bytes) -> bytes:
    """X10."""
    return struct.pack(">BII", kind, number, sent_ms) + body


def _frames() -> dict[str, bytes]:
    sound = [header({**SOUND, **FIRST, "sequence": n}) + bytes(range(20)) for n in range(3)]
    picture = header({**PICTURE, **FIRST, "key": True}) + bytes(1_500)
    several = b"".join(struct.pack(">H", len(each)) + each for each in sound)
    place, shown = struct.pack(">HBI", 513, 16, 7), struct.pack(">HBI", 513, 32, 1)
    page = header({**SHOWN, **FIRST, "sender": 513}) + bytes(100)
    return {
        "one frame of sound": inside(1, 0, 1, b"\x01" + struct.pack(">H", 44) + sound[0]),
        "sound, twice repeated": inside(1, 0xFFFF_FFFF, 0xFFFF_FFFF, b"\x03" + several),
        "the first piece of two": inside(2, 1, 2, place + b"\x00\x01" + picture[:1_080]),
        "the last piece of two": inside(2, 2, 2, place + b"\x01\x01" + picture[1_080:]),
        "the first report": inside(3, 0, 3, struct.pack(">IIHIHBH", 3, 0, 0xFFFF, 9, 600, 13, 40)),
        "wanted": inside(4, 0, 4, b"\x02\x01" + struct.pack(">IIHB", 3, 5, 513, 16)),
        "nothing wanted": inside(4, 0, 4, b"\x00\x00"),
        "a piece of what is shown": inside(5, 3, 5, shown + b"\x00\x00" + page),
    }


def _refused() -> dict[str, bytes]:
    sound = header({**SOUND, **FIRST}) + bytes(20)
    one = struct.pack(">H", 44) + sound
    picture = header({**PICTURE, **FIRST}) + bytes(20)
    place = struct.pack(">HBI", 513, 16, 7)
    report = struct.pack(">IIHIHBH", 3, 0, 0xFFFF, 9, 600, 13, 40)
    return {
        "empty": b"",
        "no body and half a head": bytes(8),
        "kind 0": inside(0, 0, 0, b"\x01" + one),
        "kind 6": inside(6, 0, 0, b"\x01" + one),
        "a report with a number": inside(3, 1, 0, report),
        "no sound": inside(1, 0, 0, b"\x00"),
        "four frames of sound": inside(1, 0, 0, b"\x04" + 4 * one),
        "sound that breaks off": inside(1, 0, 0, b"\x01" + one[:-1]),
        "bytes behind the sound": inside(1, 0, 0, b"\x01" + one + b"\x00"),
        "a picture among sound": inside(1, 0, 0, b"\x01" + struct.pack(">H", 44) + picture),
        "sound that is no frame": inside(1, 0, 0, b"\x01\x00\x2c" + bytes(44)),
        "an empty piece": inside(2, 0, 0, place + b"\x00\x00"),
        "a piece too long": inside(2, 0, 0, place + b"\x00\x00" + bytes(1_081)),
        "a piece behind the last": inside(2, 0, 0, place + b"\x01\x00" + bytes(9)),
        "a short piece that is not the last": inside(2, 0, 0, place + b"\x00\x01" + bytes(9)),
        "more pieces than a picture has": inside(2, 0, 0, place + b"\x00\xf3" + bytes(1_080)),
        "an empty piece of what is shown": inside(5, 0, 0, place + b"\x00\x00"),
        "a short report": inside(3, 0, 0, report[:-1]),
        "a long report": inside(3, 0, 0, report + b"\x00"),
        "21 numbers wanted": inside(4, 0, 0, b"\x15\x00" + bytes(84)),
        "nine key frames wanted": inside(4, 0, 0, b"\x00\x09" + bytes(27)),
        "less wanted than said": inside(4, 0, 0, b"\x01\x00\x00"),
        "more wanted than said": inside(4, 0, 0, b"\x00\x00\x00"),
    }


def media_link() -> Page:
    secret = seed("media link secret")
    nonces = [seed(f"media link nonce {n}")[:12] for n in (0, 1)]
    greetings: list[dict[str, Any]] = [
        {"side": 0, "run": RUNS[0].hex(), "echo": bytes(16).hex(), "nonce": nonces[0].hex()},
        {"side": 1, "run": RUNS[1].hex(), "echo": RUNS[0].hex(), "nonce": nonces[1].hex()},
    ]
    said = list(_frames().items())
    counters = (0, 1, 255, 256, 1 << 32, (1 << 64) - 1, 2, 3)
    return {
        "secret": secret.hex(),
        "tag": derived(secret, b"tag", 4).hex(),
        "hellos": [
            {
                **each,
                "datagram": hello(
                    secret,
                    each["side"],
                    bytes.fromhex(each["nonce"]),
                    bytes.fromhex(each["run"]),
                    bytes.fromhex(each["echo"]),
                ).hex(),
            }
            for each in greetings
        ],
        "keys": [
            dict(zip(("key", "salt"), (part.hex() for part in keys(secret, side)), strict=True))
            for side in (0, 1)
        ],
        "sealed": [
            {
                "what": what,
                "side": n % 2,
                "counter": str(counter),
                "inside": plain.hex(),
                "rule": rule_of(Inside.parse, plain),
                "datagram": sealed(secret, n % 2, counter, plain).hex(),
            }
            for n, (counter, (what, plain)) in enumerate(zip(counters, said, strict=True))
        ],
        "refused": [
            {"why": why, "inside": plain.hex(), "rule": rule_of(Inside.parse, plain)}
            for why, plain in _refused().items()
        ],
    }
