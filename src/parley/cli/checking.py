"""`parley check`: what a text says in figures and names, and whether it would pass, before it is
written into a draft."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.drafting import PRECEDENCES, taken, written
from parley.core.errors import Misused, Refused


@click.command()
@written
@click.option(
    "--precedence",
    type=click.Choice(PRECEDENCES, case_sensitive=False),
    default="ROUTINE",
    show_default=True,
    help="How urgent it will be.",
)
@click.option("--test", is_flag=True, help="It will be a test and not a message.")
@click.option("--service", is_flag=True, help="It will be a service message.")
@asks(line=True)
def check(
    station: Asking,
    text: str | None,
    file: Path | None,
    precedence: str,
    test: bool,
    service: bool,
) -> None:
    """What must not be misread in a text, how long it is, and why it would be refused.

    Nothing is kept. Exit code 1 says that it would be refused.
    """
    if test and service:
        raise Misused("It is a test or a service message.", "Give one of the two.")
    words = taken(text, file)
    view = station.call(
        "text.check",
        text=words,
        precedence=precedence.upper(),
        kind="test" if test else "service" if service else "text",
    )
    voice.tell(view, lambda view: in_words(view, words))
    if view["refused"]:
        click.get_current_context().exit(1)


def in_words(view: dict[str, Any], words: str) -> Iterator[str]:
    """The answer at a terminal, of these words."""
    yield from shown.elements(view["elements"], words)
    yield from shown.terms(view["glossary"])
    yield from shown.from_chat(view)
    most, many = view["words_max"], voice.count(view["words"], "word")
    if most:
        many = f"{view['words']:,} of {voice.count(most, 'word')}"
    yield f"{many}, {voice.count(view['bytes'], 'byte')}."
    yield from map(voice.visible, view["advice"])
    if view["refused"]:  # as every refusal is told, and the rest stands all the same
        voice.trouble(Refused(view["refused"]["sentence"], view["refused"]["hint"]))
    else:
        yield "It would pass."
