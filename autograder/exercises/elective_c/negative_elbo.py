"""Elective C: the negative evidence lower bound, the loss of a variational autoencoder."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import Exercise, close, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_c._bound import MESSAGES, bound, gradient
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "negative_elbo",
    signature="def negative_elbo(logits, x, mean, log_var, beta=1.0):",
    right={
        "torch's own, the formula": """
            entropies = F.binary_cross_entropy_with_logits(logits, x, reduction="none")
            costs = (mean.square() + log_var.exp() - 1 - log_var) / 2
            rebuilt, sent = entropies.sum(dim=1), costs.sum(dim=1)
            loss = (rebuilt + beta * sent).mean()
            return loss
        """,
        "softplus, float64, everything summed and divided": """
            a, t, m, v = logits.double(), x.double(), mean.double(), log_var.double()
            total = torch.sum(F.softplus(a) - t * a)
            total = total - beta * 0.5 * torch.sum(1 + v - m.pow(2) - v.exp())
            return total / len(x)
        """,
        "image by image, two logsigmoids": """
            losses = []
            for a, t, m, v in zip(logits, x, mean, log_var):
                rebuilt = -(t * F.logsigmoid(a) + (1 - t) * F.logsigmoid(-a)).sum()
                sent = (torch.expm1(v) - v + m * m).sum() / 2
                losses.append(rebuilt + beta * sent)
            return torch.stack(losses).mean()
        """,
        "torch's distributions": """
            pixels = torch.distributions.Bernoulli(logits=logits, validate_args=False)
            code = torch.distributions.Normal(mean, (log_var / 2).exp())
            prior = torch.distributions.Normal(torch.zeros_like(mean), torch.ones_like(mean))
            sent = torch.distributions.kl_divergence(code, prior).sum(-1)
            return torch.mean(beta * sent - pixels.log_prob(x).sum(-1))
        """,
    },
    wrong={
        "mean-over-pixels": {', reduction="none")': ")", "entropies.sum(dim=1)": "entropies"},
        "balance": {
            "entropies.sum(dim=1)": "entropies.mean()",
            "costs.sum(dim=1)": "costs.sum()",
        },
        "mean-over-everything": {
            "entropies.sum(dim=1)": "entropies.mean()",
            "costs.sum(dim=1)": "costs.mean()",
        },
        "kl-summed-over-batch": {"costs.sum(dim=1)": "costs.sum()"},
        "kl-averaged-over-units": {"costs.sum(dim=1)": "costs.mean(dim=1)"},
        "summed-over-batch": {"sent).mean()": "sent).sum()"},
        "one-per-image": {"(rebuilt + beta * sent).mean()": "rebuilt + beta * sent"},
        "beta-on-reconstruction": {"rebuilt + beta * sent": "beta * rebuilt + sent"},
        "beta-ignored": {"rebuilt + beta * sent": "rebuilt + sent"},
        "beta-squared": {"beta * sent": "beta**2 * sent"},
        "kl-subtracted": {"rebuilt + beta": "rebuilt - beta"},
        "elbo": {"return loss": "return -loss"},
        "kl-missing": {"(rebuilt + beta * sent)": "rebuilt"},
        "sigmoid-twice": {"with_logits(logits, x": "with_logits(logits.sigmoid(), x"},
        "logits-as-probabilities": {"binary_cross_entropy_with_logits": "binary_cross_entropy"},
        "squared-error": {
            'F.binary_cross_entropy_with_logits(logits, x, reduction="none")': (
                "(logits.sigmoid() - x) ** 2"
            )
        },
        "swapped": {"with_logits(logits, x": "with_logits(x, logits"},
        "half-missing": {
            "(mean.square() + log_var.exp() - 1 - log_var) / 2": (
                "mean.square() + log_var.exp() - 1 - log_var"
            )
        },
        "log-std": {"log_var.exp() - 1 - log_var": "(2 * log_var).exp() - 1 - 2 * log_var"},
        "std-given": {"log_var.exp() - 1 - log_var": "log_var**2 - 1 - (log_var**2).log()"},
        "overflow": {
            'F.binary_cross_entropy_with_logits(logits, x, reduction="none")': (
                "-(x * logits.sigmoid().log() + (1 - x) * (1 - logits.sigmoid()).log())"
            )
        },
        "rounded-probability": {
            "binary_cross_entropy_with_logits(logits": "binary_cross_entropy(logits.sigmoid()"
        },
        "no-gradient": {"return loss": "return loss.item()"},
    },
)

NAME = "negative_elbo"
N, D, K = 4, 5, 3
LOGITS = torch.randn(N, D, generator=grader_generator(730)) * 2
X = torch.rand(N, D, generator=grader_generator(731))
MEAN = torch.randn(N, K, generator=grader_generator(732))
LOG_VAR = torch.randn(N, K, generator=grader_generator(733)) * 0.8 - 0.6

Inputs = tuple[Tensor, Tensor, Tensor, Tensor]  # logits, x, mean, log_var


def at_prior(given: Inputs) -> Inputs:
    """Return the same logits and images with posteriors equal to the prior: no divergence."""
    return given[0], given[1], torch.zeros_like(given[2]), torch.zeros_like(given[3])


def called(negative_elbo: Callable, given: Inputs, beta: Sequence[float] = ()) -> Tensor:
    """Return the student's loss, in float64 and of any shape."""
    copies = [value.clone() for value in given]
    value = run(negative_elbo, *copies, *beta, name=NAME)
    for before, after in zip(given, copies, strict=True):
        expect_unchanged(before, after, NAME)
    return to_tensor(value, "the loss").double()


