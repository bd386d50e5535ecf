# `make demo` shows what meshlint says about a broken mesh; `make test` runs the tests.
# Every target makes what it needs: Python 3.11 or newer, with venv, is all that has to be there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check

.PHONY: demo test lint bench clean

demo: $(VENV)/installed
	$(BIN)/meshlint check fixtures/bookinfo-broken --output sarif=demo.sarif --exit-zero
	@echo
	@echo "The same findings as SARIF, for GitHub code scanning: $(CURDIR)/demo.sarif"

test: $(VENV)/developing
	$(BIN)/python -m pytest

lint: $(VENV)/developing
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: $(VENV)/installed
	$(BIN)/python bench/run.py

clean:
	rm -rf $(VENV) dist demo.sarif .mypy_cache .ruff_cache .pytest_cache .hypothesis
	find meshlint tests bench -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/installed: pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "meshlint needs Python 3.11 or newer; name one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade 'pip>=25.1'
	$(PIP) install --editable .
	touch $@

$(VENV)/developing: $(VENV)/installed
	$(PIP) install --group dev
	touch $@
