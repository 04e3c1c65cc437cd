"""Which path carries which line, and what leaves by it in which order."""

from __future__ import annotations

import logging

from parley.bearers import Path
from parley.core.errors import ParleyError
from parley.core.terms import Instant
from parley.station.lines import Lines, OpenLine
from parley.store.sqlite import SqliteStore

_log = logging.getLogger("parley.station")

Frames = tuple[OpenLine, list[bytes]]


class Carrying:
    """Paths and the lines they carry.

    When we call, we know for which line. Whoever calls us may be anybody: the line shows itself in
    the first frame that is authentic and fresh, so that no recording takes a line over.
    """

    def __init__(self, lines: Lines) -> None:
        self.strange_frames = 0  # that no line knew
        self._lines = lines
        self._carried: dict[Path, OpenLine] = {}

    def carries(self, path: Path) -> bool:
        """Whether a path is known to carry a line."""
        return path in self._carried

    def bind(self, path: Path, open_line: OpenLine, now: Instant) -> None:
        """From now on frames of this line go by this path."""
        if path in self._carried:
            return
        self._carried[path] = open_line
        open_line.paths.append(path)
        open_line.line.path_up(now)

    def unbind(self, path: Path, now: Instant) -> OpenLine | None:
        """The path is no more; another one of its line takes over, if there is one. Which line."""
        open_line = self._carried.pop(path, None)
        if open_line is None:
            return None
        in_use = open_line.paths[-1] is path
        open_line.paths.remove(path)
        if not open_line.paths:
            open_line.line.path_down(now)
        elif in_use:
            open_line.line.path_up(now)
        return open_line

    def hear(self, path: Path, frames: list[bytes], now: Instant) -> OpenLine | None:
        """Give frames to the line they are for; while nobody knows which, every line is asked.
        The line, when one of the frames has just shown it."""
        bound: OpenLine | None = None
        open_line = self._carried.get(path)
        for frame in frames:
            if open_line is None:
                open_line = self._whose(path, frame, now)
                if open_line is None:
                    self.strange_frames += 1
                    continue
                self.bind(path, open_line, now)
                bound = open_line
                path.vouched = True
            elif open_line.line.hear(frame, now, path.peer).authentic and not path.vouched:
                path.vouched = True
        return bound

    def _whose(self, path: Path, frame: bytes, now: Instant) -> OpenLine | None:
        for open_line in self._lines:
            if open_line.line.hear(frame, now, path.peer).authentic:
                return open_line
        return None


class Departures:
    """What leaves after a step: first what may, then, once retired keys are in no file, the rest.

    What waits for the scrub goes out before anything of a later step, since that step's packets
    speak of entries whose keys the scrub is for.
    """

    def __init__(self, store: SqliteStore) -> None:
        self._store = store
        self._first: list[Frames] = []
        self._rest: list[Frames] = []

    def first(self, open_line: OpenLine, frames: list[bytes]) -> None:
        """Frames that leave as soon as the step is durable."""
        self._first.append((open_line, frames))

    def after_scrub(self, open_line: OpenLine, frames: list[bytes]) -> None:
        """Frames that wait until retired keys are in no file."""
        self._rest.append((open_line, frames))

    def undo(self) -> None:
        """The step was not kept: nothing of it leaves."""
        self._first.clear()
        self._rest.clear()

    def leave(self) -> bool:
        """Send what may leave now; whether something waits for a scrub."""
        first, self._first = self._first, []
        for open_line, frames in first:
            open_line.send(frames)
        return bool(self._rest)

    def scrub_and_leave(self, now: Instant) -> None:
        """Clear retired keys from every file and send the rest; where that fails, hold it back."""
        rest, self._rest = self._rest, []
        if not rest:
            return
        try:
            self._store.scrub()
        except ParleyError as error:
            _log.warning("%s %s", error.sentence, error.hint)
            for open_line in {each.key: each for each, _ in rest}.values():
                open_line.line.scrub_failed(now)
            return
        for open_line, frames in rest:
            open_line.send(frames)
