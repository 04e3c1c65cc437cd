"""The house rules a program can read: directions, sizes, and rules that code and tests know."""

import ast
import re
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from tools.core_size import code_lines, imports, readings

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "parley"
CODE_LINES_MAX = 450  # what one sitting can hold
SPEC_LINES_MAX = 300
READING_LINES_MAX = 2000  # of the core: an afternoon

# Who may import whom. Every arrow points to the core; nothing points back.
MAY_IMPORT = {
    "core": {"core"},
    "evidence": {"core", "evidence"},
    "store": {"core", "store"},
    "bearers": {"core", "bearers"},
    "catalogue": {"core", "catalogue"},
    "station": {"core", "evidence", "store", "bearers", "catalogue", "station"},
    "conference": {"core", "bearers", "station", "conference"},
    "console": {"core", "store", "bearers", "catalogue", "station", "conference", "console"},
    "exercise": {
        *("core", "evidence", "store", "bearers", "catalogue", "station"),
        *("conference", "exercise"),
    },
}
MAY_IMPORT["cli"] = {*MAY_IMPORT["exercise"], "console", "cli"}

# The rooms of the station, each above those it may use. What joins them all stands outside of them.
# For annotations alone any may name `Station`: it is handed to whatever a person asks.
ROOMS = ("acts", "machine", "staff", "line", "entries", "alarms", "texts", "call", "parties")

# Core and evidence get time, chance and bytes handed in; these modules can give them neither.
CORE_MAY_IMPORT = {
    "__future__",
    "base64",
    "binascii",
    "bisect",
    "collections",
    "contextlib",
    "cryptography",
    "dataclasses",
    "datetime",
    "enum",
    "functools",
    "hashlib",
    "hmac",
    "itertools",
    "math",
    "operator",
    "parley",
    "re",
    "struct",
    "types",
    "typing",
    "unicodedata",
    "zlib",
}


def python_files(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def package_of(file: Path) -> str:
    return ".".join(("parley", *file.relative_to(SOURCE).parent.parts))


def parley_imports(file: Path) -> set[str]:
    return imports(ast.parse(file.read_text(encoding="utf-8")), package_of(file))


def test_imports_point_to_the_core() -> None:
    wrong: list[str] = []
    for file in python_files("src"):
        layer = file.relative_to(SOURCE).parts[0]
        if layer not in MAY_IMPORT:
            continue
        for name in parley_imports(file):
            package = name.removeprefix("parley.").split(".")[0]
            if package in MAY_IMPORT.keys() - MAY_IMPORT[layer] and name.startswith("parley."):
                wrong.append(f"{file.relative_to(ROOT)} imports {name}")
    assert not wrong


def test_rooms_of_the_station_use_only_those_below() -> None:
    wrong: list[str] = []
    for file in python_files(*(f"src/parley/station/{room}" for room in ROOMS)):
        tree = _WithoutTypes().visit(ast.parse(file.read_text(encoding="utf-8")))
        below = ROOMS[: ROOMS.index(file.parent.name) + 1]
        wrong += [
            f"{file.relative_to(ROOT)} imports {name}"
            for name in imports(tree, package_of(file))
            if name.startswith("parley.station.") and name.split(".")[2] not in below
        ]
    assert not wrong


class _WithoutTypes(ast.NodeTransformer):
    """A module without what it imports for its annotations alone."""

    def visit_If(self, node: ast.If) -> ast.AST | None:
        """Leaves `if TYPE_CHECKING:` out."""
        types_only = isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        return None if types_only else self.generic_visit(node)


def test_every_package_has_a_place() -> None:
    packages = {file.parent.name for file in SOURCE.glob("*/__init__.py")}
    assert packages <= MAY_IMPORT.keys()
    rooms = {file.parent.name for file in SOURCE.glob("station/*/__init__.py")}
    assert rooms == set(ROOMS)
    assert all(
        ast.get_docstring(ast.parse(file.read_text(encoding="utf-8")))
        for file in SOURCE.rglob("__init__.py")
        if file.read_text(encoding="utf-8").strip()
    )


def test_the_core_imports_only_what_is_pure() -> None:
    wrong = {
        f"{file.relative_to(ROOT)} imports {name}"
        for file in python_files("src/parley/core", "src/parley/evidence")
        for name in parley_imports(file)
        if name.split(".")[0] not in CORE_MAY_IMPORT
    }
    assert not wrong


def test_the_core_is_read_in_order_and_each_reading_in_an_afternoon() -> None:
    order = [(title, module) for title, modules in readings("core") for module in modules]
    known: list[str] = []
    for _, module in order:
        file = ROOT / "src/parley/core" / f"{module}.py"
        used = imports(ast.parse(file.read_text(encoding="utf-8")), "parley.core")
        assert used & {f"parley.core.{each}" for _, each in order} <= set(known), module
        known.append(f"parley.core.{module}")
    files = python_files("src/parley/core")
    assert sorted(known) == sorted(
        f"parley.core.{file.stem}" for file in files if file.stem != "__init__"
    )
    lines: Counter[str] = Counter()
    for title, module in order:
        source = (ROOT / "src/parley/core" / f"{module}.py").read_text(encoding="utf-8")
        lines[title] += code_lines(source)
    assert len(lines) == 3
    assert max(lines.values()) <= READING_LINES_MAX


def test_the_core_reads_no_clock() -> None:
    """`datetime` is there to write a moment in words; which moment comes in at the door."""
    wrong = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in python_files("src/parley/core", "src/parley/evidence")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today")
    ]
    assert not wrong


