"""Photographs as the company that their patches keep: an encoder in closed form, without a label.

A photograph is cut into small patches, each patch is replaced by the words of a dictionary that it
resembles most, and words get coordinates by how often they occur in one photograph: the
factorisation of elective A's word vectors, with patches in the place of words. A photograph is then
the mean of its patches' coordinates in each of sixteen fields.

Whitened patches and a dictionary of them: Coates, Ng and Lee (2011), "An analysis of single-layer
networks in unsupervised feature learning". Coordinates from what occurs together: Chen et al.
(2023), "Minimalistic unsupervised representation learning with the sparse manifold transform",
here with a dictionary of random patches and the whole photograph as the context.
"""

from __future__ import annotations

import copy

import torch
import torch.nn.functional as F
from torch import Tensor

PARTS = {6: 64, 10: 80}  # side of a patch in pixels -> principal axes that are kept of it
STRIDE = 2
SAMPLE = 100_000  # patches that the axes are fitted to
SMALLEST_VARIANCE = 1e-3  # added before dividing, so that noise is not blown up
WORDS, NEAREST = 2048, 8  # in the dictionary, and how many of them describe a patch
COORDINATES = 96
FIELDS = 4  # along each side of a photograph
CONTEXTS = 300  # photographs by which words are made uncorrelated
CHUNK = 20  # photographs whose patches are compared with all words at once


class PatchWords:
    """A dictionary of patches of one size, and coordinates of its words.

    Args:
        x: training photographs (N, 3, H, W), float32.
        side: of a patch, one of PARTS.
        seed: of the patches that are drawn.
    """

    def __init__(self, x: Tensor, side: int, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        parts = PARTS[side]
        patches = _draw(x, side, SAMPLE, generator)
        mean = patches.mean(dim=0)
        centred = patches - mean
        variances, axes = torch.linalg.eigh(centred.T @ centred / len(patches))
        white = axes[:, -parts:] / (variances[-parts:] + SMALLEST_VARIANCE).sqrt()
        # The mean of each patch is taken off by filters whose entries add up to 0.
        self.filters = (white - white.mean(dim=0)).T.reshape(parts, 3, side, side).contiguous()
        self.offset = -mean @ white
        self.words = self._white(_draw(x, side, WORDS, generator)).T.contiguous()  # (parts, WORDS)
        nearest = self.nearest(x)
        self.coordinates = _coordinates(nearest, generator)  # (WORDS, COORDINATES)
        self.described = self._describe(nearest)  # of the training photographs themselves

    def nearest(self, x: Tensor) -> Tensor:
        """Return the words most like each patch, int16 (N, patches, NEAREST)."""
        along = (x.shape[-1] - self.filters.shape[-1]) // STRIDE + 1
        # Written in place: small results between large scratch tensors would scatter the memory.
        found = torch.empty(len(x), along * along, NEAREST, dtype=torch.int16)
        for few, rows in zip(x.split(CHUNK), found.split(CHUNK), strict=True):
            seen = F.conv2d(few, self.filters, self.offset, stride=STRIDE).flatten(2)
            likeness = F.normalize(seen.transpose(1, 2), dim=2) @ self.words
            rows.copy_(likeness.topk(NEAREST, dim=2).indices)
        return found

    def describe(self, x: Tensor) -> Tensor:
        """Return the mean coordinates in each field of photographs, (N, COORDINATES · FIELDS²)."""
        return self._describe(self.nearest(x))

    def _describe(self, nearest: Tensor) -> Tensor:
        described = torch.empty(len(nearest), self.coordinates.shape[1] * FIELDS**2)
        for part, rows in zip(nearest.split(CHUNK), described.split(CHUNK), strict=True):
            rows.copy_(self._pooled(part))
        return described

    def _white(self, patches: Tensor) -> Tensor:
        return F.normalize(patches @ self.filters.flatten(1).T + self.offset, dim=1)

    def _pooled(self, nearest: Tensor) -> Tensor:
        n, patches, _ = nearest.shape
        where = F.embedding_bag(nearest.flatten(0, 1).int(), self.coordinates, mode="sum")
        side = round(patches**0.5)
        maps = F.normalize(where, dim=1).reshape(n, side, side, -1).permute(0, 3, 1, 2)
        return F.adaptive_avg_pool2d(maps, FIELDS).flatten(1)


def without_learning(words: PatchWords, x: Tensor, seed: int) -> PatchWords:
    """Return the same steps with random numbers in the place of everything that was fitted.

    Args:
        words: a dictionary; it stays as it is.
        x: the training photographs (N, 3, H, W); they are described anew.
        seed: of the random numbers.
    """
    generator = torch.Generator().manual_seed(seed)

    def noise(like: Tensor) -> Tensor:
        return torch.randn(like.shape, generator=generator)

    blind = copy.copy(words)
    filters = noise(words.filters)
    blind.filters = filters - filters.mean(dim=(1, 2, 3), keepdim=True)
    blind.offset = torch.zeros_like(words.offset)
    blind.words = F.normalize(noise(words.words), dim=0)
    blind.coordinates = noise(words.coordinates)
    blind.described = blind.describe(x)
    return blind


def _draw(x: Tensor, side: int, n: int, generator: torch.Generator) -> Tensor:
    """Return n random patches as rows (n, 3 · side²), each with mean 0."""
    number = torch.randint(len(x), (n, 1, 1), generator=generator)
    place = torch.randint(x.shape[-1] - side + 1, (n, 2), generator=generator)
    step = torch.arange(side)
    down, across = place[:, 0, None, None] + step[:, None], place[:, 1, None, None] + step
    patches = x[number, :, down, across].permute(0, 3, 1, 2).flatten(1)
    return patches - patches.mean(dim=1, keepdim=True)


def _coordinates(nearest: Tensor, generator: torch.Generator) -> Tensor:
    """Return coordinates of the words (WORDS, COORDINATES) by which photographs differ most.

    The directions P that maximise the variance of a photograph's mean word, P C Pᵀ, where patches
    have variance 1 and no correlation, P V Pᵀ = I. The largest is left out: it is the same for all.
    """
    n, patches, k = nearest.shape
    counts = torch.zeros(n, WORDS)
    words = nearest.flatten(1).long()
    counts.scatter_add_(1, words, torch.ones(1).expand(words.shape) / patches)
    together = counts.T @ counts / n
    few = nearest[torch.randperm(n, generator=generator)[:CONTEXTS]].reshape(-1, k).long()
    of_patches = torch.zeros(WORDS, WORDS)
    for part in few.split(10_000):
        rows = torch.zeros(len(part), WORDS).scatter_(1, part, 1.0)
        of_patches += rows.T @ rows
    of_patches /= len(few)
    # Words that hardly occur would get huge coordinates without this.
    of_patches.diagonal().add_(1e-5 * of_patches.diagonal().mean())
    scales, turn = torch.linalg.eigh(of_patches)
    whitening = turn / scales.clamp_min(1e-9).sqrt()
    _, directions = torch.linalg.eigh(whitening.T @ together @ whitening)
    return (whitening @ directions).flip(1)[:, 1 : 1 + COORDINATES].contiguous()
