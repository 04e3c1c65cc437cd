"""How a path is found again: after a refusal, after silence, and by name."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.bearers.dialling import Dialler, Pace, Pauses, is_its_own_peer, literal, unreachable
from tests.bearers.playbook import (
    AT_ONCE,
    PATIENCE_S,
    Station,
    dialling,
    free_port,
    no_chance,
    until,
)

BUSY_S_MAX = 0.9  # a SYN repeated by the kernel comes after 1 s; ours must not wait for it


class Turns:
    """Entropy that lets a test wait for the n-th pause between attempts."""

    def __init__(self) -> None:
        self._taken = asyncio.Semaphore(0)

    def __call__(self, size: int) -> bytes:
        self._taken.release()
        return bytes(size)

    async def taken(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            for _ in range(count):
                await self._taken.acquire()


@given(st.lists(st.binary(min_size=2, max_size=2), min_size=6, max_size=30))
def test_pauses_grow_to_a_cap_well_under_a_second(chances: list[bytes]) -> None:
    left = iter(chances)
    pauses = Pauses(Pace(), lambda size: next(left))
    waited = [pauses.next() for _ in chances]
    assert waited[0] <= 0.05
    assert all(0.025 <= pause_s <= 0.25 for pause_s in waited)
    assert all(pause_s >= 0.125 for pause_s in waited[4:])
    pauses.reset()
    left = iter(chances)
    assert pauses.next() == waited[0]


def test_chance_decides_half_of_a_pause() -> None:
    assert Pauses(Pace(), lambda size: b"\x00" * size).next() == 0.025
    assert Pauses(Pace(), lambda size: b"\xff" * size).next() == pytest.approx(0.05, rel=1e-3)


async def test_a_refused_call_is_repeated_until_somebody_answers() -> None:
    turns = Turns()
    with free_port() as port:
        dialler = Dialler("127.0.0.1", port, turns, Pace())
        seeking = asyncio.create_task(dialler.reach())
        await turns.taken(4)
        assert dialler.trouble is not None
        assert dialler.trouble.sentence == (
            f"No station answers at 127.0.0.1:{port}: the call was refused."
        )
        server = socket.create_server(("127.0.0.1", port))
    with server:
        async with asyncio.timeout(BUSY_S_MAX):
            reached = await seeking
        with reached:
            assert reached.getpeername() == ("127.0.0.1", port)
    assert dialler.attempts >= 4
    assert dialler.trouble is None


async def test_a_silent_path_is_found_without_waiting_for_the_kernel_to_repeat_itself() -> None:
    # A server whose queue is full swallows calls, as a cut path does.
    turns = Turns()
    with contextlib.ExitStack() as closing:
        server = closing.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        server.setblocking(False)
        host, port = server.getsockname()
        for _ in range(2):
            filler = closing.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex((host, port))
        dialler = Dialler(host, port, turns, Pace())
        seeking = asyncio.create_task(dialler.reach())
        await turns.taken(5)
        assert not seeking.done()
        assert dialler.attempts >= 4
        loop = asyncio.get_running_loop()
        returned_at = loop.time()

        async def answer() -> None:
            while True:
                closing.enter_context((await loop.sock_accept(server))[0])

        answering = asyncio.create_task(answer())
        async with asyncio.timeout(PATIENCE_S):
            closing.enter_context(await seeking)
        assert loop.time() - returned_at < BUSY_S_MAX
        answering.cancel()
        await asyncio.wait({answering})


async def test_calls_under_way_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    open_now = most = 0

    async def silence(call: socket.socket, address: Any) -> None:
        nonlocal open_now, most
        open_now += 1
        most = max(most, open_now)
        try:
            await asyncio.Event().wait()
        finally:
            open_now -= 1

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(loop, "sock_connect", silence)
    turns = Turns()
    dialler = Dialler("127.0.0.1", 9, turns, Pace(0.001, 0.001, attempts_max=3))
    seeking = asyncio.create_task(dialler.reach())
    await turns.taken(20)
    assert 3 <= most <= 4
    seeking.cancel()
    await asyncio.wait({seeking})
    await until(lambda: open_now == 0)


def test_a_call_that_reached_itself_is_known() -> None:
    with socket.socket() as call:
        call.bind(("127.0.0.1", 0))
        call.connect(call.getsockname())
        assert is_its_own_peer(call)


async def test_a_call_that_reached_itself_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("parley.bearers.dialling.is_its_own_peer", lambda call: True)
    turns = Turns()
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        dialler = Dialler(host, port, turns, AT_ONCE)
        seeking = asyncio.create_task(dialler.reach())
        await turns.taken(3)
        assert "refused" in str(dialler.trouble)
        monkeypatch.undo()
        (await seeking).close()


class Resolver:
    """Stands in for the resolver of this machine."""

    def __init__(self, answer: Callable[[], list[Any]]) -> None:
        self.answer = answer
        self.asked = asyncio.Semaphore(0)
        self._loop = asyncio.get_running_loop()
        self._real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *, type: int, flags: int = 0) -> list[Any]:
        if flags & socket.AI_NUMERICHOST:
            return self._real(host, port, type=type, flags=flags)
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self.asked.release)
        return self.answer()


def answers_with(*addresses: tuple[str, int]) -> Callable[[], list[Any]]:
    return lambda: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", address) for address in addresses]


def does_not_know() -> list[Any]:
    raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


async def test_an_unknown_name_is_a_fact_and_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resolver = Resolver(does_not_know)
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        station = Station()
        async with dialling(station, port, host="north.test", pace=AT_ONCE) as bearer:
            async with asyncio.timeout(PATIENCE_S):
                for _ in range(3):
                    await resolver.asked.acquire()
            facts = bearer.describe()
            assert facts["last_error"] == "No address is known for the name 'north.test'."
            assert facts["dial_trouble"]["kind"] == "unavailable"
            assert facts["dial_trouble"]["hint"]
            resolver.answer = answers_with(("127.0.0.1", port))
            await station.gets_path()
            assert bearer.describe()["dial_trouble"] is None


async def test_all_addresses_of_a_name_are_called(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, free_port() as dead:
        alive = server.getsockname()
        resolver = Resolver(answers_with(("127.0.0.1", dead), alive, alive))
        monkeypatch.setattr(socket, "getaddrinfo", resolver)
        dialler = Dialler("north.test", 7, no_chance, Pace())
        (await dialler.reach()).close()
        assert dialler.attempts == 2


async def test_a_resolver_behind_the_cut_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()

    def hangs() -> list[Any]:
        released.wait(PATIENCE_S)
        return does_not_know()

    with socket.create_server(("127.0.0.1", 0)) as server:
        resolver = Resolver(answers_with(server.getsockname()))
        monkeypatch.setattr(socket, "getaddrinfo", resolver)
        dialler = Dialler("north.test", 7, no_chance, Pace(name_s_max=0))
        (await dialler.reach()).close()
        resolver.answer = hangs
        async with asyncio.timeout(PATIENCE_S / 2):  # the last known addresses still serve
            (await dialler.reach()).close()
            stuck = Dialler("north.test", 7, no_chance, AT_ONCE)
            seeking = asyncio.create_task(stuck.reach())
            await resolver.asked.acquire()
            await resolver.asked.acquire()
            await resolver.asked.acquire()
            seeking.cancel()  # as the station does when it stops
            await asyncio.wait({seeking})
        assert seeking.cancelled()
        released.set()


@pytest.mark.parametrize("host", ["a..b", "x" * 300, "nul\0name", "\ud800"])
async def test_a_name_that_is_none_is_a_fact(host: str) -> None:
    turns = Turns()
    dialler = Dialler(host, 7, turns, AT_ONCE)
    seeking = asyncio.create_task(dialler.reach())
    await turns.taken(2)
    assert dialler.trouble is not None
    assert dialler.trouble.sentence.endswith(".")
    seeking.cancel()
    await asyncio.wait({seeking})


def test_an_address_in_numbers_is_no_name() -> None:
    assert [found.where for found in literal("127.0.0.1", 7)] == [("127.0.0.1", 7)]
    assert [found.where[0] for found in literal("::1", 7)] == ["::1"]
    assert literal("north.test", 7) == []


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (ConnectionRefusedError(), "No station answers at [::1]:7: the call was refused."),
        (TimeoutError(), "Nothing comes back from [::1]:7."),
        (OSError(errno.ETIMEDOUT, ""), "Nothing comes back from [::1]:7."),
        (OSError(errno.ENETUNREACH, ""), "There is no way from this machine to [::1]:7."),
        (OSError(errno.EHOSTUNREACH, ""), "There is no way from this machine to [::1]:7."),
        (socket.gaierror(), "No address is known for the name '::1'."),
        (OSError(errno.EMFILE, "no files"), "The call to [::1]:7 failed: [Errno 24] no files."),
        (ValueError("odd"), "The call to [::1]:7 failed: odd."),
    ],
)
def test_each_trouble_has_a_sentence_and_a_next_step(error: Exception, sentence: str) -> None:
    trouble = unreachable(error, "::1", 7)
    assert trouble.sentence == sentence
    assert trouble.hint
