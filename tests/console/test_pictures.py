"""The pictures our pages show: the tool that takes them still finds its way through the console."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tools.pictures import NAMES, SIZE, take

ROOT = Path(__file__).parent.parent.parent
SHOWN = ROOT / "docs" / "pictures"
BYTES_MAX = 200_000


def size_of(picture: Path) -> tuple[int, int]:
    """Width and height, as a PNG says them."""
    head = picture.read_bytes()[:24]
    assert head[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", head[16:])
    return width, height


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.story
async def test_the_pictures_can_be_taken_anew(with_camera: Browser, tmp_path: Path) -> None:
    (tmp_path / "stations").mkdir()
    await take(with_camera, tmp_path / "stations", tmp_path)
    assert {name: size_of(tmp_path / name) for name in NAMES} == dict.fromkeys(NAMES, SIZE)


def test_pages_show_them_and_they_are_small() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert sorted(picture.name for picture in SHOWN.iterdir()) == sorted(NAMES)
    # What a page shows is what `make pictures` takes: none is old, none is missing.
    assert set(re.findall(r"pictures/([\w-]+\.png)\)", shown)) == set(NAMES)
    for name in NAMES:
        assert size_of(SHOWN / name) == SIZE
        assert (SHOWN / name).stat().st_size < BYTES_MAX
