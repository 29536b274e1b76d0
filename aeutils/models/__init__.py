"""Networks: linear, deep, tied and convolutional autoencoders, one family a file."""

from aeutils.models.autoencoder import (
    Autoencoder,
    FlatAutoencoder,
    LinearAutoencoder,
    TiedAutoencoder,
    count_parameters,
    mlp,
)
from aeutils.models.conv import (
    ConvAutoencoder,
    ImageAutoencoder,
    ResidualBlock,
    ResNetAutoencoder,
    conv_size,
    conv_transpose_size,
)

__all__ = [
    "Autoencoder",
    "ConvAutoencoder",
    "FlatAutoencoder",
    "ImageAutoencoder",
    "LinearAutoencoder",
    "ResNetAutoencoder",
    "ResidualBlock",
    "TiedAutoencoder",
    "conv_size",
    "conv_transpose_size",
    "count_parameters",
    "mlp",
]
