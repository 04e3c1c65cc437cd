"""`parley watch`: what happens, as it happens; who has the watch, and how it is handed over."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.new_file import NEW_FILE, overwriting
from parley.core.errors import Misused, Refused
from parley.station.acts.calling import Caller

View = dict[str, Any]
# After which something overdue may sound here that did not before: it came up, another person was
# called, or the tabs that were to sound ring no more.
LOOKS_AFTER = ("overdue", "hearing", "watch", "roster")
MISSING = ("late", "deputy called", "nobody came")  # who is due by the roster


class _Watch(click.Group):
    """Without a verb it tells what happens."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if not args or (args[0].startswith("-") and args[0] not in ("-h", "--help")):
            args = ["events", *args]
        return super().parse_args(ctx, args)


@click.group(name="watch", cls=_Watch)
def command() -> None:
    """Who has the watch, handing it over, and what happens as it happens.

    Without a verb: `parley watch events`.
    """


@command.command()
@click.option("--since", type=int, metavar="SEQ", help="Begin after this event.")
@asks()
def events(station: Asking, since: int | None) -> None:
    """Tell what happens, one JSON object a line, until Ctrl-C; a bell for what rings."""
    sounding: set[Sounding] = set()
    for event in station.serving().events(since):
        voice.say(json.dumps(event, ensure_ascii=False))
        before = sounding
        if event.get("kind") in LOOKS_AFTER:
            sounding = _sounding(station)
        flash = event.get("kind") == "alarm" and event.get("precedence") == "FLASH"
        missing = event.get("kind") == "roster" and event.get("state") in MISSING
        call = (event.get("kind"), event.get("state")) == ("call", "opened")
        late = sounding - before and event.get("state") not in ("came", "taken")
        if flash or missing or call or late:
            voice.bell()


Sounding = tuple[int, int, bool]  # what is overdue, how many were called for it, everyone


def _sounding(station: Asking) -> set[Sounding]:
    """What is overdue and sounds where this person sits: at its desk, as in the console (decision
    0055). Asked on a connection of its own: the other one brings the events."""
    with closing(Caller(station.folder, station.token())) as caller:
        found = caller.call("overdue.list")["overdue"]
    return {(e["id"], e["calls"], bool(e["escalation"])) for e in found if e["sounds"]}


@command.command()
@asks()
def show(station: Asking) -> None:
    """Show who has the watch, and everything that is open now."""
    voice.tell(station.call("watch.show"), _shown)


@command.command(name="hand-over")
@click.option("--note", default="", help="Your words to who comes on.")
@click.option("--code", help="Of the list that was shown, for a script: then nothing is asked.")
@click.option("--to", type=int, metavar="PERSON", help="For this person only.")
@asks()
def hand_over(station: Asking, note: str, code: str | None, to: int | None) -> None:
    """Sign the watch away; it is yours until another person accepts."""
    if code is None:
        view = station.call("watch.show")
        for line in _shown(view):
            voice.aside(line)
        if (
            voice.ask("Type SIGN to sign exactly this, anything else to leave it:", "--code")
            != "SIGN"
        ):
            raise Refused("Nothing was signed.", "The watch is where it was.")
        code = view["code"]
    voice.tell(station.call("watch.hand_over", text=note, code=code, to=to), _signed)


@command.command()
@click.argument("sheet", type=int)
@click.option(
    "--item", "items", multiple=True, metavar="KEY", help="An item gone through, for a script."
)
@asks()
def accept(station: Asking, sheet: int, items: tuple[str, ...]) -> None:
    """Accept the watch, after going through every open item."""
    if not items:
        items = _gone_through(station.call("watch.show"))
    voice.tell(station.call("watch.accept", sheet=sheet, items=list(items)), _signed)


@command.command()
@click.option("--reason", required=True, help="Why it cannot be handed over; it stays in the log.")
@asks()
def take(station: Asking, reason: str) -> None:
    """Take the watch over from somebody who cannot hand it over."""
    voice.tell(station.call("watch.take", reason=reason), _signed)


