"""No fixed text of the console is unmarked, untranslated, or translated with other values."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Catalog, Message
from jinja2 import Environment, nodes

from parley.console.tongues import ENGLISH, TONGUES
from tools.words import (
    ERRORS,
    KEYWORDS,
    PARLEY,
    RAISED,
    SET_UP,
    extracted,
    missing,
    named_texts,
    read,
)

TEMPLATES = PARLEY / "console" / "templates"
SCRIPTS = PARLEY / "console" / "static"
# The same in every language (decision 0032): words of the record, keys, names of things.
SAME = frozenset(
    (
        *("FLASH", "IMMEDIATE", "EXERCISE", "DRAFT", "ACTUAL", "TEST", "SERVICE"),
        *("SHA-256", "UTC", "Parley", "Tab", "Enter", "otpauth", "parley", "record", "line"),
    )
)
# What stands at the top and the bottom of a printed sheet, beside the statuses.
PAPER = frozenset(
    ("CHAT", "STATUS", "NOT", "KNOWN", "HEADS", "OF", "THE", "RECORD", "WATCH", "LOG")
)
SHOWN = ("aria-label", "title", "placeholder", "alt", "data-left", "data-more")
# What is called with words that are no text, or that are found by themselves (`tools/words.py`).
CALLED = ("N_", "_", "ngettext", "pgettext", "compile", "Refused", "Misused", "Unavailable")
# Names of languages in themselves, and how a station of ours begins what a page turns over.
KEPT = ("English", "Français", "Español", "not in this record, begun ")
PLACES = re.compile(r"%\(\w+\)s|%%|</?\w+[^>]*>")
WRITTEN = {"zh_Hans": "\u4e00-\u9fff", "ru": "\u0400-\u04ff", "ar": "\u0600-\u06ff"}
GLUED = re.compile(r"^[A-Z][a-z]|[a-z][.,]$|[a-z]+ [a-z]+ ")
ENVIRONMENT = Environment(autoescape=True, extensions=["jinja2.ext.i18n"], trim_blocks=True)
OTHERS = [tongue for tongue in TONGUES.values() if tongue is not ENGLISH]


@pytest.fixture(scope="session")
def source() -> Catalog:
    """Not at import: it takes longer than all else that is done before the first test."""
    return extracted()


@pytest.fixture(params=OTHERS, ids=lambda tongue: tongue.code)
def catalogue(request: pytest.FixtureRequest) -> Catalog:
    return kept(request.param.locale)


kept = cache(read)  # nobody here writes in one


def strings(message: Message, what: str) -> list[str]:
    given: Any = getattr(message, what)
    return list(given) if isinstance(given, list | tuple) else [given]


def test_a_catalogue_has_each_text_and_no_other(catalogue: Catalog, source: Catalog) -> None:
    def keys(of: Catalog) -> set[tuple[str, str]]:
        return {(each.context or "", strings(each, "id")[0]) for each in of if each.id}

    assert keys(catalogue) == keys(source), "run `make words`"
    assert not missing(catalogue)


def test_a_translation_has_the_values_and_tags_of_its_text(catalogue: Catalog) -> None:
    for each in catalogue:
        if not each.id:
            continue
        wanted = sorted(PLACES.findall(strings(each, "id")[-1]))
        found = [sorted(PLACES.findall(said)) for said in strings(each, "string")]
        # "One message" needs no number; the form for many has all.
        assert found[-1] == wanted, each.id
        assert all(set(part) <= set(wanted) for part in found), each.id


def test_a_catalogue_has_no_words_of_another_script(catalogue: Catalog) -> None:
    own = WRITTEN.get(str(catalogue.locale), "")
    others = "".join(script for script in WRITTEN.values() if script != own)
    strange = re.compile(f"[{others}]")
    assert not [each.id for each in catalogue if strange.search("".join(strings(each, "string")))]


def test_one_english_word_for_two_things_is_two_words(catalogue: Catalog) -> None:
    """An answer is not the head of a column, nor a page an amount, nor a level a loudness."""

    def of(word: str, context: str | None = None) -> Any:
        found = catalogue.get(word, context)
        assert found is not None
        return found.string

    assert catalogue.get("No") is None, "say which: pgettext"
    assert of("No", "answer") != of("No", "number")
    assert of("Sent", "amount") != of("Sent")
    assert of("Level", "sound") != of("Level")
    assert of("No", "answer") in ("\u5426", "Нет", "Non", "No", "\u0644\u0627")


def test_a_catalogue_names_its_language_and_has_the_plurals_of_it(catalogue: Catalog) -> None:
    forms = {"zh_Hans": 1, "ru": 3, "fr": 2, "es": 2, "ar": 6}
    assert catalogue.num_plurals == forms[str(catalogue.locale)]
    for each in catalogue:
        if len(strings(each, "id")) == 2:
            assert len(strings(each, "string")) == catalogue.num_plurals


class Texts(HTMLParser):
    """The words of a template outside any mark, and of attributes that people read."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._skips = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._skips += tag in ("script", "style", "svg")
        self.found += [value or "" for name, value in attrs if name in SHOWN]
        # What a field or a button bears is sent back, or stands in it: a word of ours, or a text.
        self.found += [value or "" for name, value in attrs if name == "value" and is_text(value)]

    def handle_endtag(self, tag: str) -> None:
        self._skips -= tag in ("script", "style", "svg")

    def handle_data(self, data: str) -> None:
        if not self._skips:
            self.found.append(data)


