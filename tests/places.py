"""Places at which a file is changed: in `make test` some, in `make prove` every one.

    @some_or_all(8)
    def test_any_byte_changed_is_refused(step: int) -> None:
        for at in places(len(raw), step):

Which of them is another matter at every run: pytest-randomly seeds the choice.
"""

from __future__ import annotations

import random

import pytest


def some_or_all(some: int, every: int = 1) -> pytest.MarkDecorator:
    """Every so manieth place in a test; all, or what `every` says, in a long proof."""
    proof = pytest.param(every, marks=pytest.mark.proof)
    return pytest.mark.parametrize("step", [some, proof])


def places(end: int, step: int, begin: int = 0) -> range:
    """Places from `begin` to `end`, the first by chance."""
    return range(begin + random.randrange(step), end, step)
