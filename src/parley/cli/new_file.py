"""A file that a verb writes for a person: never over an older one of that name, unless asked to.

    @click.option("--out", type=NEW_FILE, required=True)
    @overwriting
    def command(out: Path) -> None:

The name is looked at before the verb asks or signs anything, so a refusal leaves all as it was.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from parley.core.errors import Unavailable

_ASKED = "parley.overwrite"


class _NewFile(click.Path):
    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        return unwritten(Path(os.fsdecode(super().convert(value, param, ctx))))


NEW_FILE = _NewFile()


def unwritten(path: Path) -> Path:
    """A name under which nothing lies, or an older file that --overwrite gives up."""
    if not os.path.lexists(path):
        if not path.parent.is_dir():
            raise Unavailable(
                f"The file {path} cannot be written: there is no folder {path.parent}.",
                "Name a file in a folder that is there.",
            )
        return path
    if not path.is_file():
        raise Unavailable(f"There is something else than a file at {path}.", "Name another file.")
    if not click.get_current_context().meta.get(_ASKED, False):
        raise Unavailable(
            f"There is a file {path} already, and nothing was written over it.",
            "Name another file, or give it up with --overwrite.",
        )
    return path


def overwriting(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The option --overwrite; it is read before the names that it is about."""

    def read(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
        ctx.meta[_ASKED] = value

    return click.option(
        "--overwrite",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=read,
        help="Write over an older file of that name; without it, that is refused.",
    )(verb)
