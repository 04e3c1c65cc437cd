"""How a verb asks its station: over the control socket, as the person whose token was given.

    @click.command()
    @asks(line=True)
    def command(station: Asking, number: int) -> None:
        view = station.call("open", n=number)

`asks` adds --station, --as and --json (and --line for verbs that speak of one line). Where no
station serves, operations that set a station up or read it are carried out here, in this process,
under the folder's lock; the others say that the station must be started.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from parley.cli import voice
from parley.core.errors import Misused, Unavailable
from parley.station.acts.calling import Caller

_Verb = TypeVar("_Verb", bound=Callable[..., Any])

TOKEN_BYTES_MAX = 1024  # what is longer is some other file


class Asking:
    """One station, as one verb asks it."""

    def __init__(self, folder: Path, token_file: Path | None, line: str | None, setup: bool):
        self.folder = folder
        self.line = line
        self._token_file = token_file
        self._setup = setup
        self._caller: Caller | None = None
        self._served = True

    def call(self, op: str, **arguments: Any) -> dict[str, Any]:
        """Ask; arguments that are None are left out, and the line goes along when one was named."""
        given = {name: value for name, value in arguments.items() if value is not None}
        if self.line is not None:
            given["line"] = self.line
        caller = self.caller()
        if caller is not None:
            with voice.patience("Waiting for the station"):
                return caller.call(op, **given)
        return self._call_here(op, given)

    def caller(self) -> Caller | None:
        """The connection to the serving station; None when none serves."""
        if self._caller is None and self._served:
            try:
                self._caller = Caller(self.folder, self.token())
            except Unavailable:
                if not self.folder.is_dir():
                    raise Unavailable(
                        f"There is no folder {self.folder}.",
                        "Make a station with `parley init`, or name another folder.",
                    ) from None
                self._served = False
        return self._caller

    def serving(self) -> Caller:
        """The connection to the station; Unavailable when none serves."""
        found = self.caller()
        if found is None:
            raise _not_serving(self.folder)
        return found

    def token(self) -> str:
        """The token of the person who acts."""
        file = self._token_file
        if file is None and self._setup:
            file = operator_token(self.folder)
            if not file.exists():
                return ""
        if file is None:
            raise Misused(
                "Nobody is named who acts.",
                "Give the file of your own token with --as (or PARLEY_TOKEN).",
            )
        try:
            with file.open("rb") as opened:
                read = opened.read(TOKEN_BYTES_MAX)
        except OSError as error:
            raise Unavailable(
                f"The token file {file} cannot be read: {error.strerror}.",
                "Give the file that the operator handed you.",
            ) from error
        return read.decode("ascii", "replace").strip()

    def close(self) -> None:
        """Hang up."""
        if self._caller is not None:
            self._caller.close()

    def _call_here(self, op: str, arguments: dict[str, Any]) -> dict[str, Any]:
        from parley.station.serving import perform_here

        with voice.patience("Working"):
            return perform_here(self.folder, op, self.token(), arguments)


def operator_token(folder: Path) -> Path:
    """The file that lets the operator set the station up."""
    return folder / "tokens" / "operator.token"


def _not_serving(folder: Path) -> Unavailable:
    return Unavailable(f"No station serves in {folder}.", "Start it with `parley serve`.")


def asks(*, line: bool = False, setup: bool = False) -> Callable[[_Verb], Callable[..., Any]]:
    """Give a verb its station as first argument, and the options that say which and by whom.

    With `setup` the operator's own token is the default.
    """

    def decorate(verb: _Verb) -> Callable[..., Any]:
        @functools.wraps(verb)
        def run(
            *args: Any,
            station_folder: Path | None,
            token_file: Path | None,
            line_name: str | None = None,
            **kwargs: Any,
        ) -> Any:
            asking = Asking(folder_of(station_folder), token_file, line_name, setup)
            try:
                return verb(asking, *args, **kwargs)
            finally:
                asking.close()

        decorated: Callable[..., Any] = with_json(run)
        if line:
            decorated = click.option(
                "--line", "line_name", metavar="LINE", help="Name or number of the line."
            )(decorated)
        decorated = click.option(
            "--as",
            "token_file",
            type=click.Path(path_type=Path),
            envvar="PARLEY_TOKEN",
            metavar="TOKENFILE",
            help="Your own token (or PARLEY_TOKEN)."
            + (" Default: the operator's." if setup else ""),
        )(decorated)
        return with_station(decorated)

    return decorate


def with_station(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The option that says which station; it arrives as `station_folder`."""
    return click.option(
        "--station",
        "station_folder",
        type=click.Path(path_type=Path),
        envvar="PARLEY_STATION",
        metavar="FOLDER",
        help="The station's folder (or PARLEY_STATION).",
    )(verb)


def folder_of(given: Path | None) -> Path:
    """The folder that was named; Misused when none was."""
    if given is None:
        raise Misused("No station is named.", "Give its folder with --station (or PARLEY_STATION).")
    return Path(os.path.abspath(given))


def with_json(verb: Callable[..., Any]) -> Callable[..., Any]:
    """The option --json; `voice` remembers it, for facts and for errors."""

    def read(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            voice.speak(as_json=True)

    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        is_eager=True,
        callback=read,
        help="Facts for a program, as JSON.",
    )(verb)
