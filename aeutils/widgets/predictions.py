"""Predict, run, explain: a guess is committed before a result is shown.

``predict`` asks, ``reveal`` shows guess and result on one number line, ``calibration`` shows them
all. Nothing here is graded. In a notebook a box and a button appear below the question; everywhere
else, and with ``guess=`` anywhere, the same works without widgets. Without a guess a default, said
to be one, stands in, so that a notebook runs from top to bottom untouched.

Committed guesses live in ``predictions.json`` in the working folder. While nbgrader executes a
notebook no file is read or written and no widget is made.

>>> predict("demo", "Pixels in an MNIST image?", 100, 1000, guess=784).value
Predict: Pixels in an MNIST image? (between 100 and 1,000)
Your guess: 784.
784.0
"""

from __future__ import annotations

import contextlib
import html
import json
import math
from dataclasses import asdict
from pathlib import Path
from typing import Any

from torch import Tensor

from aeutils._internal.environment import cell_number, headless_build, in_notebook
from aeutils._internal.files import beside
from aeutils._internal.notebook import NotebookFile, publish, tell
from aeutils._internal.validate import check_text
from aeutils.plots.style import number
from aeutils.widgets.number_line import number_line
from aeutils.widgets.prediction_log import (
    BOX,
    Calibration,
    Prediction,
    check_range,
    finite,
    from_file,
    question_of,
    verdict,
    with_unit,
    within,
)

FILE = "predictions.json"
UNREADABLE = (OSError, TypeError, ValueError, AttributeError, RecursionError)


class _Notebook:
    """The predictions of this kernel: those asked so far, and those in the file."""

    def __init__(self) -> None:
        self.asked: dict[str, Prediction] = {}
        self.file: NotebookFile | None = None  # in the working folder at the first use

    def known(self) -> dict[str, Prediction]:
        """Return the predictions of the file, then those asked in this kernel."""
        if self.file is None:
            self.file = NotebookFile(FILE)
        stored, bad = _entries(self.file.contents)
        if bad:
            self.file.move_aside(some_stay=bool(stored))
            for key, prediction in stored.items():
                self.file.put(key, asdict(prediction))
        return stored | self.asked

    def store(self, prediction: Prediction) -> None:
        """Keep a prediction; in the file as well once it has a guess."""
        self.known()
        self.asked[prediction.key] = prediction
        if prediction.guess is not None and self.file is not None:
            self.file.put(prediction.key, asdict(prediction))


_notebook = _Notebook()


def _entries(contents: dict[str, Any]) -> tuple[dict[str, Prediction], list[str]]:
    """Return the predictions among a file's entries, and the keys of entries that are none."""
    good: dict[str, Prediction] = {}
    bad = []
    for key, entry in contents.items():
        try:
            good[key] = from_file(key, entry)
        except (TypeError, ValueError):
            bad.append(key)
    return good, bad


def predict(
    key: str,
    question: str,
    low: float,
    high: float,
    unit: str = "",
    default: float | None = None,
    guess: float | None = None,
) -> Prediction:
    """Ask for a number before it is computed. Shows the question at once, exactly once.

    Args:
        key: a name of its own for every question, the same in `reveal`.
        question: plain text.
        low: the lower end of the sensible answers; guesses outside are refused.
        high: the upper end. A range of more than two decades is drawn, and judged, on a
            logarithmic scale.
        unit: written after every number, such as "%".
        default: stands in until there is a guess; the middle of the range if None.
        guess: your guess, for those who prefer to type it here.

    Returns:
        A `Prediction`; its `value` is the guess or the default.

    Raises:
        TypeError: key or question is not a text, or a number is not one.
        ValueError: for an empty range, or a guess or default outside it.
    """
    check_text(key, "key")
    check_text(question, "question")
    low, high = check_range(low, high)
    if default is None:
        default = math.sqrt(low * high) if low > 0 and high / low > 100 else (low + high) / 2
    prediction = Prediction(key, question, low, high, unit, within(default, low, high, "default"))
    before = _notebook.known().get(key)
    if before is not None and before.guess is not None and low <= before.guess <= high:
        prediction.guess, prediction.actual = before.guess, before.actual
    given = None if guess is None else within(guess, low, high, "guess")
    changed = given is not None and given != prediction.guess
    locked = changed and prediction.answered
    if changed and not locked:
        prediction.guess = given
    _notebook.store(prediction)

    publish(*question_of(prediction), name=_output_name(prediction))
    prediction.shown_in = cell_number()
    if locked:
        tell(_too_late(prediction))
    elif guess is None and prediction.actual is None and in_notebook() and not headless_build():
        _show_box(prediction)
    return prediction


