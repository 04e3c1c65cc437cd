"""Mutation testing of core and evidence: is there a test that fails for every small mistake?

`python -m tools.mutants [MODULE ...]` makes one mistake at a time in a module and runs
the tests that are its own. A mutant that no test notices has survived. Those that make no
difference, or none that matters, stand in docs/mutants.md with the reason; any other fails the run.

Each mutant is tried in a fork of a process that has imported everything but them, so that it
costs little more than its tests; mutants never touch a file.
"""

from __future__ import annotations

import argparse
import ast
import importlib.abc
import importlib.util
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, Phase, settings

# What these and their tests import, once for all forks.
for each in ("cbor2", "cryptography.hazmat.primitives.hpke", "hypothesis.strategies"):
    importlib.import_module(each)

ROOT = Path(__file__).parent.parent
SOURCES = {
    file.stem: file
    for package in ("core", "evidence")
    for file in sorted((ROOT / "src" / "parley" / package).glob("*.py"))
    if file.stem != "__init__"
}
REACH = ROOT / ".mutants" / "reach.json"
LEDGER = ROOT / "docs" / "mutants.md"
SCORE_MIN = 0.95
PATIENCE = 10  # a mutant may take so many times as long as its tests do without it
PATIENCE_S_MIN = 20.0
AT_ONCE = 2
FAILED = 99
TESTS_S_MAX = 8.0  # of tests for one mutant, those of its own file first, then the quickest

COMPARED: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
COMPUTED: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
}


@dataclass(frozen=True, slots=True)
class Mutant:
    """One mistake: what stands in a field of a node, and what stands there instead."""

    holder: ast.AST
    field: str
    index: int | None  # in a list
    new: Any
    statement: ast.stmt
    where: str  # module and function

    def swap(self) -> Callable[[], None]:
        """Make the mistake; call what comes back to undo it."""
        old = getattr(self.holder, self.field)
        if self.index is None:
            setattr(self.holder, self.field, self.new)
            return lambda: setattr(self.holder, self.field, old)
        was = old[self.index]
        old[self.index] = self.new
        return lambda: old.__setitem__(self.index, was)

    def words(self) -> str:
        """How the ledger names it: the statement as it was and as it became."""
        before = _line(self.statement)
        undo = self.swap()
        # A statement that is dropped has become another one.
        whole = self.new if isinstance(self.new, ast.stmt) else self.statement
        after = _line(whole)
        undo()
        return f"{self.where}: {before} → {after}"


def _line(statement: ast.stmt) -> str:
    """A statement in one line; of one that has a body, its head."""
    text = ast.unparse(statement)
    if isinstance(statement, ast.FunctionDef | ast.ClassDef | ast.If | ast.For | ast.While):
        text = text[: text.index(":\n") + 1] if ":\n" in text else text
    return re.sub(r"\s+", " ", text)


