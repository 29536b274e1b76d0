"""Hidden checks of week 3: the undercomplete autoencoder."""

from autograder.checks.week03.bits import bits_per_pixel, compression_factor, entropy, quantise
from autograder.checks.week03.images import conv_autoencoder, residual_block
from autograder.checks.week03.width import copy_weights, smallest_width

__all__ = [
    "bits_per_pixel",
    "compression_factor",
    "conv_autoencoder",
    "copy_weights",
    "entropy",
    "quantise",
    "residual_block",
    "smallest_width",
]
