"""Clusters: measures against counting by hand and by pairs, k-means on clusters that are there."""

from itertools import combinations

import pytest
import torch

from aeutils.embeddings.clusters import adjusted_rand_index, k_means, purity


def draw(seed, clusters=4, classes=3, n=40):
    generator = torch.Generator().manual_seed(seed)
    return (
        torch.randint(clusters, (n,), generator=generator) * 7 - 5,  # numbers need not count from 0
        torch.randint(classes, (n,), generator=generator) + 100,
    )


@pytest.mark.parametrize("seed", range(3))
def test_purity_counts_the_largest_class_of_each_cluster(seed):
    clusters, labels = draw(seed)
    right = 0
    for c in set(clusters.tolist()):
        inside = [b for a, b in zip(clusters.tolist(), labels.tolist(), strict=True) if a == c]
        right += max(inside.count(b) for b in inside)
    assert purity(clusters, labels) == pytest.approx(right / 40)


@pytest.mark.parametrize("seed", range(3))
def test_the_rand_index_counts_pairs(seed):
    """(agreements − those expected) / (largest − expected), pair by pair, as in the paper."""
    clusters, labels = (t.tolist() for t in draw(seed))
    pairs = list(combinations(range(40), 2))
    both = sum(clusters[i] == clusters[j] and labels[i] == labels[j] for i, j in pairs)
    first = sum(clusters[i] == clusters[j] for i, j in pairs)
    second = sum(labels[i] == labels[j] for i, j in pairs)
    expected = first * second / len(pairs)
    wanted = (both - expected) / ((first + second) / 2 - expected)
    assert adjusted_rand_index(*draw(seed)) == pytest.approx(wanted)


def test_names_of_clusters_do_not_count():
    _, labels = draw(0)
    renamed = 1000 - 3 * labels
    assert purity(renamed, labels) == adjusted_rand_index(renamed, labels) == 1.0


def test_by_lot_the_index_is_about_zero_and_the_purity_is_not():
    found = [adjusted_rand_index(*draw(seed, n=2000)) for seed in range(20)]
    assert abs(sum(found) / 20) < 0.002
    assert purity(*draw(0, n=2000)) > 1 / 3


def test_a_cluster_for_each_code_is_pure():
    _, labels = draw(0)
    assert purity(torch.arange(40), labels) == 1.0
    assert adjusted_rand_index(torch.arange(40), labels) == 0.0


def test_k_means_finds_clusters_that_are_there():
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(90) % 3
    codes = 10 * torch.eye(3)[labels] + torch.randn(90, 3, generator=generator)
    found = k_means(codes.requires_grad_(), 3, seed=0)
    assert found.dtype == torch.int64
    assert adjusted_rand_index(found, labels) == 1.0
    assert torch.equal(found, k_means(codes, 3, seed=0))


def test_standardised_columns_count_alike():
    """A column of large numbers that says nothing drowns the one that does."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(100) % 2
    tells = labels + 0.05 * torch.randn(100, generator=generator)
    codes = torch.stack(
        [tells, 100 * torch.randn(100, generator=generator), torch.ones(100)], dim=1
    )
    assert adjusted_rand_index(k_means(codes, 2, seed=0), labels) < 0.2
    assert adjusted_rand_index(k_means(codes, 2, seed=0, standardise=True), labels) > 0.6


@pytest.mark.parametrize("measure", [purity, adjusted_rand_index])
def test_measures_refuse_what_they_cannot_compare(measure):
    labels = torch.tensor([0, 1, 1])
    with pytest.raises(TypeError, match="clusters"):
        measure(torch.rand(3), labels)
    with pytest.raises(ValueError, match="clusters has length 2"):
        measure(labels[:2], labels)
    with pytest.raises(ValueError, match="at least one"):
        measure(labels[:0], labels[:0])


def test_k_means_refuses_what_it_cannot_divide():
    with pytest.raises(ValueError, match="at most the number of codes, 4"):
        k_means(torch.rand(4, 2), 5, seed=0)
    with pytest.raises(ValueError, match="at least 1"):
        k_means(torch.rand(4, 2), 0, seed=0)
    with pytest.raises(TypeError, match="codes"):
        k_means(torch.ones(4, 2, dtype=torch.long), 2, seed=0)
