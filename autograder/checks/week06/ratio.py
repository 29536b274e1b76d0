"""Hidden check of week 6's class ratio: two choices, and which mean."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.checking import Mistake, expect_close, expect_unchanged, run
from autograder.checks.week06.pairs import class_sums, codes, units
from autograder.report import Report, check


def _ratio(z: Tensor, labels: Tensor, centre: bool, renormalise: bool, how: str = "") -> Tensor:
    """Return the mean ratio, or what a mistake makes of it."""
    z = z.double()
    kinds = labels.unique()
    if how == "normalised-then-centred":
        z = units(z)
    if how == "class-mean" and centre:
        means = torch.stack([z[labels == c].mean(0) for c in kinds])
        z = z - means[torch.searchsorted(kinds, labels)]
    elif how == "row-mean" and centre:
        z = z - z.mean(1, keepdim=True)
    elif how == "mean-of-everything" and centre:
        z = z - z.mean()
    elif how == "standardised" and centre:
        z = (z - z.mean(0)) / z.std(0)
    elif how == "median" and centre:
        z = z - z.median(0).values
    elif centre:
        z = z - z.mean(0)
    sums, n = class_sums(units(z), labels)
    same = (sums.square().sum(1) - n) / (n * (n - 1))
    diff = (sums * (sums.sum(0) - sums)).sum(1) / (n * (n.sum() - n))
    if how == "ratio-renormalised" and renormalise:
        return ((1 + same / diff) / 2).mean()
    if how == "half-renormalised" and renormalise:
        return ((1 + same) / 2 / diff).mean()
    if renormalise:
        same, diff = (1 + same) / 2, (1 + diff) / 2
    if how == "ratio-of-means":
        return same.mean() / diff.mean()
    if how == "inverted":
        return (diff / same).mean()
    if how == "one-per-class":
        return same / diff
    if how == "difference":
        return (same - diff).mean()
    if how == "weighted-by-size":
        return (n * same / diff).sum() / n.sum()
    if how == "sum":
        return (same / diff).sum()
    return (same / diff).mean()


RATIO_MISTAKES = {
    "ratio-of-means": "the ratio of the two means; take each class's ratio first, then the mean",
    "inverted": "different over same; it is same over different",
    "one-per-class": "one ratio for each class; return their mean",
    "sum": "the sum of the ratios; take their mean",
    "difference": "the difference same − diff; take the ratio",
    "weighted-by-size": "large classes count more; every class counts once",
    "class-mean": "each code lost the mean of its *own class*: the labels have moved the codes; "
    "subtract one mean of all codes",
    "row-mean": "each code lost the mean of its own numbers; subtract the mean *code*, dim=0",
    "mean-of-everything": "one number was subtracted everywhere; subtract the mean *code*, dim=0",
    "standardised": "the columns were divided by their deviation, too; only subtract the mean",
    "median": "the median was subtracted; subtract the mean",
    "normalised-then-centred": "the codes were made unit vectors first and centred then; centre "
    "first",
    "ratio-renormalised": "the ratio was renormalised; renormalise same and diff, then divide",
    "half-renormalised": "only one of the two similarities was renormalised",
}


@check({"cosines as they are": 1, "centred": 1, "renormalised": 1, "the mean of the ratios": 1})
def class_ratio(report: Report, class_ratio: Callable) -> None:
    """Two classes of one size have one `diff`, so there the two kinds of mean agree."""
    name = "class_ratio"
    pair = torch.arange(10) % 2
    two = codes(10, 3, 14) + torch.tensor([[0.8, 0.0, 0.3], [-0.2, 0.9, 0.0]])[pair]

    def look(z: Tensor, labels: Tensor, centre: bool, renormalise: bool, what: str) -> None:
        given = z.clone()
        value = run(class_ratio, given, labels.clone(), centre, renormalise, name=name)
        expect_unchanged(z, given, name)
        known = [
            Mistake(how, _ratio(z, labels, centre, renormalise, how), message)
            for how, message in RATIO_MISTAKES.items()
        ]
        ignored = [
            ("centre", not centre, renormalise, centre),
            ("renormalise", centre, not renormalise, renormalise),
            ("choices", not centre, not renormalise, True),
        ]
        for choice, c, r, wanted in ignored:
            kind = f"{choice}-ignored" if wanted else f"always-{choice}d"
            known.append(Mistake(kind, _ratio(z, labels, c, r), f"`{choice}` has no effect"))
        right = _ratio(z, labels, centre, renormalise)
        expect_close(value, right, what, known, rtol=1e-3)

    with report.criterion("cosines as they are"):
        look(two, pair, False, False, "the ratio, neither centred nor renormalised")
    with report.criterion("centred"):
        look(two, pair, True, True, "the ratio, centred and renormalised")
    with report.criterion("renormalised"):
        look(two, pair, False, True, "the ratio, renormalised")
    with report.criterion("the mean of the ratios"):
        labels = torch.tensor([5, 5, 1, 1, 1, 8, 8, 8, 8, 8, 8, 8, 1, 5, 8])
        move = torch.tensor([[1.5, 0.0, 0.2, 0.0], [0.0, 0.6, 0.0, 0.9], [0.5, 0.5, 0.0, -1.0]])
        four = codes(15, 4, 15) + move[torch.searchsorted(torch.tensor([1, 5, 8]), labels)]
        look(four, labels, False, True, "the ratio of three classes of different sizes")
        look(four, labels, True, True, "the ratio of three classes, centred")
