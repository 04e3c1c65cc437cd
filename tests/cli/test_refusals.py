"""What a verb refuses, and by which exit code: 1 by content, 2 as usage, 3 because of the world."""

from __future__ import annotations

import socket
from itertools import combinations
from pathlib import Path

import pytest

from parley.core.errors import Refused
from tests.cli.terminal import Person
from tests.playbook import Post, two_stations
from tests.ports import free_port


def test_verbs_refuse_by_one_exit_code_for_one_reason(tmp_path: Path) -> None:
    with two_stations(tmp_path) as (north, _):
        _one_other(north)
        _nothing_there(north)
        _port_in_use(north)
        _names(north)
        _far_too_long(north, tmp_path / "long")


def _one_other(north: Post) -> None:
    """A message is about one other."""
    drafter = Person(north.folder, north.drafter.name)
    before = len(north.drafter.asks("draft.list")["drafts"])
    for n in range(2):
        north.says(f"Message {n}.")
    for pair in combinations(("--answers", "--corrects", "--retracts"), 2):
        refused = drafter.types("say", "Both.", *(f"{each}=1" for each in pair))
        assert refused.code == 2, refused.err
        assert "one other" in refused.err
    assert len(north.drafter.asks("draft.list")["drafts"]) == before
    assert drafter.types("say", "One.", "--corrects=1").code == 0


def _nothing_there(north: Post) -> None:
    """What names something that there is not is refused by content, by number as by name."""
    for who, words in (
        (north.watch, ("message", "999")),
        (north.watch, ("open", "999")),
        (north.watch, ("status", "--line", "Nowhere")),
        (north.watch, ("inbox", "--line", "Nowhere")),
        (north.drafter, ("draft", "show", "999")),
        (north.releaser, ("release", "999")),
        (north.watch, ("desk", "hold", "999")),
        (north.watch, ("desk", "hold", "Nowhere")),
        (north.operator, ("person", "end", "999")),
        (north.operator, ("person", "end", "Nobody")),
        (north.operator, ("bearer", "remove", "999")),
    ):
        refused = Person(north.folder, who.name).types(*words)
        assert refused.code == 1, (words, refused.err)


def _port_in_use(north: Post) -> None:
    operator = Person(north.folder, "operator")
    before = north.operator.asks("bearer.list")["bearers"]
    for kind, how in (("tcp", socket.SOCK_STREAM), ("quic", socket.SOCK_DGRAM)):
        with socket.socket(type=how) as other:
            other.bind(("127.0.0.1", 0))
            if kind == "tcp":
                other.listen()
            taken = f"127.0.0.1:{other.getsockname()[1]}"
            refused = operator.types("bearer", "add", kind, "--listen", taken)
        assert refused.code == 3
        assert f"already listening on {taken}" in refused.err
    assert len(north.operator.asks("bearer.list")["bearers"]) == len(before)
    added = operator.does("bearer", "add", "--listen", f"192.0.2.1:{free_port()}")
    number = added.out.split()[1]
    assert "cannot listen yet. This machine has no address 192.0.2.1" in added.out
    assert "listens on" not in added.out
    operator.does("bearer", "remove", number)
    port = free_port()
    added = operator.does("bearer", "add", "--listen", f"127.0.0.1:{port}")
    assert "listens on" in added.out
    north.until(lambda: _listens(port))
    refused = operator.types("bearer", "add", "--listen", f"0.0.0.0:{port}")
    assert refused.code == 1
    assert "such a bearer already" in refused.err
    refused = operator.types("bearer", "add", "--listen", "127.0.0.1:0", "--line", "Blue Line")
    assert refused.code == 2  # it was listened for every line, and a mistyped one was not noticed
    assert "for every line" in refused.err


def _far_too_long(north: Post, file: Path) -> None:
    """What no request could bear is refused at once, and not waited for."""
    drafter = Person(north.folder, north.drafter.name)
    for size, told in ((65_537, "65,537 bytes, 1 more"), (3 << 20, "more than 160,000 bytes")):
        file.write_bytes(b"a" * size)
        refused = drafter.types("say", "--file", str(file))
        assert refused.code == 1
        assert told in refused.err
        assert "(E15)" in refused.err
    file.write_bytes(b"\x7f" * 160_000)  # each takes six bytes of a request
    refused = drafter.types("say", "--file", str(file))
    assert "U+007F cannot be sent" in refused.err
    with pytest.raises(Refused, match="longer than 1 MiB"):
        north.drafter.asks("draft.new", text="a" * (1 << 21))


def _names(north: Post) -> None:
    """A name is looked up beside the loop, and what comes of it stands where the sentence says."""
    operator = Person(north.folder, "operator")
    told = operator.does("bearer", "add", "--listen", "127.0.0.1:0").out
    assert "looked up" not in told
    added = operator.does("bearer", "add", "--listen", f"nobody.invalid:{free_port()}").out
    assert "looked up by `parley serve`; `parley bearer list` then says" in added
    number = added.split()[1]

    def trouble() -> str:
        rows = operator.does("bearer", "list").out.splitlines()
        return next(row for row in rows if row.split()[0] == number)

    north.until(lambda: "No address is known for the name 'nobody.invalid'" in trouble())
    operator.does("bearer", "remove", number)


def _listens(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0
