"""The one text of each event of a call, and that nothing else is read as one."""

import pytest

from parley.catalogue.call_events import (
    KEY_BYTES,
    NEEDS,
    PAGES_MAX,
    SECRET_BYTES,
    CallEvent,
    Channel,
    Happened,
    Mode,
    Result,
    Shown,
)
from parley.catalogue.calls import Medium

EVERYTHING = CallEvent(
    Happened.OPENED,
    3,
    "Wanda",
    "Watch desk",
    "duty officer",
    Medium.VIDEO,
    b"\x01" * 32,
    b"\x02" * 16,
    b"\x03" * 32,
    b"\x04" * KEY_BYTES,
    5,
    (("A1", b"\x06" * SECRET_BYTES), ("B2", b"\x07" * SECRET_BYTES)),
    "Good morning.\n\nWe hear you.",
    4,
    "Français",
    Channel.INTERPRETED,
    Mode.SIMULTANEOUS,
    ((20, "Meetings at sea"), (0, "The next call")),
    "Meetings at sea",
    2,
    b"\x08" * 32,
    70_000,
    61_000,
    Result.FAILED,
    4,
    Shown.DOCUMENT,
)


def of(kind: Happened) -> CallEvent:
    """An event of that kind with all that it may have."""
    needs, may = NEEDS[kind]
    given = {field: getattr(EVERYTHING, field) for field in needs | may}
    return CallEvent(kind, 3, **given)


@pytest.mark.parametrize("kind", Happened)
def test_V1_each_event_has_one_text_and_is_read_from_it(kind: Happened) -> None:
    text = of(kind).text()
    assert text.startswith(f"CALL EVENT\nEvent: {kind}\nPerson: 3")
    assert CallEvent.parse(text) == of(kind)


@pytest.mark.parametrize("kind", Happened)
def test_V2_an_event_has_what_its_kind_needs_and_nothing_else(kind: Happened) -> None:
    needs, may = NEEDS[kind]
    for field in needs:
        given = {each: getattr(EVERYTHING, each) for each in needs - {field}}
        assert CallEvent.parse(CallEvent(kind, 3, **given).text()) is None
    for field in {"name", "role", "link", "round", "epoch", "words"} - needs - may:
        given = {each: getattr(EVERYTHING, each) for each in needs | {field}}
        assert CallEvent.parse(CallEvent(kind, 3, **given).text()) is None


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        (Happened.JOINED, "name", "x" * 257),
        (Happened.JOINED, "office", "a\u2028b"),
        (Happened.OPENED, "link", bytes(31)),
        (Happened.COMMITTED, "round", bytes(15)),
        (Happened.COMMITTED, "commitment", bytes(33)),
        (Happened.REVEALED, "key", bytes(KEY_BYTES - 1)),
        (Happened.SEALED, "epoch", 256),
        (Happened.SEALED, "secrets", (("C1", bytes(SECRET_BYTES)),)),
        (Happened.SEALED, "secrets", (("A1", bytes(SECRET_BYTES + 1)),)),
        (Happened.SEALED, "secrets", (("A1", bytes(SECRET_BYTES)),) * PAGES_MAX),
        (Happened.SAID, "words", "x" * 2_001),
        (Happened.LEFT, "person", 1 << 32),
        (Happened.LEFT, "person", -1),
        (Happened.RELIEVED, "to", 1 << 32),
        (Happened.INTERPRETING, "language", "x" * 65),
        (Happened.PLANNED, "plan", ((1_441, "Meetings at sea"),)),
        (Happened.PLANNED, "plan", ((0, " Meetings at sea"),)),
        (Happened.PLANNED, "plan", ((0, "x"),) * 21),
        (Happened.TOUCHED, "item", "x" * 201),
    ],
)
def test_V2_each_part_has_its_size(kind: Happened, field: str, value: object) -> None:
    needs, _ = NEEDS[kind]
    given = {each: getattr(EVERYTHING, each) for each in needs}
    parts = {"person": 3, **given, field: value}
    assert CallEvent.parse(CallEvent(kind, **parts).text()) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "CALL EVENT",
        "CALL REQUEST\nEvent: left\nPerson: 3",
        "CALL EVENT\nPerson: 3\nEvent: left",
        "CALL EVENT\nEvent: left\nPerson: 03",
        "CALL EVENT\nEvent: left\nPerson: 3\n",
        "CALL EVENT\nEvent: left\nPerson: 3\n\n",
        "CALL EVENT\nEvent: left\nPerson: 3\nPerson: 3",
        "CALL EVENT\nEvent: left\nPerson: " + "9" * 5_000,
        "CALL EVENT\nEvent: left",
        "CALL EVENT\nEvent: opened\nPerson: 3\nName: W\nOffice: D\nMedium: smoke\nLink: 00",
        "CALL EVENT\nEvent: committed\nPerson: 3\nRound: 0g\nCommitment: 00",
        "CALL EVENT\nEvent: revealed\nPerson: 3\nRound: 00\nKey: !!!!",
        "CALL EVENT\nEvent: mode\nPerson: 3\nMode: whispered",
        "CALL EVENT\nEvent: planned\nPerson: 3\nPlan: soon Meetings at sea",
        "CALL EVENT\nEvent: captioned\nPerson: 3\nLanguage: English\nChannel: own\n\nYes.",
        "CALL EVENT\nEvent: sealed\nPerson: 3\nRound: 00\nEpoch: x\nSecret: A1",
    ],
)
def test_V3_what_has_not_the_form_is_no_event(text: str) -> None:
    assert CallEvent.parse(text) is None
