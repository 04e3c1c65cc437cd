"""Translations of messages: our own readings, each by a named interpreter and with its time.

They are kept here and never sent: a translation is one's own understanding, and one that crossed
the line would be a second text beside the only one that binds (docs/decisions/0028). The original
stays on top and as it came.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from parley.core.entry import check_text
from parley.core.errors import Misused, Refused
from parley.station.acts.fields import field
from parley.station.acts.operations import Words, operation
from parley.station.acts.person import LOOKERS, Person
from parley.station.entries import messages
from parley.station.line.lines import OpenLine
from parley.station.texts.beside import Beside
from parley.station.texts.drafts import LANGUAGE
from parley.station.texts.views import Viewer

if TYPE_CHECKING:
    from parley.station.station import Station

STAGES = ("sight", "rough", "official")
REMARK_BYTES_MAX = 2_000


@operation("translation.add", roles=("interpreter",))
def translation_add(
    station: Station,
    who: Person,
    *,
    n: int,
    stage: str,
    language: str,
    text: Words,
    dir: str = "theirs",
    amends: int | None = None,
    reason: Words | None = None,
    seen: str = "",
    line: str | None = None,
) -> dict[str, Any]:
    """Put a translation beside a message; with `amends` in the place of an earlier one, which stays
    to be read. An official one that differs is kept with the word for its differences, as
    `translation.compare` gives it, in `seen`."""
    if stage not in STAGES:
        raise Misused(f"There is no stage {stage!r:.40}.", "sight, rough or official.")
    with field("language"):
        if not LANGUAGE.fullmatch(language):
            raise Refused(f"{language!r:.40} is not a language tag.", "Such as en, ru or zh-Hans.")
    with field("text"):
        check_text(text)
    open_line, side, row = _message(station, line, dir, n)
    if amends is not None:
        before = _load(station, amends)
        if (before["line_id"], before["inc"], before["dir"], before["n"]) != (
            *open_line.key,
            side,
            n,
        ):
            raise Refused(
                f"Translation {amends} is of another message.", "Name one of this message."
            )
        if station.store.sql("SELECT 1 FROM translations WHERE amends = ?", (amends,)):
            raise Refused(
                f"Translation {amends} has been amended already.", "Amend the newest of them."
            )
        with field("reason"):
            if not (reason or "").strip():
                raise Refused(
                    "An amendment says what it amends and why.", "Give the reason in a line."
                )
            check_remark(reason or "")
    beside = _beside(station, open_line, row)
    looked_at = beside.look_at(text)
    differs = looked_at["differs"] if stage == "official" else 0
    if differs and seen != looked_at["word"]:
        with field("seen"):
            raise Refused(
                "This official translation differs from the original in what must not be misread.",
                "Read what is marked and amend it, or say that you have seen the differences.",
            )
    rows = station.store.sql(
        "INSERT INTO translations"
        " (line_id, inc, dir, n, stage, language, text, person, at, amends, why, seen)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
        (
            *(*open_line.key, side, n, stage, language, text, who.id, station.now.wall),
            *(amends, (reason or "").strip() if amends is not None else "", differs),
        ),
    )
    station.publish("translation", open_line, dir=dir, n=n, stage=stage)
    return {**_plain(station, rows[0]), **looked_at}


@operation("translation.compare", roles=("interpreter",), reads=True)
def translation_compare(
    station: Station,
    who: Person,
    *,
    n: int,
    text: Words,
    dir: str = "theirs",
    line: str | None = None,
) -> dict[str, Any]:
    """How the critical elements of a translation that is not kept compare with the original's; with
    the word by which somebody says to have seen these differences and no others."""
    with field("text"):
        check_text(text)
    open_line, _, row = _message(station, line, dir, n)
    return _beside(station, open_line, row).look_at(text)


@operation("translation.list", roles=LOOKERS, reads=True)
def translation_list(
    station: Station, who: Person, *, n: int, dir: str = "theirs", line: str | None = None
) -> dict[str, Any]:
    """The translations of a message, official first, each with what it amended and how its critical
    elements compare with those of the original."""
    open_line, side, row = _message(station, line, dir, n)
    rows = station.store.sql(
        "SELECT * FROM translations WHERE line_id = ? AND inc = ? AND dir = ? AND n = ?"
        " ORDER BY id",
        (*open_line.key, side, n),
    )
    beside = _beside(station, open_line, row)
    by_id = {each["id"]: each for each in rows}
    amended = {each["amends"] for each in rows}
    newest = [each for each in rows if each["id"] not in amended]
    newest.sort(key=lambda each: (-STAGES.index(each["stage"]), -each["at"]))
    found = []
    for each in newest:
        earlier, at = [], each["amends"]
        while at is not None:
            earlier.append(_plain(station, by_id[at]))
            at = by_id[at]["amends"]
        looked_at = beside.look_at(each["text"])
        found.append({**_plain(station, each), **looked_at, "earlier": earlier})
    return {"line": open_line.address, "dir": dir, "n": n, "translations": found}


@operation("translation.certify", roles=("interpreter",))
def translation_certify(
    station: Station, who: Person, *, translation: int, text: Words
) -> dict[str, Any]:
    """Certify an official translation that somebody else made, as its reviewer."""
    found = _load(station, translation)
    if found["stage"] != "official":
        raise Refused(
            f"Translation {translation} is a {found['stage']} one.",
            "Only official ones are certified.",
        )
    if found["person"] == who.id:
        raise Refused(
            f"{who.name} made translation {translation} and cannot certify it.",
            "Another interpreter reviews it.",
        )
    if found["certified"] is not None:
        raise Refused(
            f"Translation {translation} is certified already.", "An amendment is certified anew."
        )
    if station.store.sql("SELECT 1 FROM translations WHERE amends = ?", (translation,)):
        raise Refused(f"Translation {translation} has been amended.", "Certify the newest of them.")
    check_text(text)
    check_remark(text)
    rows = station.store.sql(
        "UPDATE translations SET reviewer = ?, certified = ?, certificate = ? WHERE id = ?"
        " RETURNING *",
        (who.id, station.now.wall, text, translation),
    )
    open_line = station.line_of(bytes(found["line_id"]), found["inc"])
    row = messages.must_find(station, open_line, found["dir"], found["n"], early_too=True)
    station.publish("translation", open_line, dir=open_line.side(found["dir"]), n=found["n"])
    looked_at = _beside(station, open_line, row).look_at(rows[0]["text"])
    return {**_plain(station, rows[0]), **looked_at}


def check_remark(text: str) -> None:
    """A short text that stays at this station."""
    if len(text.encode(errors="surrogatepass")) > REMARK_BYTES_MAX:
        raise Refused(f"This may have {REMARK_BYTES_MAX:,} bytes at most.", "Write it shorter.")


def _beside(station: Station, open_line: OpenLine, row: Any) -> Beside:
    return Beside(station, open_line, Viewer(station, open_line).message(row))


def _plain(station: Station, row: Any) -> dict[str, Any]:
    """A translation as it was written."""
    people = station.people
    return {
        "translation": row["id"],
        "stage": row["stage"],
        "language": row["language"],
        "text": row["text"],
        "by": people.view(row["person"]),
        "at": row["at"],
        "amends": row["amends"],
        "reason": row["why"],
        "seen": row["seen"],
        "certificate": row["certificate"]
        and {
            "text": row["certificate"],
            "by": people.view(row["reviewer"]),
            "at": row["certified"],
        },
    }


def _load(station: Station, id: int) -> Any:
    rows = station.store.sql("SELECT * FROM translations WHERE id = ?", (id,))
    if not rows:
        raise Refused(f"There is no translation {id}.", "`parley translations N` shows them.")
    return rows[0]


def _message(station: Station, line: str | None, dir: str, n: int) -> tuple[OpenLine, int, Any]:
    open_line = station.line(line)
    if dir not in ("ours", "theirs"):
        raise Misused(f"There is no direction {dir!r:.20}.", "ours or theirs.")
    side = open_line.ours if dir == "ours" else open_line.theirs
    return open_line, side, messages.must_find(station, open_line, side, n, early_too=True)
