"""Figures, their spread, and the machine they were taken on."""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

LATEST = Path(__file__).parent / "latest.json"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table."""

    name: str
    value: float
    unit: str
    aim: str = ""
    note: str = ""

    def line(self) -> str:
        """The figure as the table shows it."""
        return f"{self.name:<46} {self.value:>12,.3f} {self.unit:<6} {self.aim:<12} {self.note}"


def percentile(values: Sequence[float], percent: float) -> float:
    """The value that `percent` of `values` do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(percent * len(ordered) / 100), 1) - 1]


def spread(name: str, values: Sequence[float], unit: str, aims: tuple[str, str]) -> list[Figure]:
    """Median and 99th percentile of a series."""
    note = f"of {len(values)}"
    return [
        Figure(f"{name}, p50", statistics.median(values), unit, aims[0], note),
        Figure(f"{name}, p99", percentile(values, 99), unit, aims[1], note),
    ]


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "processor": model,
        "cores": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "cryptography": version("cryptography"),
        "parley": version("parley"),
        "load before": os.getloadavg()[0],
    }


def publish(figures: Sequence[Figure], facts: dict[str, Any]) -> None:
    """Print the table and leave it as JSON beside this file."""
    for name, value in facts.items():
        print(f"{name:<16}{value}")
    print(f"\n{'figure':<46} {'value':>12} {'unit':<6} {'aim':<12}")
    for figure in figures:
        print(figure.line())
    LATEST.write_text(
        json.dumps({"machine": facts, "figures": [asdict(f) for f in figures]}, indent=1) + "\n"
    )
