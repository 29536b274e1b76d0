"""Codes of photographs by contrast on top of patch words: 50,000 photographs, and no label.

`PatchWords` is a closed form. Each training photograph is described by it four times, as it is and
in three views (cropped, mirrored, recoloured), with patches of two sizes. A small network is then
trained on the descriptions: those of two views have to find each other among all others of the
batch (SimCLR, as in `contrast.py`). In every second pair the other view is one of a photograph
whose description is near: a neighbour is a view that no cropping makes (Dwibedi et al., 2021, "With
a little help from my friends"). No photograph is looked at again, so an epoch takes seconds.

The code has two parts. Both are made of the network's last hidden layer (before the projection that
the loss sees, as in SimCLR) and of the description itself, side by side. The one is their leading
principal axes, 1,024 of them. The other shows the first of these once more, stretched: the class
table rewards few directions that separate coarsely, neighbours want the many that tell finely, and
a code may have both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from aeutils import training
from aeutils.losses.supervised_contrastive import supcon_loss
from aeutils.training.encoder import fit_encoder
from benchmarks.contrast import view
from benchmarks.patch_words import PatchWords

VIEWS = 3
FRIENDS = 10  # nearest descriptions, one of which may take the place of the second view
HIDDEN, PROJECTION = 768, 64
DROPPED = 0.3
EPOCHS, BATCH_SIZE, LR, WEIGHT_DECAY = 10, 512, 0.003, 0.1
TEMPERATURE = 0.2
SHARE = 0.4  # of a squared length that the hidden layer has; the description has the rest
AXES, LEADING = 1024, 16  # principal axes of a code, and how many of them it shows once more
STRETCH = 3.0  # the leading axes are multiplied by their variance to this power
WEIGHT = 0.4  # of a code's squared length, the stretched axes' part
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

    Attributes:
        seen: descriptions (N, 1 + views, D), float16, because they are many.

    Args:
        words: dictionaries fitted to x.
        x: training photographs (N, 3, H, W).
        seed: of the views.
        views: how many of each photograph.
    """

    def __init__(
        self, words: Sequence[PatchWords], x: Tensor, seed: int, views: int = VIEWS
    ) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.words = words
        self.scales = [(w.described.mean(dim=0), float(w.described.std())) for w in words]
        plain = self._side_by_side([w.described for w in words])
        self.seen = torch.empty(len(x), 1 + views, plain.shape[1], dtype=torch.float16)
        self.seen[:, 0] = plain
        for number in range(1, 1 + views):
            for part, rows in zip(x.split(CHUNK), self.seen.split(CHUNK), strict=True):
                rows[:, number] = self.describe(view(part, generator))

    def describe(self, x: Tensor) -> Tensor:
        """Return the descriptions (N, D) of photographs (N, 3, H, W)."""
        return self._side_by_side([words.describe(x) for words in self.words])

    def _side_by_side(self, described: Sequence[Tensor]) -> Tensor:
        """Return descriptions by each dictionary, standardised, then with the root of each number.

        The root keeps a few large numbers from deciding who is near (Perronnin et al., 2010,
        "Improving the Fisher kernel for large-scale image classification").
        """
        pairs = zip(described, self.scales, strict=True)
        standard = torch.cat([(part - mean) / scale for part, (mean, scale) in pairs], dim=1)
        return standard.sign() * standard.abs().sqrt()


def friends(described: Tensor) -> Tensor:
    """Return the rows of the FRIENDS nearest descriptions of each, int64 (N, FRIENDS)."""
    described = described.float()
    centred = F.normalize(described - described.mean(dim=0))
    near = [(part @ centred.T).topk(FRIENDS + 1).indices for part in centred.split(CHUNK)]
    return torch.cat(near)[:, 1:]  # the nearest is the photograph itself


def train(
    seen: Tensor,
    labels: Tensor,
    seed: int,
    near: Tensor | None = None,
) -> tuple[nn.Sequential, training.Recipe]:
    """Return a head trained on descriptions (N, 1 + VIEWS, D), and what that did.

    Args:
        seen: of every training photograph, as it is and in views.
        labels: codes of equal ones are brought together: the photograph's own number for contrast
            without labels, its class for the supervised control.
        seed: of weights, views and order.
        near: rows of photographs (N, K), one of which is the other view in every second pair.
    """
    model = head(seen.shape[2], seed)
    generator = torch.Generator().manual_seed(seed)

    def two_views(numbers: Tensor) -> Tensor:
        first = numbers[:, 0].long()
        draw = torch.rand(len(first), seen.shape[1], generator=generator).topk(2, dim=1).indices
        second = first
        if near is not None:
            friend = torch.randint(near.shape[1], first.shape, generator=generator)
            other = torch.rand(first.shape, generator=generator) < 0.5
            second = torch.where(other, near[first, friend], first)
        return torch.cat([seen[first, draw[:, 0]], seen[second, draw[:, 1]]]).float()

    def contrast(z: Tensor, number: Tensor) -> Tensor:
        return supcon_loss(z, number.repeat(2), TEMPERATURE)

    photographs = torch.arange(len(seen), dtype=torch.float32)[:, None]  # by number
    history = fit_encoder(
        model, photographs, labels, contrast,
        epochs=EPOCHS, batch_size=BATCH_SIZE, lr=LR, weight_decay=WEIGHT_DECAY, seed=seed,
        augment=two_views,
    )  # fmt: skip
    assert history.recipe is not None
    data = " × ".join([f"{len(seen):,}", *map(str, seen.shape[1:])])
    return model, replace(history.recipe, data=data)


class Encoder:
    """From descriptions (N, D) to unit codes (N, LEADING + AXES).

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
        self.axes = axes.flip(1)[:, :AXES]
        leading = variances.flip(0)[:LEADING]
        self.stretch = (leading / leading[0]) ** STRETCH

    def __call__(self, described: Tensor) -> Tensor:
        """Return unit codes (N, LEADING + AXES) of descriptions (N, D)."""
        along = (self._joined(described) - self.mean) @ self.axes
        stretched = F.normalize(along[:, :LEADING] * self.stretch)
        return _mixed(stretched, F.normalize(along), WEIGHT)

    @torch.no_grad()
    def _hidden(self, described: Tensor) -> Tensor:
        assert self.hidden is not None
        return torch.cat([self.hidden(part.float()) for part in described.split(CHUNK)])

    def _joined(self, described: Tensor) -> Tensor:
        unit = F.normalize(described.float())
        if self.hidden is None:
            return unit
        hidden = F.normalize(self._hidden(described) - self.hidden_mean)
        return _mixed(hidden, unit, SHARE)


def shortened(z: Tensor, axes: int) -> Tensor:
    """Return unit codes (N, LEADING + AXES) with their first principal axes only.

    Args:
        z: codes of an `Encoder`.
        axes: how many of the AXES stay.

    Returns:
        Unit codes (N, LEADING + axes).
    """
    stretched, stay = z[:, :LEADING], z[:, LEADING : LEADING + axes]
    return _mixed(F.normalize(stretched), F.normalize(stay), WEIGHT)


def _mixed(first: Tensor, second: Tensor, share: float) -> Tensor:
    """Return rows of length 1 side by side; of a squared length the first has this share."""
    return torch.cat([share**0.5 * first, (1 - share) ** 0.5 * second], dim=1)
