"""Training from one tensor in memory against a DataLoader that fetches image by image."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from aeutils import training
from aeutils.data import Dataset
from aeutils.losses import mse
from aeutils.models import Autoencoder
from benchmarks.results import entry

BATCH_SIZE = 256
LR = 1e-3
REPEATS = 7


def write_idx(path: Path, values: Tensor) -> None:
    """Write bytes in MNIST's own format: two zeros, type 8, number of axes, each axis' length."""
    header = bytes([0, 0, 8, values.ndim])
    lengths = b"".join(n.to_bytes(4, "big") for n in values.shape)
    path.write_bytes(header + lengths + values.to(torch.uint8).numpy().tobytes())


def torchvision_mnist(mnist: Dataset, folder: Path):  # -> torchvision.datasets.MNIST
    """Return torchvision's MNIST with `ToTensor`, reading the same images from `folder`."""
    from torchvision import datasets, transforms

    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    parts = (("train", mnist.x_train, mnist.y_train), ("t10k", mnist.x_test, mnist.y_test))
    for part, x, y in parts:
        write_idx(raw / f"{part}-images-idx3-ubyte", (x[:, 0] * 255).round())
        write_idx(raw / f"{part}-labels-idx1-ubyte", y)
    return datasets.MNIST(folder, train=True, download=False, transform=transforms.ToTensor())


def train_from_loader(model: Autoencoder, loader: DataLoader) -> int:
    """Train for one pass, step by step as `training.fit` does; return the number of images."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=LR, weight_decay=0.0, fused=True)
    scheduler = torch.optim.lr_scheduler.OneCycleLR(optimizer, LR, total_steps=len(loader))
    images = 0
    model.train()
    for batch, _ in loader:
        loss = mse(model(batch), batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        scheduler.step()
        images += len(batch)
    return images


def train_as_usual(model: Autoencoder, loader: DataLoader) -> int:
    """Train for one pass as most tutorials do: Adam with its defaults, the loss read at each step.

    Printed for comparison only: here the loop differs from `training.fit` and not just the feeding.
    """
    optimizer = torch.optim.Adam(model.parameters(), lr=LR)
    images, total = 0, 0.0
    model.train()
    for batch, _ in loader:
        optimizer.zero_grad()
        loss = torch.nn.functional.mse_loss(model(batch), batch)
        loss.backward()
        optimizer.step()
        total += loss.item()
        images += len(batch)
    return images


def measure(mnist: Dataset, folder: Path, repeats: int) -> list[dict[str, float]]:
    """Return images per second and per CPU-second of each way, one pass each, in turns.

    They follow one another directly, so that a busy machine slows all; the order is reversed from
    repeat to repeat. The first pass of each is not counted.
    """
    loader = DataLoader(
        torchvision_mnist(mnist, folder), batch_size=BATCH_SIZE, shuffle=True, num_workers=0
    )

    def memory() -> int:
        training.fit(
            Autoencoder(), mnist.x_train, epochs=1, batch_size=BATCH_SIZE, lr=LR, progress=False
        )
        return len(mnist.x_train)

    def fetched() -> int:
        return train_from_loader(Autoencoder(), loader)

    def usual() -> int:
        return train_as_usual(Autoencoder(), loader)

    passes = {"loader": fetched, "memory": memory, "usual loop": usual}
    rows: list[dict[str, float]] = []
    for repeat in range(repeats + 1):
        row = {}
        for name in sorted(passes, reverse=repeat % 2 == 0):
            wall, cpu = time.perf_counter(), time.process_time()
            images = passes[name]()
            row[name] = images / (time.perf_counter() - wall)
            row[f"{name} per CPU-s"] = images / (time.process_time() - cpu)
        rows.append(row)
    return rows[1:]


def run(mnist: Dataset, repeats: int = REPEATS) -> dict[str, dict]:
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(mnist, Path(folder), repeats)
    print("  from memory   DataLoader   ratio   ratio of CPU time   usual loop   ratio")
    keys = ("loader", "loader per CPU-s", "usual loop", "usual loop per CPU-s")
    ratios: dict[str, list[float]] = {key: [] for key in keys}
    for row in rows:
        for key in keys:
            ours = "memory per CPU-s" if key.endswith("CPU-s") else "memory"
            ratios[key].append(row[ours] / row[key])
        latest = {key: values[-1] for key, values in ratios.items()}
        print(
            f"  {row['memory']:11,.0f}   {row['loader']:10,.0f}   {latest['loader']:5.2f}   "
            f"{latest['loader per CPU-s']:17.2f}   {row['usual loop']:10,.0f}   "
            f"{latest['usual loop']:5.2f}"
        )
    details = {
        "images-per-s-memory": round(statistics.median(r["memory"] for r in rows)),
        "images-per-s-loader": round(statistics.median(r["loader"] for r in rows)),
        "images-per-s-usual-loop": round(statistics.median(r["usual loop"] for r in rows)),
        "ratio-of-cpu-time": round(statistics.median(ratios["loader per CPU-s"]), 3),
        "ratio-to-usual-loop": round(statistics.median(ratios["usual loop"]), 3),
        "ratio-to-usual-loop-of-cpu-time": round(
            statistics.median(ratios["usual loop per CPU-s"]), 3
        ),
    }
    name = "training-speed"
    return {name: entry(name, ratios["loader"], "repeats", seeds=[], threads=1, details=details)}
