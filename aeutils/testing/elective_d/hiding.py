"""Visible test of elective D: which patches of an image are hidden."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed, Mistake, expect, expect_shape, passed, to_tensor
from aeutils.testing.draws import run_drawing

MANY = 1000
# A count of 1,000 throws is off by 6.5 standard errors less than once in 10^9 times.
ERRORS = 6.5


def _generator() -> torch.Generator:
    return torch.Generator().manual_seed(3)


def _span(counts: Tensor) -> str:
    """Return the range of counts in words."""
    low, high = int(counts.min()), int(counts.max())
    return str(low) if low == high else f"{low} to {high}"


def _masks(
    function: Callable, name: str, args: Sequence[object], shape: tuple[int, int], what: str
) -> Tensor:
    """Return masks if they are booleans of this shape."""
    value = run_drawing(function, *args, _generator(), name=name)
    tensor = to_tensor(value, what)
    places = "a boolean for every patch is asked for, not the places of hidden ones"
    known = []
    if tensor.ndim == 2 and not tensor.is_floating_point() and tensor.dtype != torch.bool:
        known.append(Mistake("indices", tuple(tensor.shape), places))
    if tensor.ndim == 3:
        flat = "rows and columns of patches are one dimension in a mask: `flatten(1)`"
        known.append(Mistake("grid-left", tuple(tensor.shape), flat))
    got = expect_shape(tensor, shape, what, known)
    kind = str(got.dtype).removeprefix("torch.")
    text = f"{what} are numbers of type {kind}; return booleans, True where a patch is hidden"
    expect(got.dtype == torch.bool, text, "not-booleans")
    return got


def _expect_even(counts: Tensor, trials: int, share: float, what: str, mistake: str) -> None:
    """Raise unless each of the counts is what chance makes of the same share of the trials."""
    expected, error = trials * share, (trials * share * (1 - share)) ** 0.5
    low, high = int(counts.min()), int(counts.max())
    near = max(high - expected, expected - low) < ERRORS * error
    expect(near, f"{what} {_span(counts.long())} times; {expected:.0f} times are expected", mistake)


def _expect_random(random_mask: Callable) -> None:
    """A thousand images of 8 patches, 3 of them hidden; then none, and all."""
    what = "1,000 masks that hide 3 of 8 patches"
    masks = _masks(random_mask, "random_mask", (MANY, 8, 3), (MANY, 8), what)
    counts = masks.sum(dim=1)
    text = f"{what} hide 5: True means hidden, and not visible"
    expect(not bool((counts == 5).all()), text, "visible-instead")
    text = f"{what} hide {_span(counts)} patches: every row hides exactly 3"
    # Two equal random numbers may hide a fourth patch, once in a million rows.
    expect(int((counts - 3).abs().sum()) <= 1, text, "probability")
    same = bool((masks == masks[0]).all())
    expect(not same, f"{what} are all the same: draw for every image", "same-for-all")
    text = f"in {what} one of the patches is hidden"
    _expect_even(masks.sum(dim=0), MANY, 3 / 8, text, "patches-uneven")
    together = (masks.double().T @ masks.double())[~torch.eye(8, dtype=torch.bool)]
    text = f"in {what} two of the patches are hidden together"
    _expect_even(together, MANY, 3 * 2 / (8 * 7), text, "pairs-uneven")
    again = int((masks[1:] == masks[:-1]).all(dim=1).sum())
    text = f"in {what} a mask is that of the image before it"
    _expect_even(torch.tensor([again]), MANY - 1, 1 / 56, text, "rows-depend")
    for number in (0, 4, 1):
        what = f"masks that hide {number} of 4 patches"
        found = _masks(random_mask, "random_mask", (5, 4, number), (5, 4), what).sum(dim=1)
        text = f"{what} hide {found.tolist()}: is `n_hidden` used, whatever it is?"
        expect(bool((found == number).all()), text, "n-hidden-ignored")


def _expect_block(block_mask: Callable) -> None:
    """A thousand rectangles of 2 rows and 3 columns in a grid of 4 rows and 5 columns."""
    what = "1,000 masks that hide 2×3 patches of 4×5"
    masks = _masks(block_mask, "block_mask", (MANY, (4, 5), (2, 3)), (MANY, 20), what)
    counts = masks.sum(dim=1)
    expect(
        not bool((counts == 14).all()),
        f"{what} hide all others: True means hidden",
        "visible-block",
    )
    text = f"{what} hide {_span(counts)} patches: each hides 6, and none goes past the edge"
    expect(bool((counts == 6).all()), text, "another-number")
    table = masks.reshape(MANY, 4, 5)
    rows, columns = table.any(dim=2), table.any(dim=1)
    tall, wide = rows.sum(dim=1), columns.sum(dim=1)
    turned = bool((tall == 3).all() and (wide == 2).all())
    expect(not turned, f"{what} hide 3 rows and 2 columns: height comes first", "sides-swapped")
    column = "patches are counted along a row first, as by `to_patches`"
    text = f"{what} hide no rectangle of 2 rows and 3 columns: {column}"
    expect(bool((tall == 2).all() and (wide == 3).all()), text, "no-rectangle")
    top, left = rows.long().argmax(dim=1), columns.long().argmax(dim=1)
    last = rows.long().cumsum(dim=1).argmax(dim=1), columns.long().cumsum(dim=1).argmax(dim=1)
    one = bool((last[0] - top == 1).all() and (last[1] - left == 2).all())
    text = f"{what}: some go on at the opposite edge; a rectangle lies inside the grid"
    expect(one, text, "wrapped")
    places = torch.bincount(3 * top + left, minlength=9)
    unused = int((places == 0).sum())
    if unused:
        text = f"{what} use {9 - unused} of the 3 · 3 places where the rectangle fits"
        raise CheckFailed(text, "places-missing")
    _expect_even(places, MANY, 1 / 9, f"of {what} one of the 9 places is used", "places-uneven")
    again = int((masks[1:] == masks[:-1]).all(dim=1).sum())
    text = f"in {what} a mask is that of the image before it"
    _expect_even(torch.tensor([again]), MANY - 1, 1 / 9, text, "rows-depend")
    what = "a mask of a rectangle that fills its grid of 2×3 patches"
    whole = _masks(block_mask, "block_mask", (1, (2, 3), (2, 3)), (1, 6), what)
    expect(bool(whole.all()), f"{what} leaves a patch visible", "no-room")


def _expect_drawn(function: Callable, name: str, *args: object) -> None:
    """Raise unless the generator decides, and goes on from call to call."""
    generator = _generator()
    first, second = (run_drawing(function, *args, generator, name=name) for _ in range(2))
    again = run_drawing(function, *args, _generator(), name=name)
    first, second, again = (to_tensor(v, "the masks") for v in (first, second, again))
    text = f"two calls of {name} with one generator gave the same masks: do not seed inside it"
    expect(not torch.equal(first, second), text, "same-every-time")
    text = f"two generators with seed 3 gave different masks: pass `generator=generator` in {name}"
    expect(torch.equal(first, again), text, "generator-ignored")


def masks(random_mask: Callable, block_mask: Callable) -> bool:
    """A thousand masks of each kind: what they hide, and how often."""
    _expect_random(random_mask)
    _expect_drawn(random_mask, "random_mask", 30, 9, 4)
    _expect_block(block_mask)
    _expect_drawn(block_mask, "block_mask", 30, (5, 6), (2, 2))
    return passed("masks", "subsets and rectangles, all equally likely, drawn for every image")
