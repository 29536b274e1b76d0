"""How the rows of a benchmark's tables came about, noted while they are trained.

`run` of a benchmark trains by `training.fit` or `fit_encoder`, which leave a recipe in what they
return. A benchmark that was measured before there were recipes need not be run again: its `train`
takes the function that trains as an argument, and given `plan` or `plan_encoder` it says what the
run does with the same model, images and settings, without training
(``python -m benchmarks.figures recipes``). The tests hold both against each other on few images.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from torch import Tensor, nn

from aeutils.losses import mse
from aeutils.training import History, Recipe
from aeutils.training.recipe import name_of

Rows = dict[str, Recipe | str]
WHILE_TRAINING = "while training"
FROM_THE_SETTINGS = "from the settings, without training again"
NOT_TRAINED = "not trained"


def plan(
    model: nn.Module,
    x: Tensor,
    *,
    epochs: int,
    loss: Callable[..., Tensor] = mse,
    batch_size: int = 256,
    lr: float = 1e-3,
    weight_decay: float = 0.0,
    seed: int = 0,
    corrupt: Callable[[Tensor], Tensor] | None = None,
    progress: bool = False,
) -> History:
    """Return the history of a run of `training.fit` that does not take place: its recipe only."""
    recipe = Recipe.of(
        model,
        x,
        order_seed=seed,
        images_seen=epochs * len(x),
        steps=epochs * math.ceil(len(x) / batch_size),
        batch_size=min(batch_size, len(x)),
        loss=name_of(loss),
        shown=name_of(corrupt),
        optimiser="AdamW, one cycle",
        lr=lr,
        weight_decay=weight_decay,
    )
    return History(recipe=recipe)


def plan_encoder(
    model: nn.Module,
    x: Tensor,
    labels: Tensor,
    loss: Callable[[Tensor, Tensor], Tensor],
    *,
    augment: Callable[[Tensor], Tensor] | None = None,
    **how: object,
) -> History:
    """Return the same for `fit_encoder`; one image is augmented, to see how many come of it."""
    history = plan(model, x, loss=loss, corrupt=augment, **how)
    views = 1 if augment is None else len(augment(x[:1]))
    seen = views * history.recipe.images_seen
    return History(recipe=replace(history.recipe, images_seen=seen))


def recipe_of(history: History) -> Recipe:
    """Return what a training did, or would do."""
    assert history.recipe is not None
    return history.recipe


def over_seeds(recipes: Iterable[Recipe]) -> Recipe:
    """Return the recipe of trainings that differ in their seeds only.

    Raises:
        ValueError: they differ in more.
    """
    first, *others = recipes
    if any(replace(other, seeds=first.seeds) != first for other in others):
        raise ValueError("trainings of one row differ in more than their seeds")
    return replace(first, seeds="; ".join(recipe.seeds for recipe in (first, *others)))


def closed_form(x: Tensor) -> str:
    """Return what stands in the place of a recipe where a formula was fitted to rows x."""
    return f"closed form, {len(x):,} images"


def chosen_on(n: int, settings: Sequence, what: str = "") -> str:
    """Return how a rate was chosen among those of some settings, on n held-out images."""
    rates = ", ".join(f"{lr:g}" for lr in sorted({setting.lr for setting in settings}))
    among = f"of {rates}" if "," in rates else f"{rates} in every setting tried"
    return f"on {n:,} held-out training images{what}, {among}"
