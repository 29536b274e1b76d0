"""The deck for the lecture: what is on it, what never is, and that it needs nothing else."""

import re
import shutil
import sys

import planted_class
import pytest
from planted_class import PLANTED, WEEK
from repository import ROOT

from autograder.__main__ import main
from autograder.class_report.cures import GONE, KEPT, NEW, cure
from autograder.class_report.diagnoses import Diagnosis
from autograder.class_report.people import People, Student
from autograder.class_report.reading import Attempt, Exercise, Week
from autograder.class_report.reveal import INSIDE, read_reveal
from autograder.class_report.slides import MOST, _inline, _shortened

try:
    read_reveal(ROOT)
except ValueError as problem:
    NO_REVEAL = str(problem)
else:
    NO_REVEAL = ""
needs_reveal = pytest.mark.skipif(bool(NO_REVEAL), reason=NO_REVEAL or "reveal.js is here")


def deck(course, *arguments):
    """Make the slides; return the page, and of it the slides."""
    assert main(["report", WEEK, "--slides", *arguments]) == 0
    page = (course / "reports" / f"{WEEK}-slides.html").read_text(encoding="utf-8")
    return page, page.partition('<div class="slides">')[2].partition("<script")[0]


@needs_reveal
def test_each_planted_misconception_is_predicted_shown_explained_and_mended(course):
    _, slides = deck(course)
    of_each = re.split(r"<h2>Predict</h2>", slides)[1:]
    assert len(of_each) == len(PLANTED)
    for text, (_, mistake, count) in zip(of_each, PLANTED, strict=True):
        titles = re.findall(r"<h2>(.*?)</h2>", text)
        assert titles[:3] == ["What does this give?", f"{count} of 39 read this", "What mends it"]
        assert f"<code>{mistake}</code>" in text
        assert "<ins>+ " in text
    assert "<ins>+     return (z / step).round().long()</ins>" in of_each[0]
    assert 'href="../course/week03.md#misconceptions-seen-in-answers"' in of_each[0]
    assert "Rounding downwards</a>: <p>It makes errors of up to a whole step instead" in slides
    assert slides.count('<aside class="notes">') == slides.count("<section>") == 14


@needs_reveal
@pytest.mark.parametrize("arguments", [[], ["--names"]])
def test_no_name_on_a_slide_and_nothing_of_a_student_runs(course, arguments):
    evil = 'def quantise():\n    return "</script><script>alert(1)</script> Last0005"'
    kept = {n: planted_class.graded(course, n).read_bytes() for n in range(4, 16)}
    try:
        for number in kept:
            planted_class.edit(course, number, "quantise", lambda _: evil)
        page, slides = deck(course, *arguments)
    finally:
        for number, data in kept.items():
            planted_class.graded(course, number).write_bytes(data)
    assert "&lt;script&gt;alert(1)" in slides
    assert not re.search(r"(First|Last)\d{4}|\bs\d{4}\b", slides)
    nonce = re.search(r"script-src 'nonce-([\w-]+)'", page)[1]
    assert re.findall(r"<script\b[^>]*>", page.partition("<body>")[2])[0] == (
        f'<script nonce="{nonce}">'
    )
    assert "default-src 'none'" in page


@needs_reveal
def test_the_deck_is_one_file_set_as_the_courses_own_slides(course):
    page, slides = deck(course)
    styles = page.partition("<style>")[2].partition("</style>")[0]
    assert not re.search(r"@import|url\((?!data:)", styles)
    assert not re.search(r"<link|\ssrc=", slides)
    assert (ROOT / "course" / "static" / "slides.css").read_text(encoding="utf-8") in styles
    asked = (ROOT / "course" / "conf.py").read_text(encoding="utf-8")
    asked = asked.partition("revealjs_script_conf = {")[2].partition("}")[0]
    for name, value in re.findall(r'"(\w+)": (.+),', asked):
        assert f"{name}: {value.lower() if value in ('True', 'False') else value}" in page


def test_without_reveal_it_says_what_to_install(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("autograder.class_report.reveal.find_spec", lambda _: None)
    with pytest.raises(ValueError, match=r'pip install "sphinx-revealjs>=3\.2"'):
        read_reveal(tmp_path)


@needs_reveal
def test_slides_that_were_built_already_are_enough(tmp_path, monkeypatch):
    spec = sys.modules["importlib.util"].find_spec("sphinx_revealjs")
    if spec is None:
        pytest.skip("the extra `site` is not installed: make site")
    there = ROOT.__class__(spec.origin).parent / INSIDE
    shutil.copytree(there, tmp_path / "dist" / "slides" / INSIDE)
    monkeypatch.setattr("autograder.class_report.reveal.find_spec", lambda _: None)
    assert "Reveal" in read_reveal(tmp_path).script


def a_week(*answers, waiting=()):
    """Return a week of one exercise of 1 point, from pairs of points and a text."""
    exercise = Exercise(("nb", "test"), "Exercise 1", "1", 1, {"values": 1.0})
    attempts = {
        f"s{n}": {exercise.cell: Attempt("answered", earned, {}, text)}
        for n, (earned, text) in enumerate(answers)
    }
    week = Week("ps", [exercise], attempts, {}, dict.fromkeys(waiting))
    wrong = next(text for earned, text in answers if not earned)
    return week, Diagnosis(exercise, "m", True, ("s0",), 1.0, "why", wrong, 1, None)


PEOPLE = People([Student(f"s{number}") for number in range(9)], "key")


def test_the_cure_is_the_nearest_right_answer_of_the_class():
    week, wrong = a_week(
        (0, "a = 1\nreturn a + b"), (1, "return sum((1, b))"), (1, "a = 1\nreturn a * b  # mine")
    )
    assert cure(week, PEOPLE, wrong) == [
        (KEPT, "a = 1"),
        (GONE, "return a + b"),
        (NEW, "return a * b"),
    ]


@pytest.mark.parametrize(
    ("answers", "waiting"),
    [([(0, "a")], ()), ([(0, "a"), (1, "b")], ["s5"]), ([(0, "a"), (0.5, "b")], ())],
)
def test_no_right_answer_is_shown_while_somebody_may_hand_in_or_none_is_there(answers, waiting):
    week, wrong = a_week(*answers, waiting=waiting)
    assert cure(week, PEOPLE, wrong) == []


def test_a_long_cure_keeps_the_lines_that_change():
    steps = [(KEPT, f"k{n}") for n in range(30)]
    steps[20] = (NEW, "here")
    assert _shortened(steps) == [(KEPT, "k19"), (NEW, "here"), (KEPT, "k21")]
    assert len(_shortened([(NEW, str(n)) for n in range(40)])) == MOST


def test_a_script_in_a_page_does_not_end_it():
    assert _inline('a = "</script><!--"') == 'a = "<\\/script><\\!--"'
