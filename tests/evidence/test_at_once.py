"""Signatures that are checked beside each other: what is told is as if they were not."""

from __future__ import annotations

import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from parley.core.keys import SigningKey
from parley.core.record import Head
from parley.evidence import audit
from parley.evidence.at_once import BATCH, WAITING_MAX, Beside, Given, Signatures, Work, alone
from parley.evidence.sections import NotWhole
from tests.evidence.test_audit import Record

KEY = SigningKey("parley.invalid/log", bytes(64))
LINE, ROOT = bytes(16), bytes(32)


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(3) as pool:
        yield pool


@pytest.fixture(params=["alone", "beside"])
def beside(request: pytest.FixtureRequest, threads: ThreadPoolExecutor) -> Beside:
    return alone if request.param == "alone" else lambda work: threads.submit(work).result


def given(size: int, *, forged: bool = False) -> Given:
    head = Head(LINE, 1, 0, size, ROOT)
    signed = Head(LINE, 1, 0, size + forged, ROOT).checkpoint(KEY.public)[:1]
    return f"head of A at {size}", KEY.public, head, "checkpoint", 0, KEY.block(signed)


def told(signatures: Signatures, forged: set[int], sizes: range) -> str:
    """The place of what is told, by whichever head was added meanwhile."""

    def add_all() -> None:
        for size in sizes:
            signatures.add(given(size, forged=size in forged))
        signatures.hold()

    with pytest.raises(NotWhole) as first:
        add_all()
    with pytest.raises(NotWhole) as again:
        signatures.hold()
    assert again.value.where == first.value.where
    return first.value.where


@pytest.mark.parametrize("forged", [{0, 1}, {BATCH - 1, BATCH}, {BATCH + 5, 5 * BATCH}, {303}])
def test_R12_the_first_signature_that_fails_is_told(forged: set[int], beside: Beside) -> None:
    assert told(Signatures(beside), forged, range(304)) == f"head of A at {min(forged)}"


def test_R12_a_later_batch_that_is_ready_first_waits_for_an_earlier_one() -> None:
    with ThreadPoolExecutor(2) as pool:
        later = Event()

        def beside(work: Work) -> Work:
            first = not began
            began.append(work)

            def slow() -> None:
                if first:
                    assert later.wait(60)
                try:
                    work()
                finally:
                    if not first:
                        later.set()

            return pool.submit(slow).result

        began: list[Work] = []
        assert told(Signatures(beside), {3, BATCH + 3}, range(2 * BATCH)) == "head of A at 3"


def test_what_waits_to_be_checked_has_an_end(beside: Beside) -> None:
    waiting: list[Work] = []

    def counted(work: Work) -> Work:
        ends = beside(work)

        def end() -> None:
            waiting.remove(end)
            ends()

        waiting.append(end)
        return end

    signatures = Signatures(counted)
    most = 0
    for each in [given(0)] * ((WAITING_MAX + 4) * BATCH + 1):
        signatures.add(each)
        most = max(most, len(waiting))
    assert most == WAITING_MAX
    signatures.hold()
    assert waiting == []


def test_R12_a_line_that_is_no_head_is_told_after_a_signature_before_it(beside: Beside) -> None:
    record = Record(40)
    text = record.text()
    first = text.index(b" checkpoint ", text.index(b"--- heads"))
    end = text.index(b"\n", first)
    other = b"B" if text[end - 8 : end - 7] == b"A" else b"A"  # still base64
    forged = text[: end - 8] + other + text[end - 7 :]
    after = forged.index(b" checkpoint ", end)
    spoiled = forged[:after] + b" checkqoint " + forged[after + 12 :]
    for each in (forged, spoiled):
        with pytest.raises(NotWhole, match=r"^head of . at \d+: "):
            audit.verify(io.BytesIO(each), beside=beside)
