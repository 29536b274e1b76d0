"""Hinton and Salakhutdinov's 784-1000-500-250-30 on whole MNIST, beside PCA with 30 axes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aeutils import losses, pca, training
from aeutils.data import Dataset
from aeutils.models import mlp
from benchmarks import compression, recipes, results
from benchmarks.reconstruction import clamped, pca_errors
from benchmarks.results import entry

SIZES = (784, 1000, 500, 250, 30)
SHORT, LONG = 14, 36  # epochs
GRID_EPOCHS = 6
BATCH_SIZE = 256
# PyTorch's float32 products: "medium" rounds factors to bfloat16 where the processor has it
PRECISION = {SHORT: "medium", LONG: "highest"}
SEEDS = [0, 1, 2]
VALIDATION_IMAGES = 10_000
SPLIT_SEED = 2006  # which training images are held out for the choice


@dataclass(frozen=True)
class Recipe:
    """What the held-out training images choose."""

    lr: float
    weight_decay: float

    def __str__(self) -> str:
        return f"lr {self.lr:g} decay {self.weight_decay:g}"


GRID = [Recipe(lr, decay) for lr in (0.002, 0.004) for decay in (0.1, 0.3)]


class SkipAutoencoder(nn.Module):
    """The paper's widths with GELU, and a linear path beside each half that starts as PCA.

    z = f((x − mean) / s) + A (x − mean),  x̂ = g(z) + B z + mean, with A = Bᵀ = the principal axes
    at the start, s one deviation for all pixels. Both paths end at, or start from, the code:
    nothing passes by its 30 numbers.
    """

    replayable = True  # the same operations for every batch: aeutils.training.graph_step

    def __init__(self, x: Tensor, sizes: Sequence[int] = SIZES) -> None:
        super().__init__()
        axes = pca.PCA(sizes[-1]).fit(x)
        self.encoder = mlp(sizes, nn.GELU)
        self.decoder = mlp(sizes[::-1], nn.GELU)
        self.down = nn.Linear(sizes[0], sizes[-1], bias=False)
        self.up = nn.Linear(sizes[-1], sizes[0], bias=False)
        with torch.no_grad():
            self.down.weight.copy_(axes.components_)
            self.up.weight.copy_(axes.components_.T)
        self.register_buffer("mean", axes.mean_.clone())
        self.register_buffer("scale", x.std())

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes (N, K) of rows x (N, D)."""
        centred = x - self.mean
        return self.encoder(centred / self.scale) + self.down(centred)

    def decode(self, z: Tensor) -> Tensor:
        """Return rows (N, D) of codes z (N, K)."""
        return self.decoder(z) + self.up(z) + self.mean

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction of rows x (N, D)."""
        return self.decode(self.encode(x))


def train(
    x: Tensor,
    recipe: Recipe,
    seed: int,
    epochs: int,
    sizes: Sequence[int] = SIZES,
    fit: Callable[..., training.History] = training.fit,
) -> tuple[SkipAutoencoder, training.Recipe]:
    """Return a model trained on rows x by `fit` with the hinge loss, and what that did."""
    training.seed_everything(seed)
    model = SkipAutoencoder(x, sizes)
    history = fit(
        model, x, epochs=epochs, loss=losses.hinge_mse, batch_size=BATCH_SIZE, lr=recipe.lr,
        weight_decay=recipe.weight_decay, seed=seed, progress=False,
    )  # fmt: skip
    return model, history.recipe


@contextmanager
def products(precision: str) -> Iterator[None]:
    """Multiply matrices with this precision (`torch.set_float32_matmul_precision`) for a while."""
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision(precision)
    try:
        yield
    finally:
        torch.set_float32_matmul_precision(before)


def multiply_speed(side: int = 1000, repeats: int = 30) -> float:
    """Return 10⁹ float32 operations a CPU second, so that seconds of different days compare."""
    a = torch.rand(side, side)
    for _ in range(5):
        a @ a
    start = time.process_time()
    for _ in range(repeats):
        a @ a
    return 2 * side**3 * repeats / (time.process_time() - start) / 1e9


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
        seconds = time.process_time() - start
        print(f"  {recipe}: {errors[recipe]:.3f} held out, {seconds:.0f} CPU-s", flush=True)
    return min(errors, key=errors.get), errors


def run_short(mnist: Dataset) -> dict[str, dict]:
    """Choose, train with three seeds, and compress the test images with each of the models."""
    digits = mnist.flat()
    with products(PRECISION[SHORT]):
        best, errors = choose(digits.x_train, GRID, VALIDATION_IMAGES, epochs=GRID_EPOCHS)
    print(f"  chosen: {best}; again on all training images, {SHORT} epochs")
    found, models = _seeds(digits, best, SHORT, SEEDS)
    found["details"] |= {
        "chosen": str(best),
        "validation-sse": {str(recipe): round(error, 4) for recipe, error in errors.items()},
    }
    return {
        "hinton-sse": entry("hinton-sse", over="seeds", seeds=SEEDS, threads=1, **found),
        **compression.measure(mnist, models, SEEDS, found["recipes"]),
    }


def run_long(mnist: Dataset) -> dict[str, dict]:
    """Train three times as long, with the recipe that the short run chose and recorded."""
    digits = mnist.flat()
    recorded = results.read().get("hinton-sse")
    if recorded is None:
        raise SystemExit("first run: python -m benchmarks.figures hinton (it chooses the recipe)")
    chosen = recorded["details"]["chosen"]
    best = next(recipe for recipe in GRID if str(recipe) == chosen)
    print(f"  {best}, as chosen by the short run, {LONG} epochs")
    found, _ = _seeds(digits, best, LONG, SEEDS)
    found["details"]["chosen"] = chosen
    name = "hinton-long-sse"
    return {name: entry(name, over="seeds", seeds=SEEDS, threads=1, **found)}


def _rows(x: Tensor, epochs: int, did: Sequence[training.Recipe]) -> recipes.Rows:
    """Return how the rows came about: PCA, and the network with all of its seeds."""
    after = f" after {GRID_EPOCHS} epochs"
    chosen = recipes.chosen_on(VALIDATION_IMAGES, GRID, after)
    network = recipes.over_seeds(did).with_rate_chosen(chosen)
    return {"PCA-30": recipes.closed_form(x), f"autoencoder, {epochs} epochs": network}


def planned(x: Tensor, chosen: str) -> dict[str, recipes.Rows]:
    """Return the rows of each entry for training rows x and the recipe that was chosen."""
    best = next(recipe for recipe in GRID if str(recipe) == chosen)
    rows = {
        epochs: _rows(
            x, epochs, [train(x, best, seed, epochs, fit=recipes.plan)[1] for seed in SEEDS]
        )
        for epochs in (SHORT, LONG)
    }
    return {
        "hinton-sse": rows[SHORT],
        "hinton-long-sse": rows[LONG],
        "compression-gain": compression.rows(x, rows[SHORT]),
    }


def _seeds(
    digits: Dataset, recipe: Recipe, epochs: int, seeds: Sequence[int]
) -> tuple[dict, list[SkipAutoencoder]]:
    """Train once per seed; return the clamped test errors with what else was measured."""
    models, values, raw, seconds, speed, did = [], [], [], [], [], []
    for seed in seeds:
        speed.append(multiply_speed())
        start = time.process_time()
        with products(PRECISION[epochs]):
            model, noted = train(digits.x_train, recipe, seed, epochs)
        models.append(model)
        did.append(noted)
        seconds.append(time.process_time() - start)
        values.append(training.reconstruction_error(clamped(models[-1]), digits.x_test))
        raw.append(training.reconstruction_error(models[-1], digits.x_test))
        print(f"  seed {seed}: test SSE clamped {values[-1]:.3f}, raw {raw[-1]:.0f}, "
              f"{seconds[-1]:.0f} CPU-s", flush=True)  # fmt: skip
    straight = pca_errors(digits.x_train, digits.x_test, SIZES[-1])
    details = {
        "epochs": epochs,
        "test-sse-by-seed": [round(v, 4) for v in values],
        "test-sse-raw-median": round(statistics.median(raw), 1),
        "cpu-seconds-by-seed": [round(s) for s in seconds],
        "float32-gflops-by-seed": [round(s) for s in speed],
        "products": PRECISION[epochs],
        "pca30-raw": round(straight["raw"], 4),
        "pca30-clamped": round(straight["clamped"], 4),
    }
    rows = _rows(digits.x_train, epochs, did)
    return {"values": values, "details": details, "recipes": rows}, models
