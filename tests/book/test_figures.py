"""Images of the lessons have a visible caption, and drawings stand in the page itself."""

import re

import pytest
from docutils import nodes
from docutils.core import publish_doctree

from autograder import units
from course.book import COURSE, drawings, pictures
from course.book.figures import Figures

LESSONS = units.pages(COURSE)


def test_the_files_of_the_drawings_are_current():
    assert drawings.stale() == []


def test_a_drawing_that_there_is_not_is_named():
    assert drawings.find("images/week01-errors.png") is None
    assert drawings.find("../images/drawing-hourglass.svg").alt.startswith("An autoencoder")
    with pytest.raises(KeyError, match="hour_glass"):
        drawings.find("images/drawing-hour_glass.svg")


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_every_image_of_a_lesson_has_a_caption(path):
    text = path.read_text(encoding="utf-8")
    for image in re.finditer(r"^!\[[^\]]*\]\(([^)]+)\)$", text, re.MULTILINE):
        caption = text[image.end() :].strip().split("\n\n")[0]
        assert re.fullmatch(r"\*[^*].*[^*]\*", caption, re.DOTALL), (
            f"{path.name}: below {image[1]} a paragraph in italics must say what to look at"
        )


def transformed(source):
    document = publish_doctree(source, settings_overrides={"report_level": 4})
    Figures(document).apply()
    return document


def test_a_paragraph_in_italics_becomes_the_caption():
    document = transformed(".. |x| image:: images/a.png\n   :alt: An a.\n\n|x|\n\n*Look here.*\n")
    figure = next(document.findall(nodes.figure))
    assert figure[0]["alt"] == "An a."
    assert figure[1].astext() == "Look here."
    assert "Look here." in document.astext()
    assert document.astext().count("Look here.") == 1


def test_a_chart_is_marked_so_that_a_dark_page_can_turn_it():
    assert set(pictures.FIGURES) >= pictures.CHARTS
    for name, classes in (("week01-scree.png", ["chart"]), ("week01-rebuilt.png", [])):
        document = transformed(f".. |x| image:: images/{name}\n\n|x|\n\n*Look here.*\n")
        assert next(document.findall(nodes.figure))["classes"] == classes


def test_other_text_below_an_image_is_left_alone():
    document = transformed(".. |x| image:: images/a.png\n\n|x|\n\n*This* is text.\n")
    assert not list(document.findall(nodes.figure))


def test_a_drawing_stands_in_the_page():
    document = transformed(".. |x| image:: images/drawing-hourglass.svg\n\n|x|\n\nText.\n")
    figure = next(document.findall(nodes.figure))
    assert figure["classes"] == ["drawing"]
    assert figure[0].astext().startswith("<svg")
    assert not list(figure.findall(nodes.image))
