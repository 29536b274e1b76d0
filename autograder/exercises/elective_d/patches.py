"""Elective D: images as lists of patches, and the way back."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
)
from autograder.exercises import Exercise, close, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_d._grids import (
    ImageShape,
    cut,
    joined,
    of_cut,
    of_joined,
    shapes_of_cut,
    shapes_of_joined,
)

EXERCISE = Exercise(
    "patches",
    defines=("to_patches", "from_patches"),
    right={
        "reshape, permute, reshape": """
            def to_patches(images, size):
                n, c, h, w = images.shape
                cut = images.reshape(n, c, h // size, size, w // size, size)
                return cut.permute(0, 2, 4, 1, 3, 5).reshape(n, -1, c * size * size)

            def from_patches(patches, image_shape, size):
                c, h, w = image_shape
                rows, columns = h // size, w // size
                pieces = patches.reshape(len(patches), rows, columns, c, size, size)
                return pieces.permute(0, 3, 1, 4, 2, 5).reshape(-1, c, h, w)
        """,
        "unfold and fold": """
            def to_patches(images, size):
                return F.unfold(images, size, stride=size).transpose(1, 2)

            def from_patches(patches, image_shape, size):
                return F.fold(patches.transpose(1, 2), image_shape[1:], size, stride=size)
        """,
        "pixels as channels": """
            def to_patches(images, size):
                return F.pixel_unshuffle(images, size).flatten(2).mT

            def from_patches(patches, image_shape, size):
                n, p, k = patches.shape
                grid = patches.mT.reshape(n, k, image_shape[1] // size, image_shape[2] // size)
                return F.pixel_shuffle(grid, size)
        """,
        "patch by patch, float64": """
            def to_patches(images, size):
                found = []
                for top in range(0, images.shape[2], size):
                    for left in range(0, images.shape[3], size):
                        patch = images[:, :, top : top + size, left : left + size]
                        found.append(patch.flatten(1))
                return torch.stack(found, dim=1).double()

            def from_patches(patches, image_shape, size):
                c, h, w = image_shape
                images = torch.zeros(len(patches), c, h, w, dtype=torch.float64)
                p = 0
                for top in range(0, h, size):
                    for left in range(0, w, size):
                        patch = patches[:, p].reshape(-1, c, size, size)
                        images[:, :, top : top + size, left : left + size] = patch
                        p += 1
                return images
        """,
        "rows of patches joined; unfold twice": """
            def to_patches(images, size):
                pieces = images.unfold(2, size, size).unfold(3, size, size)
                return pieces.permute(0, 2, 3, 1, 4, 5).flatten(1, 2).flatten(2)

            def from_patches(patches, image_shape, size):
                c, h, w = image_shape
                pieces = patches.unflatten(2, (c, size, size))
                rows = pieces.split(w // size, dim=1)
                return torch.cat([torch.cat(row.unbind(1), dim=3) for row in rows], dim=2)
        """,
        "numpy, einsum": """
            def to_patches(images, size):
                n, c, h, w = images.shape
                six = images.numpy().reshape(n, c, h // size, size, w // size, size)
                return np.einsum("ncrlqp->nrqclp", six).reshape(n, h * w // size**2, c * size**2)

            def from_patches(patches, image_shape, size):
                n, (c, h, w) = len(patches), image_shape
                six = patches.numpy().reshape(n, h // size, w // size, c, size, size)
                return np.moveaxis(six, 3, 1).swapaxes(3, 4).reshape(n, c, h, w)
        """,
    },
    wrong={
        "reshaped-only": {
            "cut.permute(0, 2, 4, 1, 3, 5).reshape": "cut.reshape",
        },
        "columns-first": {"permute(0, 2, 4, 1, 3, 5)": "permute(0, 4, 2, 1, 3, 5)"},
        "pixels-transposed": {"permute(0, 2, 4, 1, 3, 5)": "permute(0, 2, 4, 1, 5, 3)"},
        "channel-last": {"permute(0, 2, 4, 1, 3, 5)": "permute(0, 2, 4, 3, 5, 1)"},
        "image-transposed": {"permute(0, 2, 4, 1, 3, 5)": "permute(0, 4, 2, 1, 5, 3)"},
        "another-permutation": {"permute(0, 2, 4, 1, 3, 5)": "permute(0, 3, 5, 1, 2, 4)"},
        "counts-swapped": {
            "c, h // size, size, w // size, size)": "c, w // size, size, h // size, size)"
        },
        "square-only": {
            "c, h // size, size, w // size, size)": "c, h // size, size, h // size, size)"
        },
        "grid-left": {"reshape(n, -1, c * size * size)": "flatten(3)"},
        "patches-not-flat": {"reshape(n, -1, c * size * size)": "flatten(1, 2)"},
        "batch-flattened": {"reshape(n, -1, c * size * size)": "reshape(-1, c * size * size)"},
        "first-image": {"images.reshape(": "images[:1].expand_as(images).reshape("},
        "channels-apart": {
            "permute(0, 2, 4, 1, 3, 5)": "permute(0, 1, 2, 4, 3, 5)",
            "reshape(n, -1, c * size * size)": "reshape(n, -1, size * size)",
        },
        "size-for-number": {
            "c, h // size, size, w // size, size)": "c, size, h // size, size, w // size)",
            "reshape(n, -1, c * size * size)": "reshape(n, size * size, -1)",
        },
        "unfold-turned": {
            "cut.permute(0, 2, 4, 1, 3, 5).reshape(n, -1, c * size * size)": (
                "F.unfold(images, size, stride=size)"
            )
        },
        "unfold-reshaped": {
            "cut.permute(0, 2, 4, 1, 3, 5)": "F.unfold(images, size, stride=size)",
        },
        "overlapping": {
            "cut.permute(0, 2, 4, 1, 3, 5).reshape(n, -1, c * size * size)": (
                "F.unfold(images, size).mT"
            )
        },
        "size-ignored": {"n, c, h, w = images.shape": "(n, c, h, w), size = images.shape, 2"},
        "normalised": {
            "return cut.permute(0, 2, 4, 1, 3, 5).reshape(n, -1, c * size * size)": (
                "p = cut.permute(0, 2, 4, 1, 3, 5).reshape(n, -1, c * size * size)\n"
                "    return (p - p.mean(2, keepdim=True)) / p.std(2, keepdim=True)"
            )
        },
        "reshaped-only-back": {".permute(0, 3, 1, 4, 2, 5)": ""},
        "same-permutation": {"permute(0, 3, 1, 4, 2, 5)": "permute(0, 2, 4, 1, 3, 5)"},
        "pixels-transposed-back": {"permute(0, 3, 1, 4, 2, 5)": "permute(0, 3, 1, 5, 2, 4)"},
        "columns-first-back": {
            "rows, columns, c, size, size)": "columns, rows, c, size, size)",
            "permute(0, 3, 1, 4, 2, 5)": "permute(0, 3, 2, 4, 1, 5)",
        },
        "channel-last-back": {
            "rows, columns, c, size, size)": "rows, columns, size, size, c)",
            "permute(0, 3, 1, 4, 2, 5)": "permute(0, 5, 1, 3, 2, 4)",
        },
        "counts-swapped-back": {"rows, columns, c, size, size)": "columns, rows, c, size, size)"},
        "another-permutation-back": {"permute(0, 3, 1, 4, 2, 5)": "permute(0, 3, 4, 1, 5, 2)"},
        "square-only-back": {
            "rows, columns = h // size, w // size": "rows = columns = int(patches.shape[1] ** 0.5)"
        },
        "image-channel-last": {
            "permute(0, 3, 1, 4, 2, 5)": "permute(0, 1, 4, 2, 5, 3)",
            "reshape(-1, c, h, w)": "reshape(-1, h, w, c)",
        },
        "sides-swapped": {"c, h, w = image_shape": "c, w, h = image_shape"},
        "not-joined": {".reshape(-1, c, h, w)": ""},
        "one-image-back": {".reshape(-1, c, h, w)": ".reshape(-1, c, h, w)[0]"},
    },
)

TO, FROM = EXERCISE.defines


def drawn(seed: int, *shape: int) -> Tensor:
    """Return numbers that all differ."""
    return torch.randn(*shape, generator=grader_generator(seed))


def called(function: Callable, name: str, given: Tensor, *more: object) -> object:
    """Return what a student's function makes of a tensor, which it must leave as it was."""
    kept = given.clone()
    value = run(function, given, *more, name=name)
    expect_unchanged(kept, given, name)
    return value


def expect_same(got: Tensor, right: Tensor, what: str, known: Iterable[Mistake]) -> None:
    """Compare numbers; what mistakes give is worked out for a wrong result alone."""
    if not close(right, got):
        expect_close(got, right, what, list(known))


def expect_cut(to_patches: Callable, images: Tensor, size: int) -> None:
    """Compare the patches of images, of which there are several, with those found by index."""
    n, c, h, w = images.shape
    what = f"the patches of {size}×{size} pixels of images of {c} channel(s), {h}×{w},"
    right, known = cut(images, size), shapes_of_cut(n, (c, h, w), size)
    for other in {1, 2, 3, 4} - {size}:
        if h % other == w % other == 0:
            shape = tuple(cut(images, other).shape)
            known.append(Mistake("size-ignored", shape, "`size` has no effect"))
    got = expect_shape(called(to_patches, TO, images.clone(), size), right.shape, what, known)
    expect_same(got, right, what, of_cut(images, size))


@EXERCISE.criterion("patches of square images", points=1)
def square(to_patches: Callable, from_patches: Callable) -> None:
    """Patches in three rows and columns, of three channels, two pixels wide and high."""
    expect_cut(to_patches, drawn(800, 4, 3, 6, 6), 2)


@EXERCISE.criterion(
    "images that are not square, and other sizes",
    points=1,
    alone="right for square images and one size of a patch, wrong for others",
)
def other_shapes(to_patches: Callable, from_patches: Callable) -> None:
    """Wide and high images, of one channel and of several; a single column of patches."""
    for seed, shape, size in (
        (801, (3, 2, 4, 10), 2),
        (802, (2, 1, 12, 6), 3),
        (803, (5, 3, 8, 12), 4),
        (804, (2, 2, 6, 2), 2),
    ):
        try:
            expect_cut(to_patches, drawn(seed, *shape), size)
        except CheckFailed as error:
            h, w = shape[2:]
            if h == w or not error.mistake.startswith("raised-"):
                raise
            run(to_patches, drawn(800, 4, 3, 6, 6), 2, name=TO)
            text = f"for images that are {h} pixels high and {w} wide {error}\n  H and W need not "
            text += "be equal: count the rows of patches by H and the columns by W"
            raise CheckFailed(text, "square-only") from None


@EXERCISE.criterion("and back", points=1)
def back(to_patches: Callable, from_patches: Callable) -> None:
    """Square images first; then wide and high ones."""
    shapes: list[tuple[int, int, ImageShape, int]] = [
        (810, 4, (3, 6, 6), 2),
        (811, 3, (2, 4, 10), 2),
        (812, 2, (1, 12, 6), 3),
        (813, 5, (3, 8, 12), 4),
        (814, 2, (2, 6, 2), 2),
    ]
    for seed, n, shape, size in shapes:
        c, h, w = shape
        what = f"the images of {c} channel(s), {h}×{w}, from patches of {size}×{size} pixels"
        patches = cut(drawn(seed, n, *shape), size)
        try:
            value = called(from_patches, FROM, patches.clone(), shape, size)
        except CheckFailed as error:
            if h == w or not error.mistake.startswith("raised-"):
                raise
            text = f"for images that are {h} pixels high and {w} wide {error}\n  The number of "
            text += "patches does not tell how many stand in a row: H / size and W / size do"
            raise CheckFailed(text, "square-only-back") from None
        right = joined(patches, shape, size)
        got = expect_shape(value, right.shape, what, shapes_of_joined(n, shape, size))
        expect_same(got, right, what, of_joined(patches, shape, size))


@EXERCISE.conduct(
    right=cut,
    extremes=[{"images": torch.arange(18.0).reshape(1, 2, 3, 3), "size": size} for size in (1, 3)],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Wide images of two channels; patches of 2 or 3 pixels; at the extremes of one, and of all."""
    return {"images": new.normal(n, 2, 6, 12), "size": new.alternate(2, 3)}


@EXERCISE.conduct(
    FROM,
    right=joined,
    allows={"scalar-frozen": "patches fit one size alone; the criteria ask for several in a row"},
    extremes=[
        {"patches": torch.arange(18.0).reshape(1, 9, 2), "image_shape": (2, 3, 3), "size": 1},
        {"patches": torch.arange(18.0).reshape(1, 1, 18), "image_shape": (2, 3, 3), "size": 3},
    ],
)
def arguments_of_from_patches(new: Draw, n: int) -> Arguments:
    """Patches of wide images and of high ones."""
    shape = new.alternate((2, 6, 12), (2, 12, 6))
    return {"patches": new.normal(n, 18, 8), "image_shape": shape, "size": 2}
