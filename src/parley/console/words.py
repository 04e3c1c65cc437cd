"""How values become words on a page: times, spans, hashes, and how a text begins."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from parley.catalogue.counting import count_words
from parley.console.signs import figures_in_order, pieces, seen_signs
from parley.console.tongues import N_, _, duration, ngettext, number, percent, pgettext
from parley.console.vocabulary import word

# To whom a record can be proved: on every screen of its line.
POLICIES = {
    "attributable": N_("attributable: provable to others"),
    "deniable": N_("deniable: provable to each other only"),
}

# Acts that another message did to this one, as a stage; which message it was stands beside them.
BY_A_MESSAGE = {"corrected by": "corrected later", "retracted by": "retracted"}


def short_stage(name: str) -> str:
    """A stage of a message as it is shown."""
    return BY_A_MESSAGE.get(name, name)


LINE_MAX = 140  # characters of a text in a list


def first_words(text: str | None, most: int = LINE_MAX) -> str:
    """How it begins, in one line, for a list."""
    if text is None:
        return _("an entry that cannot be read")
    return figures_in_order(seen_signs(shortened(text, most)))


def shortened(text: str, most: int) -> str:
    """One line of a text, cut where there is no more room."""
    line = " ".join(text[: 4 * most].split())
    return line if len(line) <= most else line[: most - 1].rstrip() + "…"


# A counterpart's clock may claim any moment, and the calendar here ends with this second.
LAST_MOMENT = 253_402_300_799


def _utc(moment: float) -> datetime:
    return datetime.fromtimestamp(min(moment, LAST_MOMENT), UTC)


def iso(moment: float) -> str:
    """A moment in full, UTC; the last second of 9999 for any that is later."""
    return _utc(moment).strftime("%Y-%m-%dT%H:%M:%SZ")


def clock(moment: float, now: float | None = None) -> str:
    """A moment as it is read aloud: the time of day, with the date unless it is today."""
    when = _utc(moment)
    if now is not None and _utc(now).date() == when.date():
        return when.strftime("%H:%M:%SZ")
    return when.strftime("%Y-%m-%d %H:%M:%SZ")


def minute(moment: float) -> str:
    """A minute that was agreed, with its date always."""
    return _utc(moment).strftime("%Y-%m-%d %H:%MZ")


def span(seconds: float) -> str:
    """A length of time: 0:41, 12:05, 2:59:10, 3 d 04 h."""
    whole = int(seconds)
    if whole >= 86_400:
        hours = f"{whole % 86_400 // 3600:02d}"
        return _("%(days)s d %(hours)s h", days=whole // 86_400, hours=hours)
    if whole >= 3600:
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}"


def left(seconds: float) -> str:
    """What a running clock shows."""
    return span(seconds) if seconds >= 0 else _("OVERDUE %(span)s", span=span(-seconds))


def age(seconds: float | None) -> str:
    """How long ago."""
    if seconds is None:
        return _("not yet")
    if seconds < 60:
        return _("%(seconds)s s", seconds=max(0, int(seconds)))
    return span(seconds)


def within(seconds: float) -> str:
    """A time allowed, in words: 10 minutes, 3 hours."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return duration(round(seconds), "second")
    if minutes % 60:
        return duration(minutes, "minute")
    return duration(minutes // 60, "hour")


def share(part: float) -> str:
    """A share of a time: 99.98 %, and 100 % only where nothing is missing."""
    return percent(1.0, 0) if part >= 1 else percent(int(part * 10_000) / 10_000, 2)


def answers(view: dict[str, Any]) -> str:
    """How messages of one direction were acknowledged, and how many may still be in their time."""
    if not view["messages"]:
        return _("no message")
    waiting, over = view["waiting"], view["messages"] - view["waiting"]
    waits = ngettext("%(num)s still waiting", "%(num)s still waiting", waiting) if waiting else ""
    if waits and over:
        return _("%(before)s; %(next)s", before=_answered(view, over), next=waits)
    return waits or _answered(view, over)


def _answered(view: dict[str, Any], over: int) -> str:
    count = _("%(answered)s of %(all)s", answered=view["answered"], all=over)
    if view["median_s"] is None:
        return count
    median, slowest, late = span(view["median_s"]), span(view["slowest_s"]), view["late"]
    said = {"count": count, "median": median, "slowest": slowest}
    if not late:
        return _("%(count)s, median %(median)s, slowest %(slowest)s", **said)
    return _("%(count)s, median %(median)s, slowest %(slowest)s, %(late)s late", **said, late=late)


def local(moment: float, zone: str) -> str:
    """A moment by the clocks of a place; empty where this machine does not know the zone."""
    try:
        when = datetime.fromtimestamp(min(moment, LAST_MOMENT), ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ""
    return when.strftime("%H:%M %Z")


def groups(digits: str, most: int | None = None) -> str:
    """A hash in groups of eight, as it is compared by two people."""
    cut = [digits[at : at + 8] for at in range(0, len(digits), 8)]
    return " ".join(cut if most is None else cut[:most]) + ("" if most is None else " …")


def hexdump(data: bytes) -> str:
    """Bytes in rows of sixteen, with what of them is ASCII."""
    rows = []
    for at in range(0, len(data), 16):
        row = data[at : at + 16]
        plain = "".join(chr(byte) if 0x20 <= byte < 0x7F else "." for byte in row)
        rows.append(f"{at:06x}  {row[:8].hex(' '):23}  {row[8:].hex(' '):23}  {plain}")
    return "\n".join(rows)


def sentence(words: str) -> str:
    """A hint as a sentence: with a capital and a full stop."""
    return words if not words else words[0].upper() + words[1:].rstrip(".") + "."


def roles(names: Sequence[str]) -> str:
    """The roles of a person, as they are called."""
    # For translators: what stands between the members of a list, with its space.
    comma = pgettext("list", ", ")
    return comma.join(word("watch officer" if name == "watch" else name) for name in names)


FILTERS = {
    "pieces": pieces,
    "seen_signs": seen_signs,
    "in_order": figures_in_order,
    "iso": iso,
    "clock": clock,
    "minute": minute,
    "span": span,
    "left": left,
    "age": age,
    "within": within,
    "groups": groups,
    "hexdump": hexdump,
    "sentence": sentence,
    "roles": roles,
    "share": share,
    "answers": answers,
    "local": local,
    "words": lambda text: number(count_words(text)),
    "number": number,
    "bytes": lambda text: number(len(text.encode(errors="surrogatepass"))),
    "lines": lambda text: text.count("\n") + 1,
}
