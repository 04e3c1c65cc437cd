"""The green room: a person tries camera, microphone and loudspeaker before a call.

All of it happens in the browser. `static/green-room.js` is the page, `devices.js` what this browser
lacks, `media-worker.js` seals, sends, opens and decodes (spec/media.md M5, M6, M7 and M10; M12 are
the words between it and `media_socket.py`), `media-sound.js` is the sound device's side.
"""

from __future__ import annotations

from starlette.responses import Response

from parley.console.desk import Visit
from parley.console.guard import DEVICES


async def show(visit: Visit) -> Response:
    """GET /green-room"""
    answer = await visit.page("green_room.html", await visit.frame())
    answer.headers.update(DEVICES)
    return answer
