"""Which path carries which line, and what leaves by it in which order."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from parley.bearers import Path
from parley.core.effects import Effect, Outcome, Scrub, Transmit
from parley.core.errors import ParleyError
from parley.core.speaking import FRAME_VERSION
from parley.core.terms import Instant
from parley.station.line.lines import Lines, OpenLine
from parley.station.line.media import Media
from parley.store import Store

_log = logging.getLogger("parley.station")


FRAMES_A_STEP = 128  # of all paths together
BYTES_A_STEP = 262_144  # of all paths together, and of each at least one frame
FRAMES_WAITING_MAX = 128  # of one path; above it no more is read from it until they were heard
ENDED_MAX = 16  # paths that are no more and whose last frames wait; of a stranger's no more than so


class Arrivals:
    """Frames that came in and wait for a step.

    Each step takes some of every path, so that what one path brings, be it junk of a stranger,
    never stands before what another brings; and a path is read no faster than it is heard.
    """

    def __init__(self) -> None:
        self._waiting: dict[Path, deque[bytes]] = {}
        self._ended: set[Path] = set()  # paths that are no more, whose last frames wait

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, path: Path, frames: list[bytes]) -> None:
        """Let frames of one path wait."""
        waiting = self._waiting.setdefault(path, deque())
        waiting += frames
        if len(waiting) > FRAMES_WAITING_MAX:
            path.pause()

    def end(self, path: Path, *, stranger: bool) -> tuple[bool, int]:
        """A path is no more. Whether frames of it still wait, in which case `take` names it once it
        has given the last of them; and how many were dropped."""
        if path not in self._waiting:
            return False, 0
        if stranger and len(self._ended) >= ENDED_MAX:
            return False, len(self._waiting.pop(path))
        self._ended.add(path)
        return True, 0

    def take(self) -> tuple[list[tuple[Path, list[bytes]]], list[Path]]:
        """The next few frames of every path, and the paths whose end has come with them."""
        if not self._waiting:
            return [], []
        share = max(1, FRAMES_A_STEP // len(self._waiting))
        room = BYTES_A_STEP // len(self._waiting)
        taken: list[tuple[Path, list[bytes]]] = []
        ends: list[Path] = []
        for path, waiting in list(self._waiting.items()):
            frames, size = list[bytes](), 0
            while waiting and len(frames) < share and (size := size + len(waiting[0])) <= room:
                frames.append(waiting.popleft())
            taken.append((path, frames or [waiting.popleft()]))
            if waiting:
                continue
            del self._waiting[path]
            if path in self._ended:
                self._ended.remove(path)
                ends.append(path)
            else:
                path.resume()
        return taken, ends

    def clear(self) -> None:
        """Forget all that waits."""
        self._waiting.clear()
        self._ended.clear()


class Carrying:
    """Paths and the lines they carry.

    When we call, we know for which line. Whoever calls us may be anybody: the line shows itself in
    the first frame that is authentic and fresh, so that no recording takes a line over.
    """

    def __init__(self, lines: Lines) -> None:
        self.strange_frames = 0  # that no line knew
        # Who, it seems, speaks a newer version on which line; the station tells people.
        self.newer: dict[OpenLine, str] = {}
        self.media = Media()
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
        self.media.bind(path, open_line)
        beside = bool(open_line.paths) and not (path.vouched or open_line.line.resting)
        open_line.paths.append(path)
        if beside:
            open_line.line.probe()
        else:
            open_line.line.path_up(now)

    def unbind(self, path: Path, now: Instant) -> OpenLine | None:
        """The path is no more; another one of its line takes over, if there is one. Which line."""
        open_line = self._carried.pop(path, None)
        if open_line is None:
            return None
        self.media.unbind(path)
        relied_on = path.vouched and path is open_line.in_use()[0]
        open_line.paths.remove(path)
        if not open_line.paths:
            open_line.line.path_down(now)
        elif relied_on:
            open_line.line.path_up(now)
        return open_line

    def sift(self, path: Path, frames: list[bytes]) -> list[bytes]:
        """The frames of a path that are worth a step; a flood of others costs a look each."""
        open_line = self._carried.get(path)
        return frames if open_line is None else open_line.line.sift(frames)

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
                continue
            outcome = open_line.line.hear(frame, now, path.peer)
            if outcome.authentic and not path.vouched:
                path.vouched = True
                if len(open_line.paths) > 1:  # only now it is known that it leads there
                    open_line.line.path_up(now)
            elif outcome is Outcome.NEWER and (path.vouched or path.dialled):
                self.newer[open_line] = path.peer
        return bound

    def _whose(self, path: Path, frame: bytes, now: Instant) -> OpenLine | None:
        for open_line in self._lines:
            if open_line.stop is not None:
                continue
            outcome = open_line.line.hear(frame, now, path.peer)
            if outcome.authentic:
                path.vouched = True
            # Who is deaf to us can only repeat its RESUME, or its OPEN where the secrets of the
            # meeting differ, and is to be answered where it calls. It may be a recording, so the
            # path is not vouched for, and nobody who plays one while the other side is heard gets
            # a copy of what we send.
            if outcome.authentic or (
                outcome in (Outcome.ASKED, Outcome.DIFFERS)
                and not (open_line.paths and open_line.observed == "heard")
            ):
                return open_line
            if outcome is Outcome.NEWER and frame[0] >> 5 == FRAME_VERSION:
                self.newer[open_line] = path.peer  # it is an OPEN, and names the line
        return None


@dataclass(slots=True)
class Load:
    """Frames of one line that leave together."""

    open_line: OpenLine
    frames: list[bytes] = field(default_factory=list)
    probes: list[bytes] = field(default_factory=list)  # by the path that has come up, and no other

    def leaves(self) -> None:
        """Hand it to the paths. What one of them does not take comes again, and keeps nobody from
        being told what is durable."""
        try:
            self.open_line.send(self.frames, self.probes)
        except Exception:
            _log.exception("a path of the line %s failed", self.open_line.agreed.name)


class Departures:
    """What leaves after a step: first what may, then, once retired keys are in no file, the rest.

    What waits for the scrub goes out before anything of a later step, since that step's packets
    speak of entries whose keys the scrub is for.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._first: list[Load] = []
        self._rest: list[Load] = []

    def lay_out(self, open_line: OpenLine, effects: Iterable[Effect]) -> Iterator[Effect]:
        """Put aside what leaves; hand on the rest, which the step must keep and note first.

        What stands before a Scrub leaves as soon as the step is durable, what stands behind it once
        retired keys are in no file.
        """
        first, after = Load(open_line), Load(open_line)
        scrub = False
        for effect in effects:
            if isinstance(effect, Transmit):
                load = after if scrub else first
                (load.probes if effect.alone else load.frames).append(effect.frame)
            elif isinstance(effect, Scrub):
                scrub = True
            else:
                yield effect
        if first.frames or first.probes:
            self._first.append(first)
        if scrub:
            self._rest.append(after)

    def undo(self) -> None:
        """The step was not kept: nothing of it leaves."""
        self._first.clear()
        self._rest.clear()

    def leave(self) -> bool:
        """Send what may leave now; whether something waits for a scrub."""
        first, self._first = self._first, []
        for load in first:
            load.leaves()
        return bool(self._rest)

    def scrub_and_leave(self, now: Instant) -> None:
        """Clear retired keys from every file and send the rest; where that fails, hold it back."""
        rest, self._rest = self._rest, []
        if not rest:
            return
        try:
            self._store.scrub()
        except Exception as error:
            if isinstance(error, ParleyError):
                _log.warning("%s %s", error.sentence, error.hint)
            else:
                _log.exception("retired keys were not cleared")
            for open_line in {load.open_line.key: load.open_line for load in rest}.values():
                open_line.line.scrub_failed(now)
            return
        for load in rest:
            load.leaves()
