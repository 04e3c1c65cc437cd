"""What is shown of a file: a picture that our encoder makes, a plain text, and nothing else."""

from __future__ import annotations

import io
import struct
import sys
import zlib
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from parley.catalogue import drawing
from parley.catalogue.files import (
    OTHER_FORM,
    PNG,
    SHOWN,
    SIGNATURE,
    TEXT,
    judge,
    plain_name,
    plain_text,
    read_png,
)
from parley.core.errors import Malformed, ParleyError, Refused
from vectors.of_files import END, HASH, PICTURES, PLAIN, chunk, head


def picture(
    mode: str = "RGB", size: tuple[int, int] = (40, 30), form: str = "PNG", **how: Any
) -> bytes:
    out = io.BytesIO()
    Image.new(mode, size, how.pop("colour", 90)).save(out, form, **how)
    return out.getvalue()


@pytest.mark.parametrize("name", PICTURES)
def test_F7_only_a_plain_picture_is_one(name: str) -> None:
    if name in ("plain", "pixels in two chunks"):
        assert read_png(PICTURES[name]).width == 2
        return
    with pytest.raises(Malformed) as fault:
        read_png(PICTURES[name])
    assert fault.value.rule == "F7"


def test_F7_a_bomb_of_pixels_is_let_go_at_the_first_that_is_too_many() -> None:
    """Four kilobytes that would be four megabytes: no more than a slice is ever held."""
    bomb = zlib.compress(bytes(1 << 22), 9)
    small = SIGNATURE + head(2, 2) + chunk(b"IDAT", bomb) + END
    with pytest.raises(Malformed, match="more than its pixels"):
        read_png(small)
    lying = SIGNATURE + struct.pack(">I4s", 0xFFFFFFFF, b"IHDR") + bytes(17)
    with pytest.raises(Malformed, match="longer than the file"):
        read_png(lying)


def test_F7_a_changed_byte_anywhere_is_noticed() -> None:
    for at in range(len(PLAIN)):
        changed = bytearray(PLAIN)
        changed[at] ^= 0x10
        with pytest.raises(Malformed):
            read_png(bytes(changed))


@given(st.binary(max_size=200))
def test_F6_whatever_it_holds_a_file_is_judged(data: bytes) -> None:
    for media in (PNG, TEXT, "image/svg+xml"):
        assert judge(HASH, media, data) in ("other hash", SHOWN)


def test_F8_a_text_of_two_kinds_is_only_a_text() -> None:
    """A page of the web that is also plain text is shown as the text it is."""
    html = b"<script>alert(1)</script>\n"
    assert plain_text(html) == html
    assert judge(sha256(html).digest(), TEXT, html) == SHOWN
    assert judge(sha256(html).digest(), PNG, html) == OTHER_FORM
    assert judge(HASH, TEXT, PLAIN) == OTHER_FORM
    with pytest.raises(Refused) as fault:
        plain_text(b"caf\xe9")
    assert fault.value.rule == "F8"
    with pytest.raises(Refused) as tab:
        plain_text(b"a\tb")
    assert tab.value.rule == "E10"


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("chart.jpeg", "chart.png"),
        ("../../etc/passwd", "passwd.png"),
        ("C:\\Users\\Olsen\\chart.png", "chart.png"),
        ("invoice.png.exe", "invoice.png.png"),
        ("карта 1.JPG", "карта 1.png"),
        (" .hidden. ", "hidden.png"),
        ("x" * 300 + ".png", "x" * 60 + ".png"),
    ],
)
def test_F9_a_name_is_one_part_with_the_ending_of_the_kind(given: str, name: str) -> None:
    assert plain_name(given, PNG) == name


@pytest.mark.parametrize("given", ["", ".png", "a\u202egnp.exe", "a\nb.png", "a\x00.png"])
def test_F9_a_name_that_misleads_is_refused(given: str) -> None:
    with pytest.raises(Refused) as fault:
        plain_name(given, PNG)
    assert fault.value.rule == "F9"


# --- the drafter's picture


def test_F10_a_picture_is_drawn_anew_from_its_pixels() -> None:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera of Olsen"  # held on its side
    drawn = drawing.draw(picture(form="JPEG", exif=exif, comment=b"Room 12", quality=95))
    assert (drawn.width, drawn.height) == (30, 40)
    assert (drawn.was_width, drawn.was_height, drawn.was) == (40, 30, "JPEG")
    assert judge(HASH, PNG, drawn.png) == "other hash"
    assert b"Olsen" not in drawn.png
    assert b"Room 12" not in drawn.png


@pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "I;16"])
def test_F10_every_mode_becomes_the_plain_one(mode: str) -> None:
    _, png = drawing.redraw(picture(mode, colour=1 if mode == "1" else 0))
    assert read_png(png).height == 30


def test_F10_a_colour_profile_and_texts_do_not_cross() -> None:
    _, png = drawing.redraw(picture(icc_profile=b"p" * 200, dpi=(300, 300)))
    assert b"iCCP" not in png
    assert b"pHYs" not in png


def test_F10_what_is_transparent_is_laid_on_white() -> None:
    _, png = drawing.redraw(picture("RGBA", colour=(0, 0, 0, 0)))
    assert Image.open(io.BytesIO(png)).getpixel((3, 3)) == (255, 255, 255)


def test_F10_a_large_picture_is_made_smaller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "DRAWN_BYTES_MAX", 5_000)
    monkeypatch.setattr(drawing, "SIDE_PIXELS_MAX", 80)
    noise = io.BytesIO()
    Image.effect_noise((120, 60), 90).convert("RGB").save(noise, "PNG")
    told, png = drawing.redraw(noise.getvalue())
    assert told["was"] == [120, 60]
    assert len(png) <= 5_000
    assert read_png(png).width < 80


def moving() -> bytes:
    out, frames = io.BytesIO(), [Image.new("RGB", (9, 9), each) for each in ("red", "blue")]
    frames[0].save(out, "PNG", save_all=True, append_images=frames[1:])
    return out.getvalue()


@pytest.mark.parametrize(
    ("raw", "why"),
    [
        (SIGNATURE + b"garbage", "it cannot be read"),
        (SIGNATURE + head(50_000, 50_000) + END, "it cannot be read"),
        (SIGNATURE + head(5_001, 5_000) + END, "million pixels"),
        (moving(), "it moves"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "it cannot be read"),
    ],
    ids=["garbage", "a bomb", "too many pixels", "moving", "half a JPEG"],
)
def test_F10_what_cannot_be_drawn_is_refused_with_a_reason(raw: bytes, why: str) -> None:
    with pytest.raises(Refused, match=why) as fault:
        drawing.draw(raw)
    assert fault.value.rule == "F10"


def test_F10_a_process_that_takes_too_long_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "WALL_S_MAX", 0.01)
    with pytest.raises(Refused, match="it took too long"):
        drawing.draw(picture())


def test_F10_a_process_that_says_too_much_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that a picture has taken over must not fill the station's memory until its time is up."""
    endless = tmp_path / "python"
    endless.write_text("#!/bin/sh\nwhile :; do echo " + "x" * 4_000 + "; done\n")
    endless.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(endless))
    monkeypatch.setattr(drawing, "WALL_S_MAX", 60.0)
    with pytest.raises(Refused, match="it cannot be read"):
        drawing.draw(picture())


def test_F10_what_the_process_says_is_believed_no_more_than_a_peer() -> None:
    for out in (b"", b"{}\n" + PLAIN, b'{"was": [1], "form": "PNG"}\n' + PLAIN, b"[]\n", b"\xff"):
        with pytest.raises(ParleyError):
            drawing._answer(out)
