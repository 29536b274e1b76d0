"""The moments of a training run, and what callbacks may do at them."""

import pytest
import torch
from small_runs import X, assert_same_weights, fit, small

from aeutils import losses, training
from aeutils.training import Callback, Checkpoint, LiveView


class Diary(Callback):
    """Write down every moment, and the mode of the model at it."""

    def __init__(self, returns=False):
        self.moments, self.returns = [], returns

    def note(self, name, run):
        self.moments.append((name, run.step, run.model.training))

    def start(self, run):
        self.note("start", run)

    def before_step(self, run):
        self.note("before_step", run)

    def before_update(self, run):
        assert all(p.grad is not None for p in run.model.parameters())
        self.note("before_update", run)

    def after_step(self, run):
        assert len(run.history.losses()) == run.step
        self.note("after_step", run)

    def interrupted(self, run):
        self.note("interrupted", run)
        return self.returns

    def close(self, run):
        self.note("close", run)

    def finish(self, run):
        self.note("finish", run)


def broken_at(call, error):
    calls = []

    def loss(output, target):
        calls.append(1)
        if len(calls) == call:
            raise error
        return losses.mse(output, target)

    return loss


STEP_1 = [("before_step", 0, True), ("before_update", 0, True), ("after_step", 1, True)]


def test_the_moments_of_a_run():
    diary, model = Diary(), small()
    model.eval()
    fit(model, steps=2, callbacks=[diary])
    assert diary.moments == [
        ("start", 0, False),
        *STEP_1,
        ("before_step", 1, True),
        ("before_update", 1, True),
        ("after_step", 2, True),
        ("close", 2, False),
        ("finish", 2, False),
    ]


@pytest.mark.parametrize(
    ("error", "moments"), [(ValueError, []), (KeyboardInterrupt, [("interrupted", 1, True)])]
)
def test_the_moments_of_a_broken_run(error, moments):
    diaries, model = (Diary(), Diary()), small()
    with pytest.raises(error):
        fit(model, steps=9, loss=broken_at(2, error), callbacks=diaries)
    for diary in diaries:
        assert diary.moments[1:] == [
            *STEP_1,
            ("before_step", 1, True),
            *moments,
            ("close", 1, False),
        ]
    assert not model.training


@pytest.mark.parametrize("answers", [(True, False), (False, True)])
def test_all_are_told_of_ctrl_c_and_one_can_make_fit_return(answers):
    diaries = [Diary(returns) for returns in answers]
    history = fit(small(), steps=9, loss=broken_at(4, KeyboardInterrupt), callbacks=diaries)
    assert history.step == [1, 2, 3]
    for diary in diaries:
        assert diary.moments[-2:] == [("interrupted", 3, True), ("close", 3, False)]


def test_a_callback_ends_the_run_and_the_history_is_whole():
    class Enough(Callback):
        def after_step(self, run):
            run.history.stopped_early = run.step == 7

    history = fit(small(), steps=60, callbacks=[Enough()])
    assert history.stopped_early
    assert history.step == [1, 2, 3, 4, 5, 6, 7]
    assert len(history.train_loss) == 7


def test_a_callback_that_does_nothing_changes_nothing():
    plain, accompanied = small(), small()
    assert fit(plain, steps=9) == fit(accompanied, steps=9, callbacks=[Callback(), Callback()])
    assert_same_weights(plain, accompanied)


def test_notes_and_settings_of_a_callback_go_into_the_checkpoint(tmp_path):
    class Counts(Callback):
        def __init__(self, by):
            self.by = by

        def settings(self):
            return {"by": self.by}

        def after_step(self, run):
            run.notes["counted"] = run.notes.get("counted", 0) + self.by

        def finish(self, run):
            self.total = run.notes["counted"]

    def loss(output, target):
        return losses.mse(output, target)

    path, counts = tmp_path / "run.pt", Counts(2)
    interrupted = broken_at(6, KeyboardInterrupt)
    interrupted.__qualname__ = loss.__qualname__
    with pytest.raises(KeyboardInterrupt):
        fit(small(), steps=9, loss=interrupted, callbacks=[Checkpoint(path), Counts(2)])
    with pytest.raises(ValueError, match="by was 2 and is now 3"):
        fit(small(), steps=9, loss=loss, callbacks=[Checkpoint(path), Counts(3)])
    fit(small(), steps=9, loss=loss, callbacks=[Checkpoint(path), counts])
    assert counts.total == 18


def test_ctrl_c_with_live_view_and_checkpoint_returns_and_can_be_continued(tmp_path, capsys):
    images = X[:, :9]

    def small():
        torch.manual_seed(0)
        return training_model()

    whole = small()
    expected = fit(whole, images, steps=12, loss=named(losses.mse))
    callbacks = [LiveView(images[:2]), Checkpoint(tmp_path / "run.pt")]
    interrupted = named(broken_at(6, KeyboardInterrupt))
    history = fit(small(), images, steps=12, loss=interrupted, callbacks=callbacks)
    assert history.step == [1, 2, 3, 4, 5]
    assert "Stopped at step 5 of 12" in capsys.readouterr().out
    resumed = small()
    assert fit(resumed, images, steps=12, loss=named(losses.mse), callbacks=callbacks) == expected
    assert "Trained for 12 steps" in capsys.readouterr().out
    assert_same_weights(resumed, whole)


def training_model():
    return torch.nn.Sequential(torch.nn.Linear(9, 4), torch.nn.Linear(4, 9))


def named(loss):
    """Return the loss under one name, so that a checkpoint takes all of them for the same."""

    def mse(output, target):
        return loss(output, target)

    mse.__qualname__ = "mse"
    return mse


def test_a_live_view_stands_for_the_bar(monkeypatch, capfd):
    for name in ("NBGRADER_EXECUTION", "CI"):
        monkeypatch.delenv(name, raising=False)
    model = training_model()
    training.fit(model, X[:, :9], steps=3, callbacks=[LiveView(X[:2, :9])])
    assert "3/3" not in "".join(capfd.readouterr())
    training.fit(model, X[:, :9], steps=3, callbacks=[Callback()])
    assert "3/3" in "".join(capfd.readouterr())


def test_the_bar_is_closed_after_an_error_and_quiet_while_grading(monkeypatch, capfd):
    bar = training.ProgressBar()
    for name in ("NBGRADER_EXECUTION", "CI"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ValueError, match="broken"):
        fit(small(), steps=5, loss=broken_at(3, ValueError("broken")), callbacks=[bar])
    shown = "".join(capfd.readouterr())
    assert "2/5" in shown
    assert shown.endswith("\n")
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    fit(small(), steps=5, callbacks=[bar])  # asked for by hand, and quiet all the same
    assert capfd.readouterr() == ("", "")
