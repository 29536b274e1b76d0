"""Grades a class in which attackers sit among honest students, and judges what each one reached.

A *cell attack* is a file whose whole text becomes the first cell of an otherwise blank submission.
A *notebook attack* is a file with a function ``submission(nb, folder)``, which changes the blank
notebook or returns another one (or raw text or bytes for the file), and may put files beside it.
"""

from __future__ import annotations

import ast
import ctypes
import hashlib
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import nbformat
import psutil
from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.utils import is_grade

from autograder.attacks import course
from autograder.demo import ASSIGNMENT as WEEK
from autograder.demo import set_up
from autograder.simulated import solve

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
GROUPS = ("marks", "leaks", "damage")
PORT = 47190  # where the harness listens, on TCP and UDP
SOCKET = "\0vault-ears"
LOOT = "vault-loot"  # how attacks name files that they leave
BROKEN = "VAULT-BROKEN"  # printed by attacks that see for themselves that they got through
PATIENCE = 60.0  # seconds that one submission may keep a grader busy
LARGEST = 20 * 2**20  # bytes of one feedback page


@dataclass(frozen=True)
class Attack:
    """One file of the corpus."""

    path: Path
    tries: str
    target: str = course.ASSIGNMENT
    earns: float = 0.0

    @property
    def group(self) -> str:
        """What it is after: marks, leaks or damage."""
        return self.path.parent.name

    @property
    def name(self) -> str:
        """The name of the file."""
        return self.path.stem

    @property
    def student(self) -> str:
        """The name under which it is handed in."""
        return f"att_{self.name}"


@dataclass
class Verdict:
    """What an attack reached."""

    score: float | None = None
    seconds: float = 0.0
    marks: list[str] = field(default_factory=list)
    leaks: list[str] = field(default_factory=list)
    damage: list[str] = field(default_factory=list)
    own_loss: list[str] = field(default_factory=list)  # harm that only the attacker suffers

    @property
    def stopped(self) -> bool:
        """Whether it reached nothing."""
        return not (self.marks or self.leaks or self.damage)

    @property
    def word(self) -> str:
        """The worst that it reached, in a word or two."""
        if self.marks:
            return self.marks[0]
        return "leaked" if self.leaks else "damage" if self.damage else "stopped"

    @property
    def reached(self) -> str:
        """All that it reached."""
        return "; ".join([*self.marks, *self.leaks, *self.damage, *self.own_loss])


@dataclass(frozen=True)
class Target:
    """An assignment that is attacked.

    Attributes:
        name: of the assignment; the notebook is called the same.
        full: its points.
        source: folder of the instructor's version in the course folder.
        make: writes the course into an empty folder.
        honest: gives the notebooks of honest students.
        right: what these earn.
        secrets: texts that no student may get to see.
    """

    name: str
    full: float
    source: str
    make: Callable[[Path], None]
    honest: Callable[[NotebookNode, Path], dict[str, NotebookNode]]
    right: dict[str, float]
    secrets: tuple[str, ...]


def _vault_honest(release: NotebookNode, _: Path) -> dict[str, NotebookNode]:
    return course.honest(release)


VAULT = Target(
    name=course.ASSIGNMENT,
    full=course.FULL,
    source="source",
    make=course.make_course,
    honest=_vault_honest,
    right={
        "aaa_right": course.FULL,
        "mmm_half": sum(course.HALF.values()),
        "zzz_right": course.FULL,
    },
    secrets=(
        course.SECRET_NUMBER,
        f"line {course.SECRET_NUMBER[:5]}",
        f"raised N{course.SECRET_NUMBER[:3]}",
        course.DIARY,
        course.TOKEN,
    ),
)


def _week01_make(folder: Path) -> None:
    set_up(ROOT, folder, "\nc.ExamHall.cell_seconds = 20\n")


def _week01_honest(release: NotebookNode, folder: Path) -> dict[str, NotebookNode]:
    path = folder / "solutions" / WEEK / f"{WEEK}.ipynb"
    right = solve(release, nbformat.read(path, as_version=4))
    return {"aaa_right": right, "zzz_right": course.copy(right)}


