"""Counts as embeddings: TF-IDF for documents, PPMI for words.

A document is a row of word counts; a word is a row that counts the words around it. Both rows are
long, almost empty, and dominated by words that stand everywhere. TF-IDF and PPMI are the two
classical cures, and what everything dense must be compared with.

>>> tf_idf(torch.tensor([[2.0, 1.0], [0.0, 3.0]]), torch.tensor([[2.0, 1.0], [0.0, 3.0]]))
tensor([[1., 0.],
        [0., 0.]])

References:
    * K. Spärck Jones (1972). A statistical interpretation of term specificity and its application
      in retrieval. Journal of Documentation 28 (1).
    * O. Levy, Y. Goldberg and I. Dagan (2015). Improving distributional similarity with lessons
      learned from word embeddings. TACL 3, equations 1 to 4.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from aeutils._internal.validate import check_matrix, describe
from aeutils.testing.sealed import exercise


@exercise("elective_a_documents")
def tf_idf(counts: Tensor, collection: Tensor) -> Tensor:
    """Return one unit row for each document: log(1 + count) · log(N / document frequency).

    Args:
        counts: how often each word occurs in each document, floats (M, V).
        collection: counts of the N documents that say how rare a word is, (N, V). For documents
            that are searched for, it is the collection that is searched, not their own.

    Returns:
        Rows of length 1, (M, V). A word that no document of the collection has weighs 0, and a row
        without any weight stays 0.

    Raises:
        TypeError: `counts` or `collection` is not a tensor of floats.
        ValueError: one of them is no finite matrix without negative numbers, or they have other
            numbers of columns.
    """
    counts, collection = _check_counts(counts, "counts"), _check_counts(collection, "collection")
    if counts.shape[1] != collection.shape[1]:
        raise ValueError(
            f"counts has {counts.shape[1]} columns and collection has {collection.shape[1]}; "
            "both must count the same words"
        )
    documents = (collection > 0).sum(dim=0)  # (V,)
    weight = (len(collection) / documents.clamp_min(1)).log() * (documents > 0)
    return F.normalize(torch.log1p(counts) * weight.to(counts.dtype))


@exercise("elective_a_documents")
def ppmi(pairs: Tensor, power: float = 0.75) -> Tensor:
    """Return the positive pointwise mutual information of words and their neighbours.

    PMI(w, c) = log( P(w, c) / (P(w) Pₐ(c)) ), with P(w, c) and P(w) as counted and
    Pₐ(c) = #(c)ᵃ / Σ #(c')ᵃ (Levy, Goldberg and Dagan, 2015, equation 3); negative values become 0.

    Args:
        pairs: how often context c (column) stood near word w (row), floats (V, C).
        power: the exponent a of the contexts' counts, in (0, 1]. Below 1 it takes something from
            rare contexts, whose PMI is large by chance.

    Returns:
        Numbers >= 0, (V, C); 0 where a pair was never counted.

    Raises:
        TypeError: `pairs` is not a tensor of floats.
        ValueError: `pairs` is no finite matrix without negative numbers, or counts nothing; or
            `power` is not in (0, 1].
    """
    pairs = _check_counts(pairs, "pairs")
    if not 0 < power <= 1:
        raise ValueError(f"power must be above 0 and at most 1, got {describe(power)}")
    total = pairs.sum()
    if total == 0:
        raise ValueError(f"pairs, of shape {tuple(pairs.shape)}, counts no pair at all")
    words = pairs.sum(dim=1, keepdim=True) / total  # (V, 1)
    contexts = pairs.sum(dim=0).pow(power)  # (C,)
    expected = words * (contexts / contexts.sum())  # (V, C), if words did not choose their company
    return torch.where(pairs > 0, pairs / total / expected, 1).log().clamp_min(0)


def _check_counts(counts: Tensor, name: str) -> Tensor:
    counts = check_matrix(counts, name)
    if counts.min() < 0:
        raise ValueError(f"{name} must hold counts >= 0, got {float(counts.min()):g}")
    return counts
