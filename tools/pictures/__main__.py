"""python -m tools.pictures FOLDER: take all pictures anew."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from playwright.async_api import async_playwright

from tests.conftest import CHROMIUM, NO_CHROMIUM
from tests.console.conftest import FLAGS
from tools.pictures.calls import take_calls
from tools.pictures.desk import take_desk


async def _take(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
            for take in (take_desk, take_calls):
                stations = Path(folder) / take.__name__
                stations.mkdir()
                await take(browser, stations, out)
            await browser.close()


def main() -> None:
    """Take them all."""
    if CHROMIUM is None:
        raise SystemExit(NO_CHROMIUM)
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    asyncio.run(_take(out))


if __name__ == "__main__":
    main()
