"""JPEG, the baseline that everyone has, at the same error, with and without the cost of its header.

A JPEG file of a digit is mostly header: tables, sizes, markers, more than 300 bytes before the
first pixel. A fair comparison says what it counts:

* the whole file of each image: what a folder of digits would take;
* the scan alone, the bytes that depend on the image: as if header and tables were agreed upon;
* one file for a mosaic of all images: one header for all of them.

References:
    * Wallace (1992), The JPEG still picture compression standard.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from aeutils._internal.validate import check_images

BLOCK = 8  # JPEG codes blocks of 8 × 8 pixels


@dataclass(frozen=True, eq=False)
class JPEGResult:
    """Bits per pixel, counted three ways, and the decoded images.

    Attributes:
        whole_file: bits per pixel of one whole file for each image.
        scan: bits per pixel of the same files without header, tables and markers.
        mosaic: bits per pixel of one file that holds all images as a mosaic.
        images: the images decoded from their own files, (N, 1, H, W) in [0, 1].
        mosaic_images: the images cut out of the decoded mosaic, (N, 1, H, W) in [0, 1].
    """

    whole_file: float
    scan: float
    mosaic: float
    images: Tensor
    mosaic_images: Tensor


def jpeg(x: Tensor, quality: int) -> JPEGResult:
    """Compress grey images one by one, and as one mosaic.

    Bits are divided by N·H·W. Single files use the standard's own Huffman tables, so that a
    receiver may know them before (`scan`); the mosaic's are made for it and are part of its header.
    In the mosaic each image is padded with its last rows and columns to whole blocks, so that no
    block mixes two images.

    Args:
        x: grey images in [0, 1], (N, 1, H, W).
        quality: from 1 to 95, as in PIL.

    Returns:
        Bits per pixel, counted three ways, and the decoded images.

    Raises:
        TypeError: `x` is not a tensor of floats.
        ValueError: `x` is not of shape (N, 1, H, W) in [0, 1].
        ValueError: `quality` is not an integer from 1 to 95.
    """
    x = check_images(x, "x")
    if x.shape[1] != 1:
        raise ValueError(f"x must be grey images (N, 1, H, W), got {tuple(x.shape)}")
    if not isinstance(quality, int) or not 1 <= quality <= 95:
        raise ValueError(f"quality must be an integer from 1 to 95, got {quality!r}")
    pixels = (x[:, 0] * 255).round().to(torch.uint8).cpu().numpy()  # (N, H, W)
    files = [_write(image, quality, optimize=False) for image in pixels]
    decoded = np.stack([_read(file) for file in files])
    n, h, w = pixels.shape
    down, right = -h % BLOCK, -w % BLOCK
    padded = np.pad(pixels, ((0, 0), (0, down), (0, right)), mode="edge")
    columns = math.ceil(math.sqrt(n))
    lines = math.ceil(n / columns)
    tiles = np.zeros((lines * columns, h + down, w + right), np.uint8)
    tiles[:n] = padded
    sheet = _tile(tiles, lines, columns)
    file = _write(sheet, quality, optimize=True)
    back = _untile(_read(file), lines, columns)[:n, :h, :w]
    count = 8 / (n * h * w)
    return JPEGResult(
        count * sum(map(len, files)),
        count * sum(map(_scan_length, files)),
        count * len(file),
        _images(decoded).to(x.device),
        _images(back).to(x.device),
    )


def _write(image: np.ndarray, quality: int, optimize: bool) -> bytes:
    from PIL import Image

    file = io.BytesIO()
    Image.fromarray(image).save(file, format="JPEG", quality=quality, optimize=optimize)
    return file.getvalue()


def _read(file: bytes) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(io.BytesIO(file)))


def _scan_length(file: bytes) -> int:
    """Return the bytes between the header of the scan (marker FF DA) and the end marker."""
    at = 2  # after the start marker
    while True:
        length = int.from_bytes(file[at + 2 : at + 4], "big")
        if file[at + 1] == 0xDA:
            return len(file) - 2 - (at + 2 + length)
        at += 2 + length


def _tile(tiles: np.ndarray, lines: int, columns: int) -> np.ndarray:
    h, w = tiles.shape[1:]
    return tiles.reshape(lines, columns, h, w).swapaxes(1, 2).reshape(lines * h, columns * w)


def _untile(sheet: np.ndarray, lines: int, columns: int) -> np.ndarray:
    h, w = sheet.shape[0] // lines, sheet.shape[1] // columns
    return sheet.reshape(lines, h, columns, w).swapaxes(1, 2).reshape(-1, h, w)


def _images(pixels: np.ndarray) -> Tensor:
    return torch.from_numpy(pixels.astype(np.float32) / 255)[:, None]
