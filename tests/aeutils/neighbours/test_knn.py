"""Nearest neighbours: tables against loops, ties, oneself, blocks, cells, and their figure."""

import pytest
import torch

from aeutils import plots
from aeutils.embeddings import knn_accuracy
from aeutils.neighbours import cells, exact, knn
from aeutils.testing.sealed import ReferenceSealed


def draw(*shape, seed=0, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def test_squared_distances_are_those_of_loops():
    a, b = draw(5, 3, dtype=torch.float64) + 2, draw(7, 3, seed=1, dtype=torch.float64)
    expected = [[sum((x - y) ** 2 for x, y in zip(p, q, strict=True)) for q in b] for p in a]
    torch.testing.assert_close(
        knn.squared_distances(a, b), torch.tensor(expected, dtype=torch.float64)
    )


def test_equal_rows_are_never_below_zero_apart():
    far = 1000 + draw(60, 20)
    assert float(knn.squared_distances(far, far).min()) == 0


def test_nearest_keeps_the_order_of_ties_and_leaves_out_oneself_by_place():
    table = torch.tensor([[2.0, 1.0, 1.0, 0.0], [5.0, 5.0, 5.0, 5.0]])
    before = table.clone()
    assert knn.nearest(table, 3).tolist() == [[3, 1, 2], [0, 1, 2]]
    equal = torch.zeros(3, 3)
    assert knn.nearest(equal, 2, same=True).tolist() == [[1, 2], [0, 2], [0, 1]]
    assert torch.equal(table, before)
    assert equal.sum() == 0


@pytest.mark.parametrize(
    ("labels", "expected"),
    [([4, 1, 1], 1), ([7, 3, 3, 7], 7), ([9, 2, 2, 5, 5], 2), ([-1, 40], -1), ([6], 6)],
)
def test_votes(labels, expected):
    assert knn.vote(torch.tensor([labels])).tolist() == [expected]


def test_search_and_classify_agree_with_the_three_steps():
    store, queries = draw(300, 6), draw(40, 6, seed=1)
    y = torch.arange(300) % 7
    near = knn.nearest(knn.squared_distances(queries.double(), store.double()), 5)
    assert torch.equal(knn.search(store, queries, 5), near)
    assert torch.equal(knn.search(store, queries, 5, chunk=7), near)
    assert torch.equal(knn.classify(store, y, queries, 5), knn.vote(y[near]))
    own = knn.search(store, store, 1, leave_one_out=True)[:, 0]
    assert (own != torch.arange(300)).all()


@pytest.mark.parametrize("metric", ["euclidean", "cosine"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_one_more_query_changes_nothing_for_the_others(metric, dtype):
    """Leave-one-out is not guessed from the queries: each finds the same in any company."""
    store, more = draw(60, 4, dtype=dtype), draw(1, 4, seed=1, dtype=dtype)
    y, every = torch.arange(60) % 5, torch.arange(60)
    expected = exact.nearest_neighbours(store, torch.cat([store, more]), 3, metric)[:60]
    assert torch.equal(expected[:, 0], every)  # each stored code finds itself
    for queries, rows in (
        (store, every),
        (store.clone(), every),
        (store[:59], every[:59]),
        (store.flip(0), every.flip(0)),
    ):
        assert torch.equal(exact.nearest_neighbours(store, queries, 3, metric), expected[rows])
        assert torch.equal(knn.search(store, queries, 3, metric), expected[rows])
        assert torch.equal(knn.classify(store, y, queries, 1, metric), y[rows])
        right = y[rows].clone()
        assert knn_accuracy(store, y, queries, right, k=1, metric=metric) == 1


@pytest.mark.parametrize(
    "queries",
    [
        draw(60, 4)[:59],
        torch.cat([draw(60, 4), draw(1, 4)]),
        draw(60, 4) + 1e-6,
        draw(60, 4, seed=1),
    ],
    ids=["one less", "one more", "a little different", "different"],
)
@pytest.mark.parametrize(
    "call",
    [
        lambda z, q: exact.nearest_neighbours(z, q, leave_one_out=True),
        lambda z, q: knn.search(z, q, leave_one_out=True),
        lambda z, q: knn.classify(z, torch.zeros(60).long(), q, leave_one_out=True),
        lambda z, q: knn_accuracy(
            z, torch.zeros(60).long(), q, torch.zeros(len(q)).long(), leave_one_out=True
        ),
    ],
    ids=["nearest_neighbours", "search", "classify", "knn_accuracy"],
)
def test_leave_one_out_takes_the_same_codes_twice(call, queries):
    message = f"same codes twice, got 60 training codes and {len(queries)} test codes .* not equal"
    with pytest.raises(ValueError, match=message):
        call(draw(60, 4), queries)


def test_leave_one_out_votes_without_oneself():
    store, y = torch.tensor([[0.0], [1.0], [9.0], [9.5]]), torch.tensor([0, 1, 2, 3])
    assert knn.classify(store, y, store, 1).tolist() == [0, 1, 2, 3]
    assert knn.classify(store, y, store, 1, leave_one_out=True).tolist() == [1, 0, 3, 2]


def test_search_puts_the_earlier_of_equal_codes_first():
    store = torch.tensor([[3.0], [1.0], [1.0], [0.0], [1.0]]).repeat(1, 2)
    assert knn.search(store, torch.tensor([[0.9, 1.0]]), 3).tolist() == [[1, 2, 4]]


@pytest.mark.parametrize("k", [1, 5, 21])
@pytest.mark.parametrize("n", [31, 2000, 5003])
def test_smallest_is_topk(n, k):
    table = draw(6, n)
    values, columns = exact.smallest(table, k)
    expected = table.topk(k, largest=False).values
    assert torch.equal(values, expected)
    assert torch.equal(table.gather(1, columns), expected)


def test_smallest_with_ties_and_infinity():
    table = torch.randint(3, (5, 4000), generator=torch.Generator().manual_seed(0)).float()
    table[:, :3900] = torch.inf
    values, columns = exact.smallest(table, 8)
    assert torch.equal(values, table.topk(8, largest=False).values)
    assert all(len(set(row)) == 8 for row in columns.tolist())


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: knn.squared_distances(draw(2, 3), draw(2, 4)), "same encoder"),
        (lambda: knn.nearest(draw(2, 3), 1, same=True), "square"),
        (lambda: knn.nearest(draw(3, 3), 3, same=True), "at most 2"),
        (lambda: knn.classify(draw(3, 2), torch.arange(2), draw(1, 2), 1), "length 2"),
        (lambda: cells.CellIndex(draw(5, 2), cells=9), "at most 5"),
        (lambda: cells.CellIndex(draw(5, 2), cells=2).search(draw(1, 2), 1, 3), "at most 2"),
        (lambda: cells.recall(torch.zeros(2, 2), torch.zeros(2, 3)), r"shape \(M, k\)"),
    ],
)
def test_bad_input_is_explained(call, match):
    with pytest.raises(ValueError, match=match):
        call()


