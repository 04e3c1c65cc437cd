"""What must come out of spec/files.md: which files are shown, how they are named and cut."""

from __future__ import annotations

import struct
import zlib
from hashlib import sha256

from parley.catalogue.files import PNG, SIGNATURE, TEXT, judge
from parley.core.entry import Key, Type, body_of
from parley.core.wire import Value, decode
from parley.evidence.attached import Named, Piece, cut, read_named, read_piece
from vectors.material import Page


def chunk(kind: bytes, body: bytes) -> bytes:
    """A chunk with its length and check sum."""
    return struct.pack(">I", len(body)) + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def stored(plain: bytes) -> bytes:
    """A stream without compression (RFC 1950, 1951 section 3.2.4): the same from every library."""
    size = len(plain)
    block = b"\x01" + struct.pack("<HH", size, size ^ 0xFFFF) + plain
    return b"\x78\x01" + block + zlib.adler32(plain).to_bytes(4, "big")


def head(width: int = 2, height: int = 2, *form: int) -> bytes:
    """A header, of the plain form unless another is given."""
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, *(form or (8, 2, 0, 0, 0))))


ROWS = b"\x00" + bytes(range(6)) + b"\x04" + bytes(range(6))  # two pixels twice, filters 0 and 4
STREAM = stored(ROWS)
PIXELS, END = chunk(b"IDAT", STREAM), chunk(b"IEND", b"")
PLAIN = SIGNATURE + head() + PIXELS + END
WRONG_SUM = bytearray(PLAIN)
WRONG_SUM[29] ^= 1
PICTURES: dict[str, bytes] = {
    "plain": PLAIN,
    "pixels in two chunks": SIGNATURE
    + head()
    + chunk(b"IDAT", STREAM[:5])
    + chunk(b"IDAT", STREAM[5:])
    + END,
    "a text within": SIGNATURE + head() + chunk(b"tEXt", b"Comment\x00x") + PIXELS + END,
    "a colour profile": SIGNATURE + head() + chunk(b"iCCP", b"p\x00\x00" + STREAM) + PIXELS + END,
    "a time": SIGNATURE + head() + PIXELS + chunk(b"tIME", bytes(7)) + END,
    "moving": SIGNATURE + head() + chunk(b"acTL", bytes(8)) + PIXELS + END,
    "a wrong check sum": bytes(WRONG_SUM),
    "something after the end": PLAIN + b"PK\x03\x04",
    "something before": b"GIF89a" + PLAIN,
    "cut short": PLAIN[:-1],
    "no end": SIGNATURE + head() + PIXELS,
    "no pixels": SIGNATURE + head() + END,
    "an empty chunk of pixels": SIGNATURE + head() + PIXELS + chunk(b"IDAT", b"") + END,
    "two headers": SIGNATURE + head() + head() + PIXELS + END,
    "pixels before the header": SIGNATURE + PIXELS + head() + END,
    "an end that is not empty": SIGNATURE + head() + PIXELS + chunk(b"IEND", b"x"),
    "more pixels than it says": SIGNATURE + head(2, 1) + PIXELS + END,
    "fewer pixels than it says": SIGNATURE + head(2, 3) + PIXELS + END,
    "something behind the pixels": SIGNATURE + head() + chunk(b"IDAT", STREAM + b"x") + END,
    "pixels without their check sum": SIGNATURE + head() + chunk(b"IDAT", STREAM[:-4]) + END,
    "a filter that there is not": SIGNATURE
    + head()
    + chunk(b"IDAT", stored(b"\x05" + ROWS[1:]))
    + END,
    "no width": SIGNATURE + head(0, 2) + PIXELS + END,
    "too wide": SIGNATURE + head(2_049, 2) + PIXELS + END,
    "a palette": SIGNATURE + head(2, 2, 8, 3, 0, 0, 0) + PIXELS + END,
    "with transparency": SIGNATURE + head(2, 2, 8, 6, 0, 0, 0) + PIXELS + END,
    "sixteen bits": SIGNATURE + head(2, 2, 16, 2, 0, 0, 0) + PIXELS + END,
    "interlaced": SIGNATURE + head(2, 2, 8, 2, 0, 0, 1) + PIXELS + END,
    "an image of another kind": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "nothing": b"",
}
TEXTS: dict[str, bytes] = {
    "words": "Amity 55 10 N\n北".encode(),
    "a tab": b"a\tb",
    "a control character": b"a\x1b[2Jb",
    "carriage returns": b"a\r\nb",
    "not UTF-8": b"a\xffb",
    "a direction override": "a\u202eb".encode(),
    "only white space": b" \n ",
    "nothing": b"",
}
HASH = sha256(PLAIN).digest()
GOOD = Named(HASH, len(PLAIN), PNG, "chart.png").value()
NAMED: dict[str, Value] = {
    "one": [GOOD],
    "of a kind that is not shown": [[HASH, 1, "image/svg+xml", "x.svg"]],
    "none": [],
    "not a list": "chart.png",
    "three parts": [GOOD[:3]],
    "the same twice": [GOOD, GOOD],
    "nine": [[bytes([at]) * 32, 1, TEXT, "x.txt"] for at in range(9)],
    "a short hash": [[HASH[:31], 1, PNG, "x.png"]],
    "no bytes": [[HASH, 0, PNG, "x.png"]],
    "too large": [[HASH, (2 << 20) + 1, PNG, "x.png"]],
    "too large together": [[bytes([at]) * 32, 2 << 20, PNG, "x.png"] for at in range(3)],
    "no name": [[HASH, 1, PNG, ""]],
    "a name that is too long": [[HASH, 1, PNG, "x" * 121]],
}
PIECES: dict[str, Value] = {
    "the first": [HASH, 0, b"x"],
    "further on": [HASH, 16_384, b"x" * 32],
    "no bytes": [HASH, 0, b""],
    "too many bytes": [HASH, 0, bytes(16_385)],
    "a short hash": [HASH[:31], 0, b"x"],
    "beyond every file": [HASH, 2 << 20, b"x"],
    "before the beginning": [HASH, -1, b"x"],
    "words": [HASH, 0, "x"],
    "two parts": [HASH, 0],
}
# (held, size, start, bytes) of a piece, for a file of which so much is here
FOLLOWS = [
    (0, 5_000, 0, 1_024),
    (0, 5_000, 0, 1_023),
    (1_024, 5_000, 0, 1_024),
    (0, 5_000, 1_024, 1_024),
    (4_999, 5_000, 4_999, 1),
    (4_998, 5_000, 4_998, 1),
    (4_999, 5_000, 4_999, 2),
    (0, 10, 0, 10),
]


