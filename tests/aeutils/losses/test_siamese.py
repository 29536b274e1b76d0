"""Losses on pairs against loops and finite differences; pairs counted; propagation at its limit."""

import math

import pytest
import torch

from aeutils import models
from aeutils.losses import pairs, supervised_contrastive, triplets
from aeutils.neighbours import propagation
from aeutils.testing.sealed import ReferenceSealed
from aeutils.training import encoder


def codes(n=8, k=3, seed=0, scale=0.7):
    generator = torch.Generator().manual_seed(seed)
    return scale * torch.randn(n, k, generator=generator, dtype=torch.float64)


LABELS = torch.tensor([3, 1, 3, 5, 1, 3, 5, 3])


# -------------------------------------------------------------------------------------- pairs


def test_pairs_are_what_they_say():
    labels = torch.tensor([7] * 10 + [2] * 5 + [0] * 2 + [9])  # 9 is alone: in no pair of one class
    first, second, same = pairs.random_pairs(labels, 9001, torch.Generator().manual_seed(0))
    assert (first != second).all()
    assert torch.equal(same, labels[first] == labels[second])
    assert int(same.sum()) == 4500
    # first images of positive pairs: equal chances for the 17 that have a partner
    counts = torch.bincount(first[same], minlength=18).double()
    assert counts[17] == 0
    assert (counts[:17] - 4500 / 17).abs().max() < 6 * math.sqrt(4500 / 17)
    # partners of image 0 in positive pairs: its nine others alike; in negative pairs all 8 others
    partners = second[same & (first == 0)]
    assert set(partners.tolist()) == set(range(1, 10))
    assert set(second[~same & (first == 0)].tolist()) == set(range(10, 18))
    again = pairs.random_pairs(labels, 9001, torch.Generator().manual_seed(0))
    assert torch.equal(again[0], first)


@pytest.mark.parametrize("labels", [[1, 1, 1], [1, 2, 3]])
def test_no_pairs_of_one_kind_is_explained(labels):
    with pytest.raises(ValueError, match="two classes and a class of two"):
        pairs.random_pairs(torch.tensor(labels), 4)


# -------------------------------------------------------------------------------------- losses


def test_contrastive_loss_by_hand():
    a = torch.zeros(3, 2)
    b = torch.tensor([[3.0, 4.0], [0.6, 0.8], [6.0, 8.0]])
    same = torch.tensor([1, 0, 0])
    assert float(pairs.contrastive_loss(a, b, same, 2.0)) == pytest.approx((25 + 1 + 0) / 3)


def test_gradients_are_those_of_finite_differences():
    same = torch.tensor([True, False, True, False, False, True, False, False])
    b = codes(seed=1)
    for loss in (
        lambda z: pairs.contrastive_loss(z, b, same, 1.5),
        lambda z: pairs.all_pairs_loss(z, LABELS, 1.5),
        lambda z: supervised_contrastive.supcon_loss(z, LABELS, 0.3),
        lambda z: triplets.hardest_triplet_loss(z, LABELS, 0.7),
    ):
        assert torch.autograd.gradcheck(loss, codes().requires_grad_(), atol=1e-6)


@pytest.mark.parametrize("margin", [0.5, 1.5])
def test_all_pairs_are_all_pairs(margin):
    z = codes()
    near, far = [], []
    for i in range(8):
        for j in range(i):
            d = float((z[i] - z[j]).norm())
            if LABELS[i] == LABELS[j]:
                near.append(d**2)
            else:
                far.append(max(0, margin - d) ** 2)
    expected = (sum(near) / len(near) + sum(far) / len(far)) / 2
    assert float(pairs.all_pairs_loss(z, LABELS, margin)) == pytest.approx(expected, abs=1e-12)
    one_kind = pairs.all_pairs_loss(z[:3], torch.arange(3), margin)
    assert torch.isfinite(one_kind)


