"""A date that was promised to one student: in the gradebook, in penalties, whatever moves."""

from datetime import UTC, datetime, timedelta

import pytest
from nbgrader.api import Gradebook, MissingEntry
from ready_run import nbgrader
from tiny_course import CONFIG, NAME, answered, make_course, no_sandbox, submit

from autograder.__main__ import main
from autograder.extend import read_until
from autograder.plugin.extensions import FILE, longer, read_extensions

SANDBOX = no_sandbox()
needs_sandbox = pytest.mark.skipif(bool(SANDBOX), reason=f"no sandbox here: {SANDBOX}")
LATE = """
c.AssignLatePenalties.plugin_class = "autograder.late.PerDay"
c.PerDay.share = 0.1
"""
DUE = "2026-03-02 12:00 UTC"
BERLIN = "2026-03-05 12:00 Europe/Berlin"


def gradebook(course):
    return Gradebook(f"sqlite:///{course / 'gradebook.db'}", "tiny")


def set_due(course, due):
    with gradebook(course) as book:
        book.update_or_create_assignment(NAME, duedate=due)


def extension(course, student):
    with gradebook(course) as book:
        return book.find_submission(NAME, student).extension


def score(course, student):
    """Return what is exported: nbgrader's own score is that before the penalty."""
    with gradebook(course) as book:
        submission = book.find_submission(NAME, student)
        return submission.score - submission.late_submission_penalty


@pytest.fixture
def course(tmp_path, monkeypatch):
    """A course with a due date and two students, where commands are given."""
    folder = make_course(tmp_path / "course")
    (folder / "nbgrader_config.py").write_text(CONFIG + LATE, encoding="utf-8")
    set_due(folder, DUE)
    with gradebook(folder) as book:
        for student in ("ann", "bob"):
            book.update_or_create_student(student)
    monkeypatch.chdir(folder)
    return folder


def extend(*arguments):
    return main(["extend", *arguments])


def hand_in(course, student, time):
    (submit(course, student, answered(course)) / "timestamp.txt").write_text(time)


def grade(course, *arguments):
    done = nbgrader(course, "autograde", NAME, *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


# --- what is understood ---------------------------------------------------------------------------


def test_a_time_says_its_zone():
    assert read_until(BERLIN) == datetime(2026, 3, 5, 11, tzinfo=UTC)
    assert read_until("2026-03-05T12:00:00+01:00") == datetime(2026, 3, 5, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("2026-03-05 12:00", "names no time zone"),
        ("5 March 2026, 1:00 PM", "names no time zone"),
        ("2026-03-05 12:00 Europe/Berln", "no time zone that has one meaning"),
        ("2026-03-05 12:00 CST", "no time zone that has one meaning"),
        ("03/04/2026 12:00 UTC", "more than one date"),
        ("tomorrow", "not a time"),
        ("", "is empty"),
    ],
)
def test_a_time_that_is_not_clear_is_refused(text, why):
    with pytest.raises(ValueError, match=why):
        read_until(text)


def test_nobody_has_less_time_than_all_others():
    until = datetime(2026, 3, 5, 12, tzinfo=UTC)
    assert longer(datetime(2026, 3, 2, 12), until) == timedelta(days=3)
    assert longer(datetime(2026, 3, 5, 12), until) is None
    assert longer(datetime(2026, 3, 6), until) is None
    assert longer(None, until) is None


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("ann", NAME, "--until", "2026-03-02 12:00 UTC"), "not after the due date"),
        (("ann", NAME, "--until", "2026-03-05 12:00"), "names no time zone"),
        (("anne", NAME, "--until", BERLIN), "Did you mean ann?"),
        (("ann", "pz", "--until", BERLIN), f"Expected: {NAME}"),
        ((NAME, "ann", "--until", BERLIN), "The student comes first"),
        (("ann", "--until", BERLIN), "A student and an assignment are needed"),
        (("ann", NAME, "--remove"), "has no extension"),
        (("ann", "--list"), "give it no student"),
    ],
)
def test_what_cannot_be_done_is_said_and_changes_nothing(course, capsys, arguments, why):
    assert extend(*arguments) == 2
    assert why in capsys.readouterr().err
    assert not (course / FILE).exists()


