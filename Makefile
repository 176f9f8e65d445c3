# make repro: the whole road on the sample.  make test: every test.  make quick: those that your change touches, in under
# a minute.  make lint: style and types.
PYTHON ?= python3
# Processes that run tests; auto is one a core.
JOBS ?= auto
BIN := .venv/bin
STAMP := .venv/.installed

export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: install repro test quick lint format lock clean

install: $(STAMP)

# Once, and again only when the dependencies change.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,export,pipeline,cloud,cluster,heif,dev]'
	touch $@

repro: $(STAMP)
	dvc repro

test: $(STAMP)
	python -m pytest -n $(JOBS) --dist worksteal

quick: $(STAMP)
	touched=$$(python -m generators.touched_tests) && \
	python -m pytest -n $(JOBS) --dist worksteal -m 'not slow' $$touched

lint: $(STAMP)
	ruff check .
	ruff format --check .
	mypy

format: $(STAMP)
	ruff format .
	ruff check --fix .

# Write constraints.txt from what is installed, after a deliberate upgrade.
lock: $(STAMP)
	python generators/constraints.py

clean:
	rm -rf data models reports dvclive .cache