class _Finder(ast.NodeVisitor):
    """Walks a module and notes every mistake that can be made in it."""

    def __init__(self, module: str) -> None:
        self.found: list[Mutant] = []
        self._names = [module]
        self._statement: ast.stmt = ast.Pass()

    def _note(self, holder: ast.AST, field: str, new: Any, index: int | None = None) -> None:
        where = ".".join(self._names)
        self.found.append(Mutant(holder, field, index, new, self._statement, where))

    def visit(self, node: ast.AST) -> None:
        """Visit a node, then what is in it."""
        before = self._statement
        if isinstance(node, ast.stmt):
            self._statement = node
        super().visit(node)
        self._statement = before

    def generic_visit(self, node: ast.AST) -> None:
        """Statements that can be dropped and conditions that can be turned, then all below."""
        for name, value in ast.iter_fields(node):
            if name in ("annotation", "returns", "decorator_list", "type_params", "bases"):
                continue
            if isinstance(value, list):
                for index, item in enumerate(value):
                    if isinstance(item, ast.stmt):
                        self._drop(node, name, index, item)
                    if isinstance(item, ast.AST):
                        self._field(node, name, index, item)
            elif isinstance(value, ast.AST):
                self._field(node, name, None, value)

    def _field(self, node: ast.AST, name: str, index: int | None, item: ast.AST) -> None:
        if name == "test" and isinstance(item, ast.Name | ast.Attribute | ast.Call):
            self._note(node, name, ast.UnaryOp(ast.Not(), item), index)
        if isinstance(item, ast.UnaryOp) and isinstance(item.op, ast.Not):
            self._note(node, name, item.operand, index)
        self.visit(item)

    def _drop(self, node: ast.AST, name: str, index: int, item: ast.stmt) -> None:
        before, self._statement = self._statement, item
        docstring = isinstance(item, ast.Expr) and isinstance(item.value, ast.Constant)
        if isinstance(item, ast.Expr | ast.AugAssign | ast.Delete | ast.Raise) and not docstring:
            self._note(node, name, ast.Pass(), index)
        self._statement = before

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Name what is within."""
        self._names.append(node.name)
        self.generic_visit(node)
        self._names.pop()

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        """Name what is within."""
        self._names.append(node.name)
        self.generic_visit(node)
        self._names.pop()

    def visit_Import(self, node: ast.Import) -> None:
        """Nothing to change."""

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        """Nothing to change."""

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        """The annotation says nothing at run time."""
        if node.value is not None:
            self._field(node, "value", None, node.value)

    def visit_Expr(self, node: ast.Expr) -> None:
        """A docstring is for people."""
        if not isinstance(node.value, ast.Constant):
            self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        """The sentences of an error are for people; its rule and its conditions are not."""
        if isinstance(node.exc, ast.Call):
            for keyword in node.exc.keywords:
                if keyword.arg == "rule":
                    self.visit(keyword)

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Only what is put into a text, not the text."""
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                self._field(part, "value", None, part.value)

    def visit_Constant(self, node: ast.Constant) -> None:
        """Another number, another text, the other truth."""
        value = node.value
        if isinstance(value, bool):
            self._note(node, "value", not value)
        elif isinstance(value, int):
            self._note(node, "value", value + 1)
        elif isinstance(value, str) and " " not in value:  # with a space it is for people
            self._note(node, "value", value + "x")
        elif isinstance(value, bytes):
            self._note(node, "value", value + b"x")

    def visit_Compare(self, node: ast.Compare) -> None:
        """The border on the other side, or the contrary."""
        for index, op in enumerate(node.ops):
            self._note(node, "ops", COMPARED[type(op)](), index)
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        """The neighbouring operation."""
        other = COMPUTED.get(type(node.op))
        if other is not None:
            self._note(node, "op", other())
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        """The neighbouring operation."""
        other = COMPUTED.get(type(node.op))
        if other is not None:
            self._note(node, "op", other())
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        """Or for and."""
        self._note(node, "op", ast.And() if isinstance(node.op, ast.Or) else ast.Or())
        self.generic_visit(node)

    def visit_Return(self, node: ast.Return) -> None:
        """Nothing, where something was given."""
        nothing = isinstance(node.value, ast.Constant) and node.value.value is None
        if node.value is not None and not nothing:
            self._note(node, "value", ast.Constant(None))
            self._field(node, "value", None, node.value)

    def visit_Call(self, node: ast.Call) -> None:
        """The first two arguments exchanged."""
        plain = not any(isinstance(argument, ast.Starred) for argument in node.args[:2])
        if len(node.args) >= 2 and plain:
            first, second, *rest = node.args
            if ast.dump(first) != ast.dump(second):
                self._note(node, "args", [second, first, *rest])
        self.generic_visit(node)


def mutants(module: str) -> tuple[ast.Module, list[Mutant]]:
    """A module of the core as a tree, and every mistake that can be made in it."""
    tree = ast.parse(SOURCES[module].read_text(encoding="utf-8"))
    finder = _Finder(module)
    finder.visit(tree)
    return tree, finder.found


# --- trying one


