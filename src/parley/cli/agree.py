"""`parley agree`: the terms of a line, as files that go between the parties until both signed."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import voice
from parley.cli.carrying import (
    FILE,
    FOLDER,
    cautioned,
    packed,
    passphrase_option,
    put,
    word_option,
)
from parley.cli.client import Asking, asks
from parley.cli.new_file import NEW_FILE, overwriting
from parley.cli.root import sign_paper
from parley.cli.spans import span
from parley.core.agreement import Paper
from parley.core.errors import Misused
from parley.core.identity import Letter
from parley.station.line.meeting import Brought
from parley.station.machine.carried import AGREEMENT, SECRET, carry
from parley.station.machine.folder import write_whole
from parley.station.parties.root import RootFolder

TIME: dict[str, Any] = {"type": span, "metavar": "TIME"}
LEVELS = "leaders, military, notification, duty"


@click.group(name="agree")
def command() -> None:
    """Propose, compare, sign and accept the agreement that opens a line.

    \b
    propose   one side writes the terms; the file goes to the other side
    sign      the other side puts in its key, its root signs; the file goes back
    sign      the first side's root signs too; the file goes to both
    accept    each side opens the line

    Instead of signing, either side may propose other terms: propose --amends FILE.
    """


@command.command()
@click.argument("party", required=False)
@click.option(
    "--out", type=NEW_FILE, required=True, metavar="FILE", help="Where to write the proposal."
)
@click.option("--amends", type=FILE, metavar="FILE", help="Their proposal, which this one changes.")
@click.option(
    "--replaces", metavar="LINE", help="The line whose agreement this one is to take the place of."
)
@click.option("--name", help="What both parties call the line.")
@click.option(
    "--mark",
    type=click.Choice(("ACTUAL", "EXERCISE"), case_sensitive=False),
    help="Whether what is said is meant; default EXERCISE.",
)
@click.option("--level", help=f"Who speaks on it, such as {LEVELS}; default duty.")
@click.option("--flash", "flash_s", **TIME, help="Time to acknowledge a FLASH; default 10m.")
@click.option("--immediate", "immediate_s", **TIME, help="An IMMEDIATE; default 30m.")
@click.option("--priority", "priority_s", **TIME, help="A PRIORITY; default 3h.")
@click.option("--routine", "routine_s", **TIME, help="A ROUTINE; default 6h.")
@click.option("--call", "call_s", **TIME, help="Time to answer a call request; default 2d.")
@click.option("--flash-call", "flash_call_s", **TIME, help="One that is FLASH; default 10m.")
@click.option("--heartbeat", "heartbeat_s", **TIME, help="How often it is heard; default 10s.")
@click.option("--window", type=int, help="Entries on their way without a receipt; default 1024.")
@click.option("--test-every", "test_s", **TIME, help="Time between human tests; default 1d.")
@click.option(
    "--tests-in-turn",
    "test_turns_s",
    **TIME,
    help="Each side calls one in turn, so often by the clock, such as 1h; default not.",
)
@click.option("--test-window", "test_window_s", **TIME, help="Until when one is called: 15m.")
@click.option("--test-answer", "test_answer_s", **TIME, help="Until when it is answered: 15m.")
@click.option("--tests", help="The schedule of tests, in words.")
@click.option("--suspension", help="The terms on which a side may suspend the line, in words.")
@click.option(
    "--flash-in-suspension/--no-flash-in-suspension",
    "suspension_flash",
    default=None,
    help="Whether FLASH passes while the line is suspended; default not.",
)
@click.option(
    "--suspension-notice",
    "suspension_notice_s",
    **TIME,
    help="How long before it takes effect a suspension is to be said; default at once.",
)
@click.option(
    "--provisional",
    type=click.Choice(("NONE", "PRIORITY", "IMMEDIATE", "FLASH"), case_sensitive=False),
    help="From which precedence on a message is shown before missing earlier ones; default NONE.",
)
@click.option("--our-address", help="How we are to be addressed.")
@click.option("--their-address", help="How they are to be addressed.")
@click.option(
    "--secret/--no-secret",
    "psk0",
    default=None,
    help="Whether a secret exchanged in person protects it (parley agree secret); default not.",
)
@click.option(
    "--record",
    "policy",
    type=click.Choice(("attributable", "deniable")),
    help="Whether the record can be proved to others, or to each other only; default attributable.",
)
@click.option(
    "--suite",
    type=click.IntRange(1, 2),
    help="Its algorithms: 1, or 2 with ML-KEM-1024, P-384 and ML-DSA-87; default 1.",
)
@overwriting
@asks(setup=True)
def propose(
    station: Asking,
    party: str | None,
    out: Path,
    amends: Path | None,
    replaces: str | None,
    **terms: Any,
) -> None:
    """Propose a line to PARTY, other terms than FILE proposes, or a new agreement for LINE."""
    if (party, amends, replaces).count(None) != 2:
        raise Misused(
            "A proposal is to a party, amends one of theirs, or replaces an agreement.",
            "Name the party, their proposal with --amends, or the line with --replaces.",
        )
    given = {name: value for name, value in terms.items() if value is not None}
    for name in given.keys() & {"mark", "provisional"}:
        given[name] = given[name].upper()
    told = station.call(
        "agree.propose",
        party=party,
        replaces=replaces,
        amends=None if amends is None else packed(AGREEMENT, amends),
        terms=given,
    )
    put(AGREEMENT, out, told["agreement"])
    voice.tell({**told, "file": str(out)}, _in_words)


@command.command()
@click.argument("file", type=FILE)
@asks(setup=True)
def show(station: Asking, file: Path) -> None:
    """Show what FILE says, what it changes, and who has signed it."""
    voice.tell(station.call("agree.show", agreement=packed(AGREEMENT, file)), _in_words)


@command.command()
@click.argument("file", type=FILE)
@click.option(
    "--out", type=NEW_FILE, metavar="FILE", help="Where to write it. Default: FILE itself."
)
@overwriting
@click.option(
    "--root",
    "root_folder",
    type=FOLDER,
    metavar="ROOTDIR",
    help="Our root keys, when they are at hand; otherwise carry the file to `parley root sign`.",
)
@word_option
@passphrase_option
@asks(setup=True)
def sign(
    station: Asking,
    file: Path,
    out: Path | None,
    root_folder: Path | None,
    words: tuple[str, ...],
    passphrase_file: Path | None,
) -> None:
    """Sign FILE for our side.

    It is made ready for our root's signature, and with --root signed.
    """
    content = packed(AGREEMENT, file)
    seen = station.call("agree.show", agreement=content)
    if root_folder is None:
        for line in _in_words(seen):
            voice.aside(line)
    typed = cautioned(seen["cautions"], words) if not seen["signed"]["ours"] else []
    told = station.call("agree.sign", agreement=content, words=typed)
    target = out or file
    if root_folder is not None and not told["signed"]["ours"]:
        found = RootFolder(Path(os.path.abspath(root_folder)))
        paper = Paper.parse(base64.b64decode(told["agreement"]))
        signed = sign_paper(found, paper, tuple(typed), passphrase_file)
        told = station.call("agree.show", agreement=base64.b64encode(signed.to_bytes()).decode())
    put(AGREEMENT, target, told["agreement"])

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        who = "our root and theirs" if all(view["signed"].values()) else "our root"
        yield f"{target}: {f'signed by {who}' if view['signed']['ours'] else 'ready to be signed'}."
        yield f"Next: {view['next']}"

    voice.tell({**told, "file": str(target)}, in_words)


@command.command()
@click.argument("out", type=NEW_FILE)
@overwriting
@asks(setup=True)
def secret(station: Asking, out: Path) -> None:
    """Write the secret that we bring to a meeting to OUT.

    Each party brings one and takes a copy of the other's home. Both are given to accept.
    """
    letter = Letter.parse(base64.b64decode(station.call("introduce")["letter"]))
    brought = Brought.fresh(letter.fingerprint, os.urandom)
    write_whole(out, carry(SECRET, brought.to_bytes()))
    voice.tell(
        {"file": str(out)},
        lambda told: [
            f"{out} is for the meeting alone: hand a copy over in person, and take theirs.",
            "Then: parley agree accept FILE --secret OURS --secret THEIRS",
        ],
    )


@command.command()
@click.argument("file", type=FILE)
@click.option(
    "--secret",
    "secrets",
    type=FILE,
    multiple=True,
    metavar="FILE",
    help="What a party brought to the meeting; give both, where the agreement uses them.",
)
@asks(setup=True)
def accept(station: Asking, file: Path, secrets: tuple[Path, ...]) -> None:
    """Open the line of FILE, which both roots have signed."""
    brought = [packed(SECRET, each) for each in secrets]

    def in_words(view: dict[str, Any]) -> Iterator[str]:
        name = voice.visible(view["name"])
        yield f"The line {name} with {voice.visible(view['counterpart'])} is open: {view['mark']}."
        if not view["verified"]:
            yield "It is UNVERIFIED: digits were not compared by persons of both parties."
        yield from _ended(view["replaced"])
        yield "Next: parley bearer add, where it has none yet; then parley serve."

    told = station.call("agree.accept", agreement=packed(AGREEMENT, file), psk=brought or None)
    voice.tell(told, in_words)


@command.command()
@click.argument("ours", type=FILE)
@click.argument("theirs", type=FILE)
@asks(line=True, setup=True)
def secrets(station: Asking, ours: Path, theirs: Path) -> None:
    """Give OURS and THEIRS, brought to the meeting, once more.

    While a line does not open, because the two stations were given different ones.
    """
    brought = [packed(SECRET, each) for each in (ours, theirs)]
    told = station.call("agree.secrets", psk=brought)
    voice.tell(
        told,
        lambda view: [
            f"{voice.visible(view['name'])} opens once {voice.visible(view['counterpart'])} was"
            " given the same; `parley status` shows it."
        ],
    )


def _ended(told: dict[str, Any] | None) -> Iterator[str]:
    """What became of the line that was replaced."""
    if told is None:
        return
    again = voice.visible(told["read_it_as"])
    yield f"Incarnation {told['inc']} is over; its record stays: parley record --line '{again}'"
    for each in told["returned"]:
        yield f"Draft {each['draft']} came back to its drafter: {voice.visible(each['why'])}"
    if told["unacknowledged"]:
        numbers = ", ".join(map(str, told["unacknowledged"]))
        yield f"Nobody here acknowledged theirs {numbers}: parley inbox --line '{again}'"


@command.command(name="list")
@asks(setup=True)
def list_(station: Asking) -> None:
    """Show what is on its way, and what opened a line."""

    def in_words(view: dict[str, Any]) -> list[str]:
        rows = [
            (
                each["state"],
                voice.visible(each["name"]),
                voice.visible(each["counterpart"]),
                each["mark"],
                time.strftime("%Y-%m-%d", time.gmtime(each["made"])),
                each["line"][:8],
            )
            for each in view["agreements"]
        ]
        return voice.table(rows, ("state", "line", "with", "mark", "made", "number"))

    voice.tell(station.call("agree.list"), in_words)


def _in_words(view: dict[str, Any]) -> Iterator[str]:
    """An agreement as a person reads it: text, changes, signatures, what is next."""
    yield from (voice.visible(line) for line in view["text"].split("\n"))
    before = view["compared_with"]
    if before is not None:
        made = time.strftime("%Y-%m-%d %H:%M", time.gmtime(before["made"]))
        changes = view["differences"]
        kept = "" if changes else ": nothing that a person reads"
        yield f"Changed since {voice.visible(before['name'])} of {made} UTC{kept}"
        yield from (f"  {voice.visible(change)}" for change in changes)
        yield ""
    for caution in view["cautions"]:
        yield f"Caution: {voice.sentence(caution['sentence'])}"
    signed = [who for who in ("ours", "theirs") if view["signed"][who]]
    yield f"Signed by: {' and '.join(f'{who[:-1]} root' for who in signed) or 'nobody yet'}."
    yield f"Next: {view['next']}"
