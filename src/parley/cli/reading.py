"""`inbox`, `outbox`, `message`, `record`, `audit`: what was said and what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.console import recorded
from parley.console.words import shortened


@click.command()
@click.option("--all", "all_", is_flag=True, help="Older ones that are dealt with, too.")
@click.option("--before", metavar="PLACE", help="Older ones still, as the end of a list says.")
@asks(line=True)
def inbox(station: Asking, all_: bool, before: str | None) -> None:
    """What they said: FLASH first, then by precedence, newest last.

    For a watch officer they count as displayed from now on; `parley open N` reads one.
    """

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        yield from shown.messages(view)
        if view["more"]:
            yield "More wait than are shown; these are the gravest."
        yield from _older("inbox", view, all_)

    voice.tell(station.call("inbox", all=all_ or None, before=before), in_words)


def _older(verb: str, view: dict[str, Any], all_: bool) -> Iterator[str]:
    if all_ and view["older"]:
        yield f"There are older ones: `parley {verb} --all --before {view['older']}`."


@click.command()
@click.option("--all", "all_", is_flag=True, help="Older ones, too.")
@click.option("--before", metavar="PLACE", help="Older ones still, as the end of a list says.")
@asks(line=True)
def outbox(station: Asking, all_: bool, before: str | None) -> None:
    """What was released here, and what became of it."""

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        if view["messages"] or not view["waiting"]:
            yield from shown.messages(view)
        for each in view["waiting"]:
            yield f"Draft {each['draft']} · {each['precedence']}: {each['waiting']}."
        yield from _older("outbox", view, all_)

    voice.tell(station.call("outbox", all=all_ or None, before=before), in_words)


@click.command()
@click.argument("n", type=int)
@click.option("--ours", is_flag=True, help="Message N of ours; without it, of theirs.")
@asks(line=True)
def message(station: Asking, n: int, ours: bool) -> None:
    """One message with its stages and both clocks."""
    voice.tell(station.call("message", n=n, dir="ours" if ours else "theirs"), shown.message)


@click.command()
@click.option("--start", type=click.IntRange(0), help="From this place of the joint order on.")
@click.option("--limit", type=click.IntRange(1), help="At most so many entries.")
@asks(line=True)
def record(station: Asking, start: int | None, limit: int | None) -> None:
    """What was said on the line, in the order both stations hold; without --start, the newest."""

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        rows = [
            (
                row["position"],
                row["dir"],
                row["n"],
                row["kind"],
                row["precedence"],
                row["status"],
                shown.moment(row["time"]),
                "; ".join([*shown.supplied(row["supplied"]), _said(row)]),
            )
            for row in view["entries"]
        ]
        yield from voice.table(
            rows, ("place", "whose", "n", "entry", "precedence", "mark", "time", ""), (0, 2)
        )
        yield ""
        for whose, head in view["heads"].items():
            size = voice.count(head["size"], "entry", "entries")
            yield f"{whose.capitalize()}: {size}, root {head['root']}"
            if view["policy"] == "deniable":
                yield f"  {head['vouched']} of them vouched for between the two"
                continue
            signed = head["signed_by_them" if whose == "ours" else "signed_by_us"]
            yield f"  {signed} of them signed for by {'them' if whose == 'ours' else 'us'}"

    voice.tell(station.call("record", start=start, limit=limit), in_words)


def _said(row: dict[str, Any]) -> str:
    said = recorded.in_words(row, _reference, most=shown.SUBJECT_COLUMNS)
    return shortened(said, shown.SUBJECT_COLUMNS) if row["kind"] in recorded.ACTS else said


def _reference(dir: str, n: Any) -> str:
    """An entry by its number, or by [number, incarnation]."""
    match n:
        case [number, inc]:
            return f"{dir} {number}@{inc}"
        case [number]:
            return f"{dir} {number}"
    return f"{dir} {n}"


@click.command()
@click.option("--start", type=click.IntRange(0), help="From this row on; default: the newest.")
@click.option("--limit", type=click.IntRange(1), help="At most so many rows.")
@asks(setup=True)
def audit(station: Asking, start: int | None, limit: int | None) -> None:
    """Who did what at this station; refuses if a row was changed."""

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        for row in view["rows"]:
            arguments = json.dumps(row["arguments"], ensure_ascii=False)
            yield (
                f"{row['id']:>6}  {shown.moment(row['at'])}  {voice.visible(row['name'])}"
                f"  {row['act']}  {voice.one_line(arguments, 80)}"
                f"  {voice.one_line(row['outcome'], 80)}"
            )
        yield f"Newest hash: {view['head']}"

    voice.tell(station.call("audit", start=start, limit=limit), in_words)
