"""Distances, retrieval, silhouettes, neighbourhoods, probes, maps and jitter: by hand, or SciPy."""

import math
from xml.etree import ElementTree

import pytest
import torch
from scipy.spatial.distance import cdist
from scipy.stats import skew
from sklearn.metrics import average_precision_score
from sklearn.neighbors import NearestCentroid

from aeutils.corruption.affine_jitter import jitter
from aeutils.embeddings import auc, projections
from aeutils.embeddings.distances import METRICS, distance_table, distances
from aeutils.embeddings.neighbourhoods import (
    hubness,
    neighbour_overlap,
    occurrences,
    trustworthiness,
)
from aeutils.embeddings.probes import linear_probe, prototype_accuracy
from aeutils.embeddings.retrieval import average_precision, mean_average_precision
from aeutils.embeddings.silhouettes import silhouette
from aeutils.testing.sealed import ReferenceSealed
from aeutils.widgets.hover_map import hover_map


def codes(n=60, k=5, classes=4, seed=0, gap=1.0):
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % classes
    centres = gap * torch.randn(classes, k, generator=generator, dtype=torch.float64)
    return centres[labels] + torch.randn(n, k, generator=generator, dtype=torch.float64), labels


# --- distances ---------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", METRICS)
def test_distances_are_those_of_scipy(metric):
    a, b = codes(7)[0], codes(9, seed=1)[0]
    name = {"manhattan": "cityblock"}.get(metric, metric)
    expected = torch.from_numpy(cdist(a.numpy(), b.numpy(), name))
    torch.testing.assert_close(distance_table(a, b, metric), expected, rtol=0, atol=1e-12)
    rows = distances(a, b[:7])[METRICS.index(metric)]
    torch.testing.assert_close(rows, expected[:, :7].diagonal(), rtol=0, atol=1e-12)


def test_a_zero_row_has_cosine_distance_one():
    zero, other = torch.zeros(1, 3), torch.ones(1, 3)
    for a, b in ((zero, other), (other, zero), (zero, zero)):
        assert float(distances(a, b)[2]) == 1
    assert float(distance_table(zero, other, "cosine")) == 1


def test_small_differences_at_a_large_offset_keep_their_digits():
    a = torch.tensor([[1000.0, 1000.0]])
    b = torch.tensor([[1000.0, 1000.0625]])
    assert float(distance_table(a, b)) == 0.0625


# --- the area under the curve --------------------------------------------------------------------


def test_auc_counts_pairs_and_halves_ties():
    assert auc(torch.tensor([3.0, 2.0]), torch.tensor([1.0, 2.0])) == pytest.approx(3.5 / 4)
    assert auc(torch.zeros(3), torch.zeros(5)) == 0.5
    assert auc(torch.tensor([1.0]), torch.tensor([0.0])) == 1
    generator = torch.Generator().manual_seed(0)
    same = torch.randint(9, (40,), generator=generator).float()
    diff = torch.randint(8, (70,), generator=generator).float()
    wins = (same[:, None] > diff).double() + 0.5 * (same[:, None] == diff).double()
    assert auc(same, diff) == pytest.approx(float(wins.mean()), abs=1e-12)


# --- retrieval -----------------------------------------------------------------------------------


def test_average_precision_by_hand():
    ranked = torch.tensor([[True, False, True, False], [False, False, False, True]])
    expected = torch.tensor([(1 + 2 / 3) / 2, 1 / 4], dtype=torch.float64)
    torch.testing.assert_close(average_precision(ranked), expected)


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_map_is_scikit_learns_mean_over_queries(metric, monkeypatch):
    z, labels = codes(41)
    similarity = -cdist(z.numpy(), z.numpy(), metric)
    expected = []
    for i in range(len(z)):
        others = [j for j in range(len(z)) if j != i]
        hits = (labels[others] == labels[i]).numpy()
        expected.append(average_precision_score(hits, similarity[i, others]))
    monkeypatch.setattr("aeutils.embeddings.retrieval.CHUNK", 7)
    found = mean_average_precision(z, labels, metric)
    assert found == pytest.approx(sum(expected) / len(expected), abs=1e-12)


def test_an_equal_code_is_ranked_and_the_query_is_not():
    z = torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    assert mean_average_precision(z, torch.tensor([0, 1, 0, 1])) < 0.5
    assert mean_average_precision(z, torch.tensor([0, 0, 1, 1])) == 1


# --- silhouettes ---------------------------------------------------------------------------------


def test_silhouette_by_hand():
    z, labels = torch.tensor([[0.0], [1.0], [4.0], [6.0]]), torch.tensor([3, 3, 8, 8])
    each = [(5 - 1) / 5, (4 - 1) / 4, (3.5 - 2) / 3.5, (5.5 - 2) / 5.5]
    assert silhouette(z, labels) == pytest.approx(sum(each) / 4, abs=1e-12)


