"""The class-similarity table of CIFAR-10: plain cosines and renormalised, with its controls.

The essay that the course starts from prints, for codes of 1,000 held-out photographs, `same`,
`diff` and their ratio, 15.30 for ships. Its `same` of 0.10 to 0.35 cannot be renormalised: the mean
cosine of n codes is at least −1 / (n − 1), so (1 + same) / 2 is at least 0.49 for n = 100. They are
read as plain cosines here.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from aeutils import data, losses, pca, training
from aeutils.corruption.affine_jitter import jitter
from aeutils.data import Dataset
from aeutils.embeddings import knn_accuracy, pair_auc
from aeutils.embeddings.similarity import class_similarity
from aeutils.models import mlp
from benchmarks import contrast, recipes
from benchmarks.hinton import SkipAutoencoder
from benchmarks.results import entry
from benchmarks.similarity import SAMPLE_SEED, SAMPLE_SIZE, SAMPLES, SEEDS

# The essay's trained cosines, of classes 0 to 9. It prints their ratios, 15.30 for ships; ESSAY,
# with which ours are compared, is made of the same cosines renormalised: 1.23 for ships.
SAME = (0.16, 0.19, 0.10, 0.20, 0.14, 0.13, 0.35, 0.10, 0.25, 0.28)
DIFF = (0.04, 0.08, 0.07, 0.07, 0.08, 0.07, 0.08, 0.06, 0.02, 0.06)
ESSAY = tuple((1 + s) / (1 + d) for s, d in zip(SAME, DIFF, strict=True))
SHIPS = 8
SIZES = (3072, 512, 256, 32)
EPOCHS = 4
PCA_IMAGES = 10_000  # training images that the axes are fitted to
TEMPERATURE = 1.0  # of the contrast


def autoencoder(
    x: Tensor,
    seed: int,
    epochs: int = EPOCHS,
    fit: Callable[..., training.History] = training.fit,
) -> tuple[SkipAutoencoder, training.Recipe]:
    """Return an autoencoder that was shown jittered rows and asked for the undisturbed ones.

    And what its training did.
    """
    training.seed_everything(seed)
    generator = torch.Generator().manual_seed(seed)
    model = SkipAutoencoder(x[:PCA_IMAGES], SIZES)

    def jittered(batch: Tensor) -> Tensor:
        images = batch.reshape(-1, 3, 32, 32)
        return jitter(images, generator, turn=10.0, slant=0.1, shift=3.0).flatten(1)

    history = fit(
        model, x, epochs=epochs, loss=losses.mse, batch_size=256, lr=0.001, weight_decay=0.1,
        seed=seed, progress=False, corrupt=jittered,
    )  # fmt: skip
    return model, history.recipe


@torch.no_grad()
def look(encode: Callable[[Tensor], Tensor], photographs: Dataset) -> dict[str, object]:
    """Return both tables of one encoder, over random samples of the test images.

    classes-above: renormalised ratios above the essay's cosines, renormalised as well.
    """
    z_train, z = encode(photographs.x_train), encode(photographs.x_test)
    y = photographs.y_test
    generator = torch.Generator().manual_seed(SAMPLE_SEED)
    essay = torch.tensor(ESSAY, dtype=torch.float64)
    above, ships = [], []
    for _ in range(SAMPLES):
        rows = torch.randperm(len(z), generator=generator)[: min(SAMPLE_SIZE, len(z))]
        above.append(int((class_similarity(z[rows], y[rows]).ratio > essay).sum()))
        plain = class_similarity(z[rows], y[rows], centre=True, renormalise=False)
        ships.append(float(plain.ratio[SHIPS]))
    whole = class_similarity(z, y, renormalise=False)
    shown, centred = class_similarity(z, y), class_similarity(z, y, centre=True)
    plain = class_similarity(z, y, centre=True, renormalise=False)
    return {
        "classes-above": statistics.median(above),
        "same": [round(v, 3) for v in whole.same.tolist()],
        "diff": [round(v, 3) for v in whole.diff.tolist()],
        "ratios-of-cosines": [round(v, 2) for v in whole.ratio.tolist()],
        "ratios-renormalised": [round(v, 3) for v in shown.ratio.tolist()],
        "ratios-of-centred-cosines": [round(v, 1) for v in plain.ratio.tolist()],
        "mean-ratio": round(shown.mean_ratio, 3),
        "mean-ratio-centred": round(centred.mean_ratio, 3),
        "ships-centred-cosines-lowest": round(min(ships), 1),
        "ships-centred-cosines-highest": round(max(ships), 1),
        "pair-auc": round(pair_auc(z, y), 3),
        "knn5": round(knn_accuracy(z_train, photographs.y_train, z, y), 4),
    }


def run() -> dict[str, dict]:
    try:
        photographs = data.load("cifar10", size="full").flat()
    except data.DataUnavailableError as error:
        sys.exit(f"cifar-table needs whole CIFAR-10, so nothing was measured.\n{error}")
    return measure(photographs)


def measure(photographs: Dataset) -> dict[str, dict]:
    """Measure controls, and encoders trained by contrast with three seeds."""
    axes = pca.PCA(32).fit(photographs.x_train[:PCA_IMAGES])
    training.seed_everything(0)
    untrained = mlp(SIZES, nn.GELU)
    x = photographs.x_train
    rebuilds, rebuilding = autoencoder(x, 0)
    encoders = {
        "raw pixels": lambda x: x,
        "PCA-2": lambda x: axes.transform(x)[:, :2],
        "PCA-32": axes.transform,
        "untrained": untrained,
        "autoencoder": rebuilds.encode,
    }
    beside = {}
    for name, encode in encoders.items():
        beside[name] = look(encode, photographs)
        print(f"  {name}: {_in_words(beside[name])}", flush=True)
    rows, seconds, did = [], [], []
    for seed in SEEDS:
        start = time.process_time()
        model, noted = contrast.train(x, seed, TEMPERATURE)
        did.append(noted)
        seconds.append(time.process_time() - start)
        if seed == SEEDS[0]:
            beside["contrast alone"] = look(model.encode, photographs)
            print(f"  contrast alone: {_in_words(beside['contrast alone'])}", flush=True)
        rows.append(look(contrast.averaged(model.encode, x), photographs))
        print(f"  seed {seed}, {seconds[-1]:.0f} CPU-s: {_in_words(rows[-1])}", flush=True)
    details = {
        "essay-renormalised": [round(v, 3) for v in ESSAY],
        "by-seed": rows,
        "controls": beside,
        "cpu-seconds": [round(v) for v in seconds],
    }
    values = [float(row["classes-above"]) for row in rows]
    name, how = "cifar-classes", _rows(rebuilding, did)
    return {
        name: entry(name, values, "seeds", seeds=SEEDS, threads=1, details=details, recipes=how)
    }


def _rows(rebuilding: training.Recipe, did: Sequence[training.Recipe]) -> recipes.Rows:
    """Return how each row came about."""
    by_hand = "by hand, fixed beforehand"
    return {
        **dict.fromkeys(("raw pixels", "untrained"), recipes.NOT_TRAINED),
        **dict.fromkeys(("PCA-2", "PCA-32"), f"closed form, {PCA_IMAGES:,} images"),
        "autoencoder": rebuilding.with_rate_chosen(by_hand),
        "contrast alone": did[0].with_rate_chosen(by_hand),
        "contrast, averaged codes": recipes.over_seeds(did).with_rate_chosen(by_hand),
    }


def planned(x: Tensor) -> dict[str, recipes.Rows]:
    """Return the rows of the entry for training rows x (N, 3072)."""
    did = [contrast.train(x, s, TEMPERATURE, fit=recipes.plan_encoder)[1] for s in SEEDS]
    return {"cifar-classes": _rows(autoencoder(x, 0, fit=recipes.plan)[1], did)}


def _in_words(found: dict[str, object]) -> str:
    return (
        f"{found['classes-above']:g} classes above, mean ratio {found['mean-ratio']:.3f}, centred "
        f"{found['mean-ratio-centred']:.3f}, AUC {found['pair-auc']:.3f}, kNN-5 "
        f"{found['knn5']:.3f}; ratio of the ships' centred cosines from "
        f"{found['ships-centred-cosines-lowest']:g} to {found['ships-centred-cosines-highest']:g}"
    )