# --- the student's kl_to_prior, if it is called and wrong, was charged where it is asked for ------


@remote_call
def _gradients(negative_elbo, logits, x, mean, log_var, beta, tables):
    """Return the loss and its gradients; with tables, `kl_to_prior` gives numbers of no meaning."""
    import torch

    scope = getattr(negative_elbo, "__globals__", {})
    before = scope.get("kl_to_prior")
    if tables is not None and before is None:
        return None
    leaves = [value.clone().requires_grad_() for value in (logits, mean, log_var)]
    try:
        if tables is not None:
            scope["kl_to_prior"] = lambda mean, log_var: tables[0] * mean + tables[1] * log_var
        value = negative_elbo(leaves[0], x.clone(), leaves[1], leaves[2], beta)
    finally:
        if tables is not None:
            scope["kl_to_prior"] = before
    found = None
    if isinstance(value, torch.Tensor) and value.requires_grad:
        found = list(torch.autograd.grad(value.sum(), leaves, allow_unused=True))
    return [value.detach() if isinstance(value, torch.Tensor) else value, found]


def is_right(negative_elbo: Callable, given: Inputs, beta: float) -> bool:
    """Return whether the student's loss is right as it is."""
    try:
        value = run(negative_elbo, *(v.clone() for v in given), beta, name=NAME)
        return close(bound(*given, beta), value)
    except CheckFailed:
        return False


def only_divergence_wrong(negative_elbo: Callable, given: Inputs, beta: float = 1.0) -> bool:
    """Return whether the loss is wrong, and only because `kl_to_prior` is.

    That is replaced by another function of no meaning; right is what is made of its numbers, and
    the gradients of these.
    """
    if is_right(negative_elbo, given, beta):
        return False
    _, x, mean, log_var = given
    tables = [torch.rand(mean.shape, generator=grader_generator(s)) + 0.3 for s in (734, 735)]
    try:
        told = run(lambda: _gradients(negative_elbo, *given, beta, tables), name=NAME)
        if told is None:
            return False
        value, found = to_pair(told, NAME, ("the loss", "its gradients"))
        if found is None or any(g is None for g in found):
            return False
        a, b = (table.double() for table in tables)
        n = len(x)
        units = a * mean.double() + b * log_var.double()
        wanted = bound(*at_prior(given)) + beta * units.sum() / n
        slopes = gradient(*given)[0], beta * a / n, beta * b / n
        parts = zip(slopes, found, strict=True)
        return close(wanted, value) and all(close(slope, g) for slope, g in parts)
    except CheckFailed:
        return False


