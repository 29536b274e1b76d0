"""The adversarial loop: two steps in turn, codes that end up at the prior, repeatable runs."""

import math

import pytest
import torch
from small_runs import X, assert_same_weights, small
from torch import nn

from aeutils import losses, models, training
from aeutils.generation import discriminator_loss, encoder_loss, mmd
from aeutils.testing.sealed import ReferenceSealed


def judge(k=3):
    """Return the same small discriminator every time."""
    with torch.random.fork_rng():
        torch.manual_seed(8)
        return models.mlp((k, 16, 1))


def fit(model, discriminator, x=X, **options):
    options = {"epochs": 2, "batch_size": 16, "progress": False} | options
    return training.fit_adversarial(model, discriminator, x, **options)


def test_a_run_is_two_plain_optimisers_in_turn():
    ours, theirs = (small(), judge()), (small(), judge())
    history = fit(*ours, epochs=6, batch_size=50, lr=1e-2, weight=0.3, seed=5)
    draws = torch.Generator().manual_seed(5)
    optimizers = [torch.optim.AdamW(n.parameters(), 1e-2, (0.5, 0.999), 1e-8, 0.0) for n in theirs]
    cycles = [
        torch.optim.lr_scheduler.OneCycleLR(o, 1e-2, total_steps=6, cycle_momentum=False)
        for o in optimizers
    ]
    model, discriminator = theirs
    for recorded in history.train_loss:
        codes = model.encode(X)
        value = losses.mse(model.decode(codes), X) + 0.3 * encoder_loss(discriminator, codes)
        assert recorded == pytest.approx(value.item(), rel=1e-5)
        optimizers[0].zero_grad()
        value.backward()
        optimizers[0].step()
        optimizers[1].zero_grad()
        prior = torch.randn(codes.shape, generator=draws)
        discriminator_loss(discriminator, codes, prior).backward()
        optimizers[1].step()
        for cycle in cycles:
            cycle.step()
    for network, expected in zip(ours, theirs, strict=True):
        for got, wanted in zip(network.parameters(), expected.parameters(), strict=True):
            torch.testing.assert_close(got, wanted, rtol=1e-3, atol=1e-5)


class Spy(models.Autoencoder):
    """Remember every batch that was encoded."""

    def __init__(self):
        super().__init__((2, 3))
        self.batches = []

    def encode(self, x):
        self.batches.append(x.clone())
        assert self.training
        return super().encode(x)


def test_every_epoch_visits_each_image_once_in_the_order_of_fit():
    rows, spy = torch.arange(50.0)[:, None].expand(50, 2) / 50, Spy()
    history = fit(spy, judge(), rows, epochs=3, seed=2)
    assert [len(batch) for batch in spy.batches] == [16, 16, 16, 2] * 3
    assert history.step == list(range(1, 13))
    order = torch.Generator().manual_seed(2)
    for epoch in range(3):
        visited = torch.cat(spy.batches[4 * epoch : 4 * epoch + 4])
        assert torch.equal(visited, rows[torch.randperm(50, generator=order)])


def test_same_seed_same_result_whatever_the_global_generator():
    runs = []
    for start, seed in ((0, 1), (9, 1), (0, 2)):
        torch.manual_seed(start)
        before, networks = torch.get_rng_state(), (small(), judge())
        history = fit(*networks, seed=seed)
        assert torch.equal(torch.get_rng_state(), before)
        runs.append((history.train_loss, networks))
    assert runs[0][0] == runs[1][0] != runs[2][0]
    for ours, theirs in zip(runs[0][1], runs[1][1], strict=True):
        assert_same_weights(ours, theirs)


def test_codes_move_to_the_prior_and_images_are_still_rebuilt():
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(500, 4, generator=generator) @ torch.randn(4, 12, generator=generator)
    prior = torch.randn(500, 2, generator=generator)
    apart, errors = [], []
    for weight in (0.0, 0.05):
        torch.manual_seed(0)
        model, discriminator = models.Autoencoder((12, 32, 2)), models.mlp((2, 64, 64, 1))
        fit(model, discriminator, x, epochs=60, batch_size=50, lr=5e-3, weight=weight)
        with torch.no_grad():
            apart.append(float(mmd(model.encode(x), prior)))
            errors.append(float(losses.mse(model(x), x)))
    assert apart[1] < 0.02 < 0.1 < apart[0]
    assert errors[1] < 1.1 * errors[0]


def test_both_networks_are_in_eval_mode_after_every_epoch():
    model, discriminator, seen = small(), judge(), []
    fit(
        model, discriminator,
        after_epoch=lambda n: seen.append((n, model.training, discriminator.training)),
    )  # fmt: skip
    assert seen == [(1, False, False), (2, False, False)]


