"""Week 7: label propagation, from a few labels along the edges of a graph."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    Mistake,
    expect,
    expect_close,
    expect_shape,
    expect_unchanged,
    run,
)
from autograder.exercises import Exercise, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week07._mistakes import visible

EXERCISE = Exercise(
    "propagate",
    signature="def propagate(weights, labels, classes, alpha, steps):",
    right={
        "the whole matrix S": """
            y = (torch.arange(classes) == labels[:, None]).to(weights.dtype)
            d = weights.sum(1)
            d = torch.where(d > 0, d, 1.0)
            s = weights / d.outer(d).sqrt()
            f = y
            for _ in range(steps):
                f = alpha * s @ f + (1 - alpha) * y
                pass
            return f
        """,
        "scaled before and after": """
            known = torch.zeros(len(labels), classes)
            rows = (labels >= 0).nonzero()[:, 0]
            known[rows, labels[rows]] = 1.0
            scale = weights.sum(dim=1, keepdim=True).clamp_min(1e-9) ** -0.5
            scores = known.clone()
            for _ in range(steps):
                scores = alpha * scale * (weights @ (scale * scores)) + (1 - alpha) * known
            return scores
        """,
        "numpy, float64": """
            w, y = weights.numpy().astype(float), labels.numpy()
            d = w.sum(axis=0)
            root = np.where(d > 0, 1 / np.sqrt(np.maximum(d, 1e-300)), 0)
            s = root[:, None] * w * root[None, :]
            start = np.eye(classes + 1)[y][:, :classes]
            f = start.copy()
            for _ in range(steps):
                f = alpha * s.dot(f) + (1 - alpha) * start
            return torch.from_numpy(f)
        """,
    },
    wrong={
        "unknown-is-last": {
            "(torch.arange(classes) == labels[:, None])": "torch.eye(classes)[labels]"
        },
        "unknown-is-first": {
            "(torch.arange(classes) == labels[:, None]).to(weights.dtype)": (
                "torch.eye(classes)[labels.clamp_min(0)]"
            )
        },
        "unknown-is-even": """
            y = torch.full((len(labels), classes), 1 / classes)
            y[labels >= 0] = torch.eye(classes)[labels[labels >= 0]]
            d = weights.sum(1).clamp_min(1e-12)
            f = y
            for _ in range(steps):
                f = alpha * (weights / d.outer(d).sqrt()) @ f + (1 - alpha) * y
            return f
        """,
        "rows-only": {"d.outer(d).sqrt()": "d[:, None]"},
        "columns-only": {"d.outer(d).sqrt()": "d"},
        "not-normalised": {" / d.outer(d).sqrt()": ""},
        "degrees-not-rooted": {".sqrt()": ""},
        "edges-only": {"weights /": "(weights > 0).float() /"},
        "degrees-from-one": {"torch.where(d > 0, d, 1.0)": "d.clamp_min(1)"},
        "self-loops": {
            "weights.sum": "(weights + torch.eye(len(weights))).sum",
            "weights /": "(weights + torch.eye(len(weights))) /",
        },
        "start-forgotten": {" + (1 - alpha) * y": ""},
        "no-alpha": {"alpha * s @ f + (1 - alpha) * y": "s @ f"},
        "alpha-swapped": {"alpha * s @ f + (1 - alpha)": "(1 - alpha) * s @ f + alpha"},
        "start-in-full": {"(1 - alpha) * y": "y"},
        "own-scores-kept": {"(1 - alpha) * y": "(1 - alpha) * f"},
        "always-from-start": {"s @ f": "s @ y"},
        "one-too-few": {"range(steps)": "range(1, steps)"},
        "one-too-many": {"range(steps)": "range(steps + 1)"},
        "clamped": {
            "alpha * s @ f + (1 - alpha) * y": "s @ f",
            "pass": "f[labels >= 0] = y[labels >= 0]",
        },
        "clamped-too": {"pass": "f[labels >= 0] = y[labels >= 0]"},
        "shares": {"return f": "return f / f.sum(1, keepdim=True).clamp_min(1e-12)"},
        "classes": {"return f": "return f.argmax(1)"},
        "nan-alone": {"d = torch.where(d > 0, d, 1.0)": "", "pass": ""},
    },
)

WHAT = "the scores"
MESSAGES = {
    "unknown-is-last": "−1 was used as an index: every image without a label got the *last* class",
    "unknown-is-first": "images without a label got class 0; their rows of Y are all zeros",
    "unknown-is-even": "images without a label got 1/C for each class; their rows of Y are zeros",
    "rows-only": "divided by the degree of the row only; by √(d_i d_j)",
    "columns-only": "divided by the degree of the column only; by √(d_i d_j)",
    "not-normalised": "W itself was used; divide W_ij by √(d_i d_j)",
    "degrees-not-rooted": "divided by d_i d_j; the root is missing",
    "edges-only": "the weights were taken for 1; use W",
    "degrees-from-one": "degrees below 1 were taken for 1: only a degree of 0 needs care",
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


def graph(n: int, seed: int) -> Tensor:
    """Return symmetric random weights, zero for about half of the pairs and on the diagonal."""
    w = torch.rand(n, n, generator=grader_generator(seed)).triu(1)
    w = torch.where(w > 0.45, w, 0.0)
    return w + w.T


def start(labels: Tensor, classes: int, how: str = "") -> Tensor:
    """Return Y: the known labels one-hot, zeros for −1, or what a mistake makes of it."""
    y = (torch.arange(classes) == labels[:, None]).double()
    if how == "unknown-is-last":
        y[labels < 0, -1] = 1
    if how == "unknown-is-first":
        y[labels < 0, 0] = 1
    if how == "unknown-is-even":
        y[labels < 0] = 1 / classes
    return y


def similarity(w: Tensor, how: str = "") -> Tensor:
    """Return S, the weights over the roots of both degrees, or what a mistake makes of it."""
    w = w.double()
    if how == "self-loops":
        w = w + torch.eye(len(w), dtype=torch.float64)
    d = torch.where(w.sum(1) > 0, w.sum(1), 1.0)
    if how == "degrees-from-one":
        d = d.clamp_min(1)
    made = {
        "rows-only": lambda: w / d[:, None],
        "columns-only": lambda: w / d,
        "not-normalised": lambda: w,
        "degrees-not-rooted": lambda: w / d.outer(d),
        "edges-only": lambda: (w > 0).double() / d.outer(d).sqrt(),
    }
    return made.get(how, lambda: w / d.outer(d).sqrt())()


def propagated(
    w: Tensor, labels: Tensor, classes: int, alpha: float, steps: int, how: str = ""
) -> Tensor:
    """Return the scores in float64, or what a mistake makes of them."""
    y, s, told = start(labels, classes, how), similarity(w, how), labels >= 0
    f = torch.zeros_like(y) if how == "from-zero" else y
    rounds = {"one-step": 1, "one-too-many": steps + 1, "one-too-few": steps - 1}.get(how, steps)
    after = {  # what a step makes of the scores
        "start-forgotten": lambda f: alpha * s @ f,
        "no-alpha": lambda f: s @ f,
        "alpha-swapped": lambda f: (1 - alpha) * s @ f + alpha * y,
        "start-in-full": lambda f: alpha * s @ f + y,
        "own-scores-kept": lambda f: alpha * s @ f + (1 - alpha) * f,
        "always-from-start": lambda f: alpha * s @ y + (1 - alpha) * y,
        "clamped": lambda f: s @ f,
    }.get(how, lambda f: alpha * s @ f + (1 - alpha) * y)
    for _ in range(rounds):
        f = after(f)
        if how in ("clamped", "clamped-too"):
            f[told] = y[told]
    return f / f.sum(1, keepdim=True).clamp_min(1e-300) if how == "shares" else f


def expect_scores(
    propagate: Callable, w: Tensor, labels: Tensor, classes: int, alpha: float, steps: int
) -> Tensor:
    """Compare the student's scores with dense sums in float64; return them."""
    given = w.clone(), labels.clone()
    found = run(propagate, *given, classes, alpha, steps, name="propagate")
    shapes = [
        Mistake("classes", (len(labels),), "classes; return the scores, (N, C)"),
        Mistake("transposed", (classes, len(labels)), "one row for each image"),
    ]
    value = expect_shape(found, (len(labels), classes), WHAT, shapes)
    lonely = bool((w.sum(1) == 0).any())
    why = ": the degree of an image without an edge is 0" if lonely else ""
    expect(
        bool(torch.isfinite(value).all()),
        f"{WHAT} hold NaN or infinity{why}",
        "nan-alone" if lonely else "not-finite",
    )
    inputs = w, labels, classes, alpha, steps
    known = visible(propagated, MESSAGES, *inputs)
    expect_close(found, propagated(*inputs), WHAT, known, rtol=1e-3, atol=1e-5)
    for before, after in zip((w, labels), given, strict=True):
        expect_unchanged(before, after, "propagate")
    return value


