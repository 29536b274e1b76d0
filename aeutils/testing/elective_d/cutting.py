"""Visible test of elective D: images as lists of patches, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect_close,
    expect_shape,
    passed,
    run,
)


@dataclass(frozen=True)
class _Example:
    """Images of counted pixels, and their patches.

    Attributes:
        what: messages call the images so.
        images: (N, C, H, W).
        size: height and width of a patch.
        patches: the right patches, written out.
        others: the first image's first patches by the name of a mistake, and what to tell.
    """

    what: str
    images: Tensor
    size: int
    patches: Tensor
    others: Sequence[Mistake]


def _counted(n: int, c: int, h: int, w: int) -> Tensor:
    """Return images whose pixel at image i, channel j, line y and column x is "ijyx"."""
    digits = torch.meshgrid(*(torch.arange(float(size)) for size in (n, c, h, w)), indexing="ij")
    return 1000 * digits[0] + 100 * digits[1] + 10 * digits[2] + digits[3]


def _examples() -> list[_Example]:
    """Return a wide image, a high one, two images of two channels, and one that is one patch."""
    moves = "`reshape` alone moves no number; bring the dimensions into their order with `permute`"
    columns = "patches go from left to right first, and from top to bottom then"
    pixels = "lines and pixels in a patch are exchanged"
    channels = "the channel comes first in a patch, then the line, then the pixel"
    wide = [
        *([0, 1, 10, 11], [2, 3, 12, 13], [4, 5, 14, 15]),
        *([20, 21, 30, 31], [22, 23, 32, 33], [24, 25, 34, 35]),
    ]
    high = [[0, 1, 10, 11], [20, 21, 30, 31], [40, 41, 50, 51]]
    two = torch.tensor([0.0, 1, 10, 11, 100, 101, 110, 111])
    two = torch.tensor([[0], [2], [20], [22]]) + two
    return [
        _Example(
            "an image of 4 lines and 6 columns",
            _counted(1, 1, 4, 6),
            2,
            torch.tensor([wide]).float(),
            [
                Mistake("reshaped-only", [[0, 1, 2, 3]], moves),
                Mistake("columns-first", [[0, 1, 10, 11], [20, 21, 30, 31]], columns),
                Mistake("pixels-transposed", [[0, 10, 1, 11], [2, 12, 3, 13]], pixels),
                Mistake("image-transposed", [[0, 10, 1, 11], [20, 30, 21, 31]], "it is transposed"),
            ],
        ),
        _Example(
            "an image of 6 lines and 2 columns",
            _counted(1, 1, 6, 2),
            2,
            torch.tensor([high]).float(),
            [],
        ),
        _Example(
            "two images of two channels, 4 lines and 4 columns",
            _counted(2, 2, 4, 4),
            2,
            torch.stack([two, two + 1000]),
            [
                Mistake("reshaped-only", [[0, 1, 2, 3, 10, 11, 12, 13]], moves),
                Mistake("channel-last", [[0, 100, 1, 101, 10, 110, 11, 111]], channels),
            ],
        ),
        _Example(
            "an image that is one patch of 3×3 pixels",
            _counted(1, 1, 3, 3),
            3,
            torch.tensor([[[0.0, 1, 2, 10, 11, 12, 20, 21, 22]]]),
            [],
        ),
    ]


def _explained(function: Callable, *args: object, name: str, what: str) -> object:
    """Call a function; where it raises, say for what."""
    try:
        return run(function, *args, name=name)
    except CheckFailed as error:
        if not error.mistake.startswith("raised-"):
            raise
        text = "H and W need not be equal: H / size rows of patches, W / size columns"
        raise CheckFailed(f"for {what} {error}\n  {text}", error.mistake) from None


def _expect_patches(to_patches: Callable, example: _Example) -> None:
    n, count, k = example.patches.shape
    what = f"the patches of {example.what}"
    value = _explained(
        to_patches, example.images.clone(), example.size, name="to_patches", what=example.what
    )
    shapes = [
        Mistake("unfold-turned", (n, k, count), "patches should be the second dimension: (N, P, K)")
    ]
    got = expect_shape(value, example.patches.shape, what, shapes)
    for mistake in example.others:
        first = torch.tensor(mistake.value).double()
        same = torch.equal(got[0, : len(first)].double(), first)
        if same:
            raise CheckFailed(f"{what}: {mistake.message}", mistake.name)
    expect_close(got, example.patches, what, show_expected=True)


def _expect_images(from_patches: Callable, example: _Example) -> None:
    shape = tuple(example.images.shape[1:])
    given, what = example.patches.clone(), f"{example.what}, from its patches,"
    value = _explained(
        from_patches, given, shape, example.size, name="from_patches", what=example.what
    )
    got = expect_shape(value, example.images.shape, what)
    moved = "`reshape` alone moves no number: `permute` first, each dimension back to its place"
    known = [Mistake("reshaped-only-back", example.patches.reshape(example.images.shape), moved)]
    expect_close(got, example.images, what, known, show_expected=True)


def patches(to_patches: Callable, from_patches: Callable) -> bool:
    """Images whose pixels are counted, and the patches of them written out, there and back."""
    for example in _examples():
        _expect_patches(to_patches, example)
    for example in _examples():
        _expect_images(from_patches, example)
    return passed("patches", "patches in their order, of any number of rows, and back again")
