"""S19: a secret of the meeting that was wrong at one side is put right before the line is open."""

from __future__ import annotations

from dataclasses import replace

import pytest

from parley.core.effects import Keep, Outcome, Scrub, Transmit
from parley.core.greeting import CARRIED
from parley.core.keys import Prekey
from parley.core.opening import confirm_anew, make_open
from parley.core.resuming import later_psk
from parley.core.wire import Reader, Value, decode
from tests.core.checks import Secrets, all_hold, image_of, image_opens_nothing_retired
from tests.core.conversation import Station, opens, talk, terms_of, two_stations
from tests.core.lives import Living, both_resume, is_open, two_lives
from tests.core.test_secrecy import remembered

RIGHT, WRONG = b"\x01" * 32, b"\x02" * 32
SECOND = 40


def apart(**options: bool) -> tuple[Station, Station]:
    """North has the right secret, South another; each has heard the other's OPEN."""
    north, _ = two_stations(psk0=RIGHT, **options)
    _, south = two_stations(psk0=WRONG, **options)
    south.clock = north.clock
    talk(north, south)
    return north, south


def put_right(station: Station, secret: bytes = RIGHT) -> None:
    """A person gives another secret: the station starts its line anew with it."""
    station.terms = replace(station.terms, psk0=secret)
    station.starts()


def parts(frame: bytes) -> tuple[list[Value], bytes]:
    packet = Reader(frame)
    return decode(packet.take(packet.uvar())), packet.rest()


def ours(station: Station) -> tuple[list[Value], bytes]:
    return parts(decode(station.cells["open"]))


@pytest.mark.parametrize("deniable", [False, True])
def test_S19_the_right_one_opens_the_line_under_the_same_OPEN(deniable: bool) -> None:
    north, south = apart(deniable=deniable)
    for each in (north, south):
        assert each.notices == ["refused open"]
        assert each.state.secret_differs
        assert not each.state.in_service
    fields, block = ours(south)
    put_right(south)
    talk(north, south, 2 * SECOND)
    again, same_block = ours(south)
    # All that is signed is as it was, so that nobody can show two OPENs of one station.
    assert (again[:-1], same_block) == (fields[:-1], block)
    assert again[-1] != fields[-1]
    for each in (north, south):
        assert each.state.in_service
        assert not each.state.secret_differs
        assert "equivocation" not in each.notices
    north.says("Heard at last.")
    south.says("And answered.")
    talk(north, south, SECOND)
    assert (south.reads(), north.reads()) == (["Heard at last."], ["And answered."])
    all_hold(north, south)


def test_S19_whoever_is_wrong_may_try_again_and_the_right_one_still_serves() -> None:
    north, south = apart()
    kept = ours(south)
    for guess in (b"\x03" * 32, b"\x04" * 32):
        put_right(south, guess)
        north.line.path_up(north.clock.now)
        talk(north, south)
        assert not south.state.in_service
        assert south.state.secret_differs
    assert north.notices == ["refused open"]  # once, whatever comes under that signature
    put_right(south, WRONG)
    south.settles()
    assert ours(south) == kept
    put_right(south)
    north.line.path_up(north.clock.now)
    talk(north, south, 2 * SECOND)
    assert (north.state.in_service, south.state.in_service) == (True, True)


def test_S19_the_right_side_may_have_been_open_already() -> None:
    """South hears nothing, puts in a wrong secret when North has its OPEN, and the right one."""
    north, south = two_stations(psk0=RIGHT)
    sent = opens(south.settles())
    assert north.hears(*sent) == [Outcome.OK]
    put_right(south, WRONG)
    talk(north, south, SECOND)
    assert south.state.secret_differs
    assert not north.state.secret_differs
    put_right(south)
    talk(north, south, 2 * SECOND)
    assert (north.state.in_service, south.state.in_service) == (True, True)


def test_S19_what_an_OPEN_brings_is_erased_once_they_are_known_to_have_it() -> None:
    north, south = two_stations(psk0=RIGHT)
    north.settles()
    secret = decode(north.cells[CARRIED])
    assert secret in image_of(north)
    assert Secrets(north).roots[0] == secret
    talk(north, south, 2 * SECOND)
    north.says("Nothing on either disk opens this.")
    talk(north, south)
    for each, other in ((north, south), (south, north)):
        assert CARRIED not in each.cells
        assert secret not in image_of(each)
        assert not any(secret in kept for kept in remembered(each.line))
        image_opens_nothing_retired(each, other)
    before = north.cells["out"]
    put_right(north, WRONG)  # too late: the line is open, and nothing of it changes
    north.settles()
    assert north.cells["out"] == before


def test_S19_what_is_erased_is_in_no_file_before_the_next_packet_leaves() -> None:
    north, south = two_stations(psk0=RIGHT)
    talk(north, south, 2 * SECOND)
    for each in (north, south):
        gone = [
            at
            for at, effect in enumerate(each.effects)
            if isinstance(effect, Keep) and effect.change.cells.get(CARRIED, b"") is None
        ]
        assert len(gone) == 1
        kinds = [type(effect) for effect in each.effects[gone[0] :]]
        assert kinds.index(Scrub) < kinds.index(Transmit)


def test_S19_a_line_without_a_secret_keeps_nothing_of_its_OPEN() -> None:
    north, _ = two_stations()
    north.settles()
    assert CARRIED not in north.cells
    before = north.cells
    put_right(north, WRONG)  # which the agreement does not ask for
    north.settles()
    assert {name: before[name] for name in ("open", "out")} == {
        name: north.cells[name] for name in ("open", "out")
    }


def test_S19_a_new_beginning_that_was_asked_for_meanwhile_opens_too() -> None:
    """People began the line anew because it did not open; the later incarnation has another psk0
    of the same secret."""

    def start(each: Living, secret: bytes) -> None:
        each.terms = replace(each.terms, psk0=secret, later_psk=later_psk(secret))
        each.starts()

    north, south = two_lives()
    start(north, RIGHT)
    start(south, WRONG)
    talk(north, south)
    both_resume(north, south)
    assert not is_open(north, south, 2)
    start(south, RIGHT)
    talk(north, south, 2 * SECOND)
    assert is_open(north, south, 2)
    for each in (north, south):
        cells = each.store.load(each.terms.line_id, 1, each.terms.side).cells
        assert CARRIED not in cells


def test_S19_the_same_secret_changes_nothing() -> None:
    terms = replace(terms_of(0), psk0=RIGHT)
    made = make_open(terms, lambda count: b"\x05" * count)
    assert confirm_anew(made.frame, made.secret, terms) is None
    other = confirm_anew(made.frame, made.secret, replace(terms, psk0=WRONG))
    assert other is not None
    frame, begun = other
    assert parts(frame)[0][-1] == begun.confirmation
    assert begun.epoch.kl != made.epoch.kl
    assert Prekey(b"\x05" * 32).public == parts(frame)[0][6][0][1]
