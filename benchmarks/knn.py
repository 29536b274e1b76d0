"""Search for 5 neighbours of 10,000 codes among 60,000: time against scikit-learn, and memory."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

import torch
from torch import Tensor

from aeutils.neighbours import cells
from aeutils.neighbours.knn import search
from benchmarks.results import entry

STORE, QUERIES, SIZE, K = 60_000, 10_000, 32, 5
REPEATS = 7
MEMORY = """
import pathlib, re, torch
from aeutils.neighbours.knn import search
torch.set_num_threads(1)
def kilobytes(what):
    status = pathlib.Path("/proc/self/status").read_text()
    return int(re.search(what + r":\\s*(\\d+)", status)[1])
draw = torch.Generator().manual_seed(0)
store, queries = (torch.randn(n, {size}, generator=draw) for n in ({store}, {queries}))
search(store[:1000], queries[:100], {k})
pathlib.Path("/proc/self/clear_refs").write_text("5")  # the peak is counted from here
before = kilobytes("VmRSS")
search(store, queries, {k})
print(kilobytes("VmHWM") - before)
"""


def codes(store: int, queries: int) -> tuple[Tensor, Tensor]:
    """Return random codes: the worst case, because no two of them are much nearer than others."""
    draw = torch.Generator().manual_seed(0)
    return tuple(torch.randn(n, SIZE, generator=draw) for n in (store, queries))


def by_sklearn(store: Tensor, queries: Tensor, k: int) -> Tensor:
    from sklearn.neighbors import NearestNeighbors

    index = NearestNeighbors(n_neighbors=k, algorithm="brute").fit(store.numpy())
    return torch.from_numpy(index.kneighbors(queries.numpy(), return_distance=False))


def seconds(function: Callable, *arguments: object, **how: object) -> tuple[float, Tensor]:
    """Return the CPU time of one call, and its result."""
    start = time.process_time()
    found = function(*arguments, **how)
    return time.process_time() - start, found


def memory(store: int = STORE, queries: int = QUERIES) -> float:
    """Return by how many MB the memory of a fresh process grows during the search (Linux)."""
    text = MEMORY.format(store=store, queries=queries, size=SIZE, k=K)
    done = subprocess.run([sys.executable, "-c", text], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1e3


def by_faiss(store: Tensor, queries: Tensor, exact: Tensor) -> dict[str, object]:
    """Return time and recall of faiss, exactly and by cells; what is missing if it is."""
    if not cells.has_faiss():
        return {"faiss": "not installed"}
    import faiss

    faiss.omp_set_num_threads(1)
    ways = {"flat": {}, "1 of 256 cells": {"cells": 256}}
    ways |= {f"{n} of 256 cells": {"cells": 256, "probe": n} for n in (8, 64)}
    found = {}
    for name, how in ways.items():
        spent, rows = seconds(cells.faiss_search, store, queries, K, **how)
        recall = cells.recall(rows, exact)
        found[name] = {"seconds": round(spent, 2), "recall": round(recall, 4)}
    return {"faiss": found}


def run(store: int = STORE, queries: int = QUERIES, repeats: int = REPEATS) -> dict[str, dict]:
    """Time both in turns; the neighbours must be the same."""
    z, asked = codes(store, queries)
    ratios, times = [], []
    by_sklearn(z[:100], asked[:10], K), search(z[:100], asked[:10], K)  # imports are paid once
    for _ in range(repeats):
        theirs, expected = seconds(by_sklearn, z, asked, K)
        ours, found = seconds(search, z, asked, K)
        ratios.append(theirs / ours)
        times.append((ours, theirs))
        if cells.recall(found, expected) < 0.9999:
            raise SystemExit("the two searches found different neighbours; nothing was recorded")
    details = {
        "seconds": round(statistics.median(t for t, _ in times), 2),
        "seconds-sklearn": round(statistics.median(t for _, t in times), 2),
        **by_faiss(z, asked, expected),
    }
    print(f"  {details}")
    how = {"seeds": [], "threads": 1}
    grown = [memory(store, queries) for _ in range(3)]
    return {
        "knn-speed": entry("knn-speed", ratios, "repeats", **how, details=details),
        "knn-memory": entry("knn-memory", grown, "repeats", **how, details={}),
    }
