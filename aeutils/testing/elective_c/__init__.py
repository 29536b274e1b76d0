"""Visible tests of elective C: generating."""

from aeutils.testing.elective_c.adversarial import adversarial_losses
from aeutils.testing.elective_c.bound import kl_to_prior, negative_elbo
from aeutils.testing.elective_c.codes import gaussian_samples, sample_latent
from aeutils.testing.elective_c.likelihood import importance_weighted_nll
from aeutils.testing.elective_c.samples import latent_paths, sample_quality

__all__ = [
    "adversarial_losses",
    "gaussian_samples",
    "importance_weighted_nll",
    "kl_to_prior",
    "latent_paths",
    "negative_elbo",
    "sample_latent",
    "sample_quality",
]
