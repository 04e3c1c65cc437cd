"""Fresh keys as tests look at them: epochs, prekeys that are open, and a REKEY made by hand."""

from __future__ import annotations

from typing import Any

from parley.core.keys import Prekey, hybrid, seal_to
from parley.core.packets import Rekey
from parley.core.rekeying import _bound, _rekey_message, _seal_info
from parley.core.seal import Epoch
from parley.core.wire import decode
from tests.core.conversation import (
    Station,
    in_service,
    talk,
)

LATER = 1 << 20  # a counter far above all that were used


def epochs(station: Station) -> tuple[int, int]:
    """(we speak under, newest of theirs)."""
    return station.state.epochs


def offers(station: Station) -> dict[int, list[Any]]:
    """The prekeys it has open: [seed, time] by id."""
    found: dict[int, list[Any]] = decode(station.cells["prekeys"])[0]
    return found


def live(station: Station) -> list[int]:
    """Their epochs that it still has keys of."""
    return [epoch.e for epoch in station.line._ears.epochs]


def is_rekey(frame: bytes) -> bool:
    return 3_600 < len(frame) < 3_740


def forges(
    near: Station, far: Station, e: int = 1, number: int | None = None, base: int | None = None
) -> tuple[Rekey, Epoch]:
    """A REKEY with true signatures, and the epoch it makes."""
    epoch, secret = near.epoch, b"\x21" * 32
    number = min(offers(far)) if number is None else number
    base = len(near.ours) if base is None else base
    known = {id: Prekey(seed).public for id, (seed, _) in offers(far).items()}
    public = known.get(number, far.terms.our_prekey)
    bound = _bound(near.terms, near.terms.side, epoch, number, base)
    sealed = seal_to(public, secret, _seal_info(bound, public))
    block = near.terms.our_keys.station.block(hybrid(_rekey_message(bound, sealed, public)))
    return Rekey(e, number, base, sealed, block), epoch.next(secret, sealed, public, base)


def is_offer(frame: bytes) -> bool:
    return len(frame) > 4_000


def after_a_change_of_keys() -> tuple[Station, Station, Epoch]:
    """North's first epoch is given up, and both know it; that epoch."""
    north, south = in_service(rekey_entries=1)
    old = north.epoch
    for count in range(2):
        north.says(str(count))
        north.clock.passes(1.0)
        talk(north, south, ticks=12)
    return north, south, old
