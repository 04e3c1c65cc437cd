"""`parley desk`: what messages are addressed to, who holds it now, and who is called after them."""

from __future__ import annotations

from typing import Any

import click

from parley.cli import named, voice
from parley.cli.client import Asking, asks


@click.group(name="desk")
def command() -> None:
    """Desks, who holds them, and their deputies."""


def shown(desk: dict[str, Any]) -> list[str]:
    """A desk in one line."""
    holders = ", ".join(person["name"] for person in desk["holders"]) or "nobody"
    deputies = ", ".join(person["name"] for person in desk["deputies"]) or "none"
    return [f"Desk {desk['desk']}, {desk['name']}: held by {holders}; deputies: {deputies}."]


@command.command()
@click.argument("name")
@asks(setup=True)
def add(station: Asking, name: str) -> None:
    """Set up a desk. The first one receives what names none."""
    voice.tell(
        station.call("desk.add", name=name),
        lambda view: [f"{view['name']} is desk {view['desk']}."],
    )


@command.command(name="list")
@asks(setup=True)
def list_(station: Asking) -> None:
    """Show the desks and who holds them."""
    voice.tell(
        station.call("desk.list"),
        lambda view: (
            [line for desk in view["desks"] for line in shown(desk)]
            or ["No desk is set up yet; `parley desk add NAME` sets one up."]
        ),
    )


@command.command()
@click.argument("desk")
@asks()
def hold(station: Asking, desk: str) -> None:
    """Take the watch at a desk, by its number or its name."""
    voice.tell(station.call("desk.hold", desk=named.desk(station, desk)), shown)


@command.command()
@click.argument("desk")
@asks()
def leave(station: Asking, desk: str) -> None:
    """Hand the watch over: you no longer hold this desk."""
    voice.tell(station.call("desk.leave", desk=named.desk(station, desk)), shown)


@command.command()
@click.argument("desk")
@click.argument("persons", type=int, nargs=-1, metavar="[NUMBER]...")
@asks(setup=True)
def deputies(station: Asking, desk: str, persons: tuple[int, ...]) -> None:
    """Say who is called when a clock runs out, in this order, by their numbers.

    `parley person list` shows the numbers; without any, nobody is called.
    """
    told = station.call("desk.deputies", desk=named.desk(station, desk), persons=list(persons))
    voice.tell(told, shown)
