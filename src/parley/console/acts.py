"""What the audit trail says, in the reader's language: acts, what they were done to, outcomes.

The trail keeps an operation by its name, and all else in English (`station/acts/own_acts.py`).
Texts, names and the words of the field stand as they are kept (decision 0067).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from parley.console.signs import seen_signs
from parley.console.tongues import ENGLISH, N_, SAID, _, catalogue, current, isolated
from parley.console.vocabulary import WORDS, said, word
from parley.station.acts import own_acts
from parley.station.acts.own_acts import DONE, OUTCOMES, REFUSED, Own

# Every operation that leaves a row.
OPERATIONS: Mapping[str, str] = {
    "accept": N_("Letter accepted"),
    "agree.accept": N_("Agreement accepted, line opened"),
    "agree.propose": N_("Agreement proposed"),
    "agree.secrets": N_("Secrets of the meeting given again"),
    "agree.sign": N_("Agreement made ready to sign"),
    "bearer.add": N_("Bearer set up"),
    "bearer.remove": N_("Bearer given up"),
    "call.acknowledge": N_("Their principal's call acknowledged"),
    "call.agenda": N_("Agenda of the call set"),
    "call.agree_to_see": N_("Agreed to see what they show"),
    "call.answer": N_("Answer to a call request written"),
    "call.ask": N_("Call request written"),
    "call.ask_to_show": N_("Asked to show something"),
    "call.begin": N_("Call opened"),
    "call.caption": N_("Caption typed"),
    "call.check": N_("Check of the rehearsal said"),
    "call.commit": N_("Key of a page announced"),
    "call.end": N_("Call ended"),
    "call.finish": N_("End of a standing call written"),
    "call.floor": N_("Channel given up"),
    "call.hand": N_("Call handed to the principal"),
    "call.hold": N_("Call put on hold, or going on"),
    "call.interpret": N_("Channel taken by an interpreter"),
    "call.join": N_("Call joined"),
    "call.leave": N_("Call left"),
    "call.mode": N_("Way of interpreting said"),
    "call.mute": N_("Microphone closed or opened"),
    "call.record": N_("Recording asked for, agreed to or withdrawn"),
    "call.recorded": N_("Recording described"),
    "call.rehearse": N_("Rehearsal opened"),
    "call.relieve": N_("Channel handed to the other interpreter"),
    "call.reveal": N_("Key of a page shown"),
    "call.say": N_("Said in the call by text"),
    "call.seal": N_("Keys of a page given to the others"),
    "call.skip": N_("Skipping of a call written"),
    "call.stop_showing": N_("Showing stopped or refused"),
    "call.take_back": N_("Call taken back from the principal"),
    "call.touch": N_("Item of the agenda marked as touched"),
    "call.withdraw": N_("Withdrawal of a call written"),
    "chat.say": N_("Said in the operators' chat"),
    "close": N_("Order to close the line written"),
    "confirm": N_("Read-back confirmed"),
    "contradiction.take": N_("Contradiction taken away"),
    "correct": N_("Read-back corrected"),
    "delegation.end": N_("Delegation taken back"),
    "delegation.give": N_("Delegation given"),
    "desk.add": N_("Desk set up"),
    "desk.deputies": N_("Deputies of a desk set"),
    "desk.hold": N_("Desk held"),
    "desk.leave": N_("Desk left"),
    "display": N_("Messages shown on a screen"),
    "distribution.acknowledge": N_("Word of an office noted"),
    "distribution.onward": N_("Passing on by an office noted"),
    "draft.attach": N_("File put to a draft"),
    "draft.detach": N_("File taken from a draft"),
    "draft.edit": N_("Draft changed"),
    "draft.free": N_("Draft let go again"),
    "draft.hold": N_("Draft held"),
    "draft.new": N_("Draft written"),
    "draft.review": N_("Draft reviewed"),
    "draft.send_back": N_("Draft sent back"),
    "draft.take_back": N_("Released message taken back"),
    "draft.withdraw": N_("Draft withdrawn"),
    "escalation.set": N_("Calls to the outside set up"),
    "escalation.try": N_("Calls to the outside tried"),
    "export": N_("Record exported"),
    "export.key": N_("Record key exported"),
    "find.rebuild": N_("Index of words made anew"),
    "glossary.add": N_("Term put into the glossary"),
    "glossary.end": N_("Term taken out of the glossary"),
    "glossary.take": N_("Terms of the other side taken in"),
    "lift": N_("Test to lift the suspension written"),
    "line.phrase": N_("Distress phrase agreed"),
    "line.renew": N_("Fresh keys asked for"),
    "line.resume": N_("New beginning of the line asked for or agreed to"),
    "line.stop": N_("Line stopped"),
    "line.supply.take": N_("Lost entries taken in"),
    "line.undo": N_("Line let go on"),
    "minute.accept": N_("Acceptance of a minute written"),
    "minute.propose": N_("Minute written"),
    "open": N_("Message opened"),
    "overdue.take": N_("Overdue taken in hand"),
    "pass": N_("Message passed to an office"),
    "person.add": N_("Person taken on"),
    "person.end": N_("Person let go"),
    "person.tongue": N_("Language of a person chosen"),
    "place.set": N_("Time zone set"),
    "presence.state": N_("Presence of the principal stated"),
    "prove": N_("Proof of one entry taken"),
    "readback": N_("Message read back"),
    "readout.write": N_("Readout written"),
    "release": N_("Draft released"),
    "revocation.accept": N_("Revocation accepted"),
    "roster.add": N_("Put on the roster"),
    "roster.strike": N_("Struck from the roster"),
    "roster.take": N_("Absence taken in hand"),
    "session.revoke": N_("Session ended"),
    "session.seen": N_("Failed sign-ins seen"),
    "session.theme": N_("Colours of a session chosen"),
    "signin.drop-form": N_("Kept form forgotten"),
    "signin.enrol": N_("Password and codes set"),
    "signin.enrol-begin": N_("Secret for codes shown"),
    "signin.keep-form": N_("Form kept for signing in"),
    "signin.leave": N_("Seat given up"),
    "signin.link": N_("Sign-in link made"),
    "signin.passkey": N_("Signed in by passkey"),
    "signin.passkey-add": N_("Passkey added"),
    "signin.passkey-remove": N_("Passkey removed"),
    "signin.password": N_("Signed in by password"),
    "signin.prove": N_("Proved again by code"),
    "signin.prove-passkey": N_("Proved again by passkey"),
    "signin.use": N_("Signed in by link"),
    "succession.accept": N_("Next root accepted"),
    "suspend": N_("Order to suspend the line written"),
    "test.answer": N_("Test answered"),
    "test.call": N_("Test called"),
    "translation.add": N_("Translation written"),
    "translation.certify": N_("Translation certified"),
    "unable": N_("Said that it cannot be done"),
    "wait": N_("Said that the answer comes later"),
    "watch.accept": N_("Watch accepted"),
    "watch.hand_over": N_("Watch signed away"),
    "watch.take": N_("Watch taken over"),
}

# What an act was done to: the names of arguments.
ARGUMENTS: Mapping[str, str] = {
    "address": N_("address"),
    "after": N_("after"),
    "after_s": N_("after seconds"),
    "agenda": N_("agenda"),
    "agent": N_("browser"),
    "agreement": N_("agreement"),
    "amends": N_("amends"),
    "answer": N_("answer"),
    "answers": N_("answers"),
    "asked_by": N_("asked by"),
    "asked_for": N_("asked for"),
    "at_once": N_("at once"),
    "bearer": N_("bearer"),
    "by": N_("by"),
    "call": N_("call"),
    "channel": N_("channel"),
    "code": N_("code"),
    "command": N_("command"),
    "commitment": N_("commitment"),
    "corrects": N_("corrects"),
    "count": N_("count"),
    "date": N_("date"),
    "delegation": N_("delegation"),
    "deputy": N_("deputy"),
    "desk": N_("desk"),
    "dial": N_("calls"),
    "digits": N_("digits"),
    "dir": N_("whose"),
    "displayed": N_("displayed"),
    "draft": N_("draft"),
    "duty": N_("duty"),
    "earliest": N_("earliest"),
    "epoch": N_("epoch"),
    "errors": N_("errors"),
    "fields": N_("fields"),
    "file": N_("file"),
    "fingerprint": N_("fingerprint"),
    "for": N_("for whom"),
    "for_person": N_("for person"),
    "for_s": N_("for seconds"),
    "form": N_("form"),
    "from_chat": N_("from the chat"),
    "from_desk": N_("from desk"),
    "good": N_("good"),
    "group": N_("check group"),
    "hash": N_("hash"),
    "here": N_("here"),
    "how": N_("how"),
    "id": N_("id"),
    "in_s": N_("in seconds"),
    "interpreters": N_("interpreters"),
    "item": N_("item"),
    "items": N_("items"),
    "key": N_("key"),
    "kind": N_("kind"),
    "kinds": N_("kinds"),
    "language": N_("language"),
    "languages": N_("languages"),
    "latest": N_("latest"),
    "least": N_("at least"),
    "length_ms": N_("milliseconds"),
    "letter": N_("letter"),
    "level": N_("level"),
    "line": N_("line"),
    "listen": N_("listens"),
    "matched": N_("matched"),
    "medium": N_("medium"),
    "minutes": N_("minutes"),
    "mode": N_("mode"),
    "n": N_("message"),
    "name": N_("name"),
    "number": N_("number"),
    "office": N_("office"),
    "on": N_("on"),
    "ours": N_("ours"),
    "party": N_("party"),
    "passing": N_("passing"),
    "password": N_("password"),
    "path": N_("path"),
    "person": N_("person"),
    "persons": N_("persons"),
    "phrase": N_("phrase"),
    "place": N_("place"),
    "precedence": N_("precedence"),
    "precedences": N_("precedences"),
    "protect": N_("protected"),
    "psk": N_("secret of the meeting"),
    "purpose": N_("purpose"),
    "reason": N_("reason"),
    "recording": N_("recording"),
    "rehearsal": N_("rehearsal"),
    "replaces": N_("replaces"),
    "reply_by": N_("reply by"),
    "rescue": N_("search and rescue"),
    "result": N_("result"),
    "retracts": N_("retracts"),
    "revocation": N_("revocation"),
    "role": N_("role"),
    "roles": N_("roles"),
    "round": N_("round"),
    "seat": N_("seat"),
    "secret": N_("secret"),
    "secrets": N_("secrets"),
    "seen": N_("seen"),
    "session": N_("session"),
    "sha256": N_("SHA-256"),
    "sheet": N_("sheet"),
    "showing": N_("showing"),
    "shown": N_("shown"),
    "since": N_("since"),
    "size": N_("bytes"),
    "stage": N_("stage"),
    "subject": N_("subject"),
    "succession": N_("succession"),
    "term": N_("term"),
    "terms": N_("terms"),
    "text": N_("text"),
    "theirs": N_("theirs"),
    "theme": N_("colours"),
    "time": N_("time"),
    "to": N_("to"),
    "to_desks": N_("to desks"),
    "token": N_("token"),
    "tongue": N_("tongue"),
    "topics": N_("topics"),
    "translation": N_("translation"),
    "until": N_("until"),
    "upload": N_("upload"),
    "warning": N_("warning"),
    "webhook": N_("web address"),
    "weekly_min": N_("weekly minutes"),
    "with_whom": N_("with whom"),
    "within_s": N_("within seconds"),
    "words": N_("words"),
    "zone": N_("time zone"),
}
# Whose values are words of the station.
_OF_OURS = frozenset(("dir", "medium", "role", "roles", "answer", "stage", "kind", "level"))
_FOUND = "(?P<%s>.+?)"


def who(name: str, person: int) -> str:
    """Who did it: a person by name, or nobody who has one."""
    if person:
        return name
    return {
        "the station": _("the station"),
        "somebody at the machine": _("somebody at the machine"),
        "somebody unknown": _("somebody unknown"),
    }.get(name, name)


def did(act: str, became: str = DONE) -> Markup:
    """An operation in words, with its name; what the station itself found, with its line."""
    if act in OPERATIONS:
        name = Markup('<br><code class="soft" dir="ltr">{}</code>').format(act)
        words = _(OPERATIONS[act])
        if became.startswith(REFUSED):
            words = _("Not done: %(act)s", act=words)
        return escape(words) + name
    own, line = _own(act)
    if own is None:
        return said(act, ended=False)
    shown = said(own, ended=False)
    return shown + Markup(" (<bdi>{}</bdi>)").format(seen_signs(line)) if line else shown


def to_what(arguments: Mapping[str, Any]) -> Markup:
    """What it was done to, one after another; what was left empty was not given."""
    return Markup(", ").join(
        Markup("{} <bdi>{}</bdi>").format(
            _(ARGUMENTS[name]) if name in ARGUMENTS else name, _value(name, value)
        )
        for name, value in arguments.items()
        if not own_acts.is_empty(value)
    )


def outcome(act: str, became: str) -> Markup:
    """What became of it."""
    if current() is ENGLISH:
        return escape(seen_signs(became))
    if became in WORDS:
        return escape(word(became))
    if became.startswith(REFUSED):
        refused = catalogue(current()).gettext(N_("refused: %(why)s"))
        return _filled(refused, {"why": _sentence(became.removeprefix(REFUSED))})
    own, _line = _own(act)
    read = None if own is None else _read(OUTCOMES[own], seen_signs(became))
    return read or said(became, ended=False)


def _own(act: str) -> tuple[Own | None, str]:
    """An act of the station itself, and the line that stands behind it."""
    own, _bracket, line = act.partition(" (")
    return (Own(own), line.removesuffix(")")) if own in OUTCOMES else (None, "")


def _value(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(_value(name, each) for each in value)
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    shown = seen_signs(value)
    return _read(own_acts.KEPT, shown) or (word(shown) if name in _OF_OURS else shown)


def _read(templates: Sequence[str], became: str) -> Markup | None:
    """What was written by one of these, in the current language."""
    for template in templates:
        match = _pattern(template).fullmatch(became)
        if match:
            values = {name: _part(name, value) for name, value in match.groupdict().items()}
            return _filled(catalogue(current()).pgettext(SAID, template), values)
    return None


def _part(name: str, value: str) -> Markup:
    if name in ("said", "why"):
        return _sentence(value)
    if name == "scope":
        return _read(own_acts.SCOPES, value) or _sentence(value)
    if name == "role":
        return escape(word(value.partition(" ")[2]))
    if name == "precedences":
        return escape(value.replace(" and ", ", "))
    if name in ("state", "kind", "level"):
        return escape(word(value))
    return escape(isolated(value))


def _sentence(value: str) -> Markup:
    return said(value, ended=value.endswith("."))


def _filled(text: str, values: Mapping[str, Markup]) -> Markup:
    return escape(text) % dict(values)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    parts = re.split(r"%\((\w+)\)s", template)
    names = (_FOUND % name for name in parts[1::2])
    fixed = [re.escape(part) for part in parts[::2]]
    return re.compile(
        "".join(each for pair in zip(fixed, (*names, ""), strict=True) for each in pair), re.DOTALL
    )
