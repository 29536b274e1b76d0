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
from collections.abc import Callable, Mapping
from typing import Any

from aeutils._internal.environment import headless_build, in_notebook
from aeutils._internal.notebook import publish
from aeutils.widgets.inputs import Board, Control, Plane, Slider

# While the controls are there they show the picture themselves, and the still one below the same
# cell is hidden; when they are gone (the kernel was stopped), their place is hidden instead.
RULES = (
    "<style>.jp-OutputArea-child:has(.aeutils-still):has(+ .jp-OutputArea-child .aeutils-live)"
    "{display:none}.jp-OutputArea-child:has(.aeutils-still)"
    "+.jp-OutputArea-child:not(:has(.aeutils-live)){display:none}</style>"
)
_serial = itertools.count(1)


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
        controls: Mapping[str, Control],
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
        """Set some values, as the controls would, and draw again.

        Args:
            values: by the names of the controls.

        Returns:
            The picture itself.

        Raises:
            TypeError, ValueError: no control has this name, or it cannot take the value.
        """
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