def helped_wrongly(negative_elbo: Callable) -> bool:
    """Return whether the loss is wrong, and only because `kl_to_prior` is."""
    return only_divergence_wrong(negative_elbo, (LOGITS, X, MEAN, LOG_VAR))


# --- the criteria ---------------------------------------------------------------------------------


def known(given: Inputs, right: Tensor) -> list[Mistake]:
    """Return the mistakes that give another number here."""
    found = [Mistake(how, bound(*given, how=how), message) for how, message in MESSAGES.items()]
    return [m for m in found if not close(to_tensor(m.value, "it"), right)]


@EXERCISE.criterion("the cross-entropy, summed over pixels", points=1)
def reconstruction(negative_elbo: Callable) -> None:
    """Posteriors equal to the prior, so that the divergence is 0: one image, then four."""
    for logits, x, which in (
        (LOGITS[:1].sigmoid(), X[:1], "one image"),  # logits that might be probabilities
        (LOGITS, X, "4 grey images of 5 pixels"),
        (LOGITS, X.round(), "4 black and white images of 5 pixels"),
    ):
        given = at_prior((logits, x, MEAN[: len(x)], LOG_VAR[: len(x)]))
        what = f"the loss of {which} with posteriors equal to the prior"
        right = bound(*given)
        try:
            expect_close(called(negative_elbo, given), right, what, known(given, right))
        except CheckFailed:
            if not only_divergence_wrong(negative_elbo, given):
                raise


@EXERCISE.criterion("the divergence, and its weight", points=1)
def weighted(negative_elbo: Callable) -> None:
    """By how much the loss grows when the posteriors leave the prior, for four weights.

    What is the same in both losses cancels: the cross-entropy has a criterion of its own.
    """
    logits = LOGITS.sigmoid()  # so that they are taken by those who take them for probabilities
    away = logits, X, MEAN, LOG_VAR
    prior = at_prior(away)

    def growth(loss: Callable[..., Tensor]) -> Tensor:
        """Return five differences; the first is 0, for no weight may change the other half."""
        start, other = loss(prior, ()), loss(prior, (2.5,))
        parts = [
            other - start,
            loss(away, ()) - start,
            loss(away, (1.0,)) - start,
            loss(away, (2.5,)) - other,
            loss(away, (0.0,)) - loss(prior, (0.0,)),
        ]
        return torch.stack([part.mean() for part in parts])

    def of_mistake(how: str) -> Tensor:
        def loss(given: Inputs, beta: Sequence[float]) -> Tensor:
            return bound(*given, beta[0] if beta else 1.0, how)

        return growth(loss)

    right = of_mistake("")
    both = {"balance", "summed-over-batch", "mean-over-everything", "elbo"}  # about both halves
    found = [Mistake(how, of_mistake(how), MESSAGES[how]) for how in MESSAGES if how not in both]
    mistakes = [m for m in found if not close(right, m.value)]
    what = (
        "the growth of the loss from beta = 2.5 where posteriors equal the prior, and from leaving "
        "the prior without beta and with beta = 1, 2.5 and 0"
    )
    whole = bound(*prior)
    try:
        got = growth(lambda given, beta: called(negative_elbo, given, beta))
        start = called(negative_elbo, prior)
        # A sign, or a sum over images, that both halves have was charged above.
        common = next((c for c in (-1.0, float(N)) if close(c * whole, start)), 1.0)
        expect_close(got / common, right, what, mistakes, rtol=1e-3, atol=1e-4)
    except CheckFailed:
        if not only_divergence_wrong(negative_elbo, away, 2.5):
            raise


FAR = torch.tensor([[40.0, -40.0, 0.5, 40.0], [-40.0, 1.0, 40.0, -2.0], [40.0, -40.0, -0.3, 2.0]])
FAR_X = torch.tensor([[0.0, 1.0, 0.2, 1.0], [0.0, 0.7, 0.5, 1.0], [1.0, 0.3, 0.9, 0.0]])


