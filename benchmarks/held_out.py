"""Elective B: a class held out of the training is the anomaly, all ten in turn, two image sets.

Nine classes of whole MNIST or Fashion-MNIST train an autoencoder. Of the test images, those of the
tenth should have larger errors: AUROC, before and after dividing by the error that is expected of
an image with so much fine detail. What is expected is fitted on normal images that the network did
not train on; no image of the tenth class is seen before the test.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils import anomalies, data, models, training
from benchmarks import recipes
from benchmarks.results import entry

SEEDS = [0, 1, 2]
SETS = {"mnist": "held-out-digits", "fashion_mnist": "held-out-fashion"}
SIZES = (784, 256, 64, 16)
EPOCHS_OF_FEW = 20  # of the embedded parts, which are small
BY_HAND = "by hand, one for all classes"


def train(
    rows: Tensor, seed: int, fit: Callable[..., training.History] = training.fit, epochs: int = 3
) -> tuple[models.Autoencoder, training.History]:
    """Return an autoencoder of rows of nine classes, and what its training did."""
    training.seed_everything(seed)
    model = models.Autoencoder(sizes=SIZES)
    return model, fit(model, rows, epochs=epochs, lr=3e-3, seed=seed, progress=False)


def scores(images: data.Dataset, held_out: int, seed: int, epochs: int = 3) -> dict[str, Tensor]:
    """Return the scores of the test images, plain and corrected, with one class left out."""
    normal = images.x_train[images.y_train != held_out]
    order = torch.randperm(len(normal), generator=torch.Generator().manual_seed(seed))
    fifth = len(normal) // 5
    model, _ = train(normal[order[fifth:]].flatten(1), seed, epochs=epochs)

    def errors(x: Tensor) -> Tensor:
        with torch.no_grad():
            parts = [(model(p) - p).square().sum(dim=1) for p in x.flatten(1).split(5000)]
        return torch.cat(parts)

    kept, test = normal[order[:fifth]], images.x_test
    plain = errors(test)
    detail = anomalies.fine_detail(test), anomalies.fine_detail(kept)
    corrected = anomalies.corrected_errors(plain, detail[0], errors(kept), detail[1])
    return {"plain": plain, "corrected": corrected, "detail alone": detail[0].squeeze(1)}


def areas(images: data.Dataset, seed: int, epochs: int = 3) -> dict[str, list[float]]:
    """Return the AUROC of each class when it is held out, for each way of scoring."""
    found: dict[str, list[float]] = {}
    for held_out in range(10):
        for way, values in scores(images, held_out, seed, epochs).items():
            area, _ = anomalies.ranking_quality(values, images.y_test == held_out)
            found.setdefault(way, []).append(area)
    for way, of in found.items():
        shown = ", ".join(f"{a:.2f}" for a in of)
        print(f"  {images.name}, seed {seed}, {way}: {shown}", flush=True)
    return found


def middle(of_seeds: list[dict[str, list[float]]], name: str) -> dict[str, dict]:
    """Return medians over seeds: of each class, their mean, and the least of them."""
    classes = [c.partition("/")[0] for c in data.CLASSES[name]]
    medians = {
        way: [
            round(statistics.median(of), 4)
            for of in zip(*(found[way] for found in of_seeds), strict=True)
        ]
        for way in of_seeds[0]
    }
    return {
        "auroc": {way: dict(zip(classes, of, strict=True)) for way, of in medians.items()},
        "mean": {way: round(statistics.mean(of), 4) for way, of in medians.items()},
        "least": {way: min(of) for way, of in medians.items()},
    }


def run() -> dict[str, dict]:
    """Hold out every class of both sets with three seeds, and of their embedded parts."""
    new = {}
    for name, claim in SETS.items():
        images = data.load(name, size="full")
        found = [areas(images, seed) for seed in SEEDS]
        few = data.load(name, size="small")
        embedded = [areas(few, seed, EPOCHS_OF_FEW) for seed in SEEDS]
        rows = images.x_train.flatten(1)[images.y_train != 0]
        new[claim] = entry(
            claim,
            [min(of["corrected"]) for of in found],
            "seeds",
            seeds=SEEDS,
            threads=1,
            details={**middle(found, name), "embedded": middle(embedded, name)},
            recipes=planned(rows, claim)[claim],
        )
    return new


def planned(rows: Tensor, claim: str) -> dict[str, recipes.Rows]:
    """Return the rows of the entries: one network for each class that is held out."""
    normal = rows[len(rows) // 5 :]
    found = [recipes.recipe_of(train(normal, seed, recipes.plan)[1]) for seed in SEEDS]
    return {
        claim: {
            "without the first class": recipes.over_seeds(found).with_rate_chosen(BY_HAND),
            "detail alone": recipes.NOT_TRAINED,
        }
    }
