"""`say`, `draft` and `release`: one person writes, another sends exactly that."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import attaching, shown, voice
from parley.cli.client import Asking, asks
from parley.core.entry import TEXT_BYTES_MAX
from parley.core.errors import Misused, Refused, Unavailable

PRECEDENCES = ("ROUTINE", "PRIORITY", "IMMEDIATE", "FLASH")
FILE_BYTES_MAX = 160_000  # above any text, and a request to the station bears it, all escaped


def written(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Where a text comes from: an argument, a file, or standard input."""
    verb = click.option(
        "--file",
        "file",
        type=click.Path(path_type=Path),
        help="Take the text from a file (- is standard input), exactly as it stands there.",
    )(verb)
    return click.argument("text", required=False)(verb)


def taken(text: str | None, file: Path | None, most: int = FILE_BYTES_MAX) -> str:
    """The text that was given, unchanged."""
    if text is not None and text != "-":
        if file is not None:
            raise Misused("There are two texts.", "Give it as an argument or with --file.")
        return text
    if file is not None and str(file) != "-":
        try:
            with file.open("rb") as opened:
                raw = opened.read(most + 1)
        except OSError as error:
            raise Unavailable(
                f"The file {file} cannot be read: {error.strerror}.", "Name another file."
            ) from error
    else:
        if sys.stdin.isatty():
            voice.aside("Write the text; Ctrl-D in an empty line ends it.")
        raw = sys.stdin.buffer.read(most + 1)
    if len(raw) > most:
        raise Refused(
            f"The text has more than {most:,} bytes; one message carries {TEXT_BYTES_MAX:,}.",
            "Shorten it, or send it as several messages.",
            rule="E15",
        )
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise Refused(
            f"The text is not UTF-8 at byte {error.start + 1}.", "Save it as UTF-8."
        ) from error


@click.command()
@written
@click.option(
    "--precedence",
    type=click.Choice(PRECEDENCES, case_sensitive=False),
    help="How urgent it is; default: ROUTINE, or as the prepared text says.",
)
@click.option("--language", help="Its language, as in BCP 47; default: our first.")
@click.option("--subject", help="One line that says what it is about.")
@click.option("--answers", type=int, metavar="N", help="It answers message N of theirs.")
@click.option("--corrects", type=int, metavar="N", help="It corrects message N of ours.")
@click.option("--retracts", type=int, metavar="N", help="It retracts message N of ours.")
@click.option(
    "--reply-by",
    metavar="TIME",
    help="When a reply is expected: in minutes from now, in 3h or 2d, or 'YYYY-MM-DD HH:MMZ'.",
)
@click.option("--rescue", is_flag=True, help="Search and rescue: it passes in a suspension.")
@click.option(
    "--service",
    is_flag=True,
    help="A service message, of maintenance or an outage: marked SERVICE, passes in a suspension.",
)
@click.option(
    "--prepared", metavar="NAME", help="Begin with a prepared text instead; then edit it."
)
@click.option("--call", metavar="CALL", help="The call that a prepared text is about.")
@click.option(
    "--protect",
    multiple=True,
    metavar="NAME",
    help="A name in it that is not to be translated; may be given again.",
)
@click.option(
    "--attach",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="A picture or plain text to go with it; may be given again.",
)
@click.option(
    "--from-chat", is_flag=True, help="Words of the operators' chat in it are meant as a message."
)
@asks(line=True)
def say(
    station: Asking,
    text: str | None,
    file: Path | None,
    precedence: str | None,
    language: str | None,
    subject: str | None,
    answers: int | None,
    corrects: int | None,
    retracts: int | None,
    reply_by: str | None,
    rescue: bool,
    service: bool,
    prepared: str | None,
    call: str | None,
    protect: tuple[str, ...],
    attach: tuple[Path, ...],
    from_chat: bool,
) -> None:
    """Write a message. It becomes a draft, which another person releases."""
    if prepared is not None:
        if text is not None or file is not None:
            raise Misused("There are two texts.", "Give one of your own or --prepared.")
        about = retracts if retracts is not None else answers
        of = {"call": call, "about": about, "language": language}
        filled = station.call("prepared.fill", name=prepared, **of)
        language = filled["language"]
        precedence = precedence or filled["precedence"]
        text, subject = filled["text"], subject or filled["subject"] or None
    elif call is not None:
        raise Misused("No text is about that call.", "--call goes with --prepared.")
    view = station.call(
        "draft.new",
        text=taken(text, file),
        precedence=(precedence or "ROUTINE").upper(),
        language=language,
        subject=subject,
        answers=answers,
        corrects=corrects,
        retracts=retracts,
        rescue=rescue or None,
        protect=list(protect) or None,
        reply_by=reply_by,
        from_chat=from_chat or None,
        kind="service" if service else None,
    )
    for each in attach:
        view = attaching.put(station, view["draft"], each, from_chat=from_chat)
    voice.tell(view, begun)


def begun(view: dict[str, Any]) -> Iterator[str]:
    """What a new draft is called, and what is next."""
    size = f"{voice.count(view['words'], 'word')}, {voice.count(view['bytes'], 'byte')}"
    yield f"Draft {view['draft']} · {shown.heading(view)} · {size}"
    yield f"SHA-256 {view['sha256']}"
    yield from shown.attachments(view["attachments"])
    yield from map(voice.visible, view["advice"])
    yield f"Next: another person releases it with `parley release {view['draft']}`."


