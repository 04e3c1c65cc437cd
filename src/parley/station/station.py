"""The step loop: everything that happens to a station goes through one place, in batches.

Frames, operations of people, paths that come and go, and the clock are queued while a step runs.
The next step takes all of them, lets each change what it changes in one store transaction, asks
every line what follows, and commits. Only then is anything sent, told or answered; and only when
the keys that the step retired are in no file do receipts leave (docs/decisions/0003). When the
commit fails nothing has happened: callers hear why, and the lines are loaded as they were.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from parley.bearers import Path
from parley.core.audit import Documents
from parley.core.effects import (
    Effect,
    Heard,
    Keep,
    LineState,
    Noticed,
    Numbered,
    Receipted,
    Saying,
    Scrub,
    Transmit,
)
from parley.core.errors import Halted, Misused, ParleyError, Refused, Unavailable
from parley.core.kept import EntryRow
from parley.core.keys import Entropy
from parley.core.line import Line
from parley.core.terms import Instant
from parley.station import introductions, messages, roster
from parley.station.audit_trail import Trail
from parley.station.bearing import Bearing, keep_trying
from parley.station.clock import Alarm, Clock
from parley.station.control import Answer, Reply
from parley.station.events import Event, Events
from parley.station.folder import Home
from parley.station.lines import Agreed, OpenLine
from parley.station.operations import Beside, Operation, find
from parley.station.people import People
from parley.station.person import Person
from parley.station.watch import Watch
from parley.store.sqlite import SqliteStore

STEP_INPUTS_MAX = 128  # so that no step takes so long that a FLASH behind it is late
TROUBLE_PAUSE_S = 1.0  # after a step that could not be kept
TICK_S_MIN = 0.001
ROOM_S = 0.05  # a path that is just full may not tell when it is no longer

_log = logging.getLogger("parley.station")


@dataclass(frozen=True, slots=True)
class Call:
    """An operation somebody asked for."""

    operation: Operation
    who: Person
    arguments: Mapping[str, Any]
    reply: Reply


class _Tangled(Exception):
    """An operation said something and then failed: the whole step is undone."""


class Station:
    """One station, while it runs or while its folder is set up."""

    def __init__(
        self,
        home: Home,
        store: SqliteStore,
        *,
        clock: Clock,
        entropy: Entropy,
    ) -> None:
        """Go on from what the store holds."""
        self.home = home
        self.store = store
        self.clock = clock
        self.entropy = entropy
        self.now: Instant = clock.now()
        self.started = self.now
        self.events = Events(self.now.wall)
        self.people = People(store)
        self.trail = Trail(store)
        self.bearers: list[Bearing] = []
        self.strange_frames = 0  # that no line knew
        self.roster_changed = True
        self.lines_changed = False  # an operation of this step opens one
        self._lines: dict[tuple[bytes, int], OpenLine] = {}
        self._carried: dict[Path, OpenLine] = {}
        self._inputs: deque[Call | Callable[[], None]] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False
        self._alarm: tuple[float, Alarm] | None = None
        self._not_before = 0.0
        self._broken = False  # what is in memory is not what is durable
        self._tail: deque[tuple[OpenLine, list[bytes]]] = deque()  # to send after a scrub
        self._tail_scheduled = False
        # What one step gathers.
        self._said = 0
        self._happened: list[Event] = []
        self._answers: list[tuple[Reply, Answer | Beside]] = []
        self._numbers: dict[tuple[bytes, int, int], dict[str, Any]] = {}
        self._after: list[Callable[[], None]] = []
        self._take_up_lines()
        self.watch = Watch(self)
        self._trying: set[asyncio.Task[None]] = set()

    # --- life

    def start(self) -> None:
        """Begin to step, from within an event loop."""
        self._loop = asyncio.get_running_loop()
        self._soon()

    def stop(self) -> None:
        """Step no more. What was asked and not yet carried out is refused."""
        self._loop = None
        for trying in self._trying:
            trying.cancel()
        if self._alarm is not None:
            self._alarm[1].cancel()
            self._alarm = None
        stopped = Unavailable("The station is stopping.", "Ask again once it serves.")
        for each in self._inputs:
            if isinstance(each, Call):
                each.reply(stopped)
        self._inputs.clear()

    def _take_up_lines(self) -> None:
        """Open the lines that are agreed and not open yet; their records are enrolled."""
        self.lines_changed = False
        for agreed in introductions.agreed(self.store, self.home):
            key = (agreed.terms.line_id, agreed.terms.inc)
            if key not in self._lines:
                self._lines[key] = OpenLine(agreed, self._load(agreed))
                self.roster_changed = True
        self._soon()

    def _load(self, agreed: Agreed) -> Line:
        terms = agreed.terms
        kept = self.store.load(terms.line_id, terms.inc, terms.side)
        past = partial(self.store.root_at, terms.line_id, terms.inc)
        return Line(terms, kept, self.entropy, past)

    # --- what operations use

    @property
    def lines(self) -> list[OpenLine]:
        """All lines."""
        return list(self._lines.values())

    def line(self, name: str | None) -> OpenLine:
        """A line by its name or the beginning of its number; the only one needs neither."""
        lines = self.lines
        if not lines:
            raise Refused(
                "This station has no line yet.", "Introduce yourselves, then agree on one."
            )
        if name is not None:
            lines = [each for each in lines if each.agreed.name == name] or [
                each for each in lines if name and each.agreed.hex.startswith(name.lower())
            ]
        if len(lines) == 1:
            return lines[0]
        known = ", ".join(each.agreed.name for each in self.lines)
        if not lines:
            raise Refused(f"There is no line {name!r:.60}.", f"There is: {known}.")
        raise Misused("Say which line you mean.", f"With --line; there is: {known}.")

    def line_of(self, line_id: bytes, inc: int) -> OpenLine:
        """The line that a row belongs to."""
        found = self._lines.get((line_id, inc))
        if found is None:
            raise Refused(
                "This belongs to a line that has a new agreement since.",
                "It stands in the record of the earlier one.",
            )
        return found

    def state(self, open_line: OpenLine) -> LineState:
        """What may be known of a line now."""
        return open_line.line.state(self.now)

    def entry(self, open_line: OpenLine, dir: int, n: int) -> EntryRow:
        """One entry of the record."""
        return self.store.entries(*open_line.key, dir, n, 1)[0]

    def steady(self) -> float:
        """Seconds on a clock that was right at the start and has never jumped since."""
        return self.started.wall + self.now.mono - self.started.mono

    def say(self, open_line: OpenLine, saying: Saying) -> int:
        """Queue an entry of ours; its number in the queue. Durable with the operation."""
        queue_id = open_line.line.say(saying, self.now)
        self._said += 1
        return queue_id

    def check_not_halted(self, open_line: OpenLine) -> None:
        """Refuse what cannot be said, before anything is noted of it."""
        why = self.state(open_line).halted
        if why is not None:
            raise Halted(
                f"The line {open_line.agreed.name} is halted: {why}.",
                "Nothing is sent until both stations have agreed how to go on; call the engineer.",
            )

    def await_number(self, open_line: OpenLine, queue_id: int, result: dict[str, Any]) -> None:
        """Put the number into `result` if the entry gets one in this step, else why it waits."""
        result["waiting"] = self.why_waiting(open_line)
        self._numbers[(*open_line.key, queue_id)] = result

    def numbers_at_once(self, open_line: OpenLine) -> bool:
        """Whether an entry said now is sure to be numbered in this step."""
        state = self.state(open_line)
        return (
            state.in_service
            and state.path_up
            and state.halted is None
            and state.queued == 0
            and state.our_size - state.receipted < 3
            and open_line.room() > 0
        )

    def publish(self, kind: str, open_line: OpenLine | None, **fields: Any) -> None:
        """Tell those who watch, once this step is durable."""
        line = open_line.agreed.hex if open_line else None
        self._happened.append({"kind": kind, "line": line, "at": self.now.wall, **fields})

    def documents(self, open_line: OpenLine) -> Documents:
        """Agreement and letters of a line."""
        return introductions.documents(self.store, *open_line.key)

    def take_up(self, bearing: Bearing) -> None:
        """Start a bearer that was added while the station serves."""
        if self._loop is not None:
            self.bearers.append(bearing)
            self._try(keep_trying(bearing))

    def give_up(self, bearer: int) -> None:
        """Stop a bearer that was removed while the station serves."""
        for bearing in [each for each in self.bearers if each.id == bearer]:
            self.bearers.remove(bearing)
            self._try(bearing.stop())

    def _try(self, work: Coroutine[Any, Any, None]) -> None:
        trying = asyncio.get_running_loop().create_task(work)
        self._trying.add(trying)
        trying.add_done_callback(self._trying.discard)

    def after_commit(self, what: Callable[[], None]) -> None:
        """Do something in the world once this step is durable."""
        self._after.append(what)

    def why_waiting(self, open_line: OpenLine) -> str:
        """Why a released entry has no number yet."""
        state = self.state(open_line)
        if not state.in_service:
            return "released, waiting for the line to open"
        if not state.path_up:
            return "released, waiting for a path to the other side"
        return "released, waiting behind what was released before"

    # --- those who bring requests

    def person_of(self, token: str) -> Person | None:
        """Whose token this is."""
        return self.people.by_token(token)

    def submit(
        self, operation: Operation, who: Person, arguments: Mapping[str, Any], reply: Reply
    ) -> None:
        """Carry an operation out in the next step, and reply once what it did is durable."""
        self._inputs.append(Call(operation, who, arguments, reply))
        self._soon()

    async def call(
        self, name: str, who: Person, arguments: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ask from within the station's own process."""
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        def reply(answer: Answer) -> None:
            if answered.done():
                return
            if isinstance(answer, ParleyError):
                answered.set_exception(answer)
            else:
                answered.set_result(answer)

        self.submit(find(name), who, arguments or {}, reply)
        return await answered

    def perform(
        self, name: str, who: Person, arguments: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Carry an operation out at once, in a station that only sets its folder up."""
        answers: list[Answer] = []
        self._inputs.append(Call(find(name), who, arguments or {}, answers.append))
        while self._inputs:
            self._step()
        answer = answers[0]
        if isinstance(answer, ParleyError):
            raise answer
        return answer

    # --- those who bring frames

    def path_up(self, path: Path, open_line: OpenLine | None) -> None:
        """A way is open; for which line is known only when we called."""
        if open_line is not None:
            self._input(partial(self._bind, path, open_line))

    def path_frames(self, path: Path, frames: list[bytes]) -> None:
        """Frames came in."""
        self._input(partial(self._hear, path, frames))

    def path_room(self, path: Path) -> None:
        """A path can take more again."""
        if path in self._carried:
            self._soon()

    def path_down(self, path: Path) -> None:
        """The way is closed."""
        self._input(partial(self._unbind, path))

    def _input(self, what: Callable[[], None]) -> None:
        self._inputs.append(what)
        self._soon()

    def _bind(self, path: Path, open_line: OpenLine) -> None:
        """From now on frames of this line go by this path."""
        if path in self._carried:
            return
        self._carried[path] = open_line
        open_line.paths.append(path)
        open_line.line.path_up(self.now)

    def _unbind(self, path: Path) -> None:
        open_line = self._carried.pop(path, None)
        if open_line is None:
            return
        in_use = open_line.paths[-1] is path
        open_line.paths.remove(path)
        if not open_line.paths:
            open_line.line.path_down(self.now)
        elif in_use:
            open_line.line.path_up(self.now)

    def _hear(self, path: Path, frames: list[bytes]) -> None:
        """Give frames to the line they are for. Who it is for shows in a frame that is fresh and
        authentic; until then every line is asked."""
        open_line = self._carried.get(path)
        for frame in frames:
            if open_line is None:
                open_line = self._whose(frame)
                if open_line is None:
                    self.strange_frames += 1
                    continue
                self._bind(path, open_line)
                path.vouched = True
            elif open_line.line.hear(frame, self.now).authentic and not path.vouched:
                path.vouched = True

    def _whose(self, frame: bytes) -> OpenLine | None:
        for open_line in self._lines.values():
            if open_line.line.hear(frame, self.now).authentic:
                return open_line
        return None

    # --- the step

    def _soon(self) -> None:
        if not self._scheduled and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._step)

    def _step(self) -> None:
        self._scheduled = False
        self.now = self.clock.now()
        count = min(len(self._inputs), STEP_INPUTS_MAX)
        inputs = [self._inputs.popleft() for _ in range(count)]
        reads: list[Call] = []
        changes: list[Call | Callable[[], None]] = []
        for each in inputs:
            if isinstance(each, Call) and each.operation.reads:
                reads.append(each)
            else:
                changes.append(each)
        if changes or not reads:
            self._change(changes)
        for call in reads:
            self._finish(call.reply, self._read(call))
        if self._inputs:
            self._soon()
        self._arm()

    def _change(self, inputs: Sequence[Call | Callable[[], None]]) -> None:
        """One transaction, and what follows from it."""
        if self._tail:
            self._send_tail()  # else what this step sends might overtake the scrub
        try:
            self._mend()
            with self.store.transaction():
                for each in inputs:
                    if isinstance(each, Call):
                        self._carry_out(each)
                    else:
                        each()
                if self.lines_changed:
                    self._after.append(self._take_up_lines)
                if self.roster_changed:
                    self._tell_rosters()
                envelopes = self._settle()
                self.watch.look()
        except Exception as error:  # whatever it was, nothing of this step has happened
            self._undo(error, inputs)
            return
        for open_line, frames in envelopes:
            open_line.send(frames)
        happened, self._happened = self._happened, []
        if happened:
            self.events.publish(happened)
        answers, self._answers = self._answers, []
        self._numbers.clear()
        for reply, answer in answers:
            self._finish(reply, answer)
        after, self._after = self._after, []
        for what in after:
            what()
        if self._tail and not self._tail_scheduled:
            self._send_tail_soon()

    def _carry_out(self, call: Call) -> None:
        """One operation, in a savepoint of its own; and a row of the audit trail for it."""
        said, happened, after = self._said, len(self._happened), len(self._after)
        answer: Answer | Beside
        try:
            with self.store.savepoint():
                answer = self._ask(call)
        except ParleyError as error:
            answer = error
        except Exception:
            answer = self._mistake(call)
        if isinstance(answer, ParleyError):
            if self._said != said:
                raise _Tangled from answer
            del self._happened[happened:], self._after[after:]
            if call.operation.setup:
                self.people.load()
        self.trail.asked(self.now.wall, call.who, call.operation.name, call.arguments, answer)
        self._answers.append((call.reply, answer))

    def _read(self, call: Call) -> Answer | Beside:
        """An operation that changes nothing, outside of any transaction."""
        try:
            return self._ask(call)
        except ParleyError as error:
            return error
        except Exception:
            return self._mistake(call)

    def _ask(self, call: Call) -> dict[str, Any] | Beside:
        call.operation.check_person(call.who)
        arguments = call.operation.check_arguments(call.arguments)
        return call.operation.run(self, call.who, **arguments)

    def _mistake(self, call: Call) -> Unavailable:
        _log.exception("operation %s failed", call.operation.name)
        return Unavailable(
            f"The station made a mistake in {call.operation.name}; nothing was changed.",
            "Its log says where; tell those who maintain it.",
        )

    def _finish(self, reply: Reply, answer: Answer | Beside) -> None:
        """Answer now, or when the work beside the loop is done."""
        if not isinstance(answer, Beside):
            reply(answer)
            return
        if self._loop is None:
            reply(_work(answer))
            return
        working = self._loop.run_in_executor(None, _work, answer)
        working.add_done_callback(lambda done: None if done.cancelled() else reply(done.result()))

    def _tell_rosters(self) -> None:
        for open_line in self._lines.values():
            if self.state(open_line).halted is None:
                roster.tell(self, open_line)
        self.after_commit(self._rosters_told)

    def _rosters_told(self) -> None:
        self.roster_changed = False

    def _settle(self) -> list[tuple[OpenLine, list[bytes]]]:
        """Ask every line what follows; keep and note it. What leaves first comes back."""
        envelopes: list[tuple[OpenLine, list[bytes]]] = []
        for open_line in self._lines.values():
            first: list[bytes] = []
            rest: list[bytes] = []
            scrub = False
            for effect in open_line.line.settle(self.now, open_line.room()):
                if isinstance(effect, Transmit):
                    (rest if scrub else first).append(effect.frame)
                elif isinstance(effect, Scrub):
                    scrub = True
                else:
                    self._note(open_line, effect)
            if first:
                envelopes.append((open_line, first))
            if scrub:
                self._tail.append((open_line, rest))
        return envelopes

    def _note(self, open_line: OpenLine, effect: Effect) -> None:
        """Make an effect durable, and note what people will ask about it."""
        match effect:
            case Keep(change):
                self.store.keep(change)
            case Numbered(queue_id, entry):
                messages.numbered(self, open_line, queue_id, entry)
                waiting = self._numbers.get((*open_line.key, queue_id))
                if waiting is not None:
                    waiting["n"], waiting["waiting"] = entry.n, None
            case Heard(entry):
                messages.heard(self, open_line, entry)
            case Receipted(upto):
                messages.receipted(self, open_line, upto)
            case Noticed():
                self.watch.noticed(open_line, effect)

    # --- what leaves once retired keys are in no file

    def _send_tail_soon(self) -> None:
        if self._loop is None:
            self._tail.clear()
            return
        self._tail_scheduled = True
        self._loop.call_soon(self._send_tail)

    def _send_tail(self) -> None:
        self._tail_scheduled = False
        tail, self._tail = self._tail, deque()
        try:
            self.store.scrub()
        except ParleyError as error:
            _log.warning("%s %s", error.sentence, error.hint)
            for open_line in {each.key: each for each, _ in tail}.values():
                open_line.line.scrub_failed(self.clock.now())
            self._arm()
            return
        for open_line, frames in tail:
            open_line.send(frames)

    # --- when a step could not be kept

    def _undo(self, error: Exception, inputs: Sequence[Call | Callable[[], None]]) -> None:
        """Nothing of this step has happened: say so, and forget what was not kept."""
        if isinstance(error, ParleyError):
            trouble = error
            _log.warning("a step was undone: %s", error.sentence)
        else:
            _log.error("a step was undone", exc_info=error)
            trouble = Unavailable(
                "The station made a mistake and undid it; nothing was changed.",
                "Its log says where; tell those who maintain it.",
            )
        self._happened.clear()
        self._answers.clear()
        self._numbers.clear()
        self._after.clear()
        self.lines_changed = False
        self._broken = True
        self._not_before = self.now.mono + TROUBLE_PAUSE_S
        try:
            self._mend()
        except Exception as again:
            _log.warning("the store cannot be read: %s", again)
        for each in inputs:
            if isinstance(each, Call):
                each.reply(trouble)
            elif isinstance(each, partial) and each.func in (self._bind, self._unbind):
                each()  # a path has come or gone, whatever became of the rest

    def _mend(self) -> None:
        """Take up again what is durable."""
        if not self._broken:
            return
        self.people.load()
        self.trail.load()
        for open_line in self._lines.values():
            open_line.line = self._load(open_line.agreed)
            if open_line.paths:
                open_line.line.path_up(self.now)
        self.watch.load()
        self._broken = False

    # --- time

    def _arm(self) -> None:
        """Be called when the next thing is due."""
        if self._loop is None:
            return
        at = self.watch.wake_at()
        for open_line in self._lines.values():
            at = min(at, open_line.line.wake_at(self.now))
            if open_line.paths and open_line.room() <= 0:
                at = min(at, self.now.mono + ROOM_S)
        at = max(at, self.now.mono + TICK_S_MIN, self._not_before)
        if self._alarm is not None:
            if self._alarm[0] <= at:
                return  # it comes early, and looks again
            self._alarm[1].cancel()
        self._alarm = (at, self.clock.call_at(at, self._on_time))

    def _on_time(self) -> None:
        self._alarm = None
        self._soon()


def _work(beside: Beside) -> Answer:
    try:
        return beside.work()
    except ParleyError as error:
        return error
    except Exception:
        _log.exception("work beside the loop failed")
        return Unavailable(
            "The station made a mistake; nothing was changed.",
            "Its log says where; tell those who maintain it.",
        )
