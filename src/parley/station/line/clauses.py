"""What people read of an agreement, and the words they type before they sign a weak one.

Everything is made from the map alone, by one table of clauses: the text (`render`), and what a
new agreement changes (`difference`). Two agreements that read the same differ in nothing but what
people cannot judge: nonce and prekeys. Source: spec/identity.md I19, I20.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from parley.core.agreement import Agreement
from parley.core.entry import Precedence, Status
from parley.core.errors import Misused, Refused
from parley.core.identity import digits


def render(agreement: Agreement) -> str:
    """The agreement in plain words (I20)."""
    title = f"AGREEMENT ON A DIRECT LINE ({agreement.mark.name})\n"
    body = "".join(_paragraph(title, words(agreement)) for title, words in CLAUSES)
    foot = f"\nSHA-256 of this agreement: {agreement.hash.hex()}\n"
    return f"{title}\n{body}{foot if agreement.complete else ''}"


def difference(old: Agreement, new: Agreement) -> list[str]:
    """What `new` changes, in plain sentences; empty when people would read the same (I20)."""
    found = []
    for title, words in CLAUSES:
        before, after = words(old), words(new)
        if before != after:
            found.append(f"{title}: was “{before}”, is now “{after}”.")
    return found


def cautions(agreement: Agreement, suite_before: int = 1) -> list[Caution]:
    """What weakens the line so much that a person types a word before signing (I19, U7)."""
    found = [] if agreement.psk0 else [NO_SECRET]
    if agreement.deniable:
        found.append(NO_PROOF)
    if agreement.suite < suite_before:
        found.append(_weaker(agreement.suite, suite_before))
    return found


def check_words(agreement: Agreement, typed: Collection[str], suite_before: int = 1) -> None:
    """Refuse unless every caution's word was typed (I19)."""
    for caution in cautions(agreement, suite_before):
        if caution.word not in typed:
            raise Refused(caution.sentence, f"type {caution.word} to sign it nevertheless", "I19")


@dataclass(frozen=True, slots=True)
class Caution:
    """A weakness that a person must have read: they type its word before anything is signed."""

    word: str
    sentence: str


NO_SECRET = Caution(
    "WITHOUT",
    "no secret exchanged in person protects this line: whoever breaks its key exchange one day"
    " can read what was recorded of it",
)


NO_PROOF = Caution(
    "DENIABLE",
    "the record of this line proves nothing to anybody but the two parties: not to a court, not to"
    " an inquiry, not to an ally; each can deny what it said, and write what the other did not say",
)


def _weaker(suite: int, before: int) -> Caution:
    return Caution(
        "WEAKER",
        f"suite {suite} ({SUITES[suite]}) is weaker than suite {before} ({SUITES[before]}), which"
        " stood before",
    )


# What people read of a suite; the hashes and what seals a message are the same in both.
SUITES = {
    1: "ML-KEM-768 with X25519, Ed25519 with ML-DSA-44",
    2: "ML-KEM-1024 with P-384, Ed25519 with ML-DSA-87",
}


def span(seconds: int) -> str:
    """A length of time in words: 600 is 10 minutes."""
    for unit, name in ((86_400, "day"), (3_600, "hour"), (60, "minute"), (1, "second")):
        if seconds % unit == 0 and seconds:
            count = seconds // unit
            return f"{count:,} {name}{'' if count == 1 else 's'}"
    return "no time"


def _compared(a: Agreement) -> str:
    if all(a.compared):
        return "a person of each party compared the digits of the other"
    pairs = zip(a.parties, reversed(a.parties), a.compared, strict=True)
    missing = [
        f"nobody of {who} compared the digits of {whose}" for who, whose, done in pairs if not done
    ]
    return f"{' and '.join(missing)}, so the line is UNVERIFIED"


def _tests(a: Agreement) -> str:
    often = f"at least one in {span(a.test_s)}" if a.test_s else "none agreed"
    every, within, answer = a.testing
    if every:
        often = (
            f"every {span(every)} by the clock of UTC, in turns: the even ones by A, the odd ones"
            f" by B, each called within {span(within)} and answered within {span(answer)}; and"
            f" {often if a.test_s else 'no other'}"
        )
    return f"{often}. {a.tests}" if a.tests else often


