"""The list of keyboard shortcuts, and the switch that turns them off."""

from __future__ import annotations

from starlette.responses import Response

from parley.console.desk import Visit

KEYS = (
    ("F", "to the FLASH that rings"),
    ("S", "silence this tab; the clock runs on"),
    ("T", "play the test tone of a deaf tab"),
    ("J  K", "down and up a list; Enter opens"),
    ("O", "open the message on screen"),
    ("P", "pass it on to an office"),
    ("B", "read it back"),
    ("C", "confirm a read-back"),
    ("A", "answer it"),
    ("M", "to the minute of its call"),
    ("U", "say that you are unable"),
    ("E", "edit your draft"),
    ("B  H  E", "in a call: open it, put it on hold or go on, end it"),
    ("M  V  W", "in a call: microphone, camera, say by text"),
    ("?", "this list"),
)


async def show(visit: Visit) -> Response:
    """GET /keys"""
    page = await visit.frame()
    pages = [(item["key"], f"to the page {item['name']}") for item in page.nav]
    return await visit.page("keys.html", page, keys=[*pages, *KEYS])
