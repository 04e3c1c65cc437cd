"""The page *Audit trail* says every act, and what became of it, in the reader's language."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from markupsafe import Markup

import parley
from parley.catalogue.facts import SENTENCES
from parley.console import acts, tongues
from parley.console.app import build
from parley.console.tongues import ENGLISH, FSI, PDI, TONGUES
from parley.core.errors import Refused
from parley.station.acts.audit_trail import _digest
from parley.station.acts.operations import REGISTRY, for_the_trail
from parley.station.acts.own_acts import (
    ALL_CALLED,
    IS_CALLED,
    ON_THEIR_WORD,
    OUTCOMES,
    TAKEN_IN,
    Own,
)
from parley.station.line.distrust import _WENT_BACK
from parley.station.line.lines import OpenLine
from parley.station.line.standing import declared_view
from parley.station.machine.config import CONFIG_NAME, template
from parley.station.staff import officer
from tests.console.test_supplied import Seat
from tests.places import few
from tests.playbook import two_stations

OTHERS = [code for code in TONGUES if code != ENGLISH.code]
SOURCE = Path(parley.__file__).parent
LATIN = re.compile(r"[A-Za-z]{2,}")
LATIN_ALSO = ("fr", "es")
# Words of the field and values: the same in every language (decision 0032).
SAME = {"FLASH", "SHA", "id", "kbit", "12"}
VALUES = {
    "n": "7",
    "precedence": "FLASH",
    "state": "silent",
    "kind": "person",
    "role": "a releaser",
    "level": "leaders",
    "scope": "a reviewer on every line, FLASH only",
    "said": "Message 3 of ours asked for a reply by 12; 4 gave none.",
    "why": "The line is stopped: 1.",
}


@pytest.fixture(params=OTHERS)
def code(request: pytest.FixtureRequest) -> Iterator[str]:
    tongues.use(TONGUES[request.param])
    yield request.param
    tongues.use(ENGLISH)


@cache
def trees() -> list[ast.Module]:
    return [ast.parse(file.read_bytes()) for file in sorted(SOURCE.rglob("*.py"))]


def first_texts(*names: str) -> set[str]:
    """The first argument of each call of one of these, where it is a text."""
    found = set()
    for tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and node.args:
                called = getattr(node.func, "attr", getattr(node.func, "id", ""))
                match node.args[0]:
                    case ast.Constant(value=str(text)) if called in names:
                        found.add(text)
    return found


def written() -> set[str]:
    """Every operation that leaves a row."""
    listed = {each.name for each in REGISTRY.values() if not each.reads and not each.quiet}
    return listed | first_texts("inner")


def plain(shown: Markup) -> str:
    return str(shown.striptags().replace(FSI, "").replace(PDI, ""))


def english_in(shown: Markup, said: str) -> set[str]:
    """Words left in English of what was said; where letters are the same, whether all were."""
    assert 'lang="en"' not in shown, shown
    left = {*LATIN.findall(plain(shown))} - SAME
    return left if tongues.current().code not in LATIN_ALSO else {said} & {plain(shown)} - SAME


@pytest.mark.story
def test_every_operation_that_leaves_a_row_has_words() -> None:
    assert set(acts.OPERATIONS) == written()


def test_every_argument_of_theirs_has_a_word() -> None:
    for name in written() & REGISTRY.keys():
        asked = {parameter.name for parameter in REGISTRY[name].parameters}
        assert asked <= acts.ARGUMENTS.keys(), name


def test_every_act_of_the_station_says_how_its_outcome_reads() -> None:
    assert set(OUTCOMES) == set(Own)


def test_every_act_that_is_made_of_a_word_is_in_the_list() -> None:
    """What a line told, and how it stands; a step of escalation, and what a watch officer signs."""
    states = {"open"}
    for function in (OpenLine.observe, declared_view):
        body = ast.parse(dedent(inspect.getsource(function)))
        for node in ast.walk(body):
            match node:
                case ast.Return(value=given):
                    states |= texts(given) if function is OpenLine.observe else set()
                case ast.Assign(targets=[ast.Name(id="state")], value=given):
                    states |= texts(given)
    assert {"silent", "over", "suspended in part", "closed"} <= states
    kinds = first_texts("_notice", "notice", "Noticed")
    assert {"of another version", "halted", "equivocation", "resume asked"} <= kinds
    signed = (officer.TAKEN_UP, officer.HANDED, officer.ACCEPTED, officer.TAKEN_OVER)
    for act in (
        *(f"line {each}" for each in states | kinds),
        *(f"watch {each}" for each in signed),
    ):
        assert Own(act) in OUTCOMES


def texts(node: ast.expr | None) -> set[str]:
    return {
        each.value
        for each in ast.walk(node or ast.Constant(None))
        if isinstance(each, ast.Constant) and isinstance(each.value, str)
    }


def test_every_operation_reads_in_each_language(code: str) -> None:
    for name in sorted(written()):
        shown = acts.did(name)
        words, _, kept = shown.partition("<br>")
        assert name in kept  # who reads it aloud at the command line finds the same row
        assert not english_in(Markup(words), acts.OPERATIONS[name]), (code, name)


def test_every_act_of_the_station_reads_in_each_language(code: str) -> None:
    for own in Own:
        assert not english_in(acts.did(own), own), (code, own)
        shown = acts.did(f"{own} (Xyz – <Abc>)")
        assert "<bdi>Xyz – &lt;Abc&gt;</bdi>" in shown
        for each in OUTCOMES[own]:
            names = re.findall(r"%\((\w+)\)s", each)
            became = each % {name: VALUES.get(name, "12") for name in names}
            assert not english_in(acts.outcome(own, became), became), (code, own, became)


def test_every_argument_reads_in_each_language(code: str) -> None:
    for name, word in acts.ARGUMENTS.items():
        if code not in LATIN_ALSO:  # "agenda" and "code" are French, too
            assert not english_in(acts.to_what({name: 7}), word), (code, name)
        assert plain(acts.to_what({name: 7})).endswith(" 7")
    kept = {"text": f"12 characters, SHA-256 {'0' * 64}", "token": "(not kept)", "dir": "ours"}
    for name, value in kept.items():
        shown = plain(acts.to_what({name: value, "on": True, "here": False}))
        assert value not in shown, (code, name)
        assert "true" not in shown


def test_what_was_left_empty_is_not_said_to_have_been_given(code: str) -> None:
    """A form sends every field that it has: without a time, "reply by" says nothing."""
    empty: dict[str, Any] = {"answers": None, "reply_by": "", "protect": "", "fields": {}}
    kept = for_the_trail("draft.new", {**empty, "code": "", "items": [], "n": 7}, _digest)
    assert "code" not in kept
    assert plain(acts.to_what(kept)) == plain(acts.to_what({"n": 7}))
    given = {"on": False, "start": 0, "reply_by": "60"}
    shown = plain(acts.to_what(given))
    assert shown.count(", ") == 2, (code, shown)  # no, nought and a text are no empty fields


AT = "2026-11-30 20:36:43Z"
LATE = SENTENCES["roster.no-watch"] % {"person": "Á", "desk": "1", "since": "12"}
CALLED = IS_CALLED % {"name": "Á Ø"}
COUNTS = dict.fromkeys(("ours", "theirs", "who", "inc", "again"), 2)
# What the station says elsewhere and writes here: sentences that stand in a row, and in each other.
TOLD = (
    (Own.ROSTER_DEPUTY, f"{LATE} {CALLED}"),
    (Own.ROSTER_NOBODY, f"{LATE} {ALL_CALLED}"),
    (Own.DEPUTY_CALLED, f"Test 3 of theirs was not answered here by 12. {CALLED}"),
    (Own.WHOLE_AGAIN, f"{TAKEN_IN % COUNTS} {ON_THEIR_WORD % COUNTS}"),
    (Own.WEBHOOK, "message 3 (FLASH): it answered 200; it is tried again in 30 s"),
    (Own.STOPPED, "person: Á stopped the line: the distress phrase was spoken"),
    (
        Own.HALTED,
        "The line has stopped itself: our copies of the record differ. Call the engineer.",
    ),
    (Own.SUSPENDED, f"Suspended by us since {AT}, which waits for its number: Á."),
    (Own.SUSPENDED_IN_PART, f"Suspended for text messages of FLASH by 2 since {AT}."),
    (Own.OPEN, f"To be suspended by us from {AT}."),
    (Own.CLOSED, f"Closed by 2 at {AT}: Á. Closed by us at {AT}."),
    (Own.CLOCKS_DIFFER, "the clock of 2 is at least 2 hours ahead of ours"),
    (Own.CLOCK_IN_DOUBT, "our clock was moved 1 day back while the station ran"),
    (Own.WENT_BACK, _WENT_BACK[3] % {"who": "2", "count": "2", "n": 7, "span": "1 minute"}),
    (Own.GIVEN_BACK, "draft 2 was released and not yet sent: taken back by Á: Ø"),
    (
        "call.begin",
        "refused: Only a watch officer or an operator may do this (7); Á is an auditor and"
        " a drafter.",
    ),
    (
        "line.undo",
        "refused: Nobody can let this line go on: 2 has revoked the keys of its 3 (certificates up"
        " to 1): Á.",
    ),
    ("accept", "refused: This letter does not stand: a signature does not verify."),
    ("accept", "refused: A fingerprint has 48 digits, and these are 44."),
    ("glossary.add", f"refused: The glossary has 12 characters, SHA-256 {'0' * 64} already."),
)


def test_what_the_station_says_elsewhere_reads_here_too(code: str) -> None:
    for act, became in TOLD:
        assert not english_in(acts.outcome(act, became), became), (code, act, became)


def test_what_is_kept_is_shown_as_it_is_in_english() -> None:
    assert acts.outcome("draft.new", "done") == "done"
    assert acts.outcome("line silent (North)", "South: silent") == "South: silent"
    assert plain(acts.did("line silent (North)")) == "line silent (North)"
    assert plain(acts.did("an act of an earlier release")) == "an act of an earlier release"
    assert "&lt;b&gt;" in acts.outcome("release", "refused: Nobody <b>foresaw</b> this.")


def test_a_sentence_that_nobody_translated_is_shown_and_marked(code: str) -> None:
    shown = acts.outcome("release", "refused: Nobody <b>foresaw</b> this.")
    assert 'lang="en"' in shown
    assert "&lt;b&gt;" in shown
    assert "refused" not in shown


@pytest.mark.parametrize("code", few(sorted(TONGUES), 1))
def test_the_page_has_no_english_beside_names(tmp_path: Path, code: str) -> None:
    with two_stations(tmp_path) as (north, _):
        north.stops()
        (north.folder / CONFIG_NAME).write_text(template(sign_in={"enrol": "may"}))
        north.starts()
        draft = north.drafts("Meet at 0600Z.")
        north.releases(draft)
        for name, asked in (
            ("release", {"draft": 99, "sha256": draft["sha256"]}),
            ("draft.edit", {"draft": draft["draft"], "text": "Meet at 0700Z."}),
        ):
            with pytest.raises(Refused):
                north.drafter.asks(name, **asked)
        north.watch.asks("line.stop", reason="They rang.")
        auditor = north.people["auditor"].id
        north.auditor.asks("person.tongue", person=auditor, tongue=code)
        page = Seat(north, build(north.station), "auditor").sees("/audit")
        rows = page.partition('id="audit"')[2].partition("</section>")[0]
        assert "draft.new" in rows
        assert rows.count("<tr>") > 8
        assert ('lang="en"' in rows) is False
        assert ("refused: " in rows) == (code == "en")
        assert ("Draft written" in rows) == (code == "en")
        assert ("Not done: Draft released" in rows) == (code == "en")
