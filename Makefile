# Every target does its own set-up; `make help` lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
DATA ?= var/demo
MEDIA ?=
# One test process more than there are cores, since stories and crash tests wait a lot. The tests of a file stay in one
# process, and files in their order: the stories first, not last because each is but one test.
PARALLEL ?= -n $(shell $(PYTHON) -c 'import os; print(1 + (os.cpu_count() or 1))') --dist loadfile --no-loadscope-reorder

# Where it is set, each test process would rewrite the assertions of all tests anew, 10 s of work.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup system demo demo-reset test stories drill bench lint gates distinct screenshots package package-check constraints docs clean

help:  ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP)  ## make .venv and install everything

$(STAMP): pyproject.toml constraints.txt packaging/no-deps.txt scripts/system-packages
	@PYTHON="$(PYTHON)" sh scripts/system-packages
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[demo,dev,nsfw,provenance,asr,text]'
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement packaging/no-deps.txt
	@$(BIN)/python -m compileall -q server studio resources
	@touch $@

demo: setup  ## server and client on demo data, offline (MEDIA=DIR takes your own files)
	@$(BIN)/python -m studio demo --data "$(DATA)" $(if $(MEDIA),--media "$(MEDIA)")

demo-reset: setup  ## forget what was done in the demo and start over
	rm -rf "$(DATA)"
	@$(MAKE) --no-print-directory demo

test: setup  ## the whole test suite
	$(BIN)/python -m pytest -q -m "not drill" $(PARALLEL) --durations=15

stories: setup  ## each person's story in every theme, pictures into build/stories
	@for theme in dark light contrast; do \
		STORY_THEME=$$theme $(BIN)/python -m pytest -q -s tests/stories || exit 1; done

drill: setup  ## long crash and fuzz runs
	$(BIN)/python -m pytest -q -m drill

bench: setup  ## every benchmark, small scale (SCALE=full for the real sizes)
	@for name in queue feed_query review client feed forensics; do \
		$(BIN)/python -m benchmarks $$name --scale $(or $(SCALE),small) || exit 1; done

lint: setup  ## style, types, layers, migrations
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest -q tests/server/migrations -k alembic_finds_nothing_to_do

screenshots: setup  ## every tab and state, all themes, into var/pictures; those of the tour into docs
	$(BIN)/python -m studio screenshots var/pictures
	$(BIN)/python -m studio screenshots docs/screenshots --tour

package: setup  ## the frozen app: client and embedded server in dist/
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[package]'
	$(BIN)/pyinstaller --noconfirm --log-level WARN build.spec

package-check: setup  ## start the frozen app offscreen: sign in, claim, decode a frame
	$(BIN)/python packaging/check.py dist/creator-studio

constraints:  ## write constraints.txt anew from the ranges in pyproject.toml (needs uv)
	uv pip compile --quiet --universal --all-extras --no-header --no-annotate --no-emit-index-url --output-file constraints.txt pyproject.toml

docs: setup  ## write the generated parts of the documentation
	$(BIN)/python scripts/seed_map.py
	PYTHONPATH=. $(BIN)/python scripts/machines.py
	PYTHONPATH=. $(BIN)/python scripts/model_card.py
	PYTHONPATH=. $(BIN)/python scripts/settings_page.py
	PYTHONPATH=. $(BIN)/python scripts/spark_schema.py

gates: setup  ## judge all built-in sparks, and write gates.json and the engine's version
	PYTHONPATH=. $(BIN)/python scripts/spark_engine.py
	PYTHONPATH=. $(BIN)/python scripts/spark_gates.py $(if $(CHANGED),--changed)

distinct: setup  ## measure how unlike the built-in sparks are, and write docs/sparks-distinct.md
	PYTHONPATH=. $(BIN)/python scripts/spark_distinct.py

clean:
	rm -rf $(VENV) build dist var .pytest_cache .mypy_cache .ruff_cache .hypothesis
