"""A line by QUIC: alone, beside TCP, and when UDP is swallowed; cells and record as on TCP."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from parley.core.errors import Misused, Refused
from tests.playbook import Post, two_stations
from tests.ports import free_port


class UdpRelay:
    """A network between two stations that can swallow every packet."""

    def __init__(self, port: int) -> None:
        self._there = ("127.0.0.1", port)
        self._here, self._away = (
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)
        )
        for each in (self._here, self._away):
            each.bind(("127.0.0.1", 0))
            each.settimeout(0.05)
        self.port: int = self._here.getsockname()[1]
        self.cut = self._over = False
        self._caller: tuple[str, int] | None = None
        self._threads = [
            threading.Thread(target=self._carry, args=(each,)) for each in (True, False)
        ]
        for thread in self._threads:
            thread.start()

    def _carry(self, out: bool) -> None:
        come, go = (self._here, self._away) if out else (self._away, self._here)
        while not self._over:
            try:
                data, sender = come.recvfrom(65_536)
            except OSError:
                continue
            if out:
                self._caller = sender
            to = self._there if out else self._caller
            if not self.cut and to is not None:
                go.sendto(data, to)

    def close(self) -> None:
        self._over = True
        for thread in self._threads:
            thread.join()
        self._here.close()
        self._away.close()


@pytest.fixture
def relay() -> Iterator[UdpRelay]:
    made = UdpRelay(free_port())
    yield made
    made.close()


def by_quic(north: Post, south: Post, relay: UdpRelay) -> None:
    south.operator.asks("bearer.add", kind="quic", listen=f"127.0.0.1:{relay._there[1]}")
    north.operator.asks("bearer.add", kind="quic", dial=f"127.0.0.1:{relay.port}")


def kinds(post: Post) -> list[str]:
    return [path.split()[0] for path in post.line()["bearers"]]


def without_tcp(post: Post) -> None:
    for each in post.operator.asks("bearer.list")["bearers"]:
        if each["kind"] == "tcp":
            post.operator.asks("bearer.remove", bearer=each["bearer"])


def test_a_message_crosses_by_quic_alone_and_is_acknowledged(
    tmp_path: Path, relay: UdpRelay
) -> None:
    with two_stations(tmp_path, heartbeat_s=1) as (north, south):
        by_quic(north, south, relay)
        for post in (north, south):
            post.until(partial(lambda post: "quic" in kinds(post), post))
            without_tcp(post)
            post.until(partial(lambda post: kinds(post) == ["quic"], post))
        n = north.sends("By datagrams, in order.")
        south.hears(n)
        south.watch.asks("open", n=n)
        north.until(lambda: "opened" in north.stages(n))
        m = south.sends("And back.")
        north.hears(m)
        (bearer,) = north.watch.asks("status")["bearers"]
        assert bearer["kind"] == "quic"
        assert bearer["connections"][0]["vouched"]
        assert bearer["connections"][0]["rtt_ms"] > 0
        assert north.operator.asks("doctor")["checks"][3]["ok"]


@pytest.mark.story
def test_with_both_at_once_nothing_is_lost_doubled_or_out_of_order(
    tmp_path: Path, relay: UdpRelay
) -> None:
    with two_stations(tmp_path, heartbeat_s=1) as (north, south):
        by_quic(north, south, relay)
        north.until(lambda: sorted(kinds(north)) == ["quic", "tcp"])
        numbers = [north.sends(f"Message {each}.") for each in range(6)]
        relay.cut = True
        numbers += [north.sends(f"Message {each}.") for each in range(6, 12)]
        south.hears(numbers[-1])
        texts = [south.reads(n, "theirs")["text"] for n in numbers]
        assert texts == [f"Message {each}." for each in range(12)]
        assert numbers == sorted(set(numbers))
        north.until(lambda: kinds(north) == ["tcp"])
        relay.cut = False
        north.until(lambda: sorted(kinds(north)) == ["quic", "tcp"])
        south.hears(north.sends("Both again."))


def test_a_bearer_of_another_kind_may_have_the_same_port(tmp_path: Path) -> None:
    with two_stations(tmp_path, started=False) as (north, _):
        north.starts()
        place = f"127.0.0.1:{free_port()}"
        for kind in ("tcp", "quic"):
            added = north.operator.asks("bearer.add", kind=kind, listen=place)
            assert added["kind"] == kind
        with pytest.raises(Refused, match="such a bearer already"):
            north.operator.asks("bearer.add", kind="quic", listen=place)
        with pytest.raises(Misused, match="no bearer of kind"):
            north.operator.asks("bearer.add", kind="pigeon", listen=place)
