"""Silhouettes: is a code nearer to its own class than to the next one?

For a code i of class c, let a be its mean distance to the *other* members of c, and b the smallest
of its mean distances to the members of another class (Rousseeuw, 1987)::

    s_i = (b − a) / max(a, b)

1: its class is tight and far from the others; 0: between two classes; below 0: another class is
nearer. The mean over all codes is reported. It likes round, equally wide classes and dislikes long
or split ones, whose neighbours may be perfect all the same. It depends on the distance, and on how
each number of the code is scaled.

References:
    * P. J. Rousseeuw (1987). Silhouettes: a graphical aid to the interpretation and validation of
      cluster analysis. Journal of Computational and Applied Mathematics 20, 53–65.
"""

from __future__ import annotations

from torch import Tensor

from aeutils.embeddings.distances import check_metric
from aeutils.embeddings.retrieval import drawn
from aeutils.testing.sealed import exercise


@exercise("week06_evaluation")
def silhouette(
    z: Tensor,
    labels: Tensor,
    metric: str = "euclidean",
    sample: int | None = None,
    seed: int = 0,
) -> float:
    """Return the mean silhouette of the classes, from −1 to 1, by scikit-learn.

    A code that is alone in its class counts as 0, as Rousseeuw proposes.

    Args:
        z: codes (N, K).
        labels: integers (N,), of at least 2 and at most N − 1 classes.
        metric: "euclidean", "manhattan" or "cosine".
        sample: largest number of codes used; a random choice of them (from `seed`) for more.
            None for all.
        seed: seed of that choice.

    Returns:
        The mean over all codes used.

    Raises:
        TypeError: `z` is not a float tensor, `labels` holds no integers, or `sample` is no integer.
        ValueError: `z` is not a finite matrix, or `labels` has another length.
        ValueError: `metric` is unknown, or `sample` is below 1.
        ValueError: the codes used are of fewer than 2 classes, or of a class each.
    """
    from sklearn.metrics import silhouette_score

    z, labels = drawn(z, labels, sample, seed)
    check_metric(metric)
    classes = len(labels.unique())
    if not 2 <= classes < len(z):
        raise ValueError(
            f"silhouettes need at least 2 classes and fewer classes than codes, got {classes} "
            f"classes of {len(z)} codes"
        )
    return float(silhouette_score(z.cpu().numpy(), labels.cpu().numpy(), metric=metric))
