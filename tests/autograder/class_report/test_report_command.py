"""A planted class and its report: what is on the page, in the table, and what never is."""

import csv
import io
import json
import re
import shutil
import sys
import time
from types import ModuleType

import numpy as np
import planted_class
import pytest
from nbgrader.api import Gradebook
from planted_class import ABSENT, BLANK, HOSTILE, PLANTED, UNTOUCHED, WEEK

from autograder.__main__ import main
from autograder.class_report.command import make_reports
from autograder.class_report.gradebook import open_gradebook, read_entries, read_people
from autograder.class_report.reading import read_week
from autograder.collecting.course import find_course


def run(course, *arguments):
    """Run the command; return the week's page and the rows of its table."""
    assert main(["report", *arguments]) == 0
    text = (course / "reports" / f"{WEEK}.csv").read_text(encoding="utf-8-sig")
    page = (course / "reports" / f"{WEEK}.html").read_text(encoding="utf-8")
    return page, list(csv.DictReader(io.StringIO(text)))


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def read(names=False):
    directory = find_course("").directory
    with open_gradebook(directory) as gradebook:
        people = read_people(gradebook, names)
        return read_week(directory, WEEK, read_entries(gradebook, WEEK)), people


def test_the_planted_misconceptions_are_what_the_lecture_starts_with(course):
    page, _ = run(course, WEEK)
    top = page.partition("<ol>")[2].partition("</ol>")[0].split("<li>")[1:]
    for item, (_, mistake, count) in zip(top, PLANTED, strict=True):
        assert f"{count} of 39" in item
        anchor = re.search(r'href="#(d\d+)"', item)[1]
        card = page.partition(f'id="{anchor}"')[2].partition("</section>")[0]
        assert f"<code>{mistake}</code>" in card
        assert f"{count} of them wrote the same" in card
        assert "def " in card


def test_a_diagnosis_links_to_the_lesson_that_treats_it(course):
    page, _ = run(course, WEEK)
    assert '"../course/week03.md#misconceptions-seen-in-answers">Week 3: Which unit?<' in page
    shutil.move(course / "course", course / "elsewhere")
    try:
        assert "Lesson:" not in run(course, WEEK)[0]
    finally:
        shutil.move(course / "elsewhere", course / "course")


def test_blank_untouched_and_absent_are_told_apart(course):
    week, people = read()
    states = {
        number: week.attempts[f"s{number:04d}"][WEEK, "test-quantise"].state
        for number in (UNTOUCHED, BLANK, HOSTILE)
    }
    assert states == {UNTOUCHED: "untouched", BLANK: "blank", HOSTILE: "answered"}
    assert f"s{ABSENT:04d}" not in week.attempts
    page, rows = run(course, WEEK)
    (line,) = re.findall(r"<tr[^>]*>(?:(?!</tr>).)*Quantise.*?</tr>", page, re.DOTALL)[:1]
    assert re.findall(r'data-what="(?:untouched|blank|stopped)" class="n">(\d+)', line) == list(
        "110"
    )
    top = words(page).partition("Who needs a word:")[2][:200]
    assert (
        f"1 handed in without an answer ( student {people.numbers['s0001']})".replace("( ", "(")
        in top
    )
    assert f"1 handed in nothing (student {people.numbers['s0000']})" in top
    mine = [r for r in rows if r["student"] == f"student {people.numbers['s0002']}"]
    assert {r["state"] for r in mine if "Quantise" in r["exercise"]} == {"blank"}


def test_the_table_has_every_student_and_criterion_and_the_gradebooks_points(course):
    _, rows = run(course, WEEK, "--names")
    week, _ = read()
    criteria = sum(len(e.criteria) for e in week.exercises)
    assert len(rows) == 39 * criteria
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", None) as gradebook:
        for number in (5, 14, 39):
            stored = gradebook.find_submission(WEEK, f"s{number:04d}").score
            mine = [r for r in rows if f"(s{number:04d})" in r["student"]]
            assert sum(float(r["earned"]) for r in mine) == pytest.approx(stored)


def test_means_are_those_of_the_gradebook(course):
    page, _ = run(course, WEEK)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", None) as gradebook:
        submissions = gradebook.assignment_submissions(WEEK)
        mean = np.mean([s.score / s.max_score for s in submissions])
    assert f"earned {mean:.0%} of the points" in page


def test_only_the_exercise_that_good_students_fail_at_gets_a_warning(course):
    page, _ = run(course, WEEK)
    warned = [row for row in re.findall(r"<tr role.*?</tr>", page, re.DOTALL) if "⚠" in row]
    assert [re.search(r"Exercise \d", row)[0] for row in warned] == ["Exercise 2"]


def test_no_name_without_names(course):
    run(course)
    texts = [path.read_text(encoding="utf-8") for path in (course / "reports").iterdir()]
    assert len(texts) == 4
    for text in texts:
        assert not re.search(r"(First|Last)\d{4}|\bs\d{4}\b", text, re.IGNORECASE)


