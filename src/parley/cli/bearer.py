"""`parley bearer`: where the station listens, and whom it calls."""

from __future__ import annotations

from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.core.errors import Misused

TROUBLE_COLUMNS = 60


@click.group(name="bearer")
def command() -> None:
    """The paths by which lines travel. One side listens, the other dials; or each does both."""


@command.command()
@click.argument("kind", type=click.Choice(("tcp", "quic")), default="tcp")
@click.option("--listen", metavar="HOST:PORT", help="Take in those who call at this place.")
@click.option("--dial", metavar="HOST:PORT", help="Call the other station there.")
@asks(line=True, setup=True)
def add(station: Asking, kind: str, listen: str | None, dial: str | None) -> None:
    """Listen somewhere, or dial somewhere; by TCP, or by QUIC, which needs a way for UDP.

    A line takes any path that is up. With one of each it goes on when a firewall swallows UDP.
    """
    if (listen is None) == (dial is None):
        raise Misused("A bearer either listens or dials.", "Give --listen or --dial, host:port.")

    def in_words(view: dict[str, Any]) -> list[str]:
        told = [f"Bearer {view['bearer']} {shown.bearer_place(view)}."]
        if view["trouble"]:
            told = [
                f"Bearer {view['bearer']} is set up, and cannot listen yet."
                f" {voice.sentence(view['trouble']['sentence'])}",
                "`parley serve` tries again; `parley bearer list` says how it stands.",
            ]
        if view["listen"] and not view["tried"]:
            told.append(
                "Its name is looked up by `parley serve`; `parley bearer list` then says what"
                " stands in the way, if anything does."
            )
        return told

    voice.tell(station.call("bearer.add", kind=kind, listen=listen, dial=dial), in_words)


@command.command()
@click.argument("bearer", type=int, metavar="NUMBER")
@asks(setup=True)
def remove(station: Asking, bearer: int) -> None:
    """Give a bearer up."""
    voice.tell(
        station.call("bearer.remove", bearer=bearer),
        lambda view: [f"Bearer {view['bearer']} is given up."],
    )


@command.command(name="list")
@asks(setup=True)
def list_(station: Asking) -> None:
    """Show the bearers and what each has carried."""

    def in_words(view: dict[str, Any]) -> list[str]:
        rows = [
            (
                each["bearer"],
                shown.bearer_place(each),
                (each["line"] or "")[:8],
                len(each["connections"]),
                each["frames_in"],
                each["frames_out"],
                voice.one_line(_trouble(each), TROUBLE_COLUMNS),
            )
            for each in view["bearers"]
        ]
        heads = ("number", "place", "line", "paths", "frames in", "out", "trouble")
        return voice.table(rows, heads, right=(0, 3, 4, 5))

    voice.tell(station.call("bearer.list"), in_words)


def _trouble(bearer: dict[str, Any]) -> str:
    told = bearer["trouble"]
    return str(told["sentence"] if told else bearer["last_error"])
