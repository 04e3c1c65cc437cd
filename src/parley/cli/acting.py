"""`open` to `wait`: what a watch officer does with a message, each act an entry of the record."""

from __future__ import annotations

from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.core.errors import Misused, Refused


def _done(station: Asking, sentence: str, op: str, **arguments: Any) -> None:
    voice.tell(station.call(op, **arguments), lambda view: [sentence])


@click.command(name="open")
@click.argument("n", type=int)
@asks(line=True)
def open_(station: Asking, n: int) -> None:
    """Read message N of theirs; the record says that you did."""
    station.call("open", n=n)
    voice.tell(station.call("message", n=n, dir="theirs"), shown.message)


@click.command(name="pass")
@click.argument("n", type=int)
@click.argument("office")
@asks(line=True)
def pass_(station: Asking, n: int, office: str) -> None:
    """Note that message N of theirs was passed to an office."""
    _done(station, f"Message {n} is noted as passed to {office}.", "pass", n=n, office=office)


@click.command()
@click.argument("n", type=int)
@click.option("--group", help="The six digits of the check group, as they were heard or typed.")
@click.option(
    "--field",
    "fields",
    multiple=True,
    metavar="NAME=VALUE",
    help="A critical element as it was understood; may be given again.",
)
@click.option(
    "--from-chat", is_flag=True, help="Words of the operators' chat in it are meant to be said."
)
@asks(line=True)
def readback(
    station: Asking, n: int, group: str | None, fields: tuple[str, ...], from_chat: bool
) -> None:
    """Read message N of theirs back: its check group, its critical elements, or both."""
    if not group and not fields:
        group = voice.ask("The six digits you heard:", "--group")
    read: dict[str, str] = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals or not name:
            raise Misused(f"{field!r:.40} is no element.", "Write it as NAME=VALUE.")
        read[name] = value
    view = station.call(
        "readback", n=n, group=group, fields=read or None, from_chat=from_chat or None
    )
    if view["stage"] == "wrong":
        left = voice.count(view["tries_left"], "more wrong try", "more wrong tries")
        raise Refused(
            f"{group} is not the check group of message {n}.",
            f"Ask for it again; after {left} the record says so.",
        )
    voice.tell(
        view,
        lambda view: [
            f"Message {n} is read back; they confirm it or say what is wrong."
            if view["matches"]
            else f"Message {n} is read back with a wrong group, and the record says so."
        ],
    )


@click.command()
@click.argument("n", type=int)
@click.option("--seen", metavar="WORD", help="Confirm one whose elements differ: you saw how.")
@asks(line=True)
def confirm(station: Asking, n: int, seen: str | None) -> None:
    """Confirm that what they read back of message N of ours is right.

    One whose critical elements differ from the message's is confirmed only with --seen and the word
    that is printed below its differences.
    """
    stages = station.call("message", n=n, dir="ours")["stages"]
    newest = [each for each in stages if each["stage"] == "read back"][-1:]
    read = newest[0].get("read") if newest else None
    if read and read["differs"] and seen != read["word"]:
        for each in shown.compared(read):
            voice.aside(each)
        raise Refused(
            "What they read back differs from this message in what must not be misread.",
            f"Correct it; or, if it is right all the same, add --seen {read['word']}",
        )
    answer = f"Message {n} is understood: read back and confirmed."
    _done(station, answer, "confirm", n=n, seen=seen or "")


@click.command()
@click.argument("n", type=int)
@click.argument("text")
@click.option(
    "--from-chat", is_flag=True, help="Words of the operators' chat in it are meant to be said."
)
@asks(line=True)
def correct(station: Asking, n: int, text: str, from_chat: bool) -> None:
    """Say what is wrong in what they read back of message N of ours."""
    told = {"n": n, "text": text, "from_chat": from_chat or None}
    _done(station, f"The correction of message {n} is on its way.", "correct", **told)


@click.command()
@click.argument("n", type=int)
@click.argument("reason")
@click.option(
    "--from-chat", is_flag=True, help="Words of the operators' chat in it are meant to be said."
)
@asks(line=True)
def unable(station: Asking, n: int, reason: str, from_chat: bool) -> None:
    """Say that message N of theirs cannot be followed, and why."""
    told = {"n": n, "reason": reason, "from_chat": from_chat or None}
    _done(station, f"They learn that message {n} cannot be followed.", "unable", **told)


@click.command()
@click.argument("n", type=int)
@click.argument("minutes", type=click.IntRange(min=1))
@asks(line=True)
def wait(station: Asking, n: int, minutes: int) -> None:
    """Say that an answer to message N of theirs takes so many minutes."""
    _done(
        station,
        f"They learn that message {n} is answered within {voice.count(minutes, 'minute')}.",
        "wait",
        n=n,
        minutes=minutes,
    )
