# Gatepost. `make` alone lists what there is to do.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

export FLASK_APP := wsgi
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help run test check covered audit bench drills lock

# What may have no branch that no test has taken, and the tests that take them.
WHOLE := moderation/privacy/*,moderation/markup/*,moderation/text/*,moderation/policy.py,moderation/web/guard.py
TAKING := tests/unit tests/test_promises.py tests/test_rotating.py tests/test_shell.py --ignore tests/unit/spam

help: ## list what there is to do
	@echo "Gatepost, the comment desk for article pages."
	@sed -n 's/^\([a-z]*\):[^#]*## \(.*\)/  make \1	\2/p' Makefile
	@echo "Settings are listed in docs/settings.md, commands in docs/commands.md."

run: $(VENV)/.installed ## serve on http://127.0.0.1:8000, with a demo if the installation is empty (GATEPOST_INSTANCE, GATEPOST_PORT)
	@exec $(BIN)/flask serve --init --demo

test: check ## check, then the whole suite: on SQLite, in a browser, on PostgreSQL where it answers (TESTS="-k words" to choose)
	@$(BIN)/python -m tests.services $(TESTS)

check: $(VENV)/.installed-dev ## style, types and the floors that imports keep to
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/.installed ## post 1,000 real comments over HTTP, then see what slow clients do (GATEPOST_BENCH_DATA names the folder)
	$(BIN)/python -m bench.post_comments
	$(BIN)/python -m bench.slow_clients

covered: $(VENV)/.installed-dev ## every branch of privacy, markup, text, policy and the web's guard is taken by a test
	$(BIN)/coverage run -m pytest -q -p no:xdist $(TAKING)
	$(BIN)/coverage report --include='$(WHOLE)' --show-missing --skip-covered --fail-under=100

drills: covered ## every branch that must be tested, every fault, ten minutes of garbage for every route, the whole suite on both databases
	$(BIN)/python -m drills
	$(BIN)/python -m bench.fuzz --minutes 10
	GATEPOST_TEST_EVERYTHING_TWICE=1 $(BIN)/python -m tests.services

audit: $(VENV)/.installed-dev ## ask PyPI which holes are known in the pinned libraries (needs a network)
	$(BIN)/uv tool run --from pip-audit==2.10.1 pip-audit --strict --disable-pip --require-hashes -r requirements.txt

lock: $(VENV)/.installed-dev ## pin what requirements*.in ask for, with hashes
	$(BIN)/uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header requirements.in -o requirements.txt
	$(BIN)/uv pip compile -q --no-strip-extras --universal --python-version 3.11 --generate-hashes --no-header requirements-dev.in -o requirements-dev.txt

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Gatepost needs Python 3.11 or newer. Name one, for instance: make PYTHON=python3.12 run" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || $(MAKE) --no-print-directory .python3-venv
	@echo "Making the environment in $(VENV) ..."
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }

.PHONY: .python3-venv
.python3-venv:
	@sudo=; [ "$$(id -u)" = 0 ] || sudo="sudo -n"; \
	  package=$$($(PYTHON) -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])'); \
	  echo "Installing Debian's $$package ..."; \
	  export DEBIAN_FRONTEND=noninteractive; \
	  $$sudo apt-get install -y -q "$$package" >/dev/null 2>&1 || \
	  { $$sudo apt-get update -q >/dev/null 2>&1 && $$sudo apt-get install -y -q "$$package" >/dev/null; } || \
	  { echo "This Python cannot make environments. Please install Debian's $$package and try again." >&2; exit 1; }

$(VENV)/.installed: $(VENV)/bin/python requirements.txt
	@echo "Installing what Gatepost runs on ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.txt
	@touch $@

$(VENV)/.installed-dev: $(VENV)/.installed requirements-dev.txt
	@echo "Installing what checks Gatepost ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@
