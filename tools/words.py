"""`make words`: gather the console's fixed texts and bring each catalogue up to date.

What is gone from the source leaves the catalogues; what is new stands there untranslated, and the
count is printed. `--check` writes nothing and fails unless every catalogue is whole.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from parley.console.tongues import ENGLISH, SAID, TONGUES

PARLEY = Path(__file__).parent.parent / "src" / "parley"
LOCALE = PARLEY / "console" / "locale"
KEYWORDS = {
    "_": None,
    "N_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
}
# What people are shown besides: the sentences of errors, wherever they are raised.
METHODS = [
    ("console/templates/**.html", "jinja2"),
    ("console/static/**.js", "javascript"),
    ("console/**.py", "python"),
]
OPTIONS = {
    "console/templates/**.html": {
        "trimmed": "true",
        "trim_blocks": "true",
        "newstyle_gettext": "true",
        "silent": "false",
    },
    "console/static/**.js": {"parse_template_string": "true"},
}
RAISED = (
    "core/entry.py",
    "core/line.py",
    "core/closing.py",
    "core/speaking.py",
    "store/trouble.py",
    "bearers/*.py",
    "catalogue/*.py",
    "station/**/*.py",
    "console/**/*.py",
)
# The engineer meets these on the command line, which speaks English: setting up, keys, letters.
SET_UP = frozenset(
    (
        *("bearing", "carried", "config", "console_certificate", "control", "evidence", "folder"),
        *("founding", "heirs", "introductions", "letters", "papers", "replacing", "root"),
        *("serving", "supplying", "lost", "doctor", "renewing", "clauses"),
        "brought",
    )
)
# But these refuse what is asked of a station, and so stand in the audit trail. Their hints do not.
IN_THE_TRAIL = frozenset(
    (
        "bearing",
        "brought",
        "evidence",
        "introductions",
        "letters",
        "papers",
        "replacing",
        "supplying",
    )
)
# What a line tells by itself, and why it stops itself.
TOLD = ("core/greeting.py", "core/life.py", "core/line.py", "core/heads.py", "core/hearing.py")
PAPERS = ("core/identity.py", "core/agreement.py", "core/keys.py")  # what is wrong with one
FIELDS = (*PAPERS, "core/succession.py")  # and with one of its fields
# Modules whose other sentences stand on pages too: what is said of a line, a call, a draft.
SPEAKING = (
    "station/acts/own_acts.py",
    "station/texts/contradicting.py",
    "station/call/calls.py",
    "station/call/series.py",
    "station/line/standing.py",
    "station/call/minutes.py",
    "station/parties/resuming.py",
    "station/line/wording.py",
    "station/line/distrust.py",
    "station/line/versions.py",
    "station/line/stops.py",
    "station/machine/outside.py",
    "station/alarms/overdue.py",
    "station/line/filled.py",
    "bearers/streams.py",
    "store/trouble.py",
    "core/suites.py",
    "catalogue/prepared.py",
    "catalogue/attendance.py",
    "catalogue/facts.py",
)
# Words of ours that are handed to a sentence as its value, and at which place: what it is about.
_HANDED = {"check_name": 1, "_unreadable": 0, "mistake": 0, "named": 2}
_TELLING = frozenset(("notice", "_notice", "_halt", "Stop"))
_NAMED = re.compile(r"%\([a-z_]+\)s")
_VALUE = re.compile(r"%\(\w+\)s")
# The classes of `core/errors.py`, and those made from them.
ERRORS = frozenset(
    ("Refused", "Malformed", "Newer", "Misused", "Unavailable", "Halted", "Foreign", "NoSeat")
)


def extracted() -> Catalog:
    """Every fixed text of the console, as the source has it."""
    found = Catalog(project="Parley", charset="utf-8")
    for place, line, message, comments, context in extract_from_dir(
        PARLEY, METHODS, OPTIONS, KEYWORDS, ("For translators:",), strip_comment_tags=True
    ):
        found.add(message, None, [(place, line)], auto_comments=comments, context=context)
    for file in sorted({file for each in RAISED for file in PARLEY.glob(each)}):
        place = str(file.relative_to(PARLEY))
        tree = ast.parse(file.read_bytes())
        if "station" in file.parts and file.stem in SET_UP:
            for line, template in said(tree, hints=False) if file.stem in IN_THE_TRAIL else ():
                found.add(template, None, [(place, line)], context=SAID)
            continue
        also = spoken(tree) if place in SPEAKING else ()
        for line, template in [*said(tree), *handed(tree), *also]:
            found.add(template, None, [(place, line)], context=SAID)
    for line, template in hinted(ast.parse((PARLEY / "core/entry.py").read_bytes())):
        found.add(template, None, [("core/entry.py", line)], context=SAID)
    for place in PAPERS:
        for line, template in said(ast.parse((PARLEY / place).read_bytes()), hints=False):
            found.add(template, None, [(place, line)], context=SAID)
    for place in FIELDS:
        for line, template in faulty(ast.parse((PARLEY / place).read_bytes())):
            found.add(template, None, [(place, line)], context=SAID)
    for place in TOLD:
        for line, template in told(ast.parse((PARLEY / place).read_bytes())):
            found.add(template, None, [(place, line)], context=SAID)
    for place in SPEAKING:
        if not place.startswith("station"):
            for line, template in spoken(ast.parse((PARLEY / place).read_bytes())):
                found.add(template, None, [(place, line)], context=SAID)
    return found


def said(tree: ast.AST, *, hints: bool = True) -> Iterator[tuple[int, str]]:
    """The sentences and hints of errors, each value in them as `%(1)s`, `%(2)s`…"""
    named = named_texts(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in ERRORS:
            hint = [each.value for each in node.keywords if each.arg == "hint"]
            for part in [*node.args[:2], *hint] if hints else node.args[:1]:
                for template in _templates(named.get(ast.unparse(part), part)):
                    if hints or re.search(r"\w{3}", _VALUE.sub("", template)):
                        yield node.lineno, template


def named_texts(tree: ast.AST) -> dict[str, ast.expr]:
    """The texts that a module has given a name, by that name."""
    return {
        ast.unparse(node.targets[0]): node.value
        for node in getattr(tree, "body", ())
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
    }


def handed(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What a sentence is about, where that is said by the one who asks for the check."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in _HANDED:
            match node.args[_HANDED[_name(node.func)] :][:1]:
                case [ast.Constant(value=str(words))]:
                    yield node.lineno, words


def told(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What a line says that happened, and why it has stopped itself."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in _TELLING:
            for template in _templates(node.args[_name(node.func).endswith("notice")]):
                yield node.lineno, template


def spoken(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Every other text of several words, where all such are for people: no rule, no docstring."""
    inside = {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in node.values
    }
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr) and id(node) not in inside | alone:
            for template in _templates(node):
                words = re.sub(r"%\(\w+\)s", "", template)
                whole = " " in words.strip() or (
                    _NAMED.search(template) and re.search(r"\w{3}", words)
                )
                if whole and not re.search(r"[A-Z]{4} |[<>{}=]|^\W*$", words):
                    yield node.lineno, template