def test_vote_takes_integers_only():
    with pytest.raises(TypeError, match="integers"):
        knn.vote(torch.zeros(2, 3))


def test_twins_are_sealed_while_week_7_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week07_siamese")
    for call in (
        lambda: knn.squared_distances(draw(2, 2), draw(2, 2)),
        lambda: knn.nearest(draw(2, 2), 1),
        lambda: knn.vote(torch.ones(1, 1).long()),
        lambda: exact.majority(torch.ones(1, 1).long()),
    ):
        with pytest.raises(ReferenceSealed, match="week07_siamese"):
            call()


def test_all_cells_are_exact_and_few_cells_look_at_less():
    store, queries = draw(800, 4), draw(50, 4, seed=1)
    exact = knn.search(store, queries, 6)
    index = cells.CellIndex(store, cells=20)
    assert cells.recall(index.search(queries, 6, probe=20), exact) == 1
    assert index.compared == 820
    recalls = []
    for probe in (1, 2, 6):
        recalls.append(cells.recall(index.search(queries, 6, probe=probe), exact))
        assert index.compared < 820
    assert 0.1 < recalls[0] < recalls[1] < recalls[2]


def test_queries_that_equal_the_middles_find_their_cells():
    """As many cells as codes: every code is a middle, in each round of k-means and as a query."""
    store = torch.tensor([[0.0], [1.0], [3.0], [7.0]])
    index = cells.CellIndex(store, cells=4, rounds=3)
    assert index.counts.tolist() == [1, 1, 1, 1]
    assert torch.equal(index.middles.sort(dim=0).values, store)
    assert index.search(store, k=1, probe=1).flatten().tolist() == [0, 1, 2, 3]
    found = index.search(index.middles, k=1, probe=1).flatten()
    assert torch.equal(store[found], index.middles)
    alone = cells.CellIndex(store[:1], cells=1)
    assert alone.search(alone.middles, k=1).tolist() == [[0]]


def test_cells_without_enough_codes_say_so():
    store = torch.tensor([[0.0], [0.1], [100.0]])
    index = cells.CellIndex(store, cells=2, rounds=5)
    found = index.search(torch.tensor([[99.0]]), k=2)
    assert found.tolist() == [[2, cells.NOTHING]]


def test_recall_counts_in_whatever_order():
    found, exact = torch.tensor([[1, 2, 3]]), torch.tensor([[3, 9, 1]])
    assert cells.recall(found, exact) == pytest.approx(2 / 3)


def test_faiss_is_optional(monkeypatch):
    store = draw(400, 8)
    if cells.has_faiss():
        exact = knn.search(store, draw(20, 8, seed=1), 3)
        assert cells.recall(
            cells.faiss_search(store, draw(20, 8, seed=1), 3), exact
        ) == pytest.approx(1)
    monkeypatch.setitem(__import__("sys").modules, "faiss", None)
    with pytest.raises(ModuleNotFoundError, match="pip install faiss-cpu"):
        cells.faiss_search(store, store, 3)


def test_neighbour_grid_says_how_many_are_of_another_class():
    x, y = torch.rand(6, 64), torch.tensor([0, 0, 0, 1, 1, 1])
    near = {"a": torch.tensor([[1, 2, 3]]), "b": torch.tensor([[3, 4, 5]])}
    figure = plots.neighbour_grid(x[:1], y[:1], x, y, near, "One query")
    assert "a: 1 of 3; b: 3 of 3" in figure.alt_text
    with pytest.raises(ValueError, match="shape"):
        plots.neighbour_grid(x[:2], y[:2], x, y, near, "Two queries")
