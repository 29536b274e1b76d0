"""What survives an interruption: checkpoints of a run, and weights saved and loaded."""

import signal

import pytest
import torch
from small_runs import X_VAL, X, assert_same_weights, fit, small
from torch import nn

from aeutils import losses, models, training
from aeutils.training import Checkpoint, Validation

# ---------------------------------------------------------------------------------- checkpoints


def interrupting(at, how=None):
    """Return the mean squared error, which is interrupted in the training step `at`."""
    calls = []

    def mse(output, target):
        calls.append(1)
        if len(calls) == at:
            if how is None:
                raise KeyboardInterrupt
            how()
        return losses.mse(output, target)

    mse.__qualname__ = "mse"
    return mse


@pytest.mark.parametrize("at", [1, 4, 5, 9, 15, 16, 20])
def test_resuming_is_bit_identical(tmp_path, at):
    """With batch norm, dropout and noise, whose random numbers and buffers must be restored too."""
    path = tmp_path / "run.pt"

    def noisy(batch):
        return batch + 0.1 * torch.randn_like(batch)

    options = {"steps": 20, "corrupt": noisy}
    uninterrupted = small(dropout=0.3)
    torch.manual_seed(5)
    expected = fit(uninterrupted, loss=losses.mse, **options)

    torch.manual_seed(5)
    options |= {"callbacks": [Checkpoint(path, every=7)]}
    with pytest.raises(KeyboardInterrupt):
        fit(small(dropout=0.3), loss=interrupting(at), **options)
    assert len(torch.load(path)["history"]["step"]) == at - 1

    torch.manual_seed(99)
    resumed = small(dropout=0.3)
    nn.init.zeros_(resumed[0].weight)
    seen = []
    history = fit(resumed, loss=counting(seen), **options)
    assert len(seen) == 20 - (at - 1)
    assert history == expected
    assert_same_weights(resumed, uninterrupted)


def counting(seen):
    def mse(output, target):
        seen.append(1)
        return losses.mse(output, target)

    mse.__qualname__ = "mse"
    return mse


@pytest.mark.parametrize("validation_first", [True, False])
@pytest.mark.parametrize("at", [6, 14, 23])
def test_resuming_with_validation_and_patience(tmp_path, at, validation_first):
    options = {"steps": 40, "lr": 0.3}
    uninterrupted = small()
    validation = Validation(X_VAL, patience=2)
    expected = fit(uninterrupted, loss=losses.mse, callbacks=[validation], **options)
    assert expected.stopped_early
    assert expected.best_step < len(expected.step)
    callbacks = [validation, Checkpoint(tmp_path / "run.pt", every=3)]
    options |= {"callbacks": callbacks if validation_first else callbacks[::-1]}
    with pytest.raises(KeyboardInterrupt):
        fit(small(), loss=interrupting(at), **options)
    resumed = small()
    assert fit(resumed, loss=counting([]), **options) == expected
    assert_same_weights(resumed, uninterrupted)
    again, seen = small(), []
    assert fit(again, loss=counting(seen), **options) == expected
    assert not seen  # a finished run is only loaded, its best weights included
    assert_same_weights(again, uninterrupted)


def test_a_real_ctrl_c_and_one_within_the_update(tmp_path, monkeypatch):
    path = tmp_path / "run.pt"
    options = {"steps": 12, "callbacks": [Checkpoint(path, every=5)]}
    uninterrupted = small()
    expected = fit(uninterrupted, steps=12)
    with pytest.raises(KeyboardInterrupt):
        fit(small(), loss=interrupting(4, lambda: signal.raise_signal(signal.SIGINT)), **options)
    assert len(torch.load(path)["history"]["step"]) == 3

    step, calls = torch.optim.AdamW.step, []

    def interrupted_after_the_update(self, *args, **kwargs):
        step(self, *args, **kwargs)
        calls.append(1)
        if len(calls) == 5:  # the 8th step: the weights have moved, the schedule has not
            raise KeyboardInterrupt

    monkeypatch.setattr(torch.optim.AdamW, "step", interrupted_after_the_update)
    with pytest.raises(KeyboardInterrupt):
        fit(small(), loss=counting([]), **options)
    assert len(torch.load(path)["history"]["step"]) == 5
    monkeypatch.undo()
    resumed = small()
    assert fit(resumed, loss=counting([]), **options) == expected
    assert_same_weights(resumed, uninterrupted)


def test_a_finished_run_is_only_loaded(tmp_path):
    options = {"epochs": 2, "callbacks": [Checkpoint(tmp_path / "run.pt")]}
    model, again, seen = small(), small(), []
    history = fit(model, loss=counting([]), **options)
    nn.init.zeros_(again.encoder[0].weight)
    assert fit(again, loss=counting(seen), **options) == history
    assert not seen
    assert_same_weights(model, again)
    assert [path.name for path in tmp_path.iterdir()] == ["run.pt"]


