"""The whole line: a simulated class through stock nbgrader, and submissions that go wrong."""

import json
import re
import shutil
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell
from nbgrader.api import Gradebook
from nbgrader.utils import is_grade, is_solution
from ready_run import nbgrader
from repository import ROOT

from autograder.demo import ASSIGNMENT, results, set_up, submit
from autograder.plugin.reports import reports
from autograder.simulated import make_class, solve

NAME = f"{ASSIGNMENT}/{ASSIGNMENT}.ipynb"


def read(path):
    return nbformat.read(path, as_version=4)


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """What `make demo` does, run once: folder, exit status and printed lines."""
    folder = tmp_path_factory.mktemp("demo") / "course"
    done = subprocess.run(
        [sys.executable, "-m", "autograder", "demo", "--folder", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout, done.stderr)  # pytest shows it where a test fails
    return folder, done.returncode, done.stdout.splitlines()


def test_demo_succeeds_and_says_so_in_its_last_line(demo):
    _, status, lines = demo
    assert status == 0
    assert lines[-1] == "demo: 8 submissions graded, perfect 100%, noisy 100%, blank 0%"


def test_every_student_has_a_score_and_a_feedback_page(demo):
    folder, _, _ = demo
    students = sorted(p.name for p in (folder / "submitted").iterdir())
    rows = results(folder, students)
    assert all(row["page"] for row in rows)
    share = {row["student"]: row["share"] for row in rows}
    assert share["ada_perfect"] == share["ben_noisy"] == share["gus_crash"] == 1
    assert share["cho_blank"] == share["hal_not_json"] == 0
    assert all(0 < share[s] < 1 for s in ("dev_global_mean", "eva_not_centred", "fay_mean_not_sum"))


@pytest.mark.parametrize(
    ("student", "says"),
    [
        ("dev_global_mean", "one number for all pixels"),
        ("eva_not_centred", "the mean was not taken off"),
        ("fay_mean_not_sum", "the mean over the pixels; sum them"),
        ("cho_blank", "not implemented yet"),
        ("gus_crash", "ended the Python process"),
        ("hal_not_json", "ends in the middle"),
    ],
)
def test_feedback_explains(demo, student, says):
    page = demo[0] / "feedback" / student / ASSIGNMENT / f"{ASSIGNMENT}.html"
    assert says in page.read_text(encoding="utf-8")


def test_feedback_shows_no_hidden_test(demo):
    for page in (demo[0] / "feedback").rglob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "autograder.exercises" not in text, page
        assert "HIDDEN TESTS" not in text, page
        assert "grade(week01" not in re.sub(r"<[^>]+>", "", text), page


def test_submissions_are_left_as_they_were(demo):
    folder = demo[0]
    expected = make_class(folder / "notebooks" / NAME, folder / "solutions" / NAME)
    for student, text in expected.items():
        assert (folder / "submitted" / student / NAME).read_text(encoding="utf-8") == text


def test_release_holds_no_source_text(demo):
    assert [p.name for p in (demo[0] / "notebooks" / ASSIGNMENT).iterdir()] == [
        f"{ASSIGNMENT}.ipynb"
    ]


def test_export_works_without_flags(demo):
    done = nbgrader(demo[0], "export")
    assert done.returncode == 0, done.stderr
    assert "ada_perfect" in (demo[0] / "grades.csv").read_text(encoding="utf-8")


# --- a class in which everything goes wrong -------------------------------------------------------


def answer(nb, grade_id):
    return next(c for c in nb.cells if is_solution(c) and c.metadata.nbgrader.grade_id == grade_id)


def make_troubled(release, solution):
    """Return submissions, by student."""

    def right():
        return solve(release, solution)

    deleted = right()
    deleted.cells = [
        c
        for c in deleted.cells
        if c.metadata.get("nbgrader", {}).get("grade_id") not in {"center", "test-center"}
    ]

    skipped = nbformat.from_dict(json.loads(json.dumps(release)))
    for cell in skipped.cells:
        if is_grade(cell):
            cell.metadata.tags = ["explore", "skip-execution"]

    sealed = right()
    answer(sealed, "center").source = "from aeutils.pca import center"
    answer(sealed, "linear_autoencoder").source = "from aeutils.models import LinearAutoencoder"

    broken = right()
    answer(broken, "project").source = "def project(x, mean, axes)\n    return (x - mean) @ axes.T"

    replaced = right()
    next(
        c for c in replaced.cells if c.metadata.get("nbgrader", {}).get("grade_id") == "test-center"
    ).source = "2 + 2"

    deadly = right()
    for place in (30, 20, 10, 5, 2):
        deadly.cells.insert(place, new_code_cell("import os; os._exit(3)"))

    return {
        "deleted": nbformat.writes(deleted),
        "skipped": nbformat.writes(skipped),
        "sealed": nbformat.writes(sealed),
        "broken": nbformat.writes(broken),
        "replaced": nbformat.writes(replaced),
        "deadly": nbformat.writes(deadly),
        "empty": "",
        "binary": "\x00\x01not a notebook",
    }


@pytest.fixture(scope="module")
def troubled(tmp_path_factory):
    """A graded class of troubled submissions: folder and results by student."""
    folder = tmp_path_factory.mktemp("troubled") / "course"
    set_up(ROOT, folder)
    with (folder / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(
            "\nc.Autograde.create_student = False\n"
            'c.AssignLatePenalties.plugin_class = "autograder.late.PerDay"\n'
            "c.PerDay.share = 0.25\n"
        )
    assert nbgrader(folder, "generate_assignment", ASSIGNMENT).returncode == 0
    files = make_troubled(read(folder / "notebooks" / NAME), read(folder / "solutions" / NAME))
    submit(folder, {**files, "late": files["sealed"], "stranger": files["sealed"]})
    (folder / "submitted/late" / ASSIGNMENT / "timestamp.txt").write_text("2026-03-03 13:00:00 UTC")
    roster = folder / "students.csv"
    roster.write_text(
        "\n".join(["id,first_name,last_name,email", *(f"{s},,," for s in files), "late,,,"])
    )
    assert nbgrader(folder, "db", "student", "import", str(roster)).returncode == 0
    added = nbgrader(
        folder, "db", "assignment", "add", ASSIGNMENT, "--duedate=2026-03-02 12:00 UTC"
    )
    assert added.returncode == 0, added.stderr
    done = nbgrader(folder, "autograde", ASSIGNMENT)
    return folder, {r["student"]: r for r in results(folder, [*files, "late"])}, done


def lost(row):
    return {name for name, points in row["points"].items() if not points}


def test_deleted_cells_come_back_and_cost_only_themselves(troubled):
    assert lost(troubled[1]["deleted"]) == {"test-center"}


def test_tests_that_were_skipped_earn_nothing(troubled):
    assert troubled[1]["skipped"]["score"] == 0


def test_reference_is_closed_while_graded(troubled):
    folder, rows, _ = troubled
    assert lost(rows["sealed"]) == {"test-center", "test-linear_autoencoder"}
    found = reports(read(folder / "autograded" / "sealed" / NAME))
    message = found["test-center"].first_message
    assert "ReferenceSealed: the reference is closed while that notebook is graded" in message


def test_syntax_error_costs_its_own_exercise_and_is_named(troubled):
    folder, rows, _ = troubled
    assert lost(rows["broken"]) == {"test-project"}
    found = reports(read(folder / "autograded" / "broken" / NAME))
    assert "SyntaxError" in found["test-project"].first_message


def test_replaced_test_cell_is_restored(troubled):
    assert troubled[1]["replaced"]["share"] == 1


def test_many_deadly_cells_end_in_a_report_not_in_a_hang(troubled):
    folder, rows, _ = troubled
    assert rows["deadly"]["share"] < 1
    assert "ended the Python process" in (folder / "autograded/deadly" / NAME).read_text()


@pytest.mark.parametrize(("student", "why"), [("empty", "is empty"), ("binary", "not valid JSON")])
def test_unreadable_files_earn_nothing_and_say_why(troubled, student, why):
    assert troubled[1][student]["score"] == 0
    assert why in troubled[1][student]["first"]


def test_unknown_student_is_refused_by_name_and_nobody_else_suffers(troubled):
    folder, _, done = troubled
    assert done.returncode == 1
    assert "No student with ID 'stranger'" in done.stderr
    assert not (folder / "autograded" / "stranger").exists()
    assert (folder / "submitted" / "stranger" / NAME).exists()


def test_late_penalty_follows_the_configuration(troubled):
    with Gradebook(f"sqlite:///{troubled[0] / 'gradebook.db'}", None) as gradebook:
        late = gradebook.find_submission_notebook(ASSIGNMENT, ASSIGNMENT, "late")
        assert late.late_submission_penalty == pytest.approx(late.score * 0.5)  # two days begun


def test_unknown_assignment_gets_a_clear_error(troubled):
    folder = troubled[0]
    path = folder / "submitted" / "late" / "week77_ghost" / "week77_ghost.ipynb"
    path.parent.mkdir(parents=True)
    shutil.copy(folder / "submitted" / "late" / NAME, path)
    done = nbgrader(folder, "autograde", "week77_ghost")
    assert done.returncode != 0
    assert "No assignment with ID 'week77_ghost' exists" in done.stderr
    assert path.exists()