def test_names_on_request_and_the_page_says_so(course):
    page, rows = run(course, WEEK, "--names")
    assert "This page shows names" in page
    assert "First0000 Last0000 (s0000)" in page
    assert rows[0]["student"] == "First0001 Last0001 (s0001)"
    for card in re.findall(r"<pre.*?</pre>", page, re.DOTALL):  # answers stay anonymous
        assert not re.search(r"(First|Last)\d{4}", card)


def hostile_criterion(path, message, mistake="<b>evil</b>"):
    nb = json.loads(path.read_text(encoding="utf-8"))
    for cell in nb["cells"]:
        for output in cell.get("outputs", []):
            for key, report in output.get("data", {}).items():
                if key.endswith("report+json"):
                    for criterion in report["criteria"]:
                        criterion |= {"earned": 0, "message": message, "mistake": mistake}
    path.write_text(json.dumps(nb), encoding="utf-8")


def test_hostile_texts_are_escaped_masked_and_cut(course):
    kept = {n: planted_class.graded(course, n).read_bytes() for n in (HOSTILE, 30, 31)}
    try:
        for number in (30, 31):
            evil = "=cmd() \u202e</pre><script>alert(1)</script> Last0030 \ud800" + "x" * 5000
            hostile_criterion(planted_class.graded(course, number), evil)
            planted_class.edit(course, number, "copy_weights", lambda _: planted_class.EVIL)
        page, rows = run(course, WEEK)
    finally:
        for number, text in kept.items():
            planted_class.graded(course, number).write_bytes(text)
    assert "&lt;script&gt;alert" in page
    assert not re.search(r"<script|<img|<b>evil|<[^>]*\bon\w+=|\u202e", page)
    assert "Last0030" not in page
    assert "x" * 400 not in page
    assert any(row["message"].startswith("'=cmd()") for row in rows)
    assert max(len(row["message"]) for row in rows) < 320


def test_a_notebook_that_is_gone_or_broken_harms_nobody_else(course):
    path = planted_class.graded(course, 20)
    kept = path.read_bytes()
    try:
        for text in (b"{", b'{"cells": [1, {"metadata": {"nbgrader": {"grade_id": 3}}}]}'):
            path.write_bytes(text)
            page, rows = run(course, WEEK)
            assert "1 handed in what cannot be read" in page
        path.unlink()
        page, rows = run(course, WEEK)
    finally:
        path.write_bytes(kept)
    assert "39 of 40 students handed in" in page
    assert {r["state"] for r in rows} >= {"answered", "unreadable"}


@pytest.mark.parametrize("arguments", [["week09_nothing"], ["week03"]])
def test_an_unknown_week_is_refused_with_those_there_are(course, capsys, arguments):
    assert main(["report", *arguments]) == 2
    said = capsys.readouterr().err
    assert arguments[0] in said
    assert WEEK in said
    assert not (course / "reports").exists()


def test_without_a_course_or_gradebook_nothing_is_made(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["report"]) == 2
    assert "nbgrader_config.py" in capsys.readouterr().err
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    assert main(["report"]) == 2
    assert "There is no gradebook" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["nbgrader_config.py"]


def test_the_page_is_one_file_that_loads_nothing(course):
    for path in run(course) and (course / "reports").glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r"<script|<link|@import|url\(|src=|http://|https://", page)
        assert "Who can see what." in page


def test_a_section_on_answers_alike_is_asked_for_only_on_request(course, monkeypatch):
    asked = []
    module = ModuleType("autograder.similarity")
    module.similar_section = lambda *given: asked.append(given) or "<h2>Answers alike</h2>"
    monkeypatch.setitem(sys.modules, "autograder.similarity", module)
    assert "Answers alike" not in run(course, WEEK)[0]
    assert asked == []
    page, _ = make_reports(WEEK, similar=True)
    assert "<h2>Answers alike</h2>" in page.read_text(encoding="utf-8")
    assert asked == [(course, WEEK, False)]


def test_long_answers_cost_no_time(course):
    """Searching such a text for comments takes time that grows with its square."""
    path = planted_class.graded(course, 6)
    kept = path.read_bytes()
    try:
        planted_class.edit(course, 6, "quantise", lambda _: '\\"' * 50_000)
        before = time.process_time()
        read()
        run(course, WEEK)
        assert time.process_time() - before < 10
    finally:
        path.write_bytes(kept)


def test_predictions_are_on_the_page_only_of_those_who_handed_them_in(course):
    assert 'id="predictions"' not in run(course, WEEK)[0]
    kept = {n: planted_class.graded(course, n).read_bytes() for n in range(10, 16)}
    try:
        for number, data in kept.items():
            nb = json.loads(data)
            given = {"w3-conv-sse": float(number), "w3-axes" if number == 10 else "x": 40}
            source = f"share_predictions({json.dumps(given)})\n"
            nb["cells"].append({"cell_type": "code", "metadata": {}, "source": [source]})
            planted_class.graded(course, number).write_text(json.dumps(nb), encoding="utf-8")
        page, _ = run(course, WEEK)
    finally:
        for number, data in kept.items():
            planted_class.graded(course, number).write_bytes(data)
    table = words(page.partition('id="predictions"')[2])
    assert "(0 to 20) 6 12.5 11.2 to 13.8 7.9 100% 0%" in table
    assert "(32 to 256) 1 too few to show" in table
    assert "w3-bits" not in table
