"""What collecting promises whatever the platform: nothing guessed, half-written or overwritten."""

import os
import zipfile

import pytest
from downloads import (
    ASSIGNMENT,
    NOTEBOOK,
    everything,
    handed_in,
    make_csv,
    make_zip,
    notebook,
    recorded,
)

from autograder.collecting import write

PLAIN = ("--from", "plain", "--times", "none")
HEAD = ["Identifier", "Full name", "Email address", "Last modified (submission)"]


def plain(tmp_path, files, name="x.zip"):
    return make_zip(tmp_path / name, files)


# --- who it is ------------------------------------------------------------------------------------


def test_two_who_could_be_the_same_are_listed_and_neither_is_written(course, collect, tmp_path):
    people = make_csv(
        tmp_path / "s.csv",
        [["id", "first_name", "last_name"], ["kim1", "Min", "Kim"], ["kim2", "Min", "Kim"]],
    )
    zipped = make_zip(
        tmp_path / "x.zip",
        {f"Min Kim_{n}_assignsubmission_file_/{NOTEBOOK}": notebook(str(n)) for n in (1, 2)},
    )
    arguments = (zipped, ASSIGNMENT, "--from", "moodle", "--roster", people)
    status, printed = collect(*arguments)
    assert status == 1
    assert printed.count("could be kim1 (Min Kim) or kim2 (Min Kim); say which with --match") == 2
    assert everything(course) == {}
    status, printed = collect(*arguments, "--match", "1=kim2", "--match", "2=kim1")
    assert status == 0, printed
    assert handed_in(course, "kim2") == {NOTEBOOK: notebook("1")}
    assert handed_in(course, "kim1") == {NOTEBOOK: notebook("2")}


def test_two_submissions_for_one_student_are_both_left_alone(course, collect, tmp_path):
    files = {
        f"Ann Lee_101_assignsubmission_file_/{NOTEBOOK}": notebook("hers"),
        f"Ann LEE_999_assignsubmission_file_/{NOTEBOOK}": notebook("whose?"),
        f"Bob Doe_105_assignsubmission_file_/{NOTEBOOK}": notebook("bob"),
    }
    status, printed = collect(plain(tmp_path, files), ASSIGNMENT, "--from", "moodle")
    assert status == 1
    assert "both look like ann; say which with --match" in printed
    assert not handed_in(course, "ann")
    assert handed_in(course, "bob")


def test_a_stranger_is_listed_with_who_is_near(course, collect, tmp_path):
    files = {
        f"Zoë García_7_assignsubmission_file_/{NOTEBOOK}": notebook(),
        f"Quentin Nobody_8_assignsubmission_file_/{NOTEBOOK}": notebook(),
        "readme.txt": b"from the platform",
    }
    status, printed = collect(plain(tmp_path, files), ASSIGNMENT, "--from", "moodle")
    assert status == 1
    assert "is it zoe (Zoë García Márquez)? Then say so with --match" in printed
    assert "Quentin Nobody" in printed
    assert "readme.txt" in printed
    assert "its name says no owner" in printed
    assert everything(course) == {}


def test_a_match_with_nobody_is_refused(course, collect, tmp_path):
    zipped = plain(tmp_path, {"ann.ipynb": notebook()})
    status, printed = collect(zipped, ASSIGNMENT, *PLAIN, "--match", "ann=nobody")
    assert status == 2
    assert "there is no such id on the roster" in printed
    status, printed = collect(zipped, ASSIGNMENT, *PLAIN, "--match", "ann")
    assert status == 2
    assert 'Expected: --match "NAME=ID"' in printed


@pytest.mark.parametrize("student", ["../outside", ".hidden", "..", "a/b", "a\\b"])
def test_an_id_that_is_a_path_is_not_written(course, collect, tmp_path, student):
    people = make_csv(tmp_path / "s.csv", [["id", "first_name"], [student, "Ann"]])
    status, printed = collect(
        plain(tmp_path, {"Ann.ipynb": notebook()}), ASSIGNMENT, *PLAIN, "--roster", people
    )
    assert status == 1
    assert "cannot be the name of a folder" in printed
    assert everything(course) == {}
    assert not (course / "outside").exists()


