"""Which of the submitted files is the notebook that was asked for.

First the file of the very name, then the one that holds the most of the assignment's exercises,
then the newest. A file that cannot be read, or in which nothing was answered, gives way to one that
can and was: nothing readable is graded 0 because of a name.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from nbformat import NotebookNode

from autograder.plugin.reading.archives import OTHER_KINDS, CannotOpen, is_archive, unpack
from autograder.plugin.reading.decoding import Unreadable, parse
from autograder.plugin.reading.files import LARGEST, irregular, is_litter, walk
from autograder.plugin.reading.repair import repair
from autograder.plugin.releases import Release

MOST_CANDIDATES = 40  # files that are opened to see whether they are a notebook
MOST_ARCHIVES = 5
ENDINGS = (".json", ".gz")


@dataclass
class Found:
    """A submitted file that may be the notebook.

    Attributes:
        path: where it lies.
        shown: its path as its author knows it, archives included.
        nb: the notebook, or None.
        problem: why there is none; can be read after the file's name.
        remarks: what had to be assumed to read it.
        answered: number of exercises whose answer differs from the stub.
        held: number of exercises of which there is a cell.
    """

    path: Path
    shown: Path
    nb: NotebookNode | None = None
    problem: str = ""
    remarks: list[str] = field(default_factory=list)
    answered: int = 0
    held: int = 0


@dataclass
class Choice:
    """What was taken for a notebook that was asked for.

    Attributes:
        found: the file; None if there is nothing usable.
        remarks: what was assumed, for the student and the instructor.
        problem: if there is nothing usable, what there is instead and what to hand in.
    """

    found: Found | None
    remarks: list[str]
    problem: str = ""


class Folder:
    """The files of one submission, archives opened when they are needed.

    Args:
        submitted: the folder as it was handed in.
        scratch: where archives are unpacked; it is removed by the caller.
    """

    def __init__(self, submitted: Path, scratch: Path) -> None:
        self.submitted, self.scratch = submitted, scratch
        self.notes: list[str] = []  # for the instructor's log
        self.locked: list[str] = []  # archives that could not be opened, and why
        self.files: list[tuple[Path, Path]] = [  # (where it lies, path as its author knows it)
            (path, path.relative_to(submitted)) for path in walk(submitted)
        ]
        self._opened: set[Path] = set()
        self._read: dict[Path, Found] = {}

    def choose(self, name: str, release: Release, others: frozenset[str]) -> Choice:
        """Return the file that is the notebook `name`.

        Args:
            name: file name of the notebook that was asked for.
            release: what was released under that name.
            others: names of the assignment's other notebooks, which are not taken for this one.
        """
        exact = self._exact(name)
        if exact is not None:
            first = self._look(*exact, release)
            if first.nb is not None and first.answered:
                return Choice(first, [*first.remarks, *self._not_looked_at(name, others)])
        self._open_archives()
        candidates = self._candidates(name, release, others)
        good = [f for f in candidates if f.nb is not None and (f.held or f.shown == Path(name))]
        good.sort(key=lambda f: _rank(f, name), reverse=True)
        if exact is not None and first.nb is not None and (not good or not good[0].answered):
            return Choice(first, first.remarks)
        if not good:
            return Choice(None, [], self._nothing_usable(name, candidates))
        taken = good[0]
        return Choice(
            taken,
            [
                _taken(taken, [f for f in candidates if f is not taken], name, exact is not None),
                *taken.remarks,
            ],
        )

    def _not_looked_at(self, name: str, others: frozenset[str]) -> list[str]:
        """Name the other notebooks, where the one asked for is there."""
        left = [
            str(shown)
            for _, shown in self.files
            if shown.name.lower().endswith(".ipynb")
            and not is_litter(shown)
            and shown.name not in others
            and shown != Path(name)
        ]
        return [f"{name} was graded; not looked at: {_listed(left)}"] if left else []

    def _exact(self, name: str) -> tuple[Path, Path] | None:
        path = self.submitted / name
        return next((file for file in self.files if file[0] == path), None)

    def _look(self, path: Path, shown: Path, release: Release) -> Found:
        """Read a file, once, and count the exercises in it."""
        if path in self._read:
            return self._read[path]
        found = self._read[path] = Found(path, shown)
        if problem := irregular(path):
            advice = "Hand in the notebook itself"
            if "MB" in problem:
                advice = "In JupyterLab, choose Edit > Clear Outputs of All Cells and save"
            found.problem = f"{problem}, not a notebook. {advice}."
        else:
            try:
                said, remarks = parse(path.read_bytes())
                found.nb, more = repair(said)
                found.remarks = [*remarks, *more]
            except Unreadable as reason:
                found.problem = str(reason)
            except OSError as error:
                found.problem = f"could not be read ({error.strerror})"
        if found.nb is not None:
            found.held, found.answered = release.exercises_in(found.nb)
        return found

    def _open_archives(self) -> None:
        """Unpack archives, and archives in archives, a few at most."""
        waiting = [f for f in self.files if is_archive(f[1]) and not is_litter(f[1])]
        while waiting and len(self._opened) < MOST_ARCHIVES:
            path, shown = waiting.pop(0)
            if path in self._opened:
                continue
            self._opened.add(path)
            folder = self.scratch / f"archive-{len(self._opened)}"
            try:
                self.notes += unpack(path, folder)
            except CannotOpen as reason:
                self.locked.append(str(reason))
                continue
            new = [(p, shown / p.relative_to(folder)) for p in walk(folder)]
            self.files += new
            waiting += [f for f in new if is_archive(f[1]) and not is_litter(f[1])]

    def _candidates(self, name: str, release: Release, others: frozenset[str]) -> list[Found]:
        """Read every file that may be the notebook by its name."""
        maybe = [
            (path, shown)
            for path, shown in self.files
            if (".ipynb" in shown.name.lower() or shown.name.lower().endswith(ENDINGS))
            and not is_archive(shown)
            and not is_litter(shown)
            and shown.name not in others
        ]
        maybe.sort(key=lambda f: (f[1].name != name, ".ipynb" not in f[1].name.lower()))
        room, read = LARGEST, []
        for path, shown in maybe[:MOST_CANDIDATES]:
            if path not in self._read and not irregular(path):
                room -= path.stat().st_size
                if room < 0:
                    self.notes.append(f"{shown} was not looked at: too many large files")
                    continue
            read.append(self._look(path, shown, release))
        return read

    def _nothing_usable(self, name: str, candidates: list[Found]) -> str:
        """Say what was found instead of a notebook, and what to hand in."""
        if self.submitted.is_symlink() or not self.submitted.is_dir():
            what = "a link to another place" if self.submitted.is_symlink() else "a file"
            return f"The submitted folder is {what}, not a folder. Hand in the notebook itself."
        exact = next((f for f in candidates if f.shown == Path(name)), None)
        if exact is not None and exact.problem:
            return f"{name} {exact.problem}"
        for found in candidates:
            if found.problem:
                return f"There is no {name}; {found.shown} {found.problem}"
        ask = (
            f"Expected: the notebook {name}, as it was released, with your answers in it. In "
            "JupyterLab, right-click it, choose Download, and hand in that file."
        )
        if candidates:
            names = _listed([str(f.shown) for f in candidates])
            return f"There is no {name}, and none of its exercises in {names}. {ask}"
        rest = [str(shown) for _, shown in self.files if not is_litter(shown)]
        locked = [n for n in rest if n.lower().endswith(OTHER_KINDS)]
        if self.locked:
            ask = f"{'; '.join(self.locked)}. {ask}"
        if locked:
            ask = f"{_listed(locked)} cannot be opened here (a zip can). {ask}"
        if not rest:
            return f"The folder is empty. {ask}"
        return f"There is no notebook among the files: {_listed(rest)}. {ask}"


def _rank(found: Found, name: str) -> tuple:
    """Order by the exercises that are answered, those that are there, the name, the time."""
    time = found.path.stat().st_mtime
    return (found.answered, found.held, found.shown.name == name, time, str(found.shown))


def _taken(taken: Found, left: list[Found], name: str, exact_there: bool) -> str:
    """Say which file was taken and which were not."""
    why = f"there is no file {name} at the top of your folder"
    if exact_there:
        why = f"{name} itself holds no answer or cannot be read"
    text = f"{taken.shown} was taken for {name}, because {why}"
    if left:
        text += f"; not looked at any further: {_listed([str(f.shown) for f in left])}"
    return text


def _listed(names: list[str], most: int = 8) -> str:
    shown = ", ".join(name[:100] for name in names[:most])
    return shown + (f" and {len(names) - most} more" if len(names) > most else "")
