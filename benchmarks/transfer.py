"""Elective D: what an encoder that saw no label is worth where labels are few.

Fashion-MNIST, and 10,000 photographs of CIFAR-10 (a file that ``AEUTILS_CIFAR`` names). With
10, 50 and 250 labels a class the encoder of `benchmarks.pretraining` is trained from scratch, kept
frozen below a linear layer, or fine-tuned. Learning rate and steps of each are chosen on held-out
training images. A gain is the test accuracy less that from scratch with the same labels.

    python -m benchmarks.figures transfer     both, or Fashion-MNIST alone without such a file
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from scipy import stats
from torch import Tensor, nn
from torch.nn import functional as F

from aeutils import data, training
from benchmarks import pretraining, recipes
from benchmarks.pretraining import CODE, DENOISING, codes_of, photographs
from benchmarks.results import entry

SEEDS = [0, 1, 2]  # of encoders and of heads
DRAWS = 5  # of labels for each seed
PER_CLASS = (10, 50, 250)
CLASSES = 10
HELD_OUT = 1000  # training images on which rate and steps are chosen
UNLABELLED = 10_000  # of the others, at most, that encoders are trained on
TEST = 2000  # test images, at most
EPOCHS = 5  # of the training without labels
SCRATCH = "from scratch"
PLACE = "AEUTILS_CIFAR"  # an environment variable


@dataclass(frozen=True)
class Setting:
    """What the held-out training images choose for one way and one number of labels."""

    lr: float
    steps: int

    def __str__(self) -> str:
        return f"lr {self.lr:g}, {self.steps} steps"


GRID = [Setting(0.002, 60), Setting(0.004, 60), Setting(0.004, 200)]
# A head alone is cheap to train, on codes of deviation 1, and needs larger steps and more of them.
HEADS = [Setting(0.01, 300), Setting(0.05, 300)]
BATCH_SIZE = 32


@dataclass
class Images:
    """A data set as `run` needs it: photographs (N, 3, 32, 32) and labels (N,)."""

    x_train: Tensor
    y_train: Tensor
    x_test: Tensor
    y_test: Tensor


def fashion() -> Images:
    """Return whole Fashion-MNIST."""
    found = data.load("fashion_mnist", size="full")
    x = photographs(found.x_train), photographs(found.x_test[:TEST])
    return Images(x[0], found.y_train, x[1], found.y_test[:TEST])


def cifar(path: str | None = None) -> Images | None:
    """Return the photographs of the file that ``AEUTILS_CIFAR`` names; None if there is none."""
    path = path or os.environ.get(PLACE)
    if path is None or not Path(path).is_file():
        return None
    with np.load(path) as file:
        x = [
            photographs(torch.from_numpy(file[name]).permute(0, 3, 1, 2).float() / 255)
            for name in ("x_train", "x_test")
        ]
        y = [torch.from_numpy(file[name].astype(np.int64)) for name in ("y_train", "y_test")]
    return Images(x[0], y[0], x[1], y[1])


def draw_labels(labels: Tensor, per_class: int, seed: int) -> Tensor:
    """Return the rows of so many images of each class, drawn by lot, int64 (10 · per_class,)."""
    order = torch.randperm(len(labels), generator=torch.Generator().manual_seed(seed))
    return torch.cat([order[labels[order] == c][:per_class] for c in range(CLASSES)])


def fit(model: nn.Module, x: Tensor, y: Tensor, setting: Setting, seed: int) -> nn.Module:
    """Train a classifier for about as many steps as the setting says, in whole epochs."""
    a_epoch = -(-len(x) // BATCH_SIZE)
    training.fit_encoder(
        model, x, y, F.cross_entropy, epochs=max(1, round(setting.steps / a_epoch)),
        batch_size=BATCH_SIZE, lr=setting.lr, weight_decay=0.01, seed=seed,
    )  # fmt: skip
    return model


def scratch(x: Tensor, y: Tensor, setting: Setting, seed: int) -> nn.Module:
    """Return a classifier whose encoder had first weights only."""
    training.seed_everything(seed)
    return fit(training.with_head(pretraining.encoder(), CODE, CLASSES, False), x, y, setting, seed)


def tuned(encoder: nn.Module) -> Callable[..., nn.Module]:
    """Return what trains an encoder and its head together."""

    def train(x: Tensor, y: Tensor, setting: Setting, seed: int) -> nn.Module:
        training.seed_everything(seed)
        return fit(training.with_head(encoder, CODE, CLASSES, False), x, y, setting, seed)

    return train


def frozen(encoder: nn.Module) -> Callable[..., nn.Module]:
    """Return what trains the head alone, on codes that are computed once."""

    def train(x: Tensor, y: Tensor, setting: Setting, seed: int) -> nn.Module:
        training.seed_everything(seed)
        model = training.with_head(encoder, CODE, CLASSES, True)
        fit(model[1], codes_of(model[0], x), y, setting, seed)
        return model.eval()

    return train


def ways(encoders: dict[str, nn.Module]) -> dict[str, Callable[..., nn.Module]]:
    """Return what trains a classifier in each way, by name."""
    found: dict[str, Callable[..., nn.Module]] = {SCRATCH: scratch}
    for name, encoder in encoders.items():
        found |= {f"{name}, frozen": frozen(encoder), f"{name}, fine-tuned": tuned(encoder)}
    return found


def accuracy(model: nn.Module, x: Tensor, y: Tensor) -> float:
    """Return the share of images that get their own class."""
    return float((codes_of(model, x).argmax(dim=1) == y).double().mean())


def choose(
    train: Callable[..., nn.Module],
    grid: Sequence[Setting],
    x: Tensor,
    y: Tensor,
    x_held: Tensor,
    y_held: Tensor,
) -> Setting:
    """Return the setting with the best accuracy on held-out training images."""
    right = {s: accuracy(train(x, y, s, 0), x_held, y_held) for s in grid}
    return max(right, key=right.__getitem__)


def gains(images: Images) -> tuple[dict, recipes.Rows]:
    """Return accuracies of every way by number of labels, what was chosen, and the recipes."""
    order = torch.randperm(len(images.x_train), generator=torch.Generator().manual_seed(0))
    held, rest = order[:HELD_OUT], order[HELD_OUT:]
    x, y = images.x_train[rest], images.y_train[rest]
    right: dict[int, dict[str, list[float]]] = {n: {} for n in PER_CLASS}
    chosen: dict[int, dict[str, Setting]] = {n: {} for n in PER_CLASS}
    kept: dict[str, list[training.Recipe]] = {}
    for seed in SEEDS:
        made = pretraining.encoders(x[:UNLABELLED], seed, EPOCHS)
        for name, (_, recipe) in made.items():
            kept.setdefault(name, []).append(recipe)
        table = ways({name: encoder for name, (encoder, _) in made.items()})
        for per_class in PER_CLASS:
            if seed == SEEDS[0]:
                some = draw_labels(y, per_class, seed=1000)  # a draw of its own
                for way, train in table.items():
                    grid = HEADS if way.endswith("frozen") else GRID
                    shown = x[some], y[some], images.x_train[held], images.y_train[held]
                    chosen[per_class][way] = choose(train, grid, *shown)
            for draw in range(DRAWS):
                some = draw_labels(y, per_class, seed=DRAWS * seed + draw)
                for way, train in table.items():
                    model = train(x[some], y[some], chosen[per_class][way], seed)
                    value = accuracy(model, images.x_test[:TEST], images.y_test[:TEST])
                    right[per_class].setdefault(way, []).append(value)
            means = {w: round(statistics.mean(v), 4) for w, v in right[per_class].items()}
            print(f"  seed {seed}, {per_class} labels a class: {means}", flush=True)
    rows = {
        name: recipes.over_seeds(of).with_rate_chosen(pretraining.BY_HAND)
        for name, of in kept.items()
    }
    return {"right": right, "chosen": chosen}, rows


def differences(right: dict[str, list[float]], way: str) -> list[float]:
    """Return the gain of a way over from scratch for every draw of labels."""
    return [a - b for a, b in zip(right[way], right[SCRATCH], strict=True)]


def interval(values: list[float]) -> dict[str, float]:
    """Return the mean of the gains and its 95 % interval by Student's t."""
    half = (
        float(stats.t.ppf(0.975, len(values) - 1)) * statistics.stdev(values) / len(values) ** 0.5
    )
    mean = statistics.mean(values)
    return {"gain": round(mean, 4), "low": round(mean - half, 4), "high": round(mean + half, 4)}


