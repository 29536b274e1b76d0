"""Measures and closed-form denoisers, against independent maths in float64."""

import math

import pytest
import torch

from aeutils.corruption import denoising
from aeutils.testing.sealed import ReferenceSealed

F64 = torch.float64


@pytest.fixture
def pairs():
    g = torch.Generator().manual_seed(4)
    clean = torch.randn(300, 5, generator=g, dtype=F64) @ torch.randn(5, 5, generator=g, dtype=F64)
    clean = clean + torch.tensor([1.0, -2, 0, 3, 0.5], dtype=F64)
    return clean + 0.7 * torch.randn(300, 5, generator=g, dtype=F64), clean


def test_psnr_of_known_errors():
    x = torch.zeros(2, 1, 2, 2)
    assert float(denoising.psnr(x + 0.1, x)) == pytest.approx(20, abs=1e-5)
    assert float(denoising.psnr(x + 0.1, x, peak=10)) == pytest.approx(40, abs=1e-5)
    x_hat = x.clone()
    x_hat[0], x_hat[1] = 0.1, 1.0  # 20 dB and 0 dB; mean squared error 0.505
    assert float(denoising.psnr(x_hat, x)) == pytest.approx(10, abs=1e-5)
    wanted = -10 * math.log10(0.505)
    assert float(denoising.psnr_of_mean(x_hat, x)) == pytest.approx(wanted, abs=1e-5)
    assert denoising.psnr(x, x) == math.inf


def test_mean_of_psnrs_is_never_below_psnr_of_the_mean():
    for seed in range(5):
        g = torch.Generator().manual_seed(seed)
        x, x_hat = torch.rand(2, 20, 9, generator=g)
        assert denoising.psnr(x_hat, x) >= denoising.psnr_of_mean(x_hat, x)


@pytest.mark.parametrize("ridge", [0.0, 3.0, 1e4])
def test_least_squares_has_no_slope_at_its_answer(pairs, ridge):
    noisy, clean = pairs
    w, b = (v.requires_grad_() for v in denoising.linear_least_squares(noisy, clean, ridge))
    loss = (noisy @ w + b - clean).square().sum() + ridge * w.square().sum()
    for gradient in torch.autograd.grad(loss, (w, b)):
        assert gradient.abs().max() < 1e-9 * (1 + ridge) * len(clean)


def test_least_squares_is_the_wiener_filter_in_the_limit():
    """(C + σ²I)⁻¹ C, C known, from 200,000 pairs; its bias keeps the mean where it is."""
    g = torch.Generator().manual_seed(0)
    root = torch.tensor([[1.0, 0, 0], [0.8, 0.5, 0], [0, 0, 0.1]], dtype=F64)
    c, sigma, mean = root @ root.T, 0.6, torch.tensor([1.0, 2, 3], dtype=F64)
    clean = torch.randn(200_000, 3, generator=g, dtype=F64) @ root.T + mean
    noisy = clean + sigma * torch.randn(200_000, 3, generator=g, dtype=F64)
    w, b = denoising.linear_least_squares(noisy, clean, 0.0)
    wiener = torch.linalg.inv(c + sigma**2 * torch.eye(3, dtype=F64)) @ c
    torch.testing.assert_close(w, wiener, rtol=0, atol=0.01)
    torch.testing.assert_close(mean @ w + b, mean, rtol=0, atol=0.01)


def test_denoisers_take_images_and_give_them_back(pairs):
    noisy, clean = (v[:, :4].reshape(-1, 1, 2, 2) for v in pairs)
    model = denoising.LinearDenoiser(1.0).fit(noisy, clean)
    out = model(noisy)
    rows = noisy.flatten(1) @ model.weight_ + model.bias_
    assert torch.equal(out, rows.reshape(noisy.shape))
    assert (out - clean).square().mean() < (noisy - clean).square().mean()
    shrunk = denoising.LinearDenoiser(1e9).fit(noisy, clean)(noisy)
    mean = clean.mean(0, keepdim=True).expand_as(clean)  # no weight, and a bias that is not shrunk
    torch.testing.assert_close(shrunk, mean, rtol=0, atol=1e-4)


