"""A question to the station, and how its answer is made: at once, in turns, or beside the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING, Any

from parley.core.errors import ParleyError
from parley.station.acts.control import Answer, Reply
from parley.station.acts.operations import Beside, InTurns, Operation, Result, mistake
from parley.station.acts.person import Person
from parley.station.line.delegating import is_meant

if TYPE_CHECKING:
    from parley.station.station import Station

_log = logging.getLogger("parley.station")
TURN_S = 0.002  # of a long answer, so that a FLASH waits no longer


@dataclass(frozen=True, slots=True)
class Call:
    """An operation somebody asked for."""

    operation: Operation
    who: Person
    arguments: Mapping[str, Any]
    reply: Reply

    def run(self, station: Station) -> Result:
        """Check who asks and what, and do it."""
        operation = self.operation
        lent = operation.lent and not self.who.roles.intersection(operation.roles)
        operation.check_person(self.who, lent and is_meant(station, self.who, operation.roles))
        return operation.run(station, self.who, **operation.check_arguments(self.arguments))

    def read(self, station: Station) -> Answer | Result:
        """The same for what changes nothing; an error is an answer too."""
        try:
            return self.run(station)
        except Exception as error:
            return self.failed(error)

    def failed(self, error: Exception) -> ParleyError:
        """What the person is told; our own mistakes are for the log."""
        if isinstance(error, ParleyError):
            return error
        _log.error("operation %s failed", self.operation.name, exc_info=error)
        return mistake(self.operation.name)


def give(reply: Reply, answer: Answer) -> None:
    """Answer one who asked; whoever cannot be answered keeps nobody else's answer back."""
    try:
        reply(answer)
    except Exception:
        _log.exception("an answer could not be given")


def finish(reply: Reply, answer: Answer | Result, loop: asyncio.AbstractEventLoop | None) -> None:
    """Give the answer now, or when it is made."""
    if isinstance(answer, InTurns):
        _turn(reply, answer, loop)
    elif not isinstance(answer, Beside):
        give(reply, answer)
    elif loop is None:
        give(reply, answer.answer())
    else:
        working = loop.run_in_executor(answer.threads, answer.answer)
        working.add_done_callback(lambda done: None if done.cancelled() else reply(done.result()))


def _turn(reply: Reply, work: InTurns, loop: asyncio.AbstractEventLoop | None) -> None:
    """Some pieces of a long answer; what has come in meanwhile goes before the next."""
    until = perf_counter() + TURN_S
    answer = work.turn()
    while answer is None and (loop is None or perf_counter() < until):
        answer = work.turn()
    if answer is not None:
        give(reply, answer)
    elif loop is not None:
        loop.call_soon(_turn, reply, work, loop)
