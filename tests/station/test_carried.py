"""Files that people carry: what was put in comes out, or nothing does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.core.errors import Refused
from parley.station.machine.carried import (
    AGREEMENT,
    ANSWER,
    KINDS,
    LETTER,
    REQUEST,
    Kind,
    carry,
    take_up,
)


@given(st.sampled_from(KINDS), st.binary(min_size=1, max_size=400))
def test_what_is_carried_arrives(kind: Kind, content: bytes) -> None:
    file = carry(kind, content)
    assert take_up(kind, file) == content
    assert take_up(kind, file.replace(b"\n", b"\r\n")) == content
    assert take_up(kind, b"\n" + file + b"\n\n") == content
    assert max(map(len, file.split(b"\n"))) <= 90


@given(st.data())
def test_a_changed_character_is_refused(data: st.DataObject) -> None:
    file = bytearray(carry(LETTER, b"a letter of some length, as letters are" * 4))
    at = data.draw(st.integers(0, len(file) - 2))
    old = file[at]
    file[at] = data.draw(st.integers(33, 126).filter(lambda code: code != old))
    with pytest.raises(Refused):
        take_up(LETTER, bytes(file))


@given(st.binary(max_size=300))
def test_junk_is_refused(junk: bytes) -> None:
    with pytest.raises(Refused, match="not a whole"):
        take_up(AGREEMENT, junk)


def test_a_file_that_breaks_off_is_refused() -> None:
    file = carry(REQUEST, bytes(300))
    for end in range(0, len(file) - 1, 7):
        with pytest.raises(Refused):
            take_up(REQUEST, file[:end])


def test_another_kind_of_file_is_named() -> None:
    with pytest.raises(Refused, match=r"is a Parley agreement, not a Parley letter"):
        take_up(LETTER, carry(AGREEMENT, b"1"))
    with pytest.raises(Refused, match=r"is a Parley request to the root"):
        take_up(ANSWER, carry(REQUEST, b"1"))
