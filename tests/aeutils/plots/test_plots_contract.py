"""What every figure of `aeutils.plots` promises, checked over all of them, also those to come."""

import inspect

import matplotlib.colors
import matplotlib.figure
import pytest
import torch

from aeutils import plots
from aeutils.plots.style import small_png

X, Y = torch.rand(12, 784), torch.arange(12) % 3
Z = torch.randn(12, 2)
EVENTS = torch.tensor([False, True, False])
CURVES = {"a": [3.0, 2.0], "b": [4.0, 1.0]}
HISTORY = type("H", (), {"step": [1, 2], "train_loss": [2.0, 1.0], "val_step": [], "val_loss": [],
                         "best_step": None})()  # fmt: skip
CALLS = {
    "alarms": lambda: plots.alarms([0, 1, 2], Z[:3, 0], Z[:3, 1], Z[:3, 0].abs(), 0.5, EVENTS, "T"),
    "code_clouds": lambda **k: plots.code_clouds(Z, Z.abs() / 5, Y, **k),
    "code_gallery": lambda: plots.code_gallery(X, {"m": (torch.tanh(torch.randn(12, 36)), X)}, n=3),
    "eigen_digits": lambda: plots.eigen_digits(torch.linalg.qr(X.T)[0].T, n=4),
    "error_histogram": lambda **k: plots.error_histogram({"a": torch.linspace(0, 1, 30)}, **k),
    "image_map": lambda: plots.image_map(Z, X, Y, "T", n=5),
    "image_row": lambda: plots.image_row(X[:3], ["a", "b", "c"], title="T"),
    "latent_scatter": lambda **k: plots.latent_scatter(Z, Y, **k),
    "learning_curves": lambda **k: plots.learning_curves(HISTORY, "T", **k),
    "lines": lambda **k: plots.lines([1, 2], CURVES, "T", "x", "y", **k),
    "manifold": lambda **k: plots.manifold(lambda z: z[:, :1].expand(-1, 784), side=3, **k),
    "map_panels": lambda: plots.map_panels({"a": Z, "b": Z}, Y, "T"),
    "neighbour_grid": lambda: plots.neighbour_grid(
        X[:2], Y[:2], X, Y, {"pixels": torch.tensor([[3, 4], [5, 6]])}, "T"
    ),
    "reconstruction_grid": lambda: plots.reconstruction_grid({"x": X, "half": X / 2}, n=4),
    "sample_wall": lambda: plots.sample_wall({"a": X, "b": X[:5]}, columns=4, marks={"a": X}),
    "score_maps": lambda: plots.score_maps(
        Z, {"a": lambda z: z[:, 0], "b": lambda z: z[:, 1]}, "T"
    ),
    "scree": lambda: plots.scree([0.6, 0.3, 0.1]),
    "subspace_angles": lambda **k: plots.subspace_angles({"a": torch.tensor([0.1, 0.5])}, **k),
    "value_table": lambda: plots.value_table(torch.rand(2, 2), "ab", "cd", "T", "r", "c"),
    "vector_fields": lambda: plots.vector_fields(Z, {"a": Z / 9, "b": Z / 5}, Z, "T"),
    "word_map": lambda **k: plots.word_map(Z[:4], {"a": ["x", "y"], "b": ["u", "v"]}, "T", **k),
}
FUNCTIONS = [name for name in plots.__all__ if name != "panels"]
IN_AXES = [name for name in FUNCTIONS if "ax" in inspect.signature(getattr(plots, name)).parameters]


def test_every_function_is_checked_here():
    assert sorted(CALLS) == sorted(FUNCTIONS)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_it_returns_its_figure_with_alt_text_on_white_paper(name):
    figure = CALLS[name]()
    assert isinstance(figure, matplotlib.figure.Figure)
    assert len(figure.alt_text.split()) >= 5
    assert figure.alt_text.endswith(".")
    assert figure.get_facecolor() == (1, 1, 1, 1)  # legible in a dark theme as well
    assert small_png(figure).startswith(b"\x89PNG")


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_figure_of_one_panel_takes_axes(name):
    """Layouts of images keep their own figure: their sizes are counted in inches."""
    panels = [axes for axes in CALLS[name]().axes if axes.get_label() != "<colorbar>"]
    # Sized by their images, or with a colour scale beside.
    own = {"image_map", "value_table", "eigen_digits"}
    if len(panels) == 1 and name not in own:
        assert name in IN_AXES
    assert len(IN_AXES) >= 5


@pytest.mark.parametrize("name", IN_AXES)
def test_two_of_a_kind_side_by_side(name):
    figure, (left, right) = plots.panels(2)
    assert CALLS[name](ax=left) is figure
    first = figure.alt_text
    assert CALLS[name](ax=right) is figure
    assert figure.alt_text == f"{first} {first}"  # both are told
    assert left.get_title(loc="left") == right.get_title(loc="left") != ""
    assert len(figure.axes) == 2
    small_png(figure)


def test_axes_that_hold_lines_already_keep_them_and_their_names():
    _, (ax,) = plots.panels(1)
    ax.plot([1, 2], [2, 2], color="red")
    plots.lines([1, 2], CURVES, "T", "x", "y", ax=ax)
    arrows = [t for t in ax.texts if t.get_text() in CURVES]
    drawn = [line.get_color() for line in ax.lines]
    assert drawn[0] == "red"
    assert [t.arrow_patch.get_edgecolor() for t in arrows] == [
        matplotlib.colors.to_rgba(colour) for colour in drawn[1:]
    ]


def test_reconstructions_carry_their_error():
    figure = CALLS["reconstruction_grid"]()
    texts = {t.get_text() for t in figure.texts}
    for x in X[:4]:
        assert f"{float((x / 2).square().sum()):#.3g}".rstrip(".") in texts
