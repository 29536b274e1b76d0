"""Week 6: the ratio of the class-similarity table, with its two choices, and which mean."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.testing.checking import (
    CheckFailed,
    Mistake,
    expect_close,
    expect_unchanged,
    run,
    to_pair,
    to_tensor,
)
from autograder.exercises import Exercise, close, grader_generator
from autograder.exercises.conduct.declare import Arguments, Draw
from autograder.exercises.week06._classes import class_sums, codes, units
from autograder.exercises.week06.class_similarity import EXERCISE as CLASS_SIMILARITY
from autograder.hall.protocol.remote_call import remote_call

EXERCISE = Exercise(
    "class_ratio",
    signature="def class_ratio(z, labels, centre, renormalise):",
    setup=CLASS_SIMILARITY.right["class by class"],
    right={
        "as the docstring says": """
            codes = z - z.mean(dim=0) if centre else z
            same, diff = class_similarity(codes, labels)
            if renormalise:
                same, diff = (1 + same) / 2, (1 + diff) / 2
            return float((same / diff).mean())
        """,
        "class_similarity of one's own, by the matrix": """
            codes = z.double()
            if centre:
                codes = codes - codes.mean(0, keepdim=True)
            u = F.normalize(codes)
            s = u @ u.T
            if renormalise:
                s = (1 + s) / 2
            ratios = []
            for c in labels.unique():
                own = labels == c
                block, n = s[own][:, own], int(own.sum())
                same = (block.sum() - block.trace()) / (n * (n - 1))
                ratios.append(same / s[own][:, ~own].mean())
            return torch.stack(ratios).mean()
        """,
        "affine, a loop in plain Python": """
            shift = z.mean(axis=0) if centre else torch.zeros(z.shape[1])
            a, b = (0.5, 0.5) if renormalise else (0.0, 1.0)
            pairs = zip(*class_similarity(z - shift, labels))
            values = [(a + b * s) / (a + b * d) for s, d in pairs]
            return sum(values) / len(values)
        """,
    },
    wrong={
        "ratio-of-means": {"(same / diff).mean()": "same.mean() / diff.mean()"},
        "inverted": {"same / diff": "diff / same"},
        "one-per-class": {"float((same / diff).mean())": "same / diff"},
        "sum": {"(same / diff).mean": "(same / diff).sum"},
        "difference": {"same / diff": "same - diff"},
        "weighted-by-size": {
            "(same / diff)": "(same / diff)[labels.unique(return_inverse=True)[1]]"
        },
        "class-mean": {
            "z - z.mean(dim=0)": (
                "torch.stack([z[i] - z[labels == labels[i]].mean(0) for i in range(len(z))])"
            )
        },
        "mean-of-class-means": {
            "z - z.mean(dim=0)": (
                "z - torch.stack([z[labels == c].mean(0) for c in labels.unique()]).mean(0)"
            )
        },
        "row-mean": {"dim=0": "dim=1, keepdim=True"},
        "mean-of-everything": {"dim=0": ""},
        "standardised": {"z - z.mean(dim=0)": "(z - z.mean(0)) / z.std(0)"},
        "normalised-then-centred": {"codes =": "z = z / z.norm(dim=1, keepdim=True)\n    codes ="},
        "ratio-renormalised": """
            codes = z - z.mean(dim=0) if centre else z
            same, diff = class_similarity(codes, labels)
            ratio = same / diff
            return float(((1 + ratio) / 2 if renormalise else ratio).mean())
        """,
        "half-renormalised": {"(1 + diff) / 2": "diff"},
        "centre-ignored": {"if centre": "if False"},
        "always-centred": {"if centre": "if True"},
        "renormalise-ignored": {"if renormalise": "if False"},
        "always-renormalised": {"if renormalise": "if True"},
        "changed-its-argument": """
            if centre:
                z -= z.mean(dim=0)
            same, diff = class_similarity(z, labels)
            if renormalise:
                same, diff = (1 + same) / 2, (1 + diff) / 2
            return float((same / diff).mean())
        """,
    },
)

MISTAKES = {
    "ratio-of-means": "the ratio of the two means; take each class's ratio first, then the mean",
    "inverted": "different over same; it is same over different",
    "one-per-class": "one ratio for each class; return their mean",
    "sum": "the sum of the ratios; take their mean",
    "difference": "the difference same − diff; take the ratio",
    "product": "the product same · diff; take the ratio",
    "not-normalised": "dot products of the codes as they are; make them unit vectors first",
    "self-pairs": "each code's similarity to itself is in the mean of its class: take it out",
    "self-pairs-in-number": "the self-pairs are taken out of the sum but are still in the number",
    "weighted-by-size": "large classes count more; every class counts once",
    "class-mean": "each code lost the mean of its *own class*: the labels have moved the codes; "
    "subtract one mean of all codes",
    "mean-of-class-means": "the mean of the *class means* was subtracted, where a small class "
    "counts as much as a large one; subtract the mean of all codes",
    "row-mean": "each code lost the mean of its own numbers; subtract the mean *code*, dim=0",
    "mean-of-everything": "one number was subtracted everywhere; subtract the mean *code*, dim=0",
    "standardised": "the columns were divided by their deviation, too; only subtract the mean",
    "median": "the median was subtracted; subtract the mean",
    "normalised-then-centred": "the codes were made unit vectors first and centred then; centre "
    "first",
    "ratio-renormalised": "the ratio was renormalised; renormalise same and diff, then divide",
    "half-renormalised": "only one of the two similarities was renormalised",
}


def centred(z: Tensor, labels: Tensor, how: str) -> Tensor:
    """Return the codes after centring, or after what a mistake makes of it."""
    kinds = labels.unique()
    means = torch.stack([z[labels == c].mean(0) for c in kinds])
    if how == "class-mean":
        return z - means[torch.searchsorted(kinds, labels)]
    if how == "standardised":
        return (z - z.mean(0)) / z.std(0)
    moves = {
        "mean-of-class-means": means.mean(0),
        "row-mean": z.mean(1, keepdim=True),
        "mean-of-everything": z.mean(),
        "median": z.median(0).values,
    }
    return z - moves.get(how, z.mean(0))


def ratio(z: Tensor, labels: Tensor, centre: bool, renormalise: bool, how: str = "") -> Tensor:
    """Return the mean ratio, or what a mistake makes of it."""
    z = units(z) if how == "normalised-then-centred" else z.double()
    z = centred(z, labels, how) if centre else z
    sums, n = class_sums(z if how == "not-normalised" else units(z), labels)
    same = (sums.square().sum(1) - n) / (n * (n - 1))
    if how == "not-normalised":  # the squared lengths of a class's own codes
        own = torch.stack([z[labels == c].square().sum() for c in labels.unique()])
        same = (sums.square().sum(1) - own) / (n * (n - 1))
    diff = (sums * (sums.sum(0) - sums)).sum(1) / (n * (n.sum() - n))
    if how == "ratio-renormalised" and renormalise:
        return ((1 + same / diff) / 2).mean()
    if how == "half-renormalised" and renormalise:
        return ((1 + same) / 2 / diff).mean()
    if renormalise:
        same, diff = (1 + same) / 2, (1 + diff) / 2
    if how == "self-pairs":  # renormalised, a self-pair is 1 as well
        same = (same * (n - 1) + 1) / n
    if how == "self-pairs-in-number":
        same = same * (n - 1) / n
    results = {
        "product": (same * diff).mean(),
        "ratio-of-means": same.mean() / diff.mean(),
        "inverted": (diff / same).mean(),
        "one-per-class": same / diff,
        "difference": (same - diff).mean(),
        "weighted-by-size": (n * same / diff).sum() / n.sum(),
        "sum": (same / diff).sum(),
    }
    return results.get(how, (same / diff).mean())


@remote_call
def _with_helper(class_ratio, z, labels, centre, renormalise, same, diff):
    """Call with another `class_similarity` in the place of the student's; return its arguments."""
    scope, calls = getattr(class_ratio, "__globals__", {}), []
    before = scope.get("class_similarity")

    def helper(z, labels):
        calls.append([z.detach().clone(), labels.clone()])
        return same.clone(), diff.clone()

    scope["class_similarity"] = helper
    try:
        return class_ratio(z.clone(), labels.clone(), centre, renormalise), calls
    finally:
        scope["class_similarity"] = before


