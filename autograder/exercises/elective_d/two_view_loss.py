"""Elective D: the contrastive loss of two views of every image."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect,
    expect_close,
    expect_shape,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.elective_d import _views as exact
from autograder.hall.protocol.remote_call import remote_call

NAME = "two_view_loss"

EXERCISE = Exercise(
    NAME,
    signature="def two_view_loss(z, z_other, temperature=0.5):",
    setup="from aeutils import losses\n",
    right={
        "all views against all": """
            u = torch.cat([F.normalize(z), F.normalize(z_other)])
            n = len(z)
            s = u @ u.T / temperature
            s = s.masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)
            rows = torch.arange(2 * n)
            partner = (rows + n) % (2 * n)
            logs = s.log_softmax(dim=1)[rows, partner]
            return -logs.mean()
        """,
        "week 7's loss": """
            image = torch.arange(len(z)).repeat(2)
            return losses.supcon_loss(torch.cat([z, z_other]), image, temperature)
        """,
        "week 7's loss, the two views of an image one after the other": """
            views = torch.stack([z, z_other], dim=1).flatten(0, 1)
            labels = torch.arange(z.shape[0]).repeat_interleave(2)
            return losses.supcon_loss(views, labels, temperature)
        """,
        "cross-entropy without the diagonal column": """
            n = z.shape[0]
            views = torch.cat([z, z_other]).double()
            s = F.cosine_similarity(views[:, None], views[None], dim=2) / temperature
            others = torch.tensor([[j for j in range(2 * n) if j != i] for i in range(2 * n)])
            partner = torch.tensor([i + n - 1 if i < n else i - n for i in range(2 * n)])
            return F.cross_entropy(s.gather(1, others), partner)
        """,
        "four tables": """
            a = z / z.norm(dim=1, keepdim=True)
            b = z_other / z_other.norm(dim=1, keepdim=True)
            own = torch.eye(len(a), dtype=torch.bool)
            aa = (a @ a.T / temperature).masked_fill(own, float("-inf"))
            bb = (b @ b.T / temperature).masked_fill(own, float("-inf"))
            ab = torch.einsum("ik,jk->ij", a, b) / temperature
            first = torch.logsumexp(torch.cat([aa, ab], dim=1), dim=1)
            second = torch.logsumexp(torch.cat([bb, ab.T], dim=1), dim=1)
            return (first + second - 2 * ab.diagonal()).mean() / 2
        """,
        "view by view": """
            total = 0.0
            for one, other in ((z, z_other), (z_other, z)):
                for i in range(len(one)):
                    there = [other[i : i + 1], other[:i], other[i + 1 :]]
                    rest = torch.cat([*there, one[:i], one[i + 1 :]])
                    cosines = torch.cosine_similarity(one[i : i + 1], rest)
                    total = total - torch.log_softmax(cosines / temperature, dim=0)[0]
            return total / (len(z) + len(z_other))
        """,
    },
    wrong={
        "self-in-sum": {"s.masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)": "s"},
        "self-as-positive": {
            "s.masked_fill(torch.eye(2 * n, dtype=torch.bool), -torch.inf)": "s",
            "(rows + n) % (2 * n)": "rows",
        },
        "partner-left-out": {
            "return -logs.mean()": (
                "p = s[rows, partner]; s[rows, partner] = -torch.inf; "
                "return (s.logsumexp(dim=1) - p).mean()"
            )
        },
        "across-only": """
            s = F.normalize(z) @ F.normalize(z_other).T / temperature
            rows = torch.arange(len(z))
            return (F.cross_entropy(s, rows) + F.cross_entropy(s.T, rows)) / 2
        """,
        "first-across-only": """
            s = F.normalize(z) @ F.normalize(z_other).T / temperature
            return F.cross_entropy(s, torch.arange(len(z)))
        """,
        "first-views-only": {"-logs.mean()": "-logs[:n].mean()"},
        "summed": {"-logs.mean()": "-logs.sum()"},
        "divided-by-images": {"-logs.mean()": "-logs.sum() / n"},
        "divided-twice": {"-logs.mean()": "-logs.mean() / 2"},
        "each-view": {"-logs.mean()": "-logs"},
        "not-normalised": {
            "F.normalize(z), ": "z, ",
            "F.normalize(z_other)": "z_other",
        },
        "columns-normalised": {
            "torch.cat([F.normalize(z), F.normalize(z_other)])": (
                "F.normalize(torch.cat([z, z_other]), dim=0)"
            )
        },
        "one-normalised": {"F.normalize(z_other)": "z_other"},
        "times-temperature": {"/ temperature": "* temperature"},
        "temperature-ignored": {" / temperature": ""},
        "temperature-not-passed": """
            return losses.supcon_loss(torch.cat([z, z_other]), torch.arange(len(z)).repeat(2))
        """,
        "scaled": {"-logs.mean()": "-logs.mean() * temperature"},
        "sign": {"-logs.mean()": "logs.mean()"},
        "log-missing": {"log_softmax": "softmax"},
        "log-of-mean": {"-logs.mean()": "-logs.exp().mean().log()"},
        "neighbours-as-partners": """
            labels = torch.arange(len(z)).repeat_interleave(2)
            return losses.supcon_loss(torch.cat([z, z_other]), labels, temperature)
        """,
        "nobody-has-a-partner": """
            labels = torch.arange(2 * len(z))
            return losses.supcon_loss(torch.cat([z, z_other]), labels, temperature)
        """,
        "alignment-only": """
            return -F.cosine_similarity(z, z_other).mean() / temperature
        """,
        "distances": {"u @ u.T / temperature": "-torch.cdist(u, u).square() / temperature"},
        "no-gradient-for-one-view": {"F.normalize(z_other)": "F.normalize(z_other).detach()"},
        "no-gradient": {"-logs.mean()": "-logs.mean().detach()"},
        "another-default": """
            def two_view_loss(z, z_other, temperature=0.1):
                labels = torch.arange(len(z)).repeat(2)
                return losses.supcon_loss(torch.cat([z, z_other]), labels, temperature)
        """,
        "overflow": """
            u, n = torch.cat([F.normalize(z), F.normalize(z_other)]), len(z)
            e = (u @ u.T / temperature).exp()
            below = e.sum(dim=1) - e.diagonal()
            above = torch.cat([e[:n, n:].diagonal(), e[n:, :n].diagonal()])
            return -(above / below).log().mean()
        """,
        "nan-diagonal": {
            "[rows, partner]": "",
            "-logs.mean()": "-(logs * F.one_hot(partner, 2 * n)).sum(dim=1).mean()",
        },
    },
)


def views(n: int, k: int, seed: int) -> tuple[Tensor, Tensor]:
    """Return codes of n images in two views, which resemble each other a little."""
    rng = grader_generator(seed)
    image = torch.randn(n, k, generator=rng) + 0.3
    noise = torch.randn(2, n, k, generator=rng)
    lengths = 0.5 + torch.rand(2, n, 1, generator=rng)
    one, other = lengths * (image + 0.7 * noise)
    return one, other


CASES: list[tuple[Tensor, Tensor, float]] = [
    (*views(6, 4, 860), 0.6),
    (*views(4, 3, 861), 0.35),
    (*views(7, 5, 862), 0.2),
    (*views(2, 3, 863), 1.7),
    (*views(9, 2, 864), 0.8),
]


def losses_of(cases: Sequence[tuple[Tensor, Tensor, float]], how: str = "") -> Tensor:
    """Return the losses of batches, or what a mistake makes of them."""
    return torch.stack([exact.two_view_loss(*case, how) for case in cases])


def asked(
    two_view_loss: Callable, cases: Sequence[tuple[Tensor, Tensor, float]], what: str
) -> Tensor:
    """Return the student's losses of batches; raise where one is no number."""
    found = []
    for z, z_other, t in cases:
        n = len(z)
        shapes = [
            Mistake("each-view", (2 * n,), "one number for each view; take their mean"),
            Mistake("each-view", (n,), "one number for each image; take the mean"),
            Mistake(
                "table", (2 * n, 2 * n), "a number for each pair; take the mean of −log shares"
            ),
            Mistake("not-a-scalar", (1,), "a vector of one number; return the number, of shape ()"),
        ]
        value = run(two_view_loss, z.clone(), z_other.clone(), t, name=NAME)
        found.append(expect_shape(value, (), what, shapes).double())
    return torch.stack(found)