@pytest.mark.parametrize(
    ("platform", "name"),
    [
        (
            "moodle",
            f"Ann Lee_101_assignsubmission_file_Bob Doe_105_assignsubmission_file_{NOTEBOOK}",
        ),
        (
            "moodle",
            f"Ann Lee_101_assignsubmission_file/Bob Doe_105_assignsubmission_file/{NOTEBOOK}",
        ),
        ("canvas", f"leeann_201_5001_doebob_205_5005_{NOTEBOOK}"),
        ("canvas", "leeann_201_5001_doebob_205_text.html"),
        ("canvas", "leeann_201_5001_text.html"),
        (
            "plain",
            f"pca_ann_attempt_2026-03-03-13-00-00_pca_bob_attempt_2026-03-03-13-00-00_{NOTEBOOK}",
        ),
        ("plain", f"ann/pca_bob_attempt_2026-03-03-13-00-00_{NOTEBOOK}"),
        ("plain", f"ann/bob_{NOTEBOOK}"),
        ("plain", f"ann/bob/{ASSIGNMENT}/{NOTEBOOK}"),
        ("github-classroom", f"pca-submissions/pca-ann/pca-bob/{NOTEBOOK}"),
    ],
)
def test_a_file_called_like_somebody_elses_is_its_uploaders(
    course, collect, tmp_path, platform, name
):
    status, printed = collect(
        plain(tmp_path, {name: b"1"}), ASSIGNMENT, "--from", platform, "--times", "none"
    )
    assert status == 0, printed
    assert list(handed_in(course, "ann").values()) == [b"1"]
    assert not handed_in(course, "bob")


# --- what was given -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("x.zip", ASSIGNMENT), "Expected: python -m autograder collect ZIP-OR-FOLDER ASSIGNMENT"),
        ((ASSIGNMENT, "--from", "plain"), "Expected: python -m autograder collect ZIP-OR-FOLDER"),
        (("x.zip", "week99", *PLAIN), 'no assignment "week99" in'),
        (("x.zip", "week99", *PLAIN), f"Expected: {ASSIGNMENT}"),
        (("none.zip", ASSIGNMENT, *PLAIN), "none.zip does not exist"),
        (
            ("x.zip", ASSIGNMENT, "--from", "moodle"),
            'holds "ann.ipynb". Expected from moodle: "Full',
        ),
        (("x.zip", ASSIGNMENT, "--from", "canvas"), "Expected from canvas"),
        (
            ("x.zip", ASSIGNMENT, *PLAIN, "--timezone", "Mars/Phobos"),
            "is unknown. Expected: a name",
        ),
        (("x.zip", ASSIGNMENT, *PLAIN, "--output", "y"), "--output belongs to --return"),
        (("x.zip", ASSIGNMENT, *PLAIN, "--roster", "none.csv"), "none.csv"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    course, collect, tmp_path, arguments, says
):
    make_zip(course / "x.zip", {"ann.ipynb": notebook()})
    status, printed = collect(*arguments)
    assert status == 2
    assert says in printed
    assert "Traceback" not in printed
    assert everything(course) == {}


def test_outside_a_course_it_says_where_to_go(tmp_path, collect, monkeypatch):
    monkeypatch.chdir(tmp_path)
    status, printed = collect("x.zip", ASSIGNMENT, *PLAIN)
    assert status == 2
    assert "has no nbgrader_config.py. Expected: the course's top folder" in printed


def test_names_cannot_move_the_terminals_cursor(course, collect, tmp_path):
    files = {"ann.ipynb": notebook(), "\x1b[2Jnobody.ipynb": notebook()}
    _, printed = collect(plain(tmp_path, files), ASSIGNMENT, *PLAIN)
    assert "\x1b" not in printed
    assert "nobody" in printed


