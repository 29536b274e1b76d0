"""What a prediction is, how it reads, and how well guesses matched answers so far."""

from __future__ import annotations

import html
import math
from dataclasses import dataclass
from typing import Any

from aeutils._internal.environment import cell_number
from aeutils._internal.notebook import publish
from aeutils._internal.validate import check_text, describe
from aeutils.plots.style import number

LARGEST = 1e100  # differences and ratios of such numbers are finite
BOX = "border-left:4px solid #0072B2;padding:.2em .8em;margin:.4em 0"


@dataclass(eq=False)
class Prediction:
    """A question about a number, the student's guess (None until committed) and the answer.

    `value` is the guess, or the default while there is none.
    """

    key: str
    question: str
    low: float
    high: float
    unit: str
    default: float
    guess: float | None = None
    actual: float | None = None

    def __post_init__(self) -> None:
        # Number of the cell in which `predict` showed the question: not kept in the file.
        self.shown_in: int | None = None

    @property
    def value(self) -> float:
        """The guess, or the default while none is committed."""
        return self.default if self.guess is None else self.guess

    @property
    def answered(self) -> bool:
        """Whether a guess has met its answer: from then on it stays as it is."""
        return self.guess is not None and self.actual is not None

    @property
    def logarithmic(self) -> bool:
        """Whether the range spans more than two decades, so that factors count, not differences."""
        return self.low > 0 and self.high / self.low > 100

    @property
    def off(self) -> float | None:
        """How far the guess is from the answer, in % of the number line; positive: too high.

        A logarithmic line has no place for an answer of zero or less: the whole line, 100 %.
        """
        if self.actual is None:
            return None
        if not self.logarithmic:
            return 100 * (self.value - self.actual) / (self.high - self.low)
        if self.actual <= 0:
            return 100.0
        decades = math.log10(self.high) - math.log10(self.low)
        return 100 * (math.log10(self.value) - math.log10(self.actual)) / decades

    def __repr__(self) -> str:
        state = f"guess {number(self.guess)}" if self.guess is not None else "no guess yet"
        return f"Prediction({self.key!r}: {state})"

    def _ipython_display_(self) -> None:
        """Show the question, but not a second time in the cell that has shown it already."""
        if self.shown_in is None or self.shown_in != cell_number():
            publish(*question_of(self))


def with_unit(value: float, p: Prediction) -> str:
    """Return a number as text with the unit of the prediction.

    Args:
        value: the number.
        p: the prediction.
    """
    return f"{number(value)} {p.unit}".rstrip()


def arrow(off: float) -> str:
    """Return a signed share with its direction in words.

    Args:
        off: in % of the number line; positive: too high.
    """
    if abs(off) <= 1:
        return "within 1 %"
    return f"▲ {off:.0f} % too high" if off > 0 else f"▼ {-off:.0f} % too low"


def finite(value: Any, name: str) -> float:
    """Return a finite number as float; a tensor of one element counts as a number.

    Args:
        value: what was given.
        name: what the message calls it.

    Raises:
        TypeError: it is not one number.
        ValueError: it is not finite, or too large.
    """
    try:
        if isinstance(value, str | bool) or value is None:
            raise TypeError
        result = float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise TypeError(f"{name} must be one number, got {describe(value)}") from None
    if not abs(result) <= LARGEST:  # NaN is not
        raise ValueError(f"{name} must be finite and at most {LARGEST:g}, got {result}")
    return result


def check_range(low: float, high: float) -> tuple[float, float]:
    """Return both ends of a range as floats; raise unless low < high.

    Args:
        low: the lower end.
        high: the upper end.

    Raises:
        ValueError: the ends are not in order.
    """
    low, high = finite(low, "low"), finite(high, "high")
    if not low < high:
        raise ValueError(f"low must be less than high, got {low:g} and {high:g}")
    return low, high


def within(value: float, low: float, high: float, name: str) -> float:
    """Return a number within the range as float; ValueError outside.

    Args:
        value: what was given.
        low: the lower end.
        high: the upper end.
        name: what the message calls it.

    Raises:
        TypeError: it is not one number.
        ValueError: it lies outside.
    """
    value = finite(value, name)
    if not low <= value <= high:
        raise ValueError(f"{name} must lie between {low:g} and {high:g}, got {value:g}")
    return value


