"""`parley glossary`: terms of a line in both languages, and names that nobody translates."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.drafting import taken

View = dict[str, Any]


@click.group(name="glossary")
def command() -> None:
    """The glossary of a line; both sides tell by its SHA-256 whether they hold the same."""


@command.command(name="list")
@asks(line=True)
def list_(station: Asking) -> None:
    """All terms of the line."""
    voice.tell(station.call("glossary.list"), _in_words)


@command.command()
@click.argument("ours")
@click.argument("theirs", required=False)
@click.option("--protect", is_flag=True, help="A name: it is not to be translated.")
@click.option("--warning", help="What it was once taken for; told to whoever writes or reads it.")
@asks(line=True)
def add(station: Asking, ours: str, theirs: str | None, protect: bool, warning: str | None) -> None:
    """Put a term into it: as we say it, and as they do."""
    view = station.call("glossary.add", ours=ours, theirs=theirs, protect=protect, warning=warning)
    voice.tell(view, _in_words)


@command.command()
@click.argument("term", type=int)
@asks(line=True)
def end(station: Asking, term: int) -> None:
    """Take a term out of it."""
    voice.tell(station.call("glossary.end", term=term), _in_words)


@command.command()
@asks(line=True)
def export(station: Asking) -> None:
    """Write the pairs for the other side, without our warnings; redirect it to a file."""
    view = station.call("glossary.list")
    voice.tell(view, lambda view: [view["file"].rstrip("\n")])


@command.command(name="import")
@click.argument("file", type=click.Path(path_type=Path))
@asks(line=True)
def import_(station: Asking, file: Path) -> None:
    """Take in the pairs of a file that the other side wrote."""
    voice.tell(station.call("glossary.take", file=taken(None, file, 1 << 20)), _in_words)


def _in_words(view: View) -> Iterator[str]:
    rows = [
        (
            each["term"],
            voice.visible(each["ours"]),
            voice.visible(each["theirs"]),
            "keep" if each["protected"] else "",
            shown.person(each["by"]),
            voice.visible(each["warning"]),
        )
        for each in view["terms"]
    ]
    if rows:
        yield from voice.table(rows, ("term", "ours", "theirs", "", "by", "warning"), (0,))
    else:
        yield "No term yet."
    yield f"SHA-256 {view['sha256']}"
