"""Numbers of the book that neither a notebook nor a benchmark records: calculations of seconds.

`CALCULATIONS` has them by the name under which pages show them. The tests work them out anew. Data,
where there is any: the 5,000 + 1,000 embedded digits. A name that ends with ``/control`` is the
same measure where there is nothing to find.
"""

from __future__ import annotations

import functools
import json
import math
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import normalize

from aeutils import compression, data, losses, models, pca, training
from aeutils.losses import contractive, pairs
from aeutils.models import conv
from course.book import ROOT
from course.book.elective_calculations import ELECTIVES


@functools.cache
def _benchmarks(file: str) -> dict[str, Any]:
    return json.loads((ROOT / "benchmarks" / f"{file}.json").read_text(encoding="utf-8"))


def benchmark(name: str) -> Any:
    """Return what the benchmarks recorded as `name`, keys joined by slashes.

    The first key is an entry of benchmarks/results.json, or another file there: "grading/...".

    Raises:
        KeyError: they recorded nothing of that name.
    """
    first, *keys = name.split("/")
    value: Any = _benchmarks("results").get(first)
    if value is None:
        if not (ROOT / "benchmarks" / f"{first}.json").exists():
            raise KeyError(name)
        value = _benchmarks(first)
    for key in keys:
        value = value[key] if isinstance(value, dict) else None
        if value is None:
            raise KeyError(name)
    return value


@functools.cache
def digits() -> data.Dataset:
    """Return the embedded digits as rows."""
    return data.load("mnist", size="small").flat()


@functools.cache
def fitted() -> tuple[Tensor, Tensor, Tensor]:
    """Return the mean digit, all principal axes and their variances."""
    centered, mean = pca.center(digits().x_train)
    axes, variances = pca.principal_axes(centered, 784)
    return mean, axes, variances


def axes_for(share: float, shuffled: bool = False) -> float:
    """Return how many axes hold a share of the variance, of pixels shuffled over the images too."""
    variances = _shuffled_variances() if shuffled else fitted()[2]
    return float((variances.cumsum(0) / variances.sum() < share).sum() + 1)


@functools.cache
def _shuffled_variances() -> Tensor:
    x = digits().x_train
    order = torch.rand(x.shape, generator=torch.Generator().manual_seed(0)).argsort(dim=0)
    return pca.principal_axes(pca.center(x.gather(0, order))[0], 784)[1]


def sse_32(random: bool = False) -> float:
    """Return the test error of 32 principal axes, or of 32 random orthonormal ones."""
    mean, axes, _ = fitted()
    generator = torch.Generator().manual_seed(0)
    some = torch.linalg.qr(torch.randn(784, 32, generator=generator))[0].T if random else axes[:32]
    x = digits().x_test - mean
    return float((x - x @ some.T @ some).square().sum(1).mean())


def sixes_and_eights(shift: int) -> float:
    """Return in which share of pairs the eight is nearer to a six than the same six moved."""
    x, y = digits().x_test, digits().y_test
    sixes, eights = normalize(x[y == 6]), normalize(x[y == 8])
    moved = sixes.reshape(-1, 28, 28).roll(-shift, dims=2).flatten(1)
    return float((sixes @ eights.T > (sixes * moved).sum(1, keepdim=True)).double().mean())


def strangers(digit: int, network: bool, what: str = "auc") -> float:
    """Hold a digit back from training; return the AUC of the error, or the error of one group."""
    auc, known, strange = _strangers(digit, network)
    return {"auc": auc, "known": known, "strangers": strange}[what]


def strangers_comparison() -> training.Comparison:
    """Return how the rows of that table came about: each digit is held back from another model."""
    rows: dict[str, training.Recipe | str] = {
        f"PCA-32, without the {d}": f"closed form, {len(_without(d)):,} images" for d in (2, 9, 1)
    }
    for digit in (0, 1):
        rows[f"autoencoder, without the {digit}"] = _network_without(digit)[1]
    return training.Comparison.of(
        "w3-strangers", rows, compared="data", rate_chosen="by hand, one for both"
    )


def _without(digit: int) -> Tensor:
    return digits().x_train[digits().y_train != digit]


@functools.cache
def _network_without(digit: int) -> tuple[models.Autoencoder, training.Recipe]:
    torch.set_num_threads(1)  # two threads wait for each other on a busy machine
    training.seed_everything(0)
    model = models.Autoencoder((784, 256, 64, 32))
    how = {"epochs": 10, "batch_size": 64, "lr": 2e-3, "seed": 0, "progress": False}
    return model, training.fit(model, _without(digit), **how).recipe


@functools.cache
def _strangers(digit: int, network: bool) -> tuple[float, float, float]:
    d = digits()
    seen, held = _without(digit), d.y_test == digit
    if network:
        model, _ = _network_without(digit)
        with torch.no_grad():
            rebuilt = model(d.x_test)
    else:
        rebuilt = pca.PCA(32).fit(seen).reconstruct(d.x_test)
    error = (rebuilt - d.x_test).square().sum(1)
    known, strange = error[~held], error[held]
    larger = (strange[:, None] > known[None]).double().mean()
    return float(larger), float(known.mean()), float(strange.mean())


