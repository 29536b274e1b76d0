"""The controls of a `Live` as ipywidgets, and the two that need a pointer: plane and board.

Imported only where a notebook is alive. The plane and the board are small programs in the page
(`frontend/*.js`), carried by anywidget. Without anywidget the sliders do the plane's work, and the
board says what to install; everything else is ipywidgets.
"""

from __future__ import annotations

import base64
import html
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import ipywidgets
import numpy as np
import torch
import traitlets

from aeutils.plots.style import COLOURS
from aeutils.widgets.inputs import Board, Choice, Control, Plane, Slider

try:
    import anywidget
except ImportError:
    anywidget = None  # type: ignore[assignment]  # a module, or nothing where it is missing

FRONTEND = Path(__file__).parent / "frontend"
NAMED = {"description_width": "150px"}

if anywidget is not None:

    class PlanePad(anywidget.AnyWidget):
        """A map with a point to drag; arrow keys move it too."""

        _esm = FRONTEND / "plane.js"
        _css = FRONTEND / "pads.css"
        label = traitlets.Unicode().tag(sync=True)
        dots: traitlets.List[Any] = traitlets.List().tag(sync=True)
        names: traitlets.List[Any] = traitlets.List().tag(sync=True)
        colours: traitlets.List[Any] = traitlets.List().tag(sync=True)
        span: traitlets.List[Any] = traitlets.List().tag(sync=True)  # low x, high x, low y, high y
        at: traitlets.List[Any] = traitlets.List().tag(sync=True)

    class BoardPad(anywidget.AnyWidget):
        """A square of pixels to draw on with pointer or keyboard."""

        _esm = FRONTEND / "board.js"
        _css = FRONTEND / "pads.css"
        label = traitlets.Unicode().tag(sync=True)
        side = traitlets.Int(28).tag(sync=True)
        ink = traitlets.Unicode().tag(sync=True)  # side × side bytes, base64


@runtime_checkable
class Picture(Protocol):
    """What the controls need of a `Live`: its values, its picture, and a way to set them."""

    title: str
    controls: dict[str, Control]
    plane: Plane | None
    state: dict[str, Any]
    picture: str

    def set(self, **values: Any) -> Any:
        """Set some values and draw again.

        Args:
            values: by name.

        Returns:
            The picture.
        """


def panel(live: Picture) -> tuple[ipywidgets.HTML, ipywidgets.VBox]:
    """Return the picture and the box that holds it with its controls, all connected to `live`.

    Args:
        live: the picture to steer.
    """
    made = {name: _control(control) for name, control in live.controls.items()}
    busy = [False]

    def follow(name: str, value: Any) -> None:
        if not busy[0]:
            live.set(**{name: value})

    for name, (widget, read) in made.items():
        trait = "ink" if isinstance(live.controls[name], Board) else "value"
        if widget.has_trait(trait):
            widget.observe(lambda change, n=name, r=read: follow(n, r(change["new"])), trait)
    view = ipywidgets.HTML(value=live.picture)
    view.layout = ipywidgets.Layout(flex="1 1 400px", max_width="100%", min_width="0")
    view.add_class("aeutils-view")
    title = ipywidgets.HTML(value=f"<b>{html.escape(live.title)}</b>")
    column = [widget for widget, _ in made.values()]
    if live.plane is not None and anywidget is not None:
        pad = _plane(live, live.plane, made, busy)
        room = ipywidgets.Layout(flex="1 1 400px", max_width="100%", min_width="0")
        side = ipywidgets.VBox([*column, view], layout=room)
        view.layout.flex = "0 0 auto"
        body: Any = ipywidgets.HBox([pad, side], layout=_wrapping())
    elif any(isinstance(c, Board) for c in live.controls.values()):
        pads = [w for w, _ in made.values()]
        body = ipywidgets.HBox([*pads, view], layout=_wrapping())
    else:
        view.layout.flex = "0 0 auto"
        body = ipywidgets.VBox([*column, view])
    box = ipywidgets.VBox([title, body])
    box.add_class("aeutils-live")
    return view, box


def _wrapping() -> ipywidgets.Layout:
    return ipywidgets.Layout(flex_flow="row wrap", align_items="flex-start", grid_gap="12px")


def _control(control: Control) -> tuple[Any, Any]:
    """Return the widget of a control and the function from its trait to the control's value."""
    if isinstance(control, Choice):
        kind = ipywidgets.SelectionSlider if control.ordered else ipywidgets.Dropdown
        menu = kind(
            options=control.options,
            value=control.value,
            description=control.label,
            style=NAMED,
            layout={"width": "380px", "max_width": "100%"},
        )
        return menu, lambda value: value
    if isinstance(control, Slider):
        kind = ipywidgets.IntSlider if control.whole else ipywidgets.FloatSlider
        slider = kind(
            value=control.value,
            min=control.low,
            max=control.high,
            step=control.step,
            description=control.label,
            tooltip=control.label,
            style=NAMED,
            layout={"width": "380px", "max_width": "100%"},
            **({} if control.whole else {"readout_format": ".2f"}),
        )
        return slider, int if control.whole else float
    if anywidget is None:
        words = "To draw, install anywidget (pip install anywidget) and start JupyterLab again."
        return ipywidgets.HTML(value=f"<p>{words}</p>"), str
    pixels = (255 * control.value[0]).round().to(torch.uint8).numpy().tobytes()
    ink = base64.b64encode(pixels).decode("ascii")
    board = BoardPad(label=control.label, side=control.side, ink=ink)
    return board, lambda ink: _pixels(ink, control.side)


def _pixels(ink: str, side: int) -> torch.Tensor:
    """Return the drawing (1, side, side) of the board's bytes."""
    values = np.frombuffer(base64.b64decode(ink), dtype=np.uint8)
    return torch.from_numpy(values.astype(np.float32) / 255).reshape(1, side, side)


def _plane(live: Picture, plane: Plane, made: dict[str, tuple[Any, Any]], busy: list[bool]) -> Any:
    """Return the map, connected to its two sliders in both directions."""
    x, y = live.controls[plane.x], live.controls[plane.y]
    assert isinstance(x, Slider), "a plane moves two sliders"
    assert isinstance(y, Slider), "a plane moves two sliders"
    sliders = made[plane.x][0], made[plane.y][0]
    pad = PlanePad(
        label=plane.label,
        dots=[[float(a), float(b), int(c)] for a, b, c in plane.dots],
        names=[[float(a), float(b), str(c)] for a, b, c in plane.names],
        colours=list(COLOURS),
        span=[float(v) for v in (x.low, x.high, y.low, y.high)],
        at=[float(live.state[plane.x]), float(live.state[plane.y])],
    )

    def dragged(change: dict[str, Any]) -> None:
        if busy[0]:
            return
        busy[0] = True  # one picture for the two sliders, and no way back to the pad
        try:
            for slider, value in zip(sliders, change["new"], strict=True):
                slider.value = value
            live.set(**{plane.x: float(change["new"][0]), plane.y: float(change["new"][1])})
        finally:
            busy[0] = False

    def slid(_: dict[str, Any]) -> None:
        if not busy[0]:
            busy[0] = True
            try:
                pad.at = [float(slider.value) for slider in sliders]
            finally:
                busy[0] = False

    pad.observe(dragged, "at")
    for slider in sliders:
        slider.observe(slid, "value")
    return pad
