"""`parley stop`: a line stands still at once, by the phrase spoken in distress or for a reason."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import click

from parley.cli import voice
from parley.cli.client import Asking, asks
from parley.core.errors import Misused


@click.command(name="stop")
@click.option("--phrase", is_flag=True, help="The distress phrase was spoken: type it unseen.")
@click.option("--reason", metavar="TEXT", help="Why, in one line.")
@click.option("--undo", is_flag=True, help="Let a line go on that another person stopped.")
@click.option("--agree", is_flag=True, help="Keep the phrase that both sides agreed to speak.")
@asks(line=True)
def command(station: Asking, phrase: bool, reason: str | None, undo: bool, agree: bool) -> None:
    """Stop a line at once: it neither speaks nor hears.

    Use it when the voice on a call says the phrase that was agreed for distress, or for a reason of
    your own. The other side is told nothing by the line. Only people undo it: somebody else than
    who stopped it, with --undo and a reason.
    """
    if agree:
        if phrase or undo or reason:
            raise Misused("A phrase is agreed on its own.", "Give --agree alone.")
        spoken = _typed("The phrase", twice=True)
        told = station.call("line.phrase", phrase=spoken)
        voice.tell(told, lambda view: [f"A phrase is kept for {voice.visible(view['name'])}."])
        return
    if undo:
        if phrase or not reason:
            raise Misused("A line goes on for a reason.", "Give --undo with --reason.")
        told = station.call("line.undo", reason=reason)
        voice.tell(told, lambda view: [f"{voice.visible(view['name'])} goes on."])
        return
    if phrase == (reason is not None):
        raise Misused(
            "A line is stopped by the phrase heard or for a reason.", "Give --phrase or --reason."
        )
    told = (
        station.call("line.stop", phrase=_typed("The phrase you heard"))
        if phrase
        else station.call("line.stop", reason=reason)
    )
    voice.tell(told, _in_words)


def _typed(question: str, *, twice: bool = False) -> str:
    """A phrase, typed unseen; from the first line of standard input where nobody sits there."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed: str = click.prompt(question, hide_input=True, err=True)
    if twice and click.prompt("The same again", hide_input=True, err=True) != typed:
        raise Misused("The two differ.", "Nothing was kept; begin again.")
    return typed


def _in_words(view: dict[str, Any]) -> Iterator[str]:
    yield f"STOPPED: {voice.visible(view['name'])}. {voice.sentence(view['why'])}"
    yield "Tell the duty officer. Another person lets it go on: parley stop --undo --reason TEXT"
