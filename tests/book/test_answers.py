"""Answers to the lessons' questions that are a number or a comparison are computed here.

Each test names the words of the answer that it checks, so that neither can change alone. Questions
whose answer is a matter of judgement, or takes a training of minutes, have none.
"""

import functools
import math
import re

import pytest
import torch
from torch import nn

from aeutils import corruption, data, losses
from aeutils.compression import entropy, quantise
from aeutils.losses import contractive
from aeutils.neighbours import propagation
from aeutils.pca import PCA
from course.book import COURSE, lessons


def answer(week, number):
    """Return the answer to a question for discussion, in one line."""
    text = (COURSE / f"week{week:02}.md").read_text(encoding="utf-8")
    questions = lessons.QUESTIONS.search(text)[1]
    item = re.split(r"^\d+\. ", questions, flags=re.MULTILINE)[number]
    return " ".join(item.split("</summary>")[1].split("</details>")[0].split())


@functools.cache
def digits():
    return data.load("mnist").flat()


@functools.cache
def fitted(k):
    return PCA(k).fit(digits().x_train)


def error(reconstruct, x):
    """Return the squared error per image."""
    return float((reconstruct(x) - x).square().sum(1).mean())


# --- Week 1 -------------------------------------------------------------------------------------


def test_few_axes_rebuild_the_test_images_better_and_many_worse():
    assert "At $K = 128$ the order is reversed" in answer(1, 1)
    x, new = digits().x_train, digits().x_test
    assert error(fitted(32).reconstruct, new) < error(fitted(32).reconstruct, x)
    assert error(fitted(128).reconstruct, new) > error(fitted(128).reconstruct, x)


def test_pixels_times_255():
    assert "multiplied by 255²" in answer(1, 2)
    small, large = fitted(32), PCA(32).fit(255 * digits().x_train)
    turned = (small.components_ * large.components_).sum(1).abs()
    torch.testing.assert_close(turned, torch.ones(32), rtol=0, atol=1e-3)  # up to the sign
    shares = small.explained_variance_ratio_, large.explained_variance_ratio_
    torch.testing.assert_close(*shares, rtol=1e-3, atol=0)
    x = digits().x_test
    grown = error(large.reconstruct, 255 * x) / error(small.reconstruct, x)
    assert grown == pytest.approx(255**2, rel=1e-3)


def test_the_most_variance_is_not_the_most_variance_between_classes():
    assert "the second axis has more of its variance between the classes" in answer(1, 3)
    z = fitted(32).transform(digits().x_train)[:, :5]
    means = torch.stack([z[digits().y_train == c].mean(0) for c in range(10)])
    share = means.var(0) / z.var(0)
    assert share[1] > share[0]
    assert share[4] > share[2]


def test_three_linear_layers_are_one_of_their_smallest_rank():
    assert "whose rank is at most $K$" in answer(1, 4)
    torch.manual_seed(0)
    three = nn.Sequential(nn.Linear(50, 20), nn.Linear(20, 4), nn.Linear(4, 50)).double()
    one = torch.func.jacrev(three)(torch.zeros(50).double())
    assert int(torch.linalg.matrix_rank(one)) == 4
    x = torch.randn(10, 50).double()
    torch.testing.assert_close(three(x), x @ one.T + three(torch.zeros(50).double()))


def test_without_centring_one_axis_points_at_the_mean():
    assert "towards the mean image" in answer(1, 5)
    x = digits().x_train
    axes = torch.linalg.svd(x, full_matrices=False)[2][:32]
    assert abs(float(nn.functional.cosine_similarity(axes[0], x.mean(0), dim=0))) > 0.99
    uncentred = error(lambda rows: rows @ axes.T @ axes, x)
    assert error(fitted(32).reconstruct, x) < uncentred < error(fitted(31).reconstruct, x)


def test_twenty_images_from_nineteen_axes():
    assert "the axes have to be stored as well" in answer(1, 6)
    few = digits().x_train[:20]
    pca = PCA(19).fit(few)
    assert error(pca.reconstruct, few) < 1e-6
    stored = pca.components_.numel() + pca.mean_.numel() + pca.transform(few).numel()
    assert stored > few.numel()
    assert error(pca.reconstruct, digits().x_test) > 20


