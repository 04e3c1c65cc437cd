"""In which language a person reads: chosen by that person or the operator, and kept."""

from __future__ import annotations

import pytest

from parley.core.errors import Refused
from parley.station.staff.tongue import CODES, tongue_of
from tests.playbook import Posts


def test_a_language_is_chosen_and_chosen_again(shared: Posts) -> None:
    north, _ = shared
    person = north.watch.id
    for code in CODES:
        assert north.watch.asks("person.tongue", person=person, tongue=code)["tongue"] == code
        assert tongue_of(north.station.store, person) == code
    north.operator.asks("person.tongue", person=person, tongue="en")
    assert tongue_of(north.station.store, person) == "en"
    assert tongue_of(north.station.store, north.drafter.id) is None


def test_nobody_chooses_for_others_or_what_is_not_there(shared: Posts) -> None:
    north, _ = shared
    with pytest.raises(Refused, match="only"):
        north.drafter.asks("person.tongue", person=north.watch.id, tongue="ar")
    with pytest.raises(Refused, match="no language"):
        north.watch.asks("person.tongue", person=north.watch.id, tongue="tlh")
