"""Canvas' download and its gradebook, collected."""

from downloads import ASSIGNMENT, NOTEBOOK, handed_in, make_csv, make_zip, notebook

HEAD = ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", f"{ASSIGNMENT} (4711)"]
ROWS = [
    ["    Points Possible", "", "", "", "", "24,00"],
    ["Lee, Ann", "201", "S1", "ann", "A", "20,5"],
    ["García Márquez, Zoë", "202", "S2", "zoe", "A", "24,0"],
    ["O'Brien, Sinéad", "203", "S3", "sob", "B", ""],
]


def test_names_are_letters_only_and_last_name_first(course, collect, tmp_path):
    files = {
        f"leeann_201_5001_{NOTEBOOK}": notebook("ann"),
        f"garcíamárquezzoë_LATE_202_5002_{NOTEBOOK}": notebook("zoe"),
        "obriensinéad_203_5003_answers 2.ipynb": notebook("sob"),
        "obriensinéad_203_5004_data_1.csv": b"1",
        "łukaszmüllerjeanluc_204_text.html": b"typed",
    }
    status, printed = collect(
        make_zip(tmp_path / "submissions.zip", files), ASSIGNMENT, "--from", "canvas"
    )
    assert status == 0, printed
    assert handed_in(course, "ann") == {NOTEBOOK: notebook("ann")}
    assert handed_in(course, "zoe") == {NOTEBOOK: notebook("zoe")}
    assert handed_in(course, "sob") == {"answers 2.ipynb": notebook("sob"), "data_1.csv": b"1"}
    assert handed_in(course, "jlp") == {"text.html": b"typed"}
    assert "never late" in printed


def test_the_newest_version_of_the_notebook_is_taken_and_other_files_all_kept(
    course, collect, tmp_path
):
    files = {
        f"leeann_201_5001_{NOTEBOOK}": notebook("first"),
        f"leeann_201_6002_{ASSIGNMENT}-1.ipynb": notebook("second"),
        f"leeann_201_7003_{ASSIGNMENT}-2.ipynb": notebook("third"),
        "leeann_201_5004_data-1.csv": b"1",
        "leeann_201_5005_data-2.csv": b"2",
    }
    status, printed = collect(
        make_zip(tmp_path / "submissions.zip", files), ASSIGNMENT, "--from", "canvas"
    )
    assert status == 0, printed
    assert handed_in(course, "ann") == {
        NOTEBOOK: notebook("third"),
        "data-1.csv": b"1",
        "data-2.csv": b"2",
    }
    assert f"an older {NOTEBOOK} not taken" in printed


def test_the_gradebook_tells_who_a_number_is(course, collect, tmp_path):
    table = make_csv(tmp_path / "grades.csv", [HEAD, *ROWS], ";", "utf-8-sig")
    files = {
        f"annieleeofanothername_201_5001_{NOTEBOOK}": notebook("ann"),
        f"anon_x1y2_5002_{NOTEBOOK}": notebook("?"),
    }
    status, printed = collect(
        *(make_zip(tmp_path / "submissions.zip", files), ASSIGNMENT, "--from", "canvas"),
        *("--csv", table),
    )
    assert status == 1
    assert handed_in(course, "ann") == {NOTEBOOK: notebook("ann")}
    assert "nobody on the roster has this name or number" in printed


def test_without_a_roster_the_gradebooks_logins_are_the_ids(course, collect, tmp_path):
    (course / "gradebook.db").unlink()
    table = make_csv(tmp_path / "grades.csv", [HEAD, *ROWS])
    files = {f"obriensinéad_203_5003_{NOTEBOOK}": notebook()}
    status, printed = collect(
        *(make_zip(tmp_path / "submissions.zip", files), ASSIGNMENT, "--from", "canvas"),
        *("--csv", table),
    )
    assert status == 0, printed
    assert handed_in(course, "sob") == {NOTEBOOK: notebook()}
    assert "2 missing" in printed


def test_another_platforms_csv_is_refused_in_words(course, collect, tmp_path):
    table = make_csv(tmp_path / "x.csv", [["Identifier", "Full name"], ["Participant 1", "Ann"]])
    files = {f"leeann_201_5001_{NOTEBOOK}": notebook()}
    status, printed = collect(
        *(make_zip(tmp_path / "submissions.zip", files), ASSIGNMENT, "--from", "canvas"),
        *("--csv", table),
    )
    assert status == 2
    assert "has no column ID; it has Identifier, Full name. Expected: the file of Grades" in printed
