"""Figures: what is drawn, what is written, that nothing is cut off or overlaps, and no warnings."""

import io
import itertools
import types

import matplotlib
import numpy as np
import PIL.Image
import pytest
import torch
from matplotlib.image import BboxImage

from aeutils import plots
from aeutils.plots.line_charts import spread_heights, spread_points, thin_out
from aeutils.plots.style import number, small_png


def digits(n=12, seed=0):
    """Random smooth-ish images, rows of 784 numbers in [0, 1]."""
    return torch.rand(n, 784, generator=torch.Generator().manual_seed(seed))


def history(steps=300, validated=True, floor=5.0):
    step = list(range(1, steps + 1))
    val_step = list(range(50, steps + 1, 50)) if validated else []
    val_loss = [floor + 100 / s + (0.5 if s > 200 else 0) for s in val_step]
    best = val_step[int(np.argmin(val_loss))] if validated else None
    train = [floor + 100 / s for s in step]
    return types.SimpleNamespace(
        step=step, train_loss=train, val_step=val_step, val_loss=val_loss, best_step=best
    )


def texts(figure):
    found = figure.findobj(matplotlib.text.Text)
    return [t for t in found if t.get_text().strip() and t.get_visible()]


def words(figure):
    return [t.get_text() for t in texts(figure)]


def render(figure):
    """Render to PNG and check that all text is inside the figure."""
    png = io.BytesIO()
    figure.savefig(png, format="png")
    assert png.getvalue().startswith(b"\x89PNG")
    assert len(png.getvalue()) < 400_000
    width, height = figure.canvas.get_width_height()
    for text in drawn_texts(figure):
        box = text.get_window_extent()
        inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
        assert inside, f"{text.get_text()!r} is cut off: {box}"
    assert figure.alt_text.endswith(".")
    assert len(figure.alt_text) > 20
    return png.getvalue()


def drawn_texts(figure):
    """The texts that are really drawn: tick labels beyond the axis limits are not."""
    skipped = set()
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            low, high = sorted(axis.get_view_interval())
            for tick in [*axis.get_major_ticks(), *axis.get_minor_ticks()]:
                if not low <= tick.get_loc() <= high:
                    skipped |= {tick.label1, tick.label2}
    return [t for t in texts(figure) if t not in skipped]


def pictures(figure):
    """The images of a grid in the order in which they were drawn."""
    return figure.findobj(BboxImage)


def places(figure):
    """Their boxes in shares of the figure, the highest first."""
    to_shares = figure.transFigure.inverted()
    boxes = [image.get_window_extent().transformed(to_shares) for image in pictures(figure)]
    return sorted(boxes, key=lambda box: -box.y1)


def overlapping(figure):
    # Without the leader line that an annotation counts as its own.
    extent = matplotlib.text.Text.get_window_extent
    boxes = [(t.get_text(), extent(t)) for t in drawn_texts(figure)]
    return [
        (a, b)
        for (a, one), (b, two) in itertools.combinations(boxes, 2)
        if one.x0 + 1 < two.x1
        and two.x0 + 1 < one.x1
        and one.y0 + 1 < two.y1
        and two.y0 + 1 < one.y1
    ]


