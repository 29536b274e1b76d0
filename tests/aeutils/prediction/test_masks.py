"""Masks: how many patches they hide, and that all sets and positions are equally likely."""

import pytest
import torch
from scipy.stats import chisquare

from aeutils.prediction import block_mask, random_mask
from aeutils.testing.sealed import ReferenceSealed


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def counts_of(masks):
    return torch.unique(masks, dim=0, return_counts=True)[1]


@pytest.mark.parametrize(("n_patches", "n_hidden"), [(16, 10), (16, 1), (16, 15), (2, 1)])
def test_every_row_hides_the_same_number(n_patches, n_hidden):
    mask = random_mask(50, n_patches, n_hidden, generator())
    assert mask.dtype == torch.bool
    assert mask.shape == (50, n_patches)
    assert (mask.sum(dim=1) == n_hidden).all()


def test_every_set_is_equally_likely():
    counts = counts_of(random_mask(10_000, 5, 2, generator()))
    assert len(counts) == 10
    assert chisquare(counts).pvalue > 1e-3


def test_rows_are_independent():
    pairs = random_mask(20_000, 3, 1, generator()).reshape(-1, 6)
    counts = counts_of(pairs)
    assert len(counts) == 9
    assert chisquare(counts).pvalue > 1e-3


def test_a_block_is_one_rectangle_and_every_position_is_equally_likely():
    masks = block_mask(6_000, (4, 5), (2, 3), generator())
    assert masks.dtype == torch.bool
    assert masks.shape == (6_000, 20)
    found = torch.unique(masks, dim=0)
    wanted = set()
    for top in range(3):
        for left in range(3):
            square = torch.zeros(4, 5, dtype=torch.bool)
            square[top : top + 2, left : left + 3] = True
            wanted.add(tuple(square.flatten().tolist()))
    assert {tuple(row.tolist()) for row in found} == wanted
    assert chisquare(counts_of(masks)).pvalue > 1e-3


def test_a_block_as_wide_as_the_grid_still_moves_down():
    masks = block_mask(100, (3, 2), (1, 2), generator()).unflatten(1, (3, 2))
    assert (masks[:, :, 0] == masks[:, :, 1]).all()
    assert (masks.any(dim=0)).all()


@pytest.mark.parametrize(
    "draw",
    [lambda g: random_mask(8, 16, 10, g), lambda g: block_mask(8, (4, 4), (2, 3), g)],
)
def test_the_generator_decides(draw):
    assert torch.equal(draw(generator(1)), draw(generator(1)))
    assert not torch.equal(draw(generator(1)), draw(generator(2)))
    torch.manual_seed(3)
    from_torchs_own = draw(None)
    torch.manual_seed(3)
    assert torch.equal(draw(None), from_torchs_own)


def test_wrong_numbers_are_refused():
    with pytest.raises(ValueError, match=r"less than n_patches, .* got 16 of 16"):
        random_mask(1, 16, 16)
    with pytest.raises(ValueError, match="n_hidden must be at least 1"):
        random_mask(1, 16, 0)
    with pytest.raises(TypeError, match="n_hidden"):
        random_mask(1, 16, 0.6)
    with pytest.raises(ValueError, match="5 × 1 patches must fit into the grid of 4 × 4"):
        block_mask(1, (4, 4), (5, 1))
    with pytest.raises(ValueError, match="leave some of it to see"):
        block_mask(1, (4, 4), (4, 4))
    with pytest.raises(TypeError, match="block"):
        block_mask(1, (4, 4), 2)


def test_they_are_closed_while_their_notebook_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_d_prediction")
    with pytest.raises(ReferenceSealed):
        random_mask(1, 4, 2)
    with pytest.raises(ReferenceSealed):
        block_mask(1, (4, 4), (2, 2))
