"""One query among a million codes: 128 bits by XOR and popcount, 128 numbers by cosine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch
import torch.nn.functional as F

from aeutils.neighbours import BitIndex
from benchmarks.results import entry

STORE, REPEATS = 1_000_000, 15


def run() -> dict[str, dict]:
    """Time one query among a million codes of 128 bits, and of 128 numbers."""
    draw = torch.Generator().manual_seed(0)
    codes = torch.randint(256, (STORE, 16), dtype=torch.uint8, generator=draw)
    numbers = F.normalize(torch.randn(STORE, 128, generator=draw))
    index = BitIndex(codes)
    ways: dict[str, Callable[[int], object]] = {
        "bits": lambda i: index.search(codes[i : i + 1], 10),
        "numbers": lambda i: (numbers @ numbers[i]).topk(10),
    }
    times: dict[str, list[float]] = {}
    for (
        name,
        search,
    ) in ways.items():  # one after the other, as in use: each has the cache to itself
        times[name] = []
        for i in range(REPEATS + 1):
            start = time.perf_counter()
            search(i)
            times[name].append(1000 * (time.perf_counter() - start))
    bits, dense = times["bits"][1:], times["numbers"][1:]  # the first touches the memory
    ratio = [d / b for d, b in zip(dense, bits, strict=True)]
    details = {"numbers-ms": round(statistics.median(dense), 2)}
    return {
        "hamming-ms": entry("hamming-ms", bits, "repeats", seeds=[0], threads=1, details=details),
        "hamming-speed": entry("hamming-speed", ratio, "repeats", seeds=[0], threads=1, details={}),
    }
