"""Of what is many, a few in `make test`: places of a file, values of a parameter.

Places at which a file is changed, in `make prove` every one:

    @some_or_all(8)
    def test_any_byte_changed_is_refused(step: int) -> None:
        for at in places(len(raw), step):

Which of them is another matter at every run: pytest-randomly seeds the choice.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def some_or_all(some: int, every: int = 1) -> pytest.MarkDecorator:
    """Every so manieth place in a test; all, or what `every` says, in a long proof."""
    proof = pytest.param(every, marks=pytest.mark.proof)
    return pytest.mark.parametrize("step", [some, proof])


def places(end: int, step: int, begin: int = 0) -> range:
    """Places from `begin` to `end`, the first by chance."""
    return range(begin + random.randrange(step), end, step)


def few(values: Iterable[T], count: int) -> list[Any]:
    """All values of a parameter: the first so many in `make test`, the others in `make stories`."""
    return [
        each if at < count else pytest.param(*_several(each), marks=pytest.mark.story)
        for at, each in enumerate(values)
    ]


def _several(value: object) -> tuple[Any, ...]:
    """The values of several parameters together, or that of one."""
    return value if type(value) is tuple else (value,)