def files() -> Page:
    """All of them."""
    whole = bytes(range(256)) * 66  # two pieces
    hash = sha256(whole).digest()
    cuts, start = [], 0
    while start < len(whole):
        piece = cut(hash, whole, start)
        cuts.append(body_of(Type.FILE_PIECE, {}, piece.payload()).hex())
        start = piece.end
    return {
        "shown": [
            {
                "name": name,
                "media": media,
                "file": data.hex(),
                "sha256": sha256(data).hexdigest(),
                "verdict": judge(sha256(data).digest(), media, data),
            }
            for media, given in ((PNG, PICTURES), (TEXT, TEXTS), ("text/html", {"words": b"a"}))
            for name, data in given.items()
        ],
        "other hash": judge(bytes(32), PNG, PLAIN),
        "named": [
            {"name": name, "body": body.hex(), "files": _named(body)}
            for name, value in NAMED.items()
            for body in [body_of(Type.TEXT, {Key.ATTACHMENTS: value}, "See it.")]
        ],
        "pieces": [
            {"name": name, "body": body.hex(), "is one": _piece(body) is not None}
            for name, value in PIECES.items()
            for body in [body_of(Type.FILE_PIECE, {}, value)]
        ],
        "follows": [
            {
                **{"held": held, "size": size, "start": start, "bytes": count},
                "follows": Piece(HASH, start, bytes(count)).follows(held, size),
            }
            for held, size, start, count in FOLLOWS
        ],
        "cut": {"sha256": hash.hex(), "bodies": cuts},
    }


def _named(body: bytes) -> list[list[Value]] | None:
    found = read_named(decode(body)[0])
    if found is None:
        return None
    return [[each.sha256.hex(), each.size, each.media, each.name] for each in found]


def _piece(body: bytes) -> Piece | None:
    return read_piece(decode(body)[1])
