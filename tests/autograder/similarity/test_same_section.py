"""The section of the report: who is on it, what it shows of what students wrote, and errors."""

import json
import shutil

import pytest
import tiny_course
from test_same_pairs import NATURAL, ODD, ODD_RENAMED

from autograder.similarity import similar_pairs, similar_section
from autograder.similarity.__main__ import main

HOSTILE = """\
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"  # </pre><h1>\u202e
"""


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A class of 30: two share an odd answer to `centred`; one of them is graded."""
    course = tiny_course.make_course(tmp_path_factory.mktemp("same") / "course")
    for number in range(30):
        answers = tiny_course.RIGHT | {"centred": NATURAL.replace("norm", "centred")}
        if number == 3:
            answers["centred"] = ODD.replace("norm", "centred") + HOSTILE
        if number == 20:
            answers["centred"] = ODD_RENAMED.replace("norm", "centred")
        nb = tiny_course.answered(course, answers)
        if number == 20:  # grading put it in its place, whatever was handed in
            tiny_course.submit(course, f"student-{number}", "no notebook")
            place = course / "autograded" / f"student-{number}" / tiny_course.NAME
            place.mkdir(parents=True)
            (place / tiny_course.FILE).write_text(json.dumps(nb), encoding="utf-8")
        else:
            tiny_course.submit(course, f"student-{number}", nb)
    return course


def test_the_pair_is_found_as_data(course):
    found = {answers.exercise: result for answers, result in similar_pairs(course, "ps")}
    assert list(found) == ["doubled", "centred", "vowels"]
    assert [(p.first, p.second) for p in found["centred"].pairs] == [("student-20", "student-3")]
    assert not found["doubled"].pairs
    assert not found["vowels"].pairs
    assert found["centred"].answers == 30


def test_folders_are_those_of_the_configuration(course, tmp_path):
    renamed = tmp_path / "course"
    shutil.copytree(course, renamed)
    with (renamed / "nbgrader_config.py").open("a") as config:
        for step, name in {"source": "solutions", "release": "notebooks"}.items():
            (renamed / step).rename(renamed / name)
            config.write(f"\nc.CourseDirectory.{step}_directory = {name!r}\n")
    assert similar_section(renamed, "ps", True) == similar_section(course, "ps", True)


def test_names_are_shown_on_request_alone(course):
    hidden, shown = (similar_section(course, "ps", names) for names in (False, True))
    assert "student-20" not in hidden
    assert "student-3" not in hidden
    assert "centred: student 1 and student 2" in hidden
    assert "1 pair found" in hidden
    assert "centred: student-20 and student-3" in shown


def test_both_texts_are_shown_and_the_shared_parts_marked(course):
    page = similar_section(course, "ps", False)
    first, second = (part.split("</pre>")[0] for part in page.split("<pre>")[1:])
    assert "<b>" in first
    assert "amount" in first
    assert "spread" in second
    assert "my own way" in first  # a comment is shown, and is no part of what is shared


def test_it_says_what_it_cannot_prove(course):
    page = similar_section(course, "ps", False)
    for words in ("cannot prove", "natural way", "help that was allowed", "common source", "off"):
        assert words in page


def test_what_students_wrote_is_text_and_nothing_else(course):
    page = similar_section(course, "ps", False)
    assert "<script" not in page
    assert "<img" not in page
    assert "<h1" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page


def test_a_student_whose_name_is_html_is_text(course, tmp_path):
    other = tiny_course.make_course(tmp_path / "course")
    for number in range(12):
        text = ODD if number < 2 else NATURAL
        answers = {"centred": text.replace("norm", "centred")}
        tiny_course.submit(other, f"<b>{number}<i>", tiny_course.answered(other, answers))
    page = similar_section(other, "ps", True)
    assert "&lt;b&gt;0&lt;i&gt;" in page
    assert "<i>" not in page


def test_nobody_is_a_pair(tmp_path):
    course = tiny_course.make_course(tmp_path / "course")
    tiny_course.submit(course, "ann", tiny_course.answered(course))
    tiny_course.submit(course, "ben", tiny_course.answered(course))
    page = similar_section(course, "ps", False)
    assert "0 pairs found" in page
    assert "<pre>" not in page


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[" * 100_000,
        b'{"cells": 3}',
        b'{"cells": [3, null, {"metadata": 1}, {"metadata": {"nbgrader": {"grade_id": [1]}}}]}',
        b"\0" * 1000,
    ],
    ids=["empty", "nested", "no cells", "cells that are none", "null bytes"],
)
@pytest.mark.parametrize("step", ["submitted", "autograded"])
def test_files_that_are_no_notebooks_are_passed_over(tmp_path, text, step):
    course = tiny_course.make_course(tmp_path / "course")
    place = course / step / "eve" / tiny_course.NAME
    place.mkdir(parents=True)
    (place / tiny_course.FILE).write_bytes(text)
    tiny_course.submit(course, "ann", tiny_course.answered(course))
    assert [result.answers for _, result in similar_pairs(course, "ps")] == [1, 1, 1]


def test_ten_megabytes_of_source(tmp_path):
    course = tiny_course.make_course(tmp_path / "course")
    for student in ("eve", "eva"):
        answers = {"centred": "x = 1 + 2 * 3\n" * 700_000}
        tiny_course.submit(course, student, tiny_course.answered(course, answers))
    assert "0 pairs found" in similar_section(course, "ps", False)


def test_cells_that_lost_their_metadata_are_known_by_what_they_define(tmp_path):
    course = tiny_course.make_course(tmp_path / "course")
    nb = tiny_course.answered(course)
    for cell in nb.cells:
        cell.metadata = {}
        cell.id = f"new-{cell.id}"
    tiny_course.submit(course, "ann", nb)
    assert {a.exercise: a.by for a, _ in similar_pairs(course, "ps")} == {
        name: {"ann": source} for name, source in tiny_course.RIGHT.items()
    }


def test_errors_say_what_to_do(tmp_path, capsys):
    course = tiny_course.make_course(tmp_path / "course")
    with pytest.raises(ValueError, match=r"no assignment 'week99'.*Expected: ps"):
        similar_section(course, "week99", False)
    with pytest.raises(ValueError, match="collect them first"):
        similar_section(course, "ps", False)
    assert main(["ps", "--course", str(course)]) == 1
    assert "collect them first" in capsys.readouterr().err


def test_the_command_writes_a_page(course, tmp_path, capsys):
    page = tmp_path / "similar.html"
    assert main(["ps", "--course", str(course), "--output", str(page)]) == 0
    assert str(page) in capsys.readouterr().out
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "student 1 and student 2" in text
