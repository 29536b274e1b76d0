"""The grid of jitter, beside torch's own."""

import pytest
import torch
import torch.nn.functional as F

from aeutils.corruption.affine_jitter import _places


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("size", [(28, 28), (32, 20), (1, 5)])
def test_places_are_those_of_torchs_own_grid(dtype, size):
    maps = torch.randn(7, 2, 3, dtype=dtype, generator=seeded())
    expected = F.affine_grid(maps, [7, 1, *size], align_corners=False)
    torch.testing.assert_close(_places(maps, *size), expected)
