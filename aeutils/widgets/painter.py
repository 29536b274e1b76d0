"""Damage an image and repair it: every kind of corruption of the course, in every strength."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import torch
from torch import Tensor

from aeutils import corruption
from aeutils._internal.validate import check_batch, check_same_shape
from aeutils.corruption import denoising
from aeutils.plots.html import row, sentence, tile
from aeutils.plots.image_grids import as_images
from aeutils.plots.style import number
from aeutils.widgets.inputs import Choice, Control, Slider
from aeutils.widgets.live import Live

Denoise = Callable[[Tensor], Tensor]
FACTORS = (1, 2, 4, 7, 14)  # of downsampling; those that divide the images are used
KINDS = {  # name in the menu -> what full strength means
    "gaussian": "σ up to 1",
    "salt_and_pepper": "share up to 1",
    "speckle": "σ up to 2",
    "mask": "share up to 1",
    "block": "side up to 20 pixels",
    "downsample": "cells up to 14 pixels",
}


def noise_painter(
    denoisers: Denoise | Mapping[str, Denoise],
    images: Tensor,
    kind: str = "gaussian",
    strength: float = 50,
    seed: int = 0,
) -> Live:
    """Show an image before, corrupted and repaired, with the PSNR of each.

    The random numbers are those of `seed` at every strength: the same noise grows and shrinks.

    Args:
        denoisers: function from noisy images to repaired ones of the same shape, or several by
            name.
        images: clean images, (N, C, H, W) or rows (N, D) of square ones.
        kind: one of "gaussian", "salt_and_pepper", "speckle", "mask", "block" and "downsample".
        strength: share of the full strength in percent, from 0 to 100.
        seed: seeds the noise only.

    Returns:
        A picture with the controls `image` (1 to N), `kind` and `strength`; the last value of a
        cell is shown.

    Raises:
        TypeError: `images` is not a tensor of floats.
        ValueError: `images` has another shape, or holds NaN or infinity.
        ValueError: `kind` is unknown, or `strength` lies outside [0, 100].
        ValueError: a denoiser returns images of another shape.

    Examples:
        >>> painter = noise_painter(lambda noisy: noisy.clamp(0, 1), torch.rand(5, 1, 28, 28))
        >>> painter.set(kind="mask", strength=0).text
        'mask at 0 %: the image is unchanged.'
    """
    x = check_batch(images, "images")
    named = dict(denoisers) if isinstance(denoisers, Mapping) else {"denoised": denoisers}
    as_images(x[:1], "images")

    def draw(image: int, kind: str, strength: float) -> tuple[str, str]:
        clean = x[image - 1 : image]
        noisy, level = corrupt(clean, kind, strength / 100, seed)
        tiles = [tile(as_images(clean, "images")[0], "before", f"image {image}, undamaged", 132)]
        before = _decibels(noisy, clean)
        tiles.append(tile(as_images(noisy, "images")[0], f"{kind}, {level}: {before}", size=132))
        words = []
        for name, denoise in named.items():
            with torch.no_grad():
                repaired = denoise(noisy)
            check_same_shape(repaired, clean, f"what {name!r} returned", "its input")
            after = _decibels(repaired, clean)
            words.append(f"{name} {after}")
            tiles.append(tile(as_images(repaired, "images")[0], f"{name}: {after}", size=132))
        state = (
            "the image is unchanged."
            if torch.equal(noisy, clean)
            else (f"PSNR {before} before, {', '.join(words)} after repair.")
        )
        text = f"{kind} at {strength:g} %: {state}"
        return row(tiles) + sentence(text), text

    kinds = Choice("kind of damage", tuple(KINDS), kind)
    strengths = Slider("strength (%)", 0.0, 100.0, 1.0, float(strength))
    kinds.check(kind)
    strengths.check(float(strength))
    controls: dict[str, Control] = {
        "image": Slider("image", 1, len(x), 1, 1),
        "kind": kinds,
        "strength": strengths,
    }
    return Live("Noise painter", controls, draw)


def corrupt(x: Tensor, kind: str, share: float, seed: int = 0) -> tuple[Tensor, str]:
    """Return images damaged at `share` of full strength, and the level in words.

    Args:
        x: images (N, C, H, W), or rows (N, D) of square grey images.
        kind: one of `KINDS`.
        share: part of the full strength, from 0 to 1.
        seed: seeds the noise only.

    Returns:
        The damaged images, in the shape of `x`, and the level, such as "σ = 0.50".

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `kind` is none of `KINDS`, or the corruption refuses the level.
        ValueError: `x` has another shape, or holds NaN or infinity.
    """
    generator = torch.Generator().manual_seed(seed)
    if kind == "gaussian":
        return corruption.gaussian(x, share, generator), f"σ = {share:.2f}"
    if kind == "speckle":
        return corruption.speckle(x, 2 * share, generator), f"σ = {2 * share:.2f}"
    if kind in ("salt_and_pepper", "mask"):
        damage = getattr(corruption, kind)
        return damage(x, share, generator), f"{100 * share:.0f} % of the pixels"
    height, width = as_images(x[:1], "x").shape[2:]
    if kind == "block":
        size = round(share * min(20, height, width))
        damaged = corruption.block(x, size, generator) if size else x
        return damaged, f"{size} × {size} pixels"
    if kind == "downsample":
        factors = [f for f in FACTORS if height % f == 0 and width % f == 0]
        factor = factors[min(int(share * len(factors)), len(factors) - 1)]
        return corruption.downsample(x, factor), f"cells of {factor} × {factor}"
    raise ValueError(f"kind must be one of {tuple(KINDS)}, got {kind!r}")


def _decibels(x_hat: Tensor, x: Tensor) -> str:
    """Return the PSNR as text; that of an exact copy is infinite."""
    if torch.equal(x_hat, x):
        return "no error"
    return f"{number(float(denoising.psnr_of_mean(x_hat, x)))} dB"