# --- Week 2 -------------------------------------------------------------------------------------


def test_the_floor_of_cross_entropy_is_the_entropy_of_the_pixels():
    assert "Its floor is the sum of the pixels' entropies" in answer(2, 3)
    x = torch.tensor([[0.1, 0.5, 0.7]]).double()
    entropies = -(x * x.log() + (1 - x) * (1 - x).log()).sum()
    at_best = losses.bernoulli_nll(x.logit(), x)
    torch.testing.assert_close(at_best, entropies)
    for step in (-0.1, 0.1):
        assert losses.bernoulli_nll(x.logit() + step, x) > at_best > 0


def test_tied_weights_are_some_of_the_untied_ones():
    assert "It is a constraint" in answer(2, 4)
    x = PCA(8).fit(digits().x_train).transform(digits().x_train[:500])
    x = (x - x.mean(0)).double()
    w = torch.linalg.svd(x, full_matrices=False)[2][:3]  # the best tied linear network, K = 3
    down = torch.linalg.lstsq(x @ w.T, x).solution  # the best decoder to that encoder
    assert error(lambda rows: rows @ w.T @ down, x) <= error(lambda rows: rows @ w.T @ w, x) + 1e-9


def after_an_epoch(batch, rate):
    """Return the error after one epoch of plain gradient descent on losses summed over a batch."""
    x = digits().x_train - digits().x_train.mean(0)
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(784, 32), nn.Linear(32, 784))
    optimizer = torch.optim.SGD(net.parameters(), lr=rate)
    for rows in x[:4608].split(batch):
        optimizer.zero_grad()
        (net(rows) - rows).square().sum().backward()
        optimizer.step()
    with torch.no_grad():
        return error(net, x)


def test_a_sum_over_the_batch_wants_the_same_rate_for_every_batch():
    assert answer(2, 5).startswith("The same rate.")
    small, large = after_an_epoch(64, 5e-5), after_an_epoch(256, 5e-5)
    quarter = after_an_epoch(256, 5e-5 / 4)
    assert abs(small - large) < 0.05 * (quarter - small)


# --- Week 3 -------------------------------------------------------------------------------------


def test_the_smallest_of_several_validation_errors_is_too_small():
    assert "smallest of several tries on one sample" in answer(3, 1)
    g = torch.Generator().manual_seed(0)
    tries = 7.5 + 0.3 * torch.randn(2000, 5, generator=g)  # five networks that are equally good
    assert float(tries.min(dim=1).values.mean()) < 7.3


def test_half_the_step_is_a_bit_only_for_fine_steps():
    assert "Only for fine steps" in answer(3, 2)
    z = torch.randn(100_000, 1, generator=torch.Generator().manual_seed(0))

    def bits(step):
        return entropy(quantise(z, step).unique(return_counts=True)[1])

    assert bits(0.05) - bits(0.1) == pytest.approx(1, abs=0.01)
    assert bits(4) - bits(8) < 0.5


def test_the_error_of_rounding_vanishes_and_that_of_the_bottleneck_stays():
    assert "The rounding error goes to zero with the step" in answer(3, 3)
    x = digits().x_test
    floor = error(fitted(32).reconstruct, x)

    def rounded(pca, step):
        return error(
            lambda rows: pca.inverse_transform((pca.transform(rows) / step).round() * step), x
        )

    errors = [rounded(fitted(32), step) for step in (2.0, 0.5, 0.01)]
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] == pytest.approx(floor, rel=1e-3)
    assert rounded(fitted(128), 0.01) < 0.5 * floor


def test_columns_of_a_code_are_not_independent():
    assert "They are not independent" in answer(3, 5)
    symbols = quantise(fitted(32).transform(digits().x_train)[:, :2], 2.0)
    alone = [entropy(column.unique(return_counts=True)[1]) for column in symbols.T]
    together = entropy(symbols.unique(dim=0, return_counts=True)[1])
    shuffled = symbols.clone()
    shuffled[:, 1] = symbols[torch.randperm(len(symbols)), 1]
    control = entropy(shuffled.unique(dim=0, return_counts=True)[1])
    assert together < control - 0.05  # few counts make both too small; the control is as few
    assert control <= sum(alone) + 1e-6


