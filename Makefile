# make demo: a real shop on http://127.0.0.1:8000      make test: everything that must hold
# Both install what they need, are safe to run again, and take seconds the second time.
.PHONY: demo test engines check fix bench docs messages clean
.DEFAULT_GOAL := help

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
# Where an image says that Python keeps nothing it compiled, every process of the tests would compile a thousand files anew.
export PYTHONDONTWRITEBYTECODE :=
# What an install builds from besides the Python code: a change here builds again.
INPUTS := pyproject.toml constraints.txt hatch_build.py \
	$(shell find src/zhike/web/assets -type f -not -path '*/node_modules/*' 2>/dev/null) \
	$(shell find src -name '*.po' 2>/dev/null)

help:
	@sed -n '1,2p' Makefile

$(BIN)/python:
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
	  apt-get update -qq && apt-get install -y -qq python3-venv && $(PYTHON) -m venv $(VENV); }

$(VENV)/.demo: $(BIN)/python $(INPUTS)
	$(PIP) --editable '.[demo]'
	@touch $@

$(VENV)/.test: $(BIN)/python $(INPUTS)
	$(PIP) --editable '.[demo,test,dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.engines: $(VENV)/.test
	$(PIP) --editable '.[demo,test,dev,spark]'
	@touch $@

demo: $(VENV)/.demo
	$(BIN)/zhike demo $(ARGS)

test: $(VENV)/.test
	$(BIN)/python scripts/install_browser.py
	$(MAKE) --no-print-directory check
	$(BIN)/python -m pytest -n auto --dist loadscope $(ARGS)

# On a real cluster of Spark: one master and two workers on this machine.
engines: $(VENV)/.engines
	$(BIN)/python scripts/install_java.py
	$(BIN)/python -m pytest tests/engines/cluster -n 0 $(ARGS)

# Long: an import killed at thirty points, a thousand merges taken back, forty histories refreshed in two ways.
crash: $(VENV)/.test
	$(BIN)/python -m pytest -n auto tests/crash/thirty_kills.py tests/customers/thousand_merges.py tests/pipeline/many_histories.py $(ARGS)

check: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/python scripts/messages.py --check
	$(BIN)/python scripts/with_empty_home.py $(BIN)/mypy

fix: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

messages: $(VENV)/.test
	$(BIN)/python scripts/messages.py

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks $(ARGS)

docs: $(VENV)/.test
	$(BIN)/zensical build

clean:
	rm -rf $(VENV) build dist site src/zhike/web/static src/zhike/web/assets/node_modules
