"""A test that never ends fails by its name, and the others run all the same."""

import re
import subprocess
import sys
from pathlib import Path

ENDLESS = """
import time

def test_endless():
    while True:
        try:
            time.sleep(60)
        finally:
            time.sleep(0.2)

def test_next():
    pass
"""
# Interrupted so often that it is done, too, while pytest makes the report of the first.
RUN = """
import sys, pytest
from tests import conftest
conftest.TEST_S_MAX, conftest.AGAIN_S = 1.0, 0.001
options = ["-q", "-p", "no:cacheprovider", "--randomly-dont-reorganize", "--rootdir", sys.argv[1]]
sys.exit(pytest.main([*options, sys.argv[1]], plugins=[conftest]))
"""


def test_who_never_ends_is_interrupted_and_no_other(tmp_path: Path) -> None:
    (tmp_path / "test_two.py").write_text(ENDLESS)
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path)],
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
    )
    assert "INTERNALERROR" not in done.stdout + done.stderr
    assert "1 failed, 1 passed" in done.stdout
    assert "test_endless took more than" in done.stdout
    # The closing lines say how to have the same order again; pytest takes what they say.
    ((option, seed),) = re.findall(r"^the same order again: pytest (\S+=)(\d+)$", done.stdout, re.M)
    again = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", option + seed, str(tmp_path)],
        capture_output=True,
        text=True,
    )
    assert f"Using --randomly-seed={seed}\n" in again.stdout, again.stderr
