"""Visible tests of elective C: two losses against each other."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

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
)

LOG2, LOG3, LOG7 = math.log(2), math.log(3), math.log(7)


class _Line(nn.Module):
    """D(z) = 2 z + 0, so that logits, and gradients, can be seen at a glance."""

    def __init__(self) -> None:
        super().__init__()
        self.slope = nn.Parameter(torch.tensor([[2.0]]))
        self.start = nn.Parameter(torch.zeros(1))

    def forward(self, rows: Tensor) -> Tensor:
        return rows @ self.slope + self.start


def _rows(*logits: float) -> Tensor:
    """Return rows to which the line gives these logits."""
    return torch.tensor(logits)[:, None] / 2


def _s(logit: float) -> float:
    """Return the sigmoid of a number."""
    return 1 / (1 + math.exp(-logit))


def _expect_tensor(value: object, what: str) -> Tensor:
    """Return a loss that has a graph."""
    if isinstance(value, Tensor) and value.requires_grad:
        return value
    cut = "`.item()`, `float()`, `no_grad` and a late `.detach()` cut the graph"
    raise CheckFailed(f"{what} has no gradient: {cut}", "no-gradient")


def _run(loss: Callable, line: _Line, *rows: Tensor, name: str) -> Any:
    """Return what a loss gives; raise if it leaves the discriminator in another state."""
    value = run(loss, line, *rows, name=name)
    parameters = list(line.parameters())
    at_rest = "put it back after the discriminator was asked, or leave it alone"
    text = f"{name} left `requires_grad=False` on D, which learns nothing from then on: {at_rest}"
    expect(all(p.requires_grad for p in parameters), text, "marked-its-argument")
    text = f"{name} left `.grad` on D: return the loss, and leave `backward()` to the caller"
    expect(all(p.grad is None for p in parameters), text, "grads-left-behind")
    expect(line.training, f"{name} left D in evaluation mode: {at_rest}", "mode-changed")
    return value


def _expect_discriminators(discriminator_loss: Callable) -> None:
    """Raise unless the first loss is right, and reaches the discriminator alone."""
    line, name, what = _Line(), "discriminator_loss", "the discriminator's loss"
    codes, prior = _rows(0.0, -LOG3, LOG7).requires_grad_(), _rows(LOG3, 0.0)
    # D's probabilities are ¾, ½ for two draws and ½, ¼, ⅞ for three codes. The cross-entropies are
    # −log ¾, −log ½ against 1, and −log ½, −log ¾, −log ⅛ against 0.
    a, b = math.log(4 / 3) + LOG2, LOG2 + math.log(4 / 3) + 3 * LOG2
    turned = 2 * LOG2 + LOG2, LOG2 + 2 * LOG2 + math.log(8 / 7)  # against the other label
    squares = (1 / 16 + 1 / 4) / 2, (1 / 4 + 1 / 16 + 49 / 64) / 3
    entropies = [
        [-math.log(_s(_s(v))) for v in (LOG3, 0)],
        [-math.log(1 - _s(_s(v))) for v in (0, -LOG3, LOG7)],
    ]
    twice = sum(entropies[0]) / 2, sum(entropies[1]) / 3
    logits = (LOG7 - LOG3) / 3 - LOG3 / 2  # of the codes less those of the draws, on average
    right = (a / 2 + b / 3) / 2
    swapped = (turned[0] / 2 + turned[1] / 3) / 2
    known = [
        Mistake("labels-swapped", swapped, "draws from the prior belong to 1, codes to 0"),
        Mistake("half-missing", a / 2 + b / 3, "the ½ is missing"),
        Mistake("sum-for-mean", (a + b) / 2, "summed over rows; take a mean for each half"),
        Mistake("sum-for-mean", a + b, "summed over rows; take a mean for each half"),
        Mistake(
            "halves-joined", (a + b) / 5, "a mean of all five rows; take one for each half first"
        ),
        Mistake("draws-only", a / 2, "the codes belong to the loss as well"),
        Mistake("draws-only", a / 4, "the codes belong to the loss as well"),
        Mistake("codes-only", b / 3, "the draws from the prior belong to the loss as well"),
        Mistake("codes-only", b / 6, "the draws from the prior belong to the loss as well"),
        Mistake("half-of-one", a / 2 + b / 6, "only one half was divided by 2"),
        Mistake("all-true", (a / 2 + turned[1] / 3) / 2, "the codes' target is 0"),
        Mistake("all-false", (turned[0] / 2 + b / 3) / 2, "the draws' target is 1"),
        Mistake("sign", -right, "the sign: a cross-entropy is positive"),
        Mistake("sigmoid-twice", sum(twice) / 2, "a sigmoid too many: D answers logits"),
        Mistake("squared-error", sum(squares) / 2, "squared errors; take cross-entropies"),
        Mistake("differences", logits, "a difference of mean logits; take cross-entropies"),
        Mistake("differences", logits / 2, "a difference of mean logits; take cross-entropies"),
    ]
    rows = "one number for each row; take the means"
    shapes = [Mistake("not-averaged", s, rows) for s in ((3, 1), (2, 1), (5, 1), (3,), (1, 1))]
    value = _run(discriminator_loss, line, codes, prior, name=name)
    expect_shape(value, (), f"{what} of three codes and two draws", shapes)
    expect_close(value, right, f"{what} of three codes and two draws", known, show_expected=True)
    loss = _expect_tensor(value, what)
    found = torch.autograd.grad(loss, [line.slope, line.start, codes], allow_unused=True)
    to_slope, to_start, to_codes = found
    text = "reaches the codes, and so the encoder: `codes.detach()` before D sees them"
    expect(to_codes is None or not bool(to_codes.any()), f"{what} {text}", "reaches-the-encoder")
    # the slopes of the cross-entropies: (−¼ − ½) / 2 for the draws, (½ + ¼ + ⅞) / 3 for the codes
    of_draws, of_codes = -3 / 8 / 2, 13 / 24 / 2
    cut = "what D says of {} was detached, or comes from `no_grad`; detach the codes alone, and "
    cut += "before D sees them"
    known = [
        Mistake("codes-logits-detached", [of_draws], cut.format("the codes")),
        Mistake("draws-logits-detached", [of_codes], cut.format("the draws")),
    ]
    gradient = f"the gradient of {what} for D's bias"
    expect(to_slope is not None and to_start is not None, f"{what} has no gradient", "no-gradient")
    expect_close(to_start, [of_draws + of_codes], gradient, known, show_expected=True)


def _expect_encoders(encoder_loss: Callable) -> None:
    """Raise unless the second loss is right, and reaches the codes."""
    line, name, what = _Line(), "encoder_loss", "the encoder's loss"
    codes = _rows(0.0, -LOG3, LOG7).requires_grad_()
    # D's probabilities are ½, ¼, ⅞
    loss, other = LOG2 + 2 * LOG2 + math.log(8 / 7), LOG2 + math.log(4 / 3) + 3 * LOG2
    twice = -sum(math.log(_s(_s(v))) for v in (0, -LOG3, LOG7))
    known = [
        Mistake("against-0", other / 3, "compared with 0; the encoder wants 1"),
        Mistake("minimax", -other / 3, "minus the BCE against 0; take the BCE against 1"),
        Mistake("sum-for-mean", loss, "summed over rows; take the mean"),
        Mistake("half-missing", loss / 6, "half of it; there is no ½ in this loss"),
        Mistake("sign", -loss / 3, "the sign: a cross-entropy is positive"),
        Mistake("sigmoid-twice", twice / 3, "a sigmoid too many: D answers logits"),
        Mistake(
            "squared-error", (1 / 4 + 9 / 16 + 1 / 64) / 3, "squared errors; take cross-entropies"
        ),
        Mistake("differences", (LOG3 - LOG7) / 3, "minus the mean logit; take cross-entropies"),
    ]
    shapes = [
        Mistake("not-averaged", s, "one number; take the mean") for s in ((3, 1), (3,), (1, 1))
    ]
    value = _run(encoder_loss, line, codes, name=name)
    expect_shape(value, (), f"{what} of three codes", shapes)
    expect_close(value, loss / 3, f"{what} of three codes", known, show_expected=True)
    (found,) = torch.autograd.grad(_expect_tensor(value, what), codes, allow_unused=True)
    text = "does not reach the codes: detach them in the discriminator's loss, not here"
    expect(found is not None, f"{what} {text}", "encoder-detached")
    # (p − 1) / 3 for each logit, times the line's slope, 2
    right = [[-1 / 3], [-1 / 2], [-1 / 12]]
    expect_close(found, right, f"the gradient of {what} for the codes", show_expected=True)


def adversarial_losses(discriminator_loss: Callable, encoder_loss: Callable) -> bool:
    """Three codes, two draws, and the discriminator D(z) = 2 z; then a logit of −120."""
    _expect_discriminators(discriminator_loss)
    _expect_encoders(encoder_loss)
    # log(1 + e^120) is 120 to the last digit
    what = "the encoder's loss of a code with the logit −120"
    value = run(encoder_loss, _Line(), _rows(-120.0), name="encoder_loss")
    probability = "a probability was rounded to 0 or 1; take the cross-entropy of the *logits*"
    got = float(expect_shape(value, (), what))
    expect(abs(got - 120) < 0.01, f"{what} is {got:g}, and not 120: {probability}", "probabilities")
    what = "the discriminator's loss of a code with the logit 120 and a draw with the logit 0"
    value = run(discriminator_loss, _Line(), _rows(120.0), _rows(0.0), name="discriminator_loss")
    got = float(expect_shape(value, (), what))
    right = 60 + LOG2 / 2
    close = abs(got - right) < 0.01
    expect(close, f"{what} is {got:g}, and not {right:.4f}: {probability}", "probabilities")
    return passed("adversarial_losses", "both losses, and where their gradients go")
