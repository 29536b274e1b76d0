"""Elective D: what holds for masks that hide patches, and what mistakes look like.

Frequencies are compared with what is expected to 6.5 standard errors, which a right answer misses
less than once in 10^9 counts. What was drawn once is drawn again with the same seed, so that an
answer is judged alike every time.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import CheckFailed, Mistake, expect, expect_shape, run, to_pair
from autograder.exercises import GRADER_SEED
from autograder.hall.protocol.remote_call import remote_call

ERRORS = 6.5
Sides = tuple[int, int]


@remote_call
def _calls(function, args, seed, elsewhere, times):
    import copy

    import torch

    torch.manual_seed(elsewhere)
    generator = torch.Generator().manual_seed(seed)
    return [copy.deepcopy(function(*args, generator)) for _ in range(times)]


def draws(
    function: Callable, name: str, args: Sequence[object], *, times: int = 1, elsewhere: int = 1
) -> list[object]:
    """Return what several calls with one generator gave.

    Args:
        function: the student's.
        name: of the function.
        args: all arguments but the generator.
        times: how many calls.
        elsewhere: seeds torch's own generator, which must make no difference.
    """
    found = run(lambda: _calls(function, args, GRADER_SEED, elsewhere, times), name=name)
    return list(to_pair(found, name, [f"call {i + 1}" for i in range(times)]))


def expect_booleans(
    value: object, shape: Sides, what: str, known: Sequence[Mistake] = ()
) -> Tensor:
    """Return masks if they are booleans (n, P).

    Args:
        value: what the student's function returned.
        shape: (n, P).
        what: messages call the masks so.
        known: shapes that mistakes lead to.
    """
    n, p = shape
    one = "a single mask; every image has one of its own"
    shapes = [
        *known,
        Mistake("one-mask", (p,), one),
        Mistake("one-mask", (1, p), one),
        Mistake("transposed", (p, n), "images are the rows, patches the columns"),
    ]
    got = expect_shape(value, shape, what, [m for m in shapes if m.value != shape])
    kind = str(got.dtype).removeprefix("torch.")
    text = f"{what} are numbers of type {kind}; return booleans, True where a patch is hidden"
    expect(got.dtype == torch.bool, text, "not-booleans")
    return got


def few_differ(counts: Tensor, number: int) -> bool:
    """Return whether rows hide as many patches as they should.

    A threshold between the smallest random numbers hides one patch too many where two of them are
    equal, once in a million rows; that is no mistake to charge.

    Args:
        counts: of hidden patches, (n,).
        number: how many each row should hide.
    """
    return int((counts - number).abs().sum()) <= 1


def expect_counts(masks: Tensor, number: int, what: str) -> None:
    """Raise unless every row hides as many patches as it should.

    Args:
        masks: booleans (n, P).
        number: of patches to hide.
        what: messages call the masks so.
    """
    p, counts = masks.shape[1], masks.sum(dim=1)
    if few_differ(counts, number):
        return
    low, high = int(counts.min()), int(counts.max())
    if few_differ(counts, p - number):
        text = f"{what} are turned round: True where a patch is visible; True means hidden"
        raise CheckFailed(text, "visible-instead")
    if low == high:
        text = f"{what} hide {low} patches of {p} in every image where {number} were asked for"
        raise CheckFailed(text, "one-more" if low == number + 1 else "another-number")
    if high == number:
        text = (
            f"some of {what} hide fewer than {number} patches: the same patch was drawn twice; "
            "draw without putting back"
        )
        raise CheckFailed(text, "too-few")
    middle = float(counts.double().mean())
    text = (
        f"{what} hide {low} to {high} patches, {middle:.1f} on average; exactly {number} are to be "
        "hidden in every row: neither one throw for each patch, nor an order over the images"
    )
    raise CheckFailed(text, "probability")


def codes_of(masks: Tensor) -> Tensor:
    """Return a number for each mask that tells which one it is, (n,)."""
    return masks.long() @ 2 ** torch.arange(masks.shape[1])


def expect_own(kinds: Tensor, number: int, what: str) -> None:
    """Raise unless neighbours, and rows half a batch apart, are independent of each other.

    Args:
        kinds: which of equally likely masks each row has, from 0, (n,).
        number: how many kinds there are.
        what: messages call the masks so.
    """
    n = len(kinds)
    for lag in (1, 2, 3, n // 2):
        same, pairs = int((kinds[lag:] == kinds[:-lag]).sum()), n - lag
        expected, error = pairs / number, (pairs * (1 / number) * (1 - 1 / number)) ** 0.5
        text = (
            f"of {what}, {same} are the mask of the image {lag} rows before, where {expected:.0f} "
            "are expected by chance: draw each row independently of the others"
        )
        expect(abs(same - expected) < ERRORS * error, text, "rows-depend")
    counts = torch.bincount(kinds, minlength=number).double()
    uneven = float((counts - n / number).square().sum() / (n / number))
    text = (
        f"of {what}, all kinds occur equally often, as if they were dealt like cards: a row that "
        "is drawn independently of the others knows nothing of theirs"
    )
    expect(uneven > 0.1, text, "dealt-evenly")


def uneven(counts: Tensor) -> bool:
    """Return whether counts of what is equally likely differ by more than chance allows.

    Args:
        counts: how often each occurs, of any shape.
    """
    n, share = float(counts.sum()), 1 / counts.numel()
    off = (counts.double() - n * share).abs().max()
    return bool(off > ERRORS * (n * share * (1 - share)) ** 0.5)


# --- rectangles -----------------------------------------------------------------------------------


def runs(inside: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return where the run of True in each row begins, how long it is, and whether it is one run.

    Args:
        inside: booleans (n, L).
    """
    number = inside.sum(dim=1)
    first = inside.long().argmax(dim=1)
    place = torch.arange(inside.shape[1])
    filled = (place >= first[:, None]) & (place < (first + number)[:, None])
    return first, number, (filled == inside).all(dim=1) & (number > 0)


