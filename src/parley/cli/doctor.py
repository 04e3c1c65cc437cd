"""`parley doctor`: six checks that matter, and what to do about each that fails."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
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
    """Each check in a line, and all that is wrong, with its next step."""
    for check in view["checks"]:
        if check["ok"]:
            yield f"ok   {check['name']}: {voice.sentence(check['sentence'])}"
            continue
        told = f"BAD  {check['name']}: "
        for hint, troubles in groupby(check["troubles"], itemgetter("hint")):
            for trouble in troubles:
                yield f"{told}{voice.sentence(trouble['sentence'])}"
                told = "     also: "
            if hint:
                yield f"     next: {voice.sentence(hint)}"
