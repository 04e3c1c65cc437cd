"""What stands on each sheet of a PDF that Chromium made: as much of PDF as Skia writes."""

from __future__ import annotations

import re
import zlib

_OBJECT = re.compile(rb"(\d+) 0 obj(.*?)endobj", re.DOTALL)
_STREAM = re.compile(rb"stream\r?\n(.*)\r?\nendstream", re.DOTALL)
_SHOWN = re.compile(r"/(F\d+) [\d.]+ Tf|<([0-9A-F]+)> Tj|(ET)")


def sheets(pdf: bytes) -> list[str]:
    """The text of each page, in the order in which it is drawn, one piece a line."""
    objects = {int(found[1]): found[2] for found in _OBJECT.finditer(pdf)}
    (root,) = [
        number
        for number, each in objects.items()
        if b"/Type /Pages" in each and b"/Parent" not in each
    ]
    return [_text(objects, page) for page in _pages(objects, root)]


def _pages(objects: dict[int, bytes], number: int) -> list[bytes]:
    """The pages below a node of the tree, in their order."""
    kids = re.search(rb"/Kids \[([^\]]*)\]", objects[number])
    if kids is None:
        return [objects[number]]
    below = (int(kid) for kid in re.findall(rb"(\d+) 0 R", kids[1]))
    return [page for kid in below for page in _pages(objects, kid)]


def _text(objects: dict[int, bytes], page: bytes) -> str:
    fonts = {
        name.decode(): _letters(objects, objects[int(number)])
        for name, number in re.findall(rb"/(F\d+) (\d+) 0 R", page)
    }
    (contents,) = re.findall(rb"/Contents (\d+) 0 R", page)
    letters: dict[int, str] = {}
    text = ""
    for font, shown, end in _SHOWN.findall(_stream(objects[int(contents)])):
        if font:
            letters = fonts[font]
        elif end:
            text += "\n"
        text += "".join(
            letters.get(int(shown[at : at + 4], 16), "?") for at in range(0, len(shown), 4)
        )
    return text


def _letters(objects: dict[int, bytes], font: bytes) -> dict[int, str]:
    """What each glyph of a font stands for."""
    (number,) = re.findall(rb"/ToUnicode (\d+) 0 R", font)
    found: dict[int, str] = {}
    for line in _stream(objects[int(number)]).splitlines():
        codes = re.findall(r"<([0-9A-F]+)>", line)
        if len(codes) == 2 and codes != ["0000", "FFFF"]:
            found[int(codes[0], 16)] = bytes.fromhex(codes[1]).decode("utf-16-be")
        elif len(codes) == 3:
            first, last, begin = (int(code, 16) for code in codes)
            found |= {code: chr(begin + code - first) for code in range(first, last + 1)}
    return found


def _stream(body: bytes) -> str:
    found = _STREAM.search(body)
    assert found
    return zlib.decompress(found[1]).decode("latin-1")
