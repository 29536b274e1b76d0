"""Draw a digit of your own: its code, its reconstruction, its neighbours, and how odd it is."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils._internal.validate import check_labels
from aeutils.plots.html import bars, row, sentence, tile
from aeutils.plots.image_grids import as_images
from aeutils.plots.style import number
from aeutils.widgets.inputs import Board
from aeutils.widgets.live import Live

NEIGHBOURS = 9


def draw_digit(
    encode: Callable[[Tensor], Tensor],
    decode: Callable[[Tensor], Tensor],
    images: Tensor,
    labels: Tensor,
    centre: bool = True,
    most: int = 5000,
) -> Live:
    """Show what an autoencoder makes of a drawing, compared with known images.

    The anomaly score is the share of the known images that the autoencoder rebuilds better than the
    drawing: 99 % means that it has hardly seen anything like it.

    Args:
        encode: images in the shape of `images` -> codes (N, K).
        decode: codes (N, K) -> images or rows.
        images: known images, (N, 1, H, H) or rows (N, H·H).
        labels: their classes, integers (N,).
        centre: move the drawing's centre of mass to the middle, as was done with MNIST.
        most: at most this many known images are compared.

    Returns:
        A picture with one control, `drawing`, whose value is a tensor (1, H, H) in [0, 1]; the last
        value of a cell is shown.

    Raises:
        TypeError: `images` is not a tensor of floats, or `labels` not one of integers (N,).
        ValueError: the images are not grey and square, or hold NaN or infinity.
        ValueError: there is not one label for each image.

    Examples:
        >>> x, y = torch.rand(50, 784), torch.arange(50) % 10
        >>> draw_digit(lambda x: x[:, :5], lambda z: z @ torch.rand(5, 784), x, y).state.keys()
        dict_keys(['drawing'])
    """
    x = images[:most]
    pictures = as_images(x, "images")
    y = check_labels(labels, len(images))[:most]
    if pictures.shape[1] != 1 or pictures.shape[2] != pictures.shape[3]:
        raise ValueError(f"images must be grey and square, got {tuple(pictures.shape)}")
    side = pictures.shape[2]
    with torch.no_grad():
        codes = torch.cat([encode(part) for part in x.split(1000)])
        errors = torch.cat(
            [
                (decode(z).reshape(part.shape) - part).square().flatten(1).sum(dim=1)
                for z, part in zip(codes.split(1000), x.split(1000), strict=True)
            ]
        )

    def draw(drawing: Tensor) -> tuple[str, str]:
        if float(drawing.sum()) == 0:
            text = "The board is empty: draw a digit."
            return sentence(text), text
        image = _centred(drawing) if centre else drawing
        batch = image.reshape(1, *x.shape[1:]).to(x)
        with torch.no_grad():
            code = encode(batch)
            rebuilt = decode(code).reshape(batch.shape)
        error = float((rebuilt - batch).square().sum())
        odd = 100 * float((errors < error).float().mean())
        nearest = (codes - code).square().sum(dim=1).topk(NEIGHBOURS, largest=False).indices
        votes = y[nearest].bincount()
        text = (
            f"Most of the nine nearest are {int(votes.argmax())}s ({int(votes.max())} of 9). The "
            f"reconstruction error is {number(error)}: worse than {odd:.0f} % of the known images"
            f"{' – unlike anything known' if odd >= 99 else ''}."
        )
        tiles = [
            tile(image, "as the encoder sees it", size=112),
            tile(as_images(rebuilt, "the reconstruction")[0], "reconstruction", size=112),
            bars(code[0], f"its code, {code.shape[1]} numbers"),
        ]
        near = [tile(pictures[i], f"{int(y[i])}", size=52) for i in nearest.tolist()]
        return sentence(text) + row(tiles) + row(near, "nine nearest codes"), text

    start = pictures[0]
    return Live("Draw a digit", {"drawing": Board("Drawing board", side, start)}, draw)


def _centred(image: Tensor) -> Tensor:
    """Return the image (1, H, H) with its centre of mass in the middle, moved by whole pixels."""
    side = image.shape[1]
    along = torch.arange(side, dtype=image.dtype)
    total = image.sum()
    down = round(float((side - 1) / 2 - (image[0].sum(dim=1) * along).sum() / total))
    right = round(float((side - 1) / 2 - (image[0].sum(dim=0) * along).sum() / total))
    moved = torch.zeros_like(image)
    rows, columns = _overlap(side, down), _overlap(side, right)
    moved[0, rows[1], columns[1]] = image[0, rows[0], columns[0]]
    return moved


def _overlap(side: int, shift: int) -> tuple[slice, slice]:
    """Return where pixels come from and go to when an axis moves by `shift`."""
    if shift >= 0:
        return slice(0, side - shift), slice(shift, side)
    return slice(-shift, side), slice(0, side + shift)