def expect_losses(
    two_view_loss: Callable,
    cases: Sequence[tuple[Tensor, Tensor, float]],
    what: str,
    not_finite: str,
    why: str,
) -> None:
    """Compare the student's losses of batches with those by a loop over views in float64.

    Args:
        two_view_loss: the student's function.
        cases: codes of both views, and a temperature.
        what: how messages call the losses.
        not_finite: the name of the mistake if one of them is NaN or infinite.
        why: what is told then.
    """
    found = asked(two_view_loss, cases, what)
    expect(bool(torch.isfinite(found).all()), f"{what}: NaN or infinite; {why}", not_finite)
    right, known = losses_of(cases), []
    if torch.allclose(found, right, rtol=1e-3):
        return
    for how, message in exact.MESSAGES.items():
        wrong = losses_of(cases, how)
        if not torch.allclose(wrong, right, rtol=1e-2, atol=1e-3):
            known.append(Mistake(how, wrong, message))
    nobody = "0, or near it, for every batch: no view has found a partner. Are the labels right?"
    known.append(Mistake("nobody-has-a-partner", torch.zeros(len(cases)), nobody))
    expect_close(found, right, what, known, rtol=1e-3)


def temperatures(two_view_loss: Callable) -> None:
    """Temperatures so small that exponentials overflow, a large one, and the default."""
    z, z_other, _ = CASES[1]
    what, overflow = "the losses at temperatures of 0.004, 0.0008 and 30", "overflow"
    cases = [(z, z_other, t) for t in (0.004, 0.0008, 30.0)]
    why = "exp of a large number does not fit into a float; use logsumexp or log_softmax"
    expect_losses(two_view_loss, cases, what, overflow, why)
    what = "the loss where no temperature is given"
    value = run(two_view_loss, z.clone(), z_other.clone(), name=NAME)
    got = expect_shape(value, (), what).double()
    right = exact.two_view_loss(z, z_other)
    other = "another temperature than 0.5 where none is given"
    expect(torch.allclose(got, right, rtol=1e-3), other, "another-default")


