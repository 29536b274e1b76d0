"""How well whole MNIST is rebuilt from 30 or 32 numbers: by PCA, and by a week-2 autoencoder."""

from __future__ import annotations

import itertools
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aeutils import losses, pca, training
from aeutils.data import Dataset
from aeutils.models import Autoencoder
from benchmarks import recipes
from benchmarks.results import entry

SIZES = (784, 512, 256, 32)
EPOCHS = 5
SEEDS = [0, 1, 2]
VALIDATION_IMAGES = 10_000
SPLIT_SEED = 12345  # which training images are held out for the choice


@dataclass(frozen=True)
class Recipe:
    """How one autoencoder is trained: every choice that the validation images may make."""

    activation: type[nn.Module]
    loss: Callable[[Tensor, Tensor], Tensor]
    standardise: bool
    batch_size: int
    lr: float
    weight_decay: float

    def __str__(self) -> str:
        scale = "standardised" if self.standardise else "as it is"
        return (
            f"{self.activation.__name__:5} {self.loss.__name__:10} input {scale:12} "
            f"batch {self.batch_size:3} lr {self.lr:.3f} decay {self.weight_decay:g}"
        )


GRID = [
    Recipe(nn.ReLU, losses.mse, False, 256, 0.001, 0.0),  # the defaults of the course
    Recipe(nn.GELU, losses.hinge_mse, False, 256, 0.002, 0.1),
    *(
        Recipe(activation, losses.hinge_mse, True, batch_size, lr, 0.1)
        for activation, batch_size, lr in itertools.product(
            (nn.GELU, nn.SiLU), (128, 64), (0.002, 0.004)
        )
    ),
]


def pca_errors(x_train: Tensor, x_test: Tensor, k: int) -> dict[str, float]:
    """Return the test SSE per image of PCA fitted to x_train, raw and clamped to [0, 1]."""
    model = pca.PCA(k).fit(x_train)
    return {
        "raw": training.reconstruction_error(model.reconstruct, x_test),
        "clamped": training.reconstruction_error(clamped(model.reconstruct), x_test),
    }


