"""Several models side by side on the same image: what each makes of it, and what it gets wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from aeutils._internal.validate import check_batch, check_labels, check_same_shape
from aeutils.plots.html import row, sentence, tile
from aeutils.plots.image_grids import as_images
from aeutils.plots.style import number
from aeutils.widgets.inputs import Slider
from aeutils.widgets.live import Live


def compare_models(
    models: Mapping[str, Callable[[Tensor], Tensor]], images: Tensor, labels: Tensor | None = None
) -> Live:
    """Show each model's reconstruction of one image, its error, and where it is wrong.

    In the lower row red is missing ink and blue is too much ink. A star marks the smallest error on
    this image: look at many images before you call a model better.

    Args:
        models: name -> function from images to reconstructions of the same shape.
        images: (N, C, H, W) or rows (N, D) of square images.
        labels: their classes, integers (N,).

    Returns:
        A picture with one control, `image`, from 1 to N; the last value of a cell is shown.

    Raises:
        TypeError: `images` is not a tensor of floats, or `labels` not one of integers (N,).
        ValueError: `images` has another shape, or holds NaN or infinity.
        ValueError: there is not one label for each image.
        ValueError: there is no model, or one returns images of another shape.

    Examples:
        >>> x = torch.rand(5, 784)
        >>> compare_models({"copy": lambda x: x, "paper": lambda x: 0 * x}, x).text[:33]
        'Smallest squared error: copy with'
    """
    x = check_batch(images, "images")
    if not models:
        raise ValueError("models is empty; give at least one, such as {'PCA-32': pca.reconstruct}")
    if labels is not None:
        check_labels(labels, len(x))

    def draw(image: int) -> tuple[str, str]:
        one = x[image - 1 : image]
        made, errors = {}, {}
        for name, model in models.items():
            with torch.no_grad():
                made[name] = model(one)
            check_same_shape(made[name], one, f"what {name!r} returned", "images")
            errors[name] = float((made[name] - one).square().sum())
        best = min(errors, key=lambda name: errors[name])
        kind = "" if labels is None else f" ({int(labels[image - 1])})"
        columns = [
            tile(
                as_images(one, "images")[0], f"image {image}{kind}", f"image {image}{kind} as it is"
            )
        ]
        for name, x_hat in made.items():
            star = "★ " if name == best and len(made) > 1 else ""
            caption = f"{star}{name}: {number(errors[name])}"
            wrong = as_images(x_hat - one, name)[0]
            shown = tile(as_images(x_hat, name)[0], caption)
            below = tile(wrong, "", f"difference of {name}", signed=True)
            columns.append(f"<div>{shown}{below}</div>")
        text = f"Smallest squared error: {best} with {number(errors[best])}" + "".join(
            f"; {name} {number(e)}" for name, e in errors.items() if name != best
        )
        note = "Below each: what is wrong. Red is missing ink, blue is too much."
        return sentence(text + ".") + row(columns) + sentence(note), text + "."

    return Live("The same image, every model", {"image": Slider("image", 1, len(x), 1, 1)}, draw)
