"""Visible tests of week 4: denoising."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    passed,
    run,
    to_pair,
    to_tensor,
)
from aeutils.testing.draws import expect_drawn

SHAPE = (50, 1, 20, 20)


def _damaged(function: Callable, x: Tensor, level: float, name: str) -> Tensor:
    """Call a corruption three times; look at what holds for all of them; return the first."""
    first = expect_drawn(
        function,
        x,
        level,
        name=name,
        what="the result",
        same="two calls with one generator gave the same damage: do not seed inside the function",
        ignored="two generators with seed 3 gave different damage: pass `generator=generator` to "
        "every random function",
    )
    change = (first - x).double()
    expect(bool(change.abs().max() > 0), "nothing was damaged", "undamaged")
    expect(
        float(change.flatten(1).std(dim=1).mean()) > 0.05 * float(change.abs().mean()),
        "all pixels of an image are changed alike: draw one number for every pixel",
        "one-per-image",
    )
    expect(
        float((change[0] - change[1]).abs().mean()) > 0.05 * float(change.abs().mean()),
        "all images are damaged alike: the draws need the shape of the whole batch",
        "same-for-all",
    )
    return first


def _deviation(noise: Tensor, sigma: float, what: str) -> None:
    expect_close(
        noise.std(),
        sigma,
        what,
        [
            Mistake("variance", math.sqrt(sigma), "sigma was taken for a variance"),
            Mistake("sigma-squared", sigma**2, "sigma is not to be squared"),
        ],
        rtol=0.05,
        show_expected=True,
    )


def gaussian(gaussian: Callable) -> bool:
    """Mean and standard deviation of the noise."""
    x = torch.linspace(-0.5, 1.5, 20_000).reshape(SHAPE)
    out = _damaged(gaussian, x, 0.3, "gaussian")
    expect(bool(out.max() > 1.5), "noisy values were clipped; leave them as they are", "clipped")
    expect(abs(float((out - x).mean())) < 0.02, "the mean of the noise is not 0", "wrong-mean")
    _deviation(out - x, 0.3, "the standard deviation of the noise for sigma = 0.3")
    return passed("gaussian", "mean 0, the right size, new for every pixel, from the generator")


def salt_and_pepper(salt_and_pepper: Callable) -> bool:
    """Shares of salt and pepper in grey images."""
    x = torch.full(SHAPE, 0.5)
    out = _damaged(salt_and_pepper, x, 0.4, "salt_and_pepper")
    others = out[(out != 0) & (out != 1)]
    expect(bool((others == 0.5).all()), "a damaged pixel must be exactly 0 or 1", "grey")
    for value, kind in ((0, "pepper (0)"), (1, "salt (1)")):
        expect_close(
            (out == value).double().mean(),
            0.2,
            f"the share of {kind} for share = 0.4",
            [
                Mistake("double-share", 0.4, "the whole share; each kind has half of it"),
                Mistake("half-share", 0.1, "half too few"),
            ],
            rtol=0.06,
            show_expected=True,
        )
    return passed("salt_and_pepper", "the right share, half and half, in new places every time")


def speckle(speckle: Callable) -> bool:
    """Black stays black, and the noise grows with the light."""
    x = torch.linspace(0.5, 2.0, 20_000).reshape(SHAPE)
    out = _damaged(speckle, x, 0.3, "speckle")
    _deviation((out - x) / x, 0.3, "the standard deviation of (out − x) / x for sigma = 0.3")
    generator = torch.Generator().manual_seed(0)
    black = to_tensor(run(speckle, torch.zeros(2, 5), 0.3, generator, name="speckle"), "black")
    expect(bool((black == 0).all()), "black pixels should stay black", "additive")
    return passed("speckle", "in proportion to the pixel, from the generator")


def mask(mask: Callable) -> bool:
    """The share of lost pixels; the others stay."""
    x = torch.linspace(0.2, 0.8, 20_000).reshape(SHAPE)
    out = _damaged(mask, x, 0.3, "mask")
    lost = out == 0
    expect_close(
        lost.double().mean(),
        0.3,
        "the share of lost pixels for share = 0.3",
        [Mistake("kept-share", 0.7, "`share` is what is lost, not what is kept")],
        rtol=0.06,
        show_expected=True,
    )
    expect(bool((out[~lost] == x[~lost]).all()), "pixels that stay were changed", "others-changed")
    return passed("mask", "the right share is lost, and nothing else changes")


def psnr(psnr: Callable) -> bool:
    """Errors of a tenth and of a hundredth."""
    x = torch.full((2, 1, 3, 3), 0.5)
    x_hat = x.clone()
    x_hat[0] += 0.1
    x_hat[1] += 0.01
    expect_close(
        run(psnr, x_hat[:1], x[:1], name="psnr"),
        20.0,
        "the PSNR of an image whose pixels are all wrong by 0.1",
        [
            Mistake("sign", -20.0, "the sign: a better repair has a *larger* PSNR"),
            Mistake("natural-log", 46.0517, "natural logarithm; take base 10"),
            Mistake("sse", 10.4576, "the *sum* of the squares was taken, not their mean"),
        ],
        rtol=1e-3,
        show_expected=True,
    )
    expect_close(
        run(psnr, x_hat, x, name="psnr"),
        30.0,
        "the PSNR of two images with 20 dB and 40 dB",
        [Mistake("psnr-of-mean", 22.9671, "the PSNR of the mean error; average the PSNRs")],
        rtol=1e-3,
        show_expected=True,
    )
    expect_close(
        run(psnr, 255 * x_hat[:1], 255 * x[:1], 255.0, name="psnr"),
        20.0,
        "the PSNR of the first image in bytes, peak = 255",
        rtol=1e-3,
        show_expected=True,
    )
    return passed("psnr", "decibels of each image, averaged")


def linear_least_squares(linear_least_squares: Callable) -> bool:
    """A repair that is exactly linear must be found; then no small change may improve it."""
    name, generator = "linear_least_squares", torch.Generator().manual_seed(0)
    noisy = torch.randn(30, 3, generator=generator) + torch.tensor([1.0, -2.0, 0.5])
    weight = torch.tensor([[2.0, 0.0, 1.0], [0.0, -1.0, 0.5], [1.0, 1.0, 0.0]])
    bias = torch.tensor([3.0, 0.0, -1.0])

    def answer(y: Tensor, ridge: float) -> tuple[Tensor, Tensor]:
        value = run(linear_least_squares, noisy.clone(), y.clone(), ridge, name=name)
        w, b = to_pair(value, name, ("the weights", "the bias"))
        return expect_shape(w, (3, 3), "W").double(), expect_shape(b, (3,), "b").double()

    w, b = answer(noisy @ weight + bias, 0.0)
    transposed = [Mistake("transposed", weight.T, "transposed: images are rows, x̂ = x̃ @ W + b")]
    expect_close(w, weight, "W for images that are exactly x̃ W + b", transposed, atol=1e-3)
    expect_close(b, bias, "b for images that are exactly x̃ W + b", atol=1e-3, show_expected=True)

    clean, ridge = noisy + torch.randn(30, 3, generator=generator) + 4.0, 5.0
    w, b = (v.requires_grad_(True) for v in answer(clean, ridge))
    error = (noisy.double() @ w + b - clean.double()).square().sum() + ridge * w.square().sum()
    slope_w, slope_b = torch.autograd.grad(error, (w, b))
    what = "the slope of the penalised error at your answer (0 at the best one), along"
    expect_close(slope_b, torch.zeros(3), f"{what} b,", atol=0.02, show_expected=True)
    expect_close(slope_w, torch.zeros(3, 3), f"{what} W,", atol=0.02, show_expected=True)
    return passed(name, "weights, bias, and a ridge on the weights only")


class _Watched(nn.Module):
    """The model x̂ = x · w, which keeps what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(1))
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Tensor:
        self.seen.append(x.detach().clone())
        return x * self.weight


