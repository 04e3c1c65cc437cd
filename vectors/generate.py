"""Write the vectors: for each page of `spec/`, what must come out of what, and what is refused.

    python -m vectors.generate          says which vectors the code no longer gives
    python -m vectors.generate --anew   writes them

The vectors are law: a station that gives others does not speak this version. So a difference is a
mistake of the code, unless a rule of the page was changed with it. Sealed secrets and ML-DSA
signatures draw chance inside the library; those that stand in the files are kept as long as they
open and verify.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from parley.core.errors import Refused
from vectors.material import Page
from vectors.of_declared import declared
from vectors.of_deniable import deniable
from vectors.of_files import files
from vectors.of_held import held
from vectors.of_keys import identity, keys
from vectors.of_lines import record, seal, terms
from vectors.of_media import media
from vectors.of_media_link import media_link
from vectors.of_minutes import minute
from vectors.of_resuming import resume
from vectors.of_succession import succession
from vectors.of_suites import suites
from vectors.of_values import entry, wire

FOLDER = Path(__file__).parent


class Folder:
    """The pages as they stand, for what cannot be made twice."""

    def __init__(self) -> None:
        self._kept = read("kept") if (FOLDER / "kept.json").exists() else {}
        self.used: Page = {}

    def keep(self, name: str, valid: Callable[[bytes], object], make: Callable[[], bytes]) -> str:
        """What was kept under a name while it is valid, or made anew; in hexadecimal."""
        old = self._kept.get(name)
        try:
            valid(bytes.fromhex(old or ""))
        except (AssertionError, Refused):
            old = make().hex()
        self.used[name] = old
        return str(old)


def read(page: str) -> Page:
    """The vectors of a page."""
    found: Page = json.loads((FOLDER / f"{page}.json").read_text(encoding="utf-8"))
    return found


def pages() -> dict[str, Page]:
    """All vectors, as the code gives them now."""
    folder = Folder()
    made = {
        "wire": wire(),
        "keys": keys(folder.keep),
        "identity": identity(),
        "entry": entry(),
        "declared": declared(),
        "seal": seal(folder.keep),
        "resume": resume(folder.keep, (terms(0), terms(1))),
        "record": record(folder.keep),
        "deniable": deniable(folder.keep, replace(terms(0), deniable=True)),
        "succession": succession(folder.keep),
        "suites": suites(folder.keep),
        "media": media(),
        "media-link": media_link(),
        "minute": minute(),
        "held": held(),
        "files": files(),
    }
    return {**made, "kept": folder.used}


def text_of(page: Page) -> str:
    """A page as its file has it."""
    return json.dumps(page, indent=1, ensure_ascii=True) + "\n"


def main() -> int:
    """Compare, or write."""
    anew = sys.argv[1:] == ["--anew"]
    differ = 0
    for name, page in pages().items():
        file, text = FOLDER / f"{name}.json", text_of(page)
        if file.exists() and file.read_text(encoding="utf-8") == text:
            continue
        differ += 1
        print(f"{name}.json {'written' if anew else 'differs'}")
        if anew:
            file.write_text(text, encoding="utf-8")
    return 0 if anew else min(differ, 1)


if __name__ == "__main__":
    sys.exit(main())
