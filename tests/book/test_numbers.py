"""Every number on a page carries the name under which it was recorded, and is what was recorded."""

import re
import shutil

import pytest
import torch

from aeutils._internal.notebook import record
from course.book import ROOT, notebooks, numbers

NAMED = numbers.Place(0, 4, "13.3", "w1-sse-32")


@pytest.fixture
def copies(tmp_path):
    """Copy all pages into a folder of their own."""
    for path in numbers.pages():
        target = tmp_path / path.relative_to(ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return tmp_path


def edit(root, page, old, new):
    path = root / page
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_numbers_on_pages_are_the_recorded_ones():
    assert numbers.untrue() == [], "run `python -m course.book numbers`"


def test_every_decimal_and_percentage_is_recorded_or_given():
    assert numbers.unnamed() == []


def test_hundreds_of_numbers_are_checked():
    shown = [p.name for path in numbers.pages() for p in numbers.places(path.read_text("utf-8"))]
    assert len(shown) >= 400
    assert len(set(shown)) >= 340
    assert "README.md" in {path.name for path in numbers.pages() if path.parent == ROOT}


def test_an_untrue_number_is_named_with_page_line_and_both_values(copies):
    edit(copies, "course/week01.md", "{claim}`13.3 <w1-sse-32>`", "{claim}`12.0 <w1-sse-32>`")
    (line,) = numbers.untrue(copies)
    assert re.fullmatch(r"course/week01.md, line \d+: w1-sse-32 is 13.3, the page says 12.0", line)


def test_an_unknown_name_lists_names_like_it(copies):
    edit(copies, "course/week01.md", "<w1-sse-32>", "<w1-sse-23>")
    (line,) = numbers.untrue(copies)
    assert "nothing recorded a number 'w1-sse-23'; names like it: w1-sse-32" in line


def test_a_sentence_can_be_reworded_by_editing_its_page_alone(copies):
    page = "course/week01.md"
    text = (copies / page).read_text(encoding="utf-8")
    (before, number, after) = re.search(r"([^.\n]*)(\{claim\}`[^`]+`)([^.\n]*)", text).groups()
    edit(copies, page, before + number + after, f"In other words: {number}, and that is all")
    assert numbers.untrue(copies) == []
    assert numbers.unnamed(copies) == []


@pytest.mark.parametrize("page", ["README.md", "course/week04.md", "course/slides/week05.md"])
def test_a_number_that_nobody_measured_is_noticed(copies, page):
    path = copies / page
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text + "\nThe network gains 3.71 dB, and 41.7 % of the images look better.\n",
        encoding="utf-8",
    )
    lines = numbers.unnamed(copies)
    assert [line.split(": ")[1].split()[0] for line in lines] == ["3.71", "41.7%"]
    assert all(line.startswith(f"{page}, line ") for line in lines)


def test_refreshing_writes_the_recorded_number_in_the_form_of_the_page(monkeypatch):
    monkeypatch.setattr(numbers, "value", lambda name: {"a": -1234.56, "b": 0.5}[name])
    text = "from {claim}`−9,876.5 <a>` to <!--claim b-->0.25<!--/claim--> and {claim}`1 <a>`"
    assert numbers.refresh(text) == (
        "from {claim}`−1,234.6 <a>` to <!--claim b-->0.50<!--/claim--> and {claim}`−1235 <a>`"
    )


def test_refreshing_pages_that_are_true_changes_nothing():
    for path in numbers.pages():
        text = path.read_text(encoding="utf-8")
        assert numbers.refresh(text) == text, path


def test_a_share_is_shown_in_percent():
    share = numbers.value("w7-standard-error")
    assert numbers.value("w7-standard-error ×100") == pytest.approx(100 * share)


def test_a_name_is_recorded_once(monkeypatch):
    numbers.recorded.cache_clear()
    monkeypatch.setattr(notebooks, "numbers", lambda name: [("w1-twice", 1.0)])
    with pytest.raises(ValueError, match="records 'w1-twice', which has been recorded before"):
        numbers.recorded()
    numbers.recorded.cache_clear()


def test_recording_a_table_names_its_cells(capsys):
    record("race", {"all pairs": {"knn": 96.4}, "raw pixels": {"knn": 94}})
    assert capsys.readouterr().out.splitlines() == [
        "race/all pairs/knn = 96.4",
        "race/raw pixels/knn = 94",
    ]


def test_a_tensor_that_needs_gradients_is_recorded_without_a_warning(capsys):
    record("loss", torch.tensor(0.5, requires_grad=True))
    assert capsys.readouterr().out == "loss = 0.5\n"


def test_no_committed_notebook_shows_a_warning_or_a_path_of_a_machine():
    for name in notebooks.names():
        for cell in notebooks.solution(name).cells:
            for output in cell.get("outputs", []):
                assert output.get("name") != "stderr", (name, cell.source)


def test_a_release_has_no_recording_cells():
    def recording(nb):
        return [c for c in nb.cells if "record" in c.metadata.get("tags", [])]

    assert recording(notebooks.solution("week01_pca"))
    for name in notebooks.names():
        released = notebooks.released(name)
        assert recording(released) == []
        assert not [c for c in released.cells if "import record" in c.source]
