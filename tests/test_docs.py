"""Whatever the docs show, runs: Python as doctests, commands at a terminal, links to files."""

import doctest
import re
from pathlib import Path

import click
import pytest

from parley.cli.main import cli
from tests.places import few
from tests.terminal_session import Session, sessions

ROOT = Path(__file__).parent.parent
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "spec").glob("*.md")])
PYTHON = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_python_blocks_of_a_page_run_as_shown(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    # Everything outside the blocks becomes empty lines, so that a failure names the page's line.
    kept = ["\n" * text.count("\n")]
    if PYTHON.search(text):
        kept, end = [], 0
        for block in PYTHON.finditer(text):
            kept += ["\n" * text.count("\n", end, block.start(1)), block.group(1)]
            end = block.end(1)
    test = doctest.DocTestParser().get_doctest("".join(kept), {}, name(page), name(page), 0)
    report: list[str] = []
    doctest.DocTestRunner(verbose=False).run(test, out=report.append)
    assert not report, "".join(report)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_of_a_page_lead_to_files(page: Path) -> None:
    links = LINK.findall(page.read_text(encoding="utf-8"))
    dead = [link for link in links if "://" not in link and not (page.parent / link).exists()]
    assert not dead


TREE = re.compile(r"^```\{toctree\}\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def test_every_page_has_its_place_in_the_book() -> None:
    """`make site` says the same, with Sphinx; this one is quick."""
    index = ROOT / "docs" / "index.md"
    trees = TREE.findall(index.read_text(encoding="utf-8"))
    entries = [line for tree in trees for line in tree.splitlines() if line and line[0] != ":"]
    found = {
        page.resolve()
        for entry in entries
        for page in (index.parent / entry).parent.glob(f"{Path(entry).name}.md")
    }
    assert len(entries) > 20
    assert all((index.parent / entry).parent.is_dir() for entry in entries)
    wanted = {page for page in PAGES if page.parent != ROOT} - {index}
    homeless = sorted(name(page) for page in wanted - found)
    assert not homeless, "give each a line in docs/index.md"


def test_words_of_the_glossary_stand_in_their_order() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = [word.casefold() for word in re.findall(r"^\*\*(.+?)\.?\*\*", text, re.MULTILINE)]
    assert len(words) > 90
    assert words == sorted(set(words))


def test_decisions_are_listed_in_their_order() -> None:
    index = ROOT / "docs" / "decisions" / "README.md"
    listed = re.findall(r"^- \[(\d{4})\]\((\1-[a-z0-9-]+\.md)\)", index.read_text(), re.MULTILINE)
    files = sorted(file.name for file in index.parent.glob("[0-9]*.md"))
    assert [file for _, file in listed] == files


FRAGMENT = re.compile(r"[1-5](\.[a-z0-9-]+)?\.(added|changed|fixed|security|protocol)\.md")


def test_fragments_of_the_changelog_are_named_by_issue_and_kind() -> None:
    names = [file.name for file in (ROOT / "changelog.d").iterdir()]
    assert not [name for name in names if not FRAGMENT.fullmatch(name)]


BEGINS = re.compile(r"^Begin with \[[^]]+\]\((\w[\w-]*\.md)\)", re.MULTILINE)


def typed_on(page: Path) -> list[tuple[str, str]]:
    """What a page has its reader type, after what another page does with which it begins."""
    text = page.read_text(encoding="utf-8")
    first = [each for name in BEGINS.findall(text) for each in typed_on(page.parent / name)]
    return first + sessions(text)


WITH_COMMANDS = sorted(
    (page for page in PAGES if typed_on(page)), key=lambda page: len(typed_on(page))
)

# The page with which everyone begins is typed as they type it, and costs as much as theirs.
AS_TYPED = "docs/start.md"


@pytest.mark.parametrize("page", few(WITH_COMMANDS, 1), ids=name)
def test_commands_of_a_page_print_what_it_shows(page: Path, tmp_path: Path) -> None:
    session = Session(tmp_path, quickly=name(page) != AS_TYPED)
    try:
        for command, printed in typed_on(page):
            session.follow(command, printed)
    finally:
        session.end()


SPAN = re.compile(r"`(parley(?: [^`\s]+)+)`")


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_command_within_a_sentence_is_one_of_ours(page: Path) -> None:
    """Blocks are run; what stands in a sentence has its verb and its options."""
    for line in SPAN.findall(page.read_text(encoding="utf-8")):
        words = line.split()[1:]
        command: click.Command = cli
        while isinstance(command, click.Group) and words and words[0][0] not in "-A…":
            found = command.get_command(click.Context(command), words.pop(0))
            assert found is not None, f"there is no `{line}`"
            command = found
        known = {name for each in command.params for name in (*each.opts, *each.secondary_opts)}
        for option in (word.split("=")[0] for word in words if word.startswith("--")):
            assert option in {*known, "--help"}, f"`{line}` has no {option}"


def test_a_target_within_a_sentence_is_one_of_the_makefile() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    for page in PAGES:
        for target in re.findall(r"`make ([a-z-]+)[^`]*`", page.read_text(encoding="utf-8")):
            assert target in targets, f"{page.name}: there is no `make {target}`"
