# `make demo` runs meshlint on a broken mesh, `make test` runs the tests; both make what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: demo test lint bench clean

$(READY): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --upgrade pip
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	touch $(READY)

demo: $(READY)
	$(BIN)/meshlint check fixtures/bookinfo-broken --output text=- --output sarif=demo.sarif --exit-zero
	@echo "The same findings for GitHub code scanning: $(CURDIR)/demo.sarif"

test: $(READY)
	$(BIN)/python -m pytest

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python bench/run.py

clean:
	rm -rf $(VENV) dist demo.sarif .mypy_cache .ruff_cache .pytest_cache .hypothesis
