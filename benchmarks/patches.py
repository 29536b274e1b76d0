"""Elective D: predicting hidden patches of MNIST as pixels, and as what another network says.

Encoders of one shape take equally many steps on the same 10,000 images, as they are and in versions
that should be hard for pixels: with noise, among pieces of other digits, and with a hidden block of
patches in the place of single ones. Each is then judged by a linear probe and by its five nearest
neighbours. Beside the masked autoencoder and the joint-embedding predictive architecture (JEPA)
stand an untrained encoder, two JEPAs without the moving average, with and without the stopped
gradient, and one that is trained with the labels. A JEPA's target is one more pass through an
encoder for each step; the recipes say how long every training took.

    python -m benchmarks.patches                                    all of it, into patches.json
    python -m benchmarks.patches --scenes noise --held-out          to try something out
"""

from __future__ import annotations

import argparse
import copy
import functools
import json
import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils import data, embeddings, models, prediction, training
from benchmarks import recipes

Row = dict[str, Any]
RECORD = Path(__file__).resolve().parent / "patches.json"
SEEDS = [0, 1, 2]
TRAIN, HELD_OUT = 10_000, 5_000
SIZE, WIDTH, LAYERS, NARROW = 7, 64, 2, 32
GRID = (4, 4)
EPOCHS, BATCH_SIZE = 5, 32
LR, BY_HAND = 3e-3, "by hand, one for all"
DECAY = 0.998  # of the moving average: it forgets in some five hundred steps
NOISE = 0.5  # standard deviation, where white is 1
PIECES, PIECE = 6, 8  # of other digits, and their height and width in pixels
AT_RANDOM = functools.partial(prediction.random_mask, n_patches=16, n_hidden=8)
PIXELS, AVERAGE = "masked autoencoder, pixels", "JEPA, moving average"
ITSELF, NO_STOP = "JEPA, itself, gradient stopped", "JEPA, itself, gradient not stopped"
UNTRAINED, LABELS = "untrained", "with labels"
METHODS = [UNTRAINED, PIXELS, AVERAGE, ITSELF, NO_STOP, LABELS]


def half_block(n: int, generator: torch.Generator) -> Tensor:
    """Return a mask that hides a block of 2 × 4 or of 4 × 2 patches of each image, by lot.

    A block of 3 × 3 would cover the four patches in the middle wherever it stands: no network would
    ever see those.

    Args:
        n: images.
        generator: source of places and of the lots.

    Returns:
        Booleans (n, 16), True where a patch is hidden.
    """
    flat, tall = (prediction.block_mask(n, GRID, shape, generator) for shape in ((2, 4), (4, 2)))
    return torch.where(torch.rand(n, 1, generator=generator) < 0.5, flat, tall)


def noisy(images: Tensor, others: Tensor, generator: torch.Generator) -> Tensor:
    """Return images with Gaussian noise on every pixel, not clamped.

    Args:
        images: (N, 1, 28, 28).
        others: not used.
        generator: source of the noise.
    """
    return images + NOISE * torch.randn(images.shape, generator=generator)


def cluttered(images: Tensor, others: Tensor, generator: torch.Generator) -> Tensor:
    """Return images with small square pieces of other digits, the brighter pixel on top.

    Args:
        images: (N, 1, 28, 28).
        others: images to take the pieces from, (M, 1, 28, 28).
        generator: source of the pieces and of the places where they come from and go to.
    """
    n, side = len(images), images.shape[-1]
    rows, columns = torch.arange(PIECE)[:, None], torch.arange(PIECE)
    every, made = torch.arange(n)[:, None, None], images.squeeze(1).clone()
    for _ in range(PIECES):
        source = torch.randint(len(others), (n, 1, 1), generator=generator)
        place = torch.randint(side - PIECE + 1, (4, n, 1, 1), generator=generator)
        piece = others[source, 0, place[0] + rows, place[1] + columns]
        at = (every, place[2] + rows, place[3] + columns)
        made[at] = torch.maximum(made[at], piece)
    return made.unsqueeze(1)


@dataclass(frozen=True)
class Scene:
    """What is shown, and which patches are hidden.

    Attributes:
        damage: function (images, other images, generator) -> images; None for MNIST as it is.
        mask: function (n, generator=...) -> booleans (n, 16).
    """

    damage: Callable[[Tensor, Tensor, torch.Generator], Tensor] | None = None
    mask: Callable[..., Tensor] = AT_RANDOM


SCENES = {
    "as they are": Scene(),
    "blocks hidden": Scene(mask=half_block),
    "noise": Scene(noisy),
    "clutter": Scene(cluttered),
    "clutter, blocks hidden": Scene(cluttered, half_block),
}


@dataclass
class Split:
    """Images to learn from and to judge on, with their labels.

    Attributes:
        x: images to learn from, (N, 1, 28, 28); the probes learn from the same.
        y: their classes, (N,).
        x_new: images to judge on, (M, 1, 28, 28).
        y_new: their classes, (M,).
    """

    x: Tensor
    y: Tensor
    x_new: Tensor
    y_new: Tensor


def split(mnist: data.Dataset, scene: Scene, held_out: bool) -> Split:
    """Return the images of a scene; whether they are judged on is held-out training images.

    Args:
        mnist: whole MNIST.
        scene: what is shown.
        held_out: judge on training images that nothing is trained on, not on the test images.
    """
    x, y = mnist.x_train[:TRAIN], mnist.y_train[:TRAIN]
    rest = slice(TRAIN, TRAIN + HELD_OUT)
    new = mnist.x_train[rest], mnist.y_train[rest]
    x_new, y_new = new if held_out else (mnist.x_test, mnist.y_test)
    if scene.damage is not None:
        draw = torch.Generator().manual_seed(int(held_out))
        others = mnist.x_train[-TRAIN:]  # neither trained on nor judged on
        x, x_new = scene.damage(x, others, draw), scene.damage(x_new, others, draw)
    return Split(x, y, x_new, y_new)


