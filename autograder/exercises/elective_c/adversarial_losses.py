"""Elective C: the losses of a discriminator and of the encoder that tries to fool it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    to_tensor,
)
from autograder.exercises import Exercise
from autograder.exercises.conduct.declare import Arguments, Draw, Part
from autograder.exercises.elective_c._discriminator import (
    CODES,
    FALSE,
    PRIOR,
    TRUE,
    WEIGHTS,
    M,
    N,
    X,
    arrives,
    ask,
    expect_gradients,
    stage,
    weights_of,
    with_logits,
)
from autograder.exercises.elective_c._two_losses import (
    OF_DISCRIMINATOR,
    OF_ENCODER,
    logits_of,
    long,
    of_both_halves,
    of_discriminator,
    of_encoder,
    of_mistake,
    to_rows,
)

OF_TRUE = "F.binary_cross_entropy_with_logits(true, torch.ones_like(true))"
OF_FALSE = "F.binary_cross_entropy_with_logits(false, torch.zeros_like(false))"
OF_CODES = "F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))"

EXERCISE = Exercise(
    "adversarial_losses",
    defines=("discriminator_loss", "encoder_loss"),
    right={
        "two cross-entropies": """
            def discriminator_loss(discriminator, codes, prior):
                true = discriminator(prior)
                false = discriminator(codes.detach())
                of_true = F.binary_cross_entropy_with_logits(true, torch.ones_like(true))
                of_false = F.binary_cross_entropy_with_logits(false, torch.zeros_like(false))
                return (of_true + of_false) / 2

            def encoder_loss(discriminator, codes):
                logits = discriminator(codes)
                return F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits))
        """,
        "softplus, the codes' memory": """
            def discriminator_loss(discriminator, codes, prior):
                of_draws = F.softplus(-discriminator(prior)).mean()
                of_codes = F.softplus(discriminator(codes.data)).mean()
                return 0.5 * of_draws + 0.5 * of_codes

            def encoder_loss(discriminator, codes):
                return -F.logsigmoid(discriminator(codes)).mean()
        """,
        "one call for both halves, weights, float64": """
            def discriminator_loss(discriminator, codes, prior):
                n, m = len(codes), len(prior)
                logits = discriminator(torch.cat([codes.detach(), prior])).squeeze(1).double()
                targets = torch.tensor([0.0] * n + [1.0] * m, dtype=torch.float64)
                weights = torch.tensor([0.5 / n] * n + [0.5 / m] * m, dtype=torch.float64)
                return F.binary_cross_entropy_with_logits(
                    logits, targets, weight=weights, reduction="sum"
                )

            def encoder_loss(discriminator, codes):
                logits = discriminator(codes).flatten().double()
                return (torch.logaddexp(logits, torch.zeros_like(logits)) - logits).mean()
        """,
        "row by row, the discriminator's weights at rest": """
            def entropy(logit, target):
                return nn.BCEWithLogitsLoss()(logit, torch.full_like(logit, target))

            def discriminator_loss(discriminator, codes, prior):
                total = 0.0
                for row in prior:
                    total = total + entropy(discriminator(row[None]), 1.0) / len(prior)
                for row in codes.clone().detach():
                    total = total + entropy(discriminator(row[None]), 0.0) / len(codes)
                return total / 2

            def encoder_loss(discriminator, codes):
                asked = [p.requires_grad for p in discriminator.parameters()]
                for p in discriminator.parameters():
                    p.requires_grad_(False)
                losses = [entropy(discriminator(row[None]), 1.0) for row in codes]
                for p, before in zip(discriminator.parameters(), asked):
                    p.requires_grad_(before)
                return torch.stack(losses).mean()
        """,
    },
    wrong={
        "reaches-the-encoder": {"codes.detach()": "codes"},
        "wrong-half-detached": {
            "discriminator(prior)": "discriminator(prior.detach())",
            "codes.detach()": "codes",
        },
        "codes-logits-detached": {"discriminator(codes.detach())": "discriminator(codes).detach()"},
        "draws-logits-detached": {"discriminator(prior)": "discriminator(prior).detach()"},
        "encoder-detached": {
            "logits = discriminator(codes)": ("logits = discriminator(codes.detach())")
        },
        "no-gradient": {
            "logits = discriminator(codes)\n": (
                "with torch.no_grad():\n        logits = discriminator(codes)\n"
            )
        },
        "model-changed": {
            "logits = discriminator(codes)\n": (
                "discriminator.requires_grad_(False)\n    logits = discriminator(codes)\n"
            )
        },
        "a-number": {"(of_true + of_false) / 2": "(of_true.item() + of_false.item()) / 2"},
        "labels-swapped": {
            "torch.ones_like(true)": "torch.zeros_like(true)",
            "torch.zeros_like(false)": "torch.ones_like(false)",
        },
        "half-missing": {"(of_true + of_false) / 2": "of_true + of_false"},
        "halves-joined": {
            "(of_true + of_false) / 2": (
                "(of_true * len(true) + of_false * len(false)) / (len(true) + len(false))"
            )
        },
        "sum-for-mean": {
            "torch.ones_like(true))": "torch.ones_like(true), reduction='sum')",
            "torch.zeros_like(false))": "torch.zeros_like(false), reduction='sum')",
            "torch.ones_like(logits))": "torch.ones_like(logits), reduction='sum')",
        },
        "draws-only": {"(of_true + of_false) / 2": "of_true"},
        "codes-only": {"(of_true + of_false) / 2": "of_false"},
        "sigmoid-twice": {
            "true = discriminator(prior)": "true = torch.sigmoid(discriminator(prior))",
            "discriminator(codes.detach())": "torch.sigmoid(discriminator(codes.detach()))",
            "logits = discriminator(codes)": "logits = torch.sigmoid(discriminator(codes))",
        },
        "all-false": {OF_TRUE: "F.softplus(true).mean()"},
        "against-0": {OF_CODES: "F.softplus(logits).mean()"},
        "minimax": {
            OF_CODES: ("-F.binary_cross_entropy_with_logits(logits, torch.zeros_like(logits))")
        },
        "sign": {"return (of_true": "return -(of_true", "return F.": "return -F."},
        "probabilities": {
            OF_TRUE: "F.binary_cross_entropy(true.sigmoid(), torch.ones_like(true))",
            OF_FALSE: "F.binary_cross_entropy(false.sigmoid(), torch.zeros_like(false))",
            OF_CODES: "-torch.sigmoid(logits).log().mean()",
        },
        "squared-error": {
            OF_TRUE: "F.mse_loss(true.sigmoid(), torch.ones_like(true))",
            OF_FALSE: "F.mse_loss(false.sigmoid(), torch.zeros_like(false))",
        },
        "not-averaged": {OF_CODES: "F.softplus(-logits)"},
        "raised-ValueError": {"torch.ones_like(true)": "torch.ones(len(true))"},
    },
)

OF_D, OF_E = EXERCISE.defines


def expect_number(value: object, right: Tensor, what: str, known: list[Mistake]) -> None:
    """Raise unless a loss is one number, and the right one."""
    rows = [
        Mistake("not-averaged", s, "one number for each row; take the mean")
        for s in ((N, 1), (N,), (M, 1), (M,), (1, 1), (N + M, 1), (1,))
    ]
    expect_shape(value, (), what, rows)
    expect_close(value, right, what, known)


def expect_exact(value: object, right: float, what: str) -> None:
    """Raise unless a loss at logits of hundreds is right."""
    got = float(expect_shape(value, (), what))
    expect(
        abs(got - right) <= 1e-3 * right + 1e-3,
        f"{what} is {got:.4g}: a probability of 1 − e^-60 is 1 in floating point, and the "
        "cross-entropy is infinite, or cut off, there. Take the cross-entropy of the *logits*",
        "probabilities",
    )


@EXERCISE.criterion("the discriminator's loss", points=1)
def discriminators_loss(discriminator_loss: Callable, encoder_loss: Callable) -> None:
    """Seven codes and four draws; then logits of hundreds."""
    value, _, _ = ask(discriminator_loss, OF_D, PRIOR)
    known = [
        Mistake(how, of_discriminator(TRUE, FALSE, how), why)
        for how, why in OF_DISCRIMINATOR.items()
    ]
    what = f"the discriminator's loss of {N} codes and {M} draws"
    expect_number(value, of_discriminator(TRUE, FALSE), what, known)
    codes, prior = torch.tensor([[1.0], [0.5], [-1.0]]), torch.tensor([[-2.0], [3.0]])
    value = with_logits(discriminator_loss, OF_D, codes, prior)
    right = (60 + 30) / 3 / 2 + 120 / 2 / 2  # a sure mistake costs as much as its logit
    expect_exact(value, right, "the discriminator's loss where logits are from −120 to 180")


def unit(vector: Tensor) -> Tensor:
    """Return a vector's direction."""
    return vector / vector.norm()


