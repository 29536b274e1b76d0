"""Whose name is it? A table of spellings, and of names that are not told apart."""

import unicodedata

import pytest

from autograder.collecting.names import same_name
from autograder.collecting.roster import Known, Person, Roster, roster_from_csv

PEOPLE = [
    Person("ann", "Ann", "Lee", "ann@example.org"),
    Person("anna", "Anna", "Lee"),
    Person("zoe", "Zoë", "García Márquez"),
    Person("sob", "Sinéad", "O'Brien"),
    Person("jlp", "Jean-Luc", "Łukasz-Müller"),
    Person("soren", "Søren", "Ångström"),
    Person("strauss", "Franz", "Strauß"),
    Person("mue", "Uwe", "Mueller"),
    Person("li1", "Wei", "Li"),
    Person("li2", "Li", "Wei"),
    Person("kim1", "Min", "Kim"),
    Person("kim2", "Min", "Kim"),
    Person("desilva", "Ana Maria", "de Silva"),
    Person("i", "Işıl", "İnce"),
    Person("wang", "伟", "王"),
]
ROSTER = Roster(PEOPLE, "a table")

SPELLINGS = [
    ("Ann Lee", "ann"),
    ("ANN  LEE", "ann"),
    ("Lee, Ann", "ann"),
    ("leeann", "ann"),
    ("Anna Lee", "anna"),
    ("Zoe Garcia Marquez", "zoe"),
    ("García Márquez, Zoë", "zoe"),
    ("garcíamárquezzoë", "zoe"),
    ("Sinéad OBrien", "sob"),
    ("Sinéad O’Brien", "sob"),
    ("Sinead O Brien", "sob"),
    ("obriensinéad", "sob"),
    ("Jean Luc Lukasz Muller", "jlp"),
    ("Jean-Luc Łukasz-Mueller", "jlp"),
    ("JeanLuc ŁukaszMüller", "jlp"),
    ("Soren Angstrom", "soren"),
    ("Soeren Aangstroem", "soren"),
    ("Franz Strauss", "strauss"),
    ("Uwe Müller", "mue"),
    ("Ana Maria de Silva", "desilva"),
    ("De Silva, Ana-Maria", "desilva"),
    ("desilvaanamaria", "desilva"),
    ("Isil Ince", "i"),
    ("王伟", "wang"),
    ("伟 王", "wang"),
]


@pytest.mark.parametrize("form", ["NFC", "NFD", "NFKC", "NFKD"])
@pytest.mark.parametrize(("name", "student"), SPELLINGS)
def test_a_spelling_finds_its_person(name, student, form):
    found = ROSTER.find(Known((unicodedata.normalize(form, name),)))
    assert [person.id for person in found] == [student]


@pytest.mark.parametrize(
    ("name", "students"),
    [
        ("Min Kim", ["kim1", "kim2"]),
        ("Wei Li", ["li1", "li2"]),
        ("liwei", ["li1", "li2"]),
        ("Ann", []),
        ("Ana García", []),
        ("Zoë García", []),
        ("Annalee Lee", []),
        ("O'Brien", []),
        ("", []),
        ("'", []),
        ("123456", []),
        ("Participant", []),
    ],
)
def test_what_could_be_two_or_none_is_not_guessed(name, students):
    assert [person.id for person in ROSTER.find(Known((name,)))] == students


def test_an_accent_tells_two_people_apart_if_it_is_there():
    known = [("with", ["José Peña"]), ("without", ["Jose Pena"])]
    assert same_name("José Peña", known) == ["with"]
    assert same_name("Jose Pena", known) == ["without"]
    assert same_name("Pena Jose", known) == ["with", "without"]


def test_an_address_or_id_counts_before_a_name():
    assert [p.id for p in ROSTER.find(Known(("Anna Lee",), ("ANN@example.org",)))] == ["ann"]
    assert [p.id for p in ROSTER.find(Known(("Min Kim",), ("KIM2",)))] == ["kim2"]
    two = ROSTER.find(Known((), ("ann@example.org", "kim2")))
    assert [p.id for p in two] == ["ann", "kim2"]


def test_who_is_near_is_named_as_a_hint_only():
    assert [p.id for p in ROSTER.near(["Zoë García"])] == ["zoe"]
    assert [p.id for p in ROSTER.near(["Sinead O'Brian"])] == ["sob"]
    assert ROSTER.near(["Quentin Unknown"]) == []


# --- the roster's file ----------------------------------------------------------------------------


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_a_roster_in_any_dialect(tmp_path, separator, encoding):
    rows = ["id,first_name,last_name,email", "zoe,Zoë,García,zoe@example.org", ",,,", ""]
    text = "\r\n".join(rows).replace(",", separator)
    (tmp_path / "students.csv").write_bytes(text.encode(encoding))
    roster = roster_from_csv(tmp_path / "students.csv")
    assert roster.people == [Person("zoe", "Zoë", "García", "zoe@example.org")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,email\nann,a@b\n", "has the columns name, email. Expected: id"),
        ("id,email\n", "has no student"),
        ("id\nann\nann\n", "more than one row for ann"),
        ("", "is empty"),
        ("PK\x03\x04", "is not a text file"),
    ],
)
def test_a_roster_that_is_none_says_what_is_missing(tmp_path, text, says):
    (tmp_path / "students.csv").write_text(text)
    with pytest.raises(ValueError, match=says):
        roster_from_csv(tmp_path / "students.csv")
