"""Who has signed for how much of the two logs: CHECKPOINT and COSIGN, made and heard.

A speaker signs its own log, the other side cosigns what it holds of it. A head of theirs is kept
only when its entries are in our record, so that the record can always be shown with its heads.
Source: spec/record.md R7 to R9, spec/line.md L12, L16, L17.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parley.core.effects import Outcome
from parley.core.hearing import Stop
from parley.core.kept import Change, HeadRow
from parley.core.keys import VerifyKey
from parley.core.packets import Checkpoint, Cosign, Kind
from parley.core.record import Head, Log
from parley.core.terms import Instant, Terms
from parley.core.wire import Reader, Value, encode

SIGN_GAP_S = 1.0
SIGN_FLASH_GAP_S = 0.1
Seal = Callable[[Kind, bytes], bytes]  # seals a packet; the frame


class Heads:
    """The heads of both logs, as far as they are signed."""

    def __init__(
        self, terms: Terms, our_log: Log, their_log: Log, cells: Mapping[str, Value]
    ) -> None:
        self.terms = terms
        self._our_log, self._their_log = our_log, their_log
        signed = cells.get("signed", [0, 0, 0, 0])
        self.we_signed, self.we_cosigned, self.they_signed, self.they_cosigned = signed
        self.urgent = False  # a FLASH is among what is not signed

        # What follows is of this start only.
        self._sealed: dict[int, bytes] = {}  # our newest of each kind, as sealed
        self._signed_at = self._checkpoint_sent_at = float("-inf")
        # Size and length of the fullest of theirs: a longer one bears more signatures.
        self._fullest = {
            Kind.CHECKPOINT: (self.they_signed, 0),
            Kind.COSIGN: (self.they_cosigned, 0),
        }

    def _keep(
        self, head: Head, kind: str, time: int, block: bytes, now: Instant, change: Change
    ) -> None:
        change.heads.append(HeadRow(head.dir, head.size, head.root, kind, time, block, now.wall))
        change.cells["signed"] = encode(
            [self.we_signed, self.we_cosigned, self.they_signed, self.they_cosigned]
        )

    # --- ours

    def due_at(self) -> float:
        """When the heads are to be signed next; infinity while nothing is unsigned."""
        if not (self._unsigned(Kind.CHECKPOINT) or self._unsigned(Kind.COSIGN)):
            return float("inf")
        return self._signed_at + (SIGN_FLASH_GAP_S if self.urgent else SIGN_GAP_S)

    def _unsigned(self, kind: Kind) -> bool:
        """Whether a head has grown, or was signed by an earlier start whose frame is gone."""
        if kind == Kind.CHECKPOINT:
            size, signed = self._our_log.size, self.we_signed
        else:
            size, signed = self._their_log.size, self.we_cosigned
        return signed < size or (size > 0 and kind not in self._sealed)

    def sign(self, now: Instant, seal: Seal, change: Change) -> list[bytes]:
        """CHECKPOINT of our log, COSIGN of theirs, each for what is new (L12)."""
        terms, frames = self.terms, []
        if self._unsigned(Kind.CHECKPOINT):
            log = self._our_log
            head = Head(terms.line_id, terms.inc, terms.side, log.size, log.root)
            required, _ = head.checkpoint(terms.our_keys.log.public.name)
            block = terms.our_keys.log.block([required])
            packet = Checkpoint(head.size, head.root, block).to_bytes()
            frames.append(seal(Kind.CHECKPOINT, packet))
            self._sealed[Kind.CHECKPOINT] = frames[-1]
            self.we_signed = head.size
            self._checkpoint_sent_at = now.mono
            self._keep(head, "checkpoint", 0, block, now, change)
        if self._unsigned(Kind.COSIGN):
            log = self._their_log
            head = Head(terms.line_id, terms.inc, terms.theirs, log.size, log.root)
            time = max(int(now.wall), 0)
            required, _ = head.cosignature(terms.our_keys.cosigner.public.name, time)
            block = terms.our_keys.cosigner.block([required])
            frames.append(seal(Kind.COSIGN, Cosign(head.size, time, block).to_bytes()))
            self._sealed[Kind.COSIGN] = frames[-1]
            self.we_cosigned = head.size
            self._keep(head, "cosign", time, block, now, change)
        self._signed_at = now.mono
        self.urgent = False
        return frames

    def again(self, now: Instant) -> list[bytes]:
        """Our newest heads as sealed: nobody acknowledges them, so they go with the heartbeat."""
        self._checkpoint_sent_at = now.mono
        return list(self._sealed.values())

    def missed(self, cover: int, contig: int, now: Instant) -> list[bytes]:
        """Our CHECKPOINT, when they hold its entries and say that they lack it (L12)."""
        sealed = self._sealed.get(Kind.CHECKPOINT)
        lacking = cover < self.we_signed <= contig
        if sealed is None or not lacking or now.mono < self._checkpoint_sent_at + SIGN_GAP_S:
            return []
        self._checkpoint_sent_at = now.mono
        return [sealed]

    # --- theirs

    def hear_checkpoint(self, packet: Checkpoint, now: Instant, change: Change) -> Outcome:
        """Their signature on their own log."""
        terms = self.terms
        if packet.size > self._their_log.size:
            return Outcome.EARLY  # it comes again; until then there is nothing to hold it against
        head = Head(terms.line_id, terms.inc, terms.theirs, packet.size, packet.root)
        key = terms.their_keys.log
        _check(packet.block, key, head.checkpoint(key.name))
        if packet.root != self._their_log.root_at(packet.size):
            change.cells["contradiction"] = encode([packet.size, packet.root, packet.block])
            raise Stop("the record they signed differs from the one they sent us")
        if self._says_more(Kind.CHECKPOINT, packet.size, packet.block):
            self.they_signed = packet.size
            self._keep(head, "checkpoint", 0, packet.block, now, change)
        return Outcome.OK

    def hear_cosign(self, packet: Cosign, now: Instant, change: Change) -> Outcome:
        """Their signature on our log: a signed receipt."""
        terms, log = self.terms, self._our_log
        if packet.size > log.size:
            raise Stop("they signed for more than we wrote; we were rolled back")
        root = log.root_at(packet.size)
        head = Head(terms.line_id, terms.inc, terms.side, packet.size, root)
        key = terms.their_keys.cosigner
        _check(packet.block, key, head.cosignature(key.name, packet.time))
        if self._says_more(Kind.COSIGN, packet.size, packet.block):
            self.they_cosigned = packet.size
            self._keep(head, "cosign", packet.time, packet.block, now, change)
        return Outcome.OK

    def _says_more(self, kind: Kind, size: int, block: bytes) -> bool:
        """Whether a head is worth keeping: it covers more, or bears more signatures."""
        known = self._fullest[kind]
        self._fullest[kind] = max(known, (size, len(block)))
        return (size, len(block)) > known


def _check(
    block: bytes, key: VerifyKey, wanted: tuple[tuple[int, bytes], tuple[int, bytes]]
) -> None:
    """Verify the signatures on a head; Refused when one does not stand."""
    required, optional = wanted
    packet = Reader(block)
    key.check(packet, [required], [optional])
    packet.end()
