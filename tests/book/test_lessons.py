"""Every lesson has its parts, its answers are folded away, and its figures are the notebook's."""

import re
from pathlib import Path

import pytest

from course.book import COURSE, claims, lessons, pictures

LESSONS = sorted(COURSE.glob("week[0-9][0-9].md"))
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
        assert "://" in target or (path.parent / target).exists(), target


def test_figures_are_what_the_notebooks_draw():
    assert pictures.stale() == []


def test_numbers_in_the_book_are_the_recorded_ones():
    assert claims.untrue(claims.read()) == [], "run `python -m course.book claims`"


def test_every_decimal_and_percentage_of_the_book_is_a_claim_or_declared_as_given():
    assert claims.unbacked() == []


def test_a_number_that_nobody_measured_is_noticed(tmp_path):
    for page in claims.pages():
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        text = Path(claims.ROOT / page).read_text(encoding="utf-8")
        if page == "course/week04.md":
            text += "\nThe network gains 3.7 dB, and 41 % of the images look better.\n"
        (tmp_path / page).write_text(text, encoding="utf-8")
    lines = claims.unbacked(tmp_path)
    assert [line.split(": ")[1].split()[0] for line in lines] == ["3.7", "41%"]
    assert all(line.startswith("course/week04.md, line ") for line in lines)


def test_cheap_numbers_come_out_the_same_again():
    assert claims.moved(claims.read()) == []


def test_a_claim_that_is_no_longer_true_names_its_sentence():
    entries = claims.read()
    wrong = {**entries, "w1-sse-32": {**entries["w1-sse-32"], "shown": "12.0", "value": 12.0}}
    (line,) = claims.untrue(wrong)
    assert "course/week01.md says “test SSE 13.3 with 32 axes”, but it is 12.0" in line
    assert any("test SSE 12.0 with 32 axes" in line for line in claims.moved(wrong))


def test_a_sentence_that_went_missing_is_noticed(tmp_path):
    for page in claims.pages():
        (tmp_path / page).parent.mkdir(parents=True, exist_ok=True)
        text = Path(claims.ROOT / page).read_text(encoding="utf-8")
        (tmp_path / page).write_text(text.replace("with 32 axes", "from 32 axes"), encoding="utf-8")
    lines = claims.untrue(claims.read(), tmp_path)
    gone = {line.split(":")[0] for line in lines if "no longer has" in line}
    assert gone == {"pca32-sse", "w1-sse-32"}


def test_every_claim_says_where_it_comes_from():
    for name, entry in claims.read().items():
        assert name in claims.CLAIMS, f"{name} is recorded but not claimed any more"
        assert entry["command"].startswith("python -m "), name
        assert entry["dataset"], name
        assert entry["tolerance"] >= 0, name
