"""`parley overdue`: what was expected by a time and did not come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import voice
from parley.cli.client import Asking, asks
from parley.console import words


@click.command(name="overdue")
@click.option("--take", type=int, metavar="ID", help="Take it in hand: it rings no more.")
@asks()
def command(station: Asking, take: int | None) -> None:
    """What did not come in its time: a test or its answer, a reply, the word of an office.

    Each rings until it comes, or until a watch officer takes it in hand.
    """
    if take is None:
        voice.tell(station.call("overdue.list"), listed)
        return

    def taken(view: dict[str, Any]) -> Iterator[str]:
        who = voice.visible(view["by"]["name"])
        yield f"In the hands of {who}: {voice.one_line(view['sentence'], 200)}"

    voice.tell(station.call("overdue.take", id=take), taken)


def listed(view: dict[str, Any]) -> Iterator[str]:
    """All that is in nobody's hands."""
    if not view["overdue"]:
        yield "Nothing is overdue."
    yield from map(in_words, view["overdue"])


def in_words(late: dict[str, Any]) -> str:
    """One of them, with its number."""
    called = ", ".join(voice.visible(each["name"]) for each in late["called"])
    everyone = "; everyone is called" if late["escalation"] else ""
    who = f"; {called} was called" if called and not everyone else ""
    said = f"{voice.visible(late['line_name'])}: {voice.one_line(late['sentence'], 200)}"
    return f"{late['id']}  {said} ({words.span(max(late['late_s'], 0.0))} ago{who}{everyone})"
