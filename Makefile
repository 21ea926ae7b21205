# Everything from a bare checkout: needs make, Python 3.11 or newer with venv, and nothing else.
# Stamps live inside what they vouch for, so removing a folder is enough to have it made again.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
PY := .venv/bin/python
PIP := $(PY) -m pip --disable-pip-version-check --no-input
ARGS ?=
TEST_WORKERS ?= 2
BENCH_ARGS ?=

RUNTIME := .venv/.runtime
DEV := .venv/.dev
NODE := node_modules/.installed
VENDOR := static_vendor/.vendored
STATIC := .static/.collected

export PORT ?= 8000

.PHONY: help run test bench check lint types templates imports migrations schema deploy hosts format lock stop clean

help:
	@echo "make run     start everything (PORT=8000, KAM_DATA_DIR=.data)"
	@echo "make test    the whole test suite; ARGS='tests/engine -k clv' for a part"
	@echo "make bench   the benchmarks"
	@echo "make check   linters, types, templates, import rules, migrations, schema"
	@echo "make lock    compile requirements*.txt anew;  make schema-update  write docs/openapi.yaml"
	@echo "make stop    stop the embedded servers;  make clean  remove what make made, but no data"

## set-up

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found." >&2; exit 1; }
	$(PYTHON) -m venv .venv

$(RUNTIME): requirements.txt | .venv/bin/python
	$(PIP) install --quiet --require-hashes --no-deps -r requirements.txt
	@touch $@

$(DEV): requirements-dev.txt $(RUNTIME)
	$(PIP) install --quiet --require-hashes --no-deps -r requirements-dev.txt
	@touch $@

$(NODE): package.json package-lock.json requirements-node.txt | $(RUNTIME)
	scripts/npm.sh ci --no-audit --no-fund --loglevel=error
	@touch $@

$(VENDOR): $(NODE) kam/common/assets.py
	$(PY) -m kam.common.assets
	@touch $@

$(STATIC): $(RUNTIME) $(VENDOR) $(shell find static -type f 2>/dev/null)
	$(PY) manage.py collectstatic --noinput --verbosity 0
	@touch $@

## what people use

run: $(RUNTIME) $(STATIC)
	@$(PY) -m kam.supervisor

test: $(DEV) $(STATIC)
	@$(PY) -m kam.embedded run $(PY) -m pytest -n $(TEST_WORKERS) --dist loadgroup $(ARGS)

bench: $(DEV) $(STATIC)
	@$(PY) -m kam.embedded run $(PY) -m tests.bench $(BENCH_ARGS)

check: lint types templates imports migrations schema deploy hosts
	@echo "make check: everything in order"

stop: $(RUNTIME)
	@$(PY) -m kam.embedded stop

lock: $(DEV)
	PYTHON=$(PY) scripts/lock.sh

format: $(DEV)
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean:
	@if [ -x $(PY) ] && [ -e $(RUNTIME) ]; then $(PY) -m kam.embedded stop || true; fi
	rm -rf .venv node_modules static_vendor .static .bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

## parts of make check

lint: $(DEV)
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(DEV)
	$(PY) -m mypy

templates: $(DEV)
	.venv/bin/djlint --lint --quiet templates

imports: $(DEV)
	.venv/bin/lint-imports --no-cache

migrations: $(DEV)
	@scripts/checks.sh migrations

schema: $(DEV)
	@scripts/checks.sh schema

.PHONY: schema-update
schema-update: $(DEV)
	$(PY) manage.py spectacular --validate --file docs/openapi.yaml

deploy: $(DEV) $(STATIC)
	@scripts/checks.sh deploy

hosts:
	@scripts/checks.sh hosts
