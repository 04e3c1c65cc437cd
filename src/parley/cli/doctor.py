"""`parley doctor`: six checks that matter, and what to do about each that fails."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import voice
from parley.cli.client import Asking, asks


@click.command(name="doctor")
@asks(setup=True)
def command(station: Asking) -> int:
    """Six checks that matter. Exit 1 when one fails."""
    view = station.call("doctor")
    voice.tell(view, in_words)
    return 0 if all(check["ok"] for check in view["checks"]) else 1


def in_words(view: dict[str, Any]) -> Iterator[str]:
    """Each check in a line, what is wrong with its next step."""
    for check in view["checks"]:
        how = "ok " if check["ok"] else "BAD"
        yield f"{how}  {check['name']}: {voice.sentence(check['sentence'])}"
        if not check["ok"] and check["hint"]:
            yield f"     next: {voice.sentence(check['hint'])}"