class _Loader(importlib.abc.InspectLoader, importlib.abc.MetaPathFinder):
    """Gives a mutated module instead of the file."""

    def __init__(self, module: str, code: CodeType) -> None:
        self._name = f"parley.{SOURCES[module].parent.name}.{module}"
        self._code = code

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """For that one name only."""
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self)

    def get_source(self, fullname: str) -> str | None:
        """There is none."""
        return None

    def get_code(self, fullname: str) -> CodeType:
        """The mutated code."""
        return self._code

    def exec_module(self, module: ModuleType) -> None:
        """Run it."""
        exec(self._code, module.__dict__)


def _pytest(*arguments: str, plugins: Sequence[object] = ()) -> int:
    """Run tests without the project's settings and plug-ins: they cost time, and change nothing."""
    # The same examples for every mutant, and no time spent on making a failure small.
    settings.register_profile(
        "mutants",
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )
    settings.load_profile("mutants")
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    plain = ["-q", "-c", os.devnull, "--rootdir", str(ROOT), "--noconftest", "-m", "not proof"]
    plain += ["--import-mode=importlib", "-p", "no:cacheprovider", *arguments]
    return int(pytest.main(plain, plugins=list(plugins)))


def _fork(work: Callable[[], int]) -> int:
    """Do some work in a process of its own, which exits with what it returns; its number."""
    child = os.fork()
    if child:
        return child
    code = FAILED
    try:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        code = work()
    finally:
        os._exit(code)


