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
import gc
import importlib.abc
import importlib.util
import inspect
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, partial
from hashlib import sha256
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import CodeType, FunctionType, ModuleType
from typing import Any

import pytest
from coverage import Coverage
from hypothesis import HealthCheck, Phase, settings

from tools.mistakes import ROOT, SOURCES, Mutant, mutants

# What these and their tests import, once for all forks.
for each in ("cbor2", "cryptography.hazmat.primitives.hpke", "hypothesis.strategies"):
    importlib.import_module(each)

TESTS = [
    *sorted((ROOT / "tests" / "core").glob("*.py")),
    *sorted((ROOT / "tests" / "evidence").glob("*.py")),
    ROOT / "tests" / "test_vectors.py",
]
RUNS = [file for file in TESTS if file.name.startswith("test_")]
REACH = ROOT / ".mutants" / "reach.json"
LEDGER = ROOT / "docs" / "mutants.md"
SCORE_MIN = 0.95
# Seconds are those of the processor: how busy the machine is may not decide what is killed.
PATIENCE = 10  # a mutant may take so many times as long as its tests do without it
PATIENCE_S_MIN = 20.0
WAITS = 30  # and the clock may show so many times that, for one that waits and does nothing
AT_ONCE = 2
FAILED, GONE = 99, 98  # GONE: the function is not kept anywhere
TESTS_S_MAX = 8.0  # of tests for one mutant, those of its own file first, then the quickest
MORE_TESTS_S_MAX = 60.0  # for one that lives through these and has no reason in the ledger


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
    plain += ["--import-mode=importlib", "--assert=plain", "-p", "no:cacheprovider", *arguments]
    return int(pytest.main(plain, plugins=list(plugins)))


def _fork(work: Callable[[], int], patience_s: float | None = None) -> int:
    """Do some work in a process of its own, which exits with what it returns; its number."""
    child = os.fork()
    if child:
        return child
    code = FAILED
    try:
        os.setsid()
        if patience_s is not None:
            resource.setrlimit(resource.RLIMIT_CPU, (int(patience_s), int(patience_s) + 5))
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
        """Run the tests of the core; an earlier run of a file counts while nothing has changed."""
        shared = sha256()
        for file in [*SOURCES.values(), *(file for file in TESTS if file not in RUNS)]:
            shared.update(file.read_bytes())
        now = {
            str(file.relative_to(ROOT)): sha256(shared.digest() + file.read_bytes()).hexdigest()
            for file in RUNS
        }
        kept: dict[str, Any] = json.loads(REACH.read_text()) if REACH.exists() else {}
        known = kept.get("of", {})
        if known != now:
            stale = [file for file in now if known.get(file) != now[file]]
            print(f"running {len(stale)} files of tests, to see what each reaches", flush=True)
            child = _fork(lambda: _measure(now, stale, kept))
            while (code := _ended(child, time.monotonic() + 1)) is None:
                time.sleep(0.05)
            kept = json.loads(REACH.read_text()) if REACH.exists() else {}
            if code or kept.get("of") != now:
                sys.exit("the tests of the core fail without any mutant")
        return cls(kept["seconds"], kept["lines"])

    def tests(self, module: str, mutant: Mutant, at_most_s: float) -> tuple[list[str], float]:
        """The tests that may notice a mutant, and how long they take together."""
        lines = self._lines.get(module, {})
        first, last = mutant.statement.lineno, mutant.statement.end_lineno or 0
        found = {test for line in range(first, last + 1) for test in lines.get(str(line), ())}
        if not found:
            # It is carried out as the module is read, whoever does that. A test that only looks
            # at what came of it reaches no line, and may be the one that notices.
            naming = _naming(module)
            found = {test for known in lines.values() for test in known}
            found |= {test for test in self._seconds if test.partition("::")[0] in naming}
        chosen: list[str] = []
        total = 0.0
        for test in sorted(
            found, key=lambda test: (not _is_own(module, test), self._seconds[test], test)
        ):
            if chosen and total + self._seconds[test] > at_most_s:
                continue
            chosen.append(test)
            total += self._seconds[test]
        return chosen, total


def _is_own(module: str, test: str) -> bool:
    """Whether a test is of a file that is about the module."""
    return re.search(rf"/test_{module}(_\w+)?\.py::", test) is not None


