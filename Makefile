# make repro: the whole road on the sample.  make test: every test.  make quick: those that your change touches, in under
# a minute.  make lint: style and types.  make docs: the docs site.  For a release: make package audit sbom licences matrix.
PYTHON ?= python3
# Processes that run tests; auto is one a core.
JOBS ?= auto
BIN := .venv/bin
STAMP := .venv/.installed

export PATH := $(CURDIR)/$(BIN):$(PATH)

# What only a release needs, in an environment of its own: its packages are no part of the product's.
TOOLS := .cache/release
TOOLS_STAMP := $(TOOLS)/.installed
# The Pythons that `make matrix` tries; those that aren't here are said so.
PYTHONS ?= 3.11 3.12 3.13 3.14

# The kernels in C; without a compiler one line says so, and NumPy and OpenCV do their work.
KERNELS := $(patsubst %,pipeline/%/compiled/kernels.so,core faces masks)

.PHONY: install repro test quick lint docs format lock package audit sbom licences matrix clean

install: $(STAMP) $(KERNELS)

# Once, and again only when the dependencies change.
$(STAMP): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,export,pipeline,cloud,cluster,heif,c2pa,docs,dev]'
	touch $@

$(KERNELS) &: $(wildcard pipeline/*/compiled/source/*) hatch_build.py | $(STAMP)
	python hatch_build.py

repro: $(STAMP) $(KERNELS)
	dvc repro

test: $(STAMP) $(KERNELS)
	python -m pytest -n $(JOBS) --dist worksteal

quick: $(STAMP) $(KERNELS)
	touched=$$(python -m generators.touched_tests) && \
	python -m pytest -n $(JOBS) --dist worksteal -m 'not slow' $$touched

lint: $(STAMP)
	ruff check .
	ruff format --check .
	nice mypy

# The docs site, in docs/_build; warnings are errors.
docs: $(STAMP)
	python -m sphinx --fresh-env --fail-on-warning --keep-going --quiet --builder html docs docs/_build

format: $(STAMP)
	ruff format .
	ruff check --fix .

# Write constraints.txt from what is installed, after a deliberate upgrade.
lock: $(STAMP)
	python generators/constraints.py

$(TOOLS_STAMP): pyproject.toml
	$(PYTHON) -m venv --clear $(TOOLS)
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --upgrade 'pip>=25.1'
	$(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check --group release
	touch $@

# The source archive, the wheel that is built from it, and what an index would say of both; the container file's style.
package: $(TOOLS_STAMP)
	rm -rf dist
	$(TOOLS)/bin/python -m build
	$(TOOLS)/bin/twine check --strict dist/*
	$(TOOLS)/bin/check-wheel-contents dist/*.whl
	$(TOOLS)/bin/hadolint Dockerfile

# Known holes in every package of constraints.txt; asks an advisory service on the network.
audit: $(TOOLS_STAMP)
	$(TOOLS)/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict --progress-spinner off

# What is installed, as CycloneDX: dist/sbom.json.
sbom: $(STAMP) $(TOOLS_STAMP)
	mkdir -p dist
	$(TOOLS)/bin/cyclonedx-py environment --pyproject pyproject.toml --output-reproducible --output-file dist/sbom.json $(BIN)/python

# The licence of every package that is installed.
licences: $(STAMP)
	python -m generators.release.licences

# The wheel on each Python that is here: the same bytes from all.
matrix: $(STAMP)
	python -m generators.release.matrix $(PYTHONS)

clean:
	rm -rf data models reports dvclive .cache
