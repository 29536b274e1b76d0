"""How far a denoising autoencoder gets beyond the best linear repair, on whole MNIST."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor, nn

from aeutils import corruption, losses, training
from aeutils.corruption.denoising import LinearDenoiser, PCADenoiser, psnr, psnr_of_mean
from aeutils.corruption.filters import gaussian_filter, median_filter, non_local_means
from aeutils.data import Dataset
from aeutils.models import Autoencoder
from benchmarks import recipes
from benchmarks.reconstruction import clamped
from benchmarks.results import entry

SEEDS = [0, 1, 2]
VALIDATION_IMAGES = 10_000
SPLIT_SEED = 12345  # which training images are held out for the choice
NOISE_SEED = 54321  # of the damage in validation and test images, and in the baselines' pairs
FEW = 1000  # images on which the strength of a filter is chosen
DRAWS = 2  # how often each clean image is damaged anew for the linear least squares
RIDGES = (10.0, 100.0, 1000.0)
AXES = (20, 30, 40, 60)

Corrupt = Callable[[Tensor, torch.Generator], Tensor]
NOISES: dict[str, tuple[str, Corrupt]] = {
    "denoising-gaussian": ("σ = 0.5", lambda x, g: corruption.gaussian(x, 0.5, g)),
    "denoising-salt-pepper": ("p = 0.3", lambda x, g: corruption.salt_and_pepper(x, 0.3, g)),
}
FILTERS: dict[str, Callable[[Tensor], Tensor]] = {
    **{f"gaussian filter, {w} pixels": partial(gaussian_filter, width=w) for w in (1.0, 1.3, 1.6)},
    **{f"median filter, {s} × {s}": partial(median_filter, size=s) for s in (3, 5, 7)},
    **{
        f"non-local means, strength {h}": partial(non_local_means, sigma=0.5, strength=h)
        for h in (0.4, 0.6, 0.9)
    },
}


@dataclass(frozen=True)
class Recipe:
    """How one denoising autoencoder is trained: every choice the validation images may make."""

    sizes: tuple[int, ...]
    loss: Callable[[Tensor, Tensor], Tensor]
    batch_size: int
    lr: float
    epochs: int

    def __str__(self) -> str:
        widths = "-".join(map(str, self.sizes))
        return (
            f"{widths} {self.loss.__name__} batch {self.batch_size} lr {self.lr:g} "
            f"{self.epochs} epochs"
        )


GRID = [
    Recipe((784, 1024, 512), losses.mse, 128, 0.002, 6),
    Recipe((784, 1024, 512), losses.hinge_mse, 128, 0.002, 6),
    Recipe((784, 1024, 1024), losses.hinge_mse, 128, 0.001, 6),
]


def train(
    x: Tensor,
    corrupt: Corrupt,
    recipe: Recipe,
    seed: int,
    fit: Callable[..., training.History] = training.fit,
) -> tuple[Autoencoder, training.Recipe]:
    """Train with new damage in every batch and clean targets; return model, and what that did."""
    training.seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    model = Autoencoder(recipe.sizes, activation=nn.GELU)

    def damaged(batch: Tensor) -> Tensor:
        return corrupt(batch, generator)

    history = fit(
        model, x, epochs=recipe.epochs, loss=recipe.loss, batch_size=recipe.batch_size,
        lr=recipe.lr, seed=seed, progress=False, corrupt=damaged,
    )  # fmt: skip
    return model, history.recipe


@torch.no_grad()
def quality(model: Callable[[Tensor], Tensor], noisy: Tensor, clean: Tensor) -> float:
    """Return the PSNR in dB of the repaired images, clamped to [0, 1], mean over images."""
    return float(psnr(clamped(model)(noisy), clean))


def linear(x: Tensor, corrupt: Corrupt, ridge: float) -> LinearDenoiser:
    """Fit the linear least squares to `DRAWS` damaged copies of every image."""
    generator = torch.Generator().manual_seed(NOISE_SEED + 1)
    copies = x.repeat(DRAWS, 1)
    return LinearDenoiser(ridge).fit(corrupt(copies, generator), copies)


def best_baselines(
    x_fit: Tensor, noisy: Tensor, clean: Tensor, corrupt: Corrupt
) -> dict[str, dict[str, float]]:
    """Return the PSNR on held-out images of every filter, number of axes and ridge, by family."""
    images, few = noisy[:FEW].reshape(-1, 1, 28, 28), clean[:FEW].reshape(-1, 1, 28, 28)
    return {
        "filter": {name: quality(f, images, few) for name, f in FILTERS.items()},
        "pca": {str(k): quality(PCADenoiser(k).fit(x_fit), noisy, clean) for k in AXES},
        "linear": {str(r): quality(linear(x_fit, corrupt, r), noisy, clean) for r in RIDGES},
    }


def run(mnist: Dataset, grid: Sequence[Recipe] | None = None) -> dict[str, dict]:
    digits = mnist.flat()
    grid = GRID if grid is None else grid
    return {name: _one(name, *NOISES[name], digits, grid) for name in NOISES}


def _one(name: str, level: str, corrupt: Corrupt, digits: Dataset, grid: Sequence[Recipe]) -> dict:
    x, x_test = digits.x_train, digits.x_test
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(SPLIT_SEED))
    x_fit, x_val = x[order[VALIDATION_IMAGES:]], x[order[:VALIDATION_IMAGES]]
    noise = torch.Generator().manual_seed(NOISE_SEED)
    noisy_val, noisy_test = corrupt(x_val, noise), corrupt(x_test, noise)

    print(f"  {name}, {level}: PSNR of held-out training images, clamped, in dB")
    tried = best_baselines(x_fit, noisy_val, x_val, corrupt)
    best = {family: max(values, key=values.get) for family, values in tried.items()}
    for family, values in tried.items():
        print(f"  {family}: " + ", ".join(f"{k}: {v:.2f}" for k, v in values.items()))
    held_out = {}
    for recipe in grid:
        start = time.process_time()
        model, _ = train(x_fit, corrupt, recipe, seed=0)
        held_out[recipe] = quality(model, noisy_val, x_val)
        print(f"  {recipe}  {held_out[recipe]:.2f}  {time.process_time() - start:4.0f} CPU-s")
    chosen = max(held_out, key=held_out.get)

    images = noisy_test.reshape(-1, 1, 28, 28)
    straight = linear(x, corrupt, float(best["linear"]))
    test = {
        "damaged": float(psnr(noisy_test, x_test)),
        "damaged, clamped": float(psnr(noisy_test.clamp(0, 1), x_test)),
        best["filter"]: quality(FILTERS[best["filter"]], images, x_test.reshape(-1, 1, 28, 28)),
        f"PCA-{best['pca']}": quality(PCADenoiser(int(best["pca"])).fit(x), noisy_test, x_test),
        f"linear least squares, ridge {best['linear']}": quality(straight, noisy_test, x_test),
    }
    base = quality(straight, noisy_test, x_test)
    of_mean = float(psnr_of_mean(clamped(straight)(noisy_test), x_test))
    print("  test: " + ", ".join(f"{k}: {v:.2f}" for k, v in test.items()))
    print(f"  chosen: {chosen}; again on all training images, then the test images once per seed:")
    ours, ours_of_mean, did = [], [], []
    for seed in SEEDS:
        model, noted = train(x, corrupt, chosen, seed)
        did.append(noted)
        ours.append(quality(model, noisy_test, x_test))
        with torch.no_grad():
            ours_of_mean.append(float(psnr_of_mean(clamped(model)(noisy_test), x_test)))
        print(f"  seed {seed}: {ours[-1]:.2f} dB, {ours[-1] - base:.2f} dB more than linear")
    details = {
        "chosen": str(chosen),
        "validation-psnr": {str(r): round(v, 3) for r, v in held_out.items()},
        "validation-psnr-baselines": {
            family: {k: round(v, 3) for k, v in values.items()} for family, values in tried.items()
        },
        "test-psnr-baselines": {k: round(v, 3) for k, v in test.items()},
        "test-psnr-by-seed": [round(v, 3) for v in ours],
        "test-psnr-median": round(statistics.median(ours), 3),
        "margin-by-psnr-of-mean": round(statistics.median(ours_of_mean) - of_mean, 3),
    }
    margins, rows = [v - base for v in ours], _rows(x, list(test)[2:], did)
    return entry(name, margins, "seeds", seeds=SEEDS, threads=1, details=details, recipes=rows)


def _rows(x: Tensor, rivals: Sequence[str], did: Sequence[training.Recipe]) -> recipes.Rows:
    """Return how each row came about, the rivals being a filter, PCA and linear least squares."""
    smoothed, axes, straight = rivals
    chosen = recipes.chosen_on(VALIDATION_IMAGES, GRID)
    return {
        smoothed: f"nothing fitted, strength chosen on {FEW:,} held-out images",
        axes: recipes.closed_form(x),
        straight: f"closed form, {DRAWS} damaged copies of {len(x):,} images",
        "denoising autoencoder": recipes.over_seeds(did).with_rate_chosen(chosen),
    }


def planned(x: Tensor, name: str, details: dict) -> dict[str, recipes.Rows]:
    """Return the rows of an entry for training rows x and the details that it recorded."""
    best = next(recipe for recipe in GRID if str(recipe) == details["chosen"])
    corrupt = NOISES[name][1]
    did = [train(x, corrupt, best, seed, fit=recipes.plan)[1] for seed in SEEDS]
    return {name: _rows(x, list(details["test-psnr-baselines"])[2:], did)}
