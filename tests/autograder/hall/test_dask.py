"""A class graded on a dask cluster, on loopback: results, lost workers, refused workers."""

import os
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import tiny_course
from distributed import Client
from nbgrader.api import Gradebook

from autograder.demo import nbgrader
from autograder.hall.executors.course_archive import pack, unpack
from autograder.hall.executors.dask_worker import GradingWorker, WorkerRefused, versions
from autograder.hall.executors.worker_process import PortableJob
from autograder.hall.job import Cell, GradingJob

PROBLEM = tiny_course.no_sandbox()
needs_sandbox = pytest.mark.skipif(bool(PROBLEM), reason=f"no sandbox here: {PROBLEM}")
CLASS = {"ada": tiny_course.RIGHT, "ben": tiny_course.HALF, "cho": {}, "dev": tiny_course.RIGHT}
SLOW = {
    **tiny_course.RIGHT,
    "doubled": "import time\ntime.sleep(1)\n" + tiny_course.RIGHT["doubled"],
}
SHADOW = "raise ImportError('this machine does not have the course')\n"


class Machines:
    """A scheduler and workers, as processes of their own that do not have the course."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.processes = folder, {}
        for name in ("autograder", "aeutils"):
            (folder / "path" / name).mkdir(parents=True)
            (folder / "path" / name / "__init__.py").write_text(SHADOW)
        old = folder / "old" / "nbformat-0.0.1.dist-info"  # what importlib.metadata finds first
        old.mkdir(parents=True)
        (old / "METADATA").write_text("Metadata-Version: 2.1\nName: nbformat\nVersion: 0.0.1\n")
        self.start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0")
        self.address = self._address()

    def start(self, name: str, *arguments: str, old: bool = False) -> subprocess.Popen:
        path = os.pathsep.join(str(self.folder / n) for n in (["old"] if old else []) + ["path"])
        log = open(self.folder / f"{name}.log", "wb")  # noqa: SIM115
        with log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments, "--no-dashboard"],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": path},
                stdout=log,
                stderr=log,
            )
        return self.processes[name]

    def _address(self) -> str:
        for _ in range(300):
            for line in (self.folder / "scheduler.log").read_text().splitlines():
                if "Scheduler at:" in line:
                    return line.split("Scheduler at:")[1].strip()
            time.sleep(0.1)
        raise AssertionError((self.folder / "scheduler.log").read_text())

    def worker(self, name: str, *, old: bool = False) -> subprocess.Popen:
        """Start a worker and wait until the scheduler knows it; an `old` one has an old package."""
        before = self.count()
        room = ["--nthreads", "1", "--no-nanny", "--name", name, "--host", "127.0.0.1"]
        started = self.start(name, "worker", self.address, *room, old=old)
        while self.count() == before:
            assert started.poll() is None, (self.folder / f"{name}.log").read_text()
            time.sleep(0.1)
        return started

    def count(self) -> int:
        with Client(self.address, set_as_default=False) as client:
            return len(client.scheduler_info()["workers"])

    def stop(self) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()


@pytest.fixture
def machines(tmp_path):
    made = Machines(tmp_path)
    yield made
    made.stop()


def make_class(folder: Path, answers: dict[str, dict]) -> Path:
    course = tiny_course.make_course(folder)
    for student, given in answers.items():
        tiny_course.submit(course, student, tiny_course.answered(course, given))
    return course


def configure(course: Path, address: str, patience: float = 20) -> None:
    with (course / "nbgrader_config.py").open("a") as file:
        file.write(f"c.ExamHall.scheduler = {address!r}\n")
        file.write(f"c.ExamHall.scheduler_patience = {patience}\n")


def graded(course: Path) -> dict:
    """Return every student's score and the outputs of all cells."""
    found = {}
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}", None) as gradebook:
        for one in gradebook.assignment_submissions(tiny_course.NAME):
            path = course / "autograded" / one.student.id / tiny_course.NAME / tiny_course.FILE
            cells = nbformat.read(path, as_version=4).cells
            found[one.student.id] = one.score, [c.get("outputs") for c in cells]
    return found


def autograde(course: Path) -> str:
    done = nbgrader(course, "autograde", tiny_course.NAME)
    assert done.returncode == 0, done.stderr
    return done.stderr


@needs_sandbox
def test_two_workers_give_what_this_machine_gives(machines, tmp_path):
    machines.worker("one")
    machines.worker("two")
    course = make_class(tmp_path / "course", CLASS)
    (tiny_course.submitted(course, "ada") / "notes.txt").write_text("beside the notebook")
    autograde(course)
    here = graded(course)
    assert [here[s][0] for s in CLASS] == [7, 4, 0, 7]
    configure(course, machines.address)
    done = nbgrader(course, "autograde", tiny_course.NAME, "--force")
    assert done.returncode == 0
    assert "comes back" not in done.stderr
    assert "not used" not in done.stderr
    assert graded(course) == here
    assert machines.count() == 2


@needs_sandbox
def test_files_beside_a_notebook_travel_with_it(machines, tmp_path):
    machines.worker("one")
    answer = "text = open('notes.txt').read()\n" + tiny_course.RIGHT["vowels"]
    course = make_class(tmp_path / "course", {"ada": {**tiny_course.RIGHT, "vowels": answer}})
    (tiny_course.submitted(course, "ada") / "notes.txt").write_text("x")
    configure(course, machines.address)
    assert "comes back" not in autograde(course)
    assert graded(course)["ada"][0] == 7