def test_a_crash_during_the_save_leaves_the_old_file(tmp_path, monkeypatch, capsys):
    path = tmp_path / "weights.pt"
    old, new = small(), small()
    nn.init.zeros_(new.encoder[0].weight)
    training.save(old, path)
    before = path.read_bytes()

    def crash(state, target):
        target.write_bytes(b"half a file")
        raise OSError("disk full")

    monkeypatch.setattr(torch, "save", crash)
    with pytest.raises(OSError, match="could not be saved"):
        training.save(new, path)
    assert path.read_bytes() == before
    fit(new, steps=3, callbacks=[Checkpoint(tmp_path / "run.pt", every=1)])  # goes on without
    assert [p.name for p in tmp_path.iterdir()] == ["weights.pt"]
    assert "Training goes on without a checkpoint" in capsys.readouterr().out
    assert_same_weights(training.load_into(new, path), old)


def test_a_checkpoint_of_another_run_is_refused(tmp_path):
    path = tmp_path / "run.pt"
    callbacks = [Checkpoint(path)]
    fit(small(), steps=4, callbacks=callbacks)
    with pytest.raises(ValueError, match=r"another run: steps was 4 and is now 5; lr was 0.001"):
        fit(small(), steps=5, lr=0.1, callbacks=callbacks)
    with pytest.raises(ValueError, match=r"x was .* with checksum"):
        fit(small(), X + 1, steps=4, callbacks=callbacks)
    with pytest.raises(ValueError, match="model was Autoencoder"):
        fit(models.Autoencoder((12, 8, 3), nn.GELU), steps=4, callbacks=callbacks)
    with pytest.raises(ValueError, match=r"x_val was None .* checksum .*; patience was None and"):
        fit(small(), steps=4, callbacks=[*callbacks, Validation(X_VAL, 2)])
    training.save(small(), path)
    with pytest.raises(ValueError, match="no checkpoint of fit"):
        fit(small(), steps=4, callbacks=callbacks)


def test_a_checkpoint_with_validation_is_refused_without(tmp_path):
    callbacks = [Checkpoint(tmp_path / "run.pt"), Validation(X_VAL, 2)]
    fit(small(), steps=4, callbacks=callbacks)
    with pytest.raises(ValueError, match="patience was 2 and is now None"):
        fit(small(), steps=4, callbacks=callbacks[:1])


def test_bad_arguments_of_a_checkpoint_are_explained(tmp_path):
    with pytest.raises(ValueError, match="every must be at least 1"):
        Checkpoint(tmp_path / "run.pt", every=0)
    with pytest.raises(FileNotFoundError, match="no folder"):
        fit(small(), steps=4, callbacks=[Checkpoint(tmp_path / "none" / "run.pt")])


# ---------------------------------------------------------------------------------- save and load


def test_save_and_load(tmp_path):
    model, other = small(), models.Autoencoder((12, 8, 3))
    training.save(model, str(tmp_path / "weights.pt"))
    assert training.load_into(other, tmp_path / "weights.pt") is other
    assert_same_weights(model, other)


def test_loading_explains_what_does_not_fit(tmp_path):
    path = tmp_path / "weights.pt"
    training.save(small(), path)
    wide = models.Autoencoder((12, 9, 3))
    before = wide.encoder[0].weight.clone()
    with pytest.raises(ValueError, match=r"encoder.0.weight has shape \(8, 12\).*\(9, 12\)"):
        training.load_into(wide, path)
    assert torch.equal(wide.encoder[0].weight, before)
    with pytest.raises(ValueError, match=r"decoder.0.bias is unknown.*decoder_biases.0 is missing"):
        training.load_into(models.TiedAutoencoder((12, 8, 3)), path)
    torch.save([1, 2], path)
    with pytest.raises(ValueError, match="holds no weights"):
        training.load_into(small(), path)


@pytest.mark.parametrize("kept", [0, 10, 0.5, 0.99])
def test_a_damaged_file_is_named(tmp_path, kept):
    path = tmp_path / "weights.pt"
    training.save(small(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(kept * len(whole)) if isinstance(kept, float) else kept])
    with pytest.raises(ValueError, match=r"weights\.pt cannot be read: it is damaged"):
        training.load_into(small(), path)


def test_code_in_a_file_is_not_run(tmp_path):
    path = tmp_path / "model.pt"
    torch.save(small(), path)  # a whole pickled model, not its weights
    with pytest.raises(ValueError, match="was not written by this module"):
        training.load_into(small(), path)


def test_missing_files_and_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match="no file"):
        training.load_into(small(), tmp_path / "none.pt")
    with pytest.raises(FileNotFoundError, match="no folder"):
        training.save(small(), tmp_path / "none" / "weights.pt")
