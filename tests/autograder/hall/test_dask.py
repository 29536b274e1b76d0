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
from ready_run import nbgrader

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
        self.folder, self.workers = folder, {}
        for name in ("autograder", "aeutils"):
            (folder / "path" / name).mkdir(parents=True)
            (folder / "path" / name / "__init__.py").write_text(SHADOW)
        old = folder / "old" / "nbformat-0.0.1.dist-info"  # what importlib.metadata finds first
        old.mkdir(parents=True)
        (old / "METADATA").write_text("Metadata-Version: 2.1\nName: nbformat\nVersion: 0.0.1\n")
        self.scheduler = self.start("scheduler", "scheduler", "--host", "127.0.0.1", "--port", "0")
        self.address = self._address()
        self.client = Client(self.address, set_as_default=False)

    def start(self, name: str, *arguments: str, old: bool = False) -> subprocess.Popen:
        path = os.pathsep.join(str(self.folder / n) for n in (["old"] if old else []) + ["path"])
        with open(self.folder / f"{name}.log", "wb") as log:
            return subprocess.Popen(
                [sys.executable, "-m", "dask", *arguments, "--no-dashboard"],
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": path},
                stdout=log,
                stderr=log,
            )

    def _address(self) -> str:
        for _ in range(300):
            for line in (self.folder / "scheduler.log").read_text().splitlines():
                if "Scheduler at:" in line:
                    return line.split("Scheduler at:")[1].strip()
            time.sleep(0.1)
        raise AssertionError((self.folder / "scheduler.log").read_text())

    def have(self, *names: str) -> list[subprocess.Popen]:
        """Have these workers and no others, and return them; "old" is one with an old package."""
        for name in list(self.workers):
            if name not in names or self.workers[name].poll() is not None:
                self.workers[name].kill()
                self.workers.pop(name).wait()
        self._wait_for(len(self.workers))  # a name that is still known would be refused
        for name in names:
            if name not in self.workers:
                room = ["--nthreads", "1", "--no-nanny", "--name", name, "--host", "127.0.0.1"]
                started = self.start(name, "worker", self.address, *room, old=name == "old")
                self.workers[name] = started
        self._wait_for(len(names))
        return [self.workers[name] for name in names]

    def _wait_for(self, count: int) -> None:
        while self.count() != count:
            for name, worker in self.workers.items():
                assert worker.poll() is None, (self.folder / f"{name}.log").read_text()
            time.sleep(0.1)

    def count(self) -> int:
        return len(self.client.scheduler_info(n_workers=-1)["workers"])

    def stop(self) -> None:
        self.client.close()
        for process in (*self.workers.values(), self.scheduler):
            process.kill()
            process.wait()


@pytest.fixture(scope="module")
def machines(tmp_path_factory):
    """One cluster for all tests, as instructors have one for a term; each says what it needs."""
    made = Machines(tmp_path_factory.mktemp("machines"))
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


def autograde(course: Path, *options: str) -> str:
    done = nbgrader(course, "autograde", tiny_course.NAME, *options)
    assert done.returncode == 0, done.stderr
    return done.stderr


@needs_sandbox
def test_two_workers_give_what_this_machine_gives(machines, tmp_path):
    reads = "text = open('notes.txt').read()\n"  # a file that travels with the notebook
    answers = {**tiny_course.RIGHT, "vowels": reads + tiny_course.RIGHT["vowels"]}
    course = make_class(tmp_path / "course", {**CLASS, "ada": answers})
    (tiny_course.submitted(course, "ada") / "notes.txt").write_text("beside the notebook")
    autograde(course)
    here = graded(course)
    assert [here[s][0] for s in CLASS] == [7, 4, 0, 7]
    machines.have("one", "two")
    configure(course, machines.address)
    said = autograde(course, "--force")
    assert "comes back" not in said
    assert "not used" not in said
    assert graded(course) == here
    assert machines.count() == 2


@needs_sandbox
@pytest.mark.parametrize("survivors", [1, 0])
def test_killed_workers_lose_nothing(machines, tmp_path, survivors):
    workers = machines.have("one", "two")
    course = make_class(tmp_path / "course", {f"s{i}": SLOW for i in range(6)})
    configure(course, machines.address, patience=4)
    run = tiny_course.start(course, "autograde", tiny_course.NAME)
    while not (course / "autograded" / "s0" / tiny_course.NAME / tiny_course.FILE).exists():
        assert run.poll() is None, tiny_course.words(course)
        time.sleep(0.1)
    for worker in workers[survivors:]:
        worker.kill()
    assert tiny_course.finish(run, 300) == 0, tiny_course.words(course)
    assert {score for score, _ in graded(course).values()} == {7}
    assert len(graded(course)) == 6
    said = tiny_course.words(course)
    assert ("The rest is graded on this machine" in said) == (survivors == 0)


@needs_sandbox
def test_scheduler_without_workers_is_left_after_a_while(machines, tmp_path):
    machines.have()
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
def test_worker_with_other_versions_is_refused_and_another_takes_its_work(machines, tmp_path):
    machines.have("old")
    course = make_class(tmp_path / "course", CLASS)
    configure(course, machines.address, patience=4)
    said = autograde(course)
    assert "is not used: other versions: nbformat 0.0.1 instead of" in said
    assert "The rest is graded on this machine" in said
    assert [graded(course)[s][0] for s in CLASS] == [7, 4, 0, 7]
    machines.have("old", "new")
    configure(course, machines.address)
    said = autograde(course, "--force")
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
