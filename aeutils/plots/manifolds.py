"""The figure of `aeutils.plots` that shows all that a decoder of two numbers can draw."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_float_tensor, describe
from aeutils.plots.image_grids import as_images
from aeutils.plots.line_charts import describe_in_words, one_panel
from aeutils.plots.style import number, styled

if TYPE_CHECKING:
    import matplotlib.axes
    import matplotlib.figure

TICKS = (-2.0, -1.0, -0.5, 0.0, 0.5, 1.0, 2.0)


@styled
def manifold(
    decode: Callable[[Tensor], Tensor],
    *,
    side: int = 20,
    spread: float = 0.96,
    shape: tuple[int, int] = (28, 28),
    title: str = "Every image that two numbers can name",
    ax: matplotlib.axes.Axes | None = None,
) -> matplotlib.figure.Figure:
    """Draw a decoder's images of a grid of codes, joined without gaps into one large picture.

    Neighbours on the grid are equally many draws of N(0, 1) apart, as in Kingma & Welling (2014,
    Figure 4): common codes get more room than rare ones, so the ticks are not evenly spaced.
    Pixels are shown from 0 (paper) to 1 (ink) and clipped outside.

    Args:
        decode: codes (N, 2) -> images (N, C, H, W) or rows (N, C · H · W), values in [0, 1].
        side: images along each side, at least 2.
        spread: share of the draws of N(0, 1) between the first and the last image of a side, above
            0 and below 1; 0.96 goes from −2.05 to 2.05.
        shape: height and width in pixels of an image that comes as a row.
        title: headline.
        ax: axes to draw in, of a figure of yours; a new figure if None.

    Returns:
        The figure: the first number of the code grows to the right, the second upwards.

    Raises:
        TypeError: `side` is not an integer, or `decode` gives something other than floats.
        ValueError: `side` or `spread` is out of range, or the decoder's images have another shape.

    Example:
        >>> import torch
        >>> figure = manifold(lambda z: torch.sigmoid(z @ torch.randn(2, 784)), side=5)
    """
    check_count(side, "side")
    if side < 2:
        raise ValueError(f"side must be at least 2, got {side}")
    if not 0 < spread < 1:
        raise ValueError(f"spread must lie between 0 and 1, got {spread:g}")
    shares = torch.linspace((1 - spread) / 2, (1 + spread) / 2, side, dtype=torch.float64)
    values = torch.special.ndtri(shares).float()
    # Row by row as one reads: the second number falls from the top, the first grows to the right.
    second, first = torch.meshgrid(values.flip(0), values, indexing="ij")
    codes = torch.stack([first.flatten(), second.flatten()], dim=1)  # (side², 2)
    with torch.no_grad():
        images = _images(decode(codes), len(codes), shape)
    channels, high, wide = images.shape[1:]
    joined = images.reshape(side, side, channels, high, wide).permute(0, 3, 1, 4, 2)
    picture = joined.reshape(side * high, side * wide, channels).clamp(0, 1).numpy()

    figure, axes = one_panel(
        title, "first number of the code", "second number of the code", height=7.9, ax=ax
    )
    axes.grid(False)
    axes.imshow(
        picture[..., 0] if channels == 1 else picture,
        cmap="gray_r",
        vmin=0,
        vmax=1,
        extent=(0, side * wide, 0, side * high),
    )
    end = float(values[-1])
    ticks = [tick for tick in TICKS if abs(tick) <= end]
    if len(ticks) < 3:  # a small part of the plane: its ends, which are not round
        ticks = [-end, 0.0, end]
    passed = torch.special.ndtr(torch.tensor(ticks, dtype=torch.float64))
    steps = (passed - shares[0]) / spread * (side - 1) + 0.5  # the middle of an image is its code
    names = [number(tick).replace("-", "−") for tick in ticks]
    axes.set_xticks((steps * wide).tolist(), names)
    axes.set_yticks((steps * high).tolist(), names)
    axes.spines[:].set(visible=True, color="#BBBBBB")
    words = (
        f"{title}. {side} × {side} images joined into one: what the decoder makes of codes of two "
        f"numbers, each from −{number(end)} to {number(end)} at equal shares of N(0, 1); the "
        "first number grows to the right, the second upwards."
    )
    describe_in_words(figure, ax, words)
    return figure


def _images(made: object, count: int, shape: tuple[int, int]) -> Tensor:
    """Return what a decoder gave as images (N, C, H, W); rows get the height and width given."""
    images = check_float_tensor(made, "what decode returned")
    pixels = shape[0] * shape[1]
    if images.ndim == 2 and images.shape[1] in (pixels, 3 * pixels):
        images = images.reshape(len(images), -1, *shape)
    if images.ndim != 4 or len(images) != count or images.shape[1] not in (1, 3):
        raise ValueError(
            f"decode must give {count} images (N, 1 or 3, H, W) or rows of {pixels} or "
            f"{3 * pixels} pixels for {count} codes, got {describe(made)}; name the height and "
            "width of rows with shape="
        )
    return as_images(images, "what decode returned")
