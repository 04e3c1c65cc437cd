"""The list of keyboard shortcuts, and the switch that turns them off."""

from __future__ import annotations

from starlette.responses import Response

from parley.console.desk import Visit
from parley.console.tongues import N_, _

KEYS = (
    ("F", N_("to the FLASH that rings")),
    ("S", N_("silence this tab, of a message for a minute; its clock runs on")),
    ("T", N_("play the test tone of a deaf tab")),
    ("J  K", N_("down and up a list; Enter opens")),
    ("O", N_("open the message on screen")),
    ("P", N_("pass it on to an office")),
    ("B", N_("read it back")),
    ("C", N_("confirm a read-back")),
    ("A", N_("answer it")),
    ("M", N_("to the minute of its call")),
    ("U", N_("say that you are unable")),
    ("E", N_("edit your draft")),
    ("B  H  E", N_("in a call: open it, put it on hold or go on, end it")),
    ("M  V  W", N_("in a call: microphone, camera, say by text")),
    ("X  ␣", N_("in a call: cough unheard, or push to talk, while it is pressed")),
    ("N  D  G", N_("in a call: what you hear, type a caption, set the agenda")),
    ("P  Y  R", N_("in a call: hand over, acknowledge, relieve the interpreter")),
    ("O  A  Q", N_("in a call: show something, agree to see it, stop what is shown")),
    ("?", N_("this list")),
)


async def show(visit: Visit) -> Response:
    """GET /keys"""
    page = await visit.frame()
    pages = [
        (item["key"], _("to the page %(name)s", name=_(item["name"])))
        for item in page.nav
        if item["key"]
    ]
    keys = [*pages, *((key, _(does)) for key, does in KEYS)]
    return await visit.page("keys.html", page, keys=keys)
