"""PCA against NumPy and scikit-learn, its optimality, and angles between subspaces."""

import math

import numpy as np
import pytest
import sklearn.decomposition
import torch

from aeutils import pca
from aeutils.testing.sealed import ReferenceSealed


def data(n=60, d=12, dtype=torch.float64):
    """Correlated columns with distinct variances and a mean far from zero."""
    generator = torch.Generator().manual_seed(1)
    x = torch.randn(n, d, generator=generator, dtype=torch.float64)
    mix = torch.randn(d, d, generator=generator, dtype=torch.float64)
    return (x @ mix + 5).to(dtype)


def random_axes(k, d):
    return torch.linalg.qr(torch.randn(d, k, dtype=torch.float64))[0].T


def test_center_has_zero_mean_and_undoes():
    x = data()
    centered, mean = pca.center(x)
    assert centered.mean(dim=0).abs().max() < 1e-13
    torch.testing.assert_close(centered + mean, x)


@pytest.mark.parametrize("shape", [(60, 12), (8, 30)], ids=["tall", "wide"])
def test_axes_and_variances_agree_with_numpy(shape):
    centered, _ = pca.center(data(*shape))
    k = 5
    axes, variances = pca.principal_axes(centered, k)
    _, s, vt = np.linalg.svd(centered.numpy(), full_matrices=False)
    np.testing.assert_allclose(variances, s[:k] ** 2 / (shape[0] - 1), rtol=1e-10)
    np.testing.assert_allclose((axes.numpy() * vt[:k]).sum(axis=1) ** 2, 1, atol=1e-10)
    np.testing.assert_allclose(axes @ axes.T, np.eye(k), atol=1e-10)


def test_sign_is_deterministic():
    centered, _ = pca.center(data())
    axes, _ = pca.principal_axes(centered, 6)
    flipped, _ = pca.principal_axes(-centered, 6)
    largest = axes.gather(1, axes.abs().argmax(dim=1, keepdim=True))
    assert (largest > 0).all()
    torch.testing.assert_close(axes, flipped)