@click.command()
@click.argument("name", required=False)
@click.option("--call", metavar="CALL", help="The call it is about; default: the newest.")
@click.option("--about", type=int, metavar="N", help="The message it retracts or answers.")
@asks(line=True)
def prepared(station: Asking, name: str | None, call: str | None, about: int | None) -> None:
    """Prepared texts; with NAME that one, filled in, to be changed and sent with `parley say`."""
    if name is None:
        voice.tell(
            station.call("prepared.list"),
            lambda view: voice.table(
                [(each["name"], each["precedence"], each["what"]) for each in view["prepared"]],
                ("name", "precedence", "what it is"),
            ),
        )
        return
    view = station.call("prepared.fill", name=name, call=call, about=about)
    voice.tell(view, lambda view: map(voice.visible, view["text"].split("\n")))


@click.group()
def draft() -> None:
    """Drafts: what is written and nobody has released."""


@draft.command(name="list")
@asks(line=True)
def list_(station: Asking) -> None:
    """All drafts that wait for release."""

    def in_words(view: dict[str, Any]) -> list[str]:
        rows = [
            (
                each["draft"],
                each["precedence"],
                each["status"],
                shown.person(each["by"]),
                shown.in_a_list(each),
            )
            for each in view["drafts"]
        ]
        return voice.table(rows, ("draft", "precedence", "mark", "by", "words"), (0,))

    voice.tell(station.call("draft.list"), in_words)


@draft.command()
@click.argument("draft", type=int)
@asks()
def show(station: Asking, draft: int) -> None:
    """One draft, every word of it."""
    voice.tell(station.call("draft.show", draft=draft), shown.draft)


@draft.command()
@click.argument("draft", type=int)
@written
@click.option("--rescue/--no-rescue", default=None, help="Whether it is search and rescue.")
@click.option(
    "--from-chat", is_flag=True, help="Words of the operators' chat in it are meant as a message."
)
@asks()
def edit(
    station: Asking,
    draft: int,
    text: str | None,
    file: Path | None,
    rescue: bool | None,
    from_chat: bool,
) -> None:
    """Put another text in place of a draft's."""
    words = taken(text, file)
    more = {"rescue": rescue, "from_chat": from_chat or None}
    voice.tell(station.call("draft.edit", draft=draft, text=words, **more), begun)


@draft.command()
@click.argument("draft", type=int)
@asks()
def withdraw(station: Asking, draft: int) -> None:
    """Take a draft back."""
    voice.tell(
        station.call("draft.withdraw", draft=draft), lambda view: [f"Draft {draft} is withdrawn."]
    )


@draft.command()
@click.argument("draft", type=int)
@click.option("--sha256", help="Review exactly this, without being shown it and asked.")
@asks()
def review(station: Asking, draft: int, sha256: str | None) -> None:
    """Say that a draft may go out as it stands; somebody else releases it."""
    if sha256 is None:
        view = station.call("draft.show", draft=draft)
        for line in shown.draft(view):
            voice.aside(line)
        sha256 = view["sha256"]
        if voice.ask("Type REVIEWED if it may go out:", "--sha256") != "REVIEWED":
            raise Refused(f"Draft {draft} was not reviewed.", "It stays as it is.")
    view = station.call("draft.review", draft=draft, sha256=sha256)
    voice.tell(view, lambda view: [f"Draft {draft} is reviewed; another person releases it."])


def _step(name: str, op: str, done: str, help: str, asks_why: bool = True) -> None:
    """A verb of `parley draft` that does one thing, with a reason."""

    def run(station: Asking, draft: int, reason: str | None = None) -> None:
        more = {"reason": reason} if asks_why else {}
        voice.tell(station.call(op, draft=draft, **more), lambda view: [f"Draft {draft} {done}"])

    verb: Callable[..., Any] = asks()(run)
    if asks_why:
        verb = click.argument("reason")(verb)
    draft.command(name, help=help)(click.argument("draft", type=int)(verb))


_step("hold", "draft.hold", "is held.", "Keep a draft from being released, for REASON.")
_step("free", "draft.free", "is free again.", "Let a held draft be released.", asks_why=False)
_step("return", "draft.send_back", "is sent back.", "Send a draft back to its drafter: REASON.")
_step(
    "take-back",
    "draft.take_back",
    "is taken back; it is open again.",
    "Take a released message back that has not left yet, for REASON.",
)


@click.command()
@click.argument("draft", type=int)
@click.option("--sha256", help="Release exactly this, without being shown it and asked.")
@click.option("--displayed", type=int, metavar="N", help="Their entries below N were displayed.")
@asks()
def release(station: Asking, draft: int, sha256: str | None, displayed: int | None) -> None:
    """Send another person's draft, exactly as it stands.

    It is shown in full, with what has arrived since it was begun; typing RELEASE sends it. What is
    sent is what was shown: if somebody edits the draft meanwhile, the station refuses.
    """
    if sha256 is None:
        view = station.call("draft.show", draft=draft)
        for line in shown.draft(view):
            voice.aside(line)
        sha256, displayed = view["sha256"], view["displayed"]
        if (
            voice.ask("Type RELEASE to send it, anything else to leave it:", "--sha256")
            != "RELEASE"
        ):
            raise Refused(f"Draft {draft} was not released.", "It stays as it is.")
    view = station.call("release", draft=draft, sha256=sha256, displayed=displayed)

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        if view.get("n") is not None:
            yield f"Released as message {view['n']} of ours."
        else:
            yield voice.sentence(view.get("waiting") or "released, waiting for a path")
        if view.get("delegation"):
            yield f"Released {shown.lent(view['delegation'])}."
        yield "`parley outbox` shows what becomes of it."

    voice.tell(view, in_words)
