# Two commands matter: `make demo` and `make test`. Each does all its own set-up.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.installed

.PHONY: install demo test check test-long histories bench lock schema page clean

install: $(STAMP)

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) tools/bootstrap.py $(VENV)
	touch $@

demo: $(STAMP)
	$(BIN)/escrow demo

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: $(STAMP) check
	$(PYTHON) tools/debian_packages.py
	$(BIN)/python tools/page.py install
	$(BIN)/pytest -n 3 --dist worksteal

# Pictures of every page in four looks, every recovery vector and the whole demonstration in a browser, long lists read
# back, hostile input through every format, kills and full disks, the rest of the stories.
test-long: $(STAMP)
	$(PYTHON) tools/debian_packages.py
	$(BIN)/python tools/page.py install
	$(BIN)/pytest -n 2 -m long

histories: $(STAMP)
	ESCROW_HISTORIES=10000 $(BIN)/pytest -n 2 tests/core/test_client_histories.py

bench: $(STAMP)
	$(BIN)/python -m bench

schema: $(STAMP)
	$(BIN)/python tools/schemas.py

page: $(STAMP)
	$(BIN)/python tools/page.py build

lock:
	uv pip compile -q --universal --generate-hashes --no-annotate --python-version 3.11 \
	  --extra keepass --extra demo --extra dev --custom-compile-command "make lock" -o requirements.lock pyproject.toml

clean:
	rm -rf $(VENV) build tests/output page/node_modules
