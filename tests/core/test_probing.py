"""A path that comes up beside others shows where it leads."""

from __future__ import annotations

from parley.core.effects import Outcome, Transmit
from tests.core.test_life import open_lives


def test_L20_a_path_beside_others_is_sent_a_STATUS_of_its_own() -> None:
    north, south = open_lives()
    assert not north.life.erased
    north.life.probe()
    sent = [
        each for each in north.life.settle(north.clock.now, 1 << 20) if isinstance(each, Transmit)
    ]
    assert [each.alone for each in sent] == [True]
    assert south.hears(sent[0].frame) == [Outcome.OK]  # fresh, and so it proves who is there
    assert not any(
        isinstance(each, Transmit) and each.alone
        for each in north.life.settle(north.clock.now, 1 << 20)
    )