@EXERCISE.criterion("the discriminator learns, and the encoder does not", points=1)
def discriminators_gradient(discriminator_loss: Callable, encoder_loss: Callable) -> None:
    """Where the first loss's gradients go, and their direction: its size has been judged above."""
    what, reached = "the discriminator's loss", ("W", "b", "v", "c", "encoder", "codes")
    _, is_tensor, found = ask(discriminator_loss, OF_D, PRIOR)
    *of_parameters, of_encoding, of_codes = expect_gradients(found, is_tensor, what, reached)
    if arrives(of_encoding) or arrives(of_codes):
        _, _, found = ask(discriminator_loss, OF_D, PRIOR, prior_asks=True)
        *_, of_draws = expect_gradients(found, True, what, (*reached, "draws"))
        expect(
            arrives(of_draws),
            f"{what} stops at the draws from the prior and reaches the encoder: the wrong half was "
            "detached; detach the *codes*",
            "wrong-half-detached",
        )
        text = (
            f"the gradient of {what} reaches the encoder, which would help the discriminator: "
            "`codes.detach()` before the discriminator sees them"
        )
        raise CheckFailed(text, "reaches-the-encoder")
    expect(
        all(arrives(g) for g in of_parameters),
        f"no gradient of {what} reaches some or all parameters of the discriminator",
        "no-gradient",
    )
    by_draws, by_codes = of_both_halves(WEIGHTS, CODES, PRIOR)
    others = {how: of_mistake(WEIGHTS, CODES, PRIOR, how) for how in OF_DISCRIMINATOR}
    known = [
        Mistake(
            "codes-logits-detached",
            unit(by_draws),
            "it comes from the draws alone: did `.detach()` come after the discriminator had seen "
            "the codes, or was it asked about them under `no_grad`? Detach the codes before",
        ),
        Mistake(
            "draws-logits-detached",
            unit(by_codes),
            "it comes from the codes alone: was what the discriminator says of the draws detached? "
            "Only the codes are",
        ),
        *(
            Mistake(how, unit(gradient), OF_DISCRIMINATOR[how])
            for how, gradient in others.items()
            if how not in ("draws-only", "codes-only", "sum-for-mean") and bool(gradient.any())
        ),
    ]
    got = long([to_tensor(g, "the gradient") for g in of_parameters])
    both = torch.stack([by_draws, by_codes], dim=1)
    weights = torch.linalg.lstsq(both, got[:, None]).solution
    unequal = f"the draws' half counts {float(weights[0] / weights[1]):.3g} times the codes' half"
    known.append(Mistake("unequal-halves", unit((both @ weights).squeeze(1)), unequal))
    direction = "the direction of the discriminator's gradient"
    expect_close(unit(got), unit(by_draws + by_codes), direction, known, rtol=1e-3, atol=1e-4)


