"""Six checks that matter, each with a sentence and a next step: folder with keys and tokens,
database and its disk, clock, paths, whether persons have compared what the lines stand on, and what
browsers see."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from parley.core.errors import ParleyError
from parley.station.acts.audit_trail import PAGE_ROWS, checked
from parley.station.acts.operations import Beside, operation
from parley.station.acts.person import Person
from parley.station.line.bearing import describe
from parley.station.line.distrust import OLDEST_CLOCK
from parley.station.line.distrust import view as clocks
from parley.station.line.lines import posix
from parley.station.machine.clock import SKEW_S_MAX, SYNCHRONISED, moment, stamp, synchronised
from parley.station.machine.console_certificate import examined
from parley.station.machine.folder import KEYS_NAME, Home, check_private, read_keys
from parley.station.parties import lives
from parley.station.staff.people import TOKENS, People
from parley.store.reading import Reader
from parley.store.words import check_can_search

if TYPE_CHECKING:
    from parley.station.station import Station

Finding = dict[str, Any]

FREE_BYTES_MIN = 64 << 20  # 1,024 of the longest entries: all that may be on its way at once


@operation("doctor", roles=(), reads=True, setup=True)
def doctor(station: Station, who: Person) -> Beside:
    """Examine the station: folder and keys, database, clock, paths, letters and agreements."""
    before = [_clock(station)]
    trouble = station.hardship.view(station.now)
    after = [_paths(station), _introductions(station)]
    home, now = station.home, station.now.wall
    tokens = None if "operator" in who.roles and who.id else _operators(home.path, station.people)

    def work() -> dict[str, Any]:
        with station.store.reader() as reader:
            found = [_folder(home.path, tokens), _database(reader, home.path, trouble)]
        checks = [*found, *before, *after, _console(home, now)]
        return {"checks": checks, "ok": all(check["ok"] for check in checks)}

    return Beside(work)


def _finding(name: str, ok: bool, sentence: str, hint: str = "") -> Finding:
    return {"name": name, "ok": ok, "sentence": sentence, "hint": hint}


def _examined(name: str, good: str, check: Callable[[], None]) -> Finding:
    try:
        check()
    except ParleyError as error:
        return _finding(name, False, error.sentence, error.hint)
    return _finding(name, True, good)


def _console(home: Home, now: float) -> Finding:
    try:
        return _finding("console", True, examined(home, now))
    except ParleyError as error:
        return _finding("console", False, error.sentence, error.hint)


def _operators(folder: Path, people: People) -> ParleyError | None:
    """What is wrong with the tokens by which operators act where none is given."""
    tokens = folder / TOKENS
    files = [tokens / f"{each.name}.token" for each in people.here() if "operator" in each.roles]
    there = [file for file in files if file.is_file()]
    if not there:
        return ParleyError(
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
            return ParleyError(
                f"The token in {file} is nobody's who works here.",
                "Put the right one back. If it is lost, stop the station and add another operator:"
                " `parley person add NAME operator`.",
            )
    return None


def _folder(folder: Path, tokens: ParleyError | None) -> Finding:
    def check() -> None:
        if tokens is not None:
            raise tokens
        check_private(folder)
        for inside in sorted(folder.iterdir()):
            check_private(inside)
        for token in (folder / TOKENS).glob("*.token"):
            check_private(token)
        read_keys(folder / KEYS_NAME)

    return _examined(
        "folder and keys", "Only the station's own user can read the folder and its keys.", check
    )


def _database(reader: Reader, folder: Path, trouble: dict[str, Any] | None) -> Finding:
    def check() -> None:
        if trouble:
            raise ParleyError(trouble["sentence"], trouble["hint"])
        free = shutil.disk_usage(folder).free
        if free < FREE_BYTES_MIN:
            raise ParleyError(
                f"The disk that holds {folder} has {free // 1_000_000} MB left.",
                "Free some space on it: once it is full, nothing that comes or is written is kept.",
            )
        problems = [row[0] for row in reader.sql("PRAGMA quick_check(1)") if row[0] != "ok"]
        if problems:
            raise ParleyError(
                f"The database is damaged: {problems[0]}.",
                "Copy the whole folder away as it is before anything else.",
            )
        rows = reader.sql(
            "SELECT * FROM (SELECT * FROM trail ORDER BY id DESC LIMIT ?) ORDER BY id", (PAGE_ROWS,)
        )
        checked(reader, rows)
        check_can_search()

    return _examined("database", "The database is whole, and the audit trail's chain holds.", check)


def _clock(station: Station) -> Finding:
    now = station.now.wall
    if now < OLDEST_CLOCK:
        return _finding(
            "clock",
            False,
            f"This machine's clock shows {stamp(now)}, before this program was made.",
            "Set the clock; entries bear its time for good.",
        )
    drift = abs(now - station.steady())
    if drift > SKEW_S_MAX:
        return _finding(
            "clock",
            False,
            f"This machine's clock was moved by {drift:.0f} seconds since the station started.",
            "Find out who set it; the record shows both times.",
        )
    for open_line in station.lines:
        for dir in (open_line.ours, open_line.theirs):
            rows = station.store.sql(
                "SELECT time, wall FROM entries WHERE line_id = ? AND inc = ? AND dir = ?"
                " ORDER BY n DESC LIMIT 1",
                (*open_line.key, dir),
            )
            if dir == open_line.ours and rows and rows[0]["wall"] > now + 1:
                return _finding(
                    "clock",
                    False,
                    f"The newest entry of ours is of {stamp(rows[0]['wall'])}, later than now.",
                    "The clock was set back; set it right, entries bear its time for good.",
                )
            if dir == open_line.theirs and rows:
                skew = posix(rows[0]["time"]) - rows[0]["wall"]
                if skew > SKEW_S_MAX:  # early cannot be the path's fault
                    return _finding(
                        "clock",
                        False,
                        f"The clock of {open_line.agreed.counterpart} is {skew:.0f} seconds ahead"
                        " of ours.",
                        "One of the two is wrong; ask them what theirs shows.",
                    )
        for doubt in clocks(station, open_line)["doubts"]:
            return _finding(
                "clock", False, doubt, "Ask them what their clock shows, and look at ours."
            )
    return _finding(
        "clock",
        True,
        f"The clock shows {stamp(now)} and has not jumped. {SYNCHRONISED[synchronised()]}",
    )


def _paths(station: Station) -> Finding:
    bearers = describe(station)
    if not bearers:
        return _finding(
            "paths",
            False,
            "No bearer is set up, so nothing can come or go.",
            "`parley bearer add --listen HOST:PORT` or `--dial HOST:PORT`.",
        )
    for bearer in bearers:
        trouble = bearer["trouble"] or bearer["dial_trouble"]
        if trouble:
            hint = trouble["hint"]
            if bearer["kind"] == "quic":
                hint += " Where no UDP comes through, a bearer by TCP beside it carries on."
            return _finding("paths", False, trouble["sentence"], hint)
    dark = [each.agreed.name for each in station.lines if not each.paths and each.stop is None]
    if dark:
        return _finding(
            "paths",
            False,
            f"The line {dark[0]} has no path to the other side now.",
            "Start the station if it is not serving; ask the other side whether theirs is.",
        )
    for each in station.lines:
        state = station.state(each)
        if each.stop is None and each.paths and each.observe(state) == "silent":
            since = moment(station.now.wall - (state.last_heard_s or 0.0))
            return _finding(
                "paths",
                False,
                f"The line {each.agreed.name} is connected, and nothing has been answered on it"
                f" since {since}.",
                "Telephone them: their station hangs, or something between swallows everything.",
            )
    return _finding("paths", True, "Every line has a path to the other side.")


def _introductions(station: Station) -> Finding:
    name = "letters and agreements"
    if not station.lines:
        return _finding(
            name,
            False,
            "No line has been agreed yet.",
            "`parley introduce` and `parley accept` on both sides, then `parley agree`.",
        )
    for open_line in station.lines:
        agreed = open_line.agreed
        if not agreed.verified:
            return _finding(
                name,
                False,
                f"The line {agreed.name} is UNVERIFIED: its letters were not compared by persons"
                " on both sides.",
                "Read the 48 digits to each other, accept again, and agree anew.",
            )
    found = lives.trouble(station)
    if found is not None:
        return _finding(name, False, *found)
    return _finding(
        name, True, "Every line stands on letters that persons have compared and roots stand by."
    )
