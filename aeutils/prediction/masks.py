"""Which patches are hidden: some of them at random, or a block of neighbours.

>>> import torch
>>> random_mask(2, n_patches=16, n_hidden=10, generator=torch.Generator()).sum(dim=1)
tensor([10, 10])

References:
    * K. He, X. Chen, S. Xie, Y. Li, P. Dollár and R. Girshick (2022). Masked autoencoders are
      scalable vision learners. CVPR (patches at random, three quarters of them).
    * M. Assran et al. (2023). Self-supervised learning from images with a joint-embedding
      predictive architecture. CVPR, section 3 (blocks, which cannot be filled in from what is
      next to each hidden patch).
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.draws import drawing_device
from aeutils._internal.validate import check_count, describe
from aeutils.testing.sealed import exercise


@exercise("elective_d_prediction")
def random_mask(
    n: int, n_patches: int, n_hidden: int, generator: torch.Generator | None = None
) -> Tensor:
    """Return a mask that hides the same number of patches in every image, at random.

    Every set of `n_hidden` patches is equally likely, and images do not depend on each other.

    Args:
        n: images.
        n_patches: patches of an image.
        n_hidden: how many of them are hidden, from 1 to n_patches − 1.
        generator: where the random numbers come from; None for torch's own.

    Returns:
        Booleans (n, n_patches), True where a patch is hidden, on the device of the generator.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is below 1, or no patch would be left to see.
    """
    for count, name in ((n, "n"), (n_patches, "n_patches"), (n_hidden, "n_hidden")):
        check_count(count, name)
    if n_hidden >= n_patches:
        raise ValueError(
            f"n_hidden must be less than n_patches, so that a patch can be seen, got {n_hidden} "
            f"of {n_patches}"
        )
    # The order of random numbers is a random permutation, in each row another one.
    noise = torch.rand(n, n_patches, generator=generator, device=drawing_device(generator))
    return noise.argsort(dim=1) < n_hidden


@exercise("elective_d_prediction")
def block_mask(
    n: int,
    grid: tuple[int, int],
    block: tuple[int, int],
    generator: torch.Generator | None = None,
) -> Tensor:
    """Return a mask that hides one rectangle of patches in every image.

    Every position of the rectangle inside the grid is equally likely.

    Args:
        n: images.
        grid: rows and columns of the patches of an image.
        block: rows and columns of the hidden rectangle, at most those of the grid, and not both.
        generator: where the random numbers come from; None for torch's own.

    Returns:
        Booleans (n, rows · columns), True where a patch is hidden, the rows of the grid one after
        the other, on the device of the generator.

    Raises:
        TypeError: a number is not an integer.
        ValueError: a number is below 1, the rectangle does not fit, or no patch would be left.
    """
    check_count(n, "n")
    for pair, name in ((grid, "grid"), (block, "block")):
        if not isinstance(pair, (tuple, list)) or len(pair) != 2:
            raise TypeError(f"{name} must be a pair (rows, columns), got {describe(pair)}")
        for count in pair:
            check_count(count, f"{name} (rows, columns)")
    (rows, columns), (height, width) = grid, block
    if height > rows or width > columns or tuple(block) == tuple(grid):
        raise ValueError(
            f"a block of {height} × {width} patches must fit into the grid of {rows} × {columns} "
            "and leave some of it to see"
        )
    row = _covered(n, rows, height, generator)[:, :, None]
    column = _covered(n, columns, width, generator)[:, None, :]
    return (row & column).flatten(1)


def _covered(n: int, length: int, part: int, generator: torch.Generator | None) -> Tensor:
    """Return where a part of a line lies, at a random position, in each of n lines.

    Args:
        n: lines.
        length: of a line.
        part: length of the part.
        generator: where the random numbers come from; None for torch's own.

    Returns:
        Booleans (n, length).
    """
    device = drawing_device(generator)
    first = torch.randint(length - part + 1, (n, 1), generator=generator, device=device)
    at = torch.arange(length, device=device)
    return (at >= first) & (at < first + part)
