"""The clear header: one spelling, and whatever else comes is refused by its rule."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.conference.frame import HEADER_BYTES, Header, Kind
from parley.core.errors import Refused
from vectors import generate
from vectors.material import rule_of
from vectors.of_media import header

MEDIA = generate.read("media")


@pytest.mark.parametrize("vector", MEDIA["frames"], ids=lambda vector: vector["plain"][:8])
def test_M1_a_header_is_read(vector: Any) -> None:
    about = vector["header"]
    assert Header.parse(bytes.fromhex(vector["frame"])) == Header(
        **{**about, "kind": Kind(about["kind"])}
    )


@pytest.mark.parametrize("vector", MEDIA["refused"], ids=lambda vector: vector["why"])
def test_M2_M3_another_header_is_refused(vector: Any) -> None:
    with pytest.raises(Refused) as refused:
        Header.parse(bytes.fromhex(vector["frame"]))
    assert refused.value.rule == vector["rule"]
    assert refused.value.kind == "malformed"


@pytest.mark.parametrize("vector", MEDIA["lengths"], ids=lambda vector: vector["why"])
def test_M4_a_frame_has_a_greatest_length(vector: Any) -> None:
    start = bytes.fromhex(vector["header"])
    frame = start + bytes(vector["bytes"] - len(start))
    if not vector["rule"]:
        Header.parse(frame)
        return
    with pytest.raises(Refused) as refused:
        Header.parse(frame)
    assert (refused.value.rule, refused.value.kind) == (vector["rule"], "oversized")


@given(
    st.binary(max_size=64)
    | st.builds(
        bytes.__add__, st.sampled_from((b"\x11", b"\x12")), st.binary(min_size=40, max_size=64)
    )
)
def test_M3_what_is_read_is_spelt_in_one_way(frame: bytes) -> None:
    if rule := rule_of(Header.parse, frame):
        assert rule in ("M1", "M2", "M3")
        return
    read = Header.parse(frame)
    about = {name: getattr(read, name) for name in Header.__slots__}
    assert header(about) == frame[:HEADER_BYTES]
