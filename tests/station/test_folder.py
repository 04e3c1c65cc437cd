"""The folder: for its owner alone, one process at a time, files whole or not at all."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from parley.core.errors import Refused, Unavailable
from parley.station.founding import begin
from parley.station.machine.folder import (
    FILE_BYTES_MAX,
    Home,
    check_private,
    lock,
    make_keys,
    make_private,
    read_keys,
    read_whole,
    write_keys,
    write_whole,
)
from parley.station.parties.root import RootFolder
from tests.station.founded import Founded, found


@pytest.fixture
def north(tmp_path: Path) -> Founded:
    return found(tmp_path / "north", "North", languages=["en", "ru"])


def test_a_whole_station_opens(north: Founded) -> None:
    home = Home.open(north.folder)
    assert (home.party, home.name, home.languages) == ("North", "North watch", ("en", "ru"))
    assert home.keys.station.public == north.letter.certificate.station
    assert home.database.exists()
    assert home.version


def test_everything_is_for_its_owner_alone(north: Founded) -> None:
    for path in [north.folder, *north.folder.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path


@pytest.mark.parametrize("name", ["", "keys", "keys/log.key"])
def test_what_others_may_read_is_refused(north: Founded, name: str) -> None:
    path = north.folder / name
    path.chmod(path.stat().st_mode | 0o040)
    with pytest.raises(Unavailable, match="Others on this machine may read") as error:
        Home.open(north.folder)
    assert f"chmod go= {path}" in error.value.hint


def test_what_belongs_to_another_user_is_refused(
    north: Founded, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parley.station.machine.folder.os.geteuid", lambda: 4242)
    with pytest.raises(Unavailable, match="another user"):
        check_private(north.folder)


def test_nobody_is_told_to_close_a_folder_that_is_not_ours(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    with pytest.raises(Unavailable, match="is not the folder of a station") as error:
        Home.open(tmp_path)
    assert "chmod" not in error.value.hint
    with pytest.raises(Unavailable, match="There is no root in") as error:
        RootFolder(tmp_path)
    assert "chmod" not in error.value.hint
    with pytest.raises(Unavailable, match="Others on this machine may read") as error:
        begin(tmp_path, "North watch", ["en"])
    assert error.value.hint.startswith("Name a folder that is not there yet")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="No such file"):
        Home.open(tmp_path / "nowhere")


def test_a_station_without_its_letter_says_what_to_do(tmp_path: Path) -> None:
    begin(tmp_path / "north", "North watch", ["en"])
    with pytest.raises(Unavailable, match="no letter yet") as error:
        Home.open(tmp_path / "north")
    assert "--answer" in error.value.hint


@pytest.mark.parametrize(
    "content", [b"", b"parley key v1 cosigner\n" + b"00" * 64, b"parley key v1 log\n00", b"\xff\n"]
)
def test_a_damaged_key_is_told(north: Founded, content: bytes) -> None:
    write_whole(north.folder / "keys" / "log.key", content)
    with pytest.raises(Unavailable, match="not the key it should be"):
        Home.open(north.folder)


def test_a_lost_key_is_told(north: Founded) -> None:
    keys = north.folder / "keys"
    (keys / "log.key").unlink()
    with pytest.raises(Unavailable, match=r"^The key .*/log\.key is missing\.$") as error:
        Home.open(north.folder)
    assert "newest copy" in error.value.hint
    keys.rename(north.folder / "elsewhere")
    with pytest.raises(Unavailable, match=r"^The folder of keys .*/keys is missing\.$"):
        Home.open(north.folder)


def test_keys_of_another_station_are_refused(north: Founded) -> None:
    write_keys(north.folder / "keys", make_keys(os.urandom))
    with pytest.raises(Unavailable, match="not those of the letter"):
        Home.open(north.folder)


def test_a_changed_letter_is_refused(north: Founded) -> None:
    file = north.folder / "letter.parley"
    text = file.read_bytes()
    told = r"^The letter of this station, .*/letter\.parley, is "
    for damaged in (text.replace(b"\n\n", b"\nNorth\n", 1), text[:100], b"", b"\x00" * 100):
        write_whole(file, damaged)
        with pytest.raises(Unavailable, match=f"{told}not whole, or it was changed") as error:
            Home.open(north.folder)
        assert "same backup" in error.value.hint
    file.unlink()
    with pytest.raises(Unavailable, match=f"{told}missing"):
        Home.open(north.folder)


def test_keys_come_back(tmp_path: Path) -> None:
    make_private(tmp_path / "new")
    keys = make_keys(os.urandom)
    write_keys(tmp_path / "new", keys)
    read = read_keys(tmp_path / "new")
    assert [read.station.seed, read.log.seed, read.cosigner.seed] == [
        keys.station.seed,
        keys.log.seed,
        keys.cosigner.seed,
    ]


# --- files


def test_a_file_is_replaced_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "file"
    write_whole(file, b"before")
    assert file.stat().st_mode & 0o777 == 0o600
    (tmp_path / ".file.new").write_bytes(b"left by a crash, and longer than what follows")
    write_whole(file, b"after", 0o644)
    assert read_whole(file) == b"after"
    assert file.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_file_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be written: No such file"):
        write_whole(tmp_path / "nowhere" / "file", b"")
    write_whole(tmp_path / "file", b"")
    with pytest.raises(Unavailable, match="cannot be made"):
        make_private(tmp_path / "file")


def test_what_cannot_be_read_or_is_too_long_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be read"):
        read_whole(tmp_path)
    (tmp_path / "long").write_bytes(bytes(FILE_BYTES_MAX + 1))
    with pytest.raises(Refused, match="larger than any"):
        read_whole(tmp_path / "long")


# --- the lock


def test_one_process_works_in_a_folder_at_a_time(north: Founded) -> None:
    script = (
        "import sys; from pathlib import Path; from parley.station.machine.folder import lock\n"
        "with lock(Path(sys.argv[1])):\n"
        "    print('locked', flush=True); sys.stdin.read()"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, str(north.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"locked\n"
        with pytest.raises(Unavailable, match=rf"\(number {other.pid}\)"), lock(north.folder):
            pass
        other.kill()
        other.wait()
    # It goes with the process, however that ends.
    ours = rf"\(number {os.getpid()}\)"
    with lock(north.folder), pytest.raises(Unavailable, match=ours), lock(north.folder):
        pass
    with north.home().lock():
        pass


def test_a_folder_that_is_no_folder_is_not_locked(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot be used") as told, lock(tmp_path / "nowhere"):
        pass
    assert "`parley init` makes one" in told.value.hint
    (tmp_path / "lock").mkdir()  # as unwritable as on a disk that may only be read
    with pytest.raises(Unavailable, match="cannot be used") as told, lock(tmp_path):
        pass
    assert told.value.hint.startswith("Let the station's own user write there")
