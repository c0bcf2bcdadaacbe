# make run: install, prepare the encoder, match the sample data, leave build/report/.
# make test: the whole default test run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := data/sample
REPORT := build/report

.PHONY: run test test-slow clean

run: $(VENV)/.installed
	@$(BIN)/matcher encoder prepare
	@$(BIN)/matcher match $(SAMPLE)/needs.csv $(SAMPLE)/capabilities.csv -o $(REPORT)

test: $(VENV)/.tested
	@$(BIN)/matcher encoder prepare
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --cov --cov-report=term --cov-fail-under=90

# Minutes: int8 against fp32 on real texts, processes killed fifty times.
test-slow: $(VENV)/.tested
	$(BIN)/python -m pytest -m slow

# Pip runs again only when what is to be installed has changed.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	@touch $@

clean:
	rm -rf build dist $(VENV)