def is_text(value: str | None) -> bool:
    return bool(value and (GLUED.search(value) or re.search(r"\w \w", value)))


def unmarked(source: str) -> list[str]:
    source = re.sub(r"\{#.*?#\}", "", source, flags=re.DOTALL)
    source = re.sub(r"\{% ?trans.*?endtrans ?%\}", "", source, flags=re.DOTALL)
    glued = [each for each in chosen_texts(source) if GLUED.search(each)]
    source = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "", source, flags=re.DOTALL)
    parser = Texts()
    parser.feed(source)
    words = [word for text in parser.found for word in re.findall(r"[^\W\d_][\w-]+", text)]
    return glued + [
        word
        for word in words
        if word not in SAME and not re.fullmatch("Y{4}.*|[DHM]{2}Z?|MM-DD", word)
    ]


def chosen_texts(source: str) -> Iterator[str]:
    """What an expression shows as it stands: one of two texts, one for where there is none, one
    that a filter changes or puts there, or a part of a joined one."""
    kinds = (nodes.CondExpr, nodes.Concat, nodes.Or, nodes.And, nodes.Filter)
    for node in ENVIRONMENT.parse(source).find_all(kinds):
        parts = node.nodes if isinstance(node, nodes.Concat) else [*node.iter_child_nodes()]
        said = [part.value for part in parts if isinstance(part, nodes.Const)]
        yield from (each for each in said if isinstance(each, str))


@pytest.mark.parametrize("file", sorted(TEMPLATES.glob("*.html")), ids=lambda file: file.stem)
def test_no_text_of_a_template_is_unmarked(file: Path) -> None:
    assert not unmarked(file.read_text("utf-8"))


def test_unmarked_text_is_found() -> None:
    assert unmarked('<p title="{{ _("Yes") }}">{{ _("Nothing yet.") }}</p>') == []
    assert unmarked("<p>Nothing yet.</p>") == ["Nothing", "yet"]
    assert unmarked('<p title="Why not">{% trans %}Yes{% endtrans %}</p>') == ["Why", "not"]
    assert unmarked('{{ "No line waits" if x else _("Yes") }}') == ["No line waits"]
    assert unmarked('{{ "No line waits" ~ x if x else none }}') == ["No line waits"]
    assert unmarked("{% set own = x if x else none %}") == []
    assert unmarked('<input value="{{ x or "To speak at once" }}">') == ["To speak at once"]
    assert unmarked('{{ x | default("No line waits") }}') == ["No line waits"]
    assert unmarked('{{ "No line waits" | upper }}{{ _("Yes") | upper }}') == ["No line waits"]
    assert unmarked('<input value="Every week"><button value="yes">') == ["Every", "week"]


