"""Puts standard input between the two marks `<!-- NAME -->` of a page, in place of what is there.

parley replay FILE --markdown | python tools/between.py replay README.md
"""

import sys
from pathlib import Path


def between(page: str, name: str, content: str) -> str:
    """The page with `content` between its marks of that name."""
    mark = f"<!-- {name} -->\n"
    parts = page.split(mark)
    if len(parts) != 3:
        raise ValueError(f"the page has {len(parts) - 1} marks {mark.strip()}, not two")
    return f"{parts[0]}{mark}{content.strip()}\n{mark}{parts[2]}"


def main() -> int:
    """Change the page; nothing is written when there was nothing to put there."""
    name, path = sys.argv[1], Path(sys.argv[2])
    content = sys.stdin.read()
    if not content.strip():
        return 1
    path.write_text(between(path.read_text(encoding="utf-8"), name, content), encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
