"""Watching a training run: what is seen is fixed, the run is not disturbed, stopping keeps it."""

import errno

import pytest
import torch
from torch import nn

from aeutils import models, training
from aeutils.training import Checkpoint, live_view
from aeutils.training.live_view import LiveView, Watch

X = torch.rand(64, 16)


def small():
    torch.manual_seed(0)
    return models.Autoencoder((16, 8, 3))


@pytest.fixture
def shown(monkeypatch):
    """Pretend to be in a live notebook; return what is published, as (text, HTML, update)."""
    found = []

    def publish(text, markup, name=None, update=False):
        found.append((text, markup, update))

    monkeypatch.setattr(live_view, "publish", publish)
    monkeypatch.setattr(live_view, "in_notebook", lambda: True)
    monkeypatch.setattr(live_view, "is_quiet", lambda: False)
    monkeypatch.setattr(live_view, "SECONDS", 0.0)
    return found


def test_the_picture_shows_loss_and_reconstructions_at_fixed_steps(shown):
    history = training.fit(small(), X, steps=16, batch_size=16, callbacks=[LiveView(X[:5])])
    text, markup, update = shown[-1]
    assert len(history.step) == 16
    assert text.startswith("Trained for 16 steps. Loss ")
    assert update
    for step in (2, 4, 8, 16):
        assert f"after {step} steps, mean squared error" in markup
    assert markup.count("<img") == 5 * (1 + 4)
    assert 'aria-label="training loss by step' in markup
    assert any("■ stops it" in markup for _, markup, _ in shown)


def test_watching_changes_nothing(shown):
    def run(**options):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(16, 8), nn.Dropout(0.5), nn.Linear(8, 16))
        return training.fit(model, X, steps=20, batch_size=16, progress=False, **options), model

    (one, a), (two, b) = run(), run(callbacks=[LiveView(X[:3])])
    assert one.train_loss == two.train_loss
    assert all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


def test_while_nbgrader_executes_only_the_final_picture_is_shown(monkeypatch):
    found = []
    monkeypatch.setenv("NBGRADER_EXECUTION", "build")
    monkeypatch.setattr(live_view, "publish", lambda text, markup, **options: found.append(markup))
    for _ in range(2):
        training.fit(small(), X, steps=8, batch_size=16, callbacks=[LiveView(X[:3])])
    assert len(found) == 2
    assert found[0] == found[1]


def test_stopping_keeps_model_and_losses(shown):
    class Stops(nn.Module):
        def __init__(self):
            super().__init__()
            self.inner, self.calls = small(), 0

        def forward(self, x):
            self.calls += self.training
            if self.calls == 6:
                raise KeyboardInterrupt
            return self.inner(x)

    model = Stops()
    before = [p.clone() for p in model.parameters()]
    history = training.fit(model, X, steps=100, batch_size=16, callbacks=[LiveView(X[:3])])
    assert history.step == [1, 2, 3, 4, 5]
    assert not model.training
    assert any(not torch.equal(p, q) for p, q in zip(before, model.parameters(), strict=True))
    assert shown[-1][0].startswith("Stopped at step 5 of 100. The model keeps what it has learned.")


def test_a_loop_of_ones_own(shown):
    watch = Watch(X[:4], steps=8)
    model = small()
    for step in range(1, 9):
        watch.look(model, step, 1 / step)
    watch.close()
    assert watch.losses == [1 / step for step in range(1, 9)]
    assert "Loss 1 at first, 0.125 last" in shown[-1][0]


def test_outside_a_notebook_one_line_is_printed(capsys):
    training.fit(small(), X, steps=8, batch_size=16, callbacks=[LiveView(X[:3])], progress=False)
    out, err = capsys.readouterr()
    assert out.count("\n") == 1
    assert "Trained for 8 steps" in out
    assert err == ""


# ------------------------------------------------------------------------------------- bad luck


@pytest.mark.parametrize(
    "error", [OSError(errno.ENOSPC, "No space left on device"), RuntimeError("write failed")]
)
def test_a_full_disk_costs_the_checkpoint_and_not_the_training(
    error, tmp_path, monkeypatch, capsys
):
    def full(*_):
        raise error

    monkeypatch.setattr(torch, "save", full)
    history = training.fit(
        small(), X, steps=12, batch_size=16, progress=False,
        callbacks=[Checkpoint(tmp_path / "run.pt", every=3)],
    )  # fmt: skip
    out = capsys.readouterr().out
    assert len(history.step) == 12
    assert out.count("could not be saved") == 1  # said once
    assert "free some space" in out
    assert "Training goes on without a checkpoint." in out
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(OSError, match=r"could not be saved .* model in memory is as it was"):
        training.save(small(), tmp_path / "model.pt")


def test_after_a_restart_in_mid_training_the_same_call_goes_on(tmp_path):
    options = {"steps": 12, "batch_size": 16, "progress": False}
    whole = small()
    expected = training.fit(whole, X, **options)

    class Killed(Exception):
        """The kernel is gone: nothing more is written."""

    def loss(a, b, calls=[]):  # noqa: B006  (counts over calls)
        calls.append(1)
        if len(calls) == 8:
            raise Killed
        return (a - b).square().mean()

    def checkpoint():
        return Checkpoint(tmp_path / "run.pt", every=3)

    with pytest.raises(Killed):
        training.fit(small(), X, loss=loss, callbacks=[checkpoint()], **options)
    again = small()
    plain = training.fit(small(), X, loss=loss, **options)
    history = training.fit(again, X, loss=loss, callbacks=[checkpoint()], **options)
    assert history.train_loss == plain.train_loss
    assert len(expected.step) == len(history.step)
