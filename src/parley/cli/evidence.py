"""`export` and `verify`: the record as a file that anyone can check."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

import click

from parley.cli import voice
from parley.cli.client import Asking, asks, with_json
from parley.core.errors import Unavailable

MB = 1_000_000
LINES_BETWEEN = 5_000  # lines read between two looks at the clock


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@asks(line=True)
def export(station: Asking, out: Path) -> None:
    """Write the record of a line to the file OUT."""
    from parley.station.folder import write_whole

    size = 0

    def pieces() -> Iterator[bytes]:
        nonlocal size
        after = None
        with voice.Progress("Writing", "MB") as progress:
            while True:
                told = station.call("export", after=after)
                piece = told["evidence"].encode()
                size += len(piece)
                progress(size // MB)
                yield piece
                after = told["next"]
                if after is None:
                    return

    write_whole(out, pieces())
    voice.tell(
        {"file": str(out), "bytes": size},
        lambda told: [
            f"{out}: {voice.count(told['bytes'], 'byte')}.",
            f"Anyone can check it: `parley verify {out}`.",
        ],
    )


class Reading:
    """A file as it is read, line by line, with progress on the terminal."""

    def __init__(self, file: BinaryIO, progress: voice.Progress) -> None:
        self._file = file
        self._size = os.fstat(file.fileno()).st_size
        self._progress = progress
        self._lines = self._read = 0

    def readline(self, size: int = -1, /) -> bytes:
        """The next line, or at most `size` bytes of it."""
        line = self._file.readline(size)
        self._read += len(line)
        self._lines += 1
        if self._lines % LINES_BETWEEN == 0:
            self._progress(self._read // MB, self._size // MB)
        return line


@click.command()
@click.argument("evidence", type=click.Path(path_type=Path))
@click.option(
    "--all-signatures",
    is_flag=True,
    help="Check every signature, not only the newest of each kind for each head.",
)
@with_json
def verify(evidence: Path, all_signatures: bool) -> None:
    """Check an evidence file with nothing but itself.

    Exit 0 when all of it holds; exit 1 with the first section, head or entry that does not, by
    direction and number, and why.
    """
    from parley.core import audit

    try:
        with evidence.open("rb") as file, voice.Progress("Checking", "MB") as progress:
            report = audit.verify(Reading(file, progress), all_signatures=all_signatures)
    except OSError as error:
        raise Unavailable(
            f"The file {evidence} cannot be read: {error.strerror or error}.",
            "Name another file.",
        ) from error
    voice.tell(facts(report), in_words)


def facts(report: Any) -> dict[str, Any]:
    """What holds, as plain JSON."""
    sides = [
        {
            "party": report.documents.letters[side].party,
            "digits": report.digits[side],
            "entries": report.entries[side],
            "root": report.roots[side].hex(),
            "signed": report.signed[side],
            "cosigned": report.cosigned[side],
        }
        for side in (0, 1)
    ]
    return {
        "ok": True,
        "line": report.documents.agreement.line_id.hex(),
        "A": sides[0],
        "B": sides[1],
        "first": report.first,
        "last": report.last,
        "signatures_passed_over": report.passed_over,
    }


def in_words(told: dict[str, Any]) -> Iterator[str]:
    """What was checked, for a person."""
    yield "WHOLE. Every entry gives its leaf, every leaf its root, and every signed head its root."
    yield f"Line {told['line']}, {told['first']} to {told['last']}"
    for name in ("A", "B"):
        side = told[name]
        other = told["B" if name == "A" else "A"]["party"]
        yield ""
        yield f"{name}  {voice.visible(side['party'])}"
        yield f"   {side['digits']}"
        yield f"   {voice.count(side['entries'], 'entry', 'entries')}, root {side['root']}"
        yield (
            f"   {side['signed']} signed by {voice.visible(side['party'])},"
            f" {side['cosigned']} by {voice.visible(other)} as received"
        )
    yield ""
    if told["signatures_passed_over"]:
        passed = voice.count(told["signatures_passed_over"], "older signature")
        yield f"{passed} of heads that bear a newer one not checked; --all-signatures checks them."
    yield "Compare the 48 digits with those that each party itself tells you."