def _ended(child: int, deadline: float) -> int | None:
    """The exit code of a child, None while it runs; it has until the deadline."""
    ended, status = os.waitpid(child, os.WNOHANG)
    if ended:
        return abs(os.waitstatus_to_exitcode(status))
    if time.monotonic() < deadline:
        return None
    os.killpg(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return FAILED


class Reach:
    """Which tests reach which line, and how long each takes."""

    def __init__(self, seconds: dict[str, float], lines: dict[str, dict[str, list[str]]]) -> None:
        self._seconds = seconds  # by test
        self._lines = lines  # by module and line

    @classmethod
    def measured(cls) -> Reach:
        """Run all tests of the core once; an earlier run counts while no file has changed."""
        tests = [
            *(ROOT / "tests" / "core").glob("*.py"),
            *(ROOT / "tests" / "evidence").glob("*.py"),
        ]
        files = sorted([*SOURCES.values(), *tests])
        now = sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
        kept: dict[str, Any] = json.loads(REACH.read_text()) if REACH.exists() else {}
        if kept.get("of") != now:
            print("running the tests of the core once, to see what each reaches", flush=True)
            REACH.unlink(missing_ok=True)
            child = _fork(lambda: _measure(now))
            while (code := _ended(child, time.monotonic() + 1)) is None:
                time.sleep(0.05)
            if code or not REACH.exists():
                sys.exit("the tests of the core fail without any mutant")
            kept = json.loads(REACH.read_text())
        return cls(kept["seconds"], kept["lines"])

    def tests(self, module: str, mutant: Mutant) -> tuple[list[str], float]:
        """The tests that may notice a mutant, and how long they take together."""
        lines = self._lines.get(module, {})
        first, last = mutant.statement.lineno, mutant.statement.end_lineno or 0
        found = {test for line in range(first, last + 1) for test in lines.get(str(line), ())}
        own = f"test_{module}.py"
        if not found:  # it is carried out as the module is read, whoever does that
            found = {test for known in lines.values() for test in known}
        chosen: list[str] = []
        total = 0.0
        for test in sorted(found, key=lambda test: (own not in test, self._seconds[test], test)):
            if chosen and total + self._seconds[test] > TESTS_S_MAX:
                continue
            chosen.append(test)
            total += self._seconds[test]
        return chosen, total


def _measure(of: str) -> int:
    """In a fork: what every test of the core reaches, into a file."""
    seconds: dict[str, float] = {}
    coverage = Coverage(
        data_file=None,
        config_file=False,
        source=sorted({str(file.parent) for file in SOURCES.values()}),
    )

    class Watch:
        """Tells the measurement which test is running."""

        def pytest_runtest_setup(self, item: pytest.Item) -> None:
            coverage.switch_context(item.nodeid.partition("[")[0])

        def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
            name = report.nodeid.partition("[")[0]
            seconds[name] = seconds.get(name, 0.0) + report.duration

    coverage.start()
    code = _pytest("tests/core", "tests/evidence", "tests/test_vectors.py", plugins=[Watch()])
    coverage.stop()
    data = coverage.get_data()
    lines = {}
    for file in data.measured_files():
        reached = data.contexts_by_lineno(file)
        lines[Path(file).stem] = {
            str(line): sorted(set(tests) & seconds.keys()) for line, tests in reached.items()
        }
    if not code:
        REACH.parent.mkdir(exist_ok=True)
        REACH.write_text(json.dumps({"of": of, "seconds": seconds, "lines": lines}))
    return code


def survivors(
    module: str, tree: ast.Module, chosen: Sequence[Mutant], reach: Reach
) -> Iterator[Mutant]:
    """Those mutants that no test notices."""
    waiting = list(reversed(chosen))
    running: dict[int, tuple[Mutant, float]] = {}

    def attempt(mutant: Mutant, tests: list[str]) -> int:
        mutant.swap()
        code = compile(ast.fix_missing_locations(tree), f"{module}.py", "exec")
        sys.meta_path.insert(0, _Loader(module, code))
        return _pytest("-x", *tests)

    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            mutant = waiting.pop()
            tests, seconds = reach.tests(module, mutant)
            child = _fork(partial(attempt, mutant, tests))
            patience_s = max(PATIENCE_S_MIN, PATIENCE * seconds)
            running[child] = (mutant, time.monotonic() + patience_s)
        for child, (mutant, deadline) in list(running.items()):
            code = _ended(child, deadline)
            if code is not None:
                del running[child]
            if code == 0:
                yield mutant
        time.sleep(0.005)


# --- the ledger


def known() -> set[str]:
    """The survivors that docs/mutants.md gives a reason for."""
    rows = LEDGER.read_text(encoding="utf-8").splitlines() if LEDGER.exists() else []
    return {row.removeprefix("| `` ").split(" `` |")[0] for row in rows if row.startswith("| `` ")}


def changed(since: str) -> list[str]:
    """The modules of the core that differ from a commit; none where there is no such commit."""
    ran = subprocess.run(
        ["git", "diff", "--name-only", since, "--", *map(str, SOURCES.values())],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    return [Path(name).stem for name in ran.stdout.splitlines() if (ROOT / name).exists()]


def main() -> int:
    """Try them, print the table, and say which survivors nobody has looked at."""
    parser = argparse.ArgumentParser(prog="python -m tools.mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="all if none")
    parser.add_argument("--changed", metavar="COMMIT", help="only modules changed since COMMIT")
    parser.add_argument("--at-most", type=int, default=0, help="mutants of each module, spread")
    asked = parser.parse_args()
    names = asked.modules or sorted(SOURCES)
    if asked.changed is not None:
        names = [name for name in names if name in changed(asked.changed)]
    if not names:
        print("no module of the core has changed")
        return 0
    reach = Reach.measured()
    reasons, total, lived, strange = known(), 0, 0, 0
    for name in names:
        tree, found = mutants(name)
        if asked.at_most and len(found) > asked.at_most:
            found = found[:: -(-len(found) // asked.at_most)]
        began, alive = time.monotonic(), 0
        for mutant in survivors(name, tree, found, reach):
            words = mutant.words()
            alive += 1
            if words not in reasons:
                strange += 1
                print(f"survived: {words}", flush=True)
        took = time.monotonic() - began
        killed = len(found) - alive
        print(f"{name:<12}{killed:>6} of {len(found):>4} killed, {took:.0f} s", flush=True)
        total, lived = total + len(found), lived + alive
    score = 1 - lived / total if total else 1.0
    print(f"{total - lived} of {total} mutants killed, {score:.1%}; {strange} without a reason")
    return 1 if strange or score < SCORE_MIN else 0


if __name__ == "__main__":
    sys.exit(main())
