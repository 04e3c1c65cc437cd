"""Single words that the station says of things, and its sentences, in the reader's language.

A word of state (`heard`, `suspended`, `read back`) is looked up as it is. A sentence (of a refusal,
say) was made by the station in English with values in it: its pattern is found again, translated,
and given the same values. What has no translation is shown in English, and marked so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from markupsafe import Markup, escape

from parley.catalogue.facts import OUR_WORDS, SENTENCES
from parley.console.signs import seen_signs
from parley.console.tongues import (
    ENGLISH,
    N_,
    SAID,
    Tongue,
    _,
    catalogue,
    current,
    isolated,
    texts,
)

WORDS = frozenset(
    (
        # what was declared of a line, and what is observed
        N_("open"),
        N_("waiting"),
        N_("halted"),
        N_("stopped"),
        N_("resuming"),
        N_("suspended"),
        N_("suspended in part"),
        N_("closed"),
        N_("heard"),
        N_("silent"),
        N_("not yet"),
        N_("over"),
        # stages and acts
        N_("drafted"),
        N_("released"),
        N_("numbered"),
        N_("not received there"),
        N_("received"),
        N_("displayed"),
        N_("shown provisionally"),
        N_("opened provisionally"),
        N_("opened"),
        N_("passed"),
        N_("read back"),
        N_("confirmed"),
        N_("corrected"),
        N_("understood"),
        N_("answered"),
        N_("corrected later"),
        N_("retracted"),
        N_("unable"),
        N_("wait"),
        N_("released, waiting for its number"),
        # critical elements, and stages of a translation
        N_("date"),
        N_("time"),
        N_("position"),
        N_("number"),
        N_("name"),
        N_("sight"),
        N_("rough"),
        N_("official"),
        # kinds of entries
        N_("message"),
        N_("human test"),
        N_("operators' chat"),
        N_("statement of presence"),
        N_("suspension of the line"),
        N_("test to lift a suspension"),
        N_("end of the line"),
        N_("entry of a type not known here"),
        N_("service"),
        N_("roster"),
        N_("minute"),
        N_("readout"),
        N_("call request"),
        N_("call answer"),
        N_("call event"),
        N_("consent"),
        N_("test answer"),
        N_("readback"),
        # how one message stands to another
        N_("answers"),
        N_("corrects"),
        N_("retracts"),
        # calls
        N_("video"),
        N_("voice"),
        N_("text"),
        N_("accept"),
        N_("propose"),
        N_("deputy"),
        N_("decline"),
        N_("withdrawn"),
        N_("on hold"),
        N_("left"),
        N_("call ended"),
        N_("refused"),
        N_("taken back"),
        # outcomes, and why a line is stopped
        N_("done"),
        N_("signed"),
        N_("reviewed"),
        N_("sent back"),
        N_("person"),
        N_("revoked"),
        N_("replaced"),
        N_("ours"),
        N_("theirs"),
        # minutes
        N_("none"),
        N_("proposed"),
        N_("two proposed"),
        N_("agreed"),
        N_("same"),
        N_("as in the minute"),
        N_("no second readout"),
        N_("not compared"),
        N_("touched"),
        N_("not touched"),
        N_("Date of the call"),
        N_("With whom"),
        N_("differ"),
        N_("neither"),
        # roles, and levels of lines
        N_("operator"),
        N_("drafter"),
        N_("releaser"),
        N_("reviewer"),
        N_("watch officer"),
        N_("auditor"),
        N_("engineer"),
        N_("principal"),
        N_("adviser"),
        N_("interpreter"),
        N_("note-taker"),
        N_("duty officer"),
        # occurrences of a standing call
        N_("to come"),
        N_("now"),
        N_("held"),
        N_("skipped"),
        N_("missed"),
        N_("military"),
        N_("leaders"),
    )
)


NOT_IN_THE_RECORD = "not in this record, begun "
_CALLED = re.compile("an? (.+)")
_BEGINS_MIN = 12  # letters that hold a pattern to its begin
_SENTENCES = re.compile(r"(?<=[.?!]) (?![a-z])(?=[^\W\d_])")  # a name begins one, too: Ólafur


def word(said: str) -> str:
    """One of the words above in the current language; any other as it is."""
    return catalogue(current()).gettext(said) if said in WORDS else said


def said(sentence: str, *, ended: bool = True) -> Markup:
    """A sentence of the station, for a page: with a capital and a full stop; or a title of its. It
    may quote the other side, whose hidden signs turn nothing that stands around it."""
    if not sentence:
        return Markup()
    sentence = seen_signs(sentence)
    found = translated(sentence) if current() is not ENGLISH else None
    if found is not None:
        return escape(_ended(found) if ended else found)
    shown = _ended(sentence.replace("`", "")) if ended else sentence
    if current() is ENGLISH:
        return escape(shown)
    return Markup('<span lang="en" dir="ltr">{}</span>').format(shown)


def _ended(sentence: str) -> str:
    return _stopped(sentence[:1].upper() + sentence[1:].rstrip())


def _stopped(sentence: str) -> str:
    return sentence if sentence.endswith((".", "。", "?", "!", "؟", "…", ":")) else sentence + "."


def translated(sentence: str) -> str | None:
    """The sentence in the current language, when its pattern is known and translated."""
    exact, patterns = _patterns(current())
    key = _key(sentence)
    if key in exact:
        return _lookup(exact[key], {})
    loose = None  # one that holds more than one sentence in a value: two that stand in a row
    for pattern, template in patterns:
        match = pattern.fullmatch(key)
        if match:
            # A name with which a sentence begins keeps its capital.
            values = {
                name[1:]: v if match.start(name) else sentence[:1] + v[1:]
                for name, v in match.groupdict().items()
            }
            if not any(map(_SENTENCES.search, values.values())):
                return _lookup(template, values)
            loose = loose or (template, values)
    several = _SENTENCES.split(sentence.strip())
    if len(several) > 1:
        found = [translated(each) for each in several]
        if None not in found:
            return " ".join(_ended(each) for each in found if each)
    return _lookup(*loose) if loose else None


def _lookup(template: str, values: dict[str, Any]) -> str | None:
    found = catalogue(current()).pgettext(SAID, template)
    if found == template:
        return None
    # A value may be a sentence or a word of the station itself.
    return found % {name: isolated(_within(v)) for name, v in values.items()}


def _within(value: str) -> str:
    """A value in a sentence: where it is a sentence of the station itself it has no full stop and
    no capital there but its own, though another text has the same words by themselves."""
    found = translated(value)
    if found is None:
        return _roles(value) or word(value)
    if not value.endswith("."):
        found = found.rstrip(".。")
    return found[:1].lower() + found[1:] if value[:1].islower() and found[1:2].islower() else found


def _roles(value: str) -> str | None:
    """Roles as somebody is called by them: a watch officer or an operator."""
    found = [_CALLED.fullmatch(each) for each in re.split(" or | and ", value)]
    roles = [each[1] for each in found if each and each[1] in WORDS]
    return ", ".join(map(word, roles)) if len(roles) == len(found) else None


def fact(item: Mapping[str, Any]) -> Markup:
    """An open item of the watch as a sentence in the current language, made of what it is known by
    and its values; where a value is words of the station, these too. Of an earlier release there
    is a sentence only."""
    template = SENTENCES.get(item.get("what", ""))
    if template is None:
        return said(item["text"])
    values = {name: seen_signs(value) for name, value in item["values"].items()}
    for name in OUR_WORDS & values.keys():
        values[name] = translated(values[name]) or word(values[name])
    found = catalogue(current()).pgettext(SAID, template)
    return escape(_stopped(found % {k: isolated(v) for k, v in values.items()}))


def call_name(name: str) -> str:
    """How a call is named: by its request, or by its begin where the record has none (Y4)."""
    begun = name.removeprefix(NOT_IN_THE_RECORD)
    return name if begun == name else _("not in this record, begun %(at)s", at=begun)


def _key(sentence: str) -> str:
    """Sentences are the same with or without capital and full stop."""
    return sentence[:1].lower() + sentence[1:].rstrip(".")


@cache
def _patterns(tongue: Tongue) -> tuple[dict[str, str], list[tuple[re.Pattern[str], str]]]:
    """Every sentence of the station; those that hold values by what surrounds them, the longest
    surroundings first; before all, those that begin with words: a value at the begin takes in what
    stands before another sentence.
    """
    exact, patterns = {}, []
    for template in texts(tongue).said:
        parts = re.split(r"%\((\w+)\)s", template)
        if len(parts) == 1:
            exact[_key(template.replace("%%", "%"))] = template
            continue
        fixed = [part.replace("%%", "%") for part in parts[::2]]
        if not re.search(r"\w{2}", "".join(fixed)):
            continue  # nothing but values
        fixed[0], fixed[-1] = fixed[0][:1].lower() + fixed[0][1:], fixed[-1].rstrip(".")
        written = re.escape(fixed[0])
        for name, after in zip(parts[1::2], fixed[1:], strict=True):
            written += f"(?P<v{name}>.+?)" + re.escape(after)
        loose = len(fixed[0]) < _BEGINS_MIN
        patterns.append((loose, -len("".join(fixed)), re.compile(written, re.DOTALL), template))
    patterns.sort(key=lambda each: each[:2])
    return exact, [(pattern, template) for *_, pattern, template in patterns]


FILTERS = {"word": word, "said": said, "fact": fact, "call_name": call_name}
