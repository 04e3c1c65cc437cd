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
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from parley.bearers import Path
from parley.core.effects import Begun, LineState, Numbered, Saying
from parley.core.errors import ParleyError, Unavailable
from parley.core.kept import EntryRow
from parley.core.keys import Entropy
from parley.core.terms import Instant
from parley.station.acts.audit_trail import Trail
from parley.station.acts.control import Answer, Reply
from parley.station.acts.events import Event, Events
from parley.station.acts.operations import Operation, Result, find, mistake
from parley.station.acts.person import Person
from parley.station.alarms.watch import Watch
from parley.station.answering import Call, finish, give
from parley.station.entries import early, files
from parley.station.inputs import Deed, Input, Inputs
from parley.station.line import distrust, opened, roster, stops, versions
from parley.station.line.bearing import Bearings
from parley.station.line.carrying import Arrivals, Carrying, Departures
from parley.station.line.declared import hold_to
from parley.station.line.evidence import Exports
from parley.station.line.lines import Lines, OpenLine
from parley.station.line.standing import check_not_closed
from parley.station.machine.clock import Alarm, Clock
from parley.station.machine.folder import Home
from parley.station.machine.hardship import Hardship
from parley.station.machine.onward import Onward
from parley.station.machine.rest import Rest
from parley.station.noting import note
from parley.station.parties import resuming
from parley.station.staff.challenges import Challenges
from parley.station.staff.gate import Gate
from parley.station.staff.people import People
from parley.station.staff.sessions import newest_time
from parley.station.staff.turned import Turned
from parley.station.texts.attaching import Upload
from parley.store.sqlite import SqliteStore

NUMBERED_BYTES_A_STEP = 16_384  # of ROUTINE; beside what STEP_INPUTS_MAX lets in
TROUBLE_PAUSE_S = 1.0  # after a step that could not be kept
TICK_S_MIN = 0.001
TURNS_BEFORE_SCRUB = 3
PATH_STATES = ("path up", "path down")  # which are so, whatever becomes of the step
ROOM_S = 0.05  # a path that is just full may not tell when it is no longer

