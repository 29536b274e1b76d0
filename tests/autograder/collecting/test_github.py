"""Clones of GitHub Classroom, collected."""

import os
import subprocess

import pytest
from downloads import ASSIGNMENT, NOTEBOOK, handed_in, make_csv, notebook

ROSTER = [
    ["identifier", "github_username", "github_id", "name"],
    ["ann", "ann-lee-99", "1", "Ann Lee"],
    ["zoe@example.org", "zgm", "2", ""],
    ["O'Brien, Sinéad", "Lee", "3", ""],
    ["bob", "", "", ""],
]


def clone(folder, time="2026-03-03T14:00:00+01:00"):
    folder.mkdir(parents=True)
    (folder / NOTEBOOK).write_bytes(notebook(folder.name))
    git = {
        **os.environ,
        **{
            f"GIT_{who}_{what}": "x"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        },
        **{"GIT_AUTHOR_DATE": time, "GIT_COMMITTER_DATE": time},
    }
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "work"]):
        subprocess.run(["git", *command], cwd=folder, env=git, check=True)


@pytest.fixture
def clones(tmp_path):
    folder = tmp_path / "pca-submissions"
    for login in ("ann-lee-99", "zgm", "Lee"):
        clone(folder / f"pca-{login}")
    return folder


def test_the_rosters_logins_and_the_commits_times(course, collect, clones, tmp_path):
    table = make_csv(tmp_path / "classroom_roster.csv", ROSTER)
    status, printed = collect(clones, ASSIGNMENT, "--from", "github-classroom", "--csv", table)
    assert status == 0, printed
    assert handed_in(course, "ann") == {
        NOTEBOOK: notebook("pca-ann-lee-99"),
        "timestamp.txt": b"2026-03-03 13:00:00 UTC",
    }
    assert handed_in(course, "sob")[NOTEBOOK] == notebook("pca-Lee")
    assert "zoe" in printed
    assert "Times of commits are set by students' own computers" in printed


def test_githubs_own_time_counts_before_the_commits(course, collect, clones, tmp_path):
    head = [
        *("assignment_name", "github_username", "roster_identifier"),
        *("student_repository_name", "submission_timestamp", "points_awarded"),
    ]
    rows = [["pca", "ann-lee-99", "ann", "pca-ann-lee-99", "2026-03-08T10:00:00Z", "0"]]
    table = make_csv(tmp_path / "grades.csv", [head, *rows])
    _, printed = collect(clones, ASSIGNMENT, "--from", "github-classroom", "--csv", table)
    assert handed_in(course, "ann")["timestamp.txt"] == b"2026-03-08 10:00:00 UTC"
    assert "platform's CSV" in printed


def test_without_the_classrooms_name_a_login_with_a_hyphen_is_not_guessed(
    course, collect, tmp_path
):
    clone(tmp_path / "all" / "pca-ann-lee")
    people = make_csv(tmp_path / "s.csv", [["id"], ["lee"], ["ann-lee"], ["bob"]])
    clone(tmp_path / "all" / "pca-bob")
    status, printed = collect(
        tmp_path / "all", ASSIGNMENT, "--from", "github-classroom", "--roster", people
    )
    assert status == 1
    assert handed_in(course, "bob")
    assert not handed_in(course, "lee")
    assert not handed_in(course, "ann-lee")
    assert "Not collected" in printed


def test_a_repositorys_own_programs_are_not_run(course, collect, clones, tmp_path):
    trace = tmp_path / "trace"
    script = tmp_path / "script.sh"
    script.write_text(f"#!/bin/sh\ntouch {trace}\ncat\n")
    script.chmod(0o755)
    for key in ("core.fsmonitor", "core.pager", "gpg.program", "core.sshCommand"):
        subprocess.run(["git", "config", key, str(script)], cwd=clones / "pca-zgm", check=True)
    subprocess.run(
        ["git", "config", "log.showSignature", "true"], cwd=clones / "pca-zgm", check=True
    )
    table = make_csv(tmp_path / "classroom_roster.csv", ROSTER)
    collect(clones, ASSIGNMENT, "--from", "github-classroom", "--csv", table)
    assert handed_in(course, "zoe")["timestamp.txt"] == b"2026-03-03 13:00:00 UTC"
    assert not trace.exists()
