"""One station of an exercise: a real `parley serve` process, its folder, and who works there."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from parley.core.errors import Misused, Unavailable
from parley.station.acts.calling import Caller
from parley.station.acts.person import AT_THE_MACHINE
from parley.station.founding import set_up

LOG_NAME = "serve.log"
TOKENS_NAME = "tokens"
START_S_MAX = 60.0
STOP_S_MAX = 10.0
LOOK_S = 0.02
LAST_WORDS_BYTES = 2000

OPERATOR = "operator"  # the person `parley init` takes on, and the role


@dataclass(slots=True)
class Post:
    """A station's process; it may be killed and started again at any time."""

    name: str  # the party's
    folder: Path
    people: Mapping[str, str]  # the name of the person in each role
    console_port: int | None = None  # None is no console
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)
    _tokens: dict[str, str] = field(default_factory=dict, repr=False)

    @property
    def tokens(self) -> Mapping[str, str]:
        """Everybody's token, by role."""
        if not self._tokens:
            names = {OPERATOR: OPERATOR, **self.people}
            self._tokens = {
                role: (self.folder / TOKENS_NAME / f"{name}.token").read_text("ascii").strip()
                for role, name in names.items()
            }
        return self._tokens

    @property
    def pid(self) -> int:
        """The number of its process."""
        if self._process is None:
            raise Misused(f"the station of {self.name} was not started")
        return self._process.pid

    def start(self) -> None:
        """Start the process; it serves a moment later. It ends when this process does."""
        if self.alive():
            return
        port = self.console_port
        console = ["--no-console"] if port is None else ["--console-port", str(port)]
        with open(self.folder / LOG_NAME, "ab", opener=_private) as log:
            self._process = subprocess.Popen(
                [
                    *command("serve", "--station", str(self.folder)),
                    *console,
                    *("--with-parent", str(os.getpid())),
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment(),
                # Ctrl-C is for us; we stop the station when we are done.
                start_new_session=True,
            )

    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def gone(self) -> int | None:
        """The code with which it ended, negative for a signal; None while it runs."""
        return None if self._process is None else self._process.poll()

    def kill(self) -> None:
        """kill -9: it has no time to tidy anything."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Let it stop in good order."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.kill()

    def until_serving(self) -> None:
        """Wait until it answers; Unavailable with its last words when it does not."""
        deadline = time.monotonic() + START_S_MAX
        while True:
            try:
                self.ask("operator", "whoami")
                return
            except Unavailable:
                if not self.alive() or time.monotonic() > deadline:
                    raise Unavailable(
                        f"The station of {self.name} did not start: {self.last_words()}",
                        f"{self.folder / LOG_NAME} has all it said.",
                    ) from None
            time.sleep(LOOK_S)

    def set_up(self, *operations: tuple[str, dict[str, Any]]) -> list[dict[str, Any]]:
        """Operations of set-up, one after the other, while the station does not serve."""
        with set_up(self.folder) as station:
            return [station.perform(op, AT_THE_MACHINE, given) for op, given in operations]

    def rewire(self, **bearer: str) -> None:
        """Put this bearer in place of all others, while the station does not serve."""
        (listed,) = self.set_up(("bearer.list", {}))
        self.set_up(
            *(("bearer.remove", {"bearer": each["bearer"]}) for each in listed["bearers"]),
            ("bearer.add", bearer),
        )

    def ask(self, role: str, op: str, **arguments: Any) -> dict[str, Any]:
        """Ask over the control socket, as the person of that role."""
        with Caller(self.folder, self.tokens[role]) as caller:
            return caller.call(op, **arguments)

    @property
    def console(self) -> str:
        """Where its console is."""
        return f"http://127.0.0.1:{self.console_port}"

    async def sign_in(self, role: str) -> str:
        """A fresh one-time link for the person of that role; the station must serve."""
        return await asyncio.to_thread(self.link, role)

    def link(self, role: str) -> str:
        """A fresh one-time link for the person of that role; the station must serve."""
        person = self.ask(role, "whoami")["person"]["id"]
        address: str = self.ask(role, "signin.link", person=person)["address"]
        return address

    def last_words(self) -> str:
        """The last line it wrote."""
        try:
            with (self.folder / LOG_NAME).open("rb") as log:
                log.seek(max(0, log.seek(0, os.SEEK_END) - LAST_WORDS_BYTES))
                lines = log.read().decode(errors="replace").strip().splitlines()
        except OSError:
            return ""
        told = [line for line in lines if line.startswith("parley: ")]
        return (told or lines or [""])[-1].removeprefix("parley: ")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


# --- the command line, as an exercise uses it


def command(*arguments: str) -> list[str]:
    """A `parley` command of this very installation; in lists of processes it looks like one."""
    script = Path(sys.executable).with_name("parley")
    program = [str(script)] if script.exists() else ["-m", "parley.cli.main"]
    return [sys.executable, *program, *arguments]


def environment() -> dict[str, str]:
    """Ours, without what would tell a station's process whom to act for."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PARLEY_")}
