"""`parley init`: a station's folder and keys, certified by the root of its party."""

from __future__ import annotations

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
    next_passphrase,
    next_passphrase_option,
    passphrase,
    passphrase_option,
    unlocked,
)
from parley.cli.client import with_json
from parley.core.errors import Misused
from parley.core.identity import Letter, check_name
from parley.station.founding import begin, check_languages, finish, undone
from parley.station.machine.carried import ANSWER, carry
from parley.station.machine.folder import REQUEST_NAME, read_whole
from parley.station.parties.root import NEXT_NAME, PUBLIC_NAME, Request, RootFolder


@click.command(name="init")
@click.argument("folder", type=FOLDER)
@click.option("--party", metavar="NAME", help="Who speaks: the party's name, as others see it.")
@click.option("--name", metavar="NAME", help="The station's name; default: PARTY station.")
@click.option("--languages", metavar="TAGS", help="The party's languages, its own first: en,ru.")
@click.option(
    "--offer",
    "offers",
    multiple=True,
    metavar="TEXT",
    help="Where the station may be reached, for the other engineer; may be given again.",
)
@click.option(
    "--root",
    "root_folder",
    type=FOLDER,
    metavar="ROOTDIR",
    help="The party's root keys, when they are at hand; made there if there are none.",
)
@click.option("--answer", type=FILE, metavar="FILE", help="The root's answer, carried back.")
@click.option("--console-port", type=click.IntRange(0, 65_535), help="Where its pages are shown.")
@passphrase_option
@next_passphrase_option
@with_json
def command(
    folder: Path,
    party: str | None,
    name: str | None,
    languages: str | None,
    offers: tuple[str, ...],
    root_folder: Path | None,
    answer: Path | None,
    console_port: int | None,
    passphrase_file: Path | None,
    next_passphrase_file: Path | None,
) -> None:
    """Make a station in FOLDER.

    The root keys of the party live in a folder of their own, best on a machine of their own. With
    --root they certify the station at once. Without it, a request is written into FOLDER: carry it
    to the root (`parley root sign`), and what comes back to `parley init FOLDER --answer FILE`.
    """
    folder = Path(os.path.abspath(folder))
    if answer is not None:
        if party or name or languages or offers or root_folder:
            raise Misused("With --answer the station is made already.", "Give only the folder.")
        voice.tell(_made(folder, finish(folder, read_whole(answer))), _in_words)
        return
    if not party or not languages:
        raise Misused(
            "A station needs a party and its languages.", "Give --party NAME --languages en,ru."
        )
    station = name or f"{check_name('party', party)} station"
    tags = check_languages(languages)
    root = _root(root_folder, party, passphrase_file, next_passphrase_file) if root_folder else None
    settings = {} if console_port is None else {"console": {"port": console_port}}
    new = not folder.exists()
    with voice.patience("Making the station"):
        request = begin(folder, station, tags, offers, settings=settings)
    if root is None:
        voice.tell(_asked(folder, request), _in_words)
        return
    place, keys = root
    with voice.patience("Making the station"), undone(folder, new):
        certified = place.certify(request, keys, int(time.time()))
        letter = finish(folder, carry(ANSWER, certified.to_bytes()))
    voice.tell({**_made(folder, letter), "root": str(place.path)}, _in_words)


def _root(
    path: Path, party: str, passphrase_file: Path | None, next_passphrase_file: Path | None
) -> tuple[RootFolder, Any]:
    """The root of the party, unlocked; made when the folder holds none."""
    path = Path(os.path.abspath(path))
    new = not (path / PUBLIC_NAME).exists()
    if new:
        typed = passphrase(passphrase_file, party, twice=True)
        after = next_passphrase(next_passphrase_file, party, passphrase_file)
        with voice.patience("Making keys"):
            found = RootFolder.make(path, party, typed, os.urandom, next_passphrase=after)
        voice.aside(
            f"The root of {party} is in {path}. Carry {NEXT_NAME}, the key that will follow it, to"
            " another place, and keep neither where a station runs."
        )
    else:
        found = RootFolder(path)
        if found.party.name != party:
            raise Misused(
                f"The root in {path} is that of {voice.visible(found.party.name)}, not of {party}.",
                "Name the root of this party, or another folder for a new one.",
            )
        typed = passphrase(passphrase_file, party)
    return found, unlocked(found, typed)


def _asked(folder: Path, request: Request) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "station": request.station,
        "certified": False,
        "request": str(folder / REQUEST_NAME),
        "number": request.number,
    }


def _made(folder: Path, letter: Letter) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "station": letter.certificate.name,
        "party": letter.party,
        "certified": True,
        "digits": letter.digits,
        "token": str(folder / "tokens" / "operator.token"),
    }


def _in_words(told: dict[str, Any]) -> Iterator[str]:
    if not told["certified"]:
        yield f"{told['station']} is in {told['folder']}; its root has not certified it yet."
        yield f"Carry {told['request']}, number {told['number']}, to the root:"
        yield f"  parley root sign {REQUEST_NAME} --root ROOTDIR"
        yield f"and back here: parley init {told['folder']} --answer FILE"
        return
    yield f"{told['station']} of {told['party']} is in {told['folder']}."
    yield f"Its operator acts with {told['token']}."
    yield f"Next: parley introduce LETTER --station {told['folder']}"
