"""What shows that one station signed two things: files from anybody, about whoever is honest."""

from __future__ import annotations

import io
from functools import cache

from fuzz.papers import edited_bytes
from fuzz.script import Script, edited
from parley.core.opening import document_of
from parley.core.wire import uvar
from parley.evidence import contradiction as showing
from parley.evidence.contradiction import Contradiction, Two, TwoHeads, TwoOpens, TwoResumes
from parley.evidence.sections import NotWhole
from tests.evidence.contradicted import LIAR, asked, of_each_kind, opened, root, shown, signed

SIZE_MAX = 24  # of an honest log whose heads are laid side by side


def contradiction(data: bytes) -> None:
    """A true one with other bytes anywhere; and what cannot be one, whatever stands around it."""
    script = Script(data)
    choice, kind = script.number() % 3, script.number() % 3
    if choice == 0:
        whole = _whole(kind)
        text = edited_bytes(whole, script)
        found = _read(text)
        if found is not None:
            assert found.text().encode() == text, "two texts of one contradiction"
            assert found.side == LIAR
        return
    two = _honest_heads(script) if choice == 1 else _changed_copy(kind, script)
    assert _read(shown(two).text().encode()) is None, "it accuses who signed one thing"


def _read(text: bytes) -> Contradiction | None:
    try:
        return showing.verify(io.BytesIO(text))
    except NotWhole as error:
        assert error.where
        return None


@cache
def _whole(kind: int) -> bytes:
    return shown(of_each_kind()[kind]).text().encode()


@cache
def _head(size: int) -> tuple[bytes, bytes]:
    """Its root and its block, of the one history that there is."""
    return root(size), signed(size, root(size))


def _honest_heads(script: Script) -> TwoHeads:
    """Two heads of one history, and any way from the one to the other."""
    first, second = (1 + script.number() % SIZE_MAX for _ in range(2))
    held, *path = [_node(script) for _ in range(1 + script.number() % 8)]
    root, block = _head(first)
    later_root, later_block = _head(second)
    return TwoHeads(first, root, block, held, second, later_root, later_block, tuple(path))


def _node(script: Script) -> bytes:
    """A hash of that history, or any bytes of a length that the form lets through."""
    choice = script.number()
    if choice & 1:
        return _head(1 + (choice >> 1) % SIZE_MAX)[0]
    return script.some()[:33].ljust(31 + (choice >> 1) % 3, b"\0")


def _changed_copy(kind: int, script: Script) -> Two:
    """One document, and beside it another one under the same signature."""
    of: type[TwoOpens | TwoResumes] = TwoOpens if kind & 1 else TwoResumes
    made = _made(kind & 1)
    document = document_of(made)
    changed = edited(document, script)
    return of(made, uvar(len(changed)) + changed + made[len(uvar(len(document)) + document) :])


@cache
def _made(kind: int) -> bytes:
    return opened(1) if kind else asked(3, "after the fire")
