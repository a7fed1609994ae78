# People, hooks and CI call the same tasks. `make` alone lists them.
SHELL := /bin/bash
.DEFAULT_GOAL := help
export DVC_NO_ANALYTICS := true
export MLFLOW_DISABLE_TELEMETRY := true
# Work is spread over processes; threads below them only wait for each other.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export PATH := $(CURDIR)/.venv/bin:$(PATH)

ORIGINALS ?= ../shared/data
UV := $(or $(shell command -v uv),.uv/bin/uv)
READY := .venv/.ready

.PHONY: help env repro experiments test s3 audit rates check format ui docs bench house originals claims sample

help: ## List the tasks
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | sort | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'

env: $(READY) ## Set the environment up from the lock file

.uv/bin/uv:
	python3 -m venv .uv
	.uv/bin/python -m pip install --quiet uv

$(READY): pyproject.toml uv.lock | $(UV)
	@echo "Packages of the lock file are being installed into .venv: about a minute"
	@$(UV) sync --frozen --compile-bytecode --quiet
	@touch $@

data/campaign: data.dvc | $(READY)
	dvc pull --quiet data.dvc
	@touch $@

repro: $(READY) data/campaign ## Run the whole graph on the data that is there, track it, show the main figures
	@personae repro
	@personae summary

experiments: $(READY) ## List the DVC experiments: settings changed, main figures
	@personae experiments

test: $(READY) data/campaign ## Run the whole test suite
	ORIGINALS=$(ORIGINALS) python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

s3: $(READY) ## Test the remote of DVC and MLflow's artifacts in an S3-compatible store, which is brought for it
	$(UV) run --frozen --with dvc-s3 --with 'moto[server]' python -m pytest -q tests/tracking/test_object_store.py

audit: $(READY) ## Say which packages of the lock file have known vulnerabilities
	@mkdir -p build
	$(UV) export --frozen --no-emit-project --no-hashes --quiet --output-file build/requirements.txt
	$(UV) tool run pip-audit -r build/requirements.txt --no-deps --disable-pip --progress-spinner off --timeout 5

rates: $(READY) ## Run the Monte-Carlo cases in full, of which the test suite runs a sample
	python -m pytest -n 2 --dist loadfile -m slow tests

check: $(READY) ## Format, lint, types and the rules of the house
	ruff format --check .
	ruff check .
	mypy
	lint-imports

format: $(READY) ## Format and mend what can be mended
	ruff format .
	ruff check --fix .

ui: $(READY) ## Open what was tracked in MLflow on 127.0.0.1
	@personae ui

docs: $(READY) ## Build the documentation site into build/docs
	@NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet
	@echo "build/docs/index.html; with search: python -m http.server --bind 127.0.0.1 --directory build/docs"

bench: $(READY) data/campaign ## Measure beside straightforward versions; prints ratios
	@for script in benchmarks/*.py; do echo "== $$script"; PYTHONPATH=. python $$script || exit 1; done

house: ## Print how large the code is, each figure with its goal
	@python scripts/house.py

originals: $(READY) ## Run the graph on the original files in a scratch clone: make originals ORIGINALS=DIR
	@./scripts/originals.sh $(ORIGINALS)

claims: ## What the original studies claimed, beside what their data supports (after make originals)
	@python -m personae.studies.claims build/originals/reports

sample: $(READY) ## Generate the sample data anew and keep it in datastore/
	personae data sample
	dvc commit --quiet --force data.dvc
	dvc push --quiet data.dvc
