"""Who has signed for how much of the two logs: CHECKPOINT and COSIGN, made and heard.

A speaker signs its own log, the other side cosigns what it holds of it. A head of theirs is kept
only when its entries are in our record, so that the record can always be shown with its heads. On
a deniable line nobody signs: a CHECKPOINT bears a code, and there is no COSIGN.
Source: spec/record.md R7 to R9, spec/line.md L12, L16, L17, spec/deniable.md H2, H4.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from parley.core.effects import Covered, Outcome
from parley.core.errors import Refused
from parley.core.hearing import Stop
from parley.core.kept import Change, HeadRow
from parley.core.packets import Checkpoint, Cosign, Kind
from parley.core.record import Head, Log
from parley.core.terms import Instant, Terms
from parley.core.vouching import CODE, RecordKey
from parley.core.wire import Value, encode

CHECKPOINT, COSIGN = "checkpoint", "cosign"  # kinds of a head as kept
SIGN_GAP_S = 1.0
SIGN_FLASH_GAP_S = 0.1
BOTH_ENTRIES, BOTH_S = 32, 60.0  # so rarely ML-DSA stands beside Ed25519: 2,420 bytes or 4,627
Seal = Callable[[Kind, bytes], bytes]  # seals a packet; the frame


class Heads:
    """The heads of both logs, as far as they are signed."""

    def __init__(
        self,
        terms: Terms,
        our_log: Log,
        their_log: Log,
        cells: Mapping[str, Value],
        record_key: RecordKey,
    ) -> None:
        self.terms = terms
        self._record_key = record_key
        self._our_log, self._their_log = our_log, their_log
        cover = [Covered(*sizes) for sizes in cells.get("signed", ([0] * 4, [0] * 4))]
        self.ours, self.theirs = cover  # how much of each log is signed for
        self._contradicted = "contradiction" in cells
        self.urgent = False  # a FLASH is among what is not signed
        self.cosigns = True  # not before a restored record is whole (spec/resume.md N9)

        # What follows is of this start only.
        self._newest: dict[Kind, bytes] = {}  # our newest packet of each kind
        self._sealed: dict[Kind, bytes] = {}  # the same as a frame
        self._signed_at = self._checkpoint_sent_at = float("-inf")
        kinds = (Kind.CHECKPOINT,) if terms.deniable else (Kind.CHECKPOINT, Kind.COSIGN)
        self._both_at = dict.fromkeys(kinds, float("-inf"))

    def _keep(self, head: HeadRow, found: list[int], change: Change) -> None:
        """Keep a head that bears the algorithms `found`, if it covers more than the kept ones do
        together: a line that starts again and again keeps no two that say the same."""
        ours = head.dir == self.terms.side
        cover = before = self.ours if ours else self.theirs
        if CODE in found:
            cover = replace(cover, vouched=max(cover.vouched, head.size))
        else:
            cover = cover.grown(head.kind == COSIGN, head.size, len(found) > 1)
        if cover == before:
            return
        if ours:
            self.ours = cover
        else:
            self.theirs = cover
        change.heads.append(head)
        change.cells["signed"] = encode([self.ours.sizes, self.theirs.sizes])

    # --- ours

    def due_at(self) -> float:
        """When a head is to be signed next; infinity while nothing is unsigned."""
        return min(map(self._due_at, self._both_at))

    def _sizes(self, kind: Kind) -> tuple[int, int, int]:
        """(size of the log, how much of it we signed for, how much with both algorithms)."""
        if self.terms.deniable:
            return self._our_log.size, self.ours.vouched, self._our_log.size
        if kind == Kind.CHECKPOINT:
            return self._our_log.size, self.ours.signed, self.ours.signed_both
        return self._their_log.size, self.theirs.cosigned, self.theirs.cosigned_both

    def _due_at(self, kind: Kind) -> float:
        if kind == Kind.COSIGN and not self.cosigns:
            return float("inf")
        size, signed, both = self._sizes(kind)
        if size > signed or (size > 0 and kind not in self._newest):
            return self._signed_at + (SIGN_FLASH_GAP_S if self.urgent else SIGN_GAP_S)
        return self._both_at[kind] + BOTH_S if size > both else float("inf")

    def sign(self, now: Instant, seal: Seal, change: Change) -> list[bytes]:
        """CHECKPOINT of our log, COSIGN of theirs, each for what is new (L12)."""
        due = [kind for kind in self._both_at if now.mono >= self._due_at(kind)]
        for kind in due:
            self._sign(kind, now, change)
        self._signed_at = now.mono
        self.urgent = False
        return [self._frame(kind, seal) for kind in due]

    def _sign(self, kind: Kind, now: Instant, change: Change) -> None:
        """Sign a head, or vouch for it where nobody signs (H2)."""
        terms, ours = self.terms, kind == Kind.CHECKPOINT
        log = self._our_log if ours else self._their_log
        at = log.size, log.root
        head = Head(*terms.place(terms.side if ours else terms.theirs), *at)
        time = 0 if ours else max(int(now.wall), 0)
        if terms.deniable:
            block, found = self._record_key.block(head.text), [CODE]
        else:
            block, found = self._signature(head, kind, time, now)
        packet = Checkpoint(*at, block) if ours else Cosign(log.size, time, block)
        self._newest[kind] = packet.to_bytes()
        self._sealed.pop(kind, None)
        if ours:
            self._checkpoint_sent_at = now.mono
        row = HeadRow(head.dir, *at, CHECKPOINT if ours else COSIGN, time, block, now.wall)
        self._keep(row, found, change)

    def _signature(
        self, head: Head, kind: Kind, time: int, now: Instant
    ) -> tuple[bytes, list[int]]:
        """A block and its algorithms: both after so many entries or so long a time (L12)."""
        ours = kind == Kind.CHECKPOINT
        key = self.terms.our_keys.log if ours else self.terms.our_keys.cosigner
        public = key.public
        required, optional = head.checkpoint(public) if ours else head.cosignature(public, time)
        wanted = [required]
        long_ago = now.mono >= self._both_at[kind] + BOTH_S
        if long_ago or head.size - self._sizes(kind)[2] >= BOTH_ENTRIES:
            wanted.append(optional)
            self._both_at[kind] = now.mono
        return key.block(wanted), [algorithm for algorithm, _ in wanted]

    def _frame(self, kind: Kind, seal: Seal) -> bytes:
        """A packet is sealed once, and repeated byte for byte until it is replaced."""
        if kind not in self._sealed:
            self._sealed[kind] = seal(kind, self._newest[kind])
        return self._sealed[kind]

    def seal_anew(self) -> None:
        """Our epoch has changed, and the other side will erase the keys of the old one."""
        self._sealed.clear()

    def again(self, now: Instant, seal: Seal) -> list[bytes]:
        """Our newest heads: nobody acknowledges them, so they go with the heartbeat."""
        self._checkpoint_sent_at = now.mono
        return [self._frame(kind, seal) for kind in self._newest]

    def missed(self, cover: int, contig: int, now: Instant, seal: Seal) -> list[bytes]:
        """Our CHECKPOINT, when they hold its entries and say that they lack it (L12)."""
        lacking = cover < self.ours.by_speaker <= contig and Kind.CHECKPOINT in self._newest
        if not lacking or now.mono < self._checkpoint_sent_at + SIGN_GAP_S:
            return []
        self._checkpoint_sent_at = now.mono
        return [self._frame(Kind.CHECKPOINT, seal)]

    # --- theirs

    def hear(self, kind: int, plain: bytes, now: Instant, change: Change) -> Outcome:
        """A CHECKPOINT or COSIGN of theirs."""
        if kind == Kind.CHECKPOINT:
            return self.hear_checkpoint(Checkpoint.parse(plain), now, change)
        return self.hear_cosign(Cosign.parse(plain), now, change)

    def hear_checkpoint(self, packet: Checkpoint, now: Instant, change: Change) -> Outcome:
        """Their signature on their own log, or on a deniable line their code."""
        terms = self.terms
        if packet.size > self._their_log.size:
            return Outcome.EARLY  # it comes again; until then there is nothing to hold it against
        head = Head(*terms.place(terms.theirs), packet.size, packet.root)
        key, did = terms.their_keys.log, "vouched for" if terms.deniable else "signed"
        if not terms.deniable:
            required, optional = head.checkpoint(key)
            found = key.check_whole(packet.block, [required], [optional])
        elif self._record_key.key is None:
            return Outcome.EARLY  # before our own OPEN exists
        else:
            self._record_key.check(head.text, packet.block)
            found = [CODE]
        if packet.root != self._their_log.root_at(packet.size):
            if not self._contradicted:  # the first stays: a liar cannot replace it by a weaker one
                self._contradicted = True
                change.cells["contradiction"] = encode([packet.size, packet.root, packet.block])
            raise Stop(f"the record they {did} differs from the one they sent us")
        at = packet.size, packet.root
        self._keep(HeadRow(head.dir, *at, CHECKPOINT, 0, packet.block, now.wall), found, change)
        return Outcome.OK

    def hear_cosign(self, packet: Cosign, now: Instant, change: Change) -> Outcome:
        """Their signature on our log: a signed receipt."""
        terms, log = self.terms, self._our_log
        if terms.deniable:
            raise Refused("nobody signs a receipt on a deniable line", rule="H4")
        if packet.size > log.size:
            raise Stop("they signed for more than we wrote; we were rolled back")
        head = Head(*terms.place(terms.side), packet.size, log.root_at(packet.size))
        key = terms.their_keys.cosigner
        required, optional = head.cosignature(key, packet.time)
        found = key.check_whole(packet.block, [required], [optional])
        at = head.size, head.root
        row = HeadRow(head.dir, *at, COSIGN, packet.time, packet.block, now.wall)
        self._keep(row, found, change)
        return Outcome.OK
