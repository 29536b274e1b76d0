"""One small convolutional encoder, trained without labels in three ways: a beginning for others.

An autoencoder rebuilds the image, a denoising one rebuilds it from a noisy copy, and contrast asks
every view of an image for its partner (`benchmarks.contrast`). The encoder is the same each time,
down to its first weights, so that only what it was trained for can make a difference.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor, nn

from aeutils import corruption, losses, training
from aeutils.losses.supervised_contrastive import supcon_loss
from benchmarks.contrast import view

SIDE = 32  # images are padded to it
CHANNELS = (3, 8, 16, 32)
CODE = 32
BATCH_SIZE, LR = 256, 0.003
NOISE = 0.3
TEMPERATURE = 0.5
BY_HAND = "by hand, one for all"
AUTOENCODER, DENOISING = "autoencoder", "denoising autoencoder"
CONTRAST = "contrast of two views"


def photographs(images: Tensor) -> Tensor:
    """Return images (N, 1 or 3, H, W) of at most 32 × 32 pixels as (N, 3, 32, 32), dark around."""
    down, across = SIDE - images.shape[2], SIDE - images.shape[3]
    around = (across // 2, across - across // 2, down // 2, down - down // 2)
    return nn.functional.pad(images, around).expand(-1, 3, -1, -1).contiguous()


def encoder() -> nn.Sequential:
    """Return the encoder of all ways: photographs (B, 3, 32, 32) -> codes (B, 32).

    Every code number has mean 0 and deviation 1 over a batch, so that one learning rate suits the
    layer that follows, whatever the encoder was trained for.
    """
    layers: list[nn.Module] = []
    for before, after in pairwise(CHANNELS):
        convolution = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
        layers += [convolution, nn.BatchNorm2d(after), nn.GELU()]
    layers += [nn.Flatten(), nn.Linear(CHANNELS[-1] * 16, CODE)]
    return nn.Sequential(*layers, nn.BatchNorm1d(CODE, affine=False))


class PhotoAutoencoder(nn.Module):
    """The encoder, and its mirror image as a decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = encoder()
        deepest = CHANNELS[-1]
        layers: list[nn.Module] = [nn.Linear(CODE, deepest * 16), nn.Unflatten(1, (deepest, 4, 4))]
        for before, after in pairwise(CHANNELS[::-1]):
            layers += [nn.GELU(), nn.ConvTranspose2d(before, after, 4, stride=2, padding=1)]
        self.decoder = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Return the reconstruction of photographs (N, 3, 32, 32)."""
        return self.decoder(self.encoder(x))


def autoencoder(
    x: Tensor,
    seed: int,
    epochs: int,
    noise: float = 0.0,
    fit: Callable[..., training.History] = training.fit,
) -> tuple[nn.Module, training.Recipe]:
    """Return an encoder that rebuilt photographs, from noisy ones if `noise` is above 0."""
    training.seed_everything(seed)
    model = PhotoAutoencoder()
    generator = torch.Generator().manual_seed(seed)

    def gaussian_noise(batch: Tensor) -> Tensor:
        return corruption.gaussian(batch, noise, generator)

    history = fit(
        model, x, epochs=epochs, loss=losses.mse, batch_size=BATCH_SIZE, lr=LR, seed=seed,
        progress=False, corrupt=gaussian_noise if noise else None,
    )  # fmt: skip
    return model.encoder, history.recipe


def contrasted(
    x: Tensor,
    seed: int,
    epochs: int,
    fit: Callable[..., training.History] = training.fit_encoder,
) -> tuple[nn.Module, training.Recipe]:
    """Return an encoder that found the partner of each view among the views of a batch."""
    training.seed_everything(seed)
    model, generator = encoder(), torch.Generator().manual_seed(seed)

    def two_views(batch: Tensor) -> Tensor:
        return torch.cat([view(batch, generator), view(batch, generator)])

    def contrast(z: Tensor, number: Tensor) -> Tensor:
        return supcon_loss(z, number.repeat(2), TEMPERATURE)

    history = fit(
        model, x, torch.arange(len(x)), contrast,
        epochs=epochs, batch_size=BATCH_SIZE, lr=LR, seed=seed, augment=two_views,
    )  # fmt: skip
    return model.eval(), history.recipe


def encoders(x: Tensor, seed: int, epochs: int) -> dict[str, tuple[nn.Module, training.Recipe]]:
    """Return the three trained encoders of photographs x (N, 3, 32, 32), each with its recipe."""
    return {
        AUTOENCODER: autoencoder(x, seed, epochs),
        DENOISING: autoencoder(x, seed, epochs, NOISE),
        CONTRAST: contrasted(x, seed, epochs),
    }


@torch.no_grad()
def codes_of(model: nn.Module, x: Tensor) -> Tensor:
    """Return the codes (N, 32) of photographs, some at a time, in eval mode."""
    model.eval()
    return torch.cat([model(part) for part in x.split(1000)])
