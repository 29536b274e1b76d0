"""Visible tests of elective C: generating."""

from aeutils.testing.elective_c.codes import gaussian_samples, sample_latent

__all__ = [
    "gaussian_samples",
    "sample_latent",
]
