"""The look of figures and numbers, and how a figure is shown exactly once.

matplotlib is imported inside the functions, so that importing this costs nothing.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable
from functools import partial, wraps
from typing import TYPE_CHECKING, Any

from aeutils._internal.notebook import publish

if TYPE_CHECKING:
    import matplotlib.figure

# The eight colours of Okabe & Ito (2008), "Color Universal Design", plus lavender and brown.
# Any two differ by at least 16 units of CIELAB for normal vision and for simulated protanopia,
# deuteranopia and tritanopia (Machado et al. 2009): tests/aeutils/plots/test_plots.py.
COLOURS = (
    "#0072B2",  # blue
    "#D55E00",  # vermillion
    "#009E73",  # bluish green
    "#CC79A7",  # reddish purple
    "#E69F00",  # orange
    "#56B4E9",  # sky blue
    "#884400",  # brown
    "#000000",  # black
    "#8888EE",  # lavender
    "#F0E442",  # yellow
)
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*", "<", ">")
LINES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))
CONTINUOUS = "cividis"
DIVERGING = "RdBu"  # red and blue stay apart for every common colour blindness
WIDTH = 8.0  # inches: 800 pixels at 100 dots per inch, the text column of JupyterLab

# A matplotlib Figure with `alt_text`, an attribute of ours that its own type does not know.
DescribedFigure = Any

STYLE: dict[str, Any] = {
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same figure on every machine
    "font.size": 10,
    "axes.titlesize": 11,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.labelsize": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "grid.color": "#DDDDDD",
    "grid.linewidth": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "xtick.labelsize": 9,
    "ytick.labelsize": 9,
    "lines.linewidth": 1.8,
}


def styled(
    plot: Callable[..., matplotlib.figure.Figure],
) -> Callable[..., matplotlib.figure.Figure]:
    """Run a plotting function in the course's style, whatever style the notebook has set.

    Args:
        plot: returns a figure.

    Returns:
        The same function, drawing in the course's style.
    """

    @wraps(plot)
    def in_style(*args: Any, **kwargs: Any) -> matplotlib.figure.Figure:
        import matplotlib.style

        with matplotlib.style.context(["default", STYLE]):
            return plot(*args, **kwargs)

    return in_style


def new_figure(width: float, height: float, **options: Any) -> DescribedFigure:
    """Return an empty Figure of the given size in inches that is shown exactly once.

    The rule: a figure is a value like any other. A notebook shows it where it is the last value of
    a cell, or where it is passed to ``display``; ``figure = plots.lines(...)`` shows nothing until
    ``figure`` is evaluated. pyplot does not know the figure, so it never appears a second time and
    needs no closing. In a script: ``figure.savefig("name.png")``.

    ``figure.alt_text`` describes it in words; notebook and web page carry it with the image.

    Args:
        width: inches.
        height: inches.
        options: as for matplotlib's `Figure`.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure: DescribedFigure = Figure(figsize=(width, height), **options)
    FigureCanvasAgg(figure)
    figure.alt_text = ""
    figure._ipython_display_ = partial(_show_figure, figure)  # IPython calls this to show it
    return figure


def _show_figure(figure: DescribedFigure) -> None:
    """Publish the figure as a PNG with its alt text.

    As HTML, because neither JupyterLab nor nbconvert's page gives an ``image/png`` an alt text.
    """
    source = f"data:image/png;base64,{base64.b64encode(small_png(figure)).decode('ascii')}"
    alt = html.escape(figure.alt_text)
    publish(
        f"Figure: {figure.alt_text}",
        f'<img src="{source}" alt="{alt}" style="max-width:100%;background:white">',
    )


def small_png(figure: matplotlib.figure.Figure) -> bytes:
    """Return the figure as a PNG; one of more than 100 kB (a cloud of points) in 256 colours.

    The notebook keeps it, and every copy of the notebook. Photographs keep all their colours.

    Args:
        figure: what to save, at its own dpi, on white.
    """
    from matplotlib.image import AxesImage, BboxImage
    from PIL import Image

    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=figure.dpi, facecolor="white")
    images: list[Any] = [*figure.findobj(AxesImage), *figure.findobj(BboxImage)]
    photographs = any(image.get_array().ndim == 3 for image in images)
    if file.tell() <= 100_000 or photographs:
        return file.getvalue()
    picture = Image.open(file).convert("RGB").quantize(256, dither=Image.Dither.NONE)
    file = io.BytesIO()
    picture.save(file, format="png", optimize=True)
    return file.getvalue()


def number(value: float, padded: bool = False) -> str:
    """Return a number as a person would write it: about three digits, no needless zeros.

    With `padded` the zeros stay, for numbers that stand in a column: 28.0 below 12.7.

    >>> [number(v) for v in (0.01234, 13.866, 1234.5, 60000, 2.5e-7)]
    ['0.0123', '13.9', '1,234', '60,000', '2.5e-07']

    Args:
        value: the number.
        padded: whether zeros at the end stay.
    """
    if value != 0 and (abs(value) < 1e-4 or abs(value) >= 1e7):
        return f"{value:.3g}"
    if abs(value) >= 999.5:
        return f"{value:,.0f}"
    return f"{value:#.3g}".rstrip(".") if padded else f"{value:.3g}"
