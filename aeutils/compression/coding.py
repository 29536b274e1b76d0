"""Lossy compression with a code: round it, count bits, compare at the same error.

A code of real numbers is no compression yet: a real number has no length in bits. Round each number
to a multiple of a step (`quantise`), learn on training images how often each multiple comes
(`SymbolModel`), and give frequent ones short code words: −log₂ p bits for a symbol of probability p
(Shannon, 1948). `aeutils.compression.arithmetic_coder` writes the actual bytes, and needs only a
few more.

>>> import torch
>>> z = torch.tensor([[0.9, -0.2], [1.1, 0.3], [2.1, 0.1]])
>>> symbols = quantise(z, 1.0)
>>> symbols.tolist()
[[1, 0], [1, 0], [2, 0]]
>>> round(bits_per_pixel(symbols, symbols, n_pixels=4), 3)    # the second column costs nothing
0.233

References:
    * Shannon (1948), A mathematical theory of communication (entropy, and its code).
    * Goyal (2001), Theoretical foundations of transform coding (PCA, one step for all axes).
    * Ballé, Laparra and Simoncelli (2017), End-to-end optimized image compression.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from aeutils._internal.validate import check_count, check_float_tensor, check_matrix, describe
from aeutils.testing.sealed import exercise


@exercise("week03_undercomplete")
def compression_factor(
    image_shape: Sequence[int], code_size: int, pixel_bits: float = 8, code_bits: float = 32
) -> float:
    """Return the bits of an image divided by the bits of its code; above 1 the code is smaller.

    784 pixels and 32 numbers differ by a factor of 24.5 in how many they are. But a pixel has 8
    bits and a number of the code 32 (as float32), so the factor in bits is 784·8 / (32·32) = 6.125.

    Args:
        image_shape: (C, H, W) or (H, W).
        code_size: numbers in a code, >= 1.
        pixel_bits: bits of one pixel, > 0.
        code_bits: bits of one number of the code, > 0.

    Returns:
        The factor, without unit.

    Raises:
        TypeError: `code_size` is not an integer.
        ValueError: a size is below 1, or a number of bits is not positive.

    Examples:
        >>> compression_factor((1, 28, 28), 32), compression_factor((1, 28, 28), 32, 1, 1)
        (6.125, 24.5)
    """
    check_count(code_size, "code_size")
    for bits, name in ((pixel_bits, "pixel_bits"), (code_bits, "code_bits")):
        if not bits > 0:
            raise ValueError(f"{name} must be above 0, got {bits}")
    if not image_shape or min(image_shape) < 1:
        raise ValueError(f"image_shape must be sizes of at least 1, got {tuple(image_shape)}")
    return math.prod(image_shape) * pixel_bits / (code_size * code_bits)


@exercise("week03_undercomplete")
def quantise(z: Tensor, step: float | Tensor) -> Tensor:
    """Return the nearest multiples of `step`, as whole numbers: round(z / step).

    The error of `dequantise` is at most step / 2, and about step² / 12 in the mean square where
    the step is small next to the spread of z.

    Args:
        z: codes, floats of shape (N, K).
        step: distance of two multiples, > 0: one for all, or a tensor (K,).

    Returns:
        The multiples, int64 (N, K).

    Raises:
        TypeError: `z` is not a tensor of floats.
        ValueError: `z` holds NaN or infinity.
        ValueError: `step` is not positive, or neither one number nor one for each column of `z`.
    """
    z = check_float_tensor(z, "z")
    return (z / _check_step(step, z)).round().long()


@exercise("week03_undercomplete")
def dequantise(symbols: Tensor, step: float | Tensor) -> Tensor:
    """Return the numbers that symbols stand for: symbols · step.

    Args:
        symbols: integers (N, K), as `quantise` returns them.
        step: the step of `quantise`, > 0: one for all, or a tensor (K,).

    Returns:
        Codes, float32 (N, K).

    Raises:
        TypeError: `symbols` is not a tensor of integers.
        ValueError: `step` is not positive, or neither one number nor one for each column.
    """
    if not isinstance(symbols, Tensor) or symbols.is_floating_point():
        raise TypeError(
            f"symbols must be an integer tensor, as quantise returns, got {describe(symbols)}"
        )
    return symbols * _check_step(step, symbols.float())


@exercise("week03_undercomplete")
def entropy(counts: Tensor) -> float:
    """Return the entropy −Σ p log₂ p of counted symbols, in bits a symbol; 0 log₂ 0 counts as 0.

    This is the mean length of the best code of symbols drawn independently with p = counts / total.

    Args:
        counts: how often each symbol came, (R,); none negative, not all zero.

    Returns:
        Bits per symbol, from 0 to log₂ R.

    Raises:
        ValueError: `counts` is not of shape (R,) with R >= 1, a count is negative, or all are zero.

    Examples:
        >>> entropy(torch.tensor([2, 1, 1, 0]))
        1.5
    """
    counts = torch.as_tensor(counts).double()
    if counts.ndim != 1 or len(counts) == 0 or bool((counts < 0).any()) or counts.sum() == 0:
        raise ValueError(
            f"counts must be numbers >= 0 of shape (R,), not all 0, got {describe(counts)}"
        )
    p = counts / counts.sum()
    return float(-torch.xlogy(p, p).sum() / math.log(2)) + 0.0  # + 0.0 turns −0.0 into 0.0


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
            Symbols (N, K), on the CPU, from `low` to `high` in each column.

        Raises:
            TypeError: `symbols` is not a tensor of integers.
            ValueError: `symbols` is not of shape (N, K) with the K of the training symbols.
        """
        symbols = _check_symbols(symbols, "symbols")
        if symbols.shape[1] != len(self.counts):
            raise ValueError(
                f"symbols has {symbols.shape[1]} columns but the training symbols had "
                f"{len(self.counts)}; code them with the model of the same code"
            )
        return torch.maximum(torch.minimum(symbols, self.high), self.low)

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
        places = (self.clip(symbols) - self.low).T  # (K, N)
        total = torch.zeros(places.shape[1], dtype=torch.float64)
        for counts, place in zip(self.counts, places, strict=True):
            p = counts.double() / counts.sum()
            total -= p.log2()[place]
        return total


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


