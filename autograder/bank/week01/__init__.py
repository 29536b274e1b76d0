"""Answers to week 1: PCA and linear autoencoders."""

from autograder.bank.week01.autoencoder import LINEAR_AUTOENCODER, SQUARED_ERROR
from autograder.bank.week01.pca import (
    CENTER,
    COMPONENTS_NEEDED,
    PRINCIPAL_ANGLES,
    PRINCIPAL_AXES,
    PROJECT,
)

EXERCISES = {
    "center": CENTER,
    "principal_axes": PRINCIPAL_AXES,
    "components_needed": COMPONENTS_NEEDED,
    "project": PROJECT,
    "squared_error_per_image": SQUARED_ERROR,
    "linear_autoencoder": LINEAR_AUTOENCODER,
    "principal_angles": PRINCIPAL_ANGLES,
}
