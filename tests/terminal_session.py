"""A page of the manual as a reader follows it: commands typed at a real terminal, output compared.

A block marked `console` holds commands after `$ ` and what they print. `…` stands for what differs
from run to run: alone on a line for any lines, else for any characters. A printed line that ends
with one of our questions shows after it what is typed.
"""

import atexit
import contextlib
import json
import os
import pty
import re
import select
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from tests.ports import free_port

BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
DIGITS = re.compile(r"\d{4}(?:\s+\d{4}){3,11}")
GROUP = re.compile(r"\d{3} \d{3}")
QUESTION = re.compile(
    r"^((?:New p|P)assphrase of the root of \w+(?:, the next one| after it)?: |The same again: "
    r"|The phrase(?: you heard)?: |The 48 digits you hear: |Type [A-Z]+ to [^:]*: )(.*)$"
)
LOOK_AGAIN = ("status", "inbox", "message")  # what they show arrives in its own time
JOB = re.compile(r"kill -INT %([0-9])")
LOOP = re.compile(r"for (\w+) in ([\w ]+); do (.*); done")
FOR_A_SHELL = re.compile(r"[|&<>$`*?~]")
COMMAND_S_MAX = 120.0


def sessions(page: str) -> list[tuple[str, str]]:
    """(command, what it prints) of all `console` blocks of a page, in order."""
    found: list[tuple[str, str]] = []
    for block in BLOCK.findall(page):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            found.append((command, printed))
    return found


def plain(line: str) -> list[str]:
    """What a line does when it is nothing but one `parley` after another; else nothing."""
    if found := LOOP.fullmatch(line):
        name, values, what = found.groups()
        line = "; ".join(re.sub(rf"\${name}\b", value, what) for value in values.split())
    commands = line.split("; ")
    if FOR_A_SHELL.search(line) or not all(each.startswith("parley ") for each in commands):
        return []
    return commands


def pattern(printed: str) -> str:
    """A regular expression for what a page shows."""
    out = ""
    for line in printed.splitlines():
        asked = QUESTION.match(line)
        if line == "…":
            out += r"(?:[^\n]*\n)*?"
        elif asked:
            out += re.escape(asked[1]) + r"[^\n]*\n"
        else:
            text = re.escape(line).replace("…", r"[^\n]*?").replace(r"\ ", " ")
            text = DIGITS.sub(r"[\\d ]+", text)
            out += GROUP.sub(r"\\d{3} \\d{3}", text) + r"\n"
    return out


