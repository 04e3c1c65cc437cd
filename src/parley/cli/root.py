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
    next_passphrase,
    next_passphrase_option,
    passphrase,
    passphrase_option,
    unlocked,
    word_option,
)
from parley.cli.client import with_json
from parley.cli.new_file import NEW_FILE, overwriting, unwritten
from parley.core.agreement import Paper
from parley.core.identity import Letter
from parley.station.line.clauses import cautions, render
from parley.station.machine.carried import (
    AGREEMENT,
    ANSWER,
    LETTER,
    REQUEST,
    REVOCATION,
    SUCCESSION,
    carry,
    take_up,
)
from parley.station.machine.folder import read_whole, write_whole
from parley.station.parties.heirs import revoke as take_back
from parley.station.parties.heirs import succeed as follow
from parley.station.parties.root import NEXT_NAME, Request, RootFolder


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
@next_passphrase_option
@with_json
def new(
    root_folder: Path,
    party: str,
    passphrase_file: Path | None,
    next_passphrase_file: Path | None,
) -> None:
    """Make the root keys of a party, and those that follow.

    They are put into ROOTDIR, which must be new.
    """
    path = Path(os.path.abspath(root_folder))
    typed = passphrase(passphrase_file, party, twice=True)
    after = next_passphrase(next_passphrase_file, party, passphrase_file)
    with voice.patience("Making keys"):
        made = RootFolder.make(path, party, typed, os.urandom, next_passphrase=after)

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
                each.get("serial") or each.get("upto") or "",
                voice.visible(each.get("station") or each.get("name") or ""),
                each["sha256"][:16],
            )
            for each in told["signed"]
        ]
        yield from voice.table(rows, ("day", "signed", "serial", "of", "SHA-256"))

    voice.tell(
        {"party": found.party.name, "digits": found.party.digits, "signed": found.signed()},
        in_words,
    )


@command.command()
@click.argument("file", type=FILE)
@root_option
@click.option(
    "--out",
    type=NEW_FILE,
    metavar="FILE",
    help="Where to write it. Default: answer.parley beside a"
    " request; an agreement is signed in place.",
)
@overwriting
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
        out = out or unwritten(file.with_name("answer.parley"))
        _certify(found, content, out, passphrase_file)


@command.command()
@root_option
@click.option("--upto", type=int, required=True, metavar="N", help="This serial and all below it.")
@click.option("--reason", required=True, metavar="TEXT", help="Why, in one line that they read.")
@click.option(
    "--letter",
    type=FILE,
    metavar="FILE",
    help="A letter under the root before, where its certificates are meant.",
)
@click.option("--out", type=NEW_FILE, required=True, metavar="FILE", help="Where to write it.")
@overwriting
@passphrase_option
@with_json
def revoke(
    root_folder: Path,
    upto: int,
    reason: str,
    letter: Path | None,
    out: Path,
    passphrase_file: Path | None,
) -> None:
    """Take back the certificates of our stations, when keys are lost or copied.

    Whoever accepts the paper stops its lines with them at once, and takes none of them again. There
    is no way back: certify the station that follows anew.
    """
    found = RootFolder(Path(os.path.abspath(root_folder)))
    whose = None if letter is None else Letter.parse(take_up(LETTER, read_whole(letter)))
    meant = [
        f"{voice.visible(each['station'])} ({each['serial']})"
        for each in found.signed()
        if each["kind"] == "certificate" and each["serial"] <= upto
    ]
    if whose is None:
        voice.aside(f"This takes back for ever: {', '.join(meant) or 'nothing'}.")
    root = unlocked(found, passphrase(passphrase_file, found.party.name))
    paper = take_back(
        found, root, upto, reason, int(time.time()), whose.fingerprint if whose else None
    )
    write_whole(out, carry(REVOCATION, paper.to_bytes()), 0o644)
    voice.tell(
        {"file": str(out), "kind": "revocation", "upto": upto, "reason": reason},
        lambda told: [
            f"Certificates up to {told['upto']} are revoked: {told['file']}.",
            "Give it to everybody who knows us, and to our own stations: parley accept FILE",
        ],
    )


