# make demo: the main job, table and chart; make test: all checks. Both make .venv themselves from constraints.txt.

PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-slow bench calibrate validation .venv

.venv: .venv/installed

.venv/installed: constraints.txt pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --require-hashes -r constraints.txt
	$(BIN)/python -m pip install --no-deps --no-build-isolation -e .
	touch $@

demo: .venv/installed
	$(BIN)/dcsim compare scenarios/chatbot.yaml --out out/demo --report out/demo/report.html
	$(BIN)/dcsim plot out/demo comparison --out out/demo/comparison.png

# Kernels are compiled before test processes start, which would corrupt the cache together. Compiled code is invisible
# to coverage, so the kernels' own tests run once more as plain Python.
test: .venv/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m sim.kernels.cache
	$(BIN)/pytest -n auto -m "not slow"
	NUMBA_DISABLE_JIT=1 $(BIN)/coverage run -m pytest -q -m "not slow" tests/unit/kernels
	$(BIN)/coverage report --include "sim/kernels/*" --fail-under 90

test-slow: .venv/installed
	$(BIN)/pytest -m slow

# Speeds as ratios to plain SimPy, measured in one run.
bench: .venv/installed
	PYTHONPATH=tests $(BIN)/python benchmarks/serving.py

# Refits the performance and power models on a folder of measured tables: make calibrate DATA=folder
calibrate: .venv/installed
	$(BIN)/python -m benchmarks.calibrate $(DATA) --write

# Every measured row with its prediction and error, into docs/validation: make validation DATA=folder
# Dated by the last change of the models and their constants, so that a second call writes the same bytes.
DATE ?= $(shell git log -1 --format=%cs -- sim/models sim/catalog/data)
validation: .venv/installed
	rm -rf out/validation
	$(BIN)/python -m benchmarks.calibrate $(DATA) --out out/validation
	$(BIN)/python -m benchmarks.validation_pages out/validation --data $(DATA) --date $(DATE)
