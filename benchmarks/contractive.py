"""The exact contractive penalty against the loop over code numbers; the estimate and its error."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable

import torch
from torch import Tensor, nn

from aeutils import data, training
from aeutils.losses import contractive
from benchmarks.results import entry

SIZES = (784, 256, 32)
BATCH_SIZE = 256
REPEATS = 15
CALLS = 10  # evaluations of a fast way in one repeat; the slow ones are evaluated once
SEEDS = [0, 1, 2]
FEW, PROBES, ESTIMATES = 64, 8, 400  # images, probes of one estimate, estimates of each seed


def encoder(seed: int, sizes: tuple[int, int, int] = SIZES) -> nn.Sequential:
    """Return a sigmoid layer with a linear code, its weights drawn as PyTorch draws them."""
    training.seed_everything(seed)
    d, h, k = sizes
    return nn.Sequential(nn.Linear(d, h), nn.Sigmoid(), nn.Linear(h, k))


def exact(model: nn.Sequential, x: Tensor) -> Tensor:
    """Return the penalty in closed form."""
    return contractive.two_layer_penalty(x, model[0].weight, model[0].bias, model[2].weight)


def ways(model: nn.Sequential, x: Tensor) -> dict[str, tuple[Callable[[], Tensor], int]]:
    """Return every way of computing the penalty, and how often it is evaluated in a repeat."""
    source = torch.Generator().manual_seed(0)
    return {
        "loop": (lambda: contractive.penalty_by_loop(model, x), 1),
        "torch.func": (
            lambda: contractive.jacobians(model, x).square().sum(dim=(1, 2)).mean(),
            1,
        ),
        "exact": (lambda: exact(model, x), CALLS),
        "2 probes": (lambda: contractive.hutchinson(model, x, 2, source)[0], CALLS),
    }


def gradients(model: nn.Sequential, value: Tensor) -> Tensor:
    """Return the gradient of `value` for both matrices and the hidden bias, as one vector."""
    weights = [model[0].weight, model[0].bias, model[2].weight]
    return torch.cat([g.flatten() for g in torch.autograd.grad(value, weights)])


def measure(model: nn.Sequential, x: Tensor, repeats: int) -> list[dict[str, float]]:
    """Return milliseconds of one evaluation, forward and backward, of every way, in turns.

    Wall time and CPU time. The order is reversed from repeat to repeat; the first is not counted.
    """
    rows: list[dict[str, float]] = []
    for repeat in range(repeats + 1):
        row = {}
        for name, (way, calls) in sorted(ways(model, x).items(), reverse=repeat % 2 == 0):
            wall, cpu = time.perf_counter(), time.process_time()
            for _ in range(calls):
                gradients(model, way())
            row[name] = 1000 * (time.perf_counter() - wall) / calls
            row[f"{name}, CPU"] = 1000 * (time.process_time() - cpu) / calls
        rows.append(row)
    return rows[1:]


def gradient_error(seed: int, x: Tensor, sizes: tuple[int, int, int] = SIZES) -> float:
    """Return ‖g − g'‖ / ‖g'‖ in float64, g from the closed form and g' from the loop."""
    model, x = encoder(seed, sizes).double(), x.double()
    right = gradients(model, contractive.penalty_by_loop(model, x))
    return float((gradients(model, exact(model, x)) - right).norm() / right.norm())


def bias(
    seed: int, x: Tensor, estimates: int = ESTIMATES, sizes: tuple[int, int, int] = SIZES
) -> tuple[float, float, float]:
    """Return how Hutchinson's estimate misses: bias, bias in standard errors, honesty.

    The bias is that of the mean of all estimates, relative to the exact penalty; its standard error
    comes from the errors that the estimates *state*. Honesty is the root mean square of the errors
    made, over that of the errors stated: 1 if the estimate knows how wrong it is.
    """
    model, x = encoder(seed, sizes).double(), x.double()
    source = torch.Generator().manual_seed(seed)
    truth = float(exact(model, x).detach())
    found = [contractive.hutchinson(model, x, PROBES, source) for _ in range(estimates)]
    missed = [float(value.detach()) - truth for value, _ in found]
    stated = _rms(error for _, error in found)
    mean = statistics.fmean(missed)
    return mean / truth, mean / (stated / estimates**0.5), _rms(missed) / stated


def _rms(values: Iterable[float]) -> float:
    return statistics.fmean(v * v for v in values) ** 0.5


def run(repeats: int = REPEATS, estimates: int = ESTIMATES) -> dict[str, dict]:
    digits = data.load("mnist").flat()
    x, few = digits.x_train[:BATCH_SIZE], digits.x_train[:FEW]
    rows = measure(encoder(0), x, repeats)
    ms = {name: statistics.median(row[name] for row in rows) for name in rows[0]}
    for name in (name for name in ms if not name.endswith("CPU")):
        print(f"  {name:<12} {ms[name]:7.2f} ms   {ms[name + ', CPU']:7.2f} ms of CPU")
    ratios = [row["loop"] / row["exact"] for row in rows]
    of_cpu = statistics.median(row["loop, CPU"] / row["exact, CPU"] for row in rows)
    speed = {
        "milliseconds": {name: round(value, 3) for name, value in ms.items()},
        "ratio-of-cpu-time": round(of_cpu, 2),
    }

    errors = [gradient_error(seed, x) for seed in SEEDS]
    print(f"  gradient in float64, relative difference from the loop: {max(errors):.1e} at most")

    misses = [bias(seed, few, estimates) for seed in SEEDS]
    for seed, (relative, z, honesty) in zip(SEEDS, misses, strict=True):
        print(
            f"  seed {seed}: mean of {estimates} estimates off by {100 * relative:+.3f} %, "
            f"{z:+.2f} standard errors; error made / stated {honesty:.3f}"
        )
    estimate = {
        "relative-bias": [round(relative, 6) for relative, _, _ in misses],
        "bias-in-standard-errors": [round(z, 3) for _, z, _ in misses],
        "error-made-over-stated": [round(honesty, 4) for _, _, honesty in misses],
    }
    by_seed = {"over": "seeds", "seeds": SEEDS, "threads": 1}
    names = ("contractive-speed", "contractive-gradient", "hutchinson-bias")
    return {
        names[0]: entry(names[0], ratios, "repeats", seeds=[], threads=1, details=speed),
        names[1]: entry(names[1], [e * 1e12 for e in errors], details={}, **by_seed),
        names[2]: entry(names[2], [abs(z) for _, z, _ in misses], details=estimate, **by_seed),
    }
