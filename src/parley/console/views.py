"""The station's views with what a page adds: a reference people say aloud, an address, words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parley.catalogue.calls import CallRequest, Verdict, read_form
from parley.console.tongues import N_, _
from parley.console.vocabulary import word
from parley.console.words import POLICIES, first_words, short_stage
from parley.core.entry import Type

View = dict[str, Any]

PRECEDENCES = ("FLASH", "IMMEDIATE", "PRIORITY", "ROUTINE")
KINDS = {
    "text": "message",
    "test": "human test",
    "chat": "operators' chat",
    "presence": "statement of presence",
    "suspend": "suspension of the line",
    "lift": "test to lift a suspension",
    "close": "end of the line",
    "unknown": "entry of a type not known here",
}
DECLARED = {
    "open": N_("both stations may speak"),
    "waiting": N_("agreed; not yet in service"),
    "halted": N_("stopped by this station"),
    "stopped": N_("neither speaks nor hears"),
    "resuming": N_("nothing is said until the line begins anew"),
    "suspended": N_("search and rescue still passes"),
    "suspended in part": N_("the rest passes"),
    "closed": N_("nothing more is said; the record stays"),
}
ATTRIBUTION = {
    "authentic": N_("Authentic: sealed by its speaker, not yet under a signed head"),
    "signed": N_("Signed: under a head that its speaker has signed"),
    "hybrid-signed": N_(
        "Hybrid-signed: under a head that its speaker has signed with both algorithms"
    ),
    "vouched": N_(
        "Vouched for between the two: either could have written it, no outsider can tell"
    ),
    "cosigned": N_("Cosigned: the reader has signed that it holds this"),
}
OBSERVED = {
    "heard": N_("they answer what we send"),
    "silent": N_("no answer to what we send: call the engineer"),
    "not yet": N_("nothing answered since this station started"),
    "over": N_("its keys are erased: nothing is sent or heard any more"),
}
UNTAGGED = ("open", "waiting", "halted")  # other parts of the page say these
STAGES = (
    "drafted",
    "released",
    "numbered",
    "received",
    "displayed",
    "opened",
    "passed",
    "read back",
    "confirmed",
)


def reference(speaker: str, n: int, line: str, lines: int) -> str:
    """What people say: Washington 12; and on which line, where there are several."""
    return f"{speaker} {n}" if lines < 2 else f"{speaker} {n}, {line}"


def parts(address: str) -> tuple[str, str]:
    """The number of a line, and that of an incarnation which has ended, if this one is meant."""
    hex, _, older = address.partition("@")
    return hex, older


def of_incarnation(hex: str, inc: object) -> str:
    """The address of a line in an incarnation that has ended."""
    return f"{hex}@{inc}"


class Names:
    """What entries are called: the party that spoke, and the number in its log."""

    def __init__(self, seat: str, ours: str, lines: list[View]) -> None:
        self.seat = seat
        self._ours = ours
        self._lines: Mapping[str, View] = {line["line"]: line for line in lines}

    def line(self, address: str) -> View:
        """The line of that number, whatever incarnation is meant."""
        return self._lines[parts(address)[0]]

    def is_silent(self, address: str) -> bool:
        """Whether that line was heard, and nothing has answered for some heartbeats now."""
        return bool(self.line(address)["observed"] == "silent")

    def ref(self, line: str, dir: str, n: int) -> str:
        """What people say: Washington 12; of an incarnation that has ended with its number."""
        found = self.line(line)
        speaker = found["counterpart"] if dir == "theirs" else self._ours
        __, older = parts(line)
        said = reference(speaker, n, found["name"], len(self._lines))
        return _("%(said)s, incarnation %(older)s", said=said, older=older) if older else said

    def path(self, line: str, dir: str, n: int) -> str:
        """The page of a message, below any seat."""
        short, (_, older) = self.line(line)["short"], parts(line)
        return f"/messages/{of_incarnation(short, older) if older else short}/{dir}/{n}"

    def href(self, line: str, dir: str, n: int) -> str:
        """The page of a message, in this seat."""
        return self.seat + self.path(line, dir, n)


def line(view: View) -> View:
    """A line for the wall and for the strip in the bar."""
    halted = view["declared"] in ("halted", "stopped")
    on_the_way = view["our_size"] - view["receipted"]
    if view["queued"] and not view["in_service"]:
        queue = N_("released, waiting for the line to open")
    elif view["queued"] and not view["path_up"]:
        queue = N_("released, waiting for a bearer")
    elif view["queued"] or on_the_way:
        queue = N_("sent, and no receipt has come yet")
    else:
        queue = N_("everything released has arrived there")
    deniable = view["policy"] == "deniable"
    return {
        **view,
        "deniable": deniable,
        "policy_words": POLICIES[view["policy"]],
        "short": view["line"][:8],
        "shown": "halted" if halted else view["observed"],
        "mute": halted or view["declared"] == "closed",  # nothing new can be said
        "declared_words": DECLARED[view["declared"]],
        "declared_tag": "" if view["declared"] in UNTAGGED else view["declared"],
        "observed_words": OBSERVED[view["observed"]],
        "queue_words": queue,
        "not_there": view["queued"] + on_the_way,
    }


def calls_for_us(line: View) -> int:
    """How many calls of a line wait for an answer of ours, that we know of now."""
    waiting = 0
    for call in line["calls"]["live"]:
        waiting += call["left_s"] is not None and call["asks"] == "theirs"
    return waiting


def tests_for_us(line: View) -> int:
    """How many human tests of a line are now to be called, or answered, by our watch."""
    tests = line["tests"]
    asked = tests["due"] is not None and tests["due"]["asked"]
    return int(asked) + (tests["to_answer"] is not None)


def provisional(view: View | None) -> str:
    """Beside the word PROVISIONAL: what is missing before it, or that it will never come."""
    if not view:
        return ""
    missing = view["outstanding"]
    if view["never"]:
        return _("never joined the record, %(numbers)s missing", numbers=missing)
    return outstanding(missing)


def outstanding(missing: str) -> str:
    """The numbers that have not come, in words."""
    return _("%(numbers)s outstanding", numbers=missing)


def alarm(view: View, names: Names) -> View:
    """A FLASH for the alarm at the top of every page."""
    where = (view["line"], view["dir"], view["n"])
    return {
        "key": names.path(*where),
        "ref": names.ref(*where),
        "href": names.href(*where),
        "status": view.get("status") or names.line(view["line"])["mark"],
        "gap": provisional(view["provisional"]),
        "again": view["again"],
        "everyone": bool(view["escalation"]),
        "called": ", ".join(each["name"] for each in view["called"]),
        "until": view["until"],  # of the deputy who was called
        "precedence": view["precedence"],
        "at": view["at"],
        "clock": view["clock"],
    }


LATE = {
    "test": N_("TEST MISSED"),
    "answer": N_("TEST NOT ANSWERED"),
    "reply": N_("NO REPLY"),
    "office": N_("OFFICE IS SILENT"),
}


def late(view: View, names: Names, reader: int) -> View:
    """What did not come, for the top of every page and for the list. Whoever has silenced it hears
    it again once somebody else is called: the key is another then (spec/testing.md T12)."""
    hex, _ = parts(view["line"])
    everyone = bool(view.get("escalation"))
    step = "everyone" if everyone else str(view.get("calls", 0))
    n, tests = view["n"], f"{names.seat}/tests#tests-{hex[:8]}"
    return {
        **view,
        "key": f"overdue-{view['id']}-{step}",
        "hex": hex,
        "word": LATE[view["kind"]],
        "mark": names.line(view["line"])["mark"],
        "everyone": everyone,
        "sounds": everyone or view.get("sounds_at") is None or reader in view["sounds_at"],
        "href": tests if n is None else names.href(view["line"], view["dir"], n),
        "clock": {"due": view["due"], "left_s": -view.get("late_s", 0.0), "overdue": True},
    }


def message(view: View, names: Names) -> View:
    """A message for a list or for its own page."""
    theirs = view["dir"] == "theirs"
    where = (view["line"], view["dir"], view["n"])
    stages = [stage for stage in view["stages"] if not on_their_word(stage)]
    reached = {stage["stage"] for stage in stages}
    return {
        **view,
        "counterpart": names.line(view["line"])["counterpart"],
        "ref": names.ref(*where),
        "href": names.href(*where),
        "first_words": first_words(view["subject"] or view["gist"] or view["text"]),
        "kind_words": KINDS.get(view["kind"], view["kind"]),
        "reached": reached,
        "stage": _stage(view["dir"], stages),
        "understood": "confirmed" in reached,
        "asks_call": theirs and _asks_call(view["kind"], view["text"] or ""),
        "gap": provisional(view["provisional"]),
        "unopened": theirs
        and not reached
        & {"opened provisionally", "opened", "passed", "answered", "unable", "wait"},
        "refs": [
            (
                words,
                names.ref(view[f"{words}_line"], side, view[words]),
                names.href(view[f"{words}_line"], side, view[words]),
            )
            for words, side in (
                ("answers", "ours" if theirs else "theirs"),
                ("corrects", view["dir"]),
                ("retracts", view["dir"]),
            )
            if view[words] is not None
        ],
        "by_words": "received" if theirs else "released",
    }


CALL_TYPES = {"call request": Type.CALL_REQUEST, "call answer": Type.CALL_ANSWER}


def _asks_call(kind: str, text: str) -> bool:
    """Whether it is a request for a call, or proposes another time for one."""
    form = read_form(CALL_TYPES[kind], text) if kind in CALL_TYPES else None
    if form is None:
        return False
    return isinstance(form, CallRequest) or form.verdict is Verdict.PROPOSE


LABELS = (
    *(N_("Asked by"), N_("Asked for"), N_("Level"), N_("Purpose"), N_("Agenda"), N_("Medium")),
    *(N_("Languages"), N_("Interpreters"), N_("Earliest"), N_("Latest"), N_("Every week for")),
    *(N_("Answer by"), N_("Answer"), N_("Time"), N_("Deputy"), N_("Reason")),
)


def call_form(kind: str, text: str) -> list[tuple[str, str]]:
    """The lines of a request for a call, or of an answer, as its reader will have them."""
    if kind not in CALL_TYPES or read_form(CALL_TYPES[kind], text) is None:
        return []
    lines = [line.partition(": ") for line in text.partition("\n\n")[0].split("\n")[1:]]
    return [(label, word(value)) for label, __, value in lines]


def on_their_word(stage: View) -> bool:
    """Whether the other side alone says that somebody here did it: then it is still to be done
    (spec/resume.md N14)."""
    return bool(stage["by_word"]) and stage["side"] == "ours"


def _stage(dir: str, stages: list[View]) -> str:
    if not stages:
        return "received" if dir == "theirs" else "released"
    last = stages[-1]["stage"]
    if dir == "ours" and last == "numbered":
        return "not received there"
    return "understood" if last == "confirmed" else short_stage(str(last))


def draft(view: View, names: Names, who: int) -> View:
    """A draft for a list or for its own page."""
    line = names.line(view["line"])
    wrote = {view["by"]["id"], *(editor["id"] for editor in view["editors"])}
    stands = view.get("held") or view.get("sent_back") or {"remark": ""}
    return {
        **view,
        "counterpart": line["counterpart"],
        "first_words": first_words(view["subject"] or view["gist"] or view["text"]),
        "call": call_form(view["kind"], view["text"] or ""),
        "mine": who in wrote,
        "remark": first_words(stands["remark"]),
        "kind_words": KINDS.get(view["kind"], view["kind"]),
        "ref": names.ref(view["line"], "ours", view["n"]) if view["n"] is not None else "",
        "href": names.href(view["line"], "ours", view["n"]) if view["n"] is not None else "",
        "refs": [
            (
                words,
                names.ref(view[f"{words}_line"], side, view[words]),
                names.href(view[f"{words}_line"], side, view[words]),
            )
            for words, side in (("answers", "theirs"), ("corrects", "ours"), ("retracts", "ours"))
            if view[words] is not None
        ],
        "arrived_since": [
            {
                **each,
                "ref": names.ref(view["line"], "theirs", each["n"]),
                "href": names.href(view["line"], "theirs", each["n"]),
            }
            for each in view["arrived_since"]
        ],
    }
