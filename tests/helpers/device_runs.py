"""What the calls of `device_calls` are made of: tensors drawn on the CPU, runs of several steps.

`put` moves a tensor, a module or a tuple to the device in question. Random numbers are drawn on the
CPU, so that the device alone can make a difference.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils import (
    losses,
    models,
    neighbours,
    pca,
    prediction,
    training,
)

MOVES = ("shift right", "shift down", "turn", "zoom", "slant")
Put = Callable[[Any], Any]


def draws() -> torch.Generator:
    """Return a generator of the CPU."""
    return torch.Generator().manual_seed(7)


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def uniform(*shape: int, seed: int = 0) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


X, X2 = uniform(12, 784), uniform(12, 784, seed=1)
IMAGES = X.reshape(12, 1, 28, 28)
Y = torch.arange(12) % 3
Z, Z2 = normal(12, 4), normal(12, 4, seed=1)
MEAN, LOG_VAR = normal(12, 4), normal(12, 4, seed=2) / 3
SCORES, FLAGS = uniform(30), torch.arange(30) % 7 < 2
SERIES = normal(60)
BITS = normal(20, 16) > 0
W1, B1, W2 = normal(5, 784) / 28, normal(5), normal(3, 5)
SYMBOLS = (4 * normal(40, 3)).round().long()
COUNTS = (3 * uniform(12, 6)).round() + 1
DIGITS = SimpleNamespace(
    x_train=uniform(24, 1, 28, 28), y_train=torch.arange(24) % 3,
    x_test=uniform(24, 1, 28, 28, seed=1), y_test=torch.arange(24) % 3,
)  # fmt: skip


def digits_on(put: Put) -> SimpleNamespace:
    return SimpleNamespace(**{name: put(value) for name, value in vars(DIGITS).items()})


def encoder(put: Put, sizes: tuple[int, ...] = (784, 6, 4)) -> torch.nn.Module:
    torch.manual_seed(3)
    return put(models.mlp(sizes, torch.nn.Tanh))


def trained(put: Put, **how: Any) -> list[float]:
    """Return the losses of a short run of `fit`."""
    torch.manual_seed(3)
    model = put(models.Autoencoder((784, 8, 2)))
    history = training.fit(model, put(X), epochs=3, batch_size=5, progress=False, **how)
    return [*history.train_loss, *history.val_loss]


def trained_encoder(put: Put, frozen: bool | None = None) -> list[float]:
    model = encoder(put)
    if frozen is not None:
        model = training.with_head(model.cpu(), 4, 3, frozen)  # its head is drawn on the CPU
    loss = losses.supcon_loss if frozen is None else F.cross_entropy
    return training.fit_encoder(put(model), put(X), put(Y), loss, epochs=2, batch_size=6).train_loss


def trained_adversarial(put: Put) -> list[float]:
    torch.manual_seed(3)
    model, critic = put(models.Autoencoder((784, 8, 2))), put(models.mlp((2, 8, 1)))
    return training.fit_adversarial(
        model, critic, put(X), epochs=2, batch_size=6, progress=False
    ).train_loss


def patch_networks() -> tuple[torch.nn.Module, torch.nn.Module, Tensor]:
    """Return a patch encoder, its predictor, and a mask that hides half of the patches."""
    torch.manual_seed(3)
    encoder = models.PatchEncoder((1, 28, 28), size=7, width=8, layers=1, heads=2)
    hidden = (torch.arange(16) % 2 == 0).expand(len(X), 16)
    return encoder, models.PatchPredictor(encoder, outputs=8), hidden


def encoded_patches(put: Put) -> Tensor:
    encoder = put(patch_networks()[0].eval())
    with torch.no_grad():
        return encoder.encode(put(X.reshape(-1, 1, 28, 28)))


def predicted_patches(put: Put) -> Tensor:
    encoder, predictor, hidden = patch_networks()
    encoder, predictor, hidden = put(encoder.eval()), put(predictor.eval()), put(hidden)
    with torch.no_grad():
        return predictor(encoder(put(X.reshape(-1, 1, 28, 28)), hidden), hidden)


def trained_prediction(put: Put) -> list[float]:
    encoder, predictor, _ = patch_networks()
    encoder = put(encoder)
    return training.fit_prediction(
        encoder,
        put(predictor),
        put(X.reshape(-1, 1, 28, 28)),
        encoder,
        lambda n, generator: prediction.random_mask(n, 16, 8, generator),
        epochs=2,
        batch_size=6,
    ).train_loss


def through(model: torch.nn.Module, put: Put, x: Tensor) -> list[Tensor]:
    """Return what a network in eval mode makes of `x`, its code among it."""
    model = put(model.eval())
    with torch.no_grad():
        found = [model.encode(put(x)), model(put(x))] if hasattr(model, "encode") else model(put(x))
    return found


def network(make: Callable[[], torch.nn.Module], x: Tensor) -> Callable[[Put], Any]:
    def call(put: Put) -> Any:
        torch.manual_seed(3)
        return through(make(), put, x)

    return call


def of(function: Callable[..., Any], *tensors: Any, **options: Any) -> Callable[[Put], Any]:
    """Return the call of a function with tensors on the device and options as they are."""
    return lambda put: function(*map(put, tensors), **options)


def with_draws(function: Callable[..., Any], *tensors: Any, **options: Any) -> Callable[[Put], Any]:
    """Return the same, with a new generator of the CPU."""
    return lambda put: function(*map(put, tensors), generator=draws(), **options)


def fitted(put: Put) -> pca.PCA:
    return pca.PCA(3).fit(put(X))


def graph(put: Put) -> Tensor:
    return neighbours.neighbour_graph(put(Z), k=3)


ELBO = (normal(12, 6), uniform(12, 6), MEAN, LOG_VAR)
KNOWN = torch.tensor([0, 1, 2] + [-1] * 9)
