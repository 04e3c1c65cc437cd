"""The files that pages bring with them: styles, scripts, the icon.

Each page names them by an address with what they are in it, so that a browser asks for each once
and never again while they stay the same: the first paint of a page waits for no answer but its own.
By their plain name, as workers have, they are asked about each time.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from importlib.resources import files
from os import PathLike, stat_result
from pathlib import PurePath

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

PACKAGE, FOLDER = "parley.console", "static"
FOR_GOOD = "public, max-age=31536000, immutable"
EACH_TIME = "no-cache"


class Brought(StaticFiles):
    """Our few files, all in one folder."""

    def __init__(self) -> None:
        super().__init__(packages=[(PACKAGE, FOLDER)])

    def get_path(self, scope: Scope) -> str:
        """The name of a file; what stood in an address of an earlier release is passed over."""
        return PurePath(super().get_path(scope)).name

    def file_response(
        self,
        full_path: str | PathLike[str],
        stat_result: stat_result,
        scope: Scope,
        status_code: int = 200,
    ) -> Response:
        """The file, or that it is still the same."""
        response = super().file_response(full_path, stat_result, scope, status_code)
        kept = str(scope["path"]).startswith(f"{address()}/")
        response.headers["Cache-Control"] = FOR_GOOD if kept else EACH_TIME
        return response


@cache
def address() -> str:
    """The folder's address, with what all of them are in it, in short."""
    folder = sha256()
    for file in sorted(files(PACKAGE).joinpath(FOLDER).iterdir(), key=lambda each: each.name):
        folder.update(sha256(file.name.encode()).digest() + sha256(file.read_bytes()).digest())
    return f"/{FOLDER}/{folder.hexdigest()[:16]}"
