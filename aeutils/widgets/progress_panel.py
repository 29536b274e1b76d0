r"""A progress panel: which exercises of the notebook pass their tests, and how long the rest takes.

The list is read from the notebook itself (its headings and test cells). Whether a test passes is
noted when its cell runs, so the panel is as honest as the kernel: after a restart it starts anew.

>>> exercises([{"cell_type": "markdown", "source": "### Exercise 1 · Centre\n*5 minutes*"},
...            {"cell_type": "code", "source": "assert tests.center(center)"}])
[Exercise(number=1, title='Centre', minutes=5, points=0, test='center')]
"""

from __future__ import annotations

import html
import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aeutils._internal.environment import headless_build, in_notebook, shell
from aeutils._internal.notebook import publish

HEADING = re.compile(r"^#+ Exercise (\d+)\s*·\s*(.+)$", re.MULTILINE)
TEST = re.compile(r"^assert tests\.(\w+)\(", re.MULTILINE)
STATES = {True: "✔ passes", False: "✘ not yet", None: "– not run"}
_passed: dict[str, bool] = {}  # test -> whether it passed when its cell last ran
_shown: list[Any] = []  # the panels in this notebook


@dataclass(frozen=True)
class Exercise:
    """One exercise of a notebook, and the name of its visible test.

    Attributes:
        number: the number in its heading.
        title: the rest of the heading.
        minutes: the time that the notebook states, 0 if it states none.
        points: the points that the notebook states, 0 if it states none.
        test: the name of its visible test.
    """

    number: int
    title: str
    minutes: int
    points: int
    test: str


def exercises(cells: Sequence[Mapping[str, Any]]) -> list[Exercise]:
    """Return the exercises among a notebook's cells, in their order.

    Args:
        cells: the cells as nbformat's JSON has them: `cell_type`, and `source` as a text or a
            list of lines.

    Returns:
        One exercise for each heading that is followed by a test cell.
    """
    found: list[Exercise] = []
    heading: tuple[int, str, int, int] | None = None
    for cell in cells:
        source = cell["source"]
        text = source if isinstance(source, str) else "".join(source)
        if cell["cell_type"] == "markdown":
            for match in HEADING.finditer(text):
                below = text[match.end() : match.end() + 300]
                minutes = re.search(r"(\d+) minutes?\b", below)
                points = re.search(r"(\d+) points?\b", below)
                heading = (
                    int(match.group(1)),
                    match.group(2).strip(),
                    int(minutes.group(1)) if minutes else 0,
                    int(points.group(1)) if points else 0,
                )
        elif heading is not None and (test := TEST.search(text)):
            found.append(Exercise(*heading, test.group(1)))
            heading = None
    return found


class Checklist:
    """The panel; a notebook shows it as a table that follows every test that runs.

    Args:
        listed: the exercises, in their order.

    Attributes:
        exercises: the same as a list.
    """

    def __init__(self, listed: Iterable[Exercise]) -> None:
        self.exercises = list(listed)
        self._name = f"aeutils checklist {id(self)}"

    def summary(self) -> str:
        """Return how many exercises pass, and the minutes that the others take."""
        if not self.exercises:
            return "Run this cell in JupyterLab to see which exercises pass."
        done = [e for e in self.exercises if _passed.get(e.test)]
        left = sum(e.minutes for e in self.exercises) - sum(e.minutes for e in done)
        text = f"{len(done)} of {len(self.exercises)} exercises pass their visible tests"
        if len(done) == len(self.exercises):
            return f"{text}. Well done: validate, save, submit."
        return f"{text}; about {left} minute{'' if left == 1 else 's'} left."

    def __repr__(self) -> str:
        lines = [
            f"{STATES[_passed.get(e.test)]}  {e.number}. {e.title} ({e.minutes} minutes)"
            for e in self.exercises
        ]
        return "\n".join([self.summary(), *lines])

    def _repr_html_(self) -> str:
        summary = html.escape(self.summary())
        if not self.exercises:
            return f"<p>{summary}</p>"
        done = sum(bool(_passed.get(e.test)) for e in self.exercises)
        left = 'style="text-align:left;font-weight:normal"'
        rows = "".join(
            f'<tr><td style="text-align:left;white-space:nowrap">{STATES[_passed.get(e.test)]}</td>'
            f'<th scope="row" {left}>{e.number}. {html.escape(e.title)}</th>'
            f"<td>{e.points}</td><td>{e.minutes}</td></tr>"
            for e in self.exercises
        )
        heads = "".join(
            f'<th scope="col" style="text-align:{side}">{name}</th>'
            for name, side in (
                ("state", "left"),
                ("exercise", "left"),
                ("points", "right"),
                ("minutes", "right"),
            )
        )
        return (
            f'<div class="aeutils-checklist"><p role="status" style="margin:.3em 0">'
            f"<strong>{summary}</strong></p><progress style='width:300px;max-width:100%' "
            f'value="{done}" max="{len(self.exercises)}" aria-label="exercises that pass">'
            f"</progress>"
            f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        )

    def _ipython_display_(self) -> None:
        publish(repr(self), self._repr_html_(), name=self._name)
        if in_notebook() and not headless_build() and self not in _shown:
            _shown.append(self)

    def refresh(self) -> None:
        """Show the present state in the place where the panel stands."""
        publish(repr(self), self._repr_html_(), name=self._name, update=True)


def checklist(path: str | os.PathLike[str] | None = None) -> Checklist:
    """Show which exercises of this notebook pass, and the minutes that are left.

    Right-click the panel and choose *Create New View for Output* to keep it beside the notebook.

    Args:
        path: the notebook; None finds the one in which this is called.
    """
    if headless_build():  # the same in every build, whatever folder it runs in
        return Checklist([])
    _listen()
    return Checklist(_read(Path(path) if path is not None else _this_notebook()))


def _read(path: Path | None) -> list[Exercise]:
    """Return the exercises of a notebook file; none if there is no such file."""
    if path is None:
        return []
    try:
        return exercises(json.loads(path.read_text(encoding="utf-8"))["cells"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _this_notebook() -> Path | None:
    """Return the notebook of this kernel: by Jupyter's word, else the only one in the folder."""
    name = os.environ.get("JPY_SESSION_NAME", "")
    if name and Path(name).is_file():
        return Path(name)
    here = sorted(Path.cwd().glob("*.ipynb"))
    same = [path for path in here if path.name == Path(name).name]
    return same[0] if same else here[0] if len(here) == 1 else None


def _listen() -> None:
    """Note the outcome of every test cell that this kernel runs from now on."""
    running = shell()
    if running is not None and _note not in running.events.callbacks["post_run_cell"]:
        running.events.register("post_run_cell", _note)


def _note(result: Any) -> None:
    """Keep whether the tests of a cell passed, and refresh the panels."""
    source = getattr(getattr(result, "info", None), "raw_cell", None) or ""
    tests = TEST.findall(source)
    for test in tests:
        _passed[test] = bool(result.success)
    if tests:
        for panel in _shown:
            panel.refresh()
