"""`parley session`: who is signed in at the console, and ending a session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks


@click.group(name="session")
def command() -> None:
    """Who is signed in at the console.

    You see your own sessions; the operator and the engineer see everybody's.
    """


@command.command(name="list")
@asks(setup=True)
def list_(station: Asking) -> None:
    """Show sessions, and sign-ins that failed too often."""

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        for alarm in view["alarms"]:
            yield f"{alarm['sentence']} The first was at {shown.moment(alarm['since'])}."
        rows = [
            (
                each["session"],
                each["person"]["name"],
                "awake" if each["awake"] else "asleep, rings",
                each["address"],
                shown.moment(each["taken"]),
                shown.moment(each["seen"]),
            )
            for each in view["sessions"]
        ]
        if rows:
            names = ("session", "who", "state", "from", "since", "acted last")
            yield from voice.table(rows, names, right=(0,))
        else:
            yield "Nobody is signed in."

    voice.tell(station.call("session.list"), in_words)


@command.command()
@click.argument("session", type=int, metavar="NUMBER")
@asks(setup=True)
def revoke(station: Asking, session: int) -> None:
    """End a session at once; it rings no more."""
    voice.tell(
        station.call("session.revoke", session=session),
        lambda view: [f"Session {view['session']} of {view['person']} has ended."],
    )


@command.command()
@click.argument("session", type=int, metavar="NUMBER")
@click.argument("theme", type=click.Choice(["system", "day", "night", "contrast"]))
@asks(setup=True)
def theme(station: Asking, session: int, theme: str) -> None:
    """Choose in which colours a session's pages are drawn."""
    voice.tell(
        station.call("session.theme", session=session, theme=theme),
        lambda view: [f"Session {view['session']} of {view['person']} is drawn: {view['theme']}."],
    )


@command.command()
@asks()
def seen(station: Asking) -> None:
    """Say that you have seen which sign-ins failed: the alarm stands down."""
    voice.tell(
        station.call("session.seen"),
        lambda view: view["seen"] or ["No sign-in had failed too often."],
    )
