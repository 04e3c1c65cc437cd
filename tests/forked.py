"""`parley` again and again, each time forked from a process that has imported its verbs already.

A command of the manual is a process of its own, at a terminal of its own, with its own exit code;
only its half second of imports is done once. Nothing but the commands' words is shared with the
tests: this runs as a program, which is told on each line of its input what to run where.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from importlib import import_module
from typing import Any, NoReturn

import pytest

from parley.cli import main
from tests.station.founded import CHEAP


def serve() -> None:
    """Run what each line asks for; answer that it has its terminal, then with what it left."""
    import_module("parley.station.serving")
    for module, _ in main.VERBS.values():
        import_module(f"parley.cli.{module.partition(':')[0]}")
    patched = pytest.MonkeyPatch()
    patched.setattr("parley.station.parties.root.RootFolder.make.__func__.__defaults__", (CHEAP,))
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            _run(json.loads(line))
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        print(code, flush=True)


def _run(asked: dict[str, Any]) -> NoReturn:
    terminal = os.open(asked["terminal"], os.O_RDWR | os.O_NOCTTY)
    print("ready", flush=True)
    os.setsid()
    for fd in range(3):
        os.dup2(terminal, fd)
    os.close(terminal)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    code: object = 1
    with (
        open(0, closefd=False) as sys.stdin,
        open(1, "w", buffering=1, closefd=False) as sys.stdout,
        open(2, "w", buffering=1, closefd=False, errors="backslashreplace") as sys.stderr,
    ):
        try:
            main.main(asked["arguments"])
        except SystemExit as left:
            code = left.code
        except Exception:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    serve()
