"""A change is what stands in it, and of a new line nothing is kept."""

from __future__ import annotations

from typing import Any

import pytest

from parley.core.kept import Change, Kept
from parley.core.line import Line
from parley.core.wire import encode
from tests.core.conversation import LINE_ID, Clock, prekey, terms_of


def test_L22_a_change_in_which_nothing_stands_is_none() -> None:
    assert not Change(LINE_ID, 1, (3, 4))


@pytest.mark.parametrize(
    "one",
    [
        *({name: [None]} for name in ("entries", "held_put", "queue_put", "outbox_put", "heads")),
        *({name: [0]} for name in ("held_drop", "queue_drop")),
        {"outbox_drop_below": 1},
        {"cells": {"out": None}},
    ],
    ids=lambda one: next(iter(one)),
)
def test_L22_whatever_is_to_be_kept_makes_a_change(one: dict[str, Any]) -> None:
    assert Change(LINE_ID, 1, (3, 4), **one)


def test_a_line_of_which_nothing_is_kept_has_said_and_heard_nothing() -> None:
    assert Kept() == Kept(0, (0, 0))
    kept = Kept(0, cells={"prekey": encode(prekey(0).seed)})
    line = Line(terms_of(0), kept, lambda count: b"\x03" * count, lambda dir, size: bytes(32))
    state = line.state(Clock().now)
    assert (state.our_size, state.their_size, state.queued, state.held) == (0, 0, 0, 0)
