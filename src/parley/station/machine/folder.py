"""A station's folder: where everything is, who may read it, and who works in it now.

    station.toml   settings                      parley.db     record, queue, keys that are erased
    letter.parley  our letter of introduction    control.sock  while a station serves
    keys/          station.key log.key cosigner.key           tokens/  one file a person
    lock           held by the one process that works here

Folders are for their owner alone (0700), and so is every file (0600). A file is put in place
whole, or not at all.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from parley import __version__
from parley.core.errors import Refused, Unavailable
from parley.core.identity import COSIGNER, LOG, STATION, Certificate, Letter
from parley.core.keys import SigningKey
from parley.core.terms import OurKeys
from parley.station.machine.carried import LETTER, take_up
from parley.station.machine.config import CONFIG_NAME, Config

DATABASE_NAME = "parley.db"
LETTER_NAME = "letter.parley"
LOCK_NAME = "lock"
KEYS_NAME = "keys"
LAST_KEY_NAME = "cosigner.key"  # once it is there, all three are
KEY_LABEL = "parley key v1"
FILE_BYTES_MAX = 1 << 20
OTHERS = 0o077


@dataclass(frozen=True, slots=True)
class Home:
    """A folder that holds a whole station."""

    path: Path
    config: Config
    keys: OurKeys
    letter: Letter

    @property
    def name(self) -> str:
        """The station's name."""
        return self.letter.certificate.name

    @property
    def party(self) -> str:
        """The party's name."""
        return self.letter.party

    @property
    def version(self) -> str:
        """The version of Parley that works here."""
        return __version__

    @property
    def languages(self) -> tuple[str, ...]:
        """The party's languages, its own first."""
        return self.letter.languages

    @property
    def database(self) -> Path:
        """The file with record, queue and erasable keys."""
        return self.path / DATABASE_NAME

    @classmethod
    def open(cls, path: Path) -> Home:
        """Read settings, keys and letter; one sentence says what is missing or wrong."""
        _check_made(path)
        check_private(path)
        keys = read_keys(path / KEYS_NAME)
        requested, letter_file = (path / REQUEST_NAME).exists(), path / LETTER_NAME
        if requested and not letter_file.exists():
            raise Unavailable(
                f"The station in {path} has no letter yet: its root has not certified it.",
                f"Carry {path / REQUEST_NAME} to the root, and give what comes back to"
                f" `parley init {path} --answer FILE`.",
            )
        if not requested:  # the database is made before the request goes
            _check_kept(path / DATABASE_NAME)
        letter = _own_letter(letter_file)
        if not certifies(letter.certificate, keys):
            keys = _next_keys(path, letter) or keys  # the letter is the last to change (C2)
        if not certifies(letter.certificate, keys):
            raise Unavailable(
                f"The keys in {path / KEYS_NAME} are not those of the letter beside them.",
                "Restore both from the same backup.",
            )
        return cls(path, Config.read(path / CONFIG_NAME), keys, letter)

    def keys_of(self, certificate: Certificate) -> OurKeys:
        """Our keys of that certificate: those in force, or earlier ones that a line still needs."""
        if certifies(certificate, self.keys):
            return self.keys
        path = self.path / KEYS_NAME / str(certificate.serial)
        keys = read_keys(path) if path.exists() else None
        if keys is None or not certifies(certificate, keys):
            raise Unavailable(
                f"The keys of serial {certificate.serial}, on which a line stands, are not in"
                f" {self.path / KEYS_NAME}.",
                "Restore the folder's keys from the backup that the database is of.",
            )
        return keys

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Work here alone; Unavailable when another process does."""
        with lock(self.path):
            yield


REQUEST_NAME = "request.parley"
NEXT_NAME = "next"  # beside the keys in force: those that the root is asked to certify

# --- keys


def make_keys(entropy: Callable[[int], bytes]) -> OurKeys:
    """Three fresh signing keys."""
    return OurKeys(
        *(SigningKey(name, entropy(SigningKey.SEED_BYTES)) for name in (STATION, LOG, COSIGNER))
    )


def write_keys(path: Path, keys: OurKeys) -> None:
    """Keep the three keys, each in a file of its own."""
    make_private(path)
    for use, key in (("station", keys.station), ("log", keys.log), ("cosigner", keys.cosigner)):
        write_whole(path / f"{use}.key", f"{KEY_LABEL} {use}\n{key.seed.hex()}\n".encode())


def read_keys(path: Path) -> OurKeys:
    """The three keys of a folder."""
    _check_there(path, "The folder of keys")
    check_private(path)
    return OurKeys(
        *(
            SigningKey(name, _seed(path / f"{name.rpartition('/')[2]}.key"))
            for name in (STATION, LOG, COSIGNER)
        )
    )


def drop_keys(path: Path) -> None:
    """Remove three keys that nobody needs any more."""
    with suppress(FileNotFoundError):
        for file in path.glob("*.key"):
            file.unlink()
        path.rmdir()
        _sync(path.parent)


def certifies(certificate: Certificate, keys: OurKeys) -> bool:
    """Whether a certificate is about these keys."""
    publics = (keys.station.public, keys.log.public, keys.cosigner.public)
    return (certificate.station, certificate.log, certificate.cosigner) == publics


def _next_keys(path: Path, letter: Letter) -> OurKeys | None:
    """The keys that our new letter is about, put in place of those before."""
    coming = path / KEYS_NAME / NEXT_NAME
    if not coming.exists():
        return None
    keys = read_keys(coming)
    if not certifies(letter.certificate, keys):
        return None
    write_keys(path / KEYS_NAME, keys)
    drop_keys(coming)
    return keys


def _check_there(path: Path, what: str) -> None:
    if not path.exists():
        raise Unavailable(
            f"{what} {path} is missing.", "Put it back from the newest copy of the whole folder."
        )


def _seed(path: Path) -> bytes:
    _check_there(path, "The key")
    check_private(path)
    head, _, rest = read_whole(path).partition(b"\n")
    try:
        seed = bytes.fromhex(rest.decode("ascii"))
    except ValueError:
        seed = b""
    if head.decode("ascii", "replace") != f"{KEY_LABEL} {path.stem}" or len(seed) != 64:
        raise Unavailable(
            f"The file {path} is not the key it should be.", "Restore it from a backup."
        )
    return seed


# --- files and folders


def make_private(path: Path) -> None:
    """A folder for its owner alone; one that exists stays as it is."""
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _sync(path.parent)
    except OSError as error:
        raise Unavailable(
            f"The folder {path} cannot be made: {error.strerror or error}.",
            "Name a folder where you may write.",
        ) from error
    if path.stat().st_mode & OTHERS:
        raise Unavailable(
            f"Others on this machine may read {path}.",
            f"Name a folder that is not there yet; or close this one to them: chmod go= {path}",
        )
    check_private(path)


def _own_letter(file: Path) -> Letter:
    if not file.exists():
        raise Unavailable(
            f"The letter of this station, {file}, is missing.",
            "Restore it and the keys from the same backup.",
        )
    try:
        return Letter.parse(take_up(LETTER, read_whole(file)))
    except Refused as error:
        raise Unavailable(
            f"The letter of this station, {file}, is not whole, or it was changed.",
            "Restore it and the keys from the same backup.",
        ) from error


def _check_kept(database: Path) -> None:
    """An empty database in the place of the one that was made would know no line and nobody; and
    SQLite would delete the log beside a file of no bytes."""
    if not database.exists():
        raise Unavailable(
            f"The database {database} is missing, and with it lines and record.",
            "Put it back from the newest copy of the whole folder.",
        )
    if not database.stat().st_size:
        raise Unavailable(
            f"The database {database} has no bytes: lines and record are lost from it.",
            "Put it back from the newest copy of the whole folder.",
        )


def _check_made(path: Path) -> None:
    """Refuse a folder with nothing of a station in it: nobody is told to close what is not ours."""
    parts = (KEYS_NAME, LETTER_NAME, DATABASE_NAME, REQUEST_NAME)
    if os.access(path, os.R_OK | os.X_OK) and not any((path / part).exists() for part in parts):
        raise Unavailable(
            f"{path} is not the folder of a station.",
            "Name the folder of a station; `parley init` makes one.",
        )


def check_private(path: Path) -> None:
    """Refuse a file or folder that is not there, not ours, or open to others."""
    try:
        found = path.stat()
    except OSError as error:
        raise Unavailable(
            f"The folder {path} cannot be opened: {error.strerror or error}.",
            "Name the folder of a station; `parley init` makes one.",
        ) from error
    if found.st_mode & OTHERS:
        raise Unavailable(
            f"Others on this machine may read {path}.", f"Close it to them: chmod go= {path}"
        )
    if found.st_uid != os.geteuid():
        raise Unavailable(
            f"{path} belongs to another user of this machine.",
            "Work as the user that the station runs as.",
        )


def read_whole(path: Path) -> bytes:
    """A file of ours, or one that was carried here; Unavailable when it cannot be read."""
    try:
        with path.open("rb") as file:
            found = file.read(FILE_BYTES_MAX + 1)
    except OSError as error:
        raise Unavailable(
            f"The file {path} cannot be read: {error.strerror or error}.", "Name another file."
        ) from error
    if len(found) > FILE_BYTES_MAX:
        raise Refused(f"The file {path} is larger than any of this kind.", "Name the right file.")
    return found


def write_whole(path: Path, content: bytes | Iterable[bytes], mode: int = 0o600) -> None:
    """Put a file in place at once and durably: a reader finds the old one or the new one."""
    new = path.with_name(f".{path.name}.new")
    try:
        new.unlink(missing_ok=True)
        file = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        try:
            with os.fdopen(file, "wb", closefd=False) as stream:
                stream.writelines([content] if isinstance(content, bytes) else content)
            os.fsync(file)
        finally:
            os.close(file)
        new.replace(path)
        _sync(path.parent)
    except OSError as error:
        raise Unavailable(
            f"The file {path} cannot be written: {error.strerror or error}.",
            "Look whether you may write there and the disk has room.",
        ) from error
    finally:
        with suppress(OSError):
            new.unlink(missing_ok=True)


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


@contextmanager
def lock(path: Path) -> Iterator[None]:
    """Work in a folder alone; Unavailable when another process does.

    The lock is the system's and goes with the process, however that ends.
    """
    name = path / LOCK_NAME
    try:
        file = os.open(name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        hint = "Name the folder of a station; `parley init` makes one."
        if path.is_dir():
            hint = (
                "Let the station's own user write there; what is only to be read is copied first."
            )
        raise Unavailable(
            f"The folder {path} cannot be used: {error.strerror or error}.", hint
        ) from error
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder = os.pread(file, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise Unavailable(
                f"Another parley process (number {holder}) works in {path}.",
                "Wait until it is done, or stop it.",
            ) from error
        os.ftruncate(file, 0)
        os.pwrite(file, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(file)
