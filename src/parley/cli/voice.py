"""All words on the terminal: facts, tables, progress, questions, and the form of errors.

Facts go to standard output, everything else to standard error, so that `parley … --json | jq`
works while a person reads the rest. What the other side wrote is shown with every character
visible: a message may not move the cursor, colour a line or write its own words as ours.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import click

from parley.console import signs, words
from parley.core.errors import Misused, ParleyError

PROGRESS_AFTER_S = 1.0
PROGRESS_EVERY_S = 0.5

# Whoever asked for --json gets JSON for an error too; set when the option is read.
_as_json = False


def speak(*, as_json: bool) -> None:
    """From here on facts and errors are JSON, or words."""
    global _as_json
    _as_json = as_json


# --- facts


def say(text: str = "") -> None:
    """A line of facts."""
    click.echo(text)


def aside(text: str) -> None:
    """A line for the person at the terminal, beside the facts."""
    click.echo(text, err=True)


def bell() -> None:
    """Make the terminal heard."""
    click.echo("\a", err=True, nl=False)


def facts(value: Any) -> None:
    """Facts for a program: one JSON value."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def tell(value: Any, in_words: Callable[[Any], Iterable[str]]) -> None:
    """Facts as JSON when that was asked for, else in words."""
    if _as_json:
        facts(value)
    else:
        for line in in_words(value):
            say(line)


def visible(text: str) -> str:
    """A text of unknown origin, with what would act on a terminal or hide written out."""
    return signs.seen_signs(text)


def one_line(text: str | None, width: int) -> str:
    """The beginning of a text, in one line."""
    return words.first_words(text, width)


def columns(text: str) -> int:
    """How many columns of a terminal a text takes."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in ("W", "F") else 1


def quoted(text: str) -> list[str]:
    """A message as it is shown between our own lines: set in, so that no line of it can be ours."""
    return [f"  | {visible(line)}" for line in text.split("\n")]


def table(
    rows: Iterable[Sequence[object]], heads: Sequence[str], right: Sequence[int] = ()
) -> list[str]:
    """Rows under their heads, columns as wide as they must be; `right` are set to the right."""
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(columns(row[at]) for row in [list(heads), *cells]) for at in range(len(heads))]

    def line(row: Sequence[str]) -> str:
        padded = [
            " " * (widths[at] - columns(cell)) + cell
            if at in right
            else cell + " " * (widths[at] - columns(cell))
            for at, cell in enumerate(row)
        ]
        return "  ".join(padded).rstrip()

    return [line(heads), line(["-" * width for width in widths]), *map(line, cells)]


def seconds(value: float | None) -> str:
    """A stretch of time as a person says it."""
    if value is None:
        return "–"
    if value < 10:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    minutes, rest = divmod(int(value), 60)
    if minutes < 120:
        return f"{minutes} min {rest:02d} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes:02d} min" if hours < 48 else f"{hours // 24} days"


def day(at: float) -> str:
    """A day, UTC."""
    return time.strftime("%Y-%m-%d", time.gmtime(at))


def count(number: int, thing: str, things: str = "") -> str:
    """1 message, 2 messages."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


# --- errors


def trouble(error: ParleyError) -> None:
    """One sentence, and the next step; for a program the same as JSON on standard output."""
    if _as_json:
        facts({"error": error.to_dict()})
    rule = f" ({error.rule})" if error.rule else ""
    aside(f"parley: {sentence(error.sentence)}{rule}")
    if error.hint:
        aside(f"  next: {sentence(error.hint)}")


def sentence(text: str) -> str:
    """A sentence begins with a capital and ends with a full stop, wherever it was written."""
    shown = visible(text.strip())
    if shown and not shown.endswith((".", "!", "?")):
        shown += "."
    return shown[:1].upper() + shown[1:]


# --- questions


def ask(question: str, option: str) -> str:
    """What the person at the terminal types; where there is none, Misused names the option."""
    if not sys.stdin.isatty():
        raise Misused(
            "There is nobody at the terminal to answer.", f"A script gives it with {option}."
        )
    answer: str = click.prompt(
        question, err=True, prompt_suffix=" ", default="", show_default=False
    )
    return answer.strip()


# --- progress


class Progress:
    """Says how far something is, once it takes longer than a second.

    with Progress("Checking entries") as progress:
        progress(done, total)
    """

    def __init__(self, what: str, unit: str = "", started: float | None = None) -> None:
        self._what = what
        self._unit = f" {unit}" if unit else ""
        self._next = (time.monotonic() if started is None else started) + PROGRESS_AFTER_S
        self._written = 0
        self._in_place = sys.stderr.isatty()

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._written:
            sys.stderr.write("\r" + " " * self._written + "\r")
            sys.stderr.flush()

    def __call__(self, done: int, total: int | None = None, note: str = "") -> None:
        """So many done, of so many."""
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (PROGRESS_EVERY_S if self._in_place else 10 * PROGRESS_EVERY_S)
        of = f" of {total:,}" if total is not None else ""
        self._write(f"{self._what}: {done:,}{of}{self._unit}{' · ' + note if note else ''}")

    def _write(self, text: str) -> None:
        if not self._in_place:
            aside(text)
            return
        blank = " " * max(0, self._written - len(text))
        sys.stderr.write(f"\r{text}{blank}")
        sys.stderr.flush()
        self._written = len(text)


@contextmanager
def patience(what: str) -> Iterator[None]:
    """Says that something is under way when it takes longer than a second, and how long by now."""
    done = threading.Event()
    started = time.monotonic()

    def tick() -> None:
        if not done.wait(PROGRESS_AFTER_S):
            with Progress(what, "s", started) as progress:
                while not done.wait(PROGRESS_EVERY_S):
                    progress(int(time.monotonic() - started))

    ticking = threading.Thread(target=tick, daemon=True)
    ticking.start()
    try:
        yield
    finally:
        done.set()
        ticking.join()


def pairs(values: Mapping[str, object]) -> list[str]:
    """Names and values, one a line, values in one column."""
    width = max((len(name) for name in values), default=0)
    return [f"{name.ljust(width)}  {value}" for name, value in values.items()]
