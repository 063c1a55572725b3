# Rotation: the two commands are `make run` and `make test`. Everything else is for daily use; `make` alone lists it.

# The first Python that runs and is of a version that will do; looked for only when .venv is made.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' >/dev/null 2>&1 && command -v $$p && break; done)
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false

.DEFAULT_GOAL := help
.PHONY: help setup run status test test-fast no-repaint fault-matrix fuzz faulty-days ui ui-check sql lint format type docs lock bench filings-speed reliability bi-check clients lake lake-speed audit-dependencies clean ci

# Sessions that `make no-repaint` replays: half a minute each.
SESSIONS ?= 60
# Inputs that `make fuzz` tries on each reader, at the least.
FUZZ ?= 20000

# What `make sql` asks when nothing is asked: the tables there are.
Q ?= select schema_name, table_name, estimated_size as rows_n from duckdb_tables() order by all
export Q

help: ## list the targets
	@echo "Begin with \`make run\`: it sets up once, runs the sample market, prints the answer and what comes next."
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-18s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# Set up once: again only when the lock or the project's metadata changed.
$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 found. Install one, or say where it is: make run PYTHON=/path/to/python3.12" >&2; exit 1; }
	@echo "1/3 making $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear $(VENV)
	@echo "2/3 installing the locked dependencies (some 130 packages: a minute or two)"
	@$(BIN)/python -m pip install --quiet --no-deps --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install -qq --no-deps --no-build-isolation --editable .
	@echo "3/3 reading the dbt project"
	@$(BIN)/python -c 'from pipelines.resources.dbt import ensure_manifest; from pipelines.settings import settings; ensure_manifest(settings())'
	@touch $(READY)

setup: $(READY) ## make .venv and install the locked dependencies, once

run: $(READY) ## run the pipeline on the built-in sample market, offline, and print the answer
	@$(BIN)/rotation run --sources sample

status: $(READY) ## what is published, how fresh, which gates passed
	@$(BIN)/rotation status

test: $(READY) ## run all tests
	@$(BIN)/python -m pytest -n auto

test-fast: $(READY) ## run the tests that need no whole pipeline run
	@$(BIN)/python -m pytest -n auto -m "not slow"

no-repaint: $(READY) ## publish SESSIONS (60) one at a time: no value of an earlier day may move; exits 1 if one does
	@$(BIN)/python -m bench.no_repaint --sessions $(SESSIONS)

fault-matrix: $(READY) ## every reader against every fault: prints the matrix and writes docs/faults.md; exits 1 if a cell is not as it must be
	@$(BIN)/python -m bench.faults

fuzz: $(READY) ## FUZZ (20000) inputs into every reader: frames of its contract or its own error, nothing else; prints how many were tried
	@FUZZ=$(FUZZ) $(BIN)/python -m pytest -q -n auto -p no:cacheprovider -o tmp_path_retention_policy=none tests/unit/sources -k surviv

faulty-days: $(READY) ## two weeks of daily runs on recorded providers that break, against one clean run; exits 1 at a row no revision explains
	@$(BIN)/python -m bench.faulty_days

# Rows of the table to try; all by default. FEW=--few tries each a few times only, as CI does.
ROWS ?=
FEW ?=
reliability: $(READY) ## kills, readers, power cuts, full disks, poison, wild markets, malice, mutations: the table with its counts; exits 1 at a failure
	@$(BIN)/python -m bench.reliability $(FEW) $(ROWS)

ui: $(READY) ## open the Dagster UI on http://127.0.0.1:3000
	@$(BIN)/rotation ui

ui-check: $(READY) ## go through the Dagster UI in Chromium, whole runs included, and leave a picture of each step; STEPS names some
	@$(BIN)/python -m bench.ui $(STEPS)

sql: $(READY) ## query the published file: make sql Q="from marts.dim_metric"
	@$(BIN)/rotation sql "$$Q"

lint: $(READY) ## style, imports, architecture
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports

audit-dependencies: $(READY) ## the locked versions against known advisories; says so where no source of them is reachable; exits 1 at a finding
	@$(BIN)/python -m bench.audit_dependencies

format: $(READY) ## put the code into its form
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

type: $(READY) ## types
	@$(BIN)/mypy

docs: $(READY) ## build the dbt documentation into dbt_project/target/
	@$(BIN)/python -m pipelines.docs
	@$(BIN)/python -m pipelines.checks.page

# Rows of the table to measure; all by default. SIZE="--symbols 300 --years 5" for a smaller one.
SIZE ?=
bench: $(READY) ## at full size: deriving, landing, a day, memory and reading, each against what it would be otherwise; prints the table, writes bench/results.json
	@$(BIN)/python -m bench.full_size $(SIZE) $(ROWS)

filings-speed: $(READY) ## time a full-size quarter of filings, from facts to valuations, against a scan of its files
	@$(BIN)/python -m bench.filings_speed

# Superset has an environment of its own: it wants other versions of what we use.
BI := .venv-superset
$(BI)/.ready: docs/bi/superset/requirements.lock
	@$(PYTHON) -m venv --clear $(BI)
	@$(BI)/bin/python -m pip install --quiet --no-deps --require-hashes --requirement docs/bi/superset/requirements.lock
	@touch $(BI)/.ready

bi-check: $(READY) $(BI)/.ready ## Superset, in its own environment, reads the sample publication, answers each chart of the dashboard and sees the next one
	@$(BIN)/python -m bench.bi --bin $(BI)/bin

# DuckLake's writer has an environment of its own: its extensions are not there yet for the DuckDB of the project.
LAKE := .venv-lake
$(LAKE)/.ready: deploy/lake/requirements.lock
	@$(PYTHON) -m venv --clear $(LAKE)
	@$(LAKE)/bin/python -m pip install --quiet --no-deps --require-hashes --requirement deploy/lake/requirements.lock
	@touch $(LAKE)/.ready

lake: $(LAKE)/.ready ## make the environment of DuckLake's writer, once (ROTATION_LAKE, docs/scale.md)

lake-speed: $(READY) $(LAKE)/.ready ## time the sample publication into a DuckLake against copying the same file
	@$(BIN)/python -m bench.lake_speed

clients: $(READY) ## older DuckDB versions, command line, Node, SQLAlchemy, ADBC, pandas, Polars and Arrow read every table of the sample publication; rows and NULLs are counted over all of it
	@$(BIN)/python -m bench.clients

lock: ## renew the locks from pyproject.toml (needs uv)
	@uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet --upgrade --output-file requirements.lock
	@uv pip compile pyproject.toml --group team --constraint requirements.lock --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet --output-file deploy/requirements.lock
	@uv pip compile docs/bi/superset/requirements.in --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet --upgrade --output-file docs/bi/superset/requirements.lock
	@uv pip compile deploy/lake/requirements.in --universal --generate-hashes --no-header --no-annotate --python-version 3.11 --quiet --upgrade --output-file deploy/lake/requirements.lock

clean: ## remove the environment and everything built; warehouse/ stays
	@rm -rf $(VENV) $(BI) $(LAKE) dbt_project/target dbt_project/logs .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

ci: ## what the continuous integration runs
	@bash .ci/run
