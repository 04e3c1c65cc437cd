"""`parley person`: who works at a station, and in which roles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import named, shown, voice
from parley.cli.client import Asking, asks


@click.group(name="person")
def command() -> None:
    """Who works here, and in which roles.

    Each person acts with a token file of their own, which the operator hands over once.
    """


@command.command()
@click.argument("name")
@click.argument("roles", nargs=-1, required=True, metavar="ROLE…")
@click.option("--office", default="", help="What stands beside the name on messages.")
@asks(setup=True)
def add(station: Asking, name: str, roles: tuple[str, ...], office: str) -> None:
    """Take somebody on. Roles: operator, drafter, releaser, watch, auditor, engineer.

    Who takes part in calls is a principal, adviser, interpreter or note-taker.
    """
    added = station.call("person.add", name=name, office=office or name, roles=list(roles))
    # The token is in the file alone: a terminal keeps what it showed, and so do its logs.
    told = {key: value for key, value in added.items() if key != "token"}

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        yield f"{name} is person {view['id']}: {', '.join(roles)}."
        yield f"Hand over {view['file']}; whoever holds it acts as {name}."

    voice.tell(told, in_words)


@command.command(name="list")
@asks(setup=True)
def list_(station: Asking) -> None:
    """Show who works here."""

    def in_words(view: dict[str, Any]) -> list[str]:
        rows = [
            (person["id"], person["name"], person["office"], ", ".join(person["roles"]))
            for person in view["persons"]
        ]
        return voice.table(rows, ("number", "name", "office", "roles"), right=(0,))

    voice.tell(station.call("person.list"), in_words)


@command.command()
@click.argument("person")
@click.option("--minutes", type=click.IntRange(min=1), help="How long it may wait; default 60.")
@asks(setup=True)
def link(station: Asking, person: str, minutes: int | None) -> None:
    """Make a link by which somebody, named or by number, takes a seat at the console, once."""

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        yield view["address"] or f"{view['path']}, at the console's address once it is served"
        until = shown.moment(view["expires"])
        yield f"It seats {view['person']['name']}, once, until {until}; hand it over in person."
        if view["anew"]:
            yield "Used, it makes their password, codes and passkeys worthless; they set new ones."
        if view["certificate"]:
            yield "The browser asks once about the certificate. Its SHA-256 must be:"
            yield f"  {view['certificate']['digits']}"

    voice.tell(
        station.call("signin.link", person=named.person(station, person), minutes=minutes), in_words
    )


@command.command()
@click.argument("person")
@asks(setup=True)
def end(station: Asking, person: str) -> None:
    """Let somebody go, by name or by number.

    The token is dead at once, and the number is never used again.
    """
    voice.tell(
        station.call("person.end", person=named.person(station, person)),
        lambda view: [f"{view['person']['name']} no longer works here."],
    )


@command.command()
@click.argument("person")
@click.argument("code", metavar="LANGUAGE")
@asks(setup=True)
def language(station: Asking, person: str, code: str) -> None:
    """Choose in which language somebody reads the console: en, zh-Hans, ru, fr, es or ar.

    Who never chose reads what the browser asks for. Messages stay in their own languages.
    """
    voice.tell(
        station.call("person.tongue", person=named.person(station, person), tongue=code),
        lambda view: [f"{view['person']['name']} reads the console in {view['tongue']}."],
    )
