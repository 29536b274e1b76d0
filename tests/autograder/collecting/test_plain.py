"""Files that carry an id, collected."""

import pytest
from downloads import ASSIGNMENT, NOTEBOOK, handed_in, make_csv, make_zip, notebook


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("ann.ipynb", NOTEBOOK),
        (f"ann_{NOTEBOOK}", NOTEBOOK),
        (f"ann/{NOTEBOOK}", NOTEBOOK),
        (f"ann/{ASSIGNMENT}/{NOTEBOOK}", NOTEBOOK),
        (f"all of them/ann/{NOTEBOOK}", NOTEBOOK),
        ("ANN_answers.ipynb", "answers.ipynb"),
        ("Lee, Ann/answers.ipynb", "answers.ipynb"),
        ("Ann Lee.ipynb", NOTEBOOK),
        ("ann.pdf", "ann.pdf"),
        ("pca_ann_attempt_2026-03-03-13-00-00_answers.ipynb", "answers.ipynb"),
    ],
)
def test_a_name_and_what_is_written(course, collect, tmp_path, name, file):
    status, printed = collect(
        *(make_zip(tmp_path / "x.zip", {name: b"1"}), ASSIGNMENT, "--from", "plain"),
        *("--times", "none"),
    )
    assert status == 0, printed
    assert handed_in(course, "ann") == {file: b"1"}


def test_several_files_of_one_student_go_to_one_folder(course, collect, tmp_path):
    files = {f"ann_{NOTEBOOK}": b"1", "ann_data.csv": b"2", "ann/notes.txt": b"3"}
    collect(make_zip(tmp_path / "x.zip", files), ASSIGNMENT, "--from", "plain")
    assert set(handed_in(course, "ann")) == {NOTEBOOK, "data.csv", "notes.txt"}


def test_an_id_with_underscores_is_the_longest_that_is_somebody(course, collect, tmp_path):
    people = make_csv(tmp_path / "s.csv", [["id"], ["ann"], ["ann_lee"]])
    files = {f"ann_lee_{NOTEBOOK}": b"lee", f"ann_{NOTEBOOK}": b"ann"}
    zipped = make_zip(tmp_path / "x.zip", files)
    collect(zipped, ASSIGNMENT, "--from", "plain", "--roster", people)
    assert handed_in(course, "ann_lee") == {NOTEBOOK: b"lee"}
    assert handed_in(course, "ann") == {NOTEBOOK: b"ann"}


def test_the_newest_attempt_is_taken_with_its_time(course, collect, tmp_path):
    files = {
        "pca_ann_attempt_2026-03-03-13-00-00_week01_pca.ipynb": b"old",
        "pca_ann_attempt_2026-03-03-13-00-00_old.csv": b"old",
        "pca_ann_attempt_2026-03-04-09-30-00_week01_pca.ipynb": b"new",
    }
    _, printed = collect(
        *(make_zip(tmp_path / "x.zip", files), ASSIGNMENT, "--from", "plain"),
        *("--timezone", "UTC"),
    )
    assert handed_in(course, "ann") == {
        NOTEBOOK: b"new",
        "timestamp.txt": b"2026-03-04 09:30:00 UTC",
    }
    assert "1 older attempt not taken" in printed


def test_times_from_a_file_of_ones_own(course, collect, tmp_path):
    table = make_csv(tmp_path / "t.csv", [["id", "time"], ["ann", "1772542800"]], ";")
    collect(
        *(make_zip(tmp_path / "x.zip", {"ann.ipynb": notebook()}), ASSIGNMENT),
        *("--from", "plain", "--csv", table),
    )
    assert handed_in(course, "ann")["timestamp.txt"] == b"2026-03-03 13:00:00 UTC"
