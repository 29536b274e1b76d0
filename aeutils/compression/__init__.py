"""From codes to bits: rounding, entropy, an arithmetic coder, and JPEG beside them."""

from aeutils.compression.arithmetic_coder import decode, encode
from aeutils.compression.coding import (
    SymbolModel,
    bits_per_pixel,
    compression_factor,
    dequantise,
    entropy,
    quantise,
    rate_at_error,
    sensitivity,
)
from aeutils.compression.jpeg import JPEGResult, jpeg

__all__ = [
    "JPEGResult",
    "SymbolModel",
    "bits_per_pixel",
    "compression_factor",
    "decode",
    "dequantise",
    "encode",
    "entropy",
    "jpeg",
    "quantise",
    "rate_at_error",
    "sensitivity",
]
