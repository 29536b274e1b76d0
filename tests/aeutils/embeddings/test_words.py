"""Counts as embeddings, rank correlation, analogies: against other maths, and at the edges."""

import math

import numpy as np
import pytest
import torch
from scipy import stats

from aeutils.embeddings import analogy, ppmi, ranks, spearman, tf_idf


def test_tf_idf_is_scikit_learns_up_to_its_smoothing():
    from sklearn.feature_extraction.text import TfidfTransformer

    counts = torch.poisson(torch.full((30, 12), 0.7)).double()
    counts[:, 0] += 1
    reference = TfidfTransformer(smooth_idf=False).fit(counts.numpy())
    weight = torch.from_numpy(reference.idf_ - 1)  # scikit-learn adds 1
    wanted = torch.nn.functional.normalize(torch.log1p(counts) * weight)
    torch.testing.assert_close(tf_idf(counts, counts), wanted)


def test_tf_idf_weighs_queries_by_the_collection():
    collection = torch.tensor([[1.0, 0, 0], [1, 1, 0]])
    rows = tf_idf(torch.tensor([[3.0, 1, 5], [0, 0, 2]]), collection)
    torch.testing.assert_close(rows, torch.tensor([[0.0, 1, 0], [0, 0, 0]]))


def test_ppmi_of_independent_words_is_nothing_and_of_a_diagonal_everything():
    independent = torch.outer(torch.tensor([1.0, 2, 3]), torch.tensor([4.0, 1]))
    torch.testing.assert_close(ppmi(independent, power=1), torch.zeros(3, 2), atol=1e-6, rtol=0)
    torch.testing.assert_close(ppmi(torch.eye(4), power=1), math.log(4) * torch.eye(4))


def test_ppmi_agrees_with_loops():
    pairs = torch.poisson(torch.full((6, 5), 1.5)).double()
    pairs[2] = 0
    pairs[:, 3] = 0
    total, contexts = float(pairs.sum()), pairs.sum(dim=0).pow(0.6)
    wanted = torch.zeros(6, 5, dtype=torch.float64)
    for w in range(6):
        for c in range(5):
            if pairs[w, c] > 0:
                chance = float(pairs[w].sum()) / total * float(contexts[c] / contexts.sum())
                wanted[w, c] = max(0.0, math.log(float(pairs[w, c]) / total / chance))
    torch.testing.assert_close(ppmi(pairs, 0.6), wanted)


@pytest.mark.parametrize("seed", range(5))
def test_spearman_is_scipys_with_ties(seed):
    draw = np.random.default_rng(seed)
    a, b = draw.integers(0, 6, 40).astype(float), draw.integers(0, 9, 40).astype(float)
    got = spearman(torch.from_numpy(a), torch.from_numpy(b))
    assert got == pytest.approx(stats.spearmanr(a, b)[0])
    assert ranks(torch.from_numpy(a)).tolist() == stats.rankdata(a).tolist()


def test_nothing_can_be_said_of_constants():
    assert spearman(torch.ones(4), torch.arange(4.0)) == 0


def test_analogies_on_a_grid():
    # man, woman, king, queen, and two others
    vectors = torch.tensor(
        [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [-1, 0, 0], [0, -1, 0]]
    ).float()
    one = [torch.tensor([i]) for i in (0, 2, 1)]
    assert analogy(vectors, *one).tolist() == [3]
    near = torch.tensor([[1.0, 0.0], [1, 0.05], [0.9, 0.5], [-1, 0]])
    one = [torch.tensor([i]) for i in (0, 1, 2)]
    assert analogy(near, *one, exclude=False).tolist() == [2]
    assert analogy(near, *one).tolist() == [3]  # the only word that is left


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: tf_idf(torch.ones(2, 3), torch.ones(2, 4)), ValueError, "3 columns .* 4"),
        (lambda: tf_idf(-torch.ones(2, 3), torch.ones(2, 3)), ValueError, "counts >= 0"),
        (lambda: ppmi(torch.zeros(2, 3)), ValueError, "no pair at all"),
        (lambda: ppmi(torch.ones(2, 3), power=0), ValueError, "power must be above 0"),
        (lambda: spearman(torch.ones(3), torch.ones(4)), ValueError, r"shape \(3,\)"),
        (lambda: analogy(torch.eye(4), *[torch.tensor([0.5])] * 3), TypeError, "row numbers"),
        (lambda: analogy(torch.eye(4), *[torch.tensor([4])] * 3), ValueError, "from 0 to 3"),
        (lambda: analogy(torch.eye(3), *[torch.tensor([0])] * 3), ValueError, "leave no answer"),
    ],
)
def test_bad_input_is_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