@command.command()
@click.argument("root_folder", type=FOLDER, metavar="NEWROOTDIR")
@click.option(
    "--next-key",
    type=FILE,
    required=True,
    metavar="FILE",
    help=f"The key that was kept apart: {NEXT_NAME}.",
)
@click.option(
    "--letter",
    type=FILE,
    required=True,
    metavar="FILE",
    help="A letter of ours under the old root.",
)
@click.option(
    "--root",
    "old_folder",
    type=FOLDER,
    metavar="ROOTDIR",
    help="The old root, where it is not lost: it signs too.",
)
@click.option("--reason", required=True, metavar="TEXT", help="Why, in one line that they read.")
@click.option("--out", type=NEW_FILE, required=True, metavar="FILE", help="Where to write it.")
@overwriting
@click.option(
    "--after-passphrase-file",
    type=FILE,
    metavar="FILE",
    help="The passphrase of the root after, from a file; it is made now.",
)
@passphrase_option
@next_passphrase_option
@with_json
def succeed(
    root_folder: Path,
    next_key: Path,
    letter: Path,
    old_folder: Path | None,
    reason: str,
    out: Path,
    after_passphrase_file: Path | None,
    passphrase_file: Path | None,
    next_passphrase_file: Path | None,
) -> None:
    """Put the next root in the place of the one before.

    The digits that people compared already name it, so nobody compares anew. It is made once: a
    second succession names a second heir, and whoever sees both trusts neither. Keep the folder.
    """
    gone = Letter.parse(take_up(LETTER, read_whole(letter)))
    party = gone.party
    old = None
    if old_folder is not None:
        before = RootFolder(Path(os.path.abspath(old_folder)))
        old = (before, unlocked(before, passphrase(passphrase_file, party)))
    of_next = next_passphrase_file or (passphrase_file if old_folder is None else None)
    typed = passphrase(of_next, f"{party}, the next one")
    after = next_passphrase(after_passphrase_file, f"{party} after it", of_next)
    with voice.patience("Making keys"):
        made, paper = follow(
            Path(os.path.abspath(root_folder)),
            gone,
            next_key,
            typed,
            os.urandom,
            old=old,
            after_passphrase=after,
            reason=reason,
            now=int(time.time()),
        )
    write_whole(out, carry(SUCCESSION, paper.to_bytes()), 0o644)

    def in_words(told: dict[str, Any]) -> Iterator[str]:
        yield f"The root of {voice.visible(party)} is now in {told['root']}. Its 48 digits:"
        yield f"  {told['digits']}"
        yield f"Give {told['file']} to everybody who knows us, and to our stations: parley accept."
        yield f"Carry its {NEXT_NAME} to another place; then certify the stations: parley rotate."

    voice.tell(
        {
            "file": str(out),
            "kind": "succession",
            "root": str(made.path),
            "party": party,
            "digits": made.party.digits,
            "by_old_root": old is not None,
        },
        in_words,
    )


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
    root = unlocked(found, passphrase(passphrase_file, found.party.name))
    answer = found.certify(request, root, int(time.time()))
    write_whole(out, carry(ANSWER, answer.to_bytes()), 0o644)
    voice.tell(
        {"file": str(out), "kind": "answer", "station": request.station, "number": request.number},
        lambda told: [
            f"{voice.visible(request.station)} is certified: {out}.",
            f"Carry it back: parley init FOLDER --answer {out.name}",
            "(or parley rotate --answer, where the station has a letter already)",
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
    before = found.suite_before(paper.agreement)
    warned = [
        {"word": each.word, "sentence": each.sentence} for each in cautions(paper.agreement, before)
    ]
    cautioned(warned, words)
    root = unlocked(found, passphrase(passphrase_file, found.party.name))
    return found.sign(paper, root, int(time.time()))
