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
	@echo "make check  before a commit, under two minutes: style, types, imports, notebooks, quick tests"
	@echo "make test   everything that CI runs: that, all tests, every notebook, the demo"
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
	$(BIN)/python -m autograder handout --instructors

check: $(STAMP)
	$(BIN)/python -m tests --quick

test: $(BOOK)
	$(BIN)/python -m tests

clean:
	rm -rf $(VENV) demo dist .pytest_cache .ruff_cache .mypy_cache .import_linter_cache

.PHONY: help setup demo lab build check test clean site slides student-kit instructor-kit
