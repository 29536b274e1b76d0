"""An encoder of photographs that learns by contrast: two views of one photograph, and no label.

Each photograph of a batch is cropped and recoloured twice; every view is asked to find its partner
among all other views (SimCLR: Chen et al., 2020, "A Simple Framework for Contrastive Learning of
Visual Representations", eq. 1). That is
`aeutils.losses.supervised_contrastive.supcon_loss` with the number of the photograph in the place
of a label.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aeutils import training
from aeutils.losses.supervised_contrastive import supcon_loss
from aeutils.training.encoder import fit_encoder

WIDTH = 48  # channels of the first layer
CODE = 32
EPOCHS, BATCH_SIZE, LR = 4, 512, 0.003
SMALLEST = 0.4  # side of the smallest crop, of the photograph's
COLOUR = 0.6
GREY = 0.2  # share of views without colour
CHUNK = 1000
STORE, NEIGHBOURS = 10_000, 1000  # training codes kept, and how many of them are averaged


def view(x: Tensor, generator: torch.Generator) -> Tensor:
    """Return one view of each photograph (N, 3, H, W): cropped, mirrored, recoloured."""
    n = len(x)

    def uniform(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(n, *shape, generator=generator)

    side = uniform(SMALLEST, 1)
    mirrored = torch.where(uniform(0, 1) < 0.5, -1.0, 1.0)
    across, down, zero = (1 - side) * uniform(-1, 1), (1 - side) * uniform(-1, 1), torch.zeros(n)
    rows = torch.stack([side * mirrored, zero, across, zero, side, down], dim=1).reshape(n, 2, 3)
    grid = F.affine_grid(rows, list(x.shape), align_corners=False)
    seen = F.grid_sample(x, grid, align_corners=False, padding_mode="border")
    mean = seen.mean(dim=(1, 2, 3), keepdim=True)
    contrast = 1 + uniform(-COLOUR, COLOUR, 1, 1, 1)
    brightness = uniform(-COLOUR / 2, COLOUR / 2, 1, 1, 1)
    tint = 1 + uniform(-COLOUR / 2, COLOUR / 2, 3, 1, 1)
    seen = ((seen - mean) * contrast + mean + brightness) * tint
    return torch.where(uniform(0, 1, 1, 1, 1) < GREY, seen.mean(dim=1, keepdim=True), seen)


class ContrastEncoder(nn.Module):
    """Three strided convolutions and one linear layer: photographs -> unit vectors (N, 32).

    Args:
        x: training photographs (N, 3, 32, 32); their mean and deviation standardise the input.
    """

    def __init__(self, x: Tensor, width: int = WIDTH) -> None:
        super().__init__()
        channels = (3, width, 2 * width, 4 * width)
        layers: list[nn.Module] = []
        for before, after in pairwise(channels):
            convolution = nn.Conv2d(before, after, 3, stride=2, padding=1, bias=False)
            layers += [convolution, nn.BatchNorm2d(after), nn.GELU()]
        self.encoder = nn.Sequential(*layers, nn.Flatten(), nn.Linear(4 * width * 16, CODE))
        self.mean, self.scale = float(x.mean()), float(x.std())
        self.to(memory_format=torch.channels_last)

    def forward(self, x: Tensor) -> Tensor:
        """Return the codes (N, 32) of photographs (N, 3, 32, 32)."""
        return F.normalize(self.encoder((x - self.mean) / self.scale))

    @torch.no_grad()
    def encode(self, rows: Tensor) -> Tensor:
        """Return the codes (N, 32) of rows (N, 3072), some at a time."""
        return torch.cat([self(part.reshape(-1, 3, 32, 32)) for part in rows.split(CHUNK)])


def train(
    rows: Tensor,
    seed: int,
    temperature: float,
    fit: Callable[..., training.History] = fit_encoder,
) -> tuple[ContrastEncoder, training.Recipe]:
    """Return an encoder trained on rows (N, 3072), and what that did; τ = `temperature`."""
    training.seed_everything(seed)
    x = rows.reshape(-1, 3, 32, 32)
    model = ContrastEncoder(x)
    generator = torch.Generator().manual_seed(seed)

    def two_views(batch: Tensor) -> Tensor:
        both = torch.cat([view(batch, generator), view(batch, generator)])
        return both.contiguous(memory_format=torch.channels_last)

    def contrast(z: Tensor, number: Tensor) -> Tensor:
        return supcon_loss(z, number.repeat(2), temperature)

    history = fit(
        model, x, torch.arange(len(x)), contrast,
        epochs=EPOCHS, batch_size=BATCH_SIZE, lr=LR, weight_decay=0.1, seed=seed,
        augment=two_views,
    )  # fmt: skip
    return model, history.recipe


def averaged(encode: Callable[[Tensor], Tensor], rows: Tensor) -> Callable[[Tensor], Tensor]:
    """Return an encoder whose codes are means of the nearest codes of some training `rows`.

    Turcot and Lowe (2009) did so with every stored image of a collection. Query expansion (Chum et
    al., 2007) averages the query alone.
    It needs no label: it moves every code towards the crowd that it stands in.
    """
    store = encode(rows[:STORE])
    n = min(NEIGHBOURS, len(store))

    def encode_among(x: Tensor) -> Tensor:
        parts = [store[(z @ store.T).topk(n).indices].mean(dim=1) for z in encode(x).split(CHUNK)]
        return F.normalize(torch.cat(parts))

    return encode_among
