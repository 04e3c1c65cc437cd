"""What the world does to a database, said in one sentence with a next step."""

from __future__ import annotations

import errno
import shutil
import sqlite3
from pathlib import Path

from parley.core.errors import Unavailable

FULL_BYTES = 128 << 10  # SQLite's index of what is not in the database yet takes 32 KiB at a time

# By SQLite's primary result code. What is not listed is a mistake of ours (a wrong statement, a
# broken constraint) and stays the exception it is.
_WORLD = {
    sqlite3.SQLITE_FULL: (
        "The disk that holds %(path)s is full; nothing of this step was kept.",
        "Free some space on it. Nothing that was not kept has been sent or shown.",
    ),
    sqlite3.SQLITE_BUSY: (
        "The database %(path)s is locked by another program.",
        "Stop the other station or tool that has it open, then try again.",
    ),
    sqlite3.SQLITE_LOCKED: (
        "The database %(path)s is locked by another program.",
        "Stop the other station or tool that has it open, then try again.",
    ),
    sqlite3.SQLITE_READONLY: (
        "The database %(path)s cannot be written.",
        "Give the station's own user write permission on the file and on its folder.",
    ),
    sqlite3.SQLITE_PERM: (
        "The database %(path)s may not be used.",
        "Give the station's own user read and write permission on the file and on its folder.",
    ),
    sqlite3.SQLITE_CANTOPEN: (
        "The database %(path)s cannot be opened.",
        "Look whether its folder exists and the station's own user may write there.",
    ),
    sqlite3.SQLITE_IOERR: (
        "The disk that holds %(path)s failed to read or write; nothing of this step was kept.",
        "Look at the disk and at the system's messages; copy the folder elsewhere before repairs.",
    ),
    sqlite3.SQLITE_CORRUPT: (
        "The database %(path)s is damaged.",
        "Copy the whole folder away as it is before anything else, then go back to the last good "
        "copy; the other station holds the same record.",
    ),
    sqlite3.SQLITE_NOTADB: (
        "The file %(path)s is not a database of Parley.",
        "If it was one it is damaged: copy the whole folder away as it is, then go back to the "
        "last good copy; the other station holds the same record.",
    ),
    sqlite3.SQLITE_NOMEM: (
        "There is not enough memory to use %(path)s.",
        "Close other programs on this machine, then try again.",
    ),
}


def in_words(error: sqlite3.Error, path: Path) -> Unavailable | None:
    """The world's fault as Unavailable, or None when the mistake is our own."""
    code = getattr(error, "sqlite_errorcode", None)
    if code is not None and code & 0xFF == sqlite3.SQLITE_IOERR and _is_full(path):
        code = sqlite3.SQLITE_FULL  # a full disk, where a database is opened
    known = _WORLD.get(code & 0xFF) if code is not None else None
    return Unavailable(known[0] % {"path": path}, known[1]) if known else None


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < FULL_BYTES
    except OSError:
        return False


def not_openable(error: OSError, path: Path) -> Unavailable:
    """Why the file cannot even be made or opened."""
    if error.errno == errno.ENOENT:
        return Unavailable(
            f"There is no folder {path.parent}.", "Make the station first, with `parley init`."
        )
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        full = _WORLD[sqlite3.SQLITE_FULL]
        return Unavailable(full[0] % {"path": path}, full[1])
    return Unavailable(
        f"The database {path} cannot be opened: {error.strerror or error}.",
        "Look whether the station's own user may read and write the file and its folder.",
    )


def foreign(path: Path) -> Unavailable:
    """A good database, of some other program."""
    known = _WORLD[sqlite3.SQLITE_NOTADB]
    return Unavailable(known[0] % {"path": path}, known[1])


def damaged(path: Path, what: str) -> Unavailable:
    """Readable, but it contradicts itself."""
    return Unavailable(
        f"The database {path} is damaged: {what}.", _WORLD[sqlite3.SQLITE_CORRUPT][1]
    )
