"""The models say what the pages of spec/ say, rule by rule, and what runs them can fail."""

import re
from pathlib import Path

import pytest

from models.__main__ import EXPECTED, bounds_text, found, lines
from models.runs import LARGE, MUTANTS, SMALL, Run

ROOT = Path(__file__).parent.parent
MODELS = sorted(file for end in ("tla", "pv", "pvl") for file in (ROOT / "models").glob(f"*.{end}"))
EVERY_RUN = [*SMALL, *MUTANTS, *LARGE]

RULE = re.compile(r"^\*\*([A-Z]\d{1,2})\.\*\*", re.MULTILINE)
# `\* S3: …` in TLA+, `(* S3: … *)` in ProVerif: the words of that rule, in its section.
QUOTED = re.compile(r"(?:\\\*|\(\*) ([A-Z]\d{1,2}): (.+?)(?: \*\))?$", re.MULTILINE)


def plain(text: str) -> str:
    """One line without marks, so that a quotation may run over the end of one."""
    return " ".join(text.replace("`", "").replace("*", "").split())


def sections() -> dict[str, str]:
    """For each rule the section of its page, where its formulas stand too."""
    found: dict[str, str] = {}
    for page in (ROOT / "spec").glob("*.md"):
        for section in re.split(r"^## ", page.read_text(encoding="utf-8"), flags=re.MULTILINE):
            found |= dict.fromkeys(RULE.findall(section), plain(section))
    return found


def misquoted(text: str, rules: dict[str, str]) -> list[str]:
    """What a model quotes that its rule does not say, and rules that are not there."""
    return [
        f"{rule}: {words}"
        for rule, words in QUOTED.findall(text)
        if plain(words) not in rules.get(rule, "")
    ]


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.name)
def test_each_rule_a_model_quotes_stands_in_the_spec(model: Path) -> None:
    assert not misquoted(model.read_text(encoding="utf-8"), sections())


def test_a_formula_that_differs_is_found() -> None:
    rules = sections()
    assert not misquoted("(* S14: RK_e+1 = HMAC(NK_e, s ‖ et_e+1) *)", rules)
    assert misquoted("(* S14: RK_e+1 = HMAC(RK_e, s ‖ et_e+1) *)", rules)
    assert misquoted("\\* R3: RK_e+1 = HMAC(NK_e, s ‖ et_e+1)", rules)
    assert misquoted("\\* S99: it never falls", rules)


def test_the_models_quote_the_rules_they_are_about() -> None:
    quoted = {
        name: {rule for rule, _ in QUOTED.findall((ROOT / "models" / name).read_text("utf-8"))}
        for name in ("Line.tla", "Life.tla", "Record.tla", "seal.pvl")
    }
    assert {"L5", "L10", "L26", "S14", "S16", "S17", "R3", "R6"} <= quoted["Line.tla"]
    assert {"L15", "L16", "L18"} <= quoted["Life.tla"]
    assert {"R5", "R8", "R9", "L12", "L16"} <= quoted["Record.tla"]
    assert {"S1", "S2", "S3", "S6", "S14", "S15", "S18", "K1", "K6"} <= quoted["seal.pvl"]


@pytest.mark.parametrize("run", EVERY_RUN, ids=lambda run: f"{run.model}: {run.name}")
def test_a_run_names_what_its_model_has(run: Run) -> None:
    model = (ROOT / "models" / f"{run.model}.tla").read_text(encoding="utf-8")
    for name in (*run.invariants.split(), *run.eventually.split(), *run.fails.split()):
        assert re.search(rf"^{name} ==", model, re.MULTILINE), name
    head = model[model.index("CONSTANTS") : model.index("VARIABLES")]
    constants = set(re.findall(r"\b([A-Z]\w*)(?=,|\s*\\\*)", head)) - {"CONSTANTS"}
    assert constants == run.bounds.keys()
    if run.bounds["Mutant"] != '"none"':
        assert run.bounds["Mutant"] in model
        assert run.fails


def test_every_model_has_a_run_and_a_mutant() -> None:
    models = {file.stem for file in MODELS if file.suffix == ".tla"}
    assert models == {run.model for run in SMALL if not run.fails}
    assert models == {run.model for run in MUTANTS if run.fails}


def test_every_scenario_says_what_it_expects() -> None:
    for scenario in (ROOT / "models").glob("*.pv"):
        text = scenario.read_text(encoding="utf-8")
        assert len(EXPECTED.findall(text)) == text.count("query ") > 0, scenario.name


def test_what_the_checker_says_is_read() -> None:
    assert found("Model checking completed. No error has been found.\n") == ""
    assert found("Error: Invariant Openable is violated.\n") == "Openable"
    assert found("Error: Temporal properties were violated.\n") == "temporal"
    assert found("Error: Parsing or semantic analysis failed.").strip().startswith("Error")


def test_a_run_with_a_property_asks_for_it() -> None:
    text = bounds_text(next(run for run in SMALL if run.eventually))
    assert "SPECIFICATION Spec" in text
    assert "PROPERTIES Settled" in text


def test_without_java_one_line_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nonexistent")
    assert list(lines("small")) == [
        ("no Java here: the TLA+ models were not checked", ""),
        ("no ProVerif here: the ProVerif models were not checked", ""),
    ]
