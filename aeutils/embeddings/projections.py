"""Maps: codes of many numbers drawn in the plane, by PCA, t-SNE or UMAP.

PCA is a shadow: straight, and true about large distances as far as two axes reach. t-SNE (van der
Maaten and Hinton, 2008) and UMAP (McInnes, Healy and Melville, 2018) keep *neighbours* together and
give up everything else: the size of a cloud, the distance between clouds, and empty space between
them mean little or nothing, and points without any structure may be drawn in clumps (Wattenberg,
Viégas and Johnson, 2016). Draw a map at several settings, and one of noise beside it.
"""

from __future__ import annotations

import importlib.util

import torch
from torch import Tensor

from aeutils._internal.validate import check_matrix
from aeutils.pca import PCA


def pca_map(z: Tensor) -> Tensor:
    """Return the first two principal components of the codes z (N, K), shape (N, 2).

    Raises:
        TypeError, ValueError: `z` is not a finite float matrix with two columns or more.
    """
    z = check_matrix(z, "z")
    return PCA(2).fit(z).transform(z)


def tsne(z: Tensor, perplexity: float = 30.0, seed: int = 0, steps: int = 500) -> Tensor:
    """Return a t-SNE map (N, 2) of the codes z (N, K), by scikit-learn.

    It starts from PCA's map; `seed` only matters for ties and for large N. About N² work.

    Args:
        z: codes (N, K).
        perplexity: about how many neighbours each point tries to keep, below N.
        seed: of scikit-learn's random numbers.
        steps: of gradient descent, at least 250; the first 250 exaggerate the neighbours.

    Raises:
        TypeError, ValueError: `z` is not a finite float matrix, or there are too few rows.
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
    """Return a UMAP map (N, 2) of the codes z (N, K), by the optional package umap-learn.

    Args:
        z: codes (N, K).
        neighbours: rows that count as near.
        seed: of the layout.

    Raises:
        ImportError: it is not installed; the message says how to get it.
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