# --- what is there already ------------------------------------------------------------------------


def test_nothing_is_overwritten_unless_told(course, collect, tmp_path):
    collect(plain(tmp_path, {"ann/a.ipynb": b"first", "ann/extra.csv": b"1"}), ASSIGNMENT, *PLAIN)
    before = everything(course)
    second = plain(tmp_path, {"ann/a.ipynb": b"second", "bob/a.ipynb": b"bob"}, "y.zip")
    status, printed = collect(second, ASSIGNMENT, *PLAIN)
    assert status == 0
    assert "LEFT AS IT WAS: one is there already; --overwrite replaces it" in printed
    assert "1 collected, 1 left as they were" in printed
    assert {n: b for n, b in everything(course).items() if n.startswith("ann")} == before
    assert handed_in(course, "bob") == {"a.ipynb": b"bob"}
    collect(second, ASSIGNMENT, *PLAIN, "--overwrite")
    assert handed_in(course, "ann") == {"a.ipynb": b"second"}


def test_a_newer_one_that_is_not_taken_is_said(course, collect, tmp_path):
    for day in ("03", "04"):
        name = f"pca_ann_attempt_2026-03-{day}-13-00-00_{NOTEBOOK}"
        _, printed = collect(
            plain(tmp_path, {name: b"1"}, f"{day}.zip"), ASSIGNMENT, "--from", "plain"
        )
    assert "LEFT AS IT WAS: an OLDER one is there; --overwrite replaces it" in printed


def test_a_dry_run_writes_nothing(course, collect, tmp_path):
    status, printed = collect(
        plain(tmp_path, {"ann.ipynb": notebook()}), ASSIGNMENT, *PLAIN, "--dry-run"
    )
    assert status == 0
    assert "1 would be collected" in printed
    assert not (course / "submitted").exists()


def damaged(tmp_path):
    """Return a zip in which one of ann's two files does not unpack."""
    path = make_zip(tmp_path / "x.zip", {"ann/a.ipynb": b"a" * 500, "ann/b.csv": b"b" * 500})
    raw = bytearray(path.read_bytes())
    raw[raw.index(b"bbbb") + 10] ^= 0xFF
    with zipfile.ZipFile(path, "a") as archive:  # reads the intact directory
        assert archive.namelist() == ["ann/a.ipynb", "ann/b.csv"]
    path.write_bytes(raw)
    return path


def test_a_submission_that_cannot_be_read_is_not_half_written(course, collect, tmp_path):
    status, printed = collect(damaged(tmp_path), ASSIGNMENT, *PLAIN)
    assert status == 1
    assert "could not be written: ann/b.csv cannot be unpacked" in printed
    assert not (course / "submitted" / "ann" / ASSIGNMENT).exists()
    collect(plain(tmp_path, {"ann/a.ipynb": b"good"}, "good.zip"), ASSIGNMENT, *PLAIN)
    status, _ = collect(damaged(tmp_path), ASSIGNMENT, *PLAIN, "--overwrite")
    assert status == 1
    assert handed_in(course, "ann") == {"a.ipynb": b"good"}
    assert recorded(course)["ann"]["files"] == {"a.ipynb": "ann/a.ipynb"}


