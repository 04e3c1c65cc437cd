# `make demo` and `make test` are all a newcomer needs; both set up what they use.
# Everything they install goes into .venv, pinned by hash in requirements/.

PYTHON ?= python3
CYCLES ?= 200
SECONDS_EACH ?= 60
RUNS ?= 5
SEEDS ?= 200
FROM ?= 1
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
# Python keeps what it has compiled, even where the surroundings forbid it: a `parley` that compiles
# itself anew at every start takes half as long again, and the tests start hundreds.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
SET_UP := .venv/.set-up
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

# Every target is a task; none is a file that make could find up to date.
.PHONY: $(shell grep -oE '^[a-z][a-z-]*:' Makefile | tr -d :)

help:  ## say what there is
	@grep -hE '^[a-z-]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 14

setup: $(SET_UP)  ## make .venv with the pinned dependencies and the parley command

# The project goes in without build isolation: its build backend is pinned in dev.txt as well.
$(SET_UP): requirements/dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Parley needs Python 3.11 or newer; set PYTHON=, for example make PYTHON=python3.12 setup." >&2; exit 3; }
	@test -x $(BIN)/python && $(BIN)/python -m pip --version > /dev/null 2>&1 || \
	  { echo "making .venv"; $(PYTHON) -m venv --clear .venv; } || \
	  { echo "The venv module is missing; on Debian and Ubuntu: apt-get install python3-venv" >&2; exit 3; }
	@echo "installing pinned dependencies into .venv"
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

demo: setup  ## start two stations here and print their sign-in links; Ctrl-C stops them
	@$(BIN)/parley demo

demo-clean:  ## forget the demo's stations
	@if test -x $(BIN)/parley; then $(BIN)/parley demo-clean; else echo "There is no demo."; fi

chromium:  ## put a Chromium where the browser tests find it, or say why there is none
	@tools/chromium

style: setup  ## check how the code is laid out
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

check: style  ## check layout and types
	$(BIN)/mypy

# In memory where there is room: nothing here shows more on a disk, and half of the time would be
# waiting for it. Stories and proofs work on the disk.
QUICK_TMP = $(shell test $$(df --output=avail -k /dev/shm 2>/dev/null | tail -n 1 || echo 0) -gt 4000000 \
  && echo /dev/shm || echo $${TMPDIR:-/tmp})

# The types are checked meanwhile, for one core alone would be busy with them; what was found stands
# below what the tests say, and either fails the whole. Tests wait two fifths of their time, so three
# at a time keep two cores busy.
test: setup chromium style  ## run the tests and the style and type checks: within six minutes
	@types=$$(mktemp); checker=; trap 'kill $$checker 2> /dev/null || true; rm -f "$$types"' EXIT; \
	$(BIN)/mypy > "$$types" 2>&1 & checker=$$!; failed=0; \
	TMPDIR=$(QUICK_TMP) $(BIN)/pytest -q -n 3 --dist worksteal || failed=$$?; \
	wait $$checker || failed=$$?; cat "$$types"; exit $$failed

stories: setup chromium  ## run the longer tests, and all those of which `make test` has a few
	$(BIN)/pytest -q -m story -n 2 --dist worksteal

# Worlds of chance reach more on some days than on others; what tries every byte of a document reaches
# nothing new, and takes long. Neither is needed.
coverage: setup  ## run the tests of the trusted core; fails where a line or a branch is not reached
	@$(BIN)/coverage run -m pytest -q -m "not proof" tests/core tests/evidence \
	  --ignore tests/core/test_world.py --ignore tests/core/test_liar.py \
	  -k "not any_byte_changed"
	@$(BIN)/coverage report

mutants: setup  ## make every small mistake in core and evidence and see which test fails; takes hours
	@$(BIN)/python -m tools.mutants $(MODULES)

bench: setup chromium  ## measure; prints a table and writes bench/latest.json
	@$(BIN)/python -m bench

# CASE is clean, loss, 64k, cut or 720p; frames is the link alone, without browsers.
bench-call: setup chromium  ## measure calls between two browsers on an emulated link: CASE (all), RUNS of each (5)
	@$(BIN)/python -m $(if $(filter frames,$(CASE)),bench.frames,bench.calls $(CASE:%=--case %) --runs $(RUNS))

torture: setup  ## kill -9 stations under load, CYCLES times (200)
	@$(BIN)/python -m parley.exercise.torture --cycles $(CYCLES)

simulate: setup  ## live through worlds of two stations: SEEDS of them (200), FROM a number (1)
	@$(BIN)/python -m parley.exercise.simulate --seeds $(SEEDS) --from $(FROM)

sweep: setup  ## let the power fail at every boundary of every scenario
	@$(BIN)/python -m parley.exercise.simulate --sweep

# Those that use every core by themselves go first; of the others two stand side by side.
BY_THEMSELVES := tests/exercise/test_simulate.py tests/exercise/test_evidence.py
prove: setup  ## run the longer proofs, a torture run among them
	$(BIN)/pytest -q -m proof $(BY_THEMSELVES)
	CYCLES=$(CYCLES) $(BIN)/pytest -q -m proof -n 2 --dist loadfile $(addprefix --ignore=,$(BY_THEMSELVES))

fuzz: setup  ## fuzz every parser, SECONDS_EACH (60), two at a time
	@$(PIP) install --require-hashes -r requirements/fuzz.txt
	@$(BIN)/python -m fuzz --seconds $(SECONDS_EACH)

vectors: setup  ## check the vectors with the code, and with a second program (needs Node)
	@$(BIN)/python -m vectors.generate
	@cd vectors && npm ci --silent --no-audit --no-fund && node check.mjs

go-check: setup  ## check evidence and proofs with Go's transparency log code (Debian's golang)
	@tools/go-check

models-small: setup  ## check the models within small bounds, and that their mutants fail (needs Java)
	@$(BIN)/python -m models small

models: setup  ## check the models within larger bounds: an hour or more
	@$(BIN)/python -m models large

core-size: setup  ## files, lines and imports of the trusted core and of the evidence checker
	@$(BIN)/python tools/core_size.py

words: setup  ## gather the console's fixed texts into the catalogues, and count what lacks
	@$(BIN)/python -m tools.words $(WORDS)

site: setup  ## make the book of docs/ and spec/ in build/site; a warning is an error
	@$(PIP) install --require-hashes -r requirements/docs.txt
	@$(BIN)/sphinx-build -q -n -W --keep-going -c docs/site . build/site
	@echo "open build/site/docs/index.html"

pictures: setup chromium  ## take the pictures of the console in README anew
	@$(BIN)/python -m tools.pictures docs/pictures

elements: setup  ## draw every element of the pages on one page, by day, by night and in high contrast
	@$(BIN)/python -m tools.elements build/elements

# Needs uv on the path. The output names no registry, so that it installs from any mirror.
lock:  ## pin the dependencies of pyproject.toml anew
	pin() { UV_PYTHON_DOWNLOADS=never uv pip compile --quiet --no-config --generate-hashes --universal \
	  --python-version 3.11 --no-emit-index-url --no-emit-find-links \
	  --custom-compile-command "make lock" "$$@"; }; \
	pin pyproject.toml -o requirements/run.txt; \
	pin pyproject.toml --group dev -o requirements/dev.txt; \
	pin --group fuzz -o requirements/fuzz.txt; \
	pin --group docs -o requirements/docs.txt
