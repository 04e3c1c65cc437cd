"""What a page has its reader type into a shell before anything of ours is there: its `sh` blocks.

What stands in `console` blocks is typed at a terminal and compared (`terminal_session.py`). These
prepare, and print nothing that is shown.
"""

import os
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path) -> list[str]:
    """The `sh` blocks of a page, in order."""
    return BLOCK.findall(page.read_text(encoding="utf-8"))


def environment() -> dict[str, str]:
    """Ours, without what the make that runs a test would tell the make it starts."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}


def lines(block: str) -> list[str]:
    """The commands of a block, without what is remarked behind them."""
    return [re.sub(r"\s+# .*", "", line) for line in block.splitlines()]


def newcomers() -> tuple[str, str, str]:
    """README's three lines: what is missing is installed, the demo, the tests."""
    (block,) = blocks(ROOT / "README.md")
    packages, demo, test = lines(block)
    return packages, demo, test