@cache
def _naming(module: str) -> frozenset[str]:
    """The files of tests that name a module."""
    name = re.compile(rf"\bparley\.{SOURCES[module].parent.name}\.{module}\b")
    return frozenset(
        str(file.relative_to(ROOT))
        for file in RUNS
        if name.search(file.read_text(encoding="utf-8"))
    )


def _measure(now: dict[str, str], stale: list[str], kept: dict[str, Any]) -> int:
    """In a fork: what every test of some files reaches, into a file beside what is known."""

    def stands(test: str) -> bool:
        file = test.partition("::")[0]
        return file in now and file not in stale

    seconds = {test: took for test, took in kept.get("seconds", {}).items() if stands(test)}
    lines: dict[str, dict[str, set[str]]] = {
        module: {line: set(filter(stands, tests)) for line, tests in reached.items()}
        for module, reached in kept.get("lines", {}).items()
    }
    coverage = Coverage(
        data_file=None,
        config_file=False,
        source=sorted({str(file.parent) for file in SOURCES.values()}),
    )

    class Watch:
        """Tells the measurement which test is running, and takes its time."""

        def pytest_runtest_logstart(self, nodeid: str) -> None:
            name = nodeid.partition("[")[0]
            coverage.switch_context(name)
            seconds[name] = seconds.get(name, 0.0) - time.process_time()

        def pytest_runtest_logfinish(self, nodeid: str) -> None:
            seconds[nodeid.partition("[")[0]] += time.process_time()

    code = 0
    if stale:
        coverage.start()
        code = _pytest(*stale, plugins=[Watch()])
        coverage.stop()
        data = coverage.get_data()
        for file in data.measured_files():
            module = lines.setdefault(Path(file).stem, {})
            for line, tests in data.contexts_by_lineno(file).items():
                module.setdefault(str(line), set()).update(set(tests) & seconds.keys())
    if not code:
        REACH.parent.mkdir(exist_ok=True)
        plain = {
            module: {line: sorted(tests) for line, tests in reached.items()}
            for module, reached in lines.items()
        }
        REACH.write_text(json.dumps({"of": now, "seconds": seconds, "lines": plain}))
    return code


def _tried_anew(
    module: str, tree: ast.Module, chosen: Sequence[Mutant], reach: Reach
) -> Iterator[Mutant]:
    """Those that live though everything is read anew for each, also what is done once."""
    waiting = list(reversed(chosen))
    running: dict[int, tuple[Mutant, float]] = {}

    def attempt(mutant: Mutant, tests: list[str]) -> int:
        mutant.swap()
        code = compile(ast.fix_missing_locations(tree), f"{module}.py", "exec")
        sys.meta_path.insert(0, _Loader(module, code))
        own = [test for test in tests if _is_own(module, test)]
        others = [test for test in tests if test not in own]
        # The others' files are not even read where a test of its own fails, as most do.
        return (_pytest("-x", *own) if own else 0) or (_pytest("-x", *others) if others else 0)

    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            mutant = waiting.pop()
            tests, seconds = reach.tests(module, mutant, TESTS_S_MAX)
            patience_s = max(PATIENCE_S_MIN, PATIENCE * seconds)
            child = _fork(partial(attempt, mutant, tests), patience_s)
            running[child] = (mutant, time.monotonic() + WAITS * patience_s)
        for child, (mutant, deadline) in list(running.items()):
            code = _ended(child, deadline)
            if code is not None:
                del running[child]
            if code == 0:
                yield mutant
        time.sleep(0.005)


def differing(old: CodeType, new: CodeType) -> list[tuple[CodeType, CodeType]] | None:
    """The functions that differ between two readings of a module; None where more than they do."""

    def plain(code: CodeType) -> list[Any]:
        consts = [
            None if isinstance(each, CodeType) else (type(each), repr(each))
            for each in code.co_consts
        ]
        return [code.co_code, code.co_names, code.co_varnames, code.co_freevars, consts]

    if plain(old) != plain(new):
        return None
    found: list[tuple[CodeType, CodeType]] = []
    for was, now in zip(old.co_consts, new.co_consts, strict=True):
        if not isinstance(was, CodeType) or was == now:
            continue
        if was.co_flags & inspect.CO_OPTIMIZED:
            if was.co_freevars != now.co_freevars:
                return None
            found.append((was, now))
            continue
        within = differing(was, now)  # a class
        if within is None:
            return None
        found += within
    return found