@torch.no_grad()
def sensitivity(decode: Callable[[Tensor], Tensor], z: Tensor, nudge: float = 0.05) -> Tensor:
    """Return how far the decoded image moves per unit of each code number.

    Root mean square over the codes of ‖decode(z + ε e_d) − decode(z)‖ / ε with ε = `nudge` times
    the number's standard deviation. A step of Δ / sensitivity makes each number's rounding cost
    about the same squared error, which is right at small steps; for PCA it is 1 for every axis.

    Args:
        decode: codes (N, K) -> images (N, ...).
        z: codes (N, K), N >= 2.
        nudge: size of the move, in standard deviations of each number.

    Returns:
        One number for each number of the code, (K,), in units of intensity per unit of the code.

    Raises:
        TypeError: `z` is not a tensor of floats.
        ValueError: `z` is not of shape (N, K), or holds NaN or infinity.
        ValueError: a number of the code is the same for all images.
    """
    z = check_matrix(z, "z")
    before, found = decode(z), []
    for d, spread in enumerate(z.std(dim=0).tolist()):
        if spread == 0:
            raise ValueError(f"number {d} of the code is the same for all images: a dead one")
        moved = z.clone()
        moved[:, d] += nudge * spread
        change = (decode(moved) - before).flatten(1).square().sum(dim=1).mean().sqrt()
        found.append(float(change) / (nudge * spread))
    return torch.tensor(found)


def rate_at_error(rates: Sequence[float], errors: Sequence[float], target: float) -> float:
    """Return the rate at which the error reaches `target`, by linear interpolation.

    Args:
        rates: measured rates, at least one, in any order.
        errors: the error that each rate leads to.
        target: the error to reach, in the unit of `errors`.

    Returns:
        The rate, in the unit of `rates`; infinity if no measured rate brings the error down to the
        target, which this coder then cannot do.

    Raises:
        ValueError: there are not as many errors as rates, or none.
        ValueError: even the lowest rate has an error below the target; measure at lower rates too.
    """
    if len(rates) != len(errors) or len(rates) == 0:
        raise ValueError(f"{len(rates)} rates and {len(errors)} errors; give as many, at least one")
    points = sorted(zip(rates, errors, strict=True))
    if min(errors) > target:
        return math.inf
    if points[0][1] < target:
        raise ValueError(
            f"even the lowest rate has an error of {points[0][1]:g}, below {target:g}; "
            "measure at lower rates too"
        )
    last_rate, last_error = points[0]
    for rate, error in points:
        if error <= target:  # the first crossing, coming from low rates
            part = 1.0 if last_error == error else (last_error - target) / (last_error - error)
            return last_rate + part * (rate - last_rate)
        last_rate, last_error = rate, error
    raise AssertionError("unreachable: some error is at most the target")


def _check_step(step: float | Tensor, z: Tensor) -> Tensor:
    step = torch.as_tensor(step, dtype=z.dtype, device=z.device)
    if step.ndim > 1 or (step.ndim == 1 and step.shape != z.shape[-1:]):
        raise ValueError(
            f"step must be one number or one for each of the {z.shape[-1]} numbers of a code, "
            f"got {describe(step)}"
        )
    if not bool((step > 0).all()):
        raise ValueError(f"step must be above 0, got {float(step.min()):g}; it is a distance")
    return step


def _check_symbols(symbols: object, name: str) -> Tensor:
    if not isinstance(symbols, Tensor) or symbols.is_floating_point() or symbols.is_complex():
        raise TypeError(f"{name} must be integers (N, K), as quantise returns: {describe(symbols)}")
    if symbols.ndim != 2 or 0 in symbols.shape:
        raise ValueError(
            f"{name} must have shape (N, K), one row an image, got {describe(symbols)}"
        )
    return symbols.cpu()
