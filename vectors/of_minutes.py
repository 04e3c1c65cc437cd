"""What must come out of spec/minute.md: texts that are minutes, and what two sides agree on."""

from __future__ import annotations

from datetime import date

from parley.catalogue.agreeing import Saying, by_call, outcome
from parley.catalogue.form import read_moment
from parley.catalogue.minutes import Attendee, Facts, Minute, Readout
from vectors.material import Page

EIGHT = read_moment("2026-12-03 08:00Z")
PARTIES = ("North", "South")
A, B = 0, 1
WHOLE = Minute(
    Facts(
        "North 2, incarnation 3",
        "video",
        EIGHT,
        EIGHT + 2_460,
        (Attendee("North", "Chairman", "General North"), Attendee("South", "переводчик")),
        ("Meetings at sea",),
        ("The next call",),
        ((EIGHT + 600, EIGHT + 600), (EIGHT + 660, EIGHT + 2_460)),
    ),
    ("Both sides keep the rules: those of 1972.",),
).text()
RECORDED = "Recorded: 2026-12-03 08:05Z to 2026-12-03 08:20Z; North; Watch desk; Wanda"
SHOWN = (
    "Shown: 2026-12-03 08:10Z to 2026-12-03 08:12Z; document; Chart of the strait; South; советник"
)
DONE = WHOLE.replace("\nAgreed:", f"\n{RECORDED}\n{SHOWN}\nAgreed:")
STATED = Readout(
    "North 2", "国防部", date(2026, 12, 4), "General North", ("1. 海上会晤",), "通话。\n\n二"
).text()
CHANGES = (
    ("CALL MINUTE", "CALL  MINUTE"),
    ("Held by: video\n", ""),
    ("Held by: video", "Held by:  video"),
    ("08:41Z", "7:41Z"),
    ("Ended: 2026-12-03 08:41Z", "Ended: 2026-12-03 07:59Z"),
    ("Ended: 2026-12-03 08:41Z", "Ended: 2026-12-04 08:01Z"),
    ("South; переводчик", "South"),
    ("South; переводчик", "South; переводчик; a; b"),
    ("08:11Z to", "08:09Z to"),
    ("Touched: Meetings at sea\nNot touched: The next call", "Not touched: a\nTouched: b"),
    ("those of 1972.", "those of 1972.\n\nAnd more."),
    ("those of 1972.", "x" * 1_000),
    ("Meetings at sea", "x" * 201),
)
OF_DONE = (
    (f"{RECORDED}\n{SHOWN}", f"{SHOWN}\n{RECORDED}"),
    (SHOWN, f"{SHOWN}\n{SHOWN.replace('document', 'screen')}"),
    ("08:05Z", "07:59Z"),
    ("08:20Z", "08:42Z"),
    ("08:20Z", "08:04Z"),
    ("; Watch desk; Wanda", ""),
    ("; Wanda", "; Wanda; a"),
    ("document", "film"),
    ("Chart of the strait", ""),
    ("Chart of the strait", "x" * 201),
    ("Chart of the strait", "Chart;of the strait"),
    ("; советник", ""),
)
OF_READOUTS = (
    ("2026-12-04", "2026-12-32"),
    ("2026-12-04", "20261204"),
    ("\n\n通话。\n\n二", ""),
    ("\n\n通话。\n\n二", "\n\n \n"),
    ("Topic: ", "Theme: "),
)
# (direction, incarnation, number, seen, which text)
Said = tuple[int, int, int, int, int]
TALKS: dict[str, list[Said]] = {
    "nothing said": [],
    "proposed": [(A, 1, 4, 2, 0)],
    "accepted": [(A, 1, 4, 2, 0), (B, 1, 2, 5, 0)],
    "another text": [(A, 1, 4, 2, 0), (B, 1, 2, 5, 1)],
    "another text, accepted": [(A, 1, 4, 2, 0), (B, 1, 2, 5, 1), (A, 1, 5, 3, 1)],
    "accepted when gone on, and known": [(A, 1, 4, 2, 0), (A, 1, 5, 2, 1), (B, 1, 2, 6, 0)],
    "accepted when gone on, not known": [(A, 1, 4, 2, 0), (A, 1, 5, 2, 1), (B, 1, 2, 5, 0)],
    "the same text at once": [(A, 1, 4, 0, 0), (B, 1, 2, 0, 0)],
    "two acceptances that cross": [
        *((A, 1, 4, 2, 0), (B, 1, 2, 4, 1)),
        *((A, 1, 5, 3, 1), (B, 1, 3, 5, 0)),
    ],
    "two acceptances that cross, the other way": [
        *((A, 1, 4, 2, 0), (B, 1, 2, 4, 1)),
        *((A, 1, 6, 3, 1), (B, 1, 3, 5, 0)),
    ],
    "changed, and back": [
        *((A, 1, 0, 0, 0), (B, 1, 0, 1, 0), (A, 1, 1, 1, 1), (B, 1, 1, 2, 1)),
        *((A, 1, 2, 2, 0), (B, 1, 2, 3, 0), (B, 1, 3, 3, 2)),
    ],
    "across a new beginning": [(A, 1, 9, 0, 0), (A, 1, 11, 0, 1), (B, 2, 0, 0, 0), (B, 2, 1, 0, 1)],
}
# (call, began, ended) of minutes one after the other, minutes after eight
CALLS = [
    ("North 2", 0, 10),
    ("by telephone", 0, 10),
    ("North 3", 0, 10),
    ("the same, in other words", 9, 20),
    ("later", 21, 30),
    ("one right after", 30, 35),
    ("a whole day", 9, 700),
    ("a moment", 650, 650),
    ("the same moment", 650, 650),
    ("North 2", 500, 510),
    ("by telephone", 600, 610),
    ("North 2, incarnation 1", 605, 620),
]


