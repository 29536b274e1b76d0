"""The linear autoencoder, which finds the subspace of PCA.

References:
    * Baldi and Hornik (1989), Neural networks and principal component analysis: learning from
      examples without local minima.
"""

from __future__ import annotations

from torch import nn

from aeutils.models.flat import FlatAutoencoder
from aeutils.models.layers import check_sizes
from aeutils.testing.sealed import exercise


@exercise("week01_pca")
class LinearAutoencoder(FlatAutoencoder):
    """One linear layer down to k numbers and one back: z = A x + a,  x_hat = B z + b.

    With squared error it has no bad local minima: every minimum reaches the error of PCA with k
    axes, and all other stationary points are saddles (Baldi and Hornik, 1989). It finds the
    *subspace*, not the axes: (B C)(C⁻¹ A) = B A for any invertible C, so the codes may be any
    linear mixture of PCA's. To compare, use `principal_angles(model.decoder.weight.T, axes)`, not
    the encoder: pixels that never vary leave its weights free.

    Args:
        d: pixels of an image.
        k: numbers of a code.
        bias: whether both layers have one; without, x must be centred to match PCA.

    Attributes:
        sizes: (d, k).
        encoder: linear layer, weight A (k, d) and bias a (k,).
        decoder: linear layer, weight B (d, k) and bias b (d,).

    Raises:
        TypeError: `d` or `k` is not an integer.
        ValueError: `d` or `k` is below 1.
    """

    def __init__(self, d: int, k: int, bias: bool = True) -> None:
        super().__init__()
        self.sizes = check_sizes((d, k))
        self.encoder = nn.Linear(d, k, bias=bias)
        self.decoder = nn.Linear(k, d, bias=bias)
