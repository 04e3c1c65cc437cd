"""`suspend`, `lift` and `close`: what a side declares of the line; another person releases it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.drafting import PRECEDENCES, taken, written
from parley.cli.spans import span


@click.command()
@written
@click.option("--kind", "kinds", multiple=True, help="Only this kind of message, such as text.")
@click.option(
    "--precedence",
    "precedences",
    type=click.Choice(PRECEDENCES, case_sensitive=False),
    multiple=True,
    help="Only messages of this precedence.",
)
@click.option("--in", "in_s", type=span, metavar="TIME", help="Takes effect in 90s, 10m, 3h or 1d.")
@asks(line=True)
def suspend(
    station: Asking,
    text: str | None,
    file: Path | None,
    kinds: tuple[str, ...],
    precedences: tuple[str, ...],
    in_s: int | None,
) -> None:
    """Write the order to suspend a line, or a part of it, with the reason as TEXT.

    It becomes a draft, which another person releases. Search and rescue, acknowledgements, tests
    and SERVICE always pass. The line is open again once both sides have tested: `parley lift`.
    """
    view = station.call(
        "suspend",
        reason=taken(text, file),
        kinds=list(kinds) or None,
        precedences=[each.upper() for each in precedences] or None,
        in_s=in_s,
    )
    voice.tell(view, begun)


@click.command()
@click.argument("text", required=False)
@asks(line=True)
def lift(station: Asking, text: str | None) -> None:
    """Write our test that lifts the suspension; it becomes a draft, which another person releases.

    Without TEXT the station takes one of its harmless texts. The suspension stands until both sides
    have tested.
    """
    voice.tell(station.call("lift", text=text), begun)


@click.command()
@written
@asks(line=True)
def close(station: Asking, text: str | None, file: Path | None) -> None:
    """Write the order to close a line for good, with the reason as TEXT.

    It becomes a draft, which another person releases. The other station answers by itself; then
    both erase all keys of the line. The record stays.
    """
    voice.tell(station.call("close", reason=taken(text, file)), begun)


def begun(view: dict[str, Any]) -> Iterator[str]:
    """What the order does, and what is next."""
    yield f"Draft {view['draft']} · {shown.heading(view)}"
    yield voice.visible(view["order"])
    yield f"SHA-256 {view['sha256']}"
    yield f"Next: another person releases it with `parley release {view['draft']}`."
