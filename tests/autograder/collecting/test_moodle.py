"""Moodle's download and its grading worksheet, collected."""

import unicodedata

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

from autograder.collecting.times import read_platform_time
from autograder.plugin.timestamps import UTC

FOLDERS = {
    "Ann Lee_101_assignsubmission_file_": "ann",
    "Zoë García Márquez_102_assignsubmission_file_": "zoe",
    "Sinéad OBrien_103_assignsubmission_file_": "sob",  # Moodle drops the apostrophe
    "Jean-Luc Łukasz-Müller_104_assignsubmission_file_": "jlp",
}
HEAD = [
    *("Identifier", "Full name", "Email address", "Status", "Grade", "Maximum Grade"),
    *("Grade can be changed", "Last modified (submission)", "Last modified (grade)"),
    "Feedback comments",
]


def worksheet(path, times, head=HEAD, separator=",", encoding="utf-8", grade="24.00"):
    people = [
        ("101", "Ann Lee", "ann@example.org"),
        ("102", "Zoë García Márquez", "zoe@example.org"),
        ("103", "Sinéad O'Brien", "sob@example.org"),
        ("104", "Jean-Luc Łukasz-Müller", "jlp@example.org"),
        ("105", "Bob Doe", "bob@example.org"),
    ]
    rows = [
        [f"Participant {number}", name, email, "Submitted", grade, "24", "Yes", time, "-", ""]
        for (number, name, email), time in zip(people, times, strict=True)
    ]
    return make_csv(path, [head, *rows], separator, encoding)


def download(path, form="NFC", end=""):
    names = {unicodedata.normalize(form, folder): student for folder, student in FOLDERS.items()}
    files = {f"{n.removesuffix(end)}/{NOTEBOOK}": notebook(s) for n, s in names.items()}
    return make_zip(path, files)


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize("end", ["", "_"])  # before Moodle 4.1, the folder ended in "_"
def test_folders_by_name_in_either_form(course, collect, tmp_path, form, end):
    status, printed = collect(
        download(tmp_path / "all.zip", form, end), ASSIGNMENT, "--from", "moodle"
    )
    assert status == 0, printed
    for student in FOLDERS.values():
        assert handed_in(course, student) == {NOTEBOOK: notebook(student)}
    assert (
        "4 collected, 0 left as they were, 0 not collected, 0 files left out, 1 missing" in printed
    )
    assert "bob" in printed.split("On the roster, not in the archive:")[1]
    assert "have no time, and are never late" in printed
    assert not list((course / "submitted").glob(".collecting*"))


def test_without_folders_the_prefix_tells(course, collect, tmp_path):
    files = {
        f"Ann Lee_101_assignsubmission_file_{NOTEBOOK}": notebook(),
        "Ann Lee_101_assignsubmission_file_my_data_2.csv": b"1",
        "Bob Doe_105_assignsubmission_onlinetext_onlinetext.html": b"hello",
    }
    status, printed = collect(make_zip(tmp_path / "all.zip", files), ASSIGNMENT, "--from", "moodle")
    assert status == 0, printed
    assert handed_in(course, "ann") == {NOTEBOOK: notebook(), "my_data_2.csv": b"1"}
    assert handed_in(course, "bob") == {"onlinetext.html": b"hello"}


def test_unpacked_and_wrapped_downloads_are_the_same(course, collect, tmp_path):
    folder = tmp_path / "PCA-week 1-4711" / "Ann Lee_101_assignsubmission_file_" / "sub"
    folder.mkdir(parents=True)
    (folder / "deep.ipynb").write_bytes(notebook())
    status, printed = collect(tmp_path, ASSIGNMENT, "--from", "moodle", "--dry-run")
    assert "1 would be collected" in printed
    assert everything(course) == {}
    collect(tmp_path, ASSIGNMENT, "--from", "moodle")
    assert handed_in(course, "ann")["sub/deep.ipynb"] == notebook()
    assert status == 0


TIMES = [
    "Tuesday, 3 March 2026, 1:00 PM",
    "Dienstag, 3. März 2026, 13:00",
    "martes, 3 de marzo de 2026, 13:00",
    "mardi 3 mars 2026, 13:00",
    "-",
]
IN_UTC = "2026-03-03 12:00:00 UTC"


@pytest.mark.parametrize(("separator", "grade"), [(",", "24.00"), (";", "24,00"), ("\t", "24,00")])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_the_worksheet_tells_times(course, collect, tmp_path, separator, grade, encoding):
    sheet = worksheet(tmp_path / "w.csv", TIMES, HEAD, separator, encoding, grade)
    status, printed = collect(
        *(download(tmp_path / "all.zip"), ASSIGNMENT, "--from", "moodle", "--csv", sheet),
        *("--timezone", "Europe/Berlin"),
    )
    assert status == 0, printed
    for student in FOLDERS.values():
        assert handed_in(course, student)["timestamp.txt"].decode() == IN_UTC
        assert recorded(course)[student]["time from"] == "platform's CSV"
    assert "2026-03-03 13:00" in printed
    assert "Europe/Berlin" in printed


