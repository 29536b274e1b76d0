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
BY_HAND = "by hand, one for all classes"


def train(
    rows: Tensor, seed: int, fit: Callable[..., training.History] = training.fit
) -> tuple[models.Autoencoder, training.History]:
    """Return an autoencoder of rows of nine classes, and what its training did."""
    training.seed_everything(seed)
    model = models.Autoencoder(sizes=SIZES)
    return model, fit(model, rows, epochs=3, lr=3e-3, seed=seed, progress=False)


def scores(images: data.Dataset, held_out: int, seed: int) -> dict[str, Tensor]:
    """Return the scores of the test images, plain and corrected, with one class left out."""
    normal = images.x_train[images.y_train != held_out]
    order = torch.randperm(len(normal), generator=torch.Generator().manual_seed(seed))
    fifth = len(normal) // 5
    model, _ = train(normal[order[fifth:]].flatten(1), seed)

    def errors(x: Tensor) -> Tensor:
        with torch.no_grad():
            parts = [(model(p) - p).square().sum(dim=1) for p in x.flatten(1).split(5000)]
        return torch.cat(parts)

    kept, test = normal[order[:fifth]], images.x_test
    plain = errors(test)
    detail = anomalies.fine_detail(test), anomalies.fine_detail(kept)
    corrected = anomalies.corrected_errors(plain, detail[0], errors(kept), detail[1])
    return {"plain": plain, "corrected": corrected, "detail alone": detail[0].squeeze(1)}


def run() -> dict[str, dict]:
    """Hold out every class of both sets with three seeds."""
    new = {}
    for name, claim in SETS.items():
        images = data.load(name, size="full")
        found: dict[str, list[list[float]]] = {}
        for seed in SEEDS:
            of_class: dict[str, list[float]] = {}
            for held_out in range(10):
                for way, values in scores(images, held_out, seed).items():
                    area, _ = anomalies.ranking_quality(values, images.y_test == held_out)
                    of_class.setdefault(way, []).append(area)
            for way, areas in of_class.items():
                found.setdefault(way, []).append(areas)
                shown = ", ".join(f"{a:.2f}" for a in areas)
                print(f"  {name}, seed {seed}, {way}: {shown}", flush=True)
        middle = {
            way: [round(statistics.median(of), 4) for of in zip(*seeds, strict=True)]
            for way, seeds in found.items()
        }
        classes = [c.partition("/")[0] for c in data.CLASSES[name]]
        details = {
            "auroc": {
                way: dict(zip(classes, areas, strict=True))
                for way, areas in middle.items()
            },
            "mean": {way: round(statistics.mean(areas), 4) for way, areas in middle.items()},
            "least": {way: min(areas) for way, areas in middle.items()},
        }
        least = [min(areas) for areas in found["corrected"]]
        rows = planned(images.x_train.flatten(1)[images.y_train != 0], claim)[claim]
        new[claim] = entry(
            claim, least, "seeds", seeds=SEEDS, threads=1, details=details, recipes=rows
        )
    return new


def planned(rows: Tensor, claim: str) -> dict[str, recipes.Rows]:
    """Return the rows of the entries: one network for each class that is held out."""
    normal = rows[len(rows) // 5 :]
    histories = [train(normal, seed, recipes.plan)[1] for seed in SEEDS]
    found = [history.recipe for history in histories if history.recipe is not None]
    return {
        claim: {
            "without the first class": recipes.over_seeds(found).with_rate_chosen(BY_HAND),
            "detail alone": recipes.NOT_TRAINED,
        }
    }