def pixels(images: Tensor) -> Tensor:
    """Return the patches of images, (N, 16, 49)."""
    return prediction.to_patches(images, SIZE)


def error_without_stop(predicted: Tensor, target: Tensor, hidden: Tensor) -> Tensor:
    """Return the mean squared error over hidden patches, with a gradient to the target too."""
    return (predicted - target)[hidden].square().mean()


class Named(nn.Module):
    """An encoder with a layer from its code to the classes, trained with labels.

    Args:
        encoder: images -> codes by its `encode`.
    """

    def __init__(self, encoder: models.PatchEncoder) -> None:
        super().__init__()
        self.encoder, self.last = encoder, nn.Linear(WIDTH, 10)

    def forward(self, images: Tensor) -> Tensor:
        """Return the logits of images (N, 1, 28, 28), (N, 10)."""
        return self.last(self.encoder.encode(images))


def new_encoder(seed: int) -> models.PatchEncoder:
    """Return the encoder that every method starts with.

    Args:
        seed: of its weights.
    """
    training.seed_everything(seed)
    return models.PatchEncoder((1, 28, 28), SIZE, WIDTH, LAYERS)


def train(
    method: str, part: Split, scene: Scene, seed: int, lr: float
) -> tuple[models.PatchEncoder, training.History]:
    """Return a trained encoder, and the history of its training.

    Args:
        method: its name; not "untrained".
        part: the images.
        scene: for its masks.
        seed: of the weights, of the order of the images and of the masks.
        lr: the highest learning rate.
    """
    encoder = new_encoder(seed)
    how = {"epochs": EPOCHS, "batch_size": BATCH_SIZE, "lr": lr, "seed": seed}
    if method == LABELS:
        named = Named(encoder)
        return encoder, training.fit_encoder(named, part.x, part.y, F.cross_entropy, **how)
    predictor = models.PatchPredictor(
        encoder, SIZE * SIZE if method == PIXELS else WIDTH, width=NARROW
    )
    fit = functools.partial(training.fit_prediction, encoder, predictor, part.x, mask=scene.mask)
    if method == PIXELS:
        return encoder, fit(pixels, **how)
    if method == ITSELF:
        return encoder, fit(encoder, **how)
    if method == NO_STOP:
        return encoder, fit(encoder, loss=error_without_stop, **how)
    average = copy.deepcopy(encoder).requires_grad_(False)
    history = fit(
        average, after_step=lambda _: prediction.ema_update(average, encoder, DECAY), **how
    )
    return average, history  # as in the paper, the average is what is used afterwards


@torch.no_grad()
def judge(encoder: models.PatchEncoder, part: Split) -> dict[str, float]:
    """Return what is said of an encoder.

    Args:
        encoder: images -> codes by its `encode`.
        part: the images.
    """
    z, z_new = encoder.encode(part.x), encoder.encode(part.x_new)
    return {
        "probe": 100 * embeddings.linear_probe(z, part.y, z_new, part.y_new),
        "knn": 100 * embeddings.knn_accuracy(z, part.y, z_new, part.y_new),
        "spread": float(prediction.spread(z_new)),
        "rank": float(prediction.effective_rank(z_new)),
    }


def one_row(mnist: data.Dataset, name: str, method: str, seed: int, held_out: bool) -> Row:
    """Return what is said of one encoder, and the recipe of its training.

    Args:
        mnist: whole MNIST.
        name: of the scene.
        method: its name.
        seed: of the weights, of the order of the images and of the masks.
        held_out: whether it is judged on held-out training images.
    """
    scene = SCENES[name]
    part = split(mnist, scene, held_out)
    if method == UNTRAINED:
        return {**judge(new_encoder(seed), part), "recipe": recipes.NOT_TRAINED}
    encoder, history = train(method, part, scene, seed, LR)
    recipe = recipes.recipe_of(history).with_rate_chosen(BY_HAND)
    last = statistics.fmean(history.train_loss[-50:])
    return {**judge(encoder, part), "loss": last, "recipe": asdict(recipe)}


def medians(rows: list[Row]) -> Row:
    """Return the median over seeds of every number that is said of an encoder."""
    numbers = [what for what in rows[0] if what != "recipe"]
    return {what: round(statistics.median(row[what] for row in rows), 4) for what in numbers}


def run(
    mnist: data.Dataset,
    scenes: Sequence[str],
    methods: Sequence[str],
    seeds: Sequence[int],
    held_out: bool,
) -> dict[str, dict[str, list[Row]]]:
    """Train every method in every scene with every seed; return one row for each seed.

    Args:
        mnist: whole MNIST.
        scenes: names of scenes.
        methods: names of methods.
        seeds: of weights, order and masks.
        held_out: whether encoders are judged on held-out training images.
    """
    found: dict[str, dict[str, list[Row]]] = {}
    for scene in scenes:
        for method in methods:
            rows = [one_row(mnist, scene, method, seed, held_out) for seed in seeds]
            found.setdefault(scene, {})[method] = rows
            print(f"{scene}, {method}: {medians(rows)}", flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scenes", nargs="+", choices=SCENES, default=list(SCENES))
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=METHODS)
    parser.add_argument("--seeds", nargs="+", type=int, default=SEEDS)
    parser.add_argument("--held-out", action="store_true", help="judge on held-out training images")
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    mnist = data.load("mnist", size="full")
    found = run(mnist, chosen.scenes, chosen.methods, chosen.seeds, chosen.held_out)
    if not chosen.held_out:
        RECORD.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
