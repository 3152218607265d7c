# Tenure. `make help` lists what there is.
.DEFAULT_GOAL := help
SHELL := /bin/bash
PYTHON ?= python3
VENV := .venv
LINT_VENV := .venv-lint
BIN := $(VENV)/bin
LINT_BIN := $(LINT_VENV)/bin
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export DAGSTER_DISABLE_TELEMETRY := yes
export DO_NOT_TRACK := 1
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: help setup setup-lint run refresh rollback restore checks serve metric metrics-page drill test pytest bench lint conventions lock clean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(VENV)/.ready ## make .venv from requirements.lock

setup-lint: $(LINT_VENV)/.ready ## make .venv-lint from requirements-lint.lock

$(VENV)/.ready: requirements.lock
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet -r requirements.lock
	touch $@

$(LINT_VENV)/.ready: requirements-lint.lock
	test -x $(LINT_BIN)/python || $(PYTHON) -m venv $(LINT_VENV)
	$(LINT_BIN)/python -m pip install --quiet -r requirements-lint.lock
	touch $@

run: setup ## make the sample company, replay its last days, publish, report
	$(BIN)/python -m orchestration.replay \
		$(if $(CUSTOMERS),--customers $(CUSTOMERS)) $(if $(YEARS),--years $(YEARS)) $(if $(SEED),--seed $(SEED))

refresh: setup ## refresh from your landing data (TENURE_RAW_PATH; CATCH_UP=1, FULL_REFRESH=1, ROOM=cmrr, DAYS="first last")
	@$(BIN)/python -m orchestration.refresh $(if $(CATCH_UP),--catch-up) $(if $(FULL_REFRESH),--full-refresh) \
		$(if $(ROOM),--room $(ROOM)) $(if $(DAYS),--days $(DAYS))

checks: setup ## hold every period of what was built last against the checks; nothing is built (TENURE_RAW_PATH)
	@$(BIN)/python -m orchestration.refresh --checks

serve: setup ## the Dagster web page and daily refresh of your landing data (TENURE_RAW_PATH; PORT=3000)
	@$(BIN)/python -m orchestration.serve $(if $(PORT),--port $(PORT)) $(if $(HOST),--host $(HOST))

metric: setup ## one metric of the semantic layer: make metric NAME=nps [BY=segment] [GRAIN=quarter]
	@$(if $(NAME),,$(error say which: make metric NAME=cmrr))
	@$(BIN)/python -m tools.metric $(NAME) $(if $(BY),--by $(BY)) $(if $(GRAIN),--grain $(GRAIN))

metrics-page: setup ## make docs/metrics.md from the metrics' YAML and the sample company
	$(BIN)/python tools/metrics_page.py sample_data/warehouse/published.duckdb

rollback: setup ## list the versions that were published; VERSION=... publishes one of them again
	@$(BIN)/python -m orchestration.rollback $(VERSION)

restore: setup ## list the backups of what only grows; BACKUP=... brings one back
	@$(BIN)/python -m orchestration.restore $(BACKUP)

drill: setup ## kill, starve, mislead and replay refreshes of a small company; docs/drill.md (takes long)
	$(BIN)/python -m orchestration.drills --report docs/drill.md

test: lint pytest ## everything: lint, dbt unit and data tests, pytest

pytest: setup
	$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

bench: setup ## time and memory beside the floor: refresh, CMRR, renewals and ledger, usage (ROWS=20_000_000)
	$(BIN)/python -m benchmarks.refresh
	$(BIN)/python -m benchmarks.cmrr
	$(BIN)/python -m benchmarks.finance
	$(BIN)/python -m benchmarks.usage $(if $(ROWS),--rows $(ROWS))

lint: setup setup-lint ## ruff, sqlfluff and dbt-bouncer
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(LINT_BIN)/sqlfluff lint --disable-progress-bar --processes 2 models tests/dbt
	$(MAKE) --no-print-directory conventions

conventions: setup-lint ## the rules of dbt-bouncer.yml, over a fresh manifest
	$(LINT_BIN)/dbt --quiet parse --target lint --target-path target/lint
	$(LINT_BIN)/dbt-bouncer run --config-file dbt-bouncer.yml

lock: ## renew both locks from the ranges of pyproject.toml
	$(PYTHON) tools/lock.py main dev > requirements.lock.new && mv requirements.lock.new requirements.lock
	$(PYTHON) tools/lock.py lint > requirements-lint.lock.new && mv requirements-lint.lock.new requirements-lint.lock

clean: ## remove what was built; the environments, your warehouse and Dagster's history stay
	rm -rf target logs sample_data build .pytest_cache .ruff_cache .hypothesis
