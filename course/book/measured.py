"""The cheap numbers of the book, worked out anew: each function takes seconds at most.

Every function returns the value of one claim, and of its negative control where it has one: the
same measure where there is nothing to find. Data: the 5,000 + 1,000 embedded digits.
"""

from __future__ import annotations

import functools
import json
import math

import torch
from torch import Tensor
from torch.nn.functional import normalize

from aeutils import compression, data, losses, models, pca, training
from aeutils.losses import contractive, pairs
from aeutils.models import conv
from course.book import ROOT


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


def axes_for(share: float) -> tuple[float, dict]:
    """Return how many axes hold a share of the variance; control: pixels shuffled one by one."""
    generator = torch.Generator().manual_seed(0)
    x = digits().x_train
    order = torch.rand(x.shape, generator=generator).argsort(dim=0)
    shuffled = pca.center(x.gather(0, order))[0]
    none = pca.principal_axes(shuffled, 784)[1]
    count = lambda v: float((v.cumsum(0) / v.sum() < share).sum() + 1)  # noqa: E731
    return count(fitted()[2]), {"every pixel shuffled over the images": count(none)}


def sse_32() -> tuple[float, dict]:
    """Return the test error of 32 axes; control: 32 random orthonormal axes."""
    mean, axes, _ = fitted()
    generator = torch.Generator().manual_seed(0)
    random = torch.linalg.qr(torch.randn(784, 32, generator=generator))[0].T
    error = lambda a: float(  # noqa: E731
        ((digits().x_test - mean) - (digits().x_test - mean) @ a.T @ a).square().sum(1).mean()
    )
    return error(axes[:32]), {"32 random axes": round(error(random), 1)}


def sixes_and_eights() -> tuple[float, dict]:
    """Return in how many % of pairs the eight is nearer than the moved six; control: unmoved."""
    x, y = digits().x_test, digits().y_test
    sixes, eights = normalize(x[y == 6]), normalize(x[y == 8])

    def share(shift: int) -> float:
        moved = sixes.reshape(-1, 28, 28).roll(-shift, dims=2).flatten(1)
        nearer = sixes @ eights.T > (sixes * moved).sum(1, keepdim=True)
        return 100 * float(nearer.double().mean())

    return share(3), {"not moved": share(0)}


def strangers(digit: int, network: bool, what: str = "auc") -> tuple[float, dict]:
    """Hold a digit back from training; return the AUC of the error, or the error of one group."""
    auc, known, strange = _strangers(digit, network)
    return {"auc": auc, "known": known, "strangers": strange}[what], {"chance": 0.5}


@functools.cache
def _strangers(digit: int, network: bool) -> tuple[float, float, float]:
    d = digits()
    seen, held = d.x_train[d.y_train != digit], d.y_test == digit
    if network:
        training.seed_everything(0)
        model = models.Autoencoder((784, 256, 64, 32))
        how = {"epochs": 10, "batch_size": 64, "lr": 2e-3, "seed": 0, "progress": False}
        training.fit(model, seen, **how)
        with torch.no_grad():
            rebuilt = model(d.x_test)
    else:
        rebuilt = pca.PCA(32).fit(seen).reconstruct(d.x_test)
    error = (rebuilt - d.x_test).square().sum(1)
    known, strange = error[~held], error[held]
    larger = (strange[:, None] > known[None]).double().mean()
    return float(larger), float(known.mean()), float(strange.mean())


def four_points() -> tuple[float, dict]:
    """Return the mean error of one axis on the four points of week 1's example."""
    x = torch.tensor([[2.0, 0], [0, 1], [-2, 0], [0, -1]])
    model = pca.PCA(1).fit(x)
    return float((model.reconstruct(x) - x).square().sum(1).mean()), {}


def one_logit(a: float, what: str) -> tuple[float, dict]:
    """Return probability, loss or slope at a pixel of ink for the logit `a`, by autograd."""
    logit = torch.tensor([[a]], dtype=torch.float64, requires_grad=True)
    ink = torch.ones(1, 1, dtype=torch.float64)
    probability = torch.sigmoid(logit)
    crossed, squared = losses.bernoulli_nll(logit, ink), (probability - ink).square().sum()
    values = {"probability": probability, "loss": crossed, "squared loss": squared}
    if what in values:
        return values[what].item(), {}
    return torch.autograd.grad({"nll": crossed, "square": squared}[what], logit)[0].item(), {}


def conv_parameters(linear_only: bool) -> tuple[float, dict]:
    """Return the number of parameters of the convolutional autoencoder with a code of 32."""
    model = conv.ConvAutoencoder(32)
    modules = model.modules() if linear_only else [model]
    kept = [m for m in modules if not linear_only or isinstance(m, torch.nn.Linear)]
    return float(sum(p.numel() for m in kept for p in m.parameters())), {}


