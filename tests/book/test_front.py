"""The front page: a card for each unit, weights that fit the script, light, and pages in line."""

import base64
import json
import re
import shutil

import pytest

from autograder import units
from course.book import COURSE, cards, front, navigation, notebooks, search_texts, two_numbers

FRONT = COURSE / "static" / "front"


def test_each_unit_with_a_lesson_has_a_card_with_a_picture_and_a_question():
    found = cards.all_units()
    assert [unit.name for unit in found] == [path.stem for path in units.pages(COURSE)]
    for unit in found:
        assert unit.question.endswith("?")
        assert unit.notebook in notebooks.names()
        assert (FRONT / f"{unit.name}.webp").stat().st_size < 40_000
        assert len(cards.PICTURES[unit.name]) > 40


def test_a_unit_without_a_lesson_has_no_card_and_a_lesson_without_a_row_is_refused(tmp_path):
    shutil.copy(COURSE / "README.md", tmp_path)
    shutil.copy(COURSE / "week02.md", tmp_path)
    assert [unit.name for unit in cards.all_units(tmp_path)] == ["week02"]
    (tmp_path / "elective_z.md").write_text("# Elective Z · Nothing\n")
    with pytest.raises(ValueError, match="no row for elective_z"):
        cards.all_units(tmp_path)


def test_the_weights_are_those_of_the_network_that_the_command_trains():
    model = json.loads(two_numbers.FILE.read_text(encoding="utf-8"))
    network = two_numbers.TwoNumbers()
    for name in ("encoder", "decoder"):
        linear = [part for part in getattr(network, name) if hasattr(part, "weight")]
        assert [layer["shape"] for layer in model[name]] == [list(p.weight.shape) for p in linear]
        for layer in model[name]:
            outputs, inputs = layer["shape"]
            assert len(base64.b64decode(layer["weight"])) == outputs * inputs
            assert len(layer["bias"]) == len(layer["scale"]) == outputs
    assert len(model["middle"]) == 10


def test_the_page_is_below_a_megabyte_with_all_that_it_loads():
    page = front.page()
    loaded = set(re.findall(r'(?:src|href)="_static/([^"]+)"', page))
    size = len(page.encode()) + sum((COURSE / "static" / name).stat().st_size for name in loaded)
    assert size < 1_000_000
    assert page.count("<li>\n<img class") == len(cards.all_units())


def test_students_have_no_link_to_the_instructors_pages():
    assert "teaching.html" not in front.page()
    assert front.page(instructors=True).count("teaching.html") == 2


def test_lesson_and_notebook_link_to_each_other_and_slides_to_both():
    for name in notebooks.names():
        unit = units.unit_of(name)
        lesson, notebook = navigation.of_lesson(unit, False), navigation.of_notebook(name, True)
        assert f"](notebooks/{name}.ipynb)" in lesson
        assert "slides/" not in lesson
        assert f"](../{unit}.md)" in notebook
        assert f'"../slides/{unit}.html"' in notebook
        assert "](reference/" in lesson
        assert f'"../notebooks/{name}.html"' in navigation.of_slides(unit)


def test_the_text_of_a_page_has_neither_menus_nor_scripts():
    page = "<nav>menu</nav><article><h1>A<a>#</a></h1> <p>x &lt; y</p><script>z</script></article>"
    assert search_texts.text_of(page) == "A x &lt; y"
