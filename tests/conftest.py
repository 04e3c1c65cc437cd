"""What every test may ask for, and the word about those that could not run."""

import gc
import os
import shutil
import signal
import subprocess
from collections.abc import Generator
from pathlib import Path

import hypothesis
import pytest

from parley.exercise.pair import Pair

# The machine is shared, so a slow example is not a failure; which examples are tried is left to
# pytest-randomly's seed, which a failing run prints.
hypothesis.settings.register_profile("parley", deadline=None)
hypothesis.settings.load_profile("parley")

# Whoever starts the tests in the background of a shell has them ignore Ctrl-C, and all that they
# start; but some of them press it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A test that waits for what never comes must fail by its name, not stop all others. Far above what
# any takes on a busy machine; the long proofs keep their own time.
TEST_S_MAX = 240
AGAIN_S = 30  # something may have caught the first one; what it had open is closed meanwhile
_running = False  # a test, and not what pytest does around it


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Interrupt a test that never ends."""
    if item.get_closest_marker("proof"):
        return (yield)

    def too_long(number: int, frame: object) -> None:
        # While a report is made it would end the whole run.
        if _running:
            raise TimeoutError(f"{item.nodeid} took more than {TEST_S_MAX} s")

    before = signal.signal(signal.SIGALRM, too_long)
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """It may be interrupted from here on; each try has its own time."""
    _begin(item)
    return (yield from _interruptible())


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_call() -> Generator[None, None, None]:
    """And here."""
    return (yield from _interruptible())


@pytest.hookimpl(wrapper=True, trylast=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None, None, None]:
    """And here: who was interrupted has time to close what it had open."""
    _begin(item)
    return (yield from _interruptible())


def _begin(item: pytest.Item) -> None:
    if not item.get_closest_marker("proof"):
        signal.setitimer(signal.ITIMER_REAL, TEST_S_MAX, AGAIN_S)


def _interruptible() -> Generator[None, None, None]:
    global _running
    _running = True
    try:
        return (yield)
    finally:
        _running = False


# The same names, in the same order, as tools/chromium.
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")
SHELL_NAME = "chromium-headless-shell"


def find_browser(*names: str | None) -> Path | None:
    """The first that starts, or None; Ubuntu's placeholder for the snap does not start."""
    for name in names:
        found = shutil.which(name) if name else None
        if found and subprocess.run([found, "--version"], capture_output=True).returncode == 0:
            return Path(found)
    return None


NAMED = os.environ.get("PARLEY_CHROMIUM")
CHROMIUM = find_browser(NAMED, *CHROMIUM_NAMES)
# The same pages in half the processor time, without a window; it has no camera.
SHELL = CHROMIUM if NAMED else find_browser(SHELL_NAME) or CHROMIUM
NO_CHROMIUM = "no Chromium here; `make chromium` says why, PARLEY_CHROMIUM=/path names one"


NPM = shutil.which("npm")
NO_NPM = "no npm here: axe-core did not read the pages"


@pytest.fixture(scope="session")
def chromium() -> Path:
    """The browser for tests marked `browser`; they start it with --no-sandbox when root."""
    assert CHROMIUM is not None, "a test that uses this fixture is marked `browser`"
    return CHROMIUM


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two stations with a line, made once; tests take a copy (tests/stations.py)."""
    return Pair.make(tmp_path_factory.mktemp("made"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip what needs a browser or npm where there is none; the closing lines say why.

    And try once more what several processes and a browser play in real time (decision 0049).
    """
    for item in items:
        if item.get_closest_marker("browser") or item.get_closest_marker("story"):
            item.add_marker(pytest.mark.flaky(reruns=1))
    if CHROMIUM is None:
        for item in items:
            if item.get_closest_marker("browser"):
                item.add_marker(pytest.mark.skipif(True, reason=NO_CHROMIUM))
    if NPM is None:
        for item in items:
            if item.get_closest_marker("npm"):
                item.add_marker(pytest.mark.skipif(True, reason=NO_NPM))


def pytest_collection_finish() -> None:
    """What was imported and collected is not looked through again whenever garbage is: that took a
    quarter of a second for each test of a bearer, which looks for what is left open."""
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name what was skipped even under `-q`, so that a green run does not claim too much.

    And say how to have a red one again, and what was red at first.
    """
    for report in terminalreporter.stats.get("rerun", []):
        terminalreporter.write_line(f"failed at first, and was tried again: {report.nodeid}")
        terminalreporter.write_line(report.longreprtext)
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        seed = terminalreporter.config.getoption("randomly_seed", None)  # without the plugin: none
        terminalreporter.write_line(f"the same order again: pytest --randomly-seed={seed}")
    skipped = terminalreporter.stats.get("skipped", [])
    reasons = sorted({str(report.longrepr[2]) for report in skipped if report.longrepr})
    for reason in reasons:
        terminalreporter.write_line(f"skipped: {reason.removeprefix('Skipped: ')}")
        for report in skipped:
            if report.longrepr and str(report.longrepr[2]) == reason:
                terminalreporter.write_line(f"  {report.nodeid}")
