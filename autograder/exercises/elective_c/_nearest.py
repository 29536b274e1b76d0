"""Elective C: the distance to the nearest training image in plain Python, and mistakes."""

from __future__ import annotations

import math

import torch
from torch import Tensor

NEAREST = {
    "squared": "squares of distances; take their roots",
    "mean-squared": "mean squared differences; the Euclidean distance is the root of their *sum*",
    "root-mean-squared": "the root of a *mean* over the D numbers; take the root of their sum",
    "city-block": "sums of absolute differences; the Euclidean distance sums squares",
    "largest-difference": "the largest difference of a single number; sum the squares of all",
    "farthest": "the distance to the *farthest* training image",
    "mean-distance": "the mean distance to all training images; take that to the nearest",
    "summed": "the sum of the distances to all training images; take that to the nearest",
    "among-samples": "0 for every sample: was its nearest looked for among the samples, where it "
    "finds itself? Look among the training images",
    "nearest-other-sample": "the distance to the nearest other *sample*; look among the training "
    "images",
    "place": "the place of the nearest training image; return the distance to it",
    "over-training-images": "the root of a sum over all training images and numbers; sum over "
    "the D numbers of one image: `dim=1`",
    "wrong-axis": "squares were summed over the training images; sum them over the D numbers",
    "cosine": "1 − cosine, which leaves lengths out; take the Euclidean distance",
    "to-the-mean": "the distance to the mean training image; take that to the nearest one",
}


def nearest(samples: Tensor, train: Tensor, how: str = "") -> Tensor:
    """Return distances in plain Python, or what a mistake makes of them."""
    x, y = samples.double().tolist(), train.double().tolist()
    table = [[math.dist(row, other) for other in y] for row in x]
    least = [min(row) for row in table]
    d = samples.shape[1]
    apart = (samples.double()[:, None] - train.double()[None]).abs()
    others = [
        min((math.dist(row, other) for j, other in enumerate(x) if j != i), default=0.0)
        for i, row in enumerate(x)
    ]
    found = {
        "squared": lambda: [v**2 for v in least],
        "mean-squared": lambda: [v**2 / d for v in least],
        "root-mean-squared": lambda: [v / math.sqrt(d) for v in least],
        "city-block": lambda: apart.sum(dim=2).amin(dim=1).tolist(),
        "largest-difference": lambda: apart.amax(dim=2).amin(dim=1).tolist(),
        "farthest": lambda: [max(row) for row in table],
        "mean-distance": lambda: [sum(row) / len(row) for row in table],
        "summed": lambda: [sum(row) for row in table],
        "among-samples": lambda: [0.0 for _ in x],
        "nearest-other-sample": lambda: others,
        "over-training-images": lambda: [math.hypot(*row) for row in table],
        "wrong-axis": lambda: apart.square().sum(dim=1).sqrt().amin(dim=1).tolist(),
        "place": lambda: [float(row.index(min(row))) for row in table],
        "cosine": lambda: [min(1 - cosine(row, other) for other in y) for row in x],
        "to-the-mean": lambda: [math.dist(row, train.double().mean(0).tolist()) for row in x],
    }.get(how, lambda: least)()
    return torch.tensor(found, dtype=torch.float64)


def cosine(x: list[float], y: list[float]) -> float:
    """Return the cosine of the angle between two vectors."""
    return sum(p * q for p, q in zip(x, y, strict=True)) / (math.hypot(*x) * math.hypot(*y))
