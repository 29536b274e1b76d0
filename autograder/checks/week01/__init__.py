"""Hidden checks of week 1: PCA and linear autoencoders."""

from autograder.checks.week01.autoencoder import linear_autoencoder, squared_error_per_image
from autograder.checks.week01.pca import (
    center,
    components_needed,
    principal_angles,
    principal_axes,
    project,
)

__all__ = [
    "center",
    "components_needed",
    "linear_autoencoder",
    "principal_angles",
    "principal_axes",
    "project",
    "squared_error_per_image",
]
