# make setup    what a user needs, in .venv, from locked versions        make demo     setup, then a live demonstration
# make check    format, lint, types, floors, shape                       make test     all tests (those whose tools are there)
# make oracle   every KPI against SQL, at length (CUSTOMERS=20000); make test does it in short
# make chaos    the engine under fire on a real Kafka, at full size (half an hour); make test does the small ones
# make soak     the pipe in simulated trouble, SEEDS=10000 of them; make test does it in short
# Arguments for what is run: make demo ARGS="--for 60", make test ARGS="-k topics". The Python: make setup PYTHON=python3.12.

PYTHON ?= python3
ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-input

.PHONY: setup dev format check test demo bench oracle chaos soak docs month lock sbom clean
.DELETE_ON_ERROR:

setup: .venv/.run

dev: .venv/.dev

.venv/.python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "journeywatch needs Python 3.11 or later as $(PYTHON); another: make $(MAKECMDGOALS) PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' \
	  || { echo "$(PYTHON) has no venv module; on Debian: apt-get install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
	@touch $@

# The stamps: .run has what a user needs, .dev the tests' tools too, in the same versions.
.venv/.run: requirements/run.txt pyproject.toml | .venv/.python
	$(PIP) --require-hashes -r requirements/run.txt
	$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.dev: requirements/dev.txt .venv/.run
	$(PIP) --require-hashes -r requirements/dev.txt
	@touch $@

demo: setup
	$(BIN)/journeywatch demo $(ARGS)

format: dev
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

check: dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/python -m dashboards --check
	$(BIN)/python -m pytest -q tests/contract/test_shape.py
	$(BIN)/python -m docgen.events --check
	$(BIN)/python -m docgen.plugins --check
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

test: dev
	@$(BIN)/python -m tests.support.kafka
	$(BIN)/python -m pytest $(ARGS)

chaos: dev
	@$(BIN)/python -m tests.support.kafka
	$(BIN)/python -m pytest tests/chaos -m chaos $(ARGS)

# The program against SQL: 14 months of so many customers, late, shuffled and repeated. Hours, and some GB of memory.
CUSTOMERS ?= 20000
oracle: dev
	JOURNEYWATCH_ORACLE=$(CUSTOMERS) $(BIN)/python -m pytest tests/oracle $(ARGS)

# Seeds FIRST .. FIRST + SEEDS - 1 of the simulation: some four a second and core.
SEEDS ?= 10000
FIRST ?= 0
soak: dev
	$(BIN)/python -m tests.simulation $(FIRST) $(SEEDS)

# A month in a generated company in which known things go wrong: docs/month.md, docs/signals.md. ARGS = how many customers
# (20,000; with 2,000 two minutes, if the machine has nothing else to do).
month: dev
	$(BIN)/python -m docgen.month $(ARGS)
	$(BIN)/python -m docgen.plugins

# Each hop beside the floor; ARGS = r1, latency, soak, hold, cost, recovery or panes for another measurement.
bench: dev
	$(BIN)/python -m bench $(ARGS)

# Written without the address of any index: the locks hold for every mirror.
LOCK := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header
lock: dev
	$(PIP) uv
	$(LOCK) $(ARGS) pyproject.toml requirements/build.in --extra demo -o requirements/run.txt
	$(LOCK) $(ARGS) pyproject.toml requirements/build.in --extra demo --extra dev -c requirements/run.txt -o requirements/dev.txt

# What is written from the types and the plug-ins: docs/events.md, asyncapi.yaml, docs/kpis.md, docs/signals.md.
docs: dev
	$(BIN)/python -m docgen.events
	$(BIN)/python -m docgen.plugins

# A software bill of materials (CycloneDX) of what a worker is made of, from the locked versions, without our tools.
sbom: dev
	rm -rf .cache/sbom
	$(PYTHON) -m venv --without-pip .cache/sbom
	$(subst pip install,pip --python .cache/sbom install,$(PIP)) --require-hashes -r requirements/run.txt
	@mkdir -p out
	$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible -o out/sbom.json .cache/sbom

clean:
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
