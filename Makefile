# Two commands: `make run` tries the product on this machine, `make test` proves it.
.DEFAULT_GOAL := help
PYTHON ?= python3
# tests wait for couriers and clocks, too: one more than the two cores that they are meant for
JOBS ?= 3
VENV := .venv
PIP := $(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-input

.PHONY: help run test bench faults fuzz check pictures

help: ## this list
	@awk -F ' ## ' '/^[a-z]+:.* ## / {split($$1, name, ":"); printf "  make %-8s %s\n", name[1], $$2}' Makefile

run: $(VENV)/run.stamp ## try it: sample members and a sample portal, in the browser
	@$(VENV)/bin/idp demo

test: $(VENV)/test.stamp ## the whole test suite, with real servers and a real browser
	@sh tests/install.sh
	@$(VENV)/bin/python -m pytest -n $(JOBS) --dist loadfile

bench: $(VENV)/test.stamp ## what the hot paths cost on this machine
	@$(VENV)/bin/python tests/bench/run.py

faults: $(VENV)/test.stamp ## everything below it breaks under load, for SECONDS (600), drawn from SEED; then what must hold
	@sh tests/install.sh
	@SECONDS="$(or $(SECONDS),600)" SEED="$(SEED)" $(VENV)/bin/python -m tests.faults.storm

check: $(VENV)/test.stamp ## the house rules only
	@$(VENV)/bin/python -m pytest tests/house

fuzz: $(VENV)/test.stamp ## the fuzzers, for SECONDS=600
	@$(PIP) -e '.[fuzz]' || echo "atheris cannot be installed for this Python"
	@$(VENV)/bin/python tests/fuzz/run.py $(or $(SECONDS),600)

pictures: $(VENV)/test.stamp ## a picture of every page, into var/pictures
	@sh tests/install.sh
	@$(VENV)/bin/python -m pytest tests/browser/every_page.py

# installed anew only when what is to be installed has changed
$(VENV)/run.stamp: setup.cfg pyproject.toml
	@sh tests/venv.sh "$(PYTHON)" $(VENV)
	@echo "Installing idp into $(VENV) …"
	@$(PIP) -e .
	@touch $@

$(VENV)/test.stamp: $(VENV)/run.stamp
	@echo "Installing the test tools into $(VENV) …"
	@$(PIP) -e '.[test]'
	@touch $@
