"""`parley call`: ask for a call, answer one, and see what became of those asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.carrying import span
from parley.cli.client import Asking, asks
from parley.cli.drafting import PRECEDENCES, begun
from parley.console import words

MOMENT = "'YYYY-MM-DD HH:MMZ'"
SIDES = {"ours": "Asked by us", "theirs": "Asked by them"}


def urgency(verb: Any) -> Any:
    """How urgent the message is that carries it."""
    return click.option(
        "--precedence",
        type=click.Choice(PRECEDENCES, case_sensitive=False),
        help="How urgent it is.",
    )(verb)


@click.group()
def call() -> None:
    """Calls: asked for, answered, and what became of them."""


@call.command()
@click.argument("purpose")
@click.option("--earliest", metavar=MOMENT, help="The call may begin from then on, UTC.")
@click.option("--latest", metavar=MOMENT, help="And until then.")
@click.option("--at-once", is_flag=True, help="Now: a FLASH, to be answered in minutes.")
@click.option("--by", "asked_by", help="Who asks; default: our party.")
@click.option("--for", "asked_for", help="Who is asked for; default: the counterpart.")
@click.option("--level", help="Of the call; default: the line's.")
@click.option("--agenda", multiple=True, help="An item of the agenda; may be given several times.")
@click.option(
    "--medium",
    type=click.Choice(("video", "voice", "text")),
    default="video",
    show_default=True,
    help="How it is to be held.",
)
@click.option("--languages", help="Default: the first language of each side.")
@click.option("--interpreters", help="Who brings them, and from what into what.")
@click.option("--within", "within_s", type=span, metavar="TIME", help="To be answered in 2h or 3d.")
@click.option("--text", help="An urgent text, which is delivered whatever the answer.")
@urgency
@asks(line=True)
def ask(station: Asking, purpose: str, agenda: tuple[str, ...], **given: Any) -> None:
    """Write a request for a call about PURPOSE; another person releases it.

    An answer is asked for within the time that the agreement gives, and never later than the
    latest time of the call. Both stations show that clock.
    """
    view = station.call("call.ask", purpose=purpose, agenda=list(agenda) or None, **given)
    voice.tell(view, begun)


@call.command()
@click.argument("n", type=int)
@click.argument("answer", type=click.Choice(("accept", "propose", "deputy", "decline", "text")))
@click.option("--time", metavar=MOMENT, help="When the call is to be, UTC.")
@click.option("--deputy", help="Who comes instead.")
@click.option("--reason", help="Why; needed to decline.")
@click.option("--text", help="More words, delivered with the answer.")
@urgency
@asks(line=True)
def answer(station: Asking, n: int, answer: str, **given: Any) -> None:
    """Answer request N of theirs, or another time they proposed in N; another person releases it.

    accept and deputy take a time they offered, propose any other; text asks them to write instead.
    """
    voice.tell(station.call("call.answer", n=n, answer=answer, **given), begun)


@call.command(name="list")
@asks(line=True)
def list_(station: Asking) -> None:
    """Calls asked for in both directions, newest first, and how they were answered."""

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        for each in view["calls"]:
            yield f"{each['dir'].capitalize()} {each['n']} · {shown.call_state(each)}"
        for side, name in SIDES.items():
            yield f"{name}: {history(view['history'][side])}"
        days = view["days_since"]
        if days is not None:
            yield f"Last asked for: {voice.count(days, 'day')} ago."

    voice.tell(station.call("call.list"), in_words)


def history(view: dict[str, Any]) -> str:
    """The calls one side asked for, in a line."""
    took = view["answered_s"]
    usual = f", usually after {words.span(took)}" if took is not None else ""
    return (
        f"{view['asked']}; answered {view['answered']}{usual}; declined {view['declined']};"
        f" nobody answered {view['nobody_answered']}; waiting {view['waiting']}."
    )
