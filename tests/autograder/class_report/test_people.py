"""Numbers instead of names, and texts in which no name of the class is left."""

import pytest

from autograder.class_report.people import MASK, People, Student

CLASS = [
    Student("ada", "Ada", "Lovelace", "ada.l@example.org"),
    Student("s-17", "Max", "Li"),
    Student("grace_h", "Grace", "Hopper"),
    Student("alone"),
]


@pytest.fixture
def people():
    return People(CLASS, "a key")


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("by LOVELACE", f"by {MASK}"),
        ("x_lovelace = 1", f"x_{MASK} = 1"),
        ("ada.l@example.org", MASK),
        ("grace_h and s-17", f"{MASK} and {MASK}"),
        ("Li, li", f"{MASK}, li"),  # so short a name is one only as it is written
        ("max(x)", "max(x)"),  # Python's word
        ("Max(x)", f"{MASK}(x)"),
        ("alone", MASK),
        ("list of ladders", "list of ladders"),
    ],
)
def test_names_ids_and_addresses_are_blanked_out(people, text, left):
    assert people.mask(text) == left


def test_numbers_are_those_of_the_key_and_not_of_the_alphabet():
    many = [Student(f"s{number:03d}") for number in range(100)]
    one, again, other = People(many, "k"), People(many[::-1], "k"), People(many, "other")
    assert one.numbers == again.numbers != other.numbers
    assert sorted(one.numbers.values()) == list(range(1, 101))
    assert list(one.numbers) != sorted(one.numbers)


def test_labels_and_order(people):
    assert people.label("ada") == f"student {people.numbers['ada']}"
    named = People(CLASS, "a key", names=True)
    assert named.label("ada") == "Ada Lovelace (ada)"
    assert named.label("alone") == "alone"
    assert sorted(named.students, key=named.order) == ["alone", "grace_h", "s-17", "ada"]
