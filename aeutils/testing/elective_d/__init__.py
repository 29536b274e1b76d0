"""Visible tests of elective D: predicting in latent space, and transfer."""

from aeutils.testing.elective_d.cutting import patches
from aeutils.testing.elective_d.hiding import masks
from aeutils.testing.elective_d.targets import moving_average, prediction_loss

__all__ = ["masks", "moving_average", "patches", "prediction_loss"]
