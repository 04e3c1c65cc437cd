"""From an empty folder to an open line, by the command line alone, as people type it."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from parley.cli import voice
from parley.cli.main import run
from parley.station.machine.folder import Home
from tests.station.founded import CHEAP, found, introduce
from tests.store.test_world import file_limit

PASSPHRASE = "four words nobody guesses"


class Terminal:
    """Verbs as they are typed in one folder, and what they tell."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder = folder
        self.out = self.err = ""
        self._capsys = capsys

    def types(self, line: str, *more: str) -> int:
        """One command; its exit code."""
        voice._as_json = False
        code = run([*line.split(), *more])
        told = self._capsys.readouterr()
        self.out, self.err = told.out, told.err
        return code

    def does(self, line: str, *more: str) -> str:
        """One command that is done; what it said."""
        assert self.types(line, *more) == 0, self.err
        return self.out

    def facts(self, line: str, *more: str) -> dict[str, Any]:
        """One command that is done; its facts as JSON."""
        told: dict[str, Any] = json.loads(self.does(line, *more, "--json"))
        return told


@pytest.fixture
def terminal(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Terminal:
    for name in ("PARLEY_STATION", "PARLEY_TOKEN", "PARLEY_ROOT"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "passphrase").write_text(PASSPHRASE + "\n")
    monkeypatch.setenv("PARLEY_PASSPHRASE_FILE", str(tmp_path / "passphrase"))
    monkeypatch.setattr(
        "parley.station.parties.root.RootFolder.make.__func__.__defaults__", (CHEAP,)
    )
    monkeypatch.setattr(voice, "_as_json", False)
    monkeypatch.chdir(tmp_path)
    return Terminal(tmp_path, capsys)


Answers = Callable[..., list[str]]


@pytest.fixture
def answers(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """A person at the terminal who answers in this order; what is left is in the list."""

    def prepare(*given: str) -> list[str]:
        left = list(given)
        monkeypatch.setattr(voice, "ask", lambda question, option: left.pop(0))
        return left

    return prepare


def test_two_stations_come_to_an_open_line(terminal: Terminal, answers: Answers) -> None:
    # North has its root at hand; South's is in another room, and files are carried.
    north = terminal.facts("init north --party North --languages en --root north-root")
    assert north["certified"]
    asked = terminal.does("init south --party South --languages ru,en --name", "Watch room")
    assert "has not certified it yet" in asked
    made = terminal.facts("root new south-root --party South")
    signed = terminal.facts("root sign south/request.parley --root south-root --out answer")
    assert signed["number"] in asked
    south = terminal.facts("init south --answer answer")
    assert south["digits"] == made["digits"]
    assert Home.open(Path("south")).name == "Watch room"

    # Letters go one way, digits another.
    for name in ("north", "south"):
        terminal.does(f"introduce {name}.letter --station {name}")
    answers(south["digits"])
    assert "A person compared its digits." in terminal.does("accept south.letter --station north")
    answers(north["digits"])
    terminal.does("accept north.letter --station south")

    # The agreement goes to and fro until both roots have signed it.
    proposed = terminal.does("agree propose South --out blue --flash 5m --station north")
    assert "FLASH within 5 minutes" in proposed
    assert "UNVERIFIED" in proposed  # South has not answered that it compared
    assert "Sign it with" in terminal.does("agree show blue --station south")
    answers("WITHOUT")
    ready = terminal.does("agree sign blue --station south")
    assert "ready to be signed" in ready
    answers("WITHOUT")
    assert "Carry it to the other party" in terminal.does("root sign blue --root south-root")
    both = terminal.does("agree sign blue --root north-root --word WITHOUT --station north")
    assert "signed by our root and theirs" in both
    for name in ("north", "south"):
        opened = terminal.facts(f"agree accept blue --station {name}")
        assert opened["verified"]
    assert terminal.facts("agree list --station south")["agreements"][0]["state"] == "open"
    assert "Blue" not in terminal.does("root show --root south-root")
    assert "certificate" in terminal.out
    assert "agreement" in terminal.out

    # Paths.
    assert "listens on" in terminal.does("bearer add --listen 127.0.0.1:0 --station north")
    terminal.does("bearer add --dial 127.0.0.1:4100 --station south")
    told = terminal.does("bearer add quic --dial 127.0.0.1:4100 --station south")
    assert "dials 127.0.0.1:4100 by QUIC" in told
    assert "dials 127.0.0.1:4100 by QUIC" in terminal.does("bearer list --station south")
    assert "dials 127.0.0.1:4100" in terminal.does("bearer list --station south")
    terminal.does("bearer remove 2 --station south")
    terminal.does("bearer remove 1 --station south")
    assert terminal.facts("bearer list --station south")["bearers"] == []


def test_whoever_makes_a_station_sees_that_it_goes_on(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys under a passphrase take seconds on a small machine."""
    for name in ("PROGRESS_AFTER_S", "PROGRESS_EVERY_S"):
        monkeypatch.setattr(voice, name, 0.0001)
    patience, aside = voice.patience, voice.aside
    told: set[str] = set()

    def heard(text: str) -> None:
        aside(text)
        told.add(text.partition(":")[0])

    @contextmanager
    def long_enough(what: str) -> Iterator[None]:
        """A step that lasts until its clock has spoken: on a fast machine it may be over before."""
        with patience(what):
            yield
            give_up = time.monotonic() + 60
            while what not in told and time.monotonic() < give_up:
                time.sleep(0.001)

    monkeypatch.setattr(voice, "aside", heard)
    monkeypatch.setattr(voice, "patience", long_enough)
    terminal.does("init north --party North --languages en --root root")
    for step in ("Making keys", "Unlocking the root keys", "Making the station"):
        assert re.search(rf"^{step}: \d+ s$", terminal.err, re.MULTILINE)


def test_what_is_already_there_is_never_made_again(terminal: Terminal) -> None:
    terminal.does("init north --party North --languages en --root root")
    assert terminal.types("init north --party North --languages en --root root") == 1
    assert "There is a station in" in terminal.err
    assert terminal.types("root new root --party North") == 1
    assert terminal.types("init other --party South --languages en --root root") == 2
    assert "is that of North, not of South" in terminal.err
    terminal.does("init second --party North --languages en --root root --name Spare")
    assert terminal.types("init third --party North") == 2
    assert terminal.types("init north --answer passphrase --party North") == 2
    assert terminal.types("init north --answer passphrase") == 1
    assert terminal.types("init nowhere --answer passphrase") == 3


def test_a_station_without_its_database_is_not_taken_for_a_new_one(terminal: Terminal) -> None:
    terminal.does("init north --party North --languages en --root root")
    for file in Path("north").glob("parley.db*"):
        file.rename(file.name)
    for verb in ("person list", "serve --no-console"):
        assert terminal.types(f"{verb} --station north") == 3
        assert "parley.db is missing" in terminal.err
    assert not list(Path("north").glob("parley.db*"))
    # Nor one that a full disk or a copy that broke off has left without bytes.
    cut, log = Path("north/parley.db"), Path("north/parley.db-wal")
    cut.touch()
    log.write_bytes(b"the newest entries")
    for verb in ("person list", "serve --no-console", "doctor"):
        assert terminal.types(f"{verb} --station north") == 3
        assert "parley.db has no bytes: lines and record are lost from it." in terminal.err
    assert log.exists()  # SQLite would have deleted it
    log.unlink()
    for file in Path().glob("parley.db*"):
        file.rename(Path("north") / file.name)
    assert "operator" in terminal.does("person list --station north")


def test_a_file_is_named_as_it_was_typed(terminal: Terminal) -> None:
    assert terminal.types("verify passphrase") == 1
    assert "this command can check: passphrase is neither" in terminal.err


def test_at_least_one_thing_is_looked_for(terminal: Terminal) -> None:
    assert terminal.types("find fire --limit 0 --station north") == 2
    assert "'--limit': 0 is less than 1" in terminal.err


def test_a_station_for_which_there_was_no_room_can_be_made_later(terminal: Terminal) -> None:
    init = "init north --party North --languages en --root root"
    with file_limit(64 * 1024):  # keys and letter fit, the database does not
        assert terminal.types(init) == 3
    assert "next: " in terminal.err
    assert not Path("north").exists()
    terminal.does(init)
    assert terminal.types("doctor --station north") == 1  # no path and no line yet, and else well


def test_the_console_port_is_a_setting(terminal: Terminal) -> None:
    terminal.does("init north --party North --languages en --root root --console-port 8123")
    assert Home.open(Path("north")).config.console.port == 8123


def test_a_wrong_passphrase_signs_nothing(terminal: Terminal) -> None:
    terminal.does("root new root --party North")
    Path("passphrase").write_text("four words nobody knows\n")
    assert terminal.types("init north --party North --languages en --root root") == 1
    assert "does not open" in terminal.err
    assert not Path("north").exists()
    Path("passphrase").write_bytes(b"\xff")
    assert terminal.types("init north --party North --languages en --root root") == 1
    Path("passphrase").write_text("short\n")
    assert terminal.types("root new other --party North") == 1
    assert "at least 10 characters" in terminal.err


def test_without_a_person_the_passphrase_comes_from_a_file(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARLEY_PASSPHRASE_FILE")
    assert terminal.types("root new root --party North") == 2
    assert "--passphrase-file" in terminal.err


def test_three_wrong_tries_end_and_tell_no_digits(
    terminal: Terminal, answers: Answers, tmp_path: Path
) -> None:
    found(tmp_path / "north", "North")
    letter = found(tmp_path / "south", "South").letter
    terminal.does("introduce south.letter --station south")
    wrong = "0000" + letter.digits[4:-4] + "0000"
    left = answers(wrong, "12", wrong, letter.digits)
    assert terminal.types("accept south.letter --station north") == 1
    assert left == [letter.digits]
    assert "2 tries left." in terminal.err
    assert "1 try left." in terminal.err
    assert "digits differ" in terminal.err
    assert letter.digits[10:19] not in terminal.out + terminal.err
    answers(wrong, letter.digits)
    terminal.does("accept south.letter --station north")
    answers()
    terminal.does("accept south.letter --station north")  # compared before: nothing to type


def at_a_terminal(command: list[str], talk: list[tuple[str, str]]) -> tuple[int, str]:
    """Run a verb at a terminal of its own; type each answer once its question is there."""
    ours, theirs = pty.openpty()

    def take_the_terminal() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    with subprocess.Popen(
        [sys.executable, "-m", "parley.cli.main", *command],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=take_the_terminal,
    ) as typing:
        os.close(theirs)
        told, seen, left = "", 0, list(talk)
        while True:
            try:
                told += os.read(ours, 4096).decode()
            except OSError:  # the other end is closed
                break
            if left and left[0][0] in told[seen:]:
                seen = len(told)
                os.write(ours, left.pop(0)[1].encode() + b"\n")
        typing.wait()
    os.close(ours)
    assert not left, told
    return typing.returncode, told


def test_a_person_types_what_they_hear(terminal: Terminal, tmp_path: Path) -> None:
    found(tmp_path / "north", "North")
    letter = found(tmp_path / "south", "South").letter
    terminal.does("introduce south.letter --station south")
    question, heard = "48 digits you hear", letter.digits.replace(" ", "")
    code, told = at_a_terminal(
        ["accept", "south.letter", "--station", "north"], [(question, "1234"), (question, heard)]
    )
    assert code == 0, told
    assert "these are 4" in told
    assert "The letter of South is accepted." in told


@pytest.mark.story
def test_a_person_types_a_passphrase_unseen(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PARLEY_PASSPHRASE_FILE")
    new, again = "New passphrase of the root of North", "The same again"
    making = ["root", "new", "root", "--party", "North"]
    code, told = at_a_terminal(making, [(new, PASSPHRASE), (again, "something else")])
    assert (code, "The two differ" in told) == (1, True)
    following = (f"{new}, the next one", "words for another safe")
    typed = [(new, PASSPHRASE), (again, PASSPHRASE), following, (again, "words for another safe")]
    code, told = at_a_terminal(making, typed)
    assert code == 0, told
    assert "another safe" not in told
    assert PASSPHRASE not in told
    founding = ["init", "north", "--party", "North", "--languages", "en", "--root", "root"]
    code, told = at_a_terminal(founding, [("Passphrase of the root of North", PASSPHRASE)])
    assert code == 0, told


def test_a_script_accepts_by_fingerprint(terminal: Terminal, tmp_path: Path) -> None:
    found(tmp_path / "north", "North")
    digits = found(tmp_path / "south", "South").letter.digits
    terminal.does("introduce south.letter --station south")
    told = terminal.does("accept south.letter --station north --fingerprint", digits)
    assert "No person compared its digits" in told


def test_the_typed_word_is_the_word(terminal: Terminal, answers: Answers, tmp_path: Path) -> None:
    north, south = found(tmp_path / "north", "North"), found(tmp_path / "south", "South")
    introduce(north, south)
    terminal.does("agree propose South --out blue --station north")
    answers("without")
    assert terminal.types("agree sign blue --station south") == 1
    assert "Nothing was signed" in terminal.err
    assert terminal.facts("agree list --station south")["agreements"] == []


@pytest.mark.parametrize(
    ("line", "code", "why"),
    [
        ("agree propose --out x --station north", 2, "is to a party"),
        ("agree propose South --out x --flash 5x --station north", 2, "is no time"),
        ("agree propose East --out x --station north", 1, "No letter of 'East'"),
        ("agree propose South --out nowhere/x --station north", 3, "cannot be written"),
        ("agree show nothing --station north", 3, "cannot be read"),
        ("agree show south.letter --station north", 1, "is a Parley letter of introduction"),
        ("agree list --station nowhere", 3, "There is no folder"),
        ("accept blue --station north", 1, "not a Parley letter"),
        ("root sign blue --root nowhere", 3, "cannot be opened"),
        ("root sign blue --root south-root", 1, "lacks the other"),
        ("root sign south.letter --root south-root", 1, "letter of introduction"),
        ("introduce nowhere/x --station north", 3, "cannot be written"),
        ("bearer add --station north", 2, "either listens or dials"),
        ("bearer add --listen here --station north", 2, "is not a place"),
        ("bearer add --dial [::1]:99999 --station north", 2, "no port 99999"),
        (f"bearer add --listen here:{'9' * 5000} --station north", 2, "no port 9{20}"),
        ("introduce --station .", 3, "is not the folder of a station"),
        ("root sign blue --root .", 3, "There is no root in"),
    ],
)
def test_what_goes_wrong_is_one_sentence(
    terminal: Terminal, tmp_path: Path, line: str, code: int, why: str
) -> None:
    north, south = found(tmp_path / "north", "North"), found(tmp_path / "south", "South")
    introduce(north, south)
    terminal.does("introduce south.letter --station south")
    terminal.does("agree propose South --out blue --station north")
    assert terminal.types(line) == code, terminal.err
    assert re.search(why, terminal.err), terminal.err
    assert terminal.err.count("parley: ") == 1
    assert "  next: " in terminal.err
    assert "Traceback" not in terminal.err


def test_a_secret_is_carried_to_a_meeting(terminal: Terminal, tmp_path: Path) -> None:
    north, south = found(tmp_path / "north", "North"), found(tmp_path / "south", "South")
    introduce(north, south)
    for name in ("north", "south"):
        terminal.does(f"agree secret {name}.secret --station {name}")
        assert Path(f"{name}.secret").stat().st_mode & 0o077 == 0
    told = terminal.does("agree propose South --out blue --secret --station north")
    assert "with a secret exchanged in person" in " ".join(told.split())
    assert "Caution" not in told
    for station in (south, north):
        terminal.does(f"agree sign blue --station {station.folder.name}")
        terminal.does(f"root sign blue --root {station.root.path.name}")
    assert terminal.types("agree accept blue --secret north.secret --station north") == 1
    assert "The secret that South brought" in terminal.err
    for name in ("north", "south"):
        both = "--secret north.secret --secret south.secret"
        terminal.does(f"agree accept blue {both} --station {name}")


def test_other_terms_are_shown_as_what_they_change(terminal: Terminal, tmp_path: Path) -> None:
    north, south = found(tmp_path / "north", "North"), found(tmp_path / "south", "South")
    introduce(north, south)
    terminal.does("agree propose South --out blue --name Blue --mark actual --station north")
    terminal.does("agree propose --amends blue --out other --heartbeat 30s --station south")
    told = terminal.does("agree show other --station north")
    assert "Changed since Blue of" in told
    assert "  Heartbeat: was “each station is heard at least once in 10 seconds”, is now" in told
    assert "ACTUAL: what is said on this line is meant" in told
    same = terminal.does("agree show blue --station north")
    assert "Changed since" not in same
    listed = terminal.does("agree list --station north")
    assert [line.split()[-5:-2] for line in listed.splitlines()[2:]] == [
        ["Blue", "South", "ACTUAL"]
    ]


def test_U7_a_weaker_suite_asks_for_its_word_at_the_station_and_at_the_root(
    terminal: Terminal, tmp_path: Path
) -> None:
    north, south = found(tmp_path / "north", "North"), found(tmp_path / "south", "South")
    introduce(north, south)

    def signs(paper: str, *words: str) -> None:
        typed = " ".join(f"--word {word}" for word in ("WITHOUT", *words))
        for station in (south, north):
            terminal.does(f"agree sign {paper} --station {station.folder.name} {typed}")
            terminal.does(f"root sign {paper} --root {station.root.path.name} {typed}")
        for station in (south, north):
            terminal.does(f"agree accept {paper} --station {station.folder.name}")

    told = terminal.does("agree propose South --out blue --suite 2 --station north")
    assert "suite 2: ML-KEM-1024 with P-384, Ed25519 with ML-DSA-87" in " ".join(told.split())
    signs("blue")
    assert terminal.types("agree propose South --out red --suite 3 --station north") == 2
    told = terminal.does("agree propose South --out red --name Red --station north")
    assert "Caution: Suite 1 (ML-KEM-768 with X25519, Ed25519 with ML-DSA-44) is weaker" in told
    assert terminal.types("agree sign red --station south --word WITHOUT") == 2
    assert "WEAKER" in terminal.err
    terminal.does("agree sign red --station south --word WITHOUT --word WEAKER")
    assert terminal.types("root sign red --root south-root --word WITHOUT") == 2
    assert "WEAKER" in terminal.err
    signs("red", "WEAKER")


def test_a_desk_is_named_by_its_number_or_its_name(terminal: Terminal) -> None:
    station = ("--station", str(found(terminal.folder, "North").folder))
    assert terminal.types("desk deputies Bridge", *station) == 1
    assert "`parley desk add NAME` sets one up" in terminal.err
    assert terminal.types("desk add", "Naval Staff", *station) == 0
    for desk in ("1", "Naval Staff"):
        assert terminal.types("desk deputies", desk, *station) == 0
        assert "Desk 1, Naval Staff: held by nobody" in terminal.out
    assert terminal.types("desk deputies Bridge", *station) == 1
    assert "There is no desk 'Bridge' here.\n  next: There is: 1 Naval Staff." in terminal.err


def test_a_person_is_named_by_number_or_by_name(terminal: Terminal) -> None:
    station = ("--station", str(found(terminal.folder, "North").folder))
    assert terminal.types("person add", "Rene", "releaser", *station) == 0
    for person in ("2", "Rene"):
        assert terminal.types("person link", person, *station) == 0
        assert "It seats Rene, once" in terminal.out
    assert terminal.types("person link Reno", *station) == 1
    assert "There is no person 'Reno' here.\n  next: There is: 1 operator, 2 Rene." in terminal.err
    assert terminal.types("person language Rene fr", *station) == 0
    assert terminal.types("person end Rene", *station) == 0
    assert "Rene no longer works here." in terminal.out
    assert terminal.types("person end Rene", *station) == 1


def test_the_next_step_to_a_watch_is_one_that_can_be_taken(terminal: Terminal) -> None:
    station = ("--station", str(found(terminal.folder, "North").folder))
    assert terminal.types("status", *station) == 0
    assert "taken the watch up yet; `parley desk add NAME` sets up a desk" in terminal.out
    assert terminal.types("desk add Bridge", *station) == 0
    assert terminal.types("status", *station) == 0
    assert "taken the watch up yet; `parley desk hold 1` does." in terminal.out