@dataclass(frozen=True, slots=True)
class _Job:
    """A mutant within functions: their code as it is and as it becomes, and the tests to try."""

    index: int
    functions: list[tuple[CodeType, CodeType]]
    tests: list[str]
    patience_s: float


class _InPlace:
    """A plug-in that tries mutants in forks of one run, instead of running the tests once."""

    def __init__(self, jobs: Sequence[_Job], told: int) -> None:
        self._jobs = jobs
        self._told = told  # a pipe, for "index code"

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Instead of the loop: all jobs, some at once."""
        items: dict[str, list[pytest.Item]] = {}
        for item in session.items:
            items.setdefault(item.nodeid.partition("[")[0], []).append(item)
        waiting, running = list(reversed(self._jobs)), dict[int, tuple[_Job, float]]()
        while waiting or running:
            while waiting and len(running) < AT_ONCE:
                job = waiting.pop()
                chosen = [item for test in job.tests for item in items.get(test, ())]
                child = _fork(partial(self._try, session, chosen, job), job.patience_s)
                running[child] = (job, time.monotonic() + WAITS * job.patience_s)
            for child, (job, deadline) in list(running.items()):
                code = _ended(child, deadline)
                if code is not None:
                    del running[child]
                    os.write(self._told, f"{job.index} {code}\n".encode())
            time.sleep(0.005)
        return True

    def _try(self, session: pytest.Session, items: list[pytest.Item], job: _Job) -> int:
        for old, new in job.functions:
            live = [
                each
                for each in gc.get_objects()
                if isinstance(each, FunctionType) and each.__code__ == old
            ]
            if not live:
                return GONE
            for function in live:
                function.__code__ = new
        for item, following in zip(items, [*items[1:], None], strict=True):
            session.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            if session.testsfailed:
                return FAILED
        return 0


def survivors(
    module: str, tree: ast.Module, chosen: Sequence[Mutant], reach: Reach, reasons: set[str]
) -> Iterator[Mutant]:
    """Those mutants that no test notices.

    To read the tests costs more than to run them. So mistakes within functions are tried in forks
    of one run, each of which exchanges a function's code. What lives and has no reason is tried
    with more tests, and then once more with everything read anew, as all other mistakes are.
    """
    source = compile(tree, f"{module}.py", "exec")
    jobs: list[_Job] = []
    anew: list[Mutant] = []
    for index, mutant in enumerate(chosen):
        undo = mutant.swap()
        functions = differing(
            source, compile(ast.fix_missing_locations(tree), f"{module}.py", "exec")
        )
        undo()
        if not functions:
            anew.append(mutant)
            continue
        tests, seconds = reach.tests(module, mutant, TESTS_S_MAX)
        if mutant.words() not in reasons:
            more, seconds = reach.tests(module, mutant, MORE_TESTS_S_MAX)
            tests += [test for test in more if test not in tests]
        jobs.append(_Job(index, functions, tests, max(PATIENCE_S_MIN, PATIENCE * seconds)))
    if jobs:
        files = sorted({test.partition("::")[0] for job in jobs for test in job.tests})
        ours, told = os.pipe()
        child = _fork(lambda: _pytest(*files, plugins=[_InPlace(jobs, told)]))
        os.close(told)
        count = 0
        with os.fdopen(ours) as lines:
            for line in lines:
                index, code = map(int, line.split())
                count += 1
                mutant = chosen[index]
                if code == GONE or (code == 0 and mutant.words() not in reasons):
                    anew.append(mutant)
                elif code == 0:
                    yield mutant
        os.waitpid(child, 0)
        if count != len(jobs):
            sys.exit(f"the tests of {module} could not be read")
    yield from _tried_anew(module, tree, anew, reach)


# --- the ledger


def known() -> set[str]:
    """The survivors that docs/mutants.md gives a reason for."""
    text = LEDGER.read_text(encoding="utf-8") if LEDGER.exists() else ""
    rows = text.replace('"', "'").splitlines()  # as in the words of a mutant
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
        for mutant in survivors(name, tree, found, reach, reasons):
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
