"""Every byte of an evidence file counts: change one, and the place is named."""

import io
import multiprocessing
import random
from collections.abc import Iterable

import pytest

from parley.evidence import audit
from parley.evidence.sections import NotWhole
from tests.exercise.record_of_two import record_of_two
from tests.places import places, some_or_all

PLACES = 10_000
WORKERS = 2


def names_by_place(evidence: bytes) -> list[set[str]]:
    """For every byte, what its change may be called: its entry, its head or its section.

    The marks between sections belong to what stands before and after them.
    """
    names: list[set[str]] = []
    section, head = "preamble", 0
    for line in evidence.splitlines(keepends=True):
        if line.startswith(b"--- "):
            before, section = section, line[4:-1].decode()
            names[-1] = {before, section}
            names += [{before, section}] * len(line)
            continue
        if section == "entries" and line != b"\n":
            side, number, _ = line.decode().split(" ")
            name = f"entry {side} {number}"
        elif section == "heads" and line != b"\n":
            head += 1
            side, size, *_ = line.decode().split(" ")
            # A byte that becomes a line feed may leave a sound head before it.
            torn = f"heads, line {head + 1}"
            names += [{f"heads, line {head}", f"head of {side} at {size}", torn}] * len(line)
            continue
        else:
            name = section
        names += [{name}] * len(line)
    return names


_evidence = b""
_names: list[set[str]] = []


def _look_at(evidence: bytes) -> None:
    """What each worker has before it."""
    global _evidence, _names
    _evidence, _names = evidence, names_by_place(evidence)


def passed_or_misnamed(change: tuple[int, int]) -> str:
    """Change one byte; "" when that was refused under the right name, else what happened."""
    place, by = change
    damaged = bytearray(_evidence)
    damaged[place] ^= by
    told = f"byte {place} ({_evidence[place]:#04x} to {damaged[place]:#04x}, {_names[place]})"
    try:
        audit.verify(io.BytesIO(damaged))
    except NotWhole as refusal:
        return "" if refusal.where in _names[place] else f"{told} was named {refusal}"
    return f"{told} passed"


def sweep(evidence: bytes, where: Iterable[int], workers: int = 1) -> None:
    """Change the byte at each of these places in turn."""
    chance = random.Random(len(evidence))
    changes = [(place, chance.randrange(1, 256)) for place in where]
    _look_at(evidence)
    if workers == 1:
        wrong = [told for told in map(passed_or_misnamed, changes) if told]
    else:
        spawn = multiprocessing.get_context("spawn")
        with spawn.Pool(workers, _look_at, (evidence,)) as pool:
            wrong = [told for told in pool.map(passed_or_misnamed, changes, 50) if told]
    assert not wrong, "\n".join([f"{len(wrong)} of {len(changes)}", *wrong[:20]])


@pytest.fixture(scope="module")
def small() -> bytes:
    """Six messages, three from each side."""
    return record_of_two(6, signed_every=5)


@pytest.fixture(scope="module")
def large() -> bytes:
    """Three thousand messages."""
    return record_of_two(3_000, signed_every=200)


def test_it_verifies(small: bytes, large: bytes) -> None:
    for evidence, messages in ((small, 6), (large, 3_000)):
        report = audit.verify(io.BytesIO(evidence))
        assert sum(report.entries) == messages
        assert report.signed == report.cosigned == report.entries
        assert min(report.entries) > 0


@pytest.mark.story
def test_a_changed_byte_of_the_record_is_named(small: bytes) -> None:
    """Every forty-eighth of heads and entries; the proof below tries them all."""
    names = names_by_place(small)
    assert len(names) == len(small)
    record = [at for at, name in enumerate(names) if not name & set(audit.SECTIONS)]
    sweep(small, [record[at] for at in places(len(record), 48)])


@pytest.mark.story
def test_a_changed_byte_of_a_document_is_named(small: bytes) -> None:
    """Every hundredth; the proof below tries them all."""
    sweep(small, places(len(small), 100))


@some_or_all(48, 6)
@pytest.mark.story
def test_a_byte_that_becomes_a_line_feed_is_named(small: bytes, step: int) -> None:
    names = names_by_place(small)
    record = [at for at, name in enumerate(names) if min(name).startswith(("entry", "head"))]
    _look_at(small)
    changes = [(at, small[at] ^ 0x0A) for at in record if small[at] != 0x0A]
    tried = [changes[at] for at in places(len(changes), step)]
    wrong = [told for told in map(passed_or_misnamed, tried) if told]
    assert not wrong, wrong[:10]


def test_an_entry_under_the_other_partys_letter_is_named_for_what_it_holds(small: bytes) -> None:
    """Even where the other log awaits the same number, so that the false name would fit."""
    names = names_by_place(small)
    starts = [
        at
        for at, name in enumerate(names)
        if min(name).startswith("entry") and small[at - 1 : at] == b"\n"
    ]
    assert len(starts) == 6
    _look_at(small)
    wrong = [told for at in starts if (told := passed_or_misnamed((at, ord("A") ^ ord("B"))))]
    assert not wrong, wrong


def test_the_marks_between_sections_count(small: bytes) -> None:
    names = names_by_place(small)
    sweep(small, [at for at, name in enumerate(names) if len(name) == 2 and min(name) < "f"])


@pytest.mark.story
def test_a_cut_or_doubled_entry_is_refused(large: bytes) -> None:
    lines = large.splitlines(keepends=True)
    first = lines.index(b"--- entries\n") + 1
    chance = random.Random(1)
    for at in chance.sample(range(first, first + 3_000), 20):
        for changed in ([], [lines[at], lines[at]]):
            with pytest.raises(NotWhole):
                audit.verify(io.BytesIO(b"".join(lines[:at] + changed + lines[at + 1 :])))


@pytest.mark.proof
def test_every_change_of_every_name_of_an_entry(small: bytes) -> None:
    """Direction and number, each byte changed to all 255 others: a random change may miss one."""
    _look_at(small)
    at, wrong = small.index(b"\n--- entries\n") + len(b"\n--- entries\n"), []
    for line in small[at:].splitlines(keepends=True)[:6]:
        for place in range(at, at + line.rindex(b" ") + 1):
            wrong += [told for by in range(1, 256) if (told := passed_or_misnamed((place, by)))]
        at += len(line)
    assert not wrong, "\n".join(wrong[:20])


@pytest.mark.proof
def test_every_single_byte_of_a_small_file(small: bytes) -> None:
    sweep(small, range(len(small)), WORKERS)


@pytest.mark.proof
def test_ten_thousand_places_of_a_large_file(large: bytes) -> None:
    chance = random.Random()
    sweep(large, chance.sample(range(len(large)), PLACES), WORKERS)