def test_images_and_doubles_and_models_without_a_class_of_ours():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.to_code, self.to_image = nn.Linear(12, 3), nn.Linear(3, 12)

        def encode(self, x):
            return self.to_code(x.flatten(1))

        def decode(self, z):
            return self.to_image(z)

    shapes = []

    def watched(output, target):
        shapes.append((output.shape, target.shape))
        return losses.mse(output, target)

    images = X.reshape(50, 3, 2, 2).double()
    history = fit(Own().double(), judge().double(), images, batch_size=50, loss=watched)
    assert shapes == [((50, 3, 2, 2), (50, 3, 2, 2))] * 2
    assert len(history.train_loss) == 2


def test_a_run_notes_what_it_did():
    training.seed_everything(6)
    history = fit(small(), judge(), epochs=3, loss=losses.hinge_mse, weight=0.25, lr=0.01, seed=4)
    recipe = history.recipe
    assert (recipe.data, recipe.images_seen, recipe.steps) == ("50 × 12", 150, 12)
    assert (recipe.batch_size, recipe.lr, recipe.seeds) == (16, 0.01, "weights 6, order 4")
    assert recipe.loss == "hinge mse + 0.25 · encoder loss"
    assert recipe.optimiser == "AdamW, one cycle, β₁ 0.5"
    assert recipe.parameters == sum(p.numel() for p in small().parameters())


def test_in_the_notebook_whose_exercises_are_closed_it_works_with_own_losses(monkeypatch, capsys):
    def of_discriminator(discriminator, codes, prior):
        softplus = nn.functional.softplus
        false = softplus(discriminator(codes.detach())).mean()
        return (softplus(-discriminator(prior)).mean() + false) / 2

    def of_encoder(discriminator, codes):
        return nn.functional.softplus(-discriminator(codes)).mean()

    monkeypatch.setenv("AEUTILS_SEALED", "elective_c_generating")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    own = of_discriminator, of_encoder
    assert len(fit(small(), judge(), progress=True, losses=own).step) == 8
    assert capsys.readouterr().err == ""  # stock nbgrader gives 0 points for a bar
    with pytest.raises(ReferenceSealed, match="elective_c_generating"):
        fit(small(), judge())


def test_a_loss_that_is_no_number_ends_the_run():
    def broken(output, target):
        return losses.mse(output, target) * math.nan

    with pytest.raises(training.TrainingDiverged) as caught:
        fit(small(), judge(), loss=broken)
    assert len(caught.value.history.step) == 1


class Only(nn.Module):
    """A model whose two halves answer what they are told to."""

    def __init__(self, codes, output):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(()))
        self.codes, self.output = codes, output

    def encode(self, x):
        return self.codes * self.weight

    def decode(self, z):
        return self.output * self.weight


Z16, OUT = torch.ones(16, 3), torch.ones(16, 12)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: fit(small(), judge(), X.int()), TypeError, "x must hold floats"),
        (lambda: fit(small(), judge(), X[0]), ValueError, r"x must hold at least .*\(12,\)"),
        (lambda: fit(small().double(), judge()), ValueError, "float64 on cpu but x is .*float32"),
        (lambda: fit(small(), judge().double()), ValueError, "float64 on cpu but x is .*float32"),
        (lambda: fit(small(), nn.Flatten()), ValueError, "no parameters to train"),
        (lambda: fit(small(), judge(), epochs=0), ValueError, "epochs must be at least 1, got 0"),
        (lambda: fit(small(), judge(), epochs=1.0), TypeError, "epochs"),
        (lambda: fit(small(), judge(), batch_size=0), ValueError, "batch_size must be at least 1"),
        (
            lambda: fit(small(), judge(), lr=0.0),
            ValueError,
            "learning rates must be positive numbers, got 0",
        ),
        (lambda: fit(small(), judge(), weight=-1.0), ValueError, "weight must be a number >= 0"),
        (lambda: fit(small(), judge(), weight=math.nan), ValueError, "weight must be a number"),
        (lambda: fit(nn.Linear(12, 3), judge()), TypeError, "Linear has no encode"),
        (lambda: fit(small(), judge(2)), RuntimeError, "shapes cannot be multiplied"),
        (
            lambda: fit(small(), nn.Linear(3, 2)),
            ValueError,
            r"answer logits of shape \(16, 1\) for rows of shape \(16, 3\), got .*\(16, 2\)",
        ),
        (
            lambda: fit(small(), judge(), loss=lambda a, b: (a - b).square()),
            ValueError,
            r"loss must return a scalar, got a tensor of shape \(16, 12\)",
        ),
        (
            lambda: fit(Only(Z16[:5], OUT), judge()),
            ValueError,
            r"encode must return codes of shape \(16, K\).*\(16, 12\), got .*\(5, 3\)",
        ),
        (
            lambda: fit(Only(Z16, OUT[:, :7]), judge()),
            ValueError,
            r"decode must return as many .*\(16, 12\) has, got .*\(16, 7\)",
        ),
    ],
)
def test_bad_arguments_are_named(call, error, words):
    with pytest.raises(error, match=words):
        call()
