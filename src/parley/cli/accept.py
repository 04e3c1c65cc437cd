"""`parley accept`: the other party's letter, once a person has typed the digits they heard; and
what its root says later of stations and roots."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import voice
from parley.cli.carrying import FILE, packed
from parley.cli.client import Asking, asks
from parley.core.errors import Refused
from parley.station.machine.carried import LETTER, REVOCATION, SUCCESSION, kind_of
from parley.station.machine.folder import read_whole

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
    """Accept the other party's LETTER, or a revocation or succession of its root.

    Have them read their 48 digits to you by a way the letter did not come, and type what you hear.
    The digits of the letter are not shown: if you could read them, you would.

    A letter with the digits of one accepted before needs none: keys of stations may change under
    them. Neither does a revocation, which stops lines at once, nor a succession, which the digits
    already name.
    """
    kind = kind_of(read_whole(letter))
    if kind is REVOCATION:
        told = station.call("revocation.accept", revocation=packed(REVOCATION, letter))
        voice.tell(told, _revoked)
        return
    if kind is SUCCESSION:
        told = station.call("succession.accept", succession=packed(SUCCESSION, letter))
        voice.tell(told, _succeeded)
        return
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
    before, since = told["before"], voice.day(told["valid_from"])
    yield f"Station {voice.visible(told['station'])}, certificate {told['serial']} since {since}."
    if before is not None:
        was = f"certificate {before['serial']} since {voice.day(before['valid_from'])}"
        yield (
            f"It follows {was}; the new root is the one that the digits named."
            if told["new_root"]
            else f"It follows {was}; the 48 digits are unchanged."
        )
    if told["compared"]:
        yield "A person compared its digits."
    else:
        yield "No person compared its digits: its lines are UNVERIFIED on every screen."
    yield "Next: parley agree propose, or wait for their proposal."


def _revoked(told: dict[str, Any]) -> Iterator[str]:
    party = voice.visible(told["party"])
    if told["known"]:
        yield f"{party} had revoked its certificates up to {told['upto']} before; nothing changes."
        return
    why = voice.sentence(told["reason"])
    yield f"{party} has revoked its certificates up to {told['upto']}: {why}"
    for name in told["stopped"]:
        yield f"The line {voice.visible(name)} is stopped, and its keys are erased."
    if not told["stopped"]:
        yield "No line of ours stands on them."
    yield "Next: accept the letter of the station that follows, then agree anew:"
    yield "  parley agree propose --replaces LINE --out FILE"


def _succeeded(told: dict[str, Any]) -> Iterator[str]:
    party = voice.visible(told["party"])
    if told["known"]:
        yield f"This root of {party} was accepted before; nothing changes."
        return
    yield f"The root of {party} is followed by the one that the compared digits named."
    yield "Signed by the old root too." if told["by_old_root"] else "The old root is lost."
    yield f"Its digits are now: {told['digits']}"
    yield (
        "Next: parley rotate, and carry the request to the new root."
        if told["ours"]
        else "Next: accept their letter under the new root; lines that are open go on."
    )