def four_points() -> float:
    """Return the mean error of one axis on the four points of week 1's example."""
    x = torch.tensor([[2.0, 0], [0, 1], [-2, 0], [0, -1]])
    model = pca.PCA(1).fit(x)
    return float((model.reconstruct(x) - x).square().sum(1).mean())


def one_logit(a: float, what: str) -> float:
    """Return probability, loss or slope at a pixel of ink for the logit `a`, by autograd."""
    logit = torch.tensor([[a]], dtype=torch.float64, requires_grad=True)
    ink = torch.ones(1, 1, dtype=torch.float64)
    probability = torch.sigmoid(logit)
    crossed, squared = losses.bernoulli_nll(logit, ink), (probability - ink).square().sum()
    values = {"probability": probability, "loss": crossed, "squared loss": squared}
    if what in values:
        return values[what].item()
    return torch.autograd.grad({"nll": crossed, "square": squared}[what], logit)[0].item()


def conv_parameters(linear_only: bool) -> float:
    """Return the number of parameters of the convolutional autoencoder with a code of 32."""
    model = conv.ConvAutoencoder(32)
    modules = model.modules() if linear_only else [model]
    kept = [m for m in modules if not linear_only or isinstance(m, torch.nn.Linear)]
    return float(sum(p.numel() for m in kept for p in m.parameters()))


def code_length(probability: float) -> float:
    """Return the bits of a symbol."""
    return -math.log2(probability)


def factor(**bits: int) -> float:
    """Return week 3's compression factor."""
    return float(compression.compression_factor((1, 28, 28), 32, *bits.values()))


def clamped_noise(decibels: bool = True) -> float:
    """Return PSNR or MSE that a clamp alone gives empty paper at σ = 0.5."""
    n = torch.linspace(0, 12, 1_200_001, dtype=torch.float64)
    density = torch.exp(-n.square() / 2) / math.sqrt(2 * math.pi)
    mse = float(torch.trapezoid((0.5 * n).clamp(max=1).square() * density, n))
    return -10 * math.log10(mse) if decibels else mse


def kl_from_a_tenth(rho: float) -> float:
    """Return the sparsity penalty, target 0.1, of a unit that is on for a share `rho`."""
    return 0.1 * math.log(0.1 / rho) + 0.9 * math.log(0.9 / (1 - rho))


def one_sigmoid_unit() -> float:
    """Return the contractive penalty of one unit with weights 2 and 4 at h = ½."""
    weight, x = torch.tensor([[2.0, 4.0]]), torch.zeros(1, 2)
    return float(contractive.sigmoid_penalty(x, weight, torch.zeros(1)))


