"""A picture that follows its controls: what every widget of `aeutils.widgets` is made of.

A `Live` has controls (plain values, described by `Slider`, `Choice`, `Plane`, `Board`) and one
function from their values to HTML. In a live notebook the controls are ipywidgets. Everywhere else
(GitHub, a web page, nbval, grading, no ipywidgets) the picture stands alone, drawn for the first
values. The same picture is kept in the saved notebook, so nothing is lost when it is opened again.

>>> live = Live("demo", {"n": Slider("a number", 0, 9, 1, 3)}, lambda n: (f"<b>{n}</b>", f"{n}."))
>>> live.set(n=5).text
'5.'
"""

from __future__ import annotations

import html
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from aeutils._internal.validate import describe
from aeutils.plots.style import headless_build, in_notebook, publish

# While the controls are there they show the picture themselves, and the still one below the same
# cell is hidden; when they are gone (the kernel was stopped), their place is hidden instead.
RULES = (
    "<style>.jp-OutputArea-child:has(.aeutils-still):has(+ .jp-OutputArea-child .aeutils-live)"
    "{display:none}.jp-OutputArea-child:has(.aeutils-still)"
    "+.jp-OutputArea-child:not(:has(.aeutils-live)){display:none}</style>"
)
_serial = itertools.count(1)


@dataclass(frozen=True)
class Slider:
    """A number from `low` to `high` in steps; whole numbers where all of them are whole."""

    label: str
    low: float
    high: float
    step: float
    value: float

    @property
    def whole(self) -> bool:
        """Whether the values are integers."""
        return all(isinstance(v, int) for v in (self.low, self.high, self.step, self.value))

    def check(self, value: Any) -> float:
        """Return `value` if the slider can stand there; raise otherwise."""
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise TypeError(f"{self.label} must be a number, got {describe(value)}")
        if not self.low - 1e-9 <= value <= self.high + 1e-9:
            raise ValueError(
                f"{self.label} must lie from {self.low:g} to {self.high:g}, got {value:g}"
            )
        return int(value) if self.whole else float(value)


@dataclass(frozen=True)
class Choice:
    """One of several names or numbers: from a menu, or along a slider if they are in an order."""

    label: str
    options: tuple[str | int, ...]
    value: str | int
    ordered: bool = False

    def check(self, value: Any) -> str | int:
        """Return `value` if it is one of them; raise otherwise."""
        if value not in self.options:
            raise ValueError(f"{self.label} must be one of {self.options}, got {value!r}")
        return value


@dataclass(frozen=True)
class Board:
    """A drawing of side × side pixels; its value is a tensor (1, side, side) in [0, 1]."""

    label: str
    side: int
    value: Tensor

    def check(self, value: Any) -> Tensor:
        """Return `value` if it is such a drawing; raise otherwise."""
        if not isinstance(value, Tensor) or value.shape != (1, self.side, self.side):
            raise ValueError(
                f"{self.label} must be a tensor (1, {self.side}, {self.side}), got "
                f"{describe(value)}"
            )
        return value.float().clamp(0, 1)


@dataclass(frozen=True)
class Plane:
    """A map on which a point is dragged: it moves two sliders, named `x` and `y`, at once.

    `dots` are drawn below it: for each its place (x, y) and the number of its class; `names` are
    written at the middle of each class.
    """

    label: str
    x: str
    y: str
    dots: Sequence[tuple[float, float, int]] = ()
    names: Sequence[tuple[float, float, str]] = field(default=())


class Live:
    """A picture and the values it follows; a notebook shows it as the last value of a cell.

    Args:
        title: the headline.
        controls: name -> `Slider`, `Choice` or `Board`; they stand in this order.
        draw: function of the values, by name, that returns HTML and the same in one sentence.
        plane: a map that moves two of the sliders.
    """

    def __init__(
        self,
        title: str,
        controls: Mapping[str, Slider | Choice | Board],
        draw: Callable[..., tuple[str, str]],
        plane: Plane | None = None,
    ) -> None:
        self.title, self.controls, self.plane = title, dict(controls), plane
        self.state = {name: control.value for name, control in controls.items()}
        self._draw = draw
        self._name = f"aeutils live {next(_serial)} {id(self)}"
        self._views: list[Any] = []  # the pictures inside live controls, and the controls
        self.picture, self.text = draw(**self.state)

    def set(self, **values: Any) -> Live:
        """Set some values, as the controls would, and draw again."""
        for name, value in values.items():
            if name not in self.controls:
                raise ValueError(f"no control is called {name!r}; there are {list(self.controls)}")
            self.state[name] = self.controls[name].check(value)
        try:
            self.picture, self.text = self._draw(**self.state)
        except Exception as error:  # a student's own function may fail for one value
            self.text = f"✘ {type(error).__name__}: {error}"
            self.picture = f'<p role="alert">{html.escape(self.text)}</p>'
        for view in self._views:
            view.value = self.picture
        if self._views:
            publish(self.text, self._still(), name=self._name, update=True)
        return self

    def __repr__(self) -> str:
        return f"{self.title}. {self.text}"

    def _repr_html_(self) -> str:
        return self._still(live=False)

    def _ipython_display_(self) -> None:
        """Show the picture; in a live notebook with its controls."""
        alive = in_notebook() and not headless_build()
        if alive:
            try:
                from aeutils.widgets.controls import panel
            except ImportError:  # no ipywidgets: the picture stands alone
                alive = False
        if not alive:
            publish(repr(self), self._still(live=False))
            return
        from IPython.display import publish_display_data

        view, controls = panel(self)
        self._views.append(view)
        publish(repr(self), self._still(), name=self._name)
        data = {
            "application/vnd.jupyter.widget-view+json": {
                "version_major": 2,
                "version_minor": 0,
                "model_id": controls.model_id,
            },
            "text/plain": "Run this cell in JupyterLab to move the controls.",
        }
        publish_display_data(data)

    def _still(self, live: bool = True) -> str:
        """Return the picture as it stays in the notebook."""
        what = "aeutils-still" if live else "aeutils-picture"
        settings = ", ".join(
            f"{control.label}: {self.state[name]:.4g}"
            if isinstance(control, Slider)
            else f"{control.label}: {self.state[name]}"
            for name, control in self.controls.items()
            if not isinstance(control, Board)
        )
        note = f"{settings}. " if settings else ""
        return (
            f'{RULES if live else ""}<div class="{what}" style="line-height:1.4">'
            f'<div style="font-weight:600">'
            f"{html.escape(self.title)}</div>{self.picture}"
            f'<p style="font-size:13px;margin:2px 0"><em>{html.escape(note)}Run this cell in '
            "JupyterLab to move the controls.</em></p></div>"
        )
