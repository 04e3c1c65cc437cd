"""`export` and `verify`: the record as a file that anyone can check."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import voice
from parley.cli.client import Asking, asks, with_json
from parley.core.errors import Refused, Unavailable

EVIDENCE_BYTES_MAX = 4 << 30  # it is read whole; what is larger is some other file


@click.command()
@click.argument("out", type=click.Path(path_type=Path))
@asks(line=True)
def export(station: Asking, out: Path) -> None:
    """Write the record of a line to the file OUT."""
    from parley.station.folder import write_whole

    evidence = station.call("export")["evidence"].encode()
    write_whole(out, evidence)
    voice.tell(
        {"file": str(out), "bytes": len(evidence)},
        lambda told: [
            f"{out}: {voice.count(told['bytes'], 'byte')}.",
            f"Anyone can check it: `parley verify {out}`.",
        ],
    )


@click.command()
@click.argument("evidence", type=click.Path(path_type=Path))
@with_json
def verify(evidence: Path) -> None:
    """Check an evidence file with nothing but itself.

    Exit 0 when all of it holds; exit 1 with the first section, head or entry that does not, by
    direction and number, and why.
    """
    from parley.core import audit

    try:
        size = evidence.stat().st_size
        if size > EVIDENCE_BYTES_MAX:
            raise Refused(f"{evidence} is larger than any evidence.", "Name the right file.")
        text = evidence.read_bytes()
    except OSError as error:
        raise Unavailable(
            f"{evidence} cannot be read: {error.strerror or error}.", "Name another file."
        ) from error
    with voice.Progress("Checking", "entries") as progress:
        report = audit.verify(text, progress)
    voice.tell(facts(report), in_words)


def facts(report: Any) -> dict[str, Any]:
    """What holds, as plain JSON."""
    sides = [
        {
            "party": report.parties[side],
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
        "line": report.line_id.hex(),
        "A": sides[0],
        "B": sides[1],
        "first": report.first,
        "last": report.last,
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
    yield "Compare the 48 digits with those that each party itself tells you."
