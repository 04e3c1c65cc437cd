"""The console's parts by themselves: forms, refusals, streams, ears. No browser, no station."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, MutableMapping
from itertools import count
from typing import Any

import pytest
from starlette.requests import Request

from parley.console.app import _listen
from parley.console.desk import refusal, status_of
from parley.console.frame import mark_of, mark_sentence
from parley.console.guard import (
    FORM_BYTES_MAX,
    FORM_FIELDS_MAX,
    Foreign,
    Form,
    check_token,
    read_form,
)
from parley.console.hearing import TOLD_S_MAX, Ears
from parley.console.stream import (
    STREAMS_EACH_MAX,
    STREAMS_MAX,
    UNSENT_BYTES_MAX,
    Stream,
    _Listener,
    block,
)
from parley.console.views import reference
from parley.core.entry import check_text
from parley.core.errors import Halted, Misused, Refused, Unavailable
from tests.console.world import PATIENCE_S

Message = MutableMapping[str, Any]


def request(chunks: Iterable[bytes] = (b"",), method: str = "POST", **headers: str) -> Request:
    waiting = list(chunks)

    async def receive() -> Message:
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    given = {"host": "127.0.0.1:8000", **{k.replace("_", "-"): v for k, v in headers.items()}}
    raw = [(k.encode(), v.encode()) for k, v in given.items()]
    scope = {"type": "http", "method": method, "path": "/", "query_string": b"", "headers": raw}
    return Request(scope, receive)


# --- forms


async def test_a_form_is_read_with_line_feeds_and_nothing_else_changed() -> None:
    body = b"text=+one%0D%0Atwo%0Dthree%0A%E2%80%8Fe%CC%81+&text=again&empty="
    form = await read_form(request([body[:9], body[9:]], origin="http://127.0.0.1:8000"))
    # The lone CR stays, and is refused with its place by the station.
    assert form.text("text") == " one\ntwo\rthree\n\u200fe\u0301 "
    assert form.all("text")[1] == "again"
    assert form.get("empty", "other") == ""
    assert form.get("missing") == ""


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://127.0.0.1:8001"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:8000.evil.example"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "none"},
    ],
)
async def test_a_form_from_elsewhere_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Foreign):
        await read_form(request([b"text=a"], **headers))


@pytest.mark.parametrize(
    "chunks",
    [
        [b"a=" + b"x" * FORM_BYTES_MAX],
        [b"x" * (FORM_BYTES_MAX // 2)] * 3,
        [b"&".join([b"a=1"] * (FORM_FIELDS_MAX + 1))],
        [b"a=%ff"],
        [b"a=\xff"],
    ],
)
async def test_a_form_that_is_none_is_refused(chunks: list[bytes]) -> None:
    with pytest.raises(Refused):
        await read_form(request(chunks))


@pytest.mark.parametrize("value", ["", "-1", "1.5", "٣", "1e3", "9" * 16, "x"])
def test_numbers_in_forms_are_numbers(value: str) -> None:
    assert Form([("n", "17")]).number("n") == 17
    with pytest.raises(Refused):
        Form([("n", value)]).number("n")


def test_tokens_are_whole_or_nothing() -> None:
    check_token("a" * 40, "a" * 40)
    for given in ("", "a" * 39, "a" * 41, "é" * 40):
        with pytest.raises(Foreign):
            check_token(given, "a" * 40)


# --- refusals


def test_a_refusal_shows_its_place() -> None:
    text = "one\ntwo \u202ethree"
    with pytest.raises(Refused) as caught:
        check_text(text)
    shown = refusal(caught.value, text)
    assert shown["at"] == {
        "line": 2,
        "character": 5,
        "before": "two ",
        "sign": "U+202E",
        "after": "three",
    }
    assert shown["field"] == "text"
    assert shown["rule"] == "E11"


def test_a_refused_subject_is_told_from_a_refused_text() -> None:
    with pytest.raises(Refused) as caught:
        check_text("a\tb")
    assert refusal(caught.value, "fine", "a\tb")["field"] == "subject"
    assert refusal(caught.value, "a\tb", "fine")["field"] == "text"
    assert refusal(Refused("somewhere at line 9, character 9"), "short")["at"] is None


def test_errors_have_their_status() -> None:
    errors = [Refused("a"), Misused("a"), Unavailable("a"), Halted("a"), Foreign("a")]
    assert [status_of(error) for error in errors] == [422, 400, 503, 409, 403]


def test_marks_of_several_lines_never_hide_one_another() -> None:
    assert mark_of({"EXERCISE"}) == "EXERCISE"
    assert mark_of({"EXERCISE", "ACTUAL"}) == "MIXED"
    assert mark_of(set()) == "NONE"
    assert mark_sentence("EXERCISE") == "EXERCISE EXERCISE EXERCISE"
    assert "ACTUAL AND EXERCISE" in mark_sentence("MIXED")


def test_with_several_lines_a_reference_names_its_line() -> None:
    assert reference("South", 12, "Leaders", 1) == "South 12"
    assert reference("South", 12, "Leaders", 2) == "South 12, Leaders"


# --- streams


class Wire:
    """A browser's connection, as the server sees it."""

    def __init__(self) -> None:
        self.status = 0
        self.told = b""
        self.ended = asyncio.Event()
        self.news = asyncio.Event()
        self.gone = asyncio.Event()

    async def receive(self) -> Message:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.told += message.get("body", b"")
            if not message.get("more_body"):
                self.ended.set()
        self.news.set()

    async def until(self, words: bytes) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while words not in self.told:
                self.news.clear()
                await self.news.wait()


