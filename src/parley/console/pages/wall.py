"""The wall: every line at a glance, from four metres; plots are drawn here, without script."""

from __future__ import annotations

from math import log10

from starlette.responses import Response

from parley.console.desk import Visit
from parley.console.frame import View
from parley.console.tongues import N_, _
from parley.console.words import answers, local, share, span

NO_BREAK = "\u00a0"
# A strip of a day or a month is so wide, and what is drawn in it so high, in units of its own.
WIDE, HIGH = 720.0, 60.0
DAY_S, MONTH_S = 86_400.0, 30 * 86_400.0
LEAST_S, MOST_S = 1.0, 86_400.0  # the ends of the scale of answer times, which is logarithmic
MARKS = ((60.0, "1 min"), (600.0, "10 min"), (3_600.0, "1 h"), (21_600.0, "6 h"))


async def show(visit: Visit) -> Response:
    """GET /wall"""
    page = await visit.frame()
    status = await visit.call("status", figures=True)
    return await visit.page(
        "wall.html",
        page,
        walls={line["line"]: wall(line, page.now) for line in status["lines"]},
        wide=WIDE,
        high=HIGH,
        scale=marks(),
    )


def wall(line: View, now: float) -> View:
    """What the wall shows of one line."""
    day, month = line["figures"]["day"], line["figures"]["month"]
    last_day, last_month = (each.replace(" ", NO_BREAK) for each in (_("24 h"), _("30 d")))
    return {
        "local": {
            side: {"zone": zone, "shown": local(now, zone)}
            for side, zone in line["places"].items()
            if zone
        },
        "availability": [
            {
                "window": name,
                "share": None if found["availability"] is None else share(found["availability"]),
                "alternative": in_words(found),
                "drawn": drawn,
            }
            for name, found, drawn in (
                (last_day, day["observed"], strip(day["observed"], now)),
                (last_month, month["observed"], bars(month["observed"], now)),
            )
        ],
        "answers": [
            {
                "who": _(who),
                "day": answers(day[key]),
                "month": answers(month[key]),
                "plots": [
                    {
                        "window": name,
                        "median": None
                        if found[key]["median_s"] is None
                        else span(found[key]["median_s"]),
                        "said": answers(found[key]),
                        "dots": dots(found[key]["points"], now, window_s),
                    }
                    for name, found, window_s in (
                        (last_day, day, DAY_S),
                        (last_month, month, MONTH_S),
                    )
                ],
            }
            for who, key in (
                (N_("We answer"), "answered_here"),
                (N_("They answer"), "answered_there"),
            )
        ],
    }


def strip(observed: View, now: float) -> list[View]:
    """Each stretch as a band: high where silent, half as high where heard."""
    found = []
    for each in observed["stretches"]:
        left, right = (_x(each[end], now, DAY_S) for end in ("from", "to"))
        bands = {"heard": (HIGH / 2, HIGH / 2), "silent": (0.0, HIGH)}
        top, high = bands.get(each["state"], (HIGH - 3, 3.0))
        kind = each["state"].replace(" ", "-")
        found.append(_box(left, top, max(right - left, 1.0), high, kind))
    return found


def bars(observed: View, now: float) -> list[View]:
    """A bar for each day of UTC, as high as the share in which the line was heard; what is missing
    to the whole stands above it."""
    found = []
    for each in observed["days"]:
        left, wide = _x(each["day"], now, MONTH_S), WIDE / 30 - 4
        high = HIGH * each["availability"]
        found.append(_box(left, HIGH - high, wide, high, "heard"))
        if high < HIGH:
            found.append(_box(left, 0.0, wide, HIGH - high, "silent"))
    return found


def dots(points: list[View], now: float, window_s: float = MONTH_S) -> list[View]:
    """A dot for each answer: later to the right, slower above; a cross where it was late."""
    return [
        {
            "x": round(_x(each["at"], now, window_s), 1),
            "y": round(height_of(each["took_s"]), 1),
            "late": each["late"],
        }
        for each in points
    ]


def height_of(took_s: float) -> float:
    """Where an answer time stands on the scale, from the top."""
    part = log10(min(max(took_s, LEAST_S), MOST_S)) / log10(MOST_S)
    return HIGH * (1 - part)


def marks() -> list[View]:
    """The lines of the scale."""
    return [{"y": round(height_of(s), 1), "words": words} for s, words in MARKS]


def in_words(observed: View) -> str:
    """What a plot shows, for who does not see it."""
    if observed["availability"] is None:
        return _("Not observed yet.")
    said = _(
        "Heard %(heard)s, silent %(silent)s, over the last %(all)s.",
        heard=span(observed["heard_s"]),
        silent=span(observed["silent_s"]),
        all=span(observed["to"] - observed["from"]),
    )
    gone = observed["not_running_s"]
    if gone < 60:
        return said
    stood_still = _("This station did not run for %(span)s.", span=span(gone))
    return f"{said} {stood_still}"


def _x(moment: float, now: float, window_s: float) -> float:
    return min(max(WIDE * (1 - (now - moment) / window_s), 0.0), WIDE)


def _box(x: float, y: float, wide: float, high: float, kind: str) -> View:
    return {
        "x": round(x, 1),
        "y": round(y, 1),
        "w": round(wide, 1),
        "h": round(high, 1),
        "is": kind,
    }
