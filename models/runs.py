"""What is run, within which bounds, and what must fail.

A run with a mutant leaves one rule out and must fail by the property named: a model in which
nothing can go wrong would prove nothing.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Run:
    """One model within one set of bounds."""

    name: str
    model: str  # the page, without .tla
    bounds: dict[str, str]  # constants; Mutant is "none" unless given
    invariants: str = ""
    eventually: str = ""  # a property over whole behaviours; costs more
    fails: str = ""  # what must be found violated; empty: nothing is


LINE = "Prefix Receipted Openable TwoEpochs Gated Seen JointOrder NeverStopped"
LIFE = "OnePast NothingLost Noticed"
RECORD = "NoFork Computed Proof Bound"


def line(
    name: str,
    entries: tuple[int, int],
    epochs: tuple[int, int],
    *,
    window: int = 2,
    flight: int = 1,
    mutant: str = "none",
    invariants: str = LINE,
    settled: bool = False,
    fails: str = "",
) -> Run:
    """A run of Line.tla."""
    counts = (*entries, *epochs, window, flight)
    bounds = dict(zip(("N0", "N1", "E0", "E1", "W", "Flight"), map(str, counts), strict=True))
    bounds |= {"Opened": "1", "Listed": "1", "Mutant": f'"{mutant}"'}
    return Run(name, "Line", bounds, invariants, "Settled" if settled else "", fails)


def life(
    name: str,
    entries: tuple[int, int],
    lives: int,
    restores: str = "{0}",
    *,
    planned: bool = False,
    mutant: str = "none",
    invariants: str = LIFE,
    again: bool = False,
    fails: str = "",
) -> Run:
    """A run of Life.tla."""
    bounds = {"N0": str(entries[0]), "N1": str(entries[1]), "MaxInc": str(lives)}
    bounds |= {"Restores": restores, "Planned": str(planned).upper(), "Mutant": f'"{mutant}"'}
    return Run(name, "Life", bounds, invariants, "Again" if again else "", fails)


def record(
    name: str, size: int, *, restores: bool = False, mutant: str = "none", fails: str = ""
) -> Run:
    """A run of Record.tla."""
    bounds = {"Size": str(size), "Words": "{1, 2}", "Restores": str(restores).upper()}
    return Run(name, "Record", bounds | {"Mutant": f'"{mutant}"'}, fails or RECORD, "", fails)


def suspension(
    name: str, acts: int, *, mutant: str = "none", invariants: str = "", fails: str = ""
) -> Run:
    """A run of Suspension.tla."""
    bounds = {"Acts": str(acts), "Mutant": f'"{mutant}"'}
    return Run(name, "Suspension", bounds, fails or SUSPENSION, "", fails)


SUSPENSION = "SameState Respected LiftedByBoth Final"

SMALL = (
    line("rekeying on an idle line, to the end", (0, 0), (2, 1), settled=True),
    line("two rekeys under traffic", (2, 0), (2, 0)),
    line("entries that cross", (2, 2), (0, 0)),
    line("a rekey with entries that cross it", (2, 1), (1, 0)),
    life("one restored station, and back to work", (1, 0), 2, again=True),
    life("restored in the middle of a planned RESUME", (0, 0), 3, planned=True, again=True),
    record("a writer that lies", 3),
    record("a writer that lies, a reader restored and said to be", 2, restores=True),
    suspension("suspending, testing, closing, crossing", 2),
)

MUTANTS = (
    line("says under an epoch not yet accepted", (1, 0), (1, 0), mutant="no gate",
         invariants="Openable", fails="Openable"),
    line("erases an epoch when the next begins", (1, 0), (1, 0), mutant="erased at once",
         invariants="Openable", fails="Openable"),
    line("erases an epoch before its last entry", (1, 0), (1, 0), mutant="erased too early",
         invariants="Openable", fails="Openable"),
    line("erases an epoch only by an entry of the next", (0, 0), (2, 0),
         mutant="erased by an entry", settled=True, fails="Settled"),
    line("does not seal PREKEYS anew after a switch", (0, 0), (2, 1), mutant="prekeys not anew",
         settled=True, fails="Settled"),
    line("takes a prekey a second time", (0, 0), (2, 0), mutant="a prekey twice",
         fails="NeverStopped"),
    line("halts on a list with a prekey already used", (0, 0), (2, 0), mutant="used id halts",
         fails="NeverStopped"),
    life("does not halt", (1, 0), 2, mutant="no halt", fails="Noticed"),
    life("forgets a root for a size not yet reached", (1, 0), 2, mutant="root forgotten",
         fails="Noticed"),
    life("begins anew without the lost entries", (1, 0), 2, mutant="no supply",
         invariants="NothingLost", fails="NothingLost"),
    life("ends an incarnation before an OPEN binds the next", (1, 0), 3, planned=True,
         mutant="ended by RESUME", invariants="OnePast", fails="OnePast"),
    life("passes over a RESUME that contradicts", (0, 0), 3, planned=True,
         mutant="contradiction ignored", again=True, fails="Again"),
    life("both restored to one moment (line.md, not handled)", (1, 0), 2, "{0, 1}",
         invariants="NothingLost", fails="NothingLost"),
    record("cosigns a root it did not compute", 2, mutant="signs their root", fails="NoFork"),
    record("cosigns again what was supplied", 2, restores=True,
           mutant="cosigns what was supplied", fails="NoFork"),
    record("restored and not said (known-limits.md)", 2, restores=True,
           mutant="restored unsaid", fails="NoFork"),
    suspension("a test lifts what it had not seen", 3, mutant="test unseen", fails="LiftedByBoth"),
    suspension("one side lifts alone", 3, mutant="one lifts", fails="LiftedByBoth"),
    suspension("says on after closing", 3, mutant="says on", fails="Final"),
)  # fmt: skip

LARGE = (
    line("two STATUS under way", (1, 1), (1, 0), flight=2),
    line("crossing rekeys with crossing entries", (1, 1), (1, 1)),
    line("two rekeys each way on an idle line, to the end", (0, 0), (2, 2), settled=True),
    line("three entries, two rekeys", (3, 0), (2, 0), window=3),
    line("two rekeys, entries both ways", (2, 1), (2, 1)),
    life("restored in the middle of a planned RESUME, with entries", (1, 0), 3, planned=True),
    life("two writers, one restored", (1, 1), 2),
    life("more to lose", (2, 1), 2),
    record("longer logs", 4),
    record("longer logs, a reader restored and said to be", 3, restores=True),
    suspension("more acts", 3),
)  # fmt: skip