@needs_sandbox
@pytest.mark.parametrize("survivors", [1, 0])
def test_killed_workers_lose_nothing(machines, tmp_path, survivors):
    workers = [machines.worker("one"), machines.worker("two")]
    course = make_class(tmp_path / "course", {f"s{i}": SLOW for i in range(6)})
    configure(course, machines.address, patience=4)
    scripts = str(Path(sys.executable).parent)
    run = subprocess.Popen(
        [sys.executable, "-m", "nbgrader", "autograde", tiny_course.NAME],
        cwd=course,
        env={**os.environ, "PATH": scripts + os.pathsep + os.environ["PATH"]},
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (course / "autograded" / "s0" / tiny_course.NAME / tiny_course.FILE).exists():
        assert run.poll() is None, run.stderr.read()
        time.sleep(0.1)
    for worker in workers[survivors:]:
        worker.kill()
    said = run.communicate(timeout=300)[1]
    assert run.returncode == 0, said
    assert {score for score, _ in graded(course).values()} == {7}
    assert len(graded(course)) == 6
    assert ("The rest is graded on this machine" in said) == (survivors == 0)


@needs_sandbox
def test_scheduler_without_workers_is_left_after_a_while(machines, tmp_path):
    course = make_class(tmp_path / "course", {"ada": tiny_course.RIGHT})
    configure(course, machines.address, patience=2)
    said = autograde(course)
    assert "no worker came within 2 seconds" in said
    assert "graded on this machine" in said
    assert graded(course)["ada"][0] == 7


@needs_sandbox
def test_missing_scheduler_is_left_after_a_while(tmp_path):
    course = make_class(tmp_path / "course", {"ada": tiny_course.RIGHT})
    configure(course, "tcp://127.0.0.1:9", patience=2)
    assert "graded on this machine" in autograde(course)
    assert graded(course)["ada"][0] == 7


@needs_sandbox
def test_worker_with_other_versions_is_refused(machines, tmp_path):
    machines.worker("old", old=True)
    course = make_class(tmp_path / "course", CLASS)
    configure(course, machines.address, patience=4)
    said = autograde(course)
    assert "is not used: other versions: nbformat 0.0.1 instead of" in said
    assert "The rest is graded on this machine" in said
    assert [graded(course)[s][0] for s in CLASS] == [7, 4, 0, 7]


@needs_sandbox
def test_another_worker_takes_the_work_of_a_refused_one(machines, tmp_path):
    machines.worker("old", old=True)
    machines.worker("new")
    course = make_class(tmp_path / "course", CLASS)
    configure(course, machines.address)
    said = autograde(course)
    assert "is not used: other versions" in said
    assert "graded on this machine" not in said
    assert [graded(course)[s][0] for s in CLASS] == [7, 4, 0, 7]


# --- what travels ---------------------------------------------------------------------------------


@pytest.fixture
def plugin(tmp_path):
    """A worker's plugin that unpacked a course with one check."""
    code = tmp_path / "from" / "code"
    (code / "checks").mkdir(parents=True)
    (code / "checks" / "week01.py").write_text("LIMIT = 1\n")
    blob = pack({"code": code})
    made = GradingWorker(blob, "week01", (), False, versions())
    made.setup(SimpleNamespace(local_directory=str(tmp_path / "worker")))
    yield made
    made.teardown(None)
    assert not made.folder.exists()


def test_worker_with_the_files_that_were_sent_is_not_refused(plugin):
    assert plugin.refusal() == ""


@pytest.mark.parametrize("damage", ["changed", "deleted"])
def test_worker_with_other_checks_is_refused(plugin, damage):
    check = plugin.folder / "code" / "checks" / "week01.py"
    check.write_text("LIMIT = 2\n") if damage == "changed" else check.unlink()
    assert "code/checks/week01.py is not what the instructor sent" in plugin.refusal()
    with pytest.raises(WorkerRefused, match="other course files"):
        plugin.grade(b"")


def test_old_files_of_the_same_name_are_replaced(plugin, tmp_path):
    extra = plugin.folder / "code" / "sitecustomize.py"
    extra.write_text("LIMIT = 2\n")
    plugin.setup(SimpleNamespace(local_directory=str(tmp_path / "worker")))
    assert not extra.exists()


def test_same_files_make_the_same_archive(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name / "__pycache__").mkdir(parents=True)
        (tmp_path / name / "a.py").write_text("1")
        (tmp_path / name / "b.ipynb").write_text("2")
        (tmp_path / name / "__pycache__" / "a.pyc").write_text(name)
        os.utime(tmp_path / name / "a.py", (10**9, 10**9 + len(list(tmp_path.iterdir()))))
    blob = pack({"code": tmp_path / "one"})
    assert blob == pack({"code": tmp_path / "two"})
    unpack(blob, tmp_path / "out")
    names = [p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*.*")]
    assert sorted(names) == ["code/a.py", "code/b.ipynb"]


def test_job_leaves_this_machines_folders_behind(tmp_path):
    job = GradingJob((Cell("1", "student"),), (), support=tmp_path, scratch=tmp_path)
    portable = PortableJob.of(job, b"")
    assert str(tmp_path) not in repr(portable)
    assert portable.job.cells == job.cells
