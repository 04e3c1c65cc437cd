"""Pages to be printed: one message, the timeline of an incident, the log of a day.

What is printed leaves the screen that said what it is. So every sheet of paper bears the status at
its top and bottom and its number of how many (CSS Paged Media, named pages); each text has its
SHA-256, and the heads say which record it stands in. What differs in status never shares a sheet.
"""

from __future__ import annotations

from hashlib import sha256
from importlib.resources import files
from itertools import groupby
from typing import Any

from parley.console.patterns import templates
from parley.console.tongues import _
from parley.console.views import ATTRIBUTION, KINDS, parts
from parley.console.words import short_stage

View = dict[str, Any]


def message(view: View, record: View, us: str, them: str, *, linked: bool = False) -> str:
    """One message; `linked` for a page of the console, whose style stands in a file."""
    sides = {"ours": us, "theirs": them}
    return _page(
        "print_message.html",
        linked,
        us=us,
        title=f"{sides[view['dir']]} {view['n']}",
        message=view,
        stages=[_stage(stage, sides) for stage in view["stages"]],
        kind_words=KINDS.get(view["kind"], view["kind"]),
        text_sha256=_sha256(view["text"]),
        attribution="" if view["provisional"] else ATTRIBUTION[view["attribution"]],
        heads=[(sides[dir], head) for dir, head in record["heads"].items()],
        incarnation=parts(view["line"])[1],
    )


def _stage(stage: View, sides: dict[str, str]) -> View:
    """A stage under its short name, with the message of either side that it came by."""
    by = ""
    if stage.get("by_line"):
        by, older = f"{sides[stage['side']]} {stage['n']}", parts(stage["by_line"])[1]
        by = _("%(said)s, incarnation %(older)s", said=by, older=older) if older else by
    return {**stage, "stage": short_stage(stage["stage"]), "by_message": by}


def rows(what: str, view: View, us: str, *, linked: bool = False, **asked: Any) -> str:
    """A timeline or the log of a day, in parts by status; each part begins a sheet."""
    order = ("ACTUAL", "EXERCISE", "TEST", "SERVICE", "UNKNOWN")

    def sheets(row: View) -> tuple[bool, int]:
        return row["kind"] == "chat", order.index(row["status"])  # spec/chat.md O7

    sections = [
        (order[status], chat, [_row(row, us) for row in members])
        for (chat, status), members in groupby(sorted(view["rows"], key=sheets), key=sheets)
    ]
    daylog = what == "daylog"
    title = _("Log of %(day)s", day=view["date"]) if daylog else _("Timeline")
    return _page(
        "print_rows.html",
        linked,
        us=us,
        title=title,
        what=what,
        sections=sections,
        view=view,
        asked={name: value for name, value in asked.items() if value},
    )


def watch_log(view: View, *, linked: bool = False) -> str:
    """Sheets of the watch log, each on paper of its own, exactly as they were signed."""
    return _page(
        "print_watch.html",
        linked,
        us=view["party"],
        title=_("Watch log"),
        station=view["station"],
        rows=[row for row in view["log"] if row["text"]],
    )


def _row(row: View, us: str) -> View:
    kind = KINDS.get(row["kind"], row["kind"])
    return {**row, "speaker": us if row["dir"] == "ours" else row["counterpart"], "kind": kind}


def _sha256(text: str | None) -> str:
    return "" if text is None else sha256(text.encode()).hexdigest()


def _page(template: str, linked: bool, **values: Any) -> str:
    style = files("parley.console").joinpath("static", "print.css").read_text(encoding="utf-8")
    return templates().get_template(template).render(style="" if linked else style, **values)
