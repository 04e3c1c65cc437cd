"""Which of what somebody typed is wrong: a form says it beside that field."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from parley.core.errors import ParleyError


@contextmanager
def field(name: str) -> Iterator[None]:
    """What is refused in here is refused because of the argument of that name."""
    try:
        yield
    except ParleyError as error:
        error.field = error.field or name
        raise
