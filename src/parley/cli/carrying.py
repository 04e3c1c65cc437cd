"""Files that are carried between people, passphrases, and times: what several verbs ask for."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from parley.cli import voice
from parley.core.errors import Misused, Refused
from parley.core.identity import PartyRoot
from parley.station.machine.carried import Kind, carry, take_up
from parley.station.machine.folder import read_whole, write_whole
from parley.station.parties.root import RootFolder, check_passphrase

FILE = click.Path(path_type=Path, dir_okay=False)
FOLDER = click.Path(path_type=Path, file_okay=False)


def packed(kind: Kind, path: Path) -> str:
    """What a file carries, as operations take it."""
    return base64.b64encode(take_up(kind, read_whole(path))).decode()


def put(kind: Kind, path: Path, content: str) -> None:
    """What an operation gave, as a file for people to carry; others may read it."""
    write_whole(path, carry(kind, base64.b64decode(content)), 0o644)


def word_option(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The words of caution, for scripts."""
    return click.option(
        "--word",
        "words",
        multiple=True,
        metavar="WORD",
        help="A word of caution, typed beforehand (for scripts); without it you are asked.",
    )(verb)


def cautioned(cautions: list[dict[str, str]], words: tuple[str, ...]) -> list[str]:
    """The words typed for what weakens the line; Refused when one is not."""
    typed = list(words)
    for caution in cautions:
        if caution["word"] in typed:
            continue
        voice.aside(f"Caution: {voice.sentence(caution['sentence'])}")
        answer = voice.ask(
            f"Type {caution['word']} to sign it nevertheless:", f"--word {caution['word']}"
        )
        if answer != caution["word"]:
            raise Refused("Nothing was signed.", "Propose other terms, or type the word.", "I19")
        typed.append(answer)
    return typed


# --- passphrases


def passphrase_option(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Where the passphrase of a root comes from, when nobody types it."""
    return click.option(
        "--passphrase-file",
        type=FILE,
        envvar="PARLEY_PASSPHRASE_FILE",
        metavar="FILE",
        help="Take the root's passphrase from the first line of a file (for scripts).",
    )(verb)


def next_passphrase_option(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The passphrase of the next root, which is kept elsewhere and known to others."""
    return click.option(
        "--next-passphrase-file",
        type=FILE,
        envvar="PARLEY_NEXT_PASSPHRASE_FILE",
        metavar="FILE",
        help="Take the passphrase of the next root from the first line of another file.",
    )(verb)


def next_passphrase(file: Path | None, whose: str, given: Path | None) -> str | None:
    """A passphrase of its own for the next root: from a file or typed twice; None for the same as
    the root's, which is what a script that names one file alone gets."""
    if file is not None:
        return passphrase(file, whose)
    if given is not None or not sys.stdin.isatty():
        return None
    voice.aside("The next root has a passphrase of its own, for other people in another place.")
    return passphrase(None, f"{whose}, the next one", twice=True)


def passphrase(file: Path | None, whose: str, *, twice: bool = False) -> str:
    """The passphrase of a root, from a file or typed unseen."""
    if file is not None:
        try:
            return read_whole(file).decode().split("\n")[0].removesuffix("\r")
        except UnicodeDecodeError as error:
            raise Refused(
                f"The file {file} is not a text in UTF-8.", "Name the right file."
            ) from error
    if not sys.stdin.isatty():
        raise Misused(
            "There is nobody at the terminal to type the passphrase.", "Give --passphrase-file."
        )
    question = f"{'New passphrase' if twice else 'Passphrase'} of the root of {whose}"
    typed: str = click.prompt(question, hide_input=True, err=True)
    if twice:
        check_passphrase(typed)
        if click.prompt("The same again", hide_input=True, err=True) != typed:
            raise Refused("The two differ.", "Nothing was made; begin again.")
    return typed


def unlocked(root: RootFolder, typed: str) -> PartyRoot:
    """The keys of a root under that passphrase, which takes a while on a small machine."""
    with voice.patience("Unlocking the root keys"):
        return root.unlock(typed)