def faulty(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """What is wrong with a field of a document: the document, and what is said of its fields."""
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id="Fields"), args=[ast.Constant(value=str(what)), *_]):
                yield node.lineno, what
                yield node.lineno, f"{what}'s %(1)s: %(2)s"
            case ast.Call(func=ast.Attribute(attr="bad"), args=[_, why]):
                for template in _templates(why):
                    after = re.sub(r"%\((\d)\)s", lambda n: f"%({int(n[1]) + 2})s", template)
                    yield node.lineno, f"%(1)s's %(2)s {after}"


def hinted(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """A sign that cannot be sent, and what to do about it: the table of those signs."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "_REFUSED":
            assert isinstance(node.value, ast.Tuple)
            for row in node.value.elts:
                assert isinstance(row, ast.Tuple)
                for part in row.elts[1:3]:
                    for template in _templates(part):
                        yield row.lineno, template.replace("{:04X}", "%(1)s")


def _name(called: ast.expr) -> str:
    return called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")


def _templates(node: ast.expr) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(words)) if _NAMED.search(words):
            yield words  # a sentence whose values have names
        case ast.Constant(value=str(words)) if words.strip():
            yield words.replace("%", "%%")
        case ast.JoinedStr(values=parts):
            pieces, count = "", 0
            for part in parts:
                if isinstance(part, ast.Constant):
                    pieces += str(part.value).replace("%", "%%")
                else:
                    count += 1
                    pieces += f"%({count})s"
            yield pieces
        case ast.IfExp(body=one, orelse=other):
            yield from _templates(one)
            yield from _templates(other)


def path_of(locale: str) -> Path:
    """Where the catalogue of a language is."""
    return LOCALE / locale / "LC_MESSAGES" / "parley.po"


def read(locale: str) -> Catalog:
    """The catalogue of a language, as it is kept."""
    with path_of(locale).open("rb") as file:
        return read_po(file, locale=locale, domain="parley")


def renewed(locale: str, source: Catalog) -> bytes:
    """The catalogue with the source's texts, in the form in which it is kept."""
    kept = read(locale)
    kept.update(source, no_fuzzy_matching=True, update_header_comment=False)
    kept.obsolete.clear()
    # The header is written by hand: who has read it, and the plural rules. No dates: git has them.
    header = path_of(locale).read_bytes().partition(b"\n\n")[0]
    out = BytesIO()
    write_po(out, kept, width=100, include_lineno=False, omit_header=True)
    return header + b"\n\n" + out.getvalue().lstrip()


def missing(catalogue: Catalog) -> list[Message]:
    """What is not translated, or only guessed."""
    return [each for each in catalogue if each.id and (each.fuzzy or not _whole(each))]


def _whole(message: Message) -> bool:
    given: Any = message.string
    return all(given) if isinstance(given, list | tuple) else bool(given)


def main(arguments: list[str]) -> int:
    """Bring them up to date, or say what is missing."""
    source, failed = extracted(), False
    print(f"{sum(1 for each in source if each.id)} texts")
    for tongue in TONGUES.values():
        if tongue is ENGLISH:
            continue
        new, path = renewed(tongue.locale, source), path_of(tongue.locale)
        lacks = missing(read_po(BytesIO(new), locale=tongue.locale))
        print(f"{tongue.code}: {len(lacks)} without translation")
        if "--check" in arguments:
            failed |= bool(lacks) or new != path.read_bytes()
        else:
            path.write_bytes(new)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
