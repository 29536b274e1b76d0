"""Visible tests of elective D: the loss of a prediction, and a teacher that lags behind."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn

from aeutils.testing.checking import CheckFailed, Mistake, expect, expect_close, passed, run

# --- prediction_loss ------------------------------------------------------------------------------


def _features() -> tuple[Tensor, Tensor, Tensor]:
    """Return two images of three patches of two numbers; three patches of the six are hidden.

    The differences of hidden patches are (1, 2), (−2, 0) and (0, 3): the squares add up to 18, and
    there are six of them. Those of visible patches are (4, 4), (2, 2) and (−2, 2).
    """
    target = torch.tensor([[[1.0, 0], [2, 1], [0, 0]], [[3, 1], [1, 1], [0, 2]]])
    apart = torch.tensor([[[1.0, 2], [4, 4], [2, 2]], [[-2, 0], [-2, 2], [0, 3]]])
    hidden = torch.tensor([[True, False, False], [True, False, True]])
    return target + apart, target, hidden


def _expect_value(prediction_loss: Callable) -> None:
    predicted, target, hidden = _features()
    what = "the loss of three hidden patches"
    sides = "only hidden patches count"
    known = [
        Mistake("all-patches", 66 / 12, f"all patches were averaged; {sides}"),
        Mistake("visible-instead", 48 / 6, f"the visible ones were averaged; {sides}"),
        Mistake(
            "divided-by-all",
            18 / 12,
            "half of it: divided by the number of all patches, or a ½ too many?",
        ),
        Mistake("summed-over-units", 18 / 3, "the numbers of a patch were added up; average them"),
        Mistake("summed", 18, "a sum; take the mean"),
        Mistake("image-by-image", (5 / 2 + 13 / 4) / 2, "each hidden *patch* counts the same"),
        Mistake("absolute", 8 / 6, "absolute errors; square them"),
        Mistake("root", 3**0.5, "a root was taken"),
        Mistake("mean-first", (4 / 6) ** 2, "square before the mean is taken"),
        Mistake("sign", -3, "the sign: squares are positive"),
    ]
    value = run(prediction_loss, predicted, target, hidden, name="prediction_loss")
    expect_close(value, 3.0, what, known, show_expected=True)
    predicted, target = torch.cat([predicted, predicted[:1]]), torch.cat([target, target[:1]])
    hidden = torch.tensor([[False] * 3, [True, False, False], [False] * 3])
    value = run(prediction_loss, predicted, target, hidden, name="prediction_loss")
    what = "the loss of a single hidden patch, where two images hide none,"
    expect_close(value, 2.0, what, show_expected=True)


def _expect_gradients(prediction_loss: Callable) -> None:
    predicted, target, hidden = _features()
    given = predicted.requires_grad_(), target.requires_grad_()
    loss = run(prediction_loss, *given, hidden, name="prediction_loss")
    if not isinstance(loss, Tensor) or not loss.requires_grad:
        text = "the loss has no gradient: detach the target alone, and return a tensor"
        raise CheckFailed(text, "no-gradient")
    to_predicted, to_target = torch.autograd.grad(loss, given, allow_unused=True)
    reaches = to_target is not None and bool(to_target.any())
    expect(to_predicted is not None, "no gradient reaches `predicted`", "predicted-stopped")
    expect(not reaches, "the gradient reaches `target`; `target.detach()` stops it", "target-moves")
    right = torch.zeros(2, 3, 2)
    right[hidden] = torch.tensor([[1.0, 2], [-2, 0], [0, 3]]) / 3  # twice a difference, by six
    expect_close(to_predicted, right, "the gradient for `predicted`", show_expected=True)


def prediction_loss(prediction_loss: Callable) -> bool:
    """Two images of three patches; three hidden differences whose squares add up to 18."""
    _expect_value(prediction_loss)
    _expect_gradients(prediction_loss)
    return passed("prediction_loss", "hidden patches alone, and the prediction learns alone")


# --- moving_average -------------------------------------------------------------------------------


class _Scale(nn.Module):
    """A weight, a bias that is not trained, and two buffers, one of them a count."""

    mean: Tensor
    count: Tensor

    def __init__(self, weight: float, bias: float, mean: float, count: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([[weight]]))
        self.bias = nn.Parameter(torch.tensor(bias), requires_grad=False)
        self.register_buffer("mean", torch.tensor([mean]))
        self.register_buffer("count", torch.tensor(count))

    def numbers(self) -> list[float]:
        """Return all four, in the order of the arguments."""
        return [v.item() for v in (self.weight, self.bias, self.mean, self.count)]


def _update(ema_update: Callable, average: _Scale, model: _Scale, decay: float) -> None:
    """Update once; raise if anything else than the average's numbers has changed."""
    before, objects = model.numbers(), [*average.parameters(), *average.buffers()]
    try:
        run(ema_update, average, model, decay, name="ema_update")
    except CheckFailed as error:
        if error.mistake != "raised-RuntimeError":
            raise
        text = "a parameter that asks for a gradient is changed in place under `torch.no_grad()`"
        raise CheckFailed(f"{error}\n  {text}", "without-no-grad") from None
    text = "the model has changed; the average moves towards it, and it stays as it is"
    expect(model.numbers() == before, text, "moved-the-model")
    same = all(
        a is b for a, b in zip(objects, [*average.parameters(), *average.buffers()], strict=True)
    )
    text = (
        "parameters or buffers were replaced by new ones; change the old ones in place: `lerp_`, "
    )
    expect(same, text + "`mul_`, `copy_`", "replaced")
    asks = average.weight.requires_grad and not average.bias.requires_grad
    expect(asks, "which parameters ask for gradients has changed", "requires-grad-changed")
    text = "the average remembers how it was computed: update it under `torch.no_grad()`"
    expect(average.weight.is_leaf, text, "graph-left")
    expect(average.training and model.training, "train or eval mode has changed", "mode-changed")


