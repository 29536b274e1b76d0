"""Weeks and electives: their order, their titles, their files."""

from repository import ROOT

from autograder import units


def test_weeks_come_first_and_strangers_are_left_out():
    names = ["elective_b", "week10_x", "elective_a_documents", "readme", "week02_y", "electives"]
    assert units.in_order(names) == ["week02_y", "week10_x", "elective_a_documents", "elective_b"]


def test_a_unit_has_a_title_and_every_notebook_a_unit():
    assert units.title_of("week10") == "Week 10"
    assert units.title_of("elective_b") == "Elective B"
    names = units.notebooks(ROOT)
    assert names == units.notebooks(ROOT, "solutions")
    assert names[0] == "week01_pca"
    assert names[-1] == "elective_d_prediction"
    assert all(units.unit_of(name) for name in names)


def test_pages_are_named_after_a_unit_and_nothing_else():
    found = [path.name for path in units.pages(ROOT / "course")]
    assert found[0] == "week01.md"
    assert "elective_a.md" in found
    assert "glossary.md" not in found
