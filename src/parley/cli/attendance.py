"""`parley presence`: state that our principal is at the terminal, or has left it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.console import words

View = dict[str, Any]


@click.group(name="presence")
def command() -> None:
    """State whether our principal is at the terminal. `parley status` shows both sides."""


@command.command()
@click.option("--person", type=int, metavar="PERSON", help="Which, where there are several.")
@asks(line=True)
def here(station: Asking, person: int | None) -> None:
    """Our principal is at the terminal; one watch officer alone, at once."""
    voice.tell(station.call("presence.state", here=True, person=person), _in_words)


@command.command()
@click.option("--person", type=int, metavar="PERSON", help="Unless it is who was there.")
@asks(line=True)
def left(station: Asking, person: int | None) -> None:
    """Our principal has left the terminal."""
    voice.tell(station.call("presence.state", here=False, person=person), _in_words)


def _in_words(view: View) -> Iterator[str]:
    number = f"entry {view['n']} of ours" if view["n"] is not None else view["waiting"]
    yield (
        f"Stated, {view['status']}: {shown.person(view['person'])} {_state(view['here'])};"
        f" {number or 'it goes out with the next path'}."
    )


def of_side(view: View, now: float) -> str:
    """What a side has stated, with its mark, its time and its age."""
    if view["here"] is None:
        said = "a statement that cannot be read"
    else:
        said = f"{shown.person(view['person'])} {_state(view['here'])}"
    waits = ", WAITS TO BE SENT" if view["waiting"] else ""
    return (
        f"{view['status']} · {said}; stated {shown.moment(view['at'], now)} by"
        f" {shown.person(view['by'])}, {words.age(max(now - view['since'], 0))} ago{waits}"
    )


def _state(here: bool) -> str:
    return "is at the terminal" if here else "has left the terminal"
