"""Visible tests of elective D: predicting in latent space, and transfer."""

from aeutils.testing.elective_d.cutting import patches
from aeutils.testing.elective_d.hiding import masks

__all__ = ["masks", "patches"]
