"""What an entry of the record says, in the words of a list: acts and rosters are no text."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from parley.console.signs import seen_signs
from parley.console.tongues import _, ngettext
from parley.console.vocabulary import said
from parley.console.words import LINE_MAX, clock, first_words
from parley.core.entry import EPOCH_2020

ACTS = {"displayed", "opened", "passed", "readback", "confirmed", "corrected", "unable", "wait"}
PARTS_MAX = 4  # of any acknowledgement
RUNS_MAX = 8  # of what was displayed at once
Reference = Callable[[str, Any], str]  # an entry: whose, and its number or [number, incarnation]


def in_words(
    row: dict[str, Any], reference: Reference, now: float | None = None, most: int = LINE_MAX
) -> str:
    """How an entry stands in a list; `most` characters of what people wrote."""
    if row["kind"] in ACTS:
        return _act(row, reference, now, most)
    if row["kind"] == "roster":
        return _("names of people and desks")
    if row["kind"] == "presence" and row["text"]:
        return said(seen_signs(row["text"]))
    return first_words(row["gist"] or row["text"], most)


def _act(row: dict[str, Any], reference: Reference, now: float | None, most: int) -> str:
    """What an acknowledgement says, in words; as it stands when it has not their form."""
    other = "ours" if row["dir"] == "theirs" else "theirs"
    try:
        said: Any = json.loads(row["text"] or "")
        if row["kind"] == "displayed":
            runs = [([n, *inc], n + count - 1) for n, count, *inc in said[:RUNS_MAX]]
            shown = [_run(reference(other, a), b if b > a[0] else None) for a, b in runs]
            if more := sum(count for _n, count, *_inc in said[RUNS_MAX:]):
                shown.append(ngettext("and %(num)s more", "and %(num)s more", more))
            return ", ".join(shown)
        if row["kind"] in ("confirmed", "corrected"):
            more = f": {first_words(str(said[1]), most)}" if len(said) > 1 else ""
            return _("read-back %(ref)s", ref=reference(other, said[0])) + more
        rest: list[Any] = [
            first_words(part, most) if isinstance(part, str) else part
            for part in said[1:PARTS_MAX]
            if part is not None
        ]
        words = reference(other, said[0])
        if row["kind"] == "opened":
            return words
        if row["kind"] == "wait":
            until = clock(rest[0] + EPOCH_2020, now)
            return _("%(words)s until %(time)s", words=words, time=until)
        if row["kind"] == "unable":
            return f"{words}: {rest[-1]}"
        if row["kind"] == "passed":
            return _("%(words)s to %(office)s", words=words, office=rest[0])
        if isinstance(rest[0], dict):
            fields = "; ".join(f"{a}: {b}" for a, b in rest[0].items())
            return f"{words} {first_words(fields, most)}"
        return f"{words} {rest[0]}"
    except (ValueError, TypeError, IndexError, KeyError, AttributeError, OverflowError):
        return first_words(row["text"], most)


def _run(first: str, last: int | None) -> str:
    return first if last is None else _("%(first)s to %(last)s", first=first, last=last)
