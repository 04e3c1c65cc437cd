"""`parley escalation`: what is called when nobody at the desk acknowledges."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.agree import TIME
from parley.cli.client import Asking, asks
from parley.console.words import within
from parley.core.errors import Misused

PRECEDENCES = ("ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH")


@click.group(name="escalation")
def command() -> None:
    """What is called when the desk and its deputies do not acknowledge: everyone, then outside."""


def in_words(view: dict[str, Any]) -> Iterator[str]:
    """What is set up."""
    above = "" if view["from"] == "FLASH" else " and above"
    yield f"{view['from']}{above}: after the last deputy everyone at the station is called."
    outside = [
        words
        for words in (
            view["webhook"] and f"a POST to {voice.visible(view['webhook'])}",
            view["command"] and f"the program {voice.visible(view['command'])}",
        )
        if words
    ]
    if not outside:
        yield "Nothing outside is called; `parley escalation set` sets a web address or program up."
    elif view["after_s"]:
        yield f"{within(view['after_s']).capitalize()} later: {' and '.join(outside)}."
    else:
        yield f"At the same time: {' and '.join(outside)}."
    if last := view["last"]:
        said = voice.one_line(last["outcome"], 120)
        yield f"Last: {last['step']}, {shown.moment(last['at'])}: {said}."


@command.command()
@asks(setup=True)
def show(station: Asking) -> None:
    """Show what is set up, and how the newest call to the outside went."""
    voice.tell(station.call("escalation.show"), in_words)


@command.command(name="set")
@click.option("--from", "least", type=click.Choice(PRECEDENCES), help="Default IMMEDIATE.")
@click.option("--after", "after_s", **TIME, help="From everyone to the outside; default 2m.")
@click.option("--webhook", metavar="URL", help="Called with a POST of JSON, never with the text.")
@click.option("--no-webhook", is_flag=True, help="Call no web address.")
@click.option("--command", "program", metavar="WORDS", help="A program, run without a shell.")
@click.option("--no-command", is_flag=True, help="Run no program.")
@asks(setup=True)
def set_(
    station: Asking,
    least: str | None,
    after_s: int | None,
    webhook: str | None,
    no_webhook: bool,
    program: str | None,
    no_command: bool,
) -> None:
    """Set up who is called beyond this station.

    Both get the same JSON: station, line, precedence, number and times, nothing that was said. A
    call has 20 seconds, and is made once more when it fails.
    """
    if (webhook and no_webhook) or (program and no_command):
        raise Misused("Set it up or take it off, not both.", "Leave one of the two out.")
    try:
        words = shlex.split(program) if program else None
    except ValueError as error:
        raise Misused(
            f"The command cannot be cut into words: {error}.", "Close the quote."
        ) from error
    view = station.call(
        "escalation.set",
        least=least,
        after_s=after_s,
        webhook="" if no_webhook else webhook,
        command=[] if no_command else words,
    )
    voice.tell(view, in_words)


@command.command(name="try")
@asks()
def try_(station: Asking) -> None:
    """Call the outside now, marked as a test, and show what it answers."""

    def lines(view: dict[str, Any]) -> Iterator[str]:
        for each in view["tried"]:
            failed = "" if each["well"] else "FAILED, "
            yield f"{each['step']}: {failed}{voice.visible(each['outcome'])}."

    voice.tell(station.call("escalation.try"), lines)