@command.command()
@click.argument("sheet", type=int, required=False)
@click.option(
    "--out",
    type=NEW_FILE,
    metavar="FILE",
    help="Write the sheet as it was signed: .txt for `sha256sum`, .html to print.",
)
@overwriting
@asks()
def log(station: Asking, sheet: int | None, out: Path | None) -> None:
    """Who had the watch, from when; with SHEET, what was signed then."""
    view = station.call("watch.log", sheet=sheet)
    if out is not None:
        _write(view, sheet, out)
    elif sheet is not None:
        (row,) = view["log"]
        voice.tell(row, _sheet)
    else:
        voice.tell(view, lambda view: map(_row, view["log"]))


def _gone_through(view: View) -> tuple[str, ...]:
    """Each item, one after the other, as the person at the terminal goes through it."""
    for item in view["items"]:
        for line in _item(item):
            voice.aside(line)
        if voice.ask("Type SEEN to go on, anything else to leave it:", "--item") != "SEEN":
            raise Refused("The watch was not accepted.", "Whoever handed it over still has it.")
    return tuple(item["key"] for item in view["items"])


def _item(item: View) -> Iterator[str]:
    yield f"  [{item['key']}] {'NEW: ' if item['new'] else ''}{voice.visible(item['text'])}"
    yield f"    signed as: {voice.visible(item['fact'])}"


def _write(view: View, sheet: int | None, out: Path) -> None:
    from parley.station.machine.folder import write_whole

    if sheet is None and out.suffix != ".html":
        raise Misused("Which sheet is to be written?", "Name its number, or a file .html for all.")
    if out.suffix == ".html":
        from parley.console import printed  # templates, which no other use of this verb needs

        page = printed.watch_log(view)
    else:
        page = view["log"][0]["text"]
    write_whole(out, page.encode())
    voice.tell(
        {"file": str(out), "bytes": len(page.encode())},
        lambda told: [f"{out}: {told['bytes']:,} bytes."],
    )


def officer(view: View) -> str:
    """Who has the watch, in a sentence."""
    if view["officer"] is None:
        if view["desk"] is None:
            return (
                "Nobody has taken the watch up yet; `parley desk add NAME` sets up a desk to hold."
            )
        return f"Nobody has taken the watch up yet; `parley desk hold {view['desk']}` does."
    gone = "" if view["here"] else ", who works here no more: `parley watch take`"
    return f"{shown.person(view['officer'])}, since {shown.moment(view['since'])}{gone}"


def _shown(view: View) -> Iterator[str]:
    yield f"The watch: {officer(view)}"
    if sheet := view["sheet"]:
        meant = f" for {shown.person(sheet['to'])}" if sheet["to"] else ""
        yield (
            f"Handed over{meant} at {shown.moment(sheet['at'])} by {shown.person(sheet['by'])},"
            f" and not accepted yet: sheet {sheet['sheet']}"
        )
        if sheet["note"]:
            yield from voice.quoted(sheet["note"])
    yield f"Open items: {len(view['items'])}; code {view['code']}"
    for item in view["items"]:
        yield from _item(item)
    for item in view["settled"]:
        yield f"  settled or changed: {voice.visible(item['text'])}"


def _signed(view: View) -> Iterator[str]:
    yield from voice.quoted(view["text"].rstrip("\n"))
    yield f"Sheet {view['sheet']}, SHA-256 {view['sha256']}"
    yield f"The watch: {officer(view)}"


def _row(row: View) -> str:
    items = f", {voice.count(len(row['items']), 'open item')}" if row["sha256"] else ""
    who = shown.person(row["by"])
    return f"{row['sheet']}  {shown.moment(row['at'])}  {row['act']} by {who}{items}"


def _sheet(row: View) -> Iterator[str]:
    yield from voice.quoted(row["text"].rstrip("\n")) if row["text"] else [_row(row)]
    yield f"SHA-256 {row['sha256'] or 'of nothing: no sheet was signed'}"