def code_length(probability: float) -> tuple[float, dict]:
    """Return the bits of a symbol."""
    return -math.log2(probability), {}


def factor(**bits: int) -> tuple[float, dict]:
    """Return week 3's compression factor."""
    return float(compression.compression_factor((1, 28, 28), 32, *bits.values())), {}


def clamped_noise(decibels: bool = True) -> tuple[float, dict]:
    """Return PSNR or MSE that a clamp alone gives empty paper at σ = 0.5; control: no clamp."""
    sigma = 0.5
    n = torch.linspace(0, 12, 1_200_001, dtype=torch.float64)
    density = torch.exp(-n.square() / 2) / math.sqrt(2 * math.pi)
    mse = float(torch.trapezoid((sigma * n).clamp(max=1).square() * density, n))
    if not decibels:
        return mse, {"not clamped": sigma**2}
    return -10 * math.log10(mse), {"not clamped": round(-10 * math.log10(sigma**2), 2)}


def kl_example() -> tuple[float, dict]:
    """Return the penalty of a unit that is on half of the time, target 0.1; control: at 0.1."""
    kl = lambda r: 0.1 * math.log(0.1 / r) + 0.9 * math.log(0.9 / (1 - r))  # noqa: E731
    return kl(0.5), {"at the target": kl(0.1)}


def kl_dead_unit() -> tuple[float, dict]:
    """Return KL(0 ‖ 0.1), the price of a dead unit in the wrong order; control: at the target."""
    return math.log(1 / 0.9), {"at the target": 0.0}


def one_sigmoid_unit() -> tuple[float, dict]:
    """Return the contractive penalty of one unit with weights 2 and 4 at h = ½."""
    weight, x = torch.tensor([[2.0, 4.0]]), torch.zeros(1, 2)
    return float(contractive.sigmoid_penalty(x, weight, torch.zeros(1))), {}


def probe_variance(normal: bool) -> tuple[float, dict]:
    """Return the variance of v·Av for week 5's A, from many draws of signs or normal numbers."""
    a = torch.tensor([[2.0, 1.0], [1.0, 1.0]], dtype=torch.float64)
    generator = torch.Generator().manual_seed(0)
    v = torch.randn(400_000, 2, generator=generator, dtype=torch.float64)
    v = v if normal else v.sign()
    return float(((v @ a) * v).sum(1).var()), {}


def renormalised(same: float, diff: float) -> tuple[float, dict]:
    """Return the ratio of two cosines brought to [0, 1]."""
    return (1 + same) / (1 + diff), {}


def standard_error(share: float, n: int) -> tuple[float, dict]:
    """Return the standard error of a share of n images."""
    return math.sqrt(share * (1 - share) / n), {}


def psnr_share(decibels: float) -> tuple[float, dict]:
    """Return by how many % the squared error falls."""
    return 100 * (1 - 10 ** (-decibels / 10)), {}


def contrastive_pair(distance: float, same: bool) -> tuple[float, dict]:
    """Return the contrastive loss, margin 2, of two codes so far apart."""
    a, b = torch.zeros(1, 1), torch.full((1, 1), distance)
    return float(pairs.contrastive_loss(a, b, torch.tensor([same]), margin=2.0)), {}


def table_of_distances() -> tuple[float, dict]:
    """Return the size in GB of all distances of 10,000 to 60,000 codes in float32."""
    return 10_000 * 60_000 * torch.finfo(torch.float32).bits / 8 / 1e9, {}


def rounded_quotient(same: float, diff: float, largest: bool) -> tuple[float, dict]:
    """Return the largest or smallest quotient of two numbers that were rounded to 0.01."""
    half = 0.005 if largest else -0.005
    return (same + half) / (diff - half), {}


def clamp_gain() -> tuple[float, dict]:
    """Return how many dB a clamp alone gives empty paper at σ = 0.5."""
    return clamped_noise()[0] + 10 * math.log10(0.5**2), {"not clamped": 0.0}


def attacks(who: str, what: str) -> tuple[float, dict]:
    """Return from the recorded runs how many attacks there are, or were stopped by whom."""
    record = json.loads((ROOT / "benchmarks" / "attacks.json").read_text(encoding="utf-8"))
    return float(record["totals"][who][what]), {}


def bank_counts(what: str) -> tuple[float, dict]:
    """Return how many exercises, wrong or right answers the bank has."""
    from autograder.exercises import bank

    entries = [e for week in bank.weeks() for e in bank.exercises(week).values()]
    counts = {
        "exercises": len(entries),
        "wrong": sum(len(e.wrong) for e in entries),
        "right": sum(len(e.right) for e in entries),
    }
    return float(counts[what]), {}
