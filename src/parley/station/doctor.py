"""Six checks that matter: folder with keys and tokens, database and its disk, clock, paths, whether
persons have compared what the lines stand on, and what browsers see.

Each says all that it found, with a sentence and a next step for each; and what one could not look
at keeps no other from looking."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parley.core.errors import ParleyError
from parley.station.acts.audit_trail import PAGE_ROWS, checked
from parley.station.acts.operations import Beside, operation
from parley.station.acts.person import Person
from parley.station.line.bearing import describe
from parley.station.line.distrust import OLDEST_CLOCK
from parley.station.line.distrust import view as clocks
from parley.station.line.lines import OpenLine, posix
from parley.station.machine.clock import SKEW_S_MAX, SYNCHRONISED, moment, stamp, synchronised
from parley.station.machine.console_certificate import examined
from parley.station.machine.folder import KEYS_NAME, Home, check_private, read_keys
from parley.station.parties import lives
from parley.station.staff.people import TOKENS, People
from parley.store.sqlite import SqliteStore
from parley.store.words import check_can_search

if TYPE_CHECKING:
    from parley.station.station import Station

Finding = dict[str, Any]
Trouble = tuple[str, str]  # a sentence and a next step

FREE_BYTES_MIN = 64 << 20  # 1,024 of the longest entries: all that may be on its way at once


@operation("doctor", roles=(), reads=True, setup=True)
def doctor(station: Station, who: Person) -> Beside:
    """Examine the station: folder and keys, database, clock, paths, letters and agreements."""
    clock = _clock(station)
    trouble = station.hardship.view(station.now)
    paths, introductions = _paths(station), _introductions(station)
    home, now, store = station.home, station.now.wall, station.store
    named = who.id and "operator" in who.roles
    tokens = [] if named else [*_found(_operators(home.path, station.people))]

    def work() -> dict[str, Any]:
        database = _database(store, home.path, trouble)
        checks = [_folder(home.path, tokens), database, clock, paths, introductions]
        checks.append(_console(home, now))
        return {"checks": checks, "ok": all(check["ok"] for check in checks)}

    return Beside(work)


def _finding(name: str, good: str, *looks: Iterator[Trouble]) -> Finding:
    """All that looks found, each by itself: the first of it, and the whole list."""
    found = list(dict.fromkeys(trouble for look in looks for trouble in _found(look)))
    sentence, hint = found[0] if found else (good, "")
    troubles = [{"sentence": sentence, "hint": hint} for sentence, hint in found]
    return {
        "name": name,
        "ok": not found,
        "sentence": sentence,
        "hint": hint,
        "troubles": troubles,
    }


def _found(look: Iterator[Trouble]) -> Iterator[Trouble]:
    """What one look found; that it could not go on is something found."""
    try:
        yield from look
    except ParleyError as error:
        yield error.sentence, error.hint
    except OSError as error:
        yield (
            f"{error.filename} cannot be examined: {error.strerror or error}.",
            "Put that right and try again; the station's own user must be able to read it.",
        )
    except sqlite3.Error as error:
        yield (
            f"The database cannot be examined: {error}.",
            "Copy the whole folder away as it is before anything else.",
        )


def _console(home: Home, now: float) -> Finding:
    good = ""

    def look() -> Iterator[Trouble]:
        nonlocal good
        good = examined(home, now)
        yield from ()

    found = _finding("console", good, look())
    return found if found["sentence"] else {**found, "sentence": good}


def _operators(folder: Path, people: People) -> Iterator[Trouble]:
    """What is wrong with the tokens by which operators act where none is given."""
    tokens = folder / TOKENS
    files = [tokens / f"{each.name}.token" for each in people.here() if "operator" in each.roles]
    there = [file for file in files if file.is_file()]
    if not there:
        yield (
            f"No token of an operator lies in {tokens}.",
            "Give it with --as where it is kept. If it is lost, stop the station and add another"
            " operator: `parley person add NAME operator`.",
        )
    for file in there:
        try:
            token = file.read_text(errors="replace").strip()
        except OSError:
            token = ""
        if people.by_token(token) is None:
            yield (
                f"The token in {file} is nobody's who works here.",
                "Put the right one back. If it is lost, stop the station and add another operator:"
                " `parley person add NAME operator`.",
            )


def _folder(folder: Path, tokens: list[Trouble]) -> Finding:
    def private(path: Path) -> Iterator[Trouble]:
        check_private(path)
        yield from ()

    def inside() -> Iterator[Trouble]:
        for path in sorted(folder.iterdir()):
            yield from _found(private(path))
        for token in sorted((folder / TOKENS).glob("*.token")):
            yield from _found(private(token))

    def keys() -> Iterator[Trouble]:
        read_keys(folder / KEYS_NAME)
        yield from ()

    return _finding(
        "folder and keys",
        "Only the station's own user can read the folder and its keys.",
        iter(tokens),
        private(folder),
        inside(),
        keys(),
    )


def _database(store: SqliteStore, folder: Path, trouble: dict[str, Any] | None) -> Finding:
    def disk() -> Iterator[Trouble]:
        if trouble:
            yield trouble["sentence"], trouble["hint"]
        free = shutil.disk_usage(folder).free
        if free < FREE_BYTES_MIN:
            yield (
                f"The disk that holds {folder} has {free // 1_000_000} MB left.",
                "Free some space on it: once it is full, nothing that comes or is written is kept.",
            )

    def whole() -> Iterator[Trouble]:
        with store.reader() as reader:
            for row in reader.sql("PRAGMA quick_check(1)"):
                if row[0] != "ok":
                    yield (
                        f"The database is damaged: {row[0]}.",
                        "Copy the whole folder away as it is before anything else.",
                    )

    def trail() -> Iterator[Trouble]:
        with store.reader() as reader:
            rows = reader.sql(
                "SELECT * FROM (SELECT * FROM trail ORDER BY id DESC LIMIT ?) ORDER BY id",
                (PAGE_ROWS,),
            )
            checked(reader, rows)
        yield from ()

    def words() -> Iterator[Trouble]:
        check_can_search()
        yield from ()

    good = "The database is whole, and the audit trail's chain holds."
    return _finding("database", good, disk(), whole(), trail(), words())


def _clock(station: Station) -> Finding:
    now = station.now.wall

    def ours() -> Iterator[Trouble]:
        if now < OLDEST_CLOCK:
            yield (
                f"This machine's clock shows {stamp(now)}, before this program was made.",
                "Set the clock; entries bear its time for good.",
            )
        drift = abs(now - station.steady())
        if drift > SKEW_S_MAX:
            yield (
                f"This machine's clock was moved by {drift:.0f} seconds since the station started.",
                "Find out who set it; the record shows both times.",
            )

    return _finding(
        "clock",
        f"The clock shows {stamp(now)} and has not jumped. {SYNCHRONISED[synchronised()]}",
        ours(),
        *(_clocks_of(station, each, now) for each in station.lines),
    )


def _clocks_of(station: Station, open_line: OpenLine, now: float) -> Iterator[Trouble]:
    """What the newest entries of a line say of both clocks, and what its older ones did."""
    for dir in (open_line.ours, open_line.theirs):
        rows = station.store.sql(
            "SELECT time, wall FROM entries WHERE line_id = ? AND inc = ? AND dir = ?"
            " ORDER BY n DESC LIMIT 1",
            (*open_line.key, dir),
        )
        if dir == open_line.ours and rows and rows[0]["wall"] > now + 1:
            yield (
                f"The newest entry of ours on {open_line.agreed.name} is of"
                f" {stamp(rows[0]['wall'])}, later than now.",
                "The clock was set back; set it right, entries bear its time for good.",
            )
        if dir == open_line.theirs and rows:
            skew = posix(rows[0]["time"]) - rows[0]["wall"]
            if skew > SKEW_S_MAX:  # early cannot be the path's fault
                yield (
                    f"The clock of {open_line.agreed.counterpart} is {skew:.0f} seconds ahead"
                    " of ours.",
                    "One of the two is wrong; ask them what theirs shows.",
                )
    for doubt in clocks(station, open_line)["doubts"]:
        yield doubt, "Ask them what their clock shows, and look at ours."


def _paths(station: Station) -> Finding:
    def of_bearers() -> Iterator[Trouble]:
        bearers = describe(station)
        if not bearers:
            yield (
                "No bearer is set up, so nothing can come or go.",
                "`parley bearer add --listen HOST:PORT` or `--dial HOST:PORT`.",
            )
        for bearer in bearers:
            for trouble in filter(None, (bearer["trouble"], bearer["dial_trouble"])):
                hint = trouble["hint"]
                if bearer["kind"] == "quic":
                    hint += " Where no UDP comes through, a bearer by TCP beside it carries on."
                yield trouble["sentence"], hint

    def of_lines() -> Iterator[Trouble]:
        for each in station.lines:
            if each.stop is None and not each.paths:
                yield (
                    f"The line {each.agreed.name} has no path to the other side now.",
                    "Start the station if it is not serving; ask the other side whether theirs is.",
                )
        for each in station.lines:
            state = station.state(each)
            if each.stop is None and each.paths and each.observe(state) == "silent":
                since = moment(station.now.wall - (state.last_heard_s or 0.0))
                yield (
                    f"The line {each.agreed.name} is connected, and nothing has been answered on it"
                    f" since {since}.",
                    "Telephone them: their station hangs, or something between swallows"
                    " everything.",
                )

    return _finding("paths", "Every line has a path to the other side.", of_bearers(), of_lines())


def _introductions(station: Station) -> Finding:
    def agreed() -> Iterator[Trouble]:
        if not station.lines:
            yield (
                "No line has been agreed yet.",
                "`parley introduce` and `parley accept` on both sides, then `parley agree`.",
            )
        for each in station.lines:
            if not each.agreed.verified:
                yield (
                    f"The line {each.agreed.name} is UNVERIFIED: its letters were not compared by"
                    " persons on both sides.",
                    "Read the 48 digits to each other, accept again, and agree anew.",
                )

    return _finding(
        "letters and agreements",
        "Every line stands on letters that persons have compared and roots stand by.",
        agreed(),
        lives.troubles(station),
    )