@EXERCISE.criterion("one step", points=1)
def one_step(propagate: Callable) -> None:
    """Seven images, all of them with a label."""
    expect_scores(propagate, graph(7, 360), torch.tensor([0, 2, 1, 0, 1, 2, 2]), 3, 0.7, 1)


@EXERCISE.criterion("many steps", points=1)
def many_steps(propagate: Callable) -> None:
    """Three steps, then 200, whose limit is (1 − α) (I − α S)⁻¹ Y."""
    w, labels = graph(8, 361), torch.tensor([0, 2, 1, 0, 1, 3, 2, 3])
    expect_scores(propagate, w, labels, 4, 0.6, 3)
    value = expect_scores(propagate, w, labels, 4, 0.8, 200)
    unit = torch.eye(8, dtype=torch.float64)
    limit = 0.2 * torch.linalg.solve(unit - 0.8 * similarity(w), start(labels, 4))
    expect_close(value, limit, "the scores after 200 steps", rtol=1e-3, atol=1e-5)


@EXERCISE.criterion("without a label, without an edge", points=1)
def unknown_or_alone(propagate: Callable) -> None:
    """Three of nine images have a label; then one of the others loses its edges; light edges."""
    w, labels = graph(9, 362), torch.tensor([0, -1, -1, 2, -1, 1, -1, -1, -1])
    expect_scores(propagate, w, labels, 4, 0.9, 5)
    w[6], w[:, 6] = 0, 0
    expect_scores(propagate, w, labels, 4, 0.9, 5)
    expect_scores(propagate, w / 3, labels, 4, 0.9, 5)  # some degrees are below 1


@EXERCISE.conduct(right=propagated)
def arguments(new: Draw, n: int) -> Arguments:
    """Light edges, so that degrees below 1 occur."""
    w = new.uniform(0, 0.2, n, n).triu(1)
    return {
        "weights": w + w.T,
        "labels": new.integers(-1, 3, n),
        "classes": new.alternate(4, 3),
        "alpha": new.alternate(0.7, 0.5),
        "steps": new.alternate(4, 2),
    }
