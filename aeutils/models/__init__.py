"""Networks, one a file: autoencoders of many kinds, a transformer of patches, and a judge."""

from aeutils.models.autoencoder import Autoencoder
from aeutils.models.classifier import Classifier
from aeutils.models.conv import (
    ConvAutoencoder,
    ImageAutoencoder,
    ResidualBlock,
    ResNetAutoencoder,
    conv_size,
    conv_transpose_size,
)
from aeutils.models.flat import FlatAutoencoder
from aeutils.models.layers import count_parameters, mlp
from aeutils.models.linear_autoencoder import LinearAutoencoder
from aeutils.models.patch_transformer import PatchEncoder, PatchPredictor
from aeutils.models.semantic_hash import SemanticHash, noisy_code, to_bits
from aeutils.models.tied_autoencoder import TiedAutoencoder
from aeutils.models.variational import VariationalAutoencoder
from aeutils.models.windows import ConvWindowAutoencoder, WindowAutoencoder

__all__ = [
    "Autoencoder",
    "Classifier",
    "ConvAutoencoder",
    "ConvWindowAutoencoder",
    "FlatAutoencoder",
    "ImageAutoencoder",
    "LinearAutoencoder",
    "PatchEncoder",
    "PatchPredictor",
    "ResNetAutoencoder",
    "ResidualBlock",
    "SemanticHash",
    "TiedAutoencoder",
    "VariationalAutoencoder",
    "WindowAutoencoder",
    "conv_size",
    "conv_transpose_size",
    "count_parameters",
    "mlp",
    "noisy_code",
    "to_bits",
]
