"""Visible tests of week 5: contractive and other regularisers."""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    passed,
    run,
    to_pair,
    to_tensor,
)


def _gradient(value: object, weight: Tensor, what: str) -> Tensor:
    """Return the gradient of a penalty for a weight; explain if there is none."""
    to_tensor(value, what)
    found = None
    if isinstance(value, Tensor) and value.requires_grad:
        (found,) = torch.autograd.grad(value.sum(), weight, allow_unused=True)
    if found is None:
        raise CheckFailed(f"no gradient reaches the weights from {what}", "no-gradient")
    return found


def weight_penalty(penalty: Callable) -> bool:
    """Weights 1, −2, 3 and 4; biases of 10."""
    first, second = nn.Linear(2, 1), nn.Linear(1, 2)
    net = nn.Sequential(first, second)
    with torch.no_grad():
        first.weight.copy_(torch.tensor([[1.0, -2.0]]))
        second.weight.copy_(torch.tensor([[3.0], [4.0]]))
        first.bias.fill_(10.0)
        second.bias.fill_(10.0)
    name = "weight_penalty"
    expect_close(
        run(penalty, net, 2, name=name),
        30.0,
        "L2 of the weights 1, −2, 3, 4",
        [
            Mistake("bias-regularised", 330.0, "biases were penalised too; leave them out"),
            Mistake("not-squared", 30**0.5, "a square root was taken"),
            Mistake("not-squared", 5**0.5 + 5, "norms were added; add their squares"),
            Mistake("halved", 15.0, "there is no ½ in the definition"),
            Mistake("mean", 7.5, "the mean; sum over the weights"),
        ],
        show_expected=True,
    )
    expect_close(
        run(penalty, net, 1, name=name),
        10.0,
        "L1 of the weights 1, −2, 3, 4",
        [
            Mistake("no-absolute-value", 6.0, "positive and negative weights cancel"),
            Mistake("bias-regularised", 40.0, "biases were penalised too; leave them out"),
            Mistake("powers-swapped", 30.0, "this is L2: use `power`"),
        ],
        show_expected=True,
    )
    gradient = _gradient(penalty(net, 2), first.weight, "the L2 penalty")
    expect_close(gradient, [[2.0, -4.0]], "the gradient of L2 at the weights 1, −2")
    return passed(name, "L1 and L2 of a small network, without biases, with a gradient")


def kl_sparsity(penalty: Callable) -> bool:
    """Two units with means 0.5 and 0.1; the target is 0.1."""
    name = "kl_sparsity"
    h = torch.tensor([[0.9, 0.2], [0.1, 0.0]])
    right = 0.1 * math.log(0.1 / 0.5) + 0.9 * math.log(0.9 / 0.5)
    expect_close(
        run(penalty, h, 0.1, name=name),
        right,
        "the penalty of two units with means 0.5 and 0.1, target 0.1 (the second costs nothing),",
        [
            Mistake(
                "swapped",
                0.5 * math.log(5) + 0.5 * math.log(0.5 / 0.9),
                "KL(ρ̂ ‖ ρ); the target comes first",
            ),
            Mistake("one-term", 0.1 * math.log(0.1 / 0.5), "one of the two terms is missing"),
            Mistake("mean-over-units", right / 2, "sum over units"),
            Mistake("sign", -right, "the sign: a divergence is never negative"),
            Mistake(
                "features-mean",
                sum(0.1 * math.log(0.1 / m) + 0.9 * math.log(0.9 / (1 - m)) for m in (0.55, 0.05)),
                "the mean was taken over the units of an image, not over the images",
            ),
        ],
        show_expected=True,
    )
    for value in (0.0, 1.0):
        got = to_tensor(run(penalty, torch.full((2, 3), value), 0.1, name=name), "the penalty")
        expect(
            bool(torch.isfinite(got).all()),
            f"units that are always {value:g} give {float(got.flatten()[0]):g}: clamp the means",
            "not-clamped",
        )
    h = h.clone().requires_grad_()
    _gradient(penalty(h, 0.1), h, "the penalty")
    return passed(name, "two units, both ends, and a gradient")


