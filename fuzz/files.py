"""Files that go with a message: the strict reader of pictures, and what a message says of files."""

from __future__ import annotations

import io

from PIL import Image

from fuzz.script import Script, edited
from parley.catalogue.files import PNG, SIGNATURE, TEXT, judge, read_png
from parley.core.entry import Type
from parley.core.errors import Malformed
from parley.evidence.attached import Tally, read_named, read_piece
from vectors.of_files import PLAIN, STREAM, chunk

_KINDS = (b"IHDR", b"IDAT", b"IEND", b"tEXt")


def picture(data: bytes) -> None:
    """What the strict reader takes, another decoder takes too and sees the same size."""
    script = Script(data)
    raw = _changed(script) if script.number() & 1 else _edited(PLAIN, script)
    try:
        found = read_png(raw)
    except Malformed as error:
        assert error.rule == "F7"
        return
    opened = Image.open(io.BytesIO(raw), formats=("PNG",))
    opened.load()
    assert (opened.width, opened.height) == (found.width, found.height)
    assert set(opened.info) == set()
    assert opened.mode == "RGB"


def _edited(base: bytes, script: Script) -> bytes:
    return edited(base, Script(b"\x01" + script.rest()))


def _changed(script: Script) -> bytes:
    """Chunks with right check sums, in any number and order, with a body that was changed."""
    bodies = (PLAIN[16:29], STREAM, b"", b"Comment\x00x")
    order = [script.number() % 4 for _ in range(script.number() % 6)] or [0, 1, 2]
    at = script.number() % len(order)
    parts = [chunk(_KINDS[kind], bodies[kind]) for kind in order]
    parts[at] = chunk(_KINDS[order[at]], _edited(bodies[order[at]], script))
    return SIGNATURE + b"".join(parts)


def named(data: bytes) -> None:
    """Whatever an entry says of files, it is counted and judged, and nothing raises."""
    tally = Tally()
    for kind in (Type.TEXT, Type.FILE_PIECE):
        tally.take(0, kind, data[0] if data else 0, data)
    assert tally.whole == 0
    assert read_named({16: data}) is None
    assert read_piece(data) is None
    for media in (PNG, TEXT, "text/html"):
        assert judge(bytes(32), media, data) == "other hash"