@dataclass
class Session:
    """One reader, in a folder of their own.

    Who follows `quickly` has what needs no shell forked from one `parley` that was started once
    (tests/forked.py); else each command is started as a reader starts it.
    """

    folder: Path
    quickly: bool = False
    port: int = field(default_factory=free_port)
    digits: dict[str, str] = field(default_factory=dict)  # by letter
    group: str = ""
    serving: list[subprocess.Popen[str]] = field(default_factory=list)

    def follow(self, command: str, printed: str) -> None:
        """Type a command of the page; what it prints must be what the page shows."""
        command, printed = (text.replace(":4711", f":{self.port}") for text in (command, printed))
        command = re.sub(r"(--group) \d+", rf"\1 {self.group}", command)
        if command.endswith(" &"):
            self._serve(command.removesuffix(" &"), printed)
            return
        if found := JOB.fullmatch(command):
            self._stop(int(found[1]))
            return
        typed = [found[2] for line in printed.splitlines() if (found := QUESTION.match(line))]
        letter = command.split()[2] if command.startswith("parley accept") else ""
        typed = [self.digits[letter] if DIGITS.fullmatch(words) else words for words in typed]
        shown, code = self._look(command, typed, printed)
        assert re.fullmatch(pattern(printed), shown), f"$ {command}\n{shown}\nis not\n{printed}"
        refused = any(line.startswith("parley: ") for line in printed.splitlines())
        assert (code != 0) == refused, f"$ {command}\nleft with {code}\n{shown}"
        if command.startswith("parley introduce") and (read := DIGITS.search(shown)):
            self.digits[command.split()[2]] = " ".join(read[0].split())
        if (spoken := re.search(r"Check group +(\d{3}) (\d{3})", shown)) is not None:
            self.group = spoken[1] + spoken[2]

    def end(self) -> None:
        """Ctrl-C in every terminal in which something still runs."""
        for process in self.serving:
            process.send_signal(signal.SIGINT)
        for process in self.serving:
            process.communicate(timeout=COMMAND_S_MAX)
            assert process.returncode == 0

    def _stop(self, job: int) -> None:
        """Ctrl-C where the job-th of those that were started runs."""
        process = self.serving[job - 1]
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=COMMAND_S_MAX)
        assert process.returncode == 0

    # --- terminals

    @property
    def _environment(self) -> dict[str, str]:
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PARLEY")}
        return {**kept, "PATH": path, "COLUMNS": "100"}

    def _serve(self, command: str, printed: str) -> None:
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.folder,
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.serving.append(process)
        assert process.stdout is not None
        first = process.stdout.readline()
        assert re.fullmatch(pattern(printed), first), first

    def _look(self, command: str, typed: list[str], printed: str) -> tuple[str, int]:
        """What a command prints; some are given again until they print what they should."""
        again = command.startswith("parley") and command.split()[1] in LOOK_AGAIN
        until = time.monotonic() + COMMAND_S_MAX
        while True:
            shown, code = self._type(command, typed)
            as_shown = re.fullmatch(pattern(printed), shown)
            if as_shown or not again or time.monotonic() > until:
                return shown, code

    def _type(self, line: str, typed: list[str]) -> tuple[str, int]:
        """Run a line at a terminal of its own and answer its questions, in order; what it shows."""
        commands = plain(line) if self.quickly else []
        if len(commands) > 1:  # nothing of which asks
            all_shown, codes = zip(*(self._type(each, []) for each in commands), strict=True)
            assert not typed
            return "".join(all_shown), codes[-1]
        near, far = pty.openpty()
        with (self._forked if commands else self._started)(line, far) as code:
            os.close(far)
            try:
                shown = self._converse(near, list(typed))
                return shown, code()  # a terminal that is gone would hang it up
            finally:
                os.close(near)

    @contextlib.contextmanager
    def _started(self, command: str, far: int) -> Iterator[Callable[[], int]]:
        with subprocess.Popen(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._environment,
            stdin=far,
            stdout=far,
            stderr=far,
            start_new_session=True,
        ) as process:
            try:
                yield lambda: process.wait(COMMAND_S_MAX)
            finally:
                if process.poll() is None:
                    process.kill()

    @contextlib.contextmanager
    def _forked(self, command: str, far: int) -> Iterator[Callable[[], int]]:
        asked = {
            "arguments": shlex.split(command)[1:],
            "terminal": os.ttyname(far),
            "folder": str(self.folder),
            "environment": self._environment,
        }
        forks = forking()
        assert forks.stdin is not None
        assert forks.stdout is not None
        forks.stdin.write(json.dumps(asked) + "\n")
        forks.stdin.flush()
        assert forks.stdout.readline() == "ready\n"
        answers = forks.stdout
        code = cache(lambda: int(answers.readline()))
        try:
            yield code
        finally:
            code()  # whatever went wrong here, the next question has its own answer

    def _converse(self, near: int, typed: list[str]) -> str:
        out, until = b"", time.monotonic() + COMMAND_S_MAX
        while time.monotonic() < until:
            ready, _, _ = select.select([near], [], [], COMMAND_S_MAX)
            try:
                piece = os.read(near, 65_536) if ready else b""
            except OSError:  # the terminal's last user has left
                piece = b""
            if not piece:
                break
            out += piece
            last = out.decode(errors="replace").replace("\r", "").rsplit("\n", 1)[-1]
            asked = QUESTION.match(last)
            if typed and asked and not asked[2]:  # else it is the echo of an answer, in pieces
                os.write(near, typed.pop(0).encode() + b"\n")
        assert not typed, f"nobody asked for {typed[0]!r}: {out.decode()}"
        # What stands before a carriage return was progress, and is seen no more.
        return re.sub(r"[^\n]*\r", "", out.decode().replace("\r\n", "\n"))


@cache
def forking() -> subprocess.Popen[str]:
    """The one `parley` of this run from which others are forked."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.forked"],
        cwd=Path(__file__).parent.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def end() -> None:
        process.communicate(timeout=COMMAND_S_MAX)

    atexit.register(end)
    return process
