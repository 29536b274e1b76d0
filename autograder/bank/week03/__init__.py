"""Answers to week 3: the undercomplete autoencoder."""

from autograder.bank.week03.bits import BITS_PER_PIXEL, COMPRESSION_FACTOR, ENTROPY, QUANTISE
from autograder.bank.week03.images import CONV_AUTOENCODER, RESIDUAL_BLOCK
from autograder.bank.week03.width import COPY_WEIGHTS, SMALLEST_WIDTH

EXERCISES = {
    "smallest_width": SMALLEST_WIDTH,
    "copy_weights": COPY_WEIGHTS,
    "conv_autoencoder": CONV_AUTOENCODER,
    "residual_block": RESIDUAL_BLOCK,
    "compression_factor": COMPRESSION_FACTOR,
    "quantise": QUANTISE,
    "entropy": ENTROPY,
    "bits_per_pixel": BITS_PER_PIXEL,
}
