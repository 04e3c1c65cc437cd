"""`parley place`: by which time zone the people of each side live."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import voice
from parley.cli.client import Asking, asks


@click.group(name="place")
def command() -> None:
    """The time zones of both sides, for the wall. What is said and kept is UTC always."""


def in_words(view: dict[str, Any]) -> Iterator[str]:
    """All that are set."""
    for each in (view["ours"], *view["theirs"]):
        yield f"{voice.visible(each['party'])}: {each['zone'] or 'no time zone is set'}."


@command.command(name="set")
@click.argument("zone", metavar="ZONE")
@asks(line=True, setup=True)
def set_(station: Asking, zone: str) -> None:
    """Set ZONE, such as Europe/Oslo, for this station; with --line for its counterpart.

    An empty ZONE takes it off.
    """
    voice.tell(station.call("place.set", zone=zone), in_words)


@command.command(name="list")
@asks(setup=True)
def list_(station: Asking) -> None:
    """Show the time zones that are set."""
    voice.tell(station.call("place.list"), in_words)
