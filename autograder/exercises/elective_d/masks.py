"""Elective D: which patches of an image are hidden, here and there or in a block."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed, Mistake, expect, to_tensor
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw, Seed
from autograder.exercises.elective_d._masks import (
    Rectangles,
    Sides,
    codes_of,
    draws,
    expect_booleans,
    expect_counts,
    expect_every_place,
    expect_own,
    expect_rectangles,
    few_differ,
    uneven,
)
from autograder.exercises.elective_d._masks_answers import RIGHT, WRONG

EXERCISE = Exercise(
    "masks",
    defines=("random_mask", "block_mask"),
    right=RIGHT,
    wrong=WRONG,
)

RANDOM, BLOCK = EXERCISE.defines
MANY = 3000  # images, so that a mask that is half as likely as the others shows
SOME = 1000  # so that neighbours that are never equal show
SINGLES = 200  # calls for one image, so that masks that are always the same show
PATCHES, HIDDEN = 6, 4
GRID: Sides = (5, 7)
SIDES: Sides = (2, 3)

# --- here and there -------------------------------------------------------------------------------


def expect_random(
    random_mask: Callable, n: int, n_patches: int, n_hidden: int, what: str = ""
) -> Tensor:
    """Return masks that have the right shape, dtype and number of hidden patches."""
    what = what or f"{n} masks of {n_patches} patches"
    (value,) = draws(random_mask, RANDOM, (n, n_patches, n_hidden))
    places = "these are places of hidden patches; return a boolean for every patch"
    known = [Mistake("indices", (n, k), places) for k in (n_hidden, n_patches - n_hidden)]
    masks = expect_booleans(value, (n, n_patches), what, known)
    expect_counts(masks, n_hidden, what)
    return masks


def kinds_of(masks: Tensor) -> tuple[Tensor, int]:
    """Return which subset each mask hides, counted from 0, and how many subsets there are."""
    p = masks.shape[1]
    every = torch.zeros(2**p, dtype=torch.long)
    sets = list(itertools.combinations(range(p), int(masks[0].sum())))
    for number, chosen in enumerate(sets):
        every[sum(2**i for i in chosen)] = number
    return every[codes_of(masks)], len(sets)


@EXERCISE.criterion("patches hidden here and there", points=1)
def here_and_there(random_mask: Callable, block_mask: Callable) -> None:
    """Every subset of four of six patches equally often; then other numbers, none and all."""
    masks = expect_random(random_mask, MANY, PATCHES, HIDDEN)
    what = f"{MANY} masks of {PATCHES} patches"
    if bool((masks == masks[0]).all()):
        first = bool(masks[0, :HIDDEN].all())
        text = "the first patches, always" if first else "the same patches in every image"
        name = "always-the-first" if first else "same-for-all"
        raise CheckFailed(f"{what} hide {text}: draw for every image", name)
    never = [i for i, hidden in enumerate(masks.any(dim=0).tolist()) if not hidden]
    expect(not never, f"{what} never hide the patches {never}, counted from 0", "never-hidden")
    switches = (masks != masks.roll(1, dims=1)).sum(dim=1)
    text = f"{what} hide patches side by side alone; every subset of {HIDDEN} is as likely"
    expect(not bool((switches == 2).all()), text, "contiguous")
    kinds, number = kinds_of(masks)
    text = f"{what} hide some subsets of {HIDDEN} patches more often than others"
    expect(not uneven(torch.bincount(kinds, minlength=number)), text, "subsets-uneven")
    for n, n_patches, n_hidden in ((50, 16, 5), (7, 10, 9), (2, 5, 1)):
        try:
            expect_random(random_mask, n, n_patches, n_hidden)
        except CheckFailed as error:
            named = error.mistake in ("another-number", "one-more", "visible-instead")
            text = f"right for {HIDDEN} of {PATCHES} patches, wrong for {n_hidden} of {n_patches}: "
            text += "is `n_hidden` used, whatever it is?"
            expect(not named, text, "n-hidden-ignored")
            raise
    for n_hidden, text in ((0, "none of 5 patches is"), (5, "all of 5 patches are")):
        try:
            expect_random(random_mask, 3, 5, n_hidden, f"3 masks in which {text} hidden")
        except CheckFailed as error:
            raised = error.mistake.startswith("raised-")
            why = (
                f"where {text} to be hidden, {RANDOM} raises an error: `n_hidden` is a number from "
            )
            why += "0 to P, both of them allowed"
            expect(not raised, why, "none-hidden" if n_hidden == 0 else "all-hidden")
            raise


# --- a block --------------------------------------------------------------------------------------


def expect_blocks(block_mask: Callable, n: int, grid: Sides, block: Sides) -> Rectangles:
    """Return rectangles that have the right sides."""
    what = f"{n} masks of a grid of {grid[0]}×{grid[1]} patches"
    p = grid[0] * grid[1]
    (value,) = draws(block_mask, BLOCK, (n, grid, block))
    flat = "a row and a column of patches are one dimension in a mask: `flatten(1)`"
    known = [Mistake("grid-left", (n, *grid), flat), Mistake("grid-left", (n, *grid[::-1]), flat)]
    masks = expect_booleans(value, (n, p), what, known)
    return expect_rectangles(masks, grid, block, what)


@EXERCISE.criterion("a rectangle in every image", points=1)
def rectangle(random_mask: Callable, block_mask: Callable) -> None:
    """Every place of 2×3 patches in a grid of 5×7; then other grids, and no room to move."""
    seen = expect_blocks(block_mask, MANY, GRID, SIDES)
    what = f"{MANY} rectangles in a grid of {GRID[0]}×{GRID[1]} patches"
    expect_every_place(seen, GRID, SIDES, what)
    cases: list[tuple[int, Sides, Sides]] = [
        (60, (6, 4), (1, 3)),
        (60, (3, 8), (2, 1)),
        (20, (4, 4), (4, 2)),
        (3, (3, 5), (3, 5)),
        (1, (2, 2), (1, 1)),
    ]
    for n, grid, block in cases:
        expect_blocks(block_mask, n, grid, block)


# --- draws of their own ---------------------------------------------------------------------------


def expect_from_the_generator(function: Callable, name: str, args: tuple[object, ...]) -> None:
    """Raise unless the generator decides all draws, and goes on from call to call."""
    first, second = (to_tensor(v, "the masks") for v in draws(function, name, args, times=2))
    (again,) = draws(function, name, args, elsewhere=2)
    text = f"two calls of {name} with one generator gave the same masks: do not seed inside it"
    expect(not torch.equal(first, second), text, "same-every-time")
    text = (
        f"two generators of one seed gave different masks: pass `generator=generator` to every "
        f"random function in {name}"
    )
    expect(torch.equal(first, to_tensor(again, "the masks")), text, "generator-ignored")


def single_masks(random_mask: Callable) -> list[Tensor]:
    """Return what many calls for a single image gave, if each hides as many as it should."""
    what, found = "a mask for a single image", []
    for value in draws(random_mask, RANDOM, (1, PATCHES, HIDDEN), times=SINGLES):
        mask = expect_booleans(value, (1, PATCHES), what)
        expect_counts(mask, HIDDEN, what)
        found.append(mask)
    return found


@EXERCISE.criterion("draws of their own, from the generator", points=1)
def own(random_mask: Callable, block_mask: Callable) -> None:
    """Rows know nothing of each other, and calls nothing but their generator."""
    expect_from_the_generator(random_mask, RANDOM, (20, 12, 5))
    expect_from_the_generator(block_mask, BLOCK, (20, (6, 9), (2, 4)))
    masks = expect_random(random_mask, SOME, PATCHES, HIDDEN)
    kinds, number = kinds_of(masks)
    expect_own(kinds, number, f"{SOME} masks of {PATCHES} patches")
    alone = torch.cat(single_masks(random_mask))
    text = (
        f"{SINGLES} calls for a single image give some subsets more often than others: an image "
        "that is alone is drawn for like all others, so no order over the images"
    )
    counts = torch.bincount(kinds_of(alone)[0], minlength=number)
    expect(not uneven(counts), text, "one-alone")
    seen = expect_blocks(block_mask, SOME, GRID, SIDES)
    tops, lefts = GRID[0] - SIDES[0] + 1, GRID[1] - SIDES[1] + 1
    expect_own(seen.top * lefts + seen.left, tops * lefts, f"{SOME} rectangles")


# --- conduct --------------------------------------------------------------------------------------


def hides(out: Any, n: int, n_patches: int, n_hidden: int, *_: object) -> str:
    """Return what is wrong with masks that hide patches here and there."""
    masks = to_tensor(out, "the masks")
    if masks.shape != (n, n_patches):
        return f"shape {tuple(masks.shape)} instead of {(n, n_patches)}"
    return "" if few_differ(masks.sum(dim=1), n_hidden) else "another number of hidden patches"


@EXERCISE.conduct(
    holds=hides,
    extremes=[
        {"n": 3, "n_patches": 5, "n_hidden": number, "generator": Seed(5)} for number in (0, 5)
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Some of 30 patches; at the extremes none and all."""
    return {
        "n": n,
        "n_patches": 30,
        "n_hidden": new.alternate(12, 20),
        "generator": Seed(new.whole(1, 99)),
    }


def covers(out: Any, n: int, grid: Sides, block: Sides, *_: object) -> str:
    """Return what is wrong with masks that hide a rectangle."""
    masks, p = to_tensor(out, "the masks"), grid[0] * grid[1]
    if masks.shape != (n, p):
        return f"shape {tuple(masks.shape)} instead of {(n, p)}"
    return "" if Rectangles(masks.bool(), grid).all_are(block) else "no such rectangle"


@EXERCISE.conduct(
    BLOCK,
    holds=covers,
    extremes=[
        {"n": 3, "grid": (4, 5), "block": (4, 5), "generator": Seed(5)},
        {"n": 3, "grid": (1, 6), "block": (1, 2), "generator": Seed(5)},
    ],
)
def arguments_of_block_mask(new: Draw, n: int) -> Arguments:
    """A grid with room to move; at the extremes none, and a grid of one row."""
    return {
        "n": n + new.alternate(0, 1),
        "grid": new.alternate((9, 10), (10, 8)),
        "block": new.alternate((3, 4), (2, 5)),
        "generator": Seed(new.whole(1, 99)),
    }
