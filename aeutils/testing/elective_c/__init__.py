"""Visible tests of elective C: generating."""

from aeutils.testing.elective_c.samples import latent_paths, sample_quality

__all__ = [
    "latent_paths",
    "sample_quality",
]
