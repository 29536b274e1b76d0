"""The gradebook in PostgreSQL, on a server that the test starts."""

import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from datetime import timedelta
from pathlib import Path

import pytest
import tiny_course
from nbgrader.api import Gradebook
from ready_run import nbgrader

from autograder.__main__ import main
from autograder.plugin.regrading import beside

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
SERVER = PROGRAMS[-1].parent if PROGRAMS else Path(shutil.which("initdb") or "/none/x").parent
SANDBOX = tiny_course.no_sandbox()
pytestmark = [
    pytest.mark.skipif(not (SERVER / "initdb").exists(), reason="PostgreSQL is not installed"),
    pytest.mark.skipif(bool(SANDBOX), reason=f"no sandbox here: {SANDBOX}"),
]


@pytest.fixture(scope="module")
def server():
    """Start a server on loopback with an empty database; yield its address."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    user = "postgres" if os.geteuid() == 0 else getpass.getuser()  # the server refuses root
    account = pwd.getpwnam(user)
    who = {"user": account.pw_uid, "group": account.pw_gid} if os.geteuid() == 0 else {}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, account.pw_uid, account.pw_gid)

        def run(program: str, *arguments: str) -> None:
            command = [str(SERVER / program), *arguments]
            done = subprocess.run(
                command, cwd=folder, capture_output=True, text=True, check=False, **who
            )
            assert done.returncode == 0, f"{command}: {done.stderr}"

        data, log = f"{folder}/data", f"{folder}/log"
        run("initdb", "-D", data, "-U", "teacher", "--auth=trust", "--encoding=UTF8", "--no-sync")
        settings = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        run("pg_ctl", "-D", data, "-l", log, "-w", "-o", settings, "start")
        try:
            run("createdb", "-h", "127.0.0.1", "-p", port, "-U", "teacher", "course")
            yield f"postgresql+psycopg://teacher@127.0.0.1:{port}/course"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def command(course: Path, *arguments: str) -> None:
    done = nbgrader(course, *arguments)
    assert done.returncode == 0, done.stderr


def test_class_is_graded_into_postgresql(server, tmp_path):
    course = tmp_path / "course"
    course.mkdir()
    config = tiny_course.CONFIG + f"c.CourseDirectory.db_url = {server!r}\n"
    tiny_course.make_course(course, config=config)
    expected = {"ada": 7.0, "ben": 4.0, "cho": 0.0}
    for student, answers in zip(expected, [tiny_course.RIGHT, tiny_course.HALF, {}], strict=True):
        tiny_course.submit(course, student, tiny_course.answered(course, answers))
    command(course, "autograde", tiny_course.NAME)
    assert scores(server) == expected
    assert not list(course.glob("*.db"))
    tiny_course.submit(course, "ben", tiny_course.answered(course))
    command(course, "autograde", tiny_course.NAME, "--force")  # in place of the old results
    assert scores(server) == {**expected, "ben": 7.0}
    command(course, "generate_feedback", tiny_course.NAME)
    page = course / "feedback" / "ada" / tiny_course.NAME / "ps.html"
    assert ">7</span> of 7 points" in page.read_text(encoding="utf-8")


def test_deleted_cells_come_back_from_postgresql(server, tmp_path):
    course = tmp_path / "course"
    course.mkdir()
    config = tiny_course.CONFIG + f"c.CourseDirectory.db_url = {server!r}\n"
    tiny_course.make_course(course, config=config)
    nb = tiny_course.answered(course)
    nb.cells = [
        c for c in nb.cells if c.metadata.get("nbgrader", {}).get("grade_id") != "test-doubled"
    ]
    tiny_course.submit(course, "eve", nb)
    command(course, "autograde", tiny_course.NAME)
    assert scores(server)["eve"] == 7.0


def test_week_is_graded_again_and_back_and_a_student_has_more_time(server, tmp_path, monkeypatch):
    course = tmp_path / "course"
    course.mkdir()
    config = tiny_course.CONFIG + f"c.CourseDirectory.db_url = {server!r}\n"
    tiny_course.make_course(course, config=config)
    tiny_course.submit(course, "gus", tiny_course.answered(course, tiny_course.HALF))
    command(course, "autograde", tiny_course.NAME, "--force")
    monkeypatch.chdir(course)
    monkeypatch.setattr(beside, "nbgrader", lambda f, *a: nbgrader(Path(f), *a).returncode)
    with Gradebook(server) as gradebook:
        gradebook.find_grade(
            "test-doubled", tiny_course.NAME, tiny_course.NAME, "gus"
        ).auto_score = 1
        gradebook.update_or_create_assignment(tiny_course.NAME, duedate="2026-03-02 12:00 UTC")
    before = scores(server)
    assert main(["regrade", tiny_course.NAME]) == 0
    assert scores(server)["gus"] == before["gus"] + 1
    (record,) = (course / "regrades").glob("*.json")
    assert main(["regrade", "--undo", str(record)]) == 0
    assert scores(server) == before
    assert main(["extend", "gus", tiny_course.NAME, "--until", "2026-03-03 12:00 UTC"]) == 0
    with Gradebook(server) as gradebook:
        submission = gradebook.find_submission(tiny_course.NAME, "gus")
        assert submission.extension == timedelta(days=1)


def scores(server: str) -> dict[str, float]:
    with Gradebook(server) as gradebook:
        return {s.student.id: s.score for s in gradebook.assignment_submissions(tiny_course.NAME)}