def test_a_connection_around_the_code_is_seen_by_the_rank():
    assert "what its decoder sees" in answer(3, 6)
    torch.manual_seed(0)
    first, code, up, last = (nn.Linear(*s) for s in ((30, 10), (10, 2), (2, 10), (10, 30)))

    def narrow(x):
        return last(up(code(first(x).tanh())).tanh())

    def around(x):
        kept = first(x).tanh()
        return last(up(code(kept)).tanh() + kept)

    ranks = [
        int(torch.linalg.matrix_rank(torch.func.jacrev(f)(torch.randn(30)), rtol=1e-4))
        for f in (narrow, around)
    ]
    assert ranks == [2, 10]


# --- Week 4 -------------------------------------------------------------------------------------


def test_clamping_alone_is_worth_decibels():
    assert "most of them are exactly 0" in answer(4, 1)
    x = digits().x_test
    noisy = corruption.gaussian(x, 0.5, torch.Generator().manual_seed(0))
    gain = corruption.psnr(noisy.clamp(0, 1), x).mean() - corruption.psnr(noisy, x).mean()
    assert 3 < float(gain) < 4
    grey = torch.full_like(x, 0.5)  # no pixel is 0: the clamp has little to remove
    noisy = corruption.gaussian(grey, 0.5, torch.Generator().manual_seed(0))
    less = corruption.psnr(noisy.clamp(0, 1), grey).mean() - corruption.psnr(noisy, grey).mean()
    assert float(less) < float(gain)


def test_a_noisy_target_has_the_same_minimiser():
    assert "the noise has mean 0" in answer(4, 2)
    g = torch.Generator().manual_seed(0)
    clean = torch.randn(200_000, 3, generator=g) @ torch.randn(3, 3, generator=g)
    first, second = (corruption.gaussian(clean, 0.5, g) for _ in range(2))
    to_clean = corruption.linear_least_squares(first, clean, 0)[0]
    to_noisy = corruption.linear_least_squares(first, second, 0)[0]
    torch.testing.assert_close(to_noisy, to_clean, rtol=0, atol=0.01)


def test_no_denoiser_reaches_an_infinite_psnr():
    assert "Different digits lead to the same noisy image" in answer(4, 3)
    g = torch.Generator().manual_seed(0)
    points = torch.tensor([[-1.0], [1.0]])
    clean = points[torch.randint(2, (20_000,), generator=g)]
    repaired = corruption.ideal_denoiser(corruption.gaussian(clean, 0.8, g), points, 0.8)
    assert error(lambda _: repaired, clean) > 0.2


def test_a_second_pass_of_a_linear_repair_makes_it_worse():
    assert "nor of the σ it was trained on" in answer(4, 5)
    g = torch.Generator().manual_seed(0)
    x, new = digits().x_train, digits().x_test
    repair = corruption.LinearDenoiser().fit(corruption.gaussian(x, 0.5, g), x)
    once = repair(corruption.gaussian(new, 0.5, g))
    assert error(lambda _: repair(once), new) > error(lambda _: once, new)


# --- Week 5 -------------------------------------------------------------------------------------


def test_one_term_of_the_divergence_and_the_other_order():
    assert "falls all the way to 1" in answer(5, 1)
    rho, mean = 0.1, torch.linspace(0.01, 1, 100).double()
    first = rho * (rho / mean).log()
    assert bool((first.diff() < 0).all())
    dead = 1e-12
    swapped = dead * math.log(dead / rho) + (1 - dead) * math.log((1 - dead) / (1 - rho))
    assert swapped == pytest.approx(0.105, abs=0.001)
    assert float(losses.kl_sparsity(torch.zeros(4, 1), rho)) > 1


def test_hutchinson_is_exact_for_one_code_number():
    assert "$v^2=1$" in answer(5, 2)
    torch.manual_seed(0)
    for width, exact in ((1, True), (4, False)):
        encode = nn.Sequential(nn.Linear(20, width), nn.Sigmoid()).double()
        x = torch.rand(5, 20).double()
        estimate, stated = contractive.hutchinson(encode, x, probes=2)
        true = float(contractive.penalty_by_loop(encode, x).detach())
        assert (abs(float(estimate.detach()) - true) < 1e-12) is exact
        assert (stated < 1e-12) is exact