def constants(tree: ast.Module) -> Iterator[str]:
    """Texts that stand unmarked in what a module names once and for all, or says where there is
    nothing else to say."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            yield from _texts(node.value)
    for part in ast.walk(tree):
        if isinstance(part, ast.BoolOp | ast.IfExp):
            for each in ast.iter_child_nodes(part):
                if isinstance(each, ast.Constant):
                    yield from _texts(each)


def _texts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in CALLED:
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and GLUED.search(node.value):
        yield node.value
    shown = node.values if isinstance(node, ast.Dict) else ast.iter_child_nodes(node)
    for each in shown:
        yield from _texts(each)


def test_no_text_of_a_module_is_unmarked(source: Catalog) -> None:
    """A constant is looked up where it is shown, so it is a text of the catalogues."""
    texts = {strings(each, "id")[0] for each in source if each.id}
    found = {
        (file.stem, said)
        for folder in (TEMPLATES.parent, TEMPLATES.parent / "pages")
        for file in folder.glob("*.py")
        if file.stem != "guard"  # headers of HTTP
        for said in constants(ast.parse(file.read_bytes()))
        if said not in texts
    }
    assert {each for each in found if each[1] not in KEPT} == set()


def test_an_unmarked_constant_is_found() -> None:
    def found(source: str) -> list[str]:
        return [*constants(ast.parse(source))]

    assert found('NAMES = {1: "Nothing yet.", 2: N_("All of it.")}') == ["Nothing yet."]
    assert found('def f(x):\n    return x or "To speak at once"') == ["To speak at once"]
    assert found('def f(x):\n    return _("All of it.") if x else "Not it."') == ["Not it."]


@pytest.mark.parametrize("file", sorted(SCRIPTS.glob("*.js")), ids=lambda file: file.stem)
def test_no_script_compares_with_words_of_a_language(file: Path) -> None:
    """What a station says in its own words is the same in every language of a page."""
    assert not re.findall(r"[!=]==? _\(", file.read_text("utf-8"))


@pytest.mark.parametrize("file", sorted(SCRIPTS.glob("*.js")), ids=lambda file: file.stem)
def test_no_text_of_a_script_is_unmarked(file: Path) -> None:
    """What a script shows has a capital and a space, or ends a sentence."""
    source = re.sub(r"//[^\n]*|/\*.*?\*/", "", file.read_text("utf-8"), flags=re.DOTALL)
    assert not re.findall(r'\bsay\([^,()]+, "\w[^"]*"', source)  # not a single word either
    source = re.sub(
        r'(?<![\w$.])(?:_|ngettext)\("(?:[^"\\]|\\.)*"(?:, "(?:[^"\\]|\\.)*")?', "", source
    )
    source = re.sub(r'(?:querySelector(?:All)?|closest)\("[^"]*"', "", source)
    said = re.findall(r'"([^"\n]*)"|`([^`\n]*)`', source)
    shown = [a or re.sub(r"\$\{[^}]*\}+", "", b) for a, b in said]
    assert not [
        each for each in shown if re.search(r"[A-Z][a-z]+ [a-z]|[a-z]{2} [a-z]+[.?!]", each)
    ]


@pytest.mark.parametrize("file", sorted(SCRIPTS.glob("*.css")), ids=lambda file: file.stem)
def test_no_style_has_words_or_a_side_of_its_own(file: Path) -> None:
    source = re.sub(r"/\*.*?\*/", "", file.read_text("utf-8"), flags=re.DOTALL)
    said = re.findall(r'content: "([^"]*)"', source)
    same = SAME | PAPER if file.stem == "print" else SAME
    assert not [word for each in said for word in re.findall(r"\w{2,}", each) if word not in same]
    sides = r"(?:margin|padding|border)-(?:left|right)\b|(?:^|[;{ ])(?:left|right): "
    assert not re.findall(sides + r"|text-align: (?:left|right)", source)
    four = re.findall(r"(?:padding|margin|inset): [^\s;]+ ([^\s;]+) [^\s;]+ ([^\s;]+);", source)
    assert all(right == left for right, left in four), four


def test_each_text_that_a_source_names_is_gathered(source: Catalog) -> None:
    """Also one that stands within a string, where a gatherer may not look."""
    gathered = {strings(each, "id")[0] for each in source}
    named = [
        json.loads(text)
        for file in SCRIPTS.glob("*.js")
        for text in re.findall(r'\b_\(\s*("(?:[^"\\]|\\.)*")', file.read_text(encoding="utf-8"))
    ]
    within = [
        (file.name, ast.unparse(called))
        for file in PARLEY.glob("console/**/*.py")
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.JoinedStr)
        for called in ast.walk(node)
        if isinstance(called, ast.Call)
        and ast.unparse(called.func) in KEYWORDS
        and isinstance(called.args[0], ast.Constant)
    ]
    assert len(named) > 150
    assert [text for text in named if text not in gathered] == []
    assert within == [], "Python before 3.12 does not show a gatherer what stands in an f-string"


def test_the_sentence_of_an_error_is_where_a_gatherer_finds_it() -> None:
    """Or in a table or an object whose texts are gathered by themselves (`tools/words.py`)."""
    elsewhere = {"fault.hint", "found[kind].why", "hint", "known[1]", "full[1]", "why"}
    elsewhere |= {"open_line.stop.hint", "self.stop.hint", "stop.hint", "str(error)"}
    elsewhere |= {"_WORLD[sqlite3.SQLITE_CORRUPT][1]"}
    hidden = set()
    for file in sorted({file for each in RAISED for file in PARLEY.glob(each)}):
        if "station" in file.parts and file.stem in SET_UP:
            continue
        tree = ast.parse(file.read_bytes())
        known = named_texts(tree)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ERRORS:
                said = [*node.args[:2], *(k.value for k in node.keywords if k.arg == "hint")]
                hidden |= {
                    ast.unparse(part)
                    for part in said
                    if isinstance(part, ast.Name | ast.Attribute | ast.Subscript)
                    and ast.unparse(part) not in known
                }
    assert hidden <= elsewhere, "tools/words.py cannot see these"
