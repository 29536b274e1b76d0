"""The measures against brute force over all pairs, and against scikit-learn."""

import pytest
import torch
from sklearn.metrics import roc_auc_score
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from aeutils.embeddings import class_similarity, knn_accuracy, pair_auc
from aeutils.neighbours.exact import nearest_neighbours


def codes(n: int = 60, k: int = 5, classes: int = 4, seed: int = 0, shift: float = 0.7):
    """Codes with some class structure and a common offset; every class has n / classes members."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % classes
    centres = torch.randn(classes, k, generator=generator, dtype=torch.float64)
    noise = torch.randn(n, k, generator=generator, dtype=torch.float64)
    return centres[labels] + noise + shift, labels


def brute_force(z: torch.Tensor, labels: torch.Tensor, centre: bool, renormalise: bool):
    """The definition: means over the (N, N) matrix of cosines, self-pairs left out."""
    z = z.double() - (z.double().mean(dim=0) if centre else 0)
    cosine = torch.from_numpy(cosine_similarity(z.numpy()))
    if renormalise:
        cosine = (1 + cosine) / 2
    other = ~torch.eye(len(z), dtype=torch.bool)
    same, diff = [], []
    for c in labels.unique():
        own = labels == c
        same.append(cosine[own][:, own][other[own][:, own]].mean())
        diff.append(cosine[own][:, ~own].mean())
    return torch.stack(same), torch.stack(diff)


@pytest.mark.parametrize("centre", [False, True])
@pytest.mark.parametrize("renormalise", [False, True])
@pytest.mark.parametrize("sizes", [(60, 5, 4), (31, 3, 2), (40, 100, 7)])
def test_class_similarity_equals_the_mean_over_all_pairs(sizes, centre, renormalise):
    z, labels = codes(*sizes)
    z[3] = 0  # a vector without direction has cosine 0
    result = class_similarity(z, labels, centre=centre, renormalise=renormalise)
    same, diff = brute_force(z, labels, centre, renormalise)
    torch.testing.assert_close(result.same, same, rtol=0, atol=1e-12)
    torch.testing.assert_close(result.diff, diff, rtol=0, atol=1e-12)
    torch.testing.assert_close(result.ratio, same / diff, rtol=1e-9, atol=0)
    assert result.classes.tolist() == labels.unique().tolist()


def test_the_two_definitions_of_similarity():
    """One class at 0° and 60°, the other at 90° and 90°: the numbers by hand."""
    z = torch.tensor([[1.0, 0.0], [0.5, 0.75**0.5], [0.0, 2.0], [0.0, 1.0]])
    labels = torch.tensor([0, 0, 1, 1])
    diff = 0.75**0.5 / 2  # the mean of cos 90° and cos 30°
    raw = class_similarity(z, labels, renormalise=False)
    assert raw.same.tolist() == pytest.approx([0.5, 1], abs=1e-7)
    assert raw.diff.tolist() == pytest.approx([diff, diff], abs=1e-7)
    shown = class_similarity(z, labels)
    assert shown.same.tolist() == pytest.approx([0.75, 1], abs=1e-7)
    assert shown.ratio.tolist() == pytest.approx([1.5 / (1 + diff), 2 / (1 + diff)], abs=1e-6)


def test_class_similarity_takes_any_integer_labels_and_unequal_classes():
    z, _ = codes(12)
    labels = torch.tensor([7, 7, -2, 7, -2, 7, 7, 7, -2, 40, 40, 7], dtype=torch.int32)
    result = class_similarity(z.float(), labels)
    same, diff = brute_force(z.float(), labels, False, True)
    assert result.classes.tolist() == [-2, 7, 40]
    torch.testing.assert_close(result.same, same, rtol=0, atol=1e-12)
    torch.testing.assert_close(result.diff, diff, rtol=0, atol=1e-12)


def test_an_offset_hides_the_classes_and_centring_brings_them_back():
    z, labels = codes(shift=0.0)
    far = class_similarity(z + 1000, labels)
    assert far.mean_ratio == pytest.approx(1, abs=1e-3)
    again = class_similarity(z + 1000, labels, centre=True).mean_ratio
    assert again == pytest.approx(class_similarity(z, labels, centre=True).mean_ratio, rel=1e-9)
    assert again > 1.1


def test_a_collapsed_code_shows_no_separation():
    z = torch.full((20, 3), 0.1)
    labels = torch.arange(20) % 2
    assert class_similarity(z, labels, centre=True).ratio.tolist() == [1, 1]
    assert pair_auc(z, labels) == 0.5


def test_the_table_lists_each_class_and_the_mean():
    z, labels = codes()
    result = class_similarity(z, labels)
    lines = str(result).splitlines()
    assert len(lines) == 6
    assert f"{result.mean_ratio:.3f}" in lines[-1]


@pytest.mark.parametrize("centre", [False, True])
def test_pair_auc_equals_scikit_learn(centre):
    z, labels = codes(45)
    z[10], z[11] = z[0], z[1]  # equal codes make equal cosines: ties
    row, column = torch.triu_indices(45, 45, offset=1)
    cosine = cosine_similarity((z - z.mean(dim=0) if centre else z).numpy()).round(12)
    expected = roc_auc_score((labels[row] == labels[column]).numpy(), cosine[row, column])
    assert pair_auc(z, labels, centre=centre) == pytest.approx(expected, abs=1e-12)


def test_pair_auc_of_a_sample_is_repeatable_and_near_the_whole():
    z, labels = codes(900)
    whole = pair_auc(z, labels)
    part = pair_auc(z, labels, sample=300, seed=1)
    assert part == pair_auc(z, labels, sample=300, seed=1)
    assert part != pair_auc(z, labels, sample=300, seed=2)
    assert part == pytest.approx(whole, abs=0.03)


def test_pair_auc_of_shuffled_labels_is_chance():
    z, labels = codes(600)
    shuffled = labels[torch.randperm(600, generator=torch.Generator().manual_seed(0))]
    assert pair_auc(z, shuffled) == pytest.approx(0.5, abs=0.01)
    assert pair_auc(z, labels) > 0.6


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("k", [1, 3, 7])
def test_knn_equals_scikit_learn(metric, k):
    z, labels = codes(301, classes=2)
    z_train, y_train, z_test, y_test = z[:200].clone(), labels[:200], z[200:], labels[200:]
    z_train[0] = 0
    # Two classes and odd k: no ties, which scikit-learn would break differently.
    model = KNeighborsClassifier(k, metric=metric, algorithm="brute").fit(z_train, y_train)
    expected = model.score(z_test, y_test)
    found = knn_accuracy(z_train, y_train, z_test, y_test, k=k, metric=metric, chunk=17)
    assert found == pytest.approx(expected, abs=1e-12)
    assert 0.5 < found < 1


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize(
    "scale",
    [(1, 1, 1, 1, 1), (1000, 1, 1, 1, 1), (1e-12,) * 5, (1e19,) * 5],
    ids=["plain", "one wide axis", "tiny", "huge"],
)
def test_neighbours_of_float32_codes_are_those_of_float64(metric, scale):
    z, _ = codes(2000)
    z = (z * torch.tensor(scale, dtype=torch.float64)).float()
    train, test = z[:1700].contiguous(), z[1700:].contiguous()
    model = NearestNeighbors(n_neighbors=5, metric=metric, algorithm="brute")
    expected = model.fit(train.double()).kneighbors(test.double(), return_distance=False)
    found = nearest_neighbours(train, test, metric=metric, chunk=77)
    assert found.tolist() == expected.tolist()


def test_tight_clusters_far_apart_are_searched_in_float64():
    """Within a cluster the distances are far below what float32 can tell at this scale."""
    generator = torch.Generator().manual_seed(0)
    z = torch.rand(600, 2, generator=generator) / 2**13
    z = torch.where(torch.arange(600)[:, None] % 3 == 2, z + 100, z)
    train, test = z[:500].contiguous(), z[500:].contiguous()
    model = NearestNeighbors(n_neighbors=5, algorithm="kd_tree").fit(train.double())
    distance, _ = model.kneighbors(test.double())
    found = nearest_neighbours(train, test)
    exact = (train[found].double() - test[:, None].double()).norm(dim=2)
    torch.testing.assert_close(exact, torch.from_numpy(distance))  # ties may have either order


def test_equal_float32_codes_tie_and_leave_only_themselves_out():
    z = torch.rand(30, 3, generator=torch.Generator().manual_seed(0)).repeat_interleave(3, dim=0)
    nearest = nearest_neighbours(z, z.clone(), k=2, leave_one_out=True)
    assert torch.equal(nearest // 3, (torch.arange(90) // 3)[:, None].expand(90, 2))
    assert not (nearest == torch.arange(90)[:, None]).any()


def test_knn_survives_a_large_offset():
    z, labels = codes(300, classes=2)
    parts = labels[:200], labels[200:]
    near = knn_accuracy(z[:200], parts[0], z[200:], parts[1])
    far = z + 1e6
    assert knn_accuracy(far[:200], parts[0], far[200:], parts[1]) == near


def test_knn_on_its_own_training_data_leaves_the_query_out():
    z = torch.tensor([[0.0], [0.1], [10.0], [10.1]])
    unlike, pairs = torch.tensor([0, 1, 2, 3]), torch.tensor([0, 0, 2, 2])
    assert knn_accuracy(z, unlike, z, unlike, k=1, leave_one_out=True) == 0
    assert knn_accuracy(z, pairs, z, pairs, k=1, leave_one_out=True) == 1
    assert knn_accuracy(z, unlike, z, unlike, k=1) == 1  # each finds itself: nothing is guessed
    twins = torch.zeros(4, 2)  # all equal: still never the query itself
    alone = knn_accuracy(twins, unlike, twins.clone(), unlike, k=1, chunk=3, leave_one_out=True)
    assert alone == 0


def test_a_tied_vote_goes_to_the_nearer_class():
    z_train = torch.tensor([[1.0], [-2.0], [3.0], [-4.0]])
    query = torch.zeros(1, 1)
    for first, second in ((0, 1), (1, 0)):
        y_train = torch.tensor([first, second, second, first])
        assert knn_accuracy(z_train, y_train, query, torch.tensor([first]), k=2) == 1
        assert knn_accuracy(z_train, y_train, query, torch.tensor([first]), k=4) == 1
        assert knn_accuracy(z_train, y_train, query, torch.tensor([second]), k=3) == 1


def test_codes_that_need_gradients_are_fine():
    z, labels = codes()
    z = z.float().requires_grad_()
    assert class_similarity(z, labels).ratio.requires_grad is False
    assert knn_accuracy(z, labels, z, labels) > 0
    assert pair_auc(z, labels) > 0.5


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda z, y: class_similarity(z, torch.arange(len(z)) // (len(z) - 1)), "one member"),
        (lambda z, y: class_similarity(z, torch.zeros_like(y)), "one class only"),
        (lambda z, y: class_similarity(z, y[:-1]), "length 59"),
        (lambda z, y: class_similarity(z[:, :, None], y), r"shape \(60, 5, 1\)"),
        (lambda z, y: pair_auc(z, y, sample=1), "sample"),
        (lambda z, y: pair_auc(z * torch.nan, y), "NaN"),
        (lambda z, y: knn_accuracy(z, y, z[:, :2], y), "5 columns and z_test has 2"),
        (lambda z, y: knn_accuracy(z, y, z, y, k=60, leave_one_out=True), "between 1 and 59"),
        (lambda z, y: nearest_neighbours(z, z[:9], leave_one_out=True), "9 test codes"),
        (lambda z, y: knn_accuracy(z, y, z[:9], y[:9], k=0), "between 1 and 60"),
        (lambda z, y: knn_accuracy(z, y, z, y, metric="l1"), "'l1'"),
    ],
)
def test_bad_input_is_named(call, message):
    z, labels = codes()
    with pytest.raises(ValueError, match=message):
        call(z, labels)


def test_labels_must_be_integers():
    z, labels = codes()
    with pytest.raises(TypeError, match="integers"):
        class_similarity(z, labels.float())