def reveal(key: str, actual: float | Tensor, note: str = "") -> None:
    """Show guess and answer on one number line, and how far apart they are.

    Args:
        key: the key of an earlier `predict`.
        actual: the answer, a number or a tensor of one number.
        note: a remark to show below.

    Raises:
        TypeError: `key` is not a text, or `actual` not one number.
        ValueError: when nothing was predicted under `key`, or `actual` is not finite.
    """
    check_text(key, "key")
    actual = finite(actual, "actual")
    known = _notebook.known()
    if key not in known:
        raise ValueError(
            f"no prediction is called {key!r}; run the cell with predict({key!r}, ...) first "
            f"(known: {', '.join(known) or 'none'})"
        )
    prediction = known[key]
    prediction.actual = actual
    _notebook.store(prediction)

    text = verdict(prediction)
    guess_name = "default" if prediction.guess is None else "your guess"
    line = number_line(
        (prediction.low, prediction.high),
        prediction.value,
        actual,
        (
            f"{guess_name} {with_unit(prediction.value, prediction)}",
            f"answer {with_unit(actual, prediction)}",
        ),
        logarithmic=prediction.logarithmic,
        description=text,
    )
    remark = f"<p style='margin:.2em 0'>{html.escape(note)}</p>" if note else ""
    publish(
        f"{prediction.question}\n{text}" + (f"\n{note}" if note else ""),
        f'<div style="{BOX}"><p style="margin:.2em 0">{html.escape(prediction.question)}<br>'
        f"<strong>{html.escape(text)}</strong></p>{line}{remark}</div>",
        numbers={key: actual},
    )


def _show_box(prediction: Prediction) -> None:
    """Show a number box with a Commit button; the question above follows what is committed."""
    try:
        import ipywidgets
    except ImportError:
        return  # `guess=` works without
    from IPython.display import display

    whole = prediction.high - prediction.low >= 20
    box = ipywidgets.BoundedFloatText(
        value=prediction.value,
        min=prediction.low,
        max=prediction.high,
        step=1 if whole else (prediction.high - prediction.low) / 100,
        description="Your guess",
        tooltip=prediction.question,
        layout=ipywidgets.Layout(width="14em"),
    )
    button = ipywidgets.Button(description="Commit", tooltip="Commit this guess")
    state = ipywidgets.HTML()

    def commit(_: Any) -> None:
        # Not `prediction`: the cell may have run again, or the answer come, since the box was made.
        asked = _notebook.known().get(prediction.key, prediction)
        if asked.answered:
            box.disabled = button.disabled = True
            state.value = f'<span role="status">{html.escape(_too_late(asked))}</span>'
            return
        prediction.guess, prediction.actual = float(box.value), None
        _notebook.store(prediction)
        publish(*question_of(prediction), name=_output_name(prediction), update=True)
        text = f"Committed: {with_unit(box.value, prediction)}. Now run the cell with the answer."
        state.value = f'<span role="status">{html.escape(text)}</span>'

    button.on_click(commit)
    display(ipywidgets.HBox([box, ipywidgets.Label(prediction.unit), button, state]))


def _too_late(prediction: Prediction) -> str:
    return (
        f"The answer has been shown already, so your first guess, {number(prediction.value)}, "
        f"stays. Delete {FILE} and restart the kernel to begin again."
    )


def _output_name(prediction: Prediction) -> str:
    return f"predict {prediction.key} {id(prediction)}"


def answered() -> list[Prediction]:
    """Return this notebook's predictions whose guess has met its answer, in the order asked."""
    return [prediction for prediction in _notebook.known().values() if prediction.answered]


def calibration() -> Calibration:
    """Return all predictions that met their answer, of this week and of the weeks beside it.

    The weeks, and electives, are the folders next to the working folder; only their files are read,
    and what is damaged in them is skipped.
    """
    known = _notebook.known()
    others: dict[str, Prediction] = {}
    if not headless_build():
        here = Path(FILE).absolute()
        for path in beside(here):
            if path != here:
                with contextlib.suppress(*UNREADABLE):
                    stored = json.loads(path.read_text(encoding="utf-8"))
                    others |= _entries(stored)[0]
    return Calibration([*(p for key, p in others.items() if key not in known), *known.values()])