WEEK01 = Target(
    name=WEEK,
    full=24.0,
    source="solutions",
    make=_week01_make,
    honest=_week01_honest,
    right={"aaa_right": 24.0, "zzz_right": 24.0},
    secrets=("constructed subspaces", "the same S and V", course.TOKEN),
)
TARGETS = {target.name: target for target in (VAULT, WEEK01)}


def attacks(target: str | None = None) -> list[Attack]:
    """Return the corpus, or what is aimed at one target."""
    found = []
    for group in GROUPS:
        for path in sorted((HERE / group).glob("*.py")):
            text = path.read_text(encoding="utf-8")
            tries = (ast.get_docstring(ast.parse(text)) or "").split("\n")[0]
            header = dict(re.findall(r"^# (target|earns): *(\S+)", text, re.MULTILINE))
            attack = Attack(
                path, tries, header.get("target", course.ASSIGNMENT), float(header.get("earns", 0))
            )
            if target in (None, attack.target):
                found.append(attack)
    return found


# --- the class ------------------------------------------------------------------------------------


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
    nb: object = course.copy(release)
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


def fingerprint(folder: Path) -> str:
    """Return a hash of all files and links below a folder (of giants, their size)."""
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        total.update(str(path.relative_to(folder)).encode("utf-8", "surrogateescape"))
        if path.is_symlink():
            total.update(os.readlink(path).encode())
        elif path.is_file():
            size = path.stat().st_size
            total.update(path.read_bytes() if size < 50 * 2**20 else str(size).encode())
    return total.hexdigest()


# --- what attackers would be caught at ------------------------------------------------------------


