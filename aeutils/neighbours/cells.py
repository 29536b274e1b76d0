"""Search in a large store: in a few cells of it only, or by faiss.

Exact search compares a query with all N codes. An **inverted file** (Sivic and Zisserman, 2003;
Jégou, Douze and Schmid, 2011) sorts the store into cells by k-means once, and compares a query only
with the codes of the few cells whose middles are nearest. It finds *most* of the true neighbours:
the share is the **recall**, without which a speed says nothing.

faiss (Johnson, Douze and Jégou, 2019) does both, much better engineered: ``pip install faiss-cpu``.
Nothing in the course needs it.

>>> from aeutils.neighbours import knn
>>> store = torch.randn(500, 4, generator=torch.Generator().manual_seed(0))
>>> index = CellIndex(store, cells=20)
>>> exact = knn.search(store, store[:50] + 0.01, k=3)
>>> recall(index.search(store[:50] + 0.01, k=3, probe=20), exact)   # all cells: exact
1.0

References:
    * J. Sivic and A. Zisserman (2003). Video Google: a text retrieval approach to object matching
      in videos. ICCV.
    * H. Jégou, M. Douze and C. Schmid (2011). Product quantization for nearest neighbor search.
      IEEE Transactions on Pattern Analysis and Machine Intelligence 33(1), 117–128.
    * J. Johnson, M. Douze and H. Jégou (2019). Billion-scale similarity search with GPUs. IEEE
      Transactions on Big Data 7(3), 535–547.
"""

from __future__ import annotations

import importlib.util

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_matrix, describe
from aeutils.neighbours.exact import nearest_neighbours

NOTHING = -1  # stands for a missing neighbour: the cells looked into hold fewer than k codes


def recall(found: Tensor, exact: Tensor) -> float:
    """Return the share of the true neighbours that were found, in any order.

    Args:
        found: row numbers (M, k).
        exact: row numbers of the true neighbours (M, k).

    Returns:
        A share from 0 to 1.

    Raises:
        ValueError: `found` and `exact` are not of one shape (M, k).
    """
    if found.shape != exact.shape or found.ndim != 2:
        raise ValueError(
            f"found and exact must both have shape (M, k), got {describe(found)} and "
            f"{describe(exact)}"
        )
    return float((found[:, :, None] == exact[:, None, :]).any(dim=1).double().mean())