def test_no_file_is_too_long_to_read() -> None:
    long = {
        str(file.relative_to(ROOT)): lines
        for file in python_files("src", "tests", "tools", "bench", "vectors", "fuzz")
        if (lines := code_lines(file.read_text(encoding="utf-8"))) > CODE_LINES_MAX
    }
    assert not long


UNFINISHED = re.compile(
    "|".join(["TO" + "DO", "FIX" + "ME", "no" + "qa", "type: " + "ignore", "pragma: no " + "cover"])
    + "|Not"
    + "ImplementedError|mark\\.(skip\\b|x"
    + "fail)"
)


def test_nothing_is_marked_unfinished_or_switched_off() -> None:
    marked = [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()}"
        for file in python_files("src", "tests", "tools", "bench", "vectors", "fuzz")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if UNFINISHED.search(line)
    ]
    assert not marked


def test_the_locks_name_no_host_and_no_machine() -> None:
    for file in (ROOT / "requirements").glob("*.txt"):
        for line in file.read_text(encoding="utf-8").splitlines():
            assert not re.search(r"://|^-|^\s*-(?!-hash)|(^|\s)/", line), f"{file.name}: {line}"


# --- rules of spec/: each begins a line as `**W12.**`

RULE = re.compile(r"^\*\*([A-Z]\d{1,2})\.\*\*", re.MULTILINE)
CITED = re.compile(r"(?:\brule=\"|spec/\w+\.md,? |def test_)([A-Z]\d{1,2})(?!\d)")
OWED = re.compile(r"^Not yet found in code and tests: ([A-Z0-9, ]+)\.$", re.MULTILINE)

PAGES = sorted((ROOT / "spec").glob("*.md"))


@cache
def mentioned(folder: str) -> set[str]:
    """The rules in all Python text there, but not in this file, which explains itself by some."""
    named = re.compile(r"(?<![A-Za-z0-9])[A-Z]\d{1,2}(?!\d)")
    files = set(python_files(folder)) - {Path(__file__)}
    return {rule for file in files for rule in named.findall(file.read_text(encoding="utf-8"))}


def test_the_reading_order_of_the_core_leaves_nothing_out() -> None:
    order = (SOURCE / "core" / "__init__.py").read_text()
    files = {file.stem for file in (SOURCE / "core").glob("[a-z]*.py")}
    assert files == set(re.findall(r"`(\w+)`", order)) - {"cryptography"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_each_rule_stands_in_code_and_in_a_test(page: Path) -> None:
    """A page may name the rules it still owes; it may not owe one silently, or name one in vain."""
    text = page.read_text(encoding="utf-8")
    owed = {rule for found in OWED.findall(text) for rule in re.split(r",\s*", found)}
    missing = set(RULE.findall(text)) - (mentioned("src") & mentioned("tests"))
    assert missing <= owed, "rules of this page that code or tests do not mention"


def test_each_rule_stands_once() -> None:
    rules = [rule for page in PAGES for rule in RULE.findall(page.read_text(encoding="utf-8"))]
    assert sorted(rules) == sorted(set(rules))


def test_each_rule_cited_exists() -> None:
    rules = {rule for page in PAGES for rule in RULE.findall(page.read_text(encoding="utf-8"))}
    unknown = {
        f"{file.relative_to(ROOT)}: {rule}"
        for file in python_files("src", "tests")
        for rule in CITED.findall(file.read_text(encoding="utf-8"))
        if rule not in rules
    }
    assert not unknown


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_spec_page_can_be_read_in_one_go(page: Path) -> None:
    assert len(page.read_text(encoding="utf-8").splitlines()) <= SPEC_LINES_MAX
