"""What a training run did, as the loop itself notes it: the recipe behind a number.

`fit`, `fit_encoder`, `fit_adversarial` and `fit_prediction` leave a `Recipe` in their `History`; a
loop of your own is watched by `RecipeRecorder`. `aeutils.training.comparison` sets recipes side by
side.

>>> import torch
>>> from aeutils import models, training
>>> training.seed_everything(0)
>>> model = models.Autoencoder(sizes=(6, 4, 2))
>>> recipe = training.fit(model, torch.rand(500, 6), epochs=3, progress=False).recipe
>>> recipe.images_seen, recipe.steps, recipe.loss, recipe.parameters
(1500, 6, 'mse', 80)
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any

import torch
from torch import Tensor, nn

from aeutils._internal.clock import processor_seconds

AS_THEY_ARE = "as they are"
UNNAMED = "a function without a name"
NOT_SAID = "not said"


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """How one model came about. Two recipes are equal if the runs were, up to their time.

    Attributes:
        model: what was trained: its class and its activations.
        data: the images that were trained on, such as "5,000 × 784".
        images_seen: images that went through the model in training steps, each as often as it did.
        steps: steps of the optimiser.
        batch_size: images of a full batch.
        loss: name of the loss.
        shown: what the model was shown in the place of the images.
        optimiser: the optimiser, and how its learning rate moved.
        lr: the (highest) learning rate.
        lr_chosen: how the learning rate was chosen. The loop cannot know: whoever compares says it
            (`compare` asks for it), and until then it is "not said".
        weight_decay: of the optimiser.
        parameters: numbers that were trained.
        seeds: of the weights and of the order of the images.
        cpu_seconds: processor time of the run; not compared.
    """

    model: str
    data: str
    images_seen: int
    steps: int
    batch_size: int
    loss: str
    optimiser: str
    lr: float
    parameters: int
    seeds: str
    weight_decay: float = 0.0
    shown: str = AS_THEY_ARE
    lr_chosen: str = NOT_SAID
    cpu_seconds: float = field(default=0.0, compare=False)

    @classmethod
    def of(
        cls,
        model: nn.Module,
        x: Tensor,
        *,
        order_seed: int,
        seconds: float = 0.0,
        **did: Any,
    ) -> Recipe:
        """Return the recipe of a run: what can be seen of the model and the images, and `did`.

        The seed of the weights is the last that torch was given.

        Args:
            model: the model that was trained.
            x: the training images (N, ...).
            order_seed: seeds the order of the images.
            seconds: processor time of the run.
            did: the other attributes of a recipe.
        """
        return cls(
            model=model_of(model),
            data=data_of(x),
            parameters=trained_parameters(model),
            seeds=f"weights {torch.initial_seed()}, order {order_seed}",
            cpu_seconds=round(seconds, 1),
            **did,
        )

    def words(self, attributes: Iterable[str]) -> list[str]:
        """Return some attributes as a table shows them.

        Args:
            attributes: their names.
        """
        values = [getattr(self, attribute) for attribute in attributes]
        return [
            f"{v:,}" if isinstance(v, int) else f"{v:g}" if isinstance(v, float) else str(v)
            for v in values
        ]

    def with_rate_chosen(self, how: str | None) -> Recipe:
        """Return the recipe with how its rate was chosen, unless that has been said before.

        Args:
            how: in words; None leaves the recipe as it is.
        """
        if how is None or self.lr_chosen != NOT_SAID:
            return self
        return replace(self, lr_chosen=how)


def name_of(function: Callable[..., Any] | None) -> str:
    """Return what a recipe calls a function: its name in words.

    >>> from aeutils import losses
    >>> name_of(losses.hinge_mse)
    'hinge mse'

    Args:
        function: a loss or a corruption; None for no corruption.

    Returns:
        "a function without a name" for a lambda: give it a `def`.
    """
    if function is None:
        return AS_THEY_ARE
    if isinstance(function, functools.partial):
        return name_of(function.func)
    name = getattr(function, "__name__", type(function).__name__)
    return UNNAMED if name == "<lambda>" else name.strip("_").replace("_", " ")


def data_of(x: Tensor) -> str:
    """Return the shape of the training images in words, such as "5,000 × 784".

    Args:
        x: images (N, ...).
    """
    return f"{len(x):,} × {' × '.join(str(n) for n in x.shape[1:])}"


def model_of(model: nn.Module) -> str:
    """Return the class of a model and the activations inside it, such as "Autoencoder, GELU".

    Args:
        model: any module.
    """
    inside = {
        type(part).__name__
        for part in model.modules()
        if type(part).__module__ == "torch.nn.modules.activation"
    }
    return ", ".join([type(model).__name__, *sorted(inside)])


def trained_parameters(model: nn.Module) -> int:
    """Return how many numbers of a model a run changes.

    Args:
        model: any module.
    """
    return sum(p.numel() for p in model.parameters() if p.requires_grad)


class RecipeRecorder:
    """Watch a training loop of your own, and note what it did.

    Images are counted as the model sees them in training mode, steps as the optimiser takes them:
    the recorder believes no argument about either::

        with training.RecipeRecorder(model, x, optimizer, loss=losses.mse) as recorder:
            ...  # your loop
        recorder.recipe

    Args:
        model: the model in training.
        x: the training images (N, ...).
        optimizer: its optimiser.
        loss: the loss, for its name.
        shown: what the model is shown in the place of the images, a function or a text.
        order_seed: seeds the order of the images.
    """

    def __init__(
        self,
        model: nn.Module,
        x: Tensor,
        optimizer: torch.optim.Optimizer,
        *,
        loss: Callable[..., Any] | str,
        shown: Callable[..., Any] | str | None = None,
        order_seed: int = 0,
    ) -> None:
        self._model, self._x, self._optimizer = model, x, optimizer
        self._loss = loss if isinstance(loss, str) else name_of(loss)
        self._shown = shown if isinstance(shown, str) else name_of(shown)
        self._order_seed, self._weight_seed = order_seed, torch.initial_seed()
        self._seen = self._steps = self._largest = 0

    def __enter__(self) -> RecipeRecorder:
        self._hooks: list[Any] = [
            self._model.register_forward_pre_hook(self._count_images),
            self._optimizer.register_step_post_hook(self._count_step),
        ]
        self._start = processor_seconds()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._seconds = processor_seconds() - self._start
        for hook in self._hooks:
            hook.remove()

    def _count_images(self, model: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        if model.training and torch.is_grad_enabled():
            self._seen += len(arguments[0])
            self._largest = max(self._largest, len(arguments[0]))

    def _count_step(self, *_: object) -> None:
        self._steps += 1

    @property
    def recipe(self) -> Recipe:
        """What the loop did."""
        settings = self._optimizer.param_groups[0]
        recipe = Recipe.of(
            self._model,
            self._x,
            order_seed=self._order_seed,
            seconds=self._seconds,
            images_seen=self._seen,
            steps=self._steps,
            batch_size=self._largest,
            loss=self._loss,
            shown=self._shown,
            optimiser=f"{type(self._optimizer).__name__}, constant rate",
            lr=settings["lr"],
            weight_decay=settings.get("weight_decay", 0.0),
        )
        seeds = f"weights {self._weight_seed}, order {self._order_seed}"  # as the loop began
        return replace(recipe, seeds=seeds)
