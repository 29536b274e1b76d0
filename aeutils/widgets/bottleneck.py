"""Move the bottleneck and watch detail come and go: reconstructions and error by code size."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from aeutils._internal.validate import check_batch, check_same_shape
from aeutils.plots.html import curve, row, sentence, tile
from aeutils.plots.image_grids import as_images
from aeutils.plots.style import number
from aeutils.widgets.inputs import Choice
from aeutils.widgets.live import Live

Reconstruct = Callable[[Tensor], Tensor]


def bottleneck_slider(
    models: Mapping[int, Reconstruct], images: Tensor, n: int = 6, most: int = 500
) -> Live:
    """Show what a code of k numbers keeps of some images, and the error as k changes.

    Args:
        models: code size k -> function from images to reconstructions of the same shape, such as
            ``{k: pca.PCA(k).fit(x).reconstruct for k in (1, 2, 4, 8, 16, 32)}``.
        images: (N, C, H, W) or rows (N, D) of square images; the first n are shown.
        n: number of images shown.
        most: the error is the mean over this many images at most.

    Returns:
        A picture with one control, `k`; the last value of a cell is shown.

    Raises:
        TypeError: `images` is not a tensor of floats.
        ValueError: `images` has another shape, or holds NaN or infinity.
        ValueError: there is no model, or one returns images of another shape.

    Examples:
        >>> x = torch.rand(20, 784)
        >>> bottleneck_slider({1: lambda x: 0 * x, 784: lambda x: x}, x).set(k=784).text[:22]
        'With 784 of 784 number'
    """
    x = check_batch(images, "images")[:most]
    if not models:
        raise ValueError("models is empty; give at least one, such as {32: pca32.reconstruct}")
    widths = sorted(models)
    with torch.no_grad():
        rebuilt = {k: models[k](x).detach() for k in widths}
    for k, x_hat in rebuilt.items():
        check_same_shape(x_hat, x, f"what models[{k}] returned", "images")
    each = {k: (x_hat - x).square().flatten(1).sum(dim=1) for k, x_hat in rebuilt.items()}
    means = [float(each[k].mean()) for k in widths]
    shown = as_images(x[:n], "images")
    d = x[0].numel()

    def draw(k: int) -> tuple[str, str]:
        text = (
            f"With {k} of {d} numbers ({d / k:.3g} times fewer) the mean squared error per image "
            f"is {number(means[widths.index(k)])}."
        )
        after = as_images(rebuilt[k][:n], "images")
        above = [tile(image, "", f"image {i + 1} as it is", 84) for i, image in enumerate(shown)]
        below = [
            tile(image, f"error {number(float(e))}", f"rebuilt from {k} numbers", 84)
            for image, e in zip(after, each[k][:n], strict=True)
        ]
        drawn = curve(
            widths, means, "error against code size k", marked=k, log_x=widths[-1] > 8 * widths[0]
        )
        picture = row(above, "images") + row(below, f"rebuilt from {k} numbers")
        return sentence(text) + picture + f'<div style="margin-top:8px">{drawn}</div>', text

    control = Choice("code size k", tuple(widths), widths[len(widths) // 2], ordered=True)
    return Live("Bottleneck", {"k": control}, draw)
