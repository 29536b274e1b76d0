"""The small autoencoder of the front page: an image becomes two numbers, two numbers an image.

``python -m course.book front`` trains it on the 5,000 embedded digits and writes its weights to
``course/static/front/two-numbers.json``, which the page's script reads. The two numbers lie in the
unit square, and the maximum mean discrepancy (Tolstikhin et al., 2018) spreads the codes over it,
so that there is something to see wherever a reader drags the point.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from aeutils import data, losses, training
from aeutils.generation import mmd
from course.book import COURSE

FILE = COURSE / "static" / "front" / "two-numbers.json"
EPOCHS, BATCH = 400, 250
POOLED = 14  # the encoder sees the image with half the resolution: a quarter of the weights


class TwoNumbers(nn.Module):
    """An autoencoder with two numbers between 0 and 1 in the middle.

    Attributes:
        encoder: pooled images (N, 196) -> two numbers (N, 2), any size.
        decoder: two numbers (N, 2) -> logits of the pixels (N, 784).
    """

    def __init__(self) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            *(nn.Linear(POOLED**2, 64), nn.SiLU(), nn.Linear(64, 32), nn.SiLU(), nn.Linear(32, 2))
        )
        self.decoder = nn.Sequential(
            *(nn.Linear(2, 48), nn.SiLU(), nn.Linear(48, 80), nn.SiLU(), nn.Linear(80, 784))
        )

    def gaussian(self, x: Tensor) -> Tensor:
        """Return codes (N, 2) that training makes look like draws of a standard Gaussian."""
        pooled = nn.functional.avg_pool2d(x.reshape(-1, 1, 28, 28), 2)
        return self.encoder(pooled.flatten(1))

    def encode(self, x: Tensor) -> Tensor:
        """Return the two numbers in (0, 1) of each image: rows (N, 784) -> (N, 2)."""
        return to_square(self.gaussian(x))

    def decode(self, z: Tensor) -> Tensor:
        """Return images (N, 784) in (0, 1) from two numbers each (N, 2), in (0, 1)."""
        return self.decoder(4 * z - 2).sigmoid()


def to_square(codes: Tensor) -> Tensor:
    """Return the logistic curve nearest to the normal distribution's: a Gaussian becomes even."""
    return torch.sigmoid(1.702 * codes)


def train() -> tuple[TwoNumbers, float]:
    """Return the trained autoencoder and its squared error per test image."""
    torch.set_num_threads(1)
    digits = data.load("mnist", size="small").flat()
    training.seed_everything(0)
    model = TwoNumbers()
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    steps = EPOCHS * (len(digits.x_train) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    generator = torch.Generator().manual_seed(0)
    for _ in range(EPOCHS):
        for rows in torch.randperm(len(digits.x_train), generator=generator).split(BATCH):
            x = digits.x_train[rows]
            codes = model.gaussian(x)
            logits = model.decoder(4 * to_square(codes) - 2)
            loss = losses.bernoulli_nll(logits, x)
            even = mmd(codes, torch.randn(codes.shape, generator=generator))
            optimizer.zero_grad()
            (loss + 15 * even).backward()
            optimizer.step()
            schedule.step()
    with torch.no_grad():
        rebuilt = model.decode(model.encode(digits.x_test))
    return model, float((rebuilt - digits.x_test).square().sum(1).mean())


def as_json(model: TwoNumbers) -> dict[str, Any]:
    """Return the weights, eight bits each, and where the middle of each class of digits lies.

    A layer is its shape (outputs, inputs), its bias, the largest weight of each row divided by
    127, and the weights as signed bytes in base64.
    """
    digits = data.load("mnist", size="small").flat()
    with torch.no_grad():
        codes = model.encode(digits.x_train)
    middle = [codes[digits.y_train == digit].median(0).values for digit in range(10)]
    return {
        "encoder": [_layer(part) for part in model.encoder if isinstance(part, nn.Linear)],
        "decoder": [_layer(part) for part in model.decoder if isinstance(part, nn.Linear)],
        "middle": [[round(float(v), 3) for v in one] for one in middle],
    }


def _layer(linear: nn.Linear) -> dict[str, Any]:
    weight = linear.weight.detach()
    scale = weight.abs().amax(1) / 127
    whole = (weight / scale[:, None]).round().to(torch.int8)
    return {
        "shape": list(weight.shape),
        "bias": [round(float(b), 4) for b in linear.bias.detach()],
        "scale": [float(f"{s:.4g}") for s in scale],
        "weight": base64.b64encode(whole.numpy().tobytes()).decode(),
    }


def write(model: TwoNumbers) -> Path:
    """Write the weights for the page; return the file."""
    FILE.parent.mkdir(parents=True, exist_ok=True)
    FILE.write_text(json.dumps(as_json(model), separators=(",", ":")) + "\n", encoding="utf-8")
    return FILE
