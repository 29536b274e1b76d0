"""Elective B's table: anomalies in the telemetry of two spacecraft, by networks and without.

"Autoencoders beat PCA and kernel PCA", say the slides behind the course. Every usable channel of
SMAP and MSL (``AEUTILS_TELEMETRY``, see aeutils.data.telemetry), windows of 32 points; models see
the training half only, and nothing is chosen by the labels: both sizes of code are shown.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from aeutils import anomalies, data, models, training
from aeutils.pca import PCA
from benchmarks import recipes
from benchmarks.results import entry

SEEDS = [0, 1, 2]
WIDTH = 32
SIZES = (2, 4)  # numbers in the code
NEAREST_ROWS = 1000  # training windows among which the nearest is looked for
KERNEL_ROWS = 500  # those of them that kernel PCA decomposes
RESAMPLES = 10_000
BY_HAND = "by hand, one for all channels"
NETWORKS: dict[str, Callable[[int], torch.nn.Module]] = {
    "autoencoder": lambda k: models.WindowAutoencoder(WIDTH, 64, k),
    "convolutional": lambda k: models.ConvWindowAutoencoder(WIDTH, 8, k),
}


class Quality(NamedTuple):
    """How well the scores of one channel put anomalous points first."""

    auroc: float
    auprc: float
    f1: float
    adjusted_f1: float


def judge(scores: Tensor, channel: data.Channel) -> Quality:
    """Return the four measures of one channel's point scores."""
    areas = anomalies.ranking_quality(scores, channel.anomalous)
    f1 = anomalies.best_f1(scores, channel.anomalous)
    return Quality(*areas, f1, anomalies.best_adjusted_f1(scores, channel.anomalous))


def closed_form(channel: data.Channel) -> dict[str, Tensor]:
    """Return the point scores of everything that is not trained by steps."""
    train, test = (anomalies.windows(half, WIDTH) for half in (channel.train, channel.test))
    draw = torch.Generator().manual_seed(0)
    some = train[torch.randperm(len(train), generator=draw)[:NEAREST_ROWS]]
    few = some[:KERNEL_ROWS].double()
    gamma = anomalies.median_gamma(few)
    k_train = anomalies.gaussian_kernel(few, few, gamma)
    k_test = anomalies.gaussian_kernel(test.double(), few, gamma)

    def points(of_windows: Tensor) -> Tensor:
        return anomalies.point_scores(of_windows, WIDTH)

    found = {
        "random": torch.rand(len(channel.test), generator=draw),
        "neighbour difference": anomalies.neighbour_difference(channel.test),
        "distance from the mean": (channel.test - channel.train.mean()).abs(),
        "nearest window": points(anomalies.nearest_distance(some, test)),
    }
    for k in SIZES:
        pca = PCA(k).fit(train)
        found[f"PCA, {k}"] = points((test - pca.reconstruct(test)).square().sum(dim=1))
        errors = anomalies.kernel_pca_errors(k_train, k_test, torch.ones(len(test)).double(), k)
        found[f"kernel PCA, {k}"] = points(errors)
    return found


def train(
    rows: Tensor,
    name: str,
    size: int,
    seed: int,
    fit: Callable[..., training.History] = training.fit,
) -> tuple[torch.nn.Module, training.History]:
    """Return a network of NETWORKS for windows, and what its training did."""
    training.seed_everything(seed)
    model = NETWORKS[name](size)
    return model, fit(model, rows, epochs=10, batch_size=128, lr=3e-3, seed=seed, progress=False)


def by_network(channel: data.Channel, name: str, size: int, seed: int) -> Tensor:
    """Return the point scores of a network's errors."""
    mean, std = channel.train.mean(), channel.train.std()
    rows, test = (
        anomalies.windows((half - mean) / std, WIDTH) for half in (channel.train, channel.test)
    )
    model, _ = train(rows, name, size, seed)
    return anomalies.point_scores(model.errors(test), WIDTH)


def interval(differences: Tensor) -> dict[str, float]:
    """Return the mean difference over channels and its 95 % bootstrap interval."""
    draw = torch.Generator().manual_seed(0)
    n = len(differences)
    means = differences[torch.randint(n, (RESAMPLES, n), generator=draw)].mean(dim=1)
    low, high = means.quantile(torch.tensor([0.025, 0.975], dtype=means.dtype)).tolist()
    return {
        "mean": round(float(differences.mean()), 4),
        "low": round(low, 4),
        "high": round(high, 4),
    }