def only_helper_wrong(
    class_ratio: Callable, z: Tensor, labels: Tensor, centre: bool, renormalise: bool
) -> bool:
    """Return whether all but `class_similarity` is right: that was charged where it is asked for.

    The helper is replaced by one that gives other numbers, of no meaning; right is what is made of
    these, and what it was called with.
    """
    kinds = len(labels.unique())
    rng = grader_generator(16)
    same, diff = (torch.rand(kinds, generator=rng) + 0.2 for _ in range(2))
    inputs = (z, labels, centre, renormalise, same, diff)
    value, calls = to_pair(_with_helper(class_ratio, *inputs), "class_ratio", ("it", "calls"))
    s, d = ((1 + same) / 2, (1 + diff) / 2) if renormalise else (same, diff)
    wanted = centred(z.double(), labels, "") if centre else z
    if len(calls) != 1 or not close((s / d).mean().double(), value):
        return False
    codes, kinds_given = calls[0]
    return close(wanted.double(), codes) and torch.equal(labels, to_tensor(kinds_given, "labels"))


def look(
    class_ratio: Callable, z: Tensor, labels: Tensor, centre: bool, renormalise: bool, what: str
) -> None:
    """Compare the student's ratio for one set of choices; the codes must stay as they were."""
    given, name = z.clone(), "class_ratio"
    value = run(class_ratio, given, labels.clone(), centre, renormalise, name=name)
    expect_unchanged(z, given, name)
    known = [
        Mistake(how, ratio(z, labels, centre, renormalise, how), message)
        for how, message in MISTAKES.items()
    ]
    ignored = [
        ("centre", not centre, renormalise, centre),
        ("renormalise", centre, not renormalise, renormalise),
        ("choices", not centre, not renormalise, True),
    ]
    for choice, c, r, wanted in ignored:
        kind = f"{choice}-ignored" if wanted else f"always-{choice}d"
        known.append(Mistake(kind, ratio(z, labels, c, r), f"`{choice}` has no effect"))
    try:
        expect_close(value, ratio(z, labels, centre, renormalise), what, known, rtol=2e-4)
    except CheckFailed:
        if not only_helper_wrong(class_ratio, z, labels, centre, renormalise):
            raise


