"""The forms of a request for a call and of its answer: one text, read back exactly."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from parley.catalogue.calls import (
    AGENDA_MAX,
    VALUE_BYTES_MAX,
    CallAnswer,
    CallRequest,
    Medium,
    Verdict,
    check_form,
    gist,
    moment,
    read_form,
    read_moment,
)
from parley.core.entry import Type
from parley.core.errors import Refused

NOON = read_moment("2026-12-01 12:00Z")
REQUEST = CallRequest(
    "General Brown",
    "General Liu",
    "military",
    "Open lines",
    Medium.VIDEO,
    "en, zh",
    "one of each side",
    NOON,
    NOON + 3_600,
    NOON - 3_600,
    ("Lines", "The strait"),
    "A text: with labels.\n\nAnd paragraphs.",
)
LINE = some.text(min_size=1, max_size=40).filter(lambda each: each.splitlines() == [each])
MOMENTS = some.integers(0, 4_000_000_000 // 60).map(lambda minute: minute * 60)


@given(
    some.builds(
        CallRequest,
        *[LINE] * 4,
        some.sampled_from(Medium),
        LINE,
        LINE,
        MOMENTS,
        MOMENTS,
        MOMENTS,
        some.lists(LINE).map(tuple),
        some.text(),
        some.none() | some.integers(1, 1440),
    )
)
def test_Q1_a_request_is_read_back_from_its_text(request: CallRequest) -> None:
    assert CallRequest.parse(request.text()) == request


@given(some.text())
def test_Q3_any_other_text_is_no_form(text: str) -> None:
    assert CallRequest.parse(text) is None
    assert CallRequest.parse(f"CALL REQUEST\n{text}") is None
    assert CallAnswer.parse(f"CALL ANSWER\n{text}") is None


@pytest.mark.parametrize(
    "answer",
    [
        CallAnswer(Verdict.ACCEPT, NOON),
        CallAnswer(Verdict.PROPOSE, NOON, reason="He travels"),
        CallAnswer(Verdict.DEPUTY, NOON, "Admiral Two"),
        CallAnswer(Verdict.DECLINE, reason="The atmosphere", words="More.\n\nAnd more."),
        CallAnswer(Verdict.TEXT),
    ],
)
def test_Q1_an_answer_is_read_back_from_its_text(answer: CallAnswer) -> None:
    answer.check()
    assert CallAnswer.parse(answer.text()) == answer
    check_form(Type.CALL_ANSWER, answer.text())


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (CallAnswer(Verdict.ACCEPT), "needs the time"),
        (CallAnswer(Verdict.TEXT, NOON), "names no time"),
        (CallAnswer(Verdict.DEPUTY, NOON), "needs the deputy"),
        (CallAnswer(Verdict.ACCEPT, NOON, "Somebody"), "names no deputy"),
        (CallAnswer(Verdict.DECLINE), "needs a reason"),
        (CallAnswer(Verdict.DECLINE, reason="two\nlines"), "not one line"),
        (CallAnswer(Verdict.DECLINE, reason="x" * (VALUE_BYTES_MAX + 1)), "has 200 at most"),
    ],
)
def test_Q2_an_answer_says_what_its_kind_needs_and_no_more(answer: CallAnswer, why: str) -> None:
    with pytest.raises(Refused, match=why):
        answer.check()


def test_Q2_a_request_that_nobody_could_answer_is_refused() -> None:
    REQUEST.check()
    for wrong in (
        replace(REQUEST, latest=NOON - 60),
        replace(REQUEST, agenda=("item",) * (AGENDA_MAX + 1)),
        replace(REQUEST, purpose=""),
        replace(REQUEST, purpose=" blank before"),
        replace(REQUEST, level="two\u2028lines"),
    ):
        with pytest.raises(Refused):
            wrong.check()


def test_Q3_a_label_too_few_too_many_or_out_of_place_is_no_form() -> None:
    text = REQUEST.text()
    assert CallRequest.parse(text) == REQUEST
    lines = text.split("\n")
    for at in range(12):
        assert CallRequest.parse("\n".join(lines[:at] + lines[at + 1 :])) != REQUEST
    assert CallRequest.parse(text.replace("Level: ", "Rank: ")) is None
    assert CallRequest.parse(text.replace("12:00Z", "12:00")) is None
    assert CallRequest.parse(text.replace("video", "telex")) is None
    assert CallRequest.parse(text.replace("Level:", "Level: x\nLevel:")) is None
    with pytest.raises(Refused, match="no longer the form"):
        check_form(Type.CALL_REQUEST, text.replace("Level: ", "Rank: "))
    check_form(Type.TEXT, "whatever")


@pytest.mark.parametrize("length", ["0 min", "030 min", "30 minutes", "-5 min", "٣ min", "30 min "])
def test_Q7_a_length_has_one_form(length: str) -> None:
    weekly = replace(REQUEST, latest=NOON, weekly_min=30)
    weekly.check()
    assert CallRequest.parse(weekly.text()) == weekly
    assert CallRequest.parse(weekly.text().replace("30 min", length, 1)) is None
    assert gist(Type.CALL_REQUEST, weekly.text()) == "Call, every week: Open lines"


def test_Q9_a_week_is_skipped_with_its_time_and_a_reason() -> None:
    skip = CallAnswer(Verdict.SKIP, NOON, None, "A holiday")
    end = CallAnswer(Verdict.END, reason="It has served")
    for answer in (skip, end):
        answer.check()
        assert CallAnswer.parse(answer.text()) == answer
    for wrong in (replace(skip, time=None), replace(skip, reason=None), replace(end, time=NOON)):
        with pytest.raises(Refused):
            wrong.check()


def test_Q1_a_moment_is_utc_to_the_minute() -> None:
    assert moment(NOON + 59) == "2026-12-01 12:00Z"


def test_a_list_shows_what_it_comes_to() -> None:
    assert gist(Type.CALL_REQUEST, REQUEST.text()) == "Call: Open lines"
    answer = CallAnswer(Verdict.DECLINE, reason="Not now")
    assert gist(Type.CALL_ANSWER, answer.text()) == "Call: decline, Not now"
    accepted = CallAnswer(Verdict.ACCEPT, NOON)
    assert gist(Type.CALL_ANSWER, accepted.text()) == "Call: accept, 2026-12-01 12:00Z"
    assert gist(Type.CALL_ANSWER, CallAnswer(Verdict.TEXT).text()) == "Call: text instead"
    for type, text in (
        (Type.TEXT, REQUEST.text()),
        (Type.CALL_REQUEST, "Call me."),
        (Type.CALL_ANSWER, REQUEST.text()),
    ):
        assert gist(type, text) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"agenda": ("Item",) * (AGENDA_MAX + 1)},
        {"latest": NOON - 60},
        {"purpose": "p" * (VALUE_BYTES_MAX + 1)},
        {"languages": " en"},
        {"weekly_min": 1441, "latest": NOON},
        {"weekly_min": 30},
    ],
)
def test_Q3_a_request_that_no_station_may_write_is_read_as_a_text(changed: dict[str, Any]) -> None:
    text = replace(REQUEST, **changed).text()
    assert CallRequest.parse(text) is not None  # so that who edits a draft reads what is wrong
    assert read_form(Type.CALL_REQUEST, text) is None
    assert gist(Type.CALL_REQUEST, text) is None
    assert read_form(Type.CALL_REQUEST, REQUEST.text()) == REQUEST


def test_Q3_an_answer_that_no_station_may_write_is_read_as_a_text() -> None:
    answer = CallAnswer(Verdict.DECLINE, reason="r" * (VALUE_BYTES_MAX + 1))
    assert read_form(Type.CALL_ANSWER, answer.text()) is None
    assert read_form(Type.CALL_ANSWER, CallAnswer(Verdict.TEXT).text()) is not None
    assert read_form(Type.TEXT, CallAnswer(Verdict.TEXT).text()) is None
