"""McNemar's test against scipy's binomial test, and against a simulation of its standard error."""

import pytest
import torch
from scipy.stats import binomtest

from aeutils.embeddings.paired import mcnemar


def answers(both, first, second, neither):
    a = torch.tensor([True] * (both + first) + [False] * (second + neither))
    b = torch.tensor([True] * both + [False] * first + [True] * second + [False] * neither)
    return a, b


@pytest.mark.parametrize("counts", [(90, 5, 0, 5), (900, 30, 20, 50), (0, 7, 7, 0), (5, 0, 0, 5)])
def test_p_is_that_of_a_fair_coin(counts):
    found = mcnemar(*answers(*counts))
    _, first, second, _ = counts
    expected = binomtest(first, first + second).pvalue if first + second else 1.0
    assert found.p == pytest.approx(expected, rel=1e-9)
    assert (found.only_first, found.only_second, found.n) == (first, second, sum(counts))


def test_the_difference_is_that_of_the_accuracies_and_swaps_its_sign():
    a, b = answers(900, 30, 20, 50)
    assert mcnemar(a, b).difference == pytest.approx(0.93 - 0.92)
    assert mcnemar(b, a).difference == pytest.approx(0.92 - 0.93)
    assert mcnemar(a, b).p == mcnemar(b, a).p


def test_the_standard_error_is_the_spread_over_drawn_images():
    a, b = answers(900, 30, 20, 50)
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(len(a), (4000, len(a)), generator=generator)
    spread = (a[rows].double() - b[rows].double()).mean(1).std()
    assert mcnemar(a, b).standard_error == pytest.approx(float(spread), rel=0.05)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        (torch.ones(3), torch.ones(3)),
        (torch.ones(3, dtype=torch.bool), torch.ones(4, dtype=torch.bool)),
        (torch.ones(3, 1, dtype=torch.bool), torch.ones(3, 1, dtype=torch.bool)),
    ],
)
def test_anything_but_two_rows_of_booleans_is_refused(a, b):
    with pytest.raises(ValueError, match="boolean"):
        mcnemar(a, b)
