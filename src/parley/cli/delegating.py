"""`parley delegate`: a role that one person lends another, from a start to an end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.drafting import PRECEDENCES
from parley.cli.spans import span

MOMENT = "'YYYY-MM-DD HH:MMZ'"

View = dict[str, Any]


@click.group(name="delegate")
def command() -> None:
    """Roles lent from one person to another: for what, from when, until when."""


@command.command()
@click.argument("role")
@click.argument("person", type=int)
@click.option("--until", metavar=MOMENT, help="It ends by itself then, UTC.")
@click.option("--for", "for_s", type=span, metavar="TIME", help="Or after so long: 8h or 3d.")
@click.option("--from", "since", metavar=MOMENT, help="It begins by itself then; default: now.")
@click.option("--line", metavar="LINE", help="On this line only.")
@click.option("--level", help="On lines of this level only.")
@click.option(
    "--precedence",
    "precedences",
    multiple=True,
    type=click.Choice(PRECEDENCES, case_sensitive=False),
    help="For messages of this precedence only; may be given again.",
)
@click.option("--by", type=int, metavar="PERSON", help="For the operator: whose role it is.")
@asks()
def give(station: Asking, role: str, person: int, precedences: tuple[str, ...], **at: Any) -> None:
    """Lend your ROLE to PERSON: releaser, or reviewer alone. You keep it; they may use it for what
    you name."""
    named = list(precedences) or None
    view = station.call("delegation.give", role=role, to=person, precedences=named, **at)
    voice.tell(view, in_words)


@command.command()
@click.argument("delegation", type=int)
@asks()
def end(station: Asking, delegation: int) -> None:
    """Take DELEGATION back at once."""
    voice.tell(station.call("delegation.end", delegation=delegation), in_words)


@command.command(name="list")
@click.option("--all", "all_", is_flag=True, help="Those that ended, too.")
@asks()
def list_(station: Asking, all_: bool) -> None:
    """Show which roles are lent now, or will be."""
    voice.tell(
        station.call("delegation.list", all=all_),
        lambda view: (
            [line for each in view["delegations"] for line in in_words(each)]
            or ["No role is lent."]
        ),
    )


def in_words(view: View) -> Iterator[str]:
    """A delegation in a line, and how it ended."""
    yield (
        f"Delegation {view['delegation']}, {view['state']}: {shown.person(view['by'])} lends"
        f" {shown.person(view['to'])} to be {voice.visible(view['scope'])},"
        f" from {shown.moment(view['since'])} until {shown.moment(view['until'])}."
    )
    if view["set_by"]["id"] != view["by"]["id"]:
        yield f"  Set by {shown.person(view['set_by'])}."
    if view["ended_by"]:
        yield f"  Taken back at {shown.moment(view['ended'])} by {shown.person(view['ended_by'])}."