@EXERCISE.criterion("the softmax over all other views, at any temperature", points=1)
def the_loss(two_view_loss: Callable) -> None:
    """Five batches of two to nine images, then temperatures that are small, large, or not given."""
    what = "the losses of five batches in a row"
    why = "−∞ · 0 on the diagonal is NaN, and so is 0/0 of a view that has no partner"
    expect_losses(two_view_loss, CASES, what, "nan-diagonal", why)
    try:
        temperatures(two_view_loss)
    except CheckFailed as error:
        text = f"right at usual temperatures, wrong at small ones or by default ({error})"
        expect(error.mistake != "wrong-values", text, "only-usual-temperatures")
        raise


@remote_call
def _gradients(loss, z, z_other, temperature):
    import torch

    leaves = [z.clone().requires_grad_(), z_other.clone().requires_grad_()]
    value = loss(*leaves, temperature)
    if not isinstance(value, torch.Tensor) or not value.requires_grad:
        return [None, None]
    return list(torch.autograd.grad(value.sum(), leaves, allow_unused=True))


@EXERCISE.criterion(
    "both views learn", points=1, alone="the loss is right, and its gradient for the codes is not"
)
def gradient(two_view_loss: Callable) -> None:
    """The gradient for either view, against that of the loop over views in float64."""
    z, z_other, t = CASES[0]
    found = run(lambda: _gradients(two_view_loss, z, z_other, t), name=NAME)
    one, other = to_pair(found, "the gradient", ["of the first views", "of the second views"])
    none = "no gradient of the loss reaches the codes: `.detach()`, `.item()`, numpy and "
    none += "`torch.no_grad()` cut the graph, and nothing can be trained"
    expect(one is not None or other is not None, none, "no-gradient")
    which = "first" if one is None else "second"
    half = f"no gradient reaches the {which} views; there is no teacher here, both sides learn"
    expect(one is not None and other is not None, half, "no-gradient-for-one-view")
    leaves = [v.double().requires_grad_() for v in (z, z_other)]
    right = torch.autograd.grad(exact.two_view_loss(leaves[0], leaves[1], t), leaves)
    what = "the direction of the gradient of the loss"
    got = torch.cat([to_tensor(g, what).double().flatten() for g in (one, other)])
    finite = bool(torch.isfinite(got).all())
    expect(finite, f"{what} has NaN, although the loss has none", "nan-gradient")
    wanted = torch.cat([g.flatten() for g in right])
    alike = f"{what}, of which the size has been judged above"
    expect_close(got / got.norm(), wanted / wanted.norm(), alike, rtol=1e-2, atol=1e-3)


@EXERCISE.conduct(
    right=exact.two_view_loss,
    trains=["z", "z_other"],
    sizes=(6, 2, 70),
    between=(0, math.inf),
)
def arguments(new: Draw, n: int) -> Arguments:
    """Codes of both views, and a temperature."""
    z = new.normal(n, 3)
    return {"z": z, "z_other": z + new.normal(n, 3), "temperature": new.alternate(0.7, 0.4)}
