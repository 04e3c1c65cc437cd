"""Vectors of media.md: headers, keys, and sealed frames, made by hand from the page's tables."""

from __future__ import annotations

import struct
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from parley.conference.frame import PICTURE_BYTES_MAX, SOUND_BYTES_MAX, Header
from vectors.material import Page, rule_of, seed

SOUND: dict[str, Any] = {"kind": 1, "track": 0, "length_ms": 20, "epoch": 3}
PICTURE: dict[str, Any] = {"kind": 2, "track": 16, "width": 640, "height": 360, "epoch": 3}
SHOWN: dict[str, Any] = {**PICTURE, "kind": 5, "track": 32, "key": True}
FIRST: dict[str, Any] = {"sequence": 0, "captured_us": 1_796_000_000_000_000}


def header(about: dict[str, Any]) -> bytes:
    """M1: 24 bytes."""
    get = about.get
    return struct.pack(
        ">BBBBIQHHBBBB",
        16 | about["kind"],
        about["track"],
        int(get("key", False)),
        get("length_ms", 0),
        about["sequence"],
        about["captured_us"],
        get("party", 0),
        get("sender", 0),
        about["epoch"],
        0,
        get("width", 0) // 8,
        get("height", 0) // 8,
    )


def derived(secret: bytes, about: dict[str, Any]) -> tuple[bytes, bytes]:
    """M5: key and salt of one track."""
    place = struct.pack(
        ">BBHHB",
        about["kind"],
        about["track"],
        about.get("party", 0),
        about.get("sender", 0),
        about["epoch"],
    )
    okm = HKDF(hashes.SHA256(), 44, bytes(32), b"parley media 1" + place).derive(secret)
    return okm[:32], okm[32:]


def sealed(secret: bytes, about: dict[str, Any], plain: bytes) -> bytes:
    """M6: a whole frame."""
    key, salt = derived(secret, about)
    number = about["sequence"].to_bytes(12, "big")
    nonce = bytes(a ^ b for a, b in zip(salt, number, strict=True))
    clear = header(about)
    return clear + AESGCM(key).encrypt(nonce, plain, clear)


def altered(at: int, byte: int, about: dict[str, Any]) -> bytes:
    """A frame with one byte of its header set otherwise."""
    frame = bytearray(header(about) + bytes(17))
    frame[at] = byte
    return bytes(frame)


def media() -> Page:
    secret = seed("media secret")
    frames = [
        (SOUND | FIRST, b"twenty milliseconds"),
        (SOUND | FIRST | {"sequence": 0xFFFF_FFFF, "length_ms": 60, "track": 2}, b"\x00"),
        (PICTURE | FIRST | {"key": True}, bytes(range(200))),
        (PICTURE | FIRST | {"sequence": 1, "party": 513, "sender": 1027, "epoch": 255}, b"delta"),
        (PICTURE | FIRST | {"sequence": 2, "captured_us": 0, "width": 2040, "height": 8}, b"w"),
        (SHOWN | FIRST | {"party": 1, "sender": 2, "width": 1280, "height": 720}, b"a page"),
    ]
    sound, picture, shown = SOUND | FIRST, PICTURE | FIRST, SHOWN | FIRST
    wrong = {
        "nothing sealed": header(sound) + bytes(16),
        "empty": b"",
        "version 0": altered(0, 0x01, sound),
        "version 2": altered(0, 0x21, sound),
        "kind 0": altered(0, 0x10, sound),
        "captions, reserved": altered(0, 0x13, sound),
        "control, reserved": altered(0, 0x14, shown),
        "kind 6": altered(0, 0x16, shown),
        "sound with a flag": altered(2, 1, sound),
        "sound of no length": altered(3, 0, sound),
        "sound of 21 ms": altered(3, 21, sound),
        "sound with a width": altered(22, 80, sound),
        "sound with a height": altered(23, 45, sound),
        "reserved byte": altered(21, 1, picture),
        "reserved flag": altered(2, 2, picture),
        "picture with a length": altered(3, 20, picture),
        "picture without a width": altered(22, 0, picture),
        "picture without a height": altered(23, 0, picture),
        "shown, and no picture by itself": altered(2, 0, shown),
        "shown with a length": altered(3, 20, shown),
        "shown without a width": altered(22, 0, shown),
    }
    long = {
        "longest sound": (sound, SOUND_BYTES_MAX, ""),
        "too long a sound": (sound, SOUND_BYTES_MAX + 1, "M4"),
        "longest picture": (picture, PICTURE_BYTES_MAX, ""),
        "too long a picture": (picture, PICTURE_BYTES_MAX + 1, "M4"),
        "longest that is shown": (shown, PICTURE_BYTES_MAX, ""),
        "too long to be shown": (shown, PICTURE_BYTES_MAX + 1, "M4"),
    }
    return {
        "secret": secret.hex(),
        "frames": [
            {
                "header": about,
                "key": derived(secret, about)[0].hex(),
                "salt": derived(secret, about)[1].hex(),
                "plain": plain.hex(),
                "frame": sealed(secret, about, plain).hex(),
            }
            for about, plain in frames
        ],
        "refused": [
            {"why": why, "frame": frame.hex(), "rule": rule_of(Header.parse, frame)}
            for why, frame in wrong.items()
        ],
        "lengths": [
            {
                "why": why,
                "header": header(about).hex(),
                "bytes": size,
                "rule": rule_of(Header.parse, header(about) + bytes(size - 24)),
            }
            for why, (about, size, _) in long.items()
        ],
    }
