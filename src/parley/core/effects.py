"""What a line says is to be done, in order. Kept before sent, durable before visible."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from parley.core.entry import Precedence
from parley.core.kept import Change, EntryRow, HeldRow
from parley.core.resuming import Resume
from parley.core.terms import Terms


@dataclass(frozen=True, slots=True)
class Keep:
    """Make this durable before anything that follows."""

    change: Change


@dataclass(frozen=True, slots=True)
class Enrol:
    """Begin the record of an incarnation, before what is kept of it."""

    line_id: bytes
    inc: int
    side: int


@dataclass(frozen=True, slots=True)
class Begun:
    """The incarnation of these terms has begun by these two RESUMEs; the old one has ended."""

    terms: Terms
    ours: Resume
    theirs: Resume


@dataclass(frozen=True, slots=True)
class Numbered:
    """A released entry has its number in our log."""

    queue_id: int
    entry: EntryRow


@dataclass(frozen=True, slots=True)
class Heard:
    """An entry of theirs has joined the record."""

    entry: EntryRow


@dataclass(frozen=True, slots=True)
class Early:
    """An authentic entry of theirs is held until those before it have come; told once (L10)."""

    row: HeldRow


@dataclass(frozen=True, slots=True)
class Receipted:
    """They hold all entries of ours below `upto`."""

    upto: int


@dataclass(frozen=True, slots=True)
class GivenBack:
    """A released entry left the queue without a number: the line was suspended or closed (D6)."""

    queue_id: int


@dataclass(frozen=True, slots=True)
class Noticed:
    """Something a person must know of."""

    kind: str  # "halted", "equivocation", "refused open", "in service", "resume asked" ...
    sentence: str


@dataclass(frozen=True, slots=True)
class Scrub:
    """Retired keys must be in no file before anything that follows."""


@dataclass(frozen=True, slots=True)
class Transmit:
    """Send a frame on a bearer."""

    frame: bytes
    precedence: Precedence
    alone: bool = False  # by the path that has come up, and by no other


Effect = (
    Keep
    | Enrol
    | Begun
    | Numbered
    | Heard
    | Early
    | Receipted
    | GivenBack
    | Noticed
    | Scrub
    | Transmit
)


class Outcome(StrEnum):
    """What became of a frame; each is counted where the engineer sees it."""

    OK = "accepted"
    DUPLICATE = "duplicate"  # authentic, and known
    ASKED = "asks for a new beginning"  # a RESUME: whoever brings it may have recorded it
    DIFFERS = "made with another secret"  # an OPEN: of the meeting (S19), or changed on the way
    EARLY = "too early"  # authentic, to be repeated by its sender
    STALE = "overtaken"  # older than one already acted on
    IGNORED = "of a kind this station does not know"
    UNKNOWN = "matches nothing"
    FORGED = "does not open"
    REFUSED = "refused"
    NEWER = "of another version"
    EQUIVOCATION = "contradicts an earlier one"
    HALTED = "stopped the line"

    @property
    def authentic(self) -> bool:
        """Whether the frame is fresh proof that its sender holds the line's keys.

        A duplicate is none: a recording would vouch for whoever plays it.
        """
        return self in (Outcome.OK, Outcome.HALTED)


@dataclass(frozen=True, slots=True)
class Saying:
    """An entry as released: its body is final, its number and time are not yet given."""

    type: int
    precedence: Precedence
    status: int
    body: bytes


class Healed(NamedTuple):
    """Until when a theft of keys no longer matters; POSIX seconds by our clock, None for not yet.

    A copy of our keys taken before `ours` reads nothing of ours any more, one taken before
    `theirs` nothing of theirs; `quantum` says whether their last REKEY bore both signatures.
    """

    ours: int | None
    theirs: int | None
    quantum: bool


@dataclass(frozen=True, slots=True)
class Covered:
    """How much of one log is signed for: by its speaker, by the other side, and how strongly."""

    signed: int = 0  # by the speaker, at least with Ed25519
    signed_both: int = 0  # with ML-DSA beside it
    cosigned: int = 0  # by the other side: its signed receipt
    cosigned_both: int = 0
    vouched: int = 0  # by the speaker on a deniable line, where nobody signs (H2)

    @property
    def sizes(self) -> list[int]:
        """As kept."""
        four = [self.signed, self.signed_both, self.cosigned, self.cosigned_both]
        return [*four, self.vouched] if self.vouched else four

    @property
    def by_speaker(self) -> int:
        """How much the speaker stands by, whether it signed or vouched."""
        return max(self.signed, self.vouched)

    def grown(self, by_other_side: bool, size: int, both: bool) -> Covered:
        """The same after a signature for `size` entries has come in."""
        name = "cosigned" if by_other_side else "signed"
        names = (name, f"{name}_both") if both else (name,)
        return replace(self, **{each: max(getattr(self, each), size) for each in names})

    def attribution(self, n: int) -> str:
        """What proves entry `n`, and to whom: how speaker and other side stand by it (L29, H3)."""
        if n < self.cosigned:
            return "cosigned"
        if n < self.signed_both:
            return "hybrid-signed"
        if n < self.vouched:
            return "vouched"
        return "signed" if n < self.signed else "authentic"


class LineState(NamedTuple):
    """What a person may know of a line at one moment; asked several times a step, so a tuple."""

    halted: str | None
    in_service: bool
    path_up: bool
    our_size: int
    their_size: int
    receipted: int  # entries of ours they hold
    their_announced: int  # size of their log as they last stated it
    queued: int
    held: int
    last_heard_s: float | None  # age of our newest STATUS they have echoed; None: not yet
    last_received_s: float | None  # age of their newest STATUS; proves nothing about freshness
    our_cover: Covered  # how much of our log is signed for
    their_cover: Covered
    they_halted: bool
    they_doubt: bool  # their own clock
    signed_two: tuple[str, ...]  # of what they signed two that contradict: OPEN, RESUME
    secret_differs: bool  # the secret of the meeting is not the same here and there (S19)
    epochs: tuple[int, int]  # we seal under, newest of theirs
    healed: Healed
    counts: dict[str, int]  # frames by what became of them
    closed: bool  # nothing more is said, be it that our CLOSE still waits for its number
    erased: bool  # it is over, and so are its keys

    @property
    def we_cosigned(self) -> int:
        """How much of their log we have signed for."""
        return self.their_cover.cosigned

    @property
    def they_cosigned(self) -> int:
        """How much of our log they have signed for."""
        return self.our_cover.cosigned
