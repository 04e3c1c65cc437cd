"""How a rehearsal of a call went, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from parley.catalogue.calls import moment as form_moment
from parley.cli import shown, voice

View = dict[str, Any]
NAMES = {
    "picture": "picture seen",
    "sound": "sound heard",
    "channel": "interpretation channel heard",
    "text": "text and captions received",
    "digits": "check digits read aloud and equal",
}


def checks_in_words(view: View) -> Iterator[str]:
    """What is tried, and what each side found."""
    for each in view["checks"]:
        found = "; ".join(f"{side}: {_found(each[side])}" for side in ("ours", "theirs"))
        yield f"{NAMES[each['item']].capitalize()}: {found}"
    if view["rehearsal"]:
        yield {
            "good": "All good at both sides.",
            "failed": "Not all is good.",
            "unfinished": "Not all was tried yet.",
        }[view["verdict"]]


def _found(check: View | None) -> str:
    if check is None:
        return "not tried"
    words = f" ({voice.one_line(check['words'], 400)})" if check["words"] else ""
    return f"{check['result'].upper() if check['result'] == 'failed' else check['result']}{words}"


def how_it_went(view: View, now: float) -> str:
    """How a call was rehearsed, in a line."""
    of = "This call: "
    if "time" in view:
        of = f"The call of {form_moment(view['time'])}: "
    return f"{of}{in_short(view, now)}"


def in_short(view: View, now: float | None = None) -> str:
    """The same without which call it is."""
    if view["state"] == "not rehearsed":
        return "not rehearsed."
    if view["at"] is None:
        return "the rehearsal is open; the other side has not come."
    at = shown.moment(view["at"], now)
    if view["state"] == "good":
        return f"rehearsed {at}, all good."
    said = "; ".join(
        f"{each['item']} ({each['dir']}) {each['state']}"
        + (f": {voice.one_line(each['words'], 200)}" if each["words"] else "")
        for each in view["faults"]
    )
    if view["state"] == "open":
        return f"is being rehearsed since {at}; not tried yet: {said}."
    how = "NOT ALL GOOD" if view["state"] == "failed" else "not finished"
    return f"rehearsed {at}, {how}: {said}."