class Rectangles:
    """Masks of a grid, looked at as rectangles.

    Args:
        masks: booleans (n, rows · columns).
        grid: rows and columns.
    """

    def __init__(self, masks: Tensor, grid: Sides) -> None:
        table = masks.reshape(len(masks), *grid)
        in_row, in_column = table.any(dim=2), table.any(dim=1)
        self.top, self.height, one = runs(in_row)
        self.left, self.width, other = runs(in_column)
        full = (table == (in_row[:, :, None] & in_column[:, None, :])).flatten(1).all(dim=1)
        self.products, self.whole = full, full & one & other

    def all_are(self, sides: Sides) -> bool:
        """Return whether all are whole rectangles of this height and width."""
        height, width = sides
        return bool((self.whole & (self.height == height) & (self.width == width)).all())

    def sides(self) -> set[Sides]:
        """Return heights and widths that occur."""
        return set(zip(self.height.tolist(), self.width.tolist(), strict=True))


def expect_rectangles(masks: Tensor, grid: Sides, block: Sides, what: str) -> Rectangles:
    """Return masks as rectangles if they are those that were asked for.

    Args:
        masks: booleans (n, rows · columns).
        grid: rows and columns.
        block: height and width of the rectangle.
        what: messages call the masks so.
    """
    seen = Rectangles(masks, grid)
    if seen.all_are(block):
        return seen
    (rows, columns), (height, width) = grid, block
    asked = f"{what} should hide {height} rows and {width} columns of patches"
    if Rectangles(~masks, grid).all_are(block):
        text = f"{what} are turned round: everything is hidden but a rectangle"
        raise CheckFailed(text, "visible-block")
    turned = masks.reshape(-1, columns, rows).mT.reshape(len(masks), -1)
    if Rectangles(turned, grid).all_are(block):
        text = f"{what} count patches from top to bottom first; `to_patches` goes along a row first"
        raise CheckFailed(text, "columns-first")
    if seen.all_are((width, height)):
        text = f"{asked}, and hide {width} rows and {height} columns: height comes first"
        raise CheckFailed(text, "sides-swapped")
    table = masks.reshape(-1, rows, columns)
    stripes = table.all(dim=2)[:, :, None] | table.all(dim=1)[:, None, :]
    if bool((stripes == table).all()) and bool(table.all(dim=2).any()):
        text = f"{what} hide whole rows and columns: a patch is hidden where its row *and* its "
        raise CheckFailed(text + "column are covered, `&`", "cross")
    raise _of_other_rectangles(seen, grid, block, asked)


