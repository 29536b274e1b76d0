# `make` shows what there is. Windows without make: README lists the same commands.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
STAMP  := $(VENV)/.ready
# nbgrader looks for its helper `alembic` on the PATH.
export PATH := $(abspath $(BIN)):$(PATH)

help:
	@echo "make demo   release week 1, grade a simulated class, print the table"
	@echo "make lab    open the student notebooks in JupyterLab"
	@echo "make test   everything that CI runs: ruff, mypy, imports, the builder's check, pytest, nbval"
	@echo "make build  rebuild notebooks whose source in solutions/ changed"
	@echo "make setup  only install (into $(VENV))"
	@echo "make site   the book as a site in dist/site; make slides: a deck for each week in dist/slides"
	@echo "make student-kit, make instructor-kit: zips in dist/"

setup: $(STAMP)

# uv is the fast installer; `pip install -e ".[instructor]"` in any environment does the same.
$(STAMP): pyproject.toml
	@$(PYTHON) -c "import sys; v = sys.version_info[:2]; \
	  sys.exit(0 if v >= (3, 11) else f'Python 3.11 or newer is needed, this is {v[0]}.{v[1]}; set PYTHON=...')"
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -e ".[instructor]"
	@touch $@

demo: $(STAMP)
	$(BIN)/python -m autograder demo

lab: $(STAMP)
	$(BIN)/jupyter lab notebooks

build: $(STAMP)
	$(BIN)/python -m autograder build --stale

# Sphinx and what belongs to it; everything after this works without a network.
BOOK := $(VENV)/.ready-site
$(BOOK): $(STAMP)
	$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python -e ".[instructor,site]"
	@touch $@

site: $(BOOK)
	$(BIN)/python -m course.book site

slides: $(BOOK)
	$(BIN)/python -m course.book slides

student-kit: $(STAMP)
	$(BIN)/python -m autograder handout --output dist/student-kit.zip

instructor-kit: $(BOOK)
	$(BIN)/python -m course.book site --edition instructors
	$(BIN)/python -m course.book slides
	$(BIN)/python -m autograder handout --instructors

test: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m autograder check
	$(BIN)/python -m pytest
	$(BIN)/python -m pytest --nbval-lax --nbval-current-env --nbval-cell-timeout=300 \
	  -p no:cacheprovider -W ignore solutions

clean:
	rm -rf $(VENV) demo dist .pytest_cache .ruff_cache .mypy_cache .import_linter_cache

.PHONY: help setup demo lab build test clean site slides student-kit instructor-kit
