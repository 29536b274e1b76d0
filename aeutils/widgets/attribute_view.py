"""Add attributes to a code and see what the decoder makes of it: one slider for each attribute."""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from aeutils._internal.validate import check_float_tensor, describe
from aeutils.plots.html import row, sentence, tile
from aeutils.plots.image_grids import as_images
from aeutils.plots.style import number
from aeutils.widgets.inputs import Slider
from aeutils.widgets.live import Live

SMALL = 76  # pixels of the screen, for the images of other spaces
AT_0 = "decoded from the code itself"
MOST = 2.0  # times the difference of the means, to either side
Decoder = Callable[[Tensor], Tensor]
Directions = Mapping[str, Tensor]


@dataclass(frozen=True)
class _Way:
    """A space in which the sum is taken: decoder, code, directions, and the image at 0."""

    decode: Decoder
    code: Tensor
    directions: Directions
    still: Tensor

    def step(self, amounts: Mapping[str, float]) -> Tensor:
        """Return what is added to the code, (K,)."""
        return torch.stack([amounts[name] * d for name, d in self.directions.items()]).sum(dim=0)

    def image(self, step: Tensor) -> Tensor:
        """Return the decoder's image (C, H, W) of the code plus a step."""
        with torch.no_grad():
            return as_images(self.decode((self.code + step)[None]), "the decoder's images")[0]


def attribute_sliders(
    decode: Decoder,
    code: Tensor,
    directions: Directions,
    image: Tensor | None = None,
    also: Mapping[str, tuple[Decoder, Tensor, Directions]] | None = None,
    start: float = 1.0,
) -> Live:
    """Show the decoder's image of a code plus so much of each attribute, beside that of the code.

    An attribute is a direction: from the mean code of the images without it to the mean code of
    those with it (Larsen et al., 2016). A slider at 1 adds this difference of the means once; at −2
    it takes it away twice.

    Args:
        decode: codes (N, K) -> images (N, C, H, W) or rows (N, D) of square images.
        code: the code to begin from, floats (K,).
        directions: name of an attribute -> its direction, floats (K,).
        image: the image that the code came from, (C, H, W), (H, W) or (D,), shown first.
        also: name of another space -> its decoder, code and directions, with the same attributes;
            its images stand in a small row below. In pixels the decoder is ``lambda z: z``.
        start: where the slider of the first attribute stands to begin with, so that the still
            picture shows something; all others stand at 0.

    Returns:
        A picture with one control for each attribute, from −2 to 2, named as in `directions`; the
        last value of a cell is shown.

    Raises:
        TypeError: a code, a direction or the image is not a tensor of floats.
        ValueError: there is no attribute, a direction does not fit its code, or a space of `also`
            has other attributes.
        ValueError: `start` is not from −2 to 2, or a decoder gives something other than images.

    Examples:
        >>> thicker = {"thick": torch.ones(784)}
        >>> live = attribute_sliders(lambda z: z, torch.zeros(784), thicker)
        >>> live.set(thick=0.5).text
        'The code + 0.5 × thick: a step of length 14, from a code of length 0.'
    """
    if not directions:
        raise ValueError("directions is empty; give at least one, such as {'smiling': direction}")
    names = list(directions)
    main = _way(decode, code, directions, "")
    others = {}
    for name, parts in (also or {}).items():
        if set(parts[2]) != set(names):
            raise ValueError(
                f"also[{name!r}] has the attributes {sorted(parts[2])}, but directions has "
                f"{sorted(names)}; give each space the same ones"
            )
        others[name] = _way(*parts, f" of also[{name!r}]")
    given = None if image is None else as_images(image[None], "image")[0]

    def draw(**amounts: float) -> tuple[str, str]:
        step = main.step(amounts)
        added = "".join(
            f" {'−' if amounts[name] < 0 else '+'} {number(abs(amounts[name]))} × {name}"
            for name in names
            if round(amounts[name], 2) != 0
        )
        length, own = number(float(step.norm())), number(float(main.code.norm()))
        text = (
            f"The code{added}: a step of length {length}, from a code of length {own}."
            if added
            else f"All sliders stand at 0: the code itself, of length {own}."
        )
        what = f"decoded from the code{added}"
        tiles = [] if given is None else [tile(given, "the image", "the image that was given")]
        tiles.append(tile(main.still, "sliders at 0", AT_0))
        tiles.append(tile(main.image(step), "sliders as set", what))
        pairs = []
        for name, way in others.items():
            moved = way.image(way.step(amounts))
            before = tile(way.still, "at 0", f"{name}: {AT_0}", SMALL)
            after = tile(moved, "as set", f"{name}: {what}", SMALL)
            pair = row([before, after], html.escape(name))
            pairs.append(f'<div style="margin-right:14px">{pair}</div>')
        below = f'<div style="margin-top:6px">{row(pairs)}</div>' if pairs else ""
        return sentence(text) + row(tiles) + below, text

    controls = {
        name: Slider(f"{name} (×)", -MOST, MOST, 0.05, float(start) if name == names[0] else 0.0)
        for name in names
    }
    controls[names[0]].check(float(start))
    return Live("Attributes (× the difference of the means)", controls, draw)


def _way(decode: Decoder, code: object, directions: Directions, where: str) -> _Way:
    """Return the checked parts of one space, with its image at 0."""
    origin = check_float_tensor(code, f"the code{where}").detach()
    if origin.ndim != 1 or not len(origin):
        raise ValueError(f"the code{where} must have shape (K,), got {describe(code)}")
    moves = {}
    for name, direction in directions.items():
        move = check_float_tensor(direction, f"the direction {name!r}{where}").detach()
        if move.shape != origin.shape:
            raise ValueError(
                f"the direction {name!r}{where} must have the shape of its code, "
                f"{tuple(origin.shape)}, got {describe(direction)}"
            )
        moves[name] = move.to(origin)
    with torch.no_grad():
        still = as_images(decode(origin[None]), "the decoder's images")[0]
    return _Way(decode, origin, moves, still)
