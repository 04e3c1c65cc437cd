"""`thread`, `timeline`, `print`, `daylog`: what belongs together, and what happened when."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.new_file import NEW_FILE, overwriting

_OUT = click.option(
    "--out",
    type=NEW_FILE,
    metavar="FILE.html",
    help="Write a page to print: one file, with nothing to load.",
)


@click.command()
@click.argument("n", type=int)
@click.option("--ours", is_flag=True, help="Message N of ours; without it, of theirs.")
@asks(line=True)
def thread(station: Asking, n: int, ours: bool) -> None:
    """What a message answers, corrects or retracts, and what came of it."""

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        for each in view["messages"]:
            about = [
                f"{name.lower()} {shown.reference(each, key)}"
                for key, name in shown.REFERENCES.items()
                if each[key] is not None
            ]
            yield (
                f"{'  ' * each['depth']}{each['dir'].capitalize()} {each['n']} · "
                f"{shown.moment(each['kept'])} · {' · '.join([shown.heading(each), *about])}"
            )
            yield f"{'  ' * each['depth']}  | {shown.in_a_list(each)}"
        if view["more"]:
            yield "There is more to this thread than is shown."

    voice.tell(station.call("thread", n=n, dir="ours" if ours else "theirs"), in_words)


@click.command()
@click.argument("words", nargs=-1)
@click.option("--dir", type=click.Choice(["ours", "theirs"]), help="What one side said.")
@click.option("--precedence", help="FLASH, IMMEDIATE, PRIORITY or ROUTINE.")
@click.option("--status", help="ACTUAL, EXERCISE, TEST or SERVICE.")
@click.option("--since", metavar="DAY", help="From that day on; or from a minute, UTC.")
@click.option("--until", metavar="DAY", help="To the end of that day, or of a minute.")
@click.option("--person", help="Written, released or opened by somebody of that name or office.")
@_OUT
@overwriting
@asks(line=True, setup=True)
def timeline(station: Asking, words: tuple[str, ...], out: Path | None, **asked: Any) -> None:
    """An incident across lines: the messages found and what became of each, oldest first.

    Messages are chosen as by `parley find`. Two times stand beside each: our clock, and that of
    whoever said it.
    """
    typed = " ".join(f'"{word}"' if " " in word else word for word in words)
    view = station.call("timeline", words=typed or None, **asked)
    _give(station, view, out, "timeline", words=typed, since=asked["since"], until=asked["until"])


@click.command(name="print")
@click.argument("n", type=int)
@click.option("--ours", is_flag=True, help="Message N of ours; without it, of theirs.")
@_OUT
@overwriting
@asks(line=True)
def print_(station: Asking, n: int, ours: bool, out: Path | None) -> None:
    """One message as a page to print: text, stages, hashes, and the heads of the record."""
    view = station.call("message", n=n, dir="ours" if ours else "theirs")
    station.line = view["line"]
    record = station.call("record", limit=1)
    if out is None:
        voice.tell({**view, "heads": record["heads"]}, shown.message)
        return
    from parley.console import printed  # templates, which no other use of this verb needs
    from parley.console.views import parts

    status = station.call("status")
    hex, _ = parts(view["line"])
    them = next(line["counterpart"] for line in status["lines"] if line["line"] == hex)
    _write(out, printed.message(view, record, status["station"]["party"], them))


@click.command()
@click.argument("date")
@_OUT
@overwriting
@asks(line=True, setup=True)
def daylog(station: Asking, date: str, out: Path | None) -> None:
    """All that joined the record on a day (UTC, by our clock), and how the logs stood at its end.

    DATE is written as 2026-11-29. Without --line, every line.
    """
    view = station.call("daylog", date=date)
    _give(station, view, out, "daylog")


def _give(station: Asking, view: dict[str, Any], out: Path | None, what: str, **more: Any) -> None:
    if out is not None:
        from parley.console import printed

        _write(out, printed.rows(what, view, view["party"], **more))
        return
    voice.tell(view, _in_words)


def _write(out: Path, page: str) -> None:
    from parley.station.machine.folder import write_whole

    write_whole(out, page.encode())
    voice.tell(
        {"file": str(out), "bytes": len(page.encode())},
        lambda view: [f"{out}: {view['bytes']:,} bytes. Print it from a browser."],
    )


def _in_words(view: dict[str, Any]) -> Iterator[str]:
    chat = [row for row in view["rows"] if row["kind"] == "chat"]
    yield from _table([row for row in view["rows"] if row["kind"] != "chat"])
    if chat:
        yield "Operators' chat, no official text:"
        yield from _table(chat)
    for head in view.get("heads", ()):
        yield (
            f"{voice.visible(head['line_name'])}, {head['dir']}:"
            f" {voice.count(head['size'], 'entry', 'entries')}, root {head['root']}"
        )
    if view.get("trail"):
        yield f"Audit trail: row {view['trail']['row']}, hash {view['trail']['hash']}"
    if view["more"]:
        yield "There is more than is shown: narrow the time, or name a line."


def _marks(row: dict[str, Any]) -> list[str]:
    if row["kind"] == "chat":
        return [row["status"], row["kind"]]
    if not row["is_message"]:
        return [row["kind"], *(["RETRACTED"] if row["retracted"] else [])]
    return [row["precedence"], row["status"], row["kind"]]


def _table(kept: list[dict[str, Any]]) -> Iterator[str]:
    rows = [
        (
            shown.moment(row["kept"]),
            shown.moment(row["time"]),
            voice.visible(row["line_name"]),
            f"{row['dir']} {row['n']}",
            " · ".join([*_marks(row), *shown.supplied(row["supplied"])]),
            shown.persons(row["by"]) if row["by"] else "",
            voice.one_line(row["text"], shown.SUBJECT_COLUMNS) if row["text"] else "",
        )
        for row in kept
    ]
    if not rows:
        yield "Nothing was kept then."
    else:
        heads = ("our clock", "speaker's clock", "line", "entry", "what", "who", "words")
        yield from voice.table(rows, heads)
