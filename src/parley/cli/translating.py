"""`translate`, `translations`, `certify`: our own readings of a message, beside the original."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import shown, voice
from parley.cli.client import Asking, asks
from parley.cli.drafting import taken, written
from parley.core.errors import Refused

View = dict[str, Any]


def _side(verb: Any) -> Any:
    return click.option("--ours", is_flag=True, help="Message N of ours; without it, of theirs.")(
        verb
    )


@click.command()
@click.argument("n", type=int)
@written
@click.option(
    "--stage",
    type=click.Choice(["sight", "rough", "official"]),
    default="sight",
    show_default=True,
    help="How far it has come.",
)
@click.option("--language", required=True, help="Into which language, as in BCP 47.")
@click.option("--amends", type=int, metavar="T", help="It takes the place of translation T.")
@click.option("--reason", help="What an amendment amends, and why.")
@click.option("--seen", metavar="WORD", help="Keep an official one that differs: you saw how.")
@_side
@asks(line=True)
def translate(
    station: Asking,
    n: int,
    text: str | None,
    file: Path | None,
    stage: str,
    language: str,
    amends: int | None,
    reason: str | None,
    seen: str | None,
    ours: bool,
) -> None:
    """Put a translation beside message N. It stays at this station; the original is not touched.

    An official one that differs from the original in what must not be misread is kept only with
    --seen and the word that is printed below its differences.
    """
    about = {"n": n, "dir": "ours" if ours else "theirs", "text": taken(text, file)}
    if stage == "official":
        found = station.call("translation.compare", **about)
        if found["differs"] and seen != found["word"]:
            for each in shown.compared(found):
                voice.aside(each)
            raise Refused(
                "This official translation differs from the original in what must not be misread.",
                f"Amend it; or, if it is to stay so, add --seen {found['word']}",
            )
    view = station.call(
        "translation.add",
        **about,
        **{"stage": stage, "language": language, "amends": amends, "reason": reason, "seen": seen},
    )
    voice.tell(
        view, lambda view: [f"Kept as translation {view['translation']}.", *shown.compared(view)]
    )


@click.command()
@click.argument("n", type=int)
@_side
@asks(line=True)
def translations(station: Asking, n: int, ours: bool) -> None:
    """The translations of message N, what they amended, and what they omit or add."""
    view = station.call("translation.list", n=n, dir="ours" if ours else "theirs")
    voice.tell(view, _list)


@click.command()
@click.argument("translation", type=int)
@written
@asks()
def certify(station: Asking, translation: int, text: str | None, file: Path | None) -> None:
    """Certify an official translation that somebody else made, in your own words."""
    view = station.call("translation.certify", translation=translation, text=taken(text, file))
    voice.tell(view, lambda view: [f"Translation {translation} is certified."])


def _list(view: View) -> Iterator[str]:
    if not view["translations"]:
        yield "Nobody has translated it."
    for at, each in enumerate(view["translations"]):
        if at:
            yield ""
        yield from _one(each)
        yield from shown.compared(each)
        for earlier in each["earlier"]:
            yield ""
            yield "Before it was amended:"
            yield from _one(earlier)


def _one(view: View) -> Iterator[str]:
    by = f"{shown.person(view['by'])}, {shown.moment(view['at'])}"
    stage = view["stage"].upper()
    yield f"Translation {view['translation']} · {stage} · {view['language']} · {by}"
    if view["amends"] is not None:
        yield f"Amends {view['amends']}: {voice.visible(view['reason'])}"
    if view["seen"]:
        yield f"Kept with {voice.count(view['seen'], 'difference')} seen by who made it."
    yield from voice.quoted(view["text"])
    certificate = view["certificate"]
    if certificate:
        who = f"{shown.person(certificate['by'])}, {shown.moment(certificate['at'])}"
        yield f"Certified by {who}: {voice.visible(certificate['text'])}"
