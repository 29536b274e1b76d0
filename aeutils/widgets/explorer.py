"""Walk through a latent space: choose a code, and see at once what the decoder makes of it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import check_labels, check_matrix, describe
from aeutils.plots.html import bars, row, sentence, tile
from aeutils.plots.image_grids import as_images
from aeutils.plots.line_charts import spread_points
from aeutils.plots.style import number
from aeutils.widgets.inputs import Plane, Slider
from aeutils.widgets.live import Live

DOTS = 600  # codes drawn on the map
Decoder = Callable[[Tensor], Tensor]


def latent_explorer(
    decode: Decoder,
    codes: Tensor,
    labels: Tensor | None = None,
    images: Tensor | None = None,
    sliders: int = 6,
) -> Live:
    """Show the image that the decoder makes of a code, beside the nearest real code.

    A code of two numbers is chosen directly, by dragging a point on the map or by two sliders. For
    longer codes there would be too many sliders: the point is then the mean code plus steps along
    the principal axes of the codes, in standard deviations, and the map shows the first two.

    Args:
        decode: codes (N, K) -> images (N, C, H, W) or rows (N, D) of square images.
        codes: codes of real images, (N, K), K >= 2; they make the map and the range of the sliders.
        labels: their classes, integers (N,), which colour the map.
        images: their images; the one with the nearest code is shown for comparison.
        sliders: number of axes for codes of more than two numbers; at least two are used.

    Returns:
        A picture with the controls `z1`, `z2`, ...; the last value of a cell is shown.

    Raises:
        TypeError: `codes` is not a tensor of floats, or `labels` not one of integers (N,).
        ValueError: `codes` is not of shape (N, K) with K >= 2, or holds NaN or infinity.
        ValueError: there are not as many labels or images as codes.

    Examples:
        >>> z = torch.randn(100, 2)
        >>> latent_explorer(lambda z: z @ torch.rand(2, 784), z).set(z1=0.5).state["z1"]
        0.5
    """
    z = check_matrix(codes, "codes").detach().cpu()
    if z.shape[1] < 2:
        raise ValueError(f"codes must have two numbers or more, got {describe(codes)}")
    kinds = (
        torch.zeros(len(z), dtype=torch.long)
        if labels is None
        else check_labels(labels, len(z)).cpu()
    )
    pictures = None if images is None else as_images(images[: len(z)], "images")
    if pictures is not None and len(pictures) != len(z):
        raise ValueError(f"there are {len(pictures)} images for {len(z)} codes")
    flat = z.shape[1] == 2
    middle, axes = (torch.zeros(2), torch.eye(2)) if flat else _principal(z, sliders)
    places = z if flat else ((z - middle) @ axes.T) / axes.square().sum(dim=1)  # (N, A)
    names = [f"z{i + 1}" for i in range(len(axes))]
    controls = {}
    for i, name in enumerate(names):
        low, high = places[:, i].quantile(torch.tensor([0.005, 0.995]).to(places)).tolist()
        low, high = (low, high) if flat else (-3.0, 3.0)
        room = 0.05 * max(high - low, 1e-6) if flat else 0.0
        start = float(places[:, i].median()) if flat else 0.0
        label = f"code number {i + 1}" if flat else f"along axis {i + 1} (std)"
        step = (high - low + 2 * room) / 200
        controls[name] = Slider(label, low - room, high + room, step, start)

    def draw(**at: float) -> tuple[str, str]:
        here = torch.tensor([at[name] for name in names], dtype=z.dtype)
        code = (middle + here @ axes)[None]  # (1, K)
        with torch.no_grad():
            made = as_images(decode(code.to(codes.device)), "the decoder's images")[0]
        nearest = int((z - code).square().sum(dim=1).argmin())
        far = float((z[nearest] - code[0]).norm())
        words = "Decoded from " + (
            f"({number(at['z1'])}, {number(at['z2'])})" if flat else "this code"
        )
        kind = "" if labels is None else f" ({int(kinds[nearest])})"
        text = f"{words}. The nearest real code{kind} is {number(far)} away."
        tiles = [tile(made, "decoded", f"Image {words[0].lower()}{words[1:]}", 160)]
        if pictures is not None:
            tiles.append(tile(pictures[nearest], f"nearest real image{kind}", size=160))
        if not flat:
            tiles.append(bars(code[0], f"the code, {z.shape[1]} numbers"))
        return row(tiles) + sentence(text), text

    some = torch.linspace(0, len(z) - 1, min(len(z), DOTS)).long().tolist()
    classes = kinds.unique().tolist()
    dots = [(*places[i, :2].tolist(), classes.index(int(kinds[i]))) for i in some]
    middles = [places[kinds == c].median(dim=0).values.tolist() for c in classes]
    ends = [(controls[name].low, controls[name].high) for name in names[:2]]
    apart = _apart(np.array(middles)[:, :2], np.array(ends))
    named = [(*spot, str(c)) for spot, c in zip(apart.tolist(), classes, strict=True)]
    plane = Plane("Map of the codes", "z1", "z2", dots, named if labels is not None else [])
    return Live("Latent-space explorer", controls, draw, plane)


def _apart(middles: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Return the places of names (M, 2), moved so that none covers another on a map of 276 dots."""
    scale = 276 / (ends[:, 1] - ends[:, 0])
    return spread_points(middles * scale, 16.0) / scale


def _principal(z: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Return the mean code (K,) and the first principal axes (A, K), scaled to their deviations."""
    middle = z.mean(dim=0)
    _, s, vt = torch.linalg.svd(z - middle, full_matrices=False)
    deviations = s / max(len(z) - 1, 1) ** 0.5
    count = max(2, min(count, int((deviations > 1e-6 * deviations[0]).sum())))
    return middle, vt[:count] * deviations[:count, None].clamp_min(1e-9)
