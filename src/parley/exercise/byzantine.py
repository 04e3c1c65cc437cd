"""A counterpart with true keys that says what is not so, and what must become of it.

A lie is told with the keys of the station that tells it, so that everything about it is authentic.
The great ones contradict what the other side knows: it must stop, or keep both papers. The small
ones must change nothing.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from parley.core.entry import Plaintext, Type
from parley.core.opening import make_open
from parley.core.packets import Checkpoint, Cosign, Kind, Status
from parley.core.record import Head
from parley.core.seal import associated, envelope_locator, seal_entry
from parley.core.speaking import ENVELOPE, OPEN, frame
from parley.core.wire import u8, u32
from parley.exercise.resident import Resident

if TYPE_CHECKING:
    from parley.core.line import Line

Lie = Callable[["Liar", Resident], bytes | None]  # None: it cannot be told yet


class Liar(Resident):
    """A station whose line is true, and whose people add to what it says."""

    @property
    def line(self) -> Line:
        """Its true line, whose keys and counters the lies use."""
        return self.open_line.line.line

    def tells(self, lie: Lie, to: Resident) -> bool:
        """Send a lie on every path; whether there was one to send."""
        if not self.on or not self.line.state(self.clock.now).in_service:
            return False
        said = lie(self, to)
        if said is None:
            return False
        for end in self.ends:
            if end.up:
                end.link.carry(end, [said])
        return True

    def states(self, **lies: Any) -> bytes:
        """A STATUS that is true but for the lies."""
        line = self.line
        ears, voice = line._ears, line._voice
        true: dict[str, Any] = {
            "size": voice.log.size,
            "contig": ears.log.size,
            "sack": frozenset(),
            "own_root": voice.log.root,
            "their_root": ears.log.root,
            "epoch": ears.newest_epoch,
            "echo": ears.newest_status,
            "cover": 0,
            "flags": 0,
        }
        plain = Status(**(true | lies)).to_bytes(self.terms.root_bytes)
        return line._seal_packet(Kind.STATUS, plain)

    def writes(self, n: int, plain: bytes) -> bytes | None:
        """An envelope of any plaintext under a number that is still free."""
        epoch, terms = self.line._voice.epoch, self.terms
        if epoch is None or n < self.line._voice.log.size:
            return None
        aad = associated(terms.line_id, terms.inc, terms.side, epoch.e, n, epoch.et)
        sealed = seal_entry(epoch.message_key(n), aad, plain)
        return frame(ENVELOPE, envelope_locator(epoch.kl, n) + sealed)

    def signs(self, size: int, root: bytes) -> bytes:
        """A CHECKPOINT of its own log, over any root."""
        terms = self.terms
        key = terms.our_keys.log
        head = Head(terms.line_id, terms.inc, terms.side, size, root)
        required, _ = head.checkpoint(key.public)
        vouched = self.line.record_key.block(head.text) if terms.deniable else b""
        packet = Checkpoint(size, root, vouched or key.block([required]))
        return self.line._seal_packet(Kind.CHECKPOINT, packet.to_bytes())

    def cosigns(self, size: int, root: bytes) -> bytes:
        """A COSIGN of the other log, over any root."""
        terms = self.terms
        key = terms.our_keys.cosigner
        head = Head(terms.line_id, terms.inc, terms.theirs, size, root)
        required, _ = head.cosignature(key.public, 1)
        packet = Cosign(size, 1, key.block([required]))
        return self.line._seal_packet(Kind.COSIGN, packet.to_bytes())


# --- great lies


def another_past(liar: Liar, victim: Resident) -> bytes | None:
    """It states another root for entries that were heard."""
    size = len(victim.theirs)
    return liar.states(size=size, own_root=b"\x01" * 32) if size == len(liar.ours) else None


def another_past_of_ours(liar: Liar, victim: Resident) -> bytes | None:
    """It states another root for what we wrote."""
    return liar.states(their_root=b"\x01" * 32) if liar.theirs else None


def more_than_was_written(liar: Liar, victim: Resident) -> bytes:
    """It has entries that we never wrote."""
    return liar.states(contig=len(victim.ours) + 1)


def shorter_than_before(liar: Liar, victim: Resident) -> bytes | None:
    """Its log has become shorter."""
    size = len(liar.ours)
    if victim.open_line.line.line._ears.announced < size or not size:
        return None
    return liar.states(size=size - 1, own_root=liar.root_at(liar.terms.side, size - 1))


def forgot_what_it_had(liar: Liar, victim: Resident) -> bytes | None:
    """It holds less of ours than it once said."""
    had = victim.open_line.line.line._voice.receipted
    if not had:
        return None
    return liar.states(contig=had - 1, their_root=victim.root_at(victim.terms.side, had - 1))


def heard_what_was_not_sent(liar: Liar, victim: Resident) -> bytes:
    """It has heard a STATUS of the future."""
    return liar.states(echo=(1 << 32) - 1)


def has_an_epoch_of_the_future(liar: Liar, victim: Resident) -> bytes:
    """It accepted keys that we have not made."""
    return liar.states(epoch=1 << 20)


def saw_what_was_not_written(liar: Liar, victim: Resident) -> bytes | None:
    """An entry has seen more than we wrote."""
    seen = len(victim.ours) + 1
    plain = Plaintext(Type.TEXT, 8, seen & 0xFFFF, 0, b"\x82\xa0\x61x").to_bytes()
    return liar.writes(len(victim.theirs), plain) if seen < 1 << 15 else None


def is_no_entry(liar: Liar, victim: Resident) -> bytes | None:
    """An entry lacks its fixed part."""
    return liar.writes(len(victim.theirs), b"\x01\x00")


def signed_another_past(liar: Liar, victim: Resident) -> bytes | None:
    """It signs or vouches for another root of entries that were heard."""
    return liar.signs(len(victim.theirs), b"\x01" * 32) if victim.theirs else None


def cosigned_what_was_not_written(liar: Liar, victim: Resident) -> bytes | None:
    """It signs for more than we wrote."""
    if liar.terms.deniable:
        return None  # nobody reads it
    return liar.cosigns(len(victim.ours) + 1, b"\x01" * 32)


def one_counter_twice(liar: Liar, victim: Resident) -> bytes | None:
    """It seals two packets under one counter, as a station put back to an old disk would."""
    line = liar.line
    known = victim.open_line.line.line._ears._newest.get(Kind.STATUS)
    if known is None:
        return None
    line._counters._last[Kind.STATUS] = known[0] - 1
    return liar.states(flags=0x10)


STOP: dict[str, Lie] = {
    lie.__name__: lie
    for lie in (
        another_past,
        another_past_of_ours,
        more_than_was_written,
        shorter_than_before,
        forgot_what_it_had,
        heard_what_was_not_sent,
        has_an_epoch_of_the_future,
        saw_what_was_not_written,
        is_no_entry,
        signed_another_past,
        cosigned_what_was_not_written,
        one_counter_twice,
    )
}


def opens_twice(liar: Liar, victim: Resident) -> bytes:
    """It signs a second OPEN of the same line: both papers are kept."""
    made = make_open(liar.terms, random.Random("another open").randbytes)
    return frame(OPEN, made.frame)


# --- small lies


def of_a_kind_to_come(liar: Liar, victim: Resident) -> bytes:
    """A packet of a kind that no station knows."""
    kind: Any = liar.chance.randrange(8, 0x30)
    return liar.line._seal_packet(kind, b"?" * 20)


def with_more_to_say(liar: Liar, victim: Resident) -> bytes:
    """A STATUS with flags and fields of a later release."""
    plain = Status(
        size=len(liar.ours),
        contig=len(liar.theirs),
        sack=frozenset(),
        own_root=liar.line._voice.log.root,
        their_root=liar.line._ears.log.root,
        epoch=liar.line._ears.newest_epoch,
        echo=liar.line._ears.newest_status,
        cover=0,
        flags=0xC0,
    ).to_bytes(liar.terms.root_bytes)
    return liar.line._seal_packet(Kind.STATUS, plain + u8(9) + u8(4) + u32(7))


def badly_signed(liar: Liar, victim: Resident) -> bytes:
    """A head whose signature does not stand."""
    size = len(victim.theirs)
    packet = Checkpoint(size, victim.root_at(liar.terms.side, size), b"\x01" + b"\x01" * 69)
    return liar.line._seal_packet(Kind.CHECKPOINT, packet.to_bytes())


def signs_what_nobody_signs(liar: Liar, victim: Resident) -> bytes | None:
    """It gives a signed receipt, for more than there is, on a line where nobody signs any."""
    return liar.cosigns(len(victim.ours) + 1, b"\x01" * 32) if liar.terms.deniable else None


def cut_short(liar: Liar, victim: Resident) -> bytes:
    """A packet that ends in the middle."""
    kind = liar.chance.choice((Kind.STATUS, Kind.CHECKPOINT, Kind.COSIGN))
    return liar.line._seal_packet(kind, b"\x05" * liar.chance.randrange(6))


def junk(liar: Liar, victim: Resident) -> bytes:
    """Bytes."""
    return liar.chance.randbytes(liar.chance.randrange(200))


SMALL: tuple[Lie, ...] = (
    of_a_kind_to_come,
    with_more_to_say,
    badly_signed,
    signs_what_nobody_signs,
    cut_short,
    junk,
)