def every_figure():
    x, labels = digits(), torch.arange(12) % 10
    z = torch.randn(500, 2, generator=torch.Generator().manual_seed(0))
    axes = torch.linalg.qr(torch.randn(784, 20, generator=torch.Generator().manual_seed(1)))[0].T
    angles = torch.linspace(0, 1.5, 32)
    k = [1, 2, 4, 8, 16, 32, 64, 128]
    return {
        "grid": lambda: plots.reconstruction_grid(
            {"test digits": x, "k = 2\n(392×)": x * 0.5, "k = 32\n(24.5×)": x * 0.9},
            labels=labels,
            title="A title",
        ),
        "grid of 20": lambda: plots.reconstruction_grid(
            {"x": digits(20), "y": digits(20, 1)}, n=20, labels=torch.arange(20)
        ),
        "names as labels": lambda: plots.reconstruction_grid(
            {"x": x, "y": x * 0.5}, labels=["T-shirt/top", "Ankle boot"] * 5
        ),
        "row": lambda: plots.image_row([*x[:9], x.mean(dim=0)], [*["a 1"] * 9, "the average"]),
        "long row": lambda: plots.image_row(x.reshape(-1, 1, 28, 28), ["a rather long text"] * 12),
        "axes": lambda: plots.eigen_digits(
            axes, mean=x.mean(dim=0), n=16, variances=torch.linspace(5, 1, 20)
        ),
        "two axes": lambda: plots.eigen_digits(axes, n=2),
        "scree": lambda: plots.scree(torch.softmax(-torch.arange(784) / 50, dim=0)),
        "one curve": lambda: plots.learning_curves(history(), title="It learns"),
        "no validation": lambda: plots.learning_curves(history(validated=False)),
        "three runs": lambda: plots.learning_curves(
            {"linear": history(), "ReLU": history(floor=5.1), "deep": history(validated=False)}
        ),
        "lines": lambda: plots.lines(
            k,
            {"train": [50 / v for v in k], "test": [51 / v for v in k]},
            title="Error",
            x_label="code size k (numbers)",
            y_label="mean SSE per image",
            log_x=True,
            log_y=True,
        ),
        "ten lines": lambda: plots.lines(
            [0, 1], {f"run {i}": [i, 5.0] for i in range(10)}, "Ten", "x", "y"
        ),
        "scatter": lambda: plots.latent_scatter(z, torch.arange(500) % 10),
        "angles": lambda: plots.subspace_angles(
            {"decoder": angles / 20, "encoder": angles, "random subspace": angles + 0.05}
        ),
        "errors": lambda: plots.error_histogram(
            {"PCA-8": 30 + 5 * z[:, 0], "PCA-32": 15 + 2 * z[:, 1]}
        ),
    }


@pytest.mark.parametrize("name", every_figure())
def test_every_figure_renders_inside_its_frame_without_overlap_or_warning(name):
    figure = every_figure()[name]()
    render(figure)
    assert overlapping(figure) == []
    assert figure.get_size_inches()[0] <= 9


@pytest.mark.parametrize("name", ["grid", "axes", "three runs", "scatter"])
def test_figures_neither_touch_pyplot_nor_follow_the_notebooks_style(name):
    import matplotlib.pyplot as plt

    plt.close("all")
    plain = render(every_figure()[name]())
    with plt.style.context("dark_background"):
        before = dict(matplotlib.rcParams)
        figure = every_figure()[name]()
        assert dict(matplotlib.rcParams) == before
    assert render(figure) == plain
    assert plt.get_fignums() == []


def test_grid_shows_pixels_labels_and_errors():
    x = digits()
    half = 0.5 * x
    labels = torch.arange(30, 45)
    figure = plots.reconstruction_grid({"test": x, "half\nlight": half}, n=5, labels=labels)
    shown = [image.get_array() for image in pictures(figure)]
    assert len(shown) == 10
    np.testing.assert_allclose(np.asarray(shown[0]).ravel(), x[0], rtol=1e-6)
    np.testing.assert_allclose(np.asarray(shown[7]).ravel(), half[2], rtol=1e-6)
    errors = (x[:5] - half[:5]).square().sum(dim=1)
    found = words(figure)
    for e in errors.tolist():
        assert f"{e:#.3g}" in found
    assert f"{errors.mean():#.3g}" in found
    assert {"30", "34", "test", "half\nlight"} <= set(found)
    assert "35" not in found
    assert f"mean error {errors.mean():#.3g}" in figure.alt_text


def test_grid_compares_with_a_named_row_or_with_given_images():
    x = digits()
    rows = {"noisy": x * 0, "clean": x}
    found = words(plots.reconstruction_grid(rows, n=2, error_against="clean"))
    assert number(float(x[0].square().sum()), padded=True) in found
    found = words(plots.reconstruction_grid(rows, n=2, error_against=x))
    assert found.count("0.00") == 3  # two images of "clean" and their mean


@pytest.mark.parametrize(
    ("n", "words_of_it"), [(10, "of these 10"), (3, "of these 3"), (1, "of this one")]
)
def test_grid_says_of_which_images_the_mean_is(n, words_of_it):
    x = digits()
    figure = plots.reconstruction_grid({"x": x, "half": 0.5 * x}, n=n, title="T", labels=[1] * 12)
    assert f"mean SSE\n{words_of_it}" in words(figure)
    assert f"mean over the {n} shown: half: mean error" in figure.alt_text
    render(figure)
    assert overlapping(figure) == []


