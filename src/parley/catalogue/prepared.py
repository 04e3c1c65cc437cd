"""Prepared texts: what an office writes again and again, with what the station knows filled in.

They are a beginning and no form: whoever drafts changes them as they like, and a blank that nobody
has filled stands in double brackets, so that both persons of the release see it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

BLANK = re.compile(r"\[\[[^\[\]\n]{1,80}\]\]")
_FIELD = re.compile(r"\{(?P<name>\w+)\|(?P<blank>[^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Prepared:
    """A text with fields: `{name|what to write where the station does not know it}`."""

    name: str
    what: str
    subject: str
    text: str

    def fill(self, known: Mapping[str, str]) -> tuple[str, str]:
        """Subject and text with what is known; the rest are blanks."""
        return _fill(self.subject, known), _fill(self.text, known)


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

PREPARED = {each.name: each for each in (_INTRODUCTION, _THANKS)}
