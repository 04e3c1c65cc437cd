"""`parley demo`: two stations on this machine, with links to sit down at both sides."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from parley.cli import voice

if TYPE_CHECKING:
    from parley.exercise.pair import Pair

DEFAULT = "demo"


def folder() -> Path:
    """Where the demo lives."""
    return Path(os.path.abspath(os.environ.get("PARLEY_DEMO") or DEFAULT))


@click.command(name="demo")
def command() -> None:
    """Start two stations here, with a line marked EXERCISE, and print links to sit down at both.

    They live in the folder ./demo (or PARLEY_DEMO) and go on where they were. Ctrl-C stops them.
    """
    from parley.exercise import demo

    with demo.opened(folder(), voice.aside) as pair:
        demo.settle_ports(pair, voice.aside)
        voice.aside("Starting both stations.")
        asyncio.run(demo.run(pair, voice.aside, welcome))
    voice.aside("Both stations have stopped. `make demo` goes on where they are.")


def welcome(pair: Pair) -> None:
    """Say where everything is."""
    from parley.exercise.demo import SEATS

    voice.say()
    voice.say(
        "EXERCISE. Two stations on this machine; open the links in one browser, side by side."
    )
    for post in (pair.a, pair.b):
        voice.say()
        voice.say(f"{post.name}  {post.console}")
        for seat in SEATS:
            name = "watch officer" if seat == "watch" else seat
            voice.say(f"  {name:<14} {post.people[seat]:<10} {post.link(seat)}")
    voice.say()
    voice.say("Write on one side, let the releaser send it; the other side rings. Each link works")
    voice.say("once; start the demo again for new ones. Ctrl-C stops everything.")


@click.command(name="demo-clean")
def clean() -> None:
    """Forget the demo's stations, with their keys and their record."""
    from parley.exercise import demo

    place = folder()
    if demo.forget(place):
        voice.say(f"{place} is forgotten.")
    else:
        voice.say(f"There is no demo in {place}.")
