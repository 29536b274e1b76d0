"""Formulas become MathML that only lays out, whoever wrote them."""

import re
import time

import nbformat
import pytest
from nbconvert.filters.markdown_mistune import MarkdownWithMath
from repository import ROOT

from autograder.plugin.mathematics import MOST, MathRenderer, mathml


def rendered(text):
    return MarkdownWithMath(renderer=MathRenderer(escape=False)).render(text)


@pytest.mark.parametrize(
    "path", sorted((ROOT / "notebooks").glob("*/*.ipynb")), ids=lambda p: p.stem
)
def test_every_formula_of_the_course_is_shown_as_mathematics(path):
    texts = [c.source for c in nbformat.read(path, 4).cells if c.cell_type == "markdown"]
    page = "".join(rendered(text) for text in texts)
    formulas = re.findall(r"<math .*?</math>", page, re.DOTALL)
    assert len(formulas) > 3
    assert not [f for f in formulas if "\\" in f]  # a command that the converter does not know
    assert "$" not in re.sub(r"<code>.*?</code>|<pre>.*?</pre>", "", page, flags=re.DOTALL)


def test_a_formula_in_words():
    inside = rendered("about $x_i < 2$ and more")
    assert "<msub><mi>x</mi><mi>i</mi></msub><mo>&lt;</mo><mn>2</mn>" in inside
    assert 'display="block"' in rendered("$$\\frac{a}{b}$$")
    assert rendered("$a&lt;b$") == rendered("$a<b$")  # as cleaning leaves a text with tags


@pytest.mark.parametrize(
    "tex",
    [
        r"\text{<script>alert(1)</script>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\class{exam-total}{x}",
        r'\color{red" onclick="alert(1)}x',
        r"\unicode{60}script",
        r"\text{&lt;img src=x onerror=alert(1)&gt;}",
        r"\hspace{9999em}x",
        r"\rule{9999em}{9999em}",
    ],
)
def test_a_formula_cannot_run_link_load_or_cover(tex):
    page = mathml(tex, False)
    outside = re.sub(r">[^<]*<", "><", page)  # tags and their attributes
    for bad in ("script", "href", "style=", "class", "onclick", "onerror", "src", "9999"):
        assert bad not in outside, page


@pytest.mark.parametrize(
    "tex",
    [
        "{" * 1900,
        r"\frac" * 400,
        "x_" * 900,
        r"\left(" * 300,
        r"\begin{matrix}" * 140,
        "x" * 9000,
    ],
    ids=lambda tex: tex[:12],
)
def test_what_cannot_be_converted_stays_as_it_was_typed(tex):
    begun = time.perf_counter()
    assert mathml(tex, False) == f"<code>{tex}</code>"
    assert time.perf_counter() - begun < 2


def test_a_text_of_nothing_but_formulas_ends():
    page = rendered(" ".join(f"$x_{{{i}}}$" for i in range(3 * MOST)))
    assert page.count("<math") == MOST
