"""Fresh keys while a line is open: prekeys are offered, a secret is sealed to one, both switch.

Each direction is renewed by its speaker, and no entry waits for it: the speaker makes one REKEY,
keeps the epoch that follows from it, and repeats the packet byte for byte until a STATUS shows that
the epoch was accepted. Only then does it seal under the new one. PREKEYS and REKEY are signed, so
that whoever stole an epoch's keys is locked out by the next REKEY and cannot make one.
Source: spec/seal.md S14 to S18, spec/line.md L25 to L28, spec/deniable.md H5.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from parley.core.effects import Outcome
from parley.core.errors import Refused
from parley.core.hearing import Ears, Stop
from parley.core.kept import Change
from parley.core.keys import Entropy, Prekey, check_prekey, hybrid, same, seal_to, sha256
from parley.core.opening import PREKEYS_OFFERED
from parley.core.packets import Flag, Kind, Prekeys, Rekey
from parley.core.seal import CHAIN_STEPS_MAX, Epoch
from parley.core.speaking import Voice
from parley.core.terms import Instant, Terms
from parley.core.vouching import CODE_BYTES, RecordKey
from parley.core.wire import Value, encode, u8, u32, u64

REKEY_GAP_S = 1.0  # at most so often because the other side asks: each costs it a prekey
OFFER_GAP_S = 1.0
STEPS_AT_ONCE = 1 << 15  # of a chain far behind: for some 60 ms all other lines wait
Seal = Callable[[Kind, bytes], bytes]  # seals a packet under our epoch; the frame


class Rekeying:
    """The prekeys of both sides, and our REKEY while it is under way."""

    def __init__(
        self,
        terms: Terms,
        cells: Mapping[str, Value],
        entropy: Entropy,
        record_key: RecordKey,
    ) -> None:
        self.terms = terms
        self._record_key = record_key
        self._entropy = entropy
        # Ours by id: [seed, POSIX second it was made]. Ids rise and never return.
        self._ours, self._next_id = cells.get("prekeys", [{}, 1])
        self._theirs, self._used = cells.get("their prekeys", [{}, 0])
        made, self._frame, self._made = cells.get("rekey", [None, b"", 0])
        self.next = Epoch.from_cell(made) if made else None
        # POSIX seconds: our last REKEY was made then; the prekey of ours that their last one was
        # sealed to was made then; and whether that one bore both signatures.
        self.healed: list[Value] = cells.get("healed", [None, None, True])

        # What follows is of this start only.
        self._switched_at: float | None = None
        self._wish = False  # somebody asks for a REKEY of ours
        self._fresh_from = 0  # a person asks: until they have used a prekey with this id or above
        self._offer = b""  # our PREKEYS as sealed
        self._offer_wanted = False
        self._offered_at = self._stepped_at = float("-inf")
        self._coming: Epoch | None = None  # their next, while its chain is followed to their size

    # --- the beginning

    def opened(self, seeds: dict[int, bytes], now: Instant, change: Change) -> None:
        """Our OPEN offers these."""
        for number, seed in seeds.items():
            self._keep_ours(number, seed, now)
        change.cells["prekeys"] = encode([self._ours, self._next_id])

    def take_offer(self, offered: dict[int, bytes], change: Change) -> None:
        """Their prekeys, from an OPEN or PREKEYS whose signature stands."""
        self._theirs = {number: key for number, key in offered.items() if number > self._used}
        change.cells["their prekeys"] = encode([self._theirs, self._used])

    def forget(self) -> None:
        """The line is over (spec/declared.md D9)."""
        self._ours, self._theirs = {}, {}
        self.next, self._frame, self._offer, self._coming = None, b"", b"", None

    def _keep_ours(self, number: int, seed: bytes, now: Instant) -> None:
        self._ours[number] = [seed, max(int(now.wall), 0)]
        self._next_id = number + 1

    # --- our direction

    @property
    def wants(self) -> Flag:
        """What our STATUS asks for (L28)."""
        wants = Flag(0) if self._theirs else Flag.WANTS_PREKEYS
        if self._fresh_from and min(self._ours, default=0) <= self._fresh_from:
            wants |= Flag.WANTS_REKEY
        return wants

    def hear_wants(self, flags: int) -> None:
        """What their STATUS asks for."""
        self._offer_wanted |= bool(flags & Flag.WANTS_PREKEYS)
        self._wish |= bool(flags & Flag.WANTS_REKEY)

    def renew(self) -> None:
        """Somebody may have copied our keys: renew both directions, theirs past every prekey that
        exists now (L28)."""
        self._wish, self._fresh_from = True, self._next_id

    def frames(
        self, voice: Voice, now: Instant, repeat: bool, seal: Seal, change: Change
    ) -> list[bytes]:
        """PREKEYS and REKEY that are to be sent now (L25, L28)."""
        epoch = voice.epoch
        if epoch is None:
            return []
        frames: list[bytes] = []
        if self._offer_wanted and now.mono >= self._offered_at + OFFER_GAP_S:
            self._offer = self._offer or seal(Kind.PREKEYS, self._signed_offer(epoch))
            self._offer_wanted, self._offered_at = False, now.mono
            frames.append(self._offer)
        due = self._due(epoch, voice.log.size, now)
        if due:
            self._make(epoch, voice.log.size, now, seal, change)
        if self.next is not None and (due or repeat):
            frames.append(self._frame)
        return frames

    def _signed_offer(self, epoch: Epoch) -> bytes:
        kem = self.terms.suite.kem
        offered = {number: Prekey(seed, kem).public for number, (seed, _) in self._ours.items()}
        message = _offer_message(self.terms, self.terms.side, epoch, offered)
        block = self.terms.our_keys.station.block(hybrid(message, self.terms.suite.mldsa))
        return Prekeys(offered, block).to_bytes()

    def _due(self, epoch: Epoch, size: int, now: Instant) -> bool:
        if self._switched_at is None:
            self._switched_at = now.mono
        if self.next is not None or not self._theirs:
            return False
        age_s = now.mono - self._switched_at
        return (
            size - epoch.base >= self.terms.rekey_entries
            or age_s >= self.terms.rekey_s
            or (self._wish and age_s >= REKEY_GAP_S)
        )

    def _make(self, epoch: Epoch, base: int, now: Instant, seal: Seal, change: Change) -> None:
        """The one REKEY for the next epoch; what follows from it is kept with it (S14)."""
        terms, number = self.terms, min(self._theirs)
        public, secret = self._theirs.pop(number), self._entropy(32)
        bound = _bound(terms, terms.side, epoch, number, base)
        sealed = seal_to(public, secret, _seal_info(bound, public), terms.suite.kem)
        message = _rekey_message(bound, sealed, public)
        block = terms.our_keys.station.block(hybrid(message, terms.suite.mldsa))
        if terms.deniable:
            block = self._record_key.base_code(terms.side, epoch.e + 1, base) + block
        self._frame = seal(Kind.REKEY, Rekey(epoch.e + 1, number, base, sealed, block).to_bytes())
        self._used, self._made, self._wish = number, max(int(now.wall), 0), False
        self.next = epoch.next(secret, sealed, public, base, terms.bound_base(base))
        change.cells["rekey"] = encode([self.next.cell(), self._frame, self._made])
        change.cells["their prekeys"] = encode([self._theirs, self._used])

    def accepted(self, e: int, voice: Voice, now: Instant, change: Change) -> bool:
        """Their STATUS shows epoch `e` accepted: whether that makes us switch (L26)."""
        if self.next is None or e < self.next.e:
            return False
        epoch, self.next = self.next, None
        epoch.retire(voice.log.size, set())
        voice.epoch = epoch
        self._switched_at = now.mono
        self._frame = self._offer = b""
        self.healed[0] = self._made
        change.cells["out"] = encode(epoch.cell())
        change.cells["rekey"] = None
        change.cells["healed"] = encode(self.healed)
        return True

    # --- their direction

    def hear_prekeys(self, packet: Prekeys, under: Epoch, change: Change) -> Outcome:
        """Their offer; an id that stood for another key shows a changed past (L27)."""
        terms = self.terms
        _check(packet.block, terms, _offer_message(terms, terms.theirs, under, packet.offered))
        for number, public in packet.offered.items():
            if self._theirs.get(number, public) != public:
                raise Stop("they offer another prekey under a number already used")
            check_prekey(public, terms.suite.kem)
        self.take_offer(packet.offered, change)
        return Outcome.OK

    def hear_rekey(
        self, packet: Rekey, under: Epoch, ears: Ears, now: Instant, change: Change
    ) -> Outcome:
        """Their REKEY: start their next epoch beside the present one (S16, L27)."""
        newest, terms, size = ears.epochs[-1], self.terms, ears.log.size
        if packet.e == newest.e and newest.e > 0:
            if sha256(packet.sealed) != ears.accepted:
                raise Stop("they made two different REKEY for one epoch")
            return Outcome.DUPLICATE
        if packet.e != newest.e + 1 or under is not newest:
            raise Refused("a REKEY is not for the next epoch", rule="S16")
        if len(ears.epochs) > 1:
            return Outcome.EARLY  # it comes again; two epochs live at most
        if packet.prekey not in self._ours:
            raise Refused("a REKEY is sealed to a prekey that is not open", rule="S16")
        if packet.base > size + terms.window or size - packet.base > CHAIN_STEPS_MAX:
            raise Refused("a REKEY starts where no entry can be", rule="S16")
        seed, made = self._ours[packet.prekey]
        prekey = Prekey(seed, terms.suite.kem)
        bound = _bound(terms, terms.theirs, newest, packet.prekey, packet.base)
        block = self._without_base_code(packet) if terms.deniable else packet.block
        both = _check(block, terms, _rekey_message(bound, packet.sealed, prekey.public))
        secret = prekey.open(packet.sealed, _seal_info(bound, prekey.public))
        base = packet.base
        following = newest.next(secret, packet.sealed, prekey.public, base, terms.bound_base(base))
        coming = self._coming
        if coming is not None and (coming.et, coming.base) == (following.et, base):
            following = coming
        if size - following.reached > STEPS_AT_ONCE:
            if now.mono >= self._stepped_at + REKEY_GAP_S:
                self._coming, self._stepped_at = following, now.mono
                following.retire(following.reached + STEPS_AT_ONCE, set())
            return Outcome.EARLY  # it comes again, and its chain goes on from here
        self._coming = None
        ears.begin(following, packet.sealed)
        for number in [number for number in self._ours if number <= packet.prekey]:
            del self._ours[number]
        while len(self._ours) < PREKEYS_OFFERED:
            self._keep_ours(self._next_id, self._entropy(32), now)
        self._offer = b""
        self.healed[1:] = [made, both]
        change.cells["prekeys"] = encode([self._ours, self._next_id])
        change.cells["healed"] = encode(self.healed)
        return Outcome.OK

    def _without_base_code(self, packet: Rekey) -> bytes:
        """The block behind the code over the base, once that stands (H5)."""
        code, block = packet.block[:CODE_BYTES], packet.block[CODE_BYTES:]
        if not same(code, self._record_key.base_code(self.terms.theirs, packet.e, packet.base)):
            raise Refused("the base of a REKEY is not the one they vouched for", rule="H5")
        return block


def _bound(terms: Terms, dir: int, epoch: Epoch, number: int, base: int) -> bytes:
    """What a REKEY of `dir` from `epoch` is bound to."""
    place = terms.line_id + u32(terms.inc) + u8(dir)
    return place + u32(epoch.e + 1) + u32(number) + u64(terms.bound_base(base)) + epoch.et


def _seal_info(bound: bytes, public: bytes) -> bytes:
    return b"pl1 rekey seal" + bound + sha256(public)


def _rekey_message(bound: bytes, sealed: bytes, public: bytes) -> bytes:
    return b"pl1 rekey sig" + bound + sha256(sealed) + sha256(public)


def _offer_message(terms: Terms, dir: int, epoch: Epoch, offered: dict[int, bytes]) -> bytes:
    place = terms.line_id + u32(terms.inc) + u8(dir) + u32(epoch.e) + epoch.et
    return b"pl1 prekeys" + place + sha256(Prekeys.listing(offered))


def _check(block: bytes, terms: Terms, message: bytes) -> bool:
    """Refuse unless their station signed with Ed25519; whether ML-DSA stands beside it."""
    ed25519, mldsa = hybrid(message, terms.suite.mldsa)
    return len(terms.their_keys.station.check_whole(block, [ed25519], [mldsa])) > 1
