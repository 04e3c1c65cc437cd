"""The station's process: what it says when it starts and cannot start, and how it ends."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parley.exercise.pair import Pair
from parley.exercise.post import Post, command, environment
from tests.cli.terminal import Person, types
from tests.playbook import two_stations
from tests.stations import copy_of


@contextmanager
def serve(post: Post, *options: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command("serve", "--station", str(post.folder), *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def said(process: subprocess.Popen[str]) -> tuple[int, str]:
    _, aside = process.communicate(timeout=30)
    return process.returncode, aside


def test_it_says_where_it_serves_and_stops_when_told(made: Pair, tmp_path: Path) -> None:
    post = copy_of(made, tmp_path / "pair").a
    with serve(post, "--console-port", "0") as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("North serves (process ")
        assert "Console: http://127.0.0.1:" in process.stdout.readline()
        # One process at a time works in a folder.
        with serve(post) as second:
            code, aside = said(second)
            assert code == 3
            assert f"number {process.pid}) works in" in aside
        process.send_signal(signal.SIGTERM)
        code, aside = said(process)
        assert code == 0
        assert "has stopped" in aside
    assert not (post.folder / "control.sock").exists()


def test_a_port_in_use_is_one_clear_sentence(made: Pair, tmp_path: Path) -> None:
    pair = copy_of(made, tmp_path / "pair")
    with socket.create_server(pair.listening), serve(pair.a, "--no-console") as process:
        code, aside = said(process)
        assert code == 3
        assert str(pair.listening[1]) in aside
        assert "  next: " in aside
        assert "Traceback" not in aside
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serve(pair.a, "--console-port", str(port)) as process:
            code, aside = said(process)
            assert code == 3
            assert str(port) in aside
            assert "Traceback" not in aside


def test_facts_for_a_program(made: Pair, tmp_path: Path) -> None:
    post = copy_of(made, tmp_path / "pair").b
    with serve(post, "--no-console", "--json") as process:
        assert process.stdout is not None
        told = ""
        while not told.endswith("}\n"):
            told += process.stdout.readline()
        facts = json.loads(told)
        assert (facts["party"], facts["pid"], facts["console"]) == ("South", process.pid, None)


def test_a_station_of_an_exercise_does_not_outlive_who_started_it(
    made: Pair, tmp_path: Path
) -> None:
    pair = copy_of(made, tmp_path / "pair")
    script = (
        "import sys, time; from pathlib import Path; from parley.exercise.pair import Pair;"
        "pair = Pair.open(Path(sys.argv[1])); pair.a.console_port = None; pair.a.start();"
        "pair.a.until_serving(); print(pair.a.pid, flush=True); time.sleep(60)"
    )
    starter = subprocess.Popen(
        [sys.executable, "-c", script, str(pair.folder)], stdout=subprocess.PIPE, text=True
    )
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.communicate()
    deadline = time.monotonic() + 20
    while is_there(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def is_there(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def test_a_folder_that_holds_no_station(tmp_path: Path) -> None:
    done = types("serve", "--station", str(tmp_path / "none"))
    assert done.code == 3
    assert "`parley init`" in done.err
    assert types("serve").code == 2 or "PARLEY_STATION" in os.environ


def test_a_halted_line_exits_4_and_says_why(tmp_path: Path) -> None:
    with two_stations(tmp_path, heartbeat_s=1) as (north, south):
        drafter = Person(north.folder, north.drafter.name)
        draft = drafter.facts("say", "Before the copy.")
        north.stops()
        shutil.copytree(north.folder, tmp_path / "copy")
        north.starts()
        north.is_in_service()
        released = north.releases(draft)
        south.hears(released["n"])
        north.until(lambda: north.line()["receipted"] > released["n"])
        # The station goes on from an older copy of itself.
        north.stops()
        shutil.rmtree(north.folder)
        (tmp_path / "copy").rename(north.folder)
        north.starts()
        north.until(lambda: north.line()["halted"])
        said = drafter.types("say", "After.")
        assert said.code == 4
        assert "halted" in said.err
        status = Person(north.folder, north.watch.name).does("status")
        assert "Declared       halted: " in status.out
