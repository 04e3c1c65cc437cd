"""What people did with a draft between its writing and its release, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from parley.core.errors import Refused
from parley.station.acts.operations import repeating
from parley.station.line.delegation import find, short

if TYPE_CHECKING:
    from parley.station.line.lines import OpenLine
    from parley.station.station import Station

REVIEWED, HELD, FREED, SENT_BACK, EDITED = "reviewed", "held", "freed", "sent back", "edited"
TAKEN_BACK = "taken back"
FROM_CHAT = "words from the chat"  # whoever wrote it said so, and meant it


@dataclass(frozen=True, slots=True)
class Steps:
    """The steps of one draft, oldest first."""

    rows: list[Any]

    def _last(self, *steps: str) -> Any | None:
        return next((row for row in reversed(self.rows) if row["step"] in steps), None)

    @property
    def hold(self) -> Any | None:
        """Who holds it, while somebody does."""
        last = self._last(HELD, FREED)
        return last if last is not None and last["step"] == HELD else None

    @property
    def sent_back(self) -> Any | None:
        """Who sent it back, until somebody edits it."""
        last = self._last(SENT_BACK, EDITED)
        return last if last is not None and last["step"] == SENT_BACK else None

    def reviews(self, sha256: str) -> list[Any]:
        """Who reviewed exactly these bytes, and for whom; each once, the first first."""
        found: dict[tuple[int, int | None], Any] = {}
        for row in self.rows:
            if row["step"] == REVIEWED and row["sha256"] == sha256:
                found.setdefault((row["person"], row["delegation"]), row)
        return list(found.values())

    def from_chat(self, sha256: str) -> Any | None:
        """Who said that exactly these words come from the operators' chat."""
        last = self._last(FROM_CHAT)
        return last if last is not None and last["sha256"] == sha256 else None

    def last_editor(self) -> int | None:
        """Who changed it last."""
        last = self._last(EDITED)
        return None if last is None else int(last["person"])

    def taken_back(self, since: float) -> str | None:
        """Why a release at that moment was taken back before it left, if it was."""
        last = self._last(TAKEN_BACK)
        return last["remark"] if last is not None and last["at"] >= since else None


def steps_of(station: Station, draft: int) -> Steps:
    """The steps of a draft."""
    return Steps(
        station.store.sql("SELECT * FROM draft_steps WHERE draft = ? ORDER BY id", (draft,))
    )


def note(
    station: Station,
    draft: int,
    person: int,
    step: str,
    remark: str = "",
    sha256: str = "",
    delegation: int | None = None,
) -> None:
    """Somebody has done something with it, for themselves or by a delegation."""
    station.store.sql(
        "INSERT INTO draft_steps (draft, person, at, step, remark, sha256, delegation)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (draft, person, station.now.wall, step, remark, sha256, delegation),
    )


def needs_three(station: Station, open_line: OpenLine) -> bool:
    """Whether a third person has to have reviewed what goes out on this line."""
    asked = station.home.config.writing.three_persons
    return open_line.agreed.name in asked or open_line.agreed.level in asked


def view(station: Station, open_line: OpenLine, draft: int, sha256: str) -> dict[str, Any]:
    """Where a draft stands, as plain JSON."""
    steps = steps_of(station, draft)

    def one(row: Any | None) -> dict[str, Any] | None:
        return row and {
            "step": row["step"],
            "by": station.people.view(row["person"]),
            "at": row["at"],
            "remark": row["remark"],
            "delegation": short(station, row["delegation"]),
        }

    reviews = [one(row) for row in steps.reviews(sha256)]
    return {
        "steps": [one(row) for row in steps.rows],
        "held": one(steps.hold),
        "sent_back": one(steps.sent_back),
        "reviewed": reviews[0] if reviews else None,
        "reviews": reviews,
        "from_chat": one(steps.from_chat(sha256)),
        "needs_review": needs_three(station, open_line),
    }


def check_releasable(
    station: Station, open_line: OpenLine, draft: int, sha256: str, *acting: int
) -> None:
    """Refuse what is held, was sent back, or lacks the review of a third person: of none who
    releases it, or for whom it is released."""
    steps = steps_of(station, draft)
    if steps.hold is not None:
        by = station.people.name(steps.hold["person"])
        error = Refused(
            f"{by} holds draft {draft}: {steps.hold['remark']}",
            "It is released once it is free: `parley draft free`.",
        )
        raise repeating(error, steps.hold["remark"])
    if steps.sent_back is not None:
        by = station.people.name(steps.sent_back["person"])
        error = Refused(
            f"{by} sent draft {draft} back: {steps.sent_back['remark']}",
            "Its drafter edits it first.",
        )
        raise repeating(error, steps.sent_back["remark"])
    if not needs_three(station, open_line):
        return
    reviews = steps.reviews(sha256)
    if not reviews:
        raise Refused(
            f"On the line {open_line.agreed.name} a third person reviews what goes out,"
            f" and nobody has reviewed draft {draft} as it stands.",
            "A releaser who will not release it: `parley draft review`.",
        )
    own = [_is_of(station, draft, review, acting) for review in reviews]
    if all(own):  # one review by a third person is enough, whoever else has reviewed it
        raise next(filter(None, own))


def _is_of(station: Station, draft: int, review: Any, acting: tuple[int, ...]) -> Refused | None:
    """Why a review is none of a third person beside those who act, if it is not."""
    if review["person"] in acting:
        name = station.people.name(review["person"])
        return Refused(
            f"{name} reviewed draft {draft} and cannot release it too.",
            "Another releaser does.",
        )
    lent = find(station, review["delegation"])
    if lent is not None and lent.lender in acting:
        return Refused(
            f"Draft {draft} was reviewed for {station.people.name(lent.lender)},"
            " who cannot release it too.",
            "Another releaser does.",
        )
    return None