class _Diagonal(nn.Module):
    """h = (2 x₁, 3 x₂), x̂ = 5 h: every Jacobian can be seen at a glance."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.tensor([2.0, 3.0]))

    def encode(self, x: Tensor) -> Tensor:
        return x * self.w

    def decode(self, z: Tensor) -> Tensor:
        return 5 * z

    def forward(self, x: Tensor) -> Tensor:
        return self.decode(self.encode(x))


def contractive_loop(penalty: Callable) -> bool:
    """The encoder's Jacobian is diag(2, 3) at every image: 4 + 9."""
    model, x = _Diagonal(), torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    value = run(penalty, model, x, name="contractive_loop")
    expect_close(
        value,
        13.0,
        "the penalty of three images, for the encoder h = (2 x₁, 3 x₂),",
        [
            Mistake("decoder-jacobian", 50.0, "the decoder's Jacobian (x̂ = 5 h); take ∂h/∂x"),
            Mistake("decoder-jacobian", 150.0, "the decoder's Jacobian (x̂ = 5 h); take ∂h/∂x"),
            Mistake("whole-autoencoder", 325.0, "∂x̂/∂x of the whole autoencoder; take ∂h/∂x"),
            Mistake("not-squared", 13**0.5, "the norm was not squared"),
            Mistake("sum-over-batch", 39.0, "summed over the batch; average over its images"),
            Mistake("mean-over-code", 6.5, "averaged over code numbers; sum them"),
        ],
        show_expected=True,
    )
    expect_close(_gradient(value, model.w, "the penalty"), [4.0, 6.0], "its gradient for (2, 3)")
    left = model.w.grad is not None
    expect(not left, "`.grad` of the weights was changed; use torch.autograd.grad", "grads-left")
    return passed("contractive_loop", "the encoder's Jacobian, squared, averaged, differentiable")


def contractive_sigmoid(penalty: Callable) -> bool:
    """At a = 0 the slope is 1/4: a weight (2, 4) gives (1/16) · 20."""
    weight = torch.tensor([[2.0, 4.0]], requires_grad=True)
    bias = torch.zeros(1)
    name = "contractive_sigmoid"
    value = run(penalty, torch.zeros(1, 2), weight, bias, name=name)
    expect_close(
        value,
        1.25,
        "the penalty of one unit with weights 2, 4 at x = 0 (h = 0.5),",
        [
            Mistake("slope-missing", 20.0, "the slope h(1 − h) = 1/4 is missing"),
            Mistake("slope-not-squared", 5.0, "the slope must be squared"),
            Mistake("not-squared", 1.25**0.5, "the norm was not squared"),
            Mistake("slope-of-tanh", 11.25, "1 − h² is the slope of tanh"),
            Mistake("slope-of-preactivation", 0.0, "the slope uses h, not the pre-activation"),
        ],
        show_expected=True,
    )
    _gradient(value, weight, "the penalty")
    bias = torch.tensor([math.log(3.0)])  # h = 3/4, slope 3/16
    slope = 3 / 16
    expect_close(
        run(penalty, torch.zeros(2, 2), weight, bias, name=name),
        20 * slope**2,
        "the penalty of two equal images with h = 0.75",
        [
            Mistake("sum-over-batch", 40 * slope**2, "summed over the batch"),
            Mistake("bias-missing", 1.25, "the bias was left out"),
        ],
        show_expected=True,
    )
    return passed(name, "one unit at two places, averaged, with a gradient")


