"""`python -m fuzz [TARGET ...]`: fuzz every target for a while, two at a time.

New inputs that reach new code are kept in .fuzz/ and are where the next run begins; --keep takes
a few of them into fuzz/corpus/. A finding is written to .fuzz/ too, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from fuzz.targets import CORPUS, TARGETS

WORK = Path(".fuzz")
SECONDS_MAX = 20  # for one input; none takes a tenth of it, but the machine may be busy
MEMORY_MB_MAX = 700  # the interpreter, everything imported and instrumented, and 300 to spare
KEPT_BYTES_MAX = 3072  # of one target's inputs in the tree
KEPT_MAX = 20  # that a run adds
AT_ONCE = 2
FOUND = re.compile(r"Test unit written to (\S+)")


@dataclass(frozen=True, slots=True)
class Run:
    """What became of one target."""

    name: str
    output: str
    code: int

    def line(self) -> str:
        """One line of the table."""
        stats = dict(re.findall(r"^stat::(\w+):\s+(\d+)", self.output, re.MULTILINE))
        reached = re.findall(r"cov: (\d+) ft: (\d+) corp: (\d+)", self.output)
        cov, _, inputs = reached[-1] if reached else ("0", "0", "0")
        tried = int(stats.get("number_of_executed_units", 0))
        rate = int(stats.get("average_exec_per_sec", 0))
        peak = stats.get("peak_rss_mb", "?")
        return (
            f"{self.name:<12} {tried:>12,} inputs {rate:>8,}/s {cov:>6} places"
            f" {inputs:>5} kept {peak:>4} MB"
        )


def fuzz(name: str, seconds: int) -> Run:
    """One target for so many seconds."""
    work = WORK / name
    work.mkdir(parents=True, exist_ok=True)
    return _run(
        name,
        f"-max_total_time={seconds}",
        f"-max_len={TARGETS[name].bytes_max}",
        f"-timeout={SECONDS_MAX}",
        f"-rss_limit_mb={MEMORY_MB_MAX}",
        f"-artifact_prefix={WORK}/{name}-",
        "-print_final_stats=1",
        str(work),
        str(CORPUS / name),
    )


def keep(name: str) -> int:
    """Take a few of what was found, of all sizes, into the tree; how many inputs there are."""
    kept, found = CORPUS / name, WORK / name
    kept.mkdir(parents=True, exist_ok=True)
    known = {each.read_bytes() for each in kept.iterdir()}
    room = KEPT_BYTES_MAX - sum(map(len, known))
    some = sorted(found.glob("*"), key=lambda each: each.stat().st_size)
    for each in some[:: max(1, len(some) // KEPT_MAX)]:
        data = each.read_bytes()
        room -= len(data)
        if room < 0:
            break
        if data not in known:
            (kept / each.name[:12]).write_bytes(data)
    return len(list(kept.iterdir()))


def _run(name: str, *arguments: str) -> Run:
    done = subprocess.run(
        [sys.executable, "-m", "fuzz.one", name, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    return Run(name, done.stdout.decode("utf-8", "replace"), done.returncode)


def main() -> int:
    """Fuzz, print, and say what was found."""
    parser = argparse.ArgumentParser(prog="python -m fuzz", description="fuzz the parsers")
    parser.add_argument("names", nargs="*", metavar="TARGET", help=f"any of {', '.join(TARGETS)}")
    parser.add_argument("--seconds", type=int, default=60, help="for each target (60)")
    parser.add_argument("--keep", action="store_true", help="take what .fuzz/ found into the tree")
    asked = parser.parse_args()
    names = asked.names or list(TARGETS)
    for name in names:
        if name not in TARGETS:
            parser.error(f"there is no target {name}; there are {', '.join(TARGETS)}")
    if importlib.util.find_spec("atheris") is None:
        print("Nothing was fuzzed: atheris is not here. `make fuzz` installs it on CPython 3.11.")
        return 0
    if asked.keep:
        for name in names:
            print(f"{name:<12} {keep(name)} inputs in {CORPUS / name}")
        return 0
    failed: list[Run] = []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for run in pool.map(lambda name: fuzz(name, asked.seconds), names):
            print(run.line(), flush=True)
            if run.code:
                failed.append(run)
    for run in failed:
        print(f"\n--- {run.name} failed (exit {run.code})\n{run.output[-4000:]}")
        for file in FOUND.findall(run.output):
            print(f"The input is {file}; again: python -m fuzz.one {run.name} {file}")
    print(f"{len(names)} targets fuzzed, {len(failed)} with findings")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
