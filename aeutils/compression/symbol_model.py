"""How many bits symbols cost: frequencies learnt on training images, −log₂ p bits a symbol.

Frequent symbols get short code words (Shannon, 1948). `aeutils.compression.arithmetic_coder` writes
the actual bytes, and needs only a few more.

>>> import torch
>>> symbols = torch.tensor([[1, 0], [1, 0], [2, 0]])
>>> round(bits_per_pixel(symbols, symbols, n_pixels=4), 3)    # the second column costs nothing
0.233

References:
    * Shannon (1948), A mathematical theory of communication (entropy, and its code).
"""

from __future__ import annotations

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, describe
from aeutils.testing.sealed import exercise


@exercise("week03_undercomplete")
class SymbolModel:
    """How probable each symbol is in each column, learned from training symbols.

    Column d knows the whole numbers from the smallest to the largest of the training symbols; each
    has probability (count + 1) / (N + their number): one is added so that a symbol that never came
    in training can still be written (Laplace's rule). Symbols outside are clipped: see `clip`.

    Args:
        train_symbols: symbols of training images, integers (N, K).

    Attributes:
        low: the smallest training symbol of each column, int64 (K,).
        high: the largest training symbol of each column, int64 (K,).
        counts: K tensors int64, for each column count + 1 of every symbol from low to high.

    Raises:
        TypeError: `train_symbols` is not a tensor of integers.
        ValueError: `train_symbols` is not of shape (N, K).
    """

    def __init__(self, train_symbols: Tensor) -> None:
        train = _check_symbols(train_symbols, "train_symbols")
        self.low, self.high = train.min(dim=0).values, train.max(dim=0).values  # (K,)
        self.counts = [torch.bincount(column) + 1 for column in (train - self.low).T]

    def clip(self, symbols: Tensor) -> Tensor:
        """Return the symbols, those outside the training range moved to its end.

        Decode *these*: the error of a reconstruction must include the clipping.

        Args:
            symbols: integers (N, K).

        Returns:
            Symbols (N, K), from `low` to `high` in each column.

        Raises:
            TypeError: `symbols` is not a tensor of integers.
            ValueError: `symbols` is not of shape (N, K) with the K of the training symbols.
        """
        given, symbols = symbols, _check_symbols(symbols, "symbols")
        if symbols.shape[1] != len(self.counts):
            raise ValueError(
                f"symbols has {symbols.shape[1]} columns but the training symbols had "
                f"{len(self.counts)}; code them with the model of the same code"
            )
        return torch.maximum(torch.minimum(symbols, self.high), self.low).to(given.device)

    def bits(self, symbols: Tensor) -> Tensor:
        """Return the ideal code length Σ_d −log₂ p_d(symbol) of each row.

        Args:
            symbols: integers (N, K); those outside the training range are clipped first.

        Returns:
            Bits, float64 (N,).

        Raises:
            TypeError: `symbols` is not a tensor of integers.
            ValueError: `symbols` is not of shape (N, K) with the K of the training symbols.
        """
        places = (self.clip(symbols).cpu() - self.low).T  # (K, N)
        total = torch.zeros(places.shape[1], dtype=torch.float64)
        for counts, place in zip(self.counts, places, strict=True):
            p = counts.double() / counts.sum()
            total -= p.log2()[place]
        return total.to(symbols.device)


@exercise("week03_undercomplete")
def bits_per_pixel(train_symbols: Tensor, symbols: Tensor, n_pixels: int) -> float:
    """Return the mean code length of an image in bits, divided by its number of pixels.

    Probabilities come from `train_symbols`, column by column (`SymbolModel`); lengths are those of
    `symbols`. Receiver and sender must know the probabilities before the first image is sent, so
    they must not be counted on the images that are sent.

    Args:
        train_symbols: symbols of training images, integers (N, K).
        symbols: symbols of the images that are sent, integers (M, K).
        n_pixels: pixels of an image, >= 1.

    Returns:
        Bits per pixel.

    Raises:
        TypeError: the symbols are not tensors of integers, or `n_pixels` is not an integer.
        ValueError: the symbols are not matrices with equally many columns, or `n_pixels` is below
            1.
    """
    check_count(n_pixels, "n_pixels")
    return float(SymbolModel(train_symbols).bits(symbols).mean()) / n_pixels


def _check_symbols(symbols: object, name: str) -> Tensor:
    if not isinstance(symbols, Tensor) or symbols.is_floating_point() or symbols.is_complex():
        raise TypeError(f"{name} must be integers (N, K), as quantise returns: {describe(symbols)}")
    if symbols.ndim != 2 or 0 in symbols.shape:
        raise ValueError(
            f"{name} must have shape (N, K), one row an image, got {describe(symbols)}"
        )
    return symbols.cpu()
