"""A path that comes up beside others shows where it leads."""

from __future__ import annotations

from parley.core.effects import Outcome, Transmit
from tests.core.lives import Living, open_lives, two_lives


def probes(side: Living) -> list[bytes]:
    """What leaves by the path alone that has come up."""
    side.life.probe()
    sent = [each for each in settled(side) if each.alone]
    assert not any(each.alone for each in settled(side))
    return [each.frame for each in sent]


def settled(side: Living) -> list[Transmit]:
    effects = side.life.settle(side.clock.now, 1 << 20)
    return [each for each in effects if isinstance(each, Transmit)]


def test_L20_a_path_beside_others_is_sent_a_STATUS_of_its_own() -> None:
    north, south = open_lives()
    assert not north.life.erased
    (status,) = probes(north)
    assert south.hears(status) == [Outcome.OK]  # fresh, and so it proves who is there


def test_L20_before_the_line_is_in_service_it_is_sent_our_OPEN() -> None:
    north, south = two_lives()
    (opening,) = probes(north)
    assert south.hears(opening) == [Outcome.OK]
    assert south.hears(opening) == [Outcome.DUPLICATE]
