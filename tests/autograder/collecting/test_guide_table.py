"""Every row of the guide's table of names is collected as the row says."""

import re

import pytest
from downloads import ASSIGNMENT, handed_in, make_zip
from repository import ROOT

PAGE = (ROOT / "course" / "guide" / "collecting.md").read_text(encoding="utf-8")
ROWS = re.findall(
    r"^\| (moodle|canvas|github-classroom|plain) \| `(.+?)` \| `(.+?)` \| `(.+?)` \|$",
    PAGE,
    re.MULTILINE,
)


def test_the_table_has_every_platform():
    assert {platform for platform, *_ in ROWS} == {"moodle", "canvas", "github-classroom", "plain"}


@pytest.mark.parametrize(("platform", "name", "student", "written"), ROWS)
def test_a_row_of_the_guide(course, collect, tmp_path, platform, name, student, written):
    zipped = make_zip(tmp_path / "x.zip", {name: b"1"})
    status, printed = collect(zipped, ASSIGNMENT, "--from", platform, "--times", "none")
    assert status == 0, printed
    assert handed_in(course, student) == {written: b"1"}