def clamped(model: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """Return the model followed by a clamp to [0, 1], where every pixel lies."""
    return lambda x: model(x).clamp(0, 1)


def train(
    x: Tensor,
    recipe: Recipe,
    seed: int,
    *,
    sizes: Sequence[int] = SIZES,
    epochs: int = EPOCHS,
    fit: Callable[..., training.History] = training.fit,
) -> tuple[Autoencoder, training.Recipe]:
    """Return an `Autoencoder` of images in [0, 1], trained by `fit`, and what that did."""
    training.seed_everything(seed)
    model = Autoencoder(sizes, activation=recipe.activation)
    mean, std = float(x.mean()), float(x.std())

    def standardised(batch: Tensor) -> Tensor:
        return (batch - mean) / std

    history = fit(
        model, x, epochs=epochs, loss=recipe.loss, batch_size=recipe.batch_size, lr=recipe.lr,
        weight_decay=recipe.weight_decay, seed=seed, progress=False,
        corrupt=standardised if recipe.standardise else None,
    )  # fmt: skip
    if recipe.standardise:
        absorb(model.encoder[0], mean, std)
    return model, history.recipe


@torch.no_grad()
def absorb(layer: nn.Linear, mean: float, std: float) -> None:
    """Make a layer that was trained on (x − mean) / std give the same answer for x itself.

    W (x − mean) / std + b = (W / std) x + (b − mean · Σ_d W_d / std): the model stays a plain one.
    """
    layer.weight /= std
    layer.bias -= mean * layer.weight.sum(dim=1)


def choose(
    x_train: Tensor, grid: Sequence[Recipe], n_validation: int, **how: object
) -> tuple[Recipe, dict[Recipe, float]]:
    """Return the recipe of the smallest clamped SSE on held-out training images, and all errors."""
    order = torch.randperm(len(x_train), generator=torch.Generator().manual_seed(SPLIT_SEED))
    x_fit, x_val = x_train[order[n_validation:]], x_train[order[:n_validation]]
    errors = {}
    for recipe in grid:
        start = time.process_time()
        model, _ = train(x_fit, recipe, seed=0, **how)
        errors[recipe] = training.reconstruction_error(clamped(model), x_val)
        print(f"  {recipe}  {errors[recipe]:6.3f}  {time.process_time() - start:4.0f} CPU-s")
    return min(errors, key=errors.get), errors


def run_pca(mnist: Dataset) -> dict[str, dict]:
    digits = mnist.flat()
    errors = {k: pca_errors(digits.x_train, digits.x_test, k) for k in (30, 32)}
    for k, error in errors.items():
        print(f"  PCA-{k}: test SSE {error['raw']:.3f}, clamped to [0, 1] {error['clamped']:.3f}")
    details = {f"pca{k}-{how}": round(v, 4) for k, e in errors.items() for how, v in e.items()}
    value = [errors[30]["raw"]]
    name, rows = "pca30-sse", {"PCA-30": recipes.closed_form(digits.x_train)}
    return {name: entry(name, value, "run", seeds=[], threads=1, details=details, recipes=rows)}


def _rows(x: Tensor, did: Sequence[training.Recipe]) -> recipes.Rows:
    """Return how the rows came about: PCA, and the autoencoder with all of its seeds."""
    chosen = recipes.chosen_on(VALIDATION_IMAGES, GRID)
    network = recipes.over_seeds(did).with_rate_chosen(chosen)
    return {"PCA-32": recipes.closed_form(x), "autoencoder": network}


def planned(x: Tensor, chosen: str) -> dict[str, recipes.Rows]:
    """Return the rows of both entries for training rows x and the recipe that was chosen."""
    best = next(recipe for recipe in GRID if " ".join(str(recipe).split()) == chosen)
    did = [train(x, best, seed, fit=recipes.plan)[1] for seed in SEEDS]
    return {"pca30-sse": {"PCA-30": recipes.closed_form(x)}, "autoencoder-sse": _rows(x, did)}


def run_autoencoder(mnist: Dataset) -> dict[str, dict]:
    digits = mnist.flat()
    print(f"  {len(GRID)} recipes, seed 0, {VALIDATION_IMAGES:,} training images held out; "
          "clamped SSE of those:")  # fmt: skip
    best, errors = choose(digits.x_train, GRID, VALIDATION_IMAGES)
    print(f"  chosen: {best}\n  again on all training images, then the test images once per seed:")
    raw, clipped, did = [], [], []
    for seed in SEEDS:
        model, recipe = train(digits.x_train, best, seed)
        did.append(recipe)
        raw.append(training.reconstruction_error(model, digits.x_test))
        clipped.append(training.reconstruction_error(clamped(model), digits.x_test))
        print(f"  seed {seed}: test SSE clamped {clipped[-1]:.3f}, raw {raw[-1]:.1f}")
    straight = pca_errors(digits.x_train, digits.x_test, SIZES[-1])
    print(f"  PCA-32 for comparison: clamped {straight['clamped']:.3f}, raw {straight['raw']:.3f}")
    details = {
        "chosen": " ".join(str(best).split()),
        "validation-sse": {" ".join(str(r).split()): round(e, 4) for r, e in errors.items()},
        "test-sse-by-seed": [round(e, 4) for e in clipped],
        "test-sse-raw-median": round(statistics.median(raw), 2),
        "pca32-clamped": round(straight["clamped"], 4),
        "pca32-raw": round(straight["raw"], 4),
    }
    name, rows = "autoencoder-sse", _rows(digits.x_train, did)
    return {
        name: entry(name, clipped, "seeds", seeds=SEEDS, threads=1, details=details, recipes=rows)
    }
