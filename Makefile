# Every target does all its own set-up: it needs Python >= 3.11, make, and a package index that pip can reach.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PY := $(BIN)/python
# A process a core, at most four: each starts servers of its own. Tests of one file stay together, and share theirs.
# In the order of the folders: the long ones (attacks, chaos, e2e) first, so that no process waits for another at the end.
# A process that a hanging test has ended is replaced once: what hangs each time must not hold the rest up for ever.
PYTEST := $(PY) -m pytest --numprocesses=auto --maxprocesses=4 --max-worker-restart=1 --dist=loadfile --no-loadscope-reorder
PIP := $(PY) -m pip --disable-pip-version-check --no-input
CASES ?= evals/cases
OUT ?= build/eval.json
ARGS ?=

.PHONY: help setup run demo lab test check bench attacks chaos eval lock docs clean

help:  ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' Makefile

setup: $(VENV)/.runtime  ## Create .venv with exactly the libraries of requirements.lock
	@echo "$(VENV) is ready."

run: $(VENV)/.runtime  ## Serve on http://127.0.0.1:8080 and post the recorded incident, to see it travel
	@$(PY) -m agent demo --stay $(ARGS)

demo: $(VENV)/.runtime  ## One recorded incident from alert to verified fix; ARGS="--auto-approve --json"
	@$(PY) -m agent demo $(ARGS)

lab: $(VENV)/.dev  ## The same live: Prometheus, Alertmanager and a small shop, really broken and really healed
	@$(PY) -m evals.lab $(ARGS)

test: $(VENV)/.dev  ## Run the tests; ARGS="tests/unit -k approval"
	@$(PYTEST) $(ARGS)

check: $(VENV)/.check  ## Everything a change must pass: format, lint, types, import contracts, tests, deployment files
	@$(call step,format,$(BIN)/ruff format --check .)
	@$(call step,lint,$(BIN)/ruff check .)
	@$(call step,types,$(BIN)/mypy)
	@$(call step,imports,$(BIN)/lint-imports)
	@$(call step,tests,$(PYTEST) $(ARGS))

bench: $(VENV)/.dev  ## Measure intake, durable steps and cold start, each beside a bare reference
	@$(PY) -m evals.bench $(ARGS)

attacks: $(VENV)/.dev  ## Try every row of the attack table and a hostile model; ARGS="--episodes 10000"
	@$(PY) -m tests.attacks $(ARGS)

chaos: $(VENV)/.dev  ## Bring every fault about, and ask others what happened; FULL=1 until 10,000 kills
	@$(PY) -m tests.chaos $(if $(FULL),--full) $(ARGS)

eval: $(VENV)/.runtime  ## Run the whole agent on recorded cases and score it; CASES=DIR OUT=FILE
	@mkdir -p $(dir $(OUT))
	@$(PY) -m evals run $(CASES) --out $(OUT) $(ARGS); ran=$$?; \
	$(PY) -m evals score $(OUT) --truth $(CASES) && exit $$ran

docs: $(VENV)/.dev  ## Write again the pages that are made from the code
	@$(PY) -m docs.generate

lock: build/uv/bin/uv  ## Resolve the libraries again, within pyproject.toml's bounds
	@$(LOCK) --extra postgres --group build --output-file requirements.lock pyproject.toml
	@$(LOCK) --extra postgres --group build --group dev --constraint requirements.lock \
		--output-file requirements-dev.lock pyproject.toml
	@$(LOCK) --group pyproject.toml:check --constraint requirements-dev.lock --output-file requirements-check.lock

clean:  ## Remove what make made: .venv, build, caches (never data)
	@rm -rf $(VENV) build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis

# A stamp is newer than the locks it was made from. requirements-dev.lock contains requirements.lock.

$(VENV)/.runtime: requirements.lock pyproject.toml | $(VENV)/.python
	@$(call install,the libraries it runs on,requirements.lock)
	@$(call install_project)
	@touch $@

$(VENV)/.dev: requirements-dev.lock requirements.lock pyproject.toml | $(VENV)/.python
	@$(call install,the libraries it runs on and is tested with,requirements-dev.lock)
	@$(call install_project)
	@touch $@ $(VENV)/.runtime

$(VENV)/.check: requirements-check.lock $(VENV)/.dev
	@$(call install,the driver of a browser and the checkers of the deployment files,requirements-check.lock)
	@touch $@

build/uv/bin/uv: | $(VENV)/.python
	@$(PY) -m venv build/uv && build/uv/bin/pip install --quiet "uv>=0.9"

LOCK = build/uv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header

# The first Python that is new enough; PYTHON=... chooses another.
$(VENV)/.python:
	@for python in $(PYTHON) python3 python3.14 python3.13 python3.12 python3.11 python; do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ]; then \
		echo "incident-agent needs Python 3.11 or newer; `python3 --version 2>/dev/null || echo 'no python3'` was found." >&2; \
		echo "Install a newer one and name it: make setup PYTHON=/path/to/python3.12" >&2; exit 1; \
	fi; \
	if ! $$found -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "This Python ($$found) cannot make a virtual environment: its ensurepip is missing." >&2; \
		echo "On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; \
	fi; \
	echo "Creating $(VENV) with `$$found --version` ..."; \
	$$found -m venv $(VENV) && echo "$$found" > $@

# $(call install,what,lock)
define install
start=`date +%s`; echo "Installing $(1) ..."; \
if ! $(PIP) install --no-compile --require-hashes --requirement $(2) > $(VENV)/setup.log 2>&1; then \
	grep -Ev '^(WARNING|Ignoring)' $(VENV)/setup.log | tail -n 15 >&2; \
	echo "pip could not install $(2); all it said is in $(VENV)/setup.log." >&2; exit 1; \
fi; \
echo "... done in $$((`date +%s` - start)) s, $(VENV) holds `du -sm $(VENV) | cut -f1` MB."
endef

define install_project
if ! $(PIP) install --no-deps --no-build-isolation --no-index --editable . > $(VENV)/setup.log 2>&1; then \
	tail -n 15 $(VENV)/setup.log >&2; echo "pip could not install the project itself." >&2; exit 1; \
fi; \
echo "Compiling what it imports, so that its first start is as quick as the next ..."; \
$(PY) deploy/compile_imports.py
endef

# $(call step,name,command): say what runs and how long it took.
define step
start=`date +%s`; echo "== $(1): $(2)"; $(2) || { echo "== $(1) failed" >&2; exit 1; }; \
echo "== $(1) passed in $$((`date +%s` - start)) s"
endef
