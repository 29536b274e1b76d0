"""Visible tests of elective D: predicting in latent space, and transfer."""

from aeutils.testing.elective_d.collapsed import collapse

__all__ = [
    "collapse",
]
