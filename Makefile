# Two commands do everything: `make demo` and `make test`. Only python3 (3.11+) and make are assumed;
# uv is used where it is on the PATH.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV := $(shell command -v uv 2>/dev/null)

.PHONY: help env demo test check mutants lock clean

help:
	@echo "make demo   bring up the real parts and run a day through them (the report is read back from the systems)"
	@echo "make test   run every test, on the same real parts"
	@echo "make check  format, lint, types, layers"
	@echo "make mutants  do the tests of the decisions notice a change of them? (long; ops/docs/mutants.md)"
	@echo "make lock   resolve requirements.lock anew from pyproject.toml (needs uv)"

env: $(VENV)/.installed

$(VENV)/.installed: requirements.lock pyproject.toml
ifdef UV
	@uv venv --quiet --allow-existing --python $(PYTHON) $(VENV)
	@VIRTUAL_ENV=$(VENV) uv pip sync --quiet --require-hashes requirements.lock
	@VIRTUAL_ENV=$(VENV) uv pip install --quiet --no-deps --no-build-isolation --editable .
else
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "MeshLine needs Python 3.11 or newer; set PYTHON=python3.x")'
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@$(BIN)/pip install --quiet --require-hashes --requirement requirements.lock
	@$(BIN)/pip install --quiet --no-deps --no-build-isolation --editable .
endif
	@touch $@

demo: env
	@$(BIN)/meshline up && $(BIN)/meshline demo

test: env
	@$(BIN)/python -m pytest --numprocesses 2

check: env
	@$(BIN)/ruff format --check . && $(BIN)/ruff check . && $(BIN)/mypy && $(BIN)/lint-imports

mutants: env
	@$(BIN)/python -m tests.mutants

lock:
	@uv pip compile pyproject.toml --extra local --extra bench --extra dev --universal --generate-hashes \
	  --no-header --no-annotate --no-emit-index-url --quiet --output-file requirements.lock

clean:
	@rm -rf $(VENV)
