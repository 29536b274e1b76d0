"""Grades a class in which attackers sit among honest students."""

from __future__ import annotations

import os
import re
import runpy
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import nbformat
import psutil
from nbformat import NotebookNode

from autograder.attacks import course
from autograder.attacks.evidence import Ears, adopting, fingerprint, leftovers, loot
from autograder.attacks.targets import Attack, Target
from autograder.attacks.verdict import Verdict, judge, page, scores

PATIENCE = 60.0  # seconds that one submission may keep a grader busy


def nbgrader(folder: Path, *arguments: str, timeout: float = 3600) -> subprocess.CompletedProcess:
    """Run one nbgrader command in a course folder; one that never ends is killed (status -9)."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    process = subprocess.Popen(
        [sys.executable, "-m", "autograder.attacks.login", *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", "VAULT_TOKEN": course.TOKEN},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        with suppress(OSError):
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        output, _ = process.communicate()
    return subprocess.CompletedProcess(arguments, process.returncode, output)


def prepare(folder: Path, target: Target) -> None:
    """Make the course, release the assignment and hand in the honest students' notebooks."""
    target.make(folder)
    done = nbgrader(folder, "generate_assignment", target.name)
    if done.returncode:
        raise RuntimeError(f"generate_assignment failed:\n{done.stdout[-3000:]}")
    release = read_release(folder, target)
    for student, nb in target.honest(release, folder).items():
        nbformat.write(nb, place(folder, student, target.name))


def read_release(folder: Path, target: Target) -> NotebookNode:
    """Return the notebook that students get."""
    found = [folder / f / target.name / f"{target.name}.ipynb" for f in ("release", "notebooks")]
    return nbformat.read(next(path for path in found if path.exists()), as_version=4)


def place(folder: Path, student: str, assignment: str) -> Path:
    """Return where a student's notebook goes, and make the folder."""
    path = folder / "submitted" / student / assignment / f"{assignment}.ipynb"
    path.parent.mkdir(parents=True, exist_ok=True)
    return path


def hand_in(attack: Attack, release: NotebookNode, folder: Path) -> None:
    """Write an attacker's submission."""
    path = place(folder, attack.student, attack.target)
    nb: Any = course.copy(release)
    text = attack.path.read_text(encoding="utf-8")
    if re.search(r"^def submission\(", text, re.MULTILINE):
        made = runpy.run_path(str(attack.path))["submission"](nb, path.parent)
        nb = nb if made is None else made
    else:
        course.first(nb, text)
    if path.exists() or path.is_symlink():
        return  # the attack made something of its own
    if isinstance(nb, bytes):
        path.write_bytes(nb)
    elif isinstance(nb, str):
        path.write_text(nb, encoding="utf-8")
    else:
        path.write_text(nbformat.writes(nb, version=nbformat.NO_CONVERT), encoding="utf-8")


@dataclass
class Outcome:
    """A class after grading: a verdict for each attack, and what befell the others."""

    folder: Path
    verdicts: dict[str, Verdict] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)  # harm that cannot be laid at one door
    log: str = ""
    seconds: float = 0.0


def run_class(folder: Path, target: Target, chosen: list[Attack], timeout: float = 3600) -> Outcome:
    """Grade a class of honest students and attackers once, and judge every attack.

    Args:
        folder: an empty folder, which becomes the course.
        target: the assignment.
        chosen: attacks on this assignment.
        timeout: seconds for the whole class; attackers not graded by then were not stopped.
    """
    prepare(folder, target)
    return grade_class(folder, target, chosen, timeout)


def grade_class(
    folder: Path,
    target: Target,
    chosen: list[Attack],
    timeout: float = 3600,
    feedback: str = "*",
    stock: bool = False,
) -> Outcome:
    """Grade the attackers in a prepared course, and judge every attack.

    Args:
        folder: the course, with the honest students' submissions.
        target: the assignment.
        chosen: attacks on it.
        timeout: seconds for each nbgrader command.
        feedback: of which students to make feedback pages.
        stock: whether this is nbgrader by itself.
    """
    outcome, start = Outcome(folder), time.monotonic()
    release, broken = read_release(folder, target), {}
    for attack in chosen:
        try:
            hand_in(attack, release, folder)
        except Exception as error:
            broken[attack.name] = f"could not be handed in: {error!r}"
    for old in loot():
        old.unlink()
    watched = [folder / name for name in ("submitted", target.source)]
    before = [fingerprint(path) for path in watched]
    known = {p.pid for p in psutil.Process().children(recursive=True)}
    began = time.time()
    with adopting(), Ears() as ears:
        for command in (["autograde"], ["generate_feedback", f"--student={feedback}"]):
            done = nbgrader(folder, *command, f"--assignment={target.name}", timeout=timeout)
            outcome.log += done.stdout
            if done.returncode < 0:
                outcome.trouble.append(f"{command[0]} was ended by signal {-done.returncode}")
        outcome.trouble += [f"left running: {name}" for name in leftovers(known)]
        outcome.trouble += [f"heard on {name}" for name in sorted(set(ears.heard))]
    outcome.trouble += [f"left behind: {path}" for path in loot()]
    for path, print_before in zip(watched, before, strict=True):
        if not path.is_dir() or fingerprint(path) != print_before:
            outcome.trouble.append(f"{path.name}/ was changed")
    got = scores(folder, target.name)
    for student, right in target.right.items():
        if not (folder / "submitted" / student).is_dir():
            continue
        if abs(got.get(student, -1.0) - right) > 1e-9:
            outcome.trouble.append(f"{student} got {got.get(student)} points instead of {right:g}")
        if feedback == "*" and not page(folder, student, target.name).exists():
            outcome.trouble.append(f"{student} has no feedback page")
    times = _durations(folder, target, began)
    for attack in chosen:
        verdict = judge(attack, folder, target, got.get(attack.student), stock)
        verdict.seconds = times.get(attack.student, 0.0)
        if verdict.seconds > PATIENCE:
            verdict.damage.append(f"kept the grader busy for {verdict.seconds:.0f} seconds")
        if attack.name in broken:
            verdict = Verdict(damage=[broken[attack.name]])
        outcome.verdicts[attack.name] = verdict
    outcome.seconds = time.monotonic() - start
    return outcome


def _durations(folder: Path, target: Target, began: float) -> dict[str, float]:
    """Return how long each student's grading took: they are graded one after the other."""
    ends = {
        path.parent.parent.name: path.stat().st_mtime
        for path in folder.glob(f"autograded/*/{target.name}/{target.name}.ipynb")
    }
    found, last = {}, began
    for student, end in sorted(ends.items(), key=lambda item: item[1]):
        if end > began:  # not graded by an earlier run
            found[student], last = end - last, end
    return found
