"""Tangents of images whose derivative is known."""

import pytest
import torch

from aeutils.corruption import tangents


def blob(cx=0.0, cy=0.0, width=4.0, size=28):
    """A Gaussian bell; coordinates in pixels from the centre, y downwards."""
    axis = torch.arange(size, dtype=torch.float64) - (size - 1) / 2
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    return torch.exp(-((x - cx) ** 2 + 2 * (y - cy) ** 2) / (2 * width**2))[None, None], x, y


def test_moves_go_the_way_their_name_says():
    image, x, y = blob(cx=3.0, cy=-4.0, width=2.5)

    def centre(im):
        return float((im * x).sum() / im.sum()), float((im * y).sum() / im.sum())

    right = centre(tangents.moved(image, "shift right", 1.0))
    assert right == pytest.approx((4.0, -4.0), abs=0.05)
    down = centre(tangents.moved(image, "shift down", 1.0))
    assert down == pytest.approx((3.0, -3.0), abs=0.05)
    zoomed = centre(tangents.moved(image, "zoom", 1.4))  # 1.4 of 14 pixels: a tenth
    assert zoomed == pytest.approx((3 / 0.9, -4 / 0.9), abs=0.1)
    turned = centre(tangents.moved(image, "turn", 0.7))  # about 1/20 rad, counter-clockwise
    assert turned == pytest.approx((3 - 4 / 20, -4 - 3 / 20), abs=0.05)
    slanted = centre(tangents.moved(image, "slant", 1.4))
    assert slanted == pytest.approx((3.4, -4.0), abs=0.05)


def test_first_tangent_is_the_derivative_of_a_shift():
    image, x, _ = blob(cx=1.0, cy=2.0)
    slope = (image * (x - 1.0)).flatten()  # −∂/∂x of the bell, up to a factor
    basis = tangents.affine_tangents(image)
    assert basis.shape == (1, 784, 5)
    cosine = torch.nn.functional.cosine_similarity(basis[0, :, 0], slope, dim=0)
    assert abs(float(cosine)) > 0.999


def test_basis_is_orthonormal():
    image, _, _ = blob(cx=1.0, cy=2.0)
    basis = tangents.affine_tangents(image)
    torch.testing.assert_close(basis.mT @ basis, torch.eye(5).double()[None])


def test_bad_input_is_explained():
    with pytest.raises(ValueError, match="shape"):
        tangents.affine_tangents(torch.rand(2, 784))
    with pytest.raises(ValueError, match="do not change"):
        tangents.affine_tangents(torch.zeros(2, 1, 28, 28))
    with pytest.raises(ValueError, match="name"):
        tangents.moved(torch.rand(1, 1, 8, 8), "flip", 1.0)
