"""A call asked for, and its answer, as texts that a person reads who has nothing but the record.

A form is lines of `Label: value` in a fixed order under a title, then an empty line and free words
where there are any. The text is the message: two persons release it, evidence shows it, and each
station reads the labels back. What does not have the form is shown as the text that it is.
Source: spec/calls.md Q1 to Q4, Q7.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from parley.catalogue.form import VALUE_BYTES_MAX as VALUE_BYTES_MAX
from parley.catalogue.form import check_lines, compose, read
from parley.catalogue.form import moment as moment
from parley.catalogue.form import read_moment as read_moment
from parley.core.entry import Type
from parley.core.errors import Refused

REQUEST = "CALL REQUEST"
ANSWER = "CALL ANSWER"
AGENDA_MAX = 20  # more is a conference, and no longer read in one screen
LENGTH_MIN_MAX = 1440  # minutes of a call that is held every week: a day
_LENGTH = re.compile(r"[1-9]\d{0,3} min")


class Medium(StrEnum):
    """How the call is to be held."""

    VIDEO = "video"
    VOICE = "voice"
    TEXT = "text"


class Verdict(StrEnum):
    """What an answer says."""

    ACCEPT = "accept"
    PROPOSE = "propose another time"
    DEPUTY = "deputy"
    DECLINE = "decline"
    TEXT = "text instead"
    SKIP = "skip"  # one occurrence of a standing call
    END = "end"  # a standing call


TIMED = frozenset((Verdict.ACCEPT, Verdict.PROPOSE, Verdict.DEPUTY, Verdict.SKIP))
REASONED = frozenset((Verdict.DECLINE, Verdict.SKIP, Verdict.END))


@dataclass(frozen=True, slots=True)
class CallRequest:
    """Who asks whom for a call, why, when and how, and until when an answer is asked for."""

    asked_by: str
    asked_for: str
    level: str
    purpose: str
    medium: Medium
    languages: str
    interpreters: str
    earliest: int  # POSIX seconds, whole minutes; as are all below
    latest: int
    answer_by: int
    agenda: tuple[str, ...] = ()
    words: str = ""  # an urgent text, delivered whatever the answer
    weekly_min: int | None = None  # of a standing call: how many minutes, every week

    def text(self) -> str:
        """The one text of this request (Q1)."""
        return compose(
            REQUEST,
            [
                ("Asked by", self.asked_by),
                ("Asked for", self.asked_for),
                ("Level", self.level),
                ("Purpose", self.purpose),
                *(("Agenda", item) for item in self.agenda),
                ("Medium", self.medium),
                ("Languages", self.languages),
                ("Interpreters", self.interpreters),
                ("Earliest", moment(self.earliest)),
                ("Latest", moment(self.latest)),
                *(
                    [("Every week for", f"{self.weekly_min} min")]
                    if self.weekly_min is not None
                    else []
                ),
                ("Answer by", moment(self.answer_by)),
            ],
            self.words,
        )

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The request that a text is, or None for a text that has not its form (Q3)."""
        lines, words = read(text, REQUEST)
        agenda = tuple(value for label, value in lines if label == "Agenda")
        found = dict(lines)
        try:
            request = cls(
                found["Asked by"],
                found["Asked for"],
                found["Level"],
                found["Purpose"],
                Medium(found["Medium"]),
                found["Languages"],
                found["Interpreters"],
                read_moment(found["Earliest"]),
                read_moment(found["Latest"]),
                read_moment(found["Answer by"]),
                agenda,
                words,
                _read_length(found["Every week for"]) if "Every week for" in found else None,
            )
        except (KeyError, ValueError):
            return None
        return request if request.text() == text else None

    def check(self) -> None:
        """Refuse a request that nobody could answer (Q2)."""
        check_lines(
            "Q2",
            self.asked_by,
            self.asked_for,
            self.level,
            self.purpose,
            self.languages,
            self.interpreters,
            *self.agenda,
        )
        if len(self.agenda) > AGENDA_MAX:
            raise Refused(
                f"An agenda has {AGENDA_MAX} items at most.", "Name the main ones.", rule="Q2"
            )
        if self.latest < self.earliest:
            raise Refused(
                "The latest time of the call is before the earliest.", "Change one.", rule="Q2"
            )
        if self.weekly_min is not None:
            self._check_weekly()

    def _check_weekly(self) -> None:
        """Refuse a standing call without one hour and a length (Q7)."""
        if not 1 <= (self.weekly_min or 0) <= LENGTH_MIN_MAX:
            raise Refused(
                "A standing call takes from one minute to a day.",
                "Say how many minutes.",
                rule="Q7",
            )
        if self.latest != self.earliest:
            raise Refused(
                "A standing call names one time: that of its first occurrence.",
                "Make the latest time the earliest.",
                rule="Q7",
            )


