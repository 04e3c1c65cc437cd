"""The figures that the pages for people give are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from parley.bearers.streams import SILENCE_MS_MAX
from parley.catalogue import call_events, chat, comparing, drawing
from parley.console import hearing
from parley.core import entry, heads, rekeying, seal, speaking
from parley.core import hearing as core_hearing
from parley.core.terms import Terms
from parley.evidence import attached
from parley.exercise.scenarios import SCENARIOS
from parley.station.alarms import escalation, overdue
from parley.station.call import calls, echo, minutes, rehearsed, series
from parley.station.doctor import FREE_BYTES_MIN
from parley.station.entries import files, quoting
from parley.station.line import delegating, evidence, figures, lines, schedule
from parley.station.machine import outside
from parley.station.machine.config import Config
from parley.station.staff import factors, gate, sessions, turned
from parley.station.texts import chat as chatting
from parley.station.texts import chronicle, critical, drafts

DOCS = Path(__file__).parent.parent / "docs"
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
NUMBERS = dict(enumerate((*WORDS, "eleven", "twelve")))
ARGON = factors._HASHER
CONFIG = Config()
# The letters of a wall of 3,840 pixels, and how small they may become.
STATIC = DOCS.parent / "src" / "parley" / "console" / "static"
_SIZE = re.search(r"clamp\(100%, ([\d.]+)vw, 400%\)", (STATIC / "parts.css").read_text())
_LEAST = re.search(r"LEAST = ([\d.]+)", (STATIC / "wall.js").read_text())
assert _SIZE is not None
assert _LEAST is not None
WALL_PX, WALL_LEAST = int(3840 * float(_SIZE[1]) / 100), float(_LEAST[1])


def of(name: str) -> float:
    """What a line has where its agreement says nothing."""
    value = Terms.__dataclass_fields__[name].default
    assert isinstance(value, int | float)
    return value


def mib(count: float) -> int:
    assert count % (1 << 20) == 0
    return int(count) >> 20


def minutes_of(seconds: float) -> int:
    assert seconds % 60 == 0
    return int(seconds) // 60


TOLD = {
    "../README": (f"at every boundary of {len(SCENARIOS)} scenarios",),
    "simulation": (f"are {len(SCENARIOS)} short calm stories",),
    "known-limits": (
        f"after {of('rekey_entries')} entries or an hour",
        f"each piece of {mib(evidence.PIECE_CHARACTERS)} MiB has a row",
        f"({mib(ARGON.memory_cost << 10)} MiB, {ARGON.time_cost} passes,"
        f" {ARGON.parallelism} lanes)",
        f"up to {heads.BOTH_ENTRIES} entries or {heads.BOTH_S:.0f} s later",
        f"{of('window'):,} entries and, below FLASH, {speaking.IN_FLIGHT_BYTES_MAX:,} bytes",
        f"the last {speaking.FLASH_PLACES} places are for FLASH",
        f"the last {core_hearing.CIPHERTEXTS_REMEMBERED} of a kind",
        f"{lines.SILENT_AFTER_HEARTBEATS} heartbeats",
        f"is found dead after {SILENCE_MS_MAX // 1000} s",
        f"at most {entry.TEXT_BYTES_MAX:,} bytes of text",
        f"{NUMBERS[attached.FILES_MAX]} attachments of {mib(attached.FILE_BYTES_MAX)} MiB each,"
        f" {mib(attached.FILES_BYTES_MAX)} MiB together",
        f"with {drawing.MEMORY_BYTES_MAX >> 30} GiB and {drawing.CPU_S_MAX} s",
        f"{NUMBERS[files.UNRECEIPTED_MAX]} pieces of {attached.PIECE_BYTES_MAX >> 10} KiB",
        f"Of open drafts the newest {drafts.LISTED_MAX}",
        f"the newest {calls.KEPT_MAX} requests and {calls.KEPT_MAX} openings",
        f"kept over the newest {minutes.KEPT_MAX}",
        f"the first {comparing.FIGURES_MAX} of each kind are compared",
        f"the first {critical.LOOKED_AT_MAX:,} characters",
        f"more than {quoting.RECENT} lines ago",
        f"{call_events.PAGES_MAX} pages at most send",
        f"the newest {figures.MESSAGES_MAX:,} messages",
        f"rings for {hearing.TOLD_S_MAX:.0f} seconds",
        f"page *Overdue* {'fifty' if overdue.SHOWN_MAX == 50 else overdue.SHOWN_MAX}",
        f"ends after {chronicle.ROWS_MAX} messages, a day after {chronicle.DAY_ROWS_MAX:,} entries",
        "half a minute later its old secret" if turned.GRACE_S == 30 else "",
        "wait a minute at most" if gate.WAIT_S_MAX == 60 else "",
        "After 2²⁰ entries under one epoch" if seal.CHAIN_STEPS_MAX == 1 << 20 else "",
        "One that comes 2¹⁵ entries late" if rekeying.STEPS_AT_ONCE == 1 << 15 else "",
        f"the worst needs {seal.CHAIN_STEPS_MAX // rekeying.STEPS_AT_ONCE} heartbeats",
    ),
    "threat-model": (f"no more than {echo.BYTES_S * 8 // 10**6} Mbit/s",),
    "guides/engineer": (f"less than {FREE_BYTES_MIN / 1e6:.0f} MB left",),
    "signing-in": (
        f"at least {NUMBERS[factors.PASSWORD_CHARACTERS_MIN]} characters",
        f"After {NUMBERS[gate.ALARM_TRIES]} failed tries",
        f"older than {NUMBERS[CONFIG.sign_in.proof_minutes]} minutes",
        f"after {NUMBERS[CONFIG.sign_in.session_hours]} hours in any case",
        "After half an hour without" if CONFIG.sign_in.idle_minutes == 30 else "",
        "within the hour" if sessions.LINK_MINUTES == 60 else "",
    ),
    "wall": (
        f"are {WALL_PX} px high with one line, and at least {WALL_PX * WALL_LEAST:.0f} with six",
        f"{NUMBERS[minutes_of(escalation.AFTER_S)]} minutes later a **web address**",
        f"Each call has {outside.LIMIT_S:.0f} seconds",
        f"once more after {escalation.RETRY_S:.0f} seconds",
    ),
    "testing-the-line": (
        f"within {minutes_of(schedule.WITHIN_S)} minutes (`--test-window`)",
        f"answers within {minutes_of(schedule.WITHIN_S)} minutes (`--test-answer`)",
        "asked an hour before" if schedule.ASKED_BEFORE_S == 3_600 else "",
    ),
    "chat": (
        f"at most {chat.CHAT_BYTES_MAX:,} bytes",
        f"{chatting.WAITING_MAX} lines at most",
        f"newest {quoting.RECENT} lines",
        f"{NUMBERS[quoting.RUN].capitalize()} signs".lower(),
    ),
    "watch": (
        f"after {delegating.DAYS_MAX} days at the latest",
        "ten minutes after their start" if CONFIG.watch.late_minutes == 10 else "",
    ),
    "calls": (
        f"Within {rehearsed.AHEAD_S // 3600} hours of its time",
        "From a quarter of an hour before" if series.REMIND_S == 900 else "",
    ),
    "attachments": (f"up to {NUMBERS[attached.FILES_MAX]} attachments",),
}


@pytest.mark.parametrize("page", TOLD)
def test_figures_of_a_page_are_those_of_the_code(page: str) -> None:
    text = re.sub(r"\s+", " ", (DOCS / f"{page}.md").read_text(encoding="utf-8"))
    for told in TOLD[page]:
        assert told, "the code has another figure than this page"
        assert told in text
