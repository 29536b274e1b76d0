"""How week 2's losses are reduced, and how they are not."""

from __future__ import annotations

from torch import Tensor

from aeutils.testing.checking import Mistake


def reductions(per_pixel: Tensor) -> tuple[Tensor, list[Mistake]]:
    """Return the right reduction of a loss per pixel (N, D), and the usual wrong ones."""
    right = per_pixel.sum(1).mean()
    return right, [
        Mistake("sign", -right, "the sign: *minus* the log-likelihood"),
        Mistake("mean-over-pixels", per_pixel.mean(), "averaged over pixels too; sum them"),
        Mistake("sum-over-images", per_pixel.sum(), "summed over images; average over them"),
        Mistake("one-per-image", per_pixel.sum(1), "one number per image; average them"),
        Mistake("not-reduced", per_pixel, "one number per pixel; sum, then average over images"),
        Mistake("mean-over-images-only", per_pixel.mean(0), "averaged over images but not summed"),
    ]
