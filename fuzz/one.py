"""`python -m fuzz.one TARGET [libFuzzer's own arguments]`: fuzz one target in this process."""

from __future__ import annotations

import sys

import atheris

from fuzz.targets import target


def main() -> None:
    """Fuzz until libFuzzer has enough; it ends the process."""
    _, name, *arguments = sys.argv
    with atheris.instrument_imports(include=["parley"]):
        try_one = target(name)
    try_one(b"")  # what it needs is made now, and not counted as the time of its first input
    atheris.Setup([sys.argv[0], *arguments], try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
