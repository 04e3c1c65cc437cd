"""Verbs as people type them, each with their own token, at a station that serves."""

import io
import json
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

from parley.cli.main import run


@dataclass(frozen=True)
class Done:
    """What a verb said, and its exit code."""

    code: int
    out: str
    err: str

    @property
    def told(self) -> Any:
        """Its facts, from --json."""
        return json.loads(self.out)


class Keyboard(io.TextIOWrapper):
    """Standard input with a person at it, or without."""

    def __init__(self, typed: bytes, person: bool) -> None:
        super().__init__(io.BytesIO(typed), encoding="utf-8")
        self._person = person

    def isatty(self) -> bool:
        return self._person


def types(*arguments: str, typed: str | bytes = b"", person: bool = False) -> Done:
    """One command; `typed` comes from standard input, by a person or a pipe."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    keys = Keyboard(typed if isinstance(typed, bytes) else typed.encode(), person)
    with patch.object(sys, "stdin", keys), redirect_stdout(out), redirect_stderr(err):
        code = run(list(arguments))
    told, aside = (stream.buffer for stream in (out, err))
    assert isinstance(told, io.BytesIO)
    assert isinstance(aside, io.BytesIO)
    return Done(code, told.getvalue().decode(), aside.getvalue().decode())


@dataclass(frozen=True)
class Person:
    """Somebody at a station who types."""

    folder: Path
    name: str

    def types(self, *arguments: str, typed: str | bytes = b"", person: bool = False) -> Done:
        """One command, at this station and as this person."""
        token = self.folder / "tokens" / f"{self.name}.token"
        who = ("--station", str(self.folder), "--as", str(token))
        at = arguments.index("--") if "--" in arguments else len(arguments)
        return types(*arguments[:at], *who, *arguments[at:], typed=typed, person=person)

    def does(self, *arguments: str, typed: str | bytes = b"", person: bool = False) -> Done:
        """One command that must succeed."""
        done = self.types(*arguments, typed=typed, person=person)
        assert done.code == 0, done.err
        return done

    def facts(self, *arguments: str) -> Any:
        """The facts of one command."""
        return self.does(*arguments, "--json").told
