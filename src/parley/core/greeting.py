"""The OPENs of a line as they go and come: ours until they hear us, theirs once.

Ours is made once and sent at growing intervals until the line is in service; of theirs one is
accepted, a copy changes nothing, and a second one with another content is kept as evidence. Where a
secret of the meeting is used, another one can be mixed in until then. Source: spec/seal.md S1, S2,
S19, spec/line.md L2, L19.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from parley.core.effects import Outcome
from parley.core.errors import Refused
from parley.core.hearing import Ears
from parley.core.kept import Change
from parley.core.keys import Entropy
from parley.core.opening import (
    Patience,
    SecretDiffers,
    TheirOpen,
    confirm_anew,
    make_open,
    names,
)
from parley.core.rekeying import Rekeying
from parley.core.seal import Epoch
from parley.core.speaking import OPEN, RESEND_FIRST_S, RESEND_MAX_S, frame
from parley.core.terms import Instant, Terms
from parley.core.vouching import RecordKey
from parley.core.wire import Value, encode

CARRIED = "carried"  # cell
Notice = Callable[[str, str], None]  # kind and sentence: something a person must know of


class Greeting:
    """What both sides open the line with."""

    def __init__(
        self,
        terms: Terms,
        cells: Mapping[str, Value],
        ears: Ears,
        rekeying: Rekeying,
        record_key: RecordKey,
    ) -> None:
        self.terms = terms.without_secret()
        self._ears, self._rekeying, self._record_key = ears, rekeying, record_key
        self._ours: bytes | None = cells.get("open")
        self._psk0 = None if self.made else terms.psk0
        # What ours brings, until they are known to have it; with a psk0 that was put in since.
        self._secret: bytes | None = cells.get(CARRIED)
        self._anew = None
        if self._ours and self._secret and terms.psk0:
            self._anew = confirm_anew(self._ours, self._secret, terms)
        self.equivocated = "equivocation" in cells  # one that contradicts theirs is kept
        self._theirs: bytes | None = cells.get("their open")
        self._heard = TheirOpen.parse(self._theirs, terms).signed if self._theirs else None
        # What follows is of this start only.
        self.due_at = self._again_after_s = 0.0
        self._patience = Patience()
        self._refused: tuple[bytes, Value] | None = None  # of the one that a person was told of
        self.secret_differs = False  # so their OPEN said

    @property
    def made(self) -> bool:
        """Whether ours exists."""
        return self._ours is not None

    # --- ours

    def make(self, entropy: Entropy, now: Instant, change: Change) -> Epoch:
        """Ours, and the epoch it starts."""
        made = make_open(replace(self.terms, psk0=self._psk0), entropy)
        if self._psk0 is not None:
            self._secret = made.secret
            change.cells[CARRIED] = encode(made.secret)
        self._psk0 = None
        self._rekeying.opened(made.prekeys, now, change)
        return self._begin(made.frame, made.epoch, made.share, change)

    def _begin(self, frame: bytes, epoch: Epoch, share: bytes, change: Change) -> Epoch:
        self._ours = frame
        change.cells["open"] = encode(frame)
        change.cells["out"] = encode(epoch.cell())
        self._record_key.take(self.terms.side, share, change)
        return epoch

    def mix_anew(self, change: Change) -> Epoch | None:
        """The epoch of ours with the psk0 that was put in since it was made, if one was (S19)."""
        if self._anew is None:
            return None
        (frame, made), self._anew = self._anew, None
        return self._begin(frame, made.epoch, made.share, change)

    def is_heard(self, change: Change) -> bool:
        """They have ours: what it brought is erased (S19). Whether that was kept until now."""
        if self._secret is None:
            return False
        self._secret = change.cells[CARRIED] = None
        return True

    def path_up(self, now: Instant) -> None:
        """Send it at once, and again at growing intervals."""
        self.due_at, self._again_after_s = now.mono, RESEND_FIRST_S

    def again(self, now: Instant) -> list[bytes]:
        """Ours, when it is due (L19)."""
        if self._ours is None or now.mono < self.due_at:
            return []
        self.due_at = now.mono + self._again_after_s
        self._again_after_s = min(2 * self._again_after_s, RESEND_MAX_S)
        return self.frames

    @property
    def frames(self) -> list[bytes]:
        """Ours, if it exists."""
        return [] if self._ours is None else [frame(OPEN, self._ours)]

    # --- theirs

    def hear(
        self, data: bytes, now: Instant, source: str, change: Change, notice: Notice
    ) -> Outcome:
        """Accept theirs once; `source` says who gave it, since each look has its price (S1)."""
        if data == self._theirs:
            return Outcome.DUPLICATE
        if not (names(self.terms.line_id, data) and self._patience.with_one_more(source, now.mono)):
            return Outcome.REFUSED
        theirs = TheirOpen.parse(data, self.terms)
        if self._ears.open_hash == theirs.hash or self._heard == theirs.signed:
            return Outcome.DUPLICATE
        info0 = theirs.check(self.terms)
        if self._ears.open_hash is not None:
            if not self.equivocated:
                self.equivocated = True
                change.cells["equivocation"] = encode(data)
                notice(
                    "equivocation",
                    "The other station signed two different openings of this line; both are kept."
                    " Call the duty officer.",
                )
            return Outcome.EQUIVOCATION
        try:
            cells, share = self._ears.accept_open(theirs, info0)
            self._rekeying.take_offer(theirs.offered, change)
        except Refused as refusal:
            if theirs.signed != self._refused:  # whoever recorded it may play it for ever
                self._refused = theirs.signed
                notice("refused open", f"Their opening of the line was refused: {refusal}.")
            if not isinstance(refusal, SecretDiffers):
                raise
            self.secret_differs = True
            return Outcome.DIFFERS
        change.cells.update(cells)
        change.cells["their open"] = encode(data)
        self._theirs, self._heard, self.secret_differs = data, theirs.signed, False
        self._record_key.take(self.terms.theirs, share, change)
        return Outcome.OK
