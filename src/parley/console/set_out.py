"""A message's text as a page shows it: markup is text, signs that cannot be seen are named in a
box, look-alike letters are framed, critical elements are marked in their place.

Whoever writes 65,536 bytes of such signs and letters makes a processor work for half a second, and
the page asks again at every event. So a long text is set out in a thread after the page around it,
in whose place it is then put, and is kept: the station's loop, and a FLASH, wait for none of it.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from functools import lru_cache, partial
from hashlib import sha256
from secrets import token_hex
from threading import Lock
from time import sleep
from typing import Any

from markupsafe import Markup, escape

from parley.catalogue.perhaps import perhaps_names
from parley.console.lookalikes import told
from parley.console.marking import Stretch, stretches
from parley.console.signs import Piece, unseen
from parley.console.tongues import N_, _, current
from parley.console.vocabulary import word
from parley.station.texts.critical import LOOKED_AT_MAX

AT_ONCE_MAX = 400  # characters: a few milliseconds, whatever they are
KEPT_CHARACTERS_MAX = 8 << 20  # set out; some of the worst texts, hundreds of others
SIGNS_MAX = 4_096  # different ones that are kept
REST_EVERY = 200  # pieces
REST_S = 0.000_05  # long enough for the loop to take its turn

Elements = Sequence[dict[str, Any]]


class Later(AbstractContextManager["Later"]):
    """The long texts of one page that is being made."""

    def __init__(self) -> None:
        self._mark = token_hex(16)  # what no text can hold: it is made after all of them
        self._works: list[Callable[[], Markup]] = []
        self._token: Token[Later | None] | None = None

    def __enter__(self) -> Later:
        self._token = _later.set(self)
        return self

    def __exit__(self, *_: object) -> None:
        if self._token is not None:
            _later.reset(self._token)

    def put(self, work: Callable[[], Markup]) -> str:
        """What stands in the page until that is done."""
        self._works.append(work)
        return f"{self._mark}{len(self._works) - 1};"

    async def fill(self, page: str) -> str:
        """The page with its texts."""
        if not self._works:
            return page
        done = await asyncio.to_thread(lambda: [work() for work in self._works])
        first, *others = page.split(self._mark)
        pieces = [first]
        for other in others:
            at, _, rest = other.partition(";")
            pieces += done[int(at)], rest
        return "".join(pieces)


_ALIKE_SAID = N_("Letters that look like those of another alphabet are framed: %(text)s.")
# What is filled in is escaped.
_ELEMENT = Markup('<mark class="el {}" id="{}-{}" title="{}">')
_HIDDEN = Markup('<span class="sign" title="{}" dir="ltr">{}</span>{}')
_ALIKE = Markup('<span class="alike" title="{}">{}</span>')
_FIGURES, _FIGURES_END = Markup('<bdi dir="ltr">'), Markup("</bdi>")
_REMARK = Markup('<p class="hidden-signs">{}</p>')

_later: ContextVar[Later | None] = ContextVar("later", default=None)


class _Kept:
    """What was set out lately; the oldest goes first."""

    def __init__(self) -> None:
        self._texts: OrderedDict[bytes, Markup] = OrderedDict()
        self._characters = 0
        self._lock = Lock()

    def find(self, key: bytes, make: Callable[[], Markup]) -> Markup:
        """The text of that key, made where it is not there."""
        with self._lock:
            found = self._texts.get(key)
            if found is not None:
                self._texts.move_to_end(key)
                return found
        made = make()
        with self._lock:
            if key not in self._texts:
                self._texts[key] = made
                self._characters += len(made)
            while self._characters > KEPT_CHARACTERS_MAX:
                self._characters -= len(self._texts.popitem(last=False)[1])
        return made


_kept = _Kept()


def set_out(text: str, elements: Elements = (), prefix: str = "el") -> str:
    """The whole text; `prefix` begins the names of its elements within the page."""
    return _now_or_later(text, partial(_text, text, elements, prefix), (elements, prefix))


def remarks(text: str) -> str:
    """What a reader is told below a text: letters that were framed, signs that take no room."""
    return _now_or_later("" if text.isascii() else text, partial(_remarks, text), ())


def _now_or_later(text: str, make: Callable[[bool], Markup], more: tuple[Any, ...]) -> str:
    later = _later.get()
    if later is None or len(text) <= AT_ONCE_MAX:
        return make(False)

    def work() -> Markup:
        said = repr((current().code, more)).encode()
        key = sha256(said + b"\0" + text.encode(errors="surrogatepass")).digest()
        return _kept.find(key, partial(make, True))

    return later.put(work)


def _text(text: str, elements: Elements, prefix: str, rests: bool) -> Markup:
    out: list[Markup] = []
    for part in stretches(text, elements):
        if part.kind:
            out.append(_begin(part, prefix))
        for at, piece in enumerate(part.pieces, 1):
            out.append(_shown(piece))
            if rests and at % REST_EVERY == 0:
                sleep(REST_S)
        if part.kind:
            out.append(Markup("</mark>"))
    return Markup().join(out)


def _begin(part: Stretch, prefix: str) -> Markup:
    title = f"{word(part.kind)}: {part.value}"
    if part.protected:
        as_it_is = _("not to be translated")
        title += f" ({as_it_is})"
    kind = f"{part.kind}{' protected' if part.protected else ''}"
    return _ELEMENT.format(kind, prefix, part.start, title)


def _shown(piece: Piece) -> Markup:
    if piece.sign or piece.alike:
        return _sign(piece)
    return _FIGURES + piece.text + _FIGURES_END if piece.figures else escape(piece.text)


@lru_cache(SIGNS_MAX)
def _sign(piece: Piece) -> Markup:
    if piece.sign:
        return _HIDDEN.format(piece.name, piece.sign, piece.text)
    return _ALIKE.format(piece.name, piece.text)


def _remarks(text: str, _rests: bool) -> Markup:
    said = []
    if letters := told(text):
        said.append(_(_ALIKE_SAID, text=letters))
    if signs := unseen(text):
        said.append(_("Signs without a shape of their own: %(text)s.", text=signs))
    return Markup().join(map(_REMARK.format, said))


def perhaps(text: str, elements: Elements) -> list[str]:
    """What is perhaps a name in a text, besides the elements that were found in it."""
    return perhaps_names(text[:LOOKED_AT_MAX], [(each["start"], each["end"]) for each in elements])


FILTERS = {"set_out": set_out, "remarks": remarks, "perhaps_names": perhaps}
