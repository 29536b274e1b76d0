"""In a real Jupyter kernel, and on a static page, everything is shown exactly once."""

import re

import pytest

CELLS = {
    "predict": "predict('k', 'How many?', 1, 784, default=400)",
    "predict in the middle": "p = predict('m', 'How many?', 1, 9)\n2 + 2",
    "reveal": "reveal('k', 150)",
    "calibration": "calibration()",
    "figure": "figure()",
    "figure kept": "kept = figure()",
    "figure later": "kept",
    "figure displayed": "display(figure())",
    "passport": "passport.show([])",
}
START = """
import os
from aeutils import passport, plots, widgets
from aeutils.widgets import predictions
from aeutils.widgets import calibration, predict, reveal
def figure():
    return plots.lines([1, 2], {'a': [1, 2]}, 'T', 'x', 'y')
"""
NBGRADER = """
os.environ['NBGRADER_EXECUTION'] = 'autograde'
predictions._notebook = predictions._Notebook()
"""


@pytest.fixture(scope="module")
def executed(tmp_path_factory):
    """Run CELLS twice in a real Jupyter kernel; the second time as nbgrader would."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    folder = tmp_path_factory.mktemp("kernel")
    sources = [START, *CELLS.values(), NBGRADER, *CELLS.values()]
    notebook = nbformat.v4.new_notebook()
    notebook.cells = [nbformat.v4.new_code_cell(source) for source in sources]
    where = {"metadata": {"path": str(folder)}}
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NBGRADER_EXECUTION", raising=False)
        nbclient.NotebookClient(notebook, timeout=300, resources=where).execute()
    return notebook, sorted(path.name for path in folder.iterdir())


NUMBERS = "application/vnd.aeutils.numbers+json"
WIDGET = "application/vnd.jupyter.widget-view+json"


@pytest.mark.parametrize("nbgrader", [False, True])
def test_in_a_real_kernel_everything_shows_exactly_once(executed, nbgrader):
    notebook, files = executed
    start = 2 + len(CELLS) if nbgrader else 1
    cells = dict(zip(CELLS, notebook.cells[start : start + len(CELLS)], strict=True))
    kinds = {
        name: [sorted(o.get("data", {o.output_type: ""})) for o in cell.outputs]
        for name, cell in cells.items()
    }
    html = ["text/html", "text/plain"]
    box = [] if nbgrader else [sorted([WIDGET, "text/plain"])]
    assert kinds == {
        "predict": [html, *box],
        "predict in the middle": [html, *box, ["text/plain"]],
        "reveal": [[NUMBERS, *html]],
        "calibration": [html],
        "figure": [html],
        "figure kept": [],
        "figure later": [html],
        "figure displayed": [html],
        "passport": [html],
    }
    for name in ("figure", "figure later", "figure displayed"):
        markup = cells[name].outputs[0]["data"]["text/html"]
        assert markup.startswith('<img src="data:image/png;base64,')
        assert 'alt="T. y against x from 1 to 2. a: from 1 to 2."' in markup
    assert not notebook.cells[0].outputs
    assert files == []


def test_a_static_page_has_the_questions_and_the_descriptions_of_figures(executed):
    nbconvert = pytest.importorskip("nbconvert")
    page, _ = nbconvert.HTMLExporter().from_notebook_node(executed[0])
    assert "How many?" in page
    assert "No description" not in page
    assert len(re.findall(r'<img alt="T\. y against x', page)) == 6
    assert "aria-label" in page
