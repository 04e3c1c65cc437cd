"""The templates of all pages, on the screen and on paper: read and compiled once in a process."""

from __future__ import annotations

from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from parley.console import brought, marking, set_out, themes, tongues, vocabulary, words


@cache
def templates() -> Environment:
    """The same for every station of this process. To compile one takes longer than to fill it in
    fifty times; nothing here belongs to a station, a seat or a request."""
    made = Environment(
        loader=PackageLoader("parley.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    made.filters |= words.FILTERS | vocabulary.FILTERS | marking.FILTERS | set_out.FILTERS
    made.globals["brought"] = brought.address()
    tongues.install(made)
    themes.install(made)
    return made
