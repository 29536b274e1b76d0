"""The progress panel: it reads the notebook, and follows the tests that run."""

import subprocess
import sys
import types

import nbformat
import pytest
from repository import ROOT

from aeutils.widgets import progress_panel as module
from aeutils.widgets.progress_panel import Checklist, checklist, exercises

WEEKS = sorted((ROOT / "notebooks").glob("*/*.ipynb"))
CELLS = [
    {
        "cell_type": "markdown",
        "source": "## 1\n### Exercise 1 · Centre\n*●○○ · 5 minutes · 3 points*",
    },
    {"cell_type": "code", "source": "def center(x): ..."},
    {"cell_type": "code", "source": ["from x import y\n", "assert tests.center(center)"]},
    {"cell_type": "markdown", "source": "### Exercise 2 · <Axes>\n*1 minute · 1 point*"},
    {"cell_type": "code", "source": "assert tests.axes(axes)"},
]


@pytest.fixture(autouse=True)
def _fresh(monkeypatch):
    monkeypatch.setattr(module, "_passed", {})
    monkeypatch.setattr(module, "_shown", [])
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)


def ran(source, success):
    module._note(
        types.SimpleNamespace(info=types.SimpleNamespace(raw_cell=source), success=success)
    )


def test_exercises_with_title_minutes_points_and_test():
    first, second = exercises(CELLS)
    assert (first.number, first.title, first.minutes, first.points) == (1, "Centre", 5, 3)
    assert (first.test, second.test) == ("center", "axes")
    assert (second.minutes, second.points) == (1, 1)


@pytest.mark.parametrize("path", WEEKS, ids=lambda path: path.stem)
def test_every_exercise_of_every_week_is_found(path):
    cells = nbformat.read(path, as_version=4).cells
    found = exercises(cells)
    tests = [c for c in cells if c.cell_type == "code" and "\nassert tests." in f"\n{c.source}"]
    assert len(found) == len(tests) >= 5
    assert [e.number for e in found] == list(range(1, len(found) + 1))
    assert all(e.minutes > 0 and e.points > 0 for e in found)


def test_the_panel_follows_what_passes_and_what_fails_again():
    panel = Checklist(exercises(CELLS))
    assert panel.summary() == "0 of 2 exercises pass their visible tests; about 6 minutes left."
    ran("assert tests.center(center)", True)
    assert "1 of 2" in panel.summary()
    assert "about 1 minute left" in panel.summary()
    assert "✔ passes  1. Centre" in repr(panel)
    assert "– not run  2. <Axes>" in repr(panel)
    ran("assert tests.center(center)", False)
    assert "✘ not yet  1. Centre" in repr(panel)
    ran("print(1)", True)
    ran(None, True)
    ran("assert tests.center(center)", True)
    ran("assert tests.axes(axes)", True)
    assert "Well done" in panel.summary()
    markup = panel._repr_html_()
    assert "&lt;Axes&gt;" in markup
    assert 'aria-label="exercises that pass"' in markup
    assert 'role="status"' in markup


def test_a_shown_panel_is_refreshed_in_its_place(monkeypatch):
    shown = []
    monkeypatch.setattr(
        module,
        "publish",
        lambda text, markup, name=None, update=False: shown.append((text, update)),
    )
    monkeypatch.setattr(module, "in_notebook", lambda: True)
    panel = Checklist(exercises(CELLS))
    panel._ipython_display_()
    ran("assert tests.center(center)", True)
    assert [update for _, update in shown] == [False, True]
    assert "1 of 2" in shown[-1][0]


def test_the_notebook_of_this_kernel_is_found(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    assert checklist().exercises == []
    nb = nbformat.v4.new_notebook()
    nb.cells = [nbformat.v4.new_markdown_cell(CELLS[0]["source"])]
    nb.cells += [nbformat.v4.new_code_cell("assert tests.center(center)")]
    nbformat.write(nb, tmp_path / "a.ipynb")
    assert len(checklist().exercises) == 1  # the only one
    nbformat.write(nbformat.v4.new_notebook(), tmp_path / "b.ipynb")
    assert checklist().exercises == []  # which of the two?
    monkeypatch.setenv("JPY_SESSION_NAME", "week/a.ipynb")
    assert len(checklist().exercises) == 1
    assert len(checklist(tmp_path / "a.ipynb").exercises) == 1
    (tmp_path / "a.ipynb").write_text("{", encoding="utf-8")
    assert "Run this cell" in checklist().summary()


def test_every_build_shows_the_same_panel(tmp_path, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "build")
    panel = checklist(WEEKS[0])
    assert repr(panel).strip() == "Run this cell in JupyterLab to see which exercises pass."
    assert panel._repr_html_().startswith("<p>Run this cell")


def test_the_panel_does_without_torch():
    code = "import sys; from aeutils import widgets; repr(widgets.checklist()); "
    code += "sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
