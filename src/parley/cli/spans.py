"""Lengths of time as people type them."""

from __future__ import annotations

import re

import click

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def span(text: str) -> int:
    """A length of time as it is typed: 90, 90s, 10m, 3h, 1d."""
    found = re.fullmatch(r"([0-9]{1,9})([smhd]?)", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no time; write 90s, 10m, 3h or 1d")
    return int(found[1]) * _UNITS[found[2]]