def means(rows: list[Quality]) -> dict[str, float]:
    """Return the mean of each measure over channels."""
    return {
        name: round(statistics.mean(getattr(row, name) for row in rows), 4)
        for name in Quality._fields
    }


def run() -> dict[str, dict]:
    """Score every channel in every way; compare networks with PCA channel by channel."""
    channels = data.load_telemetry()
    begin = time.process_time()
    closed = [closed_form(channel) for channel in channels]
    found = {
        name: [[judge(scores[name], c) for scores, c in zip(closed, channels, strict=True)]]
        for name in closed[0]
    }
    seconds = {"closed forms": time.process_time() - begin}
    for size in SIZES:
        for network in NETWORKS:
            begin = time.process_time()
            name = f"{network}, {size}"
            found[name] = [
                [judge(by_network(c, network, size, seed), c) for c in channels] for seed in SEEDS
            ]
            seconds[name] = (time.process_time() - begin) / len(SEEDS)
            print(f"  {name}: {means(found[name][0])}", flush=True)
    return entries(channels, found, seconds)


def entries(
    channels: list[data.Channel],
    found: dict[str, list[list[Quality]]],
    seconds: dict[str, float],
) -> dict[str, dict]:
    """Return the entries of what was found: for each way its seeds, for each seed its channels."""

    def auprc(name: str, seed: int) -> Tensor:
        rows = found[name][min(seed, len(found[name]) - 1)]
        return torch.tensor([row.auprc for row in rows], dtype=torch.float64)

    def ahead(size: int, rival: str) -> list[float]:
        names = f"autoencoder, {size}", f"{rival}, {size}"
        return [float((auprc(names[0], s) - auprc(names[1], s)).mean()) for s in SEEDS]

    table = {name: means([row for rows in of for row in rows]) for name, of in found.items()}
    intervals = {
        f"{network}, {size}, over {rival}": interval(
            torch.stack(
                [auprc(f"{network}, {size}", s) - auprc(f"{rival}, {size}", s) for s in SEEDS]
            ).mean(dim=0)
        )
        for network in NETWORKS
        for size in SIZES
        for rival in ("PCA", "kernel PCA")
    }
    intervals["PCA, 2, over PCA, 4"] = interval(auprc("PCA, 2", 0) - auprc("PCA, 4", 0))
    details = {
        "channels": len(channels),
        "table": table,
        "auprc difference, 95 % interval": intervals,
        "seconds": {name: round(value, 1) for name, value in seconds.items()},
    }
    once = seconds["closed forms"] + sum(seconds[f"{network}, 4"] for network in NETWORKS)
    coin = [row.adjusted_f1 for row in found["random"][0]]
    how = {"seeds": SEEDS, "threads": 1}
    return {
        "telemetry-pca": entry(
            "telemetry-pca",
            ahead(4, "PCA"),
            "seeds",
            **how,
            details=details,
            recipes=planned(channels)["telemetry-pca"],
        ),
        "telemetry-kernel": entry(
            "telemetry-kernel", ahead(4, "kernel PCA"), "seeds", **how, details={}
        ),
        "telemetry-coin": entry(
            "telemetry-coin", [statistics.mean(coin)], "draws", seeds=[0], threads=1, details={}
        ),
        "telemetry-time": entry("telemetry-time", [once], "runs", seeds=[0], threads=1, details={}),
    }


def planned(channels: list[data.Channel]) -> dict[str, recipes.Rows]:
    """Return the rows of the entry; networks are trained on each channel, here on the first."""
    rows: recipes.Rows = {
        "PCA": "closed form, all windows",
        "kernel PCA": f"closed form, {KERNEL_ROWS:,} windows",
        "nearest window": f"not trained, {NEAREST_ROWS:,} windows",
    }
    first = anomalies.windows(channels[0].train, WIDTH)
    for name in NETWORKS:
        plans = [train(first, name, 4, seed, recipes.plan)[1] for seed in SEEDS]
        found = map(recipes.recipe_of, plans)
        rows[name] = recipes.over_seeds(found).with_rate_chosen(BY_HAND)
    return {"telemetry-pca": rows}
