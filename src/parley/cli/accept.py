"""`parley accept`: the other party's letter, once a person has typed the digits they heard."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import voice
from parley.cli.carrying import FILE, packed
from parley.cli.client import Asking, asks
from parley.core.errors import Refused
from parley.station.carried import LETTER

TRIES = 3


@click.command(name="accept")
@click.argument("letter", type=FILE)
@click.option(
    "--fingerprint",
    metavar="DIGITS",
    help="Accept without a person (for scripts): the letter is marked as not compared, and its"
    " lines stay UNVERIFIED.",
)
@asks(setup=True)
def command(station: Asking, letter: Path, fingerprint: str | None) -> None:
    """Accept the other party's LETTER.

    Have them read their 48 digits to you by a way the letter did not come, and type what you hear.
    The digits of the letter are not shown: if you could read them, you would.
    """
    content = packed(LETTER, letter)
    if fingerprint is not None:
        told = station.call("accept", letter=content, fingerprint=fingerprint)
    else:
        seen = station.call("letter.show", letter=content)
        told = (
            station.call("accept", letter=content)
            if seen["compared"]
            else _compared(station, content, seen)
        )
    voice.tell(told, _in_words)


def _compared(station: Asking, content: str, seen: dict[str, Any]) -> dict[str, Any]:
    """Ask for the digits until they fit, three times at most."""
    voice.aside(
        f"This letter says it is from {voice.visible(seen['party'])},"
        f" station {voice.visible(seen['station'])}."
    )
    voice.aside("Ask them, by a way the letter did not come, to read you its digits.")
    for left in range(TRIES - 1, -1, -1):
        typed = voice.ask("The 48 digits you hear:", "--fingerprint")
        try:
            return station.call("accept", letter=content, digits=typed)
        except Refused as error:
            if error.rule != "I8" or left == 0:
                raise
            voice.aside(f"{voice.sentence(error.sentence)} {voice.sentence(error.hint)}")
            voice.aside(f"{voice.count(left, 'try', 'tries')} left.")
    raise AssertionError("the last try returns or raises")


def _in_words(told: dict[str, Any]) -> Iterator[str]:
    party = voice.visible(told["party"])
    again = " in place of the one before" if told["replaced"] else ""
    yield f"The letter of {party} is accepted{again}."
    if told["compared"]:
        yield "A person compared its digits."
    else:
        yield "No person compared its digits: its lines are UNVERIFIED on every screen."
    yield "Next: parley agree propose, or wait for their proposal."
