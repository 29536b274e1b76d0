"""Hidden check of week 7's label propagation."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect, expect_close, expect_shape, expect_unchanged, run
from autograder.checks import grader_generator as generator
from autograder.report import Report, check

WHAT = "the scores"


def _graph(n: int, seed: int) -> Tensor:
    """Return symmetric random weights, zero for about half of the pairs and on the diagonal."""
    w = torch.rand(n, n, generator=generator(seed)).triu(1)
    w = torch.where(w > 0.45, w, 0.0)
    return w + w.T


def _scores(
    w: Tensor, labels: Tensor, classes: int, alpha: float, steps: int, how: str = ""
) -> Tensor:
    """Return the scores in float64, or what a mistake makes of them."""
    w, n = w.double(), len(labels)
    known = torch.zeros(n, classes, dtype=torch.float64)
    for i, label in enumerate(labels.tolist()):
        if label >= 0 or how == "unknown-is-last":
            known[i, label] = 1
        elif how == "unknown-is-first":
            known[i, 0] = 1
        elif how == "unknown-is-even":
            known[i] = 1 / classes
    if how == "self-loops":
        w = w + torch.eye(n, dtype=torch.float64)
    d = w.sum(1)
    d = torch.where(d > 0, d, 1.0)
    s = {
        "rows-only": w / d[:, None],
        "columns-only": w / d,
        "not-normalised": w,
        "degrees-not-rooted": w / d.outer(d),
        "edges-only": (w > 0).double() / d.outer(d).sqrt(),
    }.get(how, w / d.outer(d).sqrt())
    told = labels >= 0
    scores = torch.zeros_like(known) if how == "from-zero" else known.clone()
    for _ in range({"one-step": 1, "one-too-many": steps + 1, "one-too-few": steps - 1}.get(
            how, steps)):  # fmt: skip
        if how == "start-forgotten":
            scores = alpha * s @ scores
        elif how == "no-alpha":
            scores = s @ scores
        elif how == "alpha-swapped":
            scores = (1 - alpha) * s @ scores + alpha * known
        elif how == "start-in-full":
            scores = alpha * s @ scores + known
        elif how == "own-scores-kept":
            scores = alpha * s @ scores + (1 - alpha) * scores
        elif how == "always-from-start":
            scores = alpha * s @ known + (1 - alpha) * known
        elif how == "clamped":
            scores = s @ scores
            scores[told] = known[told]
        elif how == "clamped-too":
            scores = alpha * s @ scores + (1 - alpha) * known
            scores[told] = known[told]
        else:
            scores = alpha * s @ scores + (1 - alpha) * known
    if how == "shares":
        scores = scores / scores.sum(1, keepdim=True).clamp_min(1e-300)
    return scores


MISTAKES = {
    "unknown-is-last": "−1 was used as an index: every image without a label got the *last* class",
    "unknown-is-first": "images without a label got class 0; their rows of Y are all zeros",
    "unknown-is-even": "images without a label got 1/C for each class; their rows of Y are zeros",
    "rows-only": "divided by the degree of the row only; by √(d_i d_j)",
    "columns-only": "divided by the degree of the column only; by √(d_i d_j)",
    "not-normalised": "W itself was used; divide W_ij by √(d_i d_j)",
    "degrees-not-rooted": "divided by d_i d_j; the root is missing",
    "edges-only": "the weights were taken for 1; use W",
    "self-loops": "edges from each image to itself were added; W is complete",
    "start-forgotten": "(1 − α) Y is missing: the scores die away",
    "no-alpha": "neither α nor Y: the known labels are forgotten",
    "alpha-swapped": "α and 1 − α are swapped",
    "start-in-full": "Y was added in full; add (1 − α) Y",
    "own-scores-kept": "(1 − α) F was added; add (1 − α) Y",
    "always-from-start": "every step starts from Y again; go on from the last F",
    "from-zero": "F started at zero; it starts at Y",
    "one-step": "only one step was made",
    "one-too-many": "one step too many",
    "one-too-few": "one step too few",
    "clamped": "known labels were set back in every step (that is Zhu's method); here (1 − α) Y is "
    "added",
    "clamped-too": "known labels were set back in every step; (1 − α) Y alone feeds them",
    "shares": "the rows were divided by their sums; return F itself",
}


@check({"one step": 1, "many steps": 1, "without a label, without an edge": 1})
def propagate(report: Report, propagate: Callable) -> None:
    """Against dense sums in float64; many steps against the limit (1 − α) (I − α S)⁻¹ Y."""
    name = "propagate"

    def look(w: Tensor, labels: Tensor, classes: int, alpha: float, steps: int) -> Tensor:
        given = w.clone(), labels.clone()
        found = run(propagate, *given, classes, alpha, steps, name=name)
        wrong = [
            Mistake("classes", (len(labels),), "classes; return the scores, (N, C)"),
            Mistake("transposed", (classes, len(labels)), "one row for each image"),
        ]
        value = expect_shape(found, (len(labels), classes), WHAT, wrong)
        if not bool(torch.isfinite(value).all()):
            lonely = bool((w.sum(1) == 0).any())
            expect(
                False,
                f"{WHAT} hold NaN or infinity"
                + (": the degree of an image without an edge is 0" if lonely else ""),
                "nan-alone" if lonely else "not-finite",
            )
        right = _scores(w, labels, classes, alpha, steps)
        known = []
        for how, why in MISTAKES.items():
            mistaken = _scores(w, labels, classes, alpha, steps, how)
            if not torch.allclose(mistaken, right, rtol=1e-3, atol=1e-4):
                known.append(Mistake(how, mistaken, why))
        expect_close(found, right, WHAT, known, rtol=1e-3, atol=1e-5)
        for before, after in zip((w, labels), given, strict=True):
            expect_unchanged(before, after, name)
        return value

    with report.criterion("one step"):
        labels = torch.tensor([0, 2, 1, 0, 1, 2, 2])
        look(_graph(7, 360), labels, 3, 0.7, 1)
    with report.criterion("many steps"):
        w, labels = _graph(8, 361), torch.tensor([0, 2, 1, 0, 1, 3, 2, 3])
        look(w, labels, 4, 0.6, 3)
        value = look(w, labels, 4, 0.8, 200)
        d = w.double().sum(1)
        s = w.double() / d.outer(d).sqrt()
        limit = 0.2 * torch.linalg.solve(
            torch.eye(8, dtype=torch.float64) - 0.8 * s, torch.eye(4, dtype=torch.float64)[labels]
        )
        expect_close(value, limit, "the scores after 200 steps", rtol=1e-3, atol=1e-5)
    with report.criterion("without a label, without an edge"):
        w, labels = _graph(9, 362), torch.tensor([0, -1, -1, 2, -1, 1, -1, -1, -1])
        look(w, labels, 4, 0.9, 5)
        w[6], w[:, 6] = 0, 0
        look(w, labels, 4, 0.9, 5)
