"""The loss of predicted patches: which errors count, and where its gradient goes."""

import pytest
import torch

from aeutils.prediction import prediction_loss, random_mask
from aeutils.testing.sealed import ReferenceSealed


def drawn(dtype=torch.float64):
    torch.manual_seed(0)
    predicted, target = torch.randn(4, 6, 3, dtype=dtype), torch.randn(4, 6, 3, dtype=dtype)
    return predicted.requires_grad_(), target.requires_grad_(), random_mask(4, 6, 4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_it_is_the_mean_squared_error_of_hidden_patches(dtype):
    predicted, target, hidden = drawn(dtype)
    got = prediction_loss(predicted, target, hidden)
    assert got.shape == ()
    assert got.dtype == dtype
    torch.testing.assert_close(got, (predicted[hidden] - target[hidden]).square().mean())


def test_images_may_hide_different_numbers_of_patches():
    predicted, target, _ = drawn()
    hidden = torch.zeros(4, 6, dtype=torch.bool)
    hidden[0, :5] = hidden[1, 0] = True
    wanted = (predicted - target)[hidden].square().mean()
    torch.testing.assert_close(prediction_loss(predicted, target, hidden), wanted)


def test_its_gradient_reaches_hidden_predictions_and_no_target():
    predicted, target, hidden = drawn()
    prediction_loss(predicted, target, hidden).backward()
    assert target.grad is None
    assert torch.equal((predicted.grad != 0).all(dim=2), hidden)


def test_what_is_said_of_visible_patches_does_not_matter_even_if_it_is_not_a_number():
    predicted, target, hidden = drawn()
    wanted = prediction_loss(predicted, target, hidden)
    spoiled = predicted.detach().clone()
    spoiled[~hidden] = torch.nan
    torch.testing.assert_close(prediction_loss(spoiled, target, hidden), wanted)


def test_wrong_arguments_are_refused():
    predicted, target, hidden = drawn()
    with pytest.raises(ValueError, match="hides no patch"):
        prediction_loss(predicted, target, torch.zeros_like(hidden))
    with pytest.raises(TypeError, match="hidden must be a tensor of booleans"):
        prediction_loss(predicted, target, hidden.float())
    with pytest.raises(ValueError, match=r"predicted has shape \(4, 6, 3\) and target has shape"):
        prediction_loss(predicted, target[:, :5], hidden)
    with pytest.raises(ValueError, match=r"predicted must have shape \(4, 5, K\)"):
        prediction_loss(predicted, target, hidden[:, :5])
    with pytest.raises(TypeError, match="predicted must be a tensor of floats"):
        prediction_loss(predicted.long(), target, hidden)


def test_it_is_closed_while_its_notebook_is_graded(monkeypatch):
    monkeypatch.setenv("AEUTILS_SEALED", "elective_d_prediction")
    with pytest.raises(ReferenceSealed):
        prediction_loss(*drawn())