@EXERCISE.criterion("the encoder's loss", points=1)
def encoders_loss(discriminator_loss: Callable, encoder_loss: Callable) -> None:
    """Its value, then its gradient for the codes and the encoder; then logits of hundreds."""
    what, reached = "the encoder's loss", ("W", "b", "v", "c", "encoder", "codes")
    value, is_tensor, found = ask(encoder_loss, OF_E, None)
    known = [Mistake(how, of_encoder(FALSE, how), why) for how, why in OF_ENCODER.items()]
    ignored = "the codes themselves were taken for logits; ask the discriminator about them"
    known.append(Mistake("discriminator-ignored", of_encoder(CODES.flatten()), ignored))
    expect_number(value, of_encoder(FALSE), f"{what} of {N} codes", known)
    *_, of_encoding, of_codes = expect_gradients(found, is_tensor, what, reached)
    expect(
        arrives(of_encoding),
        f"no gradient of {what} reaches the encoder: the codes were detached. That belongs into "
        "the discriminator's loss; here the encoder is to learn",
        "encoder-detached",
    )
    right = to_rows(WEIGHTS, CODES, (FALSE.sigmoid() - 1) / N)
    expect_close(of_codes, right, f"the gradient of {what} for the codes", rtol=1e-3)
    expect_close(of_encoding, right.T @ X, f"the gradient of {what} for the encoder", rtol=1e-3)
    codes = torch.tensor([[-2.0], [1.0], [-3.0]])
    value = with_logits(encoder_loss, OF_E, codes, None)
    expect_exact(value, (120 + 180) / 3, f"{what} where the logits are −120, 60 and −180")


def right_of_discriminator(discriminator: Any, codes: Tensor, prior: Tensor) -> Tensor:
    """Return the discriminator's loss from its weights."""
    weights = weights_of(discriminator)
    return of_discriminator(logits_of(weights, prior), logits_of(weights, codes))


def right_of_encoder(discriminator: Any, codes: Tensor) -> Tensor:
    """Return the encoder's loss from the discriminator's weights."""
    return of_encoder(logits_of(weights_of(discriminator), codes))


@EXERCISE.conduct(
    right=right_of_discriminator,
    stage=stage,
    trains=["discriminator"],
    between=(0, float("inf")),
)
def arguments(new: Draw, n: int) -> Arguments:
    """A discriminator, codes, and two draws more than codes."""
    return {
        "discriminator": Part("discriminator"),
        "codes": new.normal(n, 2),
        "prior": new.normal(n + 2, 2),
    }


@EXERCISE.conduct(
    "encoder_loss",
    right=right_of_encoder,
    stage=stage,
    trains=["codes"],
    between=(0, float("inf")),
)
def arguments_of_encoder_loss(new: Draw, n: int) -> Arguments:
    """A discriminator and codes."""
    return {"discriminator": Part("discriminator"), "codes": new.normal(n, 2)}