def test_an_interruption_between_old_and_new_keeps_the_old(course, collect, tmp_path, monkeypatch):
    collect(plain(tmp_path, {"ann/a.ipynb": b"old"}), ASSIGNMENT, *PLAIN)
    replace, target = os.replace, course / "submitted" / "ann" / ASSIGNMENT

    def interrupted(source, destination):
        if str(destination) == str(target) and str(source).endswith("new"):
            raise KeyboardInterrupt
        replace(source, destination)

    monkeypatch.setattr(write.os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        collect(
            plain(tmp_path, {"ann/a.ipynb": b"new"}, "y.zip"), ASSIGNMENT, *PLAIN, "--overwrite"
        )
    assert handed_in(course, "ann") == {"a.ipynb": b"old"}
    assert not list((course / "submitted").glob(".collecting*"))


# --- files ----------------------------------------------------------------------------------------


def test_every_file_of_a_student_is_kept_under_a_name_that_is_safe(course, collect, tmp_path):
    files = {
        "ann/con.txt": b"1",
        "ann/a<b>|?.txt": b"2",
        "ann/" + "x" * 240 + ".ipynb": b"3",
        "ann/Data.csv": b"4",
        "ann/data.csv": b"5",
        "ann/deep/er/a.ipynb": b"6",
        "ann/deep": b"7",
        "ann/dot. ": b"8",
        "ann/inner.zip": b"PK",
        "ann/.DS_Store": b"x",
        "ann/../../bob.ipynb": b"x",
    }
    status, printed = collect(plain(tmp_path, files), ASSIGNMENT, *PLAIN)
    assert status == 0, printed
    found = handed_in(course, "ann")
    assert sorted(found.values()) == [b"1", b"2", b"3", b"4", b"5", b"6", b"7", b"8", b"PK"]
    assert all(len(name.encode()) <= 200 for name in found)
    assert found["_con.txt"] == b"1"
    assert "leads out of the archive" in printed
    assert not handed_in(course, "bob")


# --- the time -------------------------------------------------------------------------------------


def late(tmp_path):
    """Return arguments to collect ann's late work, with a time of her own in the upload."""
    folder = "Ann Lee_101_assignsubmission_file_"
    files = {
        f"{folder}/{NOTEBOOK}": notebook(),
        f"{folder}/timestamp.txt": b"2026-03-01 00:00:00 UTC",
        f"{folder}/deeper/timestamp.txt": b"2026-03-01 00:00:00 UTC",
    }
    rows = [["Participant 101", "Ann Lee", "ann@example.org", "Thursday, 5 March 2026, 1:00 PM"]]
    sheet = make_csv(tmp_path / "w.csv", [HEAD, *rows])
    zipped = make_zip(tmp_path / "x.zip", files)
    return zipped, ASSIGNMENT, "--from", "moodle", "--csv", sheet, "--timezone", "UTC"


def test_an_uploaded_time_does_not_overrule_the_platforms(course, collect, tmp_path):
    status, printed = collect(*late(tmp_path))
    assert status == 0, printed
    assert handed_in(course, "ann") == {
        NOTEBOOK: notebook(),
        "timestamp.txt": b"2026-03-05 13:00:00 UTC",
        "timestamp.uploaded.txt": b"2026-03-01 00:00:00 UTC",
        "deeper/timestamp.txt": b"2026-03-01 00:00:00 UTC",
    }
    assert "an uploaded timestamp.txt is kept as timestamp.uploaded.txt, and counts" in printed


@pytest.mark.parametrize(
    "name", ["timestamp.txt", "TIMESTAMP.TXT", "Timestamp.txt", "timestamp.txt. "]
)
def test_an_uploaded_time_is_no_time_where_the_platform_tells_none(course, collect, tmp_path, name):
    files = {f"ann/{NOTEBOOK}": notebook(), f"ann/{name}": b"2026-03-01 00:00:00 UTC"}
    collect(plain(tmp_path, files), ASSIGNMENT, *PLAIN)
    assert set(handed_in(course, "ann")) == {NOTEBOOK, "timestamp.uploaded.txt"}


def test_a_folder_of_that_name_is_not_in_the_way(course, collect, tmp_path):
    zipped, *arguments = late(tmp_path)
    with zipfile.ZipFile(zipped, "a") as archive:
        archive.writestr("Bob Doe_105_assignsubmission_file_/timestamp.txt/a.ipynb", b"1")
    collect(zipped, *arguments)
    assert handed_in(course, "bob") == {"timestamp.uploaded.txt/a.ipynb": b"1"}