class Ears:
    """Listens where a sandboxed process might speak to the world: TCP, UDP, an abstract socket."""

    def __init__(self) -> None:
        self.heard: list[str] = []
        self._quit = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Ears:
        kinds = [
            ("the loopback network (TCP)", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", PORT)),
            ("the loopback network (UDP)", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", PORT)),
        ]
        if sys.platform == "linux":
            kinds.append(("an abstract socket", socket.AF_UNIX, socket.SOCK_STREAM, SOCKET))
        for name, family, kind, address in kinds:
            ear = socket.socket(family, kind)
            try:
                ear.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                ear.bind(address)
                if kind == socket.SOCK_STREAM:
                    ear.listen()
            except OSError as taken:
                ear.close()
                print(f"nobody listens on {name}: {taken}", file=sys.stderr)
                continue
            ear.settimeout(0.2)
            self._threads.append(threading.Thread(target=self._listen, args=(name, ear, kind)))
            self._threads[-1].start()
        return self

    def _listen(self, name: str, ear: socket.socket, kind: int) -> None:
        with ear:
            while not self._quit.is_set():
                with suppress(OSError):  # TimeoutError above all
                    if kind == socket.SOCK_STREAM:
                        ear.accept()[0].close()
                    else:
                        ear.recvfrom(65536)
                    self.heard.append(name)

    def __exit__(self, *_: object) -> None:
        self._quit.set()
        for thread in self._threads:
            thread.join()


@contextmanager
def adopting() -> Iterator[None]:
    """Become the parent of processes that lose theirs, so that leftovers can be found."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    if libc is not None:
        libc.prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER
    try:
        yield
    finally:
        if libc is not None:
            libc.prctl(36, 0, 0, 0, 0)


def leftovers(before: set[int]) -> list[str]:
    """Return the processes that outlive the grading (after three seconds' grace), and end them."""
    end = time.monotonic() + 3
    while True:
        found = [
            p
            for p in psutil.Process().children(recursive=True)
            if p.pid not in before and p.status() != psutil.STATUS_ZOMBIE
        ]
        if not found or time.monotonic() > end:
            break
        time.sleep(0.2)
    names = []
    for process in found:
        with suppress(psutil.Error):
            program, *rest = process.cmdline() or [process.name()]
            names.append(" ".join([Path(program).name, *rest])[:80])  # not where it is installed
            process.kill()
    return names


def loot() -> list[Path]:
    """Return the files that attacks left in places that other students' code might read."""
    places = [Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path.home()]
    return [path for folder in places if folder.is_dir() for path in folder.glob(f"{LOOT}*")]


class Scripts(HTMLParser):
    """Finds what would run in the browser of whoever opens a page, among what an attack wrote."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []
        self._script = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at an element and its attributes."""
        self._script = tag if tag in ("script", "style") else ""
        for name, value in attrs:
            value = value or ""
            if "vault" not in value.lower():
                continue
            address = re.sub(r"[\x00-\x20]", "", value).lower()
            runs = name.startswith("on") or name == "srcdoc"
            runs |= address.startswith(
                ("javascript:", "vbscript:", "data:text/html", "data:image/svg")
            )
            runs |= tag in ("iframe", "object", "embed", "base", "meta", "form", "link", "svg")
            runs |= tag == "img" and address.startswith(("http:", "https:", "//"))
            if runs:
                self.found.append(f"{tag} {name}")

    def handle_data(self, data: str) -> None:
        """Look at the text of scripts."""
        if self._script and "vaultscript" in data:
            self.found.append(self._script)

    def handle_endtag(self, tag: str) -> None:
        """Leave an element."""
        self._script = ""


# --- judging --------------------------------------------------------------------------------------


def page(folder: Path, student: str, assignment: str) -> Path:
    """Return the path of a student's feedback page."""
    return folder / "feedback" / student / assignment / f"{assignment}.html"


def scores(folder: Path, assignment: str) -> dict[str, float]:
    """Return every graded student's score; nothing if the gradebook cannot be read."""
    found = {}
    try:
        with Gradebook(f"sqlite:///{folder / 'gradebook.db'}", None) as gradebook:
            for student in gradebook.students:
                with suppress(MissingEntry):
                    submission = gradebook.find_submission(assignment, student.id)
                    found[student.id] = submission.score
    except Exception as broken:  # destroyed by an attack
        print(f"the gradebook cannot be read: {broken}", file=sys.stderr)
    return found


def outputs(path: Path, tests: bool = True) -> str:
    """Return all that a graded notebook's cells show; of tests, if asked, only what they print."""
    try:
        nb = nbformat.read(path, as_version=4)
    except Exception:
        return ""
    shown = [
        str(output)
        for cell in nb.cells
        for output in cell.get("outputs", [])
        if tests or output.output_type == "stream" or not is_grade(cell)
    ]
    return "\n".join(shown)


def printed(path: Path) -> str:
    """Return what a graded notebook's cells printed."""
    try:
        nb = nbformat.read(path, as_version=4)
    except Exception:
        return ""
    shown = [o for cell in nb.cells for o in cell.get("outputs", []) if o.output_type == "stream"]
    return "\n".join(str(o.text) for o in shown)


def judge(
    attack: Attack, folder: Path, target: Target, score: float | None, stock: bool = False
) -> Verdict:
    """Judge what one attacker got, from its graded notebook and its feedback page.

    Args:
        attack: the attack.
        folder: the course folder.
        target: the assignment.
        score: the attacker's, or None if it was not graded.
        stock: whether this is nbgrader by itself, whose feedback shows everybody the hidden tests:
            only what an attack brought to light is held against it.
    """
    verdict = Verdict(score)
    ungraded = verdict.own_loss if stock else verdict.damage  # this grader owes everybody a page
    if score is None:
        ungraded.append("not graded")
    elif not score <= attack.earns + 1e-9:
        full = score >= target.full - 1e-9
        verdict.marks.append("full marks" if full else f"{score:g} of {target.full:g} marks")
    path = page(folder, attack.student, target.name)
    graded = folder / "autograded" / attack.student / target.name / f"{target.name}.ipynb"
    shown = outputs(graded, tests=not stock)
    if path.exists():
        if path.stat().st_size > LARGEST:
            verdict.damage.append(f"a feedback page of {path.stat().st_size / 2**20:.0f} MB")
        html = path.read_text(encoding="utf-8", errors="replace")
        scripts = Scripts()
        scripts.feed(html)
        if scripts.found:
            verdict.leaks.append(f"a script on the feedback page ({', '.join(scripts.found[:3])})")
        if not stock:
            shown += html
    else:
        ungraded.append("no feedback page")
    for secret in target.secrets:
        if secret in shown:
            verdict.leaks.append(f"shows {secret!r}")
    if not stock and "HIDDEN TESTS" in shown:
        verdict.leaks.append("shows a hidden region")
    verdict.damage += re.findall(f"^{BROKEN}:? ?(.*)", printed(graded), re.MULTILINE)[:1]
    return verdict


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