def details(found: dict) -> dict:
    """Return what is kept beside the figure: accuracies, gains with intervals, settings."""
    right, chosen = found["right"], found["chosen"]
    table = {
        str(n): {
            way: {"accuracy": round(statistics.mean(values), 4)}
            | ({} if way == SCRATCH else interval(differences(of, way)))
            | {"setting": str(chosen[n][way])}
            for way, values in of.items()
        }
        for n, of in right.items()
    }
    vanishes = {
        way: next((n for n in PER_CLASS if table[str(n)][way]["low"] <= 0), "not up to 250")
        for way in right[PER_CLASS[0]]
        if way != SCRATCH
    }
    return {"labels a class": table, "first number of labels without a sure gain": vanishes}


WAY = f"{DENOISING}, fine-tuned"
HOW = {"seeds": SEEDS, "threads": 1}


def run() -> dict[str, dict]:
    """Measure Fashion-MNIST, and CIFAR-10 where ``AEUTILS_CIFAR`` names it."""
    try:
        measured = {"transfer-fashion": fashion()}
    except data.DataUnavailableError as error:
        message = f"transfer needs whole Fashion-MNIST, so nothing was measured.\n{error}"
        raise SystemExit(message) from error
    things = cifar()
    if things is None:
        print(f"{PLACE} names no file of photographs, so CIFAR-10 was not measured.")
    else:
        measured["transfer-cifar"] = things
    entries = {}
    for name, images in measured.items():
        found, rows = gains(images)
        few, many = (differences(found["right"][n], WAY) for n in (PER_CLASS[0], PER_CLASS[-1]))
        entries[name] = entry(name, few, "draws", details=details(found), recipes=rows, **HOW)
        entries[f"{name}-many"] = entry(f"{name}-many", many, "draws", details={}, **HOW)
    return entries