def test_equal_codes_have_finite_gradients():
    z = torch.ones(4, 2, requires_grad=True)
    labels = torch.tensor([0, 0, 1, 1])
    total = pairs.all_pairs_loss(z, labels) + triplets.hardest_triplet_loss(z, labels)
    total = total + pairs.contrastive_loss(z, z.detach(), labels, 1.0)
    (total + supervised_contrastive.supcon_loss(z, labels)).backward()
    assert torch.isfinite(z.grad).all()


def test_supcon_by_loops_and_without_overflow():
    z, t = codes(), 0.25
    u = z / z.norm(dim=1, keepdim=True)
    each = []
    for i in range(8):
        below = sum(math.exp(float(u[i] @ u[a]) / t) for a in range(8) if a != i)
        logs = [
            math.log(math.exp(float(u[i] @ u[p]) / t) / below)
            for p in range(8)
            if p != i and LABELS[p] == LABELS[i]
        ]
        each.append(-sum(logs) / len(logs))
    assert float(supervised_contrastive.supcon_loss(z, LABELS, t)) == pytest.approx(
        sum(each) / 8, abs=1e-12
    )
    assert torch.isfinite(supervised_contrastive.supcon_loss(z.float(), LABELS, 1e-3))
    assert (
        float(supervised_contrastive.supcon_loss(z, torch.arange(8), t)) == 0
    )  # nobody has a partner
    assert float(supervised_contrastive.supcon_loss(5 * z, LABELS, t)) == pytest.approx(
        sum(each) / 8
    )


def test_triplets_by_hand():
    anchor, positive, negative = (torch.tensor([[v], [0.0]]) for v in (0.0, 1.0, 3.0))
    assert float(triplets.triplet_loss(anchor, positive, negative, 10.0)) == pytest.approx(
        (1 - 9 + 10 + 10) / 2
    )
    z, labels = torch.tensor([[0.0], [1.0], [1.5], [9.0]]), torch.tensor([0, 0, 1, 2])
    # anchors 0 and 1; 2 and 3 have no positive: D₊ = 1, D₋ = 1.5 and 0.5
    found = triplets.hardest_triplet_loss(z, labels, 1.0)
    assert float(found) == pytest.approx(((1 - 1.5 + 1) + (1 - 0.5 + 1)) / 2, abs=1e-5)


@pytest.mark.parametrize(
    ("call", "match"),
    [
        (lambda: pairs.contrastive_loss(codes(4), codes(5), LABELS[:4]), "equal"),
        (lambda: pairs.contrastive_loss(codes(4), codes(4), LABELS), "same must have shape"),
        (lambda: pairs.all_pairs_loss(codes(), LABELS, -1.0), "margin"),
        (lambda: supervised_contrastive.supcon_loss(codes(), LABELS, 0.0), "temperature"),
        (lambda: supervised_contrastive.supcon_loss(codes(), LABELS[:3]), "length 3"),
    ],
)
def test_bad_input_is_explained(call, match):
    with pytest.raises(ValueError, match=match):
        call()


# -------------------------------------------------------------------------------------- training


def clouds(n=200):
    generator = torch.Generator().manual_seed(0)
    y = torch.arange(n) % 4
    middles = torch.randn(4, 10, generator=generator)
    return middles[y] + 0.6 * torch.randn(n, 10, generator=generator), y


def test_fit_encoder_lowers_the_loss_and_repeats():
    x, y = clouds()
    runs = []
    for _ in range(2):
        torch.manual_seed(0)
        model = models.mlp((10, 16, 2))
        seen = []
        history = encoder.fit_encoder(
            model, x, y, supervised_contrastive.supcon_loss, epochs=4, batch_size=50, lr=1e-2,
            after_epoch=seen.append,
        )  # fmt: skip
        assert seen == [1, 2, 3, 4]
        assert not model.training
        runs.append(history.train_loss)
    assert runs[0] == runs[1]
    assert len(runs[0]) == 16
    assert sum(runs[0][-4:]) < sum(runs[0][:4])


