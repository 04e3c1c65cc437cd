"""What is wrong with a sign or a field of a document is said in the reader's language too."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from parley.console import tongues, vocabulary
from parley.console.tongues import TONGUES
from parley.core.agreement import _F
from parley.core.entry import _REFUSED, check_text
from parley.core.errors import Malformed, Refused
from parley.core.identity import Fields
from tools import words

OTHERS = [code for code in TONGUES if code != "en"]
ENGLISH = re.compile(
    r"\b(?:the|tab|is|not|cannot|be|sent|line|character|number|of|text|pair|gave|agreement|letter)\b"
)
WHAT = ("the agreement", "the letter", "the certificate", "the revocation", "the succession")


@pytest.fixture(params=OTHERS)
def code(request: pytest.FixtureRequest) -> Iterator[str]:
    tongues.use(TONGUES[request.param])
    yield request.param
    tongues.use(TONGUES["en"])


def signs() -> Iterator[str]:
    """One of each kind that cannot be sent."""
    for characters, *_ in _REFUSED:
        yield next(chr(at) for at in range(0x11_0000) if re.match(f"[{characters}]", chr(at)))


def read(sentence: str) -> str:
    shown = vocabulary.said(sentence)
    assert 'lang="en"' not in shown, sentence
    return re.sub("«[^»]*»|“[^”]*”", "", shown)


def test_every_sign_that_cannot_be_sent_is_named(code: str) -> None:
    for sign in signs():
        with pytest.raises(Refused) as fault:
            check_text(f"x{sign}x")
        told = fault.value.sentence
        for around in (
            "%s",
            "The name of the file cannot be sent: %s.",
            "This cannot be agreed: %s.",
        ):
            assert not ENGLISH.search(read(around % told)), around % told
        within = f"This cannot be agreed: the agreement's form of address: {told}."
        assert not ENGLISH.search(read(within)), within
        assert not ENGLISH.search(read(fault.value.hint))


def faults(what: str) -> Iterator[str]:
    """All that is found wrong with a field, each as the core says it."""
    fields = Fields(what, "I0")
    for wrong in (
        lambda: fields.uint("clock", "x", 1, 9),
        lambda: fields.flag("comparison", 2),
        lambda: fields.blob("nonce", b"", 32),
        lambda: fields.items("clocks", [], 4, 4),
        lambda: fields.name("party", " x"),
        lambda: fields.note("test schedule", 5),
        lambda: fields.note("test schedule", "\t"),
        lambda: fields.language("?"),
        lambda: fields.key("log key", None, "", 0),
    ):
        with pytest.raises(Malformed) as fault:
            wrong()
        yield fault.value.sentence


def test_every_fault_of_a_field_is_said(code: str) -> None:
    for what in WHAT:
        for told in faults(what):
            for around in ("This cannot be agreed: %s.", "This agreement does not stand: %s."):
                assert not ENGLISH.search(read(around % told)), around % told


def test_no_fault_of_a_field_lacks_its_words(code: str) -> None:
    """Whatever the core says of a field of its documents, found where it is written."""
    seen = 0
    for place in words.FIELDS:
        for _, template in words.faulty(ast.parse((words.PARLEY / place).read_bytes())):
            values = {str(at): value for at, value in enumerate((_F.what, "name", "5", "7"), 1)}
            if not template.startswith("%(1)s"):
                values["1"] = "name"
                values["2"] = "the agreement is too long"
            assert not ENGLISH.search(read(f"This cannot be agreed: {template % values}.")), (
                template
            )
            seen += 1
    assert seen > 20


def test_what_a_check_is_about_is_said(code: str) -> None:
    """The words that a check is handed for its sentence, wherever one of ours hands them."""
    about = {
        template
        for each in words.RAISED
        for file in words.PARLEY.glob(each)
        if file.stem not in words.SET_UP
        for _, template in words.handed(ast.parse(file.read_bytes()))
    }
    assert {"A desk's name", "The name of an element", "it took too long", "a step"} <= about
    for each in about:
        for around in (
            f"{each} is one line of at most 80 bytes without spaces at its ends.",
            f"{each} does not pass: the text is empty or only white space.",
            f"The station made a mistake in {each}; nothing was changed.",
            f"The picture was not attached: {each}.",
        ):
            assert not re.search(rf"\b{re.escape(each)}\b", read(around)), around
