"""The class-similarity table: by an encoder that saw no label, with its controls, and its speed.

The essay that the course starts from prints, for 1,000 held-out digits and a code of 32 numbers,
the ratio of same-class to different-class similarity, (1 + cosine) / 2, of each class, not centred.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from aeutils import losses, pca, training
from aeutils.corruption.affine_jitter import jitter
from aeutils.data import Dataset
from aeutils.embeddings import knn_accuracy, pair_auc
from aeutils.embeddings.similarity import class_similarity, class_similarity_by_matrix
from aeutils.models import mlp
from benchmarks import recipes
from benchmarks.hinton import SkipAutoencoder
from benchmarks.results import entry

ESSAY = (1.26, 1.42, 1.21, 1.20, 1.19, 1.15, 1.23, 1.22, 1.15, 1.22)  # its trained ratios
SIZES = (784, 512, 256, 32)
EPOCHS = 7
BATCH_SIZE = 256
SEEDS = [0, 1, 2]
SAMPLES, SAMPLE_SIZE = 200, 1000  # random samples of the test images
SAMPLE_SEED = 2025
VALIDATION_IMAGES = 10_000
SPLIT_SEED = 12345  # which training images are held out for the choice
REPEATS, CALLS = 51, 10  # of each timing, and calls in one of them

Encode = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Recipe:
    """What the held-out training images choose, by reconstruction: no label takes part."""

    lr: float
    weight_decay: float

    def __str__(self) -> str:
        return f"lr {self.lr:g} decay {self.weight_decay:g}"


GRID = [Recipe(lr, decay) for lr in (0.001, 0.002, 0.004) for decay in (0.01, 0.1)]


def train(
    x: Tensor,
    recipe: Recipe,
    seed: int,
    epochs: int = EPOCHS,
    fit: Callable[..., training.History] = training.fit,
) -> tuple[SkipAutoencoder, training.Recipe]:
    """Return an autoencoder that was shown jittered rows and asked for the undisturbed ones.

    And what its training did.
    """
    training.seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    model = SkipAutoencoder(x, SIZES)

    def jittered(batch: Tensor) -> Tensor:
        return jitter(batch, generator)

    history = fit(
        model, x, epochs=epochs, loss=losses.hinge_mse, batch_size=BATCH_SIZE, lr=recipe.lr,
        weight_decay=recipe.weight_decay, seed=seed, progress=False, corrupt=jittered,
    )  # fmt: skip
    return model, history.recipe


@torch.no_grad()
def held_out_loss(model: nn.Module, x: Tensor) -> float:
    """Return the hinge loss per pixel of undisturbed rows, guessed from jittered ones."""
    jittered = jitter(x, torch.Generator().manual_seed(SPLIT_SEED))
    return float(losses.hinge_mse(model(jittered), x))


def choose(
    x: Tensor, grid: Sequence[Recipe], n_validation: int, **how: object
) -> tuple[Recipe, dict[Recipe, float]]:
    """Return the recipe of the smallest held-out loss, and all losses."""
    order = torch.randperm(len(x), generator=torch.Generator().manual_seed(SPLIT_SEED))
    x_fit, x_val = x[order[n_validation:]], x[order[:n_validation]]
    found = {}
    for recipe in grid:
        start = time.process_time()
        model, _ = train(x_fit, recipe, seed=0, **how)
        found[recipe] = held_out_loss(model, x_val)
        seconds = time.process_time() - start
        print(f"  {recipe}: {1000 * found[recipe]:.3f} e-3 held out, {seconds:.0f} CPU-s")
    return min(found, key=found.get), found


@torch.no_grad()
def look(encode: Encode, data: Dataset, y_train: Tensor, y_test: Tensor) -> dict[str, object]:
    """Return what the table, and what the other measures, say about one encoder.

    all_ten: share of the random samples in which every class is above the essay's ratio.
    """
    z_train, z_test = encode(data.x_train), encode(data.x_test)
    essay = torch.tensor(ESSAY, dtype=torch.float64)
    generator = torch.Generator().manual_seed(SAMPLE_SEED)
    size, above, ratios = min(SAMPLE_SIZE, len(z_test)), [], []
    for _ in range(SAMPLES):
        rows = torch.randperm(len(z_test), generator=generator)[:size]
        ratio = class_similarity(z_test[rows], y_test[rows]).ratio
        above.append(int((ratio > essay).sum()))
        ratios.append(ratio)
    return {
        "all_ten": sum(n == len(ESSAY) for n in above) / SAMPLES,
        "classes-above": statistics.median(above),
        "ratios": [round(v, 3) for v in torch.stack(ratios).mean(dim=0).tolist()],
        "mean-ratio": round(float(torch.stack(ratios).mean()), 3),
        "mean-ratio-centred": round(class_similarity(z_test, y_test, centre=True).mean_ratio, 3),
        "pair-auc": round(pair_auc(z_test, y_test), 3),
        "knn5": round(knn_accuracy(z_train, y_train, z_test, y_test), 4),
    }


def controls(data: Dataset) -> dict[str, dict[str, object]]:
    """Return the same measures of what needs no training."""
    axes = pca.PCA(32).fit(data.x_train)
    training.seed_everything(0)
    untrained = mlp(SIZES, nn.GELU)
    shuffle = torch.Generator().manual_seed(0)
    shuffled = [y[torch.randperm(len(y), generator=shuffle)] for y in (data.y_train, data.y_test)]
    labels = (data.y_train, data.y_test)
    return {
        "raw pixels": look(lambda x: x, data, *labels),
        "PCA-2": look(lambda x: axes.transform(x)[:, :2], data, *labels),
        "PCA-32": look(axes.transform, data, *labels),
        "untrained": look(untrained, data, *labels),
        "shuffled labels (PCA-32)": look(axes.transform, data, *shuffled),
    }


def run(mnist: Dataset, grid: Sequence[Recipe] | None = None) -> dict[str, dict]:
    digits = mnist.flat()
    beside = controls(digits)
    for name, control in beside.items():
        print(f"  {name}: {_in_words(control)}", flush=True)
    best, losses_held_out = choose(digits.x_train, grid or GRID, VALIDATION_IMAGES)
    print(f"  chosen: {best}; again on all training images, then the test images once per seed:")
    seconds, found, did = [], [], []
    for seed in SEEDS:
        start = time.process_time()
        model, noted = train(digits.x_train, best, seed)
        did.append(noted)
        seconds.append(time.process_time() - start)
        found.append(look(model.encode, digits, digits.y_train, digits.y_test))
        print(f"  seed {seed}, {seconds[-1]:.0f} CPU-s: {_in_words(found[-1])}", flush=True)
    details = {
        "chosen": str(best),
        "validation-loss": {str(r): round(v, 6) for r, v in losses_held_out.items()},
        "by-seed": found,
        "controls": beside,
    }
    plain = {"seeds": SEEDS, "threads": 1}
    first = "table-all-ten"
    return {
        first: entry(
            *(first, [r["all_ten"] for r in found], "seeds"),
            **plain,
            details=details,
            recipes=rows(digits.x_train, did),
        ),
        "table-knn": entry("table-knn", [r["knn5"] for r in found], "seeds", **plain, details={}),
        "table-training": entry("table-training", seconds, "seeds", **plain, details={}),
    }


def rows(x: Tensor, did: Sequence[training.Recipe]) -> recipes.Rows:
    """Return how each row came about: the controls, and the network with all of its seeds."""
    chosen = recipes.chosen_on(VALIDATION_IMAGES, GRID)
    return {
        **dict.fromkeys(("raw pixels", "untrained"), recipes.NOT_TRAINED),
        **dict.fromkeys(("PCA-2", "PCA-32"), recipes.closed_form(x)),
        "jittered": recipes.over_seeds(did).with_rate_chosen(chosen),
    }


def planned(x: Tensor, chosen: str) -> dict[str, recipes.Rows]:
    """Return the rows of the entry for training rows x and the recipe that was chosen."""
    best = next(recipe for recipe in GRID if str(recipe) == chosen)
    did = [train(x, best, seed, fit=recipes.plan)[1] for seed in SEEDS]
    return {"table-all-ten": rows(x, did)}


def run_speed() -> dict[str, dict]:
    """Time the table by sums and by the matrix, on codes that are drawn at random."""
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(1000, 32, generator=generator, dtype=torch.float64)
    y = torch.randint(10, (1000,), generator=generator)
    fast, slow = (
        class_similarity(z, y, renormalise=False),
        class_similarity_by_matrix(z, y, renormalise=False),
    )
    apart = max(
        float((fast.same - slow.same).abs().max()), float((fast.diff - slow.diff).abs().max())
    )
    ratios, times = [], []
    for _ in range(REPEATS):
        matrix, sums = (_seconds(f, z, y) for f in (class_similarity_by_matrix, class_similarity))
        ratios.append(matrix / sums)
        times.append((matrix, sums))
    many = torch.randn(70_000, 32, generator=generator), torch.randint(10, (70_000,))
    large = [_seconds(class_similarity, *many, calls=1) for _ in range(7)]
    details = {
        "milliseconds-matrix": round(1000 * statistics.median(m for m, _ in times), 3),
        "milliseconds-sums": round(1000 * statistics.median(s for _, s in times), 3),
        "largest-difference": apart,
    }
    print(f"  {details}")
    if apart > 1e-12:
        raise SystemExit(f"the two tables differ by {apart}; nothing was recorded")
    how = {"seeds": [], "threads": 1}
    return {
        "table-speed": entry("table-speed", ratios, "repeats", **how, details=details),
        "table-seconds": entry("table-seconds", large, "repeats", **how, details={}),
    }


def _seconds(table: Callable, z: Tensor, y: Tensor, calls: int = CALLS) -> float:
    start = time.perf_counter()
    for _ in range(calls):
        table(z, y)
    return (time.perf_counter() - start) / calls


def _in_words(found: dict[str, object]) -> str:
    return (
        f"all ten above in {100 * found['all_ten']:.1f} % of samples, mean ratio "
        f"{found['mean-ratio']:.3f}, centred {found['mean-ratio-centred']:.3f}, AUC "
        f"{found['pair-auc']:.3f}, kNN-5 {found['knn5']:.4f}"
    )
