"""`parley renew`: fresh keys for both directions of a line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import voice
from parley.cli.client import Asking, asks


@click.command(name="renew")
@asks(line=True)
def command(station: Asking) -> None:
    """Ask for fresh keys in both directions, when ours may have been copied.

    A line renews its keys by itself, after 100 entries or an hour. This asks both stations to do it
    now. Keys that were copied before read nothing that is said after; `parley status` shows when
    that is so as the last heal.
    """

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        yield "Fresh keys are asked for in both directions."
        yield view["waiting"] or "`parley status` shows the last heal."

    voice.tell(station.call("line.renew"), in_words)