def test_silhouette_depends_on_the_distance():
    z, labels = codes(90)
    assert silhouette(z, labels) != pytest.approx(silhouette(z, labels, "cosine"), abs=1e-3)
    part = silhouette(z, labels, sample=50, seed=3)
    assert part == silhouette(z, labels, sample=50, seed=3) != silhouette(z, labels)


# --- neighbourhoods ------------------------------------------------------------------------------


def test_overlap_by_hand():
    a = torch.tensor([[0.0], [1.0], [2.0], [10.0]])
    b = torch.tensor([[0.0], [1.0], [10.0], [2.0]])  # the last two have changed places
    # nearest in a: 1, 0 (the first of equals), 1, 2; in b: 1, 0, 3, 1
    assert neighbour_overlap(a, b, 1) == 0.5
    assert neighbour_overlap(a, a.clone(), 2) == 1
    assert neighbour_overlap(a, b, 3) == 1  # everybody else


def test_overlap_of_unrelated_rows_is_chance():
    a, b = codes(400, gap=0.0)[0], codes(400, seed=1, gap=0.0)[0]
    assert neighbour_overlap(a, b, 20) == pytest.approx(20 / 399, abs=0.01)
    assert neighbour_overlap(a, 3 * a + 1, 20) == 1
    assert trustworthiness(a, 3 * a + 1) == 1
    assert trustworthiness(a, b) == pytest.approx(0.5, abs=0.05)


def test_hubness_is_the_skewness_of_the_counts():
    z, _ = codes(300, k=40, gap=0.0)
    counts = occurrences(z, 5)
    assert int(counts.sum()) == 5 * 300
    assert hubness(z, 5) == pytest.approx(float(skew(counts.numpy())), abs=1e-12)
    assert hubness(z, 5) > hubness(z[:, :2].contiguous(), 5) + 0.5
    ring = torch.arange(40) * (2 * math.pi / 40)
    circle = torch.stack([ring.cos(), ring.sin()], dim=1).double()
    assert hubness(circle, 2) == 0  # everybody is a neighbour twice


def test_nobody_is_a_neighbour_of_itself():
    star = torch.cat([torch.zeros(1, 4), torch.eye(4)])
    assert occurrences(star, 1).tolist()[0] == 4


# --- probes --------------------------------------------------------------------------------------


def test_prototypes_agree_with_scikit_learn_on_the_sphere():
    (z, y), (z_test, y_test) = codes(200, seed=0, gap=0.7), codes(200, seed=0, gap=0.7)
    z_test = z_test + 0.8 * torch.randn(z_test.shape, generator=torch.Generator().manual_seed(5))
    mean = z.mean(dim=0)
    units = torch.nn.functional.normalize(z - mean)
    centroids = NearestCentroid().fit(units.numpy(), y.numpy()).centroids_
    # the largest cosine is the smallest Euclidean distance between points of length 1
    prototypes = torch.nn.functional.normalize(torch.from_numpy(centroids))
    found = torch.cdist(torch.nn.functional.normalize(z_test - mean), prototypes).argmin(dim=1)
    expected = float((found == y_test).double().mean())
    assert prototype_accuracy(z, y, z_test, y_test) == pytest.approx(expected, abs=1e-12)
    assert 0.3 < expected < 1
    assert prototype_accuracy(z, 5 * y - 7, z_test, 5 * y_test - 7) == expected


def test_probes_find_what_is_linear_and_nothing_in_noise():
    z, y = codes(400, gap=4.0)
    assert linear_probe(z[:200], y[:200], z[200:], y[200:]) > 0.97
    noise = torch.randn(400, 5, generator=torch.Generator().manual_seed(1))
    assert linear_probe(noise[:200], y[:200], noise[200:], y[200:]) < 0.4
    assert prototype_accuracy(noise[:200], y[:200], noise[200:], y[200:]) < 0.4


def test_a_probe_does_not_care_about_units_or_dead_columns():
    z, y = codes(300)
    scaled = torch.cat([z * torch.tensor([1e-3, 1, 10, 1e4, 1]), torch.full((300, 1), 7.0)], 1)
    plain = linear_probe(z[:200], y[:200], z[200:], y[200:])
    assert linear_probe(scaled[:200], y[:200], scaled[200:], y[200:]) == plain


# --- maps and jitter -----------------------------------------------------------------------------


def test_maps_have_two_columns_and_are_repeatable():
    z, labels = codes(80, gap=6.0)
    assert projections.pca_map(z).shape == (80, 2)
    drawn = projections.tsne(z, perplexity=10, steps=250)
    assert torch.equal(drawn, projections.tsne(z, perplexity=10, steps=250))
    assert drawn.shape == (80, 2)
    assert silhouette(drawn, labels) > 0.5


def test_umap_is_optional():
    z, _ = codes(60)
    if projections.has_umap():
        assert projections.umap(z).shape == (60, 2)
    else:
        with pytest.raises(ImportError, match="pip install umap-learn"):
            projections.umap(z)


