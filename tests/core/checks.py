"""What must hold of two stations at every moment, read from what each has kept (spec/line.md)."""

from __future__ import annotations

import pickle

from parley.core.effects import Keep
from parley.core.keys import hmac_sha256, sha256
from parley.core.record import joint_key
from parley.core.seal import Epoch, open_info
from parley.core.wire import Reader, decode
from tests.core.conversation import Station, prekey


def records_agree(north: Station, south: Station) -> None:
    """What one holds of the other's log is a beginning of it, leaf for leaf (I1, I12)."""
    for near, far in ((north, south), (south, north)):
        true, copy = near.ours, far.theirs
        assert len(copy) <= len(true), "they hold an entry that was never kept by its speaker"
        for ours, theirs in zip(true, copy, strict=False):
            assert same_entry(ours) == same_entry(theirs)


def same_entry(row: object) -> tuple[object, ...]:
    """All fields of an entry but the moment at which it was kept."""
    return tuple(getattr(row, name) for name in FIELDS)


FIELDS = ("dir", "n", "type", "marks", "time", "seen", "et", "blind", "body", "leaf", "root")


def receipts_are_true(north: Station, south: Station) -> None:
    """Nobody is told that more is held than is (I3)."""
    for near, far in ((north, south), (south, north)):
        assert near.state.receipted <= len(far.theirs)


def seen_is_monotone(station: Station) -> None:
    """`seen` never falls, and never passes what the other had written (I7)."""
    for log, other in ((station.ours, station.theirs), (station.theirs, station.ours)):
        seen = [row.seen for row in log]
        assert seen == sorted(seen)
        if log is station.ours:
            assert not seen or seen[-1] <= len(other)


def joint_order_is_causal(north: Station, south: Station) -> None:
    """Both sides read the common part in one order, in which nothing precedes what it saw (I8)."""
    common = [
        [
            row
            for row in near.ours + near.theirs
            if row.n < min(len(near.log(row.dir)), limit[row.dir])
        ]
        for near, limit in ((north, sizes(south)), (south, sizes(north)))
    ]
    orders = [
        [
            (row.dir, row.n)
            for row in sorted(rows, key=lambda row: joint_key(row.dir, row.n, row.seen))
        ]
        for rows in common
    ]
    assert orders[0] == orders[1]
    place = {key: at for at, key in enumerate(orders[0])}
    for row in common[0]:
        if (row.dir, row.n) in place and row.seen:
            before = place.get((1 - row.dir, row.seen - 1))
            assert before is None or before < place[row.dir, row.n]


def sizes(station: Station) -> tuple[int, int]:
    return len(station.log(0)), len(station.log(1))


def heads_are_of_the_record(station: Station) -> None:
    """Every signed head that is kept speaks of entries that are kept (I12, R14)."""
    for head in station.heads:
        assert head.size <= len(station.log(head.dir))
        assert head.root == station._root_at(head.dir, head.size)


# --- forward secrecy


class Secrets:
    """All keys of one direction, made again from what its speaker drew."""

    def __init__(self, speaker: Station) -> None:
        terms = speaker.terms
        packet = Reader(decode(speaker.cells["open"]))
        document = decode(packet.take(packet.uvar()))
        sealed, confirmation = document[5], document[7]
        info0 = open_info(terms.line_id, terms.inc, terms.side, terms.h_agr, terms.their_prekey)
        et = sha256(info0 + sealed)
        for secret in speaker.drawn:
            if Epoch.first(secret, terms.psk0, info0, sealed).confirmation == confirmation:
                break
        else:
            raise AssertionError("the secret of the OPEN was not drawn at the door")
        root = hmac_sha256(hmac_sha256(terms.psk0 or bytes(32), secret), et + b"\x01")
        self.roots = [secret, root]
        self.ets = [et]
        self.grown = [hmac_sha256(root, b"next")]  # from it the next epoch's root is made
        self._chains = {et: (0, [hmac_sha256(root, b"chain")])}
        for effect in speaker.effects:
            made = effect.change.cells.get("rekey") if isinstance(effect, Keep) else None
            if made:
                epoch = Epoch.from_cell(decode(made)[0])
                self.ets.append(epoch.et)
                self.grown.append(epoch.nk)
                self._chains[epoch.et] = (epoch.base, [decode(made)[0][6]])

    def chain(self, n: int, et: bytes | None = None) -> bytes:
        """CK_n of the epoch with this transcript, the first unless one is named."""
        base, chain = self._chains[et or self.ets[0]]
        while len(chain) <= n - base:
            chain.append(hmac_sha256(chain[-1], b"\x02"))
        return chain[n - base]

    def of(self, n: int, et: bytes | None = None) -> list[bytes]:
        """What opens entry `n`, short of the chain before it."""
        chain = self.chain(n, et)
        message = hmac_sha256(chain, b"\x01")
        return [chain, message, hmac_sha256(message, b"\x03")]


def image_of(station: Station) -> bytes:
    """Every byte that it has kept."""
    return pickle.dumps(station.store._records)


def image_opens_nothing_retired(near: Station, far: Station) -> None:
    """Who takes the disk opens no recorded envelope of an entry numbered or accepted (I9)."""
    image = image_of(near)
    if "open" in near.cells:
        ours = Secrets(near)
        gone = ours.roots + [key for row in near.ours for key in ours.of(row.n, row.et)]
        gone += ours.grown[: near.state.epochs[0]]
        assert not [key for key in gone if key in image], "a key we spoke under is still here"
    if "in" in near.cells:
        theirs = Secrets(far)
        held = near.store.load(near.terms.line_id, 1, near.terms.side).held
        accepted = [(row.n, row.et) for row in near.theirs] + [(row.n, row.et) for row in held]
        gone = [prekey(near.terms.side).seed, *theirs.roots]
        gone += [key for n, et in accepted for key in theirs.of(n, et)]
        live, _, until, _ = decode(near.cells["in"])
        assert len(live) <= 2, "more than two epochs live"
        assert until is None or len(near.theirs) < until, "an epoch outlives its last entry"
        gone += theirs.grown[: live[0][0]]
        for e, et in enumerate(theirs.ets):
            taken = [n for n, under in accepted if under == et]
            over = e < live[0][0]
            gone += [theirs.chain(n, et) for n in taken]
            gone += [theirs.chain(max(taken) + 1, et)] if over and taken else []
        assert not [key for key in gone if key in image], "a key they spoke under is still here"


def all_hold(north: Station, south: Station) -> None:
    """Every invariant, on both sides."""
    records_agree(north, south)
    receipts_are_true(north, south)
    joint_order_is_causal(north, south)
    for near, far in ((north, south), (south, north)):
        seen_is_monotone(near)
        heads_are_of_the_record(near)
        image_opens_nothing_retired(near, far)
