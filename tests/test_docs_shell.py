"""The `sh` blocks of the docs are run, as a reader types them: each has its test here.

Of README's block the first line is run here, the second and third where a clone is made and where
the Makefile is tried (`test_clean_clone.py`, `test_make.py`): both take the line from the page.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.shell_blocks import ROOT, blocks, environment, newcomers
from tests.test_docs import PAGES, name

SET_UP = ROOT / ".venv" / ".set-up"
RUN_S_MAX = 600.0


def typed(script: str, folder: Path) -> str:
    """What a shell prints that is given these lines; it stops at the first that fails."""
    kept = {key: value for key, value in environment().items() if not key.startswith("PARLEY")}
    done = subprocess.run(
        ["bash", "-euo", "pipefail"],
        input=script,
        cwd=folder,
        env=kept,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=RUN_S_MAX,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_such_block_is_run_by_a_test_of_these() -> None:
    found = {name(page): len(blocks(page)) for page in PAGES if blocks(page)}
    assert found == {
        "README.md": 1,
        "docs/start.md": 1,
        "docs/signing-in.md": 1,
        "docs/replay.md": 1,
    }, "a new block needs a test here"


@pytest.mark.skipif(not SET_UP.exists(), reason="`make setup` was not run here, and takes minutes")
def test_start_leads_to_an_empty_folder_with_our_parley_at_hand(tmp_path: Path) -> None:
    """The rest of that page is typed where this leaves its reader (`test_docs.py`)."""
    (block,) = blocks(ROOT / "docs" / "start.md")
    folder = tmp_path / "line"
    assert "/tmp/line" in block
    script = block.replace("/tmp/line", str(folder))
    printed = typed(f"{script}pwd\ncommand -v parley\nparley --version\nls -A\n", ROOT)
    place, program, version = printed.splitlines()[-3:]
    assert (place, program) == (str(folder), str(ROOT / ".venv" / "bin" / "parley"))
    assert version.startswith("parley")


def test_signing_in_begins_in_an_empty_folder(tmp_path: Path) -> None:
    (block,) = blocks(ROOT / "docs" / "signing-in.md")
    assert "/tmp/desk" in block
    script = block.replace("/tmp/desk", str(tmp_path / "desk"))
    assert typed(f"{script}pwd\nls -A\n", tmp_path) == f"{tmp_path / 'desk'}\n"


def test_replay_puts_a_new_table_into_readme(tmp_path: Path) -> None:
    """In a folder that has what the line names; of the exchange of 1967 no text is in this tree."""
    (block,) = blocks(ROOT / "docs" / "replay.md")
    said = {"text": "Are your ships moving?", "language": "en", "precedence": "FLASH"}
    message = {"sender": "North", "receiver": "South", "date": "5 June", **said}
    (tmp_path / "1967-direct-line.json").write_text(json.dumps({"messages": [message]}))
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "between.py", tmp_path / "tools")
    shutil.copy(ROOT / "README.md", tmp_path)
    path = f"export PATH={Path(sys.executable).parent}:$PATH\n"
    typed(path + block, tmp_path)
    before, old, after = (ROOT / "README.md").read_text(encoding="utf-8").split("<!-- replay -->")
    first, new, last = (tmp_path / "README.md").read_text(encoding="utf-8").split("<!-- replay -->")
    assert (first, last) == (before, after)
    rows = [line for line in new.splitlines() if line.startswith("| 1 ")]
    assert [row.split(" | ")[1:5] for row in rows] == [["5 June", "North", "FLASH", "4"]]
    assert next(line for line in new.splitlines() if "together" in line) in old


@pytest.mark.proof
@pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("apt-get") is None,
    reason="the first line of README wants to be root, on a system with apt-get",
)
def test_what_is_missing_is_installed() -> None:
    packages, _, _ = newcomers()
    typed(packages, ROOT)
    typed("command -v make\npython3 -m venv --help\n", ROOT)
