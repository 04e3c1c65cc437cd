"""The templates of all pages, on the screen and on paper: read and compiled once in a process."""

from __future__ import annotations

import asyncio
import re
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from parley.console import brought, marking, set_out, themes, tongues, vocabulary, words


class Templates(Environment):
    """Which of them are ready, with all that they use."""

    ready: set[str]


@cache
def templates() -> Templates:
    """The same for every station of this process. To compile one takes longer than to fill it in
    fifty times; nothing here belongs to a station, a seat or a request."""
    made = Templates(
        loader=PackageLoader("parley.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    made.ready = set()
    made.filters |= words.FILTERS | vocabulary.FILTERS | marking.FILTERS | set_out.FILTERS
    made.globals["brought"] = brought.address()
    tongues.install(made)
    themes.install(made)
    return made


_USES = re.compile(r'\{%-?\s*(?:extends|include|import|from)\s+"([^"]+)"')


async def compiled(name: str) -> Template:
    """A template, ready with all that it uses. To compile those of a first page takes half a second
    of a core: that happens beside the loop, since a FLASH may come meanwhile."""
    made = templates()
    if name not in made.ready:
        await asyncio.to_thread(_compile, made, name)
        made.ready.add(name)
    return made.get_template(name)


def _compile(made: Templates, name: str) -> None:
    left, known = [name], {name}
    while left:
        each = left.pop()
        made.get_template(each)
        assert made.loader is not None
        more = set(_USES.findall(made.loader.get_source(made, each)[0])) - known
        known |= more
        left += more
