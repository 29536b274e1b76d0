"""Codes of photographs by contrast on top of patch words: 10,000 photographs, and no label.

`PatchWords` is a closed form and costs most of the time. Each training photograph is described by
it four times, as it is and in three views (cropped, mirrored, recoloured). A small network is then
trained on the descriptions: two of one photograph have to find each other among all others of the
batch (SimCLR, as in `contrast.py`). No photograph is looked at again, so an epoch takes seconds.

The code is made of the network's last hidden layer (before the projection that the loss sees, as in
SimCLR) and of the description itself, side by side: their leading principal axes, the first ones
stretched further. That stretching is what the class table rewards, and it costs the neighbours
little; without the hidden layer it does not suffice.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aeutils import training
from aeutils.losses.supervised_contrastive import supcon_loss
from aeutils.training.encoder import fit_encoder
from benchmarks.contrast import view
from benchmarks.patch_words import PatchWords

VIEWS = 3
HIDDEN, PROJECTION, CODE = 768, 64, 32
DROPPED = 0.3
EPOCHS, BATCH_SIZE, LR, WEIGHT_DECAY = 10, 512, 0.003, 0.1
TEMPERATURE = 0.2
SHARE = 1 / 3  # of a squared length that the hidden layer has; the description has the rest
STRETCH = 0.25  # axes are multiplied by their variance to this power
CHUNK = 1000


def head(numbers: int, seed: int) -> nn.Sequential:
    """Return the untrained network from descriptions (N, numbers) to (N, PROJECTION)."""
    training.seed_everything(seed)
    layers: list[nn.Module] = [nn.Dropout(DROPPED)]
    for before in (numbers, HIDDEN):
        layers += [nn.Linear(before, HIDDEN, bias=False), nn.BatchNorm1d(HIDDEN), nn.ReLU()]
    return nn.Sequential(*layers, nn.Linear(HIDDEN, PROJECTION)).eval()


class Described:
    """Training photographs as descriptions: as they are, and in some views.

    Args:
        words: from photographs to descriptions, fitted to x.
        x: training photographs (N, 3, H, W).
        seed: of the views.
    """

    def __init__(self, words: PatchWords, x: Tensor, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.words = words
        plain = words.described
        self.mean, self.scale = plain.mean(dim=0), float(plain.std())
        seen = [plain]
        for _ in range(VIEWS):
            views = torch.cat([view(part, generator) for part in x.split(CHUNK)])
            seen.append(words.describe(views))
        self.seen = self.standard(torch.stack(seen, dim=1))  # (N, 1 + VIEWS, D)

    def standard(self, described: Tensor) -> Tensor:
        """Return descriptions (..., D) less the mean of the training ones, over their scale."""
        return (described - self.mean) / self.scale

    def describe(self, x: Tensor) -> Tensor:
        """Return the standardised descriptions (N, D) of photographs (N, 3, H, W)."""
        return self.standard(self.words.describe(x))


def train(
    seen: Tensor,
    labels: Tensor,
    seed: int,
    fit: Callable[..., training.History] = fit_encoder,
) -> tuple[nn.Sequential, training.Recipe]:
    """Return a head trained on descriptions (N, 1 + VIEWS, D), and what that did.

    Args:
        seen: of every training photograph, as it is and in views.
        labels: codes of equal ones are brought together: the photograph's own number for contrast
            without labels, its class for the supervised control.
        seed: of weights, views and order.
        fit: trains; `recipes.plan_encoder` only says what would be done.
    """
    model = head(seen.shape[2], seed)
    generator = torch.Generator().manual_seed(seed)

    def two_views(batch: Tensor) -> Tensor:
        draw = torch.rand(batch.shape[:2], generator=generator).topk(2, dim=1).indices
        rows = torch.arange(len(batch))
        return torch.cat([batch[rows, draw[:, 0]], batch[rows, draw[:, 1]]])

    def contrast(z: Tensor, number: Tensor) -> Tensor:
        return supcon_loss(z, number.repeat(2), TEMPERATURE)

    history = fit(
        model, seen, labels, contrast,
        epochs=EPOCHS, batch_size=BATCH_SIZE, lr=LR, weight_decay=WEIGHT_DECAY, seed=seed,
        augment=two_views,
    )  # fmt: skip
    return model, history.recipe


class Encoder:
    """From standardised descriptions (N, D) to unit codes (N, CODE).

    Args:
        described: of the training photographs; means and principal axes are fitted to them.
        model: a `head`, trained or not; None for codes of the description alone.
    """

    def __init__(self, described: Tensor, model: nn.Sequential | None) -> None:
        self.hidden = None if model is None else model[:-1]
        self.hidden_mean: Tensor | float = 0.0
        if self.hidden is not None:
            self.hidden_mean = self._hidden(described).mean(dim=0)
        joined = self._joined(described)
        self.mean = joined.mean(dim=0)
        centred = joined - self.mean
        variances, axes = torch.linalg.eigh(centred.T @ centred / len(joined))
        leading = axes[:, -CODE:].flip(1)
        self.axes = leading * (variances[-CODE:].flip(0) / variances[-1]) ** STRETCH

    def __call__(self, described: Tensor) -> Tensor:
        """Return unit codes (N, CODE) of descriptions (N, D)."""
        return F.normalize((self._joined(described) - self.mean) @ self.axes)

    @torch.no_grad()
    def _hidden(self, described: Tensor) -> Tensor:
        assert self.hidden is not None
        return torch.cat([self.hidden(part) for part in described.split(CHUNK)])

    def _joined(self, described: Tensor) -> Tensor:
        unit = F.normalize(described)
        if self.hidden is None:
            return unit
        hidden = F.normalize(self._hidden(described) - self.hidden_mean)
        return torch.cat([SHARE**0.5 * hidden, (1 - SHARE) ** 0.5 * unit], dim=1)