def jacobians(jacobians: Callable) -> bool:
    """The code h = (x₁ x₂, x₂²) has the Jacobian ((x₂, x₁), (0, 2 x₂))."""
    scale = torch.ones(1, requires_grad=True)

    def encode(x: Tensor) -> Tensor:
        return torch.stack([x[:, 0] * x[:, 1], x[:, 1] ** 2], dim=1) * scale

    x = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    found = run(jacobians, encode, x, name="jacobians")
    expect_shape(
        found,
        (3, 2, 2),
        "the Jacobians of 3 images, 2 code numbers, 2 pixels",
        [
            Mistake(
                "whole-batch", (3, 2, 3, 2), "the whole batch's: take one image, then use vmap"
            ),
            Mistake("extra-dimension", (3, 1, 2, 2), "an image of one row kept that dimension"),
        ],
    )
    right = torch.tensor([[[2.0, 1], [0, 4]], [[4, 3], [0, 8]], [[6, 5], [0, 12]]])
    expect_close(
        found,
        right,
        "the Jacobians of h = (x₁ x₂, x₂²)",
        [Mistake("transposed", right.mT, "transposed: row k should hold ∂h_k/∂x")],
        show_expected=True,
    )
    _gradient(found, scale, "the Jacobians")
    return passed("jacobians", "shape, values, and a gradient")


def contractive_two_layers(penalty: Callable) -> bool:
    """Two hidden units that see the same pixel with opposite signs, and cancel."""
    w1 = torch.tensor([[4.0], [-4.0]], requires_grad=True)
    b1, x = torch.zeros(2), torch.zeros(3, 1)
    name = "contractive_two_layers"
    value = run(penalty, x, w1, b1, torch.tensor([[1.0, 1.0]]), name=name)
    expect_close(
        value,
        0.0,
        "the penalty of two hidden units that cancel each other",
        [
            Mistake("diagonal-only", 2.0, "only the diagonal: the units cancel, J is 0"),
            Mistake("norms-multiplied", 4.0, "the product of two norms; the units cancel, J is 0"),
            Mistake("norms-multiplied", 12.0, "the product of two norms, summed over the batch"),
        ],
        show_expected=True,
    )
    value = run(penalty, x, w1, b1, torch.tensor([[1.0, -1.0]]), name=name)
    expect_close(
        value,
        4.0,
        "the penalty of two hidden units that help each other (J = 2)",
        [
            Mistake("sum-over-batch", 12.0, "summed over the batch; average over its images"),
            Mistake("slope-missing", 64.0, "the slope of the sigmoid is missing"),
            Mistake("slope-squared", 0.25, "the slope stands on both sides of M: do not square it"),
            Mistake("not-squared", 2.0, "the norm was not squared"),
        ],
        show_expected=True,
    )
    _gradient(value, w1, "the penalty")
    return passed(name, "units that cancel, units that help, and a gradient")


def hutchinson(estimate: Callable) -> bool:
    """The code h = (x₁ + x₂, x₂): ‖J‖² = 3, and one probe of signs gives 5 or 1."""
    scale = torch.ones(1, requires_grad=True)

    def encode(x: Tensor) -> Tensor:
        return torch.stack([x[:, 0] + x[:, 1], x[:, 1]], dim=1) * scale

    x = torch.zeros(4, 2)
    name = "hutchinson"
    parts = ("the estimate", "its standard error")
    found = run(estimate, encode, x, 400, torch.Generator().manual_seed(0), name=name)
    value, error = to_pair(found, name, parts)
    _gradient(value, scale, "the estimate")
    value, error = to_tensor(value, parts[0]), to_tensor(error, parts[1])
    expect_close(
        value,
        3.0,
        "the estimate from 400 probes and 4 images",
        [
            Mistake("sum-over-batch", 12.0, "summed over the batch; average over its images"),
            Mistake("probe-variance", 1.0, "a third: entries of v must have variance 1"),
            Mistake("unit-length", 1.5, "half: v was scaled to length 1; its entries should be"),
            Mistake("no-probe", 5.0, "v is all ones; its signs must be random"),
        ],
        rtol=0.1,
        show_expected=True,
    )
    # signs: variance 4; normal numbers: variance 14; 1600 of them in all
    expect(
        error.ndim == 0 and 0.03 < float(error) < 0.13,
        f"the standard error of that mean is between 0.05 (signs) and 0.09 (normal probes), but "
        f"yours is {float(error.flatten()[0]):.3g}; it is the deviation over probes of the batch "
        "means, divided by √400",
        "wrong-error",
    )
    again = run(estimate, encode, x, 400, torch.Generator().manual_seed(0), name=name)
    expect_close(to_pair(again, name, parts)[0], value, "the estimate with the same seed again")
    return passed(name, "near 3, with an honest error, a seed, and a gradient")