def test_grid_takes_images_colours_and_fewer_images_than_columns():
    colour = torch.rand(3, 3, 32, 32)
    figure = plots.reconstruction_grid({"a": colour, "b": colour.flatten(1)}, n=10)
    assert len(pictures(figure)) == 6
    assert pictures(figure)[3].get_array().shape == (32, 32, 3)
    render(figure)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: plots.reconstruction_grid({}), "empty"),
        (lambda x: plots.reconstruction_grid({"a": x[:, :700]}), r"\(12, 700\)"),
        (lambda x: plots.reconstruction_grid({"a": x, "b": x[:, :100]}), "cannot be compared"),
        (lambda x: plots.reconstruction_grid({"a": x}, error_against="c"), "names no row"),
        (lambda x: plots.reconstruction_grid({"a": x}, labels=[1]), "1 entries for 10"),
        (lambda x: plots.reconstruction_grid({"a": x}, n=0), "at least 1"),
        (lambda x: plots.image_row([]), "empty"),
        (lambda x: plots.image_row(x, ["one"]), "12 images and 1 titles"),
        (lambda x: plots.eigen_digits(x, variances=torch.ones(3)), "12 axes"),
        (lambda x: plots.scree(torch.ones(5)), "divide"),
        (lambda x: plots.scree(torch.ones(5) / 5, marks=(80,)), "marks"),
        (lambda x: plots.lines([1, 2], {}, "", "", ""), "at least one"),
        (lambda x: plots.lines([1, 2], {"a": [1]}, "", "", ""), "1 values for 2"),
        (lambda x: plots.lines([0, 2], {"a": [1, 2]}, "", "", "", log_x=True), "x > 0"),
        (lambda x: plots.lines([1, 2], {"a": [-1, 2]}, "", "", "", log_y=True), "y > 0"),
        (lambda x: plots.lines([1], {"a": [float("nan")]}, "", "", ""), "no finite"),
        (lambda x: plots.latent_scatter(x, torch.arange(12)), r"\(N, 2\)"),
        (lambda x: plots.latent_scatter(x[:, :2], torch.arange(9)), "length 9"),
        (lambda x: plots.subspace_angles({"a": [45.0]}), "radians"),
        (lambda x: plots.subspace_angles({}), "at least one"),
        (lambda x: plots.error_histogram({"a": [-1.0]}), "not negative"),
        (lambda x: plots.learning_curves({}), "empty"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=message):
        call(digits())


def test_what_is_no_history_is_refused():
    with pytest.raises(TypeError, match="train_loss"):
        plots.learning_curves(types.SimpleNamespace(step=[1]))


def test_scree_marks_the_number_of_components():
    ratio = torch.tensor([0.5, 0.3, 0.15, 0.05])
    found = " ".join(words(plots.scree(ratio, marks=(0.8, 0.95))))
    assert "2 hold 80 %" in found
    assert "3 hold 95 %" in found


def test_scree_says_when_a_mark_is_not_reached():
    figure = plots.scree(torch.tensor([0.5, 0.2]), marks=(0.9,))
    assert "90 % is not reached" in figure.alt_text
    render(figure)


def test_learning_curves_mark_the_best_step_and_average_long_curves():
    run = history()
    axes = plots.learning_curves(run).axes[0]
    training, validation, star = axes.lines[:3]
    assert star.get_xdata() == [run.best_step]
    assert star.get_ydata() == [min(run.val_loss)]
    assert validation.get_ydata().tolist() == run.val_loss
    assert len(training.get_xdata()) == 100
    assert axes.get_yscale() == "log"


def test_a_negative_loss_is_drawn_linearly():
    run = history(floor=-20.0)
    assert plots.learning_curves(run).axes[0].get_yscale() == "linear"


def test_thinned_curves_keep_the_mean():
    step, loss = thin_out(np.arange(1000.0), np.arange(1000.0))
    assert len(step) == len(loss) == 100
    assert loss.mean() == pytest.approx(499.5)


def test_lines_name_each_curve_and_write_plain_ticks():
    figure = plots.lines(
        [1, 10, 100], {"a": [3, 2, 1], "b": [3, 2, 1]}, "T", "k", "SSE", log_x=True, log_y=True
    )
    render(figure)
    found = words(figure)
    assert {"a", "b", "T", "k", "SSE", "10", "100"} <= set(found)
    assert not any("mathdefault" in text for text in found)