def _expect_update(ema_update: Callable) -> None:
    average, model = _Scale(1.0, 8.0, 5.0, 2), _Scale(3.0, 4.0, 7.0, 30)
    _update(ema_update, average, model, 0.75)
    weights, buffers = average.numbers()[:2], average.numbers()[2:]
    known = [
        Mistake("nothing-changed", [1, 8], "the average has not changed: operations in place"),
        Mistake("swapped", [2.5, 5], "the decay belongs to the average, 1 − decay to the model"),
        Mistake("model-copied", [3, 4], "these are the model's weights"),
        Mistake("decay-ignored", [1.02, 7.96], "`decay` has no effect: it is 0.99 throughout"),
        Mistake(
            "frozen-left",
            [1.5, 8],
            "the bias stands still: all parameters move, not matrices or the first one alone, and "
            "also those that ask for no gradient, as this bias does",
        ),
        Mistake("decay-missing", [1.75, 9], "the old average is multiplied by the decay"),
        Mistake("share-missing", [3.75, 10], "the model's weights are multiplied by 1 − decay"),
    ]
    what = "weight and bias from 1 and 8 towards 3 and 4, with decay 0.75,"
    expect_close(weights, [1.5, 7.0], what, known, show_expected=True)
    known = [
        Mistake("buffers-left", [5, 2], "they have not changed; copy the model's"),
        Mistake("buffers-averaged", [5.5, 9], "they were averaged; copy the model's"),
        Mistake("buffers-averaged", [5.5, 2], "they were averaged; copy the model's"),
        Mistake("buffers-averaged", [5.5, 30], "they were averaged; copy the model's"),
        Mistake("counts-left", [7, 2], "the count has not changed; copy every buffer"),
    ]
    expect_close(buffers, [7.0, 30.0], "the buffers, 5 and 2 before,", known, show_expected=True)
    with torch.no_grad():
        for tensor in (*model.parameters(), *model.buffers()):
            tensor.fill_(100)
    kept = average.numbers() == [1.5, 7.0, 7.0, 30.0]
    text = "average and model share their memory: what is trained then changes the average; `copy_`"
    expect(kept, text, "shared-memory")
    _update(ema_update, average, model, 0.5)
    what = "weight and bias from 1.5 and 7 towards 100, with decay 0.5,"
    expect_close(average.numbers()[:2], [50.75, 53.5], what, show_expected=True)


def _expect_without_start(without_start: Callable) -> None:
    # From 4, with decay ½: (4 + 2)/2 = 3, (3 + 6)/2 = 4.5, (4.5 + 10.5)/2 = 7.5, of which 4 · ⅛ is
    # the start. Without it (2 · ⅛ + 6 · ¼ + 10.5 · ½) / ⅞ = 7 / ⅞ = 8.
    name, what = "without_start", "the average 7.5 of 2, 6 and 10.5, decay ½, without its start 4,"
    power = "after `steps` updates the start's weight is decay^steps"
    known = [
        Mistake("product", (7.5 - 1.5 * 4) / (1 - 1.5), f"decay · steps was taken; {power}"),
        Mistake("only-divided", 7.5 / 0.875, "the start's part was not subtracted"),
        Mistake("not-divided", 7.0, "divide by the sum of the other weights, 1 − decay^steps"),
        Mistake("start-whole", 3.5 / 0.875, "subtract the start times decay^steps, not all of it"),
        Mistake("one-step", (7.5 - 0.5 * 4) / 0.5, f"{power}, not decay"),
        Mistake("steps-off", (7.5 - 0.25 * 4) / 0.75, f"a step too few: {power}"),
        Mistake("steps-more", (7.5 - 0.0625 * 4) / 0.9375, f"a step too many: {power}"),
        Mistake("unchanged", 7.5, "the average came back as it was"),
        Mistake("added", 8 / 0.875, "subtract the start's part"),
        Mistake("divided-by-left", 7 / 0.125, "divide by 1 − decay^steps"),
        Mistake("roles-swapped", (4 - 0.125 * 7.5) / 0.875, "`average` and `start` are exchanged"),
    ]
    value = run(without_start, torch.tensor(7.5), torch.tensor(4.0), 0.5, 3, name=name)
    expect_close(value, 8.0, what, known, show_expected=True)
    average, start = torch.tensor([[1.0, -2.0, 0.5]]), torch.tensor([[0.0, 2.0, 0.5]])
    what = "averages after three steps with decay 0.2, without their starts,"
    value = run(without_start, average, start, 0.2, 3, name=name)
    right = [[1 / 0.992, -2.016 / 0.992, 0.5]]
    # The other share, 0.8, to the third is 0.512; at the decay ½ both shares were the same.
    wrong = [[1 / 0.488, -3.024 / 0.488, 0.5]]
    known = [Mistake("share-for-decay", wrong, f"(1 − decay)^steps was taken; {power}")]
    expect_close(value, right, what, known, show_expected=True)
    try:
        value = run(without_start, average, start, 0.0, 1, name=name)
    except CheckFailed as error:
        text = f"for decay 0 {error}\n  0 is allowed, and has no logarithm: take `decay**steps`"
        expect(not error.mistake.startswith("raised-"), text, "no-decay")
        raise
    expect_close(value, average, "averages after a step with decay 0", show_expected=True)


def moving_average(ema_update: Callable, without_start: Callable) -> bool:
    """Two updates of a module with a weight, a bias and two buffers; averages without a start."""
    _expect_update(ema_update)
    _expect_without_start(without_start)
    return passed("moving_average", "weights averaged, buffers copied, and the start taken out")
