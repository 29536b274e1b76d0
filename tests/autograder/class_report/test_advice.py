"""Every misconception that a lesson lists has an advice, which the slides of a report show."""

import re

import pytest
from repository import ROOT

from autograder import units
from autograder.class_report.lessons import ADVICE, BULLET, SEEN, Lesson

LESSONS = units.pages(ROOT / "course")


def bullets(text):
    """Return each bullet of the list, with the names of the bank in it."""
    listed = text[SEEN.search(text).end() :].partition("\n## ")[0]
    return [
        (bullet, [n for brackets in re.findall(r"\((`.+?`)\)", bullet, re.S)
                  for n in re.findall(r"`([^`]+)`", brackets)])
        for bullet in BULLET.findall(listed)
    ]  # fmt: skip


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.stem)
def test_every_bullet_yields_an_advice(path):
    lesson = Lesson(ROOT, path.stem)
    found = bullets(lesson.text)
    assert len(found) >= 5
    first = {}
    for bullet, names in found:
        assert names, f"name the bank's mistakes: {bullet}"
        for name in names:
            first.setdefault(name, bullet)
        # A name may stand in two bullets, and the report takes the first: each needs its own.
        told = ADVICE.search(bullet)
        assert told, f"say after the brackets what to do: {bullet}"
        assert len(told[1].split()) >= 3, bullet
    for name, bullet in first.items():
        section = lesson.section(name, "")
        assert section is not None, name
        assert section.advice.split() == ADVICE.search(bullet)[1].split(), name
        assert section.advice.endswith((".", "?", "!")), name
        assert section.href.endswith("#misconceptions-seen-in-answers"), name


def test_a_bullet_without_advice_is_found(tmp_path):
    (tmp_path / "course").mkdir()
    text = "# Week 3\n\n## Misconceptions seen in answers\n\n- *Rounding downwards* (`floor`).\n"
    (tmp_path / "course" / "week03.md").write_text(text, encoding="utf-8")
    assert Lesson(tmp_path, "week03_undercomplete").section("floor", "").advice == ""
    assert ADVICE.search(bullets(text)[0][0]) is None
