# giaoviec: `make run` starts the demo, `make test` checks everything, `make help` lists the rest.
#
# Needs: GNU make and Python 3.11 or newer. Everything else is installed into .venv from the hash-locked requirements.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin

# `make setup` holds all that `make run` needs, so after it `make run` uses that and takes nothing away.
RUN_STAMP := $(if $(wildcard .venv/dev.stamp),.venv/dev.stamp,.venv/run.stamp)

# Locks carry a hash for every file and no index address, so they are the same whoever writes them.
COMPILE = $(BIN)/uv pip compile --quiet --python $(BIN)/python --generate-hashes --no-emit-index-url --no-header --no-annotate $(LOCK_FLAGS)
LOCK_FLAGS ?=

# Much of a test is waiting (for a browser, another process, a timer): three workers fill two cores. What is compiled is kept,
# whatever the environment says: tests start many processes.
PYTEST = PYTHONDONTWRITEBYTECODE= $(BIN)/pytest -n $(WORKERS)
# A file stays in one worker, which makes its office, browser or scene once; files with slow tests come first.
BY_FILE = --dist loadfile --no-loadscope-reorder
WORKERS ?= 3

# $(call install,FILE.lock): make .venv hold exactly what the lock file says, and this checkout.
define install
	echo "Installing from $(1) into .venv (a minute the first time) …"
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $(1)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
endef

# $(call apt,PACKAGES): install Debian packages when we may, otherwise say what to type and stop.
define apt
	as="sudo -n"; [ "$$(id -u)" != 0 ] || as=""; \
	if command -v apt-get >/dev/null && $$as true 2>/dev/null; then \
		echo "Installing Debian packages: $(1)"; \
		$$as apt-get -qq update; \
		$$as env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $(1) >/dev/null; \
	else \
		echo "Packages are missing. Please type:  sudo apt-get install -y $(1)" >&2; exit 1; \
	fi
endef

.PHONY: help run install setup test check lint soak bench lock system format clean

help: ## list the targets
	@echo "make TARGET, where TARGET is:"
	@awk -F ':[^#]*## ' '/^[a-z]+:.*## / { printf "  %-8s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "PORT=9000 make run listens on another port."

run: $(RUN_STAMP) ## the demo: sample office, movable clock, phone simulator, on http://127.0.0.1:8000
	@exec $(BIN)/giaoviec demo

install: $(RUN_STAMP) ## the .venv with what running needs, for a server

setup: .venv/dev.stamp ## the one .venv with everything: run, test and bench

test: lint system ## what CI runs: lint, types, import contracts, then every test on both databases
	@$(PYTEST) $(BY_FILE) -m "not soak"

check: lint ## the quick inner loop: the same without the slow tests
	@$(PYTEST) $(BY_FILE) -m "not soak and not slow"

lint: setup ## ruff, mypy --strict and the import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo

soak: setup system ## long chaos, year and property runs
	@$(PYTEST) --maxschedchunk 2 -m soak

bench: setup ## measure; each file of benches/ prints its numbers
	@for bench in $(sort $(wildcard benches/bench_*.py)); do echo "== $$bench"; $(BIN)/python $$bench; done

format: setup ## rewrite the code as `make lint` wants it
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

lock: $(BIN)/uv ## write the lock files from pyproject.toml; LOCK_FLAGS=--upgrade takes newer versions
	$(COMPILE) pyproject.toml --extra build -o requirements.lock
	$(COMPILE) pyproject.toml --extra build --extra dev -c requirements.lock -o requirements-dev.lock
	printf 'uv\n' | $(COMPILE) - -o requirements-uv.lock

system: ## Debian packages that the tests need beside Python: a browser and a font
	@if ! command -v chromium >/dev/null || [ -z "$$(fc-list :lang=vi 2>/dev/null)" ]; then \
		$(call apt,chromium fontconfig fonts-dejavu-core); \
	fi

clean: ## remove .venv and caches; var/ (your data) stays
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/uv: requirements-uv.lock
	@if ! "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
		echo "giaoviec needs Python 3.11 or newer; name it with  make PYTHON=/path/to/python3 …" >&2; exit 1; \
	fi
	@if ! "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null; then \
		$(call apt,python3-venv); \
	fi
	@"$(PYTHON)" -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

.venv/run.stamp: $(BIN)/uv requirements.lock pyproject.toml
	@$(call install,requirements.lock)
	@touch $@

.venv/dev.stamp: $(BIN)/uv requirements-dev.lock pyproject.toml
	@$(call install,requirements-dev.lock)
	@touch $@
