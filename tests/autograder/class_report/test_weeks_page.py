"""The page over all weeks: who stopped, who fell, and who may still hand in."""

import numpy as np
import pytest

from autograder.class_report.page import Seen, shares_of, weeks_page
from autograder.class_report.people import People, Student
from autograder.class_report.picture import trajectories


def week(number, shares, waiting=()):
    name = f"week{number:02d}_x"
    return Seen(name, f"Week {number}", shares, frozenset(waiting), None, "Exercise 1", ["<i>"])


@pytest.fixture
def people():
    students = [
        Student(s, s.capitalize(), "Surname") for s in ("anna", "bert", "carl", "dora", "emil")
    ]
    return People(students, "key", names=True)


def section(page, title):
    return page.partition(f"<h2>{title}</h2>")[2].partition("<h2>")[0]


def test_who_stopped_fell_or_never_came(people):
    weeks = [
        week(1, {"anna": 0.9, "bert": 0.8, "dora": 0.9}),
        week(2, {"anna": 0.9, "dora": 0.8}),
        week(3, {"anna": 0.4}, waiting=["dora"]),
        week(4, {"anna": 0.4}),
    ]
    page = weeks_page(weeks, people)
    stopped = section(page, "Who stopped handing in")
    table = stopped.partition("</table>")[0]
    assert "Bert" in table
    assert "Week 1" in table
    assert "Anna" not in table
    assert "Dora" not in table  # her extension is not over
    assert "1 fell by 30% of the points or more below their own earlier mean (Anna" in page
    assert "2 never handed in (Carl Surname (carl), Emil Surname (emil))" in page
    assert "&lt;i&gt;" in page


def test_shares_are_in_order_with_gaps(people):
    rows = dict(shares_of([week(1, {"anna": 0.5}), week(2, {})], people))
    assert rows["anna"] == [0.5, None]
    assert rows["bert"] == [None, None]


def test_the_lines_have_a_gap_where_nothing_was_handed_in():
    picture = trajectories(np.array([[0.5, np.nan, 1.0], [0.2, 0.3, 0.4]]), ["a", "b", "<"], 'x"')
    assert picture.count('class="one"') == 2
    assert "&lt;" in picture
    assert "NaN" not in picture
    assert "nan" not in picture


def test_one_week_has_a_table_and_no_empty_picture(people):
    one = section(weeks_page([week(1, {"anna": 0.5, "bert": 1.0})], people), "Trajectories")
    assert "From the second graded week on" in one
    assert "<svg" not in one
    assert "<caption>Share of the points</caption>" in one
    two = [week(1, {"anna": 0.5}), week(2, {"anna": 0.5})]
    assert "<svg" in section(weeks_page(two, people), "Trajectories")
