"""Elective D: images as grids of patches, by index arithmetic, and what mistakes make of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake

ImageShape = tuple[int, int, int]  # channels, height, width


def places(image_shape: ImageShape, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return where in the image each number of each patch lies.

    Args:
        image_shape: (C, H, W).
        size: height and width of a patch.

    Returns:
        Channels (K,), lines (P, K) and pixels (P, K), with K = C · size · size.
    """
    c, h, w = image_shape
    columns = w // size
    patch = torch.arange(h // size * columns)[:, None]
    number = torch.arange(c * size * size)
    line = patch // columns * size + number % size**2 // size
    return number // size**2, line, patch % columns * size + number % size


def cut(images: Tensor, size: int) -> Tensor:
    """Return the patches (N, P, K) of images (N, C, H, W).

    Args:
        images: the images.
        size: height and width of a patch.
    """
    _, c, h, w = images.shape
    channel, line, pixel = places((c, h, w), size)
    return images[:, channel, line, pixel]


def joined(patches: Tensor, image_shape: ImageShape, size: int) -> Tensor:
    """Return the images (N, C, H, W) of patches (N, P, K).

    Args:
        patches: as `cut` orders them.
        image_shape: (C, H, W).
        size: height and width of a patch.
    """
    channel, line, pixel = places(image_shape, size)
    images = patches.new_zeros(len(patches), *image_shape)
    images[:, channel, line, pixel] = patches
    return images


# --- mistakes -------------------------------------------------------------------------------------

AS_ASKED = "patches from left to right, then top to bottom; their numbers by channel, line, pixel"
MOVES_NOTHING = (
    "`reshape` alone moves no number: it cuts the row of all numbers into equal pieces, and a "
    "patch is no piece of it. Bring the dimensions into their order with `permute` in between"
)
COUNTS = "rows and columns of patches are exchanged: there are H / size rows and W / size columns"
COLUMNS_FIRST = "patches go from top to bottom first; they go from left to right first"
PIXELS = "lines and pixels within a patch are exchanged: every patch is mirrored at its diagonal"
CHANNEL_LAST = "the channel comes last within a patch; it comes first, then line, then pixel"
# Orders of the dimensions image, channel, row of patches, line, column of patches, pixel.
RIGHT_ORDER = (0, 2, 4, 1, 3, 5)
ORDERS = {
    (0, 4, 2, 1, 3, 5): ("columns-first", COLUMNS_FIRST),
    (0, 2, 4, 1, 5, 3): ("pixels-transposed", PIXELS),
    (0, 2, 4, 3, 5, 1): ("channel-last", CHANNEL_LAST),
    (0, 4, 2, 1, 5, 3): ("image-transposed", "the image was transposed: rows are columns"),
}
DIMENSIONS = ("image", "channel", "row of patches", "line", "column of patches", "pixel")


def named(order: tuple[int, ...]) -> str:
    """Return what an order of the six dimensions is called in a message."""
    return ", ".join(DIMENSIONS[i] for i in order)


def of_cut(images: Tensor, size: int) -> Iterator[Mistake]:
    """Yield what mistakes make of images, where they have the right shape.

    Args:
        images: (N, C, H, W).
        size: height and width of a patch.
    """
    n, c, h, w = images.shape
    shape = (n, h // size * (w // size), c * size * size)
    six = images.reshape(n, c, h // size, size, w // size, size)
    swapped = images.reshape(n, c, w // size, size, h // size, size)
    right = cut(images, size)
    spread = right.std(dim=2, keepdim=True)
    yield Mistake("reshaped-only", images.reshape(shape), MOVES_NOTHING)
    for order, (name, message) in ORDERS.items():
        yield Mistake(name, six.permute(order).reshape(shape), message)
    yield Mistake("counts-swapped", swapped.permute(RIGHT_ORDER).reshape(shape), COUNTS)
    flat = right.mT.reshape(shape)
    turned = "`unfold` gives (N, C · size · size, P): exchange the last two dimensions with "
    yield Mistake("unfold-reshaped", flat, turned + "`transpose`; `reshape` mixes the numbers")
    first = "every image has the patches of the first one"
    yield Mistake("first-image", right[:1].expand(shape), first)
    if size * c > 1:
        standard = (right - right.mean(dim=2, keepdim=True)) / spread
        text = "every patch was shifted and scaled to mean 0 and deviation 1; cut, and no more"
        yield Mistake("normalised", standard, text)
    for rest in itertools.permutations(range(1, 6)):
        text = f"the dimensions stand in the order {named((0, *rest))}; asked for are {AS_ASKED}"
        yield Mistake("another-permutation", six.permute(0, *rest).reshape(shape), text)


def shapes_of_cut(n: int, image_shape: ImageShape, size: int) -> list[Mistake]:
    """Return the shapes that mistakes lead to.

    Args:
        n: number of images.
        image_shape: (C, H, W).
        size: height and width of a patch.
    """
    c, h, w = image_shape
    rows, columns, k = h // size, w // size, c * size * size
    p = rows * columns
    flat = "`reshape(N, P, C · size · size)` makes a list of vectors of it"
    grid = f"the patches still stand in a grid; {flat}"
    own = f"the numbers of a patch are no vector yet; {flat}"
    apart = "the channels were cut apart; a patch has the numbers of all channels"
    alone = "the patches of a single image; every image of the batch is cut"
    known = [
        Mistake("grid-left", (n, rows, columns, k), grid),
        Mistake("grid-left", (n, rows, columns, c, size, size), grid),
        Mistake("patches-not-flat", (n, p, c, size, size), own),
        Mistake("patches-not-flat", (n, p, size, size, c), own),
        Mistake(
            "unfold-turned",
            (n, k, p),
            "patches are the last dimension, and should be the second: `F.unfold` needs a "
            "`transpose(1, 2)`",
        ),
        Mistake("batch-flattened", (n * p, k), "the patches of all images stand in one list"),
        Mistake("first-image", (p, k), alone),
        Mistake("first-image", (1, p, k), alone),
        Mistake("channels-apart", (n, c * p, size * size), apart),
        Mistake("channels-apart", (n, c, p, size * size), apart),
        Mistake("one-channel", (n, p, size * size), "one channel is left; a patch has all of them"),
        Mistake(
            "overlapping",
            (n, (h - size + 1) * (w - size + 1), k),
            "patches overlap; the next one begins where the last one ends, `stride=size`",
        ),
        Mistake(
            "size-for-number",
            (n, size * size, c * rows * columns),
            "`size` was taken for the number of patches in a row; it is the number of pixels in a "
            "line of a patch",
        ),
    ]
    return [mistake for mistake in known if mistake.value != (n, p, k)]


def of_joined(patches: Tensor, image_shape: ImageShape, size: int) -> Iterator[Mistake]:
    """Yield what mistakes make of patches, where they have the right shape.

    Args:
        patches: (N, P, K).
        image_shape: (C, H, W).
        size: height and width of a patch.
    """
    n, (c, h, w) = len(patches), image_shape
    shape, rows, columns = (n, c, h, w), h // size, w // size
    six = patches.reshape(n, rows, columns, c, size, size)
    swapped = patches.reshape(n, columns, rows, c, size, size)
    last = patches.reshape(n, rows, columns, size, size, c)
    columns_first = swapped.permute(0, 3, 2, 4, 1, 5).reshape(shape)
    channel_last = last.permute(0, 5, 1, 3, 2, 4).reshape(shape)
    yield Mistake("reshaped-only-back", patches.reshape(shape), MOVES_NOTHING)
    yield Mistake("columns-first-back", columns_first, COLUMNS_FIRST)
    yield Mistake("channel-last-back", channel_last, CHANNEL_LAST)
    yield Mistake("pixels-transposed-back", six.permute(0, 3, 1, 5, 2, 4).reshape(shape), PIXELS)
    yield Mistake("counts-swapped-back", swapped.permute(0, 3, 1, 4, 2, 5).reshape(shape), COUNTS)
    text = (
        "the dimensions were permuted as on the way to the patches; the way back needs the "
        "inverse: each goes where it came from"
    )
    yield Mistake("same-permutation", six.permute(RIGHT_ORDER).reshape(shape), text)
    first = "every image is the first one"
    yield Mistake("first-image-back", joined(patches[:1], image_shape, size).expand(shape), first)
    for rest in itertools.permutations(range(1, 6)):
        text = "the dimensions stand in another order than channel, row, line, column, pixel"
        yield Mistake("another-permutation-back", six.permute(0, *rest).reshape(shape), text)


def shapes_of_joined(n: int, image_shape: ImageShape, size: int) -> list[Mistake]:
    """Return the shapes that mistakes lead to.

    Args:
        n: number of images.
        image_shape: (C, H, W).
        size: height and width of a patch.
    """
    c, h, w = image_shape
    rows, columns = h // size, w // size
    six = (
        "the last step is missing: `reshape(N, C, H, W)` joins rows with lines, columns with pixels"
    )
    known = [
        Mistake("image-channel-last", (n, h, w, c), "channels come first in an image, (C, H, W)"),
        Mistake("sides-swapped", (n, c, w, h), "height and width are exchanged"),
        Mistake("one-image-back", (c, h, w), "a single image; return all of the batch"),
        Mistake("one-image-back", (1, c, h, w), "a single image; return all of the batch"),
        Mistake("not-joined", (n, c, rows, size, columns, size), six),
        Mistake("not-joined", (n, rows * columns, c, size, size), six),
    ]
    return [mistake for mistake in known if mistake.value != (n, c, h, w)]
