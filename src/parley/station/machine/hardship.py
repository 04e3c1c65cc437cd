"""What the station could not keep lately: for its screens, and once in its log, not each second."""

from __future__ import annotations

import logging
from typing import Any

from parley.core.errors import ParleyError
from parley.core.terms import Instant

STANDS_S = 30.0  # a station that hears its counterpart tries more often than that
LOG_EVERY_S = 600.0

_log = logging.getLogger("parley.station")


class Hardship:
    """The newest step that was undone, and since when steps are."""

    def __init__(self) -> None:
        self._error: ParleyError | None = None
        self._since = self._last = Instant(0.0, 0.0)
        self._logged = 0.0
        self.logs = True  # not where whoever asked is told the same at once

    def note(self, error: ParleyError, now: Instant) -> None:
        """Another step was undone."""
        before = self._error
        if before is None or now.mono - self._last.mono > STANDS_S:
            self._since = now
        if self.logs and (
            before is None
            or before.sentence != error.sentence
            or now.mono - self._logged > LOG_EVERY_S
        ):
            _log.warning("%s", error.sentence)
            self._logged = now.mono
        self._error, self._last = error, now

    def view(self, now: Instant) -> dict[str, Any] | None:
        """What people must know now; None when the last steps were kept."""
        if self._error is None or now.mono - self._last.mono > STANDS_S:
            return None
        return {
            "sentence": self._error.sentence,
            "hint": self._error.hint,
            "since": self._since.wall,
        }
