"""`parley demo`: two stations on this machine, with links to sit down at both sides."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from parley.cli import voice
from parley.cli.client import with_json

if TYPE_CHECKING:
    from parley.exercise.pair import Pair

DEFAULT = "demo"


def folder() -> Path:
    """Where the demo lives."""
    return Path(os.path.abspath(os.environ.get("PARLEY_DEMO") or DEFAULT))


@click.command(name="demo")
@with_json
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
    """Say where everything is, with fresh links."""
    from parley.exercise.demo import SEATS, others

    told = [
        {
            "party": post.name,
            "folder": str(post.folder),
            "console": post.console,
            "seats": [
                {"role": role, "person": post.people[role], "link": post.link(role)}
                for role in SEATS
            ],
            "others": others(post, side),
        }
        for side, post in enumerate((pair.a, pair.b))
    ]
    voice.tell({"mark": "EXERCISE", "stations": told}, in_words)


def in_words(told: dict[str, Any]) -> Iterator[str]:
    """The links, for a person."""
    yield ""
    yield "EXERCISE. Two stations on this machine; open the links in one browser, side by side."
    for station in told["stations"]:
        yield ""
        yield f"{station['party']}  {station['console']}"
        yield from map(_seat, station["seats"])
    yield ""
    yield "Who else works there:"
    for station in told["stations"]:
        yield station["party"]
        yield from map(_seat, station["others"])
    yield ""
    yield "Write on one side, let the releaser send it; the other side rings. Each link works"
    yield "once; start the demo again for new ones. Ctrl-C stops everything."
    yield "UNVERIFIED on the pages is true: a program introduced them, and no person compared."


def _seat(seat: dict[str, str]) -> str:
    role = "watch officer" if seat["role"] == "watch" else seat["role"]
    return f"  {role:<14} {seat['person']:<10} {seat['link']}"


@click.command(name="demo-clean")
@with_json
def clean() -> None:
    """Forget the demo's stations, with their keys and their record."""
    from parley.exercise import demo

    place = folder()
    forgotten = demo.forget(place)
    voice.tell(
        {"folder": str(place), "forgotten": forgotten},
        lambda told: [f"{place} is forgotten." if forgotten else f"There is no demo in {place}."],
    )
