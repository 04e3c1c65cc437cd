"""`parley watch` in two terminals: what is overdue rings at the desk that is to act."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from parley.console.hearing import Ears
from parley.exercise.post import command, environment
from tests.playbook import Post, hourly


class Terminal:
    """Somebody's terminal, in which `parley watch` tells what happens."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def hears_of(self, kind: str) -> None:
        """Wait until it tells of something of this kind."""
        assert self._process.stdout is not None
        assert any(json.loads(line)["kind"] == kind for line in self._process.stdout)

    def rang(self) -> int:
        """Stop it; how often it rang."""
        self._process.send_signal(signal.SIGINT)
        return self._process.communicate(timeout=60)[1].count("\a")


@contextmanager
def watching(post: Post, name: str) -> Iterator[Terminal]:
    token = post.folder / "tokens" / f"{name}.token"
    with subprocess.Popen(
        command("watch", "--since", "0", "--station", str(post.folder), "--as", str(token)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as process:
        yield Terminal(process)
        process.kill()


def test_T12_a_terminal_rings_where_a_tab_of_the_same_person_would(tmp_path: Path) -> None:
    with hourly(tmp_path) as (a, _), ExitStack() as stack:
        (desk,) = a.watch.asks("desk.list")["desks"]
        a.watch.asks("desk.hold", desk=desk["desk"])
        a.operator.asks("person.add", name="Wim", office="Map room", roles=["watch"])
        # A tab of the desk rings, as the console knows; then it is closed.
        ears = Ears(lambda: 0.0)
        ears.tell("tab", a.watch.id, True)
        a.stage.do(partial(setattr, a.station, "hears", ears.persons))
        here, there, beside = (
            stack.enter_context(watching(a, name)) for name in (a.watch.name, "Wim", "Wim")
        )
        a.clock.skip(901)
        for terminal in (here, there, beside):
            terminal.hears_of("overdue")
        a.event("overdue", state="test missed")
        a.says("Nothing to do with it.")
        for terminal in (here, there, beside):
            terminal.hears_of("stage")
        assert (here.rang(), beside.rang()) == (1, 0)
        ears.tell("tab", a.watch.id, False)
        a.stage.do(partial(a.station.in_next_step, partial(a.station.publish, "hearing", None)))
        there.hears_of("hearing")
        a.says("Nothing to do with it either.")
        there.hears_of("stage")
        assert there.rang() == 1
