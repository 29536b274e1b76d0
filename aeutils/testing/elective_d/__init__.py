"""Visible tests of elective D: predicting in latent space, and transfer."""

from aeutils.testing.elective_d.cutting import patches

__all__ = ["patches"]