def _of_other_rectangles(seen: Rectangles, grid: Sides, block: Sides, asked: str) -> CheckFailed:
    """Return what to say of rectangles of other sides, and of what is no rectangle."""
    (height, width), sides = block, seen.sides()
    a, b = int(seen.height.max()), int(seen.width.max())
    if bool(seen.whole.all()):
        text = f"{asked}, and hide {a} rows and {b} columns"
        if len(sides) == 1 and a == b and a in block:
            return CheckFailed(f"{text}: one side was taken for both", "one-side-for-both")
        if (a, b) == block:
            text = (
                f"{asked}, and some hide fewer: the rectangle goes past the edge of the grid. It "
                "fits at `rows − height + 1` places, and not at every row"
            )
            return CheckFailed(text, "past-the-edge")
        name = "block-too-large" if a > height or b > width else "block-too-small"
        return CheckFailed(f"{text}: are the rows and columns at its ends in or out?", name)
    if bool(seen.products.all()) and sides == {block}:
        text = f"{asked} side by side, and some go on at the opposite edge of the grid"
        return CheckFailed(text, "wrapped")
    return CheckFailed(f"{asked}; some are no such rectangle", "no-rectangle")


def expect_every_place(seen: Rectangles, grid: Sides, block: Sides, what: str) -> None:
    """Raise unless all places of the rectangle are equally likely.

    Args:
        seen: the rectangles.
        grid: rows and columns of patches.
        block: height and width of the rectangle.
        what: messages call the masks so.
    """
    tops, lefts = (length - side + 1 for length, side in zip(grid, block, strict=True))
    counts = torch.bincount(seen.top * lefts + seen.left, minlength=tops * lefts)
    table = counts.reshape(tops, lefts)
    if not any(uneven(counts) for counts in (table, table.sum(dim=0), table.sum(dim=1))):
        return
    used = int((table > 0).sum())
    if used == 1:
        corner = int(table[0, 0]) > 0
        text = "always in the corner" if corner else "the same for all images"
        name = "always-the-corner" if corner else "same-for-all"
        raise CheckFailed(f"{what} are {text}: draw a place for every image", name)
    if int((table > 0).sum(dim=1).max()) == 1 or int((table > 0).sum(dim=0).max()) == 1:
        text = f"in {what} the upper edge tells where the left one is: draw both independently"
        raise CheckFailed(text, "one-draw-for-both")
    if int(table[-1].sum()) == 0 or int(table[:, -1].sum()) == 0:
        text = (
            f"{what} never reach the last row or column: `torch.randint` draws from 0 up to its "
            "upper limit, without it, and there are `rows − height + 1` places"
        )
        raise CheckFailed(text, "last-place-missing")
    if int(table[0].sum()) == 0 or int(table[:, 0].sum()) == 0:
        text = f"{what} never begin in the first row or column: count places from 0"
        raise CheckFailed(text, "first-place-missing")
    for side in (table.sum(dim=1).double(), table.sum(dim=0).double()):
        inner = float(side[1:-1].mean())
        rare = max(float(side[0]), float(side[-1])) < 0.75 * inner
        text = (
            f"{what} are at the first and the last place too rarely: rounding gives the ends half "
            "as much room; draw whole numbers with `torch.randint`"
        )
        expect(not rare, text, "ends-too-rare")
    raise CheckFailed(f"{what} are at some places more often than at others", "places-uneven")
