"""The recorded step: what may be recorded, which batches it takes, and that nothing changes.

Recording needs CUDA. Elsewhere the part that speaks to CUDA is replaced by one that repeats the
ordinary pass on the recorded memory, so that all that surrounds it is tested.
"""

import functools

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from aeutils import corruption, losses, models, training
from aeutils.training import graph_step
from aeutils.training.graph_step import GraphStep, is_replayable
from aeutils.training.optimisation import adamw, learning_rate_schedule

X = torch.rand(50, 6, generator=torch.Generator().manual_seed(0))
NORMALISED = (nn.Linear(6, 4), nn.BatchNorm1d(4), nn.Dropout(0.2), nn.ReLU(), nn.Linear(4, 6))


def noisy(batch):
    return batch + 0.1 * torch.randn_like(batch)


def run(make=lambda: models.Autoencoder((6, 4, 2)), x=X, **how):
    training.seed_everything(0)
    model = make().to(x.device)
    settings = {"epochs": 2, "batch_size": 20, "lr": 0.01, "progress": False} | how
    return training.fit(model, x, **settings).train_loss, model


def normalised():
    return nn.Sequential(*NORMALISED).apply(
        lambda part: part.reset_parameters() if hasattr(part, "reset_parameters") else None
    )


@pytest.fixture
def played(monkeypatch):
    """Play CUDA, and count what is recorded and replayed."""
    counts = {"recorded": 0, "replayed": 0}

    def record(step):
        counts["recorded"] += 1
        for _ in range(graph_step.WARM_UP):
            value = step()

        def replay():
            counts["replayed"] += 1
            with torch.no_grad():
                kept = [p.grad for p in step.__self__._model.parameters()]
            value.copy_(step())
            for p, gradient in zip(step.__self__._model.parameters(), kept, strict=True):
                if gradient is not p.grad:  # a graph writes where it wrote when it was recorded
                    targets[p].copy_(p.grad)

        targets = {p: p.grad for p in step.__self__._model.parameters()}
        return replay, value

    made = GraphStep.__init__

    def init(self, model, loss, device, batch_size):
        made(self, model, loss, device, batch_size)
        self._possible = is_replayable(model, loss)

    monkeypatch.setattr(graph_step, "record", record)
    monkeypatch.setattr(GraphStep, "__init__", init)
    return counts


def test_on_the_cpu_it_is_the_ordinary_loop_bit_by_bit():
    """Against the loop written out, and against what it gave before there was a graph."""
    found, model = run(corrupt=noisy)
    training.seed_everything(0)
    own = models.Autoencoder((6, 4, 2))
    optimizer = adamw(own, 0.01, 0.0)
    scheduler = learning_rate_schedule(optimizer, "one_cycle", 0.01, 6)
    order, expected = torch.Generator().manual_seed(0), []
    for _ in range(2):
        for rows in torch.randperm(50, generator=order).split(20):
            loss = losses.mse(own(noisy(X[rows])), X[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            scheduler.step()
            expected.append(loss.item())
    assert found == expected
    assert all(map(torch.equal, model.parameters(), own.parameters()))
    recorded = [0.5148055, 0.5358554, 0.4998298, 0.4288345, 0.448109, 0.5289741]
    assert found == pytest.approx(recorded, rel=1e-4)


def test_nothing_is_recorded_on_the_cpu(monkeypatch):
    monkeypatch.setattr(graph_step, "record", lambda step: pytest.fail("recorded on the CPU"))
    run()


@pytest.mark.parametrize(
    "how",
    [
        {},
        {"corrupt": noisy},
        {"batch_size": 500},
        {"make": normalised},
        {"callbacks": [training.Validation(X[:10], patience=2)]},
        {"loss": functools.partial(losses.gaussian_nll, sigma=0.5)},
    ],
)
def test_replayed_steps_are_the_ordinary_ones(how, played):
    found, model = run(**how)
    assert played["recorded"] == 1
    assert played["replayed"] == (2 if how.get("batch_size") == 500 else 4)  # short ones are not
    expected, own = _without_graph(**how)
    assert found == expected
    assert all(map(torch.equal, model.state_dict().values(), own.state_dict().values()))


def _without_graph(**how):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GraphStep, "takes", lambda *_: False)
        return run(**how)


def test_what_cannot_be_recorded_takes_the_ordinary_step(played, monkeypatch):
    def record(step):
        step()
        raise RuntimeError("called a synchronizing CUDA operation")

    monkeypatch.setattr(graph_step, "record", record)
    found, _ = run(make=normalised)
    assert found == _without_graph(make=normalised)[0]


def test_a_loss_that_is_no_scalar_is_told_by_the_ordinary_step(played):
    with pytest.raises(ValueError, match="loss must return a scalar"):
        run(loss=losses.squared_error_per_image)


class Counts(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner, self.calls = nn.Linear(6, 6), 0

    def forward(self, x):
        self.calls += 1
        return self.inner(x) / self.calls


def test_a_model_or_loss_of_unknown_ways_is_not_recorded(played):
    def own_loss(output, target):
        return F.mse_loss(output, target)

    run(make=Counts)
    run(loss=own_loss)
    assert played["recorded"] == 0
    own_loss.replayable = True
    run(loss=own_loss)
    assert played["recorded"] == 1


def test_what_is_known():
    assert is_replayable(models.ConvAutoencoder(), losses.hinge_mse)
    assert is_replayable(nn.Linear(2, 2), F.mse_loss)
    assert is_replayable(nn.Linear(2, 2), nn.MSELoss())
    assert not is_replayable(nn.Sequential(Counts()), losses.mse)
    assert not is_replayable(nn.Linear(2, 2), lambda output, target: output.sum())


needs_cuda = pytest.mark.skipif(
    not torch.cuda.is_available(), reason="there is no CUDA device here"
)


@needs_cuda
@pytest.mark.parametrize(
    "how",
    [{}, {"corrupt": noisy}, {"make": normalised}, {"corrupt": lambda x: corruption.mask(x, 0.2)}],
)
def test_on_cuda_a_graph_gives_the_losses_of_the_ordinary_step(how, monkeypatch):
    replays, real = [], graph_step.record

    def watched(step):
        replay, value = real(step)
        return lambda: (replays.append(1), replay()), value

    monkeypatch.setattr(graph_step, "record", watched)
    settings = {"x": X.to("cuda"), "epochs": 5} | how
    found, model = run(**settings)
    assert len(replays) == 10
    expected, own = _without_graph(**settings)
    assert found == pytest.approx(expected, rel=1e-4)
    for a, b in zip(model.state_dict().values(), own.state_dict().values(), strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-5)


@needs_cuda
def test_on_cuda_a_step_that_waits_for_the_device_is_not_recorded():
    def waits(output, target):
        assert float(output.sum()) != 12345
        return F.mse_loss(output, target)

    waits.replayable = True
    found, _ = run(x=X.to("cuda"), loss=waits)
    assert found == pytest.approx(_without_graph(x=X.to("cuda"), loss=waits)[0], rel=1e-4)
