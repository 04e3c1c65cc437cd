"""What can be asked of a station, by name: the one list behind command line and console.

An operation is a plain function that runs inside a step of the station (`station.py`), in one
store transaction with its own savepoint. It takes plain JSON and gives plain JSON. What arrives is
checked here against the function's own annotations, so that no domain module meets a wrong type.

    @operation("draft.withdraw", roles=("drafter", "releaser"))
    def draft_withdraw(station: Station, who: Person, *, draft: int) -> dict[str, Any]: ...
"""

from __future__ import annotations

import inspect
import json
import logging
import types
import typing
from collections.abc import Callable, Generator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, NewType

from parley.core.errors import Misused, ParleyError, Refused, Unavailable
from parley.station.acts.own_acts import HASHED, NOT_KEPT, REFUSED, is_empty
from parley.station.acts.person import Person, called

_log = logging.getLogger("parley.station")

Words = NewType("Words", str)  # a text that the operation checks itself, character by character

INTEGER_MAX = (1 << 53) - 1  # what every JSON reader holds exactly
LIST_ITEMS_MAX = 4_096  # more than can be open when a watch is accepted
HIDDEN = frozenset(
    ("token", "passphrase", "psk", "secret", "digits", "phrase", "password", "code")
)  # never in the audit trail
# What people wrote, and addresses that may hold a secret: there as a hash.
WORDS = frozenset(
    (
        *("text", "subject", "reason", "fields", "protect", "words", "errors", "warning"),
        *("purpose", "agenda", "items", "topics", "webhook", "command"),
    )
)
# The same, of one operation alone: elsewhere such a name is that of a person or of a desk.
WORDS_OF = {
    "draft.attach": ("name",),
    "glossary.add": ("ours", "theirs"),
    "glossary.take": ("file",),
    "readout.write": ("with_whom",),
    "call.ask_to_show": ("item",),
    "call.touch": ("item",),
}
KEPT_CHARACTERS_MAX = 200  # of any other argument


@dataclass(frozen=True, slots=True)
class Beside:
    """The rest of an answer that takes long: run in a thread, beside the loop."""

    work: Callable[[], dict[str, Any]]
    threads: Executor | None = None  # of its own, for what waits long; else those of all others
    # What the audit trail says of it beside what was asked; None where it has said so already.
    noted: Mapping[str, Any] | None = field(default_factory=dict)

    def answer(self) -> dict[str, Any] | ParleyError:
        """Do it; an error is an answer too."""
        try:
            return self.work()
        except ParleyError as error:
            return error
        except Exception:
            _log.exception("work beside the loop failed")
            return mistake("work beside the loop")


@dataclass(frozen=True, slots=True)
class InTurns:
    """An answer made piece by piece: between two pieces the station does other things, so that a
    long list never stands in the way of a FLASH."""

    pieces: Generator[None, None, dict[str, Any]]

    def turn(self) -> dict[str, Any] | ParleyError | None:
        """Make one more piece; the answer when it was the last."""
        try:
            next(self.pieces)
            return None
        except StopIteration as end:
            answer: dict[str, Any] = end.value
            return answer
        except ParleyError as error:
            return error
        except Exception:
            _log.exception("an answer made in turns failed")
            return mistake("a long answer")


Result = dict[str, Any] | Beside | InTurns


def mistake(what: str) -> Unavailable:
    """Our own code failed: the person is told, the log says where."""
    return Unavailable(
        f"The station made a mistake in {what}; nothing was changed.",
        "Its log says where; tell those who maintain it.",
    )


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument: its name, the types that pass, and whether it may be left out."""

    name: str
    hint: Any
    required: bool


@dataclass(frozen=True, slots=True)
class Operation:
    """One thing that can be asked."""

    name: str
    run: Callable[..., Result]
    roles: tuple[str, ...]  # any of these; () is any person of the station
    reads: bool  # changes nothing: no transaction, no line in the audit trail
    setup: bool  # also carried out while no station serves
    quiet: bool  # no act of anybody: it leaves no line in the audit trail
    parameters: tuple[Parameter, ...]
    lent: bool = False  # also by a delegation, which it checks itself

    @property
    def summary(self) -> str:
        """What it does, in its own words."""
        return (inspect.getdoc(self.run) or "").partition("\n")[0]

    def check_person(self, who: Person, lent: bool = False) -> None:
        """Refuse a person whose roles do not include one of ours, and to whom none was lent."""
        if lent or not self.roles or who.roles.intersection(self.roles):
            return
        allowed = " or ".join(map(called, self.roles))
        theirs = " and ".join(map(called, sorted(who.roles))) or "without a role"
        raise Refused(
            f"Only {allowed} may do this ({self.name}); {who.name} is {theirs}.",
            "Ask somebody who has the role, or the operator to give it.",
        )

    def check_arguments(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments as the function takes them; Misused names the first that does not fit."""
        known = {parameter.name for parameter in self.parameters}
        for name in given:
            if name not in known:
                takes = ", ".join(sorted(known)) or "no arguments"
                raise Misused(f"{self.name} has no argument {name!r:.60}.", f"It takes: {takes}.")
        for parameter in self.parameters:
            if parameter.name not in given:
                if parameter.required:
                    raise Misused(f"{self.name} needs the argument {parameter.name!r}.")
            elif not _fits(given[parameter.name], parameter.hint):
                raise Misused(
                    f"The argument {parameter.name!r} of {self.name} does not fit.",
                    f"It should be {_in_words(parameter.hint)}.",
                )
        return dict(given)


