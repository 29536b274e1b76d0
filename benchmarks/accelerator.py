"""On a CUDA device: images per second of `fit` with and without a recorded step, and Hinton's net.

    python -m benchmarks.accelerator

prints what it finds, and writes `accelerator.json` beside this file, with the name of the device.
Without a device it says so and measures nothing. It is no part of `benchmarks.figures`, whose
figures are a CPU's. Time is wall time here: the processor waits while the device computes.
"""

from __future__ import annotations

import datetime
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

import torch
from torch import Tensor

from aeutils import data, models, training
from aeutils.training.graph_step import GraphStep
from benchmarks import hinton
from benchmarks.hinton import Recipe, SkipAutoencoder
from benchmarks.reconstruction import clamped

RECORD = Path(__file__).parent / "accelerator.json"
BATCH_SIZES = (256, 4096)
IMAGES, REPEATS = 60_000, 5
FASTER = 5.0  # times, wanted of a recorded step at 256 images
SEEDS = (0, 1, 2)
SHORT, LONG = 14, 100  # epochs of Hinton's network
WANTED = {"short, test error": 3.00, "short, seconds": 4.0, "long, test error": 2.35}
RECIPE = Recipe(0.004, 0.3)  # benchmarks.figures hinton chose among its like on held-out images


def seconds_of(x: Tensor, batch_size: int, epochs: int) -> float:
    """Return the wall time of a run of `fit`, in seconds."""
    training.seed_everything(0)
    model = models.Autoencoder((784, 512, 256, 32)).to(x.device)
    torch.cuda.synchronize()
    start = time.perf_counter()
    training.fit(model, x, epochs=epochs, batch_size=batch_size, progress=False)
    torch.cuda.synchronize()
    return time.perf_counter() - start


def speed(x: Tensor, batch_size: int, epochs: int = 5) -> dict[str, float]:
    """Return images per second of both ways, in turns, and how many times as fast the new one is.

    Recording is a part of the run that it serves.
    """
    found: dict[str, list[float]] = {"ordinary": [], "recorded": []}
    for _ in range(REPEATS):
        with mock.patch.object(GraphStep, "takes", return_value=False):
            found["ordinary"].append(epochs * len(x) / seconds_of(x, batch_size, epochs))
        found["recorded"].append(epochs * len(x) / seconds_of(x, batch_size, epochs))
    times = [b / a for a, b in zip(found["ordinary"], found["recorded"], strict=True)]
    each = {name: round(statistics.median(values)) for name, values in found.items()}
    return each | {"times as fast": round(statistics.median(times), 2)}


def hinton_on(
    x: Tensor,
    x_test: Tensor,
    epochs: int,
    seeds: Sequence[int] = SEEDS,
    sizes: Sequence[int] = hinton.SIZES,
) -> dict[str, float]:
    """Return clamped test error and seconds of Hinton's network, medians over seeds.

    The seconds are those of the training, the axes that it starts from included.
    """
    errors, seconds = [], []
    for seed in seeds:
        start = time.perf_counter()
        model, _ = hinton.train(x, RECIPE, seed, epochs, sizes, on_device(x.device))
        if x.device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
        errors.append(training.reconstruction_error(clamped(model), x_test))
    return {
        "test error": round(statistics.median(errors), 3),
        "seconds": round(statistics.median(seconds), 2),
    }


def on_device(device: torch.device) -> Callable[..., training.History]:
    """Return `fit` that first moves the model to the device; `hinton.train` makes it on the CPU."""

    def fit(model: SkipAutoencoder, x: Tensor, **how: object) -> training.History:
        return training.fit(model.to(device), x, **how)

    return fit


def main() -> int:
    if not torch.cuda.is_available():
        print("There is no CUDA device here, so nothing was measured.")
        return 0
    try:
        mnist = data.load("mnist", size="full").flat()
    except data.DataUnavailableError as error:
        print(f"Whole MNIST is needed, so nothing was measured.\n{error}")
        return 1
    x, x_test = mnist.x_train.to("cuda"), mnist.x_test.to("cuda")
    result = {
        "device": torch.cuda.get_device_name(),
        "torch": torch.__version__,
        "date": datetime.date.today().isoformat(),
        "images a second": {str(size): speed(x, size) for size in BATCH_SIZES},
    }
    with hinton.products("high"):  # TensorFloat-32, where the device has it
        hinton_on(x, x_test, 1, (0,))  # loads the kernels
        result["hinton"] = {
            f"{name}, {what}": value
            for name, epochs in {"short": SHORT, "long": LONG}.items()
            for what, value in hinton_on(x, x_test, epochs).items()
        }
    met = {name: result["hinton"][name] <= most for name, most in WANTED.items()}
    met["times as fast"] = result["images a second"]["256"]["times as fast"] >= FASTER
    result["met"] = met
    RECORD.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8", newline="\n")
    print(json.dumps(result, indent=2))
    return 0 if all(met.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
