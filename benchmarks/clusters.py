"""Elective D: k-means of digits by their codes. Do ten clusters agree with ten classes?

The test images of whole MNIST, their raw pixels, PCA codes, and the codes of the encoders of
`benchmarks.pretraining`, trained on the training images and untrained. k-means is told that there
are ten clusters, and nothing else.

    python -m benchmarks.clusters       writes clusters.json
"""

from __future__ import annotations

import json
import statistics
import sys
from pathlib import Path

import torch
from torch import Tensor

from aeutils import data, embeddings, pca, training
from benchmarks import pretraining
from benchmarks.pretraining import CODE, codes_of, photographs

RECORD = Path(__file__).resolve().parent / "clusters.json"
SEEDS = [0, 1, 2]
IMAGES = 5000  # training images that encoders see
EPOCHS = 4
TEST = 5000  # test images that are clustered


def agreement(codes: Tensor, labels: Tensor, seed: int) -> dict[str, float]:
    """Return adjusted Rand index and purity of ten clusters of the codes."""
    found = embeddings.k_means(codes, 10, seed)
    return {
        "rand": embeddings.adjusted_rand_index(found, labels),
        "purity": embeddings.purity(found, labels),
    }


def run(mnist: data.Dataset) -> dict[str, dict[str, float]]:
    """Return the means over seeds of both measures, for the test images by every code."""
    x, x_test = photographs(mnist.x_train[:IMAGES]), photographs(mnist.x_test[:TEST])
    rows, rows_test = mnist.x_train[:IMAGES].flatten(1), mnist.x_test[:TEST].flatten(1)
    axes = pca.PCA(CODE).fit(rows)
    table: dict[str, list[dict[str, float]]] = {}
    for seed in SEEDS:
        training.seed_everything(seed)
        codes = {
            "raw pixels": rows_test,
            f"PCA-{CODE}": axes.encode(rows_test),
            "untrained": codes_of(pretraining.encoder(), x_test),
        }
        for name, (encoder, _) in pretraining.encoders(x, seed, EPOCHS).items():
            codes[name] = codes_of(encoder, x_test)
        for name, z in codes.items():
            table.setdefault(name, []).append(agreement(z, mnist.y_test[:TEST], seed))
    return {
        name: {what: round(statistics.mean(f[what] for f in found), 4) for what in found[0]}
        for name, found in table.items()
    }


def main() -> int:
    try:
        mnist = data.load("mnist", size="full")
    except data.DataUnavailableError as error:
        print(f"Whole MNIST is needed, so nothing was measured.\n{error}")
        return 1
    torch.set_num_threads(1)
    text = json.dumps(run(mnist), indent=1)
    RECORD.write_text(text + "\n", encoding="utf-8")
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
