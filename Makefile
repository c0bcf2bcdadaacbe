# make run: install, prepare the encoder, match the sample data, leave build/report/, and serve the
# sample at http://127.0.0.1:8000 until make stop.
# make test: the whole default test run.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SAMPLE := data/sample
REPORT := build/report

ADDRESS := http://127.0.0.1:8000/
SERVER := build/server
PARALLEL := -n auto --maxprocesses 4 --dist loadfile

.PHONY: run serve stop test coverage test-slow screenshots audit clean

run: $(VENV)/.installed
	@$(BIN)/matcher encoder prepare
	@$(BIN)/matcher match $(SAMPLE)/needs.csv $(SAMPLE)/capabilities.csv -o $(REPORT)
	@$(MAKE) --no-print-directory serve

# In the background, so that a script that calls make run goes on.
serve: $(VENV)/.installed
	@mkdir -p build
	@if [ -f $(SERVER).pid ] && kill -0 "$$(cat $(SERVER).pid)" 2>/dev/null; then \
		echo "网页已打开 / already served: $(ADDRESS)"; \
	else \
		nohup $(BIN)/matcher serve --demo > $(SERVER).log 2>&1 < /dev/null & echo $$! > $(SERVER).pid; \
		for second in $$(seq 60); do \
			grep -q http $(SERVER).log && break; \
			kill -0 "$$(cat $(SERVER).pid)" 2>/dev/null || break; sleep 1; \
		done; \
		cat $(SERVER).log; echo "停止网页 / to stop it: make stop"; \
	fi

stop:
	@if [ -f $(SERVER).pid ]; then kill "$$(cat $(SERVER).pid)" 2>/dev/null; rm -f $(SERVER).pid; fi

# The processes share the processors: idle threads of one would wait at full speed.
test coverage: export OMP_NUM_THREADS = 1
test coverage: export OPENBLAS_NUM_THREADS = 1

test: $(VENV)/.tested
	@$(BIN)/matcher encoder prepare
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest $(PARALLEL)

# The same run, with the lines that it reaches counted.
coverage: $(VENV)/.tested
	@$(BIN)/matcher encoder prepare
	$(BIN)/python -m pytest $(PARALLEL) --cov --cov-report=term --cov-fail-under=90

# Minutes: int8 against fp32 on real texts, processes killed fifty times, new cases of the properties.
test-slow: $(VENV)/.tested
	$(BIN)/python -m pytest -m slow
	HYPOTHESIS_PROFILE=explore $(BIN)/python -m pytest tests/property

# Every page, in both languages, 1440 and 390 pixels wide: build/screenshots/. Needs chromium.
screenshots: $(VENV)/.tested
	@$(BIN)/matcher encoder prepare
	$(BIN)/python tests/browser/pictures.py build/screenshots

# Known vulnerabilities of the pinned versions. Needs the Internet.
audit:
	$(PYTHON) -m venv build/audit
	build/audit/bin/python -m pip install --quiet --disable-pip-version-check pip-audit
	build/audit/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip

# Pip runs again only when what is to be installed has changed.
$(VENV)/.installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check "pip>=25.1"
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --group dev
	@touch $@

clean: stop
	rm -rf build dist $(VENV)
