# One entry for everything. Needs Python 3.11 or newer, and make; the rest it gets itself.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DATA ?= build/demo
VENV := .venv
BIN := $(VENV)/bin
LOCKS := requirements.lock requirements-build.lock
# Given here and not in pyproject.toml, so that one test can be run alone, with a debugger.
# Stealing keeps neighbours together, which share what their module set up.
# In the order they are written, so that a run can be repeated; SEED=… shuffles them.
ORDER = $(if $(SEED),--randomly-seed=$(SEED),-p no:randomly)
PYTEST = $(BIN)/pytest -n auto --dist worksteal $(ORDER)
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url --no-header

# Whoever forbids bytecode makes each worker, and each of the servers that tests start, compile everything anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help install install-dev serve test stories house cover check fmt bench migration openapi manual lock audit clean

help:        ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

install: $(VENV)/.installed  ## Make .venv with the `tribune` command, locked

install-dev: $(VENV)/.installed-dev  ## The same, with what tests and checks need

$(BIN)/python:
	@$(PYTHON) -c 'import sys, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
		|| { echo "Tribune needs Python 3.11 or newer with venv (on Debian: python3-venv). PYTHON=… names another one."; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml $(LOCKS) | $(BIN)/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes $(LOCKS:%=-r %)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.installed-dev: requirements-dev.lock $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

serve: install  ## A demo administration on http://127.0.0.1:8000 (DATA=, HOST=, PORT=)
	$(BIN)/tribune serve --demo --data $(DATA) --host $(HOST) --port $(PORT)

test: install-dev  ## Everything, on SQLite and on PostgreSQL; T=path for a part
	$(PYTEST) $(T)

stories: install-dev  ## Whole lives of reports, over HTTP
	$(PYTEST) tests/stories

house: install-dev  ## The rules of the house
	$(PYTEST) tests/house

cover: install-dev  ## Tests with branch coverage: 95 % overall, all of it where a miss is a breach
	$(PYTEST) --cov --cov-report=term:skip-covered
	$(BIN)/coverage report --include='workflows/*,cases/audit/*,cases/sealing/*,cases/access.py,api/guard.py' --fail-under=100

check: install-dev  ## Lint, format, types, import contracts, dependencies: what CI checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/deptry .

fmt: install-dev  ## Format, and fix what can be fixed
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: install-dev  ## Measure, as ratios in one run; writes build/bench.json
	$(BIN)/python -m benchmarks

migration: install-dev  ## Write one from the tables; M="what changes", B=main or B=vault
	@test -n "$(M)" || { echo 'say what changes: make migration M="what changes" B=main'; exit 1; }
	$(BIN)/tribune migrate --new "$(M)" --branch $(or $(B),main)

openapi: install-dev  ## Export openapi/openapi.json
	$(BIN)/tribune openapi --out openapi/openapi.json

manual: install-dev  ## Write the procedure manual, in English and French
	$(BIN)/tribune workflow manual --lang en --out docs/procedure.md
	$(BIN)/tribune workflow manual --lang fr --out docs/procedure.fr.md

lock: install-dev  ## Resolve again and write the locked set: names, versions, hashes
	$(COMPILE) pyproject.toml -o requirements.lock
	$(COMPILE) --group build -c requirements.lock -o requirements-build.lock
	$(COMPILE) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(COMPILE) tools/openapi-client.in -o tools/openapi-client.lock
	$(COMPILE) tools/pymerkle.in -o tools/pymerkle.lock

audit: install-dev  ## Known holes in what we depend on
	$(BIN)/pip-audit --disable-pip -r requirements.lock

clean:       ## Remove what was built; the demo too
	rm -rf build dist $(VENV) .hypothesis .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
