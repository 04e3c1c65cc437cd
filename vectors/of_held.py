"""Vectors of held.md: events as they stand, and what pages agree on, made by hand from the page."""

from __future__ import annotations

import base64
import struct
from hashlib import sha256
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from parley.catalogue.call_events import CallEvent, Channel, Happened, Mode, Result, Shown
from parley.catalogue.calls import Medium
from vectors.material import Page, seed

PAGES = ((0, 1), (0, 2), (1, 1))  # side and sender
CHANGES = 5  # how often a page came or went before


def number(page: tuple[int, int]) -> bytes:
    """Side and sender."""
    return struct.pack(">HH", *page)


def key_of(page: tuple[int, int]) -> bytes:
    """1,216 bytes that stand for a page's key; nothing is agreed by them here."""
    blocks = (seed(f"page {page[0]} {page[1]} {block}") for block in range(38))
    return b"".join(blocks)


def held() -> Page:
    leaf, x25519, kem = seed("opened leaf"), seed("x25519 secret"), seed("ml-kem secret")
    there = struct.pack(">I", CHANGES) + b"".join(map(number, PAGES))
    round = sha256(b"parley call round 1" + leaf + there).digest()[:16]
    pages = [
        {
            "party": page[0],
            "sender": page[1],
            "key": base64.b64encode(key_of(page)).decode(),
            "commitment": sha256(
                b"parley call commitment 1" + round + number(page) + key_of(page)
            ).hexdigest(),
        }
        for page in PAGES
    ]
    shown = b"".join(number(page) + key_of(page) for page in PAGES)
    transcript = sha256(b"parley call digits 1" + leaf + round + shown).digest()
    info = b"parley call secret 1" + number(PAGES[0]) + number(PAGES[2]) + bytes((7,))
    key = HKDF(hashes.SHA256(), 32, transcript, info).derive(x25519 + kem)
    secret = seed("epoch secret")
    return {
        "leaf": leaf.hex(),
        "changes": CHANGES,
        "round": round.hex(),
        "pages": pages,
        "transcript": transcript.hex(),
        "digits": f"{int.from_bytes(transcript[:8]) % 10**8:08d}",
        "secret": {
            "x25519": x25519.hex(),
            "ml-kem": kem.hex(),
            "epoch": 7,
            "from": 0,
            "to": 2,
            "plain": secret.hex(),
            "sealed": AESGCM(key).encrypt(bytes(12), secret, b"").hex(),
        },
        "events": [_event(**given) for given in _EVENTS],
    }


_EVENTS: tuple[dict[str, Any], ...] = (
    {"event": Happened.JOINED, "person": 3, "name": "Wanda", "office": "Watch desk",
     "role": "duty officer", "medium": Medium.VIDEO},
    {"event": Happened.SAID, "person": 3, "words": "Good morning.\n\nWe hear you."},
    {"event": Happened.COMMITTED, "person": 3, "round": bytes(16), "commitment": bytes(32)},
    {"event": Happened.LEFT, "person": 3},
    {"event": Happened.MODE, "person": 3, "mode": Mode.SIMULTANEOUS},
    {"event": Happened.RELIEVED, "person": 5, "to": 6, "language": "Русский"},
    {"event": Happened.CAPTIONED, "person": 4, "words": "Good morning.", "language": "English",
     "channel": Channel.ORIGINAL},
    {"event": Happened.PLANNED, "person": 3, "plan": ((20, "Meetings at sea"), (0, "The next"))},
    {"event": Happened.TOUCHED, "person": 4, "item": "Meetings at sea"},
    {"event": Happened.RECORDING_ASKED, "person": 3},
    {"event": Happened.RECORDING_AGREED, "person": 5, "recording": 1},
    {"event": Happened.RECORDED, "person": 3, "recording": 1, "hash": bytes(32), "bytes": 9,
     "milliseconds": 40},
    {"event": Happened.CHECKED, "person": 3, "words": "It howls.", "item": "sound",
     "result": Result.FAILED},
    {"event": Happened.CHECKED, "person": 5, "item": "channel", "result": Result.NOT_NEEDED},
    {"event": Happened.SHOWING_ASKED, "person": 4, "item": "Chart of the strait",
     "shown": Shown.DOCUMENT},
    {"event": Happened.SHOWING_STOPPED, "person": 5, "showing": 1},
)  # fmt: skip


def _event(**given: Any) -> dict[str, Any]:
    told = {key: str(v) if isinstance(v, str) else v for key, v in given.items()}
    told = {key: list(map(list, v)) if isinstance(v, tuple) else v for key, v in told.items()}
    told = {key: v.hex() if isinstance(v, bytes) else v for key, v in told.items()}
    of = {"bytes": "size", "milliseconds": "length_ms"}
    named = {of.get(key, key): value for key, value in given.items()}
    return {**told, "text": CallEvent(**named).text()}