def from_file(key: str, entry: Any) -> Prediction:
    """Return the prediction of a file's entry; TypeError or ValueError if it is none.

    Args:
        key: its name in the file.
        entry: what the file holds under it.

    Raises:
        TypeError, ValueError: it is not the entry of a prediction.
    """
    prediction = Prediction(**entry)
    low, high = check_range(prediction.low, prediction.high)
    within(prediction.default, low, high, "default")
    within(finite(prediction.guess, "guess"), low, high, "guess")
    if prediction.actual is not None:
        finite(prediction.actual, "actual")
    if prediction.key != key:
        raise ValueError(f"the entry {key!r} names itself {prediction.key!r}")
    check_text(prediction.question, "question")
    if not isinstance(prediction.unit, str):
        raise TypeError(f"unit must be a text, got {describe(prediction.unit)}")
    return prediction


def verdict(p: Prediction) -> str:
    """Return guess, answer and their distance in one or two sentences.

    Args:
        p: a prediction with an answer.
    """
    assert p.actual is not None, "a verdict needs an answer"
    answer = f"The answer is {with_unit(p.actual, p)}"
    if p.guess is None:
        start = f"No guess was committed; the default {with_unit(p.value, p)} stood in. {answer}"
    else:
        start = f"You guessed {with_unit(p.value, p)}. {answer}"
    if math.isclose(p.value, p.actual, rel_tol=0.005):
        return f"{start}: spot on."
    side = "too high" if p.value > p.actual else "too low"
    small, large = sorted((p.value, p.actual))
    if small > 0 and (p.logarithmic or large > 10 * small):
        factor = large / small
        return f"{start}: {side} by a factor of {number(round(factor, 2))}."
    return f"{start}: {side} by {with_unit(abs(p.value - p.actual), p)}."


def question_of(p: Prediction) -> tuple[str, str]:
    """Return the question with its range and the state of the guess, as text and as HTML.

    Args:
        p: the prediction.
    """
    between = f"between {with_unit(p.low, p)} and {with_unit(p.high, p)}"
    if p.guess is not None:
        state = f"Your guess: {with_unit(p.guess, p)}."
    else:
        state = f"No guess yet; default used: {with_unit(p.default, p)}."
    how = "<br>Run the cell to get a box, or write <code>guess=…</code> into the call."
    extra = how if p.guess is None else ""
    return (
        f"Predict: {p.question} ({between})\n{state}",
        f'<div style="{BOX}"><p style="margin:.2em 0"><strong>Predict.</strong> '
        f"{html.escape(p.question)} ({html.escape(between)})</p>"
        f'<p style="margin:.2em 0"><em>{html.escape(state)}</em>{extra}</p></div>',
    )


class Calibration:
    """The predictions made so far as a table, shown by being the value of a cell.

    Args:
        predictions: all of them; those without an answer are left out.

    Attributes:
        rows: the predictions that have a guess and an answer.
        offs: how far off each of them is, in % of its number line; positive: too high.
        unguessed: number of answers that met no guess.
    """

    def __init__(self, predictions: list[Prediction]) -> None:
        answered = [p for p in predictions if p.actual is not None]
        self.rows = [p for p in answered if p.guess is not None]
        self.offs = [p.off for p in self.rows if p.off is not None]
        self.unguessed = len(answered) - len(self.rows)

    def summary(self) -> str:
        """Return how many guesses there are, how far off they were and in which direction."""
        if not self.rows:
            return "No guess has met its answer yet: commit one with predict, then run reveal."
        off = sorted(abs(share) for share in self.offs)
        median = (off[(len(off) - 1) // 2] + off[len(off) // 2]) / 2
        high = sum(share > 1 for share in self.offs)
        low = sum(share < -1 for share in self.offs)
        text = (
            f"{len(self.rows)} guess{'es' if len(self.rows) > 1 else ''}: {high} too high, "
            f"{low} too low, {len(self.rows) - high - low} within 1 %. Half of them were off by "
            f"{median:.0f} % of the number line or less."
        )
        if self.unguessed:
            text += f" {self.unguessed} more had no guess and do not count."
        return text

    def __repr__(self) -> str:
        lines = [f"{p.question}  {verdict(p)}" for p in self.rows]
        return "\n".join([*lines, self.summary()])

    def _repr_html_(self) -> str:
        cell = '<td style="text-align:right">'
        body = "".join(
            f'<tr><th scope="row" style="text-align:left;font-weight:normal">'
            f"{html.escape(p.question)}</th>"
            f"{cell}{html.escape(with_unit(p.value, p))}</td>"
            f"{cell}{html.escape(with_unit(p.actual or 0.0, p))}</td>"
            f"{cell}{arrow(off)}</td></tr>"
            for p, off in zip(self.rows, self.offs, strict=True)
        )
        heads = ("question", "your guess", "answer", "off by (share of the number line)")
        head = "".join(f'<th scope="col">{text}</th>' for text in heads)
        caption = f"<caption style='text-align:left'>{html.escape(self.summary())}</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