@dataclass(frozen=True, slots=True)
class CallAnswer:
    """What one side says to a request, or to another time that was proposed."""

    verdict: Verdict
    time: int | None = None  # of the call, POSIX seconds
    deputy: str | None = None
    reason: str | None = None
    words: str = ""

    def text(self) -> str:
        """The one text of this answer (Q1)."""
        given = [
            ("Answer", str(self.verdict)),
            ("Time", None if self.time is None else moment(self.time)),
            ("Deputy", self.deputy),
            ("Reason", self.reason),
        ]
        return compose(ANSWER, [(label, value) for label, value in given if value], self.words)

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """The answer that a text is, or None for a text that has not its form (Q3)."""
        lines, words = read(text, ANSWER)
        found = dict(lines)
        try:
            time = read_moment(found["Time"]) if "Time" in found else None
            answer = cls(
                Verdict(found["Answer"]), time, found.get("Deputy"), found.get("Reason"), words
            )
        except (KeyError, ValueError):
            return None
        return answer if answer.text() == text and not answer._lacks() else None

    def check(self) -> None:
        """Refuse an answer that lacks what its kind needs, or says what it does not (Q2)."""
        check_lines("Q2", *(each for each in (self.deputy, self.reason) if each is not None))
        lack = self._lacks()
        if lack:
            raise Refused(f"The answer {str(self.verdict)!r} {lack}.", "Change it.", rule="Q2")

    def _lacks(self) -> str | None:
        if (self.time is None) == (self.verdict in TIMED):
            return "needs the time of the call" if self.time is None else "names no time"
        if (self.deputy is None) == (self.verdict is Verdict.DEPUTY):
            return "needs the deputy's name" if self.deputy is None else "names no deputy"
        if self.verdict in REASONED and self.reason is None:
            return "needs a reason"
        return None


def _read_length(text: str) -> int:
    if not _LENGTH.fullmatch(text):
        raise ValueError(text)
    return int(text.removesuffix(" min"))


def read_form(type: int, text: str) -> CallRequest | CallAnswer | None:
    """What a text says of a call; None where it has not its form, or what no station may write: it
    is shown as the text that it is, and is no call (Q3)."""
    form: CallRequest | CallAnswer | None = None
    if type == Type.CALL_REQUEST:
        form = CallRequest.parse(text)
    elif type == Type.CALL_ANSWER:
        form = CallAnswer.parse(text)
    try:
        if form is not None:
            form.check()
    except Refused:
        return None
    return form


def gist(type: int, text: str) -> str | None:
    """What a request or an answer comes to, in a few words for a list; None for any other text."""
    form = read_form(type, text)
    if isinstance(form, CallRequest):
        every = ", every week" if form.weekly_min is not None else ""
        return f"Call{every}: {form.purpose}"
    if form is None:
        return None
    answer = form
    about = answer.reason or (None if answer.time is None else moment(answer.time))
    return f"Call: {answer.verdict}{f', {about}' if about else ''}"


def check_form(type: int, text: str) -> None:
    """Refuse a request or an answer, changed by hand, that no station could read (Q3)."""
    form: CallRequest | CallAnswer | None
    if type == Type.CALL_REQUEST:
        form = CallRequest.parse(text)
    elif type == Type.CALL_ANSWER:
        form = CallAnswer.parse(text)
    else:
        return
    if form is None:
        raise Refused(
            "The text has no longer the form of its kind.",
            "Keep the lines and their order, or withdraw the draft and write it anew.",
            rule="Q3",
        )
    form.check()
