# pyeonji — every habit has a target.  `make run` and `make test` set everything up by themselves.
PYTHON ?= $(shell for p in /usr/bin/python3 python3.13 python3.12 python3.11 python3; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
# Twice as many as a small machine has cores: half the time of a test is waiting for another process.
JOBS ?= 4
ARGS ?=

# Each of a thousand processes would compile all our modules again where what is compiled is not kept.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: all run test test-fast test-system stress fuzz interop check format lint types floors docs docs-check pictures bench bench-reading clean

all: .venv/run.stamp

# A Debian without python3-venv has no ensurepip: then the machine's own pip fills the environment.
$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: apt install python3"; exit 1; }
	@$(PYTHON) -m venv .venv 2>/dev/null || $(PYTHON) -m venv --clear --without-pip .venv

PIP = if $(BIN)/python -m pip --version >/dev/null 2>&1; then P="$(BIN)/python -m pip"; \
	else P="$(PYTHON) -m pip --python $(BIN)/python"; fi; $$P install --quiet --disable-pip-version-check

.venv/run.stamp: $(BIN)/python lock/run.txt pyproject.toml
	@echo "Setting up (about half a minute, once) ..."
	@$(PIP) --only-binary :all: --require-hashes -r lock/run.txt
	@$(PIP) --no-deps --editable .
	@touch $@

.venv/dev.stamp: .venv/run.stamp lock/dev.txt
	@$(PIP) --only-binary :all: --require-hashes -r lock/dev.txt
	@touch $@

run: .venv/run.stamp
	@$(BIN)/pyeonji lab $(ARGS)

# Files stay together on one worker (--dist loadfile): what is opened for a file is opened once.  In the order of
# tests/conftest.py: the longest first, so that no worker is left alone with one of them at the end.
SPREAD = -n $(JOBS) --dist loadfile --no-loadscope-reorder
test: .venv/dev.stamp
	$(BIN)/python -m pytest -q $(SPREAD) -m "not interop" tests $(ARGS)

test-fast: .venv/dev.stamp
	$(BIN)/python -m pytest -q $(SPREAD) -m "not system and not interop and not postgres" tests $(ARGS)

test-system: .venv/dev.stamp
	$(BIN)/python -m pytest -m system tests/system $(ARGS)

# Many sessions act at random and believe nothing; SECONDS=600 for a long run.
SECONDS ?= 60
stress: .venv/dev.stamp
	PYEONJI_STRESS_S=$(SECONDS) $(BIN)/python -m pytest -s -n0 -k contradict tests/system/test_stress.py $(ARGS)

# kill -9 at random moments, so many times: of everything, of the writer alone, while mail is read, while it is imported.
KILLS ?= 100
.PHONY: kills
kills: .venv/dev.stamp
	PYEONJI_KILLS=$(KILLS) PYEONJI_EXAMPLES=10 $(BIN)/python -m pytest -s -n0 --timeout 7200 tests/system/test_ledger.py \
		tests/system/test_reading_ledger.py tests/cli/test_import.py -k "killed or told" $(ARGS)

# Two days of trouble for a program that sends, in the time of a clock that is pushed; HOURS=200 for more.
HOURS ?= 48
.PHONY: chaos
chaos: .venv/dev.stamp
	PYEONJI_CHAOS_HOURS=$(HOURS) $(BIN)/python -m pytest -s -n0 tests/system/test_chaos.py $(ARGS)

# Octets nobody meant, so many for each grammar; findings go to tests/fuzz/corpus.
N ?= 100000
fuzz: .venv/dev.stamp
	PYTHONPATH=tests nice -n 19 $(BIN)/python -m fuzz $(N) $(ARGS)

# The API is asked whatever its document allows, so many examples for each operation.
EXAMPLES ?= 200
.PHONY: api-fuzz
api-fuzz: .venv/dev.stamp
	PYEONJI_API_FUZZ=$(EXAMPLES) nice -n 19 $(BIN)/python -m pytest -n0 --timeout 3600 -k whatever tests/api/test_openapi.py $(ARGS)

interop: .venv/dev.stamp
	$(BIN)/python -m pytest -m interop tests/interop $(ARGS)

# The six prepared cases as a browser shows them; needs chromium and its driver.
pictures: .venv/dev.stamp
	PYEONJI_PICTURES=docs/pictures $(BIN)/python -m pytest -q -n0 tests/system/test_browser.py -k "the_page_alone"

check: format-check lint types docs-check test-fast

format: .venv/dev.stamp
	$(BIN)/ruff format src tests bench examples
	$(BIN)/ruff check --fix --quiet src tests bench examples

.PHONY: format-check
format-check: .venv/dev.stamp
	$(BIN)/ruff format --check --quiet src tests bench examples

lint: .venv/dev.stamp
	$(BIN)/ruff check src tests bench examples

types: .venv/dev.stamp
	$(BIN)/mypy

floors: .venv/dev.stamp
	$(BIN)/python -m pytest -q tests/test_floors.py tests/test_sizes.py

docs: .venv/run.stamp
	$(BIN)/python -m pyeonji.cli.manual

docs-check: .venv/dev.stamp
	$(BIN)/python -m pytest -q -n0 tests/cli/test_help.py

bench: .venv/run.stamp
	bench/inbound.sh $(ARGS)

# Eight minutes once the mailboxes are filled; HARNESS is where the load clients and the peers' start scripts are.
bench-reading: .venv/run.stamp
	bench/reading.sh $(ARGS)

lock: .venv/dev.stamp
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate pyproject.toml -o lock/run.txt
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --all-extras --group dev pyproject.toml -o lock/dev.txt

# The client for applications, a wheel of its own, below build/.
.PHONY: client
client: .venv/run.stamp
	$(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build packaging/client

# A package for the Debian it is built on, below build/.
.PHONY: deb
deb:
	packaging/deb.sh

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