def test_pairs_of_one_class_alone_collapse():
    x, y = clouds()
    spread = {}
    for name, loss in {
        "positives only": lambda z, y: (z[:, None] - z)[y[:, None] == y].square().mean(),
        "both": lambda z, y: pairs.all_pairs_loss(z, y, 1.0),
    }.items():
        torch.manual_seed(0)
        model = models.mlp((10, 16, 2))
        encoder.fit_encoder(model, x, y, loss, epochs=40, batch_size=50, lr=1e-2)
        spread[name] = float(model(x).detach().std(dim=0).mean())
    assert spread["positives only"] < 0.1 * spread["both"]


def test_a_diverged_loss_is_an_error():
    from aeutils.training import TrainingDiverged

    x, y = clouds()
    with pytest.raises(TrainingDiverged):
        encoder.fit_encoder(models.mlp((10, 2)), x, y, lambda z, y: z.sum() * math.nan, epochs=1)


# -------------------------------------------------------------------------------------- propagation


def test_the_graph_is_symmetric_and_without_loops():
    z = codes(60, 4)
    near = torch.cdist(z, z).fill_diagonal_(torch.inf).topk(3, largest=False).indices
    expected = torch.zeros(60, 60)
    expected.scatter_(1, near, 1.0)
    expected = torch.maximum(expected, expected.T)
    assert torch.equal(propagation.neighbour_graph(z, 3).to_dense(), expected)


@pytest.mark.parametrize("sparse", [False, True])
def test_many_steps_reach_the_limit(sparse):
    weights = propagation.neighbour_graph(codes(40, 3), 4).to_dense()
    weights[5], weights[:, 5] = 0, 0  # an image without an edge
    labels = torch.full((40,), -1)
    labels[:6] = torch.arange(6) % 3
    found = propagation.propagate(
        weights.to_sparse() if sparse else weights, labels, 3, alpha=0.8, steps=200
    )
    degree = weights.sum(1).double()
    scale = torch.where(degree > 0, 1 / degree.clamp_min(1).sqrt(), 0.0)
    start = propagation.one_hot_known(labels, 3).double()
    matrix = torch.eye(40, dtype=torch.float64) - 0.8 * scale[:, None] * weights.double() * scale
    torch.testing.assert_close(
        found.double(), 0.2 * torch.linalg.solve(matrix, start), atol=1e-5, rtol=1e-4
    )
    assert found[5].tolist() == pytest.approx(start[5].mul(0.2).tolist())


def test_two_labels_name_two_clouds():
    x, y = clouds(400)
    labels = torch.full((400,), -1)
    labels[:4] = y[:4]
    spread = propagation.spread_labels(x, labels, 4, k=8)
    assert float((spread == y).double().mean()) > 0.9


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"alpha": 1.0}, "alpha"),
        ({"labels": torch.tensor([0, 3])}, "labels"),
        ({"labels": torch.tensor([0])}, "weights must have shape"),
    ],
)
def test_bad_propagation_is_explained(change, match):
    given = {"weights": torch.zeros(2, 2), "labels": torch.tensor([0, -1]), "classes": 2}
    with pytest.raises(ValueError, match=match):
        propagation.propagate(**(given | change))


def test_twins_are_sealed_while_week_7_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "week07_siamese")
    for call in (
        lambda: pairs.random_pairs(LABELS, 4),
        lambda: pairs.contrastive_loss(codes(), codes(), LABELS),
        lambda: pairs.all_pairs_loss(codes(), LABELS),
        lambda: supervised_contrastive.supcon_loss(codes(), LABELS),
        lambda: propagation.propagate(torch.zeros(1, 1), torch.zeros(1).long(), 1),
    ):
        with pytest.raises(ReferenceSealed, match="week07_siamese"):
            call()