def train_denoiser(train_denoiser: Callable) -> bool:
    """What goes in, what it is compared with, and what is returned."""
    x = torch.arange(1.0, 6.0)[:, None].repeat(1, 2)  # row i holds i twice
    model, made, targets, order = _Watched(), [0], [], torch.Generator().manual_seed(0)

    def corrupt(batch: Tensor) -> Tensor:
        made[0] += 1
        return batch + 100.0 * made[0]  # the number of the call can be read off

    def loss(output: Tensor, target: Tensor) -> Tensor:
        targets.append(target.detach().clone())
        return 0 * output.sum() + target.mean()

    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    given = x.clone()
    value = run(
        train_denoiser, model, given, corrupt, loss, optimizer, 2, 2, order, name="train_denoiser"
    )
    expect_unchanged(x, given, "train_denoiser")
    expect(
        len(model.seen) == 6, f"5 images, batches of 2, 2 epochs: 6 steps, not {len(model.seen)}"
    )
    expect(
        all(float(target.max()) < 100 for target in targets),
        "the loss was given damaged images as its target; the target is clean",
        "noisy-target",
    )
    damage = [(seen - target)[:, 0] for seen, target in zip(model.seen, targets, strict=True)]
    expect(all(bool((d >= 100).all()) for d in damage), "undamaged images went in", "not-damaged")
    for d in damage:
        expect(bool((d % 100 == 0).all()), "input and target are of different images", "mixed-up")
    expect(
        not set(damage[0].tolist()) & set(damage[-1].tolist()),
        "the first and the second epoch saw the same damage; draw it anew",
        "noise-once",
    )
    for epoch in (targets[:3], targets[3:]):
        images = sorted(torch.cat(epoch)[:, 0].tolist())
        expect(images == [1, 2, 3, 4, 5], f"an epoch showed the images {images}", "last-batch")
    expect_close(
        value,
        [3.0, 3.0],
        "the losses of two epochs (here the mean of the images 1 to 5)",
        show_expected=True,
    )
    return passed("train_denoiser", "damaged in, clean target, new damage, one loss an epoch")


def ideal_denoiser(ideal_denoiser: Callable) -> bool:
    """Two points on a line."""
    points = torch.tensor([[-1.0, 0.0], [1.0, 0.0]])
    noisy = torch.tensor([[0.0, 0.7], [0.5, 0.0], [3.0, -2.0]])
    name = "ideal_denoiser"
    # the exponents of the two points differ by 2 x₁ / σ²: the mean is tanh(x₁ / σ²)
    for sigma in (1.0, 0.5):
        expect_close(
            run(ideal_denoiser, noisy, points, sigma, name=name),
            torch.stack([torch.tanh(noisy[:, 0] / sigma**2), torch.zeros(3)], dim=1),
            f"three rows repaired with two points and sigma = {sigma}",
            [
                Mistake(
                    "no-half",
                    torch.stack([torch.tanh(2 * noisy[:, 0] / sigma**2), torch.zeros(3)], dim=1),
                    "the 2 in −‖x̃ − xᵢ‖² / 2σ² is missing",
                )
            ],
            show_expected=True,
        )
    expect_close(
        run(ideal_denoiser, torch.tensor([[200.0, 0.0]]), points, 0.1, name=name),
        points[1:],
        "a row far from both points",
        show_expected=True,
    )
    return passed(name, "Bayes' rule, near and far")
