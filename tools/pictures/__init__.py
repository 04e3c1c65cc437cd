"""The pictures of the console that our pages show, of real stations in a real Chromium.

`python -m tools.pictures docs/pictures` takes them; a test takes them too, and says which of those
that are kept no longer show the pages of today.
"""

from __future__ import annotations

SIZE = (1280, 800)
DESK = (
    "lines",
    "inbox",
    "write",
    "release",
    "flash",
    "translation",
    "sent",
    "hand-over",
    "find",
    "wall",
)
CALLS = ("green-room", "minute", "calls", "call", "rehearsal", "showing")
NAMES = tuple(f"{name}.png" for name in DESK + CALLS)
