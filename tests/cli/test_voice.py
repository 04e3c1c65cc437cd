"""Words on the terminal: what others wrote cannot act there, and tables stand in columns."""

import json
import time
from types import SimpleNamespace

import pytest

from parley.cli import voice
from parley.core.errors import Halted, Refused


@pytest.fixture(autouse=True)
def _nobody_asked_for_json(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command that ran before in this process may have."""
    monkeypatch.setattr(voice, "_as_json", False)


@pytest.mark.parametrize("sign", ["\x1b", "\r", "\x07", "\x7f", "\x9b", "\u202e", "\u2066"])
def test_what_others_wrote_cannot_act_on_the_terminal(sign: str) -> None:
    shown = voice.visible(f"before{sign}after")
    assert sign not in shown
    assert f"U+{ord(sign):04X}" in shown


def test_a_message_cannot_write_lines_of_ours() -> None:
    text = "We agree.\nparley: The line is verified."
    assert all(line.startswith("  | ") for line in voice.quoted(text))


def test_columns_stand_under_each_other_whatever_the_script() -> None:
    lines = voice.table([("北京", 1), ("Washington", 12)], ("party", "n"), right=(1,))
    assert lines == [
        "party        n",
        "----------  --",
        "北京         1",
        "Washington  12",
    ]


def test_an_error_is_a_sentence_and_a_next_step(capsys: pytest.CaptureFixture[str]) -> None:
    voice.trouble(Refused("line 1, character 2: a tab cannot be sent", "use spaces", "E10"))
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "parley: Line 1, character 2: a tab cannot be sent. (E10)\n  next: Use spaces.\n"
    )


def test_an_error_is_json_too_when_that_was_asked_for(
    capsys: pytest.CaptureFixture[str],
) -> None:
    voice.speak(as_json=True)
    voice.trouble(Halted("The line is halted."))
    voice.speak(as_json=False)
    told = capsys.readouterr()
    assert json.loads(told.out)["error"]["exit"] == 4
    assert told.err.startswith("parley: The line is halted.")


def test_what_takes_longer_than_a_second_says_how_far_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr(voice, "time", SimpleNamespace(monotonic=lambda: now[0]))
    with voice.Progress("Checking", "MB") as progress:
        for now[0], done in ((100.9, 1), (101.0, 2000), (101.1, 2001), (106.0, 5000)):
            progress(done, 9000)
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == "Checking: 2,000 of 9,000 MB\nChecking: 5,000 of 9,000 MB\n"


def test_whoever_waits_for_longer_than_a_second_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PROGRESS_AFTER_S", "PROGRESS_EVERY_S"):
        assert 0 < getattr(voice, name) <= 1
        monkeypatch.setattr(voice, name, 0.01)
    with voice.patience("Waiting for the station"):
        pass
    assert capsys.readouterr().err == ""
    told, ends = "", time.monotonic() + 20
    with voice.patience("Waiting for the station"):
        while "Waiting for the station: 0 s\n" not in told:
            assert time.monotonic() < ends
            told += capsys.readouterr().err
            time.sleep(0.01)


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.04, "0.0 s"), (61.2, "61 s"), (754, "12 min 34 s"), (7 * 3600, "7 h 00 min")],
)
def test_stretches_of_time(value: float, words: str) -> None:
    assert voice.seconds(value) == words