def stream(admitted: list[bool], past: list[dict[str, Any]] | None = None) -> Stream:
    return Stream(
        admits=lambda request: 1 if admitted[-1] else None,
        since=lambda seq: [event for event in past or [] if event["seq"] > seq],
        seq=lambda: 41,
        beat=lambda: {"now": 1.5},
        describe=lambda event: {**event, "described": True},
    )


def scope(method: str = "GET", last: str = "") -> Message:
    headers = [(b"last-event-id", last.encode())] if last else []
    return {"type": "http", "method": method, "path": "/events", "headers": headers}


async def test_an_event_goes_to_every_browser_once() -> None:
    made, wires = stream([True]), [Wire(), Wire()]
    tasks = [asyncio.create_task(made(scope(), wire.receive, wire.send)) for wire in wires]
    for wire in wires:
        await wire.until(b'"kind":"hello","seq":41,"now":1.5}\n\n')
    made.tell([{"kind": "alarm", "seq": 42, "n": 7}])
    for wire in wires:
        await wire.until(b'id: 42\ndata: {"kind":"alarm","seq":42,"n":7,"described":true}\n\n')
        assert wire.told.count(b"id: 42") == 1
    wires[0].gone.set()
    await tasks[0]
    made.close()
    await tasks[1]
    assert wires[1].ended.is_set()


async def test_a_browser_that_comes_back_hears_what_it_missed() -> None:
    made, wire = (
        stream([True], [{"kind": "alarm", "seq": 40}, {"kind": "stage", "seq": 41}]),
        Wire(),
    )
    task = asyncio.create_task(made(scope(last="40"), wire.receive, wire.send))
    await wire.until(b"hello")
    assert b'"kind":"stage"' in wire.told
    assert b'"kind":"alarm"' not in wire.told
    made.close()
    await task


async def test_strangers_and_crowds_hear_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = Wire()
    await stream([False])(scope(), stranger.receive, stranger.send)
    assert stranger.status == 403
    posting = Wire()
    await stream([True])(scope("POST"), posting.receive, posting.send)
    assert posting.status == 403
    made, one_more = stream([True]), Wire()
    made._open.update(_Listener(n) for n in range(2, STREAMS_MAX + 2))
    await made(scope(), one_more.receive, one_more.send)
    assert one_more.status == 503