_log = logging.getLogger("parley.station")


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
        self.onward = Onward(newest_time(store), self.now)  # by which sessions and links end
        self.clock_doubt: str | None = None  # why our own clock may be wrong
        self.console: str | None = None  # where its pages are, while they are served
        self.console_certificate: dict[str, Any] | None = None  # shown there, if they go by TLS
        self.hears: Callable[[], Sequence[int]] = tuple  # whose tabs ring, as the console knows
        self.events = Events(self.now.wall)
        self.hardship = Hardship()
        self.gate = Gate(lambda: self.clock.now())
        self.challenges = Challenges(entropy)
        self.turned = Turned()
        self.people = People(store)
        self.trail = Trail(store)
        self.uploads: dict[int, Upload] = {}  # files that persons are about to attach
        self.exports = Exports()
        self._lines = Lines()
        self.carrying = Carrying(self._lines)
        self.bearings = Bearings()
        self.roster_changed = True
        self.lines_changed = False  # an operation of this step opens one
        self._inputs = Inputs()
        self._arrivals = Arrivals()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._scheduled = False
        self._alarm: tuple[float, Alarm] | None = None
        self._not_before = 0.0
        self._broken = False  # what is in memory is not what is durable
        self._departures = Departures(store)
        self._rest = Rest(store, clock, lambda: self._scheduled)
        # What one step gathers.
        self._said = 0
        self._happened: list[Event] = []
        self._answers: list[tuple[Reply, Answer | Result]] = []
        self._numbers: dict[tuple[bytes, int, int], dict[str, Any]] = {}
        self._after: list[Callable[[], None]] = []
        self._take_up_lines()
        self.watch = Watch(self)

    # --- life

    def start(self) -> None:
        """Begin to step, from within an event loop."""
        self._loop = asyncio.get_running_loop()
        for open_line in self._lines:
            early.say_what_waits(self, open_line)
        self._soon()

    def stop(self) -> None:
        """Step no more. What was asked and not yet carried out is refused."""
        self._loop = None
        if self._alarm is not None:
            self._alarm[1].cancel()
            self._alarm = None
        self._rest.stop()
        stopped = Unavailable("The station is stopping.", "Ask again once it serves.")
        for each in self._inputs.clear():
            give(each.reply, stopped)
        self._arrivals.clear()

    def _take_up_lines(self) -> None:
        """Open the lines that are agreed and not open yet; their records are enrolled."""
        self.lines_changed = False
        for agreed in opened.agreed(self.store, self.home):
            if (agreed.terms.line_id, agreed.terms.inc) not in self._lines:
                open_line = resuming.take_up(self, agreed)
                early.found(self, open_line)
                distrust.find(self, open_line)
                self._lines.add(open_line)
                files.take_up(self, open_line)
                self.roster_changed = True
        stops.load(self)
        self.bearings.call_again()
        self._soon()

    def reload(self, open_line: OpenLine) -> None:
        """Take a line up as it is durable; its paths are the caller's to tell it of."""
        resuming.take_up_again(self, open_line)

    # --- what operations use

    @property
    def lines(self) -> list[OpenLine]:
        """All lines that are not over."""
        return list(self._lines)

    @property
    def earlier_lines(self) -> list[OpenLine]:
        """Lines that another agreement has replaced; their record stays."""
        return self._lines.earlier()

    def line(self, name: str | None) -> OpenLine:
        """A line by its name or the beginning of its number; the only one needs neither."""
        return self._lines.named(name)

    def line_of(self, line_id: bytes, inc: int) -> OpenLine:
        """The line that a row belongs to."""
        return self._lines.of(line_id, inc)

    def state(self, open_line: OpenLine) -> LineState:
        """What may be known of a line now."""
        state, stop = open_line.state(self.now), open_line.stop
        return state if stop is None else state._replace(halted=stop.why, path_up=False)

    def entry(self, open_line: OpenLine, dir: int, n: int) -> EntryRow:
        """One entry of the record."""
        return self.store.entries(*open_line.key, dir, n, 1)[0]

    def steady(self) -> float:
        """Seconds on a clock that was right at the start and has never jumped since."""
        return self.started.wall + self.now.mono - self.started.mono

    def say(self, open_line: OpenLine, saying: Saying, *, again: bool = False) -> int:
        """Queue an entry of ours; its number in the queue. Durable with the operation. What was
        released before and is said `again` waits also in a halt (spec/resume.md N10)."""
        if again:
            queue_id = open_line.line.line.say_again(saying)
        else:
            if open_line.stop is not None:
                open_line.check_not_halted(self.state(open_line))
            check_not_closed(open_line)
            queue_id = open_line.line.say(saying, self.now)
        self._said += 1
        return queue_id

    def await_number(self, open_line: OpenLine, queue_id: int, result: dict[str, Any]) -> None:
        """Put the number into `result` if the entry gets one in this step, else why it waits."""
        at_work = open_line.current
        result["waiting"] = at_work.why_waiting(self.state(at_work))
        self._numbers[(*at_work.key, queue_id)] = result

    def numbered(self, open_line: OpenLine, queue_id: int, n: int) -> None:
        """Who waits for this number has it."""
        if (result := self._numbers.get((*open_line.key, queue_id))) is not None:
            result["n"], result["waiting"] = n, None

    def publish(self, kind: str, open_line: OpenLine | None, **fields: Any) -> None:
        """Tell those who watch, once this step is durable."""
        line = open_line.agreed.hex if open_line else None
        self._happened.append({"kind": kind, "line": line, "at": self.now.wall, **fields})

    def after_commit(self, what: Callable[[], None]) -> None:
        """Do something in the world once this step is durable."""
        self._after.append(what)

    # --- those who bring requests

    def person_of(self, token: str) -> Person | None:
        """Whose token this is."""
        return self.people.by_token(token)

    def submit(
        self, operation: Operation, who: Person, arguments: Mapping[str, Any], reply: Reply
    ) -> None:
        """Carry an operation out in the next step, and reply once what it did is durable."""
        self._take_in(Call(operation, who, arguments, reply))

    async def call(
        self, name: str, who: Person, arguments: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Ask from within the station's own process."""
        return await self.ask(find(name), who, arguments or {})

    async def ask(
        self, operation: Operation, who: Person, arguments: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The same for an operation at hand."""
        answered: asyncio.Future[dict[str, Any]] = asyncio.get_running_loop().create_future()

        def reply(answer: Answer) -> None:
            if answered.done():
                return
            if isinstance(answer, ParleyError):
                answered.set_exception(answer)
            else:
                answered.set_result(answer)

        self.submit(operation, who, arguments, reply)
        return await answered

    def perform(
        self, name: str, who: Person, arguments: Mapping[str, Any] | None = None
    ) -> dict[str, Any]:
        """Carry an operation out at once, in a station that only sets its folder up."""
        answers: list[Answer] = []
        self.hardship.logs = False
        self._inputs.add(Call(find(name), who, arguments or {}, answers.append))
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
            self._take_in(partial(self._bind, path, open_line))

    def path_frames(self, path: Path, frames: list[bytes]) -> None:
        """Frames came in."""
        frames = self.carrying.sift(path, frames)
        if frames:
            self._arrivals.add(path, frames)
            self._soon()

    def path_room(self, path: Path) -> None:
        """A path can take more again."""
        if self.carrying.carries(path):
            self._soon()

    def path_down(self, path: Path) -> None:
        """The way is closed; what it brought is heard first."""
        stranger = not self.carrying.carries(path)
        waits, dropped = self._arrivals.end(path, stranger=stranger)
        self.carrying.strange_frames += dropped
        if not waits:
            self._take_in(partial(self._unbind, path))

    def in_next_step(self, what: Callable[[], None]) -> None:
        """Do something within the next step, in its transaction; again if that was undone."""
        self._take_in(Deed(what))

    def _take_in(self, what: Input) -> None:
        self._inputs.add(what)
        self._soon()

    def _hear(self, path: Path, frames: list[bytes]) -> None:
        bound = self.carrying.hear(path, frames, self.now)
        if bound is not None:
            self.publish("line", bound, state="path up", path=path.name)

    def _bind(self, path: Path, open_line: OpenLine) -> None:
        if open_line.stop is not None or self.carrying.carries(path):
            return
        self.carrying.bind(path, open_line, self.now)
        self.publish("line", open_line, state="path up", path=path.name)

    def _unbind(self, path: Path) -> None:
        open_line = self.carrying.unbind(path, self.now)
        if open_line is not None:
            self.publish("line", open_line, state="path down", path=path.name)

    # --- the step

    def _soon(self) -> None:
        if not self._scheduled and self._loop is not None:
            self._scheduled = True
            self._loop.call_soon(self._step)

    def _step(self) -> None:
        self._scheduled = False
        self.now = self.clock.now()
        reads: list[Call] = []
        changes: list[Input] = []
        for each in self._inputs.take(repeating=self.now.mono >= self._not_before):
            if isinstance(each, Call) and each.operation.reads:
                reads.append(each)
            else:
                changes.append(each)
        arrived, ends = self._arrivals.take()
        changes += [partial(self._hear, path, frames) for path, frames in arrived]
        changes += [partial(self._unbind, path) for path in ends]
        if changes or not reads:
            self._change(changes)
        for call in reads:
            finish(call.reply, call.read(self), self._loop)
        if self._inputs or self._arrivals:
            self._soon()
        self._arm()

    def _change(self, inputs: Sequence[Input]) -> None:
        """One transaction, and what follows from it."""
        self._departures.scrub_and_leave(self.now)
        try:
            self._mend()
            with self.store.transaction():
                for each in self._inputs.one_by_one(inputs):
                    if isinstance(each, Call):
                        self._carry_out(each)
                    else:
                        each()
                if self.lines_changed:
                    self._after.append(self._take_up_lines)
                if self.roster_changed:
                    roster.tell_all(self)
                distrust.look(self)
                versions.tell(self)
                self._settle()
                self.watch.look()
        except Exception as error:  # whatever it was, nothing of this step has happened
            self._undo(error, inputs)
            return
        waiting = self._departures.leave()
        happened, self._happened = self._happened, []
        if happened:
            self.events.publish(happened)
        answers, self._answers = self._answers, []
        self._numbers.clear()
        for reply, answer in answers:
            finish(reply, answer, self._loop)
        after, self._after = self._after, []
        for what in after:
            try:
                what()
            except Exception:
                _log.exception("what was to follow a step failed")
        if self._loop is not None:
            self._rest.after()
            if waiting:
                self._scrub(TURNS_BEFORE_SCRUB)

    def _carry_out(self, call: Call) -> None:
        """One operation, in a savepoint of its own; and a row of the audit trail for it."""
        said, happened, after = self._said, len(self._happened), len(self._after)
        answer: Answer | Result
        try:
            with self.store.savepoint():
                answer = call.run(self)
        except Exception as error:
            answer = call.failed(error)
        if isinstance(answer, ParleyError):
            if self._said != said:
                raise _Tangled from answer
            del self._happened[happened:], self._after[after:]
            if call.operation.setup:
                self.people.load()
                stops.load(self)
        if not call.operation.quiet:
            self.trail.asked(self.now.wall, call.who, call.operation.name, call.arguments, answer)
        self._answers.append((call.reply, answer))

    def _scrub(self, turns: int) -> None:
        """Scrub and send the rest, a few turns of the loop from now: a scrub waits for the disk,
        and what was just told is to reach pages and callers before that."""
        if turns and self._loop is not None:
            self._loop.call_soon(self._scrub, turns - 1)
            return
        self._departures.scrub_and_leave(self.clock.now())
        self._arm()

    def _settle(self) -> None:
        """Ask every line what follows; keep and note it, and lay out what leaves."""
        for open_line in self._lines.moving():
            self.settle_line(open_line)

    def settle_line(self, open_line: OpenLine) -> None:
        """Keep what one line has taken in this step, and lay out what leaves."""
        hold_to(open_line.declared, open_line.line.line, open_line.agreed.mark, self.now)
        kinds = self._note_all(open_line, min(open_line.room(), NUMBERED_BYTES_A_STEP))
        if Begun in kinds:  # what is said again is kept in the transaction of the new beginning
            resuming.read_declared(self, open_line)  # orders may have come with their OPEN
            hold_to(open_line.declared, open_line.line.line, open_line.agreed.mark, self.now)
            self._note_all(open_line, 0)
        if Numbered in kinds and self.state(open_line).queued:
            self._soon()  # what is left of the queue goes in steps of its own

    def _note_all(self, open_line: OpenLine, room: int) -> set[type]:
        """Keep and note what follows now; of which kinds it was."""
        kinds: set[type] = set()
        effects = open_line.line.settle(self.now, room)
        for effect in self._departures.lay_out(open_line, effects):
            note(self, open_line, effect)
            kinds.add(type(effect))
        return kinds

    # --- when a step could not be kept

    def _undo(self, error: Exception, inputs: Sequence[Input]) -> None:
        """Nothing of this step has happened: say so, and forget what was not kept."""
        if isinstance(error, ParleyError):
            trouble = error
        else:
            _log.error("a step was undone", exc_info=error)
            trouble = mistake("a step")
        self.hardship.note(trouble, self.now)
        self._departures.undo()
        self._happened = [each for each in self._happened if each.get("state") in PATH_STATES]
        self._answers.clear()
        self._numbers.clear()
        self._after.clear()
        self.lines_changed = False
        self.exports.clear()
        self._broken = True
        self._not_before = self.now.mono + TROUBLE_PAUSE_S
        self._inputs.undone(inputs, error)
        try:
            self._mend()
        except Exception as again:
            _log.warning("the store cannot be read: %s", again)
        for each in inputs:
            if isinstance(each, Call):
                give(each.reply, trouble)
            elif isinstance(each, partial) and each.func in (self._bind, self._unbind):
                each()  # a path has come or gone, whatever became of the rest

    def _mend(self) -> None:
        """Take up again what is durable."""
        if not self._broken:
            return
        self.people.load()
        self.trail.load()
        for open_line in self._lines:
            self.reload(open_line)
            distrust.undone(open_line)
            if open_line.paths:
                open_line.line.path_up(self.now)
        stops.load(self)
        self.watch.load()
        self._broken = False

    # --- time

    def _arm(self) -> None:
        """Be called when the next thing is due."""
        if self._loop is None:
            return
        at = self._not_before if self._inputs.repeats else self.watch.wake_at()
        for open_line in self._lines.moving():
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
        for open_line in self._lines.moving():
            files.moved(self, open_line)
        self._soon()
