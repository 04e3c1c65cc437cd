"""`parley roster`: who is due at which desk, from when until when."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.spans import span
from parley.console import words

MOMENT = "'YYYY-MM-DD HH:MMZ'"

View = dict[str, Any]


class _Roster(click.Group):
    """Without a verb it shows the roster."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help")):
            args = ["list", *args]
        return super().parse_args(ctx, args)


@click.group(name="roster", cls=_Roster)
def command() -> None:
    """Who is due at which desk, when, and what is wrong with that.

    Without a verb: `parley roster list`.
    """


@command.command(name="list")
@asks(setup=True)
def list_(station: Asking) -> None:
    """Show who is due now and in the coming days, with gaps and double bookings."""
    voice.tell(station.call("roster.list"), _listed)


@command.command()
@click.argument("desk", type=int)
@click.argument("person", type=int)
@click.option("--from", "since", metavar=MOMENT, help="From then on, UTC; default: now.")
@click.option("--until", metavar=MOMENT, help="Until then, UTC.")
@click.option("--for", "for_s", type=span, metavar="TIME", help="Or for so long: 8h.")
@asks(setup=True)
def add(station: Asking, desk: int, person: int, **at: Any) -> None:
    """Put PERSON on the roster of DESK."""
    voice.tell(station.call("roster.add", desk=desk, person=person, **at), _changed)


@command.command()
@click.argument("entry", type=int)
@asks(setup=True)
def strike(station: Asking, entry: int) -> None:
    """Strike ENTRY out."""
    view = station.call("roster.strike", duty=entry)
    voice.tell(view, lambda view: ("Struck out:", *_changed(view)))


@command.command()
@click.argument("entry", type=int)
@asks()
def take(station: Asking, entry: int) -> None:
    """Take in hand that nobody has come for ENTRY: no more deputies are called."""
    view = station.call("roster.take", duty=entry)
    voice.tell(view, lambda view: ("Taken in hand:", *_changed(view)))


def due(desk: View) -> str:
    """Who is due at a desk, and who comes then."""
    now, after = desk["now"], desk["next"]
    if now is None:
        said = "nobody is due"
    else:
        said = f"due {shown.person(now['person'])} until {words.minute(now['until'])}"
    if after is not None:
        said += f", then {shown.person(after['person'])} from {words.minute(after['since'])}"
    return f"{voice.visible(desk['name'])}: {said}."


def late(desk: View) -> Iterator[str]:
    """Who is due and has not come."""
    for each in desk["late"]:
        called = ", ".join(voice.visible(who["name"]) for who in each["called"])
        more = f" Called: {called}." if called else ""
        yield f"NOT COME: {voice.one_line(each['sentence'], 200)}{more}"
        yield f"  next: `parley roster take {each['duty']}`, or take the watch."


def _listed(view: View) -> Iterator[str]:
    for desk in view["now"]:
        yield due(desk)
        yield from late(desk)
    yield from map(_row, view["duties"])
    if not view["duties"]:
        yield "The roster is empty; `parley roster add` fills it."
    yield from map(_warning, view["warnings"])


def _changed(view: View) -> Iterator[str]:
    yield _row(view["entry"])
    yield from map(_warning, view["warnings"])


def _row(each: View) -> str:
    since, until = words.minute(each["since"]), words.minute(each["until"])
    desk, who = voice.visible(each["desk_name"]), shown.person(each["person"])
    return f"{each['duty']}  {since} to {until}  {desk}: {who}"


def _warning(each: View) -> str:
    return f"TO SEE TO: {voice.one_line(each['sentence'], 200)}"
