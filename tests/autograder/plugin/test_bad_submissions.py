"""A class with one of each bad submission: everybody is graded, and told what was wrong."""

import csv
import resource
import sqlite3
from types import SimpleNamespace

import pytest
from handed_in import KINDS, hand_in
from ready_run import nbgrader
from tiny_course import (
    CONFIG,
    HALF,
    NAME,
    RIGHT,
    answered,
    fingerprint,
    finish,
    make_course,
    no_sandbox,
    page,
    released,
    score,
    start,
    submit,
    submitted,
    words,
)

pytestmark = [
    pytest.mark.skipif(bool(no_sandbox()), reason=f"no sandbox here: {no_sandbox()}"),
    pytest.mark.timeout(1200),  # minutes where other work runs beside it
]

MEGABYTE = 10**6
HONEST = {"anna": RIGHT, "half": HALF, "noah": {}, "right": RIGHT, "zoe": HALF}
POINTS = {"anna": 7, "half": 4, "noah": 0, "right": 7, "zoe": 4}


def with_support_file(folder):
    """Make the course, and put a file beside the instructor's notebook."""
    folder.mkdir()
    # One kind asks torch for deterministic algorithms, which imports its compiler: 3 s and more.
    settings = 'c.ExamHall.warm = ["torch"]\nc.ExamHall.cell_seconds = 30\n'
    make_course(folder, config=CONFIG + settings)
    (folder / "source" / NAME / "numbers.csv").write_text("1,2,3\n", encoding="utf-8")
    return folder


def hand_in_honestly(course):
    for student, answers in HONEST.items():
        submit(course, student, answered(course, answers) if answers else released(course))


def scores(course, students):
    return {student: score(course, student) for student in students}


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """The class with one of each kind, graded: course, log, and `submitted/` before and after."""
    course = with_support_file(tmp_path_factory.mktemp("troubled") / "course")
    hand_in_honestly(course)
    for kind in KINDS:
        hand_in(kind, course)
    roster = course.parent / "students.csv"
    lines = ["id,first_name,last_name,email", *(f"{s},,," for s in [*KINDS, *HONEST])]
    roster.write_text("\n".join(lines), encoding="utf-8")
    assert nbgrader(course, "db", "student", "import", str(roster)).returncode == 0
    before = {s: fingerprint(submitted(course, s)) for s in [*KINDS, *HONEST]}
    grading = start(course, "autograde", NAME)
    resource.prlimit(grading.pid, resource.RLIMIT_FSIZE, (300 * MEGABYTE, 300 * MEGABYTE))
    finish(grading, 500)
    log = words(course)
    nbgrader(course, "generate_feedback", NAME)
    return SimpleNamespace(course=course, log=log, before=before)


@pytest.fixture(scope="module")
def untroubled(tmp_path_factory):
    """The same honest students in a class of their own: scores and log."""
    course = with_support_file(tmp_path_factory.mktemp("untroubled") / "course")
    hand_in_honestly(course)
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 0, done.stderr
    return SimpleNamespace(scores=scores(course, HONEST), log=done.stderr)


def warnings(log):
    return [line for line in log.splitlines() if "| WARNING]" in line or "| ERROR]" in line]


def test_class_is_as_large_as_a_class():
    assert len(KINDS) + len(HONEST) >= 80


def test_honest_students_get_what_they_get_in_a_class_of_their_own(troubled, untroubled):
    assert scores(troubled.course, HONEST) == untroubled.scores == POINTS


@pytest.mark.parametrize("kind", KINDS)
def test_what_runs_is_scored(troubled, kind):
    with sqlite3.connect(troubled.course / "gradebook.db") as db:
        rows = db.execute(
            "select id from submitted_assignment where student_id = ?", (kind,)
        ).fetchall()
    assert len(rows) == 1
    assert score(troubled.course, kind) == KINDS[kind].points


@pytest.mark.parametrize("kind", KINDS)
def test_student_gets_a_page_that_says_what_was_wrong(troubled, kind):
    text = page(troubled.course, kind)
    assert f">{KINDS[kind].points:g}</span> of 7 points" in text
    assert KINDS[kind].page in text


@pytest.mark.parametrize("kind", [k for k in KINDS if KINDS[k].log])
def test_instructor_reads_it_in_one_line_of_the_log(troubled, kind):
    lines = [line for line in warnings(troubled.log) if all(w in line for w in KINDS[kind].log)]
    assert lines, warnings(troubled.log)


@pytest.mark.parametrize("student", [*KINDS, *HONEST])
def test_submitted_folder_is_untouched(troubled, student):
    assert fingerprint(submitted(troubled.course, student)) == troubled.before[student]


@pytest.mark.parametrize("kind", ["loud", "loud_file"])
def test_output_does_not_swell_what_is_kept(troubled, kind):
    graded = troubled.course / "autograded" / kind / NAME / "ps.ipynb"
    assert graded.stat().st_size < 3 * MEGABYTE
    assert len(page(troubled.course, kind)) < 3 * MEGABYTE


@pytest.mark.parametrize("kind", ["link_beside", "broken_link", "endless_link", "pipe_beside"])
def test_links_and_pipes_are_not_copied(troubled, kind):
    folder = troubled.course / "autograded" / kind / NAME
    assert sorted(p.name for p in folder.iterdir()) == ["numbers.csv", "ps.ipynb"]


def test_files_of_the_student_are_kept_and_those_of_the_instructor_win(troubled):
    graded = troubled.course / "autograded"
    assert (graded / "extra_files" / NAME / "more" / "and more" / "notes.txt").exists()
    assert (graded / "in_the_way" / NAME / "numbers.csv").read_text() == "1,2,3\n"


def test_linked_work_of_another_student_is_shown_to_nobody(troubled):
    for kind in ("link", "linked_folder"):
        graded = troubled.course / "autograded" / kind / NAME / "ps.ipynb"
        assert "2 * n" not in graded.read_text() + page(troubled.course, kind)


def test_nobody_is_warned_about_honest_students(troubled, untroubled):
    assert warnings(untroubled.log) == []
    for line in warnings(troubled.log):
        assert not any(f"/{student}/" in line for student in HONEST), line


def test_export_lists_everybody(troubled):
    done = nbgrader(troubled.course, "export")
    assert done.returncode == 0, done.stderr
    with (troubled.course / "grades.csv").open(encoding="utf-8") as file:
        listed = {row["student_id"]: float(row["score"] or 0) for row in csv.DictReader(file)}
    assert listed == {**{k: KINDS[k].points for k in KINDS}, **POINTS}
