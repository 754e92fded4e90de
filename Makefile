# `make chart` compiles examples/quickstart.yaml; `make test` proves the project. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: chart test lint generate cases bench clean

chart: $(VENV)/.installed
	$(BIN)/chartgen build -f examples/quickstart.yaml

test: $(VENV)/.installed-test
	$(BIN)/ruff check chartgen tests
	$(BIN)/mypy
	$(BIN)/python -m chartgen.generated --check
	$(BIN)/pytest -n auto

lint: $(VENV)/.installed-test
	$(BIN)/ruff check chartgen tests
	$(BIN)/mypy

# everything that is derived and committed: schema, defaults, reference, expanded CRDs, rule pages, charts/
generate: $(VENV)/.installed-test
	$(BIN)/python -m chartgen.generated

# rewrite the expected files of the test cases from what chartgen says now; read the diff before committing it
cases: $(VENV)/.installed-test
	CHARTGEN_UPDATE_CASES=1 $(BIN)/pytest tests/test_cases.py

bench: $(VENV)/.installed-test
	$(BIN)/python benchmarks/build.py

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	touch $@

clean:
	rm -rf $(VENV) build dist
