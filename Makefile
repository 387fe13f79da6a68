# Each target is a line or three; `make run` and `make test` are all a newcomer needs.
PYTHON ?= python3
BIN := .venv/bin
# Many tests wait for something, so two files at a time need half the time; the long ones come first by name.
TOGETHER := -n 2 --dist loadfile --no-loadscope-reorder

.PHONY: run test test-all check format bench faults contact-sheet clean

run: .installed
	$(BIN)/python -m bot demo

test: .installed
	$(BIN)/python -m pytest $(TOGETHER)

test-all: .installed
	ALL_SURFACES=1 $(BIN)/python -m pytest $(TOGETHER)

check: .installed
	$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/python -m pytest $(TOGETHER)

format: .installed
	$(BIN)/ruff format . && $(BIN)/ruff check --fix .

bench: .installed
	$(BIN)/python -m bench.run

faults: .installed
	$(BIN)/python -m tests.faults.rounds --rounds $(or $(ROUNDS),200) $(if $(SEED),--seed $(SEED))
	$(BIN)/python -m tests.alertmanager.outage

contact-sheet: .installed
	$(BIN)/python -m tests.browser.contact_sheet

.installed: requirements.txt requirements-dev.txt constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt -c constraints.txt
	touch .installed

clean:
	rm -rf .venv .installed data
