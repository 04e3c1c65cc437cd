"""What a replay shows: the report for programs, and the table of stages for people."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from typing import Any

from parley import __version__
from parley.exercise.exchange import Exchange
from parley.exercise.pair import folder_names
from parley.exercise.replay import STAGES, Passage, Replayed

View = dict[str, Any]


def report(exchange: Exchange, replayed: Replayed) -> View:
    """Everything as plain JSON; what `report.json` holds."""
    tally = replayed.tally
    return {
        "ok": tally.ok,
        "lost": tally.lost,
        "duplicated": tally.duplicated,
        "reordered": tally.reordered,
        "records_agree": tally.records_agree,
        "complaints": tally.complaints,
        "restarts": replayed.restarts,
        "title": exchange.title,
        "mark": "EXERCISE",
        "stations": file_names(exchange.parties),
        "messages": [_message(passage) for passage in replayed.passages],
    }


def _message(passage: Passage) -> View:
    telegram = passage.telegram
    return {
        "number": telegram.number,
        "label": telegram.label,
        "sender": telegram.sender,
        "receiver": telegram.receiver,
        "precedence": telegram.precedence,
        "language": telegram.language,
        "n": passage.n,
        "words": telegram.words,
        "bytes": len(telegram.text.encode()),
        "sha256": telegram.sha256,
        "seconds": {stage: round(passage.seconds[stage], 6) for stage in STAGES},
        "total_s": round(passage.total_s, 6),
        "noted_minutes": dict(telegram.noted),
    }


def file_names(parties: tuple[str, str]) -> dict[str, str]:
    """The evidence file of each party, by its name, as far as a file can bear it."""
    names = folder_names(parties)
    return {party: f"{name}.evidence" for party, name in zip(parties, names, strict=True)}


# --- the table

RIGHT = (0, *range(4, 6 + len(STAGES)))


def heads(told: View) -> list[str]:
    """What the columns are."""
    found = ["", "date", "from", "precedence", "words", *STAGES, "together"]
    return [*found, "noted, minutes after transmitted"] if _has_notes(told) else found


def rows(told: View) -> list[list[str]]:
    """One row a message: the seconds of each stage, and what people noted at the time."""
    found = []
    for message in told["messages"]:
        row = [
            str(message["number"]),
            message["label"],
            message["sender"],
            message["precedence"],
            str(message["words"]),
            *(f"{message['seconds'][stage]:.3f}" for stage in STAGES),
            f"{message['total_s']:.3f}",
        ]
        found.append([*row, noted(message["noted_minutes"])] if _has_notes(told) else row)
    return found


def _has_notes(told: View) -> bool:
    return any(message["noted_minutes"] for message in told["messages"])


def noted(minutes: Mapping[str, int]) -> str:
    """Minutes after `transmitted`, earliest first."""
    in_order = sorted(minutes.items(), key=lambda item: item[1])
    return ", ".join(f"{name.replace('_', ' ')} {_signed(minute)}" for name, minute in in_order)


def _signed(minute: int) -> str:
    return f"−{-minute}" if minute < 0 else str(minute)


def markdown(told: View) -> str:
    """The table for README, figures only."""
    names = heads(told)
    ruler = ["---:" if at in RIGHT else "---" for at in range(len(names))]
    lines = [names, ruler, *rows(told)]
    machine = f"{platform.system()} {platform.machine()} with {os.cpu_count()} cores"
    caption = (
        f"Seconds each stage took, until it stood in both records. Parley {__version__},"
        f" Python {platform.python_version()}, {machine}, which both stations share. Nobody"
        " reads or thinks here: a program acts for the people as soon as it may."
    )
    return "\n".join([caption, "", *(f"| {' | '.join(line)} |" for line in lines)]) + "\n"
