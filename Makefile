# Everything happens in .venv, which the first target that needs it makes. Arguments: make up ARGS="--port 8123".
.DEFAULT_GOAL := help
.PHONY: help up test check bench fmt
SHELL := /bin/sh
MAKEFLAGS += --no-print-directory

BIN := .venv/bin
READY := .venv/.ready
ARGS ?=
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' Makefile

up: $(READY) ## run the whole system: http://127.0.0.1:8000, Ctrl-C stops it
	@exec $(BIN)/raceday up $(ARGS)

test: check ## all checks and all tests
	@$(BIN)/python -m pytest $(ARGS)

check: $(READY) ## lint, format and types
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy --no-error-summary

bench: $(READY) ## measure, print a table, write bench/results/latest.json
	@$(BIN)/python -m bench $(ARGS)

fmt: $(READY) ## mend format and what lint can mend
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --quiet --fix .

# Made anew where the pinned versions or the project's own description changed.
$(READY): requirements.lock pyproject.toml
	@set -e; \
	new_enough='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'; \
	if ! $(BIN)/python -c "$$new_enough" 2>/dev/null; then \
	  for candidate in python3 python3.14 python3.13 python3.12 python3.11; do \
	    if $$candidate -c "$$new_enough" 2>/dev/null; then python=$$candidate; break; fi; \
	  done; \
	  if [ -z "$$python" ]; then \
	    echo "RaceDay needs Python 3.11 or newer with venv: found none (on Debian: apt install python3-venv)" >&2; \
	    exit 1; \
	  fi; \
	  rm -rf .venv; $$python -m venv .venv; \
	fi; \
	echo "Installing what RaceDay needs into .venv; the first time takes a minute or two ..."; \
	$(BIN)/python -m pip install --quiet --quiet -r requirements.lock; \
	$(BIN)/python -m pip install --quiet --quiet --no-deps --editable .; \
	touch $@
