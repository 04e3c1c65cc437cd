"""`parley resume`: the way out of a halt, by people of both sides."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import voice
from parley.cli.client import Asking, asks


@click.command(name="resume")
@click.option("--reason", help="Why, in one line; the other side reads it.")
@asks(line=True)
def command(station: Asking, reason: str | None) -> None:
    """Begin a line anew, after a halt or a long silence, or agree when they ask.

    Both stations state what they hold of the record and get fresh keys; numbers begin at 0 again.
    What they do not hold of ours is said again by itself, what they hold is not. It happens once a
    watch officer of each side has said so; `parley status` shows how far it has come.
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
