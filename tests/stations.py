"""Pairs of real stations for tests: made once, copied for each test."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from parley.exercise.pair import Pair


def copy_of(made: Pair, folder: Path) -> Pair:
    """A pair of its own for one test. Nothing may serve at the original while it is copied."""
    shutil.copytree(made.folder, folder)
    return Pair.open(folder)


@contextmanager
def serving(pair: Pair) -> Iterator[Pair]:
    """Both stations serve meanwhile, without consoles."""
    for post in (pair.a, pair.b):
        post.console_port = None
        post.start()
    try:
        for post in (pair.a, pair.b):
            post.until_serving()
        yield pair
    finally:
        pair.stop()
