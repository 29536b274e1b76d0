"""What a live picture is controlled by: sliders, choices, drawings, and a map to drag on.

Plain values without a notebook in them; `aeutils.widgets.controls` makes ipywidgets of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor

from aeutils._internal.validate import describe


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
        """Return `value` if the slider can stand there; raise otherwise.

        Args:
            value: where to stand.

        Raises:
            TypeError: it is not a number.
            ValueError: it is out of range.
        """
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
        """Return `value` if it is one of them; raise otherwise.

        Args:
            value: what to choose.

        Raises:
            ValueError: it is none of the options.
        """
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
        """Return `value` if it is such a drawing; raise otherwise.

        Args:
            value: a drawing.

        Raises:
            ValueError: it has another shape.
        """
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


Control = Slider | Choice | Board
