"""The end of a line: after a CLOSE nothing is said but the CLOSE that answers it, then keys go.

Both sides still send STATUS, sign the last heads and send again what has no receipt. Who has all of
the other's log under the other's signature and its own, and all it wrote under the other's, says so
in STATUS (`CLOSED`). Once both have said so, or after a day, nothing is left that a key is needed
for, and every key of the line is erased; the record stays. Source: spec/declared.md D8, D9.
"""

from __future__ import annotations

from collections.abc import Mapping

from parley.core.effects import Saying
from parley.core.entry import Type
from parley.core.errors import Refused
from parley.core.heads import Heads
from parley.core.hearing import Ears
from parley.core.kept import Change
from parley.core.packets import Flag
from parley.core.rekeying import Rekeying
from parley.core.speaking import Voice
from parley.core.terms import Instant
from parley.core.wire import Value, encode

FAREWELL_S_MAX = 86_400.0  # keys wait no longer for the last word of a counterpart that is whole


class Closing:
    """How far a line is closed."""

    def __init__(
        self, cells: Mapping[str, Value], voice: Voice, ears: Ears, heads: Heads, rekeying: Rekeying
    ) -> None:
        self.said, self.heard, self.erased = cells.get("closed", [False, False, False])
        self._voice, self._ears, self._heads, self._rekeying = voice, ears, heads, rekeying
        # What follows is of this start only.
        self._whole_since: float | None = None
        self.told = False  # a STATUS of ours said that we are whole

    @property
    def begun(self) -> bool:
        """Whether a CLOSE is in the record, or one of ours is released."""
        return bool(self.heard or self._voice.closing)

    def check(self, saying: Saying) -> None:
        """Refuse what comes after a CLOSE (D8)."""
        if self._voice.closing or (self.heard and saying.type != Type.CLOSE):
            raise Refused(
                "the line is closed", "nothing more is said on it; agree on a new line", "D8"
            )

    def spoke(self, change: Change) -> None:
        """Something of ours has its number: it may have been our CLOSE."""
        if self._voice.closed and not self.said:
            self.said = True
            self._keep(change)

    def heard_one(self, change: Change) -> None:
        """Their CLOSE has joined the record."""
        self.heard = True
        self._keep(change)

    def _keep(self, change: Change) -> None:
        change.cells["closed"] = encode([self.said, self.heard, self.erased])

    @property
    def whole(self) -> Flag:
        """The flag of a STATUS that says: we need nothing more of you (D9)."""
        ours, theirs = self._heads.ours, self._heads.theirs
        all_ours, all_theirs = self._voice.log.size, self._ears.log.size
        if self._heads.terms.deniable:  # nobody signs; the record key stays with the record (H1)
            done = self._voice.receipted == ours.vouched == all_ours
            done &= theirs.vouched == all_theirs
        else:
            done = self._voice.receipted == ours.cosigned_both == all_ours
            done &= theirs.cosigned_both == theirs.signed_both == all_theirs
        return Flag.CLOSED if self.said and self.heard and done else Flag(0)

    def over(self, now: Instant, change: Change) -> bool:
        """Erase every key once both are whole and have said so, or ours has waited a day (D9)."""
        if self.erased or not self.whole:
            return False
        if self._whole_since is None:
            self._whole_since = now.mono
        waited = now.mono - self._whole_since >= FAREWELL_S_MAX
        if not (self.told and (waited or self._ears.flags & Flag.CLOSED)):
            return False
        self.erased = True
        self._voice.epoch = None
        self._ears.forget()
        self._rekeying.forget()
        for name in ("prekey", "out", "in", "past", "prekeys", "their prekeys", "rekey"):
            change.cells[name] = None
        self._keep(change)
        return True
