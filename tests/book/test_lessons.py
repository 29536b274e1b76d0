"""Every lesson has its parts, its answers are folded away, and its figures are the notebook's."""

import re

import pytest

from autograder import units
from course.book import COURSE, lessons, pictures

LESSONS = units.pages(COURSE)
MADE = ("misconceptions.md", "guide/exercises.md")  # by `make site`, for the instructors' edition
PARTS = (
    "## The idea",
    "## What the sources get wrong",
    "## Misconceptions seen in answers",
    "## Questions for discussion",
    "## Where the numbers come from",
    "## Further reading",
)


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_a_lesson_has_all_its_parts(path):
    text = path.read_text(encoding="utf-8")
    assert [part for part in PARTS if part not in text] == []
    assert "**Question.**" in text
    assert "**Goals.**" in text
    assert "orked example" in text or "by hand" in text
    assert "](images/" in text, "a lesson shows a figure that its notebook drew"


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_answers_and_spoilers_are_folded_away(path):
    text = path.read_text(encoding="utf-8")
    assert lessons.unfolded(text) == [], "run `python -m course.book fold`"
    assert lessons.fold(text) == text
    assert text.count("<details>") == text.count("</details>")


def test_folding_keeps_every_word():
    asked = "1. *Why?* Because\nof that.\n2. *And $x$?* No: $y$.\n"
    text = f"## Questions for discussion\n\n{asked}\n## End\n"
    folded = lessons.fold(text)
    assert folded.count("<details>") == 2
    plain = re.sub(r"</?details>|<summary>.*?</summary>", "", folded)
    assert plain.split() == text.split()


@pytest.mark.parametrize("path", sorted(COURSE.rglob("*.md")), ids=lambda p: p.stem)
def test_pictures_have_words_and_links_lead_somewhere(path):
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    if path.parent.name == "book":
        return  # its links are those of the site, which has a test of its own
    for alt, target in re.findall(r"!\[([^\]]*)\]\(([^)]+)\)", text):
        assert len(alt.split()) > 3, f"say what {target} shows"
        assert (path.parent / target).exists(), target
    for target in re.findall(r"(?<!!)\[[^\]]+\]\(([^)#\s]+\.md)(?:#[^)]*)?\)", text):
        made = (path.parent / target).resolve().relative_to(COURSE).as_posix() in MADE
        assert "://" in target or made or (path.parent / target).exists(), target


def test_figures_are_what_the_notebooks_draw():
    assert pictures.stale() == []
