"""Two stations that keep a whole `Life`: `conversation` through all incarnations of a line."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from parley.core.effects import Begun, Enrol, Keep, Scrub, Transmit
from parley.core.kept import EntryRow
from parley.core.life import Life
from parley.core.resuming import End, Resume
from parley.core.speaking import RESUME, frame
from parley.core.terms import Terms
from tests.core.conversation import ROOM, Clock, Crash, Station, prekey, talk, terms_of, text_of


class Living(Station):
    """One side of a line, in all its incarnations."""

    def starts(self, path: bool = True) -> None:
        """Begin, or begin again with what was kept of every incarnation."""
        terms = self.terms
        kept = {
            each.inc: self.store.load(terms.line_id, each.inc, terms.side)
            for each in self.store.enrolled()
        }
        self.life = Life(terms, kept, self._entropy, self._root_of)
        self.line: Any = self.life  # a `Line` to whoever only lets it hear and settle
        if path:
            self.life.path_up(self.clock.now)

    def _root_of(self, inc: int, dir: int, size: int) -> bytes:
        return self.store.root_at(self.terms.line_id, inc, dir, size)

    def settles(
        self, room: int = ROOM, crash_at: int | None = None, scrub_fails: bool = False
    ) -> list[bytes]:
        """Do what is to be done; what is kept is kept in one transaction."""
        sent: list[bytes] = []
        effects = self.life.settle(self.clock.now, room)
        if crash_at == 0:
            raise Crash(sent)
        with self.store.transaction():
            for effect in effects:
                if isinstance(effect, Enrol):
                    self.store.enrol(effect.line_id, effect.inc, effect.side)
                elif isinstance(effect, Keep):
                    self.store.keep(effect.change)
        if crash_at == 1:
            raise Crash(sent)
        for effect in effects:
            self.effects.append(effect)
            if isinstance(effect, Scrub) and scrub_fails:
                self.life.scrub_failed(self.clock.now)
                break
            if isinstance(effect, Transmit):
                sent.append(effect.frame)
        return sent

    def states_ends(
        self, inc: int, of: int, ends: tuple[End, End], reason: str = "a lie", **lies: Any
    ) -> bytes:
        """A RESUME of any content, signed with our true key."""
        terms = replace(self.terms, **lies)
        made = Resume.make(terms, inc, of, ends, prekey(1 - self.terms.side), reason)
        return frame(RESUME, made.to_bytes())

    def resumes(self, reason: str = "a test") -> None:
        """A person asks, or agrees."""
        self.life.resume(reason, self.clock.now)

    @property
    def inc(self) -> int:
        return self.life.inc

    @property
    def begun(self) -> list[Begun]:
        return [effect for effect in self.effects if isinstance(effect, Begun)]

    def log_of(self, inc: int, dir: int) -> list[EntryRow]:
        return self.store.entries(self.terms.line_id, inc, dir)

    def reads_in(self, inc: int) -> list[str]:
        return [text_of(row) for row in self.log_of(inc, self.terms.theirs)]


def two_lives(
    *, chance: int | str = 0, terms: Callable[..., Terms] = terms_of, **options: Any
) -> tuple[Living, Living]:
    """North (A) and South (B), nothing said yet; they share a clock."""
    clock = Clock()
    north, south = (Living(terms(side, **options), clock, chance) for side in (0, 1))
    return north, south


SECOND = 40  # ticks that a second takes


def open_lives(**options: Any) -> tuple[Living, Living]:
    """North and South in service; each has said something."""
    north, south = two_lives(**options)
    talk(north, south)
    north.says("from North")
    south.says("from South")
    talk(north, south)
    assert (north.inc, south.inc) == (1, 1)
    return north, south


def both_resume(north: Living, south: Living) -> None:
    north.resumes("we ask")
    talk(north, south)
    south.resumes("we agree")
    talk(north, south)


def is_open(north: Living, south: Living, inc: int) -> bool:
    return all(each.inc == inc and each.state.in_service for each in (north, south))
