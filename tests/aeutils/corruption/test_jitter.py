"""Jitter: small affine maps, one for each image."""

import pytest
import torch
import torch.nn.functional as F

from aeutils.corruption.affine_jitter import _places, jitter


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [(28, 28), (32, 20), (1, 5)])
def test_places_are_those_of_torchs_own_grid(dtype, size):
    maps = torch.randn(7, 2, 3, dtype=dtype, generator=seeded())
    expected = F.affine_grid(maps, [7, 1, *size], align_corners=False)
    torch.testing.assert_close(_places(maps, *size), expected)


def test_without_any_change_the_images_stay_as_they_are():
    x = torch.rand(4, 3, 32, 20, generator=seeded())
    torch.testing.assert_close(jitter(x, seeded(), 0.0, 0.0, 0.0, 0.0), x)


def test_a_shift_alone_moves_whole_images():
    x = torch.zeros(50, 1, 28, 28)
    x[:, 0, 14, 14] = 1
    moved = jitter(x, seeded(), turn=0.0, scale=0.0, slant=0.0, shift=2.0)
    places = torch.arange(28.0)
    rows = (moved.sum(dim=(1, 3)) * places).sum(dim=1)
    assert (rows - 14).abs().max() <= 2 + 1e-4
    assert rows.std() > 0.5
    torch.testing.assert_close(moved.sum(dim=(1, 2, 3)), torch.ones(50))


def test_rows_and_images_get_the_same_jitter():
    x = torch.rand(5, 1, 28, 28, generator=seeded())
    as_rows = jitter(x.flatten(1), seeded(3))
    torch.testing.assert_close(as_rows, jitter(x, seeded(3)).flatten(1))