def probe_variance(normal: bool) -> float:
    """Return the variance of v·Av for week 5's A, from many draws of signs or normal numbers."""
    a = torch.tensor([[2.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    v = torch.randn(400_000, 2, generator=generator, dtype=torch.float64)
    v = v if normal else v.sign()
    return float(((v @ a) * v).sum(1).var())


def renormalised(same: float, diff: float) -> float:
    """Return the ratio of two cosines brought to [0, 1]."""
    return (1 + same) / (1 + diff)


def standard_error(share: float, n: int) -> float:
    """Return the standard error of a share of n images."""
    return math.sqrt(share * (1 - share) / n)


def psnr_share(decibels: float) -> float:
    """Return by how many % the squared error falls."""
    return 100 * (1 - 10 ** (-decibels / 10))


def contrastive_pair(distance: float, same: bool) -> float:
    """Return the contrastive loss, margin 2, of two codes so far apart."""
    a, b = torch.zeros(1, 1), torch.full((1, 1), distance)
    return float(pairs.contrastive_loss(a, b, torch.tensor([same]), margin=2.0))


def table_of_distances() -> float:
    """Return the size in GB of all distances of 10,000 to 60,000 codes in float32."""
    return 10_000 * 60_000 * torch.finfo(torch.float32).bits / 8 / 1e9


def rounded_quotient(same: float, diff: float, largest: bool) -> float:
    """Return the largest or smallest quotient of two numbers that were rounded to 0.01."""
    half = 0.005 if largest else -0.005
    return (same + half) / (diff - half)


def bank_counts(what: str) -> float:
    """Return how many exercises, wrong or right answers the bank has."""
    from autograder.exercises import bank

    entries = [e for week in bank.weeks() for e in bank.exercises(week).values()]
    if what == "exercises":
        return float(len(entries))
    return float(sum(len(getattr(e, what)) for e in entries))


def by_seed(entry: str, key: str) -> float:
    """Return the median over the seeds of what a benchmark measured for each."""
    return median(run[key] for run in benchmark(f"{entry}/details/by-seed"))


def share_more(above: str, below: str) -> float:
    """Return by how many % one recorded number is larger than another."""
    return 100 * (benchmark(above) / benchmark(below) - 1)


def raw_ratios() -> list[float]:
    """Return the ratios of centred cosines of CIFAR-10's raw pixels, one for each class."""
    return benchmark("cifar-classes/details/controls/raw pixels/ratios-of-centred-cosines")


def spread_of_choices() -> float:
    """Return largest less smallest accuracy in % of the propagations with alpha 0.99."""
    held_out = benchmark("hundred-labels/details/held-out")
    numbers = [v for name, v in held_out.items() if "alpha 0.99" in name]
    return 100 * (max(numbers) - min(numbers))


_WRITTEN = "compression-gain/details/written-"

CALCULATIONS: dict[str, Callable[[], float]] = {
    **{f"bank/{what}": partial(bank_counts, what) for what in ("exercises", "right", "wrong")},
    "w1-axes-80": partial(axes_for, 0.8),
    "w1-axes-80/control": partial(axes_for, 0.8, shuffled=True),
    "w1-axes-95": partial(axes_for, 0.95),
    "w1-axes-95/control": partial(axes_for, 0.95, shuffled=True),
    "w1-sse-32": sse_32,
    "w1-sse-32/control": partial(sse_32, random=True),
    "w1-pairs": partial(sixes_and_eights, 3),
    "w1-pairs/control": partial(sixes_and_eights, 0),
    "w1-four-points": four_points,
    "factor": partial(factor, value=1, code=1),
    "factor/float32": partial(factor, value=8, code=32),
    "w2-probability": partial(one_logit, -2.0, "probability"),
    "w2-nll": partial(one_logit, -2.0, "loss"),
    "w2-square": partial(one_logit, -2.0, "squared loss"),
    "w2-nll-slope": partial(one_logit, -2.0, "nll"),
    "w2-square-slope": partial(one_logit, -2.0, "square"),
    "w2-nll-slope-8": partial(one_logit, -8.0, "nll"),
    "w2-square-slope-8": partial(one_logit, -8.0, "square"),
    "w3-parameters": partial(conv_parameters, False),
    "w3-linear-parameters": partial(conv_parameters, True),
    **{
        f"w3-stranger/{digit}/{what}": partial(strangers, digit, False, what)
        for digit in (1, 2, 9)
        for what in ("known", "strangers", "auc")
    },
    **{f"w3-stranger/{digit}/network": partial(strangers, digit, True) for digit in (0, 1)},
    **{f"w3-length/{k} of 7": partial(code_length, k / 7) for k in (1, 2, 3)},
    "w3-lzma/autoencoder": partial(
        share_more, f"{_WRITTEN}autoencoder/lzma", f"{_WRITTEN}autoencoder/ideal"
    ),
    "w3-lzma/pca": partial(share_more, f"{_WRITTEN}pca/lzma", f"{_WRITTEN}pca/ideal"),
    "w3-hinton-seconds": lambda: median(benchmark("hinton-sse/details/cpu-seconds-by-seed")),
    "w4-clamp": clamped_noise,
    "w4-clamp-gain": lambda: clamped_noise() + 10 * math.log10(0.5**2),
    "w4-clamped-error": partial(clamped_noise, decibels=False),
    "w4-two-decibels": partial(psnr_share, 2),
    "w5-kl": partial(kl_from_a_tenth, 0.5),
    "w5-kl-dead": lambda: math.log(1 / 0.9),
    "w5-variance-signs": partial(probe_variance, False),
    "w5-variance-normal": partial(probe_variance, True),
    "w5-one-unit": one_sigmoid_unit,
    "w6-ships": partial(renormalised, 0.25, 0.02),
    "w6-ships-lowest": partial(rounded_quotient, 0.25, 0.02, False),
    "w6-ships-highest": partial(rounded_quotient, 0.25, 0.02, True),
    "w6-renormalised": partial(renormalised, 0.2, 0.02),
    "w6-standard-error": partial(standard_error, 0.95, 1000),
    **{
        f"w6-whole-jittered/{key}": partial(by_seed, "table-all-ten", key)
        for key in ("all_ten", "mean-ratio", "mean-ratio-centred", "pair-auc", "knn5")
    },
    "w6-cifar-lowest": lambda: min(raw_ratios()),
    "w6-cifar-highest": lambda: max(raw_ratios()),
    "w6-cifar-knn": partial(by_seed, "cifar-classes", "knn5"),
    **{
        f"w6-cifar-codes/{key}": partial(by_seed, "cifar-all-ten", key)
        for key in ("all-ten", "mean-ratio", "knn5")
    },
    "w6-cifar-codes-seconds": lambda: median(benchmark("cifar-all-ten/details/cpu-seconds")),
    "w7-gigabytes": table_of_distances,
    "w7-pair-same": partial(contrastive_pair, 0.5, True),
    "w7-pair-different": partial(contrastive_pair, 0.5, False),
    "w7-standard-error": partial(standard_error, 0.96, 1000),
    "w7-whole-choices": spread_of_choices,
    **ELECTIVES,
}
"""The calculations by name."""

TOLERANCES = {"w3-stranger/0/network": 0.05, "w3-stranger/1/network": 0.1}
"""How far another machine may be off: these two train a network."""
