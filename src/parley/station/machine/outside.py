"""What a station calls beyond its own screens: a web address, and a program of this machine.

Both are told in the same few facts, as JSON, and never a word of the message. Neither may hold the
station up: each runs beside the step loop, has a time limit as a whole, and fails with a sentence.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any
from urllib.parse import SplitResult, urlsplit

from parley.core.errors import Misused, Unavailable

LIMIT_S = 20.0  # for all of it: looking the name up, connecting, sending, waiting for the answer
URL_CHARACTERS_MAX = 2_000
ARGUMENTS_MAX = 32
LINE_BYTES_MAX = 4_096  # of the first line of an answer
WRONG_CHARACTERS_MAX = 200  # shown of what a program complained of
# A program gets no more of our surroundings than it needs to run.
KEPT_OF_ENVIRONMENT = ("PATH", "HOME", "LANG", "TZ")

Facts = Mapping[str, Any]


def check_webhook(address: str) -> str:
    """An address that can be called."""
    try:
        parts = urlsplit(address)
        fits = parts.scheme in ("http", "https") and parts.hostname and (parts.port or 1) > 0
    except ValueError:
        fits = False
    plain = address.isascii() and address.isprintable() and " " not in address
    if not fits or not plain or "@" in parts.netloc or len(address) > URL_CHARACTERS_MAX:
        raise Misused(
            "This is no address that can be called.",
            "Write it whole, such as https://pager.example/parley, without a name or password.",
        )
    return address


def check_command(command: Sequence[str]) -> list[str]:
    """A program with its arguments: run as it is, without a shell."""
    program = command[0] if command else ""
    if len(command) > ARGUMENTS_MAX or any("\0" in each for each in command):
        raise Misused(f"A command has at most {ARGUMENTS_MAX} words, and no zero bytes.")
    if not os.path.isabs(program) or not os.access(program, os.X_OK) or os.path.isdir(program):
        raise Misused(
            f"{program!r:.80} is no program of this machine that the station may run.",
            "Name it with its whole path, such as /usr/local/bin/bell.",
        )
    return list(command)


def host_of(address: str) -> str:
    """The host of an address, for screens: what follows it may be a secret."""
    return urlsplit(address).netloc


async def call(address: str, facts: Facts, limit_s: float = LIMIT_S) -> str:
    """POST the facts; what was answered, or Unavailable."""
    try:
        async with asyncio.timeout(limit_s):
            status = await _post(urlsplit(address), json.dumps(facts).encode())
    except TimeoutError as error:
        raise Unavailable(f"{host_of(address)} did not answer within {limit_s:g} s.") from error
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise Unavailable(f"{host_of(address)} cannot be reached: {why}.") from error
    if not 200 <= status < 300:
        raise Unavailable(f"{host_of(address)} answered {status}.")
    return f"it answered {status}"


async def _post(parts: SplitResult, body: bytes) -> int:
    """One request on one connection (RFC 9112); a redirection is not followed."""
    context = ssl.create_default_context() if parts.scheme == "https" else None
    port = parts.port or (443 if context else 80)
    reader, writer = await asyncio.open_connection(
        parts.hostname, port, ssl=context, limit=LINE_BYTES_MAX
    )
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        writer.write(head.encode("ascii") + body)
        await writer.drain()
        line = await reader.readline()
    finally:
        writer.transport.abort()
    words = line.split()
    if len(words) < 2 or not words[0].startswith(b"HTTP/1.") or not words[1].isdigit():
        raise ValueError("what it answered is no HTTP")
    return int(words[1])


async def run(command: Sequence[str], facts: Facts, limit_s: float = LIMIT_S) -> str:
    """Run a program with the facts as its input; Unavailable unless it ends well and in time."""
    program = os.path.basename(command[0])
    surroundings = {name: os.environ[name] for name in KEPT_OF_ENVIRONMENT if name in os.environ}
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
            env={**surroundings, "PARLEY_PRECEDENCE": str(facts["precedence"])},
            start_new_session=True,
            cwd="/",
        )
    except OSError as error:
        raise Unavailable(f"{program} cannot be run: {error.strerror or error}.") from error
    try:
        async with asyncio.timeout(limit_s):
            said = await _tell(process, json.dumps(facts).encode() + b"\n")
    except TimeoutError as error:
        raise Unavailable(f"{program} did not end within {limit_s:g} s and was stopped.") from error
    finally:
        with suppress(ProcessLookupError):  # all that it began, whether it ended or not
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
    if process.returncode:
        wrong = " ".join(said.decode(errors="replace").split())[:WRONG_CHARACTERS_MAX]
        code = process.returncode
        raise Unavailable(
            f"{program} ended with {code}: {wrong}." if wrong else f"{program} ended with {code}."
        )
    return "ended well"


async def _tell(process: asyncio.subprocess.Process, facts: bytes) -> bytes:
    """Give it its input, and read what it complains of; the rest of a long complaint is let go."""
    assert process.stdin is not None
    assert process.stderr is not None
    with suppress(ConnectionError):  # it need not read
        process.stdin.write(facts)
        await process.stdin.drain()
    process.stdin.close()
    said = await process.stderr.read(LINE_BYTES_MAX)
    while await process.stderr.read(LINE_BYTES_MAX):
        pass
    await process.wait()
    return said
