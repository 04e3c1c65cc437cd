"""A file is checked whole before anything is sent, and a refusal names the message."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from parley.core.errors import Refused, Unavailable
from parley.exercise.exchange import Exchange


def message(**changed: Any) -> dict[str, Any]:
    whole = {
        "sender": "North",
        "receiver": "South",
        "text": "We have received your message.",
        "language": "en",
        "precedence": "FLASH",
    }
    return {key: value for key, value in (whole | changed).items() if value is not None}


def read(*messages: Any) -> Exchange:
    return Exchange.parse({"messages": list(messages)})


def test_a_file_is_read_with_its_order_names_and_hashes(tmp_path: Path) -> None:
    answer = message(sender="South", receiver="North", text="Получили.\nСпасибо.", language="ru")
    file = tmp_path / "exchange.json"
    file.write_text(json.dumps({"title": "Two", "messages": [message(), answer]}), "utf-8")
    exchange = Exchange.read(file)
    assert exchange.parties == ("North", "South")
    assert [telegram.number for telegram in exchange.telegrams] == [1, 2]
    assert exchange.telegrams[1].sha256 == sha256("Получили.\nСпасибо.".encode()).hexdigest()


@pytest.mark.parametrize(
    ("raw", "why"),
    [(b'{"messages": \xff}', "is not UTF-8 at byte 14"), (b"{nope", "is not JSON")],
)
def test_what_is_no_text_of_json_is_told_as_that(tmp_path: Path, raw: bytes, why: str) -> None:
    file = tmp_path / "exchange.json"
    file.write_bytes(raw)
    with pytest.raises(Refused, match=why):
        Exchange.read(file)


def test_notes_become_minutes_after_transmitted() -> None:
    noted = {"approved": "23:40", "transmitted": "23:50", "received": "00:02", "principal": "soon"}
    exchange = read(message(times_edt=noted, date="1967-06-05"))
    assert exchange.telegrams[0].noted == {"approved": -10, "received": 12}
    assert exchange.telegrams[0].label == "1967-06-05"


def test_without_transmitted_there_are_no_notes() -> None:
    assert read(message(times={"received": "10:00"})).telegrams[0].noted == {}


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (message(sender="East"), "third name"),
        (message(precedence="URGENT"), "precedence"),
        (message(precedence="flash"), "precedence"),
        (message(text="a\u202eb"), "line 1, character 2"),
        (message(text="\ud800"), "surrogate"),
        (message(text=" \n"), "white space"),
        (message(text="x" * 65_537), "65,536"),
        (message(text="This is not an exercise."), "EXERCISE"),
        (message(text=None), "text is missing"),
        (message(sender=7), "sender is not a text"),
        (message(language="english please"), "language"),
        (message(receiver="North"), "itself"),
        (message(sender=" South"), "no name"),
        (message(receiver="So\x1buth"), "receiver"),
        ("a text", "not an object"),
    ],
    ids=lambda value: value[:12] if isinstance(value, str) else "",
)
def test_what_does_not_pass_is_refused_by_its_number(second: Any, says: str) -> None:
    with pytest.raises(Refused) as refused:
        read(message(), second)
    assert refused.value.sentence.startswith("Message 2 ")
    assert says in refused.value.sentence


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"messages": []}', b"\xff", b"[" * 100_000])
def test_what_is_no_exchange_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "exchange.json"
    file.write_bytes(content)
    with pytest.raises(Refused):
        Exchange.read(file)


def test_a_file_that_is_not_there_is_the_worlds_fault(tmp_path: Path) -> None:
    with pytest.raises(Unavailable):
        Exchange.read(tmp_path / "none.json")