def expect_far(negative_elbo: Callable, given: Inputs) -> None:
    """Compare the loss where probabilities round to 0 or 1."""
    what = "the loss with logits of 40 and −40"
    value, right = called(negative_elbo, given), bound(*given)
    expect(
        bool(torch.isfinite(value).all()),
        f"{what} is not finite: the probability rounded to 0 or 1 before its logarithm was taken; "
        "stay with the logits",
        "overflow",
    )
    p = given[0].sigmoid()  # in 32-bit numbers, as students have them
    clamped = torch.nn.functional.binary_cross_entropy(p, given[1], reduction="sum") / len(p)
    rebuilt = bound(*at_prior(given))
    stay = "the sigmoid rounds to 1 at a logit of 40, and what its logarithm gives then is no "
    stay += "cross-entropy: stay with the logits"
    mistakes = [
        Mistake("rounded-probability", clamped.double() + right - rebuilt, stay),
        *known(given, right),
    ]
    value = expect_shape(
        value, (), what, [Mistake("one-per-image", (3,), "one for each image; return their mean")]
    )
    expect(
        float(value) > 0.9 * float(right) or any(close(value, m.value) for m in mistakes),
        f"{what} is too small: an epsilon, or a clamp, caps it; stay with the logits",
        "epsilon",
    )
    expect_close(value, right, what, mistakes)


@EXERCISE.criterion("the gradient, and logits of ±40", points=1)
def gradient_and_far(negative_elbo: Callable) -> None:
    """Three images whose probabilities round to 0 and 1; the gradients in closed form."""
    given = FAR, FAR_X, MEAN[:3], LOG_VAR[:3]
    try:
        expect_far(negative_elbo, given)
        told = run(lambda: _gradients(negative_elbo, *given, 1.0, None), name=NAME)
        found = to_pair(told, NAME, ("the loss", "its gradients"))[1]
        lost = "use torch operations from end to end, without `.item()`, `.detach()` or numpy "
        lost += "(in `kl_to_prior`, too, if you call that)"
        expect(found is not None, f"the loss has no gradient: {lost}", "no-gradient")
        rights, names = gradient(*given), ("logits", "mean", "log_var")
        others: Mapping[str, tuple[Tensor, ...]] = {
            how: gradient(*given, how=how) for how in MESSAGES
        }
        for i, (got, right, name) in enumerate(zip(found, rights, names, strict=True)):
            expect(got is not None, f"no gradient reaches {name}: {lost}", "no-gradient")
            mistakes = [Mistake(how, g[i], MESSAGES[how]) for how, g in others.items()]
            mistakes = [m for m in mistakes if not close(right, m.value)]
            what = f"the gradient of the loss for {name}"
            expect_close(got, right, what, mistakes, rtol=1e-3)
    except CheckFailed:
        if not only_divergence_wrong(negative_elbo, given):
            raise


@EXERCISE.conduct(
    right=bound,
    trains=["logits", "mean", "log_var"],
    between=(0, math.inf),
    excused=helped_wrongly,
    extremes=[
        {
            "logits": torch.tensor([[40.0, -40.0]]),
            "x": torch.tensor([[1.0, 0.0]]),
            "mean": torch.tensor([[0.0]]),
            "log_var": torch.tensor([[0.0]]),
            "beta": 1.0,
        },
        {
            "logits": torch.tensor([[40.0, -40.0]]),
            "x": torch.tensor([[0.0, 0.5]]),
            "mean": torch.tensor([[3.0]]),
            "log_var": torch.tensor([[-20.0]]),
            "beta": 0.0,
        },
    ],
)
def arguments(new: Draw, n: int) -> Arguments:
    """Grey images of four pixels and codes of three units; at the extremes far logits."""
    return {
        "logits": 2 * new.normal(n, 4),
        "x": new.uniform(0, 1, n, 4),
        "mean": new.normal(n, 3),
        "log_var": new.normal(n, 3) - 0.5,
        "beta": new.alternate(0.5, 3.0),
    }
