"""Judging word vectors without a task: agreement with people, and analogies.

Both are *intrinsic* measures. Word similarity: people gave pairs of words a number; do the cosines
put the pairs in the same order (Spearman's ρ)? Analogies: is the word nearest to b − a + c the one
that people would say (man : king = woman : ?).

References:
    * C. Spearman (1904). The proof and measurement of association between two things. American
      Journal of Psychology 15.
    * T. Mikolov, K. Chen, G. Corrado and J. Dean (2013). Efficient estimation of word
      representations in vector space. ICLR workshop.
    * T. Linzen (2016). Issues in evaluating semantic spaces using word analogies. RepEval.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils._internal.validate import check_float_tensor, check_matrix, describe
from aeutils.testing.sealed import exercise


def ranks(values: Tensor) -> Tensor:
    """Return the rank of each value, float64 (N,): 1 is the smallest, and equal values share.

    Args:
        values: floats (N,).

    Returns:
        Ranks from 1 to N; equal values have the mean of the ranks that they take together.

    >>> ranks(torch.tensor([5.0, 1.0, 5.0]))
    tensor([2.5000, 1.0000, 2.5000], dtype=torch.float64)
    """
    _, group, size = values.unique(return_inverse=True, return_counts=True)
    last = size.cumsum(0).double()  # the highest rank in each group of equal values
    return (last - (size - 1) / 2)[group]


@exercise("elective_a_documents")
def spearman(a: Tensor, b: Tensor) -> float:
    """Return Spearman's ρ: the correlation of the ranks of `a` and `b`.

    Args:
        a: floats (N,), for example cosines of N pairs of words.
        b: floats (N,), for example what people said of the same pairs.

    Returns:
        A number from −1 to 1; 0 where all values of `a` or of `b` are equal.

    Raises:
        TypeError: `a` or `b` is not a tensor of floats.
        ValueError: they are not two rows of one length, with two values at least.
    """
    check_float_tensor(a, "a")
    check_float_tensor(b, "b")
    if a.ndim != 1 or a.shape != b.shape or len(a) < 2:
        raise ValueError(
            f"a and b must both have shape (N,) with N >= 2, got {describe(a)} and {describe(b)}"
        )
    x, y = ranks(a), ranks(b)
    x, y = x - x.mean(), y - y.mean()
    length = float(x.norm() * y.norm())
    return float(x @ y) / length if length else 0.0


@exercise("elective_a_documents")
def analogy(vectors: Tensor, a: Tensor, b: Tensor, c: Tensor, exclude: bool = True) -> Tensor:
    """Return the word that is to c as b is to a: the one whose direction is nearest to b − a + c.

    Args:
        vectors: one row for each word, floats (V, K). They are scaled to length 1 first.
        a: rows of the words a, int64 (Q,), one for each question.
        b: rows of the words b, (Q,).
        c: rows of the words c, (Q,).
        exclude: the three given words may not be answers.

    Returns:
        Row numbers of the answers, int64 (Q,).

    Raises:
        TypeError: `vectors` is not a tensor of floats, or the rows are no integers.
        ValueError: `vectors` is no finite matrix, the rows have different shapes, or name words
            that are not there; or only the three given words are there.
    """
    vectors = check_matrix(vectors, "vectors")
    given = torch.stack(
        [_check_rows(r, n, len(vectors)) for n, r in zip("abc", (a, b, c), strict=True)]
    )
    if exclude and len(vectors) < 4:
        raise ValueError(f"with three words excluded, {len(vectors)} words leave no answer")
    unit = F.normalize(vectors)
    cosine = F.normalize(unit[b] - unit[a] + unit[c]) @ unit.T  # (Q, V)
    if exclude:
        cosine = cosine.scatter(1, given.T, -torch.inf)
    return cosine.argmax(dim=1)


def _check_rows(rows: Tensor, name: str, n: int) -> Tensor:
    if not isinstance(rows, Tensor) or rows.dtype != torch.int64 or rows.ndim != 1:
        raise TypeError(f"{name} must hold row numbers, int64 of shape (Q,), got {describe(rows)}")
    if rows.numel() and not 0 <= int(rows.min()) <= int(rows.max()) < n:
        raise ValueError(
            f"{name} must hold rows from 0 to {n - 1}, got {int(rows.min())} to {int(rows.max())}"
        )
    return rows
