"""Symbols to bytes and back: an arithmetic coder that knows each column's probabilities.

The whole message is one number in [0, 1). Each symbol narrows the current interval to its own
share of it, a probable symbol by little, a rare one by much; at the end any number inside will do,
and it needs about −log₂(width) bits, which is the sum of −log₂ p over all symbols. The interval is
kept in whole numbers of 32 bits; leading bits that its low and high end share are written as soon
as they are certain (Witten, Neal and Cleary, 1987).

>>> import torch
>>> from aeutils.compression import SymbolModel
>>> symbols = torch.tensor([[3, -1], [3, 0], [4, -1]])
>>> model = SymbolModel(symbols)
>>> torch.equal(decode(encode(symbols, model), len(symbols), model), symbols)
True

References:
    * Witten, Neal and Cleary (1987), Arithmetic coding for data compression.
"""

from __future__ import annotations

from bisect import bisect_right

import torch
from torch import Tensor

from aeutils.compression.symbol_model import SymbolModel

BITS = 32
TOP, HALF, QUARTER = (1 << BITS) - 1, 1 << (BITS - 1), 1 << (BITS - 2)


def encode(symbols: Tensor, model: SymbolModel) -> bytes:
    """Return symbols as bytes, row after row.

    Args:
        symbols: integers (N, K); those outside the model's range are clipped, as by
            `SymbolModel.clip`.
        model: the probabilities, learned from training symbols of K columns.

    Returns:
        The message, a few bytes longer at most than the ideal `model.bits(symbols).sum() / 8`.

    Raises:
        TypeError: `symbols` is not a tensor of integers.
        ValueError: `symbols` is not of shape (N, K) with the K of the model.
        ValueError: the model has seen too many training symbols for numbers of 32 bits.
    """
    places = (model.clip(symbols).cpu() - model.low).tolist()
    tables = _tables(model)
    low, high, waiting = 0, TOP, 0
    bits: list[int] = []

    def write(bit: int, opposite: int) -> None:
        bits.append(bit)
        bits.extend([1 - bit] * opposite)

    for row in places:
        for place, table in zip(row, tables, strict=True):
            width, total = high - low + 1, table[-1]
            high = low + width * table[place + 1] // total - 1
            low = low + width * table[place] // total
            while True:
                if high < HALF:
                    write(0, waiting)
                    waiting = 0
                elif low >= HALF:
                    write(1, waiting)
                    waiting, low, high = 0, low - HALF, high - HALF
                elif low >= QUARTER and high < 3 * QUARTER:  # 01… or 10…: not certain yet
                    waiting, low, high = waiting + 1, low - QUARTER, high - QUARTER
                else:
                    break
                low, high = 2 * low, 2 * high + 1
    write(int(low >= QUARTER), waiting + 1)  # two more bits pick a number inside
    bits += [0] * (-len(bits) % 8)
    return int("1" + "".join(map(str, bits)), 2).to_bytes(len(bits) // 8 + 1, "big")[1:]


def decode(message: bytes, n: int, model: SymbolModel) -> Tensor:
    """Return the rows of symbols that `encode` wrote with the same model.

    The message does not say how many rows there are. Wrong bytes give wrong symbols, not an error.

    Args:
        message: the bytes that `encode` returned.
        n: number of rows, >= 1.
        model: the model that `encode` used.

    Returns:
        Symbols, int64 (n, K), on the CPU.

    Raises:
        ValueError: `n` is below 1, or the model has seen too many training symbols.
    """
    if n < 1:
        raise ValueError(f"n must be at least 1 row, got {n}")
    tables = _tables(model)
    bits = iter("".join(f"{byte:08b}" for byte in message))

    def read() -> int:
        return int(next(bits, "0"))

    low, high, value = 0, TOP, 0
    for _ in range(BITS):
        value = 2 * value + read()
    rows = []
    for _ in range(n):
        row = []
        for table in tables:
            width, total = high - low + 1, table[-1]
            place = bisect_right(table, ((value - low + 1) * total - 1) // width) - 1
            row.append(place)
            high = low + width * table[place + 1] // total - 1
            low = low + width * table[place] // total
            while True:
                if high < HALF:
                    pass
                elif low >= HALF:
                    low, high, value = low - HALF, high - HALF, value - HALF
                elif low >= QUARTER and high < 3 * QUARTER:
                    low, high, value = low - QUARTER, high - QUARTER, value - QUARTER
                else:
                    break
                low, high, value = 2 * low, 2 * high + 1, 2 * value + read()
        rows.append(row)
    return torch.tensor(rows, dtype=torch.int64) + model.low


def _tables(model: SymbolModel) -> list[list[int]]:
    """Return the cumulative counts of each column, beginning with 0."""
    tables = [[0, *torch.cumsum(counts, 0).tolist()] for counts in model.counts]
    if max(table[-1] for table in tables) >= QUARTER:
        raise ValueError(f"more than {QUARTER - 1:,} training symbols a column; use fewer images")
    return tables
