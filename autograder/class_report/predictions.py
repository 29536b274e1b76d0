"""What a class guessed before it saw a result: of who agreed to hand guesses in, and as a class.

Students' cells are not run: the one line that ``aeutils.widgets.share_predictions`` writes is
searched in the graded notebook and read as JSON. A number counts if the notebook asks that
question and the number lies in its range; everything else is left out.
"""

from __future__ import annotations

import ast
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

FEWEST = 5  # guesses, from which on a question is shown: fewer would point at somebody
LONGEST = 5_000  # characters of a cell that is looked at
SENT = re.compile(r"^share_predictions\((\{[^{}]*\})\)\s*$", re.MULTILINE)
NUMBERS = "application/vnd.aeutils.numbers+json"
NEAR = 0.01  # of the number line: what counts as met, as in the student's own table


@dataclass(frozen=True)
class Question:
    """A prediction that a notebook asks for.

    Attributes:
        key: its name.
        text: the question.
        low: the lower end of its range.
        high: the upper end.
        unit: of the number.
        answer: as the instructor's notebook recorded it; None if it did not.
    """

    key: str
    text: str
    low: float
    high: float
    unit: str = ""
    answer: float | None = None

    def place(self, value: float) -> float:
        """Return where a number lies on the number line, from 0 to 1.

        A range of more than two decades is a logarithmic line, as students see it.

        Args:
            value: the number.
        """
        low, high = self.low, self.high
        if low > 0 and high / low > 100:
            low, high, value = math.log(low), math.log(high), math.log(max(value, 1e-300))
        return min(1.0, max(0.0, (value - low) / (high - low)))


@dataclass(frozen=True)
class Guesses:
    """What a class guessed on one question.

    Attributes:
        question: which.
        count: of who handed a guess in.
        quarters: lower quarter, median and upper quarter; None for too few.
        high: share of guesses that were too high; None without an answer or for too few.
        low: share that were too low.
    """

    question: Question
    count: int
    quarters: tuple[float, float, float] | None = None
    high: float | None = None
    low: float | None = None


def asked(cells: Iterable[dict[str, Any]]) -> list[Question]:
    """Return the questions of an instructor's executed notebook, with their answers.

    Args:
        cells: of the notebook, as plain JSON.
    """
    found: list[Question] = []
    answers: dict[str, float] = {}
    for cell in cells:
        source = "".join(cell.get("source", ""))
        for output in cell.get("outputs", []):
            answers |= output.get("data", {}).get(NUMBERS, {})
        if cell.get("cell_type") == "code" and "predict(" in source:
            found += _questions(source)
    return [Question(q.key, q.text, q.low, q.high, q.unit, answers.get(q.key)) for q in found]


def _questions(source: str) -> Iterable[Question]:
    try:
        tree = ast.parse(source)
    except SyntaxError:  # a magic of IPython
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "predict":
            try:
                key, text, low, high = map(ast.literal_eval, node.args[:4])
                named = {k.arg: k.value for k in node.keywords}
                unit = str(ast.literal_eval(named["unit"])) if "unit" in named else ""
                yield Question(str(key), str(text), float(low), float(high), unit)
            except (ValueError, TypeError):  # not written out, so not known before it is run
                continue


def sent_in(cells: Iterable[object], questions: list[Question]) -> dict[str, float]:
    """Return the guesses that a student's notebook hands in; the last such cell counts.

    Args:
        cells: of a student's notebook: anything may stand there.
        questions: those that the notebook asks.
    """
    ranges = {question.key: (question.low, question.high) for question in questions}
    guesses: dict[str, float] = {}
    for cell in cells:
        source = cell.get("source") if isinstance(cell, dict) else None
        text = "".join(map(str, source)) if isinstance(source, list) else str(source)
        found = SENT.search(text) if len(text) <= LONGEST else None
        if found is None:
            continue
        try:
            given = json.loads(found[1])
        except (ValueError, RecursionError):
            continue
        guesses = {
            key: float(value)
            for key, value in given.items()
            if key in ranges
            and type(value) in (int, float)
            and ranges[key][0] <= value <= ranges[key][1]
        }
    return guesses


def summaries(questions: list[Question], sent: Iterable[dict[str, float]]) -> list[Guesses]:
    """Return the class's guesses, a question each, for those that somebody guessed.

    Args:
        questions: of the notebook.
        sent: guesses by key, of each student who handed some in.
    """
    everybody = list(sent)
    rows = []
    for question in questions:
        values = [guesses[question.key] for guesses in everybody if question.key in guesses]
        if len(values) < FEWEST:
            rows += [Guesses(question, len(values))] if values else []
            continue
        lower, median, upper = map(float, np.quantile(values, [0.25, 0.5, 0.75]))
        high = low = None
        if question.answer is not None:
            off = np.array([question.place(v) for v in values]) - question.place(question.answer)
            high, low = float(np.mean(off > NEAR)), float(np.mean(off < -NEAR))
        rows.append(Guesses(question, len(values), (lower, median, upper), high, low))
    return rows
