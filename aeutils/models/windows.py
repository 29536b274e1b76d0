"""Autoencoders for windows of a series: rows in, rows out, and the error of each row.

>>> import torch
>>> model = WindowAutoencoder(width=48, hidden=64, latent=4)
>>> model.errors(torch.rand(10, 48)).shape
torch.Size([10])
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from aeutils._internal.validate import check_batch, check_count, describe
from aeutils.testing.sealed import exercise


class _Windows(nn.Module):
    """What both kinds share: a layer each way, and the error of each window."""

    width: int
    encoder: nn.Module
    decoder: nn.Module

    def encode(self, x: Tensor) -> Tensor:
        """Return the codes (N, latent) of windows x (N, width)."""
        return self.encoder(x)

    def decode(self, z: Tensor) -> Tensor:
        """Return the windows (N, width) of codes z (N, latent)."""
        return self.decoder(z)

    def forward(self, x: Tensor) -> Tensor:
        """Windows (N, width) to their reconstructions (N, width)."""
        if check_batch(x, "x").shape[1:] != (self.width,):
            raise ValueError(f"x must have shape (N, {self.width}), got {describe(x)}")
        return self.decode(self.encode(x))

    def errors(self, x: Tensor) -> Tensor:
        """Mean squared error of each window, (N,), without a graph."""
        with torch.no_grad():
            return (self(x) - x).square().mean(dim=1)


@exercise("elective_b_anomalies")
class WindowAutoencoder(_Windows):
    """One hidden layer (ReLU) on each side of a linear code.

    Args:
        width: values in a window.
        hidden: units of each hidden layer.
        latent: numbers in the code.

    Attributes:
        encoder: layers from windows (N, width) to codes (N, latent).
        decoder: layers from codes (N, latent) to windows (N, width).

    Raises:
        TypeError: a size is not an integer.
        ValueError: a size is below 1.
    """

    def __init__(self, width: int, hidden: int, latent: int) -> None:
        super().__init__()
        for size, name in ((width, "width"), (hidden, "hidden"), (latent, "latent")):
            check_count(size, name)
        self.width = width
        self.encoder = nn.Sequential(nn.Linear(width, hidden), nn.ReLU(), nn.Linear(hidden, latent))
        self.decoder = nn.Sequential(nn.Linear(latent, hidden), nn.ReLU(), nn.Linear(hidden, width))


class ConvWindowAutoencoder(_Windows):
    """Two convolutions of stride 2, a linear code, and their mirror image.

    Args:
        width: values in a window, a multiple of 4.
        channels: of both convolutions.
        latent: numbers in the code.

    Raises:
        TypeError: a size is not an integer.
        ValueError: a size is below 1, or `width` is no multiple of 4.
    """

    def __init__(self, width: int, channels: int, latent: int) -> None:
        super().__init__()
        for size, name in ((width, "width"), (channels, "channels"), (latent, "latent")):
            check_count(size, name)
        self.width = width
        if width % 4:
            raise ValueError(f"width must be a multiple of 4, got {width}")
        flat = channels * width // 4
        self.encoder = nn.Sequential(
            nn.Unflatten(1, (1, width)),
            nn.Conv1d(1, channels, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv1d(channels, channels, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(flat, latent),
        )
        self.decoder = nn.Sequential(
            nn.Linear(latent, flat),
            nn.ReLU(),
            nn.Unflatten(1, (channels, width // 4)),
            nn.ConvTranspose1d(channels, channels, 4, stride=2, padding=1),
            nn.ReLU(),
            nn.ConvTranspose1d(channels, 1, 4, stride=2, padding=1),
            nn.Flatten(),
        )