async def test_a_browser_listens_a_few_times_and_leaves_room_for_others() -> None:
    made, tasks = stream([True]), list[asyncio.Task[None]]()
    wires = [Wire() for _ in range(STREAMS_EACH_MAX)]
    for wire in wires:
        tasks.append(asyncio.create_task(made(scope(), wire.receive, wire.send)))
        await wire.until(b'"kind":"hello"')
    one_more = Wire()
    await made(scope(), one_more.receive, one_more.send)
    assert one_more.status == 503
    assert b"this browser listens 8 times already: close some of its tabs" in one_more.told
    made._admits = lambda request: 2  # another browser is heard
    other = Wire()
    tasks.append(asyncio.create_task(made(scope(), other.receive, other.send)))
    await other.until(b'"kind":"hello"')
    made.close()
    await asyncio.gather(*tasks)


async def test_a_stream_ends_when_the_last_seat_is_given_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("parley.console.stream.BEAT_S", 0.01)
    admitted, wire = [True], Wire()
    task = asyncio.create_task(stream(admitted)(scope(), wire.receive, wire.send))
    await wire.until(b'"kind":"beat"')
    admitted.append(False)
    async with asyncio.timeout(PATIENCE_S):
        await task
    assert wire.ended.is_set()


async def test_a_stream_ends_with_the_last_seat_however_much_happens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("parley.console.stream.BEAT_S", 0.01)
    admitted, wire = [True], Wire()
    made = stream(admitted)
    task = asyncio.create_task(made(scope(), wire.receive, wire.send))
    await wire.until(b'"kind":"hello"')

    async def much_happens() -> None:
        for seq in count(42):
            made.tell([{"kind": "chat", "seq": seq}])
            await asyncio.sleep(0)

    busy = asyncio.create_task(much_happens())
    await wire.until(b'"kind":"beat"')
    admitted.append(False)
    async with asyncio.timeout(PATIENCE_S):
        await task
    busy.cancel()
    assert wire.ended.is_set()


@pytest.mark.parametrize("last", ["9" * 5_000, "-1", "²", "x"])
async def test_a_last_event_that_no_event_was_is_passed_over(last: str) -> None:
    made, wire = stream([True], [{"kind": "stage", "seq": 41}]), Wire()
    task = asyncio.create_task(made(scope(last=last), wire.receive, wire.send))
    await wire.until(b'"kind":"hello"')
    assert b'"kind":"stage"' not in wire.told
    made.close()
    await task


def test_a_browser_that_does_not_read_is_let_go() -> None:
    browser = _Listener(1)
    ended = []
    for told in (b"x" * UNSENT_BYTES_MAX, b"x"):
        browser.put(told)
        ended.append(browser.ended)
    assert ended == [False, True]
    assert len(browser.take()) == UNSENT_BYTES_MAX


def test_an_event_is_one_block_whatever_is_in_it() -> None:
    told = block({"seq": 1, "kind": "line", "sentence": "a\n\ndata: {}\r\nid: 7\u2028"})
    assert told.count(b"\n\n") == 1
    assert told.startswith(b"id: 1\ndata: {")


# --- ears


def test_ears_forget_tabs_that_fell_silent() -> None:
    now = [1000.0]
    ears = Ears(lambda: now[0])
    ears.tell("3 a", 3, True)
    ears.tell("4 b", 4, True)
    ears.tell("4 b", 4, False)
    assert ears.persons() == [3]
    now[0] += TOLD_S_MAX / 2
    ears.leave("3 a")
    ears.leave("9 unknown")
    assert ears.persons() == [3]  # its next page may speak in a moment
    now[0] += 10
    assert ears.persons() == []
    for number in range(1000):
        ears.tell(str(number), number, True)
    assert len(ears.persons()) < 1000


def test_a_port_in_use_is_one_sentence() -> None:
    with _listen("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(Unavailable) as caught:
            _listen("127.0.0.1", taken.getsockname()[1])
    assert "cannot listen on 127.0.0.1" in caught.value.sentence
    assert "station.toml" in caught.value.hint
