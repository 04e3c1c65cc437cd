"""`parley introduce`: our letter for the other party, and the digits they are to hear from us."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import voice
from parley.cli.carrying import put
from parley.cli.client import Asking, asks
from parley.cli.new_file import NEW_FILE, overwriting
from parley.station.machine.carried import LETTER


@click.command(name="introduce")
@click.argument("out", type=NEW_FILE, required=False, metavar="[LETTER]")
@overwriting
@asks(setup=True)
def command(station: Asking, out: Path | None) -> None:
    """Write the letter of introduction to the file LETTER, and show its 48 digits.

    Send the letter by any way. Read the digits to the other party by another.
    """
    told = station.call("introduce")
    if out is not None:
        put(LETTER, out, told["letter"])
        told["file"] = str(out)

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        if out is not None:
            yield f"{out} introduces {voice.visible(view['party'])}."
        yield "Read these digits to the other party by a way the letter does not go:"
        groups = view["digits"].split(" ")
        for at in range(0, 12, 4):
            yield f"  {' '.join(groups[at : at + 4])}"

    voice.tell(told, in_words)