def test_without_a_due_date_nobody_needs_an_extension(course, capsys):
    set_due(course, None)
    assert extend("ann", NAME, "--until", BERLIN) == 2
    assert "has no due date" in capsys.readouterr().err


def test_a_folder_without_a_gradebook_gets_none(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    assert extend("--list") == 2
    assert "There is no gradebook" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["nbgrader_config.py"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("student,until\n", "Expected: a first line assignment,student,until"),
        (f"assignment,student,until\n{NAME},ann,soon\n", "line 2: until holds"),
        (f"assignment,student,until\n{NAME},ann\n", "line 2: until is empty"),
    ],
)
def test_a_list_that_was_spoilt_by_hand_stops_everything(course, capsys, text, why):
    (course / FILE).write_text(text)
    assert extend("ann", NAME, "--until", BERLIN) == 2
    assert why in capsys.readouterr().err
    assert (course / FILE).read_text() == text
    submit(course, "ann", answered(course))
    done = nbgrader(course, "autograde", NAME)
    assert done.returncode == 1
    assert why in done.stderr


# --- what it does ---------------------------------------------------------------------------------


def test_nobody_has_handed_in_only_because_of_an_extension(course, capsys):
    assert extend("ann", NAME, "--until", BERLIN) == 0
    with gradebook(course) as book, pytest.raises(MissingEntry):
        book.find_submission(NAME, "ann")
    assert extend("--list") == 0
    said = capsys.readouterr().out
    assert "2026-03-05 11:00:00 UTC" in said
    assert "2 days, 23:00:00 longer" in said


@pytest.mark.filterwarnings("ignore:Object of type")  # SQLAlchemy's, of nbgrader
def test_an_extension_that_nbgrader_was_given_is_listed_and_taken_back(course, capsys):
    with gradebook(course) as book:
        book.add_submission(NAME, "bob")
        book.grant_extension(NAME, "bob", days=1)
    extend("--list")
    assert "set in nbgrader, moves with the due date" in capsys.readouterr().out
    assert extend("bob", NAME, "--remove") == 0
    assert extension(course, "bob") is None
    extend("--list")
    assert "nobody has an extension" in capsys.readouterr().out


@needs_sandbox
def test_penalties_follow_extensions_and_due_dates_without_grading_again(course):
    assert extend("ann", NAME, "--until", BERLIN) == 0
    for student in ("ann", "bob"):
        hand_in(course, student, "2026-03-05 10:00:00 UTC")  # three days begun
    said = grade(course)
    assert extension(course, "ann") == timedelta(days=2, hours=23)
    assert score(course, "ann") == 7
    assert score(course, "bob") == pytest.approx(4.9)
    assert "for ann> is" not in said  # nobody calls her late, not even at first sight

    set_due(course, "2026-03-04 12:00 UTC")
    said = grade(course)
    assert "0 submissions graded" in said
    assert "bob: late penalty 0.7 instead of 2.1" in said
    assert extension(course, "ann") == timedelta(hours=23)  # until the same date as before
    assert (score(course, "ann"), score(course, "bob")) == (7, pytest.approx(6.3))

    set_due(course, "2026-03-09 12:00 UTC")  # later than what was promised: it counts for all
    grade(course)
    assert extension(course, "ann") is None
    assert score(course, "bob") == 7

    set_due(course, DUE)  # and what was promised is not forgotten
    grade(course)
    assert score(course, "ann") == 7

    assert extend("ann", NAME, "--remove") == 0
    assert extension(course, "ann") is None
    grade(course)
    assert score(course, "ann") == pytest.approx(4.9)
    assert read_extensions(course) == []

    assert extend("ann", NAME, "--until", BERLIN) == 0  # at once: she has handed in
    assert extension(course, "ann") == timedelta(days=2, hours=23)
    set_due(course, None)  # nbgrader by itself fails here
    grade(course)
    assert (score(course, "ann"), score(course, "bob")) == (7, 7)


@needs_sandbox
def test_a_run_for_one_student_leaves_the_others_alone(course):
    for student in ("ann", "bob"):
        hand_in(course, student, "2026-03-05 10:00:00 UTC")
    grade(course)
    set_due(course, "2026-03-09 12:00 UTC")
    grade(course, "--student", "ann")
    assert (score(course, "ann"), score(course, "bob")) == (7, pytest.approx(4.9))
