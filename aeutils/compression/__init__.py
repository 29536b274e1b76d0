"""From codes to bits: rounding, entropy, an arithmetic coder, and JPEG beside them."""

from aeutils.compression.arithmetic_coder import decode, encode
from aeutils.compression.jpeg import JPEGResult, jpeg
from aeutils.compression.quantisation import dequantise, quantise, sensitivity
from aeutils.compression.rates import compression_factor, entropy, rate_at_error
from aeutils.compression.symbol_model import SymbolModel, bits_per_pixel

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