def test_pca_keeps_k_parts_of_the_noise():
    g = torch.Generator().manual_seed(1)
    clean = torch.zeros(500, 20, dtype=F64)
    clean[:, :3] = 5 * torch.randn(500, 3, generator=g, dtype=F64)
    noise = 0.5 * torch.randn(500, 20, generator=g, dtype=F64)
    left = denoising.PCADenoiser(3).fit(clean)(clean + noise) - clean
    assert float(left.square().sum(1).mean()) == pytest.approx(3 * 0.25, rel=0.1)


def test_ideal_denoiser_by_bayes_rule_one_by_one():
    g = torch.Generator().manual_seed(2)
    points, noisy = torch.randn(6, 3, generator=g, dtype=F64), torch.randn(4, 3, dtype=F64)
    sigma = 0.8
    normal = torch.distributions.Normal(0.0, sigma)
    for i, row in enumerate(noisy):
        likelihood = torch.stack([normal.log_prob(row - p).sum().exp() for p in points])
        expected = (likelihood[:, None] * points).sum(0) / likelihood.sum()
        torch.testing.assert_close(denoising.ideal_denoiser(noisy, points, sigma)[i], expected)


def test_residual_is_the_gradient_of_the_log_density():
    points, sigma = torch.tensor([[0.0, 0], [1, 0.5], [-1, 2]], dtype=F64), 0.6
    noisy = torch.tensor([[0.3, 0.1], [-0.5, 1.0], [2.0, 2.0]], dtype=F64, requires_grad=True)
    squared = (noisy[:, None] - points).square().sum(-1)
    log_density = torch.logsumexp(-squared / (2 * sigma**2), dim=1)
    slope = torch.autograd.grad(log_density.sum(), noisy)[0]
    residual = denoising.ideal_denoiser(noisy.detach(), points, sigma) - noisy.detach()
    torch.testing.assert_close(residual / sigma**2, slope)


def test_ideal_denoiser_far_away_and_nearly_without_noise():
    points = torch.tensor([[0.0, 0.0], [1.0, 1.0]])
    far = torch.tensor([[500.0, 500.0], [-3.0, -4.0]])
    out = denoising.ideal_denoiser(far, points, 1e-3)
    torch.testing.assert_close(out, points[[1, 0]])
    middle = denoising.ideal_denoiser(far, points, 1e6)  # all noise: the mean of the points
    torch.testing.assert_close(middle, torch.full((2, 2), 0.5), rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda x: denoising.psnr(x, x[:3]), ValueError, "must be equal"),
        (lambda x: denoising.psnr(x, x, peak=0), ValueError, "peak must be > 0"),
        (lambda x: denoising.psnr_of_mean(x.int(), x), TypeError, "must hold floats"),
        (lambda x: denoising.linear_least_squares(x, x[:, :2], 1.0), ValueError, "must be equal"),
        (lambda x: denoising.linear_least_squares(x, x, -1.0), ValueError, "ridge must be"),
        (lambda x: denoising.linear_least_squares(0 * x, x, 0.0), ValueError, "use ridge > 0"),
        (lambda x: denoising.LinearDenoiser()(x), ValueError, "call fit"),
        (lambda x: denoising.ideal_denoiser(x, x[:, :2], 1.0), ValueError, "numbers per row"),
        (lambda x: denoising.ideal_denoiser(x, x, 0.0), ValueError, "sigma must be > 0"),
    ],
)
def test_bad_input_is_explained(call, error, message):
    with pytest.raises(error, match=message):
        call(torch.rand(6, 4))


def test_sealed_in_their_own_week_only(monkeypatch):
    x = torch.rand(6, 4)
    calls = [
        lambda: denoising.psnr(x, x + 0.1),
        lambda: denoising.linear_least_squares(x, x, 1.0),
        lambda: denoising.LinearDenoiser().fit(x, x),
        lambda: denoising.ideal_denoiser(x, x, 1.0),
    ]
    monkeypatch.setenv("AEUTILS_SEALED", "week04_denoising")
    for call in calls:
        with pytest.raises(ReferenceSealed):
            call()
    monkeypatch.setenv("AEUTILS_SEALED", "week03_undercomplete")
    for call in calls:
        call()
