"""Kernel PCA's errors: against scikit-learn, plain PCA, and coordinates of an explicit kernel."""

import pytest
import torch
from sklearn.decomposition import KernelPCA

from aeutils.anomalies import gaussian_kernel, kernel_pca_errors, median_gamma
from aeutils.pca import PCA


def rows(n, d, seed, dtype=torch.float64):
    draw = torch.Generator().manual_seed(seed)
    return torch.randn(n, d, generator=draw, dtype=dtype) + 2


@pytest.mark.parametrize(("dtype", "near"), [(torch.float32, 1e-4), (torch.float64, 1e-9)])
@pytest.mark.parametrize("components", [1, 3, 5])
def test_with_the_linear_kernel_it_is_the_error_of_pca(components, dtype, near):
    train, x = rows(30, 6, 0, dtype), rows(12, 6, 1, dtype)
    got = kernel_pca_errors(train @ train.T, x @ train.T, x.square().sum(dim=1), components)
    wanted = (PCA(components).fit(train).reconstruct(x) - x).square().sum(dim=1)
    assert got.dtype == dtype
    torch.testing.assert_close(got, wanted, rtol=near, atol=10 * near)


@pytest.mark.parametrize("components", [1, 4, 12])
def test_it_is_what_scikit_learn_leaves(components):
    """The squared length of a centred image less that of its projection."""
    train, x, gamma = rows(25, 3, 0), rows(10, 3, 1), 0.3
    k_train, k_cross = gaussian_kernel(train, train, gamma), gaussian_kernel(x, train, gamma)
    theirs = KernelPCA(components, kernel="rbf", gamma=gamma, eigen_solver="dense").fit(train)
    along = torch.from_numpy(theirs.transform(x.numpy())).square().sum(dim=1)
    whole = 1 - 2 * k_cross.mean(dim=1) + k_train.mean()
    got = kernel_pca_errors(k_train, k_cross, torch.ones(10).double(), components)
    torch.testing.assert_close(got, whole - along)


def test_with_an_explicit_map_it_is_pca_there():
    """(1 + xᵀy)² is an inner product of six coordinates."""

    def map_of(x):
        a, b, r = x[:, 0], x[:, 1], 2**0.5
        return torch.stack([a.new_ones(len(a)), r * a, r * b, a * a, b * b, r * a * b], dim=1)

    train, x = rows(40, 2, 0), rows(9, 2, 1)
    k_train, k_cross = (1 + train @ train.T) ** 2, (1 + x @ train.T) ** 2
    got = kernel_pca_errors(k_train, k_cross, (1 + x.square().sum(dim=1)) ** 2, 2)
    pca = PCA(2).fit(map_of(train))
    wanted = (pca.reconstruct(map_of(x)) - map_of(x)).square().sum(dim=1)
    torch.testing.assert_close(got, wanted)


def test_directions_without_variance_are_left_out():
    """Rows on a line: more components than one add nothing, not even noise."""
    train = torch.linspace(-1, 1, 15).double()[:, None] * torch.tensor([[3.0, 4.0]]).double()
    x = torch.tensor([[3.0, 4.0], [-4.0, 3.0]], dtype=torch.float64)
    for components in (1, 2, 14):
        got = kernel_pca_errors(train @ train.T, x @ train.T, x.square().sum(dim=1), components)
        torch.testing.assert_close(got, torch.tensor([0.0, 25.0]).double(), atol=1e-9, rtol=1e-9)


def test_of_equal_training_rows_the_distance_from_them_is_left():
    train, x = torch.ones(5, 2).double(), torch.tensor([[1.0, 1.0], [4.0, 5.0]]).double()
    got = kernel_pca_errors(train @ train.T, x @ train.T, x.square().sum(dim=1), 2)
    torch.testing.assert_close(got, torch.tensor([0.0, 25.0]).double())


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_errors_of_training_rows_fall_to_zero_and_never_below(dtype):
    train = rows(12, 2, 0, dtype)
    kernel = gaussian_kernel(train, train, 0.5)
    errors = [kernel_pca_errors(kernel, kernel, kernel.diagonal(), k) for k in (1, 4, 11)]
    assert float(errors[0].sum()) > float(errors[1].sum()) > float(errors[2].sum())
    assert float(errors[2].max()) < 1e-5
    assert all(float(e.min()) >= 0 for e in errors)


def test_the_gaussian_kernel_is_that_of_a_loop():
    x, y = rows(4, 3, 0), rows(6, 3, 1)
    wanted = [[float(torch.exp(-0.7 * ((a - b) ** 2).sum())) for b in y] for a in x]
    torch.testing.assert_close(gaussian_kernel(x, y, 0.7), torch.tensor(wanted).double())
    far = 5000 + torch.randn(40, 9)
    torch.testing.assert_close(gaussian_kernel(far, far, 0.1).diagonal(), torch.ones(40))


def test_the_usual_width_is_the_median_of_different_rows():
    x = torch.tensor([[0.0], [0.0], [1.0], [3.0]])  # squared: 0, 1, 9, 1, 9, 4
    assert median_gamma(x) == pytest.approx(1 / 4)
    assert median_gamma(torch.ones(6, 3)) == 1
    assert median_gamma(torch.ones(1, 3)) == 1


K = torch.eye(4)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (
            lambda: kernel_pca_errors(K[:3], K, K[0], 1),
            ValueError,
            r"\(M, M\).*\(3, 4\), \(4, 4\) and \(4,\)",
        ),
        (lambda: kernel_pca_errors(K, K[:, :3], K[0], 1), ValueError, r"\(4, 4\), \(4, 3\)"),
        (lambda: kernel_pca_errors(K, K[:2], K[0], 1), ValueError, r"\(2, 4\) and \(4,\)"),
        (lambda: kernel_pca_errors(K, K, K, 1), ValueError, r"got.*and \(4, 4\)"),
        (lambda: kernel_pca_errors(K, K, K[0], 0), ValueError, "components must be at least 1"),
        (lambda: kernel_pca_errors(K, K, K[0], 4), ValueError, "from 1 to 3.*got 4"),
        (lambda: kernel_pca_errors(K, K, K[0], 2.0), TypeError, "components"),
        (lambda: kernel_pca_errors(K.int(), K, K[0], 1), TypeError, "k_train must hold floats"),
        (lambda: kernel_pca_errors(K, K.int(), K[0], 1), TypeError, "k_cross must hold floats"),
        (lambda: kernel_pca_errors(K, K, K[0].int(), 1), TypeError, "k_self must hold floats"),
        (lambda: kernel_pca_errors(K, K, K[0] / 0, 1), ValueError, "k_self holds 4 NaN or inf"),
        (lambda: gaussian_kernel(K, K, 0.0), ValueError, "gamma must be above 0, got 0.0"),
        (lambda: gaussian_kernel(K, K, float("nan")), ValueError, "gamma must be above 0"),
        (lambda: gaussian_kernel(K, K[:, :2], 1.0), ValueError, r"x and y .*\(4, 4\).*\(4, 2\)"),
        (lambda: gaussian_kernel(K, K[0], 1.0), ValueError, r"y must have shape.*\(4,\)"),
        (lambda: median_gamma(K[0]), ValueError, r"\(N, D\).*\(4,\)"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