def test_batch_normalisation_divides_the_scale_of_weights_out():
    assert "the function stays the same" in answer(5, 3)
    torch.manual_seed(0)
    net = nn.Sequential(
        nn.Linear(8, 5, bias=False), nn.BatchNorm1d(5, eps=1e-12), nn.Tanh()
    ).double()
    x, steps = torch.randn(64, 8).double(), []
    outputs = []
    for scale in (1.0, 0.5):
        with torch.no_grad():
            net[0].weight.mul_(scale)
        net.zero_grad()
        out = net(x)
        out.square().sum().backward()
        outputs.append(out.detach())
        steps.append(float(net[0].weight.grad.norm() / net[0].weight.detach().norm()))
    torch.testing.assert_close(*outputs)
    assert steps[1] == pytest.approx(4 * steps[0])  # half as large, and its gradient is doubled


def test_the_unit_of_a_code_and_its_penalty():
    assert "a million times the Ω" in answer(5, 4)
    torch.manual_seed(0)
    encode, x = nn.Linear(6, 3).double(), torch.randn(4, 6).double()
    metres = contractive.penalty_by_loop(encode, x)
    millimetres = contractive.penalty_by_loop(lambda rows: 1000 * encode(rows), x)
    assert float((millimetres / metres).detach()) == pytest.approx(1e6)
    constant = contractive.penalty_by_loop(lambda rows: 0 * encode(rows), x)
    assert float(constant.detach()) == 0


def test_half_of_the_pixels_wrong():
    assert "a quarter of the paper pixels is black" in answer(5, 6)
    g = torch.Generator().manual_seed(0)
    wrong = torch.rand(100_000, generator=g) < 0.5
    paper = torch.where(wrong, torch.randint(2, wrong.shape, generator=g), 0).float()
    assert float(paper.mean()) == pytest.approx(0.25, abs=0.01)  # what squared error paints
    assert float(paper.median()) == 0
    assert float(paper.mode().values) == 0


# --- Week 7 -------------------------------------------------------------------------------------


def test_the_second_term_needs_its_margin():
    assert "The second has none without it" in answer(7, 1)
    a, b, same = torch.tensor([[0.0]]), torch.tensor([[3.0]]), torch.tensor([False])
    with_margin = [float(losses.contrastive_loss(s * a, s * b, same, 4)) for s in (1, 2, 4)]
    assert with_margin == [1, 0, 0]
    without = [float(-(s * a - s * b).square().sum()) for s in (1, 2, 4)]
    assert without == sorted(without, reverse=True)
    assert without[-1] < without[-2]


def test_doubling_all_codes():
    assert "Yes, by $m$. Supervised contrastive does not" in answer(7, 2)
    g = torch.Generator().manual_seed(0)
    z, labels = torch.randn(12, 4, generator=g), torch.arange(12) % 3
    assert float(losses.all_pairs_loss(2 * z, labels)) > 1.5 * float(
        losses.all_pairs_loss(z, labels)
    )
    torch.testing.assert_close(losses.supcon_loss(2 * z, labels), losses.supcon_loss(z, labels))


def test_a_wrong_label_flows_as_well_as_a_right_one():
    assert "a wrong label flows as well as a right one" in answer(7, 4)
    g = torch.Generator().manual_seed(0)
    classes = torch.arange(200) % 2
    shares = []
    for wrong, gap in ((False, 12), (True, 12), (False, 2)):
        z = torch.randn(200, 2, generator=g)
        z[:, 0] += gap * classes
        known = torch.full((200,), propagation.UNKNOWN)
        known[:2] = classes[:2]
        known[1] = 0 if wrong else known[1]
        found = propagation.propagate(propagation.neighbour_graph(z, 5), known, 2).argmax(1)
        shares.append(float((found == classes).float().mean()))
    apart, mislabelled, touching = shares
    assert apart == 1
    assert mislabelled == 0.5  # the whole second class has taken its wrong name
    assert touching < 0.95