def correntropy_loss(loss: Callable) -> bool:
    """At e = σ the loss of a pixel is σ² (1 − 1/√e)."""
    name = "correntropy_loss"
    right = 0.25 * (1 - math.exp(-0.5))
    expect_close(
        run(loss, torch.tensor([[0.5]]), torch.tensor([[0.0]]), 0.5, name=name),
        right,
        "the loss of one pixel with error 0.5, σ = 0.5,",
        [
            Mistake("width-not-squared", 0.25 * (1 - math.exp(-0.25)), "σ must be squared"),
            Mistake("no-two", 0.25 * (1 - math.exp(-1)), "the 2 of 2σ² is missing"),
            Mistake("kernel-itself", math.exp(-0.5), "this is the similarity; a loss is 1 − it"),
            Mistake("not-scaled", 1 - math.exp(-0.5), "the factor σ² is missing"),
            Mistake("sign", -right, "the sign: a loss grows with the error"),
        ],
        show_expected=True,
    )
    x_hat, x = torch.full((2, 3, 1, 1), 0.5), torch.zeros(2, 3, 1, 1)
    expect_close(
        run(loss, x_hat, x, 0.5, name=name),
        3 * right,
        "the loss of two images of three such pixels",
        [
            Mistake("mean-over-pixels", right, "sum over the pixels of an image, not mean"),
            Mistake("sum-over-images", 6 * right, "average over the images"),
            Mistake(
                "one-kernel-per-image", 0.25 * (1 - math.exp(-1.5)), "one kernel for each pixel"
            ),
        ],
        show_expected=True,
    )
    expect_close(
        run(loss, torch.full((1, 1), 9.0), torch.zeros(1, 1), 0.5, name=name),
        0.25,
        "the loss of one wild pixel with error 9",
        show_expected=True,
    )
    return passed(name, "one pixel, the reduction, and a wild pixel")


def choose_budget(choose_budget: Callable) -> bool:
    """Models whose errors are known: on new images 9, 5 and 7 after 1, 3 and 9 epochs."""
    fitted: list[int] = []
    tested: list[int] = []

    def train(x: Tensor, budget: int) -> Callable[[Tensor], Tensor]:
        fitted.append(len(x))

        def model(rows: Tensor) -> Tensor:
            if rows[0, 0] < 0:
                tested.append(budget)
            known = torch.isin(rows[:, 0], x[:, 0])
            new = {1: 9.0, 3: 5.0, 9: 7.0}[budget]
            wrong = rows.clone()
            wrong[:, 1:] += torch.where(known, 0.5, math.sqrt(new / 2))[:, None]
            return wrong

        return model

    x, test = torch.arange(60.0).reshape(20, 3), -1 - torch.arange(12.0).reshape(4, 3)
    name = "choose_budget"
    result = run(choose_budget, train, [1, 3, 9], x[:14], x[14:], test, name=name)
    curve, budget, error = to_pair(result, name, ["the curve", "the budget", "the test error"])
    expect(
        set(fitted) == {14},
        "train should get x_fit, 14 images, and nothing else",
        "held-out-images-fitted",
    )
    found = to_tensor(curve, "the curve")
    expect(
        found.numel() == 3,
        f"three budgets, so the curve has three errors, not {found.numel()}",
        "point-only",
    )
    expect_close(curve, [9.0, 5.0, 7.0], "the curve of held-out errors", show_expected=True)
    known = [
        Mistake("place-for-budget", 1, "1 is the place in the list; return the budget"),
        Mistake("longest", 9, "9 epochs have an error of 7, 3 epochs of 5"),
    ]
    expect_close(budget, 3, "the budget", known, show_expected=True)
    expect(
        set(tested) == {3},
        f"test images were measured after {sorted(set(tested))} epochs; only the chosen budget, 3, "
        "may meet them",
        "test-images-looked-at",
    )
    expect_close(error, 5.0, "the test error", show_expected=True)
    return passed(name, "held-out images choose, the whole curve comes back")
