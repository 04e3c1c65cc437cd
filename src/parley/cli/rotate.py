"""`parley rotate`: new keys for a station, certified by its root under the next serial."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from parley.cli import voice
from parley.cli.carrying import FILE, FOLDER, passphrase, passphrase_option, unlocked
from parley.cli.client import folder_of, with_json, with_station
from parley.core.errors import Misused
from parley.core.identity import Letter
from parley.station.founding import set_up
from parley.station.machine.carried import ANSWER, carry
from parley.station.machine.folder import REQUEST_NAME, read_whole
from parley.station.parties.replacing import begin, finish
from parley.station.parties.root import RootFolder


@click.command(name="rotate")
@click.option("--answer", type=FILE, metavar="FILE", help="The root's answer, carried back.")
@click.option(
    "--root",
    "root_folder",
    type=FOLDER,
    metavar="ROOTDIR",
    help="The party's root keys, when they are at hand.",
)
@passphrase_option
@with_station
@with_json
def command(
    station_folder: Path | None,
    answer: Path | None,
    root_folder: Path | None,
    passphrase_file: Path | None,
) -> None:
    """Give the station new keys under the same 48 digits.

    A request is written into its folder while it serves on: carry it to the root (`parley root
    sign`), stop the station, and give what comes back with --answer. Then send the new letter to
    everybody, and agree anew on each line: `parley agree propose --replaces LINE`. Until then a
    line goes on with the keys it was agreed with.
    """
    folder = folder_of(station_folder)
    if answer is not None:
        if root_folder is not None:
            raise Misused("The root has answered already.", "Give --answer alone.")
        _finish(folder, read_whole(answer))
        return
    request = begin(folder)
    if root_folder is None:
        told = {
            "folder": str(folder),
            "certified": False,
            "request": str(folder / REQUEST_NAME),
            "number": request.number,
        }
        voice.tell(told, _asked)
        return
    found = RootFolder(Path(os.path.abspath(root_folder)))
    root = unlocked(found, passphrase(passphrase_file, found.party.name))
    certified = found.certify(request, root, int(time.time()))
    _finish(folder, carry(ANSWER, certified.to_bytes()))


def _finish(folder: Path, answer: bytes) -> None:
    with set_up(folder) as station:
        before = station.home.letter
        letter = finish(station, answer)
    voice.tell(_made(folder, before, letter), _in_words)


def _made(folder: Path, before: Letter, letter: Letter) -> dict[str, Any]:
    return {
        "folder": str(folder),
        "certified": True,
        "station": letter.certificate.name,
        "serial": letter.certificate.serial,
        "before": before.certificate.serial,
        "digits": letter.digits,
        "same_digits": letter.fingerprint == before.fingerprint,
    }


def _asked(told: dict[str, Any]) -> Iterator[str]:
    yield "New keys wait to be certified; those in force go on."
    yield f"Carry {told['request']}, number {told['number']}, to the root:"
    yield f"  parley root sign {REQUEST_NAME} --root ROOTDIR"
    yield "Then stop the station, and: parley rotate --answer FILE"


def _in_words(told: dict[str, Any]) -> Iterator[str]:
    yield (
        f"{voice.visible(told['station'])} has new keys: certificate {told['serial']} follows"
        f" {told['before']}."
    )
    yield (
        "The 48 digits are unchanged."
        if told["same_digits"]
        else f"The digits under the new root: {told['digits']}"
    )
    yield "Next: parley introduce LETTER, for everybody; then parley agree propose --replaces LINE."
