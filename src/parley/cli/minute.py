"""`parley minute` and `parley readout`: agree on what was said, and state one's own view of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.call import MOMENT, urgency
from parley.cli.client import Asking, asks
from parley.cli.drafting import begun, taken, written

View = dict[str, Any]

CALL = "Such as 'North 2', or 'ours 2' for the request that asked for it."


@click.group()
def minute() -> None:
    """The minute of a call: drafted from facts, proposed, agreed once both have said one text."""


@minute.command()
@click.option("--call", metavar="CALL", help=f"{CALL} Left out: one that the record does not know.")
@click.option("--began", metavar=MOMENT, help="When it began, UTC; default: as the record has it.")
@click.option(
    "--ended", metavar=MOMENT, help="When it ended, UTC; likewise, as for who was present."
)
@click.option("--held-by", help="video, voice, text, telephone; default: as it was asked for.")
@click.option(
    "--present",
    multiple=True,
    metavar="'PARTY; OFFICE; NAME'",
    help="Who was in it; may be given several times.",
)
@click.option("--touched", multiple=True, metavar="ITEM", help="By its number, or in words.")
@click.option(
    "--not-touched", multiple=True, metavar="ITEM", help="Default: the rest of the agenda."
)
@click.option("--interrupted", multiple=True, metavar="'FROM to TO'", help="Two moments, UTC.")
@click.option(
    "--recorded",
    multiple=True,
    metavar="'FROM to TO; PARTY; OFFICE; NAME'",
    help="Once for each who has the file; default: as the record has it.",
)
@click.option(
    "--shown",
    multiple=True,
    metavar="'FROM to TO; document; WHAT; PARTY; OFFICE; NAME'",
    help="What was shown, or a screen; default: as the record has it.",
)
@click.option("--agreed", multiple=True, metavar="SENTENCE", help="What both accept to write down.")
@asks(line=True)
def draft(station: Asking, **given: Any) -> None:
    """Print the text of a minute from facts; edit it as you like, then propose it."""
    # Of what was not named the record has the word, as it has of what is touched.
    lists = {name: list(value) or None for name, value in given.items() if isinstance(value, tuple)}
    view = station.call("minute.draft", **{**given, **lists})
    voice.tell(view, lambda view: map(voice.visible, view["text"].split("\n")))


@minute.command()
@written
@urgency
@asks(line=True)
def propose(station: Asking, text: str | None, file: Path | None, precedence: str | None) -> None:
    """Propose a minute; another person releases it. If they have proposed one, it answers that."""
    words = taken(text, file).removesuffix("\n")  # as an editor leaves it
    voice.tell(station.call("minute.propose", text=words, precedence=precedence), begun)


@minute.command()
@click.argument("n", type=int)
@urgency
@asks(line=True)
def accept(station: Asking, n: int, precedence: str | None) -> None:
    """Accept the minute they proposed in message N: its very bytes, released by another person."""
    voice.tell(station.call("minute.accept", n=n, precedence=precedence), begun)


@minute.command()
@click.argument("call", required=False)
@asks(line=True)
def show(station: Asking, call: str | None) -> None:
    """What is agreed of a call and what is only proposed, and who has attached a readout."""
    voice.tell(station.call("minute.show", call=call), _talk)


@minute.command(name="list")
@asks(line=True)
def list_(station: Asking) -> None:
    """Calls with a minute or a readout, and those accepted that have none yet; newest first."""

    def in_words(view: View) -> Iterator[str]:
        for each in view["calls"]:
            yield f"{voice.visible(each['call'])} · {voice.visible(each['sentence'])}"
        if not view["calls"]:
            yield "None."

    voice.tell(station.call("minute.list"), in_words)


@click.group()
def readout() -> None:
    """Readouts: what each side states about a call for itself; never merged."""


@readout.command()
@written
@click.option("--call", metavar="CALL", help=f"{CALL} Left out: the newest.")
@click.option("--with", "with_whom", required=True, help="With whom the call was.")
@click.option("--by", help="The office that states; default: our party.")
@click.option("--date", metavar="YYYY-MM-DD", help="Of the call; default: that of the minute.")
@click.option(
    "--topic", "topics", multiple=True, metavar="ITEM", help="By its number, or in words."
)
@click.option("--language", help="Of the words, as in BCP 47; default: our first.")
@urgency
@asks(line=True)
def write(
    station: Asking, text: str | None, file: Path | None, topics: tuple[str, ...], **given: Any
) -> None:
    """Attach our own statement to a call; another person releases it."""
    words = taken(text, file).removesuffix("\n")
    view = station.call("readout.write", text=words, topics=list(topics), **given)
    voice.tell(view, begun)


@readout.command(name="compare")
@click.argument("call", required=False)
@asks(line=True)
def compare_(station: Asking, call: str | None) -> None:
    """The newest readout of each side beside the minute: what one has and the other lacks."""

    def in_words(view: View) -> Iterator[str]:
        names, newest = view["names"], view["newest"]
        yield f"Call {voice.visible(view['call'])} · {voice.visible(view['sentence'])}"
        if not view["rows"]:
            yield "No side has attached a readout."
            return
        for side in ("ours", "theirs"):
            told = newest[side]
            yield (
                f"{names[side]}: {told['ref']}, by {voice.visible(told['by'])},"
                f" {shown.moment(told['at'])}"
                if told
                else f"{names[side]}: none attached"
            )
        yield ""
        cells = [
            (
                row["mark"].upper() if row["differs"] else row["mark"],
                *(voice.one_line(row[key], 32) or "–" for key in ("what", "minute", *names)),
            )
            for row in view["rows"]
        ]
        proposed = view["proposed"] and not view["agreed"]
        minute = "minute, only proposed" if proposed else "minute"
        yield from voice.table(cells, ("mark", "what", minute, *names.values()))
        yield ""
        found = voice.count(view["differences"], "difference")
        yield f"{found}, in figures, names and topics; no language is read."

    voice.tell(station.call("readout.compare", call=call), in_words)


def _talk(view: View) -> Iterator[str]:
    """One call with all that was said of it."""
    yield f"Call {voice.visible(view['call'])}"
    yield voice.visible(view["sentence"])
    if view["agreed"]:
        yield ""
        yield from _text("AGREED", view["agreed"], " and ".join(view["agreed"]["said"]))
    for each in view["proposed"]:
        yield ""
        yield from _text("PROPOSED", each, f"{each['ref']}, {shown.moment(each['at'])}")
        if each["dir"] == "theirs":
            yield f"Next: accept it with `parley minute accept {each['n']}`, or propose another."
    for side, told in view["readouts"].items():
        for each in told:
            yield f"Readout, {side}: {each['ref']}, by {voice.visible(each['by'])}, {each['date']}"


def _text(state: str, view: View, where: str) -> Iterator[str]:
    yield f"{state} · {where}"
    yield from voice.quoted(view["text"])
    yield f"SHA-256 of the text {view['text_sha256']}"
