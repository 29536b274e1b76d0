"""Principal component analysis: the best linear code, and the baseline of every autoencoder here.

Among all maps that squeeze D numbers into k with a matrix and rebuild them with another, PCA has
the smallest squared error on the data it was fitted to (Eckart and Young, 1936). A linear
autoencoder can at best find the same subspace (Baldi and Hornik, 1989).

>>> import torch
>>> x = torch.rand(100, 20)
>>> centered, mean = center(x)
>>> axes, variances = principal_axes(centered, k=3)
>>> z = project(x, mean, axes)              # (100, 3)
>>> x_hat = reconstruct(z, mean, axes)      # (100, 20)

References:
    * Pearson (1901), On lines and planes of closest fit to systems of points in space.
    * Hotelling (1933), Analysis of a complex of statistical variables into principal components.
    * Eckart and Young (1936), The approximation of one matrix by another of lower rank.
    * Björck and Golub (1973), Numerical methods for computing angles between linear subspaces.
    * Baldi and Hornik (1989), Neural networks and principal component analysis: learning from
      examples without local minima.
"""

from aeutils.pca.angles import principal_angles
from aeutils.pca.axes import center, components_needed, explained_variance_ratio, principal_axes
from aeutils.pca.codes import project, reconstruct
from aeutils.pca.estimator import PCA

__all__ = [
    "PCA",
    "center",
    "components_needed",
    "explained_variance_ratio",
    "principal_angles",
    "principal_axes",
    "project",
    "reconstruct",
]