REGISTRY: dict[str, Operation] = {}

_Function = typing.TypeVar("_Function", bound=Callable[..., Result])


def operation(
    name: str,
    *,
    roles: tuple[str, ...] = (),
    reads: bool = False,
    setup: bool = False,
    quiet: bool = False,
    lent: bool = False,
) -> Callable[[_Function], _Function]:
    """Register a function under a name that people and pages use."""

    def register(run: _Function) -> _Function:
        if name in REGISTRY:
            raise Misused(f"there are two operations {name}")
        REGISTRY[name] = Operation(name, run, roles, reads, setup, quiet, _parameters(run), lent)
        return run

    return register


def inner(name: str) -> Callable[[Callable[..., Result]], Operation]:
    """An operation that stands in no list: only our own code asks for it."""
    return lambda run: Operation(name, run, (), False, False, False, _parameters(run))


def _parameters(run: Callable[..., Result]) -> tuple[Parameter, ...]:
    # Station is imported for annotations only, to keep the modules free of circles.
    hints = typing.get_type_hints(run, localns={"Station": Any}, include_extras=True)
    return tuple(
        Parameter(key, hints[key], item.default is inspect.Parameter.empty)
        for key, item in inspect.signature(run).parameters.items()
        if item.kind is inspect.Parameter.KEYWORD_ONLY
    )


def find(name: str) -> Operation:
    """The operation of that name."""
    found = REGISTRY.get(name)
    if found is None:
        raise Misused(f"There is no operation {name!r:.60}.", "`parley --help` lists the verbs.")
    return found


# --- arguments against annotations


def _fits(value: Any, hint: Any) -> bool:
    if hint is Any:
        return True
    if hint is None or hint is types.NoneType:
        return value is None
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        return any(_fits(value, option) for option in typing.get_args(hint))
    if origin is list:
        (item,) = typing.get_args(hint)
        return (
            isinstance(value, list)
            and len(value) <= LIST_ITEMS_MAX
            and all(_fits(each, item) for each in value)
        )
    if origin is dict:
        key, item = typing.get_args(hint)
        return (
            isinstance(value, dict)
            and len(value) <= LIST_ITEMS_MAX
            and all(_fits(k, key) and _fits(v, item) for k, v in value.items())
        )
    if hint is int:
        return type(value) is int and abs(value) <= INTEGER_MAX
    if hint is float:
        return type(value) in (int, float) and abs(value) <= INTEGER_MAX
    if hint is bool:
        return isinstance(value, bool)
    if hint is Words:
        return isinstance(value, str)
    return isinstance(value, str) and _is_text(value)


def _is_text(value: str) -> bool:
    """Half a character (a lone surrogate) has no UTF-8 form and fits no table."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


_WORDS = {
    int: "a whole number of at most 15 digits",
    float: "a number",
    bool: "true or false",
    str: "a text",
    Words: "a text",
    types.NoneType: "null",
}


def _in_words(hint: Any) -> str:
    if hint in _WORDS:
        return _WORDS[hint]
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        return " or ".join(_in_words(option) for option in typing.get_args(hint))
    if origin is list:
        return f"a list of at most {LIST_ITEMS_MAX}, each {_in_words(typing.get_args(hint)[0])}"
    return "an object" if origin is dict else "a value"


# --- what the audit trail keeps of them


def for_the_trail(
    act: str, arguments: Mapping[str, Any], digest: Callable[[str], str]
) -> dict[str, Any]:
    """Arguments without secrets, and what people wrote as its hash: the record holds the words."""
    words = WORDS.union(WORDS_OF.get(act, ()))
    kept: dict[str, Any] = {}
    for name, value in arguments.items():
        if name in HIDDEN:
            if not is_empty(value):
                kept[name] = NOT_KEPT
            continue
        written = value if isinstance(value, str) else json.dumps(value)
        if (name in words and value is not None) or len(written) > KEPT_CHARACTERS_MAX:
            kept[name] = _hashed(written, digest)
        else:
            kept[name] = value
    return kept


def repeating(error: Refused, words: str) -> Refused:
    """A refusal that repeats what somebody wrote: the audit trail has it without these words."""
    error.add_note(words)
    return error


def refused_for_the_trail(error: ParleyError, digest: Callable[[str], str]) -> str:
    """What was answered, with what people wrote as its hash."""
    sentence = error.sentence
    for words in filter(None, getattr(error, "__notes__", ())):
        sentence = sentence.replace(words, _hashed(words, digest))
    return f"{REFUSED}{sentence}"


def _hashed(written: str, digest: Callable[[str], str]) -> str:
    return HASHED % {"count": len(written), "digest": digest(written)}
