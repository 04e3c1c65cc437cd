"""What `export` writes beside a record and `verify` reads: two things that one station signed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from parley.cli import voice
from parley.cli.client import Asking
from parley.cli.new_file import unwritten

Told = dict[str, Any]


def told_beside(station: Asking, out: Path) -> list[Told]:
    """What the other side signed against itself, and the file beside the record for each of it."""
    told: list[Told] = station.call("contradictions")["contradictions"]
    return [
        {**each, "file": each["text"] and unwritten(out.with_name(f"{out.name}.{each['kind']}"))}
        for each in told
    ]


def write_beside(contradictions: Sequence[Told]) -> list[Told]:
    """Write them; what is told of each."""
    from parley.station.machine.folder import write_whole

    for each in contradictions:
        if each["file"]:
            write_whole(each["file"], each["text"].encode())
    return [
        {
            "file": str(each["file"]) if each["file"] else None,
            **{key: each[key] for key in ("kind", "signer", "why")},
        }
        for each in contradictions
    ]


def beside_in_words(contradictions: Sequence[Told]) -> Iterator[str]:
    """What was written beside a record, and what could not be, for a person."""
    for each in contradictions:
        if each["file"] is None:
            yield each["why"]
            continue
        signer = voice.visible(each["signer"])
        yield f"{signer} signed two things that contradict each other: {each['file']}."
        yield f"Anyone can check that, without the record: `parley verify {each['file']}`."


def facts_of_two(shown: Any) -> Told:
    """What a contradiction shows, as plain JSON."""
    documents = shown.documents
    return {
        "ok": True,
        "kind": shown.two.name,
        "line": documents.agreement.line_id.hex(),
        "inc": shown.inc,
        "signer": shown.signer,
        "side": "AB"[shown.side],
        "key": shown.two.key,
        "what": shown.two.title,
        "two": shown.two.in_words().splitlines(),
        "digits": [letter.digits for letter in documents.letters],
    }


def two_in_words(told: Told) -> Iterator[str]:
    """What a contradiction proves and what it does not, for a person."""
    yield f"CONTRADICTED. {voice.visible(told['signer'])} signed {told['what']}."
    yield ""
    yield f"Line {told['line']}, incarnation {told['inc']}"
    yield from told["two"]
    yield f"Both bear signatures of the {told['key']} key of {told['side']}, as its letter has it."
    yield ""
    yield "It does not say which of the two is true, nor why: a station put back from a copy of its"
    yield "disk, a stolen key and a lie look the same."
    yield ""
    yield "Compare the 48 digits of both letters with those that each party itself tells you:"
    yield from (f"  {digits}" for digits in told["digits"])
