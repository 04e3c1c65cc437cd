"""`parley resume`: the way out of a halt, by people of both sides."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import voice
from parley.cli.client import Asking, asks
from parley.core.errors import Unavailable

PIECE_BYTES = 600_000  # of one request


@click.command(name="resume")
@click.option("--reason", help="Why, in one line; the other side reads it.")
@asks(line=True)
def command(station: Asking, reason: str | None) -> None:
    """Begin a line anew, after a halt or a long silence, or agree when they ask.

    Both stations state what they hold of the record and get fresh keys; numbers begin at 0 again.
    What they do not hold of ours is said again by itself, what they hold is not. It happens once a
    watch officer of each side has said so. Who asks first says and takes in nothing on this line
    from then on until the other agrees, and cannot take it back; `parley status` shows how far it
    has come.
    """
    words = reason or voice.ask("Why, in one line (they read it):", "--reason")

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        there = voice.visible(view["counterpart"])
        if view["answers"]:
            yield f"Agreed: the line begins anew, in incarnation {view['inc']}."
        else:
            yield f"{there} is asked to begin the line anew, in incarnation {view['inc']}."
            yield "Nothing more is said until a watch officer there agrees, by the same verb."
        yield "`parley status` shows how far it has come."

    voice.tell(station.call("line.resume", reason=words), in_words)


@click.command()
@click.argument("evidence", type=click.Path(path_type=Path))
@asks(line=True, setup=True)
def supply(station: Asking, evidence: Path) -> None:
    """Take in what was lost here of an incarnation that has ended, from EVIDENCE of the other side.

    They write it with `parley export --line LINE@N`, N being the incarnation that `parley status`
    names. It is checked as `parley verify` does, and against what both stations signed when the
    line began anew; then all of it stands in the record again, or nothing. Of several incarnations
    that were lost whole each is given once, in any order: what comes before its turn waits.
    """
    try:
        text = evidence.read_bytes()
    except OSError as error:
        raise Unavailable(
            f"The file {evidence} cannot be read: {error.strerror or error}.", "Name another file."
        ) from error
    upload: dict[str, str] = {}
    for at in range(0, max(len(text), 1), PIECE_BYTES):
        piece = base64.b64encode(text[at : at + PIECE_BYTES]).decode()
        more = at + PIECE_BYTES < len(text)
        told = station.call("line.supply", evidence=piece, more=more, **upload)
        upload = {"upload": told["upload"]}
    told = station.call("line.supply.take", **upload)
    voice.tell(told, lambda view: [voice.one_line(each, 400) for each in view["sentences"]])
