"""A RESUME of any content: what is read of it is what was signed, and nothing is begun by it."""

from __future__ import annotations

from functools import cache

from fuzz.script import Script, edited
from parley.core.effects import Outcome
from parley.core.keys import hybrid
from parley.core.life import ends_of
from parley.core.resuming import INC_AHEAD_MAX, REASON_BYTES_MAX, Resume, _signed
from parley.core.speaking import RESUME, frame
from parley.core.wire import uvar
from parley.store.memory import MemoryStore
from tests.core.conversation import our_keys, prekey, talk
from tests.core.lives import Living, two_lives


@cache
def _lives() -> tuple[Living, MemoryStore, bytes]:
    """South, a copy of its disk once it has heard a RESUME of North, and that one's document."""
    north, south = two_lives()
    talk(north, south)
    north.says("One.")
    talk(north, south)
    ends = ends_of(north.life.line)
    south.hears(north.states_ends(2, 1, ends, "asked before"))
    south.settles()
    made = Resume.make(north.terms, 3, 1, ends, prekey(1), "We were restored.")
    return south, south.image(), made.document


def resume(data: bytes) -> None:
    """Strangers are refused; true signatures under any content ask, and no more."""
    south, image, document = _lives()
    script = Script(data)
    south.becomes(image)
    if script.number() & 1:
        assert south.hears(frame(RESUME, script.rest())) == [Outcome.REFUSED]
        return
    changed = edited(document, script)
    message = hybrid(_signed(changed), south.terms.suite.mldsa)
    raw = uvar(len(changed)) + changed + our_keys(0).station.block(message)
    outcome = south.hears(frame(RESUME, raw))[0]
    south.settles()
    assert (south.inc, south.life.resting) == (1, False)
    if outcome is Outcome.REFUSED:
        assert south.life.newest == 2
        return
    assert outcome in (Outcome.ASKED, Outcome.EQUIVOCATION)
    read = Resume.parse(raw, south.terms, 0)
    assert read.to_bytes() == raw
    assert 1 <= read.of < read.inc <= 1 + INC_AHEAD_MAX
    assert len(read.reason.encode()) <= REASON_BYTES_MAX
    newest = south.life.newest
    south.starts()
    assert south.life.newest == newest
    south.resumes()
    south.settles()
    assert south.life.resting