class CellIndex:
    """An inverted file: the rows of a store, sorted into cells by k-means.

    Args:
        store: codes (N, K).
        cells: number of cells, from 1 to N.
        rounds: rounds of k-means, at least 1.
        seed: seed of the rows that k-means starts from and looks at.
        sample: k-means looks at this many rows at most, and at `cells` rows at least.

    Attributes:
        store: the codes (N, K).
        middles: mean code of each cell, (cells, K).
        rows: row numbers of the store, cell after cell, (N,).
        counts: number of rows in each cell, (cells,).
        compared: distances that the last search computed for each query, on average, those to the
            middles included. Exact search computes N.

    Raises:
        TypeError: `store` is not a float tensor, or `cells` or `rounds` is not an integer.
        ValueError: `store` is not a finite matrix, or `cells` or `rounds` is out of range.
    """

    def __init__(
        self, store: Tensor, cells: int = 100, rounds: int = 10, seed: int = 0, sample: int = 10_000
    ) -> None:
        """Sort `store` (N, K) into cells by k-means on at most `sample` rows drawn by `seed`."""
        check_matrix(store, "store")
        check_count(cells, "cells")
        check_count(rounds, "rounds")
        if cells > len(store):
            raise ValueError(f"cells must be at most {len(store)}, the size of the store")
        generator = torch.Generator().manual_seed(seed)
        rows = torch.randperm(len(store), generator=generator)[: max(sample, cells)]
        drawn = store[rows.to(store.device)]
        self.middles = drawn[:cells].clone()
        for _ in range(rounds):
            own = _nearest_middle(drawn, self.middles)
            sums = torch.zeros_like(self.middles).index_add_(0, own, drawn)
            counts = own.bincount(minlength=cells)[:, None]
            self.middles = torch.where(counts > 0, sums / counts.clamp_min(1), self.middles)
        own = _nearest_middle(store, self.middles)
        self.store = store
        self.rows = own.argsort(stable=True)  # rows of cell 0, of cell 1, …
        self.counts = own.bincount(minlength=cells)
        self.compared = 0.0

    def search(self, queries: Tensor, k: int = 5, probe: int = 1) -> Tensor:
        """Return the rows of the k nearest codes in the `probe` nearest cells, (M, k).

        Unlike `aeutils.neighbours.knn.search` it looks at a part of the store, and may miss true
        neighbours. With all cells the search is exact.

        Args:
            queries: codes (M, K).
            k: number of neighbours, at least 1.
            probe: number of cells to look into, from 1 to the number of cells.

        Returns:
            Row numbers of the store, int64 (M, k), the nearest first; −1 where those cells hold
            fewer than k codes.

        Raises:
            TypeError: `queries` is not a float tensor, or `k` or `probe` is not an integer.
            ValueError: `queries` is not a finite matrix as wide as the store.
            ValueError: `k` or `probe` is out of range.
        """
        check_matrix(queries, "queries")
        check_count(k, "k")
        check_count(probe, "probe")
        if probe > len(self.middles):
            raise ValueError(f"probe must be at most {len(self.middles)}, the number of cells")
        cells = nearest_neighbours(self.middles, queries, probe, leave_one_out=False)  # (M, probe)
        ends = self.counts.cumsum(0).tolist()
        sizes = self.counts.tolist()
        found = torch.full((len(queries), k), NOTHING, dtype=torch.int64, device=queries.device)
        seen = 0
        for i, its in enumerate(cells.tolist()):
            rows = torch.cat([self.rows[ends[c] - sizes[c] : ends[c]] for c in its])
            seen += len(rows)
            distance = (self.store[rows] - queries[i]).square().sum(dim=1)
            best = distance.topk(min(k, len(rows)), largest=False).indices
            found[i, : len(best)] = rows[best]
        self.compared = len(self.middles) + seen / max(len(queries), 1)
        return found


def has_faiss() -> bool:
    """Return whether faiss can be imported."""
    return importlib.util.find_spec("faiss") is not None


def faiss_search(
    store: Tensor, queries: Tensor, k: int = 5, cells: int | None = None, probe: int = 1
) -> Tensor:
    """Return the rows of the k nearest codes by faiss, (M, k): exactly, or with `cells` an IVF.

    Args:
        store: codes (N, K), compared in float32 on the CPU.
        queries: codes (M, K).
        k: number of neighbours.
        cells: number of cells; None for the exact search.
        probe: number of cells to look into.

    Returns:
        Row numbers of `store`, int64 (M, k), the nearest first; −1 where a neighbour is missing.

    Raises:
        ModuleNotFoundError: faiss is not installed; the message says what to do.
    """
    try:
        import faiss
    except ModuleNotFoundError:
        raise ModuleNotFoundError(
            "faiss is not installed, and nothing else needs it; to try it: "
            "python -m pip install faiss-cpu"
        ) from None
    codes, asked = (z.detach().cpu().float().contiguous().numpy() for z in (store, queries))
    index = faiss.IndexFlatL2(codes.shape[1])
    if cells is not None:
        index = faiss.IndexIVFFlat(index, codes.shape[1], cells)
        index.nprobe = probe
        index.train(codes)
    index.add(codes)
    return torch.from_numpy(index.search(asked, k)[1]).to(store.device)


def _nearest_middle(codes: Tensor, middles: Tensor) -> Tensor:
    return nearest_neighbours(middles, codes, 1, leave_one_out=False).squeeze(1)