def test_a_worksheet_in_another_language_is_known_by_its_cells(course, collect, tmp_path):
    head = [
        *("ID", "Vollständiger Name", "E-Mail-Adresse", "Status", "Bewertung", "Bestwertung"),
        *("Bewertung kann geändert werden", "Abgegeben", "Bewertet", "Feedback"),
    ]
    sheet = worksheet(tmp_path / "w.csv", TIMES, head, ";", "utf-8-sig", "24,00")
    text = sheet.read_text(encoding="utf-8").replace("Participant ", "Teilnehmer/in ")
    sheet.write_text(text, encoding="utf-8")
    # Nobody's name says who they are here: the addresses do.
    files = {f"Teilnehmerin_{n}_assignsubmission_file_/{NOTEBOOK}": notebook() for n in (101, 105)}
    status, printed = collect(
        *(make_zip(tmp_path / "all.zip", files), ASSIGNMENT, "--from", "moodle"),
        *("--csv", sheet, "--timezone", "Europe/Berlin"),
    )
    assert status == 0, printed
    assert handed_in(course, "ann")["timestamp.txt"].decode() == IN_UTC
    assert "timestamp.txt" not in handed_in(course, "bob")


def test_a_date_of_two_readings_is_no_time_and_said(course, collect, tmp_path):
    sheet = worksheet(tmp_path / "w.csv", ["2.3.2026 13:00", *TIMES[1:]])
    status, printed = collect(
        download(tmp_path / "all.zip"), ASSIGNMENT, "--from", "moodle", "--csv", sheet
    )
    assert status == 0, printed
    assert "timestamp.txt" not in handed_in(course, "ann")
    assert "timestamp.txt" in handed_in(course, "zoe")
    assert 'holds "2.3.2026 13:00", which could be read as more than one date' in printed


def test_the_worksheet_of_another_assignment_is_refused(course, collect, tmp_path):
    sheet = worksheet(tmp_path / "w.csv", TIMES)
    files = {f"Ann Lee_999_assignsubmission_file_/{NOTEBOOK}": notebook()}
    status, printed = collect(
        *(make_zip(tmp_path / "all.zip", files), ASSIGNMENT, "--from", "moodle"),
        *("--csv", sheet),
    )
    assert status == 2
    assert 'no column with the numbers of this download (999), such as "Participant 999"' in printed
    assert everything(course) == {}


def test_without_a_roster_the_worksheet_says_who_there_is(course, collect, tmp_path):
    (course / "gradebook.db").unlink()
    sheet = worksheet(tmp_path / "w.csv", TIMES)
    zipped = download(tmp_path / "all.zip")
    status, printed = collect(zipped, ASSIGNMENT, "--from", "moodle")
    assert status == 2
    assert "There is no roster" in printed
    assert "nbgrader db student import" in printed
    assert not (course / "gradebook.db").exists()
    status, printed = collect(zipped, ASSIGNMENT, "--from", "moodle", "--csv", sheet)
    assert status == 0, printed
    assert "timestamp.txt" in handed_in(course, "ann@example.org")


# --- times of a zip -------------------------------------------------------------------------------


def test_times_of_packing_are_nobodys(course, collect, tmp_path):
    files = {
        f"{folder}/{NOTEBOOK}": ((2026, 3, 9, 8, minute, 0), notebook())
        for minute, folder in enumerate(FOLDERS)
    }
    zipped = make_zip(tmp_path / "all.zip", files)
    collect(zipped, ASSIGNMENT, "--from", "moodle")
    assert "timestamp.txt" not in handed_in(course, "ann")
    status, printed = collect(
        *(zipped, ASSIGNMENT, "--from", "moodle", "--overwrite"),
        *("--times", "archive", "--timezone", "UTC"),
    )
    assert status == 0
    assert handed_in(course, "ann")["timestamp.txt"] == b"2026-03-09 08:00:00 UTC"
    assert "have the time of their zip entry. Compare one with the platform" in printed


def test_times_that_differ_by_days_are_taken(course, collect, tmp_path):
    files = {
        f"{folder}/{NOTEBOOK}": ((2026, 3, day, 8, 0, 0), notebook())
        for day, folder in enumerate(FOLDERS, start=1)
    }
    zipped = make_zip(tmp_path / "all.zip", files)
    _, printed = collect(zipped, ASSIGNMENT, "--from", "moodle", "--timezone", "Europe/Berlin")
    assert handed_in(course, "zoe")["timestamp.txt"] == b"2026-03-02 07:00:00 UTC"
    assert "zip entry" in printed
    _, printed = collect(zipped, ASSIGNMENT, "--from", "moodle", "--times", "none", "--overwrite")
    assert "timestamp.txt" not in handed_in(course, "zoe")
    assert "Times were not asked for" in printed


@pytest.mark.parametrize(
    "text",
    [
        "Tuesday, 3 March 2026, 1:00 PM",
        "Tuesday, March 3, 2026, 1:00 PM",
        "dinsdag, 3 maart 2026, 13:00",
        "terça-feira, 3 de março de 2026, 13:00",
        "martedì, 3 marzo 2026, 13:00",
        "wtorek, 3 marca 2026, 13:00",
        "úterý, 3. března 2026, 13.00",
        "вторник, 3 марта 2026, 13:00",
        "2026年03月3日 星期二 13:00",
        "2026-03-03 13:00",
    ],
)
def test_dates_in_moodles_languages(text):
    assert read_platform_time(text, UTC).isoformat() == "2026-03-03T13:00:00+00:00"


@pytest.mark.parametrize("text", ["listopad 5, 2026 13:00", "3 Floréal 2026 13:00", "3 mars 26"])
def test_a_month_that_is_two_or_none_is_no_time(text):
    # "listopad" is October in Croatian, November in Polish and Czech.
    with pytest.raises(ValueError, match="write it as"):
        read_platform_time(text, UTC)
