"""How week 4 calls a corruption, and what holds for every corruption.

A `torch.Generator` stays in the student's process, so the calls are an errand. The statistics are
of 24,000 pixels or more: their own scatter is a small part of every tolerance here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from aeutils.testing.checking import expect, expect_shape, expect_unchanged, run, to_pair, to_tensor
from autograder.exercises import GRADER_SEED, grader_generator
from autograder.hall.protocol.remote_call import remote_call

SHAPE = (20, 3, 20, 20)
SHARE_TOLERANCE = 0.012  # four times the largest scatter of a share of 24,000 pixels


class Drawn(NamedTuple):
    """What a corruption returned, all of the shape of the input."""

    first: Tensor  # the first call
    second: Tensor  # the next call with the same generator
    again: Tensor  # a call with a new generator of the first one's seed
    given: Tensor  # the input after the calls


def draw(function: Callable, x: Tensor, level: float, name: str) -> Drawn:
    """Call the student's corruption three times."""
    found = run(lambda: _calls(function, x, level, GRADER_SEED, GRADER_SEED + 1), name=name)
    what = ("the damaged images", "the damaged images", "the damaged images", "the input")
    found = to_pair(found, "the calls", what)
    return Drawn(*(expect_shape(v, x.shape, w).double() for v, w in zip(found, what, strict=True)))


@remote_call
def _calls(function, x, level, seed, elsewhere):
    import copy

    import torch

    given = x.clone()
    torch.manual_seed(elsewhere)
    generator = torch.Generator().manual_seed(seed)
    first = copy.deepcopy(function(given, level, generator))
    second = copy.deepcopy(function(given, level, generator))
    torch.manual_seed(elsewhere + 1)
    again = function(x.clone(), level, torch.Generator().manual_seed(seed))
    return first, second, again, given


def pixels(low: float, high: float, seed: int) -> Tensor:
    """Return images of shape `SHAPE` with pixels between `low` and `high`."""
    return low + (high - low) * torch.rand(SHAPE, generator=grader_generator(seed))


def share_of(which: Tensor) -> float:
    """Return the share of the pixels for which `which` holds."""
    return float(which.double().mean())


def own_for_each(change: Tensor) -> None:
    """Raise if a change is the same for all pixels of an image or a row, or for all images."""
    n = len(change)
    inside = float(change.flatten(1).std(dim=1).mean())
    between = float((change[: n // 2] - change[n // 2 :]).abs().mean())
    whole = float(change.abs().mean())
    expect(whole > 1e-6, "the images came back undamaged", "undamaged")
    expect(
        inside > 0.05 * whole,
        "all pixels of an image are changed alike: draw one number for every pixel",
        "one-per-image",
    )
    expect(
        between > 0.05 * whole,
        "every image is damaged in the same places and by the same amount: the draws need the "
        "shape of the whole batch",
        "same-for-all",
    )
    expect(
        float(change.std(dim=1).mean()) > 0.05 * whole,
        "all channels of a pixel are changed alike: draw a number for every value, not for every "
        "place",
        "one-for-all-channels",
    )
    rows = float(change.std(dim=3).mean())
    columns = float(change.std(dim=2).mean())
    expect(
        min(rows, columns) > 0.05 * whole,
        "whole rows or columns are changed alike: draw a number for every pixel",
        "one-per-row",
    )


@remote_call
def _counts(function, x, level, seed, times):
    import torch

    generator = torch.Generator().manual_seed(seed)
    return [float((function(x.clone(), level, generator) != x).sum()) for _ in range(times)]


def expect_thrown(function: Callable, level: float, name: str) -> None:
    """Raise if exactly the same number of pixels is damaged every time: a share is a probability.

    Of 12 draws of 600 pixels two always differ, for all practical purposes, if pixels are thrown
    for; counts for each image would leave the total alone, so one image is drawn for.
    """
    x = pixels(0.2, 0.8, 25)[:1, :, :10]
    found = run(lambda: _counts(function, x, level, GRADER_SEED + 2, 12), name=name)
    counts = to_tensor(found, "the numbers of damaged pixels")
    expect(
        len(counts.unique()) > 1,
        "exactly the same number of pixels is damaged every time: `share` is the probability that "
        "a pixel is damaged, one throw for each",
        "exact-count",
    )


def from_the_generator(function: Callable, x: Tensor, level: float, name: str) -> None:
    """Raise unless the random numbers come from the generator and the input is as it was."""
    drawn = draw(function, x, level, name)
    expect_unchanged(x.double(), drawn.given, name)
    expect(
        not torch.equal(drawn.first, drawn.second),
        "two calls with one generator gave the same damage: do not seed inside the function",
        "same-every-time",
    )
    expect(
        torch.equal(drawn.first, drawn.again),
        "two generators of the same seed gave different damage: pass `generator=generator` to "
        "every random function",
        "generator-ignored",
    )
