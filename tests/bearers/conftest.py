"""What holds in every test of a bearer."""

from __future__ import annotations

import gc
import os
from collections.abc import AsyncIterator

import pytest

from tests.bearers.playbook import Stranger, nothing_raised


@pytest.fixture(autouse=True)
async def nothing_is_raised_and_nothing_left_open() -> AsyncIterator[None]:
    """What a peer sends must not surface as an exception anywhere, nor hold on to a socket."""
    gc.collect()
    gc.freeze()  # what earlier tests have left is not looked through again: half a second each time
    before = len(os.listdir("/proc/self/fd"))
    async with nothing_raised():
        yield
        Stranger.all_hang_up()
        gc.collect()
    assert len(os.listdir("/proc/self/fd")) == before
