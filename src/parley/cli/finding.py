"""`find`: words in all that was said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks


@click.command()
@click.argument("words", nargs=-1)
@click.option("--dir", type=click.Choice(["ours", "theirs"]), help="What one side said.")
@click.option("--precedence", help="FLASH, IMMEDIATE, PRIORITY or ROUTINE.")
@click.option("--status", help="ACTUAL, EXERCISE, TEST or SERVICE.")
@click.option("--kind", help="One kind of entry, such as text, minute or readback.")
@click.option("--since", metavar="DAY", help="Kept here on that day or later; or at a minute, UTC.")
@click.option("--until", metavar="DAY", help="Kept here on that day or earlier.")
@click.option("--person", help="Written, released or opened by somebody of that name or office.")
@click.option("--unanswered", is_flag=True, help="Messages with no answer in the record.")
@click.option("--limit", type=click.IntRange(min=1), help="At most so many; 50 unless given.")
@click.option("--before", type=int, metavar="PLACE", help="Older than a place an answer named.")
@click.option("--rebuild", is_flag=True, help="Make the index of words anew.")
@asks(line=True, setup=True)
def find(station: Asking, words: tuple[str, ...], rebuild: bool, **asked: Any) -> None:
    """Search all that was said, on every line unless one is named, newest first; and what stands
    beside a message: its translations, and names and texts of its attachments.

    All WORDS must be there, as parts of words too; a phrase is one argument. Case, accents and
    the vowel signs of Arabic make no difference. Without WORDS: messages, by the conditions.
    """
    if rebuild:
        station.call("find.rebuild")
    asked["unanswered"] = asked["unanswered"] or None
    typed = " ".join(f'"{word}"' if " " in word else word for word in words)
    voice.tell(station.call("find", words=typed or None, **asked), in_words)


def in_words(view: dict[str, Any]) -> Iterator[str]:
    """One line an entry, then what was found in it."""
    if not view["found"]:
        yield "Nothing found."
    for each in view["found"]:
        urgency = [] if each["kind"] == "chat" else [each["precedence"]]
        marks = [*urgency, each["status"], each["kind"]]
        marks += ["RETRACTED"] if each["retracted"] else []
        marks += shown.supplied(each["supplied"])
        about = each["about"]
        if about:
            marks.append(f"about {about['dir']} {about['n']}")
        yield (
            f"{voice.visible(each['line_name'])}, {each['dir']} {each['n']} · "
            f"{shown.moment(each['kept'])} · {' · '.join(marks)}"
        )
        first, *more = each["where"]
        if first["in"] != "text":
            yield f"  in {place(first)}"
        yield f"  | {marked(each)}"
        if more:
            yield f"  also in {', '.join(map(place, more))}"
    if view["next"] is not None:
        yield f"There is more: --before {view['next']}"
    if view["behind"]:
        yield f"{voice.count(view['behind'], 'entry', 'entries')} not indexed yet: ask again."


def place(view: dict[str, Any]) -> str:
    """Where in or beside a message it was found."""
    if view["in"] == "translation":
        by = f" by {voice.visible(view['by']['name'])}" if view["by"]["name"] else ""
        return f"{view['stage']} translation {view['translation']}, {view['language']}{by}"
    if view["in"] == "text":
        return "its text"
    what = "the name of attachment" if view["in"] == "attachment name" else "attachment"
    return f"{what} {view['attachment']}, {voice.visible(view['name'])}"


def marked(view: dict[str, Any]) -> str:
    """The excerpt in one line, with »what was found«."""
    text, pieces, at = view["excerpt"], [], 0
    for start, end in view["hits"]:
        pieces += [text[at:start], "»", text[start:end], "«"]
        at = end
    line = " ".join("".join([*pieces, text[at:]]).split())
    return f"{'' if view['begins'] else '…'}{voice.visible(line)}{'' if view['ends'] else '…'}"
