"""The same attacks on nbgrader by itself, one by one, each in a throw-away copy of the course.

nbgrader runs student code with its own rights, so all of it runs inside bubblewrap: the system is
read-only, there is no network but the loopback, and the course, /tmp and the home folder are in
memory. An attack that destroys everything there has destroyed the copy.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import asdict, replace
from pathlib import Path

import nbformat
from nbgrader.apps.nbgraderapp import NbGraderApp

from autograder.attacks import course, harness
from autograder.attacks.harness import nbgrader, prepare
from autograder.attacks.login import log_in
from autograder.attacks.targets import ROOT, TARGETS, VAULT, WEEK01, Attack, Target, attacks
from autograder.attacks.verdict import Verdict
from autograder.hall.isolation.bubblewrap import bwrap, python_folders
from autograder.hall.isolation.supervisor import LimitedProcess, Limits

SECONDS = 90.0  # for one attack
ANSWER = "VERDICT "
LIMITS = Limits(memory=3 * 2**30, processes=300, patience=1.0)


def _week01_make(folder: Path) -> None:
    """Make week 1 as a course of nbgrader's own: no exam hall, and no cells that only explore."""
    WEEK01.make(folder)
    config = folder / "nbgrader_config.py"
    lines = config.read_text(encoding="utf-8").splitlines()
    kept = [line for line in lines if "autograder" not in line and "ExamHall" not in line]
    text = "\n".join(line for line in kept if not line.startswith(("configure(", "c.Generate")))
    config.write_text(text + course.STOCK.replace("= 10", "= 40"), encoding="utf-8")
    path = folder / "solutions" / WEEK01.name / f"{WEEK01.name}.ipynb"
    nb = nbformat.read(path, as_version=4)
    nb.cells = [cell for cell in nb.cells if "explore" not in cell.metadata.get("tags", [])]
    nbformat.write(nb, path)


STOCK = {
    VAULT.name: replace(VAULT, make=lambda folder: course.make_course(folder, course.STOCK)),
    WEEK01.name: replace(WEEK01, make=_week01_make),
}


def prepare_stock(folder: Path, target: Target) -> None:
    """Make the course that attacks get copies of: the first honest student is graded already."""
    prepare(folder, target)
    done = nbgrader(folder, "autograde", target.name, "--student=aaa_right", timeout=300)
    if done.returncode:
        raise RuntimeError(f"stock nbgrader cannot grade an honest student:\n{done.stdout[-3000:]}")


def run_stock(attack: Attack, base: Path) -> Verdict:
    """Attack a copy of the course `base`, inside bubblewrap, and return what came of it."""
    verdict, reason = _one_run(attack, base)
    if verdict is None and not reason:
        verdict, reason = _one_run(attack, base)  # ended twice is no accident
    return verdict or Verdict(damage=[reason or "the grader itself was ended"])


def _one_run(attack: Attack, base: Path) -> tuple[Verdict | None, str]:
    """Return the verdict, or None and why the grader was stopped ("": it ended by itself)."""
    process = subprocess.Popen(
        [*_walls(base), sys.executable, "-m", __name__, attack.group, attack.name],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd=ROOT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    watched = LimitedProcess(process, LIMITS)
    try:
        with watched.at_most(SECONDS):
            output = process.stdout.read() if process.stdout else ""
    except (OSError, ValueError):
        output = ""
    finally:
        watched.stop()
    answers = [line for line in output.splitlines() if line.startswith(ANSWER)]
    if not answers:
        return None, watched.reason
    return Verdict(**json.loads(answers[-1].removeprefix(ANSWER))), ""


def _walls(base: Path) -> list[str]:
    args = [str(bwrap()), "--unshare-all", "--die-with-parent", "--new-session"]
    args += ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc"]
    for name in ("/tmp", "/var/tmp", "/dev/shm"):
        args += ["--size", str(512 * 2**20), "--tmpfs", name]
    for folder in [ROOT, *python_folders()]:  # they may lie in /tmp
        args += ["--ro-bind", str(folder), str(folder)]
    args += ["--ro-bind", str(base), "/tmp/base", "--dir", "/tmp/home", "--setenv", "HOME"]
    return [*args, "/tmp/home", "--setenv", "OMP_NUM_THREADS", "1"]


def _inside(group: str, name: str) -> None:
    """Grade one attacker in a copy of the course, and print the verdict."""
    out = os.fdopen(os.dup(1), "w")
    attack = next(a for a in attacks() if (a.group, a.name) == (group, name))
    target, folder = STOCK[attack.target], Path("/tmp/course")
    shutil.copytree("/tmp/base", folder)
    for student in target.right:
        if student != "aaa_right" and (group != "damage" or student != "zzz_right"):
            shutil.rmtree(folder / "submitted" / student, ignore_errors=True)
    setattr(harness, "nbgrader", _forked)  # noqa: B010  (a start of nbgrader takes longer than all the rest)
    outcome = harness.grade_class(
        folder, target, [attack], timeout=SECONDS - 25, feedback=attack.student, stock=True
    )
    verdict = outcome.verdicts[attack.name]
    for trouble in outcome.trouble:
        told = trouble.startswith("heard on")
        told |= trouble.startswith("left behind") and group == "leaks"
        (verdict.leaks if told else verdict.damage).append(trouble)
    with contextlib.suppress(BrokenPipeError):
        out.write(f"\n{ANSWER}{json.dumps(asdict(verdict))}\n")
        out.flush()


def _forked(folder: Path, *arguments: str, timeout: float) -> subprocess.CompletedProcess:
    """Run an nbgrader command in a copy of this process, which has imported nbgrader already."""
    log = Path("/tmp/log")
    process = os.fork()
    if process == 0:
        os.setsid()
        log_in()
        os.chdir(folder)
        os.environ["VAULT_TOKEN"] = course.TOKEN
        descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        failed = 1
        with contextlib.suppress(BaseException):
            NbGraderApp.launch_instance(argv=list(arguments))
            failed = 0
        os._exit(failed)
    end = time.monotonic() + timeout
    status: int | None = None
    while status is None:
        time.sleep(0.1)
        done, code = os.waitpid(process, os.WNOHANG)
        if done:
            status = os.waitstatus_to_exitcode(code)
        elif time.monotonic() > end:
            os.killpg(process, signal.SIGKILL)
    text = log.read_text(errors="replace") if log.exists() else ""
    return subprocess.CompletedProcess(arguments, status, text)


__all__ = ["STOCK", "TARGETS", "prepare_stock", "run_stock"]

if __name__ == "__main__":
    _inside(*sys.argv[1:])
