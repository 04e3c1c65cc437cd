"""Prepared texts: what an office writes again and again, with what the station knows filled in.

They are a beginning and no form: whoever drafts changes them as they like, and a blank that nobody
has filled stands in double brackets, so that both persons of the release see it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from parley.catalogue.prepared_texts import ar, es, fr, ru, zh

BLANK = re.compile(r"\[\[[^\[\]\n]{1,80}\]\]")
_FIELD = re.compile(r"\{(?P<name>\w+)\|(?P<blank>[^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text with fields: `{name|what to write where the station does not know it}`."""

    name: str
    what: str
    subject: str
    text: str
    precedence: str = "ROUTINE"
    about: str = ""  # "answers" or "retracts": what it says of another message

    def fill(self, known: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text with what is known; the rest are blanks."""
        return _fill(self.subject, known), _fill(self.text, known)

    def in_language(self, tag: str) -> Prepared:
        """The same in the language of a tag (BCP 47); in English where there is no other."""
        found = _IN.get(language_of(tag), {}).get(self.name)
        return self if found is None else replace(self, subject=found[0], text=found[1])


_IN = {"ar": ar.TEXTS, "es": es.TEXTS, "fr": fr.TEXTS, "ru": ru.TEXTS, "zh": zh.TEXTS}
LANGUAGES = ("en", *_IN)


def language_of(tag: str) -> str:
    """In which of our languages a prepared text is for who writes in that of the tag."""
    primary = tag.partition("-")[0].lower()
    return primary if primary in _IN else "en"


def _fill(text: str, known: Mapping[str, str]) -> str:
    return _FIELD.sub(lambda found: known.get(found["name"]) or f"[[{found['blank']}]]", text)


def blanks(text: str) -> list[str]:
    """The blanks that nobody has filled."""
    return BLANK.findall(text)


_INTRODUCTION = Prepared(
    "introduction",
    "Letter of introduction to a new counterpart",
    "Introduction of {our_principal|your name and rank}",
    """\
Dear {their_principal|name and rank of your counterpart},

I have taken up my duties as {our_office|your office} of {our_party|your party}, and with them
this direct line at {level|its level} level, {line|its name}.

I mean to keep it open. Whatever your side says on it is read here at any hour: a FLASH is
acknowledged within {flash|its time}, an IMMEDIATE within {immediate|its time}. I ask the same of
yours. Should anything happen between our forces that either of us does not understand, let us ask
here first.

I would like to speak with you soon. My office will send a request for a call; please let it know
what suits you.

Respectfully,
{our_principal|your name and rank}""",
)

_THANKS = Prepared(
    "thanks",
    "Thank-you note after a call",
    "Our call of {date|its date}",
    """\
Dear {their_principal|name and rank of your counterpart},

Thank you for the call of {date|its date}, from {began|its beginning} to {ended|its end} UTC. We
spoke about {topics|its topics}.

I valued how directly we spoke. My office will follow up on {agreed|what was agreed}.

I look forward to our next call.

Respectfully,
{our_principal|your name and rank}""",
)

_ACCIDENT = Prepared(
    "accident",
    "Accident: what happened was not meant",
    "",
    """\
{their_address|form of address},

At {time|time, UTC} {what|what happened} at {place|latitude and longitude}. It was an \
accident and not meant by {our_party|your party}.

What is concerned: {concerned|aircraft, ship, missile; its name or number}.
Danger to you: {danger|which, where, until when}.
What we do now: {doing|what you do}.
What we ask of you: {asked|what you ask}.

We report again at {again|time, UTC}.""",
    "FLASH",
)

_RETRACTION = Prepared(
    "retraction",
    "Retraction of a message of ours",
    "",
    """\
{their_address|form of address},

We retract our message {ref|its number} of {sent|its time}. It is not valid. Do not act \
on it; if you have, please tell us what was done.

Why: {why|in one sentence}.

What is true instead: {instead|in one sentence, or nothing}.""",
    "FLASH",
    "retracts",
)

_EXERCISE_START = Prepared(
    "exercise-start",
    "An exercise begins",
    "Exercise {exercise|its name}",
    """\
{their_address|form of address},

Our exercise {exercise|its name} begins at {begins|date and time, UTC} and ends at \
{ends|date and time, UTC}. It takes place within {area|latitudes and longitudes}, with \
{forces|how many of what}.

Nothing in it is directed against {their_party|your counterpart}. Should anything look \
otherwise, ask us here.""",
    "PRIORITY",
)

_EXERCISE_STOP = Prepared(
    "exercise-stop",
    "An exercise ends or is stopped",
    "End of exercise {exercise|its name}",
    """\
{their_address|form of address},

Our exercise {exercise|its name} has ended at {ended|date and time, UTC}{reason|, \
because, or nothing}.

All forces leave {area|the area} by {left|date and time, UTC}.""",
    "IMMEDIATE",
)

_TIME = Prepared(
    "time",
    "We have read it and need time",
    "",
    """\
{their_address|form of address},

We have read your message {ref|its number} of {sent|its time}. {our_principal|who \
decides} needs time to answer it. You have our answer by {by|date and time, UTC}.

Until then we {meanwhile|do nothing that would make it worse; say what}.""",
    "IMMEDIATE",
    "answers",
)

_YOURS = Prepared(
    "yours",
    "Is this yours?",
    "",
    """\
{their_address|form of address},

At {time|time, UTC} we see {what|aircraft, ship, balloon, object} at {place|latitude and \
longitude}, course {course|degrees}, speed {speed|with its unit}, height {height|with \
its unit}.

Is it yours? If so: what is it, what does it do there, and does anybody on board need \
help?

If we hear nothing by {by|time, UTC}, we {then|what follows}.""",
    "FLASH",
)

PREPARED = {
    each.name: each
    for each in (
        *(_ACCIDENT, _RETRACTION, _YOURS, _TIME, _EXERCISE_START, _EXERCISE_STOP),
        *(_INTRODUCTION, _THANKS),
    )
}
