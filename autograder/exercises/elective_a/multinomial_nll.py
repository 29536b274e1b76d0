"""Elective A: the negative log-likelihood of a document's word counts."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import Mistake, expect, expect_close, run, to_tensor
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw

EXERCISE = Exercise(
    "multinomial_nll",
    signature="def multinomial_nll(logits, counts):",
    right={
        "log_softmax": "return -(counts * F.log_softmax(logits, dim=1)).sum(dim=1).mean()",
        "logsumexp": """
            total = counts.sum(dim=1) * torch.logsumexp(logits, dim=1)
            return (total - (counts * logits).sum(dim=1)).mean()
        """,
        "cross-entropy with counts as targets": """
            return F.cross_entropy(logits, counts, reduction='sum') / len(counts)
        """,
        "document by document, largest logit taken off, float64": """
            losses = []
            for a, c in zip(logits.double(), counts.double()):
                a = a - a.max()
                losses.append(torch.dot(c, a.exp().sum().log() - a))
            return sum(losses) / len(losses)
        """,
    },
    wrong={
        "sign": {"-(counts": "(counts"},
        "mean-over-words": {".sum(dim=1)": ""},
        "sum-over-documents": {".sum(dim=1).mean()": ".sum()"},
        "one-per-document": {".mean()": ""},
        "overflow": {"F.log_softmax(logits, dim=1)": "logits.softmax(dim=1).log()"},
        "epsilon": {"F.log_softmax(logits, dim=1)": "(logits.softmax(dim=1) + 1e-10).log()"},
        "over-documents": {"(logits, dim=1)": "(logits, dim=0)"},
        "counts-normalised": {
            "(counts *": "(counts / counts.sum(dim=1, keepdim=True).clamp_min(1) *"
        },
        "per-word": {".sum(dim=1).mean()": ".sum() / counts.sum()"},
        "sigmoid": {"F.log_softmax(logits, dim=1)": "F.logsigmoid(logits)"},
        "bernoulli": """
            return F.binary_cross_entropy_with_logits(logits, counts, reduction='sum') / len(counts)
        """,
        "poisson": "return (logits.exp() - counts * logits).sum(dim=1).mean()",
        "no-softmax": {"F.log_softmax(logits, dim=1)": "logits"},
        "softmax-twice": {"(logits, dim=1)": "(logits.softmax(dim=1), dim=1)"},
        "no-gradient": {"F.log_softmax(logits,": "F.log_softmax(logits.detach(),"},
        "empty-dropped": {".mean()": ".sum() / (counts.sum(dim=1) > 0).sum()"},
        "with-constant": """
            full = counts.sum(1)
            constant = torch.lgamma(full + 1) - torch.lgamma(counts + 1).sum(1)
            return (-(counts * F.log_softmax(logits, dim=1)).sum(1) - constant).mean()
        """,
    },
)
NAME = EXERCISE.name
MESSAGES = {
    "sign": "the sign: *minus* the log-likelihood",
    "one-per-document": "one number for each document; return their mean",
    "not-reduced": "one number for each word; sum over words, then average over documents",
    "mean-over-words": "averaged over words, too; *sum* over words, then average over documents",
    "sum-over-documents": "summed over documents; average over them",
    "over-documents": "the softmax runs over documents: p must add up to 1 over the *words* of "
    "each document, `dim=1`",
    "counts-normalised": "each document's counts were divided by their sum, so that a long "
    "document counts no more than a short one; take the counts as they are",
    "per-word": "divided by the number of counted words; divide by the number of documents",
    "no-softmax": "the logits were taken for log p; log p = log_softmax(logits)",
    "softmax-twice": "a softmax was applied twice",
    "probability": "the logarithm of p is missing",
    "sigmoid": "a sigmoid for each word; the words of a document share one softmax",
    "bernoulli": "binary cross-entropy, each word by itself; here the words share one softmax",
    "poisson": "the Poisson loss, each word by itself; here the words share one softmax",
    "with-constant": "the multinomial coefficient was added: it does not depend on the logits; "
    "leave it out",
    "base-two": "logarithm to base 2; use the natural one",
}


def loss(logits: Tensor, counts: Tensor, how: str = "") -> Tensor:
    """Return the loss by odds, Σ_v c_v log Σ_w exp(a_w − a_v), or what a mistake makes of it."""
    a, c = logits.double(), counts.double()
    if how == "softmax-twice":
        a = a.exp() / a.exp().sum(1, keepdim=True)
    if how == "counts-normalised":
        c = c / c.sum(1, keepdim=True)
    odds = (a[:, None, :] - a[:, :, None]).exp().sum(2)  # 1 / p, (N, V)
    each = c * {
        "over-documents": (a[None] - a[:, None]).exp().sum(1).log(),
        "no-softmax": -a,
        "probability": -1 / odds,
        "sigmoid": (1 + (-a).exp()).log(),
        "base-two": odds.log2(),
    }.get(how, odds.log())
    if how == "bernoulli":
        each = (1 + a.exp()).log() - c * a
    if how == "poisson":
        each = a.exp() - c * a
    rows = each.sum(1)
    if how == "with-constant":
        rows = rows - torch.lgamma(c.sum(1) + 1) + torch.lgamma(c + 1).sum(1)
    return {
        "sign": -rows.mean(),
        "one-per-document": rows,
        "not-reduced": each,
        "mean-over-words": each.mean(),
        "sum-over-documents": rows.sum(),
        "per-word": rows.sum() / c.sum(),
    }.get(how, rows.mean())


def expect_loss(multinomial_nll: Callable, logits: Tensor, counts: Tensor, what: str) -> None:
    """Compare the loss with the one by odds."""
    right = loss(logits, counts)
    known = [Mistake(how, loss(logits, counts, how), why) for how, why in MESSAGES.items()]
    got = run(multinomial_nll, logits.clone(), counts.clone(), name=NAME)
    expect_close(got, right, what, known)


@EXERCISE.criterion("the formula", points=1)
def formula(multinomial_nll: Callable) -> None:
    """One document of five words, two of which it has not."""
    logits = torch.tensor([[0.7, -1.2, 2.1, 0.4, -0.3]])
    counts = torch.tensor([[3.0, 0.0, 2.0, 6.0, 0.0]])
    expect_loss(multinomial_nll, logits, counts, "the loss of one document")


@EXERCISE.criterion("sum over words, mean over documents", points=1)
def reduction(multinomial_nll: Callable) -> None:
    """Documents of different lengths; counts, then log counts."""
    logits = 2 * torch.randn(4, 6, generator=grader_generator(80))
    counts = torch.randint(0, 5, (4, 6), generator=grader_generator(81)).float()
    counts = counts + torch.tensor([[0.0], [9.0], [1.0], [3.0]]) * (counts > 1)
    for given, what in ((counts, "counts"), (counts.log1p(), "log counts")):
        expect_loss(multinomial_nll, logits, given, f"the loss of 4 documents of 6 words, {what}")


# Logits, counts, and the loss: the words' distances from the largest logit, or logs of ties.
LARGE = [
    ([1e4, -1e4, 0.0], [2.0, 0.0, 0.0], 0.0),
    ([1e4, -1e4, 0.0], [0.0, 3.0, 0.0], 6e4),
    ([-1e4, 0.0, 5e3], [1.0, 2.0, 0.0], 2.5e4),
    ([1e4, 1e4, 1e4], [1.0, 2.0, 4.0], 7.690286),  # 7 ln 3
    ([-1e4, -1e4, -1e4], [0.0, 2.0, 5.0], 7.690286),
]


@EXERCISE.criterion("large logits, empty documents", points=1)
def ends(multinomial_nll: Callable) -> None:
    """Where p rounds to 0 or 1, and where there is nothing to count."""
    for a, c, right in LARGE:
        given = torch.tensor([a]), torch.tensor([c])
        got = to_tensor(run(multinomial_nll, *given, name=NAME), "the loss").double()
        expect(
            bool(torch.isfinite(got).all()),
            "for logits of ±10000 the loss is NaN or infinite: an exponential rounded to 0 or "
            "infinity before its logarithm was taken; `log_softmax` stays with the logits",
            "overflow",
        )
        expect(
            right < 100 or not bool(((got > 0) & (got < 0.1 * right)).all()),
            "for logits of ±10000 the loss is far too small: an epsilon inside the logarithm hides "
            "the overflow and caps the loss; `log_softmax` needs none",
            "epsilon",
        )
        expect_close(got, right, "the loss for large logits", rtol=1e-3, atol=0.05)
    logits = torch.randn(5, 4, generator=grader_generator(82))
    counts = torch.randint(1, 6, (5, 4), generator=grader_generator(83)).float()
    counts[[1, 4]] = 0
    whole = loss(logits, counts)
    got = run(multinomial_nll, logits.clone(), counts.clone(), name=NAME)
    what = "the loss of 5 documents, 2 of them empty,"
    expect(
        bool(torch.isfinite(to_tensor(got, what)).all()),
        f"{what} is NaN or infinite: was something divided by a document's length?",
        "nan-for-empty",
    )
    dropped = "empty documents were left out of the mean; divide by the number of all documents"
    expect_close(got, whole, what, [Mistake("empty-dropped", whole * 5 / 3, dropped)])


@EXERCISE.conduct(right=loss, trains=["logits"])
def arguments(new: Draw, n: int) -> Arguments:
    """Documents of seven words."""
    return {"logits": 2 * new.normal(n, 7), "counts": new.integers(0, 4, n, 7).float()}
