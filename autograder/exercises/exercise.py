"""One exercise: the criteria that earn points, and the answers that put them to the test."""

from __future__ import annotations

import contextlib
import importlib
import pkgutil
import re
import textwrap
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from aeutils.testing.watch import unwatched
from autograder.exercises.conduct.charge import VAGUE, charge, explain, localise, look, tidied
from autograder.exercises.conduct.declare import Breach, Conduct, Sample
from autograder.hall.report import Criterion, Report

Answer = str | Mapping[str, str]
Look = Callable[..., None]


class Exercise:
    """All that the grader knows of one exercise.

    An answer in `right` or `wrong` is written in one of three ways:

    - a text that defines one of the names in `defines` is a whole answer cell;
    - any other text is the body of the function in `signature`;
    - a dictionary ``{"old": "new", ...}`` is the first right answer with one or two things
      changed, which shows at a glance what is wrong with it. Each old text must occur in it
      exactly once.

    Args:
        name: the exercise's name, which is also its grade id and the name of its file.
        right: answers that must earn full marks, by a few words on how they are written.
        wrong: answers that must lose points, by the mistake that the report must name.
        signature: first line of the function that the short answers are bodies of.
        defines: the names that the answer cell defines and every criterion takes, in order;
            the exercise's own name by default.
        setup: code that stands in the notebook before the answer, such as functions of other
            exercises.

    Raises:
        ValueError: an answer is a body but there is no signature, or a change does not fit the
            first right answer.
    """

    def __init__(
        self,
        name: str,
        *,
        right: Mapping[str, Answer],
        wrong: Mapping[str, Answer],
        signature: str = "",
        defines: tuple[str, ...] = (),
        setup: str = "",
    ) -> None:
        self.name, self.signature, self.setup = name, signature, setup
        self.defines = defines or (name,)
        self.right: dict[str, str] = {}
        for label, answer in right.items():
            self.right[label] = self._code(label, answer)
        self.wrong = {label: self._code(label, answer) for label, answer in wrong.items()}
        self._criteria: list[tuple[str, float, Look]] = []
        self._alone: dict[str, str] = {}
        self.owed: dict[str, Conduct] = {}

    @property
    def points(self) -> dict[str, float]:
        """Points of each criterion, in order."""
        return {name: points for name, points, _ in self._criteria}

    def criterion(self, name: str, points: float, alone: str = "") -> Callable[[Look], Look]:
        """Make the decorated function a criterion of this exercise.

        The function takes the student's objects in the order of `defines`. It gives the points by
        returning; whatever it raises becomes the explanation of their loss. Criteria are looked at
        in the order in which they stand in the file.

        Args:
            name: what the feedback page calls the criterion.
            points: what it is worth.
            alone: what is wrong if this criterion is lost and all that stand before it are earned:
                an answer that is right without ties, and wrong with them, mistakes the ties.
        """

        def add(look: Look) -> Look:
            self._criteria.append((name, points, look))
            self._alone[name] = alone
            return look

        return add

    def conduct(self, name: str = "", **what: Any) -> Callable[[Sample], Sample]:
        """Say what a function of this exercise owes; the decorated function draws its arguments.

        The decorated function takes a :class:`~autograder.exercises.conduct.declare.Draw` and a
        number of rows, and returns arguments by name, in order.

        Args:
            name: the function, one of `defines`; the first of them by default.
            what: fields of :class:`~autograder.exercises.conduct.declare.Conduct`.

        Raises:
            ValueError: the exercise does not define it.

        Returns:
            The decorator.
        """
        name = name or self.defines[0]
        if name not in self.defines:
            raise ValueError(f"{self.name} defines {self.defines}, not {name!r}")

        def add(sample: Sample) -> Sample:
            self.owed[name] = Conduct(name, sample, **what)
            return sample

        return add

    def __call__(self, *answers: object) -> Report:
        """Check a student's objects; never raises for a wrong answer.

        The conduct of each is looked at first: an answer that leaves something behind is made to
        clean up, so that it loses one point for that and none of what the criteria give.

        Args:
            answers: what the answer cell defines, in the order of `defines`.

        Returns:
            Points for each criterion, and the reason for every lost one.
        """
        report = Report(
            self.name, [Criterion(name, points) for name, points in self.points.items()]
        )
        found: list[tuple[str, Breach]] = []
        given = list(answers)
        for i, name in enumerate(self.defines):
            if name in self.owed:
                broken = look(self.owed[name], answers[i])
                given[i] = tidied(self.owed[name], answers[i], broken)
                found += [(name, breach) for breach in broken]
        with unwatched():
            for name, _, check in self._criteria:
                with report.criterion(name):
                    check(*given)
        charge(report, sorted(found, key=lambda pair: not pair[1].lasting))
        self._explain(report, given)
        return report

    def costs(self, *answers: object) -> dict[str, float]:
        """Return the CPU time that each criterion takes for these answers, and conduct ("").

        Args:
            answers: as for a check.
        """
        begin, found = time.process_time(), {}
        self._look(answers)
        found[""] = time.process_time() - begin
        with unwatched():
            for name, _, check in self._criteria:
                begin = time.process_time()
                with contextlib.suppress(Exception):
                    check(*answers)
                found[name] = time.process_time() - begin
        return found

    def until_named(self, costs: Mapping[str, float], *answers: object) -> Report:
        """Check a student's objects until one mistake has a name; for those who ask no more.

        A whole check that takes a point takes one here, too. Conduct is looked at where all the
        criteria say is that nothing, or something, is wrong.

        Args:
            costs: of each criterion; cheap ones are looked at first.
            answers: as for a check.

        Returns:
            A report, in which criteria that were not looked at have earned nothing.
        """
        report = Report(
            self.name, [Criterion(name, points) for name, points in self.points.items()]
        )
        with unwatched():
            for name, _, check in sorted(self._criteria, key=lambda one: costs[one[0]]):
                with report.criterion(name):
                    check(*answers)
                mistake = next(c.mistake for c in report.criteria if c.name == name)
                if mistake and mistake not in VAGUE:
                    return report
        charge(report, self._look(answers))
        self._explain(report, answers)
        return report

    def _explain(self, report: Report, answers: Sequence[object]) -> None:
        """Name a cause where a point was lost without one."""
        localise(report, list(self._alone.values()))
        pairs = zip(self.defines, answers, strict=True)
        explain(report, [(self.owed[name], a) for name, a in pairs if name in self.owed])

    def _look(self, answers: Sequence[object]) -> list[tuple[str, Breach]]:
        """Return the lines of conduct that the answers broke, those of state first."""
        found = [
            (name, breach)
            for name, answer in zip(self.defines, answers, strict=True)
            if name in self.owed
            for breach in look(self.owed[name], answer)
        ]
        return sorted(found, key=lambda pair: not pair[1].lasting)

    def _code(self, label: str, answer: Answer) -> str:
        """Return the source of an answer cell."""
        if isinstance(answer, str):
            code = textwrap.dedent(answer).strip("\n") + "\n"
            whole = rf"^(def|class) ({'|'.join(self.defines)})\b"
            if re.search(whole, code, re.MULTILINE):
                return code
            if not self.signature:
                raise ValueError(
                    f"{self.name}: the answer {label!r} is the body of a function, and the "
                    "exercise has no signature; give one, or write the whole function"
                )
            return f"{self.signature}\n{textwrap.indent(code, '    ')}"
        first = next(iter(self.right.values()), "")
        for old in answer:
            if first.count(old) != 1:
                raise ValueError(
                    f"{self.name}: {label!r} changes {old!r}, which must occur exactly once in "
                    f"the first right answer, and occurs {first.count(old)} times in\n{first}"
                )
        olds = "|".join(map(re.escape, answer))  # all in one go: a new text is not changed again
        return re.sub(olds, lambda found: answer[found.group()], first)


def import_exercises(package: str, path: Iterable[str]) -> None:
    """Import every exercise of a week, so that ``week05.kl_sparsity`` is there for grade cells.

    Args:
        package: the week's package, its `__name__`.
        path: where its files lie, its `__path__`.
    """
    for found in pkgutil.iter_modules(path):
        importlib.import_module(f"{package}.{found.name}")
