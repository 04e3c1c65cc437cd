"""`parley test`: a short text out, answered by a person there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import voice
from parley.cli.client import Asking, asks
from parley.core.errors import Misused


@click.command(name="test")
@click.argument("text", required=False)
@click.option("--answer", type=int, metavar="N", help="Answer test N of theirs with TEXT.")
@asks(line=True)
def command(station: Asking, text: str | None, answer: int | None) -> None:
    """Call a human test, or answer one of theirs.

    Without TEXT the station takes the next of its harmless texts. A test needs no second person;
    an answer shows that somebody there is awake and reads.
    """
    if answer is None:
        view = station.call("test.call", text=text)
    elif text is None:
        raise Misused("An answer needs a text.", f"`parley test --answer {answer} TEXT`")
    else:
        view = station.call("test.answer", n=answer, text=text)

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        number = f"message {view['n']} of ours" if view["n"] is not None else view["waiting"]
        if answer is None:
            yield f"Test {view['test']} is called: {number or 'it goes out with the next path'}."
            yield from voice.quoted(view["text"])
        else:
            yield f"Test {answer} of theirs is answered: {number or 'it goes out'}."

    voice.tell(view, in_words)
