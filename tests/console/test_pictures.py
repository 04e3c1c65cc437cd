"""The pictures our pages show: each shows the page of today, or a test says what has changed."""

from __future__ import annotations

import re
import struct
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.console.conftest import Room
from tools.pictures import CALLS, DESK, NAMES, SIZE
from tools.pictures.calls import take_calls
from tools.pictures.camera import changed, shoot
from tools.pictures.desk import take_desk

Taken = Callable[[Browser, Path, Path], Awaitable[None]]
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
@pytest.mark.parametrize(
    ("take", "names"), [(take_desk, DESK), (take_calls, CALLS)], ids=["desk", "calls"]
)
async def test_the_pictures_kept_show_the_pages_of_today(
    take: Taken, names: tuple[str, ...], with_camera: Browser, tmp_path: Path
) -> None:
    (tmp_path / "stations").mkdir()
    await take(with_camera, tmp_path / "stations", tmp_path)
    old = {name: changed(SHOWN / f"{name}.png", tmp_path / f"{name}.png") for name in names}
    said = [f"docs/pictures/{name}.png: {how}" for name, how in old.items() if how]
    assert not said, "\n".join([*said, "`make pictures` takes them anew; look at them."])


@pytest.mark.browser
@pytest.mark.asyncio(loop_scope="session")
async def test_a_picture_is_old_where_words_or_looks_are_others(room: Room, tmp_path: Path) -> None:
    page = await room.tab()

    async def taken(name: str, words: str, look: str = "") -> Path:
        await page.set_content(
            f"<p style='{look}'>{words}</p><p style='margin-top: 4000px'>deep</p>"
        )
        await shoot(page, tmp_path / name)
        return tmp_path / name

    kept = await taken("kept.png", "Heard 2 minutes ago at 05:10Z, root 3fa9c1d2e8.")
    again = await taken("again.png", "Heard 1 minute ago at 17:59Z, root 99f0aa21bc.")
    assert changed(kept, again) == ""
    worded = await taken("worded.png", "Seen 2 minutes ago at 05:10Z, root 3fa9c1d2e8.")
    assert changed(kept, worded).splitlines()[-2:] == [
        "-Heard # minute ago at #Z, root #.",
        "+Seen # minute ago at #Z, root #.",
    ]
    looks = "background: black; color: white; height: 200px"
    other = await taken("other.png", "Heard 2 minutes ago at 05:10Z, root 3fa9c1d2e8.", looks)
    assert "the same words, and another picture" in changed(kept, other)
    # Where letters are wider, what was in sight may lie below.
    await page.evaluate("document.body.style.fontFamily = 'monospace'")
    await page.evaluate("document.querySelector('p').style.marginTop = '3000px'")
    await shoot(page, tmp_path / "wide.png")
    assert changed(kept, tmp_path / "wide.png") == ""
    await page.evaluate("document.querySelector('p').textContent = 'Seen.'")
    await shoot(page, tmp_path / "wide.png")
    assert changed(kept, tmp_path / "wide.png") == "-Heard # minute ago at #Z, root #."
    await page.set_viewport_size({"width": 1024, "height": 768})
    assert "and now 1024 by 768" in changed(kept, await taken("small.png", "Heard"))


def test_pages_show_them_and_they_are_small() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    shown = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert sorted(picture.name for picture in SHOWN.iterdir()) == sorted(NAMES)
    # What a page shows is what `make pictures` takes: none is old, none is missing.
    assert set(re.findall(r"pictures/([\w-]+\.png)\)", shown)) == set(NAMES)
    for name in NAMES:
        assert size_of(SHOWN / name) == SIZE
        assert (SHOWN / name).stat().st_size < BYTES_MAX
