# `make` alone lists what there is. Two commands do everything on a fresh machine: `make run` and `make test`.
SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
TEST_STAMP := $(VENV)/.installed-tests
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8050

.DEFAULT_GOAL := help
.PHONY: help venv run test check format bench soak screenshots translations tools clean

help: ## list what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(STAMP): setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { echo "Python 3.11 or newer is needed; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo missing). Set PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { echo "Python's venv module is missing: apt-get install python3-venv" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV) (about 1 GB, a minute or two) ..."
	@$(BIN)/pip install --quiet --disable-pip-version-check -e .
	@touch $(STAMP)

$(TEST_STAMP): $(STAMP)
	@$(BIN)/pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $(TEST_STAMP)

venv: $(TEST_STAMP) ## build .venv with everything, tests included

run: $(STAMP) ## start the API, the plant, the app, the planner and the dispatcher
	@HOST=$(HOST) PORT=$(PORT) exec $(BIN)/energy-dashboard run

tools: ## install what the tests need from Debian: chromium, mbpoll
	@bash tests/install_tools.sh

check: $(TEST_STAMP) ## ruff, mypy, import contracts, shape and docs
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m pytest tests/architecture

test: tools check ## every test, the browser's included
	@$(BIN)/python -m pytest -n 2 --dist loadgroup -m "not soak and not e2e" --ignore tests/architecture
	@$(BIN)/python -m pytest -m e2e

format: $(TEST_STAMP) ## format and fix what can be fixed
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: $(TEST_STAMP) ## what the README claims about speed and value
	@$(BIN)/python -m benchmarks

soak: $(TEST_STAMP) ## two rival dispatchers, 1,000 slots, 500 faults; and 200 kills
	@$(BIN)/python -m pytest -m soak -s tests/soak

screenshots: $(TEST_STAMP) tools ## pictures of the running demo for README and docs
	@$(BIN)/python -m tests.screenshots

translations: $(TEST_STAMP) ## bring the German catalogue up to date; say what has no translation yet
	@$(BIN)/python -m tests.catalogue

clean: ## remove the environment and the demo's state
	rm -rf $(VENV) var