def minute() -> Page:
    """All of them."""
    texts = [WHOLE, *(WHOLE.replace(*each) for each in CHANGES)]
    texts += [DONE, *(DONE.replace(*each) for each in OF_DONE)]
    stated = [STATED, *(STATED.replace(*each) for each in OF_READOUTS)]
    return {
        "minutes": [{"text": text, "is one": Minute.parse(text) is not None} for text in texts],
        "readouts": [{"text": text, "is one": Readout.parse(text) is not None} for text in stated],
        "talks": [_talk(name, said) for name, said in TALKS.items()],
        "calls": _calls(),
    }


def _text(call: str, began: float, ended: float, *agreed: str) -> Minute:
    facts = Facts(call, "telephone", EIGHT + 60 * began, EIGHT + 60 * ended)
    return Minute(facts, agreed)


def _talk(name: str, said: list[Said]) -> Page:
    texts = [_text("North 2", 0, 10, each) for each in ("One.", "Two.", "Three.")]
    sayings = [Saying(dir, inc, n, seen, texts[at]) for dir, inc, n, seen, at in said]
    found = outcome(sayings)
    return {
        "name": name,
        "entries": [_entry(each) for each in sayings],
        "agreed": found.agreed and found.agreed[0].minute.text(),
        "replaced": [first.minute.text() for first, _ in found.replaced],
        "proposed": [list(each.place) for each in found.open],
    }


def _calls() -> Page:
    sayings = [Saying(A, 1, n, 0, _text(*each)) for n, each in enumerate(CALLS)]
    return {
        "parties": list(PARTIES),
        "entries": [_entry(each) for each in sayings],
        "of one call": [[each.n for each in group] for group in by_call(sayings, PARTIES)],
    }


def _entry(saying: Saying) -> Page:
    return {
        "dir": saying.dir,
        "inc": saying.inc,
        "n": saying.n,
        "seen": saying.seen,
        "text": saying.minute.text(),
    }
