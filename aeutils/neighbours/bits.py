"""Search among codes of bits: eight bits to a byte, XOR, and a count of ones.

The distance of two codes is the number of bits in which they differ. Packed, a code of 128 bits
takes 16 bytes where 128 numbers in float32 take 512, and a comparison is two machine operations on
each byte: `numpy.bitwise_xor` and `numpy.bitwise_count`.

>>> codes = pack(torch.tensor([[True] * 8, [False] * 8]))
>>> codes
tensor([[255],
        [  0]], dtype=torch.uint8)
>>> hamming(codes[:1], codes)
tensor([[0, 8]])

References:
    * R. W. Hamming (1950). Error detecting and error correcting codes. Bell System Technical
      Journal 29.
    * R. Salakhutdinov and G. Hinton (2009). Semantic hashing. International Journal of Approximate
      Reasoning 50.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import check_count, describe
from aeutils.testing.sealed import exercise

CHUNK = 1 << 16  # codes compared at once: their bytes stay in the cache
# How many ones each byte has, for numpy before 2.0.
ONES = np.array([byte.bit_count() for byte in range(256)], dtype=np.uint8)


@exercise("elective_a_documents")
def pack(bits: Tensor) -> Tensor:
    """Return codes of bits as bytes: bit j of a code is bit 7 − j mod 8 of byte j // 8.

    Args:
        bits: booleans (N, K), with K a multiple of 8.

    Returns:
        Bytes, uint8 (N, K / 8); the first of eight bits counts most (128).

    Raises:
        TypeError: `bits` holds no booleans.
        ValueError: `bits` is no matrix, or K no multiple of 8.
    """
    if not isinstance(bits, Tensor) or bits.dtype != torch.bool:
        raise TypeError(f"bits must be booleans (N, K), got {describe(bits)}; compare: z > 0")
    if bits.ndim != 2 or bits.shape[1] % 8 or not bits.shape[1]:
        raise ValueError(f"bits must have shape (N, K), K a multiple of 8, got {describe(bits)}")
    return torch.from_numpy(np.packbits(bits.cpu().numpy(), axis=1)).to(bits.device)


@exercise("elective_a_documents")
def hamming(queries: Tensor, codes: Tensor) -> Tensor:
    """Return in how many bits each query differs from each code.

    Args:
        queries: packed codes, uint8 (M, B).
        codes: packed codes, uint8 (N, B).

    Returns:
        Distances from 0 to 8 B, int64 (M, N).

    Raises:
        TypeError: one of them does not hold bytes.
        ValueError: one of them is no matrix, or they differ in width.
    """
    asked, stored = _check_bytes(queries, "queries"), _check_bytes(codes, "codes")
    _check_widths(asked.shape[1], stored.shape[1])
    a, b = _as_words(asked), _as_words(stored)
    distance = np.zeros((len(a), len(b)), dtype=np.int64)
    for column in range(b.shape[1]):
        distance += _count_ones(a[:, None, column] ^ b[None, :, column])
    return torch.from_numpy(distance).to(queries.device)


class BitIndex:
    """Packed codes, stored for search: whole words, one array for each word of a code.

    Args:
        codes: packed codes, uint8 (N, B).

    Raises:
        TypeError: `codes` does not hold bytes.
        ValueError: `codes` is no matrix.

    >>> BitIndex(torch.tensor([[0], [7], [255]], dtype=torch.uint8)).search(
    ...     torch.tensor([[1]], dtype=torch.uint8), k=2)
    tensor([[0, 1]])
    """

    def __init__(self, codes: Tensor) -> None:
        stored = _check_bytes(codes, "codes")
        self.width = stored.shape[1]
        self._columns = [np.ascontiguousarray(column) for column in _as_words(stored).T]

    def __len__(self) -> int:
        return len(self._columns[0])

    def search(self, queries: Tensor, k: int = 10) -> Tensor:
        """Return the rows of the k codes nearest to each query, nearest first, int64 (M, k).

        Args:
            queries: packed codes, uint8 (M, B).
            k: number of neighbours, from 1 to N.

        Returns:
            Row numbers; of equally distant codes the earlier row comes first.

        Raises:
            TypeError: `queries` does not hold bytes, or `k` is no integer.
            ValueError: `queries` is no matrix of the codes' width, or `k` is out of range.
        """
        asked = _check_bytes(queries, "queries")
        _check_widths(asked.shape[1], self.width)
        check_count(k, "k")
        if k > len(self):
            raise ValueError(f"k must be between 1 and {len(self)} (the codes), got {k}")
        rows = np.stack([self._nearest(q, k) for q in _as_words(asked)])
        return torch.from_numpy(rows).to(queries.device)

    def _nearest(self, query: np.ndarray, k: int) -> np.ndarray:
        """Return the rows of the k codes nearest to one query, nearest first, int64 (k,)."""
        near, rows = np.empty(0, dtype=np.uint16), np.empty(0, dtype=np.int64)
        limit = 8 * self.width + 1  # above every distance
        room = _Room(query.dtype, self.width)  # used again and again: no new pages
        for start in range(0, len(self), CHUNK):
            distance = room.distances(query, [c[start : start + CHUNK] for c in self._columns])
            # A later code just as far as the k-th so far comes after it: only nearer ones count.
            better = np.flatnonzero(distance < limit)
            if len(better):
                near = np.concatenate([near, distance[better]])
                rows = np.concatenate([rows, better + start])
                order = near.argsort(kind="stable")[:k]
                near, rows = near[order], rows[order]
                limit = int(near[-1]) if len(near) == k else limit
        return rows


class _Room:
    """Arrays for the distances of one query to a block of codes.

    Args:
        words: dtype of the words of a code.
        width: of a code in bytes.
    """

    def __init__(self, words: np.dtype, width: int) -> None:
        small = np.uint8 if width < 32 else np.uint16  # 31 bytes differ in 248 bits at most
        self.differs, self.total = np.empty(CHUNK, dtype=words), np.empty(CHUNK, dtype=small)

    def distances(self, query: np.ndarray, block: list[np.ndarray]) -> np.ndarray:
        """Return the distances of a query (W words) to a block of codes, one array a word."""
        n = len(block[0])
        differs, total = self.differs[:n], self.total[:n]
        total[:] = 0
        for word, column in zip(query, block, strict=True):
            np.add(total, _count_ones(np.bitwise_xor(column, word, out=differs)), out=total)
        return total


def hamming_search(queries: Tensor, codes: Tensor, k: int = 10) -> Tensor:
    """Return the rows of the k codes nearest to each query: `BitIndex` for a single search.

    Args:
        queries: packed codes, uint8 (M, B).
        codes: packed codes, uint8 (N, B).
        k: number of neighbours, from 1 to N.

    Returns:
        Row numbers, int64 (M, k); of equally distant codes the earlier row comes first.

    Raises:
        TypeError: `queries` or `codes` does not hold bytes, or `k` is no integer.
        ValueError: one of them is no matrix, they differ in width, or `k` is out of range.
    """
    return BitIndex(codes).search(queries, k)


def _as_words(codes: np.ndarray) -> np.ndarray:
    """Return bytes (N, B) as words of up to eight bytes."""
    wide = next(n for n in (8, 4, 2, 1) if codes.shape[1] % n == 0)
    return np.ascontiguousarray(codes).view(f"u{wide}")


def _count_ones(words: np.ndarray) -> np.ndarray:
    """Return the number of ones in each word."""
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(words)
    return ONES[np.ascontiguousarray(words)[..., None].view(np.uint8)].sum(axis=-1, dtype=np.uint8)


def _check_bytes(value: Tensor, name: str) -> np.ndarray:
    if not isinstance(value, Tensor) or value.dtype != torch.uint8:
        raise TypeError(f"{name} must be bytes, uint8 (N, B), got {describe(value)}; use pack")
    if value.ndim != 2 or not value.numel():
        raise ValueError(f"{name} must have shape (N, B), got {describe(value)}")
    return value.cpu().numpy()


def _check_widths(queries: int, codes: int) -> None:
    if queries != codes:
        raise ValueError(
            f"queries have {queries} bytes and codes have {codes}; both must come from the same "
            "encoder"
        )
