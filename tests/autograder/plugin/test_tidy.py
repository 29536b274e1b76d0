"""A page that is written piece by piece is the page that nbconvert writes."""

import random

import pytest
from bs4 import BeautifulSoup
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from autograder.plugin.config import exam_hall
from autograder.plugin.feedback import FeedbackExporter
from autograder.plugin.tidy import Pieces, rewritten, written

ALPHABET = (
    *("<p>", "</p>", "<b>", "</b>", "<pre>", "</pre>", "<br>", "<br/>", "</br>", "<hr />"),
    *('<img alt="x" src="a.png">', "<img>", '<a href="x?a=1&amp;b=2">', "</a>", "<div/>"),
    *('<div class=" a  b ">', '<div title="b" class="a">', "</div>", '<td class="">', "<!-- c"),
    *(" -->", "<script>", "</script>", "<style>", "</style>", "<textarea>", "</textarea>"),
    *("&amp;", "&lt;", "&#39;", "&quot;", "&nbsp;", "&nothing;", "&", "<", ">", '"', "'", "a&b"),
    *("word", " ", "\n", "\t\n ", "é", '<math display="inline">', "</math>", "<B>", "</B>"),
    *('<div class="jp-Notebook">', '<div class="jp-Cell-inputWrapper">', "<x-piece id='1'>"),
)
SHOWN = [
    "<p>whole</p>",
    "<p>open",
    "</div></div></section>",
    "<b>bold <i>both</b> it</i>",
    "<!-- never closed",
    "<img src='data:image/png;base64,aaaa'>",
    "<table><tr><td>1<td>2</table>",
    "text &nbsp; &copy &#8364; <pre>\n\n  kept  \n</pre>",
    '<div class="jp-Notebook"><div class="jp-Cell-inputWrapper">x</div></div>',
]


def souped(html):
    """Return HTML as Beautiful Soup writes it."""
    return str(BeautifulSoup(html, features="html.parser"))


@pytest.mark.parametrize("seed", range(8))
def test_a_piece_alone_is_what_it_is_inside_a_page(seed):
    rng = random.Random(seed)
    taken = 0
    for _ in range(600):
        html = "<div>" + "".join(rng.choices(ALPHABET, k=rng.randint(0, 6))) + "</div>"
        around = "<main>\n before <br> {}\n\n<p>after</p></main>"
        if "<img>" in html or "jp-" in html:
            continue  # nbconvert adds to these: see the pages below
        found = written(html)
        if found is None:
            continue
        taken += 1
        place = "<x-here></x-here>"
        without = souped(around.format(place))
        assert souped(around.format(html)) == without.replace(place, found[0])
        assert rewritten(html) in (None, souped(html))
    assert taken > 100


def test_what_runs_on_is_not_a_piece():
    for html in ("<p>a", "a</p>", "<p>a</p> b", "x <p>a</p>", "<p></b></p>", "<p>a</p>&amp;"):
        assert written(html) is None, html
    assert written("<p>a</p>\n <!-- c --><p>b&nbsp;</p>") is not None


def page(exporter, nb):
    """Return a page of a graded notebook without exercises, made by an exporter."""
    c = Config()
    exam_hall(c)
    c.SlowExporter = c.FeedbackExporter
    c.SlowExporter.filters = {**c.HTMLExporter.filters, "piece": lambda html: html}
    exam = {"title": "t", "exercises": {}, "summary": '<header id="summary">s</header>'}
    return exporter(config=c).from_notebook_node(nb, {"exam": exam})[0]


class SlowExporter(HTMLExporter):
    """nbconvert's own way with the template."""


@pytest.mark.parametrize("shown", SHOWN)
def test_pages_are_nbconverts_whatever_a_cell_shows(shown):
    outputs = [
        new_output("display_data", data={"text/html": shown}),
        new_output("stream", name="stdout", text="a < b & 'c' \"d\"\n\n  \x1b[31mred\x1b[0m\n"),
    ]
    cells = [
        new_markdown_cell('# Title\n\n`x<y` & $a<b$ "quoted"\n\n<b>bold\n\n- item'),
        new_markdown_cell(shown),
        new_code_cell("x = 'a' # \"b\" <c>\n\n\n\tif x:\n  pass", outputs=outputs),
        new_code_cell(""),
        new_code_cell('%%time\nf"{x!r:>{3}}"', metadata={"magics_language": "html"}),
        new_code_cell("def f(:\n  '''open\n"),
    ]
    for metadata in ({}, {"language_info": {"name": "r"}}):
        nb = new_notebook(cells=cells, metadata=metadata)
        ours = page(FeedbackExporter, nb)
        assert ours == page(SlowExporter, nb)
        assert "x-piece" not in ours


def test_pictures_without_a_text_get_nbconverts():
    nb = new_notebook(cells=[new_markdown_cell('<img src="a.png">')])
    assert 'alt="No description has been provided for this image"' in page(FeedbackExporter, nb)
    assert page(FeedbackExporter, nb) == page(SlowExporter, nb)


def test_a_page_with_a_piece_that_runs_on_is_left_whole():
    pieces = Pieces()
    html = f"<main>{pieces('<p>a</p>')}{pieces('<div>')}{pieces('<p>b</p>')}</main>"
    assert pieces.whole
    assert pieces.page(html) == "<main><p>a</p><div><p>b</p></main>"


def test_nobody_can_name_the_place_of_a_piece():
    one, other = Pieces(), Pieces()
    place = one("<p>a</p>")
    assert other.fill(place) == place != other("<p>a</p>")
