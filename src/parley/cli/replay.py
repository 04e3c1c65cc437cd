"""`parley replay`: the messages of a file through two fresh stations, every stage of every one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import voice
from parley.cli.client import with_json
from parley.cli.new_file import overwriting, unwritten

REPORT = "report.json"


@click.command(name="replay")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Leave both stations' evidence and report.json there.",
)
@overwriting
@click.option("--markdown", is_flag=True, help="Print the table as README has it.")
@with_json
def command(file: Path, out: Path | None, markdown: bool) -> int:
    """Pass the messages of FILE, in order, through two fresh stations, and compare both records.

    FILE is JSON: {"messages": [{"sender", "receiver", "text", "language", "precedence"}, …]}.
    Exit 0 only if every message arrived exactly once, in order, byte for byte, with every stage,
    and both records agree. Killing a station on the way changes nothing but the times.
    """
    from parley.exercise import report
    from parley.exercise.exchange import Exchange
    from parley.exercise.replay import replay
    from parley.station.machine.folder import write_whole

    exchange = Exchange.read(file)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name in (*report.file_names(exchange.parties).values(), REPORT):
            unwritten(out / name)
    # A control socket's path may not be long, and a folder of the system's is short.
    with (
        tempfile.TemporaryDirectory(prefix="parley-") as folder,
        voice.Progress("Replaying", "messages") as progress,
    ):
        replayed = replay(exchange, Path(folder), voice.aside, progress)
    told = report.report(exchange, replayed)
    if out is not None:
        for party, name in told["stations"].items():
            write_whole(out / name, replayed.evidence[party].encode())
        write_whole(out / REPORT, (json.dumps(told, ensure_ascii=False, indent=1) + "\n").encode())
    if markdown:
        voice.say(report.markdown(told).rstrip("\n"))
    else:
        voice.tell(told, in_words)
    return 0 if told["ok"] else 1


def in_words(told: dict[str, Any]) -> Iterator[str]:
    """The table, then what it comes to."""
    from parley.exercise import report

    yield ""
    yield f"EXERCISE · {voice.visible(told['title'])}" if told["title"] else "EXERCISE"
    yield "Seconds each stage took, until it stood in both records:"
    yield ""
    rows = [[voice.visible(cell) for cell in row] for row in report.rows(told)]
    yield from voice.table(rows, report.heads(told), report.RIGHT)
    yield ""
    if told["restarts"]:
        yield f"A station was started again {voice.count(told['restarts'], 'time')}."
    if told["ok"]:
        count = len(told["messages"])
        yield (
            f"WHOLE. {voice.count(count, 'message')}, each once, in order, byte for byte;"
            " both records verify and agree."
        )
        return
    yield (
        f"NOT WHOLE. {told['lost']} lost, {told['duplicated']} duplicated,"
        f" {told['reordered']} reordered."
    )
    yield from (f"  {voice.sentence(complaint)}" for complaint in told["complaints"])
