"""Patches against torch's own unfolding, there and back."""

import pytest
import torch
from torch.nn import functional as F

from aeutils.prediction import from_patches, to_patches
from aeutils.testing.sealed import ReferenceSealed

SHAPES = [((1, 28, 28), 7), ((3, 8, 12), 4), ((2, 6, 3), 3), ((1, 5, 4), 1), ((3, 4, 4), 4)]


@pytest.mark.parametrize(("shape", "size"), SHAPES)
def test_they_are_torchs_unfolded_images(shape, size):
    images = torch.rand(5, *shape, dtype=torch.float64)
    wanted = F.unfold(images, size, stride=size).transpose(1, 2)
    got = to_patches(images, size)
    assert torch.equal(got, wanted)
    assert torch.equal(from_patches(got, shape, size), images)


def test_the_first_patch_is_the_upper_left_corner_and_the_next_lies_to_its_right():
    image = torch.arange(2 * 4 * 6.0).reshape(1, 2, 4, 6)
    patches = to_patches(image, 2)
    assert patches.shape == (1, 6, 8)
    assert torch.equal(patches[0, 0], image[0, :, :2, :2].flatten())
    assert torch.equal(patches[0, 1], image[0, :, :2, 2:4].flatten())
    assert torch.equal(patches[0, 3], image[0, :, 2:, :2].flatten())


def test_gradients_pass_both_ways():
    images = torch.rand(2, 1, 4, 4, requires_grad=True)
    from_patches(to_patches(images, 2), (1, 4, 4), 2).sum().backward()
    assert torch.equal(images.grad, torch.ones(2, 1, 4, 4))


def test_images_that_cannot_be_cut_are_refused():
    with pytest.raises(ValueError, match="28 × 30 pixels cannot be cut into whole patches of 7"):
        to_patches(torch.rand(1, 1, 28, 30), 7)
    with pytest.raises(ValueError, match="cannot be cut"):
        to_patches(torch.rand(1, 1, 2, 2), 4)
    with pytest.raises(ValueError, match=r"\(N, C, H, W\), got a tensor of shape \(3, 784\)"):
        to_patches(torch.rand(3, 784), 7)
    with pytest.raises(TypeError, match="images must be a tensor of floats"):
        to_patches(torch.ones(1, 1, 4, 4, dtype=torch.uint8), 2)
    with pytest.raises(ValueError, match="size must be at least 1"):
        to_patches(torch.rand(1, 1, 4, 4), 0)


def test_patches_of_other_images_are_refused():
    with pytest.raises(ValueError, match=r"\(N, 16, 49\).*got a tensor of shape \(2, 15, 49\)"):
        from_patches(torch.rand(2, 15, 49), (1, 28, 28), 7)
    with pytest.raises(ValueError, match="have patches of shape"):
        from_patches(torch.rand(16, 49), (1, 28, 28), 7)


def test_they_are_closed_while_their_notebook_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_d_prediction")
    with pytest.raises(ReferenceSealed):
        to_patches(torch.rand(1, 1, 4, 4), 2)
    with pytest.raises(ReferenceSealed):
        from_patches(torch.rand(1, 4, 4), (1, 4, 4), 2)
