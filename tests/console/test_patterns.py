"""The templates of the pages are compiled once, whoever shows or prints them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment

from parley.console import patterns, printed
from parley.console.app import build
from tests.console.asking import ask
from tests.console.world import world


async def test_a_template_is_compiled_once_for_all_stations_and_sheets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    beside: set[str] = set()  # the loop, which has a FLASH to see to
    compile = Environment.compile

    def seen(self: Environment, source: str, name: str, *more: Any, **given: Any) -> Any:
        compiled.append(name)
        if threading.current_thread() is not threading.main_thread():
            beside.add(name)
        return compile(self, source, name, *more, **given)

    monkeypatch.setattr(Environment, "compile", seen)
    patterns.templates.cache_clear()
    async with world(tmp_path) as both:
        for post in (both.north, both.south):
            assert post.station is not None
            assert (await ask(build(post.station), "/sign-in")).status == 200
        assert beside == {*compiled}
    for party in ("North", "South"):
        assert party in printed.watch_log({"party": party, "station": party, "log": []})
    assert {"sign_in_form.html", "print_watch.html"} <= {*compiled}
    assert len(compiled) == len({*compiled})
