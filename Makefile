# What a person types. CI types the same. `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help

UV_VERSION := 0.13.9
VENV := .venv
RUN := $(VENV)/bin/python
K ?=
WORKERS ?= 2
ARGS ?=
# The folders of tests lie in memory where it has 4 GB to spare: each of their commands waits for the disk otherwise.
IN_MEMORY := $(if $(TMPDIR),,$(shell [ "$$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 4000000 ] 2>/dev/null && echo TMPDIR=/dev/shm))

.PHONY: help demo test lint fix soak bench live-setup docs clean

help: ## what can be made
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "make %-12s %s\n", $$1, $$2}'

$(VENV)/.ready: pyproject.toml uv.lock Makefile
	@test -x $(RUN) || python3 -m venv $(VENV)
	@$(RUN) -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(VENV)/bin/uv sync --quiet --frozen --inexact --extra calendar
	@touch $@

demo: $(VENV)/.ready ## a small Jira on this computer and the whole job on it (ends by itself where nobody watches)
	@once=--once; if [ -t 1 ] && [ -z "$$CI" ]; then once=; fi; $(VENV)/bin/pmo-sync demo $$once --into pmo-demo $(ARGS)

test: $(VENV)/.ready ## all tests, the real Redmine included (K=word: only these; WORKERS=0: in one process)
	@if [ "$$(id -u)" = 0 ]; then bash tests/live/setup.sh || [ "$$PMO_SYNC_REQUIRE_LIVE" != 1 ]; fi
	@$(IN_MEMORY) $(RUN) -m pytest -m "not soak" -n $(WORKERS) --dist loadgroup $(if $(K),-k "$(K)") $(ARGS)

lint: $(VENV)/.ready ## format, ruff, mypy --strict, layers, dependencies
	@$(VENV)/bin/ruff format --check .
	@$(VENV)/bin/ruff check .
	@$(VENV)/bin/mypy
	@$(VENV)/bin/lint-imports
	@$(VENV)/bin/deptry pmo_sync

fix: $(VENV)/.ready ## format and mend what ruff can
	@$(VENV)/bin/ruff format .
	@$(VENV)/bin/ruff check --fix .

soak: $(VENV)/.ready ## full counts: slow tests with kill -9; figures for docs/reference/evidence.md
	@if [ "$$(id -u)" = 0 ]; then bash tests/live/setup.sh; fi
	@PMO_SYNC_SOAK=1 $(RUN) -m pytest -m "soak" $(ARGS)

bench: $(VENV)/.ready ## speed and memory as ratios in one run (ARGS=--million: a million items too)
	@UV_PROJECT_ENVIRONMENT=.venv-bench $(VENV)/bin/uv sync --quiet --frozen --only-group bench || true
	@$(RUN) -m benchmarks.run $(ARGS)

live-setup: ## Debian packages of the live tests (as root)
	@bash tests/live/setup.sh

docs: $(VENV)/.ready ## generated pages and the README's outputs
	@$(RUN) docs/tools/generate.py

clean: ## what tests and tools leave behind
	@rm -rf $(VENV) .venv-bench dist build .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache pmo-demo
