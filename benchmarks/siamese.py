"""What labels buy on whole MNIST: a Siamese network with all of them, and a classifier with 100."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aeutils import pca, training
from aeutils.corruption.affine_jitter import jitter
from aeutils.data import Dataset
from aeutils.embeddings import knn_accuracy
from aeutils.embeddings.retrieval import mean_average_precision
from aeutils.losses.pairs import all_pairs_loss
from aeutils.losses.supervised_contrastive import supcon_loss
from aeutils.models import mlp
from aeutils.neighbours import propagation
from aeutils.neighbours.knn import classify
from aeutils.training.encoder import fit_encoder
from benchmarks import recipes, results, similarity
from benchmarks.results import entry

SIZES = (784, 512, 256, 32)
SHORT, LONG = 3, 15  # epochs
BATCH_SIZE = 256
SEEDS = [0, 1, 2]
VALIDATION_IMAGES = 10_000
SPLIT_SEED = 2006  # which training images are held out for the choice
WEAK = {"turn": 10.0, "scale": 0.1, "slant": 0.15, "shift": 1.5}
LABELS, DRAWS = 100, 5  # labels told, and how often they are drawn anew for each encoder


def supervised_contrastive(z: Tensor, y: Tensor) -> Tensor:
    return supcon_loss(z, y, 0.1)


def all_pairs(z: Tensor, y: Tensor) -> Tensor:
    return all_pairs_loss(z, y, 1.0)


LOSSES = {"supervised contrastive": supervised_contrastive, "all pairs": all_pairs}


@dataclass(frozen=True)
class Recipe:
    """What the held-out training images choose."""

    loss: str
    strong: bool  # the jitter of `aeutils.corruption.affine_jitter` as it is; a weaker one if False
    lr: float
    weight_decay: float = 0.1

    def __str__(self) -> str:
        how = "strong" if self.strong else "weak"
        return f"{self.loss}, {how} jitter, lr {self.lr:g} decay {self.weight_decay:g}"


GRID = [
    Recipe("supervised contrastive", False, 0.002),
    Recipe("supervised contrastive", False, 0.001),
    Recipe("supervised contrastive", True, 0.002),
    Recipe("all pairs", False, 0.002),
]


class Standardised(nn.Module):
    """An encoder of rows (N, D): one mean and one deviation for all pixels, codes of length 1."""

    def __init__(self, x: Tensor, sizes: Sequence[int] = SIZES) -> None:
        super().__init__()
        self.encoder = mlp(sizes, nn.GELU)
        self.mean, self.scale = float(x.mean()), float(x.std())

    def forward(self, x: Tensor) -> Tensor:
        """Return the codes (N, K), unit vectors, of rows x (N, D)."""
        return F.normalize(self.encoder((x - self.mean) / self.scale))


def train(
    x: Tensor,
    y: Tensor,
    recipe: Recipe,
    seed: int,
    epochs: int,
    fit: Callable[..., training.History] = fit_encoder,
) -> tuple[Standardised, training.Recipe]:
    """Return an encoder trained on jittered rows and all their labels, and what that did."""
    training.seed_everything(seed)
    model = Standardised(x)
    generator = torch.Generator().manual_seed(seed)
    how = {} if recipe.strong else WEAK

    def jittered(batch: Tensor) -> Tensor:
        return jitter(batch, generator, **how)

    jittered.__name__ = "jittered" if recipe.strong else "jittered_weakly"
    history = fit(
        model, x, y, LOSSES[recipe.loss], epochs=epochs, batch_size=BATCH_SIZE, lr=recipe.lr,
        weight_decay=recipe.weight_decay, seed=seed, augment=jittered,
    )  # fmt: skip
    return model.requires_grad_(False), history.recipe


def split(data: Dataset, n: int) -> tuple[Tensor, Tensor]:
    """Return the rows of the training images to fit, and of the n held out."""
    generator = torch.Generator().manual_seed(SPLIT_SEED)
    order = torch.randperm(len(data.x_train), generator=generator)
    return order[n:], order[:n]


def choose(
    data: Dataset, grid: Sequence[Recipe], epochs: int, n_validation: int
) -> tuple[Recipe, dict[str, float]]:
    """Return the recipe with the highest kNN-5 on held-out training images, and all of them."""
    fit, held = split(data, n_validation)
    x, y = data.x_train, data.y_train
    found = {}
    for recipe in grid:
        start = time.process_time()
        model, _ = train(x[fit], y[fit], recipe, 0, epochs)
        seconds = time.process_time() - start
        found[recipe] = knn_accuracy(model(x[fit]), y[fit], model(x[held]), y[held])
        print(f"  {recipe}: {found[recipe]:.4f} held out, {seconds:.0f} CPU-s", flush=True)
    return max(found, key=found.get), {str(recipe): round(v, 4) for recipe, v in found.items()}


def _seeds(
    data: Dataset, recipe: Recipe, epochs: int
) -> tuple[list[dict[str, float]], list[training.Recipe]]:
    """Train with every seed on all training images; the test images are used once per seed.

    Returns:
        For each seed what was measured, and what the training did.
    """
    rows, did = [], []
    for seed in SEEDS:
        start = time.process_time()
        model, noted = train(data.x_train, data.y_train, recipe, seed, epochs)
        did.append(noted)
        seconds = time.process_time() - start
        z_train, z_test = model(data.x_train), model(data.x_test)
        knn = knn_accuracy(z_train, data.y_train, z_test, data.y_test)
        ranked = mean_average_precision(z_test, data.y_test, sample=2000)
        rows.append({"knn5": knn, "seconds": round(seconds, 1), "map": round(ranked, 4)})
        print(f"  {epochs} epochs, seed {seed}: {rows[-1]}", flush=True)
    return rows, did


def controls(data: Dataset) -> dict[str, float]:
    """Return kNN-5 of what uses no label for its codes."""
    axes = pca.PCA(32).fit(data.x_train)
    training.seed_everything(0)
    untrained = Standardised(data.x_train).requires_grad_(False)
    codes: dict[str, Callable[[Tensor], Tensor]] = {
        "raw pixels": lambda x: x,
        "PCA-32": axes.transform,
        "untrained": untrained,
    }
    return {
        name: round(knn_accuracy(f(data.x_train), data.y_train, f(data.x_test), data.y_test), 4)
        for name, f in codes.items()
    }


def run(mnist: Dataset, grid: Sequence[Recipe] | None = None) -> dict[str, dict]:
    """All labels: a short and a long training, both by the recipe that the short one chose."""
    data = mnist.flat()
    beside = controls(data)
    print(f"  kNN-5 without labels in the code: {beside}", flush=True)
    best, held = choose(data, grid or GRID, SHORT, VALIDATION_IMAGES)
    print(f"  chosen: {best}")
    made = {}
    for name, epochs in (("siamese-short", SHORT), ("siamese-long", LONG)):
        rows, did = _seeds(data, best, epochs)
        details = {"chosen": str(best), "held-out": held, "by-seed": rows, "controls": beside}
        plain = {"seeds": SEEDS, "threads": 1}
        accuracies, seconds = ([row[key] for row in rows] for key in ("knn5", "seconds"))
        made[name] = entry(
            *(name, accuracies, "seeds"),
            **plain,
            details=details,
            recipes=_rows(data.x_train, epochs, did),
        )
        made[f"{name}-time"] = entry(f"{name}-time", seconds, "seeds", **plain, details={})
    return made


def _rows(x: Tensor, epochs: int, did: Sequence[training.Recipe]) -> recipes.Rows:
    """Return how each row came about: the controls, and the network with all of its seeds."""
    chosen = recipes.chosen_on(VALIDATION_IMAGES, GRID, f" after {SHORT} epochs")
    return {
        **dict.fromkeys(("raw pixels", "untrained"), recipes.NOT_TRAINED),
        "PCA-32": recipes.closed_form(x),
        f"Siamese, {epochs} epochs": recipes.over_seeds(did).with_rate_chosen(chosen),
    }


def planned(x: Tensor, chosen: str) -> dict[str, recipes.Rows]:
    """Return the rows of both entries for training rows x and the recipe that was chosen."""
    best, y = next(recipe for recipe in GRID if str(recipe) == chosen), torch.zeros(len(x))
    rows = {}
    for name, epochs in (("siamese-short", SHORT), ("siamese-long", LONG)):
        did = [train(x, y, best, seed, epochs, fit=recipes.plan_encoder)[1] for seed in SEEDS]
        rows[name] = _rows(x, epochs, did)
    return rows


# ------------------------------------------------------------------------------ a hundred labels

NEIGHBOURS, ALPHA, STEPS = (5, 7, 10), (0.9, 0.99), 50


def draw_labels(y: Tensor, seed: int, n: int = LABELS) -> Tensor:
    """Return y with all but n labels replaced by −1: n / 10 of each class, drawn by `seed`."""
    order = torch.randperm(len(y), generator=torch.Generator().manual_seed(1000 + seed))
    told = torch.full_like(y, propagation.UNKNOWN)
    for c in range(10):
        rows = order[y[order] == c][: n // 10]
        told[rows] = y[rows]
    return told


def few_labels(
    z: Tensor, y: Tensor, z_new: Tensor, y_new: Tensor, k: int, alpha: float, seeds: Sequence[int]
) -> dict[str, float]:
    """Return the accuracy on new images, median over draws of the labels.

    "1-NN": the nearest labelled image. "propagated": labels flow through the graph of `z`, of
    which the new images are no part, and the five nearest images vote with the labels they got.
    """
    graph = propagation.neighbour_graph(z, k)
    found: dict[str, list[float]] = {"1-NN": [], "propagated": []}
    for seed in seeds:
        told = draw_labels(y, seed)
        rows = (told >= 0).nonzero().squeeze(1)
        scores = propagation.propagate(graph, told, 10, alpha, STEPS)
        spread = (scores / scores.sum(dim=0)).argmax(dim=1)
        answers = {
            "1-NN": classify(z[rows], y[rows], z_new, 1),
            "propagated": classify(z, spread, z_new, 5),
        }
        for name, answer in answers.items():
            found[name].append(float((answer == y_new).double().mean()))
    return {name: statistics.median(values) for name, values in found.items()}


def run_hundred(mnist: Dataset) -> dict[str, dict]:
    """100 labels, 59,900 images without; the encoder is that of `similarity`, as it was chosen."""
    data = mnist.flat()
    recorded = results.read().get("table-all-ten")
    if recorded is None:
        raise SystemExit("first run: python -m benchmarks.figures similarity (it chooses a recipe)")
    chosen = recorded["details"]["chosen"]
    recipe = next(r for r in similarity.GRID if str(r) == chosen)
    fit, held = split(data, VALIDATION_IMAGES)
    x, y = data.x_train, data.y_train
    encode = similarity.train(x[fit], recipe, 0)[0].requires_grad_(False).encode
    z, z_held = encode(x[fit]), encode(x[held])
    tried = {}
    for k in NEIGHBOURS:
        for alpha in ALPHA:
            setting = few_labels(z, y[fit], z_held, y[held], k, alpha, range(3))
            tried[k, alpha] = setting["propagated"]
            print(f"  k {k}, alpha {alpha}: {tried[k, alpha]:.4f} held out", flush=True)
    k, alpha = max(tried, key=tried.get)
    axes, rows, did = pca.PCA(32).fit(x), [], []
    beside = few_labels(
        axes.transform(x), y, axes.transform(data.x_test), data.y_test, k, alpha, range(DRAWS)
    )
    pixels = few_labels_by_pixels(data)
    print(f"  chosen: k {k}, alpha {alpha}; PCA-32 {beside}; raw pixels 1-NN {pixels:.4f}")
    for seed in SEEDS:
        model, noted = similarity.train(x, recipe, seed)
        did.append(noted)
        encode = model.requires_grad_(False).encode
        rows.append(
            few_labels(encode(x), y, encode(data.x_test), data.y_test, k, alpha, range(DRAWS))
        )
        print(f"  seed {seed}: {rows[-1]}", flush=True)
    details = {
        "chosen": f"k {k} alpha {alpha}",
        "held-out": {f"k {k} alpha {a}": round(v, 4) for (k, a), v in tried.items()},
        "by-seed": rows,
        "controls": {"PCA-32": beside, "raw pixels, 1-NN": round(pixels, 4)},
    }
    values, name = [row["propagated"] for row in rows], "hundred-labels"
    how = hundred_rows(similarity.rows(x, did))
    return {
        name: entry(name, values, "seeds", seeds=SEEDS, threads=1, details=details, recipes=how)
    }


def hundred_rows(of_similarity: recipes.Rows) -> recipes.Rows:
    """Return how each encoder came about; the jittered one is that of `similarity`."""
    return {row: of_similarity[row] for row in ("raw pixels", "PCA-32", "jittered")}


def few_labels_by_pixels(data: Dataset) -> float:
    """Return the accuracy of the nearest labelled image by pixels, median over draws."""
    found = []
    for seed in range(DRAWS):
        rows = (draw_labels(data.y_train, seed) >= 0).nonzero().squeeze(1)
        answer = classify(data.x_train[rows], data.y_train[rows], data.x_test, 1)
        found.append(float((answer == data.y_test).double().mean()))
    return statistics.median(found)