def _suspension(a: Agreement) -> str:
    flash, notice_s = a.suspending
    words = [a.suspension or ("" if flash or notice_s else "no terms agreed")]
    words += ["FLASH passes in suspension."] if flash else []
    words += [f"Takes effect {span(notice_s)} after notice at the earliest."] if notice_s else []
    return "\n".join(filter(None, words))


def shown_across_a_gap(least: object) -> int:
    """Key 29 from the word a person gives (spec/display.md G1)."""
    try:
        return int(Precedence[str(least)]) if least != "NONE" else 0
    except KeyError as error:
        raise Misused(
            f"{least!r:.40} is no precedence.", "It is NONE, PRIORITY, IMMEDIATE or FLASH."
        ) from error


def _display(a: Agreement) -> str:
    if not a.provisional:
        return "every entry is shown in its turn"
    above = "" if a.provisional == Precedence.FLASH else " and above"
    return (
        f"{Precedence(a.provisional).name}{above} is shown at once, PROVISIONAL, while what was"
        " said before it is still missing"
    )


def _two(a: Agreement, pair: tuple[str, ...]) -> str:
    return "; ".join(
        f"{party}: {words or 'nothing agreed'}"
        for party, words in zip(a.parties, pair, strict=True)
    )


CLAUSES: tuple[tuple[str, Callable[[Agreement], str]], ...] = (
    ("Line", lambda a: f"{a.name}; level: {a.level}; number {a.line_id.hex()[:8]}"),
    ("A", lambda a: f"{a.parties[0]}, {digits(a.fingerprints[0])}"),
    ("B", lambda a: f"{a.parties[1]}, {digits(a.fingerprints[1])}"),
    ("Comparison", _compared),
    (
        "Mark",
        lambda a: (
            "ACTUAL: what is said on this line is meant"
            if a.mark == Status.ACTUAL
            else "EXERCISE: nothing said on this line is meant"
        ),
    ),
    ("Made", lambda a: datetime.fromtimestamp(a.made, UTC).strftime("%d %B %Y, %H:%M UTC")),
    (
        "Incarnation",
        lambda a: (
            f"{a.inc}, replacing the agreement {a.replaces.hex()}" if a.replaces else str(a.inc)
        ),
    ),
    ("Languages", lambda a: _two(a, tuple(", ".join(tags) for tags in a.languages))),
    (
        "Answer times",
        lambda a: ", ".join(
            f"{p.name} within {span(a.clocks[p])}" for p in sorted(Precedence, reverse=True)
        ),
    ),
    (
        "Call requests",
        lambda a: f"answered within {span(a.calls[0])}, FLASH within {span(a.calls[1])}",
    ),
    ("Heartbeat", lambda a: f"each station is heard at least once in {span(a.heartbeat_s)}"),
    ("Tests", _tests),
    ("Suspension", _suspension),
    ("Display", _display),
    ("Forms of address", lambda a: _two(a, a.address)),
    (
        "Record",
        lambda a: (
            "deniable: provable to each other only; each party can check what the other said, and"
            " nobody else can tell which of the two wrote it"
            if a.deniable
            else "attributable: each party can prove to others what the other said; signed at the"
            f" latest after {a.attribution[0]:,} entries or {span(a.attribution[1])}"
        ),
    ),
    (
        "Encryption",
        lambda a: (
            f"suite {a.suite}: {SUITES[a.suite]}; "
            + ("with" if a.psk0 else "without")
            + " a secret exchanged in person; lengths not padded"
        ),
    ),
    ("Window", lambda a: f"{a.window:,} entries may be on their way without a receipt"),
    (
        "Station keys",
        lambda a: "; ".join(
            f"{party} {hash.hex()[:16]}"
            for party, hash in zip(a.parties, a.certificates, strict=True)
        ),
    ),
)


def _paragraph(title: str, words: str, width: int = 78, indent: int = 18) -> str:
    out, line = "", f"{title:<{indent}}"
    for paragraph in words.split("\n"):
        for word in paragraph.split(" "):
            if len(line) + len(word) > width and len(line.rstrip()) > indent:
                out, line = out + line.rstrip() + "\n", " " * indent
            line += word + " "
        out, line = out + line.rstrip() + "\n", " " * indent
    return out
