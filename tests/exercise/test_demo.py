"""The demo: links that work, a record that stays, ports that move, Ctrl-C that stops everything."""

import re
import signal
import socket
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from parley.core.errors import Refused
from parley.exercise import demo
from parley.exercise.pair import Pair
from parley.exercise.post import OPERATOR, command, environment
from tests.stations import copy_of

LINK = re.compile(r"^  (drafter|releaser|watch officer) +(\w+) +(http://\S+/sign-in/\S+)$", re.M)
OTHER = re.compile(
    r"^  (principal|interpreter|engineer|auditor) +(\w+) +(http://\S+/sign-in/\S+)$", re.M
)


@contextmanager
def running(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command("demo"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**environment(), "PARLEY_DEMO": str(folder)},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def welcome(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    told = ""
    for line in process.stdout:
        told += line
        if "Ctrl-C" in line:
            break
    return told


def interrupt(process: subprocess.Popen[str]) -> str:
    process.send_signal(signal.SIGINT)
    _, aside = process.communicate(timeout=30)
    assert process.returncode == 0, aside
    return aside


def serves(port: int) -> bool:
    with socket.socket() as caller:
        return caller.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.story
def test_a_demo_goes_on_where_it_was(tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    demo.make(folder)
    pair = Pair.open(folder)
    with running(folder) as process:
        told = welcome(process)
        links, others = LINK.findall(told), OTHER.findall(told)
        assert len(links) == len({link for _, _, link in links}) == 6
        # The other roles have a seat on each side too, below those that matter.
        assert [(role, name) for role, name, _ in others] == [
            (role, names[side]) for side in (0, 1) for role, (names, _) in demo.OTHERS.items()
        ]
        assert (
            told.index(links[-1][2]) < told.index("Who else works there") < told.index(others[0][2])
        )
        assert len({link for _, _, link in others}) == 8
        for _, name, link in (links[0], *others):
            with urllib.request.urlopen(link) as page:
                assert page.status == 200
                read = page.read()
                assert b"EXERCISE" in read
                assert name.encode() in read
        for post, (ours, theirs) in ((pair.a, demo.ZONES), (pair.b, demo.ZONES[::-1])):
            zones = post.ask("watch", "place.list")
            assert zones["ours"]["zone"] == ours
            assert [each["zone"] for each in zones["theirs"]] == [theirs]
        for post in (pair.a, pair.b):
            here = post.ask("watch", "person.list")["persons"]
            for role in demo.OTHERS:
                assert [each["roles"] for each in here if role in each["roles"]] == [[role]]
        draft = pair.a.ask("drafter", "draft.new", text="Good morning.", precedence="FLASH")
        pair.a.ask("releaser", "release", draft=draft["draft"], sha256=draft["sha256"])
        assert [desk["holders"] for desk in pair.a.ask("watch", "desk.list")["desks"]] == [
            [{"id": 4, "name": "Wanda"}]
        ]
        views = [post.ask("watch", "status") for post in (pair.a, pair.b)]
        lines = [view["lines"][0] for view in views]
        assert lines[0]["filled"]["ours"]
        # Both see the same test to come, and whose turn it is; nothing is missed on the first day.
        assert lines[0]["next_test"] == lines[1]["next_test"] > views[0]["now"]
        assert {line["tests"]["due"]["by"] for line in lines} == {"ours", "theirs"}
        assert [view["overdue"] for view in views] == [[], []]
        # Whoever looks around makes a desk of their own; the demo goes on all the same.
        pair.a.ask(OPERATOR, "desk.add", name="Bridge")
        assert "stopped" in interrupt(process)
    ports = [post.console_port for post in (pair.a, pair.b)]
    assert not any(serves(port) for port in ports if port)

    # Somebody takes a port meanwhile: the console moves and the record is still there.
    with socket.create_server(("127.0.0.1", ports[0] or 0)), running(folder) as process:
        # Nobody is hired twice.
        assert [each[:2] for each in OTHER.findall(welcome(process))] == [
            each[:2] for each in others
        ]
        again = Pair.open(folder)
        assert again.a.console_port != ports[0]
        assert again.b.console_port == ports[1]
        desks = again.a.ask("watch", "desk.list")["desks"]
        assert [[each["name"] for each in desk["deputies"]] for desk in desks] == [["Willa"]] * 2
        texts = [each["text"] for each in again.b.ask("watch", "inbox", all=True)["messages"]]
        assert texts == ["Good morning."]
        assert f"Port {ports[0]} is in use" in interrupt(process)

    done = subprocess.run(
        command("demo-clean"), env={**environment(), "PARLEY_DEMO": str(folder)}, check=False
    )
    assert done.returncode == 0
    assert not folder.exists()


def test_the_line_moves_when_its_port_is_taken(made: Pair, tmp_path: Path) -> None:
    pair = copy_of(made, tmp_path / "demo")
    told: list[str] = []
    with socket.create_server(pair.listening):
        demo.settle_ports(pair, told.append)
    assert any("the line" in line for line in told)
    moved = Pair.open(pair.folder)
    assert moved.listening != made.listening
    (told_of_b,) = moved.b.set_up(("bearer.list", {}))
    (bearer,) = told_of_b["bearers"]
    assert bearer["dial"] == f"127.0.0.1:{moved.listening[1]}"


def test_a_folder_that_is_no_demo_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "precious").write_text("mine")
    with pytest.raises(Refused), demo.opened(tmp_path, print):
        pass
    with pytest.raises(Refused):
        demo.forget(tmp_path)
    assert (tmp_path / "precious").read_text() == "mine"


def test_there_is_nothing_to_forget_where_there_is_no_demo(tmp_path: Path) -> None:
    assert not demo.forget(tmp_path / "demo")


def test_two_demos_do_not_share_a_folder(made: Pair, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    copy_of(made, folder)
    with demo.opened(folder, print):
        done = subprocess.run(
            command("demo"),
            capture_output=True,
            text=True,
            env={**environment(), "PARLEY_DEMO": str(folder)},
        )
    assert done.returncode == 3
    assert "works in" in done.stderr
