"""Maps: codes of many numbers drawn in the plane, by PCA, t-SNE or UMAP.

PCA is a shadow: straight, and true about large distances as far as two axes reach. t-SNE (van der
Maaten and Hinton, 2008) and UMAP (McInnes, Healy and Melville, 2018) keep *neighbours* together and
give up everything else: the size of a cloud, the distance between clouds, and empty space between
them mean little or nothing, and points without any structure may be drawn in clumps (Wattenberg,
Viégas and Johnson, 2016). Draw a map at several settings, and one of noise beside it.

References:
    * L. van der Maaten and G. Hinton (2008). Visualizing data using t-SNE. Journal of Machine
      Learning Research 9, 2579–2605.
    * L. McInnes, J. Healy and J. Melville (2018). UMAP: uniform manifold approximation and
      projection for dimension reduction. arXiv:1802.03426.
    * M. Wattenberg, F. Viégas and I. Johnson (2016). How to use t-SNE effectively. Distill.
"""

from __future__ import annotations

import importlib.util

import torch
from torch import Tensor

from aeutils._internal.validate import check_matrix
from aeutils.pca import PCA


def pca_map(z: Tensor) -> Tensor:
    """Return the codes in the plane of their first two principal axes, (N, 2).

    Args:
        z: codes (N, K), with N and K at least 2.

    Returns:
        A point for each code, (N, 2), of the dtype of `z`.

    Raises:
        TypeError: `z` is not a float tensor.
        ValueError: `z` is not a finite matrix with at least two rows and two columns.
    """
    z = check_matrix(z, "z")
    return PCA(2).fit(z).transform(z)


def tsne(z: Tensor, perplexity: float = 30.0, seed: int = 0, steps: int = 500) -> Tensor:
    """Return a t-SNE map of the codes, (N, 2), by scikit-learn.

    It starts from PCA's map; `seed` only matters for ties and for large N. About N² work.

    Args:
        z: codes (N, K).
        perplexity: about how many neighbours each point tries to keep, above 0 and below N.
        seed: seed of scikit-learn's random numbers.
        steps: steps of gradient descent, at least 250; the first 250 exaggerate the neighbours.

    Returns:
        A point for each code, float32 (N, 2), on the CPU.

    Raises:
        TypeError: `z` is not a float tensor.
        ValueError: `z` is not a finite matrix, or `perplexity` or `steps` is out of range.
    """
    from sklearn.manifold import TSNE

    z = check_matrix(z, "z").detach()
    if not 0 < perplexity < len(z):
        raise ValueError(
            f"perplexity must be positive and below the number of codes, {len(z)}, got {perplexity}"
        )
    if steps < 250:
        raise ValueError(f"steps must be at least 250, got {steps}")
    model = TSNE(2, perplexity=float(perplexity), max_iter=steps, init="pca", random_state=seed)
    return torch.from_numpy(model.fit_transform(z.float().cpu().numpy())).float()


def has_umap() -> bool:
    """Tell whether the optional package umap-learn is installed."""
    return importlib.util.find_spec("umap") is not None


def umap(z: Tensor, neighbours: int = 15, seed: int = 0) -> Tensor:
    """Return a UMAP map of the codes, (N, 2), by the optional package umap-learn.

    Args:
        z: codes (N, K).
        neighbours: how many neighbours each point tries to keep, at least 2.
        seed: seed of UMAP's random numbers.

    Returns:
        A point for each code, float32 (N, 2), on the CPU.

    Raises:
        ImportError: umap-learn is not installed; the message says how to get it.
        TypeError: `z` is not a float tensor.
        ValueError: `z` is not a finite matrix, or (umap-learn's) `neighbours` is out of range.
    """
    z = check_matrix(z, "z").detach()
    try:
        from umap import UMAP
    except ImportError as error:
        raise ImportError(
            "UMAP needs the package umap-learn, which the course does not install; run: "
            "python -m pip install umap-learn, or use maps.tsne"
        ) from error
    model = UMAP(n_neighbors=neighbours, random_state=seed, n_jobs=1)
    return torch.from_numpy(model.fit_transform(z.float().cpu().numpy())).float()