def test_jitter_moves_every_image_in_its_own_way():
    x = torch.zeros(50, 1, 28, 28)
    x[:, :, 10:18, 12:16] = 1
    made = jitter(x, torch.Generator().manual_seed(0))
    assert torch.equal(made, jitter(x, torch.Generator().manual_seed(0)))
    assert not torch.equal(made[0], made[1])
    assert float(made.min()) >= 0
    assert float(made.max()) <= 1 + 1e-6
    rows = jitter(x.flatten(1), torch.Generator().manual_seed(0))
    assert torch.equal(rows.reshape(x.shape), made)
    still = jitter(x, None, 0.0, 0.0, 0.0, 0.0)
    torch.testing.assert_close(still, x)


def test_jitter_shifts_by_pixels_and_turns_by_degrees():
    x = torch.zeros(200, 1, 28, 28)
    x[:, 0, 13:15, 13:15] = 1
    made = jitter(x, torch.Generator().manual_seed(0), 0.0, 0.0, 0.0, 2.0)
    place = torch.arange(28.0)
    across = (made.sum(dim=2)[:, 0] * place).sum(1) / made.sum(dim=(1, 2, 3)) - 13.5
    assert float(across.abs().max()) <= 2 + 1e-4
    assert float(across.abs().max()) > 1.8
    bar = torch.zeros(200, 1, 28, 28)
    bar[:, 0, 2:26, 13:15] = 1
    turned = jitter(bar, torch.Generator().manual_seed(0), 20.0, 0.0, 0.0, 0.0)
    top = (turned[:, 0, 3] * place).sum(1) / turned[:, 0, 3].sum(1) - 13.5  # 10.5 pixels up
    assert float(top.abs().max()) == pytest.approx(10.5 * math.tan(math.radians(20)), abs=0.5)


def test_hover_map_holds_every_image_and_escapes_its_title():
    made = hover_map(
        torch.rand(12, 2), torch.rand(12, 1, 8, 8), torch.arange(12) % 3, "<b>", list("abc")
    )
    markup = made._repr_html_()
    assert ElementTree.fromstring(markup).tag == "svg"  # well formed
    assert markup.count("data:image/png;base64,") == 12
    assert markup.count("<title>") == 12
    assert "&lt;b&gt;" in markup
    assert "<b>" not in markup
    assert "12 images of 3 classes" in repr(made)


# --- bad input, and the seal ---------------------------------------------------------------------

Z, Y = codes()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: distances(Z, Z[:, :2]), ValueError, "must be equal"),
        (lambda: distance_table(Z, Z[:, :2]), ValueError, "5 columns and b has 2"),
        (lambda: distance_table(Z, Z, "chebyshev"), ValueError, "metric must be one of"),
        (lambda: auc(Z, Z[:, 0]), ValueError, "same must be one or more numbers"),
        (lambda: auc(Z[:, 0], Z[:0, 0]), ValueError, "diff must be one or more numbers"),
        (lambda: average_precision(torch.ones(2, 3)), TypeError, "booleans"),
        (lambda: mean_average_precision(Z, Y[:-1]), ValueError, "length 59"),
        (lambda: mean_average_precision(Z, torch.arange(60)), ValueError, "one member"),
        (lambda: silhouette(Z, 0 * Y), ValueError, "at least 2 classes"),
        (lambda: silhouette(Z, torch.arange(60)), ValueError, "fewer classes than codes"),
        (lambda: neighbour_overlap(Z, Z[:9]), ValueError, "60 rows and b has 9"),
        (lambda: neighbour_overlap(Z, Z, 60), ValueError, "between 1 and 59"),
        (lambda: trustworthiness(Z, Z, 30), ValueError, "below half"),
        (lambda: linear_probe(Z, Y, Z[:, :2], Y), ValueError, "5 columns and z_test has 2"),
        (lambda: prototype_accuracy(Z, Y, Z, Y[:9]), ValueError, "y_test has length 9"),
        (lambda: projections.tsne(Z, perplexity=60), ValueError, "below the number of codes"),
        (lambda: projections.tsne(Z, steps=10), ValueError, "at least 250"),
        (lambda: jitter(torch.rand(3, 10)), ValueError, "square images"),
        (lambda: hover_map(Z[:, :2], torch.rand(3, 1, 4, 4), Y, "x"), ValueError, "3 images"),
    ],
)
def test_bad_input_is_explained(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize(
    "call",
    [
        lambda: distances(Z, Z),
        lambda: auc(Z[:, 0], Z[:, 1]),
        lambda: mean_average_precision(Z, Y),
        lambda: silhouette(Z, Y),
        lambda: neighbour_overlap(Z, Z),
        lambda: prototype_accuracy(Z, Y, Z, Y),
    ],
)
def test_closed_while_week_6_is_graded(call, monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week06_evaluation")
    with pytest.raises(ReferenceSealed, match="week06_evaluation"):
        call()
    monkeypatch.setenv("AEUTILS_SEALED", "week02_vanilla")
    call()
