"""Which diagnosis comes first, which answer is typical, and what of it is shown."""

import pytest

from autograder.class_report.diagnoses import (
    LINES,
    WIDTH,
    Diagnosis,
    diagnoses,
    fit,
    shown_code,
    to_start_with,
)
from autograder.class_report.lessons import Lesson
from autograder.class_report.people import People, Student
from autograder.class_report.reading import Attempt, Exercise, Week
from autograder.hall.report import Criterion

EXERCISES = [Exercise(("nb", name), f"Exercise {name}", name, 2) for name in "123"]


def one(exercise, mistake, students, named=True):
    students = tuple(f"s{number}" for number in students)
    return Diagnosis(exercise, mistake, named, students, 1.0, "why", "", 1, None)


def test_one_wrong_answer_is_one_thing_to_start_with():
    found = [
        one(EXERCISES[0], "a", range(9)),
        one(EXERCISES[0], "b", range(8)),  # the same students
        one(EXERCISES[0], "c", range(20, 26)),
        one(EXERCISES[1], "d", range(5)),  # in another exercise
        one(EXERCISES[2], "e", range(4)),
    ]
    assert [d.mistake for d in to_start_with(found)] == ["a", "c", "d"]


def test_known_mistakes_come_first_and_a_mistake_of_one_never():
    found = [
        one(EXERCISES[0], "wrong-values", range(30), named=False),
        one(EXERCISES[1], "known", range(3)),
        one(EXERCISES[2], "rare", [1]),
    ]
    assert [d.mistake for d in to_start_with(found)] == ["known", "wrong-values"]


def week(*attempts):
    """Return a week of one exercise: what each student was told, and wrote."""
    exercise = Exercise(("nb", "test"), "Exercise 1", "1", 1, {"values": 1.0})
    by_student = {
        f"s{number}": {
            exercise.cell: Attempt(
                "answered", 0.0, {"values": Criterion("values", 1, 0, message, mistake)}, answer
            )
        }
        for number, (mistake, message, answer) in enumerate(attempts)
    }
    return Week("ps", [exercise], by_student, {}, {})


@pytest.fixture
def people():
    return People([Student(f"s{number}") for number in range(9)], "key")


def test_numbers_in_messages_do_not_split_a_diagnosis_without_a_name(people, tmp_path):
    found = diagnoses(
        week(
            ("wrong-values", "got 3.5, not 4", "a = 1"),
            ("wrong-values", "got -2e-7, not 4", "a = 1  # mine"),
            ("wrong-values", "None came back", "b"),
            ("sum-not-mean", "got 3", "c"),
            ("sum-not-mean", "the sum, for 17 rows", "c"),
            ("not-implemented", "nothing", "d"),
        ),
        people,
        Lesson(tmp_path, "ps"),
    )
    assert [(d.mistake, len(d.students)) for d in found] == [
        ("sum-not-mean", 2),
        ("wrong-values", 2),
        ("wrong-values", 1),
    ]
    assert (found[1].answer, found[1].alike) == ("a = 1", 2)


def test_an_answer_is_cut_to_what_is_read_at_a_glance(people):
    text = "\n".join(f"x{n} = '# no comment'  # s3 wrote it" + "\n" * 3 for n in range(50))
    shown = shown_code(text + "y" * 1000, people).splitlines()
    assert shown[:2] == ["x0 = '# no comment'", "x1 = '# no comment'"]
    assert shown[LINES:] == ["…"]
    assert shown_code("z" * 1000, people) == "z" * WIDTH + " …"


def test_what_hides_or_colours_text_is_taken_out():
    assert fit("\x1b[31mred\x1b[0m \u202eleft\u200b \ud800", 100) == "red left ?"
    assert fit("a" * 50, 10) == "a" * 10 + " …"
