"""What may be shown of a file that goes with a message: a plain picture, or plain text.

A picture is a PNG that our own encoder could have made and nothing else: three kinds of chunk,
eight bits a colour, pixels to the last byte. So every byte is accounted for before a browser sees
one. Nothing here draws anything: that is `drawing.py`, in a process of its own. Source:
PNG (third edition) 5, 11; spec/files.md F6 to F9.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from hashlib import sha256

from parley.core.entry import check_text
from parley.core.errors import Malformed, Refused

PNG, TEXT = "image/png", "text/plain"  # the two that are shown; all else is named and kept
ENDINGS = {PNG: ".png", TEXT: ".txt"}
SIDE_PIXELS_MAX = 2_048
NAME_CHARACTERS_MAX = 60
CHANNELS = 3  # red, green, blue
SIGNATURE = b"\x89PNG\r\n\x1a\n"
_HEAD = struct.Struct(">IIBBBBB")  # width, height, depth, colour, compression, filter, interlace
_CHUNK = struct.Struct(">I4s")
_PLAIN = (8, 2, 0, 0, 0)  # eight bits, red green blue, deflate, adaptive filters, no interlace
_FILTER_MAX = 4
_SLICE_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that may be shown."""

    width: int
    height: int


def read_png(data: bytes) -> Picture:
    """The picture of a file; Malformed for every one that our encoder does not make (F7)."""
    if not data.startswith(SIGNATURE):
        raise _not("it does not begin as a PNG does")
    kind, head, at = _chunk(data, len(SIGNATURE))
    if kind != b"IHDR" or len(head) != _HEAD.size:
        raise _not("its first chunk is not a header")
    width, height, *form = _HEAD.unpack(head)
    if not (1 <= width <= SIDE_PIXELS_MAX and 1 <= height <= SIDE_PIXELS_MAX):
        raise _not(f"it is not between 1 and {SIDE_PIXELS_MAX} pixels a side")
    if tuple(form) != _PLAIN:
        raise _not("it is not of plain eight-bit colours")
    pixels = _Pixels(width, height)
    kind, body, at = _chunk(data, at)
    while kind == b"IDAT" and body:
        pixels.take(body)
        kind, body, at = _chunk(data, at)
    if kind != b"IEND" or body:
        raise _not("it holds a chunk that is neither pixels nor the end")
    if at != len(data):
        raise _not("something follows its end")
    pixels.end()
    return Picture(width, height)


def _not(why: str) -> Malformed:
    return Malformed(why, rule="F7")


def _chunk(data: bytes, at: int) -> tuple[bytes, bytes, int]:
    """Kind and body of the chunk that begins there, and where the next one does."""
    if len(data) - at < _CHUNK.size + 4:
        raise _not("it ends within a chunk")
    length, kind = _CHUNK.unpack_from(data, at)
    begins = at + _CHUNK.size
    ends = begins + length
    if ends + 4 > len(data):
        raise _not("a chunk is longer than the file")
    if zlib.crc32(data[at + 4 : ends]) != int.from_bytes(data[ends : ends + 4], "big"):
        raise _not("the check sum of a chunk is wrong")
    return kind, data[begins:ends], ends + 4


class _Pixels:
    """Rows of pixels as they are inflated, a little at a time: never more than a slice is held."""

    def __init__(self, width: int, height: int) -> None:
        self._row = 1 + CHANNELS * width  # its filter, then its colours
        self._all = self._row * height
        self._had = 0
        self._inflater = zlib.decompressobj()

    def take(self, body: bytes) -> None:
        """Inflate one chunk; Malformed as soon as there are more pixels than the header says."""
        while body:
            try:
                plain = self._inflater.decompress(body, _SLICE_BYTES)
            except zlib.error as error:
                raise _not("its pixels cannot be inflated") from error
            filters = plain[-self._had % self._row :: self._row]
            if filters and max(filters) > _FILTER_MAX:
                raise _not("a row has a filter that there is not")
            self._had += len(plain)
            if self._had > self._all or self._inflater.unused_data:
                raise _not("it holds more than its pixels")
            body = self._inflater.unconsumed_tail

    def end(self) -> None:
        """All pixels must have come, and the stream must have ended with its check sum."""
        if self._had != self._all or not self._inflater.eof:
            raise _not("it lacks pixels")


def read_text(data: bytes) -> str:
    """The words of a text file; Malformed unless they would pass as a message (F8)."""
    try:
        text = data.decode()
        check_text(text)
    except (UnicodeDecodeError, Refused) as error:
        raise Malformed(str(error), rule="F8") from error
    return text


# What the bytes of a file turned out to be; the words are for people of the other side's station.
SHOWN, OTHER_HASH, OTHER_FORM, OTHER_KIND = "shown", "other hash", "other form", "other kind"


def judge(hash: bytes, media: str, data: bytes) -> str:
    """Whether a file that is whole may be shown; never an error, whatever it holds (F6)."""
    if sha256(data).digest() != hash:
        return OTHER_HASH
    try:
        if media == PNG:
            read_png(data)
        elif media == TEXT:
            read_text(data)
        else:
            return OTHER_KIND
    except Malformed:
        return OTHER_FORM
    return SHOWN


# --- on the drafter's side


def plain_text(raw: bytes) -> bytes:
    """A drafter's text file as it will go. An editor's CR LF becomes a line feed, as in a form;
    nothing else is put right (F8)."""
    try:
        text = raw.decode().replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        raise Refused(
            f"The file is neither a picture nor a text in UTF-8: byte {error.start + 1}.",
            "Attach a PNG or JPEG picture, or a plain text in UTF-8.",
            "F8",
        ) from error
    check_text(text)
    return text.encode()


def looks_like_picture(raw: bytes) -> bool:
    """Whether a file begins as a PNG or JPEG does."""
    return raw.startswith((SIGNATURE, b"\xff\xd8\xff"))


def plain_name(given: str, media: str) -> str:
    """The name under which a file goes: its last part, with the ending of what it is (F9)."""
    last = given.replace("\\", "/").rsplit("/", 1)[-1]
    stem = last.rsplit(".", 1)[0].strip(" .")[:NAME_CHARACTERS_MAX].strip(" .")
    if "\n" in stem:
        raise Refused("The name of the file has a line break.", "Give it another name.", "F9")
    try:
        check_text(stem)
    except Refused as fault:
        raise Refused(
            f"The name of the file cannot be sent: {fault.sentence}.",
            "Give the file a plain name.",
            "F9",
        ) from fault
    # Sixty characters of four bytes would be too long for a header.
    return stem.encode()[:100].decode(errors="ignore") + ENDINGS[media]
