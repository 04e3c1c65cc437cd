"""`parley chat`: the operators' chat of a line, beside the official text and never in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.drafting import taken, written

View = dict[str, Any]


@click.group(name="chat")
def command() -> None:
    """The operators' chat of a line. It is no official text, and nobody releases it."""


@command.command()
@written
@asks(line=True)
def say(station: Asking, text: str | None, file: Path | None) -> None:
    """Say something in it; one person alone, at once."""

    def in_words(view: View) -> Iterator[str]:
        number = f"entry {view['n']} of ours" if view["n"] is not None else view["waiting"]
        yield f"Said in the chat, {view['status']}: {number or 'it goes out with the next path'}."

    voice.tell(station.call("chat.say", text=taken(text, file)), in_words)


@command.command()
@click.option("--limit", type=int, help="At most so many; 100 unless given.")
@click.option("--before", type=int, metavar="PLACE", help="Older than a place an answer named.")
@asks(line=True, setup=True)
def show(station: Asking, limit: int | None, before: int | None) -> None:
    """What was said in it, oldest first, and what of ours waits to be sent."""
    more = {} if limit is None else {"limit": limit}
    voice.tell(station.call("chat.show", before=before, **more), _in_words)


def _in_words(view: View) -> Iterator[str]:
    yield (
        f"OPERATORS' CHAT, {view['mark']}, with {voice.visible(view['counterpart'])},"
        f" {voice.visible(view['line_name'])}. No official text."
    )
    if view["before"] is not None:
        yield f"There is more: --before {view['before']}"
    for each in view["chat"]:
        there = "" if each["received"] else " · not received there yet"
        yield (
            f"{each['dir'].capitalize()} {each['n']} · {each['status']} · chat ·"
            f" {shown.moment(each['composed'])} · {shown.person(each['by'])}{there}"
        )
        yield from voice.quoted(each["text"] if each["problem"] is None else f"({each['problem']})")
    for each in view["waiting"]:
        yield f"Waiting · {each['status']} · chat · {shown.person(each['by'])}"
        yield from voice.quoted(each["text"])
    if not view["chat"] and not view["waiting"]:
        yield "Nothing has been said in it."
