"""`parley root`: the root keys of a party, and what they sign. Needs no station."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import voice
from parley.cli.carrying import (
    FILE,
    FOLDER,
    cautioned,
    passphrase,
    passphrase_option,
    word_option,
)
from parley.cli.client import with_json
from parley.core.agreement import Paper
from parley.station.carried import AGREEMENT, ANSWER, REQUEST, carry, take_up
from parley.station.clauses import cautions, render
from parley.station.folder import read_whole, write_whole
from parley.station.root import NEXT_NAME, Request, RootFolder


@click.group(name="root")
def command() -> None:
    """The root keys of a party, kept away from its stations; files are carried to them."""


def root_option(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Where the root is."""
    return click.option(
        "--root",
        "root_folder",
        type=FOLDER,
        required=True,
        envvar="PARLEY_ROOT",
        metavar="ROOTDIR",
        help="The folder of the root keys (or PARLEY_ROOT).",
    )(verb)


@command.command()
@click.argument("root_folder", type=FOLDER, metavar="ROOTDIR")
@click.option("--party", required=True, metavar="NAME", help="Who speaks.")
@passphrase_option
@with_json
def new(root_folder: Path, party: str, passphrase_file: Path | None) -> None:
    """Make the root keys of a party, and those that follow.

    They are put into ROOTDIR, which must be new.
    """
    path = Path(os.path.abspath(root_folder))
    typed = passphrase(passphrase_file, party, twice=True)
    with voice.patience("Making keys"):
        made = RootFolder.make(path, party, typed, os.urandom)

    def in_words(told: dict[str, Any]) -> Iterator[str]:
        yield f"The root of {party} is in {told['root']}. Its 48 digits:"
        yield f"  {told['digits']}"
        yield f"Carry {NEXT_NAME} to another place: it follows this root when this one is lost."

    voice.tell({"root": str(path), "party": party, "digits": made.party.digits}, in_words)


@command.command()
@root_option
@with_json
def show(root_folder: Path) -> None:
    """Whose root it is, its 48 digits, and what it has signed."""
    found = RootFolder(Path(os.path.abspath(root_folder)))

    def in_words(told: dict[str, Any]) -> Iterator[str]:
        yield f"{voice.visible(told['party'])}: {told['digits']}"
        rows = [
            (
                time.strftime("%Y-%m-%d", time.gmtime(each["at"])),
                each["kind"],
                voice.visible(each.get("station") or each.get("name") or ""),
                each["sha256"][:16],
            )
            for each in told["signed"]
        ]
        yield from voice.table(rows, ("day", "signed", "of", "SHA-256"))

    voice.tell(
        {"party": found.party.name, "digits": found.party.digits, "signed": found.signed()},
        in_words,
    )


@command.command()
@click.argument("file", type=FILE)
@root_option
@click.option(
    "--out",
    type=FILE,
    metavar="FILE",
    help="Where to write it. Default: answer.parley beside a"
    " request; an agreement is signed in place.",
)
@word_option
@passphrase_option
@with_json
def sign(
    file: Path,
    root_folder: Path,
    out: Path | None,
    words: tuple[str, ...],
    passphrase_file: Path | None,
) -> None:
    """Sign FILE: a station's request to be certified, or an agreement.

    It is shown first; typing the passphrase signs it.
    """
    found = RootFolder(Path(os.path.abspath(root_folder)))
    content = read_whole(file)
    if content.lstrip().startswith(AGREEMENT.title.encode()):
        _sign_agreement(found, content, out or file, words, passphrase_file)
    else:
        _certify(found, content, out or file.with_name("answer.parley"), passphrase_file)


def _certify(found: RootFolder, content: bytes, out: Path, passphrase_file: Path | None) -> None:
    request = Request.parse(take_up(REQUEST, content))
    voice.aside(f"A station asks to speak for {voice.visible(found.party.name)}:")
    for line in voice.pairs(
        {
            "Station": voice.visible(request.station),
            "Languages": ", ".join(request.languages),
            "Number": f"{request.number}  (compare it with the one shown at the station)",
        }
    ):
        voice.aside(f"  {line}")
    root = found.unlock(passphrase(passphrase_file, found.party.name))
    answer = found.certify(request, root, int(time.time()))
    write_whole(out, carry(ANSWER, answer.to_bytes()), 0o644)
    voice.tell(
        {"file": str(out), "kind": "answer", "station": request.station, "number": request.number},
        lambda told: [
            f"{voice.visible(request.station)} is certified: {out}.",
            f"Carry it back: parley init FOLDER --answer {out.name}",
        ],
    )


def _sign_agreement(
    found: RootFolder,
    content: bytes,
    out: Path,
    words: tuple[str, ...],
    passphrase_file: Path | None,
) -> None:
    paper = Paper.parse(take_up(AGREEMENT, content))
    signed = sign_paper(found, paper, words, passphrase_file)
    write_whole(out, carry(AGREEMENT, signed.to_bytes()), 0o644)
    agreement = signed.agreement
    voice.tell(
        {
            "file": str(out),
            "kind": "agreement",
            "line": agreement.line_id.hex(),
            "name": agreement.name,
            "sha256": agreement.hash.hex(),
            "complete": all(signed.signed(side) for side in (0, 1)),
        },
        lambda told: [
            f"{voice.visible(found.party.name)} has signed: {out}.",
            "Both have signed; both accept it with `parley agree accept`."
            if told["complete"]
            else "Carry it to the other party, whose root signs it too.",
        ],
    )


def sign_paper(
    found: RootFolder, paper: Paper, words: tuple[str, ...], passphrase_file: Path | None
) -> Paper:
    """Show an agreement, ask for the words of caution and the passphrase, and sign it."""
    paper.agreement.side_of(found.party.fingerprint)
    paper.check_complete()
    for line in render(paper.agreement).split("\n"):
        voice.aside(voice.visible(line))
    warned = [{"word": each.word, "sentence": each.sentence} for each in cautions(paper.agreement)]
    cautioned(warned, words)
    root = found.unlock(passphrase(passphrase_file, found.party.name))
    return found.sign(paper, root, int(time.time()))
