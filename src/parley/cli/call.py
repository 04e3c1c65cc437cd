"""`parley call`: ask for a call, answer one, and see what became of those asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import click

from parley.catalogue.calls import moment as form_moment
from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.drafting import PRECEDENCES, begun
from parley.cli.rehearsed import in_short
from parley.cli.spans import span
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


def what_it_is(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of what kind of call is asked for."""
    for option in (
        click.option(
            "--within", "within_s", type=span, metavar="TIME", help="To be answered in 2h or 3d."
        ),
        click.option("--interpreters", help="Who brings them, and from what into what."),
        click.option("--languages", help="Default: the first language of each side."),
        click.option(
            "--medium",
            type=click.Choice(("video", "voice", "text")),
            default="video",
            show_default=True,
            help="How it is to be held.",
        ),
        click.option(
            "--agenda", multiple=True, help="An item of the agenda; may be given several times."
        ),
    ):
        command = option(command)
    return command


@call.command()
@click.argument("purpose")
@click.option("--earliest", metavar=MOMENT, help="The call may begin from then on, UTC.")
@click.option("--latest", metavar=MOMENT, help="And until then.")
@click.option("--at-once", is_flag=True, help="Now: a FLASH, to be answered in minutes.")
@click.option("--by", "asked_by", help="Who asks; default: our party.")
@click.option("--for", "asked_for", help="Who is asked for; default: the counterpart.")
@click.option("--level", help="Of the call; default: the line's.")
@what_it_is
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
            if each["next"] and each["next"]["rehearsed"]:
                yield f"  Rehearsal: {in_short(each['next']['rehearsed'])}"
            if each["off"] and each["off"]["reason"]:
                yield f"  Reason: {voice.one_line(each['off']['reason'], shown.SUBJECT_COLUMNS)}"
            for week in (*each["past"], *each["coming"]) if each["standing"] else ():
                yield f"  {occurrence(week)}"
        yield from counted(view["history"])

    voice.tell(station.call("call.list"), in_words)


@call.command(name="history")
@asks(line=True)
def history_(station: Asking) -> None:
    """How calls went in numbers: asked, answered, withdrawn, held, missed, and how long it took.

    It is counted from the record alone, so the other side reads the same.
    """
    voice.tell(station.call("call.history"), counted)


@call.command()
@click.argument("purpose")
@click.option("--first", metavar=MOMENT, required=True, help="The first time, UTC; then weekly.")
@click.option(
    "--length",
    type=span,
    metavar="TIME",
    default="30m",
    show_default=True,
    help="How long each call lasts.",
)
@click.option("--by", "asked_by", help="Who asks; default: our party.")
@click.option("--for", "asked_for", help="Who is asked for; default: the counterpart.")
@what_it_is
@urgency
@asks(line=True)
def weekly(
    station: Asking, purpose: str, first: str, length: int, agenda: tuple[str, ...], **given: Any
) -> None:
    """Propose a standing call about PURPOSE, every week; another person releases it.

    The other side agrees to it once, by `parley call answer N accept`. Each week's call then stands
    by itself at both stations until one of them skips it, or ends the standing call.
    """
    times = {"earliest": first, "weekly_min": length // 60}
    view = station.call("call.ask", purpose=purpose, agenda=list(agenda) or None, **times, **given)
    voice.tell(view, begun)


def which(verb: Any) -> Any:
    """Which call is meant, where there are several."""
    number = click.option("--call", type=int, metavar="N", help="The number of its request.")
    side = click.option("--of", "dir", type=click.Choice(("ours", "theirs")), help="Whose request.")
    return number(side(verb))


@call.command()
@click.option("--time", metavar=MOMENT, help="Which one; default: the next.")
@click.option("--reason", required=True, help="Why; they read it.")
@which
@urgency
@asks(line=True)
def skip(station: Asking, **given: Any) -> None:
    """Skip one occurrence of a standing call; another person releases it, before it begins."""
    voice.tell(station.call("call.skip", **given), begun)


@call.command()
@click.option("--reason", required=True, help="Why; they read it.")
@which
@urgency
@asks(line=True)
def finish(station: Asking, **given: Any) -> None:
    """End a standing call; another person releases it, and from then on none is to come."""
    voice.tell(station.call("call.finish", **given), begun)


@call.command()
@click.option("--reason", required=True, help="Why; they read it.")
@which
@urgency
@asks(line=True)
def withdraw(station: Asking, **given: Any) -> None:
    """Withdraw our request, or call off an agreed call; another person releases it.

    The side that was asked withdraws another time that it proposed, or calls off what it agreed to.
    Once the call is open it is ended instead, by `parley call end`.
    """
    voice.tell(station.call("call.withdraw", **given), begun)


def occurrence(view: dict[str, Any]) -> str:
    """One week of a standing call, in a line."""
    who = {"ours": " by us", "theirs": " by them"}.get(view["by"] or "", "")
    why = f": {voice.visible(view['reason'])}" if view["reason"] else ""
    return f"{form_moment(view['at'])} {view['state']}{who}{why}"


def counted(view: dict[str, Any]) -> Iterator[str]:
    """What became of the calls of a line, in numbers."""
    for side, name in SIDES.items():
        yield f"{name}: {of_side(view[side])}"
    unasked = f"{view['held_unasked']} of them without a request"
    yield f"Held: {view['held']}, {unasked}; missed: {view['missed']}."
    for days, what in ((view["days_since"], "held"), (view["days_since_asked"], "asked for")):
        if days is not None:
            yield f"Last {what}: {voice.count(days, 'day')} ago."
    if not view["whole"]:
        yield "Older ones stand in the record, and are not counted here."


def of_side(view: dict[str, Any]) -> str:
    """The calls one side asked for, in a line."""
    took = view["answered_s"]
    usual = f", usually after {words.span(took)}" if took is not None else ""
    return (
        f"{view['asked']}; answered {view['answered']}{usual}; declined {view['declined']};"
        f" withdrawn {view['withdrawn']}; called off {view['called_off']};"
        f" held {view['held']}; missed {view['missed']}; skipped {view['skipped']};"
        f" nobody answered {view['nobody_answered']}; waiting {view['waiting']}."
    )