def test_class_agrees_with_scikit_learn():
    x, new = data(), data(20)[:, :] + 1
    ours = pca.PCA(4).fit(x)
    theirs = sklearn.decomposition.PCA(4, svd_solver="full").fit(x.numpy())
    signs = np.sign((ours.components_.numpy() * theirs.components_).sum(axis=1))
    close = {"rtol": 1e-10, "atol": 1e-10}
    np.testing.assert_allclose(ours.mean_, theirs.mean_, **close)
    np.testing.assert_allclose(ours.components_, theirs.components_ * signs[:, None], **close)
    for name in ("explained_variance_", "explained_variance_ratio_", "singular_values_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), **close)
    np.testing.assert_allclose(ours.transform(new), theirs.transform(new.numpy()) * signs, **close)
    np.testing.assert_allclose(
        ours.reconstruct(new), theirs.inverse_transform(theirs.transform(new.numpy())), **close
    )


def test_float32_images_keep_their_shape():
    images = torch.rand(30, 2, 4, 4)
    model = pca.PCA(6).fit(images)
    assert model.encode(images).shape == (30, 6)
    assert model.inverse_transform(model.encode(images)).shape == (30, 32)
    assert model.reconstruct(images).shape == images.shape
    assert model.components_.dtype == torch.float32
    assert repr(model) == "PCA(k=6)"


def test_all_axes_reconstruct_exactly():
    x = data()
    centered, mean = pca.center(x)
    axes, _ = pca.principal_axes(centered, 12)
    torch.testing.assert_close(pca.reconstruct(pca.project(x, mean, axes), mean, axes), x)


def test_no_projection_beats_it():
    """Eckart and Young; and the error that is left is the variance that was left out."""
    x = data()
    centered, mean = pca.center(x)
    k = 3
    axes, _ = pca.principal_axes(centered, k)
    error = (pca.reconstruct(pca.project(x, mean, axes), mean, axes) - x).square().sum()
    left_out = torch.linalg.svdvals(centered)[k:].square().sum()
    torch.testing.assert_close(error, left_out, rtol=1e-10, atol=0)
    for _ in range(200):
        other = random_axes(k, 12)
        assert (centered @ other.T @ other - centered).square().sum() > error
        near = torch.linalg.qr((axes + 0.01 * other).T)[0].T
        assert (centered @ near.T @ near - centered).square().sum() > error


def test_ratios_add_up_and_count_components():
    centered, _ = pca.center(data())
    ratio = pca.explained_variance_ratio(centered)
    assert ratio.shape == (12,)
    assert ratio.sum() == pytest.approx(1, abs=1e-12)
    for share in (0.1, 0.5, 0.9, 0.99, 1.0):
        m = pca.components_needed(ratio, share)
        assert ratio[:m].sum() >= share - 1e-12
        assert ratio[: m - 1].sum() < share


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(
    ("ratio", "share", "expected"),
    [
        ([0.5, 0.3, 0.2], 0.75, 2),
        ([0.5, 0.3, 0.2], 0.5, 1),
        ([0.5, 0.3, 0.2], 0.8, 2),
        ([0.7, 0.3], 0.7, 1),
        ([0.1] * 10, 0.3, 3),
        ([0.6, 0.4, 0.0], 1.0, 2),
    ],
)
def test_components_needed_at_the_edges(ratio, share, expected, dtype):
    assert pca.components_needed(torch.tensor(ratio, dtype=dtype), share) == expected


@pytest.mark.parametrize("angle", [1e-9, 1e-5, 0.3, 1.2, math.pi / 2 - 1e-9, math.pi / 2])
def test_known_angle(angle):
    """The span of e1, e2 against e1 and e2 turned by the angle towards e3, with mixed bases."""
    eye = torch.eye(5, dtype=torch.float64)
    turned = math.cos(angle) * eye[1] + math.sin(angle) * eye[2]
    mix = torch.tensor([[2.0, 1.0], [-1.0, 3.0]], dtype=torch.float64)
    found = pca.principal_angles(eye[:2], mix @ torch.stack([eye[0], turned]))
    assert found.shape == (2,)
    np.testing.assert_allclose(found, [0, angle], rtol=1e-6, atol=1e-15)


def test_angles_agree_with_the_cosines_and_do_not_depend_on_order():
    a, b = torch.randn(4, 20, dtype=torch.float64), torch.randn(7, 20, dtype=torch.float64)
    angles = pca.principal_angles(a, b)
    q_a, q_b = torch.linalg.qr(a.T)[0], torch.linalg.qr(b.T)[0]
    torch.testing.assert_close(angles.cos(), torch.linalg.svdvals(q_a.T @ q_b))
    torch.testing.assert_close(angles, pca.principal_angles(b, a))
    assert (angles.diff() >= 0).all()
    contained = pca.principal_angles(a[:2] + a[2:], a)
    assert contained.shape == (2,)
    assert contained.max() < 1e-14


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: pca.center(torch.zeros(3, 4, dtype=torch.int64)), TypeError, "float"),
        (lambda: pca.center(torch.rand(3, 1, 2, 2)), ValueError, r"\(3, 1, 2, 2\).*flatten"),
        (lambda: pca.center(torch.full((3, 4), math.nan)), ValueError, "12 NaN"),
        (lambda: pca.principal_axes(torch.rand(9, 4) + 3, 2), ValueError, "mean zero"),
        (lambda: pca.principal_axes(torch.zeros(1, 4), 1), ValueError, "at least 2"),
        (lambda: pca.PCA(5).fit(torch.rand(9, 4)), ValueError, r"min\(N, D\) = 4.*got 5"),
        (lambda: pca.PCA(0).fit(torch.rand(9, 4)), ValueError, "got 0"),
        (lambda: pca.PCA(1).fit(torch.ones(9, 4)), ValueError, "equal"),
        (lambda: pca.PCA(1).transform(torch.ones(9, 4)), RuntimeError, "call fit"),
        (lambda: pca.explained_variance_ratio(torch.zeros(9, 4)), ValueError, "no variance"),
        (lambda: pca.components_needed(torch.tensor([0.5, 0.2]), 0.9), ValueError, "add up to 0.7"),
        (lambda: pca.components_needed(torch.tensor([1.0]), 95), ValueError, "0.95"),
        (lambda: pca.components_needed(torch.rand(2, 2), 0.5), ValueError, r"\(m,\)"),
        (
            lambda: pca.project(torch.rand(2, 3), torch.rand(4), torch.rand(1, 4)),
            ValueError,
            "3 columns",
        ),
        (
            lambda: pca.project(torch.rand(2, 4), torch.rand(3), torch.rand(1, 4)),
            ValueError,
            r"mean must have shape \(4,\)",
        ),
        (
            lambda: pca.reconstruct(torch.rand(2, 3), torch.rand(4), torch.rand(1, 4)),
            ValueError,
            "1 axes",
        ),
        (
            lambda: pca.principal_angles(torch.rand(5, 2), torch.rand(2, 5)),
            ValueError,
            "same length",
        ),
        (
            lambda: pca.principal_angles(torch.ones(2, 5), torch.rand(2, 5)),
            ValueError,
            "2 rows of a .*independent",
        ),
    ],
)
def test_bad_input_is_explained(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_sealed_in_its_own_week_only(monkeypatch):
    x = data()
    monkeypatch.setenv("AEUTILS_SEALED", "week01_pca")
    with pytest.raises(ReferenceSealed, match="center is the reference"):
        pca.center(x)
    with pytest.raises(ReferenceSealed):
        pca.PCA(2).fit(x)
    monkeypatch.setenv("AEUTILS_SEALED", "week02_vanilla")
    assert pca.PCA(2).fit(x).components_.shape == (2, 12)
