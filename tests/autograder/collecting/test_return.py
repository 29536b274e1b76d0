"""Feedback pages go back under the names by which the platform knows whose they are."""

import zipfile

import pytest
from downloads import ASSIGNMENT, NOTEBOOK, make_zip, notebook

PAGE = f"{ASSIGNMENT}.html"
DOWNLOADS = {
    "moodle": {
        "ann": (
            f"Ann Lee_101_assignsubmission_file_/{NOTEBOOK}",
            f"Ann Lee_101_assignsubmission_file_/{PAGE}",
        ),
        "zoe": (
            f"Zoë García Márquez_102_assignsubmission_file_/a/b/{NOTEBOOK}",
            f"Zoë García Márquez_102_assignsubmission_file_/{PAGE}",
        ),
        "sob": (
            f"Sinéad OBrien_103_assignsubmission_file_{NOTEBOOK}",
            f"Sinéad OBrien_103_assignsubmission_file_{PAGE}",
        ),
        "jlp": (
            f"Jean-Luc Łukasz-Müller_104_assignsubmission_file/{NOTEBOOK}",
            f"Jean-Luc Łukasz-Müller_104_assignsubmission_file/{PAGE}",
        ),
        "bob": (
            "Bob Doe_105_assignsubmission_onlinetext_/onlinetext.html",
            f"Bob Doe_105_assignsubmission_file_/{PAGE}",
        ),
    },
    "canvas": {
        "ann": (f"leeann_201_5001_{NOTEBOOK}", f"leeann_201_5001_{PAGE}"),
        "zoe": (
            f"garcíamárquezzoë_LATE_202_5002_{ASSIGNMENT}-1.ipynb",
            f"garcíamárquezzoë_LATE_202_5002_{PAGE}",
        ),
        "sob": ("obriensinéad_203_5003_my 1_2.ipynb", f"obriensinéad_203_5003_{PAGE}"),
    },
}


def give_feedback(course, students, text="feedback for"):
    for student in students:
        folder = course / "feedback" / student / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PAGE).write_text(f"{text} {student}", encoding="utf-8")


def packed(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name).decode() for name in archive.namelist()}


@pytest.fixture(params=DOWNLOADS)
def platform(request):
    return request.param


@pytest.fixture
def download(platform, tmp_path):
    files = {name: notebook() for name, _ in DOWNLOADS[platform].values()}
    return make_zip(tmp_path / "download.zip", files)


def test_what_was_collected_goes_back(course, collect, platform, download):
    assert collect(download, ASSIGNMENT, "--from", platform)[0] == 0
    give_feedback(course, DOWNLOADS[platform])
    status, printed = collect(ASSIGNMENT, "--return", platform)
    assert status == 0, printed
    assert packed(course / f"feedback-{ASSIGNMENT}-{platform}.zip") == {
        back: f"feedback for {student}" for student, (_, back) in DOWNLOADS[platform].items()
    }


def test_the_download_itself_says_where_without_a_record(
    course, collect, platform, download, tmp_path
):
    give_feedback(course, DOWNLOADS[platform])
    output = tmp_path / "back.zip"
    status, printed = collect(download, ASSIGNMENT, "--return", platform, "--output", output)
    assert status == 0, printed
    assert set(packed(output)) == {back for _, back in DOWNLOADS[platform].values()}
    assert not (course / "submitted").exists()


def test_a_student_without_a_page_is_named(course, collect, platform, download):
    collect(download, ASSIGNMENT, "--from", platform)
    give_feedback(course, ["ann"])
    status, printed = collect(ASSIGNMENT, "--return", platform)
    assert status == 1
    assert "run nbgrader generate_feedback" in printed
    assert len(packed(course / f"feedback-{ASSIGNMENT}-{platform}.zip")) == 1


def test_a_zip_that_is_there_is_not_overwritten_unless_told(course, collect, platform, download):
    collect(download, ASSIGNMENT, "--from", platform)
    give_feedback(course, DOWNLOADS[platform])
    collect(ASSIGNMENT, "--return", platform)
    give_feedback(course, DOWNLOADS[platform], "better feedback for")
    status, printed = collect(ASSIGNMENT, "--return", platform)
    assert status == 2
    assert "is there already. Name another with --output, or --overwrite" in printed
    assert collect(ASSIGNMENT, "--return", platform, "--overwrite")[0] == 0
    pages = packed(course / f"feedback-{ASSIGNMENT}-{platform}.zip").values()
    assert all(page.startswith("better") for page in pages)


def test_before_anything_was_collected_it_says_what_to_do(course, collect, platform):
    status, printed = collect(ASSIGNMENT, "--return", platform)
    assert status == 2
    assert f"Expected: to collect it first (--from {platform}), or the download itself" in printed


def test_a_damaged_record_is_said(course, collect, platform):
    (course / "submitted" / ".collected").mkdir(parents=True)
    (course / "submitted" / ".collected" / f"{ASSIGNMENT}.json").write_text("{")
    status, printed = collect(ASSIGNMENT, "--return", platform)
    assert status == 2
    assert "is damaged" in printed


def test_a_student_who_typed_text_on_canvas_has_no_place(course, collect, tmp_path):
    files = {"leeann_201_text.html": b"typed", f"doebob_205_5001_{NOTEBOOK}": notebook()}
    zipped = make_zip(tmp_path / "x.zip", files)
    collect(zipped, ASSIGNMENT, "--from", "canvas")
    give_feedback(course, ["ann", "bob"])
    status, printed = collect(ASSIGNMENT, "--return", "canvas")
    assert status == 1
    assert "there is no place to return it" in printed