def test_lines_leave_gaps_and_take_tensors_that_need_gradients():
    y = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
    figure = plots.lines(torch.arange(3), {"a": y, "b": [1, float("nan"), 2]}, "T", "x", "y")
    render(figure)


def test_angles_are_drawn_in_degrees_from_small_to_large():
    figure = plots.subspace_angles({"a": torch.tensor([torch.pi / 2, 0.0, torch.pi / 6])})
    np.testing.assert_allclose(figure.axes[0].lines[0].get_ydata(), [0, 30, 90], atol=1e-4)
    assert "(degrees)" in figure.axes[0].get_ylabel()


def test_scatter_puts_each_class_near_its_median():
    z = torch.cat([torch.randn(100, 2) * 0.1 + shift for shift in (0.0, 5.0)])
    figure = plots.latent_scatter(z, torch.arange(200) // 100 + 7, axis_names=("left", "up"))
    places = {t.get_text(): t.get_position() for t in figure.axes[0].texts}
    assert places["7"] == pytest.approx((0, 0), abs=0.1)
    assert places["8"] == pytest.approx((5, 5), abs=0.1)
    assert figure.axes[0].get_xlabel() == "left"


def test_a_cloud_of_60000_points_is_small_in_the_notebook():
    generator = torch.Generator().manual_seed(0)
    z, labels = torch.randn(60_000, 2, generator=generator), torch.arange(60_000) % 10
    figure = plots.latent_scatter(z + labels[:, None].cos(), labels)
    png = small_png(figure)
    assert len(png) < 120_000
    whole = io.BytesIO()
    figure.savefig(whole, format="png")
    shown, drawn = (
        np.asarray(PIL.Image.open(file).convert("RGB"), dtype=float)
        for file in (io.BytesIO(png), whole)
    )
    assert shown.shape == drawn.shape
    assert np.abs(shown - drawn).mean() < 2  # of 255


def test_small_figures_and_photographs_keep_all_their_colours():
    photographs = torch.rand(20, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    for figure in (every_figure()["grid"](), plots.image_row(photographs)):
        assert small_png(figure) == render(figure)


def test_histogram_shares_add_up():
    figure = plots.error_histogram({"a": torch.rand(50), "b": torch.rand(70)})
    outlines = [p.get_data().values for p in figure.axes[0].patches if not p.get_fill()]
    assert [float(v.sum()) for v in outlines] == pytest.approx([100, 100])


@pytest.mark.parametrize(("high", "wide"), [(8, 16), (16, 8), (8, 8)])
def test_images_keep_their_shape(high, wide):
    (box,) = [i.get_window_extent() for i in pictures(plots.image_row([torch.rand(1, high, wide)]))]
    assert box.height / box.width == pytest.approx(high / wide)


def test_eigen_digits_are_centred_on_zero():
    axes = torch.zeros(2, 784)
    axes[0, :3], axes[1, 5] = 0.3, -0.8
    figure = plots.eigen_digits(axes, n=2)
    assert pictures(figure)[0].get_clim() == pytest.approx((-0.8, 0.8))
    assert pictures(figure)[0].get_cmap().name == "RdBu"


def test_spread_heights_keeps_order_gap_and_centre():
    heights = np.array([10.0, 10.5, 50.0, 9.0])
    spread = spread_heights(heights, 12.0)
    assert (np.diff(np.sort(spread)) >= 12 - 1e-9).all()
    assert np.argsort(spread).tolist() == np.argsort(heights).tolist()
    assert spread[2] == 50
    assert spread[[0, 1, 3]].mean() == pytest.approx(heights[[0, 1, 3]].mean())


def test_spread_points_parts_even_equal_points():
    spread = spread_points(np.zeros((4, 2)), 10.0)
    nearest = min(np.hypot(*(a - b)) for a, b in itertools.combinations(spread, 2))
    assert nearest > 9


def test_numbers_read_as_a_person_writes_them():
    values = (0.01234, 13.866, 1234.5, 60000, 0.0, 999.7, -3.0, 2.5e-7)
    expected = ["0.0123", "13.9", "1,234", "60,000", "0", "1,000", "-3", "2.5e-07"]
    assert [number(v) for v in values] == expected
    assert [number(v, padded=True) for v in (28.0, 3.3, 154.2)] == ["28.0", "3.30", "154"]
