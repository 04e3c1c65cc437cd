"""`parley call interpret` to `check`: interpreters, hand-over, captions, recording, rehearsal, and
what is shown."""

from __future__ import annotations

import click

from parley.cli.call import call as call
from parley.cli.client import Asking, asks
from parley.cli.holding import tell
from parley.cli.rehearsed import NAMES


@call.command()
@click.argument("how", type=click.Choice(("consecutive", "simultaneous")))
@asks(line=True)
def mode(station: Asking, how: str) -> None:
    """Interpret in turns on the floor, or at the same time in channels; by a duty officer."""
    tell(station, "call.mode", mode=how)


@call.command()
@click.argument("language")
@asks(line=True)
def interpret(station: Asking, language: str) -> None:
    """Take the microphone of our channel into LANGUAGE; you joined as interpreter."""
    tell(station, "call.interpret", language=language)


@call.command()
@asks(line=True)
def floor(station: Asking) -> None:
    """Give up the channel and speak on the floor again."""
    tell(station, "call.floor")


@call.command()
@click.argument("person", type=int)
@click.option("--language", help="Of the channel; default: yours, or the only one of our side.")
@asks(line=True)
def relieve(station: Asking, person: int, language: str | None) -> None:
    """Hand the microphone of a channel to interpreter PERSON of our side, by number."""
    tell(station, "call.relieve", person=person, **({"language": language} if language else {}))


@call.command()
@click.argument("person", type=int, required=False)
@asks(line=True)
def hand(station: Asking, person: int | None) -> None:
    """Hand the call to our principal, PERSON where several are in it; the other side acknowledges.

    Then both sides say that the principal is at the terminal.
    """
    tell(station, "call.hand", **({} if person is None else {"person": person}))


@call.command()
@asks(line=True)
def acknowledge(station: Asking) -> None:
    """Acknowledge that the other side's principal has the call."""
    tell(station, "call.acknowledge")


@call.command()
@asks(line=True)
def take_back(station: Asking) -> None:
    """Hold the call again for our side, in place of the principal."""
    tell(station, "call.take_back")


@call.command()
@click.argument("text")
@click.option("--language", default="", help="In which it is typed; else that of our own channel.")
@click.option(
    "--interpreted/--original",
    default=None,
    help="What an interpreter says, or the floor; else by the role of who types.",
)
@asks(line=True)
def caption(station: Asking, text: str, language: str, interpreted: bool | None) -> None:
    """Type TEXT as a caption of what is being said."""
    channel = "" if interpreted is None else "interpreted" if interpreted else "original"
    tell(station, "call.caption", text=text, language=language, channel=channel)


@call.command()
@click.argument("items", nargs=-1, required=True)
@asks(line=True)
def agenda(station: Asking, items: tuple[str, ...]) -> None:
    """Set the agenda to ITEMS; `20 min Meetings at sea` has 20 minutes planned."""
    tell(station, "call.agenda", items=list(items))


@call.command()
@click.argument("item")
@asks(line=True)
def touch(station: Asking, item: str) -> None:
    """Mark ITEM of the agenda as touched, by its number or in words; the minute begins with it."""
    tell(station, "call.touch", item=item)


@call.command()
@click.argument("how", type=click.Choice(("ask", "agree", "withdraw")))
@asks(line=True)
def record(station: Asking, how: str) -> None:
    """Ask to record the call, agree to it, or withdraw. Pages of both sides make the files."""
    tell(station, "call.record", how=how)


@call.command()
@click.option(
    "--medium", type=click.Choice(("video", "voice", "text")), help="Default: as was agreed."
)
@asks(line=True)
def rehearse(station: Asking, medium: str | None) -> None:
    """Open the room of the call that is agreed for the next 24 hours, for a rehearsal.

    Duty officers and interpreters of both sides join it; the call itself is opened for itself.
    """
    tell(station, "call.rehearse", **({} if medium is None else {"medium": medium}))


@call.command()
@click.argument("item", type=click.Choice(tuple(NAMES)))
@click.argument("result", type=click.Choice(("good", "failed", "not-needed")))
@click.option("--words", help="What failed; the other side reads it.")
@asks(line=True)
def check(station: Asking, item: str, result: str, words: str | None) -> None:
    """Say what you found of ITEM in the rehearsal: good, or failed with what failed in --words.

    An interpretation channel may be not-needed. A later word about an item takes the place of the
    earlier one.
    """
    given = {} if words is None else {"words": words}
    tell(station, "call.check", item=item, result=result, **given)


@call.command()
@click.argument("item")
@click.option("--screen", is_flag=True, help="A screen or window as it changes, not a document.")
@asks(line=True)
def ask_to_show(station: Asking, item: str, screen: bool) -> None:
    """Ask the other side to look at ITEM; your page at the console has it."""
    tell(station, "call.ask_to_show", item=item, shown="screen" if screen else "document")


@call.command()
@asks(line=True)
def agree_to_see(station: Asking) -> None:
    """Agree that the other side shows what it asks to show; by a duty officer or principal."""
    tell(station, "call.agree_to_see")


@call.command()
@asks(line=True)
def stop_showing(station: Asking) -> None:
    """Stop what is shown, refuse it, or take back what you asked."""
    tell(station, "call.stop_showing")
