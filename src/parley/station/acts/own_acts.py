"""What the station writes into the audit trail by itself: each act, and how its outcome reads.

The trail keeps English. A page that speaks another language finds act and outcome here again, by
this list and in this order (docs/decisions/0067), so nothing is written that does not stand here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from hashlib import sha256


class Own(StrEnum):
    """An act that is no operation; of a line, its name stands behind it in brackets."""

    # what a line told, and how it stands
    IN_SERVICE = "line in service"
    HALTED = "line halted"
    REFUSED_OPEN = "line refused open"
    EQUIVOCATION = "line equivocation"
    RESUME_ASKED = "line resume asked"
    RESUME_CONTRADICTED = "line resume contradicted"
    ERASED = "line erased"
    OTHER_VERSION = "line of another version"
    HEARD = "line heard"
    SILENT = "line silent"
    NOT_YET = "line not yet"
    OVER = "line over"
    OPEN = "line open"
    SUSPENDED = "line suspended"
    SUSPENDED_IN_PART = "line suspended in part"
    CLOSED = "line closed"
    STOPPED = "line stopped"
    GOES_ON = "line goes on"
    BEGUN_ANEW = "line begun anew"
    EVIDENCE_WAITS = "evidence waits"
    WHOLE_AGAIN = "record whole again"
    # clocks that ran out
    DEPUTY_CALLED = "deputy called"
    NOBODY_ANSWERED = "nobody answered"
    EVERYONE = "escalation: everyone"
    WEBHOOK = "escalation: webhook"
    COMMAND = "escalation: command"
    TEST_MISSED = "test missed"
    ANSWER_MISSED = "answer to a test missed"
    REPLY_MISSED = "reply missed"
    OFFICE_MISSED = "word of an office missed"
    ROSTER_CAME = "roster: came"
    ROSTER_LATE = "roster: late"
    ROSTER_NOBODY = "roster: nobody came"
    ROSTER_DEPUTY = "roster: deputy called"
    # what became of a message or of a draft
    GIVEN_BACK = "given back"
    SHOWN = "shown provisionally"
    JOINED = "joined the record"
    NEVER_JOINED = "never joined the record"
    NOT_ACKNOWLEDGED = "not acknowledged"
    # calls
    LEFT_CALL = "left the call"
    MEDIA_OF_CALL = "media of the call"
    MEDIA_OF_REHEARSAL = "media of the rehearsal"
    # clocks that are wrong
    WENT_BACK = "time went back"
    CLOCKS_DIFFER = "clocks differ"
    CLOCKS_AGREE = "clocks agree"
    CLOCK_IN_DOUBT = "clock in doubt"
    CLOCK_TRUSTED = "clock trusted again"
    THEIR_CLOCK_IN_DOUBT = "their clock in doubt"
    THEIR_CLOCK_TRUSTED = "their clock trusted again"
    # keys, papers, bearers, people
    KEYS_REPLACED = "station keys replaced"
    CONSOLE_CERTIFICATE = "console certificate"
    REFUSED_PAPER = "refused paper kept"
    BEARER_DOWN = "bearer down"
    SIGN_IN_ALARM = "sign-in alarm"
    DELEGATION_BEGAN = "delegation began"
    DELEGATION_ENDED = "delegation ended"
    # what a person did, beside the operation
    RELEASED_LENT = "release by delegation"
    REVIEWED_LENT = "review by delegation"
    SENT_BACK_LENT = "sent back by delegation"
    WATCH_TAKEN_UP = "watch taken up"
    WATCH_HANDED = "watch handed over"
    WATCH_ACCEPTED = "watch accepted"
    WATCH_TAKEN_OVER = "watch taken over"


DONE, REFUSED = "done", "refused: "  # of every operation

# How outcomes read. In `said`, `why` and `scope` is a sentence of the station itself, in `state`
# and `kind` a word of it; all other values stand as they are.
SENTENCE = "%(said)s"
OBSERVED = "%(who)s: %(state)s"
STOP = "%(kind)s: %(why)s"
AGREES = "%(who)s"
NO_SUSPENSION = "No suspension stands any more."
WAITS = (
    "Evidence of incarnation %(inc)s is kept, and not in the record yet: where it ended the"
    " evidence of incarnation %(last)s says."
)
CALLED = "message %(n)s (%(precedence)s) was not acknowledged by %(by)s; %(name)s is called"
NOBODY_HERE = "message %(n)s of theirs (%(precedence)s) was not acknowledged here by %(by)s"
NOBODY_THERE = "message %(n)s of ours (%(precedence)s) was not acknowledged at %(who)s by %(by)s"
OF_MESSAGE = "message %(n)s (%(precedence)s): %(said)s"
OF_OVERDUE = "overdue %(n)s (%(precedence)s): %(said)s"
MESSAGE_AGAIN = "message %(n)s (%(precedence)s): %(said)s; it is tried again in %(seconds)s s"
OVERDUE_AGAIN = "overdue %(n)s (%(precedence)s): %(said)s; it is tried again in %(seconds)s s"
BACK = "draft %(draft)s was released and not yet sent: %(why)s"
OUTSTANDING = "message %(n)s of theirs (%(precedence)s), %(numbers)s outstanding"
BEFORE = "message %(n)s of theirs (%(precedence)s), shown provisionally before"
FOR_GOOD = "message %(n)s of theirs (%(precedence)s), the line has stopped itself or begun anew"
WHEN_ENDED = "message %(n)s of theirs when incarnation %(inc)s ended"
PAGE_GONE = "the page of %(name)s was gone"
MEDIA_OVER = "it is over; in this call given up: %(times)s, cut off: %(cuts)s"
MEDIA_SHED = (
    "pictures given up, sound and text go on with %(kbps)s kbit/s; in this call given up:"
    " %(times)s, cut off: %(cuts)s"
)
MEDIA_GOES = "pictures go; in this call given up: %(times)s, cut off: %(cuts)s"
TRUSTED = "it agrees with the time that passed"
SERIAL = "serial %(new)s after %(old)s"
MADE_FOR = "made for %(names)s: %(digits)s"
OF_BEARER = "bearer %(id)s: %(why)s"
BEGAN = "delegation %(id)s, %(lender)s to %(borrower)s, %(scope)s: until %(until)s"
ENDED = "delegation %(id)s, %(lender)s to %(borrower)s, %(scope)s: its time was over at %(until)s"
FAILED_AT_DESK = "Signing in failed %(times)s times for %(name)s at a desk of theirs."
FAILED_UNKNOWN = "Signing in failed %(times)s times for a name that nobody here has."
FAILED_FOR = "Signing in failed %(times)s times for %(name)s."
FAILED_FROM = "Signing in failed %(times)s times from %(address)s."

# Sentences that stand within one of these, or behind another sentence.
EVERYBODY = "everyone at the station is called"
NOT_SET_UP = "was no longer set up"
MISTAKE = "the station made a mistake: %(error)s"
IS_CALLED = "%(name)s is called."
HAS_COME = "%(name)s has come."
ALL_CALLED = "Every deputy was called."
TAKEN_IN = (
    "%(ours)s entries of ours and %(theirs)s of theirs were taken in from %(who)s's evidence of"
    " incarnation %(inc)s; %(again)s of ours are said again."
)
ON_THEIR_WORD = (
    "On %(who)s's word alone rest %(ours)s of ours and %(theirs)s of theirs: no signature shows"
    " whose words they are."
)
POINTED_AT = (
    "It corrected or retracted %(n)s of ours in incarnation %(inc)s, which %(who)s never had under"
    " that number and which has another one now."
)
NOT_KNOWN_HERE = (
    "This station was put back further than the line was begun anew: whether %(who)s has this is"
    " not known here. Ask before it is released again."
)
TAKEN_BACK = "taken back by %(name)s: %(why)s"
KEYS_REVOKED = (
    "%(party)s has revoked the keys of its %(name)s (certificates up to %(upto)s): %(reason)s"
)
CERTIFICATE_REVOKED = (
    "The certificate %(serial)s of %(party)s (%(name)s) was revoked by its root: all up to %(upto)s"
    " are refused for ever"
)
TWO_HEIRS = "%(party)s named two different heirs of one root"
EXCLUDED = "%(party)s signed for a root that its introduction excludes"
REPLACED = "the agreement made %(made)s replaced this line's incarnation %(inc)s"
ON_LINE = "%(role)s on the line %(line)s"
ON_EVERY_LINE = "%(role)s on every line"
OF_LEVEL = "%(role)s on lines of the level %(level)s"
ON_LINE_ONLY = "%(role)s on the line %(line)s, %(precedences)s only"
ON_EVERY_LINE_ONLY = "%(role)s on every line, %(precedences)s only"
OF_LEVEL_ONLY = "%(role)s on lines of the level %(level)s, %(precedences)s only"

# What stands in the trail in the place of an argument.
HASHED = "%(count)s characters, SHA-256 %(digest)s"
UP_TO = "%(count)s up to root %(root)s"
NOT_KEPT = "(not kept)"

KEPT = (HASHED, UP_TO, NOT_KEPT)
_EMPTY = frozenset(
    HASHED % {"count": len(each), "digest": sha256(each.encode()).hexdigest()}
    for each in ("", "[]", "{}")
)
SCOPES = (ON_LINE_ONLY, ON_EVERY_LINE_ONLY, OF_LEVEL_ONLY, ON_LINE, ON_EVERY_LINE, OF_LEVEL)
_SAID = (SENTENCE,)
_MEDIA = (MEDIA_OVER, MEDIA_SHED, MEDIA_GOES)
_STEP = (MESSAGE_AGAIN, OVERDUE_AGAIN, OF_MESSAGE, OF_OVERDUE)
OUTCOMES: Mapping[Own, tuple[str, ...]] = {
    Own.IN_SERVICE: _SAID,
    Own.HALTED: _SAID,
    Own.REFUSED_OPEN: _SAID,
    Own.EQUIVOCATION: _SAID,
    Own.RESUME_ASKED: _SAID,
    Own.RESUME_CONTRADICTED: _SAID,
    Own.ERASED: _SAID,
    Own.OTHER_VERSION: _SAID,
    Own.HEARD: (OBSERVED,),
    Own.SILENT: (OBSERVED,),
    Own.NOT_YET: (OBSERVED,),
    Own.OVER: (OBSERVED,),
    Own.OPEN: _SAID,
    Own.SUSPENDED: _SAID,
    Own.SUSPENDED_IN_PART: _SAID,
    Own.CLOSED: _SAID,
    Own.STOPPED: (STOP,),
    Own.GOES_ON: (STOP,),
    Own.BEGUN_ANEW: _SAID,
    Own.EVIDENCE_WAITS: (WAITS,),
    Own.WHOLE_AGAIN: _SAID,
    Own.DEPUTY_CALLED: (CALLED, SENTENCE),
    Own.NOBODY_ANSWERED: (NOBODY_HERE, NOBODY_THERE),
    Own.EVERYONE: _STEP,
    Own.WEBHOOK: _STEP,
    Own.COMMAND: _STEP,
    Own.TEST_MISSED: _SAID,
    Own.ANSWER_MISSED: _SAID,
    Own.REPLY_MISSED: _SAID,
    Own.OFFICE_MISSED: _SAID,
    Own.ROSTER_CAME: _SAID,
    Own.ROSTER_LATE: _SAID,
    Own.ROSTER_NOBODY: _SAID,
    Own.ROSTER_DEPUTY: _SAID,
    Own.GIVEN_BACK: (BACK,),
    Own.SHOWN: (OUTSTANDING,),
    Own.JOINED: (BEFORE,),
    Own.NEVER_JOINED: (FOR_GOOD,),
    Own.NOT_ACKNOWLEDGED: (WHEN_ENDED,),
    Own.LEFT_CALL: (PAGE_GONE,),
    Own.MEDIA_OF_CALL: _MEDIA,
    Own.MEDIA_OF_REHEARSAL: _MEDIA,
    Own.WENT_BACK: _SAID,
    Own.CLOCKS_DIFFER: _SAID,
    Own.CLOCKS_AGREE: (AGREES,),
    Own.CLOCK_IN_DOUBT: _SAID,
    Own.CLOCK_TRUSTED: _SAID,
    Own.THEIR_CLOCK_IN_DOUBT: _SAID,
    Own.THEIR_CLOCK_TRUSTED: _SAID,
    Own.KEYS_REPLACED: (SERIAL,),
    Own.CONSOLE_CERTIFICATE: (MADE_FOR,),
    Own.REFUSED_PAPER: _SAID,
    Own.BEARER_DOWN: (OF_BEARER,),
    Own.SIGN_IN_ALARM: (FAILED_AT_DESK, FAILED_UNKNOWN, FAILED_FOR, FAILED_FROM),
    Own.DELEGATION_BEGAN: (BEGAN,),
    Own.DELEGATION_ENDED: (ENDED,),
    Own.RELEASED_LENT: ("released",),
    Own.REVIEWED_LENT: ("reviewed",),
    Own.SENT_BACK_LENT: ("sent back",),
    Own.WATCH_TAKEN_UP: ("signed",),
    Own.WATCH_HANDED: ("signed",),
    Own.WATCH_ACCEPTED: ("signed",),
    Own.WATCH_TAKEN_OVER: ("signed",),
}


def is_empty(argument: object) -> bool:
    """Whether an argument of the trail was left empty: a field of a form, a list without items."""
    return argument in (None, "", [], {}) or (isinstance(argument, str) and argument in _EMPTY)
