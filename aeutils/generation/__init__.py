"""Generating: drawing codes, variational and adversarial losses, and judging what comes out.

======================  ============================================================
sampling.py             draws from posteriors, and from the Gaussian of some codes
variational.py          what a code costs, and bounds on the likelihood of an image
adversarial.py          a discriminator's loss, and that of the encoder it judges
mmd.py                  how far codes are from draws of the prior, by a kernel
frechet.py              how far two sets of features are, as Gaussians
novelty.py              how far a sample is from the nearest training image
paths.py                roads between codes, and the direction of an attribute
strokes.py              slant and thickness of pen strokes, measured in the image
======================  ============================================================
"""

from aeutils.generation.adversarial import discriminator_loss, encoder_loss
from aeutils.generation.frechet import frechet_distance
from aeutils.generation.mmd import mmd
from aeutils.generation.novelty import nearest_distances
from aeutils.generation.paths import attribute_direction, great_circle, walk_until
from aeutils.generation.sampling import gaussian_samples, sample_latent
from aeutils.generation.strokes import slant, thickness
from aeutils.generation.variational import (
    active_units,
    importance_weighted_nll,
    kl_to_prior,
    negative_elbo,
)

__all__ = [
    "active_units",
    "attribute_direction",
    "discriminator_loss",
    "encoder_loss",
    "frechet_distance",
    "gaussian_samples",
    "great_circle",
    "importance_weighted_nll",
    "kl_to_prior",
    "mmd",
    "nearest_distances",
    "negative_elbo",
    "sample_latent",
    "slant",
    "thickness",
    "walk_until",
]