# Two classes of one size have one `diff`, so there the two kinds of mean agree.
PAIR = torch.arange(10) % 2
TWO = codes(10, 3, 14) + torch.tensor([[0.8, 0.0, 0.3], [-0.2, 0.9, 0.0]])[PAIR]


@EXERCISE.criterion("cosines as they are", points=1)
def as_they_are(class_ratio: Callable) -> None:
    """Neither choice."""
    look(class_ratio, TWO, PAIR, False, False, "the ratio, neither centred nor renormalised")


@EXERCISE.criterion("centred", points=1)
def both_choices(class_ratio: Callable) -> None:
    """Both choices."""
    look(class_ratio, TWO, PAIR, True, True, "the ratio, centred and renormalised")


@EXERCISE.criterion("renormalised", points=1)
def renormalised(class_ratio: Callable) -> None:
    """The second choice alone."""
    look(class_ratio, TWO, PAIR, False, True, "the ratio, renormalised")


@EXERCISE.criterion("the mean of the ratios", points=1)
def mean_of_ratios(class_ratio: Callable) -> None:
    """Three classes of different sizes, where every kind of mean differs."""
    labels = torch.tensor([5, 5, 1, 1, 1, 8, 8, 8, 8, 8, 8, 8, 1, 5, 8])
    move = torch.tensor([[1.5, 0.0, 0.2, 0.0], [0.0, 0.6, 0.0, 0.9], [0.5, 0.5, 0.0, -1.0]])
    four = codes(15, 4, 15) + move[torch.searchsorted(torch.tensor([1, 5, 8]), labels)]
    what = "the ratio of three classes of different sizes"
    look(class_ratio, four, labels, False, True, what)
    look(class_ratio, four, labels, True, True, "the ratio of three classes, centred")


def helped_wrongly(class_ratio: Callable) -> bool:
    """Return whether the ratio is wrong, and only because `class_similarity` is."""
    value = run(class_ratio, TWO.clone(), PAIR.clone(), True, True, name="class_ratio")
    right = close(ratio(TWO, PAIR, True, True), value)
    return not right and only_helper_wrong(class_ratio, TWO, PAIR, True, True)


@EXERCISE.conduct(right=ratio, excused=helped_wrongly, sizes=(12, 4, 70), rtol=1e-3)
def arguments(new: Draw, n: int) -> Arguments:
    """Codes away from zero, labels and choices."""
    return {
        "z": new.normal(n, 3) + 2,
        "labels": new.labels(n),
        "centre": new.alternate(True, False),
        "renormalise": new.alternate(True, False),
    }
