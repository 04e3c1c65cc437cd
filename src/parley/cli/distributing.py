"""`parley distribution`: the way of a message through our own offices, to the last of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.console import words

View = dict[str, Any]


@click.group(name="distribution")
def command() -> None:
    """Where a message went on to. `parley pass` says the first office, and tells the other side."""


@command.command(name="list")
@click.argument("n", type=int)
@asks(line=True)
def list_(station: Asking, n: int) -> None:
    """All offices that message N of theirs went to."""
    voice.tell(station.call("distribution.list", n=n), _in_words)


@command.command()
@click.argument("passing", type=int)
@click.argument("office")
@asks()
def onward(station: Asking, passing: int, office: str) -> None:
    """Note that an office passed it on to OFFICE. The other side is not told."""
    voice.tell(station.call("distribution.onward", passing=passing, office=office), _in_words)


@command.command()
@click.argument("passing", type=int)
@click.option("--by", required=True, metavar="NAME", help="Who has it in hand there.")
@click.option("--remark", help="What they said to it.")
@asks()
def acknowledge(station: Asking, passing: int, by: str, remark: str | None) -> None:
    """Note that somebody at the office has it in hand."""
    view = station.call("distribution.acknowledge", passing=passing, by=by, text=remark)
    voice.tell(view, _in_words)


def _in_words(view: View) -> Iterator[str]:
    if not view["offices"]:
        yield "It was passed to no office."
        return
    rows = [
        (
            each["passing"],
            f"{'  ' * each['depth']}{voice.visible(each['office'])}",
            shown.moment(each["at"]),
            voice.visible(each["by"]) if each["by"] else "NOT ACKNOWLEDGED",
            words.span(each["after_s"]),
            voice.one_line(each["remark"], shown.SUBJECT_COLUMNS),
        )
        for each in view["offices"]
    ]
    yield from voice.table(rows, ("passing", "office", "passed", "taken by", "after", ""), (0,))
