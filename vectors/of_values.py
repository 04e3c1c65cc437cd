"""Vectors of wire.md and entry.md: one spelling per value, and what may be said."""

from __future__ import annotations

from parley.core.entry import Marks, Plaintext, Precedence, Status, Type, body_of, check_text
from parley.core.record import (
    check_group,
)
from parley.core.speaking import ENVELOPE, OPEN, PACKET, frame
from parley.core.wire import Value, decode, encode, uvar
from vectors.material import Page, rule_of, seed, shown

# --- wire.md


VALUES: list[Value] = [
    *(0, 1, 23, 24, 255, 256, 65_535, 65_536, (1 << 32) - 1, 1 << 32, (1 << 64) - 1),
    *(-1, -24, -25, -256, -257, -65_537, -(1 << 32), -(1 << 64)),
    *(True, False, None, b"", b"\x00", bytes(range(24)), bytes(256), "", "a", "Пора", "\U0001f54a"),
    *([], [1, [2, [3]]], {}, {3: "en", 6: 4}, [{3: "en"}, "Ceasefire at 0600Z."]),
    {-1: 0, 24: 0, "a": 0, b"": 0, 0: 0, "aa": 0, b"\x00": 0},
    [[[[[[[[]]]]]]]],
    "e\u0301\u200f\u200d",
]

REFUSED_CBOR = {  # by the rule each breaks
    "W1": "1817 1900ff 1a0000ffff 1b00000000ffffffff 3817 5800 5900ff 7817 9800 b800 981700",
    "W2": "5f4100ff 7f6161ff 9f00ff bf0000ff 1c 1d 1e 1f 3f 5c 7d 9e bf",
    "W3": "c000 c1 d820 e0 f7 f800 f8ff f93c00 fa3fc00000 fb3ff0000000000000 ff",
    "W4": "18 19ff 1b00 41 4201 61 6261 81 8201 a1 a100 5affffffff 9b"
    + "ff" * 8
    + " bb"
    + "ff" * 8,
    "W5": "61ff 62c080 63eda080 64f4908080 61c3",
    "W6": "a201000100 a202000100 a22000181800 a2616100616100 a1f500 a1f600",
    "W7": "0000 f6f6 8000 a000 4000",
    "W8": "81" * 9 + "00 " + "a100" * 9 + "00",
}

UVARS = [0, 1, 127, 128, 300, 16_383, 16_384, (1 << 63) - 1, 1 << 63, (1 << 64) - 1]
REFUSED_UVARS = {
    "W9": "8000 ff00 80808000 " + "80" * 9 + "02 " + "ff" * 10 + " " + "80" * 10 + "00",
    "W4": "80 ffff",
}


def wire() -> Page:
    return {
        "values": [{"value": shown(value), "cbor": encode(value).hex()} for value in VALUES],
        "refused": [
            {"cbor": data, "rule": rule}
            for rule, given in REFUSED_CBOR.items()
            for data in given.split()
        ],
        "uvars": [{"number": str(number), "uvar": uvar(number).hex()} for number in UVARS],
        "refused uvars": [
            {"uvar": data, "rule": rule}
            for rule, given in REFUSED_UVARS.items()
            for data in given.split()
        ],
        "frame headers": {
            "envelope": frame(ENVELOPE, b"").hex(),
            "packet": frame(PACKET, b"").hex(),
            "open": frame(OPEN, b"").hex(),
        },
    }


# --- entry.md

PLAINTEXTS = [
    (Type.TEXT, 0xC8, 0, 1000, "82a1036265 6e734365617365666972652061742030363030 5a2e"),
    (Type.DISPLAYED, 0x00, 0xFFFF, (1 << 32) - 1, "8182 0001"),
    (0x42, 0x18, 5, 0, ""),
]
PADDED = [  # marks with the padded bit; as sent; the body that is logged
    ("0141 0000 00000000 8182 80", "8182"),
    ("0141 0000 00000000 8182 80 000000", "8182"),
    ("0141 0000 00000000 8182 80 80 00", "818280"),
    ("0141 0000 00000000 80", ""),
    ("0141 0000 00000000 8182", "8182"),
    ("0141 0000 00000000 0000", "0000"),
]
TEXTS = {
    "": [
        "Ceasefire at 0600Z.\nAll units.",
        "Пора. 北\u200f\u200d \U0001f54a e\u0301",
        "<b>",
        " x ",
    ],
    "E10": ["a\tb", "a\nb\x00", "\x1b[31m", "a\r\nb", "\x7f", "\x85", "\x9f"],
    "E11": ["\u202a", "ok\u202e", "\u2066", "\u2069"],
    "E12": ["\ufeffa"],
    "E13": ["\ufdd0", "\uffff", "a\U0001fffe", "\U0010ffff"],
    "E14": ["", " ", "\n\n", "\u2003\u200d", "\u00a0"],
}


def entry() -> Page:
    for rule, texts in TEXTS.items():
        for text in texts:
            assert rule_of(check_text, text) == rule
    leaves = [seed("a leaf"), bytes(32), b"\xff" * 32]
    bodies = [
        body_of(Type.TEXT, {3: "en"}, "Ceasefire at 0600Z."),
        body_of(Type.TEST, {}, [1, "Are you there?"]),
        body_of(Type.CHAT, {6: 4}, "The second path is down."),
        body_of(Type.PRESENCE, {4: 1000, 6: 4}, [7, 1]),
        body_of(Type.PRESENCE, {4: 1000, 6: 4}, [7, 0]),
        body_of(Type.SERVICE, {}, 0),
        body_of(Type.DISPLAYED, {}, [[0, 3]]),
        body_of(Type.READBACK, {}, [7, "042117"]),
    ]
    return {
        "plaintexts": [
            {
                "type": kind,
                "marks": marks,
                "seen": seen,
                "time": time,
                "body": bytes.fromhex(body).hex(),
                "plaintext": Plaintext(kind, marks, seen, time, bytes.fromhex(body))
                .to_bytes()
                .hex(),
            }
            for kind, marks, seen, time, body in PLAINTEXTS
        ],
        "padded": [{"plaintext": bytes.fromhex(p).hex(), "body": b} for p, b in PADDED],
        "marks": [
            {"precedence": p.name, "status": s.name, "marks": Marks(p, s).byte()}
            for p in Precedence
            for s in Status
        ],
        "bodies": [{"cbor": body.hex(), "value": shown(decode(body))} for body in bodies],
        "check groups": [{"leaf": leaf.hex(), "digits": check_group(leaf)} for leaf in leaves],
        "texts": [{"text": text, "rule": rule} for rule, texts in TEXTS.items() for text in texts],
    }
