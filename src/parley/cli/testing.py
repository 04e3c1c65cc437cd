"""`parley test`: a short text out, answered by a person there, on a schedule both sides see."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.console import words
from parley.core.errors import Misused

SCHEDULE = "schedule"
_LONE_WORD = re.compile("[A-Za-z0-9-]+")  # a verb mistyped, or the number of a test
WINDOWS = (("day", "24 h"), ("month", "30 d"))
_BY = {"ours": "our turn", "theirs": "their turn", "either": "either side may call it"}


@click.command(name="test")
@click.argument("text", required=False, metavar="[TEXT|schedule]")
@click.option("--text", "said", metavar="TEXT", help="The same as TEXT, also a word by itself.")
@click.option("--answer", type=int, metavar="N", help="Answer test N of theirs.")
@click.option("--good", is_flag=True, help="With --answer: it came through well.")
@click.option("--errors", metavar="WORDS", help="With --answer: what did not come through well.")
@click.option("--due", is_flag=True, help="Say which test is due and what waits; send nothing.")
@asks(line=True)
def command(
    station: Asking,
    text: str | None,
    said: str | None,
    answer: int | None,
    good: bool,
    errors: str | None,
    due: bool,
) -> None:
    """Call a human test, or answer one of theirs.

    Without TEXT the station takes the next of its harmless texts, also for an answer. A test needs
    no second person; an answer shows that somebody there is awake and reads. `parley test
    schedule` shows when tests are due, and the figures of both sides. Any other word by itself may
    be one that was mistyped, and is sent with --text only.
    """
    if text is not None and said is not None:
        raise Misused("The text is given twice.", "Give it once, by itself or with --text.")
    if text is not None and _LONE_WORD.fullmatch(text) and (text != SCHEDULE or answer is not None):
        raise Misused(
            f"{text!r:.40} is one word, and might have been meant as something else.",
            "`parley test schedule` or `parley test --answer N --good`; with --text before it that"
            " word is sent.",
        )
    if answer is None and (good or errors):
        raise Misused("Only an answer certifies.", "`parley test --answer N --good`")
    if due or text == SCHEDULE:
        view = station.call("test.schedule")
        voice.tell(view, due_in_words if due else schedule_in_words)
        return
    text = said if text is None else text
    if answer is None:
        view = station.call("test.call", text=text)
    elif text is None and not good and not errors:
        raise Misused(
            "An answer needs a text, or says how the test came through.",
            f"`parley test --answer {answer} --good`, or --errors WORDS",
        )
    else:
        view = station.call("test.answer", n=answer, text=text, good=good or None, errors=errors)

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        number = f"message {view['n']} of ours" if view["n"] is not None else view["waiting"]
        if answer is None:
            yield f"Test {view['test']} is called: {number or 'it goes out with the next path'}."
        else:
            yield f"Test {answer} of theirs is answered: {number or 'it goes out'}."
        yield from voice.quoted(view["text"])

    voice.tell(view, in_words)


def due_in_words(view: dict[str, Any]) -> Iterator[str]:
    """What is asked of the watch now."""
    waits, asked = view["to_answer"], view["due"]
    if waits:
        at = f" --line '{voice.visible(waits['line'])}'" if "@" in waits["line"] else ""
        yield f"Test {waits['n']} of theirs waits: parley test --answer {waits['n']} --good{at}"
    if asked is None:
        yield "No test is due on this line."
    elif asked["asked"]:
        late = "LATE: it was due" if asked["late"] else "A test is due"
        yield f"{late} by {shown.moment(asked['until'])}. `parley test` sends:"
        yield from voice.quoted(view["next_text"])
    else:
        yield next_in_words(asked)


def next_in_words(asked: dict[str, Any]) -> str:
    """When the next test is due, and whose turn it is."""
    return f"The next test is due by {shown.moment(asked['until'])}: {_BY[asked['by']]}."


def schedule_in_words(view: dict[str, Any]) -> Iterator[str]:
    """The schedule, and the figures as both sides print them."""
    yield view["schedule"]["sentence"]
    if view["due"]:
        yield next_in_words(view["due"])
    for key, name in WINDOWS:
        yield from figures_in_words(view["figures"][key], view["parties"], name)
    for each in view["newest"]:
        what = f"{each['dir']} {each['n']} of {shown.moment(each['at'])}"
        yield f"  {what}: {answer_in_words(each)}"


def figures_in_words(window: dict[str, Any], parties: list[str], name: str) -> Iterator[str]:
    """The last day or month, a line for each side, A first at both."""
    for party, side in zip(parties, window["sides"], strict=True):
        said = [f"{side['sent']} called", f"{side['answered']} answered"]
        for what, count in (
            ("answered late", side["answered_late"]),
            ("with errors", side["with_errors"]),
            ("NOT ANSWERED", side["unanswered"]),
            ("MISSED", side["missed"]),
        ):
            said += [f"{count} {what}"] if count else []
        if side["median_s"] is not None:
            median, slowest = words.span(side["median_s"]), words.span(side["slowest_s"])
            said.append(f"answers after {median}, slowest {slowest}")
        yield f"  {name}, by {voice.visible(party)}: {', '.join(said)}"
    if window["missed_by_either"]:
        yield f"  {name}: {window['missed_by_either']} MISSED by either side"


def answer_in_words(test: dict[str, Any]) -> str:
    """What became of one test."""
    if test["took_s"] is None:
        return "not answered"
    said = {None: "", "": ", good copy"}.get(
        test["certified"], f", errors: {voice.one_line(test['certified'] or '', 120)}"
    )
    return f"answered after {words.span(test['took_s'])}{said}"
